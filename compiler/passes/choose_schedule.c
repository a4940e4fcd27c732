/* choose_schedule.c - in which form each step is computed.
 *
 * A form is a file that says which steps it can compute, and how; the first in the list that accepts a step has it, and
 * what no form accepts stays scalar. Never looks at weights. */
#include "passes/passes.h"
#include "passes/schedules.h"
#include "passes/winograd.h"

static ChooseForm *const forms[] = {choose_winograd, choose_streamed, choose_tiled, choose_transposed};

static Schedule schedule_of(const Plan *plan, const Step *step, const Target *target) {
  Schedule schedule = {.kind = SCHEDULE_SCALAR, .machine = target, .lanes = 1, .tile = 1, .vectors = 1};
  if (step->kind == STEP_COPY) choose_transposed(plan, step, target, &schedule);
  if (step->kind == STEP_LOOPS) choose_rows(plan, step, target, &schedule);
  if (step->kind != STEP_NEST) return schedule;
  if (plan->portable) { /* tiles leave the order in which each result is summed; other forms do not */
    choose_tiled(plan, step, target, &schedule);
    return schedule;
  }
  bool chosen = false;
  for (size_t i = 0; i < sizeof forms / sizeof *forms && !chosen; i++) chosen = forms[i](plan, step, target, &schedule);
  if (!chosen) choose_rows(plan, step, target, &schedule);
  return schedule;
}

static int64_t greatest_result(const Plan *plan, const Step *step) { return size_maximum(type_elements(plan->arena, &step->result->type)); }

/* The first weights that a tiled step reads; NULL: there are none. */
static const Parameter *weights_of(const Step *step) {
  for (int i = 0; step->schedule.kind == SCHEDULE_TILED && i < step->operand_count; i++)
    if (step->operands[i].parameter && step->operands[i].parameter->rank > 1) return step->operands[i].parameter;
  return NULL;
}

/* Layers that share weights have tiles of one shape, that of the largest: else the numbers would be packed twice. */
static void share_tiles(Plan *plan) {
  const Step **largest = ARENA_ARRAY(plan->arena, const Step *, (size_t)plan->graph->parameter_count + 1);
  for (int k = 0; k < plan->step_count; k++) {
    const Parameter *weights = weights_of(plan->steps[k]);
    const Step *other = weights ? largest[weights->id] : NULL;
    if (weights && (!other || greatest_result(plan, plan->steps[k]) > greatest_result(plan, other))) largest[weights->id] = plan->steps[k];
  }
  for (int k = 0; k < plan->step_count; k++) {
    const Parameter *weights = weights_of(plan->steps[k]);
    if (!weights || largest[weights->id] == plan->steps[k]) continue;
    Schedule *schedule = &plan->steps[k]->schedule;
    const Schedule *shared = &largest[weights->id]->schedule;
    if (schedule->lanes != shared->lanes || schedule->vectors == shared->vectors) continue;
    schedule->vectors = shared->vectors;
    schedule->tile = shared->tile;
    schedule->ahead = false;
  }
}

void choose_schedule(Compilation *c, Plan *plan) {
  const Target *target = find_target(c->options->target);
  for (int i = 0; i < plan->step_count; i++) {
    Step *step = plan->steps[i];
    step->schedule = schedule_of(plan, step, imagine_machine(c->arena, target, c->options->any_plan, step->name));
  }
  share_tiles(plan);
  for (int i = 0; i < plan->step_count; i++) {
    const Schedule *schedule = &plan->steps[i]->schedule;
    if (schedule->kind == SCHEDULE_WINOGRAD) plan->steps[i]->scratch = winograd_scratch(plan, plan->steps[i]);
    if (schedule->planar_input || schedule->planar_result || schedule->pixel_result)
      plan->steps[i]->scratch = rows_scratch(plan, plan->steps[i]);
  }
}
