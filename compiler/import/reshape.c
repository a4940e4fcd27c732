/* reshape.c - the same numbers in other sizes: often the same layer seen with other axes, sometimes a flatten or a reshape,
 * and in pairs with a transpose a shuffle of channels or pixels. */
#include <string.h>
#include "import/importer.h"

/* The axes whose size is not 1, without the batch. */
static int significant_axes(const Value *value, int *axes) {
  int count = 0;
  for (int i = 0; i < value->rank; i++)
    if (value->axes[i] != AXIS_BATCH && !size_is(value->sizes[i], 1)) axes[count++] = i;
  return count;
}

static int significant_sizes(const Size *const *sizes, int rank, int *axes) {
  int count = 0;
  for (int i = 0; i < rank; i++)
    if (!size_is(sizes[i], 1)) axes[count++] = i;
  return count;
}

/* Axes of the tensor that new sizes become: without a leading 1 and, if these are too many, without any 1. */
static int tensor_axes(const Size *const *sizes, int rank, int *axes) {
  int count = 0;
  for (int i = rank > 1 && size_is(sizes[0], 1); i < rank; i++) axes[count++] = i;
  return count > MAX_CNN_RANK ? significant_sizes(sizes, rank, axes) : count;
}

static bool keeps_batch(Importer *m, const Value *value, int rank, const Size *const *sizes) {
  int batch = batch_axis(value);
  if (batch < 0) return true;
  if (batch > 0 || rank < 1 || !size_is(sizes[0], 1)) return refuse(m, "it would mix the samples of the batch");
  return true;
}

static Value *spread_value(Importer *m, const Value *value, int rank, const Size *const *sizes) {
  int axes[MAX_TENSOR_RANK];
  for (int i = 0; i < rank; i++) axes[i] = i;
  Value *result = tensor_value(m, value->layer, rank, sizes, axes);
  result->spread = value;
  memcpy(result->spread_sizes, sizes, (size_t)rank * sizeof *sizes);
  return result;
}

Value *reshape_value(Importer *m, const Value *value, int rank, const Size *const *sizes) {
  int old[MAX_TENSOR_RANK], new[MAX_TENSOR_RANK], places[MAX_TENSOR_RANK];
  int old_count = significant_axes(value, old), new_count = significant_sizes(sizes, rank, new);
  if (!keeps_batch(m, value, rank, sizes)) return NULL;
  for (int i = 0; i < rank; i++) places[i] = AXIS_NONE;
  if (batch_axis(value) == 0) places[0] = AXIS_BATCH;
  bool same = old_count == new_count;
  for (int i = 0; same && i < old_count; i++) same = size_equal(value->sizes[old[i]], sizes[new[i]]);
  if (same) {
    for (int i = 0; i < old_count; i++) places[new[i]] = value->axes[old[i]];
    return tensor_value(m, value->layer, rank, sizes, places);
  }
  if (new_count > MAX_CNN_RANK) return spread_value(m, value, rank, sizes);
  Layer *layer = arrange(m, value, old, old_count);
  const Size *result[MAX_CNN_RANK];
  if (!layer) return NULL;
  int count = tensor_axes(sizes, rank, new);
  for (int i = 0; i < count; i++) {
    result[i] = sizes[new[i]];
    places[new[i]] = i;
  }
  Layer *shaped = reshape_layer(m, layer, result, count);
  return shaped ? tensor_value(m, shaped, rank, sizes, places) : NULL;
}

/* The factor r of sizes that stand at two places of a spread. 0: they are no equal numbers. */
static int64_t factor_at(const Value *value, int a, int b) {
  int64_t first, second;
  bool numbers = size_is_const(value->spread_sizes[a], &first) && size_is_const(value->spread_sizes[b], &second);
  return numbers && first == second ? first : 0;
}

static bool has_order(const Value *value, const int *order, int rank) {
  return value->rank == rank && !memcmp(value->axes, order, (size_t)rank * sizeof *order);
}

static bool has_sizes(const Size *const *sizes, int rank, const Size *c, const Size *h, const Size *w) {
  return rank == 4 && size_is(sizes[0], 1) && size_equal(sizes[1], c) && size_equal(sizes[2], h) && size_equal(sizes[3], w);
}

static Value *shuffled(Importer *m, const Value *value, const char *op, int64_t factor, int rank, const Size *const *sizes) {
  Layer *input = arrange_sample(m, value->spread, 3, 4);
  if (!input) return NULL;
  Layer *layer = add_layer(&m->net, op, m->node, rank - 1, sizes + 1);
  add_input(&m->net, layer, input);
  add_attribute(&m->net, layer, NULL, "%lld", (long long)factor);
  int axes[] = {value->spread->axes[0] == AXIS_BATCH ? AXIS_BATCH : AXIS_NONE, 0, 1, 2};
  return tensor_value(m, layer, rank, sizes, axes);
}

/* Reshape, transpose, reshape. NULL: refused. */
static Value *gather_spread(Importer *m, const Value *value, int rank, const Size *const *sizes) {
  static const int channels[] = {0, 2, 1, 3, 4}, pixels[] = {0, 1, 4, 2, 5, 3}, back[] = {0, 1, 3, 5, 2, 4}, blocks[] = {0, 3, 4, 1, 5, 2};
  const Size *const *was = value->spread_sizes;
  const Value *from = value->spread;
  Arena *a = m->arena;
  bool straight = true;
  for (int i = 0; i < value->rank; i++) straight &= value->axes[i] == i;
  if (straight) return reshape_value(m, from, rank, sizes);
  int64_t groups;
  if (has_order(value, channels, 5) && size_is_const(was[1], &groups) &&
      has_sizes(sizes, rank, size_mul(a, was[1], was[2]), was[3], was[4]) && from->rank == 4 && size_equal(from->sizes[1], sizes[1]))
    return shuffled(m, value, "channel_shuffle", groups, rank, sizes);
  if (has_order(value, pixels, 6)) {
    int64_t r = factor_at(value, 2, 3);
    if (r && has_sizes(sizes, rank, was[1], size_mul_int(a, was[4], r), size_mul_int(a, was[5], r)) && from->rank == 4)
      return shuffled(m, value, "pixel_shuffle", r, rank, sizes);
  }
  if (has_order(value, blocks, 6)) {
    int64_t r = factor_at(value, 1, 2);
    if (r && has_sizes(sizes, rank, was[3], size_mul_int(a, was[4], r), size_mul_int(a, was[5], r)) && from->rank == 4)
      return depth_to_space(m, from, r, true);
  }
  if (has_order(value, back, 6)) {
    int64_t r = factor_at(value, 3, 5);
    if (r && has_sizes(sizes, rank, size_mul_int(a, was[1], r * r), was[2], was[4]) && from->rank == 4)
      return shuffled(m, value, "pixel_unshuffle", r, rank, sizes);
  }
  refuse(m, "it and the nodes before it reorder more than three sizes in a way that cnnc does not know");
  return NULL;
}

/* What is left over for the size -1: sizes on both sides cancel out, and the others must divide. NULL: they do not. */
static const Size *left_over(Importer *m, const Value *value, const Size *const *sizes, int count, int open) {
  const Size *all = size_one(), *given = size_one();
  bool cancelled[MAX_TENSOR_RANK * 2] = {false};
  for (int i = 0; i < value->rank; i++) {
    int k = 0;
    while (k < count && (k == open || cancelled[k] || !size_equal(value->sizes[i], sizes[k]))) k++;
    if (k < count) cancelled[k] = true;
    else all = size_mul(m->arena, all, value->sizes[i]);
  }
  for (int k = 0; k < count; k++)
    if (k != open && !cancelled[k]) given = size_mul(m->arena, given, sizes[k]);
  int64_t divisor;
  if (size_is_const(given, &divisor)) return size_floor_div(m->arena, all, divisor);
  /* What varies on both sides in the same way, such as H W in H (W C), leaves a number. */
  const SizeSample least = {.count = 0};
  int64_t ratio = size_at(all, &least) / size_at(given, &least);
  return size_equal(size_mul_int(m->arena, given, ratio), all) ? size_of(m->arena, ratio) : NULL;
}

/* The sizes that a Reshape asks for: 0 copies, -1 is what is left over. */
static bool wanted_sizes(Importer *m, const Value *value, const Size **sizes, int count) {
  bool zero_is_zero = int_attribute(m, "allowzero", 0) != 0;
  int open = -1;
  const Size *all = size_one(), *given = size_one();
  for (int i = 0; i < value->rank; i++) all = size_mul(m->arena, all, value->sizes[i]);
  for (int i = 0; i < count; i++) {
    if (size_is(sizes[i], 0) && !zero_is_zero && i < value->rank) sizes[i] = value->sizes[i];
    /* The fixed size of a batch, whose samples come one by one. */
    if (i == 0 && m->batch_size > 1 && batch_axis(value) == 0 && size_is(sizes[0], m->batch_size)) sizes[0] = size_one();
    if (size_is(sizes[i], -1) && open < 0) open = i;
    else given = size_mul(m->arena, given, sizes[i]);
    if (open != i && size_minimum(sizes[i]) < 1) return refuse(m, "its shape has the size %s", size_text(m->arena, sizes[i]));
  }
  if (open >= 0) {
    if (!(sizes[open] = left_over(m, value, sizes, count, open)))
      return refuse_varying(m, "what is left over for its size -1 depends on several sizes that vary");
    given = size_mul(m->arena, given, sizes[open]);
  }
  if (size_equal(given, all)) return true;
  return refuse(m, "its shape has %s numbers and its input %s", size_text(m->arena, given), size_text(m->arena, all));
}

bool map_reshape(Importer *m, const Value *const *in, int count, Value **out) {
  const Size *sizes[MAX_TENSOR_RANK * 2];
  int rank;
  if (!integers_of(m, count > 1 ? in[1] : NULL, "shape", sizes, &rank)) return false;
  if (rank < 0) return refuse(m, "it has no shape");
  if (rank > MAX_TENSOR_RANK) return refuse(m, "its shape has %d sizes", rank);
  if (!wanted_sizes(m, in[0], sizes, rank)) return false;
  out[0] = in[0]->spread ? gather_spread(m, in[0], rank, sizes) : reshape_value(m, in[0], rank, sizes);
  return out[0] != NULL;
}

/* All axes before `axis` as one, and all from it on. */
bool map_flatten(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const Value *value = in[0];
  int64_t axis = int_attribute(m, "axis", 1);
  if (axis < 0) axis += value->rank;
  if (axis < 0 || axis > value->rank) return refuse(m, "there is no axis %lld in %d sizes", (long long)axis, value->rank);
  const Size *sizes[2] = {size_one(), size_one()};
  for (int i = 0; i < value->rank; i++) sizes[i >= axis] = size_mul(m->arena, sizes[i >= axis], value->sizes[i]);
  out[0] = reshape_value(m, value, 2, sizes);
  return out[0] != NULL;
}

bool map_transpose(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const Value *value = in[0];
  const int64_t *perm;
  int length = value->rank;
  bool given = ints_attribute(m, "perm", &perm, &length), seen[MAX_TENSOR_RANK] = {false};
  if (length != value->rank) return refuse(m, "its attribute perm has %d numbers for %d sizes", length, value->rank);
  Value *result = value_like(m, value, value->layer);
  for (int i = 0; i < length; i++) {
    int from = given ? normal_axis(m, perm[i], length) : length - 1 - i;
    if (from < 0) return false;
    if (seen[from]) return refuse(m, "its attribute perm names axis %d twice", from);
    seen[from] = true;
    result->axes[i] = value->axes[from];
    result->sizes[i] = value->sizes[from];
  }
  out[0] = result;
  return true;
}

static bool read_axes(Importer *m, const Value *const *in, int count, int rank, bool *marked, bool *given) {
  int64_t axes[MAX_TENSOR_RANK * 2];
  int length;
  if (!numbers_of(m, count > 1 ? in[1] : NULL, "axes", axes, &length)) return false;
  *given = length >= 0;
  memset(marked, 0, MAX_TENSOR_RANK * sizeof *marked);
  for (int i = 0; i < length; i++) {
    int axis = normal_axis(m, axes[i], rank);
    if (axis < 0) return false;
    if (marked[axis]) return refuse(m, "its axes name %d twice", axis);
    marked[axis] = true;
  }
  return true;
}

bool map_squeeze(Importer *m, const Value *const *in, int count, Value **out) {
  const Value *value = in[0];
  bool marked[MAX_TENSOR_RANK], given;
  if (!read_axes(m, in, count, value->rank, marked, &given)) return false;
  Value *result = value_like(m, value, value->layer);
  result->rank = 0;
  for (int i = 0; i < value->rank; i++) {
    bool one = size_is(value->sizes[i], 1), gone = given ? marked[i] : one && value->axes[i] != AXIS_BATCH;
    if (gone && !one) return refuse(m, "axis %d has the size %s, not 1", i, size_text(m->arena, value->sizes[i]));
    if (gone && value->axes[i] == AXIS_BATCH) return refuse(m, "it would take the batch away");
    if (gone) continue;
    result->axes[result->rank] = value->axes[i];
    result->sizes[result->rank++] = value->sizes[i];
  }
  out[0] = result;
  return true;
}

bool map_unsqueeze(Importer *m, const Value *const *in, int count, Value **out) {
  const Value *value = in[0];
  bool marked[MAX_TENSOR_RANK], given;
  int64_t axes[MAX_TENSOR_RANK * 2];
  int length = 0;
  if (!numbers_of(m, count > 1 ? in[1] : NULL, "axes", axes, &length)) return false;
  int rank = value->rank + (length < 0 ? 0 : length), from = 0;
  if (rank > MAX_TENSOR_RANK) return refuse(m, "it makes %d sizes", rank);
  if (!read_axes(m, in, count, rank, marked, &given)) return false;
  Value *result = value_like(m, value, value->layer);
  result->rank = rank;
  for (int i = 0; i < rank; i++) {
    result->axes[i] = marked[i] ? AXIS_NONE : value->axes[from];
    result->sizes[i] = marked[i] ? size_one() : value->sizes[from];
    from += !marked[i];
  }
  out[0] = result;
  return true;
}

/* Its sizes, which are known now. */
bool map_shape(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const Value *value = in[0];
  int64_t start = int_attribute(m, "start", 0), end = int_attribute(m, "end", value->rank);
  if (start < 0) start += value->rank;
  if (end < 0) end += value->rank;
  start = start < 0 ? 0 : start > value->rank ? value->rank : start;
  end = end < start ? start : end > value->rank ? value->rank : end;
  const Size *length = size_of(m->arena, end - start);
  Value *shape = empty_constant(m, TENSOR_I64, 1, &length);
  const Size **sizes = ARENA_ARRAY(m->arena, const Size *, MAX_TENSOR_RANK);
  memcpy(sizes, value->sizes + start, (size_t)(end - start) * sizeof *sizes);
  shape->integers = sizes;
  out[0] = shape;
  return true;
}

bool map_size(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const Size **product = ARENA_ARRAY(m->arena, const Size *, 1);
  product[0] = size_one();
  for (int i = 0; i < in[0]->rank; i++) product[0] = size_mul(m->arena, product[0], in[0]->sizes[i]);
  out[0] = empty_constant(m, TENSOR_I64, 0, NULL);
  out[0]->integers = product;
  return true;
}
