/* onnx.c - fuzz target: ONNX files to models. Tensors may lie in one other file, of 64 bytes. */
#include <string.h>
#include "load/read_onnx.h"
#include "models.h"
#include "mutate.h"
#include "onnx/onnx.pb-c.h"
#include "support/reader.h"
#include "tables.h"

static const char *read_beside(void *context, Arena *arena, const char *path, size_t *length, const char **error) {
  static const char bytes[64] = "\0\0\x80\x3f\0\0\0\x40";
  (void)context;
  *error = NO_SUCH_FILE;
  if (strcmp(path, "w.bin")) return NULL;
  *length = sizeof bytes;
  return arena_strndup(arena, bytes, sizeof bytes);
}

bool fuzz_read_model(FuzzRun *run, const char *bytes, size_t length, OnnxModel *model) {
  OnnxFiles files = {read_beside, NULL};
  const char *error = NULL;
  bool good = read_onnx(run->arena, bytes, length, &files, model, &error);
  fuzz_expect_result(run, good, error);
  return good;
}

static void run_onnx(FuzzRun *run, const char *bytes, size_t length) {
  OnnxModel model = {0};
  if (!fuzz_read_model(run, bytes, length, &model)) return;
  const OnnxGraph *graph = &model.graph;
  for (int i = 0; i < graph->initializers_count; i++) fuzz_tensor(run, &graph->initializers[i]);
  for (int i = 0; i < graph->nodes_count; i++)
    for (int k = 0; k < graph->nodes[i].attributes_count; k++) {
      const OnnxAttribute *attribute = &graph->nodes[i].attributes[k];
      text_addf(&run->out, "%s %s %d\n", graph->nodes[i].op_type, attribute->name, (int)attribute->kind);
      if (attribute->kind == ONNX_TENSOR) fuzz_tensor(run, &attribute->tensor);
    }
}

size_t fuzz_mutate_model(uint8_t *bytes, size_t length, size_t most, uint64_t seed) {
  return mutate_protobuf(&onnx__model_proto__descriptor, bytes, length, most, seed);
}

const FuzzTarget onnx_target = {"onnx", run_onnx, fuzz_mutate_model};
