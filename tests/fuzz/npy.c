/* npy.c - fuzz target: .npy files. Half of the changed inputs have the right length of the header before it. */
#include "load/npy.h"

#include <string.h>
#include "mutate.h"
#include "tables.h"

static void run_npy(FuzzRun *run, const char *bytes, size_t length) {
  WeightTensor tensor = {0};
  const char *error = NULL;
  bool good = load_npy(run->arena, bytes, length, &tensor, &error);
  fuzz_expect_result(run, good, error);
  if (!good) return;
  tensor.name = "x";
  fuzz_tensor(run, &tensor);
}

size_t mutate_npy(uint8_t *bytes, size_t length, size_t most, uint64_t seed) {
  length = LLVMFuzzerMutate(bytes, length, most);
  size_t start = length > 6 && bytes[6] > 1 ? 12 : 10;
  const uint8_t *end = length > start ? memchr(bytes + start, '\n', length - start) : NULL; /* NumPy's headers end with one */
  if (!end || seed % 2) return length;
  size_t header = (size_t)(end + 1 - bytes) - start;
  memcpy(bytes, "\x93NUMPY", 6);
  bytes[8] = (uint8_t)(header & 255);
  bytes[9] = (uint8_t)(header >> 8 & 255);
  if (start == 12) bytes[10] = bytes[11] = 0;
  return length;
}

const FuzzTarget npy_target = {"npy", run_npy, mutate_npy};
