/* choose_tiled.c - which steps are computed in tiles of vector registers, of what size and in which order.
 *
 * The rules stand in docs/decisions/0002-schedules.md with their measurements. */
#include "passes/limits.h"
#include "passes/plan_steps.h"
#include "passes/schedules.h"

/* A vector is stored at once, so neighbours along the lane axis must lie side by side. */
static bool lanes_are_neighbours(const Plan *plan, const Step *step) {
  const View *output = &step->output;
  if (!size_is(output->buffer->channel, 1)) return false;
  for (int i = 0; i < step->operand_count; i++) {
    const Value *value = step->operands[i].value;
    if (!value) continue;
    const Buffer *buffer = plan->views[stored_as(value)->id].buffer;
    if (!size_is(buffer->channel, 1) || buffer->dtype != DTYPE_F32) return false;
  }
  return output->buffer->dtype == DTYPE_F32;
}

/* The width that needs the fewest vectors for these channels, and the narrowest of those. */
static int choose_lanes(int64_t channels, int widest) {
  int best = widest;
  for (int lanes = widest; lanes >= 4; lanes /= 2)
    if ((channels + lanes - 1) / lanes <= (channels + best - 1) / best) best = lanes;
  return best;
}

/* Most vectors of a block and most points of a tile, so that tile * vectors + vectors + 1 registers suffice. */
static void choose_tile(Schedule *schedule, const Target *target, bool has_tile_axis, bool reduces) {
  bool many = target->registers >= 32;
  if (!has_tile_axis) {
    schedule->tile = 1;
    schedule->vectors = many ? 8 : 6;
    return;
  }
  if (!reduces) { /* each point is read and written once: nothing is gained by more */
    schedule->tile = 1;
    schedule->vectors = 4;
    return;
  }
  static const int tile_of_32[] = {0, 10, 8, 8, 6}, tile_of_16[] = {0, 8, 6};
  if (schedule->vectors > (many ? 4 : 2)) schedule->vectors = many ? 4 : 2;
  schedule->tile = many ? tile_of_32[schedule->vectors] : tile_of_16[schedule->vectors];
}

/* ---- whether one row lies right after the other ---- */

typedef struct RowsRunOn {
  const Plan *plan;
  const Step *step;
  const Axis *row, *tile; /* neighbours among the result axes */
  bool broken;
} RowsRunOn;

/* Distance in memory of neighbours along an axis; NULL: it is not always the same. */
static const Size *distance(const RowsRunOn *r, const View *view, Expr *const index[MAX_RANK], const char *var) {
  const Size *strides[MAX_RANK] = {view->buffer->channel, view->buffer->row, view->buffer->column}, *sum = size_of(r->plan->arena, 0);
  for (int d = 0; d < MAX_RANK; d++) {
    const Size *factor = expr_as_size(r->plan->arena, coefficient_of(r->plan->arena, index[d], var));
    if (!factor) return NULL;
    sum = size_add(r->plan->arena, sum, size_mul(r->plan->arena, factor, strides[d]));
  }
  return sum;
}

static void check_rows(RowsRunOn *r, const View *view, Expr *const index[MAX_RANK]) {
  const Size *row = distance(r, view, index, r->row->var), *point = distance(r, view, index, r->tile->var);
  if (!row || !point || !size_equal(row, size_mul(r->plan->arena, point, r->tile->extent))) r->broken = true;
}

static Expr *check_access(void *context, Expr *e) {
  RowsRunOn *r = context;
  if (e->kind != EXPR_ACCESS) return e;
  const Value *value = r->step->operands[e->operand].value;
  if (value) check_rows(r, &r->plan->views[value->id], e->index);
  for (int d = 0; !value && d < e->rank; d++) /* numbers are packed in an order of their own */
    if (expr_uses_var(e->index[d], r->row->var) || expr_uses_var(e->index[d], r->tile->var)) r->broken = true;
  return e;
}

static bool rows_run_on(const Plan *plan, const Step *step) {
  for (const Nest *nest = step->nest; nest; nest = nest->next) {
    const Axis *tile = find_axis(nest, nest->tile_axis), *row = axis_of_rows(nest);
    if (!row || nest->before || size_is(row->extent, 1) || size_is(tile->extent, 1)) return false; /* limits are those of a row */
    RowsRunOn r = {plan, step, row, tile, false};
    visit_nest(plan->arena, nest, check_access, &r);
    check_rows(&r, &step->output, nest->output);
    if (r.broken) return false;
  }
  return true;
}

/* ---- the schedule ---- */

enum { WEIGHTS_KEPT_IN_CACHE = 600 * 1024 }; /* bytes: above, each block of weights is used for all rows first */

static bool weights_are_large(const Step *step) {
  int64_t elements = 0;
  for (int i = 0; i < step->operand_count; i++)
    if (step->operands[i].parameter) elements += parameter_elements(step->operands[i].parameter);
  return elements * (int64_t)sizeof(float) > WEIGHTS_KEPT_IN_CACHE;
}

bool choose_tiled(const Plan *plan, const Step *step, const Target *target, Schedule *schedule) {
  const Axis *lane = find_axis(step->nest, step->nest->lane_axis);
  int64_t channels;
  if (target->lanes == 1 || !lane || !limits_fit_lanes(step->nest) || !reads_one_place_each(plan->arena, step)) return false;
  if (!size_is_const(lane->extent, &channels) || channels < 4 || !lanes_are_neighbours(plan, step)) return false;
  schedule->kind = SCHEDULE_TILED;
  schedule->lanes = choose_lanes(channels, target->lanes);
  int64_t vectors = (channels + schedule->lanes - 1) / schedule->lanes;
  schedule->vectors = vectors < 4 ? (int)vectors : 4;
  choose_tile(schedule, target, find_axis(step->nest, step->nest->tile_axis) != NULL, step->nest->update != NULL);
  schedule->flat = step->nest->update && rows_run_on(plan, step);
  schedule->channels_outermost = weights_are_large(step);
  return true;
}
