/* choose_threads.c - which steps threads share, and which axis of the result: rows, or blocks of channels.
 *
 * Rows if they can be dealt out evenly, because all threads then read the same weights and each its own part of the
 * input; blocks of channels where rows are few, or where each thread should stream its own part of large weights. A step
 * stays with one thread unless two of them save more than it costs that they come together. docs/decisions/0015-threads-and-batch.md */
#include <string.h>

#include "ir/operator.h"
#include "ops/lowering.h"
#include "passes/duration.h"
#include "passes/lower_nest.h"
#include "passes/lower_stripes.h"
#include "passes/passes.h"
#include "passes/schedules.h"
#include "passes/targets.h"
#include "passes/winograd.h"

enum {
  TEAM_NS = 1000,      /* that a team begins and ends (650; tests/bench/team.c), and that its threads do not come at once */
  MEETING_NS = 200,    /* that its threads meet in between */
  CROSSING_BYTES = 16, /* that come from another core's cache in a nanosecond */
  LEAST_GAIN = 2,      /* times what it costs: estimates are rough, and the next step may have to fetch its input again */
  LEAST_PERCENT = 20,  /* of a net's duration: every step writes where another thread has read or written before */
  LEAST_TILES = 8,     /* of Winograd's form for a thread: each reads all weights */
  EVEN_PERCENT = 90    /* of the threads' time that is work: good enough to look no further */
};

/* Turns of the loop over an axis: of tiles, of blocks of channels, or of points. Of flat rows the tile axis has all. */
static int64_t turns_of(const Step *step, const Nest *nest, const Axis *axis) {
  const Schedule *schedule = &step->schedule;
  const Axis *tile = find_axis(nest, nest->tile_axis), *row = axis_of_rows(nest);
  int64_t points = greatest_turns(axis->extent), at_once = 1;
  if (schedule->kind != SCHEDULE_TILED) return points;
  if (schedule->flat && axis == row) return 1;
  if (schedule->flat && axis == tile) points *= greatest_turns(row->extent);
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
  int64_t turns, evenness;
} Candidate;

/* The first axis that is dealt out evenly, else the most even one. */
static void consider(Candidate *best, const char *axis, int64_t turns, int threads) {
  int64_t even = evenness(turns, threads);
  if (best->evenness < EVEN_PERCENT && even > best->evenness && turns > 1) *best = (Candidate){axis, turns, even};
}

/* Whether a kernel that moves numbers visits all points of an axis. */
static bool is_in_kernel(const Step *step, int axis) { return step->schedule.rows && (step->schedule.moved_axes & (1u << axis)); }

static Candidate axis_of_nest(const Plan *plan, const Step *step) {
  const Nest *nest = step->nest;
  const Axis *lane = find_axis(nest, nest->lane_axis);
  Candidate best = {0};
  int64_t cache_bytes = 1024 * (int64_t)step->schedule.machine->l2;
  if (lane && weight_bytes(step) > cache_bytes) consider(&best, lane->var, turns_of(step, nest, lane), plan->threads);
  for (int i = 0; i < nest->result_count; i++)
    if (&nest->result_axes[i] != lane && !is_in_kernel(step, i))
      consider(&best, nest->result_axes[i].var, turns_of(step, nest, &nest->result_axes[i]), plan->threads);
  if (lane) consider(&best, lane->var, turns_of(step, nest, lane), plan->threads);
  return best;
}

static Candidate axis_of_copy(const Plan *plan, const Step *step) {
  const Nest *nest = nest_of_copy(plan->arena, step);
  Candidate best = {0};
  for (int i = 0; i < nest->result_count; i++)
    if (!is_in_kernel(step, i)) consider(&best, nest->result_axes[i].var, greatest_turns(nest->result_axes[i].extent), plan->threads);
  return best;
}

/* Of statements of an operator's own: of loops inside each other, of which the outermost is all there is. */
static Candidate axis_of_loops(const Plan *plan, const Step *step) {
  Lowering l = {.arena = plan->arena};
  Candidate best = {0};
  for (const Stmt *s = step->root->op->loops(&l, step->root); s && s->kind == STMT_FOR && s->independent && !s->next; s = s->body)
    consider(&best, s->var, greatest_turns(expr_as_size(plan->arena, s->end)), plan->threads);
  return best;
}

/* Whether what a nest names before its sums stands inside of a loop, for it uses the variable. */
static bool lets_use_axes(const Nest *nest) {
  for (const Stmt *let = nest->before; let; let = let->next)
    for (int i = 0; i < nest->result_count; i++)
      if (!size_is(nest->result_axes[i].extent, 1) && expr_uses_var(let->value, nest->result_axes[i].var)) return true;
  return !nest->before;
}

/* The outermost loop, if it is over rows. */
static Candidate axis_of_rows_at_a_time(const Plan *plan, const Step *step) {
  Candidate best = {0};
  const Nest *nest = step->nest;
  if (!nest) {
    const Size *rows = type_height(&step->result->type);
    if (!size_is(rows, 1)) consider(&best, "oy", greatest_turns(rows), plan->threads);
    return best;
  }
  int outermost = 0;
  while (outermost < nest->result_count && size_is(nest->result_axes[outermost].extent, 1)) outermost++;
  if (outermost == nest->result_count || !lets_use_axes(nest)) return best;
  const Axis *axis = &nest->result_axes[outermost];
  if (expr_uses_var(nest->output[1], axis->var)) consider(&best, axis->var, greatest_turns(axis->extent), plan->threads);
  return best;
}

/* Tiles, each thread with scratch memory of its own, where the weights stay in the cache of each; else planes. */
static Candidate axis_of_winograd(const Plan *plan, const Step *step, const Options *options) {
  WinogradShape shape = winograd_shape(step->nest, &step->schedule);
  int64_t planes = winograd_planes(step->schedule.winograd),
          bytes = planes * shape.in_channels * shape.out_channels * (int64_t)sizeof(float);
  int64_t least = (options->eager ? 1 : LEAST_TILES) * plan->threads;
  bool tiles = bytes <= (int64_t)step->schedule.machine->l2 * 1024 && shape.tiles >= least && !options->max_ram;
  return tiles ? (Candidate){"tile", shape.tiles, 100} : (Candidate){"plane", planes, 100};
}

static Candidate axis_to_share(const Plan *plan, const Step *step, const Options *options) {
  if (has_rows(step)) return axis_of_rows_at_a_time(plan, step);
  if (step->schedule.kind == SCHEDULE_WINOGRAD) return axis_of_winograd(plan, step, options);
  switch (step->kind) {
  case STEP_NEST: return axis_of_nest(plan, step);
  case STEP_LOOPS: return axis_of_loops(plan, step);
  case STEP_COPY: return axis_of_copy(plan, step);
  }
  return (Candidate){0};
}

/* The last step before k that wrote there; NULL: none did. */
static const Step *writer_of(const Plan *plan, int k, const Buffer *buffer) {
  while (k-- > 0)
    if (plan->steps[k]->output.buffer == buffer) return plan->steps[k];
  return NULL;
}

/* The first step after k that reads what it wrote; NULL: none does. */
static const Step *reader_of(const Plan *plan, int k) {
  const Buffer *buffer = plan->steps[k]->output.buffer;
  for (int next = k + 1; next < plan->step_count; next++) {
    const Step *step = plan->steps[next];
    if (step->kind == STEP_COPY && plan->views[step->source->id].buffer == buffer) return step;
    for (int i = 0; i < step->operand_count; i++)
      if (step->operands[i].value && plan->views[step->operands[i].value->id].buffer == buffer) return step;
  }
  return NULL;
}

static double bytes_from_others(const Plan *plan, int k, const Value *value) {
  const Step *writer = writer_of(plan, k, plan->views[value->id].buffer);
  return writer && writer->schedule.shared_axis ? 0 : bytes_of_value(plan, plan->steps[k], value) / 2;
}

static bool meets_in_planes(const Step *step) {
  return step->schedule.kind == SCHEDULE_WINOGRAD && strcmp(step->schedule.shared_axis, "plane") == 0;
}

/* Bytes that one of two threads finds in the other one's cache, and would not if one had the step: half of what one thread has
 * written or will read; and transformed tiles where each thread has planes of all. What other steps share crosses anyway. */
static double crossing_bytes(const Plan *plan, int k) {
  const Step *step = plan->steps[k], *reader = reader_of(plan, k);
  double bytes = reader && !reader->schedule.shared_axis ? bytes_of_value(plan, step, step->result) / 2 : 0;
  if (step->kind == STEP_COPY) bytes += bytes_from_others(plan, k, step->source);
  for (int i = 0; i < step->operand_count; i++)
    if (step->operands[i].value && step->operands[i].value != step->result) bytes += bytes_from_others(plan, k, step->operands[i].value);
  if (!meets_in_planes(step)) return bytes;
  WinogradShape shape = winograd_shape(step->nest, &step->schedule);
  int64_t numbers = winograd_planes(step->schedule.winograd) * (shape.in_channels + shape.out_channels);
  return bytes + (double)(shape.tiles * numbers) * sizeof(float) / 2;
}

static double meetings(const Step *step) {
  if (!meets_in_planes(step)) return 0;
  WinogradShape shape = winograd_shape(step->nest, &step->schedule);
  return 2.0 * (double)((shape.tiles + step->schedule.chunk - 1) / step->schedule.chunk);
}

typedef struct Choice { /* for a step; nanoseconds of one call */
  Candidate axis;
  double alone, saved, cost; /* saved by two threads */
} Choice;

static double calls_of(const Step *step) {
  return step->stripe ? (double)step->stripe->height / (double)step->stripe->row_count->maximum : 1;
}

static Choice choice_for(Compilation *c, Plan *plan, const Step *step) {
  /* Threads share the rows of a stripe, never the loop over stripes: each needs rows that the one before it left. */
  const Step *call = step->stripe ? step_of_rows(plan, step) : step;
  Choice choice = {.alone = duration_alone(plan, call)};
  if (has_rows(step) && c->options->max_ram) return choice; /* more rows at a time would need more memory */
  choice.axis = axis_to_share(plan, call, c->options);
  if (choice.axis.axis) choice.saved = choice.alone * (double)(choice.axis.turns / 2) / (double)choice.axis.turns;
  return choice;
}

/* What saves too little, with neighbours as they are, goes back to one thread; all of it, if that is little beside the whole net. */
static void weigh(Plan *plan, Choice *choices) {
  double alone = 0, gain = 0;
  for (int k = 0; k < plan->step_count; k++) {
    Step *step = plan->steps[k];
    Choice *choice = &choices[k];
    alone += choice->alone * calls_of(step);
    if (!step->schedule.shared_axis) continue;
    choice->cost = TEAM_NS + meetings(step) * MEETING_NS + crossing_bytes(plan, k) / CROSSING_BYTES;
    if (choice->saved <= LEAST_GAIN * choice->cost) step->schedule.shared_axis = NULL;
    else gain += (choice->saved - choice->cost) * calls_of(step);
  }
  for (int k = 0; 100 * gain < LEAST_PERCENT * alone && k < plan->step_count; k++) plan->steps[k]->schedule.shared_axis = NULL;
}

void choose_threads(Compilation *c, Plan *plan) {
  if (plan->threads == 1) return;
  Choice *choices = ARENA_ARRAY(plan->arena, Choice, (size_t)plan->step_count + 1);
  for (int k = 0; k < plan->step_count; k++) {
    choices[k] = choice_for(c, plan, plan->steps[k]);
    if (choices[k].saved > LEAST_GAIN * TEAM_NS || c->options->eager) plan->steps[k]->schedule.shared_axis = choices[k].axis.axis;
  }
  if (!c->options->eager) weigh(plan, choices);
  for (int k = 0; k < plan->step_count; k++) {
    Step *step = plan->steps[k];
    const char *axis = step->schedule.shared_axis;
    if (axis && has_rows(step)) make_rows_for_threads(plan, step);
    else if (axis && strcmp(axis, "tile") == 0) make_tiles_for_threads(plan, step);
  }
}
