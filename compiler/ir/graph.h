/* graph.h - which tensor operations a net consists of, fully typed.
 *
 * Every size is an expression (size.h), attributes are complete, operands are resolved, nodes stand in an order in
 * which each follows what it uses. No names to resolve, no blocks, no defaults remain. Decides nothing about how. */
#ifndef CNNC_IR_GRAPH_H
#define CNNC_IR_GRAPH_H
#include <stdbool.h>
#include <stdint.h>
#include "ir/size.h"
#include "ir/weights.h"
#include "support/source.h"
#include "support/text.h"

enum { MAX_RANK = 3, MAX_PARAMETER_RANK = 4, MAX_NODE_PARAMETERS = 5 };

typedef enum DType { DTYPE_F32, DTYPE_U8, DTYPE_I8, DTYPE_I16, DTYPE_I32 } DType;

/* Of one sample, channels first: [N], [C, L] or [C, H, W]. */
typedef struct TensorType {
  DType dtype;
  int rank;
  const Size *sizes[MAX_RANK];
} TensorType;

typedef struct Node Node;
typedef struct Operator Operator;
typedef struct Parameter Parameter;

/* How a node came to be: the block that it was written in, and for which call. */
typedef struct Instance {
  const char *block;     /* "basic_block" */
  const char *path;      /* "layer2.0"; "" when the call has no label */
  const char *arguments; /* "channels=128, stride=2" */
  Span call;
  const struct Instance *parent; /* NULL: called from the net itself */
} Instance;

typedef struct Value {
  int id;           /* index in Graph.values */
  const char *name; /* path of the author's label or derived from it: "layer1.0.conv1", "conv1_relu" */
  TensorType type;
  Node *producer;      /* NULL: an input of the net, or a constant */
  Parameter *constant; /* numbers of the source; a single number has rank 0 and goes with any shape. NULL: none */
  int uses;            /* by nodes and outputs; counted by count_uses */
  bool poisoned;       /* its shape is unknown because of an error already reported */
  Span span;
} Value;

typedef enum ParameterKind {
  PARAMETER_LEARNED,
  PARAMETER_STATISTIC, /* running_mean and running_var: loaded, not counted as learned */
  PARAMETER_CONSTANT,  /* given in the source */
  PARAMETER_DERIVED    /* made by a pass from others */
} ParameterKind;

/* Numbers that a node owns. PyTorch's order: conv weight [out, in/groups, kh, kw] (1D: [out, in/groups, k]),
 * fc weight [out, in], everything else [channels]. Instances of a `shared` layer point to the same Parameter. */
struct Parameter {
  int id;           /* index in Graph.parameters; constants are not there but in their Value */
  const char *path; /* "layer1.0.conv1.weight": its name in a weights file */
  const char *role; /* "weight" */
  ParameterKind kind;
  int rank;
  int64_t sizes[MAX_PARAMETER_RANK];
  float *data;           /* NULL until bound */
  const bool *connected; /* by its first two indices: whether these numbers are learned, else they are 0; NULL: all are */
  Span span;
};

struct Node {
  int id; /* index in Graph.nodes */
  const Operator *op;
  const Operator *expanded_from; /* what the author wrote, if that stands for several nodes; NULL: op itself */
  void *attributes;              /* the operator's own structure, complete */
  uint64_t given;                /* bit i: attribute i of the operator's table was written or set by a default declaration */
  const Span *attribute_spans;   /* by attribute index: where it was written, {0, 0} if it was not; NULL: nowhere */
  Value **inputs, *output;
  const Span *input_places; /* where each input got the name by which it comes; {0, 0}: by none; NULL: none has one */
  int input_count;
  Parameter *parameters[MAX_NODE_PARAMETERS]; /* in the operator's order; NULL where not present (bias=false) */
  int parameter_count;
  const char *name;  /* path, unique in the graph; the output's name unless a statement named that */
  const char *label; /* path of the author's label; NULL: the name is derived */
  const char *doc;   /* ## text; NULL: none */
  Span span;         /* of the call */
  Span label_span;
  const Instance *instance; /* NULL: written in the net itself */
};

typedef struct Meta {
  const char *name, *text; /* the value as written */
} Meta;

typedef struct GraphInput {
  Value *value;
  bool hwc; /* the caller's buffer is [H, W, C] */
  Span span;
} GraphInput;

typedef struct GraphOutput {
  const char *name;
  Value *value;
  bool hwc;
  const char *const *labels; /* class names; NULL: none */
  int label_count;
  const char *labels_file; /* as written; NULL: none */
  Span span;
} GraphOutput;

typedef struct WeightsRule {
  bool rename; /* else ignore */
  const char *pattern, *target;
  Span span;
} WeightsRule;

typedef struct WeightsFile {
  const char *path;                  /* as written */
  const char *layout, *strip_prefix; /* NULL: not written */
  WeightsRule *rules;
  int rule_count;
  Span span;
} WeightsFile;

typedef struct Graph {
  Arena *arena;
  const char *name; /* of the net */
  const char *doc;
  Span span;
  Value **values;
  Node **nodes;
  Parameter **parameters;
  GraphInput *inputs;
  GraphOutput *outputs;
  WeightsFile *weights;
  Meta *metas;
  const Dim **dims; /* used by the types */
  int value_count, node_count, parameter_count, input_count, output_count, weights_count, meta_count, dim_count;
} Graph;

/* Channels, height and width of any rank: [N] is N x 1 x 1, [C, L] is C x 1 x L. */
const Size *type_channels(const TensorType *type);
const Size *type_height(const TensorType *type);
const Size *type_width(const TensorType *type);
/* Elements of one sample. */
const Size *type_elements(Arena *arena, const TensorType *type);
const Size *type_bytes(Arena *arena, const TensorType *type);
bool type_equal_shape(const TensorType *a, const TensorType *b);
bool type_is_const(const TensorType *type);
/* "[64, 56, 56]" */
void type_print(Text *out, const TensorType *type);
const char *type_text(Arena *arena, const TensorType *type);
const char *dtype_name(DType dtype);
bool dtype_from_name(const char *name, DType *out);
int dtype_bytes(DType dtype);
/* Of the integer types. */
/* That of an element in a file. */
TensorDType tensor_dtype(DType dtype);
int64_t dtype_minimum(DType dtype);
int64_t dtype_maximum(DType dtype);
int64_t parameter_elements(const Parameter *parameter);
/* Without those that are not connected. */
int64_t parameter_connected(const Parameter *parameter);

Value *graph_add_value(Graph *graph, const char *name, TensorType type, Span span);
Node *graph_add_node(Graph *graph, const Operator *op, Span span);
Parameter *graph_add_parameter(Graph *graph, Parameter parameter);
/* The first input that is no constant. */
const Value *first_tensor(const Node *node);
/* Sets Value.uses. */
void count_uses(Graph *graph);

/* "conv(16, 3, padding=1)": without what is as usual. */
void print_node_call(Text *out, const Node *node);
/* The graph as legal .cnn text: --dump=graph. Parsing it again gives an equal graph. */
void print_graph(Text *out, const Graph *graph);
/* NULL: well formed. Else what is wrong (a fault of cnnc, not of its input). */
const char *verify_graph(Arena *arena, const Graph *graph);
#endif
