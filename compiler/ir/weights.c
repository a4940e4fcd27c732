/* weights.c - see weights.h. Numbers are assembled from bytes, so that the host's byte order does not matter. */
#include "ir/weights.h"

#include <stdlib.h>
#include <string.h>

static const struct {
  const char *name;
  int bytes;
} dtypes[] = {
    [TENSOR_F64] = {"F64", 8}, [TENSOR_F32] = {"F32", 4},   [TENSOR_F16] = {"F16", 2}, [TENSOR_BF16] = {"BF16", 2},
    [TENSOR_I64] = {"I64", 8}, [TENSOR_I32] = {"I32", 4},   [TENSOR_I16] = {"I16", 2}, [TENSOR_I8] = {"I8", 1},
    [TENSOR_U8] = {"U8", 1},   [TENSOR_BOOL] = {"BOOL", 1}, [TENSOR_U16] = {"U16", 2}, [TENSOR_U32] = {"U32", 4},
    [TENSOR_U64] = {"U64", 8},
};

const char *weights_kind_name(WeightsKind kind) {
  static const char *const names[] = {[WEIGHTS_SAFETENSORS] = "safetensors", [WEIGHTS_NPZ] = ".npz", [WEIGHTS_NPY] = ".npy"};
  return names[kind];
}

const char *tensor_dtype_name(TensorDType dtype) { return dtypes[dtype].name; }
int tensor_dtype_bytes(TensorDType dtype) { return dtypes[dtype].bytes; }

bool tensor_dtype_from_name(const char *name, TensorDType *out) {
  for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
    if (!strcmp(dtypes[i].name, name)) {
      *out = (TensorDType)i;
      return true;
    }
  return false;
}

static int compare_names(const void *a, const void *b) { return strcmp(((const WeightTensor *)a)->name, ((const WeightTensor *)b)->name); }

void sort_tensors(WeightTable *table) {
  if (table->count) qsort(table->tensors, (size_t)table->count, sizeof *table->tensors, compare_names);
}

const WeightTensor *find_tensor(const WeightTable *table, const char *name) {
  WeightTensor key = {.name = name};
  if (!table->count) return NULL;
  return bsearch(&key, table->tensors, (size_t)table->count, sizeof *table->tensors, compare_names);
}

static double float_from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return (double)value;
}

static float float_from_double_bits(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return (float)value;
}

/* Every half is a float: only the exponent's bias and the subnormals need care. */
static double half_from_bits(uint32_t bits) {
  uint32_t sign = (bits & 0x8000u) << 16, exponent = bits >> 10 & 31, mantissa = bits & 0x3ff;
  if (exponent == 31) return float_from_bits(sign | 0x7f800000u | mantissa << 13);
  if (exponent) return float_from_bits(sign | (exponent + 112) << 23 | mantissa << 13);
  double tiny = (double)mantissa / 16777216.0;
  return sign ? -tiny : tiny;
}

/* Where element i of the row-major order stands in the data. */
static int64_t stored_index(const WeightTensor *tensor, int64_t i) {
  if (!tensor->column_major) return i;
  int64_t index[MAX_TENSOR_RANK], stored = 0;
  for (int axis = tensor->rank - 1; axis >= 0; axis--) {
    index[axis] = i % tensor->sizes[axis];
    i /= tensor->sizes[axis];
  }
  for (int axis = tensor->rank - 1; axis >= 0; axis--) stored = stored * tensor->sizes[axis] + index[axis];
  return stored;
}

double tensor_element(const WeightTensor *tensor, int64_t i) {
  int size = tensor_dtype_bytes(tensor->dtype);
  const unsigned char *at = tensor->data + stored_index(tensor, i) * size;
  uint64_t bits = 0;
  for (int k = 0; k < size; k++) bits |= (uint64_t)at[tensor->big_endian ? size - 1 - k : k] << (8 * k);
  switch (tensor->dtype) {
  case TENSOR_F64: return (double)float_from_double_bits(bits);
  case TENSOR_F32: return float_from_bits((uint32_t)bits);
  case TENSOR_F16: return half_from_bits((uint32_t)bits);
  case TENSOR_BF16: return float_from_bits((uint32_t)bits << 16);
  case TENSOR_I64: return (double)(int64_t)bits;
  case TENSOR_I32: return (double)(int32_t)(uint32_t)bits;
  case TENSOR_I16: return (double)(int16_t)(uint16_t)bits;
  case TENSOR_I8: return (double)(int8_t)(uint8_t)bits;
  case TENSOR_U64: return (double)bits;
  case TENSOR_U32:
  case TENSOR_U16:
  case TENSOR_U8:
  case TENSOR_BOOL: return (double)bits;
  }
  return 0;
}

/* Nearly all weights are float32 in this order; the bytes make one load on most machines. */
static void plain_floats(const unsigned char *data, int64_t count, float *out) {
  for (int64_t i = 0; i < count; i++, data += 4) {
    uint32_t bits = (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
    memcpy(&out[i], &bits, sizeof bits);
  }
}

void tensor_floats(const WeightTensor *tensor, float *out) {
  if (tensor->dtype == TENSOR_F32 && !tensor->big_endian && !tensor->column_major) {
    plain_floats(tensor->data, tensor->elements, out);
    return;
  }
  for (int64_t i = 0; i < tensor->elements; i++) out[i] = (float)tensor_element(tensor, i);
}

void print_sizes(Text *out, const int64_t *sizes, int rank) {
  text_add(out, "[");
  for (int i = 0; i < rank; i++) text_addf(out, "%s%lld", i ? ", " : "", (long long)sizes[i]);
  text_add(out, "]");
}

const char *sizes_text(Arena *arena, const int64_t *sizes, int rank) {
  Text text = text_new(arena);
  print_sizes(&text, sizes, rank);
  return text_string(&text);
}

const char *shown_name(Arena *arena, const char *name) {
  enum { LONGEST = 96 };
  Text text = text_new(arena);
  for (size_t i = 0; name[i]; i++) {
    unsigned char byte = (unsigned char)name[i];
    if (i >= LONGEST) {
      text_add(&text, "..");
      break;
    }
    if (byte >= 0x20 && byte < 0x7f) text_add_char(&text, (char)byte, 1);
    else text_addf(&text, "%%%02X", byte);
  }
  return text_string(&text);
}
