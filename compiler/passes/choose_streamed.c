/* choose_streamed.c - tiles for what reads each number a few times only: depthwise convolution, pooling, elementwise steps.
 *
 * Memory bounds it, not arithmetic: whole pixels are read in their order, unless all lies in a cache, where one block of
 * channels of a few rows stays nearer. Measurements: docs/decisions/0014-windows-and-lanes.md. */
#include "passes/plan_steps.h"
#include "passes/schedules.h"

typedef struct FindLanes {
  const Step *step;
  bool summed; /* it reads values that all lanes share, again and again */
} FindLanes;

static Expr *find_lanes(void *context, Expr *e) {
  FindLanes *f = context;
  if (e->kind != EXPR_ACCESS || !f->step->operands[e->operand].value) return e;
  f->summed = f->summed || !expr_uses_var(e->index[0], f->step->nest->lane_axis);
  return e;
}

bool keeps_channels(const Plan *plan, const Step *step) {
  FindLanes find = {step, false};
  for (const Nest *nest = step->nest; nest; nest = nest->next)
    if (nest->update) rewrite_expr(plan->arena, nest->update, find_lanes, &find);
  return !find.summed;
}

/* Bytes of the tensors that the step reads and writes; a size that varies counts as large. */
static int64_t bytes_touched(const Plan *plan, const Step *step) {
  int64_t elements, sum = 0;
  for (int i = -1; i < step->operand_count; i++) {
    if (i >= 0 && !step->operands[i].value) continue;
    const Buffer *buffer = i < 0 ? step->output.buffer : plan->views[stored_as(step->operands[i].value)->id].buffer;
    if (!size_is_const(buffer->elements, &elements)) return SIZE_LIMIT;
    sum += elements * (int64_t)sizeof(float);
  }
  return sum;
}

enum { MOST_POINTS = 12, MOST_VECTORS = 2, POINTS_OF_COPIES = 4 };

static Expr *find_math(void *context, Expr *e) {
  if (e->kind == EXPR_MATH) *(bool *)context = true;
  return e;
}

/* Functions take so long that calling a kernel for each point costs nothing beside them. */
static bool calls_functions(const Plan *plan, const Nest *nest) {
  bool found = false;
  visit_nest(plan->arena, nest, find_math, &found);
  return found;
}

typedef struct FindStep { /* along a row of the input */
  const Plan *plan;
  const Step *of;
  const char *point, *tap;  /* axes */
  int64_t stride, dilation; /* dilation 0: taps lie elsewhere */
} FindStep;

static Expr *find_step(void *context, Expr *e) {
  FindStep *f = context;
  if (e->kind != EXPR_ACCESS || !f->of->operands[e->operand].value) return e;
  Expr *stride = coefficient_of(f->plan->arena, e->index[2], f->point), *dilation = coefficient_of(f->plan->arena, e->index[2], f->tap);
  if (stride->kind == EXPR_INT && stride->integer) f->stride = stride->integer;
  if (dilation->kind == EXPR_INT && dilation->integer) f->dilation = dilation->integer;
  return e;
}

/* The distances along a row of what neighbours and the innermost taps read. */
static FindStep step_along_row(const Plan *plan, const Step *step) {
  const Nest *nest = step->nest;
  FindStep found = {plan, step, nest->tile_axis, nest->reduction_axes[nest->reduction_count - 1].var, 1, 0};
  rewrite_expr(plan->arena, nest->update, find_step, &found);
  return found;
}

/* Most points whose sums have registers beside the weights of a row of taps and one column of the input. */
static int most_points(const Plan *plan, const Target *target, const Step *step, const Schedule *schedule) {
  const Nest *nest = step->nest;
  int64_t taps;
  bool slides = nest->update && nest->reduction_count && step_along_row(plan, step).dilation != 0;
  if (!nest->update || (nest->reduction_count && !slides)) return calls_functions(plan, nest) ? 1 : POINTS_OF_COPIES;
  if (!nest->reduction_count || !size_is_const(nest->reduction_axes[nest->reduction_count - 1].extent, &taps)) return schedule->tile;
  if (taps > target->registers / 2) return schedule->tile;
  int64_t points = (target->registers - taps - 1) / schedule->vectors - target->waiting;
  return points > MOST_POINTS ? MOST_POINTS : points < 2 ? 2 : (int)points;
}

/* Whether neighbouring pixels compete for the same lines of the first cache, so that rows do not stay in it. */
static bool crowds(const Axis *lane) {
  enum { FEW = 2048, APART = 1024 };
  int64_t channels;
  if (!size_is_const(lane->extent, &channels)) return false;
  int64_t bytes = channels * (int64_t)sizeof(float);
  return bytes >= FEW && bytes % APART == 0;
}

/* Where the columns under a tile's windows are reduced first, they and what compares them have the registers. */
static void choose_columns(const Plan *plan, const Target *target, const Step *step, Schedule *schedule) {
  enum { OTHERS = 4 };
  const Nest *nest = step->nest;
  int64_t taps;
  if (!nest->associates || !nest->reduction_count) return;
  const Axis *tap = &nest->reduction_axes[nest->reduction_count - 1];
  FindStep along_row = step_along_row(plan, step);
  int vectors = target->registers >= 32 && schedule->vectors > 1 ? 2 : 1;
  if (!size_is_const(tap->extent, &taps)) return;
  int64_t span = (taps - 1) * along_row.dilation + 1, columns = (target->registers - OTHERS) / vectors;
  int64_t points = columns < span ? 0 : (columns - span) / along_row.stride + 1;
  if (points < 2) return;
  schedule->vectors = vectors;
  schedule->tile = points > MOST_POINTS ? MOST_POINTS : (int)points;
}

bool choose_streamed(const Plan *plan, const Step *step, const Target *target, Schedule *schedule) {
  const Axis *lane = find_axis(step->nest, step->nest->lane_axis), *tile = find_axis(step->nest, step->nest->tile_axis);
  if (target->lanes == 1 || plan->portable) return false;
  if (!tile || !lane || !keeps_channels(plan, step) || !choose_tiled(plan, step, target, schedule)) return false;
  bool near = step->nest->update && bytes_touched(plan, step) <= (int64_t)target->l2 * 1024 && !(step->nest->associates && crowds(lane));
  if (step->nest->update && !step->nest->associates && schedule->vectors > MOST_VECTORS) schedule->vectors = MOST_VECTORS;
  schedule->tile = most_points(plan, target, step, schedule);
  choose_columns(plan, target, step, schedule);
  schedule->channels_outermost = near;
  schedule->tiles_outermost = !near;
  return true;
}
