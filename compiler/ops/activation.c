/* activation.c - rectifiers: functions of one number that treat values below 0 in another way than those above. A NaN
 * stays one. */
#include <math.h>
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static const Attribute leaky_relu_attributes[] = {
    {"slope", ATTRIBUTE_REAL, offsetof(LeakyReluAttributes, slope), NULL, true,
     "PyTorch and ONNX use 0.01, Keras 0.3, Darknet 0.1: use the one the weights were trained with", 0},
    {0},
};

static const LeakyReluAttributes leaky_relu_defaults = {0};

static const Attribute prelu_attributes[] = {
    {"per_channel", ATTRIBUTE_BOOL, offsetof(PreluAttributes, per_channel), NULL, true,
     "PyTorch's PReLU() learns one slope (false), PReLU(channels) and Keras's with shared_axes=[1, 2] one for each channel (true)", 0},
    {0},
};

static const PreluAttributes prelu_defaults = {0};

static const Attribute elu_attributes[] = {
    {"alpha", ATTRIBUTE_REAL, offsetof(EluAttributes, alpha), NULL, false, NULL, 0},
    {0},
};

static const EluAttributes elu_defaults = {.alpha = 1};

enum { PRELU_WEIGHT };

static Expr *if_below(Lowering *l, Expr *x, Expr *limit, Expr *yes, Expr *no) {
  return expr_select(l->arena, expr_binary(l->arena, OP_LT, x, limit), yes, no);
}

static Expr *if_above(Lowering *l, Expr *x, Expr *limit, Expr *yes, Expr *no) {
  return expr_select(l->arena, expr_binary(l->arena, OP_GT, x, limit), yes, no);
}

/* ---- relu, relu6 ---- */

static double relu_of(const void *attributes, double x) {
  (void)attributes;
  return x < 0 ? 0 : x;
}

static void evaluate_relu(const Node *node, const double *const *inputs, double *output) {
  evaluate_each(node, inputs[0], output, relu_of);
}

/* y = x < 0 ? 0 : x, which keeps NaN where x > 0 ? x : 0 would not */
static Expr *apply_relu(Lowering *l, const Node *node, Expr *const *inputs) {
  (void)node;
  Expr *zero = float_expr(l, 0);
  return if_below(l, inputs[0], zero, zero, inputs[0]);
}

const Operator op_relu = {
    .name = "relu",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "negative values become 0",
    .formula = "y = max(x, 0)",
    .onnx = "Relu",
    .infer = infer_same_shape,
    .evaluate = evaluate_relu,
    .apply = apply_relu,
};

static double relu6_of(const void *attributes, double x) {
  (void)attributes;
  return x < 0 ? 0 : x > 6 ? 6 : x;
}

static void evaluate_relu6(const Node *node, const double *const *inputs, double *output) {
  evaluate_each(node, inputs[0], output, relu6_of);
}

/* y = x < 0 ? 0 : x > 6 ? 6 : x */
static Expr *apply_relu6(Lowering *l, const Node *node, Expr *const *inputs) {
  (void)node;
  return clamp_expr(l, inputs[0], 0, 6);
}

static const char *relu6_to_onnx(OnnxWriter *w, const Node *node) {
  return ONNX_NODE(w, "Clip", onnx_input(w, node, 0), onnx_number(w, 0), onnx_number(w, 6));
}

const Operator op_relu6 = {
    .name = "relu6",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "values below 0 become 0, above 6 become 6",
    .formula = "y = min(max(x, 0), 6)",
    .onnx = "Clip",
    .infer = infer_same_shape,
    .evaluate = evaluate_relu6,
    .apply = apply_relu6,
    .to_onnx = relu6_to_onnx,
};

/* ---- leaky_relu, prelu, elu ---- */

static double leaky_relu_of(const void *attributes, double x) {
  const LeakyReluAttributes *a = attributes;
  return x > 0 ? x : x * a->slope;
}

static void evaluate_leaky_relu(const Node *node, const double *const *inputs, double *output) {
  evaluate_each(node, inputs[0], output, leaky_relu_of);
}

/* y = x > 0 ? x : x * slope */
static Expr *apply_leaky_relu(Lowering *l, const Node *node, Expr *const *inputs) {
  const LeakyReluAttributes *a = node->attributes;
  return if_above(l, inputs[0], float_expr(l, 0), inputs[0], mul_expr(l, inputs[0], float_expr(l, a->slope)));
}

static const char *leaky_relu_to_onnx(OnnxWriter *w, const Node *node) {
  const char *y = ONNX_NODE(w, "LeakyRelu", onnx_input(w, node, 0));
  onnx_real(w, "alpha", ((const LeakyReluAttributes *)node->attributes)->slope);
  return y;
}

const Operator op_leaky_relu = {
    .name = "leaky_relu",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(LeakyReluAttributes),
    .attributes = leaky_relu_attributes,
    .default_attributes = &leaky_relu_defaults,
    .summary = "negative values are multiplied by a small number",
    .formula = "y = x > 0 ? x : x * slope",
    .onnx = "LeakyRelu",
    .infer = infer_same_shape,
    .evaluate = evaluate_leaky_relu,
    .apply = apply_leaky_relu,
    .to_onnx = leaky_relu_to_onnx,
};

static bool infer_prelu(Inference *inference, Node *node) {
  const PreluAttributes *a = node->attributes;
  int64_t channels = 1;
  if (a->per_channel && !known_channels(inference, node, node->inputs[0], &channels)) return false;
  if (!infer_same_shape(inference, node)) return false;
  declare_parameter(inference, node, PRELU_WEIGHT, "weight", PARAMETER_LEARNED, 1, &channels);
  return true;
}

static void evaluate_prelu(const Node *node, const double *const *inputs, double *output) {
  const Parameter *weight = node->parameters[PRELU_WEIGHT];
  Dense d = dense_of(&node->output->type);
  int64_t pixels = d.height * d.width;
  for (int64_t i = 0, n = dense_elements(d); i < n; i++) {
    double slope = (double)weight->data[weight->sizes[0] == 1 ? 0 : i / pixels];
    output[i] = inputs[0][i] > 0 ? inputs[0][i] : inputs[0][i] * slope;
  }
}

/* y[oc] = x[oc] > 0 ? x[oc] : x[oc] * weight[oc] */
static Expr *apply_prelu(Lowering *l, const Node *node, Expr *const *inputs) {
  Expr *channel = ((const PreluAttributes *)node->attributes)->per_channel ? channel_index(l) : int_expr(l, 0);
  Expr *slope = parameter_at(l, node, PRELU_WEIGHT, channel, NULL, NULL, NULL);
  return if_above(l, inputs[0], float_expr(l, 0), inputs[0], mul_expr(l, inputs[0], slope));
}

static const char *prelu_to_onnx(OnnxWriter *w, const Node *node) {
  return ONNX_NODE(w, "PRelu", onnx_input(w, node, 0), onnx_channel_parameter(w, node, PRELU_WEIGHT));
}

const Operator op_prelu = {
    .name = "prelu",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(PreluAttributes),
    .attributes = prelu_attributes,
    .default_attributes = &prelu_defaults,
    .weights = "`weight` [channels], or [1] with per_channel=false",
    .summary = "negative values are multiplied by a learned number",
    .formula = "y[oc] = x[oc] > 0 ? x[oc] : x[oc] * weight[oc]",
    .onnx = "PRelu",
    .infer = infer_prelu,
    .evaluate = evaluate_prelu,
    .apply = apply_prelu,
    .to_onnx = prelu_to_onnx,
};

static double elu_of(const void *attributes, double x) {
  const EluAttributes *a = attributes;
  return x > 0 ? x : a->alpha * expm1(x);
}

static void evaluate_elu(const Node *node, const double *const *inputs, double *output) { evaluate_each(node, inputs[0], output, elu_of); }

/* y = x > 0 ? x : alpha * (exp(x) - 1), as 2 t / (1 - t) with t = tanh(x / 2), which is accurate near 0, too */
static Expr *apply_elu(Lowering *l, const Node *node, Expr *const *inputs) {
  const EluAttributes *a = node->attributes;
  Expr *one = float_expr(l, 1), *two = float_expr(l, 2);
  Expr *t = named_expr(l, "t", expr_math(l->arena, MATH_TANH, mul_expr(l, inputs[0], float_expr(l, 0.5))));
  Expr *power_less_one = div_expr(l, mul_expr(l, two, t), sub_expr(l, one, t));
  return if_above(l, inputs[0], float_expr(l, 0), inputs[0], mul_expr(l, float_expr(l, a->alpha), power_less_one));
}

static const char *elu_to_onnx(OnnxWriter *w, const Node *node) {
  const char *y = ONNX_NODE(w, "Elu", onnx_input(w, node, 0));
  onnx_real(w, "alpha", ((const EluAttributes *)node->attributes)->alpha);
  return y;
}

const Operator op_elu = {
    .name = "elu",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(EluAttributes),
    .attributes = elu_attributes,
    .default_attributes = &elu_defaults,
    .summary = "negative values approach -alpha",
    .formula = "y = x > 0 ? x : alpha * (exp(x) - 1)",
    .onnx = "Elu",
    .infer = infer_same_shape,
    .evaluate = evaluate_elu,
    .apply = apply_elu,
    .to_onnx = elu_to_onnx,
};
