/* fuzz.h - what a fuzz target is: bytes that nobody vouches for go in, and diagnostics or a result must come out.
 *
 * libfuzzer.c runs one target under libFuzzer, replay.c runs all of them over files without it. Nothing is written and no
 * file is read, but headers of the C library in `nets`. fuzz.c holds each input to the promises that need no knowledge of it: see fuzz_input. */
#ifndef CNNC_TESTS_FUZZ_H
#define CNNC_TESTS_FUZZ_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "support/diagnostics.h"

typedef struct FuzzRun { /* one reading of one input */
  Arena *arena;
  Sources sources;
  Diagnostics diagnostics;
  Text out;            /* everything that was made of it, to be the same the next time */
  const char *problem; /* a promise that was broken; NULL: none */
} FuzzRun;

typedef struct FuzzTarget {
  const char *name;
  void (*run)(FuzzRun *run, const char *bytes, size_t length);
  /* A neighbour of an input in its place, with at most `most` bytes; NULL: any change of bytes. Returns its length. */
  size_t (*mutate)(uint8_t *bytes, size_t length, size_t most, uint64_t seed);
} FuzzTarget;

extern const FuzzTarget compile_target, format_target, image_target, import_target, npy_target, npz_target, onnx_target, safetensors_target,
    syntax_target, nets_target;

/* Runs the target and aborts with a message if the input breaks a promise: every error is among the diagnostics and no
 * fault of cnnc itself, and, for some inputs or with `thorough` for all, the same input gives the same bytes again and
 * memory that runs out anywhere does no harm. */
void fuzz_input(const FuzzTarget *target, const uint8_t *bytes, size_t length, bool thorough);
/* Notes that a promise is broken unless it is kept. */
void fuzz_expect(FuzzRun *run, bool kept, const char *promise);
/* What a reader says of bytes: a result, or an error with a text. */
void fuzz_expect_result(FuzzRun *run, bool good, const char *error);

/* The same change of bytes as libFuzzer makes without a mutator. From libFuzzer, or from replay.c. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t length, size_t most);
uint64_t fuzz_random(uint64_t *state);
uint64_t fuzz_below(uint64_t *state, uint64_t count); /* 0 .. count-1; count is not 0 */
#endif
