/* map_unary.c - operators that act on each number by itself: activations, clipping. */
#include <math.h>
#include <string.h>
#include "import/importer.h"

/* One input, no attributes, the same meaning: the table says the name. */
bool map_unary(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  out[0] = unary(m, find_onnx_operator(m->node->op_type)->op, in[0]);
  return true;
}

bool map_identity(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  ignore_attribute(m, "consumed_inputs");
  out[0] = value_like(m, in[0], in[0]->layer);
  return true;
}

/* In training it drops; only inference is imported. */
bool map_dropout(Importer *m, const Value *const *in, int count, Value **out) {
  double training = 0;
  ignore_attribute(m, "ratio");
  ignore_attribute(m, "seed");
  if (count > 2 && in[2] && (!is_constant(in[2]) || !is_single_number(in[2], &training) || training != 0))
    return refuse(m, "it may run in training mode, and cnnc only infers");
  out[0] = value_like(m, in[0], in[0]->layer);
  return true;
}

static Value *with_number(Importer *m, const char *op, const Value *value, const char *name, double number) {
  Value *result = unary(m, op, value);
  add_attribute(&m->net, result->layer, name, "%s", number_text(m->arena, number));
  return result;
}

static Value *rescaled(Importer *m, const Value *value, double scale, double offset) {
  if (scale == 1 && offset == 0) return value_like(m, value, value->layer);
  Value *result = with_number(m, "rescale", value, NULL, scale);
  if (offset != 0) add_attribute(&m->net, result->layer, "offset", "%s", number_text(m->arena, offset));
  return result;
}

bool map_leaky_relu(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  out[0] = with_number(m, "leaky_relu", in[0], "slope", float_attribute(m, "alpha", 0.01));
  return true;
}

bool map_thresholded_relu(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  out[0] = with_number(m, "thresholded_relu", in[0], "threshold", float_attribute(m, "alpha", 1));
  return true;
}

bool map_elu(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  double alpha = float_attribute(m, "alpha", 1);
  out[0] = alpha == 1 ? unary(m, "elu", in[0]) : with_number(m, "elu", in[0], "alpha", alpha);
  return true;
}

/* alpha (exp(x / alpha) - 1) below 0 */
bool map_celu(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  double alpha = float_attribute(m, "alpha", 1);
  if (!(alpha > 0)) return refuse(m, "its alpha is not positive");
  out[0] = rescaled(m, unary(m, "elu", rescaled(m, in[0], 1 / alpha, 0)), alpha, 0);
  return true;
}

bool map_selu(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  double alpha = float_attribute(m, "alpha", (double)1.67326319217681884765625f);
  double gamma = float_attribute(m, "gamma", (double)1.05070102214813232421875f);
  bool usual = fabs(alpha - 1.6732632) < 1e-6 && fabs(gamma - 1.0507010) < 1e-6;
  out[0] = usual ? unary(m, "selu", in[0]) : rescaled(m, with_number(m, "elu", in[0], "alpha", alpha), gamma, 0);
  return true;
}

bool map_prelu(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const float *slopes = NULL;
  double single;
  if (!is_constant(in[1])) return refuse(m, "its slope is computed at run time");
  Spreading form = spreading(m, in[1], in[0], &slopes);
  int64_t elements = form == SPREAD_SINGLE ? 1 : value_elements(in[1]);
  if (form == SPREAD_ANY) { /* one for each place: the places of a vector are its channels */
    const Value *flat = as_vector(m, in[0], in[1], &slopes);
    if (!flat) return refuse(m, "its slope is neither one number nor one for each channel or place");
    Value *result = unary(m, "prelu", flat);
    add_attribute(&m->net, result->layer, "per_channel", "true");
    add_parameter(result->layer, "weight", in[1]->name, 1, &elements, slopes);
    out[0] = reshape_value(m, result, in[0]->rank, in[0]->sizes);
    return out[0] != NULL;
  }
  if (form == SPREAD_LARGER) return refuse(m, "its slope has sizes over which its input would stretch");
  if (form == SPREAD_SINGLE) {
    float *one = float_array(m, 1);
    (void)is_single_number(in[1], &single);
    one[0] = (float)single;
    slopes = one;
  }
  out[0] = unary(m, "prelu", in[0]);
  add_attribute(&m->net, out[0]->layer, "per_channel", form == SPREAD_CHANNELS ? "true" : "false");
  add_parameter(out[0]->layer, "weight", in[1]->name, 1, &elements, slopes);
  return true;
}

static Value *clipped(Importer *m, const Value *value, double least, double most) {
  if (least == 0 && most == 6) return unary(m, "relu6", value);
  if (least == 0 && isinf(most)) return unary(m, "relu", value);
  if (isinf(least) && isinf(most)) return value_like(m, value, value->layer);
  Value *result = unary(m, "clip", value);
  if (!isinf(least)) add_attribute(&m->net, result->layer, "min", "%s", number_text(m->arena, least));
  if (!isinf(most)) add_attribute(&m->net, result->layer, "max", "%s", number_text(m->arena, most));
  return result;
}

/* Since opset 11 the limits are inputs; without them, those of float. */
bool map_clip(Importer *m, const Value *const *in, int count, Value **out) {
  double limits[2] = {-INFINITY, INFINITY};
  static const char *const names[] = {"min", "max"};
  for (int i = 0; i < 2; i++) {
    const Value *limit = count > i + 1 ? in[i + 1] : NULL;
    if (has_attribute(m, names[i])) limits[i] = float_attribute(m, names[i], 0);
    if (limit && (!is_constant(limit) || !is_single_number(limit, &limits[i]))) return refuse(m, "its limits are not constant numbers");
    if (isnan(limits[i])) return refuse(m, "a limit is NaN");
    if (fabs(limits[i]) > 3.4e38) limits[i] = limits[i] < 0 ? -INFINITY : INFINITY;
  }
  if (limits[0] > limits[1]) limits[0] = limits[1]; /* as ONNX says: all become the maximum */
  if ((isinf(limits[0]) && limits[0] > 0) || (isinf(limits[1]) && limits[1] < 0)) return refuse(m, "its limits leave no number");
  out[0] = clipped(m, in[0], limits[0], limits[1]);
  return true;
}

bool map_hard_sigmoid(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  double alpha = float_attribute(m, "alpha", 0.2), beta = float_attribute(m, "beta", 0.5);
  out[0] = beta == 0.5 ? with_number(m, "hard_sigmoid", in[0], "slope", alpha) : clipped(m, rescaled(m, in[0], alpha, beta), 0, 1);
  return true;
}

bool map_gelu(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const char *form = string_attribute(m, "approximate", "none");
  if (strcmp(form, "none") && strcmp(form, "tanh")) return refuse(m, "its attribute approximate is `%s`", shown_name(m->arena, form));
  out[0] = unary(m, "gelu", in[0]);
  add_attribute(&m->net, out[0]->layer, "approximate", "%s", form);
  return true;
}

/* x sigmoid(alpha x) */
bool map_swish(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  double alpha = float_attribute(m, "alpha", 1);
  if (alpha == 0) out[0] = rescaled(m, in[0], 0.5, 0);
  else out[0] = rescaled(m, unary(m, "silu", rescaled(m, in[0], alpha, 0)), 1 / alpha, 0);
  return true;
}

bool map_neg(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  out[0] = rescaled(m, in[0], -1, 0);
  return true;
}

bool map_reciprocal(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  Layer *input = in[0]->layer, *layer = add_layer(&m->net, "div", m->node, input->rank, input->sizes);
  add_input(&m->net, layer, number_layer(&m->net, "1"));
  add_input(&m->net, layer, input);
  out[0] = value_like(m, in[0], layer);
  return true;
}
