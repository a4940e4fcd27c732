/* targets.h - the machines that cnnc knows: one row each. */
#ifndef CNNC_PASSES_TARGETS_H
#define CNNC_PASSES_TARGETS_H
#include <stdbool.h>
#include <stdint.h>
#include "support/arena.h"

typedef struct Target {
  const char *name, *summary;
  const char *flags; /* with which gcc and clang are to compile its C; NULL: no special ones */
  int lanes;         /* floats of its widest vector; 1: none */
  bool plain;        /* nothing is known of its vectors: loops that compilers vectorise where they can */
  int registers;     /* for vectors, or for floats where there are none */
  int waiting;       /* of them, those in which compilers let values of the input wait; 0: they come from memory as they are used */
  bool fma;          /* one instruction multiplies and adds */
  bool big_endian;
  int l1, l2;    /* KiB of the caches that one core has to itself; 0: none */
  uint64_t whim; /* 0: all real ones; else tiles are drawn with it, whatever they cost (imagine_machine.c) */
} Target;

/* Ends with a row whose name is NULL. */
extern const Target all_targets[];
/* NULL: there is none of that name. "native" is not a target: see host_target. */
const Target *find_target(const char *name);
/* imagine_machine.c, for tests: one that runs the target's code, but has other registers, caches and tastes, drawn by a seed and
 * the name of what is planned for it; seed 0: the target itself. */
const Target *imagine_machine(Arena *arena, const Target *target, uint64_t seed, const char *name);
/* A number below `count` that its whim draws for something of this number. */
int64_t draw_by_whim(const Target *machine, uint64_t what, int64_t count);
/* The row that describes the machine on which cnnc runs. */
const char *host_target(void);
#endif
