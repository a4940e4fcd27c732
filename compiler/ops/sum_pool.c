/* sum_pool.c - poolings that are sums, to which what lies beyond the edges adds nothing: sum_pool, l2_pool and
 * weighted_avg_pool.
 *
 * So their input gets a border of zeros as a convolution's does, no window is cut off, and all are computed in tiles. */
#include <float.h>
#include <math.h>

#include "ops/dense.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/pool.h"
#include "ops/to_onnx.h"

enum { WEIGHT };

static const Attribute attributes[] = {POOL_ATTRIBUTES, {0}};
static const Attribute weighted_attributes[] = {
    {"weight", ATTRIBUTE_ARRAY, offsetof(WeightedPoolAttributes, weight), NULL, true, NULL, 0},
    POOL_MOTION,
    {0},
};

static const WeightedPoolAttributes weighted_defaults = {.pool = {.dilation = {1, 1}}};

static bool infer(Inference *inference, Node *node) {
  Window w;
  return infer_pool(inference, node, &w) && set_pooled_type(inference, node, &w);
}

static double sum_of(const ConstantArray *array) {
  double sum = 0;
  int64_t count = 1;
  for (int i = 0; i < array->rank; i++) count *= array->sizes[i]; /* an array that exists: cannot overflow */
  for (int64_t i = 0; i < count; i++) sum += array->data[i];
  return sum;
}

/* A matrix for an image, a list for a sequence, with a sum that one can divide by. */
static bool check_weight(Inference *inference, const Node *node, const ConstantArray *weight) {
  int wanted = node->inputs[0]->type.rank - 1;
  if (!weight || weight->rank != wanted) {
    Diagnostic *d = attribute_error(inference, node, CODE_E0312, "weight", "`weight` of `weighted_avg_pool` needs %s here",
                                    wanted == 1 ? "a list of numbers" : "rows of numbers");
    set_label(d, "input is %s", type_text(inference->arena, &node->inputs[0]->type));
    if (weight && wanted == 2 && weight->rank == 1) add_help(d, "`outer(a, a)` makes the rows from a list");
    return false;
  }
  double sum = sum_of(weight);
  bool fits = sum != 0;
  for (int64_t i = 0; fits && i < weight->sizes[0] * (wanted == 2 ? weight->sizes[1] : 1); i++)
    fits = fabs(weight->data[i] / sum) <= (double)FLT_MAX; /* false for NaN, too */
  if (fits) return true;
  Diagnostic *d = attribute_error(inference, node, CODE_E0402, "weight",
                                  "the weights of `weighted_avg_pool` cannot be divided by their sum");
  set_label(d, "the sum is %s", sum == 0 ? "0" : "too small or too large");
  add_note(d, "they are divided by it, so that the mean of equal values is that value");
  return false;
}

static bool infer_weighted(Inference *inference, Node *node) {
  WeightedPoolAttributes *a = node->attributes;
  if (!require_spatial(inference, node) || !check_weight(inference, node, a->weight)) return false;
  const int64_t *sizes = a->weight->sizes;
  a->pool.kernel_size = (Pair){sizes[0], sizes[a->weight->rank - 1]};
  if (!infer(inference, node)) return false;
  int64_t count = a->weight->rank == 2 ? sizes[0] * sizes[1] : sizes[0];
  double sum = sum_of(a->weight), *divided = ARENA_ARRAY(inference->arena, double, (size_t)count);
  for (int64_t i = 0; i < count; i++) divided[i] = a->weight->data[i] / sum;
  declare_constant(inference, node, WEIGHT, "weight", a->weight->rank, sizes, divided);
  return true;
}

/* ---- evaluation ---- */

static double term(const Node *node, double x, int64_t tap) {
  if (node->op == &op_l2_pool) return x * x;
  if (node->op != &op_weighted_avg_pool) return x;
  const ConstantArray *weight = ((const WeightedPoolAttributes *)node->attributes)->weight;
  return x * weight->data[tap] / sum_of(weight);
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  const PoolAttributes *a = node->attributes;
  Dense in = dense_of(&node->inputs[0]->type), out = dense_of(&node->output->type);
  DenseWindow rows = dense_window(node, 0, a->kernel_size, a->stride, a->dilation, a->padding);
  DenseWindow columns = dense_window(node, 1, a->kernel_size, a->stride, a->dilation, a->padding);
  for (int64_t i = 0, n = dense_elements(out); i < n; i++) {
    int64_t c = i / (out.height * out.width), oy = i / out.width % out.height, ox = i % out.width;
    double sum = 0;
    for (int64_t ky = 0; ky < rows.kernel; ky++)
      for (int64_t kx = 0; kx < columns.kernel; kx++) {
        int64_t y = dense_tap(&rows, oy, ky), x = dense_tap(&columns, ox, kx);
        if (y < 0 || y >= in.height || x < 0 || x >= in.width) continue;
        sum += term(node, inputs[0][dense_index(in, c, y, x)], ky * columns.kernel + kx);
      }
    output[i] = node->op == &op_l2_pool ? sqrt(sum) : sum;
  }
}

/* ---- lowering ---- */

static bool borders(Arena *arena, const Node *node, Window *window, int *padding_mode) {
  *window = pool_window(arena, node);
  *padding_mode = PADDING_ZEROS;
  return true;
}

/* The axes; returns the element under tap ky, kx. */
static Expr *begin_sum(Lowering *l, const Node *node, Nest *n) {
  Window w = pool_window(l->arena, node);
  bool one_dimensional = node->inputs[0]->type.rank == 2;
  Expr *ky = var_expr(l, "ky"), *kx = var_expr(l, "kx");
  add_result_axis(n, "oy", w.output[0]);
  add_result_axis(n, "ox", w.output[1]);
  add_result_axis(n, "oc", type_channels(&node->inputs[0]->type));
  if (!one_dimensional) add_reduction_axis(n, "ky", size_of(l->arena, w.kernel[0]), NULL, NULL);
  add_reduction_axis(n, "kx", size_of(l->arena, w.kernel[1]), NULL, NULL);
  store_at_result_axes(l, n);
  n->lane_axis = "oc";
  n->tile_axis = "ox";
  n->initial = float_expr(l, 0);
  n->result = accumulator(l);
  Expr *row = one_dimensional ? int_expr(l, 0) : window_index(l, &w, 0, var_expr(l, "oy"), ky);
  return input_at(l, node, 0, var_expr(l, "oc"), row, window_index(l, &w, 1, var_expr(l, "ox"), kx));
}

/* y[oc][oy][ox] = sum over ky, kx of x[oc][oy*stride + ky*dilation - top][ox*stride + kx*dilation - left] */
static void nest_sum(Lowering *l, const Node *node, Nest *n) {
  Expr *tap = begin_sum(l, node, n);
  n->update = add_expr(l, accumulator(l), tap);
  n->associates = true;
}

/* y[oc][oy][ox] = sqrt(sum over ky, kx of x[..]^2) */
static void nest_l2(Lowering *l, const Node *node, Nest *n) {
  Expr *tap = named_expr(l, "value", begin_sum(l, node, n));
  n->update = add_expr(l, accumulator(l), mul_expr(l, tap, tap));
  n->result = expr_math(l->arena, MATH_SQRT, accumulator(l));
}

/* y[oc][oy][ox] = sum over ky, kx of x[..] * weight[ky][kx] */
static void nest_weighted(Lowering *l, const Node *node, Nest *n) {
  Expr *tap = begin_sum(l, node, n), *kx = var_expr(l, "kx");
  Expr *ky = node->inputs[0]->type.rank == 2 ? kx : var_expr(l, "ky");
  n->update = add_expr(l, accumulator(l), mul_expr(l, tap, parameter_at(l, node, WEIGHT, ky, kx, NULL, NULL)));
}

static const char *sum_to_onnx(OnnxWriter *w, const Node *node) {
  const PoolAttributes *a = node->attributes;
  Window window = onnx_pool_window(w, node);
  return onnx_window_sum(w, onnx_input(w, node, 0), &node->inputs[0]->type, &window, a->padding.kind);
}

const Operator op_sum_pool = {
    .name = "sum_pool",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(PoolAttributes),
    .attributes = attributes,
    .default_attributes = &pool_defaults,
    .summary = "sum of each window; padding adds nothing",
    .formula = "y[oc][oy][ox] = sum over ky, kx of x[oc][oy*stride + ky*dilation - top][ox*stride + kx*dilation - left]",
    .onnx = "Conv with ones, after Pad where padding varies with ceil_mode; between Reshapes where the channels vary",
    .infer = infer,
    .evaluate = evaluate,
    .nest = nest_sum,
    .borders = borders,
    .describe = describe_pool,
    .to_onnx = sum_to_onnx,
};

static const char *l2_to_onnx(OnnxWriter *w, const Node *node) {
  const PoolAttributes *a = node->attributes;
  Window window = onnx_pool_window(w, node);
  const char *x = onnx_input(w, node, 0), *squares = ONNX_NODE(w, "Mul", x, x);
  return ONNX_NODE(w, "Sqrt", onnx_window_sum(w, squares, &node->inputs[0]->type, &window, a->padding.kind));
}

const Operator op_l2_pool = {
    .name = "l2_pool",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(PoolAttributes),
    .attributes = attributes,
    .default_attributes = &pool_defaults,
    .summary = "root of the sum of squares of each window, which is not divided by their number",
    .formula = "y[oc][oy][ox] = sqrt(sum over ky, kx of "
               "x[oc][oy*stride + ky*dilation - top][ox*stride + kx*dilation - left]^2)",
    .onnx = "Mul, Conv with ones, Sqrt; Pad and Reshape as sum_pool",
    .infer = infer,
    .evaluate = evaluate,
    .nest = nest_l2,
    .borders = borders,
    .describe = describe_pool,
    .to_onnx = l2_to_onnx,
};

static const char *weighted_to_onnx(OnnxWriter *w, const Node *node) {
  const PoolAttributes *a = node->attributes;
  Window window = onnx_pool_window(w, node);
  const TensorType *type = &node->inputs[0]->type;
  return onnx_channelwise(w, onnx_input(w, node, 0), type, &window, a->padding.kind, PADDING_ZEROS, node->parameters[WEIGHT]->data);
}

const Operator op_weighted_avg_pool = {
    .name = "weighted_avg_pool",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(WeightedPoolAttributes),
    .attributes = weighted_attributes,
    .default_attributes = &weighted_defaults,
    .summary = "mean of each window under given weights, which are divided by their sum; padding counts as zeros",
    .formula = "y[oc][oy][ox] = sum over ky, kx of "
               "x[oc][oy*stride + ky*dilation - top][ox*stride + kx*dilation - left] * weight[ky][kx]",
    .onnx = "Conv with the weights for every channel; Pad and Reshape as sum_pool",
    .infer = infer_weighted,
    .evaluate = evaluate,
    .nest = nest_weighted,
    .borders = borders,
    .describe = describe_pool,
    .to_onnx = weighted_to_onnx,
};
