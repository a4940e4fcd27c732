/* interpret.c - see interpret.h. */
#include "passes/interpret.h"

#include <string.h>
#include "ir/operator.h"
#include "support/progress.h"

/* Products and results. */
static int64_t node_work(Arena *arena, const Node *node) {
  int64_t macs = node->op->macs ? size_value(node->op->macs(arena, node)) : 0;
  return macs + size_value(type_elements(arena, &node->output->type));
}

int64_t interpret_work(Arena *arena, const Graph *graph) {
  int64_t work = 0;
  for (int i = 0; i < graph->node_count; i++) work += node_work(arena, graph->nodes[i]);
  return work;
}

/* Evaluates one node into values[]. */
static bool evaluate_node(Arena *arena, const Node *node, double **values) {
  int64_t elements = size_value(type_elements(arena, &node->output->type));
  const double **inputs = ARENA_ARRAY(arena, const double *, (size_t)node->input_count);
  for (int i = 0; i < node->input_count; i++) {
    inputs[i] = values[node->inputs[i]->id];
    if (!inputs[i]) return false;
  }
  double *output = values[node->output->id] = ARENA_ARRAY(arena, double, (size_t)elements);
  if (node->op->evaluate) node->op->evaluate(node, inputs, output);
  else if (node->op->kind == OPERATOR_VIEW) memcpy(output, inputs[0], (size_t)elements * sizeof *output);
  else return false;
  return true;
}

static void fill_constants(Arena *arena, const Graph *graph, double **values) {
  for (int i = 0; i < graph->value_count; i++) {
    const Parameter *constant = graph->values[i]->constant;
    if (!constant) continue;
    int64_t count = parameter_elements(constant);
    values[i] = ARENA_ARRAY(arena, double, (size_t)count);
    for (int64_t k = 0; k < count; k++) values[i][k] = (double)constant->data[k];
  }
}

bool interpret_all(Arena *arena, const Graph *graph, const double *const *inputs, double **values, Disturb *disturb, void *context) {
  for (int i = 0; i < graph->input_count; i++) {
    const Value *input = graph->inputs[i].value;
    size_t elements = (size_t)size_value(type_elements(arena, &input->type));
    double *copy = values[input->id] = ARENA_ARRAY(arena, double, elements);
    memcpy(copy, inputs[i], elements * sizeof *copy);
    if (disturb) disturb(context, input, copy, (int64_t)elements);
  }
  fill_constants(arena, graph, values);
  for (int i = 0; i < graph->node_count; i++) {
    const Value *output = graph->nodes[i]->output;
    if (!evaluate_node(arena, graph->nodes[i], values)) return false;
    progress_advance(node_work(arena, graph->nodes[i]));
    if (disturb) disturb(context, output, values[output->id], size_value(type_elements(arena, &output->type)));
  }
  return true;
}

bool interpret(Arena *arena, const Graph *graph, const double *const *inputs, double **outputs) {
  double **values = ARENA_ARRAY(arena, double *, (size_t)graph->value_count);
  if (!interpret_all(arena, graph, inputs, values, NULL, NULL)) return false;
  for (int i = 0; i < graph->output_count; i++) {
    outputs[i] = values[graph->outputs[i].value->id];
    if (!outputs[i]) return false;
  }
  return true;
}
