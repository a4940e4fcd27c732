/* operator.h - what the compiler knows of an operator: one descriptor, filled in by its file in ops/.
 *
 * The levels are printed and verified through these descriptors, so this header holds the type only; the instances
 * and all that they do stand in ops/. */
#ifndef CNNC_IR_OPERATOR_H
#define CNNC_IR_OPERATOR_H
#include "ir/graph.h"
#include "ir/loop.h"

typedef struct Pair { /* height and width; for 1D inputs only the width is used */
  int64_t h, w;
} Pair;

typedef struct Sides { /* of one axis */
  int64_t before, after;
} Sides;

typedef enum PaddingKind {
  PADDING_VALID,
  PADDING_SAME,
  PADDING_SAME_UPPER,
  PADDING_SAME_LOWER,
  PADDING_FULL,
  PADDING_CAUSAL,
  PADDING_EXPLICIT /* top, bottom, left, right */
} PaddingKind;

typedef struct Padding {
  PaddingKind kind;
  bool per_axis; /* EXPLICIT written as an integer or (h, w) */
  int64_t top, bottom, left, right;
} Padding;

/* A constant array given in the source: rank 0 is a scalar. */
typedef struct ConstantArray {
  int rank;
  int64_t sizes[MAX_PARAMETER_RANK];
  double *data;
} ConstantArray;

typedef struct Bias {
  bool present;
  ConstantArray *values; /* given in the source; NULL: learned */
} Bias;

typedef enum AttributeKind {
  ATTRIBUTE_INT,     /* int64_t */
  ATTRIBUTE_REAL,    /* double */
  ATTRIBUTE_BOOL,    /* bool */
  ATTRIBUTE_PAIR,    /* Pair; written as 3, 3x5 or (3, 5) */
  ATTRIBUTE_SIDES,   /* Sides; written as (before, after), or as one number for both */
  ATTRIBUTE_PADDING, /* Padding */
  ATTRIBUTE_CHOICE,  /* int: index in choices */
  ATTRIBUTE_ARRAY,   /* ConstantArray *; NULL: none */
  ATTRIBUTE_BIAS,    /* Bias; written as true, false, none or a list of numbers */
  ATTRIBUTE_INTS     /* ConstantArray * of whole numbers, rank 1, or 0 for a single one; NULL: none */
} AttributeKind;

enum { MAX_ATTRIBUTES = 64 }; /* bits of Node.given */

typedef struct Attribute {
  const char *name; /* NULL ends a table */
  AttributeKind kind;
  size_t offset;       /* in the operator's attribute structure */
  const char *choices; /* CHOICE: "zeros|reflect|replicate|circular" */
  bool required;       /* no default */
  const char *why;     /* required: what frameworks use, the note of E0403; may be NULL */
  int64_t minimum;     /* INT, PAIR, SIDES and INTS: the smallest legal value */
} Attribute;

/* As it is written in a source; rank is that of the input, 0 where it is not known. */
void print_attribute(Text *out, const Attribute *attribute, const void *field, int rank);

/* What an operator is to the plan. */
typedef enum OperatorKind {
  OPERATOR_NEST,        /* one loop nest with an accumulator, that may be scheduled: `nest` */
  OPERATOR_ELEMENTWISE, /* result[i] depends on input[i] only: `apply`; can be fused into what computes its input */
  OPERATOR_LOOPS,       /* statements of its own: `loops` */
  OPERATOR_VIEW,        /* no work: its output is its input, looked at in another way (identity, dropout, flatten) */
  OPERATOR_SLICE,       /* no work: its output is a part of its input 0 (crop): `slice` */
  OPERATOR_JOIN,        /* no work: its inputs are written side by side (concat) */
  OPERATOR_EXPANDING    /* stands for several nodes of other operators: `expand`; no graph holds it */
} OperatorKind;

typedef struct Inference Inference;   /* ops/infer.h */
typedef struct Lowering Lowering;     /* ops/lowering.h */
typedef struct Nest Nest;             /* ir/nest.h */
typedef struct OnnxWriter OnnxWriter; /* ops/to_onnx.h */
struct Window;                        /* ops/infer.h */
struct Expansion;                     /* ops/infer.h */

/* A tensor that a NEST operator computes before its own nest, by another nest: a mean, a norm. */
typedef struct Stage {
  const char *name; /* "mean": its function is called <layer>_mean */
  TensorType type;
  void (*nest)(Lowering *lowering, const Node *node, Nest *nest);
} Stage;

enum { MAX_STAGES = 8 };

struct Operator {
  const char *name;
  OperatorKind kind;
  int min_inputs, max_inputs; /* max -1: any number */
  bool takes_constants;       /* some of its inputs may be numbers or constants of the source */
  size_t attributes_size;
  bool attributes_by_name;        /* none is positional, because frameworks order the sides of a tensor in several ways */
  const Attribute *attributes;    /* in positional order; NULL: none */
  const void *default_attributes; /* an attribute structure with the defaults; NULL when attributes_size is 0 */
  const char *summary;            /* one line */
  const char *weights;            /* "`weight` [out, in]; `bias` [out]": what weights files must hold; NULL: no parameters */
  const char *formula;            /* in the generated comment: "y[oc][oy][ox] = .." ; NULL: none */
  const char *onnx;               /* what `cnnc export` makes of it, with all its types: "Relu", "Sigmoid, Mul"; NULL: EXPANDING */

  /* Checks attributes and inputs, sets the output's type and declares parameters. false: errors were reported. */
  bool (*infer)(Inference *inference, Node *node);
  /* EXPANDING, instead of `infer` and all that follows: makes the nodes with make_part (ops/infer.h). `call` has what a node has
   * before it is inferred, and is not in the graph. false: errors were reported. */
  bool (*expand)(Inference *inference, const Node *call, struct Expansion *expansion);
  /* The formula, in double precision, on dense arrays in logical order. Independent of the lowering. */
  void (*evaluate)(const Node *node, const double *const *inputs, double *output);
  /* ELEMENTWISE: the result at one place from the inputs at that place. */
  Expr *(*apply)(Lowering *lowering, const Node *node, Expr *const *inputs);
  /* NEST */
  void (*nest)(Lowering *lowering, const Node *node, Nest *nest);
  /* NEST: what is computed before, in this order; later nests read it with stage_at. Returns how many. NULL: none. */
  int (*stages)(Arena *arena, const Node *node, Stage stages[MAX_STAGES]);
  /* LOOPS */
  Stmt *(*loops)(Lowering *lowering, const Node *node);
  /* SLICE: the channel, row and column of input 0 at which the output begins. */
  void (*slice)(Arena *arena, const Node *node, const Size *begin[MAX_RANK]);
  /* Whether the operator reads its input 0 beyond its edges: the window, and what stands there as an index in
   * padding_mode's choices (0: zeros). NULL: never. */
  bool (*borders)(Arena *arena, const Node *node, struct Window *window, int *padding_mode);
  /* Multiply-accumulates of one sample in direct form; NULL: none are counted. */
  const Size *(*macs)(Arena *arena, const Node *node);
  /* Adds the ONNX nodes that compute the output (ops/to_onnx.h) and returns the name of their result. NULL: a node of the
   * type `onnx` with the same inputs and no attributes does it. */
  const char *(*to_onnx)(OnnxWriter *writer, const Node *node);
  /* How the layer is described above its function: "conv 5x5, stride 2"; NULL: the name alone. */
  void (*describe)(Text *out, const Node *node);
};

/* What the author called the operation. */
static inline const char *operation_name(const Node *node) { return node->expanded_from ? node->expanded_from->name : node->op->name; }
#endif
