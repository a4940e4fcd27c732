/* constants.c - numbers and constants of the source among the tensors of a list: `[x, 0.5] -> mul`.
 *
 * Each becomes a value that nothing computes. A number has rank 0 and goes with any shape; a list has the shape of its
 * brackets. Which operations take them their descriptors say. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "passes/builder.h"

static bool same_numbers(const Parameter *a, const Parameter *b) {
  if (a->rank != b->rank || memcmp(a->sizes, b->sizes, sizeof a->sizes) != 0) return false;
  return memcmp(a->data, b->data, (size_t)parameter_elements(a) * sizeof *a->data) == 0;
}

/* Readers of one constant share its numbers. */
static Parameter *shared_constant(const Graph *graph, const char *name, Parameter *constant) {
  for (int i = 0; i < graph->value_count; i++) {
    const Value *value = graph->values[i];
    if (value->constant && strcmp(value->name, name) == 0 && same_numbers(value->constant, constant)) return value->constant;
  }
  return constant;
}

/* The array as floats; NULL: reported. */
static Parameter *parameter_of(Builder *b, const char *name, const ConstantArray *array, Span span) {
  Parameter *p = ARENA_NEW(b->arena, Parameter);
  *p = (Parameter){.role = "constant", .kind = PARAMETER_CONSTANT, .rank = array->rank, .span = span};
  memcpy(p->sizes, array->sizes, sizeof p->sizes);
  if (array->rank > MAX_RANK) {
    Diagnostic *d = report(b->diagnostics, CODE_E0305, span, "`%s` has %d levels of brackets", name, array->rank);
    add_help(d, "a tensor has at most %d sizes: [channels, height, width], [channels, length] or [size]", MAX_RANK);
    return NULL;
  }
  int64_t count = parameter_elements(p);
  p->data = ARENA_ARRAY(b->arena, float, (size_t)count);
  for (int64_t i = 0; i < count; i++) {
    if (!(fabs(array->data[i]) <= (double)FLT_MAX)) {
      Diagnostic *d = report(b->diagnostics, CODE_E0402, span, "`%s` is too large", name);
      set_label(d, "not a finite float32");
      return NULL;
    }
    p->data[i] = (float)array->data[i];
  }
  return shared_constant(b->graph, name, p);
}

Value *constant_value(Builder *b, const Scope *scope, const char *name, const Datum *datum, Span span) {
  Value *poisoned = poisoned_tensors(b, span).items[0];
  if (datum->kind == DATUM_POISONED) return poisoned;
  if (datum->kind != DATUM_NUMBER && datum->kind != DATUM_REAL && datum->kind != DATUM_LIST) {
    Diagnostic *d = report(b->diagnostics, CODE_E0308, span, "`%s` is %s, and only tensors and constants flow along an arrow", name,
                           datum_kind_text(datum));
    if (datum->kind == DATUM_SIZE) add_note(d, "it is known at run time only");
    add_instance_notes(d, scope->instance);
    return poisoned;
  }
  const Attribute numbers = {.name = name, .kind = ATTRIBUTE_ARRAY, .required = true};
  const Argument argument = {.value = datum, .scope = scope, .span = span};
  ConstantArray *array;
  if (!convert_attribute(b->c, NULL, &numbers, &argument, 0, &array)) return poisoned;
  Parameter *constant = parameter_of(b, name, array, span);
  if (!constant) return poisoned;
  TensorType type = {.dtype = DTYPE_F32, .rank = constant->rank};
  for (int i = 0; i < type.rank; i++) type.sizes[i] = size_of(b->arena, constant->sizes[i]);
  Value *value = graph_add_value(b->graph, name, type, span);
  value->constant = constant;
  return value;
}

bool check_constants(Builder *b, const Operator *op, Tensors in, Span call) {
  int constants = 0;
  const Value *first = NULL;
  for (int i = in.count; i-- > 0;)
    if (in.items[i]->constant) {
      first = in.items[i];
      constants++;
    }
  if (!first || (op->takes_constants && constants < in.count)) return true;
  Diagnostic *d;
  if (op->takes_constants) {
    d = report(b->diagnostics, CODE_E0308, call, "`%s` gets constants only", op->name);
    add_help(d, "calculate with them where they are written: `const k = ..`");
  } else {
    d = report(b->diagnostics, CODE_E0308, call, "`%s` takes no constant", op->name);
    add_help(d, "constants may stand in the lists of add, sub, mul, div, max, min and abs_diff");
  }
  add_label(d, first->span, "a constant");
  return false;
}
