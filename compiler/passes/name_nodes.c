/* name_nodes.c - final names, which become the names in C; E0701.
 *
 * Author's names (labels, statements, inputs, outputs) are taken as they are, and two that C cannot tell apart are an
 * error. Names of layers without a label were derived where the layer was made, from the nearest earlier label or
 * statement and the operation; here they get `_2`, `_3` where that name is taken. So a name depends on the text
 * between two labels only. Letter case does not tell names apart, since macros are written in capitals. */
#include <string.h>
#include "ir/c_names.h"
#include "passes/builder.h"

enum { MAX_C_NAME = 63 };

typedef struct Naming {
  Builder *b;
  NameTable taken; /* by C name in capitals -> Taken */
  const char *prefix;
} Naming;

typedef struct Taken {
  const char *name;
  Span span;
} Taken;

static const char *c_name(Arena *arena, const char *name) {
  char *copy = arena_strdup(arena, name);
  for (char *p = copy; *p; p++)
    if (*p == '.') *p = '_';
  return copy;
}

static const char *c_key(Arena *arena, const char *name) {
  char *copy = arena_strdup(arena, name);
  for (char *p = copy; *p; p++) {
    if (*p == '.') *p = '_';
    if (*p >= 'a' && *p <= 'z') *p = (char)(*p - 'a' + 'A');
  }
  return copy;
}

static void check_length(Naming *n, const char *name, Span span) {
  size_t length = strlen(n->prefix) + 1 + strlen(name);
  if (length <= MAX_C_NAME) return;
  Diagnostic *d = report(n->b->diagnostics, CODE_E0701, span, "the name `%.80s` is too long in C", name);
  set_label(d, "`%s_%s` has %d characters", n->prefix, c_name(n->b->arena, name), (int)length);
  add_help(d, "C tells the first %d characters apart: shorten the label or the name of the net", MAX_C_NAME);
}

/* The interface's own names must have room behind the net's: one error, not one for every layer. */
static bool prefix_fits(const Naming *n) {
  static const char longest[] = "workspace_bytes";
  size_t length = strlen(n->prefix) + 1 + strlen(longest);
  if (length <= MAX_C_NAME) return true;
  Diagnostic *d = report(n->b->diagnostics, CODE_E0701, n->b->graph->span, "the name of the net is too long in C");
  set_label(d, "`%s_%s` has %d characters", n->prefix, longest, (int)length);
  add_help(d, "C tells the first %d characters apart: a net's name may have %d", MAX_C_NAME, MAX_C_NAME - 1 - (int)strlen(longest));
  return false;
}

static void take(Naming *n, const char *name, Span span) {
  Taken *taken = ARENA_NEW(n->b->arena, Taken);
  *taken = (Taken){name, span};
  put_name(&n->taken, c_key(n->b->arena, name), taken);
}

static void take_author_name(Naming *n, const char *name, Span span, const char *what) {
  Arena *arena = n->b->arena;
  const char *in_c = c_name(arena, name);
  const Taken *old = find_name(&n->taken, c_key(arena, name));
  if (is_interface_name(in_c)) {
    Diagnostic *d = report(n->b->diagnostics, CODE_E0701, span, "the %s `%s` would take the name `%s_%s`", what, name, n->prefix, in_c);
    add_note(d, "that name belongs to the generated C itself");
    add_help(d, "choose another name");
    return;
  }
  check_length(n, name, span);
  if (!old) {
    take(n, name, span);
    return;
  }
  Span later = old->span.start > span.start ? old->span : span, earlier = old->span.start > span.start ? span : old->span;
  bool same = strcmp(old->name, name) == 0, capitals = strcmp(c_name(arena, old->name), in_c) != 0;
  Diagnostic *d;
  if (same) d = report(n->b->diagnostics, CODE_E0205, later, "two layers have the name `%s`", name);
  else if (capitals)
    d = report(n->b->diagnostics, CODE_E0701, later, "`%s` and `%s` differ in capitals only, and both become `%s_%s` in C macros",
               old->name, name, c_key(arena, n->prefix), c_key(arena, name));
  else d = report(n->b->diagnostics, CODE_E0701, later, "`%s` and `%s` both become `%s_%s` in C", old->name, name, n->prefix, in_c);
  if (later.start != earlier.start) add_label(d, earlier, "the other one");
  add_help(d, same ? "rename one label, or give each call of the block a label" : "rename one label");
}

static void take_member(Naming *n, const char *name, Span span, const char *what) {
  if (!is_c_word(name)) return;
  Diagnostic *d = report(n->b->diagnostics, CODE_E0701, span, "the %s `%s` cannot be a name in C", what, name);
  add_note(d, "it becomes a member of a struct in the header, under this very name");
  add_help(d, "choose another name, such as `%s_%s`", name[0] == '_' ? "x" : name, what);
}

static bool names_value(const Value *value) { return value->producer && value->name != value->producer->name; }

static void take_author_names(Naming *n) {
  Graph *g = n->b->graph;
  for (int i = 0; i < g->input_count; i++) {
    take_author_name(n, g->inputs[i].value->name, g->inputs[i].span, "input");
    take_member(n, g->inputs[i].value->name, g->inputs[i].span, "input");
  }
  for (int i = 0; i < g->dim_count; i++) {
    const Dim *dim = g->dims[i];
    take_member(n, dim->name, dim->span, "dim");
    if (strcmp(dim->name, "workspace") != 0 && strcmp(dim->name, "workspace_bytes") != 0 && strcmp(dim->name, "weights") != 0 &&
        strcmp(dim->name, "weights_bytes") != 0)
      continue;
    report(n->b->diagnostics, CODE_E0701, dim->span, "the dim `%s` would take the name of a member of `%s_env`", dim->name, n->prefix);
  }
  for (int i = 0; i < g->node_count; i++)
    if (g->nodes[i]->label) take_author_name(n, g->nodes[i]->name, g->nodes[i]->label_span, "label");
  for (int i = 0; i < g->output_count; i++) {
    const GraphOutput *output = &g->outputs[i];
    take_member(n, output->name, output->span, "output");
    bool own = strcmp(output->value->name, output->name) != 0; /* else it is the tensor of that name */
    if (own || names_value(output->value)) take_author_name(n, output->name, output->span, "output");
  }
}

/* Statements name tensors. Blocks without label may be used twice, and then hold the same names twice: the later
 * tensor goes by the name of its layer. */
static void take_statement_names(Naming *n) {
  Graph *g = n->b->graph;
  NameTable outputs = name_table(n->b->arena);
  for (int i = 0; i < g->output_count; i++) put_name(&outputs, g->outputs[i].name, g->outputs[i].value);
  for (int i = 0; i < g->value_count; i++) {
    Value *value = g->values[i];
    if (!names_value(value) || find_name(&outputs, value->name) == value) continue;
    const Taken *old = find_name(&n->taken, c_key(n->b->arena, value->name));
    if (old && strcmp(old->name, value->name) == 0) value->name = value->producer->name;
    else take_author_name(n, value->name, value->span, "name");
  }
}

static bool is_free(Naming *n, const char *name) {
  return !find_name(&n->taken, c_key(n->b->arena, name)) && !is_interface_name(c_name(n->b->arena, name));
}

/* Not one that no number makes free: `kernel_relu`, the relu behind a label `kernel`, begins like the names of kernels. */
static const char *possible_name(Naming *n, const char *derived) {
  bool never = is_interface_name(arena_printf(n->b->arena, "%s_2", derived));
  return never ? arena_printf(n->b->arena, "layer_%s", derived) : derived;
}

static void finish_derived_names(Naming *n) {
  Graph *g = n->b->graph;
  NameTable numbers = name_table(n->b->arena); /* derived name -> the last number it got, where the next search begins */
  for (int i = 0; i < g->node_count; i++) {
    Node *node = g->nodes[i];
    if (node->label) continue;
    const char *derived = possible_name(n, node->name), *name = derived;
    int *number = find_name(&numbers, derived);
    if (!number) {
      number = ARENA_NEW(n->b->arena, int);
      *number = 1;
      put_name(&numbers, derived, number);
    }
    while (*number > 1 || !is_free(n, name)) {
      name = arena_printf(n->b->arena, "%s_%d", derived, ++*number);
      if (is_free(n, name)) break;
    }
    check_length(n, name, node->span);
    take(n, name, node->span);
    if (node->output->name == node->name) node->output->name = name;
    node->name = name;
  }
}

/* Numbers given in the source go by the names of nodes, which are final only now: those of an attribute by their own, those
 * that stand among the tensors by the first that reads them, scaled.constant. */
static void name_constants(Naming *n) {
  Graph *g = n->b->graph;
  for (int i = 0; i < g->node_count; i++) {
    const Node *node = g->nodes[i];
    int count = 0;
    for (int k = 0; k < node->input_count; k++) {
      Parameter *constant = node->inputs[k]->constant;
      if (!constant || constant->path) continue;
      const char *path = arena_printf(n->b->arena, "%s.constant", node->name);
      constant->path = ++count == 1 ? path : arena_printf(n->b->arena, "%s_%d", path, count);
    }
    for (int k = 0; k < node->parameter_count; k++) {
      Parameter *parameter = node->parameters[k];
      if (parameter && parameter->kind == PARAMETER_CONSTANT) parameter->path = join_path(n->b->arena, node->name, parameter->role);
    }
  }
}

/* Tables of numbers stand beside the functions of the layers. */
static void check_table_name(Naming *n, const NameTable *functions, const Parameter *parameter, const Node *owner) {
  const char *in_c = c_name(n->b->arena, parameter->path);
  const Node *node = find_name(functions, in_c);
  if (!node) return;
  Diagnostic *d = report(n->b->diagnostics, CODE_E0701, node->label ? node->label_span : node->span,
                         "`%s` and `%s` both become `%s_%s` in C", parameter->path, node->name, n->prefix, in_c);
  add_label(d, owner->span, "the numbers of this layer");
  add_help(d, "rename one label");
}

static void check_table_names(Naming *n) {
  Graph *g = n->b->graph;
  NameTable functions = name_table(n->b->arena), seen = name_table(n->b->arena);
  for (int i = 0; i < g->node_count; i++) put_name(&functions, c_name(n->b->arena, g->nodes[i]->name), g->nodes[i]);
  for (int i = 0; i < g->node_count; i++) {
    const Node *node = g->nodes[i];
    for (int k = 0; k < node->parameter_count + node->input_count; k++) {
      const Parameter *parameter = k < node->parameter_count ? node->parameters[k] : node->inputs[k - node->parameter_count]->constant;
      if (!parameter || !parameter->path || find_name(&seen, parameter->path)) continue;
      put_name(&seen, parameter->path, n);
      check_table_name(n, &functions, parameter, node);
    }
  }
}

void name_nodes(Builder *b) {
  Naming naming = {b, name_table(b->arena), b->c->options->prefix ? b->c->options->prefix : b->graph->name};
  if (!prefix_fits(&naming)) return;
  take_author_names(&naming);
  take_statement_names(&naming);
  finish_derived_names(&naming);
  name_constants(&naming);
  check_table_names(&naming);
}
