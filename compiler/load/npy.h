/* npy.h - NumPy's .npy: one array, whose header is a literal of Python of which only three keys are legal here.
 *
 * Objects, structures and everything else that would need Python are refused. Knows nothing of networks. */
#ifndef CNNC_LOAD_NPY_H
#define CNNC_LOAD_NPY_H
#include <stddef.h>
#include "ir/weights.h"

enum { MAX_NPY_HEADER = 10 * 1024, MAX_NPY_START = 12 + MAX_NPY_HEADER };

/* What stands before the numbers, from the first `available` bytes of an array of `length` bytes; MAX_NPY_START of them
 * are always enough. *data: where the numbers begin. The shape needs exactly the bytes that follow. */
bool read_npy_header(Arena *arena, const char *bytes, size_t available, size_t length, WeightTensor *tensor, size_t *data,
                     const char **error);
/* The tensor's data point into bytes; its name is "". false: *error, in the arena, says what is wrong and where. */
bool load_npy(Arena *arena, const char *bytes, size_t length, WeightTensor *tensor, const char **error);
/* Version 1.0, little-endian, row-major. dtype: F32, U8, I8, I16 or I32; each value must be one of its numbers. */
void write_npy(Text *out, TensorDType dtype, int rank, const int64_t *sizes, const double *values);
/* What stands before the numbers of such a file. */
void write_npy_head(Text *out, TensorDType dtype, int rank, const int64_t *sizes);
#endif
