/* filter.c - one constant kernel applied to every channel of an image or a sequence: blur, edges, sharpen.
 *
 * Cross-correlation as in OpenCV's filter2D; flip=true gives the convolution of mathematics, for which the kernel that the
 * node owns is turned around. */
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/describe.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

enum { KERNEL };

static const Attribute attributes[] = {
    {"kernel", ATTRIBUTE_ARRAY, offsetof(FilterAttributes, kernel), NULL, true, NULL, 0},
    {"stride", ATTRIBUTE_PAIR, offsetof(FilterAttributes, stride), NULL, false, NULL, 1},
    {"padding", ATTRIBUTE_PADDING, offsetof(FilterAttributes, padding), NULL, false, NULL, 0},
    {"padding_mode", ATTRIBUTE_CHOICE, offsetof(FilterAttributes, padding_mode), PADDING_MODES, false, NULL, 0},
    {"dilation", ATTRIBUTE_PAIR, offsetof(FilterAttributes, dilation), NULL, false, NULL, 1},
    {"flip", ATTRIBUTE_BOOL, offsetof(FilterAttributes, flip), NULL, false, NULL, 0},
    {0},
};

static const FilterAttributes defaults = {.stride = {1, 1}, .dilation = {1, 1}};

static Pair kernel_size(const FilterAttributes *a) {
  if (a->kernel->rank == 1) return (Pair){a->kernel->sizes[0], a->kernel->sizes[0]};
  return (Pair){a->kernel->sizes[0], a->kernel->sizes[1]};
}

static bool check_kernel(Inference *inference, const Node *node) {
  const FilterAttributes *a = node->attributes;
  int wanted = node->inputs[0]->type.rank - 1;
  if (a->kernel->rank == wanted) return check_constant(inference, node, "kernel", a->kernel);
  Diagnostic *d = attribute_error(inference, node, CODE_E0312, "kernel", "this `filter` needs a kernel of %s",
                                  wanted == 2 ? "rows, [[..], [..]]" : "one row, [..]");
  set_label(d, "%s for an input %s", constant_sizes(inference->arena, a->kernel), type_text(inference->arena, &node->inputs[0]->type));
  if (a->kernel->rank == 0) add_help(d, "`rescale` multiplies by a number");
  else if (a->kernel->rank == 4) add_help(d, "`conv(.., weight=.., bias=none)` takes kernels that mix channels");
  else if (wanted == 2) add_help(d, "`outer(column, row)` makes a kernel of two lists");
  return false;
}

static void declare_kernel(Inference *inference, Node *node) {
  const FilterAttributes *a = node->attributes;
  int64_t count = a->kernel->sizes[0] * (a->kernel->rank == 2 ? a->kernel->sizes[1] : 1);
  double *numbers = ARENA_ARRAY(inference->arena, double, (size_t)count);
  for (int64_t i = 0; i < count; i++) numbers[i] = a->kernel->data[a->flip ? count - 1 - i : i];
  declare_constant(inference, node, KERNEL, "kernel", a->kernel->rank, a->kernel->sizes, numbers);
}

static bool infer(Inference *inference, Node *node) {
  const FilterAttributes *a = node->attributes;
  int64_t channels;
  Window w;
  if (!require_spatial(inference, node) || !check_attributes(inference, node) || !check_kernel(inference, node)) return false;
  if (!known_channels(inference, node, node->inputs[0], &channels)) return false;
  if (!infer_window(inference, node, kernel_size(a), a->stride, a->dilation, a->padding, false, &w)) return false;
  if (!check_padding_mode(inference, node, a->padding_mode, &w)) return false;
  if (!set_output_type(inference, node, window_type(inference->arena, &node->inputs[0]->type, &w, channels))) return false;
  declare_kernel(inference, node);
  return true;
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  const FilterAttributes *a = node->attributes;
  Dense in = dense_of(&node->inputs[0]->type), out = dense_of(&node->output->type);
  DenseWindow rows = dense_window(node, 0, kernel_size(a), a->stride, a->dilation, a->padding);
  DenseWindow columns = dense_window(node, 1, kernel_size(a), a->stride, a->dilation, a->padding);
  const float *kernel = node->parameters[KERNEL]->data;
  for (int64_t i = 0, pixels = out.height * out.width; i < out.channels * pixels; i++) {
    int64_t c = i / pixels, oy = i % pixels / out.width, ox = i % out.width;
    output[i] = 0;
    for (int64_t ky = 0; ky < rows.kernel; ky++)
      for (int64_t kx = 0; kx < columns.kernel; kx++) {
        int64_t y = dense_source(dense_tap(&rows, oy, ky), in.height, a->padding_mode);
        int64_t x = dense_source(dense_tap(&columns, ox, kx), in.width, a->padding_mode);
        double value = y < 0 || x < 0 ? 0 : inputs[0][dense_index(in, c, y, x)];
        output[i] += value * (double)kernel[ky * columns.kernel + kx];
      }
  }
}

static Window filter_window(Arena *arena, const Node *node) {
  const FilterAttributes *a = node->attributes;
  return window_of(arena, &node->inputs[0]->type, kernel_size(a), a->stride, a->dilation, a->padding, false);
}

/* y[oc][oy][ox] = sum over ky, kx of x[oc][oy*stride + ky*dilation - top][ox*stride + kx*dilation - left] * kernel[ky][kx] */
static void nest(Lowering *l, const Node *node, Nest *n) {
  Window w = filter_window(l->arena, node);
  bool one_dimensional = node->inputs[0]->type.rank == 2;
  Expr *ky = var_expr(l, "ky"), *kx = var_expr(l, "kx");
  add_result_axis(n, "oy", w.output[0]);
  add_result_axis(n, "ox", w.output[1]);
  add_result_axis(n, "oc", type_channels(&node->output->type));
  if (!one_dimensional) add_reduction_axis(n, "ky", size_of(l->arena, w.kernel[0]), NULL, NULL);
  add_reduction_axis(n, "kx", size_of(l->arena, w.kernel[1]), NULL, NULL);
  Expr *row = one_dimensional ? int_expr(l, 0) : window_index(l, &w, 0, var_expr(l, "oy"), ky);
  Expr *x = input_at(l, node, 0, var_expr(l, "oc"), row, window_index(l, &w, 1, var_expr(l, "ox"), kx));
  Expr *kernel = parameter_at(l, node, KERNEL, one_dimensional ? kx : ky, one_dimensional ? NULL : kx, NULL, NULL);
  n->initial = float_expr(l, 0);
  n->update = add_expr(l, accumulator(l), mul_expr(l, x, kernel));
  n->result = accumulator(l);
  store_at_result_axes(l, n);
  n->lane_axis = "oc";
  n->tile_axis = "ox";
}

static bool borders(Arena *arena, const Node *node, Window *window, int *padding_mode) {
  *window = filter_window(arena, node);
  *padding_mode = ((const FilterAttributes *)node->attributes)->padding_mode;
  return is_padded(window);
}

static const Size *macs(Arena *arena, const Node *node) {
  return size_mul_int(arena, type_elements(arena, &node->output->type), parameter_elements(node->parameters[KERNEL]));
}

static void describe(Text *out, const Node *node) {
  const FilterAttributes *a = node->attributes;
  text_add(out, "filter");
  describe_window(out, node, kernel_size(a), a->stride, a->padding, a->dilation);
  describe_padding_mode(out, a->padding_mode);
}

static const char *to_onnx(OnnxWriter *w, const Node *node) {
  const FilterAttributes *a = node->attributes;
  Window window = filter_window(w->arena, node);
  const TensorType *type = &node->inputs[0]->type;
  return onnx_channelwise(w, onnx_input(w, node, 0), type, &window, a->padding.kind, a->padding_mode, node->parameters[KERNEL]->data);
}

const Operator op_filter = {
    .name = "filter",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(FilterAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "one constant kernel applied to every channel (cross-correlation)",
    .formula = "y[oc][oy][ox] = sum over ky, kx of x[oc][oy*stride + ky*dilation - top][ox*stride + kx*dilation - left] * kernel[ky][kx]",
    .onnx = "Conv with the kernel for every channel, after Pad (reflect, replicate) or Slice and Concat (circular)",
    .infer = infer,
    .evaluate = evaluate,
    .nest = nest,
    .borders = borders,
    .macs = macs,
    .describe = describe,
    .to_onnx = to_onnx,
};
