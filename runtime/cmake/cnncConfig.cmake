# find_package(cnnc) gives the program cnnc::cnnc, the runtime's headers cnnc::runtime, and
#
#   cnnc_add_library(NAME FILE.cnn [WEIGHTS FILE] [OPTIONS OPTION..])
#
# a static library of the C that cnnc makes of the network. Its header is NAME.h; names in it begin with the name of the
# net, or with what --prefix in OPTIONS says. The C is made anew when the network, a file that it uses, its weights or cnnc
# have changed. Without WEIGHTS the source says where they are. With `--weights-as file` the program loads NAME.weights, whose
# path is the target's property CNNC_WEIGHTS_FILE.
#
# SPDX-License-Identifier: 0BSD
cmake_minimum_required(VERSION 3.20)

get_filename_component(_cnnc_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(_cnnc_program "${_cnnc_prefix}/bin/cnnc")
set(_cnnc_include "${_cnnc_prefix}/include/cnnc")
if(NOT EXISTS "${_cnnc_program}" OR NOT EXISTS "${_cnnc_include}/cnnc_runtime.h")
  set(cnnc_FOUND FALSE)
  set(cnnc_NOT_FOUND_MESSAGE "there is no complete cnnc in ${_cnnc_prefix}; `make install` puts one there")
  return()
endif()

if(NOT TARGET cnnc::cnnc)
  add_executable(cnnc::cnnc IMPORTED)
  set_target_properties(cnnc::cnnc PROPERTIES IMPORTED_LOCATION "${_cnnc_program}")
  add_library(cnnc::runtime INTERFACE IMPORTED)
  set_target_properties(cnnc::runtime PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${_cnnc_include}")
endif()

function(cnnc_add_library name network)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "WEIGHTS" "OPTIONS")
  if(arg_UNPARSED_ARGUMENTS OR arg_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "cnnc_add_library(${name}): use cnnc_add_library(NAME FILE.cnn [WEIGHTS FILE] [OPTIONS OPTION..])")
  endif()
  get_filename_component(network "${network}" ABSOLUTE)
  set(directory "${CMAKE_CURRENT_BINARY_DIR}/${name}.cnnc")
  set(stem "${directory}/${name}")
  file(MAKE_DIRECTORY "${directory}")

  set(weights)
  set(read "${network}")
  if(arg_WEIGHTS MATCHES "^random:")
    set(weights --weights "${arg_WEIGHTS}")
  elseif(arg_WEIGHTS)
    get_filename_component(file "${arg_WEIGHTS}" ABSOLUTE)
    set(weights --weights "${file}")
    list(APPEND read "${file}")
  endif()

  set(sources "${stem}.c")
  set(others "${stem}.h")
  if("${arg_OPTIONS}" MATCHES "(^|;)--weights-as(=|;)file(;|$)")
    list(APPEND others "${stem}.weights")
  else()
    list(APPEND sources "${stem}_weights.c")
  endif()
  if("--selftest" IN_LIST arg_OPTIONS)
    list(APPEND sources "${stem}_selftest.c")
  endif()

  add_custom_command(
    OUTPUT ${sources} ${others}
    COMMAND cnnc::cnnc compile "${network}" ${weights} ${arg_OPTIONS} -o "${stem}.c" -MD -MF "${stem}.d"
    DEPENDS ${read} cnnc::cnnc
    DEPFILE "${stem}.d"
    COMMENT "Compiling network ${name}"
    VERBATIM)
  add_library(${name} STATIC ${sources} ${others})
  target_include_directories(${name} PUBLIC "${directory}")
  target_link_libraries(${name} PUBLIC cnnc::runtime)
  set_target_properties(${name} PROPERTIES CNNC_WEIGHTS_FILE "${stem}.weights")
  if("${arg_OPTIONS}" MATCHES "(^|;)--threads(=|;)openmp")
    find_package(OpenMP REQUIRED COMPONENTS C)
    target_link_libraries(${name} PUBLIC OpenMP::OpenMP_C)
  endif()
endfunction()
