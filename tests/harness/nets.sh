# nets.sh - sourced by tests that compile many nets: builds emit_nets, and programs of what it emits.
#
# In: CNNC (its library lies beside it), CC. Out: EMIT, the program; TOTAL and FAILED, counts of all variants so far.
# Set `here` to tests/harness first. TMP is a directory that goes at exit.

CC=${CC:-cc}
: "${CNNC:?set CNNC to the path of cnnc}"
library=$(dirname "$CNNC")/libcnnc.a
root=$here/../..
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
TOTAL=0 FAILED=0 SKIPPED=0
RUNNER= LINK= # an emulator; more files and flags for the linker

# small_examples: files of examples whose weights can be C and whose evaluation takes no time
small_examples() {
  most=1000000
  [ -z "${THOROUGH-}" ] || most=30000000
  "$here/small-examples" "$CNNC" $most
}

# build_with_library PROGRAM FILE.. FLAG..: the library may have been built with sanitizers, then the program is too.
build_with_library() {
  program=$1 sanitize=
  shift
  if nm "$library" 2>/dev/null | grep -q __asan_init; then sanitize='-fsanitize=address,undefined -no-pie'; fi
  $CC -std=c11 -O1 $sanitize -D_POSIX_C_SOURCE=200809L -DCNNC_VERSION='"0"' -I"$root/compiler" -I"$here" -o "$program" \
    "$@" "$library" -lcjson -lz -lpng -lprotobuf-c -lm || exit 1
}

build_emitter() { # unless the caller has built it: EMITTER
  EMIT=${EMITTER:-$TMP/emit_nets}
  [ -z "${EMITTER-}" ] || return 0
  build_with_library "$EMIT" "$here/emit_nets.c" "$here/inputs.c" "$here/bound.c" "$here/norm_bound.c" "$here/winograd_bound.c"
}

# cpu_has FLAG..: whether this machine's processor has all of them
cpu_has() {
  for flag; do grep -qw "$flag" /proc/cpuinfo 2>/dev/null || return 1; done
}

# can_run TARGET: whether code for the target runs here
can_run() {
  case $1 in
    generic) ;;
    x86-64) [ "$(uname -m)" = x86_64 ] ;;
    x86-64-v3) cpu_has avx2 fma ;;
    x86-64-v4) cpu_has avx512f avx512vl avx512dq ;;
    armv8-a) [ "$(uname -m)" = aarch64 ] ;;
    *) false ;;
  esac
}

# machine_flag TARGET: what gcc and clang are told
machine_flag() {
  case $1 in x86-64*) echo "-march=$1" ;; esac
}

# compile_objects NAME COMPILER..: what lies in $TMP/NAME, and what runs it
compile_objects() {
  name=$1
  shift
  strict="-Wall -Wextra -Werror" # what people ask of code that they review
  case $1 in
    tcc) # which would run the comparison slowly
      strict=
      $CC -O2 -std=gnu99 -I"$TMP/$name" -c "$here/run_nets.c" -o "$TMP/$name/run_nets.o" || return 1
      ;;
    *) grep -q /run_nets.c "$TMP/$name/sources" || echo "$here/run_nets.c" >> "$TMP/$name/sources" ;;
  esac
  sed "/^\//!s|^|$TMP/$name/|" "$TMP/$name/sources" |
    xargs -P "$(nproc)" -I{} sh -c '
      o=$1/$(basename "$2" .c).o; d=$1; h=$3; r=$4; f=$2; shift 4
      "$@" -std=gnu99 -I"$d" -I"$r/runtime" -I"$h" -c "$f" -o "$o"' sh "$TMP/$name" {} "$here" "$root" "$@" $strict
}

# compile_nets NAME COMPILER..: objects and the program of what lies in $TMP/NAME; LINK: more flags for the program
compile_nets() {
  compile_objects "$@" || return 1
  name=$1
  shift
  "$@" -o "$TMP/$name/run" "$TMP/$name"/*.o $LINK -lm
}

# count_line LINE: adds "N passed, N failed"
count_line() {
  passed=$(echo "$1" | sed -n 's/^\([0-9]*\) passed.*/\1/p')
  failed=$(echo "$1" | sed -n 's/.* \([0-9]*\) failed.*/\1/p')
  TOTAL=$((TOTAL + ${passed:-0})) FAILED=$((FAILED + ${failed:-1}))
}

# emit_nets NAME "EMIT OPTIONS" FILE..: the C into $TMP/NAME; `emitted` there says that it is complete
emit_nets() {
  name=$1 emit_options=$2
  shift 2
  mkdir -p "$TMP/$name"
  # shellcheck disable=SC2086
  "$EMIT" $emit_options "$TMP/$name" "$@" > "$TMP/$name/refused" 2>&1
  touch "$TMP/$name/emitted"
}

# check_nets NAME "EMIT OPTIONS" "COMPILER AND FLAGS" FILE..: emits (or waits for an emit_nets that runs already), compiles,
# runs, prints failures, counts
check_nets() {
  name=$1 emit_options=$2 compiler=$3
  shift 3
  [ -d "$TMP/$name" ] || emit_nets "$name" "$emit_options" "$@"
  while [ ! -e "$TMP/$name/emitted" ]; do sleep 0.1; done
  sed "s/^/$name: /" "$TMP/$name/refused"
  FAILED=$((FAILED + $(grep -c FAIL "$TMP/$name/refused")))
  # shellcheck disable=SC2086
  if ! compile_nets "$name" $compiler > "$TMP/$name/log" 2>&1; then
    echo "FAIL $name: the C does not compile"
    grep -m 5 error "$TMP/$name/log"
    FAILED=$((FAILED + 1))
    return
  fi
  $RUNNER "$TMP/$name/run" "$TMP/$name" > "$TMP/$name/log" 2>&1
  status=$?
  last=$(tail -n 1 "$TMP/$name/log")
  case $last in
    *" passed, "*) sed -e '$d' -e "s/^/$name: /" "$TMP/$name/log" ;;
    *) echo "FAIL $name: ended with status $status"; grep -m 12 -E 'ERROR|error|#[0-9]' "$TMP/$name/log" ;;
  esac
  count_line "$last"
}

# finish: the last line and the exit status
finish() {
  echo "$TOTAL passed, $FAILED failed$([ "$SKIPPED" = 0 ] || echo ", $SKIPPED skipped")"
  [ "$FAILED" = 0 ]
}
