/* check_graph.c - the model as a graph: each value is computed once, and before it is used; what outputs need. */
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

/* Which node computes which value; what is computed twice, or before what it needs. */
bool check_order(Importer *m) {
  const OnnxGraph *graph = &m->model->graph;
  NameTable makers = name_table(m->arena);
  bool good = true;
  for (int i = 0; i < graph->nodes_count; i++)
    for (int k = 0; k < graph->nodes[i].outputs_count; k++) {
      const char *name = graph->nodes[i].outputs[k];
      if (!*name) continue;
      if (find_name(&makers, name) || find_name(&m->values, name))
        good = graph_error(m, "%s computes `%s`, which the model has already", node_name(m, &graph->nodes[i]), shown_name(m->arena, name));
      put_name(&makers, name, (void *)(uintptr_t)(i + 1));
    }
  for (int i = 0; i < graph->nodes_count; i++)
    for (int k = 0; k < graph->nodes[i].inputs_count; k++) {
      const char *name = graph->nodes[i].inputs[k];
      int maker = (int)(uintptr_t)find_name(&makers, name) - 1;
      if (!*name || find_name(&m->values, name) || (maker >= 0 && maker < i)) continue;
      const char *what = node_name(m, &graph->nodes[i]);
      if (maker < 0) good = graph_error(m, "%s needs `%s`, which nothing computes", what, shown_name(m->arena, name));
      else
        good = graph_error(m, "%s needs `%s`, which is computed later, by %s; nodes stand in the order of computation, without cycles",
                           what, shown_name(m->arena, name), node_name(m, &graph->nodes[maker]));
    }
  return good;
}

static void count_name(Importer *m, const char *name) {
  int *count = find_name(&m->counts, name);
  if (!count) put_name(&m->counts, name, count = ARENA_NEW(m->arena, int));
  ++*count;
}

/* Marks the nodes that outputs need, and counts how often they use each value. */
bool *find_needed(Importer *m) {
  const OnnxGraph *graph = &m->model->graph;
  bool *needed = ARENA_ARRAY(m->arena, bool, (size_t)graph->nodes_count);
  for (int i = 0; i < graph->outputs_count; i++) count_name(m, graph->outputs[i].name);
  for (int i = graph->nodes_count - 1; i >= 0; i--) {
    const OnnxNode *node = &graph->nodes[i];
    for (int k = 0; k < node->outputs_count; k++) needed[i] |= *node->outputs[k] && find_name(&m->counts, node->outputs[k]);
    for (int k = 0; k < node->inputs_count && needed[i]; k++)
      if (*node->inputs[k]) count_name(m, node->inputs[k]);
  }
  return needed;
}
