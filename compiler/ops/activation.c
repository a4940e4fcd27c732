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

/* PyTorch's numbers, which as floats are ONNX's: mean 0 and variance 1 stay so. */
static const Attribute selu_attributes[] = {
    {"alpha", ATTRIBUTE_REAL, offsetof(SeluAttributes, alpha), NULL, false, NULL, 0},
    {"gamma", ATTRIBUTE_REAL, offsetof(SeluAttributes, gamma), NULL, false, NULL, 0},
    {0},
};

static const SeluAttributes selu_defaults = {.alpha = 1.6732632423543772, .gamma = 1.0507009873554805};

static const Attribute clip_attributes[] = {
    {"min", ATTRIBUTE_REAL, offsetof(ClipAttributes, min), NULL, false, NULL, 0},
    {"max", ATTRIBUTE_REAL, offsetof(ClipAttributes, max), NULL, false, NULL, 0},
    {0},
};

static const ClipAttributes clip_defaults = {.min = -INFINITY, .max = INFINITY};

static const Attribute thresholded_relu_attributes[] = {
    {"threshold", ATTRIBUTE_REAL, offsetof(ThresholdedReluAttributes, threshold), NULL, false, NULL, 0},
    {0},
};

static const ThresholdedReluAttributes thresholded_relu_defaults = {.threshold = 1};

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

/* ---- clip, thresholded_relu ---- */

static bool infer_clip(Inference *inference, Node *node) {
  const ClipAttributes *a = node->attributes;
  if (!infer_same_shape(inference, node)) return false;
  if (isinf(a->min) && isinf(a->max)) {
    Diagnostic *d = shape_error(inference, node, CODE_E0402, "`clip` needs `min`, `max` or both");
    add_help(d, "`clip(0, 6)`, `clip(min=0)`; to leave all values as they are, write `identity`");
    return false;
  }
  if (a->min <= a->max) return true;
  Diagnostic *d = attribute_error(inference, node, CODE_E0402, "max", "`max` of `clip` is below its `min`");
  add_note(d, "no value would be left as it is");
  return false;
}

static double clip_of(const void *attributes, double x) {
  const ClipAttributes *a = attributes;
  return x < a->min ? a->min : x > a->max ? a->max : x;
}

static void evaluate_clip(const Node *node, const double *const *inputs, double *output) {
  evaluate_each(node, inputs[0], output, clip_of);
}

/* y = x < min ? min : x > max ? max : x */
static Expr *apply_clip(Lowering *l, const Node *node, Expr *const *inputs) {
  const ClipAttributes *a = node->attributes;
  if (isinf(a->max)) return if_below(l, inputs[0], float_expr(l, a->min), float_expr(l, a->min), inputs[0]);
  if (isinf(a->min)) return if_above(l, inputs[0], float_expr(l, a->max), float_expr(l, a->max), inputs[0]);
  return clamp_expr(l, inputs[0], a->min, a->max);
}

static const char *clip_to_onnx(OnnxWriter *w, const Node *node) {
  const ClipAttributes *a = node->attributes;
  const char *least = isinf(a->min) ? "" : onnx_number(w, a->min);
  return ONNX_NODE(w, "Clip", onnx_input(w, node, 0), least, isinf(a->max) ? NULL : onnx_number(w, a->max));
}

const Operator op_clip = {
    .name = "clip",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(ClipAttributes),
    .attributes = clip_attributes,
    .default_attributes = &clip_defaults,
    .summary = "values below min become min, above max become max; either may be left out",
    .formula = "y = min(max(x, min), max)",
    .onnx = "Clip",
    .infer = infer_clip,
    .evaluate = evaluate_clip,
    .apply = apply_clip,
    .to_onnx = clip_to_onnx,
};

static double thresholded_relu_of(const void *attributes, double x) {
  const ThresholdedReluAttributes *a = attributes;
  return x <= a->threshold ? 0 : x;
}

static void evaluate_thresholded_relu(const Node *node, const double *const *inputs, double *output) {
  evaluate_each(node, inputs[0], output, thresholded_relu_of);
}

/* y = x <= threshold ? 0 : x */
static Expr *apply_thresholded_relu(Lowering *l, const Node *node, Expr *const *inputs) {
  const ThresholdedReluAttributes *a = node->attributes;
  Expr *below = expr_binary(l->arena, OP_LE, inputs[0], float_expr(l, a->threshold));
  return expr_select(l->arena, below, float_expr(l, 0), inputs[0]);
}

static const char *thresholded_relu_to_onnx(OnnxWriter *w, const Node *node) {
  const char *y = ONNX_NODE(w, "ThresholdedRelu", onnx_input(w, node, 0));
  onnx_real(w, "alpha", ((const ThresholdedReluAttributes *)node->attributes)->threshold);
  return y;
}

const Operator op_thresholded_relu = {
    .name = "thresholded_relu",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(ThresholdedReluAttributes),
    .attributes = thresholded_relu_attributes,
    .default_attributes = &thresholded_relu_defaults,
    .summary = "values up to the threshold become 0",
    .formula = "y = x <= threshold ? 0 : x",
    .onnx = "ThresholdedRelu",
    .infer = infer_same_shape,
    .evaluate = evaluate_thresholded_relu,
    .apply = apply_thresholded_relu,
    .to_onnx = thresholded_relu_to_onnx,
};

/* ---- leaky_relu, prelu, elu, selu ---- */

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

/* exp(x) - 1 as 2 t / (1 - t) with t = tanh(x / 2), which is accurate near 0, too */
static Expr *power_less_one(Lowering *l, Expr *x) {
  Expr *one = float_expr(l, 1), *two = float_expr(l, 2);
  Expr *t = named_expr(l, "t", expr_math(l->arena, MATH_TANH, mul_expr(l, x, float_expr(l, 0.5))));
  return div_expr(l, mul_expr(l, two, t), sub_expr(l, one, t));
}

/* y = x > 0 ? x : alpha * (exp(x) - 1) */
static Expr *apply_elu(Lowering *l, const Node *node, Expr *const *inputs) {
  const EluAttributes *a = node->attributes;
  Expr *below = mul_expr(l, float_expr(l, a->alpha), power_less_one(l, inputs[0]));
  return if_above(l, inputs[0], float_expr(l, 0), inputs[0], below);
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

static double selu_of(const void *attributes, double x) {
  const SeluAttributes *a = attributes;
  return a->gamma * (x > 0 ? x : a->alpha * expm1(x));
}

static void evaluate_selu(const Node *node, const double *const *inputs, double *output) {
  evaluate_each(node, inputs[0], output, selu_of);
}

/* y = x > 0 ? x * gamma : gamma * alpha * (exp(x) - 1) */
static Expr *apply_selu(Lowering *l, const Node *node, Expr *const *inputs) {
  const SeluAttributes *a = node->attributes;
  Expr *above = mul_expr(l, inputs[0], float_expr(l, a->gamma));
  return if_above(l, inputs[0], float_expr(l, 0), above, mul_expr(l, float_expr(l, a->gamma * a->alpha), power_less_one(l, inputs[0])));
}

static const char *selu_to_onnx(OnnxWriter *w, const Node *node) {
  const SeluAttributes *a = node->attributes;
  const char *y = ONNX_NODE(w, "Selu", onnx_input(w, node, 0));
  onnx_real(w, "alpha", a->alpha);
  onnx_real(w, "gamma", a->gamma);
  return y;
}

const Operator op_selu = {
    .name = "selu",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(SeluAttributes),
    .attributes = selu_attributes,
    .default_attributes = &selu_defaults,
    .summary = "elu with numbers that keep mean 0 and variance 1",
    .formula = "y = x > 0 ? x * gamma : gamma * alpha * (exp(x) - 1)",
    .onnx = "Selu",
    .infer = infer_same_shape,
    .evaluate = evaluate_selu,
    .apply = apply_selu,
    .to_onnx = selu_to_onnx,
};
