/* models.h - what the targets of ONNX and of compilation share. */
#ifndef CNNC_TESTS_FUZZ_MODELS_H
#define CNNC_TESTS_FUZZ_MODELS_H
#include "fuzz.h"
#include "ir/onnx.h"
#include "passes/compilation.h"

/* ONNX bytes as a model; false: refused. */
bool fuzz_read_model(FuzzRun *run, const char *bytes, size_t length, OnnxModel *model);
size_t fuzz_mutate_model(uint8_t *bytes, size_t length, size_t most, uint64_t seed);

typedef struct FuzzFile { /* what the compiler may read, none of it on a disk */
  const char *name, *bytes;
  size_t length;
} FuzzFile;

typedef struct FuzzFiles {
  FuzzFile *items;
  int count;
} FuzzFiles;

/* What a compilation of the options' file, which is among the files, begins with. */
Compilation fuzz_begin(FuzzRun *run, const Options *options, FuzzFiles *files);
/* Source to C, with the options' file among the files. Errors are reported, or something comes out. */
void fuzz_compile(FuzzRun *run, const Options *options, FuzzFiles *files);
#endif
