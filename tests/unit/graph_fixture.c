/* graph_fixture.c - graphs for tests; see graph_fixture.h. */
#include "graph_fixture.h"

#include <stdlib.h>
#include <string.h>

static Parameter *declare(Inference *inference, Node *node, const char *role, ParameterKind kind, int rank, const int64_t *sizes) {
  Parameter p = {.role = role, .kind = kind, .rank = rank};
  p.path = arena_printf(inference->arena, "%s.%s", node->name, role);
  for (int i = 0; i < rank; i++) p.sizes[i] = sizes[i];
  return graph_add_parameter(inference->graph, p);
}

static Node *add_node(Graph *graph, const Operator *op, const char *part) {
  Node *node = graph_add_node(graph, op, (Span){0, 0});
  node->name = arena_printf(graph->arena, part ? "%s%d.%s" : "%s%d", op->name, node->id, part);
  return node;
}

static void infer_node(Inference *inference, Node *node) {
  node->output = graph_add_value(inference->graph, node->name, (TensorType){0}, (Span){0, 0});
  node->output->producer = node;
  node->output->poisoned = !node->op->infer(inference, node);
}

static Value *make(Inference *inference, const Node *call, const Part *part) {
  Node *node = add_node(inference->graph, part->op, part->name);
  node->expanded_from = call->op;
  node->attributes = arena_alloc(inference->arena, part->op->attributes_size + 1);
  if (part->op->attributes_size) memcpy(node->attributes, part->attributes, part->op->attributes_size);
  node->inputs = part->inputs;
  node->input_count = part->input_count;
  infer_node(inference, node);
  return node->output->poisoned ? NULL : node->output;
}

void fixture_begin(Fixture *f) {
  *f = (Fixture){0};
  f->sources.arena = &f->arena;
  f->diagnostics = (Diagnostics){.arena = &f->arena, .sources = &f->sources};
  sources_add(&f->sources, "test.cnn", "", 0);
  f->graph = ARENA_NEW(&f->arena, Graph);
  f->graph->arena = &f->arena;
  f->graph->name = "test";
  f->inference = (Inference){.arena = &f->arena, .diagnostics = &f->diagnostics, .graph = f->graph, .declare = declare, .make = make};
}

void fixture_end(Fixture *f) { arena_free(&f->arena); }

Value *fixture_input_of(Fixture *f, TensorType type) {
  return graph_add_value(f->graph, arena_printf(&f->arena, "input%d", f->graph->value_count), type, (Span){0, 0});
}

Value *fixture_input(Fixture *f, const char *shape) {
  TensorType type = {.dtype = DTYPE_F32};
  for (const char *at = shape; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
    type.sizes[type.rank++] = size_of(&f->arena, strtoll(at, NULL, 10));
  return fixture_input_of(f, type);
}

static int64_t integer(const char *text) { return strtoll(text, NULL, 10); }

static Pair read_pair(const char *text) {
  const char *x = strchr(text, 'x');
  return (Pair){integer(text), integer(x ? x + 1 : text)};
}

static Sides read_sides(const char *text) {
  const char *comma = strchr(text, ',');
  return (Sides){integer(text), integer(comma ? comma + 1 : text)};
}

static Padding read_padding(const char *text) {
  static const char *const names[] = {"valid", "same", "same_upper", "same_lower", "full", "causal"};
  for (int i = 0; i < PADDING_EXPLICIT; i++)
    if (strcmp(text, names[i]) == 0) return (Padding){.kind = (PaddingKind)i};
  if (strchr(text, ',')) {
    Padding p = {.kind = PADDING_EXPLICIT};
    int64_t *sides[] = {&p.top, &p.bottom, &p.left, &p.right};
    for (int i = 0; i < 4; i++, text = strchr(text, ',') ? strchr(text, ',') + 1 : text) *sides[i] = integer(text);
    return p;
  }
  Pair pair = read_pair(text);
  return (Padding){PADDING_EXPLICIT, true, pair.h, pair.h, pair.w, pair.w};
}

static int read_choice(const char *choices, const char *word) {
  int index = 0;
  for (const char *at = choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL, index++)
    if (strncmp(at, word, strlen(word)) == 0 && strchr("|", at[strlen(word)])) return index;
  abort();
}

static ConstantArray *read_array(Arena *arena, const char *text) {
  ConstantArray *array = ARENA_NEW(arena, ConstantArray);
  int count = 0, rows = 1;
  for (const char *at = text; at; at = strpbrk(at, ",;") ? strpbrk(at, ",;") + 1 : NULL)
    ARENA_PUSH(arena, array->data, count, strtod(at, NULL));
  for (const char *at = text; *at; at++) rows += *at == ';';
  array->rank = rows > 1 ? 2 : count > 1;
  array->sizes[0] = rows > 1 ? rows : count;
  array->sizes[1] = count / rows;
  return array;
}

static void set_attribute(Fixture *f, Node *node, const char *name, const char *text) {
  for (int i = 0; node->op->attributes && node->op->attributes[i].name; i++) {
    const Attribute *a = &node->op->attributes[i];
    if (strcmp(a->name, name) != 0) continue;
    void *field = (char *)node->attributes + a->offset;
    node->given |= UINT64_C(1) << i;
    switch (a->kind) {
    case ATTRIBUTE_INT: *(int64_t *)field = integer(text); return;
    case ATTRIBUTE_REAL: *(double *)field = strtod(text, NULL); return;
    case ATTRIBUTE_BOOL: *(bool *)field = strcmp(text, "true") == 0; return;
    case ATTRIBUTE_PAIR: *(Pair *)field = read_pair(text); return;
    case ATTRIBUTE_SIDES: *(Sides *)field = read_sides(text); return;
    case ATTRIBUTE_PADDING: *(Padding *)field = read_padding(text); return;
    case ATTRIBUTE_CHOICE: *(int *)field = read_choice(a->choices, text); return;
    case ATTRIBUTE_BIAS: {
      bool is_word = strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
      *(Bias *)field = (Bias){strcmp(text, "false") != 0, is_word ? NULL : read_array(&f->arena, text)};
      return;
    }
    case ATTRIBUTE_ARRAY: *(ConstantArray **)field = read_array(&f->arena, text); return;
    case ATTRIBUTE_INTS: (*(ConstantArray **)field = read_array(&f->arena, text))->rank = 1; return;
    }
  }
  abort();
}

Node *fixture_node(Fixture *f, const char *op, const char *attributes, Value *const *inputs, int input_count) {
  const Operator *descriptor = find_operator(op);
  if (!descriptor) abort();
  bool expands = descriptor->kind == OPERATOR_EXPANDING;
  Node *node = expands ? ARENA_NEW(&f->arena, Node) : add_node(f->graph, descriptor, NULL);
  if (expands) *node = (Node){.op = descriptor};
  node->inputs = ARENA_ARRAY(&f->arena, Value *, (size_t)input_count);
  memcpy(node->inputs, inputs, (size_t)input_count * sizeof *inputs);
  node->input_count = input_count;
  node->attributes = arena_alloc(&f->arena, descriptor->attributes_size + 1);
  if (descriptor->attributes_size) memcpy(node->attributes, descriptor->default_attributes, descriptor->attributes_size);
  char *copy = arena_strdup(&f->arena, attributes), *save = NULL;
  for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
    char *equals = strchr(word, '=');
    *equals = 0;
    set_attribute(f, node, word, equals + 1);
  }
  if (!expands) {
    infer_node(&f->inference, node);
    return node;
  }
  Expansion expansion = {0};
  if (descriptor->expand(&f->inference, node, &expansion)) return expansion.outputs[0]->producer;
  node->output = graph_add_value(f->graph, op, (TensorType){0}, (Span){0, 0});
  node->output->poisoned = true;
  return node;
}

Node *fixture_layer(Fixture *f, const char *op, const char *attributes, Value *input) { return fixture_node(f, op, attributes, &input, 1); }

const char *fixture_result(Fixture *f, const Node *node) {
  if (!node->output->poisoned) return type_text(&f->arena, &node->output->type);
  return f->diagnostics.count ? f->diagnostics.items[0]->message : "an error without a message";
}

const char *fixture_diagnostics(Fixture *f) {
  Text text = text_new(&f->arena);
  print_diagnostics(&text, &f->diagnostics, DIAGNOSTICS_TEXT, false);
  return text_string(&text);
}
