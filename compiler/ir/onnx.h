/* onnx.h - a model in ONNX's terms, as plain data: what load/ reads and writes, and what import and export map.
 *
 * Nothing here is trusted or resolved: names are as they stand in the file (any bytes but NUL), values may be missing,
 * used before they are computed or defined twice. Source: the onnx.proto and operator documents of the ONNX project. */
#ifndef CNNC_IR_ONNX_H
#define CNNC_IR_ONNX_H
#include <stdbool.h>
#include <stdint.h>
#include "ir/weights.h"

enum {
  MAX_ONNX_NODES = 1000000,
  ONNX_MIN_OPSET = 7, /* of the default domain; older ones have other forms of broadcasting and batch norm */
  ONNX_MAX_OPSET = 25
};

typedef enum OnnxAttributeKind {
  ONNX_INT,
  ONNX_FLOAT,
  ONNX_STRING,
  ONNX_TENSOR,
  ONNX_INTS,
  ONNX_FLOATS,
  ONNX_STRINGS,
  ONNX_OTHER /* a graph, a sparse tensor, a type: nothing that a network of ours has */
} OnnxAttributeKind;

typedef struct OnnxAttribute {
  const char *name;
  OnnxAttributeKind kind;
  int64_t integer;     /* INT */
  float real;          /* FLOAT */
  const char *string;  /* STRING */
  WeightTensor tensor; /* TENSOR */
  int count;           /* INTS, FLOATS, STRINGS */
  const int64_t *integers;
  const float *reals;
  const char *const *strings;
} OnnxAttribute;

typedef struct OnnxNode {
  const char *name; /* "": none */
  const char *op_type;
  const char *domain; /* "": that of ONNX itself, also written "ai.onnx" */
  const char **inputs;
  int inputs_count;
  const char **outputs; /* "": left out, as among the inputs */
  int outputs_count;
  const OnnxAttribute *attributes;
  int attributes_count;
} OnnxNode;

typedef struct OnnxSize {
  int64_t size;     /* -1: not known */
  const char *name; /* of a size that varies ("batch"), or NULL */
} OnnxSize;

typedef struct OnnxValue { /* an input, an output, or what is known of a value between */
  const char *name;
  TensorDType dtype;
  const char *other_type; /* "string", "sequence", "no type": none that cnnc computes with; NULL: dtype holds */
  int rank;               /* -1: not known */
  OnnxSize sizes[MAX_TENSOR_RANK];
} OnnxValue;

typedef struct OnnxGraph {
  const char *name, *doc; /* "": none */
  const OnnxNode *nodes;
  int nodes_count;
  const OnnxValue *inputs; /* up to IR version 3 the initializers stand among them */
  int inputs_count;
  const OnnxValue *outputs;
  int outputs_count;
  const OnnxValue *values; /* value_info */
  int values_count;
  const WeightTensor *initializers;
  int initializers_count;
} OnnxGraph;

typedef struct OnnxProperty {
  const char *name, *text;
} OnnxProperty;

typedef struct OnnxModel {
  int64_t ir_version;
  int64_t opset; /* of the default domain; 0: none is named */
  const char *producer, *producer_version;
  const char *doc;
  const OnnxProperty *properties; /* metadata_props */
  int properties_count;
  OnnxGraph graph;
} OnnxModel;
#endif
