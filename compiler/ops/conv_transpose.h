/* conv_transpose.h - what the two files of the transposed convolution share. */
#ifndef CNNC_OPS_CONV_TRANSPOSE_H
#define CNNC_OPS_CONV_TRANSPOSE_H
#include "ops/attributes.h"
#include "ops/lowering.h"

enum { CONV_TRANSPOSE_WEIGHT, CONV_TRANSPOSE_BIAS };
enum { MAX_DILATED_STRIDE = 16 }; /* largest stride beside a dilation */

/* Kernel, stride and dilation as of the convolution that is transposed; before and after are what is cut off its result.
 * For 1D inputs the height is 1 and nothing happens along it. */
Window transposed_window(Arena *arena, const Node *node);

/* conv_transpose_nest.c */
void nest_conv_transpose(Lowering *l, const Node *node, Nest *nest);
bool borders_of_conv_transpose(Arena *arena, const Node *node, Window *window, int *padding_mode);
#endif
