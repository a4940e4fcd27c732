/* libfuzzer.c - what libFuzzer calls, for the target that the Makefile names: -DTARGET=npz_target. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t most, unsigned seed);
const char *__asan_default_options(void);

/* What is allocated beyond this fails, as it would in a small machine; freed memory is used again soon, for speed. */
const char *__asan_default_options(void) {
  return "allocator_may_return_null=1:max_allocation_size_mb=64:quarantine_size_mb=16:detect_leaks=1:detect_stack_use_after_return=1:"
         "handle_abort=1";
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  fuzz_input(&TARGET, bytes, length, false);
  return 0;
}

/* Half of all changes know the format, where there is a way to. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t most, unsigned seed) {
  uint64_t state = seed;
  bool structured = TARGET.mutate && fuzz_below(&state, 4);
  return structured ? TARGET.mutate(bytes, length, most, fuzz_random(&state)) : LLVMFuzzerMutate(bytes, length, most);
}
