/* fold_parts.c - parts, orders and shapes of constants. */
#include <math.h>
#include <string.h>
#include "import/fold.h"

/* The same elements with other sizes. */
static Value *as_shape(Importer *m, const Value *value, int rank, const Size *const *sizes) {
  Value *copy = value_like(m, value, NULL);
  copy->rank = rank;
  for (int i = 0; i < rank; i++) copy->sizes[i] = sizes[i];
  return copy;
}

static bool fold_axes(Importer *m, const Value *const *in, int count, int rank, bool *marked, int *length) {
  int64_t axes[MAX_TENSOR_RANK * 2];
  memset(marked, 0, MAX_TENSOR_RANK * sizeof *marked);
  if (!numbers_of(m, count > 1 ? in[1] : NULL, "axes", axes, length)) return false;
  if (rank < 0) rank = in[0]->rank + (*length > 0 ? *length : 0);
  if (rank > MAX_TENSOR_RANK) return refuse(m, "it makes %d sizes", rank);
  for (int i = 0; i < *length; i++) {
    int axis = normal_axis(m, axes[i], rank);
    if (axis < 0) return false;
    marked[axis] = true;
  }
  return true;
}

/* Reshape, Flatten, Squeeze, Unsqueeze: the numbers stay where they are. */
bool fold_reshape(Importer *m, const Value *const *in, int count, Value **out) {
  const char *op = m->node->op_type;
  const Value *value = in[0];
  const Size *sizes[MAX_TENSOR_RANK * 2];
  int rank = 0, length;
  bool marked[MAX_TENSOR_RANK];
  if (!strcmp(op, "Squeeze")) {
    if (!fold_axes(m, in, count, value->rank, marked, &length)) return false;
    for (int i = 0; i < value->rank; i++)
      if (length < 0 ? !size_is(value->sizes[i], 1) : !marked[i]) sizes[rank++] = value->sizes[i];
    for (int i = 0; i < value->rank; i++)
      if (marked[i] && !size_is(value->sizes[i], 1))
        return refuse(m, "axis %d has the size %s, not 1", i, size_text(m->arena, value->sizes[i]));
  } else if (!strcmp(op, "Unsqueeze")) {
    if (!fold_axes(m, in, count, -1, marked, &length)) return false;
    for (int i = 0, from = 0; i < value->rank + (length < 0 ? 0 : length); i++)
      sizes[rank++] = marked[i] ? size_one() : value->sizes[from++];
  } else {
    int64_t all = value_elements(value), given = 1, numbers[MAX_TENSOR_RANK * 2];
    int open = -1;
    bool zero_is_zero = int_attribute(m, "allowzero", 0) != 0;
    if (all < 0) return refuse_varying(m, "its input has a size that varies");
    if (!numbers_of(m, count > 1 ? in[1] : NULL, "shape", numbers, &rank)) return false;
    if (rank < 0 || rank > MAX_TENSOR_RANK) return refuse(m, "its shape has %d sizes", rank);
    for (int i = 0; i < rank; i++) {
      if (!numbers[i] && !zero_is_zero && i < value->rank) numbers[i] = size_value(value->sizes[i]);
      if (numbers[i] == -1) open = i;
      else if (numbers[i] < 1 || numbers[i] > all || given > all / numbers[i])
        return refuse(m, "its shape does not fit its %lld numbers", (long long)all);
      else given *= numbers[i];
    }
    if (open >= 0) numbers[open] = all / given;
    if (given * (open >= 0 ? numbers[open] : 1) != all) return refuse(m, "its shape does not fit its %lld numbers", (long long)all);
    for (int i = 0; i < rank; i++) sizes[i] = size_of(m->arena, numbers[i]);
  }
  out[0] = as_shape(m, value, rank, sizes);
  return true;
}

bool fold_transpose(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const Value *value = in[0];
  const int64_t *perm;
  const Size *sizes[MAX_TENSOR_RANK];
  int length = value->rank, from[MAX_TENSOR_RANK];
  int64_t strides[MAX_TENSOR_RANK], stride = 1;
  bool given = ints_attribute(m, "perm", &perm, &length);
  if (length != value->rank) return refuse(m, "its attribute perm has %d numbers for %d sizes", length, value->rank);
  for (int i = length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= size_value(value->sizes[i]);
  }
  for (int i = 0; i < length; i++) {
    from[i] = given ? normal_axis(m, perm[i], length) : length - 1 - i;
    if (from[i] < 0) return false;
    for (int k = 0; k < i; k++)
      if (from[k] == from[i]) return refuse(m, "its attribute perm names axis %d twice", from[i]);
    sizes[i] = value->sizes[from[i]];
  }
  Value *result = new_constant(m, value->dtype, length, sizes);
  for (int64_t i = 0, n = result ? value_elements(result) : 0; i < n; i++) {
    int64_t rest = i, at = 0;
    for (int k = length - 1; k >= 0; k--) {
      int64_t size = size_value(sizes[k]);
      at += rest % size * strides[from[k]];
      rest /= size;
    }
    copy_element(m, result, i, value, at);
  }
  if (result) result->name = value->name;
  out[0] = result;
  return result != NULL;
}

/* outer x size x inner elements around an axis. */
typedef struct Around {
  int64_t outer, size, inner;
} Around;

static Around around(const Value *value, int axis) {
  Around a = {1, size_value(value->sizes[axis]), 1};
  for (int i = 0; i < axis; i++) a.outer *= size_value(value->sizes[i]);
  for (int i = axis + 1; i < value->rank; i++) a.inner *= size_value(value->sizes[i]);
  return a;
}

/* The elements `indices` of an axis. */
static Value *taken(Importer *m, const Value *value, int axis, const int64_t *indices, int64_t count) {
  const Size *sizes[MAX_TENSOR_RANK];
  for (int i = 0; i < value->rank; i++) sizes[i] = i == axis ? size_of(m->arena, count) : value->sizes[i];
  Around a = around(value, axis);
  Value *result = new_constant(m, value->dtype, value->rank, sizes);
  for (int64_t o = 0; result && o < a.outer; o++)
    for (int64_t k = 0; k < count; k++)
      for (int64_t i = 0; i < a.inner; i++)
        copy_element(m, result, (o * count + k) * a.inner + i, value, (o * a.size + indices[k]) * a.inner + i);
  return result;
}

bool fold_gather(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const Value *value = in[0], *list = in[1];
  int axis = normal_axis(m, int_attribute(m, "axis", 0), value->rank);
  int64_t length = value_elements(list), size;
  if (axis < 0) return false;
  if (list->rank > 1 || length < 0 || length > 65536 || !size_is_const(value->sizes[axis], &size))
    return refuse(m, "its indices are no list");
  int64_t *indices = ARENA_ARRAY(m->arena, int64_t, (size_t)length);
  for (int64_t i = 0; i < length; i++) {
    indices[i] = (int64_t)number_at(list, i);
    if (indices[i] < 0) indices[i] += size;
    if (indices[i] < 0 || indices[i] >= size)
      return refuse(m, "its index %lld lies outside of %lld", (long long)number_at(list, i), (long long)size);
  }
  Value *result = taken(m, value, axis, indices, length);
  if (!result) return false;
  if (!list->rank) {
    for (int i = axis; i + 1 < result->rank; i++) result->sizes[i] = result->sizes[i + 1];
    result->rank--;
  }
  out[0] = result;
  return true;
}

bool fold_slice(Importer *m, const Value *const *in, int count, Value **out) {
  const Value *value = in[0];
  int64_t starts[MAX_TENSOR_RANK * 2], ends[MAX_TENSOR_RANK * 2], axes[MAX_TENSOR_RANK * 2], steps[MAX_TENSOR_RANK * 2];
  int length, end_count, axis_count, step_count;
  if (!numbers_of(m, count > 1 ? in[1] : NULL, "starts", starts, &length) ||
      !numbers_of(m, count > 2 ? in[2] : NULL, "ends", ends, &end_count) ||
      !numbers_of(m, count > 3 ? in[3] : NULL, "axes", axes, &axis_count) ||
      !numbers_of(m, count > 4 ? in[4] : NULL, "steps", steps, &step_count))
    return false;
  if (length < 0 || end_count != length || (axis_count >= 0 && axis_count != length) || (step_count >= 0 && step_count != length))
    return refuse(m, "its starts, ends, axes and steps are not equally many");
  Value *result = value_like(m, value, NULL);
  for (int k = 0; k < length; k++) {
    int axis = normal_axis(m, axis_count < 0 ? k : axes[k], value->rank);
    int64_t step = step_count < 0 ? 1 : steps[k], size, kept = 0;
    if (axis < 0) return false;
    if (!step || step == INT64_MIN || !size_is_const(result->sizes[axis], &size) || size > (1 << 24))
      return refuse(m, "it slices what is not known");
    int64_t first = starts[k] < 0 ? starts[k] + size : starts[k], last = ends[k] < 0 ? ends[k] + size : ends[k];
    int64_t least = step < 0 ? -1 : 0, most = step < 0 ? size - 1 : size;
    first = first < 0 ? (step < 0 ? -1 : 0) : first > most ? most : first;
    last = last < least ? least : last > size ? size : last;
    int64_t *indices = ARENA_ARRAY(m->arena, int64_t, (size_t)size + 1);
    for (int64_t i = first; (step > 0 ? i < last : i > last) && i >= 0 && i < size; i += step) indices[kept++] = i;
    result = taken(m, result, axis, indices, kept);
    if (!result) return false;
  }
  out[0] = result;
  return true;
}

bool fold_concat(Importer *m, const Value *const *in, int count, Value **out) {
  int axis = normal_axis(m, int_attribute(m, "axis", 0), in[0]->rank);
  int64_t total = 0, at = 0;
  const Size *sizes[MAX_TENSOR_RANK];
  if (axis < 0) return false;
  for (int k = 0; k < count; k++) {
    if (!in[k] || in[k]->rank != in[0]->rank || value_elements(in[k]) < 0) return refuse(m, "its inputs do not fit each other");
    for (int i = 0; i < in[k]->rank; i++)
      if (i != axis && !size_equal(in[k]->sizes[i], in[0]->sizes[i])) return refuse(m, "its inputs differ in axis %d", i);
    total += size_value(in[k]->sizes[axis]);
  }
  for (int i = 0; i < in[0]->rank; i++) sizes[i] = i == axis ? size_of(m->arena, total) : in[0]->sizes[i];
  Value *result = new_constant(m, in[0]->dtype, in[0]->rank, sizes);
  if (!result) return false;
  for (int64_t o = 0, outer = around(result, axis).outer; o < outer; o++)
    for (int k = 0; k < count; k++) {
      Around a = around(in[k], axis);
      for (int64_t i = 0; i < a.size * a.inner; i++) copy_element(m, result, at++, in[k], o * a.size * a.inner + i);
    }
  out[0] = result;
  return true;
}

/* One more number of those that become one: their sum, of themselves or of what the operator makes of each, or another. */
static double reduced_number(const char *op, double so_far, double number) {
  if (!strcmp(op, "ReduceProd")) return so_far * number;
  if (!strcmp(op, "ReduceMax")) return number > so_far ? number : so_far;
  if (!strcmp(op, "ReduceMin")) return number < so_far ? number : so_far;
  if (!strcmp(op, "ReduceL1")) return so_far + fabs(number);
  if (!strcmp(op, "ReduceL2") || !strcmp(op, "ReduceSumSquare")) return so_far + number * number;
  return so_far + number;
}

/* Numbers along the marked axes, such as those of weights that are standardized: each result from its inputs in their order. */
static bool reduce_numbers(Importer *m, const Value *value, const bool *marked, bool keep, Value **out) {
  const char *op = m->node->op_type;
  const Size *sizes[MAX_TENSOR_RANK];
  int64_t strides[MAX_TENSOR_RANK], stride = 1, elements = value_elements(value);
  int rank = 0;
  for (int i = value->rank - 1; i >= 0; i--) {
    strides[i] = marked[i] ? 0 : stride;
    if (!marked[i]) stride *= size_value(value->sizes[i]);
  }
  for (int i = 0; i < value->rank; i++)
    if (!marked[i] || keep) sizes[rank++] = marked[i] ? size_one() : value->sizes[i];
  if (elements < 1) return refuse(m, "it reduces a constant that is empty");
  if (value->integers) return refuse(m, "it computes of sizes what cnnc does not");
  if (!may_fold(m, elements)) return false;
  Value *result = empty_constant(m, TENSOR_F32, rank, sizes);
  double *numbers = constant_numbers(m, result), start = !strcmp(op, "ReduceProd") ? 1 : 0;
  if (!numbers) return false;
  if (!strcmp(op, "ReduceMax")) start = -INFINITY;
  if (!strcmp(op, "ReduceMin")) start = INFINITY;
  for (int64_t i = 0; i < stride; i++) numbers[i] = start;
  for (int64_t i = 0; i < elements; i++) {
    int64_t rest = i, at = 0;
    for (int k = value->rank - 1; k >= 0; rest /= size_value(value->sizes[k--])) at += rest % size_value(value->sizes[k]) * strides[k];
    numbers[at] = reduced_number(op, numbers[at], number_at(value, i));
  }
  for (int64_t i = 0; i < stride; i++) {
    if (!strcmp(op, "ReduceMean")) numbers[i] /= (double)(elements / stride);
    if (!strcmp(op, "ReduceL2")) numbers[i] = sqrt(numbers[i]);
  }
  out[0] = result;
  return true;
}

/* Numbers along any axes, or the sum or product of a short list of sizes. */
bool fold_reduce(Importer *m, const Value *const *in, int count, Value **out) {
  bool product = !strcmp(m->node->op_type, "ReduceProd"), keep = int_attribute(m, "keepdims", 1) != 0;
  bool marked[MAX_TENSOR_RANK];
  int length;
  if (!fold_axes(m, in, count, in[0]->rank, marked, &length)) return false;
  bool none = int_attribute(m, "noop_with_empty_axes", 0) != 0;
  if (in[0]->dtype == TENSOR_F32 || in[0]->dtype == TENSOR_F64 || in[0]->dtype == TENSOR_F16 || in[0]->dtype == TENSOR_BF16) {
    for (int i = 0; i < in[0]->rank && length <= 0; i++) marked[i] = !none;
    return reduce_numbers(m, in[0], marked, keep, out);
  }
  if (!product && strcmp(m->node->op_type, "ReduceSum")) return refuse(m, "it reduces whole numbers while cnnc imports");
  if (in[0]->rank != 1 || !(in[0]->integers || in[0]->tensor) || value_elements(in[0]) > 64)
    return refuse(m, "it reduces a constant that is no short list");
  const Size *all = size_of(m->arena, product), *one = size_one();
  for (int64_t i = 0, n = value_elements(in[0]); i < n; i++) {
    const Size *next = integer_at(m, in[0], i);
    all = product ? size_mul(m->arena, all, next) : size_add(m->arena, all, next);
  }
  Value *result = new_constant(m, TENSOR_I64, keep, &one);
  if (!result) return false;
  set_integer(result, 0, all);
  out[0] = result;
  return true;
}
