/* visit_names.h - every name that a declaration defines or mentions, found in the tree without evaluating anything. */
#ifndef CNNC_PASSES_VISIT_NAMES_H
#define CNNC_PASSES_VISIT_NAMES_H
#include "ir/ast.h"

/* The text of what is mentioned lives as long as the call. */
typedef struct NameVisitor {
  void *context;
  void (*define)(void *context, AstName name);                 /* statements, labels, arms; may be NULL */
  void (*mention)(void *context, const char *name, Span span); /* in expressions, sources, calls and labels; may be NULL */
} NameVisitor;

void visit_names(const AstDecl *declaration, const NameVisitor *visitor);
/* The place where the declaration's statements, labels or arms define `name`; {0, 0}: nowhere. */
Span find_definition(const AstDecl *declaration, const char *name);
#endif
