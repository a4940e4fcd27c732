#!/bin/sh
# SPDX-License-Identifier: 0BSD
# Folded runtime functions compile without a warning as C99 and C++11 with every compiler here, and
# give the bits of the header's functions.
set -eu
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
warnings='-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wcast-qual
  -Wdouble-promotion -Wundef -Werror'
c_warnings='-std=c99 -Wmissing-prototypes -Wstrict-prototypes'

try() {
  if "$@" 2>"$work/messages"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $*"
    head -5 "$work/messages"
  fi
}

# One file for each function and form, so that all that is folded is used.
for name in exp log tanh sigmoid erf sqrt round; do
  for lanes in 1 4 8 16; do
    file=$work/${name}_$lanes
    {
      echo '#include <stdint.h>'
      "$here/fold.sh" net "$lanes" $name
      if [ $lanes = 1 ]; then
        echo "float use(float x);"
        echo "float use(float x) { return net_${name}f(x); }"
      else
        echo "void use(net_f32x$lanes *v);"
        echo "void use(net_f32x$lanes *v) { net_${name}_x$lanes(v); }"
      fi
    } >"$file.c"
    if grep -n 'CNNC\|cnnc' "$file.c"; then failed=$((failed + 1)); fi
    cp "$file.c" "$file.cc"
    for level in -O0 -O2; do
      try gcc $c_warnings $warnings -Wcast-align=strict $level -c "$file.c" -o "$work/out.o"
      try g++ -std=c++11 -Wall -Wextra -pedantic -Werror $level -c "$file.cc" -o "$work/out.o"
      if command -v clang >/dev/null; then
        try clang $c_warnings $warnings -Wcast-align $level -c "$file.c" -o "$work/out.o"
        try clang++ -std=c++11 -Wall -Wextra -pedantic -Werror $level -c "$file.cc" -o "$work/out.o"
      fi
    done
    if [ $lanes = 1 ] && command -v tcc >/dev/null; then
      try tcc -Wall -Werror -c "$file.c" -o "$work/out.o"
    fi
    if command -v arm-none-eabi-gcc >/dev/null; then
      try arm-none-eabi-gcc $c_warnings $warnings -mcpu=cortex-m4 -O2 -c "$file.c" -o "$work/out.o"
    fi
  done
done

# The bits: elementary.c with the header replaced by the folded text, under the header's names.
mkdir "$work/include"
{
  echo '#include <stdint.h>'
  echo '#define CNNC1_HAVE_VECTORS 1'
  "$here/fold.sh" cnnc1 1 exp log tanh sigmoid erf sqrt round
} >"$work/include/cnnc_runtime.h"
{
  for lanes in 4 8 16; do
    echo "#if CNNC_LANES == $lanes"
    "$here/fold.sh" cnnc1 $lanes exp log tanh sigmoid erf sqrt round
    echo '#endif'
  done
  echo '#undef CNNC_LANES'
} >"$work/include/cnnc_runtime_vector.h"
try gcc -std=c99 -O2 -ffp-contract=off -I "$work/include" "$here/elementary.c" \
  -o "$work/elementary" -lm
try "$work/elementary"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
