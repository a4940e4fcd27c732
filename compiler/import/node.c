/* node.c - the node at hand: its attributes, and the words with which it is refused. */
#include <string.h>
#include "import/importer.h"

static Diagnostic *refuse_for(Importer *m, const char *reason) {
  m->refused = true;
  const OnnxNode *node = m->node;
  const char *name = *node->name ? node->name : node->outputs_count ? node->outputs[0] : "";
  return report(m->diagnostics, CODE_E1003, (Span){0, 0}, "node `%s` (%s): %s", shown_name(m->arena, name),
                shown_name(m->arena, node->op_type), reason);
}

bool refuse(Importer *m, const char *format, ...) {
  Text text = text_new(m->arena);
  va_list arguments;
  va_start(arguments, format);
  text_vaddf(&text, format, arguments);
  va_end(arguments);
  if (!m->refused) refuse_for(m, text_string(&text)); /* one reason a node */
  return false;
}

bool refuse_varying(Importer *m, const char *format, ...) {
  Text text = text_new(m->arena), options = text_new(m->arena);
  va_list arguments;
  va_start(arguments, format);
  text_vaddf(&text, format, arguments);
  va_end(arguments);
  if (m->refused) return false;
  Diagnostic *d = refuse_for(m, text_string(&text));
  for (int i = 0; i < m->net.dims_count; i++) text_addf(&options, " --size %s=N", m->net.dims[i]->name);
  if (m->net.dims_count) add_help(d, "for one size of the input only: `cnnc import%s`", text_string(&options));
  return false;
}

const OnnxAttribute *any_attribute(Importer *m, const char *name) {
  for (int i = 0; i < m->node->attributes_count; i++)
    if (!strcmp(m->node->attributes[i].name, name)) {
      if (i < 64) m->used_attributes |= UINT64_C(1) << i;
      return &m->node->attributes[i];
    }
  return NULL;
}

bool has_attribute(Importer *m, const char *name) { return any_attribute(m, name) != NULL; }
void ignore_attribute(Importer *m, const char *name) { (void)any_attribute(m, name); }

static const OnnxAttribute *attribute_of_kind(Importer *m, const char *name, OnnxAttributeKind kind) {
  const OnnxAttribute *attribute = any_attribute(m, name);
  if (!attribute || attribute->kind == kind) return attribute;
  refuse(m, "the attribute `%s` is not of the type that the operator has", name);
  return NULL;
}

int64_t int_attribute(Importer *m, const char *name, int64_t otherwise) {
  const OnnxAttribute *attribute = attribute_of_kind(m, name, ONNX_INT);
  return attribute ? attribute->integer : otherwise;
}

double float_attribute(Importer *m, const char *name, double otherwise) {
  const OnnxAttribute *attribute = attribute_of_kind(m, name, ONNX_FLOAT);
  if (!attribute) return otherwise;
  if (attribute->real - attribute->real != 0) refuse(m, "the attribute `%s` is not finite", name);
  return (double)attribute->real;
}

const char *string_attribute(Importer *m, const char *name, const char *otherwise) {
  const OnnxAttribute *attribute = attribute_of_kind(m, name, ONNX_STRING);
  return attribute ? attribute->string : otherwise;
}

bool ints_attribute(Importer *m, const char *name, const int64_t **values, int *count) {
  const OnnxAttribute *attribute = attribute_of_kind(m, name, ONNX_INTS);
  if (!attribute) return false;
  *values = attribute->integers;
  *count = attribute->count;
  return true;
}

bool integers_of(Importer *m, const Value *value, const char *attribute, const Size **out, int *count) {
  const int64_t *given;
  *count = -1;
  if (!value) {
    if (!attribute || !ints_attribute(m, attribute, &given, count)) return !m->refused;
    if (*count > MAX_TENSOR_RANK * 2) return refuse(m, "the attribute `%s` has %d numbers", attribute, *count);
    for (int i = 0; i < *count; i++) out[i] = size_of(m->arena, given[i]);
    return true;
  }
  if (!is_constant(value))
    return refuse(m, "its input `%s` is computed at run time, which cnnc needs to know", shown_name(m->arena, value->name));
  int64_t elements = value_elements(value);
  if (value->rank > 1 || elements < 0 || elements > MAX_TENSOR_RANK * 2)
    return refuse(m, "its input `%s` is no short list of numbers", shown_name(m->arena, value->name));
  *count = (int)elements;
  for (int i = 0; i < *count; i++) out[i] = integer_at(m, value, i);
  return true;
}

bool numbers_of(Importer *m, const Value *value, const char *attribute, int64_t *out, int *count) {
  const Size *sizes[MAX_TENSOR_RANK * 2];
  if (!integers_of(m, value, attribute, sizes, count)) return false;
  for (int i = 0; i < *count; i++)
    if (!size_is_const(sizes[i], &out[i])) return refuse_varying(m, "`%s` depends on a size that varies", size_text(m->arena, sizes[i]));
  return true;
}

int normal_axis(Importer *m, int64_t axis, int rank) {
  if (axis >= -rank && axis < rank) return (int)(axis < 0 ? axis + rank : axis);
  refuse(m, "there is no axis %lld in %d sizes", (long long)axis, rank);
  return -1;
}
