/* plan_memory.c - how long tensors live, what they take in the workspace, and the bounds below which no plan can go: the
 * largest sums of what lives at one time. Where buffers lie is decided by place_buffers.c or, where sizes vary, by
 * plan_slots.c. */
#include "passes/plan_memory.h"

#include "ir/stripes.h"
#include "passes/passes.h"
#include "passes/place_regions.h"
#include "passes/plan_steps.h"

static void read_in(const Plan *plan, const Value *value, int step) {
  Buffer *buffer = plan->views[stored_as(value)->id].buffer;
  if (buffer && buffer->last < step) buffer->last = step;
}

static void live_ranges(Plan *plan) {
  for (int i = 0; i < plan->buffer_count; i++) { /* it may have been planned before, with other groups of steps */
    plan->buffers[i]->first = plan->buffers[i]->last = -1;
    plan->buffers[i]->offset = NULL;
    plan->buffers[i]->region = NULL;
  }
  for (int k = 0; k < plan->step_count; k++) {
    Buffer *written = plan->steps[k]->output.buffer;
    int begin = first_together(plan, k), end = last_together(plan, k);
    if (written->first < 0) written->first = begin;
    if (written->last < end) written->last = end;
    Buffer *scratch = plan->steps[k]->scratch;
    if (scratch) scratch->first = scratch->last = k;
    if (plan->steps[k]->source) read_in(plan, plan->steps[k]->source, end);
    for (int i = 0; i < plan->steps[k]->operand_count; i++) {
      const Value *value = plan->steps[k]->operands[i].value;
      if (value && value != plan->steps[k]->result) read_in(plan, value, end);
    }
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

static const Size *aligned_bytes(Arena *arena, const Buffer *buffer) {
  const Size *elements = size_add_int(arena, buffer->elements, buffer->read_beyond);
  if (buffer->samples > 1) elements = size_add(arena, elements, size_mul_int(arena, buffer->sample, buffer->samples - 1));
  const Size *bytes = size_mul_int(arena, elements, dtype_bytes(buffer->dtype));
  return size_mul_int(arena, size_ceil_div(arena, bytes, WORKSPACE_ALIGNMENT), WORKSPACE_ALIGNMENT);
}

/* Elements of the tensors alone, at the greatest sizes. */
static int64_t bare_bytes(Arena *arena, const Buffer *b) {
  const Size *elements = size_mul(arena, size_mul(arena, b->channels, b->height), b->width);
  if (b->samples > 1) elements = size_mul_int(arena, elements, b->samples);
  return size_maximum(size_mul_int(arena, elements, dtype_bytes(b->dtype)));
}

/* The most bytes of buffers that live during one step; no buffer is unbounded. */
static int64_t most_at_once(const Plan *plan, Buffer *const *buffers, const int64_t *bytes, int count) {
  int64_t *change = ARENA_ARRAY(plan->arena, int64_t, (size_t)plan->step_count + 1), sum = 0, most = 0;
  for (int i = 0; i < count; i++) {
    change[buffers[i]->first] += bytes[i];
    change[buffers[i]->last + 1] -= bytes[i];
  }
  for (int k = 0; k < plan->step_count; k++) {
    sum += change[k];
    if (sum > most) most = sum;
  }
  return most;
}

static void set_bounds(Plan *plan, Buffer *const *buffers, int count) {
  int64_t *bytes = ARENA_ARRAY(plan->arena, int64_t, (size_t)count + 1);
  bool bounded = true;
  for (int i = 0; i < count; i++) {
    bytes[i] = buffers[i]->greatest_bytes;
    bounded = bounded && bytes[i] < SIZE_LIMIT;
  }
  plan->lower_bound_bytes = bounded ? most_at_once(plan, buffers, bytes, count) : -1;
  for (int i = 0; i < count && bounded; i++) bytes[i] = bare_bytes(plan->arena, buffers[i]);
  plan->bare_bound_bytes = bounded ? most_at_once(plan, buffers, bytes, count) : -1;
}

void plan_memory(Compilation *c, Plan *plan) {
  live_ranges(plan);
  widen_to_rounds(plan);
  find_reads_beyond(plan);
  Buffer **buffers = ARENA_ARRAY(plan->arena, Buffer *, (size_t)plan->buffer_count + 1);
  int count = 0;
  for (int i = 0; i < plan->buffer_count; i++) {
    Buffer *buffer = plan->buffers[i];
    if (buffer->kind != BUFFER_WORKSPACE || buffer->first < 0) continue;
    buffer->bytes = aligned_bytes(plan->arena, buffer);
    buffer->greatest_bytes = size_maximum(buffer->bytes);
    buffers[count++] = buffer;
  }
  count = place_in_ram(c, plan, buffers, count);
  bool varies = false;
  for (int i = 0; i < count; i++) varies = varies || !size_is_const(buffers[i]->bytes, NULL);
  set_bounds(plan, buffers, count);
  plan->workspace_bytes = varies ? place_in_slots(plan, buffers, count) : place_buffers(plan, buffers, count);
  plan->workspace_align = WORKSPACE_ALIGNMENT;
}
