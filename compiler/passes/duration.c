/* duration.c - see duration.h. The rates are those of the core of docs/performance.md, which is fast: on slower ones all layers
 * take longer, and the threads' meetings too. docs/decisions/0015-threads-and-batch.md has them. */
#include "passes/duration.h"

#include "ir/operator.h"
#include "ops/lowering.h"
#include "passes/targets.h"
#include "passes/winograd.h"

enum {
  MANY_TURNS = 1 << 20,  /* of an axis without a greatest size */
  MULTIPLY_ADDS = 6,     /* in a nanosecond and lane, with a fused instruction; else half of that */
  PLAIN = 2,             /* of those, in a nanosecond, where compilers make what they can of loops; or statements of one element */
  STATEMENTS_TENTHS = 4, /* in a nanosecond and lane, where loops over single elements became vectors; tenths */
  MOVED = 8,             /* numbers in a nanosecond */
  CACHE_BYTES = 50       /* of tensors in a nanosecond */
};

int64_t greatest_turns(const Size *size) {
  int64_t most = size_maximum(size);
  return most < MANY_TURNS ? most : MANY_TURNS;
}

static double turns_of_axes(const Axis *axes, int count) {
  double turns = 1;
  for (int i = 0; i < count; i++) turns *= (double)greatest_turns(axes[i].extent);
  return turns;
}

static bool has_vectors(const Plan *plan, const Step *step) { return step->schedule.machine->lanes > 1 && !plan->portable; }

/* Of loops over single elements. */
static double rate_of_statements(const Plan *plan, const Step *step) {
  return has_vectors(plan, step) ? step->schedule.machine->lanes * STATEMENTS_TENTHS / 10.0 : PLAIN;
}

static double rate_of_nest(const Plan *plan, const Step *step) {
  const Schedule *schedule = &step->schedule;
  const WinogradForm form = schedule->winograd;
  double tiles = (double)schedule->lanes * MULTIPLY_ADDS / (schedule->machine->fma ? 1 : 2);
  switch (schedule->kind) {
  case SCHEDULE_SCALAR: return schedule->rows ? MOVED : rate_of_statements(plan, step);
  case SCHEDULE_TILED: return schedule->plain ? PLAIN : tiles;
  case SCHEDULE_WINOGRAD: /* a third of the time goes into transforms */
    return tiles * 2 / 3 * form.results[0] * form.results[1] * form.taps[0] * form.taps[1] / winograd_planes(form);
  }
  return 1;
}

static double duration_of_nest(const Plan *plan, const Step *step) {
  double work = 0;
  for (const Nest *nest = step->nest; nest; nest = nest->next)
    work += turns_of_axes(nest->result_axes, nest->result_count) * turns_of_axes(nest->reduction_axes, nest->reduction_count);
  return work / rate_of_nest(plan, step);
}

/* How many statements run that do something with an element. */
static double count_statements(Arena *a, const Stmt *s) {
  double count = 0;
  for (; s; s = s->next) {
    const Size *turns = s->kind == STMT_FOR ? expr_as_size(a, s->end) : NULL;
    count += s->kind != STMT_FOR ? 1 : count_statements(a, s->body) * (turns ? (double)greatest_turns(turns) : 1);
  }
  return count;
}

/* Of a step in a stripe: which part of the tensors a call of its function sees. */
static double share_of_call(const Step *step) {
  return step->stripe ? (double)step->stripe->row_count->maximum / (double)step->stripe->height : 1;
}

double bytes_of_value(const Plan *plan, const Step *step, const Value *value) {
  return (double)greatest_turns(type_elements(plan->arena, &value->type)) * dtype_bytes(value->type.dtype) * share_of_call(step);
}

/* What it reads and writes besides weights. */
static double bytes_of_tensors(const Plan *plan, const Step *step) {
  double bytes = bytes_of_value(plan, step, step->result);
  if (step->kind == STEP_COPY) bytes += bytes_of_value(plan, step, step->source);
  for (int i = 0; i < step->operand_count; i++)
    if (step->operands[i].value && step->operands[i].value != step->result) bytes += bytes_of_value(plan, step, step->operands[i].value);
  return bytes;
}

static double longer(double a, double b) { return a > b ? a : b; }

static double duration_of_work(const Plan *plan, const Step *step) {
  switch (step->kind) {
  case STEP_NEST: return duration_of_nest(plan, step);
  case STEP_LOOPS: {
    Lowering l = {.arena = plan->arena};
    return count_statements(plan->arena, step->root->op->loops(&l, step->root)) / rate_of_statements(plan, step);
  }
  case STEP_COPY: break;
  }
  double elements = (double)greatest_turns(type_elements(plan->arena, &step->result->type));
  return elements * share_of_call(step) / (has_vectors(plan, step) ? MOVED : PLAIN);
}

double duration_alone(const Plan *plan, const Step *step) {
  return longer(duration_of_work(plan, step), bytes_of_tensors(plan, step) / CACHE_BYTES);
}
