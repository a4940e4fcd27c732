/* fold.c - what is computed of constants while importing: arithmetic on shapes, and factors of weights.
 *
 * Whole numbers are computed as sizes, which may vary; all others in double precision. How much may be made is bounded
 * (constant_numbers). */
#include "import/fold.h"

#include <math.h>
#include <string.h>

static bool is_whole(TensorDType dtype) {
  return dtype != TENSOR_F64 && dtype != TENSOR_F32 && dtype != TENSOR_F16 && dtype != TENSOR_BF16;
}

/* Whether it is better kept as sizes: short lists of whole numbers. */
static bool as_sizes(const Value *value) {
  enum { SHORT = 4096 };
  return is_whole(value->dtype) && value_elements(value) <= SHORT;
}

Value *new_constant(Importer *m, TensorDType dtype, int rank, const Size *const *sizes) {
  Value *value = empty_constant(m, dtype, rank, sizes);
  if (!as_sizes(value)) return constant_numbers(m, value) ? value : NULL;
  const Size **integers = ARENA_ARRAY(m->arena, const Size *, (size_t)value_elements(value) + 1);
  value->integers = integers;
  return value;
}

void set_integer(Value *to, int64_t at, const Size *integer) { ((const Size **)(uintptr_t)to->integers)[at] = integer; }

void set_number(Importer *m, Value *to, int64_t at, double number) {
  if (to->integers) set_integer(to, at, size_of(m->arena, (int64_t)number));
  else ((double *)(uintptr_t)to->numbers)[at] = number;
}

void copy_element(Importer *m, Value *to, int64_t at, const Value *from, int64_t from_at) {
  if (to->integers) set_integer(to, at, integer_at(m, from, from_at));
  else set_number(m, to, at, number_at(from, from_at));
}

/* Where element i of a result of these sizes stands in a constant that stretches over them. */
static int64_t stretched_index(const Value *from, const Size *const *sizes, int rank, int64_t i) {
  int64_t index = 0, stride = 1;
  for (int axis = rank - 1; axis >= 0; axis--) {
    int64_t size = size_value(sizes[axis]), at = i % size;
    int own = axis - (rank - from->rank);
    i /= size;
    if (own < 0) continue;
    int64_t mine = size_value(from->sizes[own]);
    if (mine != 1) index += at * stride;
    stride *= mine;
  }
  return index;
}

static const Size *size_operation(Importer *m, const char *op, const Size *a, const Size *b) {
  int64_t x, y;
  bool left = size_is_const(a, &x), right = size_is_const(b, &y), numbers = left && right;
  if (!strcmp(op, "Add")) return size_add(m->arena, a, b);
  if (!strcmp(op, "Sub")) return size_sub(m->arena, a, b);
  if (!strcmp(op, "Mul")) return size_mul(m->arena, a, b);
  if (!strcmp(op, "Div") && size_is_const(b, &y) && y > 0) {
    if (!numbers) return size_floor_div(m->arena, a, y);
    return size_of(m->arena, x / y); /* ONNX cuts off */
  }
  if (!strcmp(op, "Mod") && numbers && y > 0) return size_of(m->arena, ((x % y) + y) % y);
  if (!strcmp(op, "Max")) return size_max(m->arena, a, b);
  if (!strcmp(op, "Min") && numbers) return x < y ? a : b;
  if (!strcmp(op, "Equal")) return size_of(m->arena, size_equal(a, b));
  if (numbers && !strcmp(op, "Less")) return size_of(m->arena, x < y);
  if (numbers && !strcmp(op, "Greater")) return size_of(m->arena, x > y);
  if (numbers && !strcmp(op, "And")) return size_of(m->arena, x && y);
  if (numbers && !strcmp(op, "Or")) return size_of(m->arena, x || y);
  return NULL;
}

/* NaN: there is no such operation. */
static double number_operation(const char *op, double a, double b) {
  if (!strcmp(op, "Add")) return a + b;
  if (!strcmp(op, "Sub")) return a - b;
  if (!strcmp(op, "Mul")) return a * b;
  if (!strcmp(op, "Div")) return a / b;
  if (!strcmp(op, "Pow")) return pow(a, b);
  if (!strcmp(op, "Max")) return a > b ? a : b;
  if (!strcmp(op, "Min")) return a < b ? a : b;
  if (!strcmp(op, "Equal")) return a == b;
  if (!strcmp(op, "Less")) return a < b;
  return !strcmp(op, "Greater") ? a > b : (double)NAN;
}

static bool is_comparison(const char *op) { return !strcmp(op, "Equal") || !strcmp(op, "Less") || !strcmp(op, "Greater"); }

bool fold_binary(Importer *m, const Value *const *in, int count, Value **out) {
  const char *op = m->node->op_type;
  const Size *sizes[MAX_TENSOR_RANK];
  int rank;
  ignore_attribute(m, "fmod");
  if (count != 2 || !in[0] || !in[1]) return refuse(m, "it has %d constant inputs", count);
  if (!broadcast_sizes(m, in[0], in[1], &rank, sizes)) return false;
  TensorDType dtype = is_comparison(op) ? TENSOR_BOOL : in[0]->dtype;
  Value *result = new_constant(m, dtype, rank, sizes);
  if (!result) return false;
  for (int64_t i = 0, n = value_elements(result); i < n; i++) {
    int64_t a = stretched_index(in[0], sizes, rank, i), b = stretched_index(in[1], sizes, rank, i);
    if (is_whole(in[0]->dtype) && result->integers) {
      const Size *size = size_operation(m, op, integer_at(m, in[0], a), integer_at(m, in[1], b));
      if (!size) return refuse(m, "it computes of sizes what cnnc does not");
      set_integer(result, i, size);
      continue;
    }
    set_number(m, result, i, number_operation(op, number_at(in[0], a), number_at(in[1], b)));
  }
  out[0] = result;
  return true;
}

static double function_of(const char *op, double x) {
  if (!strcmp(op, "Floor")) return floor(x);
  if (!strcmp(op, "Ceil")) return ceil(x);
  if (!strcmp(op, "Sqrt")) return sqrt(x);
  if (!strcmp(op, "Neg")) return -x;
  if (!strcmp(op, "Exp")) return exp(x);
  if (!strcmp(op, "Log")) return log(x);
  if (!strcmp(op, "Abs")) return fabs(x);
  if (!strcmp(op, "Reciprocal")) return 1 / x;
  if (!strcmp(op, "Not")) return x == 0;
  return x; /* Identity */
}

bool fold_unary(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const char *op = m->node->op_type;
  if (!strcmp(op, "Identity")) {
    out[0] = value_like(m, in[0], NULL);
    return true;
  }
  Value *result = new_constant(m, in[0]->dtype, in[0]->rank, in[0]->sizes);
  if (!result) return false;
  for (int64_t i = 0, n = value_elements(result), number; i < n; i++) {
    if (result->integers && !size_is_const(integer_at(m, in[0], i), &number)) return refuse_varying(m, "it computes of a size that varies");
    set_number(m, result, i, function_of(op, result->integers ? (double)number : number_at(in[0], i)));
  }
  out[0] = result;
  return true;
}

bool fold_cast(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  enum { FLOAT = 1, INT32 = 6, INT64 = 7, BOOL = 9, FLOAT16 = 10, DOUBLE = 11 };
  int64_t to = int_attribute(m, "to", 0);
  ignore_attribute(m, "saturate");
  ignore_attribute(m, "round_mode");
  TensorDType dtype = to == INT64    ? TENSOR_I64
                      : to == INT32  ? TENSOR_I32
                      : to == BOOL   ? TENSOR_BOOL
                      : to == DOUBLE ? TENSOR_F64
                                     : TENSOR_F32;
  if (to != FLOAT && to != INT32 && to != INT64 && to != BOOL && to != FLOAT16 && to != DOUBLE)
    return refuse(m, "it casts a constant to type %lld", (long long)to);
  Value *result = new_constant(m, dtype, in[0]->rank, in[0]->sizes);
  if (!result) return false;
  for (int64_t i = 0, n = value_elements(result); i < n; i++) {
    if (to == BOOL) set_number(m, result, i, !size_is(integer_at(m, in[0], i), 0));
    else copy_element(m, result, i, in[0], i);
  }
  /* Sizes that vary stay sizes, so that a cast to float and back loses nothing. */
  if (in[0]->integers && !result->integers) result->integers = in[0]->integers, result->numbers = NULL;
  out[0] = result;
  return true;
}

bool fold_constant(Importer *m, const Value *const *in, int count, Value **out) {
  (void)in, (void)count;
  const OnnxAttribute *value = any_attribute(m, "value");
  double real = 0;
  const Size *length = size_one();
  if (value) {
    if (value->kind != ONNX_TENSOR) return refuse(m, "its value is no tensor of numbers");
    const Size *sizes[MAX_TENSOR_RANK];
    for (int i = 0; i < value->tensor.rank; i++) sizes[i] = size_of(m->arena, value->tensor.sizes[i]);
    out[0] = empty_constant(m, value->tensor.dtype, value->tensor.rank, sizes);
    out[0]->tensor = &value->tensor;
    return true;
  }
  const OnnxAttribute *ints = any_attribute(m, "value_ints"), *floats = any_attribute(m, "value_floats");
  const OnnxAttribute *list = ints ? ints : floats;
  bool one = !list, whole = ints || has_attribute(m, "value_int");
  if (list) length = size_of(m->arena, list->count);
  else if (whole) real = (double)int_attribute(m, "value_int", 0);
  else if (has_attribute(m, "value_float")) real = float_attribute(m, "value_float", 0);
  else return refuse(m, "it has no value that cnnc reads");
  if (m->refused) return false;
  Value *result = new_constant(m, whole ? TENSOR_I64 : TENSOR_F32, !one, &length);
  if (!result) return false;
  for (int i = 0; i < (one ? 1 : list->count); i++) {
    if (ints) set_integer(result, i, size_of(m->arena, ints->integers[i]));
    else set_number(m, result, i, floats ? (double)floats->reals[i] : real);
  }
  out[0] = result;
  return true;
}

/* A shape given as a constant list; its sizes must be numbers. false: refused. */
static bool constant_shape(Importer *m, const Value *list, const Size **sizes, int *rank) {
  int64_t numbers[MAX_TENSOR_RANK * 2];
  if (!numbers_of(m, list, NULL, numbers, rank)) return false;
  if (*rank > MAX_TENSOR_RANK) return refuse(m, "its shape has %d sizes", *rank);
  for (int i = 0; i < *rank; i++) {
    if (numbers[i] < 0) return refuse(m, "its shape has the size %lld", (long long)numbers[i]);
    sizes[i] = size_of(m->arena, numbers[i]);
  }
  return true;
}

bool fold_constant_of_shape(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const Size *sizes[MAX_TENSOR_RANK];
  int rank;
  const OnnxAttribute *value = any_attribute(m, "value");
  if (value && (value->kind != ONNX_TENSOR || value->tensor.elements != 1)) return refuse(m, "its value is not one number");
  if (!constant_shape(m, in[0], sizes, &rank)) return false;
  Value *result = new_constant(m, value ? value->tensor.dtype : TENSOR_F32, rank, sizes);
  double number = value ? tensor_element(&value->tensor, 0) : 0;
  for (int64_t i = 0, n = result ? value_elements(result) : 0; i < n; i++) set_number(m, result, i, number);
  out[0] = result;
  return result != NULL;
}

bool fold_range(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  double start = number_at(in[0], 0), limit = number_at(in[1], 0), step = number_at(in[2], 0), length = ceil((limit - start) / step);
  if (!(length >= 0 && length < 1e9)) return refuse(m, "it makes no list of a known length");
  const Size *size = size_of(m->arena, (int64_t)length);
  Value *result = new_constant(m, in[0]->dtype, 1, &size);
  for (int64_t i = 0; result && i < (int64_t)length; i++) set_number(m, result, i, start + (double)i * step);
  out[0] = result;
  return result != NULL;
}

static bool fold_stretched(Importer *m, const Value *from, int rank, const Size *const *sizes, Value **out) {
  Value *result = new_constant(m, from->dtype, rank, sizes);
  for (int64_t i = 0, n = result ? value_elements(result) : 0; i < n; i++)
    copy_element(m, result, i, from, stretched_index(from, sizes, rank, i));
  out[0] = result;
  return result != NULL;
}

bool fold_expand(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const Size *wanted[MAX_TENSOR_RANK], *sizes[MAX_TENSOR_RANK];
  int length, rank;
  if (!constant_shape(m, in[1], wanted, &length)) return false;
  Value target = {.kind = VALUE_CONSTANT, .rank = length, .name = ""};
  memcpy(target.sizes, wanted, (size_t)length * sizeof *wanted);
  return broadcast_sizes(m, in[0], &target, &rank, sizes) && fold_stretched(m, in[0], rank, sizes, out);
}

/* condition ? a : b */
bool fold_where(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const Size *sizes[MAX_TENSOR_RANK], *all[MAX_TENSOR_RANK];
  int rank;
  if (!broadcast_sizes(m, in[1], in[2], &rank, sizes)) return false;
  Value both = {.kind = VALUE_CONSTANT, .rank = rank, .name = ""};
  memcpy(both.sizes, sizes, (size_t)rank * sizeof *sizes);
  if (!broadcast_sizes(m, in[0], &both, &rank, all)) return false;
  Value *result = new_constant(m, in[1]->dtype, rank, all);
  for (int64_t i = 0, n = result ? value_elements(result) : 0; i < n; i++) {
    bool first = number_at(in[0], stretched_index(in[0], all, rank, i)) != 0;
    const Value *from = in[first ? 1 : 2];
    copy_element(m, result, i, from, stretched_index(from, all, rank, i));
  }
  out[0] = result;
  return result != NULL;
}
