/* bench.c - `cnnc bench`: the net and its layers timed on this machine. */
#include "tools/bench.h"

#include "compile.h"
#include "ir/operator.h"
#include "passes/bind_operands.h"
#include "passes/passes.h"
#include "tools/host_compiler.h"

static const Node *last_node(const Step *step) { return step->fused_count ? step->fused[step->fused_count - 1] : step->root; }

static int64_t value_bytes(Arena *arena, const Value *value) {
  int64_t elements = 0;
  (void)size_is_const(type_elements(arena, &value->type), &elements);
  return elements * (int64_t)sizeof(float);
}

static bool owns(const Node *node, const Parameter *parameter) {
  for (int i = 0; i < node->parameter_count; i++)
    if (node->parameters[i] == parameter) return true;
  return false;
}

/* The packed numbers of all nodes of the step: what it reads of the weights at least. */
static int64_t weight_bytes(const Plan *plan, const Step *step) {
  int64_t elements = 0;
  for (int i = 0; i < plan->packed_count; i++) {
    const Parameter *parameter = plan->packed[i]->parameter;
    bool used = step->root && owns(step->root, parameter);
    for (int k = 0; k < step->fused_count; k++) used = used || owns(step->fused[k], parameter);
    if (used) elements += plan->packed[i]->elements;
  }
  return elements * (int64_t)sizeof(float);
}

static int64_t tensor_bytes(Arena *arena, const Step *step) {
  int64_t bytes = step->result ? value_bytes(arena, step->result) : 0;
  for (int i = 0; i < step->operand_count; i++)
    if (step->operands[i].value && step->operands[i].value != step->result) bytes += value_bytes(arena, step->operands[i].value);
  return bytes;
}

static BenchLayer describe_step(Arena *arena, const Plan *plan, const Step *step) {
  BenchLayer layer = {.name = c_name(arena, step->name), .op = step->root ? step->root->op->name : "copy"};
  layer.type = &(step->result ? step->result : last_node(step)->output)->type;
  if (step->root && !step->stage && step->root->op->macs) (void)size_is_const(step->root->op->macs(arena, step->root), &layer.macs);
  layer.macs *= plan->batch;
  layer.weight_bytes = weight_bytes(plan, step);
  layer.tensor_bytes = tensor_bytes(arena, step) * plan->batch;
  return layer;
}

static void count_parameters(Bench *bench, const Graph *graph) {
  for (int i = 0; i < graph->parameter_count; i++)
    if (graph->parameters[i]->kind == PARAMETER_LEARNED) bench->parameters += parameter_connected(graph->parameters[i]);
}

/* The layers with what they do, from the plan; the graph is rewritten on the way. */
static bool collect_layers(Bench *bench, Graph *graph) {
  count_parameters(bench, graph);
  Session *session = bench->session;
  Compilation c = new_compilation(session, &session->line.options, &session->diagnostics);
  Plan *plan = make_plan(&c, graph);
  if (!plan) return false;
  lower(&c, plan); /* decides how the weights are packed */
  for (int i = 0; i < plan->step_count; i++) {
    BenchLayer layer = describe_step(session->arena, plan, plan->steps[i]);
    ARENA_PUSH(session->arena, bench->layers, bench->layer_count, layer);
    bench->macs += layer.macs;
  }
  bench->weight_bytes = plan->weights_bytes;
  (void)size_is_const(plan->workspace_bytes, &bench->workspace_bytes);
  return true;
}

/* Times belong to sizes. */
static bool all_sizes_given(const Bench *bench) {
  for (int i = 0; i < bench->graph->dim_count; i++) {
    const Dim *dim = bench->graph->dims[i];
    Diagnostic *d = report(&bench->session->diagnostics, CODE_E0801, dim->span, "at which `%s` is the network to be timed?", dim->name);
    add_help(d, "`--size %s=%lld` says it", dim->name, (long long)dim_least(dim));
  }
  return bench->graph->dim_count == 0;
}

int bench_verb(Session *session) {
  int words;
  Bench bench = {.session = session};
  bench.compiler = compiler_words(session->arena, session->line.cc, 0, &words)[0];
  Options shapes = session->line.options; /* the weights are read when the net is compiled */
  shapes.shapes_only = true;
  Compilation c = new_compilation(session, &shapes, &session->diagnostics);
  Graph *graph = compile_to_graph(&c);
  bench.graph = graph;
  take_texts(session, &c);
  apply_lint_settings(session, &session->diagnostics);
  if (!graph || session->diagnostics.errors || !all_sizes_given(&bench)) return 0;
  if (collect_layers(&bench, graph) && measure_net(&bench)) report_bench(&bench);
  return 0;
}
