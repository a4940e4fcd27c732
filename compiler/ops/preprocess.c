/* preprocess.c - pixels to the numbers that a network was trained on: rescale and normalize.
 *
 * A pass makes channel_affine of normalize, so that here is no division at run time. */
#include <float.h>
#include <math.h>
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static const Attribute rescale_attributes[] = {
    {"scale", ATTRIBUTE_REAL, offsetof(RescaleAttributes, scale), NULL, true, NULL, 0},
    {"offset", ATTRIBUTE_REAL, offsetof(RescaleAttributes, offset), NULL, false, NULL, 0},
    {0},
};

static const RescaleAttributes rescale_defaults = {.scale = 1};

static const Attribute normalize_attributes[] = {
    {"mean", ATTRIBUTE_ARRAY, offsetof(NormalizeAttributes, mean), NULL, true, NULL, 0},
    {"std", ATTRIBUTE_ARRAY, offsetof(NormalizeAttributes, std), NULL, true, NULL, 0},
    {0},
};

static const NormalizeAttributes normalize_defaults = {0};

static bool set_same_shape(Inference *inference, Node *node) {
  TensorType type = node->inputs[0]->type;
  type.dtype = DTYPE_F32;
  return set_output_type(inference, node, type);
}

static bool infer_rescale(Inference *inference, Node *node) { return check_attributes(inference, node) && set_same_shape(inference, node); }

static int64_t elements_of(const Node *node) { return dense_elements(dense_of(&node->output->type)); }

static void evaluate_rescale(const Node *node, const double *const *inputs, double *output) {
  const RescaleAttributes *a = node->attributes;
  for (int64_t i = 0, n = elements_of(node); i < n; i++) output[i] = inputs[0][i] * a->scale + a->offset;
}

/* y = x * scale + offset */
static Expr *apply_rescale(Lowering *l, const Node *node, Expr *const *inputs) {
  const RescaleAttributes *a = node->attributes;
  Expr *scaled = mul_expr(l, inputs[0], float_expr(l, a->scale));
  return a->offset == 0 ? scaled : add_expr(l, scaled, float_expr(l, a->offset));
}

/* One finite number, or one for each channel. */
static bool check_list(Inference *inference, const Node *node, const char *name, const ConstantArray *list, int64_t channels) {
  int64_t count = 1;
  for (int i = 0; list && i < list->rank; i++) count *= list->sizes[i]; /* an array that exists: cannot overflow */
  if (!list || list->rank > 1 || (list->rank == 1 && count != channels)) {
    Diagnostic *d = attribute_error(inference, node, CODE_E0313, name, "`%s` of `normalize` needs one number, or one for each channel",
                                    name);
    if (list && list->rank > 1) set_label(d, "a nested list");
    else
      set_label(d, "%lld value%s for %lld channel%s", (long long)(list ? count : 0), list && count == 1 ? "" : "s", (long long)channels,
                channels == 1 ? "" : "s");
    return false;
  }
  for (int64_t i = 0; i < count; i++)
    if (!(fabs(list->data[i]) <= (double)FLT_MAX)) {
      Diagnostic *d = attribute_error(inference, node, CODE_E0402, name, "`%s` of `normalize` is too large", name);
      set_label(d, "not a finite float32");
      return false;
    }
  return true;
}

static bool infer_normalize(Inference *inference, Node *node) {
  const NormalizeAttributes *a = node->attributes;
  int64_t channels;
  if (!known_channels(inference, node, node->inputs[0], &channels)) return false;
  if (!check_list(inference, node, "mean", a->mean, channels) || !check_list(inference, node, "std", a->std, channels)) return false;
  for (int64_t c = 0; c < channels; c++) {
    double factor = 1 / channel_value(a->std, c);
    if (fabs(factor) <= (double)FLT_MAX && fabs(factor * channel_value(a->mean, c)) <= (double)FLT_MAX) continue;
    Diagnostic *d = attribute_error(inference, node, CODE_E0402, "std", "`std` of `normalize` cannot be %s",
                                    channel_value(a->std, c) == 0 ? "0" : "so small");
    set_label(d, "values are divided by it");
    return false;
  }
  return set_same_shape(inference, node);
}

static void evaluate_normalize(const Node *node, const double *const *inputs, double *output) {
  const NormalizeAttributes *a = node->attributes;
  Dense d = dense_of(&node->output->type);
  int64_t pixels = d.height * d.width;
  for (int64_t c = 0; c < d.channels; c++)
    for (int64_t i = c * pixels; i < (c + 1) * pixels; i++)
      output[i] = (inputs[0][i] - channel_value(a->mean, c)) / channel_value(a->std, c);
}

static const char *rescale_to_onnx(OnnxWriter *w, const Node *node) {
  const RescaleAttributes *a = node->attributes;
  const char *y = ONNX_NODE(w, "Mul", onnx_input(w, node, 0), onnx_number(w, a->scale));
  return a->offset == 0 ? y : ONNX_NODE(w, "Add", y, onnx_number(w, a->offset));
}

const Operator op_rescale = {
    .name = "rescale",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(RescaleAttributes),
    .attributes = rescale_attributes,
    .default_attributes = &rescale_defaults,
    .summary = "every value times a number, plus a number",
    .formula = "y = x * scale + offset",
    .onnx = "Mul, Add",
    .infer = infer_rescale,
    .evaluate = evaluate_rescale,
    .apply = apply_rescale,
    .to_onnx = rescale_to_onnx,
};

/* A number, or one for each channel. */
static const char *list_to_onnx(OnnxWriter *w, const Node *node, const char *name, const ConstantArray *list) {
  if (list->rank == 0) return onnx_number(w, list->data[0]);
  const int64_t sizes[MAX_RANK] = {list->sizes[0], 1, 1};
  float *numbers = ARENA_ARRAY(w->arena, float, (size_t)sizes[0]);
  for (int64_t c = 0; c < sizes[0]; c++) numbers[c] = (float)list->data[c];
  return onnx_floats(w, name, node->inputs[0]->type.rank, sizes, numbers);
}

static const char *normalize_to_onnx(OnnxWriter *w, const Node *node) {
  const NormalizeAttributes *a = node->attributes;
  const char *centered = ONNX_NODE(w, "Sub", onnx_input(w, node, 0), list_to_onnx(w, node, "mean", a->mean));
  return ONNX_NODE(w, "Div", centered, list_to_onnx(w, node, "std", a->std));
}

const Operator op_normalize = {
    .name = "normalize",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(NormalizeAttributes),
    .attributes = normalize_attributes,
    .default_attributes = &normalize_defaults,
    .summary = "subtracts a mean and divides by a standard deviation, per channel",
    .formula = "y[oc] = (x[oc] - mean[oc]) / std[oc]",
    .onnx = "Sub, Div",
    .infer = infer_normalize,
    .evaluate = evaluate_normalize,
    .to_onnx = normalize_to_onnx,
};
