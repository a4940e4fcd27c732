/* write_tensors.h - files of float32 tensors, as load_tensor_file reads them. Knows nothing of networks. */
#ifndef CNNC_LOAD_WRITE_TENSORS_H
#define CNNC_LOAD_WRITE_TENSORS_H
#include <stdbool.h>
#include <stdint.h>
#include "support/text.h"

typedef struct NewTensor {
  const char *name;
  int rank;
  const int64_t *sizes;
  const float *floats;
} NewTensor;

/* Both texts contain `mark` near their start, where other readers pass over it. The same bytes for the same tensors.
 * false: more than the format can hold. */
bool write_safetensors(Text *out, const NewTensor *tensors, int count, const char *mark);
bool write_npz(Text *out, const NewTensor *tensors, int count, const char *mark);
#endif
