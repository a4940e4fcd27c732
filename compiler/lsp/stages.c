/* stages.c - see stages.h. */
#include "lsp/stages.h"

#include "ir/operator.h"

static const AstStage *find_in_chain(const AstStage *chain, uint32_t place);

static bool holds(Span span, uint32_t place) { return span.start && span.start <= place && place <= span.end; }

static const AstStage *find_in_flow(const AstFlow *flow, uint32_t place) {
  const AstStage *found = NULL;
  if (!flow) return NULL;
  for (const AstFlow *item = flow->items; item && !found; item = item->next) found = find_in_flow(item, place);
  return found ? found : find_in_chain(flow->stages, place);
}

static const AstStage *find_in_chain(const AstStage *chain, uint32_t place) {
  for (; chain; chain = chain->next) {
    if (holds(chain->label.span, place) || (chain->kind == AST_STAGE_CALL && holds(chain->call.name.span, place))) return chain;
    const AstStage *found = find_in_chain(chain->body, place);
    if (!found) found = find_in_chain(chain->otherwise, place);
    for (const AstArm *arm = chain->arms; arm && !found; arm = arm->next) found = find_in_chain(arm->chain, place);
    if (found) return found;
  }
  return NULL;
}

const AstStage *stage_under(const Ast *ast, uint32_t place) {
  for (const AstDecl *d = ast->declarations; d; d = d->next) {
    const AstStage *found = find_in_flow(d->result, place);
    for (const AstStmt *s = d->statements; s && !found; s = s->next) found = find_in_flow(s->flow, place);
    if (found) return found;
  }
  return NULL;
}

static bool within(Span inner, Span outer) { return inner.start >= outer.start && inner.end <= outer.end; }

static bool comes_from(const Node *node, Span span) {
  if (within(node->span, span)) return true;
  for (const Instance *i = node->instance; i; i = i->parent)
    if (within(i->call, span)) return true;
  return false;
}

static void add_node(Arena *arena, StageFacts *facts, const Node *node, bool *counted) {
  facts->layers++;
  if (node->op->macs) facts->macs = size_add(arena, facts->macs, node->op->macs(arena, node));
  for (int i = 0; i < node->parameter_count; i++) {
    const Parameter *p = node->parameters[i];
    if (!p || counted[p->id] || (p->kind != PARAMETER_LEARNED && p->kind != PARAMETER_STATISTIC)) continue;
    counted[p->id] = true;
    if (p->kind == PARAMETER_LEARNED) facts->parameters += parameter_connected(p);
    ARENA_PUSH(arena, facts->weights, facts->weight_count, p);
  }
}

StageFacts facts_of_stage(Arena *arena, const Model *model, Span span) {
  StageFacts facts = {.macs = size_of(arena, 0)};
  for (int i = 0; i < model->graph_count; i++) {
    const Graph *graph = model->graphs[i];
    bool *counted = ARENA_ARRAY(arena, bool, (size_t)graph->parameter_count + 1);
    for (int k = 0; k < graph->node_count; k++)
      if (comes_from(graph->nodes[k], span)) add_node(arena, &facts, graph->nodes[k], counted);
  }
  return facts;
}
