/* map_conv.c - convolutions, and what multiplies by a matrix of weights. */
#include <string.h>
#include "import/importer.h"
#include "support/checked.h"

/* All numbers of a constant of known sizes as floats. NULL: refused. */
static const float *weights_of(Importer *m, const Value *constant, const char *what) {
  int64_t count = value_elements(constant);
  if (!is_constant(constant)) refuse(m, "its %s is computed at run time", what);
  else if (count < 1) refuse(m, "its %s is empty", what);
  else if (constant->dtype != TENSOR_F32 && constant->dtype != TENSOR_F64 && constant->dtype != TENSOR_F16 &&
           constant->dtype != TENSOR_BF16)
    refuse(m, "its %s is of type %s", what, tensor_dtype_name(constant->dtype));
  if (m->refused) return NULL;
  float *numbers = float_array(m, count);
  for (int64_t i = 0; i < count; i++) numbers[i] = (float)number_at(constant, i);
  return numbers;
}

static const int64_t *sizes_of(Importer *m, const Value *constant) {
  int64_t *sizes = ARENA_ARRAY(m->arena, int64_t, MAX_TENSOR_RANK);
  for (int i = 0; i < constant->rank; i++) sizes[i] = size_value(constant->sizes[i]);
  return sizes;
}

/* A bias of `count` numbers, or none. */
static bool add_bias(Importer *m, Layer *layer, const Value *bias, int64_t count) {
  if (!bias) {
    add_attribute(&m->net, layer, "bias", "false");
    return true;
  }
  const float *numbers = weights_of(m, bias, "bias");
  if (!numbers) return false;
  if (value_elements(bias) != count || bias->rank != 1)
    return refuse(m, "its bias has %lld numbers for %lld channels", (long long)value_elements(bias), (long long)count);
  add_parameter(layer, "bias", bias->name, 1, &count, numbers);
  return true;
}

/* A pad of zeros that stands before a convolution is its padding. */
static Layer *take_padding(Layer *input, WindowShape *window) {
  if (!input->only_margins || window->same) return input;
  const int64_t *margins = input->margins;
  window->before[0] += margins[0], window->before[1] += margins[1];
  window->after[0] += margins[2], window->after[1] += margins[3];
  return input->inputs[0];
}

static Value *image_value(Importer *m, const Value *from, Layer *layer) {
  static const int axes[] = {0, 0, 1, 2};
  int places[4];
  const Size *sizes[4] = {from->sizes[0]};
  memcpy(places, axes, sizeof places);
  places[0] = from->axes[0] == AXIS_BATCH ? AXIS_BATCH : AXIS_NONE;
  for (int i = 0; i < layer->rank; i++) sizes[i + 1] = layer->sizes[i];
  return tensor_value(m, layer, layer->rank + 1, sizes, places);
}

/* Weights [out, in / groups, kernel]. */
bool map_conv(Importer *m, const Value *const *in, int count, Value **out) {
  Layer *input = arrange_sample(m, in[0], 3, 4);
  const float *numbers = input ? weights_of(m, in[1], "weight") : NULL;
  WindowShape window;
  if (!numbers) return false;
  if (in[1]->rank != in[0]->rank) return refuse(m, "its weight has %d sizes and its input %d", in[1]->rank, in[0]->rank);
  const int64_t *sizes = sizes_of(m, in[1]);
  int64_t groups = int_attribute(m, "group", 1), channels = 0;
  if (!read_window(m, input->rank, sizes + 2, &window)) return false;
  if (groups < 1 || sizes[0] % groups || !size_is_const(input->sizes[0], &channels) || channels != sizes[1] * groups)
    return refuse(m, "its weight %s in %lld groups does not fit the %s channels of its input", sizes_text(m->arena, sizes, in[1]->rank),
                  (long long)groups, size_text(m->arena, input->sizes[0]));
  input = take_padding(input, &window);
  const Size *result[MAX_CNN_RANK] = {size_of(m->arena, sizes[0])};
  for (int i = 1; i < input->rank; i++)
    if (!(result[i] = window_size(m, input->sizes[i], &window, i - 1, false))) return false;
  bool depthwise = groups > 1 && groups == channels;
  Layer *layer = add_layer(&m->net, depthwise ? "depthwise_conv" : "conv", m->node, input->rank, result);
  add_input(&m->net, layer, input);
  if (!depthwise) add_attribute(&m->net, layer, NULL, "%lld", (long long)sizes[0]);
  add_window_attributes(m, layer, &window, false);
  if (depthwise && sizes[0] != channels) add_attribute(&m->net, layer, "multiplier", "%lld", (long long)(sizes[0] / channels));
  if (!depthwise && groups > 1) add_attribute(&m->net, layer, "groups", "%lld", (long long)groups);
  add_parameter(layer, "weight", in[1]->name, in[1]->rank, sizes, numbers);
  if (!add_bias(m, layer, count > 2 ? in[2] : NULL, sizes[0])) return false;
  out[0] = image_value(m, in[0], layer);
  return true;
}

/* What auto_pad or output_shape cut off: the output's size says how much. One more is padding of the output. */
static bool cut_to(Importer *m, WindowShape *window, int i, int64_t size, int64_t wanted, int64_t *output_padding, bool more_before) {
  int64_t extent = window->dilation[i] * (window->kernel[i] - 1) + 1;
  int64_t total = window->stride[i] * (size - 1) + *output_padding + extent - wanted;
  if (total == -1) {
    ++*output_padding;
    total = 0;
  }
  if (total < 0) return refuse(m, "its output would be larger than its kernel makes it");
  window->before[i] = more_before ? total - total / 2 : total / 2;
  window->after[i] = total - window->before[i];
  return true;
}

static bool read_transposed(Importer *m, const Layer *input, WindowShape *window, int64_t output_padding[2]) {
  const int64_t *shape = NULL, *more = NULL;
  int count = 0, axes = window->axes;
  const char *same = window->same;
  if (ints_attribute(m, "output_padding", &more, &count) && count != axes)
    return refuse(m, "its attribute output_padding has %d numbers", count);
  bool wanted = ints_attribute(m, "output_shape", &shape, &count);
  if (wanted && count != axes) return refuse(m, "its attribute output_shape has %d numbers", count);
  if (m->refused) return false;
  window->same = NULL;
  for (int axis = 0; axis < axes; axis++) {
    int i = 2 - axes + axis;
    int64_t size;
    output_padding[i] = more ? more[axis] : 0;
    if (output_padding[i] < 0) return refuse(m, "its attribute output_padding has the number %lld", (long long)output_padding[i]);
    if (!same && !wanted) continue;
    if (!size_is_const(input->sizes[axis + 1], &size)) return refuse(m, "its padding depends on a size that varies");
    int64_t target = wanted ? shape[axis] : size * window->stride[i];
    /* What is left over goes to the end, unless auto_pad says SAME_UPPER: then the beginning loses less. */
    bool more_before = !(same && !strcmp(same, "same_upper"));
    if (!cut_to(m, window, i, size, target, &output_padding[i], more_before)) return false;
  }
  return true;
}

/* Weights [in, out / groups, kernel], as ours. */
bool map_conv_transpose(Importer *m, const Value *const *in, int count, Value **out) {
  Layer *input = arrange_sample(m, in[0], 3, 4);
  const float *numbers = input ? weights_of(m, in[1], "weight") : NULL;
  WindowShape window;
  int64_t output_padding[2] = {0, 0}, channels = 0, outs = 0;
  if (!numbers) return false;
  if (in[1]->rank != in[0]->rank) return refuse(m, "its weight has %d sizes and its input %d", in[1]->rank, in[0]->rank);
  const int64_t *sizes = sizes_of(m, in[1]);
  int64_t groups = int_attribute(m, "group", 1);
  if (!read_window(m, input->rank, sizes + 2, &window) || !read_transposed(m, input, &window, output_padding)) return false;
  if (groups < 1 || sizes[0] % groups || !size_is_const(input->sizes[0], &channels) || channels != sizes[0] ||
      !checked_mul(sizes[1], groups, &outs))
    return refuse(m, "its weight %s in %lld groups does not fit the %s channels of its input", sizes_text(m->arena, sizes, in[1]->rank),
                  (long long)groups, size_text(m->arena, input->sizes[0]));
  const Size *result[MAX_CNN_RANK] = {size_of(m->arena, outs)};
  for (int axis = 0; axis < window.axes; axis++) {
    int i = 2 - window.axes + axis;
    int64_t extent = window.dilation[i] * (window.kernel[i] - 1) + 1;
    const Size *steps = size_mul_int(m->arena, size_add_int(m->arena, input->sizes[axis + 1], -1), window.stride[i]);
    result[axis + 1] = size_add_int(m->arena, steps, extent + output_padding[i] - window.before[i] - window.after[i]);
    if (size_minimum(result[axis + 1]) < 1) return refuse(m, "its padding leaves nothing of its output");
  }
  Layer *layer = add_layer(&m->net, "conv_transpose", m->node, input->rank, result);
  add_input(&m->net, layer, input);
  add_attribute(&m->net, layer, NULL, "%lld", (long long)outs);
  add_window_attributes(m, layer, &window, false);
  if (output_padding[0] || output_padding[1])
    add_attribute(&m->net, layer, "output_padding", "%s", pair_text(m->arena, output_padding, input->rank));
  if (groups > 1) add_attribute(&m->net, layer, "groups", "%lld", (long long)groups);
  add_parameter(layer, "weight", in[1]->name, in[1]->rank, sizes, numbers);
  if (!add_bias(m, layer, count > 2 ? in[2] : NULL, outs)) return false;
  out[0] = image_value(m, in[0], layer);
  return true;
}

/* Weights [out, in] from a matrix of ours or transposed, times a factor. */
static const float *matrix_of(Importer *m, const Value *constant, bool transposed, double factor, int64_t outs, int64_t ins) {
  const float *numbers = weights_of(m, constant, "matrix");
  if (!numbers || (transposed && factor == 1)) return numbers;
  float *matrix = float_array(m, outs * ins);
  for (int64_t o = 0; o < outs; o++)
    for (int64_t i = 0; i < ins; i++) matrix[o * ins + i] = (float)(factor * (double)numbers[transposed ? o * ins + i : i * outs + o]);
  return matrix;
}

/* C of Gemm: one number, a row, or a column of one; all become `outs` numbers. NULL: it is refused. */
static const float *gemm_bias(Importer *m, const Value *c, double beta, int64_t outs) {
  const float *given = weights_of(m, c, "bias");
  int64_t count = given ? value_elements(c) : 0, last = c->rank ? size_value(c->sizes[c->rank - 1]) : 1;
  if (!given) return NULL;
  if (c->rank > 2 || (count != 1 && (count != outs || last != outs))) {
    refuse(m, "its bias has the shape %s for %lld outputs", sizes_text(m->arena, sizes_of(m, c), c->rank), (long long)outs);
    return NULL;
  }
  float *bias = float_array(m, outs);
  for (int64_t i = 0; i < outs; i++) bias[i] = (float)(beta * (double)given[count == 1 ? 0 : i]);
  return bias;
}

/* Y = alpha A B + beta C, A [1, in] a sample, B a constant. */
bool map_gemm(Importer *m, const Value *const *in, int count, Value **out) {
  static const int second[] = {1};
  bool transposed = int_attribute(m, "transB", 0) != 0;
  double alpha = float_attribute(m, "alpha", 1), beta = float_attribute(m, "beta", 1);
  const Value *c = count > 2 ? in[2] : NULL;
  if (int_attribute(m, "transA", 0)) return refuse(m, "its attribute transA is set, so samples would be columns");
  if (!is_constant(in[1]) || in[1]->rank != 2) return refuse(m, "its matrix is not a constant of two sizes");
  if (in[0]->rank != 2) return refuse(m, "its input has %d sizes", in[0]->rank);
  if (c && !is_constant(c)) return refuse(m, "its bias is computed at run time");
  if (!size_is(in[0]->sizes[0], 1))
    return refuse(m, "its input has %s rows; cnnc multiplies one, a sample", size_text(m->arena, in[0]->sizes[0]));
  Layer *input = arrange(m, in[0], second, 1);
  if (!input) return false;
  int64_t outs = size_value(in[1]->sizes[transposed ? 0 : 1]), ins = size_value(in[1]->sizes[transposed ? 1 : 0]);
  if (!size_is(input->sizes[0], ins))
    return refuse(m, "its matrix needs %lld numbers and its input has %s", (long long)ins, size_text(m->arena, input->sizes[0]));
  const float *matrix = matrix_of(m, in[1], transposed, alpha, outs, ins);
  const float *bias = c && matrix ? gemm_bias(m, c, beta, outs) : NULL;
  if (!matrix || (c && !bias)) return false;
  const Size *sizes[] = {in[0]->sizes[0], size_of(m->arena, outs)};
  int axes[] = {in[0]->axes[0] == AXIS_BATCH ? AXIS_BATCH : AXIS_NONE, 0};
  Layer *layer = add_layer(&m->net, "fc", m->node, 1, sizes + 1);
  add_input(&m->net, layer, input);
  add_attribute(&m->net, layer, NULL, "%lld", (long long)outs);
  add_parameter(layer, "weight", in[1]->name, 2, (const int64_t[]){outs, ins}, matrix);
  if (bias) add_parameter(layer, "bias", c->name, 1, &outs, bias);
  else add_attribute(&m->net, layer, "bias", "false");
  out[0] = tensor_value(m, layer, 2, sizes, axes);
  return true;
}

/* The axis that is summed comes first, others that are not 1 behind it. */
static int matmul_axes(const Value *value, int summed, int *axes) {
  int count = 1;
  axes[0] = summed;
  for (int i = 0; i < value->rank; i++)
    if (i != summed && value->axes[i] != AXIS_BATCH && !size_is(value->sizes[i], 1) && count < MAX_TENSOR_RANK) axes[count++] = i;
  return count;
}

/* x [.., in] times a matrix: an fc for a vector; for more, a convolution by single points over what is not summed. */
bool map_matmul(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  bool left = is_constant(in[0]);
  const Value *x = in[left], *matrix = in[!left];
  int axes[MAX_TENSOR_RANK];
  if (!is_constant(matrix)) return refuse(m, "both its inputs are computed at run time; cnnc multiplies by constant matrices");
  if (matrix->rank != 2 || x->rank < 1 || (left && x->rank < 2))
    return refuse(m, "its inputs have %d and %d sizes", in[0]->rank, in[1]->rank);
  int summed = left ? x->rank - 2 : x->rank - 1, points = matmul_axes(x, summed, axes);
  if (points > MAX_CNN_RANK) return refuse(m, "its input has more than three sizes");
  Layer *input = arrange(m, x, axes, points);
  if (!input) return false;
  int64_t outs = size_value(matrix->sizes[left ? 0 : 1]), ins = size_value(matrix->sizes[left ? 1 : 0]);
  if (!size_is(input->sizes[0], ins))
    return refuse(m, "its matrix needs %lld numbers and its input has %s", (long long)ins, size_text(m->arena, input->sizes[0]));
  const float *numbers = matrix_of(m, matrix, left, 1, outs, ins);
  if (!numbers) return false;
  const Size *sizes[MAX_TENSOR_RANK], *result[MAX_CNN_RANK] = {size_of(m->arena, outs)};
  int places[MAX_TENSOR_RANK];
  for (int i = 1; i < points; i++) result[i] = input->sizes[i];
  Layer *layer = add_layer(&m->net, points == 1 ? "fc" : "conv", m->node, points, result);
  add_input(&m->net, layer, input);
  add_attribute(&m->net, layer, NULL, "%lld", (long long)outs);
  if (points > 1) add_attribute(&m->net, layer, NULL, "1");
  add_attribute(&m->net, layer, "bias", "false");
  add_parameter(layer, "weight", matrix->name, points == 1 ? 2 : points + 1, (const int64_t[]){outs, ins, 1, 1}, numbers);
  for (int i = 0; i < x->rank; i++) {
    sizes[i] = i == summed ? result[0] : x->sizes[i];
    places[i] = x->axes[i] == AXIS_BATCH ? AXIS_BATCH : AXIS_NONE;
  }
  for (int i = 0; i < points; i++) places[axes[i]] = i;
  out[0] = tensor_value(m, layer, x->rank, sizes, places);
  return true;
}
