/* dense.h - tensors as plain arrays in logical order (channel, row, column): what the reference evaluations share.
 *
 * All sizes are numbers here. Written from docs/language.md, Windows and padding, and independent of how
 * infer_window.c and the lowering come to the same sizes, so that each checks the other. */
#ifndef CNNC_OPS_DENSE_H
#define CNNC_OPS_DENSE_H
#include "ir/operator.h"

typedef struct Dense {
  int64_t channels, height, width;
} Dense;

Dense dense_of(const TensorType *type);
static inline int64_t dense_elements(Dense d) { return d.channels * d.height * d.width; }
static inline int64_t dense_index(Dense d, int64_t c, int64_t y, int64_t x) { return (c * d.height + y) * d.width + x; }

/* output[i] = f(attributes of the node, input[i]) for every element. */
void evaluate_each(const Node *node, const double *input, double *output, double (*f)(const void *attributes, double x));

/* One axis of a window as numbers. Tap k of window o stands at o * stride + k * dilation - before. */
typedef struct DenseWindow {
  int64_t input, kernel, stride, dilation, before, after;
} DenseWindow;

/* Of axis 0 (height) or 1 (width) for a node that was inferred without errors. */
DenseWindow dense_window(const Node *node, int axis, Pair kernel, Pair stride, Pair dilation, Padding padding);
static inline int64_t dense_tap(const DenseWindow *w, int64_t o, int64_t k) { return o * w->stride + k * w->dilation - w->before; }
/* Where the value at position t of n, or beyond its edges, comes from in this PaddingMode; -1: it is zero. */
int64_t dense_source(int64_t t, int64_t n, int padding_mode);
#endif
