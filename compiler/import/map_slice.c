/* map_slice.c - parts of tensors, tensors side by side, and borders. */
#include <math.h>
#include <string.h>
#include "import/importer.h"

/* The attributes of crop and pad for the axes of a layer. */
static void add_margin(Importer *m, Layer *layer, int axis, int64_t before, int64_t after) {
  static const char *const names[MAX_CNN_RANK][2] = {{NULL, NULL}, {"top", "bottom"}, {"left", "right"}};
  if (!before && !after) return;
  if (!axis) {
    add_attribute(&m->net, layer, "channels", "(%lld, %lld)", (long long)before, (long long)after);
    return;
  }
  int side = layer->rank == 2 ? 2 : axis;
  if (before) add_attribute(&m->net, layer, names[side][0], "%lld", (long long)before);
  if (after) add_attribute(&m->net, layer, names[side][1], "%lld", (long long)after);
}

/* What is cut off each axis of a value. NULL: refused. */
static Value *cropped(Importer *m, const Value *value, const int64_t *before, const int64_t *after) {
  const Size *sizes[MAX_CNN_RANK];
  bool any = false;
  Value *result = value_like(m, value, value->layer);
  for (int i = 0; i < value->layer->rank; i++) sizes[i] = value->layer->sizes[i];
  for (int i = 0; i < value->rank; i++) {
    if (!before[i] && !after[i]) continue;
    any = true;
    if (value->axes[i] < 0) {
      refuse(m, "it would take samples of the batch away, or all there is (axis %d)", i);
      return NULL;
    }
    sizes[value->axes[i]] = result->sizes[i] = size_add_int(m->arena, value->sizes[i], -before[i] - after[i]);
    if (size_minimum(result->sizes[i]) < 1) {
      refuse(m, "nothing is left of axis %d", i);
      return NULL;
    }
  }
  if (!any) return result;
  Layer *layer = add_layer(&m->net, "crop", m->node, value->layer->rank, sizes);
  add_input(&m->net, layer, value->layer);
  for (int k = 1; k <= layer->rank; k++) /* rows, columns, channels */
    for (int i = 0; i < value->rank; i++)
      if (value->axes[i] == k % layer->rank) add_margin(m, layer, value->axes[i], before[i], after[i]);
  result->layer = layer;
  return result;
}

/* Every step-th row or column, from the first: a maximum over windows of one. NULL: refused. */
static Value *subsampled(Importer *m, const Value *value, const int64_t *steps) {
  int64_t strides[MAX_CNN_RANK] = {1, 1, 1};
  bool any = false;
  for (int i = 0; i < value->rank; i++) {
    if (steps[i] == 1) continue;
    any = true;
    if (value->axes[i] < 0) continue; /* there is one */
    strides[value->axes[i]] = steps[i];
  }
  Value *result = value_like(m, value, value->layer);
  if (!any) return result;
  Layer *input = value->layer;
  if (strides[0] != 1 || input->rank < 2) {
    refuse(m, "its steps are not along rows and columns");
    return NULL;
  }
  const Size *sizes[MAX_CNN_RANK];
  for (int i = 0; i < input->rank; i++) sizes[i] = size_ceil_div(m->arena, input->sizes[i], strides[i]);
  Layer *layer = add_layer(&m->net, "max_pool", m->node, input->rank, sizes);
  add_input(&m->net, layer, input);
  add_attribute(&m->net, layer, NULL, "1");
  int64_t pair[2] = {strides[1], strides[input->rank - 1]};
  add_attribute(&m->net, layer, "stride", "%s", pair_text(m->arena, pair, input->rank));
  result->layer = layer;
  for (int i = 0; i < result->rank; i++)
    if (result->axes[i] >= 0) result->sizes[i] = sizes[result->axes[i]];
  return result;
}

/* Start and end of one axis as what is cut off: counted from the end if negative, and never beyond. */
static bool slice_axis(Importer *m, const Size *size, const Size *start, const Size *end, int64_t step, int64_t *before, int64_t *after) {
  int64_t first, last, number;
  bool known = size_is_const(size, &number);
  if (step < 1) return refuse(m, "it steps backwards");
  if (!size_is_const(start, &first)) return refuse_varying(m, "its start depends on a size that varies");
  if (!size_is_const(end, &last)) { /* an end computed from sizes */
    const Size *cut = size_sub(m->arena, size, end);
    if (!size_is_const(cut, after) || *after < 0) return refuse_varying(m, "its end depends on a size that varies");
    last = -*after;
    if (!*after) last = INT32_MAX;
  }
  if (!known && ((first < 0) || (last >= 0 && last < INT32_MAX))) return refuse_varying(m, "it counts from an end of a size that varies");
  if (known) {
    if (first < 0) first += number;
    if (last < 0) last += number;
    first = first < 0 ? 0 : first > number ? number : first;
    last = last < 0 ? 0 : last > number ? number : last;
    if (last <= first) return refuse(m, "its result is empty");
  }
  *before = first;
  *after = known ? number - last : last < 0 ? -last : 0;
  return true;
}

typedef struct SliceNumbers {
  const Size *starts[MAX_TENSOR_RANK * 2], *ends[MAX_TENSOR_RANK * 2];
  int64_t axes[MAX_TENSOR_RANK * 2], steps[MAX_TENSOR_RANK * 2];
  int count;
} SliceNumbers;

/* Inputs since opset 10, attributes before. */
static bool read_slice(Importer *m, const Value *const *in, int count, int rank, SliceNumbers *s) {
  int ends, axes, steps;
  if (!integers_of(m, count > 1 ? in[1] : NULL, "starts", s->starts, &s->count) ||
      !integers_of(m, count > 2 ? in[2] : NULL, "ends", s->ends, &ends) ||
      !numbers_of(m, count > 3 ? in[3] : NULL, "axes", s->axes, &axes) ||
      !numbers_of(m, count > 4 ? in[4] : NULL, "steps", s->steps, &steps))
    return false;
  if (s->count < 0 || s->count > rank || ends != s->count || (axes >= 0 && axes != s->count) || (steps >= 0 && steps != s->count))
    return refuse(m, "its starts, ends, axes and steps are not equally many");
  for (int i = 0; i < s->count; i++) {
    if (axes < 0) s->axes[i] = i;
    if (steps < 0) s->steps[i] = 1;
    s->axes[i] = normal_axis(m, s->axes[i], rank);
    if (s->axes[i] < 0) return false;
  }
  return true;
}

bool map_slice(Importer *m, const Value *const *in, int count, Value **out) {
  SliceNumbers s;
  int64_t before[MAX_TENSOR_RANK] = {0}, after[MAX_TENSOR_RANK] = {0}, steps[MAX_TENSOR_RANK];
  if (!read_slice(m, in, count, in[0]->rank, &s)) return false;
  for (int i = 0; i < in[0]->rank; i++) steps[i] = 1;
  for (int i = 0; i < s.count; i++) {
    int axis = (int)s.axes[i];
    if (!slice_axis(m, in[0]->sizes[axis], s.starts[i], s.ends[i], s.steps[i], &before[axis], &after[axis])) return false;
    steps[axis] = s.steps[i];
  }
  Value *part = cropped(m, in[0], before, after);
  out[0] = part ? subsampled(m, part, steps) : NULL;
  return out[0] != NULL;
}

/* Constant indices that follow each other are a part; a single one takes its axis away. */
bool map_gather(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const Value *value = in[0];
  int axis = normal_axis(m, int_attribute(m, "axis", 0), value->rank);
  int64_t size, before[MAX_TENSOR_RANK] = {0}, after[MAX_TENSOR_RANK] = {0}, length = value_elements(in[1]);
  if (axis < 0) return false;
  if (!is_constant(in[1]) || in[1]->rank > 1 || length < 1) return refuse(m, "its indices are not a short constant list");
  if (!size_is_const(value->sizes[axis], &size)) return refuse_varying(m, "it takes from a size that varies");
  for (int64_t i = 0; i < length; i++) {
    double at = number_at(in[1], i);
    int64_t index = (int64_t)(at < 0 ? at + (double)size : at);
    if (index < 0 || index >= size) return refuse(m, "its index %lld lies outside", (long long)at);
    if (!i) before[axis] = index;
    else if (index != before[axis] + i) return refuse(m, "its indices do not follow each other");
  }
  after[axis] = size - before[axis] - length;
  Value *part = cropped(m, value, before, after);
  if (!part) return false;
  if (!in[1]->rank) {
    if (part->axes[axis] == AXIS_BATCH) return refuse(m, "it would take the batch away");
    for (int i = axis; i + 1 < part->rank; i++) {
      part->axes[i] = part->axes[i + 1];
      part->sizes[i] = part->sizes[i + 1];
    }
    part->rank--;
  }
  out[0] = part;
  return true;
}

static bool split_lengths(Importer *m, const Value *const *in, int count, int64_t size, int64_t *lengths, int parts) {
  int given;
  int64_t listed[MAX_TENSOR_RANK * 2], total = 0;
  int64_t wanted = int_attribute(m, "num_outputs", parts);
  if (!numbers_of(m, count > 1 ? in[1] : NULL, "split", listed, &given)) return false;
  if (given >= 0 ? given != parts : wanted != parts) return refuse(m, "it has %d outputs and other sizes", parts);
  int64_t each = (size + parts - 1) / parts;
  for (int i = 0; i < parts; i++) {
    lengths[i] = given >= 0 ? listed[i] : size - total < each ? size - total : each;
    if (lengths[i] < 1) return refuse(m, "a part of it is empty");
    if (lengths[i] > size - total) return refuse(m, "its parts are larger than the whole");
    total += lengths[i];
  }
  return total == size || refuse(m, "its parts make %lld of %lld", (long long)total, (long long)size);
}

static bool all_equal(const int64_t *numbers, int count) {
  for (int i = 1; i < count; i++)
    if (numbers[i] != numbers[0]) return false;
  return true;
}

/* Parts of the channels are one split. */
static void split_channels(Importer *m, const Value *value, int axis, const int64_t *lengths, int parts, Value **out) {
  Layer *split = same_layer(m, "split", value->layer);
  split->part = parts;
  Text list = text_new(m->arena);
  for (int i = 0; i < parts; i++) text_addf(&list, "%s%lld", i ? ", " : "[", (long long)lengths[i]);
  if (all_equal(lengths, parts)) add_attribute(&m->net, split, NULL, "%d", parts);
  else add_attribute(&m->net, split, NULL, "%s]", text_string(&list));
  for (int i = 0; i < parts; i++) {
    Layer *part = same_layer(m, NULL, split);
    part->kind = LAYER_PART;
    part->part = i;
    part->sizes[0] = size_of(m->arena, lengths[i]);
    out[i] = value_like(m, value, part);
    out[i]->sizes[axis] = part->sizes[0];
  }
}

bool map_split(Importer *m, const Value *const *in, int count, Value **out) {
  const Value *value = in[0];
  int64_t size, at = 0;
  int axis = normal_axis(m, int_attribute(m, "axis", 0), value->rank), parts = m->node->outputs_count;
  if (axis < 0) return false;
  if (parts < 1 || parts > MAX_TENSOR_RANK * 2) return refuse(m, "it has %d outputs", parts);
  int64_t lengths[MAX_TENSOR_RANK * 2];
  if (!size_is_const(value->sizes[axis], &size)) return refuse_varying(m, "it splits a size that varies");
  if (!split_lengths(m, in, count, size, lengths, parts)) return false;
  if (value->axes[axis] == 0 && parts > 1) {
    split_channels(m, value, axis, lengths, parts, out);
    return true;
  }
  for (int i = 0; i < parts; at += lengths[i++]) {
    int64_t before[MAX_TENSOR_RANK] = {0}, after[MAX_TENSOR_RANK] = {0};
    before[axis] = at;
    after[axis] = size - at - lengths[i];
    out[i] = cropped(m, value, before, after);
    if (!out[i]) return false;
  }
  return true;
}

/* The axes in which all inputs meet: in the order of the first layer, with those that another has and this one has not. */
bool map_concat(Importer *m, const Value *const *in, int count, Value **out) {
  static const char *const words[] = {"channels", "height", "width"};
  int axes[MAX_TENSOR_RANK], places[MAX_TENSOR_RANK], points = 0, rank = in[0]->rank;
  int axis = normal_axis(m, int_attribute(m, "axis", m->model->opset < 4 ? 1 : rank), rank);
  if (axis < 0) return false;
  const Size *sizes[MAX_TENSOR_RANK], *result[MAX_CNN_RANK];
  for (int k = 0; k < count; k++) {
    if (!in[k] || in[k]->rank != rank) return refuse(m, "its inputs have different numbers of sizes");
    if (is_constant(in[k])) return refuse(m, "its input `%s` is a constant", shown_name(m->arena, in[k]->name));
    if (in[k]->axes[axis] == AXIS_BATCH) return refuse(m, "it would mix the samples of the batch");
  }
  for (int i = 0; i < rank; i++) {
    bool matters = i == axis;
    for (int k = 0; k < count; k++) {
      matters |= in[k]->axes[i] != AXIS_BATCH && !size_is(in[k]->sizes[i], 1);
      if (i != axis && !size_equal(in[k]->sizes[i], in[0]->sizes[i])) return refuse(m, "its inputs differ in axis %d", i);
    }
    sizes[i] = in[0]->sizes[i];
    places[i] = in[0]->axes[i] == AXIS_BATCH ? AXIS_BATCH : AXIS_NONE;
    if (matters && points < MAX_TENSOR_RANK) axes[points++] = i;
  }
  /* As the first one has them, where that is all of them. */
  int own[MAX_TENSOR_RANK], owned = axes_in_layer_order(in[0], own), covered = 0;
  for (int i = 0; i < points; i++)
    for (int k = 0; k < owned; k++) covered += own[k] == axes[i];
  if (covered == points) memcpy(axes, own, (size_t)(points = owned) * sizeof *own);
  if (points > MAX_CNN_RANK) return refuse(m, "its inputs have more than three sizes");
  for (int k = 1; k < count; k++) sizes[axis] = size_add(m->arena, sizes[axis], in[k]->sizes[axis]);
  for (int i = 0; i < points; i++) {
    result[i] = sizes[axes[i]];
    places[axes[i]] = i;
  }
  Layer **inputs = ARENA_ARRAY(m->arena, Layer *, (size_t)count);
  for (int k = 0; k < count; k++)
    if (!(inputs[k] = arrange(m, in[k], axes, points))) return false;
  Layer *layer = add_layer(&m->net, "concat", m->node, points, result);
  for (int k = 0; k < count; k++) add_input(&m->net, layer, inputs[k]);
  if (count == 1) layer = inputs[0];
  else if (places[axis]) add_attribute(&m->net, layer, "axis", "%s", words[points == 2 ? 2 : places[axis]]);
  out[0] = tensor_value(m, layer, rank, sizes, places);
  return true;
}

typedef struct PadNumbers {
  int64_t before[MAX_TENSOR_RANK], after[MAX_TENSOR_RANK];
  double value;
  const char *mode;
} PadNumbers;

/* pads, value, axes: inputs since opset 11 and 18, attributes before. */
static bool read_pads(Importer *m, const Value *const *in, int count, int rank, PadNumbers *p) {
  int64_t pads[MAX_TENSOR_RANK * 2], axes[MAX_TENSOR_RANK * 2];
  int length, given;
  const char *mode = string_attribute(m, "mode", "constant");
  p->mode = !strcmp(mode, "constant")  ? "zeros"
            : !strcmp(mode, "reflect") ? "reflect"
            : !strcmp(mode, "edge")    ? "replicate"
            : !strcmp(mode, "wrap")    ? "circular"
                                       : NULL;
  if (!p->mode) return refuse(m, "its attribute mode is `%s`", shown_name(m->arena, mode));
  p->value = count < 2 ? float_attribute(m, "value", 0) : 0;
  if (count > 2 && in[2] && (!is_constant(in[2]) || !is_single_number(in[2], &p->value)))
    return refuse(m, "its value is not a constant number");
  if (!numbers_of(m, count > 1 ? in[1] : NULL, "pads", pads, &length) || !numbers_of(m, count > 3 ? in[3] : NULL, NULL, axes, &given))
    return false;
  int padded = given < 0 ? rank : given;
  if (padded > rank || length != 2 * padded) return refuse(m, "it has %d pads for %d axes", length, padded);
  for (int i = 0; i < rank; i++) p->before[i] = p->after[i] = 0;
  for (int i = 0; i < padded; i++) {
    int axis = given < 0 ? i : normal_axis(m, axes[i], rank);
    if (axis < 0) return false;
    if (pads[i] < -INT32_MAX || pads[i] > INT32_MAX || pads[i + padded] < -INT32_MAX || pads[i + padded] > INT32_MAX)
      return refuse(m, "its pads are too large");
    p->before[axis] = pads[i];
    p->after[axis] = pads[i + padded];
  }
  return true;
}

static Value *padded(Importer *m, const Value *value, const PadNumbers *p) {
  Value *result = value_like(m, value, value->layer);
  const Size *sizes[MAX_CNN_RANK];
  bool any = false, pixels = true;
  int axes[MAX_TENSOR_RANK], count = axes_in_layer_order(value, axes);
  for (int i = 0; i < value->rank; i++) {
    if (!p->before[i] && !p->after[i]) continue;
    any = true;
    if (value->axes[i] == AXIS_BATCH) refuse(m, "it would add to the samples of the batch");
    else if (value->axes[i] < 0) refuse(m, "axis %d is none of a tensor of ours", i);
    if (value->axes[i] == 0) pixels = false;
    result->sizes[i] = size_add_int(m->arena, value->sizes[i], p->before[i] + p->after[i]);
  }
  if (m->refused || !any) return m->refused ? NULL : result;
  for (int k = 0; k < value->layer->rank; k++) sizes[k] = value->layer->sizes[k];
  for (int k = 0; k < count; k++) sizes[value->axes[axes[k]]] = result->sizes[axes[k]];
  Layer *layer = add_layer(&m->net, "pad", m->node, value->layer->rank, sizes);
  add_input(&m->net, layer, value->layer);
  for (int i = 0; i < count; i++) {
    int k = value->axes[axes[(i + 1) % count]], axis = axes[(i + 1) % count];
    add_margin(m, layer, k, p->before[axis], p->after[axis]);
    if (k) layer->margins[layer->rank == 2 ? 1 : k - 1] = p->before[axis], layer->margins[layer->rank == 2 ? 3 : k + 1] = p->after[axis];
  }
  if (strcmp(p->mode, "zeros")) add_attribute(&m->net, layer, "mode", "%s", p->mode);
  else if (p->value != 0) add_attribute(&m->net, layer, "value", "%s", number_text(m->arena, p->value));
  layer->only_margins = pixels && !strcmp(p->mode, "zeros") && p->value == 0;
  result->layer = layer;
  return result;
}

/* Negative pads cut off. */
bool map_pad(Importer *m, const Value *const *in, int count, Value **out) {
  PadNumbers p;
  int64_t before[MAX_TENSOR_RANK] = {0}, after[MAX_TENSOR_RANK] = {0};
  double value = 0;
  bool single = count == 3 && in[2] && is_constant(in[2]) && is_single_number(in[2], &value);
  if (single && isinf(value) && value < 0 && !strcmp(string_attribute(m, "mode", "constant"), "constant")) {
    out[0] = infinite_pad(m, in[0], in[1]);
    return out[0] != NULL;
  }
  if (!read_pads(m, in, count, in[0]->rank, &p)) return false;
  if (!isfinite(p.value)) return refuse(m, "its value is not finite");
  for (int i = 0; i < in[0]->rank; i++) {
    if (p.before[i] < 0) before[i] = -p.before[i], p.before[i] = 0;
    if (p.after[i] < 0) after[i] = -p.after[i], p.after[i] = 0;
  }
  const Value *part = cropped(m, in[0], before, after);
  out[0] = part ? padded(m, part, &p) : NULL;
  return out[0] != NULL;
}
