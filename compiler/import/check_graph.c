/* check_graph.c - the model as a graph: each value is computed once; an order of computation; what outputs need. */
#include <string.h>
#include "import/importer.h"

bool graph_error(Importer *m, const char *format, ...) {
  Text text = text_new(m->arena);
  va_list arguments;
  va_start(arguments, format);
  text_vaddf(&text, format, arguments);
  va_end(arguments);
  report(m->diagnostics, CODE_E1002, (Span){0, 0}, "%s", text_string(&text));
  return false;
}

static const char *node_name(Importer *m, const OnnxNode *node) {
  const char *name = *node->name ? node->name : node->outputs_count ? node->outputs[0] : "";
  return arena_printf(m->arena, "node `%s` (%s)", shown_name(m->arena, name), shown_name(m->arena, node->op_type));
}

/* What computes each value, by its name. false: something is computed twice, or needed and never computed. */
static bool find_makers(Importer *m, NameTable *makers, int *numbers) {
  const OnnxGraph *graph = &m->model->graph;
  bool good = true;
  for (int i = 0; i < graph->nodes_count; i++)
    for (int k = 0; k < graph->nodes[i].outputs_count; k++) {
      const char *name = graph->nodes[i].outputs[k];
      if (!*name) continue;
      if (find_name(makers, name) || find_name(&m->values, name))
        good = graph_error(m, "%s computes `%s`, which the model has already", node_name(m, &graph->nodes[i]), shown_name(m->arena, name));
      put_name(makers, name, &numbers[i]);
    }
  for (int i = 0; i < graph->nodes_count; i++)
    for (int k = 0; k < graph->nodes[i].inputs_count; k++) {
      const char *name = graph->nodes[i].inputs[k];
      if (*name && !find_name(&m->values, name) && !find_name(makers, name))
        good = graph_error(m, "%s needs `%s`, which nothing computes", node_name(m, &graph->nodes[i]), shown_name(m->arena, name));
    }
  return good;
}

/* Depth first with a stack of its own, since a model may be a chain of a million nodes. Nodes that stand in order stay so. */
const OnnxNode **find_order(Importer *m) {
  enum { NEW, BEGUN, DONE };
  const OnnxGraph *graph = &m->model->graph;
  size_t count = (size_t)graph->nodes_count;
  NameTable makers = name_table(m->arena);
  int *numbers = ARENA_ARRAY(m->arena, int, count), *stack = ARENA_ARRAY(m->arena, int, count), *next = ARENA_ARRAY(m->arena, int, count);
  char *state = ARENA_ARRAY(m->arena, char, count);
  const OnnxNode **order = ARENA_ARRAY(m->arena, const OnnxNode *, count + 1);
  int done = 0;
  for (int i = 0; i < graph->nodes_count; i++) numbers[i] = i;
  if (!find_makers(m, &makers, numbers)) return NULL;
  for (int i = 0; i < graph->nodes_count; i++) {
    int depth = 0;
    if (state[i] == NEW) stack[depth++] = i;
    while (depth) {
      int at = stack[depth - 1];
      const OnnxNode *node = &graph->nodes[at];
      state[at] = BEGUN;
      const int *maker = NULL;
      while (!maker && next[at] < node->inputs_count) maker = find_name(&makers, node->inputs[next[at]++]);
      if (!maker) state[at] = DONE, order[done++] = node, depth--;
      else if (state[*maker] == NEW) stack[depth++] = *maker;
      else if (state[*maker] == BEGUN) {
        graph_error(m, "%s needs `%s`, which depends on that node itself: a cycle", node_name(m, node),
                    shown_name(m->arena, node->inputs[next[at] - 1]));
        return NULL;
      }
    }
  }
  return order;
}

static void count_name(Importer *m, const char *name) {
  int *count = find_name(&m->counts, name);
  if (!count) put_name(&m->counts, name, count = ARENA_NEW(m->arena, int));
  ++*count;
}

/* Marks the nodes that outputs need, and counts how often they use each value. */
bool *find_needed(Importer *m, const OnnxNode *const *order) {
  const OnnxGraph *graph = &m->model->graph;
  bool *needed = ARENA_ARRAY(m->arena, bool, (size_t)graph->nodes_count);
  for (int i = 0; i < graph->outputs_count; i++) count_name(m, graph->outputs[i].name);
  for (int i = graph->nodes_count - 1; i >= 0; i--) {
    const OnnxNode *node = order[i];
    for (int k = 0; k < node->outputs_count; k++) needed[i] |= *node->outputs[k] && find_name(&m->counts, node->outputs[k]);
    for (int k = 0; k < node->inputs_count && needed[i]; k++)
      if (*node->inputs[k]) count_name(m, node->inputs[k]);
  }
  return needed;
}
