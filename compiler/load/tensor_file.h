/* tensor_file.h - a file of tensors of any kind that cnnc reads. Knows nothing of networks. */
#ifndef CNNC_LOAD_TENSOR_FILE_H
#define CNNC_LOAD_TENSOR_FILE_H
#include <stddef.h>
#include "ir/weights.h"

/* The kind is told by the first bytes or, where they are of no kind, by the end of the path, and set in any case. A .npy
 * holds one tensor, whose name is that of the file without directory and ".npy". false: *error says what is wrong. */
bool load_tensor_file(Arena *arena, const char *path, const char *bytes, size_t length, WeightTable *table, const char **error);
#endif
