/* describe.h - attributes in the words of a layer's comment: "5x5, stride 2, padding 1". */
#ifndef CNNC_OPS_DESCRIBE_H
#define CNNC_OPS_DESCRIBE_H
#include "ir/operator.h"

/* "3", "3x5"; of a 1D input only the width. */
void print_pair(Text *out, Pair pair, bool one_dimensional);
/* "5x5" for kernels, which are written so even when square; "5" for 1D. */
void print_kernel(Text *out, Pair kernel, bool one_dimensional);
/* "same", "1", "2x1", "top 0 bottom 1 left 2 right 3" */
void print_padding(Text *out, Padding padding, bool one_dimensional);
/* " 5x5, stride 2, padding 1, dilation 2": what conv and pooling have in common; what is neutral is left out. */
void describe_window(Text *out, const Node *node, Pair kernel, Pair stride, Padding padding, Pair dilation);
/* ", padding_mode reflect"; nothing for zeros. */
void describe_padding_mode(Text *out, int padding_mode);
#endif
