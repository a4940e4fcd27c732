/* loop_usage.h - what a program needs besides plain C. */
#ifndef CNNC_IR_LOOP_USAGE_H
#define CNNC_IR_LOOP_USAGE_H
#include "ir/loop.h"

typedef struct VectorUsage { /* of vectors of one width */
  bool used, part_load, part_store, select, max, min, splat;
  uint32_t math; /* bit f: MathFunction f */
} VectorUsage;

typedef struct LoopUsage {
  uint32_t math;          /* on scalars */
  uint32_t plain_math[3]; /* on scalars in the plain forms of kernels only: of those whose vectors have 4, 8, 16 lanes. In
                           * one of them: that of the widest vectors */
  VectorUsage width[3];   /* 4, 8 and 16 lanes */
  bool prefetch, prefetch_later, parallel, meet;
  bool transposes, interleaves, deinterleaves, moves; /* KERNEL_TRANSPOSE and the like, of vectors of 4 lanes */
  bool larger;                                        /* the larger of two sizes */
  bool workspace;                                     /* anything lies in the workspace */
} LoopUsage;

LoopUsage loop_usage(const LoopProgram *program);
/* What a selection takes of its two values, whichever way round they are compared: with NaN the right one. */
typedef enum Extreme { EXTREME_NONE, EXTREME_MAX, EXTREME_MIN } Extreme;
Extreme extreme_of(const Expr *select);
/* Lanes of the widest vector that the statements calculate with; 1: none. */
int widest_vector(const Stmt *body);
#endif
