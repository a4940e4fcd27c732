/* infer.c - what the shape rules of the operators share: errors at a node, limits, parameters; see infer.h. */
#include "ops/infer.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "ops/explain_shape.h"
#include "support/checked.h"

static const char *format_message(Arena *arena, const char *format, va_list arguments) {
  Text text = text_new(arena);
  text_vaddf(&text, format, arguments);
  return text_string(&text);
}

static Diagnostic *error_at(Inference *inference, const Node *node, Code code, Span span, const char *message) {
  Diagnostic *d = report(inference->diagnostics, code, span, "%s", message);
  add_instance_notes(d, node->instance);
  if (d->severity != SEVERITY_ERROR) return d;
  for (int i = 0; i < node->input_count && i < 2; i++)
    if (i == 0 || node->inputs[i] != node->inputs[0]) add_shape_chain(d, inference->arena, node->inputs[i]);
  return d;
}

Diagnostic *shape_error(Inference *inference, const Node *node, Code code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const char *message = format_message(inference->arena, format, arguments);
  va_end(arguments);
  return error_at(inference, node, code, node->span, message);
}

static int attribute_index(const Node *node, const char *name) {
  for (int i = 0; node->op->attributes && node->op->attributes[i].name; i++)
    if (strcmp(node->op->attributes[i].name, name) == 0) return i;
  return -1;
}

Diagnostic *attribute_error(Inference *inference, const Node *node, Code code, const char *attribute, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const char *message = format_message(inference->arena, format, arguments);
  va_end(arguments);
  int index = attribute_index(node, attribute);
  Span span = index >= 0 && node->attribute_spans ? node->attribute_spans[index] : (Span){0, 0};
  return error_at(inference, node, code, span.end ? span : node->span, message);
}

bool attribute_given(const Node *node, const char *name) {
  int index = attribute_index(node, name);
  return index >= 0 && (node->given >> index & 1);
}

void declare_parameter(Inference *inference, Node *node, int slot, const char *role, ParameterKind kind, int rank, const int64_t *sizes) {
  node->parameters[slot] = inference->declare(inference, node, role, kind, rank, sizes);
  if (node->parameter_count <= slot) node->parameter_count = slot + 1;
}

void declare_constant(Inference *inference, Node *node, int slot, const char *role, int rank, const int64_t *sizes, const double *numbers) {
  declare_parameter(inference, node, slot, role, PARAMETER_CONSTANT, rank, sizes);
  Parameter *parameter = node->parameters[slot];
  int64_t count = parameter_elements(parameter);
  parameter->data = ARENA_ARRAY(inference->arena, float, (size_t)count);
  for (int64_t i = 0; i < count; i++) parameter->data[i] = (float)numbers[i];
}

const char *constant_sizes(Arena *arena, const ConstantArray *array) {
  Text text = text_new(arena);
  for (int i = 0; i < array->rank; i++) text_addf(&text, "%s%lld", i ? "x" : "", (long long)array->sizes[i]);
  return array->rank ? text_string(&text) : "a number";
}

bool check_constant(Inference *inference, const Node *node, const char *attribute, const ConstantArray *array) {
  int64_t count = 1;
  for (int i = 0; i < array->rank; i++) count *= array->sizes[i];
  for (int64_t i = 0; i < count; i++) {
    if (fabs(array->data[i]) <= (double)FLT_MAX) continue;
    Diagnostic *d = attribute_error(inference, node, CODE_E0402, attribute, "a number of `%s` is too large", attribute);
    set_label(d, "number %lld is not a finite float32", (long long)i + 1);
    return false;
  }
  return true;
}

bool check_bias(Inference *inference, const Node *node, const Bias *bias, int64_t channels) {
  const ConstantArray *values = bias->values;
  if (!values) return true;
  if (values->rank == 1 && values->sizes[0] == channels) return check_constant(inference, node, "bias", values);
  Diagnostic *d = attribute_error(inference, node, CODE_E0313, "bias", "`bias` needs a number for each output channel");
  set_label(d, "%s%s for %lld channel%s", constant_sizes(inference->arena, values),
            values->rank == 1 ? values->sizes[0] == 1 ? " number" : " numbers" : "", (long long)channels, channels == 1 ? "" : "s");
  return false;
}

void declare_bias(Inference *inference, Node *node, int slot, const Bias *bias, int64_t channels) {
  if (!bias->present) return;
  if (bias->values) declare_constant(inference, node, slot, "bias", 1, &channels, bias->values->data);
  else declare_parameter(inference, node, slot, "bias", PARAMETER_LEARNED, 1, &channels);
}

Value *make_part(Inference *inference, const Node *call, const Part *part) { return inference->make(inference, call, part); }

static bool check_number(Inference *inference, const Node *node, const Attribute *attribute, int64_t value, int64_t minimum) {
  if (value >= minimum && value <= MAX_SIZE) return true;
  Diagnostic *d = attribute_error(inference, node, CODE_E0402, attribute->name, "`%s` cannot be %lld", attribute->name, (long long)value);
  if (value < minimum) set_label(d, "must be at least %lld", (long long)minimum);
  else set_label(d, "must be at most %lld", (long long)MAX_SIZE);
  return false;
}

static bool check_pair(Inference *inference, const Node *node, const Attribute *attribute, Pair pair) {
  if (!check_number(inference, node, attribute, pair.h, attribute->minimum)) return false;
  if (!check_number(inference, node, attribute, pair.w, attribute->minimum)) return false;
  if (node->inputs[0]->type.rank != 2 || pair.h == pair.w) return true;
  Diagnostic *d = attribute_error(inference, node, CODE_E0402, attribute->name, "`%s` has two numbers, but the input has one dimension",
                                  attribute->name);
  set_label(d, "%lldx%lld, input is %s", (long long)pair.h, (long long)pair.w, type_text(inference->arena, &node->inputs[0]->type));
  add_help(d, "write one number: `%s=%lld`", attribute->name, (long long)(pair.h == 1 ? pair.w : pair.h));
  return false;
}

static bool check_sides(Inference *inference, const Node *node, const Attribute *attribute, Sides sides) {
  return check_number(inference, node, attribute, sides.before, attribute->minimum) &&
         check_number(inference, node, attribute, sides.after, attribute->minimum);
}

static bool check_padding(Inference *inference, const Node *node, const Attribute *attribute, const Padding *padding) {
  if (padding->kind != PADDING_EXPLICIT) return true;
  const int64_t sides[] = {padding->top, padding->bottom, padding->left, padding->right};
  for (int i = 0; i < 4; i++)
    if (!check_number(inference, node, attribute, sides[i], 0)) return false;
  if (node->inputs[0]->type.rank != 2) return true;
  bool one_number = padding->per_axis && padding->top == padding->left;
  if (one_number || (!padding->per_axis && padding->top == 0 && padding->bottom == 0)) return true;
  Diagnostic *d = attribute_error(inference, node, CODE_E0402, attribute->name, "`%s` pads two dimensions, but the input has one",
                                  attribute->name);
  set_label(d, "input is %s", type_text(inference->arena, &node->inputs[0]->type));
  add_help(d, "write one number for both ends, or `%s=(left=%lld, right=%lld)`", attribute->name, (long long)padding->left,
           (long long)padding->right);
  return false;
}

static bool check_real(Inference *inference, const Node *node, const Attribute *attribute, double value) {
  if (fabs(value) <= (double)FLT_MAX) return true;                                                             /* false for NaN, too */
  if (value == *(const double *)((const char *)node->op->default_attributes + attribute->offset)) return true; /* a missing limit */
  Diagnostic *d = attribute_error(inference, node, CODE_E0402, attribute->name, "`%s` is too large", attribute->name);
  set_label(d, "not a finite float32");
  return false;
}

bool check_attributes(Inference *inference, const Node *node) {
  for (const Attribute *a = node->op->attributes; a && a->name; a++) {
    const void *field = (const char *)node->attributes + a->offset;
    bool fits = true;
    switch (a->kind) {
    case ATTRIBUTE_INT: fits = check_number(inference, node, a, *(const int64_t *)field, a->minimum); break;
    case ATTRIBUTE_PAIR: fits = check_pair(inference, node, a, *(const Pair *)field); break;
    case ATTRIBUTE_SIDES: fits = check_sides(inference, node, a, *(const Sides *)field); break;
    case ATTRIBUTE_PADDING: fits = check_padding(inference, node, a, field); break;
    case ATTRIBUTE_REAL: fits = check_real(inference, node, a, *(const double *)field); break;
    case ATTRIBUTE_BOOL:
    case ATTRIBUTE_CHOICE:
    case ATTRIBUTE_ARRAY:
    case ATTRIBUTE_BIAS:
    case ATTRIBUTE_INTS: break;
    }
    if (!fits) return false;
  }
  return true;
}

void help_divisors(Inference *inference, Diagnostic *d, int64_t number) {
  enum { MOST_DIVISORS = 12, MOST_TRIED = 65536 };
  Text text = text_new(inference->arena);
  int count = 0;
  for (int64_t i = 1; i <= number && i <= MOST_TRIED && count <= MOST_DIVISORS; i++)
    if (number % i == 0 && count++ < MOST_DIVISORS) text_addf(&text, "%s%lld", count > 1 ? ", " : "", (long long)i);
  if (number == 1) return;
  add_help(d, "%lld has the divisors %s%s", (long long)number, text_string(&text),
           count > MOST_DIVISORS || number > MOST_TRIED ? ", .." : "");
}

bool check_eps(Inference *inference, const Node *node, double eps, const char *added_to) {
  if (eps >= 0) return true;
  Diagnostic *d = attribute_error(inference, node, CODE_E0402, "eps", "`eps` cannot be negative");
  add_note(d, "%s, so that nothing is divided by 0", added_to);
  return false;
}

bool require_spatial(Inference *inference, const Node *node) {
  if (node->inputs[0]->type.rank > 1) return true;
  Diagnostic *d = shape_error(inference, node, CODE_E0305, "`%s` needs an image or a sequence, this is a vector", operation_name(node));
  set_label(d, "input is %s", type_text(inference->arena, &node->inputs[0]->type));
  add_note(d, "an image is [channels, height, width], a sequence [channels, length]");
  return false;
}

bool known_channels(Inference *inference, const Node *node, const Value *input, int64_t *channels) {
  const Size *size = type_channels(&input->type);
  if (size_is_const(size, channels)) return true;
  Text text = text_new(inference->arena);
  size_print(&text, size);
  bool vector = input->type.rank == 1;
  Diagnostic *d = shape_error(inference, node, CODE_E0304, "`%s` needs a fixed number of %s", operation_name(node),
                              vector ? "values" : "channels");
  set_label(d, "%s varies", text_string(&text));
  add_note(d, "the sizes of weights are numbers, so what they are multiplied with cannot vary");
  if (vector) add_help(d, "`-> global_avg_pool -> flatten` gives as many values as there are channels, whatever the picture's size");
  return false;
}

/* Sizes without an upper bound (`dim T in 1..`) are for run time to check. */
static bool within(const Graph *graph, const Size *size, int64_t limit) {
  if (size_minimum(size) < 1 || size_minimum(size) > limit) return false;
  bool unbounded = false;
  for (int i = 0; i < graph->dim_count; i++) unbounded = unbounded || graph->dims[i]->maximum < 0;
  return size_maximum(size) <= limit || (unbounded && !size_is_const(size, NULL));
}

bool parameter_fits(Inference *inference, const Node *node, int rank, const int64_t *sizes) {
  int64_t elements = 1;
  bool fits = true;
  for (int i = 0; i < rank; i++) fits = fits && checked_mul(elements, sizes[i], &elements);
  if (fits && elements <= MAX_ELEMENTS) return true;
  Text text = text_new(inference->arena);
  for (int i = 0; i < rank; i++) text_addf(&text, "%s%lld", i ? ", " : "[", (long long)sizes[i]);
  Diagnostic *d = shape_error(inference, node, CODE_E0307, "the weights of this `%s` are too many", operation_name(node));
  set_label(d, "%s]", text_string(&text));
  add_note(d, "a tensor may have 2^40 elements at most");
  return false;
}

bool set_output_type(Inference *inference, Node *node, TensorType type) {
  bool fits = within(inference->graph, type_elements(inference->arena, &type), MAX_ELEMENTS);
  for (int i = 0; i < type.rank; i++) fits = fits && within(inference->graph, type.sizes[i], MAX_SIZE);
  if (!fits) {
    Diagnostic *d = shape_error(inference, node, CODE_E0307, "the result of this `%s` is too large", operation_name(node));
    set_label(d, "gives %s", type_text(inference->arena, &type));
    add_note(d, "a size may be 2^31 - 1 at most, and a tensor may have 2^40 elements");
    return false;
  }
  node->output->type = type;
  return true;
}

bool infer_same_shape(Inference *inference, Node *node) {
  TensorType type = node->inputs[0]->type;
  type.dtype = DTYPE_F32;
  return check_attributes(inference, node) && set_output_type(inference, node, type);
}
