/* write_onnx.h - a model as the bytes of an .onnx file. The same bytes for the same model. Maps nothing. */
#ifndef CNNC_LOAD_WRITE_ONNX_H
#define CNNC_LOAD_WRITE_ONNX_H
#include <stddef.h>
#include "ir/onnx.h"

/* What a protocol buffer can hold. */
#define MAX_ONNX_BYTES ((int64_t)INT32_MAX)

/* The bytes, in the arena; NULL: they would be more than MAX_ONNX_BYTES. */
const unsigned char *write_onnx(Arena *arena, const OnnxModel *model, size_t *length);
#endif
