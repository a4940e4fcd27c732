/* SPDX-License-Identifier: 0BSD */
/* The same functions on a GNU vector of CNNC_LANES (4, 8 or 16) floats, in place:
     #define CNNC_LANES 16
     #include "cnnc_runtime_vector.h"
   defines cnnc1_f32x16, cnnc1_tanh_x16(cnnc1_f32x16 *lanes) etc., and undefines CNNC_LANES. A second
   inclusion for the same number of lanes adds nothing. With contraction off the bits are the scalar form's.
   Vectors go by address: passing wide ones by value changes the ABI, which compilers warn of. */
#include "cnnc_runtime.h"

#if CNNC1_HAVE_VECTORS

#ifndef CNNC_LANES
#error "define CNNC_LANES as 4, 8 or 16 before including cnnc_runtime_vector.h"
#endif

#if (CNNC_LANES == 4 && !defined(CNNC_RUNTIME_X4)) || \
    (CNNC_LANES == 8 && !defined(CNNC_RUNTIME_X8)) || \
    (CNNC_LANES == 16 && !defined(CNNC_RUNTIME_X16))
#if CNNC_LANES == 4
#define CNNC_RUNTIME_X4
#elif CNNC_LANES == 8
#define CNNC_RUNTIME_X8
#else
#define CNNC_RUNTIME_X16
#endif

#define CNNC_PASTE2(a, b, c) a##b##c
#define CNNC_PASTE(a, b, c) CNNC_PASTE2(a, b, c)

#define CNNC_REAL CNNC_PASTE(cnnc1_, f32x, CNNC_LANES)
#define CNNC_BITS CNNC_PASTE(cnnc1_, u32x, CNNC_LANES)
#define CNNC_BITS_OF (CNNC_BITS)
#define CNNC_REAL_OF (CNNC_REAL)
#define CNNC_MASK (CNNC_BITS)
#define CNNC_FUNCTION(name) \
  static inline void CNNC_PASTE(cnnc1_##name, _x, CNNC_LANES)(CNNC_REAL *lanes)
#define CNNC_BEGIN const CNNC_REAL x = *lanes;
#define CNNC_RETURN(value) *lanes = value

#include "functions/vector.inc"

#include "functions/exp.inc"
#include "functions/log.inc"
#include "functions/tanh.inc"
#include "functions/sigmoid.inc"
#include "functions/erf.inc"
#include "functions/sqrt.inc"
#include "functions/round.inc"

#undef CNNC_PASTE2
#undef CNNC_PASTE
#include "functions/undefine.inc"
#endif
#undef CNNC_LANES

#endif
