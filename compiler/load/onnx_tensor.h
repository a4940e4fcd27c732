/* onnx_tensor.h - the tensors of an ONNX file: types, shapes, and their numbers in one of four places. For read_onnx.c. */
#ifndef CNNC_LOAD_ONNX_TENSOR_H
#define CNNC_LOAD_ONNX_TENSOR_H
#include "load/read_onnx.h"
#include "onnx/onnx.pb-c.h"
#include "support/name_table.h"

typedef struct OnnxReader {
  Arena *arena;
  const OnnxFiles *files;
  NameTable external; /* files that tensors lie in, by location */
  const char **error;
} OnnxReader;

/* Sets *error; false. */
bool onnx_error(OnnxReader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* false: a type whose numbers cnnc does not read. */
bool onnx_dtype(int data_type, TensorDType *dtype);
const char *onnx_dtype_name(int data_type); /* "string" */
/* The tensor with its data in the arena or in the bytes of the file. */
bool read_onnx_tensor(OnnxReader *r, const Onnx__TensorProto *from, WeightTensor *to);
#endif
