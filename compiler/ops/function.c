/* function.c - elementary functions of one number, applied to each. */
#include <math.h>
#include <stddef.h>

#include "ops/attributes.h"
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

/* ---- pow ---- */

enum { MOST_EXPONENT = 1024 };

static const Attribute pow_attributes[] = {
    {"exponent", ATTRIBUTE_REAL, offsetof(PowAttributes, exponent), NULL, true, NULL, 0},
    {0},
};

static const PowAttributes pow_defaults = {.exponent = 1};

static bool infer_pow(Inference *inference, Node *node) {
  if (!infer_same_shape(inference, node)) return false;
  if (fabs(((const PowAttributes *)node->attributes)->exponent) <= MOST_EXPONENT) return true;
  Diagnostic *d = attribute_error(inference, node, CODE_E0402, "exponent", "`exponent` of `pow` is too large");
  set_label(d, "from -%d to %d", MOST_EXPONENT, MOST_EXPONENT);
  return false;
}

/* As C's, but for -infinity, which is treated as all other negative numbers. */
static double pow_of(const void *attributes, double x) {
  double exponent = ((const PowAttributes *)attributes)->exponent;
  return x < 0 && exponent != floor(exponent) ? NAN : pow(x, exponent);
}

static void evaluate_pow(const Node *node, const double *const *inputs, double *output) { evaluate_each(node, inputs[0], output, pow_of); }

/* x^n by squares: x^13 = x^8 * x^4 * x */
static Expr *whole_power(Lowering *l, Expr *x, int n) {
  Expr *result = NULL;
  for (Expr *square = x;; square = named_expr(l, "power", mul_expr(l, square, square))) {
    if (n & 1) result = result ? mul_expr(l, result, square) : square;
    n >>= 1;
    if (!n) return result;
  }
}

/* y = x^exponent; where that is no whole number exp(exponent * log(x)) */
static Expr *apply_pow(Lowering *l, const Node *node, Expr *const *inputs) {
  double exponent = ((const PowAttributes *)node->attributes)->exponent;
  Expr *x = inputs[0], *one = float_expr(l, 1);
  if (exponent == 0) return one;
  if (exponent == 0.5) return expr_math(l->arena, MATH_SQRT, x);
  if (exponent != floor(exponent))
    return expr_math(l->arena, MATH_EXP, mul_expr(l, float_expr(l, exponent), expr_math(l->arena, MATH_LOG, x)));
  Expr *power = whole_power(l, x, (int)fabs(exponent));
  return exponent < 0 ? div_expr(l, one, power) : power;
}

static const char *pow_to_onnx(OnnxWriter *w, const Node *node) {
  const char *x = onnx_input(w, node, 0);
  return ONNX_NODE(w, "Pow", x, onnx_number(w, ((const PowAttributes *)node->attributes)->exponent));
}

const Operator op_pow = {
    .name = "pow",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(PowAttributes),
    .attributes = pow_attributes,
    .default_attributes = &pow_defaults,
    .summary = "every value raised to a power; of negative values NaN unless the exponent is whole",
    .formula = "y = x^exponent",
    .onnx = "Pow",
    .infer = infer_pow,
    .evaluate = evaluate_pow,
    .apply = apply_pow,
    .to_onnx = pow_to_onnx,
};
