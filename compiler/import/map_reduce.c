/* map_reduce.c - one number for several: sums, means and extremes along axes. */
#include <string.h>
#include "import/importer.h"

/* Which axes are reduced; all of them where none are named. Inputs since opset 13 (ReduceSum) or 18, attributes before. */
static bool read_axes(Importer *m, const Value *const *in, int count, int rank, bool *reduced) {
  int64_t axes[MAX_TENSOR_RANK * 2];
  int length;
  if (!numbers_of(m, count > 1 ? in[1] : NULL, "axes", axes, &length)) return false;
  bool none = int_attribute(m, "noop_with_empty_axes", 0) != 0;
  for (int i = 0; i < rank; i++) reduced[i] = length <= 0 && !none;
  for (int i = 0; i < length; i++) {
    int axis = normal_axis(m, axes[i], rank);
    if (axis < 0) return false;
    reduced[axis] = true;
  }
  return true;
}

const char *axis_word(const Layer *layer, const bool *reduced) {
  bool channels = reduced[0], height = layer->rank > 2 && reduced[1], width = layer->rank > 1 && reduced[layer->rank - 1];
  if (layer->rank == 1) return "channels";
  if (layer->rank == 2) return channels && width ? "all" : channels ? "channels" : "width";
  if (channels && height && width) return "all";
  if (height && width && !channels) return "pixels";
  if (channels && !height && !width) return "channels";
  if (height && !width && !channels) return "height";
  return width && !height && !channels ? "width" : NULL;
}

static Layer *reduce_layer(Importer *m, const char *op, Layer *input, const bool *reduced) {
  const char *word = axis_word(input, reduced);
  const Size *sizes[MAX_CNN_RANK];
  if (!word) { /* two of three: the first alone, then the other */
    bool first[MAX_CNN_RANK] = {reduced[0]}, rest[MAX_CNN_RANK] = {false, reduced[1], reduced[2]};
    return reduce_layer(m, op, reduce_layer(m, op, input, first), rest);
  }
  for (int k = 0; k < input->rank; k++) sizes[k] = reduced[k] ? size_one() : input->sizes[k];
  bool mean = !strcmp(op, "reduce_mean") && !strcmp(word, "pixels"), max = !strcmp(op, "reduce_max") && !strcmp(word, "pixels");
  Layer *layer = add_layer(&m->net, mean ? "global_avg_pool" : max ? "global_max_pool" : op, m->node, input->rank, sizes);
  add_input(&m->net, layer, input);
  if (!mean && !max) add_attribute(&m->net, layer, NULL, "%s", word);
  return layer;
}

static Value *reduce_value(Importer *m, const char *op, const Value *value, const bool *reduced, bool keep) {
  bool layers[MAX_CNN_RANK] = {false}, any = false;
  Value *result = value_like(m, value, value->layer);
  result->rank = 0;
  for (int i = 0; i < value->rank; i++) {
    if (reduced[i] && value->axes[i] == AXIS_BATCH) {
      refuse(m, "it would mix the samples of the batch");
      return NULL;
    }
    if (reduced[i] && value->axes[i] >= 0) layers[value->axes[i]] = any = true;
    if (reduced[i] && !keep) continue;
    result->axes[result->rank] = value->axes[i];
    result->sizes[result->rank++] = reduced[i] ? size_one() : value->sizes[i];
  }
  if (any) result->layer = reduce_layer(m, op, value->layer, layers);
  return result;
}

/* ReduceL2: the root of the sum of squares. What is done before and after is in the names. */
bool map_reduce(Importer *m, const Value *const *in, int count, Value **out) {
  static const struct {
    const char *name, *before, *op, *after;
  } rows[] = {{"ReduceSum", NULL, "reduce_sum", NULL},           {"ReduceMean", NULL, "reduce_mean", NULL},
              {"ReduceMax", NULL, "reduce_max", NULL},           {"ReduceMin", NULL, "reduce_min", NULL},
              {"ReduceL1", "abs", "reduce_sum", NULL},           {"ReduceL2", "square", "reduce_sum", "sqrt"},
              {"ReduceSumSquare", "square", "reduce_sum", NULL}, {"ReduceLogSum", NULL, "reduce_sum", "log"}};
  bool reduced[MAX_TENSOR_RANK], keep = int_attribute(m, "keepdims", 1) != 0;
  if (!read_axes(m, in, count, in[0]->rank, reduced)) return false;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (strcmp(rows[i].name, m->node->op_type)) continue;
    const Value *value = rows[i].before ? unary(m, rows[i].before, in[0]) : in[0];
    Value *result = reduce_value(m, rows[i].op, value, reduced, keep);
    if (!result) return false;
    out[0] = rows[i].after ? unary(m, rows[i].after, result) : result;
    return true;
  }
  return refuse(m, "cnnc has no counterpart of this operator");
}

/* The channel of the largest number. */
bool map_argmax(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const Value *value = in[0];
  int axis = normal_axis(m, int_attribute(m, "axis", 0), value->rank);
  bool keep = int_attribute(m, "keepdims", 1) != 0;
  if (axis < 0) return false;
  if (int_attribute(m, "select_last_index", 0))
    return refuse(m, "its attribute select_last_index is set; cnnc takes the first of equal ones");
  if (value->axes[axis] != 0) return refuse(m, "it is not along the channels (axis %d)", axis);
  const Size *sizes[MAX_CNN_RANK] = {size_one()};
  for (int k = 1; k < value->layer->rank; k++) sizes[k] = value->layer->sizes[k];
  Layer *layer = add_layer(&m->net, "argmax", m->node, value->layer->rank, sizes);
  add_input(&m->net, layer, value->layer);
  Value *result = value_like(m, value, layer);
  result->dtype = TENSOR_I64; /* as an output int32; nothing computes with it */
  result->sizes[axis] = size_one();
  for (int i = axis; i + 1 < result->rank && !keep; i++) {
    result->axes[i] = result->axes[i + 1];
    result->sizes[i] = result->sizes[i + 1];
  }
  if (!keep) result->rank--;
  out[0] = result;
  return true;
}
