/* patterns.c - operations that exporters write as several nodes: found by looking back from the last one. */
#include <math.h>
#include <string.h>
#include "import/importer.h"
#include "support/decimal.h"

/* The layer that op makes of `from`, if nothing else reads it: sigmoid(x) in x sigmoid(x). */
static bool is_made_of(Importer *m, const Value *value, const char *op, const Layer *from) {
  const Layer *layer = value->layer;
  return layer->op && !strcmp(layer->op, op) && layer->inputs_count == 1 && layer->inputs[0] == from && value_uses(m, value) == 1;
}

const char *self_gated(Importer *m, const Value *x, const Value *gate) {
  if (is_constant(x) || is_constant(gate)) return NULL;
  if (is_made_of(m, gate, "sigmoid", x->layer)) return "silu";
  const Layer *layer = gate->layer;
  const char *slope = layer->op && !strcmp(layer->op, "hard_sigmoid") ? layer_attribute(layer, "slope") : NULL;
  if (slope && !strcmp(slope, "1 / 6") && is_made_of(m, gate, "hard_sigmoid", x->layer)) return "hard_swish";
  const Layer *inner = layer->op && !strcmp(layer->op, "tanh") && layer->inputs_count == 1 ? layer->inputs[0] : NULL;
  bool soft = inner && inner->op && !strcmp(inner->op, "softplus") && inner->inputs[0] == x->layer;
  return soft && value_uses(m, gate) == 1 ? "mish" : NULL;
}

static bool is_op(const Layer *layer, const char *op) { return layer->op && !strcmp(layer->op, op); }

/* Whether the layer is rescale(scale, offset). */
static bool is_rescale(const Layer *layer, double scale, double offset) {
  if (!is_op(layer, "rescale")) return false;
  const char *texts[] = {layer->attributes[0].value, layer_attribute(layer, "offset")};
  double wanted[] = {scale, offset};
  for (int i = 0; i < 2; i++) {
    double number = 0;
    if (texts[i] && !read_double(texts[i], strlen(texts[i]), &number)) return false;
    if (fabs(number - wanted[i]) > 1e-6) return false;
  }
  return true;
}

/* x of 1 + erf(x / sqrt(2)); NULL: it is something else. */
static Layer *erf_input(const Layer *layer) {
  const Layer *erf = is_rescale(layer, 1, 1) ? layer->inputs[0] : NULL;
  const Layer *scaled = erf && is_op(erf, "erf") ? erf->inputs[0] : NULL;
  return scaled && is_rescale(scaled, 0.70710678, 0) ? scaled->inputs[0] : NULL;
}

Layer *gelu_of(const Layer *first, const Layer *second) {
  bool whole = !second; /* a product, which is halved afterwards */
  if (whole) {
    if (first->inputs_count != 2) return NULL;
    second = first->inputs[1];
    first = first->inputs[0];
  }
  for (int i = 0; i < 2; i++) {
    const Layer *x = i ? second : first;
    Layer *inner = erf_input(i ? first : second);
    if (!whole && inner) x = is_rescale(x, 0.5, 0) ? x->inputs[0] : NULL;
    if (inner && x == inner) return inner;
  }
  return NULL;
}

const char *normalized_eps(const Layer *x, const Layer *length) {
  if (!is_op(length, "clip") || layer_attribute(length, "max")) return NULL;
  const Layer *root = length->inputs[0], *sum = is_op(root, "sqrt") ? root->inputs[0] : NULL;
  if (!sum || !is_op(sum, "reduce_sum") || strcmp(sum->attributes[0].value, "channels")) return NULL;
  return is_op(sum->inputs[0], "square") && sum->inputs[0]->inputs[0] == x ? layer_attribute(length, "min") : NULL;
}

/* The axes of a mean: "pixels" too; NULL: it is none. */
static const char *mean_axes(const Layer *layer) {
  if (is_op(layer, "global_avg_pool")) return "pixels";
  return is_op(layer, "reduce_mean") ? layer->attributes[0].value : NULL;
}

/* Whether there are several numbers along these axes, whatever the sizes that vary are. */
static bool has_several(Importer *m, const Layer *x, const char *axes) {
  const Size *count = strcmp(axes, "pixels") ? x->sizes[0] : size_one();
  for (int i = 1; i < x->rank && strcmp(axes, "channels"); i++) count = size_mul(m->arena, count, x->sizes[i]);
  return size_minimum(count) > 1;
}

Layer *normalized(Importer *m, const Layer *difference, const Layer *deviation) {
  if (!is_op(difference, "sub") || !is_op(deviation, "sqrt") || !is_op(deviation->inputs[0], "rescale")) return NULL;
  Layer *x = difference->inputs[0];
  const Layer *shifted = deviation->inputs[0], *variance = shifted->inputs[0], *mean = difference->inputs[1];
  const char *eps = layer_attribute(shifted, "offset"), *axes = mean_axes(mean), *others = mean_axes(variance);
  if (!eps || *eps == '-' || strcmp(shifted->attributes[0].value, "1") || !axes || !others || strcmp(axes, others)) return NULL;
  if (mean->inputs[0] != x || !is_op(variance->inputs[0], "square") || variance->inputs[0]->inputs[0] != difference) return NULL;
  bool pixels = !strcmp(axes, "pixels"), all = !strcmp(axes, "all");
  if ((!pixels && !all && strcmp(axes, "channels")) || !has_several(m, x, axes)) return NULL;
  Layer *layer = same_layer(m, pixels ? "instance_norm" : "layer_norm", x);
  add_attribute(&m->net, layer, "eps", "%s", eps);
  if (all && x->rank > 1) add_attribute(&m->net, layer, "axis", "all");
  add_attribute(&m->net, layer, "scale", "false");
  add_attribute(&m->net, layer, "bias", "false");
  return layer;
}
