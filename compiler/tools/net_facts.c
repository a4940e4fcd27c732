/* net_facts.c - see net_facts.h. Values and nodes stay where they are when passes drop or merge them, so that each layer of the
 * source finds its part of the plan by pointer. */
#include "tools/net_facts.h"

#include <string.h>
#include "ir/operator.h"
#include "passes/check_places.h"
#include "passes/fit_flash.h"
#include "passes/passes.h"
#include "passes/place_regions.h"

typedef struct SourceLayer { /* a layer as it was written */
  const Node *node;
  const Value *output;
} SourceLayer;

static int64_t learned(const Node *node, bool *counted) {
  int64_t count = 0;
  for (int i = 0; i < node->parameter_count; i++) {
    const Parameter *parameter = node->parameters[i];
    if (!parameter || parameter->kind != PARAMETER_LEARNED || counted[parameter->id]) continue;
    counted[parameter->id] = true;
    count += parameter_connected(parameter);
  }
  return count;
}

static LayerFacts facts_of_node(Arena *arena, const Node *node, bool *counted) {
  Text call = text_new(arena);
  print_node_call(&call, node);
  LayerFacts layer = {.name = node->name, .op = node->op->name, .call = text_string(&call), .form = ""};
  layer.reads = ARENA_ARRAY(arena, const char *, (size_t)node->input_count + 1);
  for (int i = 0; i < node->input_count; i++) {
    const Value *value = node->inputs[i];
    layer.reads[layer.read_count++] = value->producer ? value->producer->name : value->name;
  }
  layer.type = &node->output->type;
  layer.tensor = node->output->name;
  layer.parameters = learned(node, counted);
  layer.macs = node->op->macs ? node->op->macs(arena, node) : size_of(arena, 0);
  return layer;
}

NetFacts layer_facts(Arena *arena, const char *file, const Graph *graph) {
  NetFacts facts = {.file = file, .graph = graph, .layer_count = graph->node_count, .macs = size_of(arena, 0)};
  bool *counted = ARENA_ARRAY(arena, bool, (size_t)graph->parameter_count + 1);
  facts.layers = ARENA_ARRAY(arena, LayerFacts, (size_t)graph->node_count + 1);
  for (int i = 0; i < graph->node_count; i++) {
    LayerFacts *layer = &facts.layers[i];
    *layer = facts_of_node(arena, graph->nodes[i], counted);
    facts.parameters += layer->parameters;
    facts.macs = size_add(arena, facts.macs, layer->macs);
  }
  return facts;
}

static SourceLayer *source_layers(Arena *arena, const Graph *graph) {
  SourceLayer *sources = ARENA_ARRAY(arena, SourceLayer, (size_t)graph->node_count + 1);
  for (int i = 0; i < graph->node_count; i++) sources[i] = (SourceLayer){graph->nodes[i], graph->nodes[i]->output};
  return sources;
}

static bool computes(const Step *step, const Node *node) {
  bool found = step->root == node;
  for (int i = 0; i < step->fused_count; i++) found = found || step->fused[i] == node;
  return found;
}

/* The step that stores what the node computes or, where it is none of the last ones, goes on with it. NULL: none. */
static const Step *step_of(const Plan *plan, const Node *node) {
  for (int i = plan->step_count; i-- > 0;)
    if (computes(plan->steps[i], node)) return plan->steps[i];
  return NULL;
}

static const char *form_of(Arena *arena, const Step *step) {
  Text form = text_new(arena);
  print_step_form(&form, step);
  if (step->stripe) text_addf(&form, "%sin stripes", form.length ? ", " : "");
  return text_string(&form);
}

static Place place_of(Arena *arena, const View *view, const char *tensor, const Step *step) {
  Text at = text_new(arena);
  if (!view->buffer) return (Place){0};
  print_view_begin(&at, view);
  const Buffer *buffer = view->buffer;
  bool own = !at.length && strcmp(buffer->name, tensor) == 0;
  switch (buffer->kind) {
  case BUFFER_INPUT: return (Place){"input ", buffer->name, text_string(&at)};
  case BUFFER_OUTPUT: return (Place){"output ", buffer->name, text_string(&at)};
  case BUFFER_WORKSPACE: break;
  }
  if (own) return (Place){buffer->region ? buffer->region->name : "workspace", NULL, ""};
  return (Place){step && step->in_place ? "in place of " : "in ", buffer->name, text_string(&at)};
}

static void add_plan(Arena *arena, NetFacts *facts, const SourceLayer *sources) {
  const Plan *plan = facts->plan;
  bool *counted = ARENA_ARRAY(arena, bool, (size_t)plan->graph->parameter_count + 1);
  for (int i = 0; i < facts->layer_count; i++) {
    LayerFacts *layer = &facts->layers[i];
    const Node *node = sources[i].node;
    const Value *output = sources[i].output;
    /* what is folded into another layer has left it its output */
    const Node *computed_by = output->producer && output->producer != node ? output->producer : node;
    const Step *step = step_of(plan, computed_by);
    if (step) {
      layer->function = step->root->name;
      if (step->root == node) layer->form = form_of(arena, step);
      layer->weight_bytes = computed_by == node ? node_weight_bytes(plan, node, counted) : 0;
    }
    const View *view = step && step->result == output ? &step->output : &plan->views[output->id];
    layer->place = place_of(arena, view, output->name, step);
  }
}

bool collect_net_facts(Session *session, const Options *options, Diagnostics *diagnostics, NetFacts *facts) {
  Options *shapes = ARENA_NEW(session->arena, Options);
  *shapes = *options;
  shapes->shapes_only = true;
  Compilation c = new_compilation(session, shapes, diagnostics);
  Graph *graph = compile_to_graph(&c);
  take_texts(session, &c);
  apply_lint_settings(session, diagnostics);
  if (!graph || diagnostics->errors) return false;
  *facts = layer_facts(session->arena, options->file, graph);
  const SourceLayer *sources = source_layers(session->arena, graph);
  Diagnostics ignored = new_diagnostics(session);
  if (!options->max_ram && !options->max_flash && !options->ram && !options->flash && !options->places)
    c.diagnostics = &ignored; /* else it may be too little */
  Plan *plan = make_plan(&c, graph);
  if (!plan) return true;
  lower(&c, plan); /* for the size of the packed weights */
  (void)fits_flash(&c, plan);
  place_in_flash(&c, plan);
  (void)check_flash(&c, plan);
  facts->plan = plan;
  add_plan(session->arena, facts, sources);
  return true;
}
