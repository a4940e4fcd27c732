/* softmax.c - numbers to probabilities, or their logarithms, over the channels of each pixel or along another axis.
 *
 * The largest is subtracted first, so that no exponential overflows. */
#include <math.h>
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/axes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static const Attribute attributes[] = {
    {"axis", ATTRIBUTE_CHOICE, offsetof(SoftmaxAttributes, axis), AXES, false, NULL, 0},
    {0},
};

static const SoftmaxAttributes defaults = {.axis = AXIS_CHANNELS};

static int axis_of(const Node *node) { return ((const SoftmaxAttributes *)node->attributes)->axis; }

static bool infer(Inference *inference, Node *node) {
  TensorType type = node->inputs[0]->type;
  type.dtype = DTYPE_F32;
  return check_axis(inference, node, axis_of(node)) && set_output_type(inference, node, type);
}

/* ---- evaluation ---- */

typedef struct Group { /* channels, rows and columns that sum to 1 */
  int64_t c0, c1, y0, y1, x0, x1;
} Group;

/* The largest of a group, or the sum of what its exponentials are beside that of `largest`. */
static double over_group(const double *x, Dense d, Group g, const double *largest) {
  double result = largest ? 0 : -INFINITY;
  for (int64_t c = g.c0; c < g.c1; c++)
    for (int64_t row = g.y0; row < g.y1; row++)
      for (int64_t column = g.x0; column < g.x1; column++) {
        double value = x[dense_index(d, c, row, column)];
        if (largest) result += exp(value - *largest);
        else if (value > result || isnan(value)) result = value;
      }
  return result;
}

static void evaluate_group(const Node *node, const double *x, double *y, Dense d, Group g) {
  double largest = over_group(x, d, g, NULL), sum = over_group(x, d, g, &largest);
  for (int64_t c = g.c0; c < g.c1; c++)
    for (int64_t row = g.y0; row < g.y1; row++)
      for (int64_t column = g.x0; column < g.x1; column++) {
        int64_t i = dense_index(d, c, row, column);
        y[i] = node->op == &op_softmax ? exp(x[i] - largest) / sum : x[i] - largest - log(sum);
      }
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  Dense d = dense_of(&node->output->type);
  Axes a = axes_of(axis_of(node));
  int64_t channels = a.channels ? 1 : d.channels, rows = a.height ? 1 : d.height, columns = a.width ? 1 : d.width;
  for (int64_t c = 0; c < channels; c++)
    for (int64_t y = 0; y < rows; y++)
      for (int64_t x = 0; x < columns; x++) {
        Group g = {c, a.channels ? d.channels : c + 1, y, a.height ? d.height : y + 1, x, a.width ? d.width : x + 1};
        evaluate_group(node, inputs[0], output, d, g);
      }
}

/* ---- lowering ---- */

/* An axis in the order of loops; index[..] of an expression is channel, row, column. */
typedef struct LoopAxis {
  const char *var;
  const Size *extent;
  bool summed;
  int index;
} LoopAxis;

enum { AXIS_COUNT = 3 };

typedef struct Softmax {
  Lowering *l;
  const Node *node;
  LoopAxis axes[AXIS_COUNT];
  Expr *at[AXIS_COUNT], *first[AXIS_COUNT]; /* an element, and the first of its group */
  int loops;                                /* around the elements of a group */
} Softmax;

static Softmax softmax_of(Lowering *l, const Node *node) {
  const TensorType *type = &node->output->type;
  Axes a = axes_of(axis_of(node));
  Softmax s = {.l = l, .node = node};
  s.axes[0] = (LoopAxis){"oy", type_height(type), a.height, 1};
  s.axes[1] = (LoopAxis){"ox", type_width(type), a.width, 2};
  s.axes[2] = (LoopAxis){"oc", type_channels(type), a.channels, 0};
  for (int i = 0; i < AXIS_COUNT; i++) {
    const LoopAxis *axis = &s.axes[i];
    s.at[axis->index] = size_is(axis->extent, 1) ? int_expr(l, 0) : var_expr(l, axis->var);
    s.first[axis->index] = axis->summed ? int_expr(l, 0) : s.at[axis->index];
    s.loops += axis->summed && !size_is(axis->extent, 1);
  }
  return s;
}

/* Loops over the axes of groups, each of which is computed by itself, or inside them. */
static Stmt *for_axes(const Softmax *s, bool summed, int64_t begin, Stmt *body) {
  Lowering *l = s->l;
  for (int i = AXIS_COUNT; i-- > 0;) {
    const LoopAxis *axis = &s->axes[i];
    if (axis->summed != summed || size_is(axis->extent, 1)) continue;
    body = stmt_for(l->arena, axis->var, int_expr(l, begin), size_expr(l, axis->extent), int_expr(l, 1), body);
    body->independent = !summed;
  }
  return body;
}

static Expr *element(const Softmax *s, Expr *const *index) { return input_at(s->l, s->node, 0, index[0], index[1], index[2]); }

static Stmt *store(const Softmax *s, Expr *value) { return store_output(s->l, s->node, s->at[0], s->at[1], s->at[2], value); }

/* Over each group:
 *   largest = max of x
 *   softmax: y = exp(x - largest), sum = sum of y; y = y / sum
 *   log_softmax: sum = sum of exp(x - largest); y = x - largest - log(sum) */
static Stmt *loops(Lowering *l, const Node *node) {
  Arena *arena = l->arena;
  Softmax s = softmax_of(l, node);
  bool logarithm = node->op == &op_log_softmax;
  Expr *largest = expr_var(arena, "largest", type_f32), *sum = expr_var(arena, "sum", type_f32),
       *power = expr_var(arena, "power", type_f32);
  Stmt *all = stmt_let(arena, "largest", element(&s, s.first), false);
  if (s.loops > 0) {
    Stmt *rise = stmt_set(arena, "largest", max_expr(l, largest, element(&s, s.at)));
    all = stmt_then(all, for_axes(&s, true, s.loops == 1, rise));
  }
  Expr *beside_largest = sub_expr(l, element(&s, s.at), largest);
  Stmt *body = stmt_let(arena, "power", expr_math(arena, MATH_EXP, beside_largest), true);
  body = stmt_then(body, stmt_set(arena, "sum", add_expr(l, sum, power)));
  if (!logarithm) body = stmt_then(body, store(&s, power));
  all = stmt_then(all, stmt_let(arena, "sum", float_expr(l, 0), false));
  all = stmt_then(all, for_axes(&s, true, 0, body));
  Expr *result = NULL;
  if (logarithm) {
    all = stmt_then(all, stmt_let(arena, "log_sum", expr_math(arena, MATH_LOG, sum), true));
    result = sub_expr(l, beside_largest, expr_var(arena, "log_sum", type_f32));
  } else result = div_expr(l, output_at(l, node, s.at[0], s.at[1], s.at[2]), sum);
  all = stmt_then(all, for_axes(&s, true, 0, store(&s, result)));
  return for_axes(&s, false, 0, all);
}

static void describe(Text *out, const Node *node) {
  text_add(out, node->op->name);
  if (axis_of(node) != AXIS_CHANNELS) print_axis(out, axis_of(node));
}

/* What no single axis of ONNX is becomes one, and several again. */
static const char *to_onnx(OnnxWriter *w, const Node *node) {
  const TensorType *type = &node->output->type;
  const char *x = onnx_input(w, node, 0);
  bool all = axis_of(node) == AXIS_ALL && type->rank > 1, pixels = axis_of(node) == AXIS_PIXELS && type->rank == 3;
  const Size *merged[] = {type_channels(type), size_mul(w->arena, type_height(type), type_width(type))};
  if (all) x = onnx_flatten(w, x, type);
  if (pixels) x = onnx_reshape(w, x, 2, merged);
  const char *y = ONNX_NODE(w, node->op == &op_softmax ? "Softmax" : "LogSoftmax", x);
  Axes a = axes_of(axis_of(node));
  onnx_int(w, "axis", a.channels ? 1 : a.height ? 2 : type->rank);
  return all || pixels ? onnx_reshape(w, y, type->rank, type->sizes) : y;
}

const Operator op_softmax = {
    .name = "softmax",
    .kind = OPERATOR_LOOPS,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(SoftmaxAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "probabilities over the channels or along another axis, which sum to 1",
    .formula = "y = exp(x - largest) / sum along the axis of exp(x - largest)",
    .onnx = "Softmax; between Flatten or Reshape and Reshape along several axes",
    .infer = infer,
    .evaluate = evaluate,
    .loops = loops,
    .to_onnx = to_onnx,
    .describe = describe,
};

const Operator op_log_softmax = {
    .name = "log_softmax",
    .kind = OPERATOR_LOOPS,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(SoftmaxAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "logarithms of the probabilities that softmax gives",
    .formula = "y = x - largest - log(sum along the axis of exp(x - largest))",
    .onnx = "LogSoftmax; between Flatten or Reshape and Reshape along several axes",
    .infer = infer,
    .evaluate = evaluate,
    .loops = loops,
    .to_onnx = to_onnx,
    .describe = describe,
};
