/* onnx_window.c - the windows of convolutions and poolings, and what they read beyond the edges; see to_onnx.h. */
#include "ops/attributes.h"
#include "ops/pool.h"
#include "ops/to_onnx.h"

static bool is_same(PaddingKind kind) { return kind == PADDING_SAME || kind == PADDING_SAME_UPPER || kind == PADDING_SAME_LOWER; }

/* ONNX's ceil_mode has meant several things; what the last window reads beyond the padding is said as padding. */
Window onnx_pool_window(OnnxWriter *w, const Node *node) {
  const PoolAttributes *a = node->attributes;
  Window window = pool_window(w->arena, node);
  for (int axis = 0; a->ceil_mode && !is_same(a->padding.kind) && axis < 2; axis++) {
    int64_t span = window.dilation[axis] * (window.kernel[axis] - 1) + 1;
    const Size *last = size_mul_int(w->arena, size_add_int(w->arena, window.output[axis], -1), window.stride[axis]);
    const Size *room = size_add(w->arena, window.input[axis], window.before[axis]);
    const Size *read = size_sub(w->arena, size_add_int(w->arena, last, span), room);
    window.after[axis] = size_max(w->arena, window.after[axis], read);
  }
  return window;
}

/* Runtimes refuse a pooling whose padding is no smaller than its kernel, dilated or not. */
static bool reaches_far(const Window *window) {
  for (int axis = 0; axis < 2; axis++)
    if (size_value(window->before[axis]) >= window->kernel[axis] || size_value(window->after[axis]) >= window->kernel[axis]) return true;
  return false;
}

const char *onnx_pad_window(OnnxWriter *w, const char *x, const TensorType *type, const Window *window, int mode, double fill) {
  const Size *none = size_of(w->arena, 0);
  SizeSides margins[MAX_RANK] = {{none, none}};
  for (int axis = 1; axis < type->rank; axis++) {
    int of_window = axis + 2 - type->rank; /* a sequence has a width only */
    margins[axis] = (SizeSides){window->before[of_window], window->after[of_window]};
  }
  return onnx_pad(w, x, type, margins, mode, fill);
}

static bool varies(const Window *window) {
  for (int axis = 0; axis < 2; axis++)
    if (!size_is_const(window->before[axis], NULL) || !size_is_const(window->after[axis], NULL)) return true;
  return false;
}

/* Runtimes have no auto_pad for dilated windows, and shift those that lie apart. */
static bool knows_auto_pad(const Window *window) {
  for (int axis = 0; axis < 2; axis++)
    if (window->dilation[axis] > 1 || window->kernel[axis] < window->stride[axis]) return false;
  return true;
}

bool onnx_needs_pad(const Window *window, PaddingKind padding) { return varies(window) && !(is_same(padding) && knows_auto_pad(window)); }

OnnxWindow onnx_window(OnnxWriter *w, const char *x, const TensorType *type, const Window *window, PaddingKind padding, int mode,
                       double fill) {
  OnnxWindow result = {.input = x, .window = *window, .one_dimensional = type->rank == 2};
  if (!is_padded(window)) return result;
  bool numbers = !varies(window);
  if (mode == PADDING_ZEROS && !numbers && !onnx_needs_pad(window, padding)) {
    result.automatic = true;
    result.lower = padding == PADDING_SAME_LOWER;
  } else if (mode == PADDING_ZEROS && numbers && (fill == 0 || !reaches_far(window))) {
    for (int axis = 0; axis < 2; axis++) {
      result.before[axis] = size_value(window->before[axis]);
      result.after[axis] = size_value(window->after[axis]);
    }
  } else {
    result.input = onnx_pad_window(w, x, type, window, mode, fill);
  }
  return result;
}

/* Of each axis that there is. */
static void add_pair(OnnxWriter *w, const OnnxWindow *window, const char *name, const int64_t pair[2]) {
  onnx_ints(w, name, window->one_dimensional ? 1 : 2, window->one_dimensional ? pair + 1 : pair);
}

static bool is_one(const int64_t pair[2]) { return pair[0] == 1 && pair[1] == 1; }

void onnx_window_attributes(OnnxWriter *w, const OnnxWindow *window) {
  const Window *of = &window->window;
  add_pair(w, window, "kernel_shape", of->kernel);
  if (!is_one(of->stride)) add_pair(w, window, "strides", of->stride);
  if (!is_one(of->dilation)) add_pair(w, window, "dilations", of->dilation);
  if (window->automatic) onnx_string(w, "auto_pad", window->lower ? "SAME_LOWER" : "SAME_UPPER");
  const int64_t *before = window->before, *after = window->after, pads[] = {before[0], before[1], after[0], after[1]};
  const int64_t ends[] = {before[1], after[1]};
  if (!before[0] && !before[1] && !after[0] && !after[1]) return;
  if (window->one_dimensional) onnx_ints(w, "pads", 2, ends);
  else onnx_ints(w, "pads", 4, pads);
}

/* So often as there are channels; ones if there is none. */
static const char *repeated_kernel(OnnxWriter *w, const float *kernel, int rank, const int64_t *sizes) {
  int64_t taps = 1;
  for (int i = 2; i < rank; i++) taps *= sizes[i];
  float *numbers = ARENA_ARRAY(w->arena, float, (size_t)(sizes[0] * taps));
  for (int64_t i = 0; i < sizes[0] * taps; i++) numbers[i] = kernel ? kernel[i % taps] : 1;
  return onnx_floats(w, "kernel", rank, sizes, numbers);
}

/* Channels become samples where their number varies. */
const char *onnx_channelwise(OnnxWriter *w, const char *x, const TensorType *type, const Window *window, PaddingKind padding, int mode,
                             const float *kernel) {
  int rank = type->rank + 1;
  bool known = size_is_const(type->sizes[0], NULL);
  int64_t channels = known ? size_value(type->sizes[0]) : 1;
  const int64_t image[] = {channels, 1, window->kernel[0], window->kernel[1]}, sequence[] = {channels, 1, window->kernel[1]};
  TensorType out = window_type(w->arena, type, window, 1);
  const Size *any = size_of(w->arena, -1);
  const Size *folded[] = {any, size_one(), type->sizes[1], type->sizes[2]};
  const Size *unfolded[] = {any, type->sizes[0], out.sizes[1], out.sizes[2]};
  if (!known) x = ONNX_NODE(w, "Reshape", x, onnx_sizes(w, "shape", rank, folded));
  OnnxWindow o = onnx_window(w, x, type, window, padding, mode, 0);
  const char *y = ONNX_NODE(w, "Conv", o.input, repeated_kernel(w, kernel, rank, rank == 4 ? image : sequence));
  onnx_window_attributes(w, &o);
  if (channels > 1) onnx_int(w, "group", channels);
  return known ? y : ONNX_NODE(w, "Reshape", y, onnx_sizes(w, "shape", rank, unfolded));
}

const char *onnx_window_sum(OnnxWriter *w, const char *x, const TensorType *type, const Window *window, PaddingKind padding) {
  return onnx_channelwise(w, x, type, window, padding, PADDING_ZEROS, NULL);
}
