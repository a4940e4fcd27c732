/* batch_norm.c - batch normalization as it is when a network runs, and what a pass makes of it: a factor and a summand
 * per channel. batch_norm has no lowering of its own. */
#include <math.h>
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

enum { WEIGHT = BATCH_NORM_WEIGHT, BIAS = BATCH_NORM_BIAS, MEAN = BATCH_NORM_MEAN, VARIANCE = BATCH_NORM_VARIANCE };

static const Attribute norm_attributes[] = {
    {"eps", ATTRIBUTE_REAL, offsetof(BatchNormAttributes, eps), NULL, true,
     "PyTorch and ONNX use 1e-5, Keras 1e-3: use the one the weights were trained with", 0},
    {"scale", ATTRIBUTE_BOOL, offsetof(BatchNormAttributes, scale), NULL, false, NULL, 0},
    {0},
};

static const BatchNormAttributes norm_defaults = {.scale = true};

static const Attribute affine_attributes[] = {
    {"scale", ATTRIBUTE_BOOL, offsetof(ChannelAffineAttributes, scale), NULL, false, NULL, 0},
    {"bias", ATTRIBUTE_BOOL, offsetof(ChannelAffineAttributes, bias), NULL, false, NULL, 0},
    {0},
};

static const ChannelAffineAttributes affine_defaults = {.scale = true, .bias = true};

static bool set_same_shape(Inference *inference, Node *node) {
  TensorType type = node->inputs[0]->type;
  type.dtype = DTYPE_F32;
  return set_output_type(inference, node, type);
}

static bool infer_norm(Inference *inference, Node *node) {
  const BatchNormAttributes *a = node->attributes;
  int64_t channels;
  if (!check_attributes(inference, node) || !known_channels(inference, node, node->inputs[0], &channels)) return false;
  if (!check_eps(inference, node, a->eps, "it is added to a variance") || !set_same_shape(inference, node)) return false;
  if (a->scale) declare_parameter(inference, node, WEIGHT, "weight", PARAMETER_LEARNED, 1, &channels);
  declare_parameter(inference, node, BIAS, "bias", PARAMETER_LEARNED, 1, &channels);
  declare_parameter(inference, node, MEAN, "running_mean", PARAMETER_STATISTIC, 1, &channels);
  declare_parameter(inference, node, VARIANCE, "running_var", PARAMETER_STATISTIC, 1, &channels);
  return true;
}

static void evaluate_norm(const Node *node, const double *const *inputs, double *output) {
  const BatchNormAttributes *a = node->attributes;
  const Parameter *const *p = (const Parameter *const *)node->parameters;
  Dense d = dense_of(&node->output->type);
  int64_t pixels = d.height * d.width;
  for (int64_t c = 0; c < d.channels; c++) {
    double mean = (double)p[MEAN]->data[c], deviation = sqrt((double)p[VARIANCE]->data[c] + a->eps);
    double gamma = p[WEIGHT] ? (double)p[WEIGHT]->data[c] : 1, beta = (double)p[BIAS]->data[c];
    for (int64_t i = c * pixels; i < (c + 1) * pixels; i++) output[i] = (inputs[0][i] - mean) / deviation * gamma + beta;
  }
}

static bool infer_affine(Inference *inference, Node *node) {
  const ChannelAffineAttributes *a = node->attributes;
  int64_t channels;
  if (!known_channels(inference, node, node->inputs[0], &channels) || !set_same_shape(inference, node)) return false;
  if (a->scale) declare_parameter(inference, node, WEIGHT, "weight", PARAMETER_LEARNED, 1, &channels);
  if (a->bias) declare_parameter(inference, node, BIAS, "bias", PARAMETER_LEARNED, 1, &channels);
  return true;
}

static void evaluate_affine(const Node *node, const double *const *inputs, double *output) {
  const Parameter *weight = node->parameters[WEIGHT], *bias = node->parameters[BIAS];
  Dense d = dense_of(&node->output->type);
  int64_t pixels = d.height * d.width;
  for (int64_t c = 0; c < d.channels; c++)
    for (int64_t i = c * pixels; i < (c + 1) * pixels; i++)
      output[i] = inputs[0][i] * (weight ? (double)weight->data[c] : 1) + (bias ? (double)bias->data[c] : 0);
}

/* y[oc] = x[oc] * weight[oc] + bias[oc] */
static Expr *apply_affine(Lowering *l, const Node *node, Expr *const *inputs) {
  Expr *y = inputs[0];
  if (node->parameters[WEIGHT]) y = mul_expr(l, y, parameter_at(l, node, WEIGHT, channel_index(l), NULL, NULL, NULL));
  if (node->parameters[BIAS]) y = add_expr(l, y, parameter_at(l, node, BIAS, channel_index(l), NULL, NULL, NULL));
  return y;
}

static const char *norm_to_onnx(OnnxWriter *w, const Node *node) {
  const BatchNormAttributes *a = node->attributes;
  const int64_t channels = node->parameters[BIAS]->sizes[0];
  const char *scale = a->scale ? onnx_parameter(w, node, WEIGHT) : onnx_filled(w, "scale", 1, &channels, 1);
  const char *y = ONNX_NODE(w, "BatchNormalization", onnx_input(w, node, 0), scale, onnx_parameter(w, node, BIAS),
                            onnx_parameter(w, node, MEAN), onnx_parameter(w, node, VARIANCE));
  onnx_real(w, "epsilon", a->eps);
  return y;
}

const Operator op_batch_norm = {
    .name = "batch_norm",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(BatchNormAttributes),
    .attributes = norm_attributes,
    .default_attributes = &norm_defaults,
    .weights = "`weight`, `bias`, `running_mean`, `running_var`, each [channels]",
    .summary = "batch normalization with the statistics of the training",
    .formula = "y[oc] = (x[oc] - running_mean[oc]) / sqrt(running_var[oc] + eps) * weight[oc] + bias[oc]",
    .onnx = "BatchNormalization",
    .infer = infer_norm,
    .evaluate = evaluate_norm,
    .to_onnx = norm_to_onnx,
};

static const char *affine_to_onnx(OnnxWriter *w, const Node *node) {
  const char *y = onnx_input(w, node, 0);
  if (node->parameters[WEIGHT]) y = ONNX_NODE(w, "Mul", y, onnx_channel_parameter(w, node, WEIGHT));
  if (node->parameters[BIAS]) y = ONNX_NODE(w, "Add", y, onnx_channel_parameter(w, node, BIAS));
  return y;
}

const Operator op_channel_affine = {
    .name = "channel_affine",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(ChannelAffineAttributes),
    .attributes = affine_attributes,
    .default_attributes = &affine_defaults,
    .weights = "`weight`, `bias`, each [channels]",
    .summary = "every channel times a learned number, plus a learned number",
    .formula = "y[oc] = x[oc] * weight[oc] + bias[oc]",
    .onnx = "Mul, Add",
    .infer = infer_affine,
    .evaluate = evaluate_affine,
    .apply = apply_affine,
    .to_onnx = affine_to_onnx,
};
