/* form_stripes.c - see form_stripes.h. Steps form a group where each one's result is read by the next alone, and the nest of
 * the next reads it in windows of rows. What a step hands on then lies in a buffer of its own, which holds the rows that one
 * stripe needs. */
#include "passes/form_stripes.h"

#include <string.h>

#include "ir/row_reads.h"
#include "ir/stripes.h"
#include "passes/plan_steps.h"

/* Step k's result, as the next step reads it. */
typedef struct Handover {
  bool possible;
  int64_t stride, above, window;
} Handover;

static int64_t height_of(const Step *step) { return size_value(type_height(&step->result->type)); }

/* Whether a kernel takes all rows for neighbours: it interleaves them, or parts what they are interleaved to. */
static bool moves_all_rows(const Schedule *schedule) {
  return schedule->narrow || (schedule->narrow_source && strcmp(schedule->columns, "oy") == 0);
}

/* Whether the step can compute some rows of its result. */
static bool computes_rows(Plan *plan, const Step *step) {
  int64_t height;
  if (!size_is_const(type_height(&step->result->type), &height) || height < 2) return false;
  if (step->kind == STEP_COPY) return step->padding_mode == 0 && !moves_all_rows(&step->schedule);
  if (step->kind != STEP_NEST || step->nest->next || step->scratch) return false;
  if (step->schedule.kind != SCHEDULE_SCALAR && step->schedule.kind != SCHEDULE_TILED) return false; /* others know all rows */
  const Axis *axis = row_axis(step->nest);
  if (!axis || !size_is(axis->extent, height)) return false;
  for (int i = 0; i < step->operand_count; i++)
    if (!rows_read(plan->arena, step->nest, i, step->operands[i].parameter != NULL).known) return false;
  return true;
}

static bool is_alone(const View *view, const TensorType *type) {
  const Buffer *b = view->buffer;
  return b->kind == BUFFER_WORKSPACE && size_equal(b->channels, type_channels(type)) && size_equal(b->height, type_height(type)) &&
         size_equal(b->width, type_width(type));
}

/* Whether the next step alone reads the result of step k, as a whole. */
static bool read_by_next_alone(const Plan *plan, int k) {
  const Value *value = plan->steps[k]->result;
  for (int i = k + 1; i < plan->step_count; i++) {
    const Step *step = plan->steps[i];
    if (i > k + 1 && step_reads_part(step, value)) return false;
    for (int n = 0; i == k + 1 && n < step->operand_count; n++)
      if (step->operands[n].value && lies_in(step->operands[n].value) == value && stored_as(step->operands[n].value) != value) return false;
  }
  return step_reads(plan->steps[k + 1], value);
}

static bool has_clipped_rows(const Nest *nest) {
  for (int i = 0; i < nest->reduction_count; i++)
    if (nest->reduction_axes[i].begin || nest->reduction_axes[i].end) return true;
  return nest->before != NULL;
}

static Handover handover(Plan *plan, int k) {
  const Step *next = plan->steps[k + 1];
  Handover h = {.possible = false, .stride = 1, .window = 1};
  if (next->kind == STEP_COPY) return (Handover){true, 1, 0, 1};
  int64_t low = 0, high = 0;
  bool first = true;
  for (int i = 0; i < next->operand_count; i++) {
    if (!next->operands[i].value || stored_as(next->operands[i].value) != plan->steps[k]->result) continue;
    RowReads reads = rows_read(plan->arena, next->nest, i, false);
    if (!reads.known || reads.stride < 1 || (!first && reads.stride != h.stride)) return h;
    low = first || reads.low < low ? reads.low : low;
    high = first || reads.high > high ? reads.high : high;
    h.stride = reads.stride;
    first = false;
  }
  if (first || low > 0 || high < 0) return h;
  h.possible = true;
  h.above = -low;
  h.window = high - low + 1 > h.stride ? high - low + 1 : h.stride;
  return h;
}

/* A window that is cut off at the edges counts rows of the whole tensor, so it cannot begin in the middle of what it reads as a
 * whole: the step before it alone, `own`, may hand rows to it. */
static bool clips_others(const Step *step, const Value *own) {
  if (step->kind != STEP_NEST || !has_clipped_rows(step->nest)) return false;
  for (int i = 0; i < step->operand_count; i++)
    if (step->operands[i].value && (!own || stored_as(step->operands[i].value) != own)) return true;
  return false;
}

bool can_begin_stripes(Plan *plan, int k) { return can_hand_over(plan, k) && !clips_others(plan->steps[k], NULL); }

/* Not with --batch: stripes would have to stand in the loop over samples, in buffers of one sample, which nothing tests yet. */
bool can_hand_over(Plan *plan, int k) {
  if (k < 0 || k + 1 >= plan->step_count || plan->graph->dim_count || plan->batch > 1) return false;
  const Step *step = plan->steps[k], *next = plan->steps[k + 1];
  if (!computes_rows(plan, step) || !computes_rows(plan, next)) return false;
  if (!is_alone(&step->output, &step->result->type) || !read_by_next_alone(plan, k)) return false;
  return !clips_others(next, step->result) && handover(plan, k).possible;
}

/* The most rows of step k that one stripe completes. */
static int64_t most_rows(const Plan *plan, int k) {
  const Stripe *group = plan->steps[plan->steps[k]->stripe->last]->stripe;
  int64_t most = 0, before = 0;
  for (int64_t end = group->rows; before < plan->steps[k]->stripe->height; end += group->rows) {
    int64_t reached = stripe_end(plan, k, end < group->height ? end : group->height);
    if (reached - before > most) most = reached - before;
    before = reached;
    if (end >= group->height) break;
  }
  return most;
}

static void place_stripe(Plan *plan, int k) {
  Step *step = plan->steps[k];
  const Stripe *s = step->stripe;
  const Buffer *whole = step->output.buffer;
  const char *name = plan_free_name(plan, arena_printf(plan->arena, "%s_stripe", step->name)); /* the whole may be in use elsewhere */
  Buffer *buffer = plan_add_buffer(plan, name, BUFFER_WORKSPACE, &step->result->type);
  buffer->striped = true;
  buffer->above = s->above;
  buffer->height = size_of(plan->arena, (most_rows(plan, k + 1) - 1) * s->stride + s->window);
  buffer->border = (Border){.left = whole->border.left, .right = whole->border.right};
  set_strides(plan, buffer);
  step->output.buffer = buffer;
  step->in_place = false;
  step->zero_border = s->above || buffer->border.left || buffer->border.right;
  for (int v = 0; v < plan->value_count; v++)
    if (stored_as(plan->values[v]) == step->result) plan->views[v] = step->output;
}

/* The last step may have taken the place of what now lies in a stripe. */
static void keep_own_place(const Plan *plan, Step *step) {
  const Border *b = &step->output.buffer->border;
  for (int i = 0; i < step->operand_count; i++)
    if (step->operands[i].value && plan->views[step->operands[i].value->id].buffer == step->output.buffer) return;
  if (!step->in_place) return;
  step->in_place = false;
  step->zero_border = b->top || b->bottom || b->left || b->right;
}

/* What was chosen because of the points of the whole map, or because it leaves the cache before it is read. */
static void forget_whole_map(Step *step, bool is_first) {
  Schedule *schedule = &step->schedule;
  schedule->flat = schedule->ahead = false;
  if (is_first) return; /* its input is a whole map */
  schedule->input_ahead = false;
  if (!schedule->tiles_outermost || !step->nest->update || step->nest->associates) return;
  schedule->tiles_outermost = false; /* rows of a few channels stay in the first cache until the next row reads them again */
  schedule->channels_outermost = true;
}

bool form_stripes(Plan *plan, int first, int last, int64_t rows) {
  Stripe *stripes = ARENA_ARRAY(plan->arena, Stripe, (size_t)(last - first + 1));
  for (int k = first; k <= last; k++) {
    Step *step = plan->steps[k];
    Handover h = k < last ? handover(plan, k) : (Handover){0};
    stripes[k - first] = (Stripe){first, last, rows, height_of(step), h.stride, h.above, h.window, NULL};
    step->stripe = &stripes[k - first];
    forget_whole_map(step, k == first);
  }
  for (int k = first; k <= last; k++) {
    Dim *dim = ARENA_NEW(plan->arena, Dim);
    *dim = (Dim){.name = "rows", .maximum = most_rows(plan, k), .multiple = 1, .variable = "rows"};
    stripes[k - first].row_count = dim;
  }
  for (int k = first; k < last; k++) place_stripe(plan, k);
  keep_own_place(plan, plan->steps[last]);
  return verify_stripes(plan->arena, plan) == NULL;
}

PlanState save_plan(const Plan *plan) {
  PlanState state = {.buffer_count = plan->buffer_count};
  state.steps = ARENA_ARRAY(plan->arena, Step, (size_t)plan->step_count + 1);
  state.views = ARENA_ARRAY(plan->arena, View, (size_t)plan->value_count + 1);
  for (int k = 0; k < plan->step_count; k++) state.steps[k] = *plan->steps[k];
  memcpy(state.views, plan->views, (size_t)plan->value_count * sizeof *plan->views);
  state.buffers = ARENA_ARRAY(plan->arena, Buffer *, (size_t)plan->buffer_count + 1);
  memcpy(state.buffers, plan->buffers, (size_t)plan->buffer_count * sizeof *plan->buffers);
  return state;
}

void restore_plan(Plan *plan, const PlanState *state) {
  for (int k = 0; k < plan->step_count; k++) *plan->steps[k] = state->steps[k];
  memcpy(plan->views, state->views, (size_t)plan->value_count * sizeof *plan->views);
  plan->buffers = ARENA_ARRAY(plan->arena, Buffer *, (size_t)state->buffer_count + 1);
  plan->buffer_count = 0;
  for (int i = 0; i < state->buffer_count; i++) ARENA_PUSH(plan->arena, plan->buffers, plan->buffer_count, state->buffers[i]);
}
