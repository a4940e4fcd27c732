/* import.h - an ONNX model as a network in our language: text and weights.
 *
 * The model is first mapped, node by node, to layers (net.h), each value of ONNX being a constant or a layer's output seen
 * in a certain order of axes (importer.h); then layers get names (name_layers.c) and are written as text (write_net.c). Nothing
 * is trusted: what has no exact counterpart is refused, all of it at once. Knows no files. */
#ifndef CNNC_IMPORT_IMPORT_H
#define CNNC_IMPORT_IMPORT_H
#include "ir/onnx.h"
#include "support/diagnostics.h"

typedef struct ImportBinding { /* --bind NAME=file.npy: a graph input that is a constant */
  const char *name;
  WeightTensor tensor;
} ImportBinding;

typedef struct ImportSize { /* --size NAME=N: a size of the model that varies */
  const char *name;
  int64_t size;
} ImportSize;

typedef struct ImportOptions {
  const char *net;     /* name of the network, a legal one */
  const char *weights; /* path of the weights file as the source says it */
  const ImportBinding *bindings;
  int bindings_count;
  const ImportSize *sizes;
  int sizes_count;
  int64_t file_bytes;           /* of the model: how much folding may make */
  int64_t least_size, multiple; /* of sizes that vary */
  bool short_labels;            /* as names in C would be too long otherwise */
} ImportOptions;

typedef struct ImportedTensor {
  const char *name; /* in the weights file */
  int rank;
  int64_t sizes[4];
  const float *numbers;
} ImportedTensor;

typedef struct Imported {
  Text source; /* not formatted yet */
  ImportedTensor *tensors;
  int tensors_count;
  bool varies; /* some size is a `dim` */
} Imported;

/* Whether an input has a size, beside its first one, that is not a number. */
bool has_varying_sizes(const OnnxModel *model);
/* false: errors were reported, E1002 and E1003. */
bool import_onnx(Arena *arena, Diagnostics *diagnostics, const OnnxModel *model, const ImportOptions *options, Imported *out);
#endif
