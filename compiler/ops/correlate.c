/* correlate.c - one tensor slides over another, as a kernel that is computed instead of learned: depthwise_correlate and
 * correlate. It is how a Siamese tracker finds a small picture in a large one.
 *
 * The sum over channels is a reduce_sum of what the channels give by themselves, so that these are computed in vectors. */
#include "ops/attributes.h"
#include "ops/axes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

/* Input 0 is searched, input 1 slides over it. Its sizes are numbers, as those of a kernel. */
static Window correlation_window(Arena *arena, const Node *node) {
  const TensorType *kernel = &node->inputs[1]->type;
  Pair size = {kernel->rank == 3 ? size_value(type_height(kernel)) : 1, size_value(type_width(kernel))}, one = {1, 1};
  return window_of(arena, &node->inputs[0]->type, size, one, one, (Padding){.kind = PADDING_VALID}, false);
}

static bool same_channels(Inference *inference, const Node *node) {
  const TensorType *searched = &node->inputs[0]->type, *kernel = &node->inputs[1]->type;
  if (searched->rank == kernel->rank && size_equal(type_channels(searched), type_channels(kernel))) return true;
  Diagnostic *d = shape_error(inference, node, CODE_E0301, "the inputs of `%s` differ in %s", operation_name(node),
                              searched->rank == kernel->rank ? "channels" : "rank");
  set_label(d, "%s and %s", type_text(inference->arena, searched), type_text(inference->arena, kernel));
  add_help(d, "the second slides over the first, channel by channel: one `shared` tower makes both");
  return false;
}

static bool infer(Inference *inference, Node *node) {
  const TensorType *searched = &node->inputs[0]->type, *kernel = &node->inputs[1]->type;
  int64_t channels;
  if (!require_spatial(inference, node) || !same_channels(inference, node)) return false;
  if (!known_channels(inference, node, node->inputs[0], &channels)) return false;
  Pair size = {1, 1}, one = {1, 1};
  if (!size_is_const(type_width(kernel), &size.w) || (kernel->rank == 3 && !size_is_const(type_height(kernel), &size.h))) {
    Diagnostic *d = shape_error(inference, node, CODE_E0304, "what slides in `%s` needs a fixed size", operation_name(node));
    set_label(d, "%s", type_text(inference->arena, kernel));
    add_help(d, "only the first input, which is searched, may vary in size");
    return false;
  }
  if (size_minimum(type_height(searched)) < size.h || size_minimum(type_width(searched)) < size.w) {
    Diagnostic *d = shape_error(inference, node, CODE_E0302, "what slides in `%s` is larger than what it slides over",
                                operation_name(node));
    set_label(d, "%s over %s", type_text(inference->arena, kernel), type_text(inference->arena, searched));
    add_help(d, "the first input is searched, the second one slides over it");
    return false;
  }
  Window w;
  if (!infer_window(inference, node, size, one, one, (Padding){.kind = PADDING_VALID}, false, &w)) return false;
  return set_output_type(inference, node, window_type(inference->arena, &node->inputs[0]->type, &w, channels));
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  Dense in = dense_of(&node->inputs[0]->type), kernel = dense_of(&node->inputs[1]->type), out = dense_of(&node->output->type);
  for (int64_t i = 0, n = dense_elements(out); i < n; i++) {
    int64_t c = i / (out.height * out.width), oy = i / out.width % out.height, ox = i % out.width;
    output[i] = 0;
    for (int64_t ky = 0; ky < kernel.height; ky++)
      for (int64_t kx = 0; kx < kernel.width; kx++)
        output[i] += inputs[0][dense_index(in, c, oy + ky, ox + kx)] * inputs[1][dense_index(kernel, c, ky, kx)];
  }
}

/* y[c][oy][ox] = sum over ky, kx of x[c][oy + ky][ox + kx] * k[c][ky][kx] */
static void nest(Lowering *l, const Node *node, Nest *n) {
  Window w = correlation_window(l->arena, node);
  bool image = node->inputs[0]->type.rank == 3;
  Expr *oc = var_expr(l, "oc"), *kx = var_expr(l, "kx"), *ky = image ? var_expr(l, "ky") : int_expr(l, 0);
  add_result_axis(n, "oy", w.output[0]);
  add_result_axis(n, "ox", w.output[1]);
  add_result_axis(n, "oc", type_channels(&node->inputs[0]->type));
  if (image) add_reduction_axis(n, "ky", size_of(l->arena, w.kernel[0]), NULL, NULL);
  add_reduction_axis(n, "kx", size_of(l->arena, w.kernel[1]), NULL, NULL);
  store_at_result_axes(l, n);
  n->lane_axis = "oc";
  n->tile_axis = "ox";
  n->initial = float_expr(l, 0);
  Expr *row = image ? window_index(l, &w, 0, var_expr(l, "oy"), ky) : ky;
  Expr *x = input_at(l, node, 0, oc, row, window_index(l, &w, 1, var_expr(l, "ox"), kx));
  n->update = add_expr(l, accumulator(l), mul_expr(l, x, input_at(l, node, 1, oc, ky, kx)));
  n->result = accumulator(l);
}

static const Size *macs(Arena *arena, const Node *node) {
  Window w = correlation_window(arena, node);
  return size_mul_int(arena, type_elements(arena, &node->output->type), w.kernel[0] * w.kernel[1]);
}

static bool expand(Inference *inference, const Node *call, Expansion *expansion) {
  static const ReduceAttributes over_channels = {AXIS_CHANNELS};
  Value **products = ARENA_ARRAY(inference->arena, Value *, 1);
  products[0] = make_part(inference, call, &(Part){&op_depthwise_correlate, NULL, "channels", call->inputs, 2, false});
  Value *output = products[0] ? make_part(inference, call, &(Part){&op_reduce_sum, &over_channels, NULL, products, 1, false}) : NULL;
  if (output) ARENA_PUSH(inference->arena, expansion->outputs, expansion->output_count, output);
  return output != NULL;
}

/* To [-1, sizes]: batch and channels become one axis, or two again. */
static const char *reshape_batch(OnnxWriter *w, const char *x, const Size *first, int spatial, const Size *const *sizes) {
  const Size *shape[4] = {size_of(w->arena, -1), first};
  for (int i = 0; i < spatial; i++) shape[2 + i] = sizes[i];
  return ONNX_NODE(w, "Reshape", x, onnx_sizes(w, "shape", 2 + spatial, shape));
}

/* In ONNX a Conv has one kernel for the whole batch, here each sample has its own. So a Conv by kernels with a single one
 * makes a channel of each place under the window, and each is multiplied by its number. */
static const char *to_onnx(OnnxWriter *w, const Node *node) {
  const TensorType *x = &node->inputs[0]->type, *k = &node->inputs[1]->type, *y = &node->output->type;
  int spatial = x->rank - 1;
  int64_t places = 1, sizes[4] = {0, 1};
  for (int i = 0; i < spatial; i++) places *= sizes[2 + i] = size_value(k->sizes[1 + i]);
  sizes[0] = places;
  float *one_each = arena_alloc_array(w->arena, (size_t)places, (size_t)places * sizeof *one_each);
  for (int64_t i = 0; i < places * places; i++) one_each[i] = i % (places + 1) == 0;
  const Size *one = size_of(w->arena, 1), *ones[2] = {one, one};
  const char *by_channel = reshape_batch(w, onnx_input(w, node, 0), one, spatial, x->sizes + 1);
  const char *windows = ONNX_NODE(w, "Conv", by_channel, onnx_floats(w, "places", 2 + spatial, sizes, one_each));
  const char *kernel = reshape_batch(w, onnx_input(w, node, 1), size_of(w->arena, places), spatial, ones);
  const char *sum = onnx_sum(w, ONNX_NODE(w, "Mul", windows, kernel), 1, (const int64_t[]){1});
  return reshape_batch(w, sum, y->sizes[0], spatial, y->sizes + 1);
}

const Operator op_depthwise_correlate = {
    .name = "depthwise_correlate",
    .kind = OPERATOR_NEST,
    .min_inputs = 2,
    .max_inputs = 2,
    .summary = "the second tensor slides over the first, each channel by itself",
    .formula = "y[c][oy][ox] = sum over ky, kx of x[c][oy + ky][ox + kx] * k[c][ky][kx]",
    .onnx = "Conv that makes channels of the places under the window, Mul, ReduceSum, between Reshapes",
    .infer = infer,
    .evaluate = evaluate,
    .nest = nest,
    .macs = macs,
    .to_onnx = to_onnx,
};

const Operator op_correlate = {
    .name = "correlate",
    .kind = OPERATOR_EXPANDING,
    .min_inputs = 2,
    .max_inputs = 2,
    .summary = "the second tensor slides over the first: how alike they are at each place",
    .formula = "y[0][oy][ox] = sum over c, ky, kx of x[c][oy + ky][ox + kx] * k[c][ky][kx]",
    .expand = expand,
};
