/* safetensors.h - reads the safetensors format: a length, a JSON header, the tensors' bytes without a gap.
 *
 * Nothing in the file is believed before it was checked; the tensors that come out lie inside the buffer and their
 * sizes agree with their bytes. Knows nothing of networks. */
#ifndef CNNC_LOAD_SAFETENSORS_H
#define CNNC_LOAD_SAFETENSORS_H
#include <stddef.h>
#include "ir/weights.h"

enum { MAX_SAFETENSORS_HEADER = 16 << 20 };

/* The table's data point into bytes. false: *error, in the arena, says what is wrong and at which byte. */
bool load_safetensors(Arena *arena, const char *bytes, size_t length, WeightTable *table, const char **error);
#endif
