/* print_graph.c - the graph as legal .cnn text, a statement for each node; see graph.h.
 *
 * Every node is labelled with its name, so that names and weight paths survive when the text is parsed again. Two
 * things do not: the names that statements gave to tensors of unlabelled layers (a node's name stands for both), and
 * the paths of weights shared inside a block, which are printed with `_` for `.` and a `rename` line that maps the
 * path of the file to them. */
#include <math.h>
#include <string.h>

#include "ir/graph.h"
#include "ir/operator.h"
#include "support/decimal.h"
#include "support/name_table.h"

typedef struct Printer {
  Text *out;
  const Graph *graph;
  NameTable shared;       /* layer path -> its name in the text, for parameters of several nodes */
  NameTable taken;        /* names of statements and constants */
  const char **constants; /* by Value.id: what a source says */
} Printer;

static void print_integer(Text *out, int64_t value) { text_addf(out, "%lld", (long long)value); }

static void print_digits(Text *out, char *digits) {
  size_t length = strlen(digits);
  if (length > 2 && strcmp(digits + length - 2, ".0") == 0) digits[length - 2] = '\0';
  text_add(out, digits);
}

static void print_real(Text *out, double value) {
  char digits[DECIMAL_MAX];
  bool negative = value < 0;
  if (isinf(value)) { /* a limit that is missing */
    text_add(out, "none");
    return;
  }
  if (value == 0) value = 0; /* no -0 */
  print_double(digits, negative ? -value : value);
  if (negative) text_add(out, "-");
  print_digits(out, digits);
}

static void print_array_level(Text *out, const ConstantArray *array, int level, const double **next) {
  if (level == array->rank) {
    print_real(out, *(*next)++);
    return;
  }
  text_add(out, "[");
  for (int64_t i = 0; i < array->sizes[level]; i++) {
    if (i) text_add(out, ", ");
    print_array_level(out, array, level + 1, next);
  }
  text_add(out, "]");
}

static void print_array(Text *out, const ConstantArray *array) {
  if (!array) {
    text_add(out, "none");
    return;
  }
  const double *next = array->data;
  print_array_level(out, array, 0, &next);
}

static void print_pair(Text *out, int64_t h, int64_t w, int rank) {
  if (rank == 2 || h == w) print_integer(out, w);
  else text_addf(out, "(%lld, %lld)", (long long)h, (long long)w);
}

static void print_padding(Text *out, const Padding *p, int rank) {
  static const char *const names[] = {"valid", "same", "same_upper", "same_lower", "full", "causal"};
  if (p->kind != PADDING_EXPLICIT) text_add(out, names[p->kind]);
  else if (p->per_axis) print_pair(out, p->top, p->left, rank);
  else if (rank == 2) text_addf(out, "(left=%lld, right=%lld)", (long long)p->left, (long long)p->right);
  else
    text_addf(out, "(top=%lld, bottom=%lld, left=%lld, right=%lld)", (long long)p->top, (long long)p->bottom, (long long)p->left,
              (long long)p->right);
}

static void print_choice(Text *out, const char *choices, int index) {
  while (index-- > 0) choices += strcspn(choices, "|") + 1;
  text_add_bytes(out, choices, strcspn(choices, "|"));
}

void print_attribute(Text *out, const Attribute *attribute, const void *field, int rank) {
  switch (attribute->kind) {
  case ATTRIBUTE_INT: print_integer(out, *(const int64_t *)field); break;
  case ATTRIBUTE_REAL: print_real(out, *(const double *)field); break;
  case ATTRIBUTE_BOOL: text_add(out, *(const bool *)field ? "true" : "false"); break;
  case ATTRIBUTE_PAIR: print_pair(out, ((const Pair *)field)->h, ((const Pair *)field)->w, rank); break;
  case ATTRIBUTE_SIDES:
    text_addf(out, "(%lld, %lld)", (long long)((const Sides *)field)->before, (long long)((const Sides *)field)->after);
    break;
  case ATTRIBUTE_PADDING: print_padding(out, field, rank); break;
  case ATTRIBUTE_CHOICE: print_choice(out, attribute->choices, *(const int *)field); break;
  case ATTRIBUTE_BIAS: {
    const Bias *bias = field;
    if (bias->values) print_array(out, bias->values);
    else text_add(out, bias->present ? "true" : "false");
    break;
  }
  case ATTRIBUTE_ARRAY:
  case ATTRIBUTE_INTS: print_array(out, *(ConstantArray *const *)field); break;
  }
}

static size_t field_size(AttributeKind kind) {
  switch (kind) {
  case ATTRIBUTE_INT: return sizeof(int64_t);
  case ATTRIBUTE_REAL: return sizeof(double);
  case ATTRIBUTE_BOOL:
  case ATTRIBUTE_BIAS: return sizeof(bool); /* without its numbers */
  case ATTRIBUTE_PAIR: return sizeof(Pair);
  case ATTRIBUTE_SIDES: return sizeof(Sides);
  case ATTRIBUTE_PADDING: return offsetof(Padding, per_axis); /* the kind: an explicit one always differs */
  case ATTRIBUTE_CHOICE: return sizeof(int);
  case ATTRIBUTE_ARRAY:
  case ATTRIBUTE_INTS: return sizeof(ConstantArray *);
  }
  return 0;
}

static bool is_usual(const Attribute *a, const void *field, const void *usual) {
  bool has_numbers = a->kind == ATTRIBUTE_BIAS && ((const Bias *)field)->values;
  return !has_numbers && memcmp(field, usual, field_size(a->kind)) == 0;
}

/* Positional as long as nothing was left out; then by name. */
void print_node_call(Text *out, const Node *node) {
  const Operator *op = node->op;
  bool first = true, positional = true;
  text_add(out, op->name);
  for (int i = 0; op->attributes && op->attributes[i].name; i++) {
    const Attribute *a = &op->attributes[i];
    const char *field = (const char *)node->attributes + a->offset, *usual = (const char *)op->default_attributes + a->offset;
    if (!a->required && !(node->given >> i & 1) && is_usual(a, field, usual)) {
      positional = false;
      continue;
    }
    positional &= a->required;
    text_add(out, first ? "(" : ", ");
    if (!positional) text_addf(out, "%s=", a->name);
    print_attribute(out, a, field, node->input_count ? node->inputs[0]->type.rank : 0);
    first = false;
  }
  if (!first) text_add(out, ")");
}

static bool is_digits(const char *text) { return *text && strspn(text, "0123456789") == strlen(text); }

static void print_constant(Text *out, const Parameter *constant, int level, const float **next) {
  if (level < constant->rank) {
    for (int64_t i = 0; i < constant->sizes[level]; i++) {
      text_add(out, i ? ", " : "[");
      print_constant(out, constant, level + 1, next);
    }
    text_add(out, "]");
    return;
  }
  char digits[DECIMAL_MAX];
  float value = *(*next)++;
  print_float(digits, value < 0 ? -value : value);
  if (value < 0) text_add(out, "-");
  print_digits(out, digits);
}

static const char *constant_text(const Printer *p, const Parameter *constant) {
  Text text = text_new(p->graph->arena);
  const float *next = constant->data;
  print_constant(&text, constant, 0, &next);
  return text_string(&text);
}

/* A number is written where it is read, lists are declared; readers may share one. */
static void print_constants(Printer *p) {
  const Graph *graph = p->graph;
  p->constants = ARENA_ARRAY(graph->arena, const char *, (size_t)graph->value_count + 1);
  bool any = false;
  for (int i = 0; i < graph->value_count; i++) {
    const Value *value = graph->values[i];
    if (!value->constant || !value->uses) continue;
    for (int k = 0; k < i && !p->constants[i]; k++)
      if (graph->values[k]->constant == value->constant) p->constants[i] = p->constants[k];
    if (p->constants[i]) continue;
    const char *text = constant_text(p, value->constant), *name = value->name;
    for (int k = 2; value->constant->rank && find_name(&p->taken, name); k++) name = arena_printf(graph->arena, "%s_%d", value->name, k);
    p->constants[i] = value->constant->rank ? name : text;
    if (value->constant->rank == 0) continue;
    put_name(&p->taken, name, p);
    text_addf(p->out, "const %s = %s\n", name, text);
    any = true;
  }
  if (any) text_add(p->out, "\n");
}

/* Sources of statements: a path is written as it is, digits alone cannot be. */
static const char *source_name(const Printer *p, const Value *value) {
  if (value->constant) return p->constants[value->id];
  const char *name = value->producer ? value->producer->name : value->name;
  return is_digits(name) ? arena_printf(p->graph->arena, "layer_%s_out", name) : name;
}

/* A statement needs a name that no label has: the node's, with `_out`. */
static const char *statement_name(Printer *p, const Node *node) {
  char *name = arena_printf(p->graph->arena, is_digits(node->name) ? "layer_%s_out" : "%s_out", node->name);
  for (char *c = name; *c; c++)
    if (*c == '.') *c = '_';
  while (find_name(&p->taken, name)) name = arena_printf(p->graph->arena, "%s_", name);
  put_name(&p->taken, name, p);
  return name;
}

static void print_type(Text *out, const TensorType *type) {
  if (type->dtype != DTYPE_F32) text_add(out, dtype_name(type->dtype));
  type_print(out, type);
}

static void print_sources(Printer *p, const Node *node) {
  if (node->input_count > 1) text_add(p->out, "[");
  for (int i = 0; i < node->input_count; i++) text_addf(p->out, "%s%s", i ? ", " : "", source_name(p, node->inputs[i]));
  if (node->input_count > 1) text_add(p->out, "]");
}

/* The path of the layer that owns the node's parameters; NULL: it has none. */
static const char *layer_path(const Printer *p, const Node *node) {
  for (int i = 0; i < node->parameter_count; i++) {
    const Parameter *parameter = node->parameters[i];
    if (!parameter || (parameter->kind != PARAMETER_LEARNED && parameter->kind != PARAMETER_STATISTIC)) continue;
    size_t role = strlen(parameter->role) + 1, length = strlen(parameter->path);
    return length > role ? arena_strndup(p->graph->arena, parameter->path, length - role) : NULL;
  }
  return NULL;
}

static const char *shared_name(const Printer *p, const char *path) {
  char *name = arena_strdup(p->graph->arena, path);
  for (char *c = name; *c; c++)
    if (*c == '.') *c = '_';
  return is_digits(name) ? arena_printf(p->graph->arena, "layer_%s", name) : name;
}

/* Layers whose weights do not go by the node's own name: all uses of shared ones. */
static void collect_shared(Printer *p) {
  for (int i = 0; i < p->graph->node_count; i++) {
    const Node *node = p->graph->nodes[i];
    const char *path = layer_path(p, node);
    if (path && strcmp(path, node->name) != 0 && !find_name(&p->shared, path)) put_name(&p->shared, path, (void *)(uintptr_t)node);
  }
}

static void print_shared(Printer *p) {
  for (int i = 0; i < p->shared.count; i++) {
    const NamedThing *thing = &p->shared.items[i];
    text_addf(p->out, "  shared %s = ", shared_name(p, thing->name));
    const Node *node = thing->thing;
    print_node_call(p->out, node);
    text_add(p->out, "\n");
  }
}

static void print_node(Printer *p, const Node *node) {
  const char *path = layer_path(p, node);
  bool shared = path && find_name(&p->shared, path);
  text_addf(p->out, "  %s: ", statement_name(p, node));
  print_type(p->out, &node->output->type);
  text_add(p->out, " = ");
  print_sources(p, node);
  text_addf(p->out, " -> %s: ", node->name);
  if (shared) text_add(p->out, shared_name(p, path));
  else print_node_call(p->out, node);
  text_add(p->out, "\n");
}

static void print_string(Text *out, const char *text) {
  text_add(out, "\"");
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') text_addf(out, "\\%c", *text);
    else if (*text == '\n') text_add(out, "\\n");
    else if (*text == '\t') text_add(out, "\\t");
    else text_add_char(out, *text, 1);
  }
  text_add(out, "\"");
}

static bool covers(const char *prefix, const char *path) {
  size_t length = strlen(prefix);
  return strncmp(prefix, path, length) == 0 && (path[length] == '.' || !path[length]);
}

/* Whether the rule is for a shared block: rules for the layers in it take its place. */
static bool is_replaced(const Printer *p, const WeightsRule *rule) {
  for (int i = 0; rule->rename && i < p->shared.count; i++) {
    const char *path = p->shared.items[i].name;
    if (covers(rule->target, path) && strcmp(path, shared_name(p, path)) != 0) return true;
  }
  return false;
}

/* Rules as written, and for each shared layer inside a block one that finds it under its new name. */
static void print_rules(Printer *p, const WeightsFile *file) {
  Text *out = p->out;
  bool open = false;
  for (int i = 0; i < file->rule_count; i++) {
    const WeightsRule *rule = &file->rules[i];
    if (is_replaced(p, rule)) continue;
    text_add(out, open ? "    " : " {\n    ");
    open = true;
    text_add(out, rule->rename ? "rename " : "ignore ");
    print_string(out, rule->pattern);
    if (rule->rename) text_addf(out, " = %s", rule->target);
    text_add(out, "\n");
  }
  for (int i = 0; i < p->shared.count; i++) {
    const char *path = p->shared.items[i].name;
    if (strcmp(path, shared_name(p, path)) == 0) continue;
    const char *found = path;
    for (int k = 0; k < file->rule_count; k++)
      if (file->rules[k].rename && covers(file->rules[k].target, path))
        found = arena_printf(p->graph->arena, "%s%s", file->rules[k].pattern, path + strlen(file->rules[k].target));
    text_add(out, open ? "    rename " : " {\n    rename ");
    open = true;
    print_string(out, found);
    text_addf(out, " = %s\n", shared_name(p, path));
  }
  text_add(out, open ? "  }\n" : "\n");
}

static void print_weights(Printer *p, const WeightsFile *file) {
  Text *out = p->out;
  text_add(out, "  weights ");
  print_string(out, file->path);
  if (file->layout || file->strip_prefix) {
    text_add(out, " (");
    if (file->layout) text_addf(out, "layout=%s", file->layout);
    if (file->strip_prefix) {
      text_add(out, file->layout ? ", strip_prefix=" : "strip_prefix=");
      print_string(out, file->strip_prefix);
    }
    text_add(out, ")");
  }
  print_rules(p, file);
}

static void print_output(Printer *p, const GraphOutput *output) {
  Text *out = p->out;
  text_addf(out, "  output %s: ", output->name);
  text_add(out, dtype_name(output->value->type.dtype));
  type_print(out, &output->value->type);
  bool labels = output->labels_file || output->labels;
  if (output->hwc || labels) text_add(out, output->hwc ? labels ? " (layout=hwc, labels=" : " (layout=hwc)" : " (labels=");
  if (output->labels_file) {
    print_string(out, output->labels_file);
  } else if (labels) {
    text_add(out, "[");
    for (int i = 0; i < output->label_count; i++) {
      if (i) text_add(out, ", ");
      print_string(out, output->labels[i]);
    }
    text_add(out, output->label_count == 1 ? ",]" : "]");
  }
  if (labels) text_add(out, ")");
  text_addf(out, " = %s\n", source_name(p, output->value));
}

static void print_dim(Text *out, const Dim *dim) {
  text_addf(out, "dim %s in %lld..", dim->name, (long long)dim->minimum);
  if (dim->maximum >= 0) print_integer(out, dim->maximum);
  if (dim->multiple != 1 && dim->offset)
    text_addf(out, " (multiple_of=%lld, offset=%lld)", (long long)dim->multiple, (long long)dim->offset);
  else if (dim->multiple != 1) text_addf(out, " (multiple_of=%lld)", (long long)dim->multiple);
  text_add(out, "\n");
}

void print_graph(Text *out, const Graph *graph) {
  Printer p = {out, graph, name_table(graph->arena), name_table(graph->arena), NULL};
  collect_shared(&p);
  for (int i = 0; i < graph->input_count; i++) put_name(&p.taken, graph->inputs[i].value->name, &p);
  for (int i = 0; i < graph->node_count; i++) put_name(&p.taken, graph->nodes[i]->name, &p);
  for (int i = 0; i < graph->output_count; i++) put_name(&p.taken, graph->outputs[i].name, &p);
  for (int i = 0; i < graph->dim_count; i++) put_name(&p.taken, graph->dims[i]->name, &p);
  text_add(out, "cnn 1\n\n");
  for (int i = 0; i < graph->dim_count; i++) print_dim(out, graph->dims[i]);
  if (graph->dim_count) text_add(out, "\n");
  print_constants(&p);
  text_addf(out, "net %s {\n", graph->name);
  for (int i = 0; i < graph->meta_count; i++) text_addf(out, "  meta %s = %s\n", graph->metas[i].name, graph->metas[i].text);
  for (int i = 0; i < graph->weights_count; i++) print_weights(&p, &graph->weights[i]);
  for (int i = 0; i < graph->input_count; i++) {
    const GraphInput *input = &graph->inputs[i];
    text_addf(out, "  input %s: ", input->value->name);
    text_add(out, dtype_name(input->value->type.dtype));
    type_print(out, &input->value->type);
    text_add(out, input->hwc ? " (layout=hwc)\n" : "\n");
  }
  print_shared(&p);
  for (int i = 0; i < graph->node_count; i++) print_node(&p, graph->nodes[i]);
  for (int i = 0; i < graph->output_count; i++) print_output(&p, &graph->outputs[i]);
  text_add(out, "}\n");
}
