/* lint_graph.c - what is legal and probably not meant: layers, inputs and names that nothing uses. */
#include <stdlib.h>
#include <string.h>

#include "passes/builder.h"
#include "passes/visit_names.h"

static void mark_live(const Graph *graph, bool *live) {
  for (int i = 0; i < graph->output_count; i++) live[graph->outputs[i].value->id] = true;
  for (int i = graph->node_count - 1; i >= 0; i--) {
    const Node *node = graph->nodes[i];
    for (int k = 0; live[node->output->id] && k < node->input_count; k++) live[node->inputs[k]->id] = true;
  }
}

/* One warning for each place: the last tensor of what is dead stands for all before it. */
static void lint_layers(Builder *b) {
  const Graph *graph = b->graph;
  bool *live = ARENA_ARRAY(b->arena, bool, (size_t)graph->value_count);
  NameTable seen = name_table(b->arena);
  mark_live(graph, live);
  count_uses(b->graph);
  for (int i = 0; i < graph->value_count; i++) {
    const Value *value = graph->values[i];
    if (live[i] || value->uses > 0 || value->constant) continue;
    char *place = arena_printf(b->arena, "%u", (unsigned)value->span.start);
    if (find_name(&seen, place)) continue;
    put_name(&seen, place, b);
    Diagnostic *d;
    if (!value->producer) {
      d = report(b->diagnostics, CODE_W_unused_layers, value->span, "nothing uses the input `%s`", value->name);
      add_help(d, "remove it");
    } else {
      d = report(b->diagnostics, CODE_W_unused_layers, value->span, "nothing uses `%s`; it is not compiled", value->name);
      add_help(d, "remove it, or name it in an `output`");
    }
    if (value->producer) add_instance_notes(d, value->producer->instance);
  }
}

static void lint_shared(Builder *b) {
  for (int i = 0; i < b->shared.count; i++) {
    const SharedLayer *layer = b->shared.items[i].thing;
    if (layer->uses > 1) continue;
    Diagnostic *d = report(b->diagnostics, CODE_W_shared_once, layer->span, "the shared layer `%s` is %s", layer->name,
                           layer->uses ? "used once" : "never used");
    if (layer->uses)
      add_help(d, "a layer that is used once needs no `shared`: `%s: %s`", layer->name, written_text(b->c, b->arena, layer->call->span));
    else add_help(d, "remove it");
  }
}

static void lint_name(Builder *b, AstName name, const char *what) {
  Diagnostic *d = report(b->diagnostics, CODE_W_unused_names, name.span, "nothing uses the %s `%s`", what, name.text);
  add_help(d, "remove it");
}

static void note_mention(void *context, const char *name, Span span) {
  NameTable *names = context;
  (void)span;
  if (!find_name(names, name)) put_name(names, arena_strdup(names->arena, name), names); /* it may be a part of a label */
}

static NameTable mentioned_names(Builder *b, const AstDecl *first, bool all) {
  NameTable names = name_table(b->arena);
  for (const AstDecl *d = first; d; d = all ? d->next : NULL) visit_names(d, &(NameVisitor){.context = &names, .mention = note_mention});
  return names;
}

static void lint_parameters(Builder *b, const AstDecl *body) {
  if (!body->params) return;
  NameTable mentioned = mentioned_names(b, body, false);
  for (const AstParam *p = body->params; p; p = p->next)
    if (p->name.text && !find_name(&mentioned, p->name.text)) lint_name(b, p->name, "parameter");
}

/* Only the file that was given: what a used file has too much is for others. */
static void lint_names(Builder *b, const Module *module) {
  NameTable mentioned = mentioned_names(b, module->ast->declarations, true);
  for (const AstDecl *d = module->ast->declarations; d; d = d->next) {
    if (d->kind == AST_BLOCK || d->kind == AST_NET) lint_parameters(b, d);
    if ((d->kind != AST_CONST && d->kind != AST_DIM) || !d->name.text) continue;
    if (!find_name(&mentioned, d->name.text)) lint_name(b, d->name, d->kind == AST_CONST ? "const" : "dim");
  }
}

void lint_graph(Builder *b, const Module *module, const AstDecl *net) {
  (void)net;
  lint_layers(b);
  lint_shared(b);
  lint_names(b, module);
}
