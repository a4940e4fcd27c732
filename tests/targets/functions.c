/* functions.c - the bits of the elementary functions on a machine: for each, the FNV-1a hash of its results at every STRIDEth
 * of all 2^32 floats, and how many of those have other bits as vectors of four. NaNs count as one. */
#include <stdint.h>
#include <stdio.h>

#include "boards/console.h"
#include "cnnc_runtime.h"

#if CNNC1_HAVE_VECTORS && !defined(__AVR__)
#define CNNC_LANES 4
#include "cnnc_runtime_vector.h"
#define IN_VECTORS 1
#else
#define IN_VECTORS 0
#endif

static uint32_t step(uint32_t hash, float value) {
  uint32_t bits = value == value ? cnnc1_bits_of(value) : 0x7fc00000u;
  for (int k = 0; k < 4; k++) hash = (hash ^ (bits >> (8 * k) & 255u)) * 16777619u;
  return hash;
}

#if IN_VECTORS
static unsigned long differs(void (*function)(cnnc1_f32x4 *), const float *x, const float *y) {
  unsigned long count = 0;
  cnnc1_f32x4 v = {x[0], x[1], x[2], x[3]};
  function(&v);
  for (int i = 0; i < 4; i++) count += v[i] == v[i] ? cnnc1_bits_of(v[i]) != cnnc1_bits_of(y[i]) : y[i] == y[i];
  return count;
}
#define VECTORS(name)                                                                                                                      \
  static void vector_##name(cnnc1_f32x4 *v) { cnnc1_##name##_x4(v); }
#define DIFFERS(name, x, y) differs(vector_##name, x, y)
#else
#define VECTORS(name)
#define DIFFERS(name, x, y) 0ul
#endif

#define FUNCTION(name)                                                                                                                     \
  VECTORS(name)                                                                                                                            \
  static void test_##name(void) {                                                                                                          \
    uint32_t hash = 2166136261u, bits = 0;                                                                                                 \
    unsigned long wrong = 0;                                                                                                               \
    float x[4], y[4];                                                                                                                      \
    for (uint32_t i = 0; i < 0xffffffffu / STRIDE; i++, bits += STRIDE) {                                                                  \
      x[i % 4] = cnnc1_real_of(bits);                                                                                                      \
      y[i % 4] = cnnc1_##name##f(x[i % 4]);                                                                                                \
      hash = step(hash, y[i % 4]);                                                                                                         \
      if (i % 4 == 3) wrong += DIFFERS(name, x, y);                                                                                        \
    }                                                                                                                                      \
    printf(#name " %08lx %lu\n", (unsigned long)hash, wrong);                                                                              \
  }

FUNCTION(exp)
FUNCTION(log)
FUNCTION(tanh)
FUNCTION(sigmoid)
FUNCTION(erf)
FUNCTION(sqrt)
FUNCTION(round)

int main(void) {
  console_begin();
  test_exp();
  test_log();
  test_tanh();
  test_sigmoid();
  test_erf();
  test_sqrt();
  test_round();
  console_end();
  return 0;
}
