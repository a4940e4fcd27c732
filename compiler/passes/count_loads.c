/* count_loads.c - see count_loads.h. A nest reads an operand once for each turn of its loops, but for what its kernel keeps in
 * registers: a number that all channels of a block need is read once for them, one that all points of a tile need as well. */
#include "passes/count_loads.h"

typedef struct Reads { /* of one operand in some expressions */
  const Nest *nest;
  int operand;
  bool found, along_lanes, along_tile;
} Reads;

static bool runs_along(const Expr *access, const char *axis) { return axis && expr_uses_var(access, axis); }

static Expr *find_read(void *context, Expr *e) {
  Reads *reads = context;
  if (e->kind != EXPR_ACCESS || e->operand != reads->operand) return e;
  reads->found = true;
  reads->along_lanes = reads->along_lanes || runs_along(e, reads->nest->lane_axis);
  reads->along_tile = reads->along_tile || runs_along(e, reads->nest->tile_axis);
  return e;
}

static int64_t at_least_one(int64_t n) { return n > 1 ? n : 1; }
static int64_t lesser(int64_t a, int64_t b) { return a < b ? a : b; }
/* So that the sums of many can be counted, also of sizes without end. */
static int64_t count_of(const Size *size) { return lesser(size_maximum(size), INT64_C(1) << 40); }

static const Size *turns(Arena *a, const Axis *axes, int count) {
  const Size *product = size_of(a, 1);
  for (int i = 0; i < count; i++) product = size_mul(a, product, axes[i].extent);
  return product;
}

static int64_t extent_of(const Nest *nest, const char *name) {
  const Axis *axis = name ? find_axis(nest, name) : NULL;
  return axis ? size_maximum(axis->extent) : 1;
}

static int64_t loads_of_nest(Arena *a, const Step *step, const Nest *nest, int operand) {
  const Schedule *s = &step->schedule;
  Reads reads = {.nest = nest, .operand = operand}, sum = reads;
  visit_nest(a, nest, find_read, &reads);
  if (!reads.found) return 0;
  if (nest->update) (void)rewrite_expr(a, nest->update, find_read, &sum);
  const Size *all = turns(a, nest->result_axes, nest->result_count);
  if (sum.found) all = size_mul(a, all, turns(a, nest->reduction_axes, nest->reduction_count));
  int64_t loads = count_of(all);
  if (s->kind == SCHEDULE_SCALAR) return loads;
  int64_t lanes = lesser((int64_t)at_least_one(s->lanes) * at_least_one(s->vectors), extent_of(nest, nest->lane_axis));
  if (!reads.along_lanes) loads /= at_least_one(lanes);
  if (!reads.along_tile) loads /= at_least_one(lesser(s->tile, extent_of(nest, nest->tile_axis)));
  return loads;
}

static int64_t loads_of(Arena *a, const Step *step, int operand) {
  int64_t loads = 0;
  for (const Nest *nest = step->nest; nest; nest = nest->next) loads += loads_of_nest(a, step, nest, operand);
  if (step->schedule.kind != SCHEDULE_WINOGRAD) return loads;
  const int *results = step->schedule.winograd.results, *taps = step->schedule.winograd.taps; /* fewer products */
  return loads / (results[0] * results[1] * taps[0] * taps[1]) * winograd_planes(step->schedule.winograd);
}

static int64_t elements_of(Arena *a, const Value *value) { return count_of(type_elements(a, &value->type)); }

static void count_operand(const Plan *plan, const Step *step, int i, int64_t *loads) {
  const Value *value = step->operands[i].value;
  if (!value || !plan->views[value->id].buffer) return;
  int64_t count = step->kind == STEP_NEST ? loads_of(plan->arena, step, i) : elements_of(plan->arena, value);
  bool transformed = step->schedule.kind == SCHEDULE_WINOGRAD && i == step->nest->correlation->input;
  if (transformed) { /* read once, then from there */
    loads[step->scratch->id] += count;
    count = elements_of(plan->arena, value);
  }
  loads[plan->views[value->id].buffer->id] += count;
}

int64_t *count_loads(const Plan *plan) {
  int64_t *loads = ARENA_ARRAY(plan->arena, int64_t, (size_t)plan->buffer_count + 1);
  for (int k = 0; k < plan->step_count; k++) {
    const Step *step = plan->steps[k];
    for (int i = 0; i < step->operand_count; i++) count_operand(plan, step, i, loads);
    int64_t results = elements_of(plan->arena, step->result);
    if (step->source) loads[plan->views[step->source->id].buffer->id] += results;
    if (step->scratch) loads[step->scratch->id] += 2 * results;
    loads[step->output.buffer->id] += results;
  }
  return loads;
}

int64_t *count_weight_loads(const Plan *plan) {
  int64_t *loads = ARENA_ARRAY(plan->arena, int64_t, (size_t)plan->graph->parameter_count + 1);
  for (int k = 0; k < plan->step_count; k++) {
    const Step *step = plan->steps[k];
    for (int i = 0; i < step->operand_count; i++) {
      const Parameter *parameter = step->operands[i].parameter;
      if (parameter) loads[parameter->id] += step->kind == STEP_NEST ? loads_of(plan->arena, step, i) : parameter_elements(parameter);
    }
  }
  return loads;
}
