/* explain_operation.c - what the descriptor of an operation says, for people. */
#include <string.h>

#include "ops/ops.h"
#include "passes/read_attributes.h"
#include "tools/explain.h"

enum { WIDTH = 19, LINE = 100 };

/* NULL: it must be given, always or in the cases that `why` names. */
static const char *default_text(Arena *arena, const Operator *op, const Attribute *attribute) {
  if (attribute->required || attribute->why) return NULL;
  const void *field = (const char *)op->default_attributes + attribute->offset;
  if (attribute->kind == ATTRIBUTE_PAIR && ((const Pair *)field)->h < attribute->minimum) return "kernel_size";
  Text text = text_new(arena);
  print_attribute(&text, attribute, field, 0);
  return text_string(&text);
}

static void print_signature(Text *out, const Operator *op) {
  text_add(out, op->name);
  for (const Attribute *a = op->attributes; a && a->name; a++) {
    const char *usual = default_text(out->arena, op, a);
    text_addf(out, "%s%s%s%s", a == op->attributes ? "(" : ", ", a->name, usual ? "=" : "", usual ? usual : "");
    if (!a[1].name) text_add(out, ")");
  }
  text_add(out, "\n");
}

static void print_inputs(Text *out, const Operator *op) {
  static const char *const words[] = {"no", "one", "two", "three", "four"};
  const char *least = words[op->min_inputs < 4 ? op->min_inputs : 4];
  if (op->max_inputs == op->min_inputs) text_addf(out, "Takes %s tensor%s", least, op->min_inputs == 1 ? "" : "s");
  else if (op->max_inputs < 0) text_addf(out, "Takes %s tensors or more", least);
  else text_addf(out, "Takes %s to %d tensors", least, op->max_inputs);
  text_addf(out, ": `%s -> %s%s`\n", op->max_inputs == 1 ? "x" : "[a, b]", op->weights ? "name: " : "", op->name);
}

static void print_attribute_line(Text *out, const Operator *op, const Attribute *a) {
  const char *usual = default_text(out->arena, op, a);
  text_addf(out, "  %-*s%s", WIDTH, a->name, legal_values(out->arena, a, 0));
  if (usual) text_addf(out, "; %s unless given", usual);
  else if (a->required) text_add(out, "; must be given");
  text_add(out, "\n");
  if (a->why) text_addf(out, "%*s%s\n", WIDTH + 2, "", a->why);
}

static void print_attributes(Text *out, const Operator *op) {
  if (!op->attributes) return;
  text_add(out, "\nAttributes:\n");
  for (const Attribute *a = op->attributes; a->name; a++) print_attribute_line(out, op, a);
}

static void print_foreign_names(Text *out, const Operator *op) {
  const char *foreign;
  size_t column = 0;
  for (int i = 0; (foreign = foreign_name_of(op->name, i)) != NULL; i++) {
    if (i == 0) text_add(out, "\nElsewhere called:");
    column += strlen(foreign) + 2;
    bool full = column > LINE;
    if (full) column = strlen(foreign) + 2;
    text_addf(out, "%s%s%s", i ? "," : "", i == 0 || full ? "\n  " : " ", foreign);
  }
  if (column) text_add(out, "\n");
}

bool explain_attribute(Text *out, const Operator *op, const char *name) {
  for (const Attribute *a = op->attributes; a && a->name; a++) {
    if (strcmp(a->name, name)) continue;
    text_addf(out, "%s: %s\n", op->name, op->summary);
    print_attribute_line(out, op, a);
    return true;
  }
  return false;
}

void explain_operation(Text *out, const Operator *op) {
  print_signature(out, op);
  text_addf(out, "\n%s\n", op->summary);
  if (op->formula) text_addf(out, "\n  %s\n", op->formula);
  text_add(out, "\n");
  print_inputs(out, op);
  print_attributes(out, op);
  if (op->weights) text_addf(out, "\nWeights, below the layer's name: %s\n", op->weights);
  if (op->onnx) text_addf(out, "\nIn ONNX: %s\n", op->onnx);
  print_foreign_names(out, op);
}
