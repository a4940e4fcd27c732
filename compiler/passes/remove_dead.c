/* remove_dead.c - drops nodes that no output needs, and nodes that do nothing (identity, dropout, a crop of nothing). */
#include "ops/ops.h"
#include "passes/passes.h"

/* identity and dropout pass their input on; flatten is a view too, but one that changes the shape. */
static bool does_nothing(const Node *node) {
  const TensorType *in = &node->inputs[0]->type, *out = &node->output->type;
  bool may = node->op->kind == OPERATOR_VIEW || node->op->kind == OPERATOR_SLICE || node->op == &op_cast;
  return may && type_equal_shape(in, out) && in->dtype == out->dtype;
}

static Value *bypass(Value *value) {
  while (value->producer && does_nothing(value->producer)) value = value->producer->inputs[0];
  return value;
}

void remove_dead(Compilation *c, Graph *graph) {
  bool *live = ARENA_ARRAY(c->arena, bool, (size_t)graph->value_count + 1);
  for (int i = 0; i < graph->output_count; i++) {
    graph->outputs[i].value = bypass(graph->outputs[i].value);
    live[graph->outputs[i].value->id] = true;
  }
  for (int i = graph->node_count; i-- > 0;) { /* users stand after what they use */
    Node *node = graph->nodes[i];
    if (!live[node->output->id]) continue;
    for (int k = 0; k < node->input_count; k++) {
      node->inputs[k] = bypass(node->inputs[k]);
      live[node->inputs[k]->id] = true;
    }
  }
  int kept = 0;
  for (int i = 0; i < graph->node_count; i++) {
    Node *node = graph->nodes[i];
    if (!live[node->output->id] || does_nothing(node)) continue;
    node->id = kept;
    graph->nodes[kept++] = node;
  }
  graph->node_count = kept;
  count_uses(graph);
}
