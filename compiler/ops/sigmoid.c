/* sigmoid.c - functions shaped like an s, and activations that multiply by one: of one number, applied to each. A NaN
 * stays one. */
#include <math.h>
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static const Attribute gelu_attributes[] = {
    {"approximate", ATTRIBUTE_CHOICE, offsetof(GeluAttributes, approximate), "none|tanh", true,
     "`none` is the formula with erf, the default of PyTorch, Keras and ONNX; `tanh` is that of BERT's and GPT's authors", 0},
    {0},
};

static const GeluAttributes gelu_defaults = {0};

static const Attribute hard_sigmoid_attributes[] = {
    {"slope", ATTRIBUTE_REAL, offsetof(HardSigmoidAttributes, slope), NULL, true,
     "ONNX uses 0.2, as Keras did before version 3; PyTorch and Keras use 1/6 now: use the one the weights were trained with", 0},
    {0},
};

static const HardSigmoidAttributes hard_sigmoid_defaults = {0};

static Expr *math_of(Lowering *l, MathFunction function, Expr *x) { return expr_math(l->arena, function, x); }

static double tanh_of(const void *attributes, double x) {
  (void)attributes;
  return tanh(x);
}

static void evaluate_tanh(const Node *node, const double *const *inputs, double *output) {
  evaluate_each(node, inputs[0], output, tanh_of);
}

/* y = tanh(x) */
static Expr *apply_tanh(Lowering *l, const Node *node, Expr *const *inputs) {
  (void)node;
  return math_of(l, MATH_TANH, inputs[0]);
}

const Operator op_tanh = {
    .name = "tanh",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "hyperbolic tangent",
    .formula = "y = tanh(x)",
    .onnx = "Tanh",
    .infer = infer_same_shape,
    .evaluate = evaluate_tanh,
    .apply = apply_tanh,
};

static double sigmoid_of(const void *attributes, double x) {
  (void)attributes;
  return 1 / (1 + exp(-x));
}

static void evaluate_sigmoid(const Node *node, const double *const *inputs, double *output) {
  evaluate_each(node, inputs[0], output, sigmoid_of);
}

/* y = 1 / (1 + exp(-x)) */
static Expr *apply_sigmoid(Lowering *l, const Node *node, Expr *const *inputs) {
  (void)node;
  return math_of(l, MATH_SIGMOID, inputs[0]);
}

const Operator op_sigmoid = {
    .name = "sigmoid",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "logistic function, from 0 to 1",
    .formula = "y = 1 / (1 + exp(-x))",
    .onnx = "Sigmoid",
    .infer = infer_same_shape,
    .evaluate = evaluate_sigmoid,
    .apply = apply_sigmoid,
};

static double silu_of(const void *attributes, double x) {
  (void)attributes;
  return x / (1 + exp(-x));
}

static void evaluate_silu(const Node *node, const double *const *inputs, double *output) {
  evaluate_each(node, inputs[0], output, silu_of);
}

/* y = x * sigmoid(x) */
static Expr *apply_silu(Lowering *l, const Node *node, Expr *const *inputs) {
  (void)node;
  return mul_expr(l, inputs[0], math_of(l, MATH_SIGMOID, inputs[0]));
}

static const char *silu_to_onnx(OnnxWriter *w, const Node *node) {
  const char *x = onnx_input(w, node, 0);
  return ONNX_NODE(w, "Mul", x, ONNX_NODE(w, "Sigmoid", x));
}

const Operator op_silu = {
    .name = "silu",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "every value times its logistic function, also called swish",
    .formula = "y = x / (1 + exp(-x))",
    .onnx = "Sigmoid, Mul",
    .infer = infer_same_shape,
    .evaluate = evaluate_silu,
    .apply = apply_silu,
    .to_onnx = silu_to_onnx,
};

static double softsign_of(const void *attributes, double x) {
  (void)attributes;
  return x / (1 + fabs(x));
}

static void evaluate_softsign(const Node *node, const double *const *inputs, double *output) {
  evaluate_each(node, inputs[0], output, softsign_of);
}

/* y = x / (1 + |x|) */
static Expr *apply_softsign(Lowering *l, const Node *node, Expr *const *inputs) {
  (void)node;
  return div_expr(l, inputs[0], add_expr(l, float_expr(l, 1), abs_expr(l, inputs[0])));
}

const Operator op_softsign = {
    .name = "softsign",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "from -1 to 1, slower than tanh",
    .formula = "y = x / (1 + |x|)",
    .onnx = "Softsign",
    .infer = infer_same_shape,
    .evaluate = evaluate_softsign,
    .apply = apply_softsign,
};

static double gelu_of(const void *attributes, double x) {
  const GeluAttributes *a = attributes;
  if (a->approximate == GELU_ERF) return 0.5 * x * (1 + erf(x / sqrt(2)));
  return 0.5 * x * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
}

static void evaluate_gelu(const Node *node, const double *const *inputs, double *output) {
  evaluate_each(node, inputs[0], output, gelu_of);
}

/* y = x / 2 * (1 + erf(x / sqrt(2))), or x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) */
static Expr *apply_gelu(Lowering *l, const Node *node, Expr *const *inputs) {
  const double half_root = 0.70710678118654752440, root_of_2_over_pi = 0.79788456080286535588;
  Expr *x = inputs[0], *one = float_expr(l, 1), *s = NULL;
  if (((const GeluAttributes *)node->attributes)->approximate == GELU_ERF) {
    s = math_of(l, MATH_ERF, mul_expr(l, x, float_expr(l, half_root)));
  } else {
    Expr *factor = add_expr(l, one, mul_expr(l, mul_expr(l, x, x), float_expr(l, 0.044715)));
    s = math_of(l, MATH_TANH, mul_expr(l, mul_expr(l, x, float_expr(l, root_of_2_over_pi)), factor));
  }
  return mul_expr(l, mul_expr(l, x, float_expr(l, 0.5)), add_expr(l, one, s));
}

static void describe_gelu(Text *out, const Node *node) {
  text_add(out, ((const GeluAttributes *)node->attributes)->approximate == GELU_ERF ? "gelu" : "gelu by tanh");
}

/* As PyTorch's exporter writes them: x * (1 + s) / 2, where s is erf(x / sqrt(2)) or the tanh that is like it. */
static const char *gelu_to_onnx(OnnxWriter *w, const Node *node) {
  const char *x = onnx_input(w, node, 0), *one = onnx_number(w, 1), *s = NULL;
  if (((const GeluAttributes *)node->attributes)->approximate == GELU_ERF) {
    s = ONNX_NODE(w, "Erf", ONNX_NODE(w, "Div", x, onnx_number(w, sqrt(2))));
  } else {
    const char *cube = ONNX_NODE(w, "Mul", ONNX_NODE(w, "Mul", x, x), x);
    const char *sum = ONNX_NODE(w, "Add", x, ONNX_NODE(w, "Mul", cube, onnx_number(w, 0.044715)));
    s = ONNX_NODE(w, "Tanh", ONNX_NODE(w, "Mul", sum, onnx_number(w, sqrt(2 / acos(-1)))));
  }
  return ONNX_NODE(w, "Mul", ONNX_NODE(w, "Mul", x, ONNX_NODE(w, "Add", s, one)), onnx_number(w, 0.5));
}

const Operator op_gelu = {
    .name = "gelu",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(GeluAttributes),
    .attributes = gelu_attributes,
    .default_attributes = &gelu_defaults,
    .summary = "every value times the normal distribution up to it",
    .formula = "y = x / 2 * (1 + erf(x / sqrt(2))), or by tanh",
    .onnx = "Div, Erf, Add, Mul; by tanh: Mul, Add, Tanh",
    .infer = infer_same_shape,
    .evaluate = evaluate_gelu,
    .apply = apply_gelu,
    .describe = describe_gelu,
    .to_onnx = gelu_to_onnx,
};

static double softplus_of(const void *attributes, double x) {
  (void)attributes;
  return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static void evaluate_softplus(const Node *node, const double *const *inputs, double *output) {
  evaluate_each(node, inputs[0], output, softplus_of);
}

/* y = log(1 + exp(x)), as max(x, 0) + log(u) + (power - (u - 1)) / u with power = exp(-|x|) and u = 1 + power: nothing
 * overflows, and what u lost of a small power is added to its logarithm */
static Expr *apply_softplus(Lowering *l, const Node *node, Expr *const *inputs) {
  (void)node;
  Expr *x = inputs[0], *zero = float_expr(l, 0), *one = float_expr(l, 1);
  Expr *positive = expr_select(l->arena, expr_binary(l->arena, OP_LT, x, zero), zero, x);
  Expr *power = named_expr(l, "power", math_of(l, MATH_EXP, sub_expr(l, zero, abs_expr(l, x))));
  Expr *u = named_expr(l, "u", add_expr(l, one, power));
  Expr *lost = sub_expr(l, power, sub_expr(l, u, one));
  return add_expr(l, positive, add_expr(l, math_of(l, MATH_LOG, u), div_expr(l, lost, u)));
}

const Operator op_softplus = {
    .name = "softplus",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "smooth form of relu",
    .formula = "y = log(1 + exp(x))",
    .onnx = "Softplus",
    .infer = infer_same_shape,
    .evaluate = evaluate_softplus,
    .apply = apply_softplus,
};

static double mish_of(const void *attributes, double x) { return x * tanh(softplus_of(attributes, x)); }

static void evaluate_mish(const Node *node, const double *const *inputs, double *output) {
  evaluate_each(node, inputs[0], output, mish_of);
}

/* y = x * tanh(log(1 + exp(x))), as x * w / (w + 2) with w = exp(x) * (exp(x) + 2); from 20 on that is x */
static Expr *apply_mish(Lowering *l, const Node *node, Expr *const *inputs) {
  (void)node;
  Expr *x = inputs[0], *two = float_expr(l, 2), *most = float_expr(l, 20);
  Expr *bounded = expr_select(l->arena, expr_binary(l->arena, OP_GT, x, most), most, x);
  Expr *power = named_expr(l, "power", math_of(l, MATH_EXP, bounded));
  Expr *w = named_expr(l, "w", mul_expr(l, power, add_expr(l, power, two)));
  return mul_expr(l, x, div_expr(l, w, add_expr(l, w, two)));
}

static const char *mish_to_onnx(OnnxWriter *w, const Node *node) { /* Mish is of opset 18 */
  const char *x = onnx_input(w, node, 0);
  return ONNX_NODE(w, "Mul", x, ONNX_NODE(w, "Tanh", ONNX_NODE(w, "Softplus", x)));
}

const Operator op_mish = {
    .name = "mish",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "every value times the tanh of its softplus",
    .formula = "y = x * tanh(log(1 + exp(x)))",
    .onnx = "Softplus, Tanh, Mul",
    .infer = infer_same_shape,
    .evaluate = evaluate_mish,
    .apply = apply_mish,
    .to_onnx = mish_to_onnx,
};

static double hard_sigmoid_of(const void *attributes, double x) {
  const HardSigmoidAttributes *a = attributes;
  double y = a->slope * x + 0.5;
  return y < 0 ? 0 : y > 1 ? 1 : y;
}

static void evaluate_hard_sigmoid(const Node *node, const double *const *inputs, double *output) {
  evaluate_each(node, inputs[0], output, hard_sigmoid_of);
}

/* y = min(max(x * slope + 1/2, 0), 1) */
static Expr *apply_hard_sigmoid(Lowering *l, const Node *node, Expr *const *inputs) {
  const HardSigmoidAttributes *a = node->attributes;
  return clamp_expr(l, add_expr(l, mul_expr(l, inputs[0], float_expr(l, a->slope)), float_expr(l, 0.5)), 0, 1);
}

static const char *hard_sigmoid_to_onnx(OnnxWriter *w, const Node *node) {
  const char *y = ONNX_NODE(w, "HardSigmoid", onnx_input(w, node, 0));
  onnx_real(w, "alpha", ((const HardSigmoidAttributes *)node->attributes)->slope);
  onnx_real(w, "beta", 0.5);
  return y;
}

const Operator op_hard_sigmoid = {
    .name = "hard_sigmoid",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(HardSigmoidAttributes),
    .attributes = hard_sigmoid_attributes,
    .default_attributes = &hard_sigmoid_defaults,
    .summary = "a straight line from 0 to 1",
    .formula = "y = min(max(x * slope + 1/2, 0), 1)",
    .onnx = "HardSigmoid",
    .infer = infer_same_shape,
    .evaluate = evaluate_hard_sigmoid,
    .apply = apply_hard_sigmoid,
    .to_onnx = hard_sigmoid_to_onnx,
};

static double hard_swish_of(const void *attributes, double x) {
  (void)attributes;
  double gate = x + 3 < 0 ? 0 : x + 3 > 6 ? 6 : x + 3;
  return x * gate / 6;
}

static void evaluate_hard_swish(const Node *node, const double *const *inputs, double *output) {
  evaluate_each(node, inputs[0], output, hard_swish_of);
}

/* y = x * (min(max(x + 3, 0), 6) / 6), which overflows nowhere */
static Expr *apply_hard_swish(Lowering *l, const Node *node, Expr *const *inputs) {
  (void)node;
  Expr *gate = clamp_expr(l, add_expr(l, inputs[0], float_expr(l, 3)), 0, 6);
  return mul_expr(l, inputs[0], div_expr(l, gate, float_expr(l, 6)));
}

const Operator op_hard_swish = {
    .name = "hard_swish",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "every value times a straight line from 0 to 1",
    .formula = "y = x * min(max(x + 3, 0), 6) / 6",
    .onnx = "HardSwish",
    .infer = infer_same_shape,
    .evaluate = evaluate_hard_swish,
    .apply = apply_hard_swish,
};
