/* choose_threads.c - which axis of a step's result the threads share: rows, or blocks of channels.
 *
 * Rows if they can be dealt out evenly, because all threads then read the same weights and each its own part of the
 * input; blocks of channels where rows are few, or where each thread should stream its own part of large weights. Steps
 * that take no longer than a team needs to come together stay with one thread. docs/decisions/0015-threads-and-batch.md */
#include <string.h>

#include "ir/operator.h"
#include "passes/lower_stripes.h"
#include "passes/passes.h"
#include "passes/targets.h"

enum {
  SHORTEST_SHARED_NS = 10 * 1000, /* of one thread; a team comes together and parts in one to two microseconds */
  EVEN_PERCENT = 90,              /* of the threads' time that is work: good enough to look no further */
  LEAST_PERCENT_OF_TWO = 65,      /* of two threads' time: less is not worth a team */
  MANY_TURNS = 1 << 20            /* of an axis without a greatest size */
};

static int64_t greatest(const Size *size) {
  int64_t most = size_maximum(size);
  return most < MANY_TURNS ? most : MANY_TURNS;
}

/* Turns of the loop over an axis: of tiles, of blocks of channels, or of points. Of flat rows the tile axis has all. */
static int64_t turns_of(const Step *step, const Nest *nest, const Axis *axis) {
  const Schedule *schedule = &step->schedule;
  const Axis *tile = find_axis(nest, nest->tile_axis), *row = axis_of_rows(nest);
  int64_t points = greatest(axis->extent), at_once = 1;
  if (schedule->kind != SCHEDULE_TILED) return points;
  if (schedule->flat && axis == row) return 1;
  if (schedule->flat && axis == tile) points *= greatest(row->extent);
  if (tile && size_is(tile->extent, 1)) tile = row; /* a column is tiled along its rows */
  if (axis == tile) at_once = schedule->tile;
  if (axis == find_axis(nest, nest->lane_axis)) at_once = (int64_t)schedule->lanes * schedule->vectors;
  return (points + at_once - 1) / at_once;
}

/* Of the time of so many threads, how much is work, in percent. */
static int64_t evenness(int64_t turns, int64_t threads) { return 100 * turns / ((turns + threads - 1) / threads * threads); }

static int64_t weight_bytes(const Step *step) {
  int64_t bytes = 0;
  for (int i = 0; i < step->operand_count; i++)
    if (step->operands[i].parameter) bytes += 4 * parameter_elements(step->operands[i].parameter);
  return bytes;
}

typedef struct Candidate {
  const char *axis;
  int64_t evenness;
} Candidate;

/* The first axis that is dealt out evenly, else the most even one. */
static void consider(Candidate *best, const char *axis, int64_t turns, int threads) {
  int64_t even = evenness(turns, threads);
  if (best->evenness >= EVEN_PERCENT || even <= best->evenness || evenness(turns, 2) < LEAST_PERCENT_OF_TWO) return;
  *best = (Candidate){axis, even};
}

static const char *axis_of_nest(const Plan *plan, const Step *step, int64_t cache_bytes) {
  const Nest *nest = step->nest;
  const Axis *lane = find_axis(nest, nest->lane_axis);
  if (step->schedule.kind == SCHEDULE_WINOGRAD) return "plane";
  Candidate best = {NULL, 0};
  if (lane && weight_bytes(step) > cache_bytes) consider(&best, lane->var, turns_of(step, nest, lane), plan->threads);
  for (int i = 0; i < nest->result_count; i++)
    if (&nest->result_axes[i] != lane)
      consider(&best, nest->result_axes[i].var, turns_of(step, nest, &nest->result_axes[i]), plan->threads);
  if (lane) consider(&best, lane->var, turns_of(step, nest, lane), plan->threads);
  return best.axis;
}

static const char *axis_of_copy(const Plan *plan, const Step *step) {
  const TensorType *type = &step->result->type;
  const Size *rows = step->stripe ? size_of_dim(plan->arena, step->stripe->row_count) : type_height(type);
  const Axis axes[] = {{.var = "oy", .extent = rows}, {.var = "ox", .extent = type_width(type)}};
  Candidate best = {NULL, 0};
  for (int i = 0; i < 2; i++) consider(&best, axes[i].var, greatest(axes[i].extent), plan->threads);
  return best.axis;
}

/* A scalar loop makes a multiply-add in a nanosecond, or moves an element; a tile two of them in each lane. */
static double nanoseconds_of_nest(const Step *step) {
  double work = 0;
  for (const Nest *nest = step->nest; nest; nest = nest->next) {
    double points = 1;
    for (int i = 0; i < nest->result_count; i++) points *= (double)greatest(nest->result_axes[i].extent);
    for (int i = 0; i < nest->reduction_count; i++) points *= (double)greatest(nest->reduction_axes[i].extent);
    work += points;
  }
  if (step->schedule.kind == SCHEDULE_SCALAR) return work;
  return work / (2 * (step->schedule.plain ? 1 : step->schedule.lanes)); /* whether compilers find vectors is not known */
}

/* About how long one thread takes for a call. */
static double nanoseconds(const Plan *plan, const Step *step) {
  if (step->kind != STEP_COPY) return nanoseconds_of_nest(step);
  double elements = (double)greatest(type_elements(plan->arena, &step->result->type));
  return step->stripe ? elements * (double)step->stripe->row_count->maximum / (double)step->stripe->height : elements;
}

void choose_threads(Compilation *c, Plan *plan) {
  int64_t cache_bytes = 1024 * (int64_t)find_target(c->options->target)->l2;
  for (int i = 0; plan->threads > 1 && i < plan->step_count; i++) {
    Step *step = plan->steps[i];
    if (step->kind == STEP_LOOPS) continue; /* what its statements share is known to the operator alone */
    /* Threads share the rows of a stripe, never the loop over stripes: each needs rows that the one before it left. */
    const Step *call = step->stripe ? step_of_rows(plan, step) : step;
    if (nanoseconds(plan, call) < SHORTEST_SHARED_NS && !c->options->eager) continue;
    step->schedule.shared_axis = step->kind == STEP_COPY ? axis_of_copy(plan, call) : axis_of_nest(plan, call, cache_bytes);
  }
}
