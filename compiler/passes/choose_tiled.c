/* choose_tiled.c - which steps are computed in tiles of vector registers, of what size and in which order.
 *
 * The rules stand in docs/decisions/0002-schedules.md and 0013-direct-form.md with their measurements, what a choice costs in
 * cost.c. */
#include "passes/cost.h"
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

int choose_lanes(int64_t channels, int widest) {
  int best = widest;
  for (int lanes = widest; lanes >= 4; lanes /= 2)
    if ((channels + lanes - 1) / lanes <= (channels + best - 1) / best) best = lanes;
  return best;
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

enum { MANY = 1 << 12 }; /* what a size that varies counts as */

static int64_t number_of(const Size *size) {
  int64_t value;
  return size_is_const(size, &value) ? value : MANY;
}

typedef struct FindOperands {
  const Step *step;
  const char *lane;
  const Value *input;      /* one value for all lanes */
  const Expr *access;      /* how it is read */
  const Parameter *weight; /* by lanes */
} FindOperands;

static Expr *find_operands(void *context, Expr *e) {
  FindOperands *f = context;
  if (e->kind != EXPR_ACCESS) return e;
  bool along_lanes = false;
  for (int d = 0; d < e->rank; d++) along_lanes = along_lanes || expr_uses_var(e->index[d], f->lane);
  const Operand *operand = &f->step->operands[e->operand];
  if (operand->value && !along_lanes) f->input = operand->value, f->access = e;
  if (operand->parameter && along_lanes) f->weight = operand->parameter;
  return e;
}

/* Whether it multiplies an input with weights of each channel: then *work says how much. */
static bool find_work(const Plan *plan, const Step *step, const Schedule *schedule, Work *work) {
  const Nest *nest = step->nest;
  FindOperands found = {.step = step, .lane = nest->lane_axis};
  if (!nest->update) return false;
  rewrite_expr(plan->arena, nest->update, find_operands, &found);
  if (!found.input || !found.weight) return false;
  *work = (Work){.points = 1, .rows = 1, .steps = 1, .weights = parameter_elements(found.weight) * (int64_t)sizeof(float)};
  work->input = number_of(plan->views[found.input->id].buffer->elements) * (int64_t)sizeof(float);
  int reductions = 0;
  for (int i = 0; i < nest->reduction_count; i++) {
    work->steps *= number_of(nest->reduction_axes[i].extent);
    reductions += !size_is(nest->reduction_axes[i].extent, 1);
  }
  if (nest->tile_axis && found.access->rank == MAX_RANK) {
    Expr *column = coefficient_of(plan->arena, found.access->index[2], nest->tile_axis);
    work->streams_input = reductions == 1 && expr_is_int(column, 1);
  }
  for (int i = 0; i < nest->result_count; i++) {
    const Axis *axis = &nest->result_axes[i];
    int64_t extent = number_of(axis->extent);
    work->varies = work->varies || !size_is_const(axis->extent, NULL);
    if (axis == find_axis(nest, nest->lane_axis)) work->channels = extent;
    else if (axis == find_axis(nest, nest->tile_axis) || (schedule->flat && axis == axis_of_rows(nest))) work->points *= extent;
    else work->rows *= extent;
  }
  if (work->points == 1) { /* a column is tiled along its rows */
    work->points = work->rows;
    work->rows = 1;
  }
  return true;
}

/* Weights that one pass over the points streams by: asked for while the block before them is computed. */
static bool streams_by(const Target *target, const Work *work, const Schedule *schedule) {
  bool several = work->channels > (int64_t)schedule->vectors * schedule->lanes && work->points * work->rows > schedule->tile;
  return !work->varies && several && schedule->channels_outermost && work->weights > (int64_t)target->l2 * 1024 / 16;
}

enum { MOST_VECTORS = 4, LEAST_LANES = 4 };

/* Addresses need registers, too. With two vectors 14 points pay for them where the registers hold so many sums; where compilers
 * let the input wait in registers they do not. */
static int most_points(const Target *target, int vectors) {
  if (vectors == 2 && target->registers >= 32 && !target->waiting) return 14;
  return vectors > 1 ? 8 : 10;
}

static uint64_t number_of_tile(const Schedule *s) {
  return ((uint64_t)s->tile << 16) + ((uint64_t)s->vectors << 8) + s->channels_outermost;
}

void choose_cheapest(const Target *target, const Work *work, int64_t vectors, Schedule *schedule) {
  int64_t least = INT64_MAX;
  int others = target->fma ? 1 : 2; /* an input, and its product */
  for (int width = 1; width <= MOST_VECTORS && width <= vectors; width++)
    for (int points = 1; points <= most_points(target, width) && points * width + width + others + target->waiting <= target->registers;
         points++)
      for (int outermost = 0; outermost < 2; outermost++) {
        Schedule candidate = *schedule;
        candidate.tile = points;
        candidate.vectors = width;
        candidate.channels_outermost = outermost;
        int64_t cost = target->whim ? draw_by_whim(target, number_of_tile(&candidate), INT64_MAX) : estimate_cost(target, work, &candidate);
        if (cost >= least) continue;
        least = cost;
        *schedule = candidate;
      }
  schedule->ahead = streams_by(target, work, schedule);
  schedule->input_ahead = work->streams_input && !schedule->channels_outermost && work->input > (int64_t)target->l2 * 1024 / 2;
}

/* Loops over arrays: as many channels as four vectors of 16, and points enough to read weights seldom. */
static void choose_loops(Schedule *schedule, const Target *target, int64_t channels) {
  enum { LANES = 4, VECTORS = 16, POINTS = 8 };
  int64_t vectors = (channels + LANES - 1) / LANES;
  schedule->plain = true;
  schedule->lanes = LANES;
  schedule->vectors = vectors < VECTORS ? (int)vectors : VECTORS;
  schedule->tile = POINTS;
  if (!target->whim) return;
  schedule->vectors = 1 + (int)draw_by_whim(target, VECTORS, schedule->vectors);
  schedule->tile = 1 + (int)draw_by_whim(target, POINTS, POINTS);
}

/* Floats in registers. Where there are few, as a library computes with floats, only the input is worth keeping. */
static void choose_floats(Schedule *schedule, const Target *target, int64_t channels, bool has_tile_axis) {
  static const int tile_of_32[] = {0, 8, 6, 5, 4}, tile_of_16[] = {0, 8, 5, 3, 2};
  int registers = target->registers, most = !has_tile_axis && registers >= 32 ? 8 : 4;
  schedule->vectors = channels < most ? (int)channels : most;
  if (has_tile_axis && registers >= 16) schedule->tile = registers >= 32 ? tile_of_32[schedule->vectors] : tile_of_16[schedule->vectors];
}

/* For targets whose vectors are not known, or are none. The order in which a result is summed stays that of the nest. */
static void choose_without_vectors(const Plan *plan, const Step *step, const Target *target, int64_t channels, Schedule *schedule) {
  bool has_tile_axis = find_axis(step->nest, step->nest->tile_axis) != NULL;
  Work work;
  if (target->plain || target->lanes > 1) choose_loops(schedule, target, channels);
  else choose_floats(schedule, target, channels, has_tile_axis);
  if (find_work(plan, step, schedule, &work)) schedule->channels_outermost = target->l2 && work.weights > (int64_t)target->l2 * 1024;
}

/* work: NULL, it multiplies nothing with weights. */
static void choose_vectors(const Nest *nest, const Target *target, const Work *work, int64_t channels, Schedule *schedule) {
  schedule->lanes = choose_lanes(channels, target->lanes);
  int64_t vectors = (channels + schedule->lanes - 1) / schedule->lanes;
  bool many = target->registers >= 32;
  if (!find_axis(nest, nest->tile_axis)) { /* one point: as many sums as hide that each takes some cycles */
    schedule->vectors = many ? 8 : 6;
  } else if (work) {
    choose_cheapest(target, work, vectors, schedule);
  } else { /* without reduction each point is read and written once: nothing is gained by more */
    int most = many || !nest->update ? 4 : 2;
    schedule->vectors = vectors < most ? (int)vectors : most;
    static const int tile_of_32[] = {0, 10, 8, 8, 6}, tile_of_16[] = {0, 8, 6};
    schedule->tile = !nest->update ? 1 : many ? tile_of_32[schedule->vectors] : tile_of_16[schedule->vectors];
  }
}

/* Whether sums can wait in the result: it holds nothing that is still read, and each step has the same number of terms. */
static bool sums_can_wait(const Step *step) {
  const Nest *nest = step->nest;
  if (step->in_place || nest->before || nest->next || nest->reduction_count < 2) return false;
  return !is_clipped(&nest->reduction_axes[0]) && !size_is(nest->reduction_axes[0].extent, 1);
}

/* Whether a block of channels has more weights than stay near while it is used for all points. */
static bool has_large_blocks(const Target *target, const Work *work, const Schedule *schedule) {
  int64_t block = work->steps * schedule->vectors * schedule->lanes * (int64_t)sizeof(float);
  return schedule->ahead && block > (int64_t)target->l2 * 1024 / 4;
}

bool choose_tiled(const Plan *plan, const Step *step, const Target *target, Schedule *schedule) {
  const Nest *nest = step->nest;
  const Axis *lane = find_axis(nest, nest->lane_axis);
  bool has_vectors = target->lanes > 1 && !plan->portable;
  int64_t channels;
  if (!lane || !limits_fit_lanes(nest) || !reads_one_place_each(plan->arena, step)) return false;
  if (!size_is_const(lane->extent, &channels) || !lanes_are_neighbours(plan, step)) return false;
  if (!has_vectors && !nest->update) return false; /* nothing is read twice */
  Schedule wanted = {.kind = SCHEDULE_TILED, .machine = target, .lanes = 1, .tile = 1, .vectors = 1};
  wanted.flat = nest->update && rows_run_on(plan, step);
  Work work;
  bool multiplies = has_vectors && find_axis(nest, nest->tile_axis) && find_work(plan, step, &wanted, &work);
  if (channels < LEAST_LANES && (!multiplies || work.points < LEAST_LANES)) return false; /* many points make up for empty lanes */
  *schedule = wanted;
  if (has_vectors) choose_vectors(nest, target, multiplies ? &work : NULL, channels, schedule);
  else choose_without_vectors(plan, step, target, channels, schedule);
  schedule->reduction_outside = multiplies && has_large_blocks(target, &work, schedule) && sums_can_wait(step);
  return true;
}
