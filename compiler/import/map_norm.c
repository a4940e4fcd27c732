/* map_norm.c - normalizations, with learned factors or without. */
#include <math.h>
#include <string.h>
#include "import/importer.h"

/* A constant of one number for each channel as a parameter. false: refused. */
static bool add_channel_parameter(Importer *m, Layer *layer, const char *role, const Value *constant) {
  int64_t count = size_value(layer->sizes[0]);
  if (!is_constant(constant)) return refuse(m, "its input `%s` is computed at run time", shown_name(m->arena, constant->name));
  if (value_elements(constant) != count)
    return refuse(m, "its input `%s` has %lld numbers for %lld channels", shown_name(m->arena, constant->name),
                  (long long)value_elements(constant), (long long)count);
  float *numbers = float_array(m, count);
  for (int64_t i = 0; i < count; i++) numbers[i] = (float)number_at(constant, i);
  add_parameter(layer, role, constant->name, 1, &count, numbers);
  return true;
}

static Layer *new_norm(Importer *m, const char *op, Layer *input, double eps) {
  int64_t channels;
  if (!size_is_const(input->sizes[0], &channels)) {
    refuse_varying(m, "its number of channels varies");
    return NULL;
  }
  if (eps < 0) {
    refuse(m, "its epsilon is negative");
    return NULL;
  }
  Layer *layer = same_layer(m, op, input);
  add_attribute(&m->net, layer, "eps", "%s", number_text(m->arena, eps));
  return layer;
}

/* The value with its axes as [N, C, ..], of the layer. */
static Value *channels_first_value(Importer *m, const Value *value, Layer *layer) {
  Value *result = value_like(m, value, layer);
  for (int i = 1; i < result->rank; i++) result->axes[i] = i - 1;
  return result;
}

bool map_batch_norm(Importer *m, const Value *const *in, int count, Value **out) {
  static const char *const roles[] = {"weight", "bias", "running_mean", "running_var"};
  (void)count;
  double eps = float_attribute(m, "epsilon", 1e-5);
  ignore_attribute(m, "momentum");
  if (int_attribute(m, "training_mode", 0)) return refuse(m, "it runs in training mode, and cnnc only infers");
  if (!int_attribute(m, "spatial", 1)) return refuse(m, "its attribute spatial is 0, so each place has its own mean");
  Layer *input = arrange_sample(m, in[0], 2, 4), *layer = input ? new_norm(m, "batch_norm", input, eps) : NULL;
  if (!layer) return false;
  for (int i = 0; i < 4; i++)
    if (!add_channel_parameter(m, layer, roles[i], in[i + 1])) return false;
  out[0] = channels_first_value(m, in[0], layer);
  return true;
}

bool map_instance_norm(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  double eps = float_attribute(m, "epsilon", 1e-5);
  Layer *input = arrange_sample(m, in[0], 3, 4), *layer = input ? new_norm(m, "instance_norm", input, eps) : NULL;
  if (!layer || !add_channel_parameter(m, layer, "weight", in[1]) || !add_channel_parameter(m, layer, "bias", in[2])) return false;
  out[0] = channels_first_value(m, in[0], layer);
  return true;
}

bool map_lrn(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  int64_t size = int_attribute(m, "size", 0);
  double alpha = float_attribute(m, "alpha", (double)1e-4f), beta = float_attribute(m, "beta", 0.75), bias = float_attribute(m, "bias", 1);
  Layer *input = arrange_sample(m, in[0], 2, 4);
  if (!input) return false;
  if (size < 1 || size % 2 == 0) return refuse(m, "its attribute size is %lld; cnnc's is odd", (long long)size);
  Layer *layer = same_layer(m, "lrn", input);
  add_attribute(&m->net, layer, NULL, "%lld", (long long)size);
  add_attribute(&m->net, layer, "alpha", "%s", number_text(m->arena, alpha));
  add_attribute(&m->net, layer, "beta", "%s", number_text(m->arena, beta));
  add_attribute(&m->net, layer, "k", "%s", number_text(m->arena, bias));
  out[0] = channels_first_value(m, in[0], layer);
  return true;
}

/* The value with this axis first; its layer's axis 0. NULL: refused. */
static Value *axis_first(Importer *m, const Value *value, int axis) {
  int axes[MAX_TENSOR_RANK], count = 1;
  axes[0] = axis;
  for (int i = 0; i < value->rank; i++)
    if (i != axis && value->axes[i] >= 0) axes[count++] = i;
  while (count > MAX_CNN_RANK) count--;
  if (value->axes[axis] == 0) return value_like(m, value, value->layer);
  Layer *layer = arrange(m, value, axes, count);
  if (!layer) return NULL;
  Value *result = value_like(m, value, layer);
  for (int i = 0; i < result->rank; i++)
    if (result->axes[i] >= 0) result->axes[i] = AXIS_NONE;
  for (int i = 0; i < count; i++) result->axes[axes[i]] = i;
  return result;
}

bool map_lp_norm(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  int axis = normal_axis(m, int_attribute(m, "axis", -1), in[0]->rank);
  int64_t p = int_attribute(m, "p", 2);
  if (axis < 0) return false;
  Value *first = axis_first(m, in[0], axis);
  if (!first) return false;
  if (p == 2) {
    out[0] = unary(m, "l2_normalize", first);
    return true;
  }
  if (p != 1) return refuse(m, "its attribute p is %lld; cnnc normalizes with 1 and 2", (long long)p);
  Layer *absolute = same_layer(m, "abs", first->layer);
  const Size *sizes[MAX_CNN_RANK] = {size_one()};
  for (int i = 1; i < first->layer->rank; i++) sizes[i] = first->layer->sizes[i];
  Layer *sum = add_layer(&m->net, "reduce_sum", m->node, first->layer->rank, sizes);
  add_input(&m->net, sum, absolute);
  add_attribute(&m->net, sum, NULL, "channels");
  Layer *layer = same_layer(m, "div", first->layer);
  add_input(&m->net, layer, sum);
  out[0] = value_like(m, first, layer);
  return true;
}

/* A constant with a number for each place of a layer, whose axes are these of the value, as a parameter. false: refused. */
static bool add_place_parameter(Importer *m, Layer *layer, const char *role, const Value *constant) {
  const float *numbers = weights_of(m, constant, role);
  if (!numbers) return false;
  const int64_t *sizes = sizes_of(m, constant);
  bool same = constant->rank == layer->rank;
  for (int i = 0; same && i < layer->rank; i++) same = size_is(layer->sizes[i], sizes[i]);
  if (!same) return refuse(m, "its %s %s is not of the sizes that it normalizes over", role, sizes_text(m->arena, sizes, constant->rank));
  add_parameter(layer, role, constant->name, constant->rank, sizes, numbers);
  return true;
}

/* Over the last axis of a value with channels there, or over all of a sample. */
bool map_layer_norm(Importer *m, const Value *const *in, int count, Value **out) {
  double eps = float_attribute(m, "epsilon", 1e-5);
  int axis = normal_axis(m, int_attribute(m, "axis", -1), in[0]->rank);
  const Value *scale = in[1], *bias = count > 2 ? in[2] : NULL;
  if (axis < 0) return false;
  if (int_attribute(m, "stash_type", 1) != 1) return refuse(m, "its attribute stash_type is not float");
  int before = 0;
  for (int i = 0; i < axis; i++) before += in[0]->axes[i] != AXIS_BATCH && !size_is(in[0]->sizes[i], 1);
  for (int i = axis + 1; i < in[0]->rank; i++)
    if (!size_is(in[0]->sizes[i], 1) && before) return refuse(m, "it normalizes over several axes, but not over the whole sample");
  int axes[MAX_TENSOR_RANK], points = 0;
  for (int i = axis; i < in[0]->rank && !before; i++) axes[points++] = i;
  if (points > MAX_CNN_RANK) return refuse(m, "its input has more than three sizes");
  Value *value = before ? axis_first(m, in[0], axis) : NULL;
  Layer *input = before ? value ? value->layer : NULL : arrange(m, in[0], axes, points),
        *layer = input ? new_norm(m, "layer_norm", input, eps) : NULL;
  if (!layer) return false;
  bool places = !before && points > 1;
  bool (*add)(Importer *, Layer *, const char *, const Value *) = places ? add_place_parameter : add_channel_parameter;
  if (places) add_attribute(&m->net, layer, "axis", "all");
  if (!add(m, layer, "weight", scale)) return false;
  if (!bias) add_attribute(&m->net, layer, "bias", "false");
  else if (!add(m, layer, "bias", bias)) return false;
  if (!before) {
    value = value_like(m, in[0], layer);
    for (int i = 0; i < value->rank; i++) value->axes[i] = value->axes[i] == AXIS_BATCH ? AXIS_BATCH : AXIS_NONE;
    for (int i = 0; i < points; i++) value->axes[axes[i]] = i;
  }
  out[0] = value_like(m, value, layer);
  return true;
}

/* Over pixels: (x - mean) / sqrt(variance + 1e-9). The default includes the batch, which must be one sample. */
bool map_mvn(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const int64_t *axes = (const int64_t[]){0, 2, 3};
  int length = 3;
  (void)ints_attribute(m, "axes", &axes, &length);
  Layer *input = arrange_sample(m, in[0], 4, 4);
  bool pixels = length >= 2 && axes[length - 2] == 2 && axes[length - 1] == 3 && (length == 2 || (length == 3 && !axes[0]));
  if (!input) return false;
  if (!pixels) return refuse(m, "its axes are not those of the pixels");
  if (length == 3 && in[0]->axes[0] == AXIS_BATCH) return refuse(m, "its mean is over all samples of the batch");
  Layer *layer = new_norm(m, "instance_norm", input, 1e-9);
  if (!layer) return false;
  add_attribute(&m->net, layer, "scale", "false");
  add_attribute(&m->net, layer, "bias", "false");
  out[0] = channels_first_value(m, in[0], layer);
  return true;
}

/* One number for each channel, from as many or from one for each group (before opset 21), as a parameter. false: refused. */
static bool add_group_parameter(Importer *m, Layer *layer, const char *role, const Value *constant, int64_t groups) {
  int64_t channels = size_value(layer->sizes[0]);
  if (m->model->opset >= 21 || groups == channels) return add_channel_parameter(m, layer, role, constant);
  const float *each = weights_of(m, constant, role);
  if (!each) return false;
  if (value_elements(constant) != groups)
    return refuse(m, "its %s has %lld numbers for %lld groups", role, (long long)value_elements(constant), (long long)groups);
  float *numbers = float_array(m, channels);
  for (int64_t i = 0; i < channels; i++) numbers[i] = each[i / (channels / groups)];
  add_parameter(layer, role, NULL, 1, &channels, numbers);
  return true;
}

/* Each group is a channel of an instance_norm, between two reshapes; then come the factors of the channels. */
bool map_group_norm(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  double eps = float_attribute(m, "epsilon", 1e-5);
  int64_t groups = int_attribute(m, "num_groups", 0), channels;
  if (int_attribute(m, "stash_type", 1) != 1) return refuse(m, "its attribute stash_type is not float");
  Layer *input = arrange_sample(m, in[0], 3, 4);
  if (!input) return false;
  if (!size_is_const(input->sizes[0], &channels)) return refuse_varying(m, "its number of channels varies");
  if (groups < 1 || channels % groups)
    return refuse(m, "its %lld channels are not %lld equal groups", (long long)channels, (long long)groups);
  const Size *sizes[2] = {size_of(m->arena, groups), size_of(m->arena, channels / groups)};
  for (int i = 1; i < input->rank; i++) sizes[1] = size_mul(m->arena, sizes[1], input->sizes[i]);
  Layer *grouped = groups == channels ? input : reshape_layer(m, input, sizes, 2);
  Layer *norm = grouped ? new_norm(m, "instance_norm", grouped, eps) : NULL, *layer = norm;
  if (norm && groups != channels) {
    add_attribute(&m->net, norm, "scale", "false");
    add_attribute(&m->net, norm, "bias", "false");
    Layer *back = reshape_layer(m, norm, input->sizes, input->rank);
    layer = back ? same_layer(m, "channel_affine", back) : NULL;
  }
  if (!layer || !add_group_parameter(m, layer, "weight", in[1], groups) || !add_group_parameter(m, layer, "bias", in[2], groups))
    return false;
  out[0] = channels_first_value(m, in[0], layer);
  return true;
}

/* softmax and log_softmax: along one axis; before opset 13 along all axes from `axis` on. */
bool map_softmax(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const char *op = find_onnx_operator(m->node->op_type)->op;
  bool flat = m->model->opset < 13, along[MAX_CNN_RANK] = {false}, any = false;
  const Value *value = in[0];
  int axis = normal_axis(m, int_attribute(m, "axis", flat ? 1 : -1), value->rank);
  if (axis < 0) return false;
  for (int i = axis; i < (flat ? value->rank : axis + 1); i++) {
    if (value->axes[i] == AXIS_BATCH) return refuse(m, "it would mix the samples of the batch");
    if (value->axes[i] >= 0) any = along[value->axes[i]] = true;
  }
  if (!any) { /* of one number: an axis of size 1 is put in front */
    Value *first = axis_first(m, value, axis);
    out[0] = first ? unary(m, op, first) : NULL;
    return first != NULL;
  }
  const char *word = axis_word(value->layer, along);
  if (!word) return refuse(m, "it is along two axes, of which one is the channels");
  out[0] = unary(m, op, value);
  if (strcmp(word, "channels")) add_attribute(&m->net, out[0]->layer, "axis", "%s", word);
  return true;
}
