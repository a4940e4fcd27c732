/* SPDX-License-Identifier: 0BSD */
/* Accuracy, special values and bits of the elementary functions in runtime/.
     gcc -std=c99 -O2 -ffp-contract=off -I runtime tests/runtime/elementary.c -o elementary -lm
     ./elementary [--exhaustive] [--contracted] [function]
   Default: every 1009th float, special values and the neighbourhoods of range ends; --exhaustive:
   all 2^32, about 5 minutes a function. --contracted: built with FMA (-std=gnu99 -march=native
   -ffp-contract=fast), so accuracy only, no bits. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cnnc_runtime.h"

#if CNNC1_HAVE_VECTORS
#define CNNC_LANES 4
#include "cnnc_runtime_vector.h"
#define CNNC_LANES 8
#include "cnnc_runtime_vector.h"
#define CNNC_LANES 16
#include "cnnc_runtime_vector.h"
#endif

#define BLOCK 16 /* floats that go through the vector forms together */
#define STRIDE 1009u
#define NEIGHBOURS 2000u

enum { EXP, LOG, TANH, SIGMOID, ERF, SQRT, ROUND, FUNCTIONS };

static double reference_sigmoid(double x) { return x < 0.0 ? exp(x) / (1.0 + exp(x)) : 1.0 / (1.0 + exp(-x)); }

/* limit: the exhaustive maximum of both contraction modes, rounded up to hundredths. hash: FNV-1a
   of the strided results with contraction off, the same on every machine. */
static const struct {
  const char *name;
  float (*function)(float);
  double (*reference)(double);
  double limit;
  uint32_t hash;
  int odd, has_range;
  float lowest, highest;
} functions[FUNCTIONS] = {
    {"exp", cnnc1_expf, exp, 0.90, 0xb946dbc9u, 0, 0, 0.0f, 0.0f},
    {"log", cnnc1_logf, log, 0.83, 0x97174246u, 0, 0, 0.0f, 0.0f},
    {"tanh", cnnc1_tanhf, tanh, 0.96, 0x620ef684u, 1, 1, -1.0f, 1.0f},
    {"sigmoid", cnnc1_sigmoidf, reference_sigmoid, 0.80, 0x4f1a8c58u, 0, 1, 0.0f, 1.0f},
    {"erf", cnnc1_erff, erf, 0.98, 0xa97a44fau, 1, 1, -1.0f, 1.0f},
    {"sqrt", cnnc1_sqrtf, sqrt, 0.0, 0xee0a5488u, 0, 0, 0.0f, 0.0f}, /* correctly rounded, which counts as no error */
    {"round", cnnc1_roundf, nearbyint, 0.0, 0xab13afe3u, 0, 0, 0.0f, 0.0f},
};

#define ANY_NAN 0x7fc00000u

static const struct {
  int function;
  uint32_t input, output;
} specials[] = {
    {EXP, 0x00000000u, 0x3f800000u},     {EXP, 0x80000000u, 0x3f800000u},
    {EXP, 0x7f800000u, 0x7f800000u},     {EXP, 0xff800000u, 0x00000000u},
    {EXP, 0x42b17217u, 0x7f7fff84u},     {EXP, 0x42b17218u, 0x7f800000u}, /* largest result, overflow */
    {EXP, 0xc2cff1b4u, 0x00000001u},     {EXP, 0xc2cff1b5u, 0x00000000u}, /* smallest result, underflow */
    {EXP, 0xff7fffffu, 0x00000000u},     {EXP, 0x7f7fffffu, 0x7f800000u},
    {LOG, 0x00000000u, 0xff800000u},     {LOG, 0x80000000u, 0xff800000u},
    {LOG, 0x3f800000u, 0x00000000u},     {LOG, 0x7f800000u, 0x7f800000u},
    {LOG, 0xff800000u, ANY_NAN},         {LOG, 0xbf800000u, ANY_NAN},
    {LOG, 0x80000001u, ANY_NAN},         {LOG, 0x00000001u, 0xc2ce8ed0u},
    {LOG, 0x7f7fffffu, 0x42b17218u},     {TANH, 0x00000000u, 0x00000000u},
    {TANH, 0x80000000u, 0x80000000u},    {TANH, 0x7f800000u, 0x3f800000u},
    {TANH, 0xff800000u, 0xbf800000u},    {TANH, 0x00000001u, 0x00000001u},
    {TANH, 0x807fffffu, 0x807fffffu},    {SIGMOID, 0x00000000u, 0x3f000000u},
    {SIGMOID, 0x80000000u, 0x3f000000u}, {SIGMOID, 0x7f800000u, 0x3f800000u},
    {SIGMOID, 0xff800000u, 0x00000000u}, {SIGMOID, 0x41900000u, 0x3f800000u},
    {SIGMOID, 0xc2cff1b4u, 0x00000001u}, {ERF, 0x00000000u, 0x00000000u},
    {ERF, 0x80000000u, 0x80000000u},     {ERF, 0x7f800000u, 0x3f800000u},
    {ERF, 0xff800000u, 0xbf800000u},     {ERF, 0x40800000u, 0x3f800000u},
    {ERF, 0x00000001u, 0x00000001u},     {SQRT, 0x00000000u, 0x00000000u},
    {SQRT, 0x80000000u, 0x80000000u},    {SQRT, 0x7f800000u, 0x7f800000u},
    {SQRT, 0xff800000u, ANY_NAN},        {SQRT, 0x80000001u, ANY_NAN},
    {SQRT, 0x00000001u, 0x1a3504f3u},    {SQRT, 0x007fffffu, 0x1fffffffu},
    {SQRT, 0x7f7fffffu, 0x5f7fffffu},    {SQRT, 0x40800000u, 0x40000000u},
    {SQRT, 0x407fffffu, 0x3fffffffu}, /* around 4 */
    {ROUND, 0x80000000u, 0x00000000u},   {ROUND, 0x7f800000u, 0x7f800000u},
    {ROUND, 0xff800000u, 0xff800000u},   {ROUND, 0x3f000000u, 0x00000000u}, /* 0.5 */
    {ROUND, 0x3f000001u, 0x3f800000u},   {ROUND, 0xbf000000u, 0x00000000u},
    {ROUND, 0x3fc00000u, 0x40000000u},   {ROUND, 0x40200000u, 0x40000000u}, /* 1.5 and 2.5 */
    {ROUND, 0x4affffffu, 0x4b000000u},   {ROUND, 0x4afffffdu, 0x4afffffcu}, /* around 2^23 */
    {ROUND, 0xcaffffffu, 0xcb000000u},   {ROUND, 0x4b000001u, 0x4b000001u},
    {ROUND, 0x00000001u, 0x00000000u},   {ROUND, 0x7f7fffffu, 0x7f7fffffu},
};

/* Where a formula, an exponent or a clamp changes; both signs are tried. */
static const float range_ends[] = {
    0.0f,  1.17549435e-38f, 0.173286795f, 0.346573591f, 0.519860387f, 0.707106769f, 0.953125f,
    1.0f,  1.41421354f,     2.25512695f,  3.9375f,      9.01f,        9.5f,         16.6355324f,
    18.0f, 87.3365479f,     88.7228394f,  89.0f,        103.972084f,  104.0f,       3.40282347e+38f,
};

static int passed, failed;
static int contracted;

static void check(int ok, const char *function, const char *what, uint32_t input, uint32_t output) {
  if (ok) {
    ++passed;
    return;
  }
  ++failed;
  if (failed <= 20) {
    printf("FAILED %s: %s, input 0x%08lx, output 0x%08lx\n", function, what, (unsigned long)input, (unsigned long)output);
  }
}

static float from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* All NaNs count as one: which bits an operation gives a NaN differs between machines. */
static uint32_t to_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return value == value ? bits : ANY_NAN;
}

/* Error in units of the last place of a float at the exact result. */
static double error_in_ulps(float got, double exact) {
  int exponent;
  double value = (double)got;
  if (!(exact == exact)) { return got == got ? HUGE_VAL : 0.0; }
  if (value == exact || got == (float)exact) { return 0.0; /* or at most one half, never the maximum */ }
  if (got > 3.40282347e+38f) { value = ldexp(1.0, 128); /* infinity one step too early is an error of that step */ }
  frexp(exact, &exponent);
  if (exponent < -125) { exponent = -125; }
  value = fabs(value - exact);
  value = ldexp(value, 24 - exponent);
  return value == value ? value : HUGE_VAL;
}

#if CNNC1_HAVE_VECTORS
#define DEFINE_APPLY(lanes)                                                                                                                \
  static void apply_x##lanes(int function, float *values) {                                                                                \
    int i;                                                                                                                                 \
    for (i = 0; i < BLOCK; i += lanes) {                                                                                                   \
      cnnc1_f32x##lanes v;                                                                                                                 \
      memcpy(&v, values + i, sizeof v);                                                                                                    \
      switch (function) {                                                                                                                  \
      case EXP: cnnc1_exp_x##lanes(&v); break;                                                                                             \
      case LOG: cnnc1_log_x##lanes(&v); break;                                                                                             \
      case TANH: cnnc1_tanh_x##lanes(&v); break;                                                                                           \
      case SIGMOID: cnnc1_sigmoid_x##lanes(&v); break;                                                                                     \
      case ERF: cnnc1_erf_x##lanes(&v); break;                                                                                             \
      case SQRT: cnnc1_sqrt_x##lanes(&v); break;                                                                                           \
      default: cnnc1_round_x##lanes(&v); break;                                                                                            \
      }                                                                                                                                    \
      memcpy(values + i, &v, sizeof v);                                                                                                    \
    }                                                                                                                                      \
  }
DEFINE_APPLY(4)
DEFINE_APPLY(8)
DEFINE_APPLY(16)
#endif

/* Called with each input; the vector forms run whenever a block is full. */
struct run {
  int function;
  double worst;
  float worst_input;
  unsigned long wrong_vectors, wrong_signs, outside;
  unsigned long blocks;
  int filled, exhaustive;
  float inputs[BLOCK], outputs[BLOCK];
};

static void compare_vectors(struct run *run) {
#if CNNC1_HAVE_VECTORS
  static void (*const apply[3])(int, float *) = {apply_x4, apply_x8, apply_x16};
  int form, i;
  /* The exhaustive run would take three times as long if it did this for every block. */
  const int skip = contracted || (run->exhaustive && run->blocks % 64 != 0);
  for (form = 0; form < 3 && !skip; ++form) {
    float values[BLOCK];
    memcpy(values, run->inputs, sizeof values);
    apply[form](run->function, values);
    for (i = 0; i < BLOCK; ++i) { run->wrong_vectors += to_bits(values[i]) != to_bits(run->outputs[i]); }
  }
#endif
  ++run->blocks;
  run->filled = 0;
}

static uint32_t try_input(struct run *run, uint32_t bits) {
  const float x = from_bits(bits);
  const float y = functions[run->function].function(x);
  const double error = error_in_ulps(y, functions[run->function].reference((double)x));
  if (error > run->worst) {
    run->worst = error;
    run->worst_input = x;
  }
  if (functions[run->function].has_range && y == y) {
    const float lowest = functions[run->function].lowest;
    run->outside += !(y >= lowest && y <= functions[run->function].highest);
  }
  if (functions[run->function].odd && x >= 0.0f) {
    const float mirrored = functions[run->function].function(-x);
    run->wrong_signs += to_bits(mirrored) != (to_bits(y) ^ 0x80000000u);
  }
  run->inputs[run->filled] = x;
  run->outputs[run->filled] = y;
  if (++run->filled == BLOCK) { compare_vectors(run); }
  return to_bits(y);
}

static uint32_t hash_step(uint32_t hash, uint32_t bits) {
  int i;
  for (i = 0; i < 4; ++i) { hash = (hash ^ ((bits >> (8 * i)) & 255u)) * 16777619u; }
  return hash;
}

static void test_function(int function, int exhaustive) {
  const char *name = functions[function].name;
  const uint32_t step = exhaustive ? 1u : STRIDE;
  uint32_t hash = 2166136261u, bits = 0u;
  struct run run;
  size_t i;
  memset(&run, 0, sizeof run);
  run.function = function;
  run.exhaustive = exhaustive;

  for (;;) {
    const uint32_t output = try_input(&run, bits);
    if (bits % STRIDE == 0u) { hash = hash_step(hash, output); }
    if (bits > 0xffffffffu - step) { break; }
    bits += step;
  }
  for (i = 0; i < sizeof range_ends / sizeof range_ends[0]; ++i) {
    const uint32_t center = to_bits(range_ends[i]);
    uint32_t k;
    for (k = 0; k <= 2u * NEIGHBOURS; ++k) {
      bits = center + k - NEIGHBOURS;
      (void)try_input(&run, bits);
      (void)try_input(&run, bits ^ 0x80000000u);
    }
  }
  while (run.filled != 0) { (void)try_input(&run, 0u); }
  for (i = 0; i < sizeof specials / sizeof specials[0]; ++i) {
    if (specials[i].function == function) {
      bits = try_input(&run, specials[i].input);
      check(bits == specials[i].output, name, "special value", specials[i].input, bits);
    }
  }
  for (i = 0; i < 2; ++i) {
    bits = try_input(&run, i == 0 ? 0x7fc00000u : 0xffffffffu);
    check(bits == ANY_NAN, name, "NaN stays NaN", 0x7fc00000u, bits);
  }

  printf("%-8s max %.4f ulp at %.9g, hash 0x%08lx\n", name, run.worst, (double)run.worst_input, (unsigned long)hash);
  bits = to_bits(run.worst_input);
  check(run.worst <= functions[function].limit, name, "error limit", bits, 0u);
  check(run.outside == 0, name, "result in range", 0u, 0u);
  check(run.wrong_signs == 0, name, "odd", 0u, 0u);
  if (!contracted) {
    check(run.wrong_vectors == 0, name, "vector forms have the bits of the scalar form", 0u, 0u);
    check(hash == functions[function].hash, name, "pinned bits", 0u, hash);
  }
}

int main(int argc, char **argv) {
  const char *only = NULL;
  int exhaustive = 0, i;
  for (i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "--exhaustive") == 0) {
      exhaustive = 1;
    } else if (strcmp(argv[i], "--contracted") == 0) {
      contracted = 1;
    } else {
      only = argv[i];
    }
  }
  for (i = 0; i < FUNCTIONS; ++i) {
    if (only == NULL || strcmp(only, functions[i].name) == 0) { test_function(i, exhaustive); }
  }
  printf("vector forms %s\n", CNNC1_HAVE_VECTORS && !contracted ? "compared" : "not compared");
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0 || passed == 0;
}
