/* selftest.h - what the self-test of a network (NET_selftest.c) knows: of each result one sum, and how far from it a sound
 * computation may be. The numbers that it feeds in, and the signs of the sums, come from one small generator, which the
 * emitted code has too. */
#ifndef CNNC_IR_SELFTEST_H
#define CNNC_IR_SELFTEST_H
#include "ir/graph.h"

/* With --batch, samples get one set of numbers after the other in turn, so that a mix-up of neighbours is seen. */
enum { MOST_SELFTEST_SETS = 2 };

/* Of a value: the sum of its numbers, each with a random sign, in logical order. */
typedef struct ExpectedSum {
  bool known; /* false: the evaluator has no finite numbers for it */
  float sum[MOST_SELFTEST_SETS], bound[MOST_SELFTEST_SETS];
} ExpectedSum;

typedef struct SelfTest {
  SizeSample dims; /* the sizes at which the network is run */
  int sets;
  const ExpectedSum *sums; /* by Value.id of the graph, which counts `count` */
  int count;
} SelfTest;

/* x -> 1664525 x + 1013904223 modulo 2^32, whose highest bits are used. */
static inline uint32_t selftest_next(uint32_t state) { return state * UINT32_C(1664525) + UINT32_C(1013904223); }
/* Where the numbers of an input begin, and the signs of every sum. */
static inline uint32_t selftest_seed(int input, int set) { return (uint32_t)(MOST_SELFTEST_SETS * input + set); }
enum { SELFTEST_SIGNS = 1 };
#endif
