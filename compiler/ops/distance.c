/* distance.c - how near two tensors of one shape are, as a single number: dot, l1_distance, l2_distance,
 * cosine_similarity. */
#include <math.h>

#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/ops.h"
#include "ops/statistics.h"
#include "ops/to_onnx.h"

#define COSINE_EPS 1e-8 /* PyTorch's: a shorter vector counts as this long */

static bool infer(Inference *inference, Node *node) {
  TensorType shape, number = {.dtype = DTYPE_F32, .rank = 1, .sizes = {size_of(inference->arena, 1)}};
  return require_equal_shapes(inference, node, -1, false, &shape) && set_output_type(inference, node, number);
}

/* ---- evaluation ---- */

static double dot_of(const Node *node, const double *a, const double *b) {
  double sum = 0;
  for (int64_t i = 0, n = dense_elements(dense_of(&node->inputs[0]->type)); i < n; i++) sum += a[i] * b[i];
  return sum;
}

static void evaluate_dot(const Node *node, const double *const *inputs, double *output) { output[0] = dot_of(node, inputs[0], inputs[1]); }

static void evaluate_l1(const Node *node, const double *const *inputs, double *output) {
  output[0] = 0;
  for (int64_t i = 0, n = dense_elements(dense_of(&node->inputs[0]->type)); i < n; i++) output[0] += fabs(inputs[0][i] - inputs[1][i]);
}

static void evaluate_l2(const Node *node, const double *const *inputs, double *output) {
  double sum = 0;
  for (int64_t i = 0, n = dense_elements(dense_of(&node->inputs[0]->type)); i < n; i++)
    sum += (inputs[0][i] - inputs[1][i]) * (inputs[0][i] - inputs[1][i]);
  output[0] = sqrt(sum);
}

static double at_least_eps(double norm) { return norm < COSINE_EPS ? COSINE_EPS : norm; }

static void evaluate_cosine(const Node *node, const double *const *inputs, double *output) {
  double a = at_least_eps(sqrt(dot_of(node, inputs[0], inputs[0]))), b = at_least_eps(sqrt(dot_of(node, inputs[1], inputs[1])));
  output[0] = dot_of(node, inputs[0], inputs[1]) / (a * b);
}

/* ---- lowering: sums over all elements ---- */

static Expr *product(Lowering *l, const Node *node, Expr *c, Expr *y, Expr *x) {
  Expr *a = input_at(l, node, 0, c, y, x), *b = input_at(l, node, 1, c, y, x);
  return mul_expr(l, a, b);
}

static Expr *square_of(Lowering *l, const char *name, Expr *e) {
  Expr *named = named_expr(l, name, e);
  return mul_expr(l, named, named);
}

static Expr *square_0(Lowering *l, const Node *node, Expr *c, Expr *y, Expr *x) {
  return square_of(l, "value", input_at(l, node, 0, c, y, x));
}
static Expr *square_1(Lowering *l, const Node *node, Expr *c, Expr *y, Expr *x) {
  return square_of(l, "value", input_at(l, node, 1, c, y, x));
}

static Expr *difference(Lowering *l, const Node *node, Expr *c, Expr *y, Expr *x) {
  Expr *a = input_at(l, node, 0, c, y, x), *b = input_at(l, node, 1, c, y, x);
  return sub_expr(l, a, b);
}

static Expr *absolute_difference(Lowering *l, const Node *node, Expr *c, Expr *y, Expr *x) {
  return abs_expr(l, named_expr(l, "difference", difference(l, node, c, y, x)));
}

static Expr *squared_difference(Lowering *l, const Node *node, Expr *c, Expr *y, Expr *x) {
  return square_of(l, "difference", difference(l, node, c, y, x));
}

static void nest_product_parts(Lowering *l, const Node *node, Nest *n) { nest_parts(l, node, n, OVER_ALL, product); }
static void nest_absolute_parts(Lowering *l, const Node *node, Nest *n) { nest_parts(l, node, n, OVER_ALL, absolute_difference); }
static void nest_squared_parts(Lowering *l, const Node *node, Nest *n) { nest_parts(l, node, n, OVER_ALL, squared_difference); }
static void nest_square_0_parts(Lowering *l, const Node *node, Nest *n) { nest_parts(l, node, n, OVER_ALL, square_0); }
static void nest_square_1_parts(Lowering *l, const Node *node, Nest *n) { nest_parts(l, node, n, OVER_ALL, square_1); }

static int dot_stages(Arena *arena, const Node *node, Stage stages[MAX_STAGES]) {
  return add_parts_stage(arena, node, OVER_ALL, nest_product_parts, stages);
}

static int l1_stages(Arena *arena, const Node *node, Stage stages[MAX_STAGES]) {
  return add_parts_stage(arena, node, OVER_ALL, nest_absolute_parts, stages);
}

static int l2_stages(Arena *arena, const Node *node, Stage stages[MAX_STAGES]) {
  return add_parts_stage(arena, node, OVER_ALL, nest_squared_parts, stages);
}

/* dot = sum of a * b */
static void nest_dot(Lowering *l, const Node *node, Nest *n) { nest_sum(l, node, n, OVER_ALL, product, 0); }

/* l1 = sum of |a - b| */
static void nest_l1(Lowering *l, const Node *node, Nest *n) { nest_sum(l, node, n, OVER_ALL, absolute_difference, 0); }

/* l2 = sqrt(sum of (a - b)^2) */
static void nest_l2(Lowering *l, const Node *node, Nest *n) {
  nest_sum(l, node, n, OVER_ALL, squared_difference, 0);
  n->result = expr_math(l->arena, MATH_SQRT, accumulator(l));
}

/* Stages of the cosine: [parts,] the length of a, [parts,] the length of b, [parts]. */
static int length_stage(const Node *node, int input) { return has_parts(node, OVER_ALL) ? 2 * input + 1 : input; }

/* max(sqrt(sum of x^2), eps) */
static void finish_length(Lowering *l, Nest *n) {
  Expr *length = named_expr(l, "length", expr_math(l->arena, MATH_SQRT, accumulator(l)));
  n->result = max_expr(l, float_expr(l, COSINE_EPS), length);
}

static void nest_length_0(Lowering *l, const Node *node, Nest *n) {
  nest_sum(l, node, n, OVER_ALL, square_0, 0);
  finish_length(l, n);
}

static void nest_length_1(Lowering *l, const Node *node, Nest *n) {
  nest_sum(l, node, n, OVER_ALL, square_1, length_stage(node, 1) - 1);
  finish_length(l, n);
}

static int cosine_stages(Arena *arena, const Node *node, Stage stages[MAX_STAGES]) {
  int count = add_sum_stages(arena, node, OVER_ALL, "length_a", nest_square_0_parts, nest_length_0, stages, 0);
  count = add_sum_stages(arena, node, OVER_ALL, "length_b", nest_square_1_parts, nest_length_1, stages, count);
  return count + add_parts_stage(arena, node, OVER_ALL, nest_product_parts, stages + count);
}

/* cosine = dot / (length of a * length of b) */
static void nest_cosine(Lowering *l, const Node *node, Nest *n) {
  Expr *zero = int_expr(l, 0);
  nest_sum(l, node, n, OVER_ALL, product, length_stage(node, 1) + 1);
  Expr *a = stage_at(l, length_stage(node, 0), zero, zero, zero), *b = stage_at(l, length_stage(node, 1), zero, zero, zero);
  n->result = div_expr(l, div_expr(l, accumulator(l), a), b);
}

/* One input as a vector. */
static const char *vector_to_onnx(OnnxWriter *w, const Node *node, int input) {
  return onnx_flatten(w, onnx_input(w, node, input), &node->inputs[input]->type);
}

static const int64_t value_axis[] = {1};

static const char *difference_to_onnx(OnnxWriter *w, const Node *node) {
  const char *a = vector_to_onnx(w, node, 0);
  return ONNX_NODE(w, "Sub", a, vector_to_onnx(w, node, 1));
}

static const char *dot_to_onnx(OnnxWriter *w, const Node *node) {
  const char *a = vector_to_onnx(w, node, 0), *b = vector_to_onnx(w, node, 1);
  return onnx_sum(w, ONNX_NODE(w, "Mul", a, b), 1, value_axis);
}

const Operator op_dot = {
    .name = "dot",
    .kind = OPERATOR_NEST,
    .min_inputs = 2,
    .max_inputs = 2,
    .summary = "sum of the products of two tensors' elements",
    .formula = "y = sum of a * b",
    .onnx = "Flatten, Mul, ReduceSum",
    .infer = infer,
    .evaluate = evaluate_dot,
    .stages = dot_stages,
    .nest = nest_dot,
    .to_onnx = dot_to_onnx,
};

static const char *l1_to_onnx(OnnxWriter *w, const Node *node) {
  return onnx_reduce(w, "ReduceL1", difference_to_onnx(w, node), 1, value_axis);
}

const Operator op_l1_distance = {
    .name = "l1_distance",
    .kind = OPERATOR_NEST,
    .min_inputs = 2,
    .max_inputs = 2,
    .summary = "sum of the absolute differences of two tensors' elements",
    .formula = "y = sum of |a - b|",
    .onnx = "Flatten, Sub, ReduceL1",
    .infer = infer,
    .evaluate = evaluate_l1,
    .stages = l1_stages,
    .nest = nest_l1,
    .to_onnx = l1_to_onnx,
};

static const char *l2_to_onnx(OnnxWriter *w, const Node *node) {
  return onnx_reduce(w, "ReduceL2", difference_to_onnx(w, node), 1, value_axis);
}

const Operator op_l2_distance = {
    .name = "l2_distance",
    .kind = OPERATOR_NEST,
    .min_inputs = 2,
    .max_inputs = 2,
    .summary = "root of the sum of the squared differences of two tensors' elements",
    .formula = "y = sqrt(sum of (a - b)^2)",
    .onnx = "Flatten, Sub, ReduceL2",
    .infer = infer,
    .evaluate = evaluate_l2,
    .stages = l2_stages,
    .nest = nest_l2,
    .to_onnx = l2_to_onnx,
};

static const char *length_to_onnx(OnnxWriter *w, const char *vector) {
  return ONNX_NODE(w, "Max", onnx_reduce(w, "ReduceL2", vector, 1, value_axis), onnx_number(w, COSINE_EPS));
}

static const char *cosine_to_onnx(OnnxWriter *w, const Node *node) {
  const char *a = vector_to_onnx(w, node, 0), *b = vector_to_onnx(w, node, 1);
  const char *dot = onnx_sum(w, ONNX_NODE(w, "Mul", a, b), 1, value_axis);
  return ONNX_NODE(w, "Div", ONNX_NODE(w, "Div", dot, length_to_onnx(w, a)), length_to_onnx(w, b));
}

const Operator op_cosine_similarity = {
    .name = "cosine_similarity",
    .kind = OPERATOR_NEST,
    .min_inputs = 2,
    .max_inputs = 2,
    .summary = "cosine of the angle between two tensors; one shorter than 1e-8 counts as that long",
    .formula = "y = sum of a * b / (max(sqrt(sum of a^2), 1e-8) * max(sqrt(sum of b^2), 1e-8))",
    .onnx = "Flatten, Mul, ReduceSum, ReduceL2, Max, Div",
    .infer = infer,
    .evaluate = evaluate_cosine,
    .stages = cosine_stages,
    .nest = nest_cosine,
    .to_onnx = cosine_to_onnx,
};
