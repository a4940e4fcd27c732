/* plan_memory.c - offsets in the workspace: buffers that live at the same time do not overlap.
 *
 * Largest first, each at the lowest place that is free during its life; several orders are tried and the best kept.
 * The lower bound is the largest sum of buffers that live at one time. Where sizes vary, plan_slots.c decides. */
#include "passes/plan_memory.h"

#include "ir/stripes.h"
#include "passes/passes.h"
#include "passes/plan_steps.h"

static void live_ranges(Plan *plan) {
  for (int i = 0; i < plan->buffer_count; i++) { /* it may have been planned before, with other groups of steps */
    plan->buffers[i]->first = plan->buffers[i]->last = -1;
    plan->buffers[i]->offset = NULL;
  }
  for (int k = 0; k < plan->step_count; k++) {
    Buffer *written = plan->steps[k]->output.buffer;
    int begin = first_together(plan, k), end = last_together(plan, k);
    if (written->first < 0) written->first = begin;
    if (written->last < end) written->last = end;
    Buffer *scratch = plan->steps[k]->scratch;
    if (scratch) scratch->first = scratch->last = k;
    for (int v = 0; v < plan->value_count; v++)
      if (plan->views[v].buffer && step_reads(plan->steps[k], plan->values[v])) plan->views[v].buffer->last = end;
  }
}

/* What lasts from one round of samples to another lasts through both: the next sample's steps must not write there. */
static void widen_to_rounds(Plan *plan) {
  for (int i = 0; i < plan->buffer_count; i++) {
    Buffer *buffer = plan->buffers[i];
    int unused;
    if (buffer->samples <= 1 || buffer->first < 0) continue;
    steps_of_round(plan, buffer->first, &buffer->first, &unused);
    steps_of_round(plan, buffer->last, &unused, &buffer->last);
  }
}

typedef struct LaneReads { /* whether an operand is read by vectors along the lane axis */
  int operand;
  const char *lane_axis;
  Arena *arena;
  bool found;
} LaneReads;

static Expr *find_lane_read(void *context, Expr *e) {
  LaneReads *reads = context;
  if (e->kind == EXPR_ACCESS && e->operand == reads->operand &&
      !expr_is_int(coefficient_of(reads->arena, e->index[0], reads->lane_axis), 0))
    reads->found = true;
  return e;
}

static bool reads_lanes(Plan *plan, const Step *step, int operand) {
  LaneReads reads = {operand, step->nest->lane_axis, plan->arena, false};
  for (const Nest *nest = step->nest; nest; nest = nest->next) visit_nest(plan->arena, nest, find_lane_read, &reads);
  return reads.found;
}

/* What is left of the last vector; 0 where no lanes run along a size, as it varies. */
static int64_t left_over(const Size *size, int64_t lanes) {
  int64_t value;
  return size_is_const(size, &value) ? (lanes - value % lanes) % lanes : 0;
}

/* Winograd's form reads its input by vectors along the channels that are summed. */
static bool reads_input_by_vectors(const Step *step, int operand) {
  return step->schedule.kind == SCHEDULE_WINOGRAD && operand == step->nest->correlation->input;
}

/* Vectors are read whole: the last one of a tensor may reach beyond it, or the last one along the lane axis, which may be only
 * a part of the channels (pixel_shuffle). */
static void find_reads_beyond(Plan *plan) {
  for (int k = 0; k < plan->step_count; k++) {
    const Step *step = plan->steps[k];
    if (step->kind != STEP_NEST || step->schedule.kind == SCHEDULE_SCALAR) continue;
    for (int i = 0; i < step->operand_count; i++) {
      bool input = reads_input_by_vectors(step, i);
      if (!step->operands[i].value || !(input || reads_lanes(plan, step, i))) continue;
      int64_t lanes = input ? step->schedule.input_lanes : step->schedule.lanes;
      int64_t beyond = left_over(type_channels(&step->operands[i].value->type), lanes);
      int64_t of_lanes = input ? 0 : left_over(find_axis(step->nest, step->nest->lane_axis)->extent, lanes);
      if (of_lanes > beyond) beyond = of_lanes;
      Buffer *buffer = plan->views[step->operands[i].value->id].buffer;
      if (beyond > buffer->read_beyond) buffer->read_beyond = beyond;
    }
  }
}

static int64_t bytes_of(const Buffer *buffer) { return buffer->greatest_bytes; }

const Size *aligned_bytes(Arena *arena, const Buffer *buffer) {
  const Size *elements = size_add_int(arena, buffer->elements, buffer->read_beyond);
  if (buffer->samples > 1) elements = size_add(arena, elements, size_mul_int(arena, buffer->sample, buffer->samples - 1));
  const Size *bytes = size_mul_int(arena, elements, dtype_bytes(buffer->dtype));
  return size_mul_int(arena, size_ceil_div(arena, bytes, WORKSPACE_ALIGNMENT), WORKSPACE_ALIGNMENT);
}

static int64_t end_of(const Buffer *buffer, const int64_t *offsets) { return offsets[buffer->id] + bytes_of(buffer); }

/* The lowest offset at which no buffer placed so far, live at the same time, is in the way. */
static int64_t lowest_free(Buffer *const *placed, int count, const Buffer *buffer, const int64_t *offsets) {
  int64_t offset = 0;
  for (bool moved = true; moved;) {
    moved = false;
    for (int i = 0; i < count; i++)
      if (live_together(placed[i], buffer) && offsets[placed[i]->id] < offset + bytes_of(buffer) && end_of(placed[i], offsets) > offset) {
        offset = end_of(placed[i], offsets);
        moved = true;
      }
  }
  return offset;
}

/* Keys by which buffers are sorted, largest first; ties go by first use. */
static int64_t key_size(const Buffer *b) { return bytes_of(b); }
static int64_t key_life(const Buffer *b) { return b->last - b->first; }
static int64_t key_area(const Buffer *b) { return bytes_of(b) * (b->last - b->first + 1); }
static int64_t key_early(const Buffer *b) { return -b->first; }

static void sort_by(Buffer **buffers, int count, int64_t (*key)(const Buffer *)) {
  for (int i = 1; i < count; i++)
    for (int j = i; j > 0 && key(buffers[j]) > key(buffers[j - 1]); j--) {
      Buffer *swapped = buffers[j];
      buffers[j] = buffers[j - 1];
      buffers[j - 1] = swapped;
    }
}

static int64_t lower_bound(const Plan *plan) {
  int64_t bound = 0;
  for (int k = 0; k < plan->step_count; k++) {
    int64_t sum = 0;
    for (int i = 0; i < plan->buffer_count; i++) {
      const Buffer *b = plan->buffers[i];
      if (b->kind == BUFFER_WORKSPACE && b->first >= 0 && b->first <= k && k <= b->last) sum += bytes_of(b);
    }
    if (sum > bound) bound = sum;
  }
  return bound;
}

static int64_t place_numbers(Plan *plan, Buffer **buffers, int count) {
  int64_t *offsets = ARENA_ARRAY(plan->arena, int64_t, (size_t)plan->buffer_count + 1), best = -1;
  int64_t (*const keys[])(const Buffer *) = {key_size, key_area, key_life, key_early};
  for (size_t order = 0; order < sizeof keys / sizeof *keys; order++) {
    sort_by(buffers, count, key_early);
    sort_by(buffers, count, keys[order]);
    int64_t top = 0;
    for (int i = 0; i < count; i++) {
      offsets[buffers[i]->id] = lowest_free(buffers, i, buffers[i], offsets);
      if (end_of(buffers[i], offsets) > top) top = end_of(buffers[i], offsets);
    }
    if (best >= 0 && top >= best) continue;
    best = top;
    for (int i = 0; i < count; i++) buffers[i]->offset = size_of(plan->arena, offsets[buffers[i]->id]);
  }
  return best;
}

void plan_memory(Compilation *c, Plan *plan) {
  (void)c;
  live_ranges(plan);
  widen_to_rounds(plan);
  find_reads_beyond(plan);
  Buffer **buffers = ARENA_ARRAY(plan->arena, Buffer *, (size_t)plan->buffer_count + 1);
  int count = 0;
  bool varies = false, bounded = true;
  for (int i = 0; i < plan->buffer_count; i++) {
    Buffer *buffer = plan->buffers[i];
    if (buffer->kind != BUFFER_WORKSPACE || buffer->first < 0) continue;
    const Size *bytes = aligned_bytes(plan->arena, buffer);
    varies = varies || !size_is_const(bytes, NULL);
    buffer->greatest_bytes = size_maximum(bytes);
    bounded = bounded && buffer->greatest_bytes < SIZE_LIMIT;
    buffers[count++] = buffer;
  }
  plan->workspace_bytes = varies ? place_in_slots(plan, buffers, count) : size_of(plan->arena, place_numbers(plan, buffers, count));
  plan->lower_bound_bytes = bounded ? lower_bound(plan) : -1;
  plan->workspace_align = WORKSPACE_ALIGNMENT;
}
