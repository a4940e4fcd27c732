/* import.c - fuzz target: an ONNX model to a source, which must be sound, and that to C. */
#include "import/import.h"

#include "ir/format.h"
#include "load/write_tensors.h"
#include "models.h"

/* The weights of what was imported, as `cnnc import` writes them. */
static FuzzFile weights_file(FuzzRun *run, const Imported *imported) {
  NewTensor *tensors = ARENA_ARRAY(run->arena, NewTensor, (size_t)imported->tensors_count);
  for (int i = 0; i < imported->tensors_count; i++) {
    const ImportedTensor *tensor = &imported->tensors[i];
    tensors[i] = (NewTensor){.name = tensor->name, .rank = tensor->rank, .sizes = tensor->sizes, .floats = tensor->numbers};
  }
  Text text = text_new(run->arena);
  fuzz_expect(run, write_safetensors(&text, tensors, imported->tensors_count, "fuzz"), "the weights cannot be written");
  return (FuzzFile){"net.safetensors", text_string(&text), text.length};
}

static void run_import(FuzzRun *run, const char *bytes, size_t length) {
  OnnxModel model = {0};
  Imported imported = {0};
  ImportOptions options = {.net = "net", .weights = "net.safetensors", .file_bytes = (int64_t)length, .least_size = 8, .multiple = 1};
  if (!fuzz_read_model(run, bytes, length, &model)) return;
  bool good = import_onnx(run->arena, &run->diagnostics, &model, &options, &imported);
  fuzz_expect(run, good == !run->diagnostics.errors, "a net and errors, or neither");
  if (!good) return;
  const Source *source = sources_add(&run->sources, "net.cnn", text_string(&imported.source), imported.source.length);
  size_t formatted_length;
  const char *formatted = format_source(run->arena, &run->diagnostics, source, &formatted_length);
  fuzz_expect(run, formatted != NULL, "what was imported has a syntax error");
  if (!formatted) return;
  FuzzFile made[] = {{"net.cnn", formatted, formatted_length}, weights_file(run, &imported)};
  FuzzFiles files = {made, 2};
  fuzz_compile(run, &(Options){.file = "net.cnn", .target = "x86-64-v3", .batch = 1, .verify = true}, &files);
}

const FuzzTarget import_target = {"import", run_import, fuzz_mutate_model};
