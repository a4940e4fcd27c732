/* SPDX-License-Identifier: 0BSD */
/* Elementary functions of emitted code: the scalar forms cnnc1_expf, cnnc1_logf, cnnc1_tanhf,
   cnnc1_sigmoidf, cnnc1_erff, cnnc1_sqrtf and cnnc1_roundf. The 1 is the version of the runtime's interface. The
   texts of the functions are in functions/, README.md says how they are instantiated. For forms that
   work on registers of 4, 8 or 16 floats see cnnc_runtime_vector.h. */
#ifndef CNNC_RUNTIME_H
#define CNNC_RUNTIME_H

#include <float.h>
#include <stdint.h>

/* Whether the vector forms can be had: GNU C, and floats computed as floats (gcc for s390x in
   strict C99 computes in double, and no vector of floats can be multiplied by a double). 16 is 0
   on a machine that has 16-bit floats. */
#if defined(__GNUC__) && (FLT_EVAL_METHOD == 0 || FLT_EVAL_METHOD == 16)
#define CNNC1_HAVE_VECTORS 1
#else
#define CNNC1_HAVE_VECTORS 0
#endif

#define CNNC_REAL float
#define CNNC_BITS uint32_t
#define CNNC_BITS_OF cnnc1_bits_of
#define CNNC_REAL_OF cnnc1_real_of
#define CNNC_MASK cnnc1_mask
#define CNNC_FUNCTION(name) static inline float cnnc1_##name##f(float x)
#define CNNC_BEGIN
#define CNNC_RETURN(value) return value

#include "functions/scalar.inc"

#include "functions/exp.inc"
#include "functions/log.inc"
#include "functions/tanh.inc"
#include "functions/sigmoid.inc"
#include "functions/erf.inc"
#include "functions/sqrt.inc"
#include "functions/round.inc"

#include "functions/undefine.inc"

#endif
