/* names.h - every name of a text and what it stands for: where it is defined, and all places that mention it.
 *
 * Found in the tree, without evaluating anything, so that a text with errors has names, too. */
#ifndef CNNC_LSP_NAMES_H
#define CNNC_LSP_NAMES_H
#include "ir/operator.h"
#include "passes/scope.h"

typedef enum NameKind {
  NAME_NET,
  NAME_BLOCK,
  NAME_CONST,
  NAME_DIM,
  NAME_SIZE, /* bound by the type of a block's tensor */
  NAME_PARAMETER,
  NAME_TENSOR, /* an input, or what a statement or arm names */
  NAME_LABEL,
  NAME_SHARED,
  NAME_VARIABLE, /* of a repeat */
  NAME_OPERATION,
  NAME_ATTRIBUTE,
  NAME_WORD, /* `same`, `bilinear` */
  NAME_FUNCTION,
  NAME_DTYPE,
  NAME_FILE
} NameKind;

typedef struct Symbol {
  NameKind kind;
  const char *name;
  Span span;                  /* where it is defined; {0, 0}: nowhere in the sources */
  const AstDecl *body;        /* block or net in which it is defined; NULL: the file */
  const AstDecl *declaration; /* NET, BLOCK, FILE; PARAMETER: whose */
  const Operator *op;         /* OPERATION, ATTRIBUTE; may be NULL */
  const Attribute *attribute; /* ATTRIBUTE; may be NULL */
} Symbol;

typedef struct Occurrence {
  Span span;
  const Symbol *symbol;
  bool defines;
} Occurrence;

typedef struct Names {
  Occurrence *items; /* by place */
  int count;
  NameTable symbols; /* Symbol *, by what makes each unique */
} Names;

/* Adds those of one file. */
void collect_names(Arena *arena, Names *names, const Module *module);
void sort_names(Names *names);
/* The name at a place, or that ends there; NULL: there is none. */
const Occurrence *name_at(const Names *names, uint32_t offset);
/* Whether it is the author's, and not the language's. */
bool is_own(const Symbol *symbol);
/* "block", "label": for messages. */
const char *kind_text(NameKind kind);
#endif
