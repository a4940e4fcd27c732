/* map_binary.c - sums, products and the like, of tensors and of tensors with constants; and what is a part of another layer:
 * the bias of a convolution, x sigmoid(x), a factor for each channel. */
#include <math.h>
#include <string.h>
#include "import/importer.h"

/* The value with so many axes, the new ones first. */
static const Value *widened(Importer *m, const Value *value, int rank) {
  if (value->rank == rank || value->kind == VALUE_CONSTANT) return value;
  Value *wide = value_like(m, value, value->layer);
  int more = rank - value->rank;
  for (int i = rank - 1; i >= 0; i--) {
    wide->axes[i] = i < more ? AXIS_NONE : value->axes[i - more];
    wide->sizes[i] = i < more ? size_one() : value->sizes[i - more];
  }
  wide->rank = rank;
  return wide;
}

/* The axes in which two values meet: those of the one of more axes, in its order, and what the other has besides. */
static int meeting_axes(const Value *a, const Value *b, int *axes) {
  int count = axes_in_layer_order(a, axes);
  for (int i = 0; i < b->rank; i++) {
    bool known = false;
    for (int k = 0; k < count; k++) known |= axes[k] == i;
    if (known || b->axes[i] < 0 || size_is(b->sizes[i], 1)) continue;
    int at = count++;
    for (; at > 0 && axes[at - 1] > i; at--) axes[at] = axes[at - 1];
    axes[at] = i;
  }
  return count;
}

/* Whether the result is as large as an Expand made one of its operands. */
static bool keeps_expansion(Importer *m, const Value *value, const Size *const *sizes, int rank) {
  for (int i = 0; i < value->rank && value->expanded; i++)
    if (!size_equal(value->expanded_sizes[i], sizes[i + rank - value->rank])) return refuse(m, "an input of it was repeated by an Expand");
  return true;
}

static Value *combine(Importer *m, const char *op, const Value *a, const Value *b) {
  const Size *sizes[MAX_TENSOR_RANK], *cnn_sizes[MAX_CNN_RANK];
  int rank, axes[2 * MAX_TENSOR_RANK], places[MAX_TENSOR_RANK];
  if (!broadcast_sizes(m, a, b, &rank, sizes)) return NULL;
  if (!keeps_expansion(m, a, sizes, rank) || !keeps_expansion(m, b, sizes, rank)) return NULL;
  a = widened(m, a, rank), b = widened(m, b, rank);
  int batch = batch_axis(a), other = batch_axis(b);
  if (batch >= 0 && other >= 0 && batch != other) {
    refuse(m, "its inputs have the batch in different places");
    return NULL;
  }
  if (batch < 0) batch = other;
  bool second_leads = b->layer->rank > a->layer->rank;
  int count = meeting_axes(second_leads ? b : a, second_leads ? a : b, axes);
  if (count > MAX_CNN_RANK) {
    refuse(m, "its inputs stretch over each other to more than three sizes");
    return NULL;
  }
  for (int i = 0; i < rank; i++) places[i] = i == batch ? AXIS_BATCH : AXIS_NONE;
  for (int i = 0; i < count; i++) {
    if (axes[i] == batch) refuse(m, "it would mix the samples of the batch");
    places[axes[i]] = i;
    cnn_sizes[i] = sizes[axes[i]];
  }
  Layer *first = m->refused ? NULL : arrange(m, a, axes, count), *second = first ? arrange(m, b, axes, count) : NULL;
  if (!second) return NULL;
  Layer *layer = add_layer(&m->net, op, m->node, first->rank, count ? cnn_sizes : first->sizes);
  add_input(&m->net, layer, first);
  add_input(&m->net, layer, second);
  return tensor_value(m, layer, rank, sizes, places);
}

/* "[[[0.5]], [[1]]]": one number for each element, from `at` on. */
static void print_array(Text *out, const Value *constant, const int64_t *sizes, const int64_t *strides, int rank, int64_t at) {
  if (!rank) {
    text_add(out, number_text(out->arena, number_at(constant, at)));
    return;
  }
  for (int64_t i = 0; i < sizes[0]; i++) {
    text_add(out, i ? ", " : "[");
    print_array(out, constant, sizes + 1, strides + 1, rank - 1, at + i * strides[0]);
  }
  text_add(out, "]");
}

/* How far apart elements of a constant lie along each of its axes. */
static void strides_of(const Value *constant, int64_t *strides) {
  int64_t stride = 1;
  for (int i = constant->rank - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= size_value(constant->sizes[i]);
  }
}

/* A constant as `const` in the source, in the order of the value's layer. NULL: refused. */
static Layer *constant_layer(Importer *m, const Value *constant, const Value *value) {
  enum { MOST = 4096 };
  int64_t sizes[MAX_CNN_RANK], strides[MAX_CNN_RANK], all_strides[MAX_TENSOR_RANK], elements = value_elements(constant);
  strides_of(constant, all_strides);
  int axes[MAX_TENSOR_RANK], count = axes_in_layer_order(value, axes);
  for (int i = 0; i < count; i++) {
    int axis = axes[i] - (value->rank - constant->rank);
    sizes[i] = axis < 0 ? 1 : size_value(constant->sizes[axis]);
    strides[i] = axis < 0 ? 0 : all_strides[axis];
  }
  if (elements > MOST) refuse(m, "it has a constant of %lld numbers; a source takes %d", (long long)elements, MOST);
  for (int64_t i = 0; i < elements && !m->refused; i++)
    if (!isfinite(number_at(constant, i))) refuse(m, "it has a constant that is not finite");
  if (m->refused) return NULL;
  const char *name = arena_printf(m->arena, "constant%d", m->net.constants_count++ + 1);
  text_addf(&m->net.constants, "const %s = ", name);
  print_array(&m->net.constants, constant, sizes, strides, count, 0);
  text_add(&m->net.constants, "\n");
  return number_layer(&m->net, name);
}

/* A norm with a number for each channel, or without. */
static bool is_channel_norm(const Layer *layer) {
  bool norm = layer->op && (!strcmp(layer->op, "layer_norm") || !strcmp(layer->op, "instance_norm"));
  return norm && !layer_attribute(layer, "axis");
}

static bool is_bias_free(const Layer *layer) {
  static const char *const ops[] = {"conv", "depthwise_conv", "conv_transpose", "fc"};
  const char *bias = layer_attribute(layer, "bias");
  for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
    if (layer->op && !strcmp(layer->op, ops[i])) return bias && !strcmp(bias, "false");
  return is_channel_norm(layer) && bias && !strcmp(bias, "false");
}

/* Whether the value is what its layer was made for, and the node at hand the only one that reads it. */
static bool is_own(Importer *m, const Value *value) {
  const OnnxNode *node = value->layer->node;
  return node && node->outputs_count && !strcmp(node->outputs[0], value->name) && value_uses(m, value) == 1;
}

/* Numbers that multiply each channel behind a norm without factors become these. */
static Value *with_scale(Importer *m, const Value *value, const Value *constant, const float *numbers) {
  Layer *layer = value->layer;
  int64_t count = size_value(layer->sizes[0]);
  const char *scale = layer_attribute(layer, "scale");
  if (!is_own(m, value) || !is_channel_norm(layer) || find_parameter(layer, "bias") || !scale || strcmp(scale, "false")) return NULL;
  drop_attribute(layer, "scale");
  layer->node = m->node; /* whose name says as much, and behind which a bias may come */
  add_parameter(layer, "weight", constant->name, 1, &count, numbers);
  return value_like(m, value, layer);
}

/* Numbers added to each channel behind a layer that nothing else reads become its bias. */
static Value *with_bias(Importer *m, const Value *value, const Value *constant, const float *numbers, double sign) {
  Layer *layer = value->layer;
  int64_t count = size_value(layer->sizes[0]);
  if (!is_own(m, value)) return NULL;
  bool affine = layer->op && !strcmp(layer->op, "channel_affine") && !find_parameter(layer, "bias");
  if (!affine && !is_bias_free(layer)) return NULL;
  float *bias = float_array(m, count);
  for (int64_t i = 0; i < count; i++) bias[i] = (float)sign * numbers[i];
  drop_attribute(layer, "bias");
  add_parameter(layer, "bias", sign == 1 ? constant->name : NULL, 1, &count, bias);
  return value_like(m, value, layer);
}

static Value *channel_affine(Importer *m, const Value *value, const Value *constant, const float *numbers, bool scale, bool original) {
  int64_t count = value_elements(constant);
  Value *result = unary(m, "channel_affine", value);
  add_attribute(&m->net, result->layer, scale ? "bias" : "scale", "false");
  add_parameter(result->layer, scale ? "weight" : "bias", original ? constant->name : NULL, 1, &count, numbers);
  return result;
}

static float *mapped(Importer *m, const float *numbers, int64_t count, double power, double sign) {
  float *all = float_array(m, count);
  for (int64_t i = 0; i < count; i++) all[i] = (float)(sign * (power == 1 ? (double)numbers[i] : 1 / (double)numbers[i]));
  return all;
}

static Value *rescaled(Importer *m, const Value *value, double scale, double offset) {
  if (scale == 1 && offset == 0) return value_like(m, value, value->layer);
  Value *result = unary(m, "rescale", value);
  add_attribute(&m->net, result->layer, NULL, "%s", number_text(m->arena, scale));
  if (offset != 0) add_attribute(&m->net, result->layer, "offset", "%s", number_text(m->arena, offset));
  return result;
}

/* value op number, or number op value when it is the second. NULL: as a list of both. */
static Value *with_single(Importer *m, const char *op, const Value *value, double number, bool second) {
  if (!strcmp(op, "add")) return rescaled(m, value, 1, number);
  if (!strcmp(op, "sub")) return second ? rescaled(m, value, -1, number) : rescaled(m, value, 1, -number);
  if (!strcmp(op, "mul")) return rescaled(m, value, number, 0);
  if (!strcmp(op, "div") && !second && number != 0) return rescaled(m, value, 1 / number, 0);
  if (!strcmp(op, "max") && number == 0) return unary(m, "relu", value);
  return NULL;
}

static Value *with_channels(Importer *m, const char *op, const Value *value, const Value *constant, const float *numbers, bool second) {
  int64_t count = value_elements(constant);
  bool add = !strcmp(op, "add"), sub = !strcmp(op, "sub") && !second;
  if (add || sub) {
    Value *result = with_bias(m, value, constant, numbers, add ? 1 : -1);
    return result ? result : channel_affine(m, value, constant, add ? numbers : mapped(m, numbers, count, 1, -1), false, add);
  }
  if (!strcmp(op, "mul")) {
    Value *result = with_scale(m, value, constant, numbers);
    return result ? result : channel_affine(m, value, constant, numbers, true, true);
  }
  if (!strcmp(op, "div") && !second) return channel_affine(m, value, constant, mapped(m, numbers, count, -1, 1), true, false);
  return NULL;
}

/* Many numbers, one for each place, are parameters of a vector. NULL: they are few, or it is no sum or product. */
static Value *by_place(Importer *m, const char *op, const Value *value, const Value *constant, bool second) {
  enum { FEW = 64 };
  const float *numbers;
  bool known = !strcmp(op, "add") || !strcmp(op, "mul") || (!strcmp(op, "sub") && !second);
  if (!known || value_elements(constant) <= FEW || value_elements(constant) != value_elements(value)) return NULL;
  const Value *vector = as_vector(m, value, constant, &numbers);
  Value *result = vector ? with_channels(m, op, vector, constant, numbers, second) : NULL;
  return result ? reshape_value(m, result, value->rank, value->sizes) : NULL;
}

static Value *with_constant(Importer *m, const char *op, const Value *value, const Value *constant, bool second) {
  const float *numbers = NULL;
  double single = 0;
  Spreading form = spreading(m, constant, value, &numbers);
  if (form == SPREAD_LARGER) {
    refuse(m, "its constant `%s` has sizes over which the other input would stretch", shown_name(m->arena, constant->name));
    return NULL;
  }
  if (constant->rank > value->rank) value = widened(m, value, constant->rank);
  Layer *other = NULL;
  Value *result = NULL;
  if (form == SPREAD_SINGLE) {
    (void)is_single_number(constant, &single);
    if (!isfinite(single)) refuse(m, "its constant `%s` is not finite", shown_name(m->arena, constant->name));
    /* One number for all may be the bias of a layer of one channel. */
    float *one = float_array(m, 1);
    one[0] = (float)single;
    if (!strcmp(op, "add") && size_is(value->layer->sizes[0], 1)) result = with_bias(m, value, constant, one, 1);
    if (!result) result = with_single(m, op, value, single, second);
    other = number_layer(&m->net, plain_number(m->arena, single));
  } else if (form == SPREAD_CHANNELS) {
    result = with_channels(m, op, value, constant, numbers, second);
  }
  if (m->refused || result) return m->refused ? NULL : result;
  if (!other) {
    Value *result_by_place = form == SPREAD_ANY ? by_place(m, op, value, constant, second) : NULL;
    if (m->refused || result_by_place) return result_by_place;
    other = constant_layer(m, constant, value);
  }
  if (!other) return NULL;
  Layer *layer = add_layer(&m->net, op, m->node, value->layer->rank, value->layer->sizes);
  add_input(&m->net, layer, second ? other : value->layer);
  add_input(&m->net, layer, second ? value->layer : other);
  return value_like(m, value, layer);
}

Value *binary(Importer *m, const char *op, const Value *a, const Value *b) {
  if (is_constant(a) && is_constant(b)) {
    refuse(m, "two of its inputs are constants; cnnc takes one");
    return NULL;
  }
  if (is_constant(b)) return with_constant(m, op, a, b, false);
  return is_constant(a) ? with_constant(m, op, b, a, true) : combine(m, op, a, b);
}

static bool set(Value **out, Value *value) {
  out[0] = value;
  return value != NULL;
}

/* Before opset 7 shapes were stretched along `axis`; now as NumPy does. */
bool map_add(Importer *m, const Value *const *in, int count, Value **out) { return (void)count, set(out, binary(m, "add", in[0], in[1])); }
bool map_sub(Importer *m, const Value *const *in, int count, Value **out) { return (void)count, set(out, binary(m, "sub", in[0], in[1])); }
bool map_div(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  bool tensors = !is_constant(in[0]) && !is_constant(in[1]);
  const char *eps = tensors ? normalized_eps(in[0]->layer, in[1]->layer) : NULL;
  Layer *norm = tensors && in[0]->rank == in[1]->rank ? normalized(m, in[0]->layer, in[1]->layer) : NULL;
  if (norm) return set(out, value_like(m, in[0], norm));
  if (!eps || in[0]->rank != in[1]->rank) return set(out, binary(m, "div", in[0], in[1]));
  Value *result = unary(m, "l2_normalize", in[0]);
  add_attribute(&m->net, result->layer, "eps", "%s", eps);
  return set(out, result);
}

/* false: it is no gelu. */
static bool set_gelu(Importer *m, const Value *a, const Value *b, Value **out) {
  double half;
  for (int i = 0; i < 2; i++) {
    const Value *product = i ? b : a, *number = i ? a : b;
    if (is_constant(product)) continue;
    /* x (1 + erf(..)) times 1/2, or x / 2 times the rest */
    bool halved = is_constant(number) && is_single_number(number, &half) && half == 0.5 && product->layer->op &&
                  !strcmp(product->layer->op, "mul");
    if (is_constant(number) && !halved) continue;
    Layer *x = halved ? gelu_of(product->layer, NULL) : gelu_of(product->layer, number->layer);
    if (!x || (!halved && a->rank != b->rank)) continue;
    out[0] = value_like(m, product, same_layer(m, "gelu", x));
    add_attribute(&m->net, out[0]->layer, "approximate", "none");
    return true;
  }
  return false;
}

bool map_mul(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  for (int i = 0; i < 2; i++) {
    const char *op = self_gated(m, in[i], in[1 - i]);
    if (op) return set(out, unary(m, op, in[i]));
  }
  if (set_gelu(m, in[0], in[1], out)) return true;
  if (in[0] == in[1] && !is_constant(in[0])) return set(out, unary(m, "square", in[0]));
  return set(out, binary(m, "mul", in[0], in[1]));
}

bool map_pow(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  double power;
  if (!is_constant(in[1]) || !is_single_number(in[1], &power)) return refuse(m, "its exponent is not one constant number");
  if (power == 1) return set(out, value_like(m, in[0], in[0]->layer));
  if (power == 2) return set(out, unary(m, "square", in[0]));
  if (power == 0.5) return set(out, unary(m, "sqrt", in[0]));
  if (!(fabs(power) <= 1024)) return refuse(m, "its exponent is not from -1024 to 1024");
  set(out, unary(m, "pow", in[0]));
  add_attribute(&m->net, out[0]->layer, NULL, "%s", number_text(m->arena, power));
  return true;
}

/* Sum, Max, Min, Mean of any number of inputs. */
bool map_variadic(Importer *m, const Value *const *in, int count, Value **out) {
  const char *op = find_onnx_operator(m->node->op_type)->op;
  Value *all = NULL;
  for (int i = 0; i < count; i++) {
    if (!in[i]) return refuse(m, "its input %d is left out", i + 1);
    if (!i) continue;
    all = binary(m, op, i == 1 ? in[0] : all, in[i]);
    if (!all) return false;
  }
  if (count == 1) all = value_like(m, in[0], in[0]->layer);
  return set(out, all);
}

bool map_mean(Importer *m, const Value *const *in, int count, Value **out) {
  return map_variadic(m, in, count, out) && set(out, rescaled(m, out[0], 1.0 / count, 0));
}
