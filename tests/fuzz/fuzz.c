/* fuzz.c - see fuzz.h: a fresh arena for every reading, and what holds for all targets. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t fuzz_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

uint64_t fuzz_below(uint64_t *state, uint64_t count) { return fuzz_random(state) % count; }

void fuzz_expect(FuzzRun *run, bool kept, const char *promise) {
  if (!kept && !run->problem) run->problem = promise;
}

void fuzz_expect_result(FuzzRun *run, bool good, const char *error) {
  fuzz_expect(run, good == !error, good ? "a result came with an error" : "a failure came without an error");
  if (error) text_addf(&run->out, "%s\n", error);
}

static uint64_t hash(const char *bytes, size_t length) {
  uint64_t sum = UINT64_C(14695981039346656037); /* FNV-1a */
  for (size_t i = 0; i < length; i++) sum = (sum ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
  return sum;
}

typedef struct Reading {
  bool finished; /* memory sufficed */
  long allocations;
  size_t length;
  uint64_t sum; /* of what was made */
} Reading;

/* Errors are counted as they are reported, and none is cnnc's own. */
static void check_diagnostics(FuzzRun *run, uint64_t choice) {
  const Diagnostics *all = &run->diagnostics;
  for (int i = 0; i < all->count; i++)
    if (all->items[i]->code == CODE_E0999) run->problem = all->items[i]->message;
  fuzz_expect(run, diagnostics_status(all) != 70, "a fault of cnnc is among the errors that are not shown");
  print_diagnostics(&run->out, all, (DiagnosticFormat)(choice % 4), choice % 8 > 3);
}

static __attribute__((noinline)) Reading read_once(Arena *arena, const FuzzTarget *target, const char *bytes, size_t length,
                                                   uint64_t choice) {
  FuzzRun run = {.arena = arena, .sources = {.arena = arena}, .diagnostics = {.arena = arena}, .out = text_new(arena)};
  run.diagnostics.sources = &run.sources;
  target->run(&run, bytes, length);
  check_diagnostics(&run, choice);
  if (run.problem) {
    fprintf(stderr, "%s: %s\n%s\n", target->name, run.problem, text_string(&run.out));
    abort();
  }
  return (Reading){true, arena->allocations, run.out.length, hash(text_string(&run.out), run.out.length)};
}

/* fail: the allocation that fails; 0: none. */
static Reading read_in_arena(const FuzzTarget *target, const char *bytes, size_t length, uint64_t choice, long fail) {
  Arena arena = {.fail_after = fail};
  jmp_buf out_of_memory;
  Reading reading = {0};
  arena.out_of_memory = &out_of_memory;
  if (!setjmp(out_of_memory)) reading = read_once(&arena, target, bytes, length, choice);
  arena_free(&arena);
  return reading;
}

void fuzz_input(const FuzzTarget *target, const uint8_t *bytes, size_t length, bool thorough) {
  enum { ONE_OF = 16, FAILURES = 20 };
  const char *text = (const char *)bytes;
  uint64_t choice = hash(text, length), state = choice;
  Reading first = read_in_arena(target, text, length, choice, 0);
  if (!first.finished) return;
  if (thorough || choice % ONE_OF == 1) {
    Reading again = read_in_arena(target, text, length, choice, 0);
    if (!again.finished || again.length != first.length || again.sum != first.sum) {
      fprintf(stderr, "%s: the same input gives other bytes the second time\n", target->name);
      abort();
    }
  }
  int failures = thorough ? FAILURES : choice % ONE_OF == 2;
  for (int i = 0; i < failures; i++)
    (void)read_in_arena(target, text, length, choice, 1 + (long)fuzz_below(&state, (uint64_t)first.allocations));
}
