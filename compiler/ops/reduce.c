/* reduce.c - one number for all values along an axis: reduce_sum, reduce_mean, reduce_max, reduce_min. The axis stays, with
 * size 1, so that the result stretches over what it came from.
 *
 * Sums over channels, pixels and all are those of statistics.h, in parts where they are long. */
#include <math.h>
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/axes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/ops.h"
#include "ops/statistics.h"
#include "ops/to_onnx.h"

static const Attribute attributes[] = {
    {"axis", ATTRIBUTE_CHOICE, offsetof(ReduceAttributes, axis), AXES, true, NULL, 0},
    {0},
};

static const ReduceAttributes defaults = {0};

static int axis_of(const Node *node) { return ((const ReduceAttributes *)node->attributes)->axis; }

static bool infer(Inference *inference, Node *node) {
  TensorType type = node->inputs[0]->type;
  Axes r = axes_of(axis_of(node));
  if (!check_axis(inference, node, axis_of(node))) return false;
  const Size *one = size_of(inference->arena, 1);
  type.dtype = DTYPE_F32;
  if (r.channels) type.sizes[0] = one;
  if (r.height && type.rank == 3) type.sizes[1] = one;
  if (r.width && type.rank > 1) type.sizes[type.rank - 1] = one;
  return set_output_type(inference, node, type);
}

/* ---- evaluation ---- */

static double larger(double a, double b) { return isnan(a) || a > b ? a : b; }
static double smaller(double a, double b) { return isnan(a) || a < b ? a : b; }

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  Dense in = dense_of(&node->inputs[0]->type), out = dense_of(&node->output->type);
  int64_t results = dense_elements(out), count = dense_elements(in) / results;
  bool extreme = node->op == &op_reduce_max || node->op == &op_reduce_min;
  double start = node->op == &op_reduce_max ? -INFINITY : node->op == &op_reduce_min ? INFINITY : 0;
  for (int64_t i = 0; i < results; i++) output[i] = start;
  for (int64_t c = 0; c < in.channels; c++)
    for (int64_t y = 0; y < in.height; y++)
      for (int64_t x = 0; x < in.width; x++) {
        double value = inputs[0][dense_index(in, c, y, x)];
        double *to = &output[dense_index(out, c % out.channels, y % out.height, x % out.width)];
        *to = !extreme ? *to + value : node->op == &op_reduce_max ? larger(*to, value) : smaller(*to, value);
      }
  for (int64_t i = 0; i < results && node->op == &op_reduce_mean; i++) output[i] /= (double)count;
}

/* ---- lowering ---- */

static Expr *element(Lowering *l, const Node *node, Expr *c, Expr *y, Expr *x) { return input_at(l, node, 0, c, y, x); }

/* The result axes, and the reduction axes inside them. Returns the element that is next; *first becomes that before all. */
static Expr *begin(Lowering *l, const Node *node, Nest *n, Expr **first) {
  const TensorType *type = &node->inputs[0]->type;
  Axes r = axes_of(axis_of(node));
  Expr *zero = int_expr(l, 0);
  Expr *c = var_expr(l, r.channels ? "ic" : "oc"), *y = var_expr(l, r.height ? "ky" : "oy"), *x = var_expr(l, r.width ? "kx" : "ox");
  if (!r.height) add_result_axis(n, "oy", type_height(type));
  if (!r.width) add_result_axis(n, "ox", type_width(type));
  if (!r.channels) add_result_axis(n, "oc", type_channels(type));
  if (r.height) add_reduction_axis(n, "ky", type_height(type), NULL, NULL);
  if (r.width) add_reduction_axis(n, "kx", type_width(type), NULL, NULL);
  if (r.channels) add_reduction_axis(n, "ic", type_channels(type), NULL, NULL);
  n->output[0] = r.channels ? zero : c;
  n->output[1] = r.height ? zero : y;
  n->output[2] = r.width ? zero : x;
  if (!r.channels) {
    n->lane_axis = "oc";
    n->tile_axis = !r.width ? "ox" : !r.height ? "oy" : NULL;
  }
  n->result = accumulator(l);
  *first = element(l, node, n->output[0], n->output[1], n->output[2]);
  return element(l, node, c, y, x);
}

/* y = max of x along the axes */
static void nest_max(Lowering *l, const Node *node, Nest *n) {
  Expr *next = begin(l, node, n, &n->initial);
  n->update = max_expr(l, accumulator(l), next);
}

/* y = min of x along the axes */
static void nest_min(Lowering *l, const Node *node, Nest *n) {
  Expr *next = begin(l, node, n, &n->initial);
  n->update = min_expr(l, accumulator(l), next);
}

/* Whether statistics.h has this sum; *over becomes what it calls the axes. */
static bool is_statistic(const Node *node, Over *over) {
  int axis = axis_of(node);
  *over = axis == AXIS_CHANNELS ? OVER_CHANNELS : axis == AXIS_PIXELS ? OVER_PIXELS : OVER_ALL;
  return axis != AXIS_HEIGHT && axis != AXIS_WIDTH;
}

static void nest_element_parts(Lowering *l, const Node *node, Nest *n) {
  Over over;
  if (is_statistic(node, &over)) nest_parts(l, node, n, over, element);
}

static int sum_stages(Arena *arena, const Node *node, Stage stages[MAX_STAGES]) {
  Over over;
  return is_statistic(node, &over) ? add_parts_stage(arena, node, over, nest_element_parts, stages) : 0;
}

/* y = sum of x along the axes */
static void nest_total(Lowering *l, const Node *node, Nest *n) {
  Over over;
  if (is_statistic(node, &over)) {
    nest_sum(l, node, n, over, element, 0);
    return;
  }
  Expr *first, *next = begin(l, node, n, &first);
  n->initial = float_expr(l, 0);
  n->update = add_expr(l, accumulator(l), next);
}

/* y = sum of x along the axes / count */
static void nest_mean(Lowering *l, const Node *node, Nest *n) {
  nest_total(l, node, n);
  const Size *count = axes_size(l->arena, &node->inputs[0]->type, axes_of(axis_of(node)));
  n->result = mean_expr(l, accumulator(l), size_expr(l, count));
}

static void describe(Text *out, const Node *node) {
  text_add(out, node->op->name);
  print_axis(out, axis_of(node));
}

/* Of the type that the operator names, along the axes whose size it changes. */
static const char *to_onnx(OnnxWriter *w, const Node *node) {
  const TensorType *in = &node->inputs[0]->type, *out = &node->output->type;
  const char *x = onnx_input(w, node, 0);
  int64_t axes[MAX_RANK];
  int count = 0;
  for (int i = 0; i < in->rank; i++)
    if (!size_equal(in->sizes[i], out->sizes[i])) axes[count++] = i + 1;
  if (!count) return x;
  return node->op == &op_reduce_sum ? onnx_sum(w, x, count, axes) : onnx_reduce(w, node->op->onnx, x, count, axes);
}

/* clang-format off */
#define REDUCE(name_, nest_, stages_, onnx_, summary_, formula_)                                                                           \
  const Operator op_##name_ = {                                                                                                            \
      .name = #name_, .kind = OPERATOR_NEST, .min_inputs = 1, .max_inputs = 1, .attributes_size = sizeof(ReduceAttributes),                \
      .attributes = attributes, .default_attributes = &defaults, .summary = summary_, .formula = formula_, .infer = infer,                 \
      .evaluate = evaluate, .nest = nest_, .stages = stages_, .describe = describe,                                                        \
      .onnx = onnx_, .to_onnx = to_onnx,                                                                                                   \
  };

REDUCE(reduce_sum, nest_total, sum_stages, "ReduceSum", "sum along the axis, which becomes 1", "y = sum of x along the axis")
REDUCE(reduce_mean, nest_mean, sum_stages, "ReduceMean", "mean along the axis, which becomes 1", "y = sum of x along the axis / their number")
REDUCE(reduce_max, nest_max, NULL, "ReduceMax", "largest value along the axis, which becomes 1", "y = max of x along the axis")
REDUCE(reduce_min, nest_min, NULL, "ReduceMin", "smallest value along the axis, which becomes 1", "y = min of x along the axis")
/* clang-format on */
