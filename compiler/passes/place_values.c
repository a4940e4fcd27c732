/* place_values.c - where every tensor lies: which buffer, which slice of it, with which border.
 *
 * Arms of a concat are written straight into their slice of the joined tensor, what is cropped is read where the whole
 * lies; the result of a skip-add takes the place of the skip; outputs are written where the caller wants them. Where a tensor cannot lie in two places, or a
 * reader needs it in another form, a copy step is added and says why. Offsets are not decided here. */
#include <string.h>

#include "ops/attributes.h"
#include "ops/infer.h"
#include "ops/ops.h"
#include "passes/passes.h"
#include "passes/plan_steps.h"

static const Size *zero(Plan *plan) { return size_of(plan->arena, 0); }

Buffer *plan_add_buffer(Plan *plan, const char *name, BufferKind kind, const TensorType *type) {
  Buffer *buffer = ARENA_NEW(plan->arena, Buffer);
  *buffer = (Buffer){.id = plan->buffer_count,
                     .name = name,
                     .kind = kind,
                     .dtype = kind == BUFFER_WORKSPACE ? DTYPE_F32 : type->dtype, /* the workspace holds floats only */
                     .channels = type_channels(type),
                     .height = type_height(type),
                     .width = type_width(type),
                     .first = -1,
                     .last = -1};
  ARENA_PUSH(plan->arena, plan->buffers, plan->buffer_count, buffer);
  return buffer;
}

static View whole(Plan *plan, Buffer *buffer) { return (View){buffer, zero(plan), zero(plan), zero(plan)}; }

/* Of the tensor in which the value lies: a slice has a view of its own when all is placed. */
static View *view_of(Plan *plan, const Value *value) { return &plan->views[lies_in(value)->id]; }

static bool is_slice(const Value *value) { return lies_in(value) != stored_as(value); }

static int producing_step(const Plan *plan, const Value *value) {
  for (int i = 0; i < plan->step_count; i++)
    if (plan->steps[i]->result == value) return i;
  return -1;
}

/* A view for the value that was added last. */
static void add_view(Plan *plan) {
  int count = plan->value_count - 1;
  ARENA_PUSH(plan->arena, plan->views, count, (View){0});
}

static Step *add_copy(Plan *plan, int position, const char *name, const Value *source, const char *note) {
  Step *step = ARENA_NEW(plan->arena, Step);
  name = plan_free_name(plan, name);
  Value *result = plan_add_value(plan, name, source->type);
  add_view(plan);
  *step = (Step){.kind = STEP_COPY, .name = name, .source = plan->values[stored_as(source)->id], .result = result, .note = note};
  plan_insert_step(plan, position, step);
  return step;
}

static void redirect(Step *step, const Value *from, const Value *to) {
  for (int i = 0; i < step->operand_count; i++)
    if (step->operands[i].value && stored_as(step->operands[i].value) == from) step->operands[i].value = to;
}

/* The border that a step's window needs around the value; false: none. */
static bool border_needed(const Plan *plan, const Step *step, Border *border, int *mode) {
  Window window;
  if (!step->root || !step->root->op->borders || !step->root->op->borders(plan->arena, step->root, &window, mode)) return false;
  int64_t before[2], after[2];
  for (int axis = 0; axis < 2; axis++) { /* the most that any value of the dims needs */
    const Size *last = size_mul_int(plan->arena, size_add_int(plan->arena, window.output[axis], -1), window.stride[axis]);
    const Size *end = size_add_int(plan->arena, last, (window.kernel[axis] - 1) * window.dilation[axis] + 1);
    before[axis] = size_maximum(window.before[axis]);
    after[axis] = size_maximum(size_sub(plan->arena, end, size_add(plan->arena, window.before[axis], window.input[axis])));
    if (after[axis] < 0) after[axis] = 0;
    bool is_same = !size_is_const(window.before[axis], NULL); /* which is never more than half the kernel */
    int64_t most = most_padding(&window, axis), span = (window.kernel[axis] - 1) * window.dilation[axis];
    if (!is_same && most < span) most = span; /* `ceil`: the last window begins inside, and reaches beyond the padding */
    if (before[axis] > most) before[axis] = most;
    if (after[axis] > most) after[axis] = most; /* bounds of sizes need not show it */
  }
  *border = (Border){before[0], after[0], before[1], after[1]};
  return before[0] || before[1] || after[0] || after[1];
}

static bool is_plane(const TensorType *type) { return size_is(type_channels(type), 1); }
static bool is_vector(const TensorType *type) { return size_is(type_height(type), 1) && size_is(type_width(type), 1); }
/* Whether channels-first and channels-last are the same order. */
static bool any_order(const TensorType *type) { return is_plane(type) || is_vector(type); }

static void place_inputs(Plan *plan) {
  for (int i = 0; i < plan->graph->input_count; i++) {
    const GraphInput *input = &plan->graph->inputs[i];
    Buffer *buffer = plan_add_buffer(plan, input->value->name, BUFFER_INPUT, &input->value->type);
    buffer->caller_index = i;
    buffer->channels_first = !input->hwc && !any_order(&input->value->type);
    plan->views[input->value->id] = whole(plan, buffer);
  }
}

/* Whether the slice has rows and columns of the whole beside it, where a border should be. */
static bool is_cut_out(const Value *value) {
  const TensorType *part = &stored_as(value)->type, *whole = &lies_in(value)->type;
  return !size_equal(type_height(part), type_height(whole)) || !size_equal(type_width(part), type_width(whole));
}

/* Windows read a copy of what the caller holds that has channels last and a border, and of what is cut out of another
 * tensor, if they need a border; everything else reads the value where it lies. */
static void copy_for_windows(Plan *plan, const Value *value) {
  const Buffer *callers = view_of(plan, value)->buffer; /* the rest is not placed yet */
  bool reordered = callers && (callers->channels_first || callers->dtype != DTYPE_F32);
  Step *copy = NULL;
  if (!callers && !is_cut_out(value)) return;
  for (int k = 0; k < plan->step_count; k++) {
    Step *step = plan->steps[k];
    Border border;
    int mode = 0;
    if (step->kind != STEP_NEST || !step->nest->update || !step_reads(step, value)) continue;
    bool bordered = border_needed(plan, step, &border, &mode) && mode == PADDING_ZEROS && stored_as(step->root->inputs[0]) == value;
    if (!bordered && !reordered) continue;
    if (!copy) {
      copy = add_copy(plan, k, arena_printf(plan->arena, "%s_copy", value->name), value, reordered ? "channels last" : "with a border");
      step = plan->steps[++k];
      copy->result->type.dtype = DTYPE_F32;
    }
    redirect(step, value, copy->result);
  }
}

/* A window with reflect, replicate or circular padding reads a copy whose border was made for it. */
static void copy_mirrored(Plan *plan) {
  for (int k = 0; k < plan->step_count; k++) {
    Step *step = plan->steps[k];
    Border border;
    int mode = 0;
    if (step->kind != STEP_NEST || !border_needed(plan, step, &border, &mode) || mode == PADDING_ZEROS) continue;
    const Value *value = stored_as(step->root->inputs[0]);
    Step *copy = add_copy(plan, k++, arena_printf(plan->arena, "%s_padded", step->name), value, "with its own kind of border");
    copy->padding_mode = mode;
    copy->result->type.dtype = DTYPE_F32;
    redirect(step, value, copy->result);
  }
}

/* Whether a window needs a border around the value, or around channels of it. */
static bool window_reads(const Plan *plan, const Value *value) {
  for (int i = 0; i < plan->step_count; i++) {
    Border border;
    int mode = 0;
    if (step_reads_part(plan->steps[i], value) && border_needed(plan, plan->steps[i], &border, &mode)) return true;
  }
  return false;
}

static const Node *join_of(const Value *value) {
  return value->producer && value->producer->op->kind == OPERATOR_JOIN ? value->producer : NULL;
}

/* The same for what lies in the value's place: the arms of a concat. */
static bool window_reads_part(const Plan *plan, const Value *value) {
  const Node *join = join_of(value);
  if (window_reads(plan, value)) return true;
  for (int i = 0; join && i < join->input_count; i++)
    if (window_reads_part(plan, stored_as(join->inputs[i]))) return true;
  return false;
}

/* Whether the value can be computed right into a caller's buffer of this order. Windows and sums are computed in floats
 * with channels last, and what layers read is. */
static bool can_be_output(const Plan *plan, const Value *value, bool hwc) {
  bool real = value->type.dtype == DTYPE_F32;
  if (is_slice(value) || view_of((Plan *)plan, value)->buffer || window_reads(plan, value)) return false;
  if (real && (hwc || any_order(&value->type))) return true;
  int step = producing_step(plan, value);
  return step >= 0 && (real || value->uses == 1) && (plan->steps[step]->kind == STEP_LOOPS || !plan->steps[step]->nest->update);
}

/* Where the last step stands that completes the value; -1 for inputs. */
static int complete_after(const Plan *plan, const Value *value) {
  value = lies_in(value);
  const Node *join = join_of(value);
  if (!join) return producing_step(plan, value);
  int last = -1;
  for (int i = 0; i < join->input_count; i++) {
    int step = complete_after(plan, stored_as(join->inputs[i]));
    if (step > last) last = step;
  }
  return last;
}

static void place_outputs(Plan *plan) {
  for (int i = 0; i < plan->graph->output_count; i++) {
    const GraphOutput *output = &plan->graph->outputs[i];
    const Value *value = stored_as(output->value);
    Buffer *buffer = plan_add_buffer(plan, output->name, BUFFER_OUTPUT, &output->value->type);
    buffer->caller_index = i;
    buffer->channels_first = !output->hwc && !any_order(&output->value->type);
    if (can_be_output(plan, value, output->hwc)) {
      *view_of(plan, value) = whole(plan, buffer);
      buffer->channels = type_channels(&value->type);
      continue;
    }
    const char *note = !value->producer                 ? "an input is an output"
                       : is_slice(value)                ? "a part of another tensor"
                       : value->type.dtype != DTYPE_F32 ? "in the caller's type"
                                                        : "in the caller's order";
    int position = complete_after(plan, value) + 1; /* at once, so that it lives no longer than it must */
    Step *copy = add_copy(plan, position, arena_printf(plan->arena, "%s_out", output->name), value, note);
    *view_of(plan, copy->result) = whole(plan, buffer);
  }
}

/* Whether a step, from `position` on, still reads something of the tensor beside this part of it. */
static bool rest_is_read(const Plan *plan, const Value *tensor, const Value *part, int position) {
  for (int k = position; k < plan->step_count; k++) {
    const Step *step = plan->steps[k];
    if (step->kind == STEP_COPY && lies_in(step->source) == tensor && stored_as(step->source) != part) return true;
    for (int i = 0; i < step->operand_count; i++) {
      const Value *value = step->operands[i].value;
      if (value && value != step->result && lies_in(value) == tensor && stored_as(value) != part) return true;
    }
  }
  return false;
}

/* Whether an arm that is a part of another tensor can stay there, because the joined tensor can take that one's place: the
 * part already stands where it belongs, and what else is in that tensor is written and read before the other arms are
 * written over it. */
static bool can_stay(Plan *plan, const Node *join, int arm, const Size *channel) {
  const Value *part = stored_as(join->inputs[arm]), *tensor = lies_in(part);
  if (!is_slice(part) || stored_as(part->producer->inputs[0]) != tensor || producing_step(plan, tensor) < 0) return false;
  if (view_of(plan, tensor)->buffer || !type_equal_shape(&tensor->type, &join->output->type)) return false;
  const Size *begin[MAX_RANK];
  part->producer->op->slice(plan->arena, part->producer, begin);
  if (!size_equal(begin[0], channel) || !size_is(begin[1], 0) || !size_is(begin[2], 0)) return false;
  for (int i = 0; i < join->input_count; i++) {
    const Value *other = stored_as(join->inputs[i]);
    if (i == arm) continue;
    int written = producing_step(plan, other);
    if (written < producing_step(plan, tensor) || is_slice(other) || view_of(plan, other)->buffer ||
        rest_is_read(plan, tensor, part, written))
      return false;
  }
  return true;
}

/* The arms that stay where they are. */
static bool *arms_that_stay(Plan *plan, const Node *join, const Buffer *buffer, int axis) {
  bool *stays = ARENA_ARRAY(plan->arena, bool, (size_t)join->input_count);
  const Size *channel = zero(plan);
  for (int i = 0; i < join->input_count && axis == CONCAT_CHANNELS && buffer->kind == BUFFER_WORKSPACE; i++) {
    stays[i] = can_stay(plan, join, i, channel);
    channel = size_add(plan->arena, channel, type_channels(&join->inputs[i]->type));
  }
  return stays;
}

static void place_joined(Plan *plan, const Node *join) {
  View view = *view_of(plan, join->output);
  if (!view.buffer) {
    view = whole(plan, plan_add_buffer(plan, join->name, BUFFER_WORKSPACE, &join->output->type));
    *view_of(plan, join->output) = view;
  }
  const View all = view;
  int axis = ((const ConcatAttributes *)join->attributes)->axis;
  const bool *stays = arms_that_stay(plan, join, all.buffer, axis);
  for (int i = 0; i < join->input_count; i++) {
    const Value *arm = stored_as(join->inputs[i]);
    bool own_border = (axis != CONCAT_CHANNELS || view.buffer->kind == BUFFER_OUTPUT) && window_reads_part(plan, arm);
    if (stays[i]) *view_of(plan, arm) = all;
    else if (is_slice(arm) || view_of(plan, arm)->buffer || own_border) {
      const char *note = own_border      ? "it needs a border of its own"
                         : is_slice(arm) ? "a part of another tensor"
                                         : "it already lies elsewhere";
      const char *name = arena_printf(plan->arena, "%s_in_%s", arm->name, join->name);
      arm = add_copy(plan, complete_after(plan, arm) + 1, name, arm, note)->result;
    }
    if (!stays[i]) *view_of(plan, arm) = view;
    if (axis == CONCAT_CHANNELS) view.channel = size_add(plan->arena, view.channel, type_channels(&arm->type));
    if (axis == CONCAT_HEIGHT) view.row = size_add(plan->arena, view.row, type_height(&arm->type));
    if (axis == CONCAT_WIDTH) view.column = size_add(plan->arena, view.column, type_width(&arm->type));
  }
}

typedef struct Elsewhere { /* whether an operand is read at another place than the one that is written */
  const Nest *nest;
  int operand;
  bool found;
} Elsewhere;

static Expr *look_elsewhere(void *context, Expr *e) {
  Elsewhere *look = context;
  if (e->kind == EXPR_ACCESS && e->operand == look->operand)
    for (int i = 0; i < MAX_RANK; i++)
      if (!expr_equal(e->index[i], look->nest->output[i])) look->found = true;
  return e;
}

static bool read_elsewhere(Plan *plan, const Step *step, int operand) {
  Elsewhere look = {NULL, operand, false};
  for (look.nest = step->nest; look.nest; look.nest = look.nest->next) visit_nest(plan->arena, look.nest, look_elsewhere, &look);
  return look.found;
}

static bool covers(const View *view) { return size_is(view->channel, 0) && size_is(view->row, 0) && size_is(view->column, 0); }

/* Whether something after this step, or the caller, still wants what lies in the buffer. */
static bool wanted_later(Plan *plan, const Buffer *buffer, int position) {
  for (int k = position + 1; k < plan->step_count; k++) {
    const Step *step = plan->steps[k];
    if (step->kind == STEP_COPY && view_of(plan, step->source)->buffer == buffer) return true;
    for (int i = 0; step->kind != STEP_COPY && i < step->operand_count; i++) {
      const Value *value = step->operands[i].value;
      if (value && value != step->result && view_of(plan, value)->buffer == buffer) return true;
    }
  }
  return false;
}

/* The result may overwrite an operand that is read only at the place being written, and by nothing later. */
static bool can_take_place(Plan *plan, int position, int operand) {
  const Step *step = plan->steps[position];
  const Value *value = stored_as(step->operands[operand].value);
  const View *view = view_of(plan, value);
  if (!view->buffer || view->buffer->kind != BUFFER_WORKSPACE || !covers(view)) return false;
  if (!type_equal_shape(&value->type, &step->result->type) || value->type.dtype != step->result->type.dtype) return false;
  if (!size_equal(view->buffer->channels, type_channels(&value->type)) || !size_equal(view->buffer->height, type_height(&value->type)) ||
      !size_equal(view->buffer->width, type_width(&value->type)))
    return false;
  for (int i = 0; i < step->operand_count; i++)
    if (step->operands[i].value && view_of(plan, step->operands[i].value)->buffer == view->buffer && read_elsewhere(plan, step, i))
      return false;
  return !wanted_later(plan, view->buffer, position);
}

static void place_results(Plan *plan) {
  for (int k = 0; k < plan->step_count; k++) {
    Step *step = plan->steps[k];
    View *view = view_of(plan, step->result);
    for (int i = 0; !view->buffer && step->kind == STEP_NEST && i < step->operand_count; i++)
      if (step->operands[i].value && can_take_place(plan, k, i)) {
        *view = *view_of(plan, step->operands[i].value);
        step->in_place = true;
      }
    if (!view->buffer) *view = whole(plan, plan_add_buffer(plan, step->name, BUFFER_WORKSPACE, &step->result->type));
    step->output = *view;
  }
}

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static void set_borders(Plan *plan) {
  for (int k = 0; k < plan->step_count; k++) {
    Border need;
    int mode = 0;
    if (!border_needed(plan, plan->steps[k], &need, &mode)) continue;
    const Value *input = NULL; /* operand 0 of a nest that has a window is its input */
    for (int i = 0; !input && i < plan->steps[k]->operand_count; i++) input = plan->steps[k]->operands[i].value;
    if (!input) continue; /* its window sees the border alone */
    Border *border = &view_of(plan, input)->buffer->border;
    *border = (Border){larger(border->top, need.top), larger(border->bottom, need.bottom), larger(border->left, need.left),
                       larger(border->right, need.right)};
  }
  for (int k = 0; k < plan->step_count; k++) {
    Step *step = plan->steps[k];
    const Border *b = &step->output.buffer->border;
    bool filled_by_copy = step->kind == STEP_COPY && step->padding_mode != PADDING_ZEROS;
    bool first_arm = size_is(step->output.row, 0) && size_is(step->output.column, 0); /* of those joined along rows or columns */
    step->zero_border = (b->top || b->bottom || b->left || b->right) && first_arm && !step->in_place && !filled_by_copy;
  }
}

void set_strides(Plan *plan, Buffer *b) {
  Arena *a = plan->arena;
  const Size *width = size_add_int(a, b->width, b->border.left + b->border.right);
  const Size *height = size_add_int(a, b->height, b->border.top + b->border.bottom);
  if (b->channels_first) {
    b->column = size_of(a, 1);
    b->row = b->width;
    b->channel = size_mul(a, b->width, b->height);
  } else {
    b->channel = size_of(a, 1);
    b->column = size_add_int(a, b->channels, b->gap);
    b->row = size_mul(a, width, b->column);
  }
  b->origin = size_add(a, size_mul_int(a, b->row, b->border.top), size_mul_int(a, b->column, b->border.left));
  b->elements = size_mul(a, size_mul(a, height, width), size_add_int(a, b->channels, b->gap));
}

/* Slices, now that what they are slices of has its place. */
static void place_slices(Plan *plan) {
  for (int i = 0; i < plan->graph->node_count; i++) {
    const Node *node = plan->graph->nodes[i];
    if (node->op->kind != OPERATOR_SLICE) continue;
    const Size *begin[MAX_RANK];
    const View *whole = &plan->views[stored_as(node->inputs[0])->id];
    node->op->slice(plan->arena, node, begin);
    plan->views[node->output->id] = (View){whole->buffer, size_add(plan->arena, whole->channel, begin[0]),
                                           size_add(plan->arena, whole->row, begin[1]), size_add(plan->arena, whole->column, begin[2])};
  }
}

void place_values(Compilation *c, Plan *plan) {
  for (int count = 0; count < plan->value_count;) ARENA_PUSH(plan->arena, plan->views, count, (View){0});
  place_inputs(plan);
  copy_mirrored(plan);
  for (int i = 0; i < plan->graph->value_count; i++)
    if (stored_as(plan->graph->values[i]) == plan->graph->values[i]) copy_for_windows(plan, plan->graph->values[i]);
  place_outputs(plan);
  for (int i = plan->graph->node_count; i-- > 0;)
    if (plan->graph->nodes[i]->op->kind == OPERATOR_JOIN) place_joined(plan, plan->graph->nodes[i]);
  place_results(plan);
  set_borders(plan);
  pad_pixels(c, plan);
  for (int i = 0; i < plan->buffer_count; i++) set_strides(plan, plan->buffers[i]);
  place_slices(plan);
  for (int v = 0; v < plan->value_count; v++) plan->views[v] = plan->views[stored_as(plan->values[v])->id];
}
