/* builder.h - what the files of build_graph share: the graph under construction and the steps of its expansion.
 *
 * An error poisons the tensor it concerns; what follows from a poisoned tensor is silent. */
#ifndef CNNC_PASSES_BUILDER_H
#define CNNC_PASSES_BUILDER_H
#include "ir/network_size.h"
#include "ops/explain_shape.h"
#include "ops/infer.h"
#include "passes/compilation.h"
#include "passes/read_attributes.h"
#include "passes/scope.h"

enum { MAX_BLOCK_DEPTH = 64, MAX_STEPS = 200000 };

/* A place where a shared layer is used. */
typedef struct SharedUse {
  SharedLayer *layer;
  Span span;
  const char *input; /* "[3, 64, 64]" */
} SharedUse;

typedef struct Builder {
  Compilation *c;
  Arena *arena;
  Diagnostics *diagnostics;
  Graph *graph;
  Inference inference;
  NameTable parameters;    /* path -> DeclaredParameter */
  const AstDecl *defining; /* the body whose names `defined` holds; NULL: none yet */
  NameTable defined;
  NameTable labelled;     /* GraphOutput *: the first with the labels of a file, by its path */
  NameTable metas;        /* those that are defined */
  NameTable use_paths;    /* given to uses of shared layers, so that each is unique */
  NameTable missing;      /* see AttributeRequest */
  const AstDecl **failed; /* blocks in which an error was found: not expanded again */
  int failed_count;
  NameTable offered; /* operation -> number of the label that a help proposed last, an int: no two propose the same */
  NameTable shared;  /* every shared layer, by place, for the lint */
  int steps;
  bool stopped; /* a limit was exceeded: expand no further */
} Builder;

/* expand_flow.c */
Tensors expand_flow(Builder *b, Scope *scope, const AstFlow *flow);
/* A statement of a block or net: assignment, unpacking or shared. */
void expand_statement(Builder *b, Scope *scope, const AstStmt *stmt);
/* The one tensor of a flow that is called `name`; checks its declared type and names it. NULL: reported. */
Value *expand_named_flow(Builder *b, Scope *scope, AstName name, const AstType *type, const AstFlow *flow, const char *doc);
Tensors expand_chain(Builder *b, Scope *scope, const AstStage *chain, Tensors in);
/* Defines a name in the body; E0205 if it has a meaning there already. */
void define_tensors(Builder *b, Scope *scope, const char *name, Span span, const char *what, Tensors tensors);

/* expand_call.c */
Tensors expand_call(Builder *b, Scope *scope, const AstCall *call, const char *label, Span label_span, Tensors in);
/* expand_block.c: label NULL: the layers join the scope of the caller. use NULL: not a shared layer. */
typedef struct BlockCall {
  const AstDecl *block;
  const Module *module; /* of the declaration */
  const Argument *arguments;
  Span span;
  const char *label; /* path; NULL: none */
  const SharedUse *use;
  const char *parameter_path;
} BlockCall;
Tensors expand_block(Builder *b, Scope *caller, const BlockCall *call, Tensors in);

/* make_node.c */
typedef struct NodeRequest {
  const Operator *op;
  const Argument *arguments;
  const Module *module; /* whose defaults hold */
  const char *label;    /* path; NULL: none */
  Span span, label_span;
  const SharedUse *use;       /* NULL: not a use of a shared operation */
  const char *name;           /* of a use of a shared operation without label */
  const char *parameter_path; /* NULL: the layer has no name, so it can have no weights */
} NodeRequest;
Tensors make_node(Builder *b, Scope *scope, const NodeRequest *request, Tensors in);
/* The callbacks of Inference. */
Parameter *declare_node_parameter(Inference *inference, Node *node, const char *role, ParameterKind kind, int rank, const int64_t *sizes);
Value *make_node_part(Inference *inference, const Node *call, const Part *part);
Tensors one_tensor(Builder *b, Value *value);
Tensors poisoned_tensors(Builder *b, Span span);
bool any_poisoned(Tensors tensors);
/* "conv1_relu": the nearest earlier label or statement and the operation. */
const char *derive_name(Builder *b, const Scope *scope, const char *op);
/* E0603, and no further expansion. */
Diagnostic *stop_expansion(Builder *b, Span span, const char *message);

/* constants.c: a number or list of numbers as a tensor that nothing computes. Poisoned: reported. */
Value *constant_value(Builder *b, const Scope *scope, const char *name, const Datum *datum, Span span);
/* Whether the operation can take the constants among its inputs; else E0308. */
bool check_constants(Builder *b, const Operator *op, Tensors in, Span call);

/* match_type.c */
/* Checks a value against a written type (E0306, E0304, E0308, E0305). `what` is what the message calls it. */
void check_declared_type(Builder *b, const Scope *scope, const AstType *type, const Value *value, const char *name);
/* A block's tensor: its size names are bound, or agree with what they are bound to. */
void bind_tensor_type(Builder *b, Scope *scope, const AstTensorParam *tensor, const Value *value, Span call);
/* The type of an input; false: reported. */
bool evaluate_type(Builder *b, const Scope *scope, const AstType *type, TensorType *out);

/* read_options.c: the arguments of input, output and weights lines. */
bool read_layout(Builder *b, const Scope *scope, const AstArg *arg, bool *hwc);
void read_output_options(Builder *b, const Scope *scope, const AstStmt *stmt, GraphOutput *output);
void read_weights(Builder *b, const Scope *scope, const AstStmt *stmt);

/* name_nodes.c: final names of nodes and values; E0701. */
void name_nodes(Builder *b);
/* lint_graph.c: unused layers, inputs, names; shared layers used once. */
void lint_graph(Builder *b, const Module *module, const AstDecl *net);
#endif
