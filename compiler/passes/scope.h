/* scope.h - what a name means while the graph is built: files, the bodies of blocks and of the net, loop variables.
 *
 * A body has one namespace for its parameters, tensors, labels and shared layers; it sees the consts, dims and blocks
 * of the file it stands in, and no other body. Looking a name up never reports. */
#ifndef CNNC_PASSES_SCOPE_H
#define CNNC_PASSES_SCOPE_H
#include "ir/graph.h"
#include "ir/operator.h"
#include "passes/compilation.h"
#include "passes/datum.h"
#include "support/name_table.h"
#include "support/suggest.h"

typedef struct Tensors { /* what flows along an arrow */
  Value **items;
  int count;
  Span *places; /* where each got the name by which it comes; {0, 0}: by none; NULL: none of them has one */
} Tensors;

/* `shared name = call`: one set of weights. */
typedef struct SharedLayer {
  const char *name, *parameter_path;
  const AstCall *call;
  struct Scope *scope; /* in which the call was written */
  Span span;
  int uses;
} SharedLayer;

typedef enum EntryKind { ENTRY_DATUM, ENTRY_DIM, ENTRY_BLOCK, ENTRY_TENSORS, ENTRY_SHARED } EntryKind;

typedef struct Entry {
  EntryKind kind;
  const char *what; /* "const", "parameter", "label": for messages */
  Span span;
  const Datum *datum;          /* DATUM, DIM */
  const AstDecl *declaration;  /* BLOCK */
  const struct Module *module; /* of the declaration, at file level */
  Tensors tensors;             /* TENSORS */
  SharedLayer *shared;
} Entry;

/* All `default op(attributes)` of a file for one operation, evaluated. */
typedef struct DefaultAttributes {
  const Argument *by_index[MAX_ATTRIBUTES]; /* as in the operator's table; NULL: none */
  bool broken;                              /* reported */
} DefaultAttributes;

/* One .cnn file. */
typedef struct Module {
  const Ast *ast;
  NameTable names;    /* Entry *: its own and those of the files that it uses */
  NameTable defaults; /* DefaultAttributes *, by the operation */
} Module;

typedef struct Loop { /* repeat variable in .. */
  const char *variable;
  int64_t value;
  const struct Loop *outer;
} Loop;

typedef struct Scope {
  const Module *module;
  const AstDecl *body; /* the block or net; NULL: the file itself */
  NameTable names;     /* Entry * */
  const Loop *loops;
  const char *path;           /* of its layers: "layer2.0"; "" for the net */
  const char *parameter_path; /* of their parameters: the same but under a shared layer */
  const char *prefix;         /* inside `layer1: repeat 2 {..}`: "layer1.0"; else "" */
  const char *nearest;        /* path of the nearest earlier label or statement; NULL: none in this path */
  const Instance *instance;
  const struct SharedUse *use; /* of the shared layer whose weights these are; NULL: their own */
  const struct Scope *caller;
  int depth;
} Scope;

/* Loop variables first, then the body, then the file. NULL: not defined. */
const Entry *find_entry(const Scope *scope, Arena *arena, const char *name);
/* What is written there. */
const char *written_text(const Compilation *c, Arena *arena, Span span);
/* "layer1" and "conv1" -> "layer1.conv1"; either may be "". */
const char *join_path(Arena *arena, const char *path, const char *name);
/* E0202 or E0204 for a name that find_entry does not know. */
Diagnostic *report_unknown_name(Compilation *c, const Scope *scope, const char *name, Span span);
#endif
