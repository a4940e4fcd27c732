/* targets.c - see targets.h. A new machine is a new row. */
#include "passes/targets.h"

#include <stddef.h>
#include <string.h>

#define CORTEX_M(cpu, fpu) "-mcpu=" cpu " -mthumb -mfpu=" fpu " -mfloat-abi=hard"

const Target all_targets[] = {
    {.name = "generic", .summary = "any C99 compiler", .lanes = 1, .plain = true, .registers = 16, .l1 = 32, .l2 = 256},
    {.name = "x86-64", .summary = "SSE2: every 64-bit PC", .lanes = 4, .registers = 16, .l1 = 32, .l2 = 256},
    {.name = "x86-64-v3",
     .summary = "AVX2 and FMA: PCs since about 2013",
     .flags = "-march=x86-64-v3",
     .lanes = 8,
     .registers = 16,
     .fma = true,
     .l1 = 32,
     .l2 = 256},
    {.name = "x86-64-v4",
     .summary = "AVX-512: servers, Zen 4 and later",
     .flags = "-march=x86-64-v4",
     .lanes = 16,
     .registers = 32,
     .fma = true,
     .l1 = 32,
     .l2 = 1024},
    {.name = "armv8-a", .summary = "64-bit ARM with NEON", .lanes = 4, .registers = 32, .waiting = 6, .fma = true, .l1 = 32, .l2 = 512},
    {.name = "armv7-neon",
     .summary = "32-bit ARM with NEON: Cortex-A7, A15 and later",
     .flags = "-march=armv7-a -mfpu=neon-vfpv4 -mfloat-abi=hard",
     .lanes = 4,
     .registers = 16,
     .fma = true,
     .l1 = 32,
     .l2 = 256},
    {.name = "cortex-m7",
     .summary = "Cortex-M7: floats in hardware, caches",
     .flags = CORTEX_M("cortex-m7", "fpv5-sp-d16"),
     .lanes = 1,
     .registers = 32,
     .fma = true,
     .l1 = 16},
    {.name = "cortex-m4",
     .summary = "Cortex-M4F: floats in hardware",
     .flags = CORTEX_M("cortex-m4", "fpv4-sp-d16"),
     .lanes = 1,
     .registers = 32,
     .fma = true},
    {.name = "cortex-m0",
     .summary = "Cortex-M0 and M3: floats by a library",
     .flags = "-mcpu=cortex-m0 -mthumb",
     .lanes = 1,
     .registers = 8},
    {.name = "riscv64", .summary = "64-bit RISC-V (RV64GC)", .lanes = 1, .registers = 32, .fma = true, .l1 = 32, .l2 = 256},
    {.name = "wasm-simd128",
     .summary = "WebAssembly with vectors of 128 bits",
     .flags = "-msimd128",
     .lanes = 4,
     .registers = 16,
     .l1 = 32,
     .l2 = 256},
    {.name = "s390x",
     .summary = "64-bit big-endian mainframes",
     .lanes = 1,
     .registers = 16,
     .fma = true,
     .big_endian = true,
     .l1 = 128,
     .l2 = 2048},
    {.name = NULL},
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
  return "armv8-a";
#elif defined(__arm__) && defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA)
  return "armv7-neon";
#elif defined(__riscv) && __riscv_xlen == 64
  return "riscv64";
#elif defined(__s390x__)
  return "s390x";
#else
  return "generic";
#endif
}
