/* batch_steps.c - with --batch, which steps compute all samples in one call.
 *
 * All others are run sample by sample. A step whose weights do not stay in the cache until the next sample comes, and
 * that uses each of them a few times only, reads them once for all samples instead: its nest gets a result axis `n`,
 * which is the tile axis where the step has no other. What such a step reads or writes has room for all samples. The order
 * of sums stays as it is. docs/decisions/0015-threads-and-batch.md */
#include "passes/passes.h"
#include "passes/plan_steps.h"
#include "passes/targets.h"

enum {
  MOST_USES = 100,      /* of a weight in one sample: above, the step computes longer than it waits for weights */
  MOST_POINTS = 8,      /* of a tile: each sample is at a distance of its own */
  MOST_VECTORS = 8,     /* of a tile */
  FLOATS_OF_A_LINE = 16 /* of a cache */
};

static int64_t weight_bytes(const Step *step) {
  int64_t bytes = 0;
  for (int i = 0; i < step->operand_count; i++)
    if (step->operands[i].parameter) bytes += 4 * parameter_elements(step->operands[i].parameter);
  return bytes;
}

/* How often a sample uses each weight, at the greatest sizes. */
static double uses_of_weights(const Step *step) {
  double uses = 1;
  for (int i = 0; i < step->nest->result_count; i++) {
    const Axis *axis = &step->nest->result_axes[i];
    if (axis != find_axis(step->nest, step->nest->lane_axis)) uses *= (double)size_maximum(axis->extent);
  }
  return uses;
}

static bool can_take_all(const Step *step) {
  if (step->kind != STEP_NEST || step->stage || step->stages || step->nest->next || step->nest->result_count == MAX_AXES) return false;
  switch (step->schedule.kind) {
  case SCHEDULE_SCALAR:
  case SCHEDULE_TILED: return weight_bytes(step) > 0 && !step->scratch; /* which holds a row of one sample */
  case SCHEDULE_WINOGRAD: return false;                                 /* its scratch holds tiles of one sample */
  }
  return false;
}

static bool is_one_point(const Axis *axis) { return !axis || size_is(axis->extent, 1); }

/* As few tiles as possible, so that weights are read as few times, of as many vectors as the registers then hold. */
static void choose_sample_tile(Schedule *schedule, int64_t channels, int64_t batch, int registers) {
  int64_t vectors = (channels + schedule->lanes - 1) / schedule->lanes, fewest = batch + 1;
  if (schedule->plain) { /* its sums are no registers */
    schedule->tile = batch < MOST_POINTS ? (int)batch : MOST_POINTS;
    return;
  }
  for (int v = vectors < MOST_VECTORS ? (int)vectors : MOST_VECTORS; v >= 1; v--) {
    int64_t points = (registers - v - 1) / v;
    if (points > MOST_POINTS) points = MOST_POINTS;
    if (points > batch) points = batch;
    if (points < 1 || (batch + points - 1) / points >= fewest) continue;
    fewest = (batch + points - 1) / points;
    schedule->tile = (int)points;
    schedule->vectors = v;
  }
}

static void take_all_samples(Plan *plan, Step *step) {
  Nest *nest = step->nest;
  bool tiled = step->schedule.kind == SCHEDULE_TILED;
  step->all_samples = true;
  step->schedule.channels_outermost = tiled;
  step->schedule.ahead = false; /* a block of weights now stays for long enough that nobody waits for the next one */
  nest->result_axes[nest->result_count++] = (Axis){.var = "n", .extent = size_of(plan->arena, plan->batch)};
  const Axis *tile = find_axis(nest, nest->tile_axis);
  if (!tiled || !is_one_point(tile) || (tile && !is_one_point(axis_of_rows(nest)))) return;
  nest->tile_axis = "n";
  choose_sample_tile(&step->schedule, size_value(find_axis(nest, nest->lane_axis)->extent), plan->batch, step->schedule.machine->registers);
}

static bool touches(const Plan *plan, const Step *step, const Buffer *buffer) {
  if (step->output.buffer == buffer || (step->source && plan->views[step->source->id].buffer == buffer)) return true;
  for (int i = 0; i < step->operand_count; i++)
    if (step->operands[i].value && plan->views[step->operands[i].value->id].buffer == buffer) return true;
  return false;
}

/* Whether its contents must last from one round of samples to another. */
static bool holds_all_samples(const Plan *plan, const Buffer *buffer) {
  int round = -1;
  for (int k = 0; k < plan->step_count; k++) {
    if (!touches(plan, plan->steps[k], buffer)) continue;
    int first, last;
    steps_of_round(plan, k, &first, &last);
    if (plan->steps[k]->all_samples || (round >= 0 && round != first)) return true;
    round = first;
  }
  return false;
}

/* Samples begin at lines of the cache, an odd number of them apart, so that the same places of several do not meet in one set. */
static const Size *distance_of_samples(Arena *arena, const Size *elements) {
  int64_t number;
  const Size *lines = size_ceil_div(arena, elements, FLOATS_OF_A_LINE);
  if (size_is_const(lines, &number) && number % 2 == 0) lines = size_add_int(arena, lines, 1);
  return size_mul_int(arena, lines, FLOATS_OF_A_LINE);
}

void batch_steps(Compilation *c, Plan *plan) {
  const Target *target = find_target(c->options->target);
  int64_t cache_bytes = 1024 * (int64_t)target->l2;
  if (plan->batch == 1) return;
  for (int k = 0; k < plan->step_count; k++) {
    Step *step = plan->steps[k];
    if (!can_take_all(step)) continue;
    /* without a cache no weights come nearer, and memory for more samples is dear */
    bool pays = cache_bytes && 2 * weight_bytes(step) > cache_bytes && uses_of_weights(step) <= MOST_USES;
    if (pays || c->options->eager) take_all_samples(plan, step);
  }
  for (int i = 0; i < plan->buffer_count; i++) {
    Buffer *buffer = plan->buffers[i];
    bool callers = buffer->kind != BUFFER_WORKSPACE;
    buffer->samples = callers || holds_all_samples(plan, buffer) ? plan->batch : 1;
    buffer->sample = callers ? buffer->elements : distance_of_samples(plan->arena, buffer->elements);
  }
}
