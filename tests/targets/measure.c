/* measure.c - runs a net on a machine and prints one line: the FNV-1a hash of its output bits, the bytes of stack that a run
 * takes (0 where nobody paints it), and what the self-test says (`ok`, or the layer that is wrong).
 *
 *   measure [RUNS]     more runs give the same line, for who counts instructions
 *
 * net.inc names the net: NET_RUN and so on. Without NET_SELFTEST there is no self-test. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "boards/console.h"
#include "net.inc"

static NET_INPUT input[NET_INPUT_SIZE];
static NET_OUTPUT output[NET_OUTPUT_SIZE];
static union {
  unsigned char bytes[NET_MEMORY_BYTES + NET_ALIGN];
  double number;
} memory;

static const NET_INPUTS in = {input};
static const NET_OUTPUTS out = {output};
static NET_ENV env; /* written before the first run */

/* ---- stack ---- */

#if defined(__arm__) && defined(__thumb__) && !defined(__linux__)
#define PAINTED 4096
#define STACK_POINTER(p) __asm__ volatile("mov %0, sp" : "=r"(p))
#elif defined(__AVR__)
#define PAINTED 1024
#define STACK_POINTER(p) (p) = (volatile unsigned char *)(SP + 1)
#endif

#ifdef PAINTED
/* Calls run with a painted stack; what is no longer painted was used. No library function is called meanwhile. */
static unsigned long run_painted(int *status) {
  volatile unsigned char *top, *low;
  STACK_POINTER(top);
  for (low = top - PAINTED; low < top; low++) *low = 0xA5;
  *status = (int)NET_RUN(&in, &out, &env);
  STACK_POINTER(top);
  for (low = top - PAINTED; low < top && *low == 0xA5; low++) {}
  return (unsigned long)(top - low);
}
#else
static unsigned long run_painted(int *status) {
  *status = (int)NET_RUN(&in, &out, &env);
  return 0;
}
#endif

/* ---- numbers ---- */

static void fill(void) {
  uint32_t state = 1;
  for (size_t i = 0; i < NET_INPUT_SIZE; i++) {
    state = state * 1664525u + 1013904223u;
    input[i] = (NET_INPUT)((float)(state >> 24) / 256.0f); /* exact */
  }
}

static uint32_t hash(void) {
  uint32_t h = 2166136261u;
  for (size_t i = 0; i < NET_OUTPUT_SIZE; i++) {
    union {
      NET_OUTPUT number;
      uint32_t bits;
    } word;
    word.number = output[i];
    for (int k = 0; k < 4; k++) h = (h ^ (word.bits >> (8 * k) & 255u)) * 16777619u;
  }
  return h;
}

int main(int argc, char **argv) {
  int status = 0;
  long runs = argc > 1 ? atol(argv[1]) : 1;
  unsigned long stack = 0;
  const char *differs = "-";
  console_begin();
  env.workspace = memory.bytes + (NET_ALIGN - (uintptr_t)memory.bytes % NET_ALIGN);
  env.workspace_bytes = NET_MEMORY_BYTES;
  fill();
  for (long i = 0; i < runs; i++) stack = run_painted(&status);
  uint32_t bits = hash();
#if defined(NET_SELFTEST)
  differs = NET_SELFTEST(&env);
  if (!differs) differs = "ok";
#endif
  if (status) differs = "refused";
  printf("%08lx %lu %s\n", (unsigned long)bits, stack, differs);
  console_end();
  return 0;
}
