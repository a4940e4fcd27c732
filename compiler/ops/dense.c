/* dense.c - sizes and padding as numbers, for the reference evaluations; see dense.h. */
#include "ops/dense.h"

#include "ops/attributes.h"
#include "support/checked.h"

Dense dense_of(const TensorType *type) {
  return (Dense){size_value(type_channels(type)), size_value(type_height(type)), size_value(type_width(type))};
}

/* The total of `same` for which the windows' starts are 0, s, 2s, .. and the last one still fits. */
static int64_t total_of_same(int64_t n, int64_t extent, int64_t stride) {
  int64_t total = (ceil_div(n, stride) - 1) * stride + extent - n;
  return total > 0 ? total : 0;
}

static void pad(DenseWindow *w, Padding padding, int axis) {
  int64_t extent = w->dilation * (w->kernel - 1) + 1;
  switch (padding.kind) {
  case PADDING_VALID: break;
  case PADDING_SAME:
  case PADDING_SAME_UPPER:
    w->before = total_of_same(w->input, extent, w->stride) / 2;
    w->after = total_of_same(w->input, extent, w->stride) - w->before;
    break;
  case PADDING_SAME_LOWER:
    w->after = total_of_same(w->input, extent, w->stride) / 2;
    w->before = total_of_same(w->input, extent, w->stride) - w->after;
    break;
  case PADDING_FULL: w->before = w->after = extent - 1; break;
  case PADDING_CAUSAL: w->before = extent - 1; break;
  case PADDING_EXPLICIT:
    w->before = axis == 0 ? padding.top : padding.left;
    w->after = axis == 0 ? padding.bottom : padding.right;
    break;
  }
}

DenseWindow dense_window(const Node *node, int axis, Pair kernel, Pair stride, Pair dilation, Padding padding) {
  Dense in = dense_of(&node->inputs[0]->type);
  if (axis == 0 && node->inputs[0]->type.rank < 3) return (DenseWindow){1, 1, 1, 1, 0, 0};
  DenseWindow w = {.input = axis == 0 ? in.height : in.width,
                   .kernel = axis == 0 ? kernel.h : kernel.w,
                   .stride = axis == 0 ? stride.h : stride.w,
                   .dilation = axis == 0 ? dilation.h : dilation.w};
  pad(&w, padding, axis);
  return w;
}

void evaluate_each(const Node *node, const double *input, double *output, double (*f)(const void *attributes, double x)) {
  for (int64_t i = 0, n = dense_elements(dense_of(&node->output->type)); i < n; i++) output[i] = f(node->attributes, input[i]);
}

int64_t dense_source(int64_t t, int64_t n, int padding_mode) {
  if (t >= 0 && t < n) return t;
  switch ((PaddingMode)padding_mode) {
  case PADDING_ZEROS: return -1;
  case PADDING_REFLECT: return t < 0 ? -t : 2 * (n - 1) - t;
  case PADDING_REPLICATE: return t < 0 ? 0 : n - 1;
  case PADDING_CIRCULAR: return t < 0 ? t + n : t - n;
  }
  return -1;
}
