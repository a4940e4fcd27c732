/* map_conv.c - convolutions and transposed ones. */
#include <string.h>
#include "import/importer.h"
#include "support/checked.h"

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

/* A kernel that the network computes, as that of a Siamese tracker: one over all channels, or one for each. */
static bool correlation(Importer *m, const Value *const *in, int count, Value **out) {
  const Value *kernel = in[1];
  Layer *searched = arrange_sample(m, in[0], 3, 4);
  int64_t groups = int_attribute(m, "group", 1), channels = 0, sizes[2] = {1, 1};
  int axes[MAX_CNN_RANK] = {groups == 1, 2, 3}, rank = in[0]->rank;
  WindowShape window;
  if (!searched) return false;
  if (kernel->rank != rank) return refuse(m, "its weight has %d sizes and its input %d", kernel->rank, rank);
  if (count > 2) return refuse(m, "its weight is computed at run time, and it has a bias");
  if (!size_is(kernel->sizes[groups > 1], 1) || kernel->axes[0] == AXIS_BATCH)
    return refuse(m, "its weight is computed at run time; cnnc then takes one for all channels or one for each");
  for (int i = 0; i < rank - 2; i++)
    if (!size_is_const(kernel->sizes[i + 2], &sizes[i])) return refuse_varying(m, "its weight is computed at run time and its size varies");
  if (!size_is_const(searched->sizes[0], &channels) || (groups != 1 && groups != channels) || !size_is(kernel->sizes[axes[0]], channels))
    return refuse(m, "its weight does not fit the %s channels of its input", size_text(m->arena, searched->sizes[0]));
  if (!read_window(m, searched->rank, sizes, &window)) return false;
  for (int i = 0; i < 2; i++)
    if (window.same || window.stride[i] != 1 || window.dilation[i] != 1 || window.before[i] || window.after[i])
      return refuse(m, "its weight is computed at run time; cnnc then has no padding, no stride and no dilation");
  const Size *result[MAX_CNN_RANK] = {size_of(m->arena, groups)};
  for (int i = 1; i < searched->rank; i++)
    if (!(result[i] = window_size(m, searched->sizes[i], &window, i - 1, false))) return false;
  Layer *slides = arrange(m, kernel, axes, rank - 1);
  if (!slides) return false;
  Layer *layer = add_layer(&m->net, groups == 1 ? "correlate" : "depthwise_correlate", m->node, searched->rank, result);
  add_input(&m->net, layer, searched);
  add_input(&m->net, layer, slides);
  out[0] = image_value(m, in[0], layer);
  return true;
}

/* Weights [out, in / groups, kernel]. */
bool map_conv(Importer *m, const Value *const *in, int count, Value **out) {
  if (!is_constant(in[1])) return correlation(m, in, count, out);
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
    if (output_padding[i] < 0 || output_padding[i] > INT32_MAX)
      return refuse(m, "its attribute output_padding has the number %lld", (long long)output_padding[i]);
    if (wanted && (shape[axis] < 1 || shape[axis] > INT32_MAX))
      return refuse(m, "its attribute output_shape has the number %lld", (long long)shape[axis]);
    if (!same && !wanted) continue;
    if (!size_is_const(input->sizes[axis + 1], &size)) return refuse_varying(m, "its padding depends on a size that varies");
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
