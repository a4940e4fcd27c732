/* window.c - kernels, strides, dilations and paddings of convolutions and pools. */
#include <string.h>
#include "import/importer.h"

/* `count` whole numbers of an attribute, from `least` on; `otherwise` where it is not there. */
static bool read_numbers(Importer *m, const char *name, int count, int64_t least, int64_t otherwise, int64_t *out) {
  const int64_t *given;
  int length;
  for (int i = 0; i < count; i++) out[i] = otherwise;
  if (!ints_attribute(m, name, &given, &length)) return !m->refused;
  if (length != count) return refuse(m, "its attribute `%s` has %d numbers and needs %d", name, length, count);
  for (int i = 0; i < count; i++) {
    if (given[i] < least || given[i] > INT32_MAX) return refuse(m, "its attribute `%s` has the number %lld", name, (long long)given[i]);
    out[i] = given[i];
  }
  return true;
}

static bool read_auto_pad(Importer *m, WindowShape *window) {
  const char *mode = string_attribute(m, "auto_pad", "NOTSET");
  if (!strcmp(mode, "SAME_UPPER")) window->same = "same_upper";
  else if (!strcmp(mode, "SAME_LOWER")) window->same = "same_lower";
  else if (strcmp(mode, "NOTSET") && strcmp(mode, "VALID")) return refuse(m, "its attribute auto_pad is `%s`", shown_name(m->arena, mode));
  if (strcmp(mode, "NOTSET")) /* pads say nothing then, whatever they are */
    for (int i = 0; i < 2; i++) window->before[i] = window->after[i] = 0;
  return true;
}

bool read_window(Importer *m, int rank, const int64_t *kernel, WindowShape *window) {
  int axes = rank - 1;
  int64_t given[2], pads[4];
  *window = (WindowShape){.axes = axes, .kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}};
  int64_t *at[] = {window->kernel + (2 - axes), window->stride + (2 - axes), window->dilation + (2 - axes)};
  if (!read_numbers(m, "kernel_shape", axes, 1, 0, given)) return false;
  for (int i = 0; i < axes; i++) {
    if (kernel && given[i] && given[i] != kernel[i])
      return refuse(m, "its attribute kernel_shape says %lld where its weights have %lld", (long long)given[i], (long long)kernel[i]);
    at[0][i] = kernel ? kernel[i] : given[i];
    if (at[0][i] < 1) return refuse(m, "it has no kernel");
  }
  if (!read_numbers(m, "strides", axes, 1, 1, at[1]) || !read_numbers(m, "dilations", axes, 1, 1, at[2])) return false;
  if (!read_numbers(m, "pads", 2 * axes, 0, 0, pads)) return false;
  for (int i = 0; i < axes; i++) {
    window->before[2 - axes + i] = pads[i];
    window->after[2 - axes + i] = pads[axes + i];
  }
  return read_auto_pad(m, window);
}

static void add_padding(Importer *m, Layer *layer, const WindowShape *window) {
  const int64_t *before = window->before, *after = window->after;
  if (window->same) {
    bool even = window->stride[0] == 1 && window->stride[1] == 1 && window->kernel[0] * window->dilation[0] % 2 &&
                window->kernel[1] * window->dilation[1] % 2;
    add_attribute(&m->net, layer, "padding", "%s", even ? "same" : window->same);
    return;
  }
  if (!before[0] && !before[1] && !after[0] && !after[1]) return;
  if (before[0] == after[0] && before[1] == after[1]) {
    add_attribute(&m->net, layer, "padding", "%s", pair_text(m->arena, before, window->axes + 1));
  } else if (window->axes == 1) {
    add_attribute(&m->net, layer, "padding", "(left=%lld, right=%lld)", (long long)before[1], (long long)after[1]);
  } else {
    add_attribute(&m->net, layer, "padding", "(top=%lld, bottom=%lld, left=%lld, right=%lld)", (long long)before[0], (long long)after[0],
                  (long long)before[1], (long long)after[1]);
  }
}

static bool is_pair(const int64_t pair[2], int axes, int64_t value) { return pair[1] == value && (axes == 1 || pair[0] == value); }

void add_window_attributes(Importer *m, Layer *layer, const WindowShape *window, bool stride_is_kernel) {
  int rank = window->axes + 1;
  bool as_kernel = stride_is_kernel && window->stride[1] == window->kernel[1] && (rank < 3 || window->stride[0] == window->kernel[0]);
  add_attribute(&m->net, layer, NULL, "%s", pair_text(m->arena, window->kernel, rank));
  if (stride_is_kernel ? !as_kernel : !is_pair(window->stride, window->axes, 1))
    add_attribute(&m->net, layer, "stride", "%s", pair_text(m->arena, window->stride, rank));
  add_padding(m, layer, window);
  if (!is_pair(window->dilation, window->axes, 1))
    add_attribute(&m->net, layer, "dilation", "%s", pair_text(m->arena, window->dilation, rank));
}

const Size *window_size(Importer *m, const Size *size, const WindowShape *window, int axis, bool ceil_mode) {
  int i = 2 - window->axes + axis;
  int64_t extent = window->dilation[i] * (window->kernel[i] - 1) + 1, padding = window->before[i] + window->after[i],
          stride = window->stride[i];
  Arena *arena = m->arena;
  if (window->same) return size_ceil_div(arena, size, stride);
  const Size *room = size_add_int(arena, size, padding - extent);
  if (size_minimum(room) < 0) {
    refuse(m, "its kernel spans %lld and its padded input has %s", (long long)extent, size_text(arena, size_add_int(arena, size, padding)));
    return NULL;
  }
  if (!ceil_mode) return size_add_int(arena, size_floor_div(arena, room, stride), 1);
  const Size *steps = size_ceil_div(arena, room, stride);
  int64_t number, value;
  /* A last window that would begin in the padding does not count. */
  if (size_is_const(steps, &number) && size_is_const(size, &value) && number * stride >= value + window->before[i])
    return size_of(arena, number);
  return size_add_int(arena, steps, 1);
}
