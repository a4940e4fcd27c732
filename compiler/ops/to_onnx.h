/* to_onnx.h - what an operator's `to_onnx` writes with: nodes, their attributes, tensors of numbers, sizes.
 *
 * In the ONNX model every tensor has the batch as its first axis, then the sizes that it has here, and is float32
 * between inputs and outputs, whatever its dtype, as it is in compiled code. Sizes that vary become the arithmetic on
 * the shapes of the inputs that computes them. Operators are those of ONNX_OPSET: a table of what is used stands in
 * docs/export.md. */
#ifndef CNNC_OPS_TO_ONNX_H
#define CNNC_OPS_TO_ONNX_H
#include "ir/onnx.h"
#include "ir/operator.h"
#include "ops/infer.h"
#include "support/name_table.h"

/* The oldest with LayerNormalization. Any runtime since 2022 reads it, and later ones add nothing that is needed here. */
enum { ONNX_OPSET = 17, ONNX_IR_VERSION = 8 };

struct OnnxWriter {
  Arena *arena;
  const Graph *graph;
  int64_t batch;          /* 0: any number */
  const char *batch_name; /* where it is any number */
  const char *base;       /* begins the names of what is made for it */
  NameTable names;        /* taken by values and initializers */
  NameTable parameters;   /* initializers, by path, and by path and sizes */
  NameTable counters;     /* of dims, as tensors [1] */
  const char **values;    /* by Value.id: the float32 tensor; NULL: not there yet */
  OnnxNode *nodes;
  OnnxAttribute *attributes; /* of the newest node */
  WeightTensor *initializers;
  int node_count, attribute_count, initializer_count;
};

/* A node with these inputs, of which the first NULL ends the list and "" is left out; returns the name of its output. */
#define ONNX_NODE(writer, type, ...) add_onnx_node((writer), (type), (const char *const[]){__VA_ARGS__, NULL})
const char *add_onnx_node(OnnxWriter *w, const char *type, const char *const *inputs);
/* Attributes of the newest node. */
void onnx_int(OnnxWriter *w, const char *name, int64_t value);
void onnx_ints(OnnxWriter *w, const char *name, int count, const int64_t *values);
void onnx_real(OnnxWriter *w, const char *name, double value);
void onnx_string(OnnxWriter *w, const char *name, const char *value);
void onnx_scalar(OnnxWriter *w, const char *name, double value); /* a tensor of one number */

/* The name of an input of the node, which may be a constant of the source. */
const char *onnx_input(OnnxWriter *w, const Node *node, int index);
/* The name of a parameter as it is, or with other sizes; NULL: the node has none in this slot. */
const char *onnx_parameter(OnnxWriter *w, const Node *node, int slot);
const char *onnx_parameter_as(OnnxWriter *w, const Node *node, int slot, int rank, const int64_t *sizes);
/* [channels], followed by ones: goes with any tensor of the node's input's rank. */
const char *onnx_channel_parameter(OnnxWriter *w, const Node *node, int slot);
/* Other numbers; `what` ends their name. */
const char *onnx_floats(OnnxWriter *w, const char *what, int rank, const int64_t *sizes, const float *numbers);
const char *onnx_filled(OnnxWriter *w, const char *what, int rank, const int64_t *sizes, double number);
const char *onnx_number(OnnxWriter *w, double number);
const char *onnx_integers(OnnxWriter *w, const char *what, int count, const int64_t *numbers);
/* A list of whole numbers that may vary. */
const char *onnx_sizes(OnnxWriter *w, const char *what, int count, const Size *const *sizes);

/* TensorProto.DataType: `to` of Cast. */
typedef enum OnnxType { ONNX_FLOAT32 = 1, ONNX_UINT8 = 2, ONNX_INT8 = 3, ONNX_INT16 = 5, ONNX_INT32 = 6, ONNX_INT64 = 7 } OnnxType;
const char *onnx_cast(OnnxWriter *w, const char *x, OnnxType type);
/* Over axes of the ONNX tensor, which stay with size 1. type: any of ReduceMean, ReduceMax, ReduceMin, ReduceL1, ReduceL2. */
const char *onnx_reduce(OnnxWriter *w, const char *type, const char *x, int axis_count, const int64_t *axes);
const char *onnx_sum(OnnxWriter *w, const char *x, int axis_count, const int64_t *axes);
/* All but the batch as one axis. */
const char *onnx_flatten(OnnxWriter *w, const char *x, const TensorType *type);
/* rank and order count the batch. */
const char *onnx_transpose(OnnxWriter *w, const char *x, int rank, const int64_t *order);
/* To these sizes behind the batch. */
const char *onnx_reshape(OnnxWriter *w, const char *x, int rank, const Size *const *sizes);
/* From begin to end along `count` axes of the ONNX tensor; negative numbers count from the end, SIZE_LIMIT is beyond it. */
const char *onnx_slice(OnnxWriter *w, const char *x, int first, int count, const Size *const *begin, const Size *const *end);
const char *onnx_concat(OnnxWriter *w, const char *const *parts, int count, int axis);

typedef struct SizeSides {
  const Size *before, *after;
} SizeSides;
/* More at the edges of x, which is of that type: margins for each of its axes. mode: PaddingMode. */
const char *onnx_pad(OnnxWriter *w, const char *x, const TensorType *type, const SizeSides *margins, int mode, double value);

/* A window as attributes of a node (onnx_window.c). */
typedef struct OnnxWindow {
  const char *input; /* x, or a Pad of it */
  Window window;
  bool one_dimensional;
  int64_t before[2], after[2]; /* what the attribute pads says */
  bool automatic, lower;       /* auto_pad says it, as the sizes vary */
} OnnxWindow;
/* The window over x, which is of that type. Its input is a Pad of x where attributes cannot say what stands beyond the edges:
 * another mode than zeros, or paddings that vary and are not `padding`'s. With PADDING_ZEROS it is `fill`. */
OnnxWindow onnx_window(OnnxWriter *w, const char *x, const TensorType *type, const Window *window, PaddingKind padding, int mode,
                       double fill);
/* kernel_shape, strides, dilations and pads of the newest node, as far as they are not the default. */
void onnx_window_attributes(OnnxWriter *w, const OnnxWindow *window);
/* That of a pooling: with ceil_mode, its padding makes all windows lie in the padded input. */
Window onnx_pool_window(OnnxWriter *w, const Node *node);
/* Whether neither numbers nor auto_pad say what stands beyond the edges. */
bool onnx_needs_pad(const Window *window, PaddingKind padding);
const char *onnx_pad_window(OnnxWriter *w, const char *x, const TensorType *type, const Window *window, int mode, double fill);
/* Every channel of x with one kernel; NULL: one of ones. */
const char *onnx_channelwise(OnnxWriter *w, const char *x, const TensorType *type, const Window *window, PaddingKind padding, int mode,
                             const float *kernel);
/* The sum of each window of x; beyond the edges are zeros. */
const char *onnx_window_sum(OnnxWriter *w, const char *x, const TensorType *type, const Window *window, PaddingKind padding);

/* For passes/export_graph.c: whatever name comes first is kept, later ones get a number. */
const char *unique_onnx_name(OnnxWriter *w, const char *name);
#endif
