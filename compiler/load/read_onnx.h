/* read_onnx.h - the bytes of an ONNX file as a model in plain data (ir/onnx.h).
 *
 * Whatever is read has been checked: counts of numbers and bytes against shapes, names as text without control characters,
 * places in other files. What is merely unknown to ONNX's rules (names, operators, types of values) is left to import.
 * Source: onnx.proto and docs/ExternalData.md of the ONNX project. */
#ifndef CNNC_LOAD_READ_ONNX_H
#define CNNC_LOAD_READ_ONNX_H
#include <stdbool.h>
#include <stddef.h>
#include "ir/onnx.h"

/* Reads a file that the model names, in its directory or below (support/reader.h: read_file_beside). NULL: *error says why. */
typedef struct OnnxFiles {
  const char *(*read)(void *context, Arena *arena, const char *path, size_t *length, const char **error);
  void *context;
} OnnxFiles;

/* false: *error says what is wrong. Tensors may point into `bytes`, which must stay. */
bool read_onnx(Arena *arena, const char *bytes, size_t length, const OnnxFiles *files, OnnxModel *model, const char **error);
#endif
