#!/bin/sh
# SPDX-License-Identifier: 0BSD
# Prints runtime functions folded into one text, as cnnc --standalone does: the reference for it.
#   fold.sh PREFIX LANES FUNCTION...     LANES is 1 (scalar), 4, 8 or 16
set -eu
prefix=$1 lanes=$2
shift 2
functions=$(dirname "$0")/../../runtime/functions

if [ "$lanes" = 1 ]; then
  real=float bits=uint32_t first=scalar
  bits_of="${prefix}_bits_of" real_of="${prefix}_real_of" mask="${prefix}_mask"
  head="static inline float ${prefix}_\\1f(float x)"
  begin='/^  CNNC_BEGIN$/d' result='return \1'
else
  real="${prefix}_f32x$lanes" bits="${prefix}_u32x$lanes" first=vector
  bits_of="($bits)" real_of="($real)" mask="($bits)"
  head="static inline void ${prefix}_\\1_x$lanes($real *lanes)"
  begin="s/^  CNNC_BEGIN\$/  const $real x = *lanes;/" result='*lanes = \1'
fi

for name in "$first" "$@"; do
  # The head comment goes, up to the first blank line.
  sed -e '1,/^$/d' \
    -e "s/^CNNC_FUNCTION(\\(.*\\))\$/$head/" -e "$begin" \
    -e "s/CNNC_RETURN(\\(.*\\));/$result;/" \
    -e "s/CNNC_BITS_OF/$bits_of/g" -e "s/CNNC_REAL_OF/$real_of/g" -e "s/CNNC_MASK/$mask/g" \
    -e "s/CNNC_LANES \\* 4/$((lanes * 4))/" -e "s/CNNC_REAL/$real/g" -e "s/CNNC_BITS/$bits/g" \
    "$functions/$name.inc"
  echo
done
