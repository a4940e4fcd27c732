/* group_steps.c - graph to plan: which nodes share one function.
 *
 * A node with a loop nest begins a step; elementwise nodes join the step that computes their input, when nothing else
 * reads that input, and become its epilogue. Nothing is placed in memory yet. */
#include <string.h>

#include "ops/lowering.h"
#include "ops/ops.h"
#include "passes/passes.h"
#include "passes/place_regions.h"
#include "passes/plan_steps.h"

/* Whether the shapes differ by sizes of 1 alone, so that each element has the same channel, row and column. */
static bool same_extents(const TensorType *a, const TensorType *b) {
  return size_equal(type_channels(a), type_channels(b)) && size_equal(type_height(a), type_height(b)) &&
         size_equal(type_width(a), type_width(b));
}

const Value *stored_as(const Value *value) {
  while (value->producer && value->producer->op->kind == OPERATOR_VIEW && same_extents(&value->producer->inputs[0]->type, &value->type))
    value = value->producer->inputs[0];
  return value;
}

const Value *lies_in(const Value *value) {
  value = stored_as(value);
  while (value->producer && value->producer->op->kind == OPERATOR_SLICE) value = stored_as(value->producer->inputs[0]);
  return value;
}

Value *plan_add_value(Plan *plan, const char *name, TensorType type) {
  Value *value = ARENA_NEW(plan->arena, Value);
  *value = (Value){.id = plan->value_count, .name = name, .type = type};
  ARENA_PUSH(plan->arena, plan->values, plan->value_count, value);
  return value;
}

static char in_c(char c) { return c == '.' ? '_' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

/* Whether two paths are one name in C, where macros are in capitals. */
static bool same_in_c(const char *a, const char *b) {
  for (; *a && in_c(*a) == in_c(*b); a++) b++;
  return in_c(*a) == in_c(*b);
}

static bool is_taken(const Plan *plan, const char *name) {
  for (int i = 0; i < plan->step_count; i++)
    if (same_in_c(plan->steps[i]->name, name)) return true;
  for (int i = 0; i < plan->value_count; i++)
    if (same_in_c(plan->values[i]->name, name)) return true;
  for (int i = 0; i < plan->graph->node_count; i++)
    if (same_in_c(plan->graph->nodes[i]->name, name)) return true;
  return false;
}

const char *plan_free_name(const Plan *plan, const char *name) {
  const char *wanted = name;
  for (int i = 2; is_taken(plan, name); i++) name = arena_printf(plan->arena, "%s_%d", wanted, i);
  return name;
}

bool step_reads(const Step *step, const Value *value) {
  if (step->kind == STEP_COPY) return stored_as(step->source) == value;
  for (int i = 0; i < step->operand_count; i++)
    if (step->operands[i].value && step->operands[i].value != step->result && stored_as(step->operands[i].value) == value) return true;
  return false;
}

bool step_reads_part(const Step *step, const Value *value) {
  if (step->kind == STEP_COPY) return lies_in(step->source) == value;
  for (int i = 0; i < step->operand_count; i++)
    if (step->operands[i].value && step->operands[i].value != step->result && lies_in(step->operands[i].value) == value) return true;
  return false;
}

void plan_insert_step(Plan *plan, int position, Step *step) {
  ARENA_PUSH(plan->arena, plan->steps, plan->step_count, step);
  memmove(plan->steps + position + 1, plan->steps + position, (size_t)(plan->step_count - 1 - position) * sizeof *plan->steps);
  plan->steps[position] = step;
}

/* The index of an operand along one dimension: 0 where its size of 1 is stretched. */
static Expr *stretched(Lowering *l, const Size *operand, const Size *result, Expr *index) {
  return size_is(operand, 1) && !size_is(result, 1) ? int_expr(l, 0) : index;
}

/* The operand `value` of an elementwise node at the place that is being computed. */
static Expr *operand_here(Lowering *l, const Value *value, const TensorType *result) {
  return value_at(l, value, stretched(l, type_channels(&value->type), type_channels(result), l->channel),
                  stretched(l, type_height(&value->type), type_height(result), l->row),
                  stretched(l, type_width(&value->type), type_width(result), l->column));
}

static void add_epilogue(Lowering *l, Nest *nest, const Node *node, const Value *computed) {
  Expr **inputs = ARENA_ARRAY(l->arena, Expr *, (size_t)node->input_count);
  for (int i = 0; i < node->input_count; i++)
    inputs[i] = node->inputs[i] == computed ? accumulator(l) : operand_here(l, node->inputs[i], &node->output->type);
  Expr *result = node->op->apply(l, node, inputs), *unchanged = accumulator(l); /* cast(float32): every read gives a float */
  if (!expr_equal(result, unchanged)) nest->epilogue[nest->epilogue_count++] = result;
}

/* An elementwise node of its own: a nest without reduction, whose first tensor is the value that `apply` goes on from. */
static void elementwise_nest(Lowering *l, const Node *node, Nest *nest) {
  const TensorType *type = &node->output->type;
  add_result_axis(nest, "oy", type_height(type));
  add_result_axis(nest, "ox", type_width(type));
  add_result_axis(nest, "oc", type_channels(type));
  nest->lane_axis = "oc";
  nest->tile_axis = "ox";
  nest->output[0] = var_expr(l, "oc");
  nest->output[1] = var_expr(l, "oy");
  nest->output[2] = var_expr(l, "ox");
  l->channel = nest->output[0], l->row = nest->output[1], l->column = nest->output[2];
  const Value *first = first_tensor(node);
  nest->result = operand_here(l, first, type);
  add_epilogue(l, nest, node, first);
}

static void build_nest(Plan *plan, Step *step) {
  Lowering l = {.arena = plan->arena, .stages = step->stages, .portable = plan->portable};
  Nest *nest = ARENA_NEW(plan->arena, Nest);
  const Value *computed;
  if (step->stage) step->stage->nest(&l, step->root, nest);
  else if (step->root->op->kind == OPERATOR_ELEMENTWISE) elementwise_nest(&l, step->root, nest);
  else step->root->op->nest(&l, step->root, nest);
  if (nest->update) l.first_operand = l.operand_count; /* a skip of the input is read at another place than the window */
  for (Nest *n = nest; n; n = n->next) {
    l.channel = n->output[0], l.row = n->output[1], l.column = n->output[2];
    computed = step->root->output;
    for (int i = 0; i < step->fused_count; i++) {
      add_epilogue(&l, n, step->fused[i], computed);
      computed = step->fused[i]->output;
    }
  }
  step->nest = nest;
  step->operands = l.operands;
  step->operand_count = l.operand_count;
}

static bool is_output(const Graph *graph, const Value *value) {
  for (int i = 0; i < graph->output_count; i++)
    if (graph->outputs[i].value == value) return true;
  return false;
}

/* The step whose epilogue the node can become, or -1: the last one among those that compute its inputs. */
static int step_to_join(const Plan *plan, const Node *node, const int *step_of) {
  int last = -1;
  for (int i = 0; i < node->input_count; i++) {
    int step = step_of[stored_as(node->inputs[i])->id];
    if (step > last) last = step;
  }
  if (last < 0 || plan->steps[last]->kind != STEP_NEST || plan->steps[last]->fused_count == MAX_FUSED) return -1;
  const Value *computed = plan->steps[last]->result;
  bool reads = false;
  for (int i = 0; i < node->input_count; i++) reads = reads || node->inputs[i] == computed;
  bool alone = computed->uses == 1 && !is_output(plan->graph, computed);
  return reads && alone && type_equal_shape(&computed->type, &node->output->type) && computed->type.dtype == DTYPE_F32 ? last : -1;
}

/* fc reads a flattened tensor where it lies: no step is needed if nothing else reads it. */
static bool read_by_fc_only(const Graph *graph, const Value *value) {
  int readers = 0;
  for (int i = 0; i < graph->node_count; i++)
    for (int k = 0; k < graph->nodes[i]->input_count; k++) readers += graph->nodes[i]->inputs[k] == value && graph->nodes[i]->op == &op_fc;
  return readers == value->uses;
}

static bool needs_no_step(const Graph *graph, const Node *node) {
  if (node->op->kind == OPERATOR_JOIN || node->op->kind == OPERATOR_SLICE) return true;
  if (node->op->kind != OPERATOR_VIEW) return false;
  return stored_as(node->output) != node->output || (node->op == &op_flatten && read_by_fc_only(graph, node->output));
}

static Step *add_step(Plan *plan, Step step) {
  Step *copy = ARENA_NEW(plan->arena, Step);
  *copy = step;
  ARENA_PUSH(plan->arena, plan->steps, plan->step_count, copy);
  return copy;
}

/* The steps before an operator's own nest. Returns their results. */
static Value **add_stages(Plan *plan, Node *node) {
  if (!node->op->stages) return NULL;
  Stage *stages = ARENA_ARRAY(plan->arena, Stage, MAX_STAGES);
  Value **results = ARENA_ARRAY(plan->arena, Value *, MAX_STAGES);
  int count = node->op->stages(plan->arena, node, stages);
  for (int i = 0; i < count; i++) {
    const char *name = plan_free_name(plan, arena_printf(plan->arena, "%s_%s", node->name, stages[i].name));
    results[i] = plan_add_value(plan, name, stages[i].type);
    add_step(plan, (Step){.kind = STEP_NEST, .name = name, .root = node, .stage = &stages[i], .stages = results, .result = results[i]});
  }
  return results;
}

Plan *group_steps(Compilation *c, Graph *graph) {
  Plan *plan = ARENA_NEW(c->arena, Plan);
  WinogradUse winograd = c->options->winograd;
  *plan = (Plan){.arena = c->arena,
                 .graph = graph,
                 .target = c->options->target,
                 .batch = c->options->batch,
                 .winograd = {.exact = winograd == WINOGRAD_AUTO || winograd == WINOGRAD_2,
                              .rounded = winograd == WINOGRAD_AUTO || winograd == WINOGRAD_4,
                              .always = c->options->force_winograd},
                 .threads = c->options->threads > 1 ? c->options->threads : 1,
                 .portable = c->options->numerics == NUMERICS_PORTABLE};
  add_regions(c, plan);
  for (int i = 0; i < graph->value_count; i++) ARENA_PUSH(c->arena, plan->values, plan->value_count, graph->values[i]);
  int *step_of = ARENA_ARRAY(c->arena, int, (size_t)graph->value_count + 1);
  for (int i = 0; i < graph->value_count; i++) step_of[i] = -1;
  for (int i = 0; i < graph->node_count; i++) {
    Node *node = graph->nodes[i];
    if (needs_no_step(graph, node)) {                                        /* complete when the last of its inputs is */
      int inputs = node->op->kind == OPERATOR_SLICE ? 1 : node->input_count; /* a reference gives its shape only */
      for (int k = 0; k < inputs; k++) {
        int step = step_of[stored_as(node->inputs[k])->id];
        if (step > step_of[node->output->id]) step_of[node->output->id] = step;
      }
      continue;
    }
    int join = node->op->kind == OPERATOR_ELEMENTWISE ? step_to_join(plan, node, step_of) : -1;
    Step *step;
    if (join >= 0) {
      step = plan->steps[join];
      step->fused[step->fused_count++] = node;
    } else {
      Value **stages = add_stages(plan, node);
      step = add_step(
          plan,
          (Step){.kind = node->op->kind == OPERATOR_LOOPS ? STEP_LOOPS : STEP_NEST, .name = node->name, .root = node, .stages = stages});
      if (node->op->kind == OPERATOR_VIEW) step->note = "to another order";
      join = plan->step_count - 1;
    }
    step->result = node->output;
    step_of[node->output->id] = join;
  }
  for (int i = 0; i < plan->step_count; i++) {
    Step *step = plan->steps[i];
    if (step->kind == STEP_NEST) {
      build_nest(plan, step);
      continue;
    }
    Lowering l = {.arena = c->arena};
    step->root->op->loops(&l, step->root); /* for its operands; lower.c builds it again when addresses are known */
    step->operands = l.operands;
    step->operand_count = l.operand_count;
  }
  return plan;
}
