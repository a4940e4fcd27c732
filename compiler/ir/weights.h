/* weights.h - the tensors of a weights file, as a plain table: what the readers in load/ make and bind_weights uses. */
#ifndef CNNC_IR_WEIGHTS_H
#define CNNC_IR_WEIGHTS_H
#include <stdbool.h>
#include <stdint.h>
#include "support/diagnostics.h"

enum { MAX_TENSOR_RANK = 8 };

typedef enum TensorDType {
  TENSOR_F64,
  TENSOR_F32,
  TENSOR_F16,
  TENSOR_BF16,
  TENSOR_I64,
  TENSOR_I32,
  TENSOR_I16,
  TENSOR_I8,
  TENSOR_U8,
  TENSOR_BOOL,
  TENSOR_U16,
  TENSOR_U32,
  TENSOR_U64
} TensorDType;

typedef struct WeightTensor {
  const char *name; /* NUL-terminated UTF-8 without control characters */
  TensorDType dtype;
  int rank;
  int64_t sizes[MAX_TENSOR_RANK];
  int64_t elements;
  /* Inside the file's buffer: elements * size of dtype bytes, little-endian unless big_endian. */
  const unsigned char *data;
  bool big_endian;
  bool column_major; /* npy's fortran_order */
} WeightTensor;

typedef enum WeightsKind { WEIGHTS_SAFETENSORS, WEIGHTS_NPZ, WEIGHTS_NPY } WeightsKind;

typedef struct WeightTable {
  WeightTensor *tensors; /* sorted by name */
  int count;
  WeightsKind kind; /* of the file */
} WeightTable;

const char *weights_kind_name(WeightsKind kind);  /* "safetensors", ".npz", ".npy" */
const char *tensor_dtype_name(TensorDType dtype); /* "F32" */
int tensor_dtype_bytes(TensorDType dtype);
bool tensor_dtype_from_name(const char *name, TensorDType *out);
/* What every reader does at its end. */
void sort_tensors(WeightTable *table);
/* NULL: none of that name. */
const WeightTensor *find_tensor(const WeightTable *table, const char *name);
/* Element i, in row-major order, as a number that float can hold: F64 is rounded to float. Integers are exact up
 * to 2^53. */
double tensor_element(const WeightTensor *tensor, int64_t i);
/* All elements in row-major order, each as tensor_element gives it, rounded to float. */
void tensor_floats(const WeightTensor *tensor, float *out);

/* "[6, 1, 5, 5]" */
void print_sizes(Text *out, const int64_t *sizes, int rank);
const char *sizes_text(Arena *arena, const int64_t *sizes, int rank);
/* A name from a file as it may stand in a message: printable ASCII, not too long. */
const char *shown_name(Arena *arena, const char *name);
#endif
