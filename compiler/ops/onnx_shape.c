/* onnx_shape.c - sizes, numbers or not, and the ONNX nodes that only move values; see to_onnx.h. */
#include "ops/attributes.h"
#include "ops/to_onnx.h"

/* ---- sizes that vary, as tensors [1] of int64 ---- */

static const void *number(void *context, int64_t value) { return onnx_integers(context, "size", 1, &value); }
static const void *add(void *context, const void *a, const void *b) { return ONNX_NODE(context, "Add", a, b); }
static const void *mul(void *context, const void *a, const void *b) { return ONNX_NODE(context, "Mul", a, b); }
static const void *floor_div(void *context, const void *a, const void *b) { return ONNX_NODE(context, "Div", a, b); }
static const void *larger(void *context, const void *a, const void *b) { return ONNX_NODE(context, "Max", a, b); }

/* From an axis of an input that is factor * counter + constant. Every dim has one: sizes of inputs are where they come from. */
static const char *read_counter(OnnxWriter *w, const Dim *dim) {
  for (int i = 0; i < w->graph->input_count; i++) {
    const Value *input = w->graph->inputs[i].value;
    for (int axis = 0; axis < input->type.rank; axis++) {
      int64_t factor, constant;
      if (!size_is_linear(input->type.sizes[axis], dim, &factor, &constant)) continue;
      const char *value = ONNX_NODE(w, "Shape", w->values[input->id]);
      onnx_int(w, "start", axis + 1);
      onnx_int(w, "end", axis + 2);
      if (constant) value = ONNX_NODE(w, "Sub", value, number(w, constant));
      return factor == 1 ? value : ONNX_NODE(w, "Div", value, number(w, factor));
    }
  }
  return NULL;
}

static const void *counter(void *context, const Dim *dim) {
  OnnxWriter *w = context;
  const char *known = find_name(&w->counters, dim->name);
  if (known) return known;
  const char *outer = w->base;
  w->base = dim->name;
  char *name = arena_strdup(w->arena, read_counter(w, dim));
  w->base = outer;
  put_name(&w->counters, dim->name, name);
  return name;
}

static const char *size_name(OnnxWriter *w, const Size *size) {
  const SizeBuilder builder = {w, number, counter, add, mul, floor_div, larger};
  return size_build(size, &builder);
}

const char *onnx_sizes(OnnxWriter *w, const char *what, int count, const Size *const *sizes) {
  int64_t *numbers = ARENA_ARRAY(w->arena, int64_t, (size_t)count);
  bool known = true;
  for (int i = 0; i < count; i++) known = size_is_const(sizes[i], &numbers[i]) && known;
  if (known) return onnx_integers(w, what, count, numbers);
  const char **parts = ARENA_ARRAY(w->arena, const char *, (size_t)count), *outer = w->base;
  w->base = arena_printf(w->arena, "%s/size", outer);
  for (int i = 0; i < count; i++) parts[i] = size_name(w, sizes[i]);
  const char *all = count == 1 ? parts[0] : onnx_concat(w, parts, count, 0);
  w->base = outer;
  return all;
}

/* ---- nodes that move values ---- */

const char *onnx_cast(OnnxWriter *w, const char *x, OnnxType type) {
  const char *y = ONNX_NODE(w, "Cast", x);
  onnx_int(w, "to", type);
  return y;
}

const char *onnx_concat(OnnxWriter *w, const char *const *parts, int count, int axis) {
  const char **inputs = ARENA_ARRAY(w->arena, const char *, (size_t)count + 1);
  for (int i = 0; i < count; i++) inputs[i] = parts[i];
  const char *all = add_onnx_node(w, "Concat", inputs);
  onnx_int(w, "axis", axis);
  return all;
}

const char *onnx_reduce(OnnxWriter *w, const char *type, const char *x, int axis_count, const int64_t *axes) {
  const char *y = ONNX_NODE(w, type, x);
  onnx_ints(w, "axes", axis_count, axes);
  onnx_int(w, "keepdims", 1);
  return y;
}

const char *onnx_sum(OnnxWriter *w, const char *x, int axis_count, const int64_t *axes) {
  const char *y = ONNX_NODE(w, "ReduceSum", x, onnx_integers(w, "axes", axis_count, axes));
  onnx_int(w, "keepdims", 1);
  return y;
}

const char *onnx_flatten(OnnxWriter *w, const char *x, const TensorType *type) {
  if (type->rank == 1) return x;
  const char *y = ONNX_NODE(w, "Flatten", x);
  onnx_int(w, "axis", 1);
  return y;
}

const char *onnx_transpose(OnnxWriter *w, const char *x, int rank, const int64_t *order) {
  const char *y = ONNX_NODE(w, "Transpose", x);
  onnx_ints(w, "perm", rank, order);
  return y;
}

const char *onnx_reshape(OnnxWriter *w, const char *x, int rank, const Size *const *sizes) {
  const Size *shape[MAX_TENSOR_RANK] = {size_of(w->arena, 0)}; /* the batch as it is */
  int varying = 0;
  for (int i = 0; i < rank; i++) {
    varying += !size_is_const(sizes[i], NULL);
    shape[i + 1] = sizes[i];
  }
  for (int i = 1; i <= rank && varying == 1; i++)
    if (!size_is_const(shape[i], NULL)) shape[i] = size_of(w->arena, -1);
  return ONNX_NODE(w, "Reshape", x, onnx_sizes(w, "shape", rank + 1, shape));
}

const char *onnx_slice(OnnxWriter *w, const char *x, int first, int count, const Size *const *begin, const Size *const *end) {
  const Size *starts[MAX_RANK], *ends[MAX_RANK];
  int64_t axes[MAX_RANK];
  int cut = 0;
  for (int i = 0; i < count; i++) {
    if (size_is(begin[i], 0) && size_is(end[i], SIZE_LIMIT)) continue;
    starts[cut] = begin[i];
    ends[cut] = end[i];
    axes[cut++] = first + i;
  }
  if (!cut) return x;
  const char *from = onnx_sizes(w, "starts", cut, starts), *to = onnx_sizes(w, "ends", cut, ends);
  return ONNX_NODE(w, "Slice", x, from, to, onnx_integers(w, "axes", cut, axes));
}

/* What lies at the other end, on each side of each axis. */
static const char *wrap(OnnxWriter *w, const char *x, const TensorType *type, const SizeSides *margins) {
  const Size *start = size_of(w->arena, 0), *rest = size_of(w->arena, SIZE_LIMIT);
  for (int axis = 0; axis < type->rank; axis++) {
    SizeSides sides = margins[axis];
    bool before = !size_is(sides.before, 0), after = !size_is(sides.after, 0), fixed = size_is_const(sides.before, NULL);
    const Size *last = size_sub(w->arena, fixed ? start : type->sizes[axis], sides.before); /* negative: from the end */
    const char *parts[3];
    int count = 0;
    if (before) parts[count++] = onnx_slice(w, x, axis + 1, 1, &last, &rest);
    parts[count++] = x;
    if (after) parts[count++] = onnx_slice(w, x, axis + 1, 1, &start, &sides.after);
    if (count > 1) x = onnx_concat(w, parts, count, axis + 1);
  }
  return x;
}

const char *onnx_pad(OnnxWriter *w, const char *x, const TensorType *type, const SizeSides *margins, int mode, double value) {
  static const char *const modes[] = {"constant", "reflect", "edge"};
  if (mode == PADDING_CIRCULAR) return wrap(w, x, type, margins);
  const Size *pads[2 * (MAX_RANK + 1)] = {0};
  int rank = type->rank + 1;
  pads[0] = pads[rank] = size_of(w->arena, 0);
  for (int axis = 0; axis < type->rank; axis++) {
    pads[axis + 1] = margins[axis].before;
    pads[rank + axis + 1] = margins[axis].after;
  }
  const char *amounts = onnx_sizes(w, "pads", 2 * rank, pads);
  const char *y = ONNX_NODE(w, "Pad", x, amounts, value != 0 ? onnx_number(w, value) : NULL);
  if (mode != PADDING_ZEROS) onnx_string(w, "mode", modes[mode]);
  return y;
}
