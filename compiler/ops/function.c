/* function.c - elementary functions of one number, applied to each. */
#include <math.h>

#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static double exp_of(const void *attributes, double x) {
  (void)attributes;
  return exp(x);
}

static void evaluate_exp(const Node *node, const double *const *inputs, double *output) { evaluate_each(node, inputs[0], output, exp_of); }

/* y = exp(x) */
static Expr *apply_exp(Lowering *l, const Node *node, Expr *const *inputs) {
  (void)node;
  return expr_math(l->arena, MATH_EXP, inputs[0]);
}

const Operator op_exp = {
    .name = "exp",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "exponential function",
    .formula = "y = exp(x)",
    .onnx = "Exp",
    .infer = infer_same_shape,
    .evaluate = evaluate_exp,
    .apply = apply_exp,
};

static double log_of(const void *attributes, double x) {
  (void)attributes;
  return log(x);
}

static void evaluate_log(const Node *node, const double *const *inputs, double *output) { evaluate_each(node, inputs[0], output, log_of); }

/* y = log(x) */
static Expr *apply_log(Lowering *l, const Node *node, Expr *const *inputs) {
  (void)node;
  return expr_math(l->arena, MATH_LOG, inputs[0]);
}

const Operator op_log = {
    .name = "log",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "natural logarithm; of 0 -infinity, of negative values NaN",
    .formula = "y = log(x)",
    .onnx = "Log",
    .infer = infer_same_shape,
    .evaluate = evaluate_log,
    .apply = apply_log,
};

static double sqrt_of(const void *attributes, double x) {
  (void)attributes;
  return sqrt(x);
}

static void evaluate_sqrt(const Node *node, const double *const *inputs, double *output) {
  evaluate_each(node, inputs[0], output, sqrt_of);
}

/* y = sqrt(x) */
static Expr *apply_sqrt(Lowering *l, const Node *node, Expr *const *inputs) {
  (void)node;
  return expr_math(l->arena, MATH_SQRT, inputs[0]);
}

const Operator op_sqrt = {
    .name = "sqrt",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "square root; of negative values NaN",
    .formula = "y = sqrt(x)",
    .onnx = "Sqrt",
    .infer = infer_same_shape,
    .evaluate = evaluate_sqrt,
    .apply = apply_sqrt,
};

static double square_of(const void *attributes, double x) {
  (void)attributes;
  return x * x;
}

static void evaluate_square(const Node *node, const double *const *inputs, double *output) {
  evaluate_each(node, inputs[0], output, square_of);
}

/* y = x * x */
static Expr *apply_square(Lowering *l, const Node *node, Expr *const *inputs) {
  (void)node;
  return mul_expr(l, inputs[0], inputs[0]);
}

static const char *square_to_onnx(OnnxWriter *w, const Node *node) {
  const char *x = onnx_input(w, node, 0);
  return ONNX_NODE(w, "Mul", x, x);
}

const Operator op_square = {
    .name = "square",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "every value times itself",
    .formula = "y = x * x",
    .onnx = "Mul",
    .infer = infer_same_shape,
    .evaluate = evaluate_square,
    .apply = apply_square,
    .to_onnx = square_to_onnx,
};

static double abs_of(const void *attributes, double x) {
  (void)attributes;
  return fabs(x);
}

static void evaluate_abs(const Node *node, const double *const *inputs, double *output) { evaluate_each(node, inputs[0], output, abs_of); }

/* y = |x| */
static Expr *apply_abs(Lowering *l, const Node *node, Expr *const *inputs) {
  (void)node;
  return abs_expr(l, inputs[0]);
}

const Operator op_abs = {
    .name = "abs",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "magnitude",
    .formula = "y = |x|",
    .onnx = "Abs",
    .infer = infer_same_shape,
    .evaluate = evaluate_abs,
    .apply = apply_abs,
};
