/* read_attributes.h - the arguments of a call, after an operator's attribute table, as its attribute structure. */
#ifndef CNNC_PASSES_READ_ATTRIBUTES_H
#define CNNC_PASSES_READ_ATTRIBUTES_H
#include "ir/operator.h"
#include "passes/scope.h"

/* What read_attributes makes; the members of Node of the same names. */
typedef struct Attributes {
  void *values;
  uint64_t given;
  const Span *spans;
} Attributes;

typedef struct AttributeRequest {
  const Operator *op;
  const Argument *arguments; /* of the call, in order */
  const NameTable *defaults; /* of the file in which the operation was named */
  int rank;                  /* of the first input, for which a pair is one number in 1D; 0: unknown */
  Span call;
  NameTable *missing; /* "batch_norm.eps": said before, so not said again; may be NULL */
} AttributeRequest;

/* false: errors were reported (E0401, E0402, E0403, E0405, E0202). */
bool read_attributes(Compilation *c, const AttributeRequest *request, Attributes *out);
/* Adds the arguments of a `default` declaration to those of the file's earlier ones, which win. */
void add_default_attributes(Compilation *c, const Operator *op, const Argument *arguments, DefaultAttributes *defaults);
/* E0201 for a name that is no operation or block. call may be NULL. */
Diagnostic *report_unknown_operation(Compilation *c, const Scope *scope, AstName name, const AstCall *call);

/* convert_attribute.c: one value, after the attribute's kind, into *field. false: reported. */
bool convert_attribute(Compilation *c, const Operator *op, const Attribute *attribute, const Argument *argument, int rank, void *field);
/* "a whole number of at least 1, or (height, width)"; rank is that of the input, 0 where it is not known. */
const char *legal_values(Arena *arena, const Attribute *attribute, int rank);
#endif
