/* choose_schedule.c - in which form each step is computed.
 *
 * A form is a file that says which steps it can compute, and how; the first in the list that accepts a step has it, and
 * what no form accepts stays scalar. Never looks at weights. */
#include "passes/passes.h"
#include "passes/schedules.h"

static ChooseForm *const forms[] = {choose_tiled};

static Schedule schedule_of(const Plan *plan, const Step *step, const Target *target) {
  Schedule schedule = {.kind = SCHEDULE_SCALAR, .lanes = 1, .tile = 1, .vectors = 1};
  if (step->kind != STEP_NEST) return schedule;
  if (plan->portable) { /* tiles leave the order in which each result is summed; other forms do not */
    choose_tiled(plan, step, target, &schedule);
    return schedule;
  }
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    if (forms[i](plan, step, target, &schedule)) break;
  return schedule;
}

void choose_schedule(Compilation *c, Plan *plan) {
  const Target *target = find_target(c->options->target);
  for (int i = 0; i < plan->step_count; i++) plan->steps[i]->schedule = schedule_of(plan, plan->steps[i], target);
}
