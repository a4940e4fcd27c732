/* summary.c - `cnnc summary`: the layers of a net with shapes, parameters and multiply-accumulates, how they are computed
 * for a target, and totals. */
#include <string.h>
#include "compile.h"
#include "ir/operator.h"
#include "passes/passes.h"
#include "support/table.h"
#include "tools/session.h"

typedef struct Layer {
  const char *name, *op, *shape;
  int64_t parameters;
  const Size *macs;
} Layer;

typedef struct Summary {
  Session *session;
  Compilation *c;
  Graph *graph;
  Layer *layers;
  int64_t parameters;
  const Size *macs;
} Summary;

/* What the plan knows; the graph is rewritten on the way, so this comes last. NULL: there is none. */
static const Plan *make_whole_plan(Summary *s) {
  Diagnostics ignored = new_diagnostics(s->session);
  Compilation c = *s->c;
  if (!c.options->max_ram) c.diagnostics = &ignored; /* else it may be too little */
  Plan *plan = make_plan(&c, s->graph);
  if (plan) lower(&c, plan); /* for the size of the packed weights */
  return plan;
}

static const char *size_text(Arena *arena, const Size *size) {
  Text text = text_new(arena);
  size_print(&text, size);
  return text_string(&text);
}

/* Parameters of a shared layer count at its first use. */
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

static void collect(Summary *s) {
  Arena *arena = s->session->arena;
  bool *counted = ARENA_ARRAY(arena, bool, (size_t)s->graph->parameter_count);
  s->layers = ARENA_ARRAY(arena, Layer, (size_t)s->graph->node_count);
  s->macs = size_of(arena, 0);
  for (int i = 0; i < s->graph->node_count; i++) {
    const Node *node = s->graph->nodes[i];
    const Size *macs = node->op->macs ? node->op->macs(arena, node) : size_of(arena, 0);
    s->layers[i] = (Layer){node->name, node->op->name, type_text(arena, &node->output->type), learned(node, counted), macs};
    s->parameters += s->layers[i].parameters;
    s->macs = size_add(arena, s->macs, macs);
  }
}

enum { COLUMNS = 5, FIRST_NUMBER = 3 };

static void print_layers(Summary *s) {
  Arena *arena = s->session->arena;
  int rows = s->graph->node_count + 2;
  const char *(*cells)[COLUMNS] = arena_alloc_array(arena, (size_t)rows, sizeof *cells);
  const char *titles[COLUMNS] = {"layer", "operation", "output", "parameters", "MACs"};
  memcpy(cells[0], titles, sizeof titles);
  for (int i = 0; i < s->graph->node_count; i++) {
    const Layer *layer = &s->layers[i];
    const char *row[COLUMNS] = {layer->name, layer->op, layer->shape,
                                layer->parameters ? arena_printf(arena, "%lld", (long long)layer->parameters) : "",
                                size_is(layer->macs, 0) ? "" : size_text(arena, layer->macs)};
    memcpy(cells[i + 1], row, sizeof row);
  }
  const char *total[COLUMNS] = {"total", "", "", arena_printf(arena, "%lld", (long long)s->parameters), size_text(arena, s->macs)};
  memcpy(cells[rows - 1], total, sizeof total);
  print_table(&s->session->out, cells[0], rows, COLUMNS, FIRST_NUMBER);
}

/* The first step of a group of steps that are computed in stripes, or NULL. */
static const Stripe *group_at(const Plan *plan, int k) {
  const Stripe *stripe = plan->steps[k]->stripe;
  return stripe && stripe->first == k ? stripe : NULL;
}

static void print_stripes(Text *out, const Plan *plan) {
  for (int k = 0; k < plan->step_count; k++) {
    const Stripe *group = group_at(plan, k);
    if (!group) continue;
    text_addf(out, "stripes of %lld row%s of %s:", (long long)group->rows, group->rows == 1 ? "" : "s", plan->steps[group->last]->name);
    for (int i = group->first; i <= group->last; i++) text_addf(out, "%s %s", i > group->first ? "," : "", plan->steps[i]->name);
    text_add(out, "; 0 more multiply-adds\n");
  }
}

static void json_stripes(Text *out, const Plan *plan) {
  bool first = true;
  text_add(out, ", \"stripes\": [");
  for (int k = 0; k < plan->step_count; k++) {
    const Stripe *group = group_at(plan, k);
    if (!group) continue;
    text_addf(out, "%s{\"rows\": %lld, \"steps\": [", first ? "" : ", ", (long long)group->rows);
    for (int i = group->first; i <= group->last; i++) text_addf(out, "%s\"%s\"", i > group->first ? ", " : "", plan->steps[i]->name);
    text_add(out, "]}");
    first = false;
  }
  text_add(out, "]");
}

static void print_text(Summary *s) {
  Text *out = &s->session->out;
  const Graph *graph = s->graph;
  Arena *arena = s->session->arena;
  text_addf(out, "net %s, target %s\n", graph->name, s->session->line.options.target);
  for (int i = 0; i < graph->input_count; i++)
    text_addf(out, "input %s: %s%s\n", graph->inputs[i].value->name, dtype_name(graph->inputs[i].value->type.dtype),
              type_text(arena, &graph->inputs[i].value->type));
  text_add(out, "\n");
  print_layers(s);
  text_add(out, "\n");
  for (int i = 0; i < graph->output_count; i++)
    text_addf(out, "output %s: %s%s\n", graph->outputs[i].name, dtype_name(graph->outputs[i].value->type.dtype),
              type_text(arena, &graph->outputs[i].value->type));
  const Plan *plan = make_whole_plan(s);
  if (!plan) return;
  text_add(out, "\n");
  print_plan_steps(out, plan);
  text_add(out, "\n");
  print_plan_totals(out, plan);
  text_addf(out, "weights %lld bytes\n", (long long)plan->weights_bytes);
  print_stripes(out, plan);
}

/* A number, or a string such as "H//2" for a size that varies. */
static void json_size(Text *out, Arena *arena, const Size *size) {
  int64_t value;
  if (size_is_const(size, &value)) text_addf(out, "%lld", (long long)value);
  else text_addf(out, "\"%s\"", size_text(arena, size));
}

static void json_shape(Text *out, Arena *arena, const TensorType *type) {
  text_add(out, "[");
  for (int i = 0; i < type->rank; i++) {
    if (i) text_add(out, ", ");
    json_size(out, arena, type->sizes[i]);
  }
  text_add(out, "]");
}

static void json_tensor(Text *out, Arena *arena, const char *name, const TensorType *type, bool first) {
  text_addf(out, "%s{\"name\": \"%s\", \"shape\": ", first ? "" : ", ", name);
  json_shape(out, arena, type);
  text_addf(out, ", \"dtype\": \"%s\"}", dtype_name(type->dtype));
}

/* Names are labels of the source, so that nothing in them needs an escape. */
static void print_json(Summary *s) {
  Text *out = &s->session->out;
  const Graph *graph = s->graph;
  Arena *arena = s->session->arena;
  text_addf(out, "{\"schema\": 1, \"net\": \"%s\", \"target\": \"%s\",\n \"inputs\": [", graph->name, s->session->line.options.target);
  for (int i = 0; i < graph->input_count; i++) json_tensor(out, arena, graph->inputs[i].value->name, &graph->inputs[i].value->type, !i);
  text_add(out, "],\n \"outputs\": [");
  for (int i = 0; i < graph->output_count; i++) json_tensor(out, arena, graph->outputs[i].name, &graph->outputs[i].value->type, !i);
  text_add(out, "],\n \"layers\": [");
  for (int i = 0; i < graph->node_count; i++) {
    const Layer *layer = &s->layers[i];
    text_addf(out, "%s\n  {\"name\": \"%s\", \"op\": \"%s\", \"output_shape\": ", i ? "," : "", layer->name, layer->op);
    json_shape(out, arena, &graph->nodes[i]->output->type);
    text_addf(out, ", \"parameters\": %lld, \"macs\": ", (long long)layer->parameters);
    json_size(out, arena, layer->macs);
    text_add(out, "}");
  }
  text_addf(out, "],\n \"totals\": {\"parameters\": %lld, \"macs\": ", (long long)s->parameters);
  json_size(out, arena, s->macs);
  const Plan *plan = make_whole_plan(s);
  if (plan) {
    text_add(out, ", \"workspace_bytes\": ");
    json_size(out, arena, plan->workspace_bytes);
    if (size_is_const(plan->workspace_bytes, NULL))
      text_addf(out, ", \"workspace_lower_bound_bytes\": %lld, \"workspace_bare_bound_bytes\": %lld", (long long)plan->lower_bound_bytes,
                (long long)plan->bare_bound_bytes);
    text_addf(out, ", \"weights_bytes\": %lld", (long long)plan->weights_bytes);
    json_stripes(out, plan);
  }
  text_add(out, "}}\n");
}

int summary_verb(Session *session) {
  session->line.options.shapes_only = true;
  Compilation c = new_compilation(session, &session->line.options, &session->diagnostics);
  Summary s = {.session = session, .c = &c, .graph = compile_to_graph(&c)};
  take_texts(session, &c);
  apply_lint_settings(session, &session->diagnostics);
  if (!s.graph || session->diagnostics.errors) return 0;
  collect(&s);
  if (session->line.json) print_json(&s);
  else print_text(&s);
  return 0;
}
