/* targets.c - see targets.h. A new machine is a new row. */
#include "passes/targets.h"

#include <stddef.h>
#include <string.h>

const Target all_targets[] = {
    {"generic", "any C99 compiler, no vectors", NULL, 1, 16, 32, 256, false, false},
    {"x86-64", "SSE2: every 64-bit PC", NULL, 4, 16, 32, 256, false, false},
    {"x86-64-v3", "AVX2 and FMA: PCs since about 2013", "-march=x86-64-v3", 8, 16, 32, 256, true, false},
    {"x86-64-v4", "AVX-512: servers, Zen 4 and later", "-march=x86-64-v4", 16, 32, 32, 1024, true, false},
    {"aarch64", "64-bit ARM with NEON", NULL, 4, 32, 32, 512, true, false},
    {"cortex-m4", "Cortex-M4F and M7: single-precision floats, no vectors", "-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard", 1, 32, 0,
     0, true, false},
    {"s390x", "64-bit big-endian mainframes, no vectors", NULL, 1, 16, 128, 2048, true, true},
    {NULL, NULL, NULL, 0, 0, 0, 0, false, false},
};

const Target *find_target(const char *name) {
  for (const Target *t = all_targets; t->name; t++)
    if (strcmp(t->name, name) == 0) return t;
  return NULL;
}

const char *host_target(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) return "x86-64-v4";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "x86-64-v3";
  return "x86-64";
#elif defined(__aarch64__)
  return "aarch64";
#elif defined(__s390x__)
  return "s390x";
#else
  return "generic";
#endif
}
