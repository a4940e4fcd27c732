/* value.c - the values of a model: constants, and layers' outputs seen with ONNX's axes. */
#include <math.h>
#include <string.h>
#include "import/importer.h"
#include "support/checked.h"

bool is_constant(const Value *value) { return value->kind == VALUE_CONSTANT; }

int64_t value_elements(const Value *value) {
  int64_t elements = 1, size;
  for (int i = 0; i < value->rank; i++)
    if (!size_is_const(value->sizes[i], &size) || !checked_mul(elements, size, &elements)) return -1;
  return elements;
}

double number_at(const Value *constant, int64_t i) {
  int64_t number = 0;
  if (constant->tensor) return tensor_element(constant->tensor, i);
  if (constant->numbers) return constant->numbers[i];
  return size_is_const(constant->integers[i], &number) ? (double)number : NAN;
}

const Size *integer_at(Importer *m, const Value *constant, int64_t i) {
  if (constant->integers) return constant->integers[i];
  double number = number_at(constant, i), limit = (double)SIZE_LIMIT;
  if (!(number > -limit)) return size_of(m->arena, -SIZE_LIMIT);
  return size_of(m->arena, number < limit ? (int64_t)number : SIZE_LIMIT);
}

bool is_single_number(const Value *constant, double *number) {
  int64_t elements = value_elements(constant), ignored;
  if (elements < 1) return false;
  if (constant->integers && !size_is_const(constant->integers[0], &ignored)) return false;
  *number = number_at(constant, 0);
  for (int64_t i = 1; i < elements; i++)
    if (!(number_at(constant, i) == *number)) return false;
  return true;
}

float *float_array(Importer *m, int64_t count) { return ARENA_ARRAY(m->arena, float, (size_t)count); }

static Value *new_value(Importer *m, ValueKind kind, TensorDType dtype, int rank, const Size *const *sizes) {
  Value *value = ARENA_NEW(m->arena, Value);
  value->kind = kind;
  value->dtype = dtype;
  value->rank = rank;
  value->name = "";
  for (int i = 0; i < rank; i++) value->sizes[i] = sizes[i];
  return value;
}

Value *empty_constant(Importer *m, TensorDType dtype, int rank, const Size *const *sizes) {
  return new_value(m, VALUE_CONSTANT, dtype, rank, sizes);
}

/* Models compute small shapes, and a few numbers of each weight where these are standardized; one that asks for much more
 * than the file holds is a bomb. */
bool may_fold(Importer *m, int64_t elements) {
  enum { ALWAYS = 1 << 20 };
  int64_t bytes, most = ALWAYS + 16 * m->options->file_bytes;
  if (elements < 0 || !checked_mul(elements, 8, &bytes) || bytes > most - m->folded)
    return refuse(m, "the constants that it makes are larger than sixteen times the file");
  m->folded += bytes;
  return true;
}

double *constant_numbers(Importer *m, Value *value) {
  int64_t elements = value_elements(value);
  if (!may_fold(m, elements)) return NULL;
  double *numbers = ARENA_ARRAY(m->arena, double, (size_t)elements);
  value->numbers = numbers;
  return numbers;
}

Value *tensor_value(Importer *m, Layer *layer, int rank, const Size *const *sizes, const int *axes) {
  Value *value = new_value(m, VALUE_TENSOR, TENSOR_F32, rank, sizes);
  value->layer = layer;
  memcpy(value->axes, axes, (size_t)rank * sizeof *axes);
  return value;
}

Value *value_like(Importer *m, const Value *value, Layer *layer) {
  Value *copy = ARENA_NEW(m->arena, Value);
  *copy = *value;
  copy->layer = layer;
  return copy;
}

int value_uses(const Importer *m, const Value *value) {
  const int *count = find_name(&m->counts, value->name);
  return count ? *count : 0;
}

int batch_axis(const Value *value) {
  for (int i = 0; i < value->rank; i++)
    if (value->axes[i] == AXIS_BATCH) return i;
  return -1;
}

/* An earlier view of the layer that is the same. */
static Layer *find_view(const Layer *layer, const char *op, const char *attribute) {
  for (const LayerView *view = layer->views; view; view = view->next) {
    const Layer *other = view->layer;
    const char *value = other->attributes_count ? other->attributes[0].value : "";
    if (!strcmp(other->op, op) && !strcmp(value, attribute)) return view->layer;
  }
  return NULL;
}

/* name: of the attribute, NULL if it is positional; attribute "": there is none. */
static Layer *view_layer(Importer *m, Layer *input, const char *op, const char *name, const char *attribute, int rank,
                         const Size *const *sizes) {
  Layer *found = find_view(input, op, attribute);
  if (found) return found;
  Layer *layer = add_layer(&m->net, op, m->node, rank, sizes);
  if (*attribute) add_attribute(&m->net, layer, name, "%s", attribute);
  add_input(&m->net, layer, input);
  LayerView *view = ARENA_NEW(m->arena, LayerView);
  *view = (LayerView){layer, input->views};
  input->views = view;
  return layer;
}

/* "[64, -1, 7]": one size may vary. NULL: several do. */
static const char *shape_text(Importer *m, const Size *const *sizes, int rank) {
  Text text = text_new(m->arena);
  bool open = false;
  for (int i = 0; i < rank; i++) {
    int64_t size;
    bool number = size_is_const(sizes[i], &size);
    if (!number && open) return NULL;
    open |= !number;
    text_addf(&text, "%s%lld", i ? ", " : "[", number ? (long long)size : -1LL);
  }
  text_add(&text, "]");
  return text_string(&text);
}

static bool same_sizes(const Layer *layer, const Size *const *sizes, int rank) {
  if (layer->rank != rank) return false;
  for (int i = 0; i < rank; i++)
    if (!size_equal(layer->sizes[i], sizes[i])) return false;
  return true;
}

/* order: of all axes of the layer, with those of size 1 at any place. */
static Layer *permuted(Importer *m, Layer *layer, const int *order) {
  const Size *sizes[MAX_CNN_RANK];
  bool moved = false;
  int last = -1;
  for (int i = 0; i < layer->rank; i++) {
    sizes[i] = layer->sizes[order[i]];
    if (size_is(sizes[i], 1)) continue;
    moved |= order[i] < last;
    last = order[i];
  }
  if (!moved) return layer;
  Text text = text_new(m->arena);
  for (int i = 0; i < layer->rank; i++) text_addf(&text, "%s%d", i ? ", " : "[", order[i]);
  text_add(&text, "]");
  return view_layer(m, layer, "permute", NULL, text_string(&text), layer->rank, sizes);
}

Layer *reshape_layer(Importer *m, Layer *layer, const Size *const *sizes, int count) {
  const Size *const single[] = {size_one()};
  if (!count) return reshape_layer(m, layer, single, 1); /* a number alone is a vector of one */
  /* A vector of what was turned around for that alone: one flatten in the other order. */
  bool turned = count == 1 && layer->op && !strcmp(layer->op, "permute") && !strcmp(layer->attributes[0].value, "[1, 2, 0]");
  if (turned) return view_layer(m, layer->inputs[0], "flatten", "order", "hwc", 1, sizes);
  if (same_sizes(layer, sizes, count)) return layer;
  if (count == 1) return view_layer(m, layer, "flatten", NULL, "", 1, sizes);
  const char *shape = shape_text(m, sizes, count);
  if (shape) return view_layer(m, layer, "reshape", NULL, shape, count, sizes);
  refuse_varying(m, "it needs a reshape to several sizes that vary");
  return NULL;
}

Layer *arrange(Importer *m, const Value *value, const int *axes, int count) {
  int order[MAX_CNN_RANK], used = 0;
  bool taken[MAX_CNN_RANK] = {false};
  const Size *sizes[MAX_CNN_RANK];
  if (value->spread) {
    refuse(m, "its input is reshaped to more sizes than cnnc's tensors have");
    return NULL;
  }
  for (int i = 0; i < count; i++) {
    int axis = value->axes[axes[i]];
    sizes[i] = value->sizes[axes[i]];
    if (axis == AXIS_BATCH) refuse(m, "it would mix the samples of the batch (axis %d)", axes[i]);
    if (axis < 0) continue;
    order[used++] = axis;
    taken[axis] = true;
  }
  for (int axis = 0; axis < value->layer->rank; axis++) {
    if (taken[axis]) continue;
    order[used++] = axis;
    if (!size_is(value->layer->sizes[axis], 1))
      refuse(m, "one axis of its input, of size %s, would have to be the batch", size_text(m->arena, value->layer->sizes[axis]));
  }
  return m->refused ? NULL : reshape_layer(m, permuted(m, value->layer, order), sizes, count);
}

Layer *arrange_sample(Importer *m, const Value *value, int least_rank, int most_rank) {
  static const int axes[] = {1, 2, 3};
  if (value->rank < least_rank || value->rank > most_rank) {
    refuse(m, "its input has %d sizes; cnnc computes it for %d%s", value->rank, least_rank, most_rank > least_rank ? " or more" : "");
    return NULL;
  }
  return arrange(m, value, axes, value->rank - 1);
}

int axes_in_layer_order(const Value *value, int *axes) {
  int count = 0;
  for (int axis = 0; axis < value->layer->rank; axis++)
    for (int i = 0; i < value->rank; i++)
      if (value->axes[i] == axis) axes[count++] = i;
  return count;
}

Layer *same_layer(Importer *m, const char *op, Layer *input) {
  Layer *layer = add_layer(&m->net, op, m->node, input->rank, input->sizes);
  add_input(&m->net, layer, input);
  return layer;
}

Value *unary(Importer *m, const char *op, const Value *value) { return value_like(m, value, same_layer(m, op, value->layer)); }

bool broadcast_sizes(Importer *m, const Value *a, const Value *b, int *rank, const Size **sizes) {
  *rank = a->rank > b->rank ? a->rank : b->rank;
  for (int i = 0; i < *rank; i++) {
    int of_a = i - (*rank - a->rank), of_b = i - (*rank - b->rank);
    const Size *first = of_a < 0 ? size_one() : a->sizes[of_a], *second = of_b < 0 ? size_one() : b->sizes[of_b];
    if (!size_is(first, 1) && !size_is(second, 1) && !size_equal(first, second))
      return refuse(m, "its inputs have the sizes %s and %s in axis %d", size_text(m->arena, first), size_text(m->arena, second), i);
    sizes[i] = size_is(first, 1) ? second : first;
  }
  return true;
}

Spreading spreading(Importer *m, const Value *constant, const Value *value, const float **numbers) {
  double single;
  int along = -1; /* axis of the value */
  if (constant->rank > value->rank) {
    for (int i = 0; i < constant->rank - value->rank; i++)
      if (!size_is(constant->sizes[i], 1)) return SPREAD_LARGER;
  }
  int varying = 0;
  for (int i = 0; i < constant->rank; i++) {
    int axis = i + value->rank - constant->rank;
    if (size_is(constant->sizes[i], 1)) continue;
    if (axis < 0 || !size_equal(constant->sizes[i], value->sizes[axis])) return SPREAD_LARGER;
    along = axis;
    varying++;
  }
  if (is_single_number(constant, &single)) return SPREAD_SINGLE;
  if (varying != 1 || value->axes[along] != 0) return SPREAD_ANY;
  int64_t count = value_elements(constant);
  float *all = float_array(m, count);
  for (int64_t i = 0; i < count; i++) all[i] = (float)number_at(constant, i);
  *numbers = all;
  return SPREAD_CHANNELS;
}

const Value *as_vector(Importer *m, const Value *value, const Value *constant, const float **numbers) {
  int64_t elements = value_elements(value);
  if (elements < 1 || value_elements(constant) != elements) return NULL;
  bool batched = value->rank && batch_axis(value) == 0;
  const Size *sizes[] = {size_one(), size_of(m->arena, elements)};
  const Value *vector = reshape_value(m, value, batched ? 2 : 1, sizes + !batched);
  float *all = float_array(m, elements);
  for (int64_t i = 0; i < elements; i++) all[i] = (float)number_at(constant, i);
  *numbers = all;
  return vector;
}

const float *weights_of(Importer *m, const Value *constant, const char *what) {
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

const int64_t *sizes_of(Importer *m, const Value *constant) {
  int64_t *sizes = ARENA_ARRAY(m->arena, int64_t, MAX_TENSOR_RANK);
  for (int i = 0; i < constant->rank; i++) sizes[i] = size_value(constant->sizes[i]);
  return sizes;
}
