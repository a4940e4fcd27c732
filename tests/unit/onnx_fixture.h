/* onnx_fixture.h - protobuf bytes of small ONNX models, written field by field, so that tests can write wrong ones too.
 * The numbers of the fields are those of onnx.proto. */
#ifndef CNNC_TESTS_ONNX_FIXTURE_H
#define CNNC_TESTS_ONNX_FIXTURE_H
#include <stdint.h>
#include "support/text.h"

void put_varint(Text *out, uint64_t value);
void put_number(Text *out, int field, int64_t value);
void put_string(Text *out, int field, const char *text);
void put_message(Text *out, int field, const Text *message);
void put_float(Text *out, int field, float value);

/* Pieces: of a GraphProto or a NodeProto. Sizes end with -2; -1 is a size without a value, named "n". */
void put_onnx_value(Text *graph, int field, const char *name, int dtype, const int64_t *sizes);
/* An initializer of float (numbers are first, first + step, ..) or of int64. */
void put_onnx_floats(Text *graph, const char *name, const int64_t *sizes, float first, float step);
void put_onnx_integers(Text *graph, const char *name, const int64_t *numbers, int count);
void put_int_attribute(Text *node, const char *name, int64_t value);
void put_ints_attribute(Text *node, const char *name, const int64_t *values, int count);
void put_float_attribute(Text *node, const char *name, float value);
void put_string_attribute(Text *node, const char *name, const char *value);
/* A node of inputs and outputs with a blank between names; the attributes are written by the caller before put_node. */
Text new_node(Arena *arena, const char *op_type, const char *inputs, const char *outputs);
void put_node(Text *graph, const Text *node);
/* The model around a graph. */
Text onnx_model(Arena *arena, const Text *graph, int64_t opset);

#define SIZES(...) ((const int64_t[]){__VA_ARGS__, -2})
enum {
  GRAPH_NODE = 1,
  GRAPH_INITIALIZER = 5,
  GRAPH_INPUT = 11,
  GRAPH_OUTPUT = 12,
  ONNX_FLOAT_TYPE = 1,
  ONNX_UINT8_TYPE = 2,
  ONNX_INT64_TYPE = 7
};
#endif
