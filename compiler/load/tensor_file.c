/* tensor_file.c - see tensor_file.h. The one place that knows which kinds there are. */
#include "load/tensor_file.h"

#include <string.h>
#include "load/npy.h"
#include "load/npz.h"
#include "load/safetensors.h"

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), end_length = strlen(end);
  return length >= end_length && !strcmp(text + length - end_length, end);
}

static WeightsKind kind_of(const char *path, const char *bytes, size_t length) {
  if (length >= 4 && (!memcmp(bytes, "PK\3\4", 4) || !memcmp(bytes, "PK\5\6", 4))) return WEIGHTS_NPZ;
  if (length >= 6 && !memcmp(bytes, "\x93NUMPY", 6)) return WEIGHTS_NPY;
  return ends_with(path, ".npz") ? WEIGHTS_NPZ : ends_with(path, ".npy") ? WEIGHTS_NPY : WEIGHTS_SAFETENSORS;
}

/* A table of one. */
static bool load_array(Arena *arena, const char *path, const char *bytes, size_t length, WeightTable *table, const char **error) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  *table = (WeightTable){.tensors = ARENA_NEW(arena, WeightTensor)};
  if (!load_npy(arena, bytes, length, table->tensors, error)) return false;
  table->tensors->name = arena_strndup(arena, name, strlen(name) - (ends_with(name, ".npy") ? 4 : 0));
  table->count = 1;
  return true;
}

bool load_tensor_file(Arena *arena, const char *path, const char *bytes, size_t length, WeightTable *table, const char **error) {
  WeightsKind kind = kind_of(path, bytes, length);
  bool good = kind == WEIGHTS_NPZ   ? load_npz(arena, bytes, length, table, error)
              : kind == WEIGHTS_NPY ? load_array(arena, path, bytes, length, table, error)
                                    : load_safetensors(arena, bytes, length, table, error);
  table->kind = kind;
  return good;
}
