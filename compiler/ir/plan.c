/* plan.c - the plan as a table, and its verifier, which trusts nothing that the planner computed. */
#include "ir/plan.h"

#include "ir/operator.h"

static void print_shape(Text *out, const Buffer *b) {
  size_print(out, b->channels);
  text_add(out, "x");
  size_print(out, b->height);
  text_add(out, "x");
  size_print(out, b->width);
}

static const char *kind_name(BufferKind kind) {
  switch (kind) {
  case BUFFER_WORKSPACE: return "workspace";
  case BUFFER_INPUT: return "input";
  case BUFFER_OUTPUT: return "output";
  }
  return "?";
}

static void print_buffer(Text *out, const Buffer *b) {
  text_addf(out, "  %-9s %s: %s ", kind_name(b->kind), b->name, dtype_name(b->dtype));
  print_shape(out, b);
  if (b->channels_first) text_add(out, ", channels first");
  if (b->border.top || b->border.bottom || b->border.left || b->border.right)
    text_addf(out, ", border %lld %lld %lld %lld", (long long)b->border.top, (long long)b->border.bottom, (long long)b->border.left,
              (long long)b->border.right);
  if (b->kind == BUFFER_WORKSPACE && b->offset) {
    text_add(out, ", at ");
    size_print(out, b->offset);
    text_addf(out, ", steps %d to %d", b->first, b->last);
  }
  text_add(out, "\n");
}

static void print_view(Text *out, const View *v) {
  if (!v->buffer) {
    text_add(out, "(not placed yet)");
    return;
  }
  text_add(out, v->buffer->name);
  if (size_is(v->channel, 0) && size_is(v->row, 0) && size_is(v->column, 0)) return;
  const Size *parts[] = {v->channel, v->row, v->column};
  for (int i = 0; i < 3; i++) {
    text_add(out, i ? ", " : "[");
    size_print(out, parts[i]);
  }
  text_add(out, "]");
}

static void print_step(Text *out, const Plan *plan, int index) {
  const Step *s = plan->steps[index];
  text_addf(out, "  %d %s: %s", index, s->name, s->root ? s->root->op->name : "copy");
  for (int i = 0; i < s->fused_count; i++) text_addf(out, " + %s", s->fused[i]->op->name);
  text_add(out, " -> ");
  print_view(out, &s->output);
  if (s->in_place) text_add(out, ", in place");
  if (s->zero_border) text_add(out, ", zeroes its border");
  if (s->schedule.kind == SCHEDULE_TILED)
    text_addf(out, ", tile %d x %d vectors of %d", s->schedule.tile, s->schedule.vectors, s->schedule.lanes);
  if (s->note) text_addf(out, ", copied: %s", s->note);
  text_add(out, "\n");
}

void print_plan(Text *out, const Plan *plan) {
  text_addf(out, "plan for %s, %s\nbuffers\n", plan->target, plan->portable ? "portable" : "fast");
  for (int i = 0; i < plan->buffer_count; i++) print_buffer(out, plan->buffers[i]);
  text_add(out, "steps\n");
  for (int i = 0; i < plan->step_count; i++) print_step(out, plan, i);
  text_addf(out, "workspace %lld bytes, lower bound %lld\n", (long long)plan->workspace_bytes, (long long)plan->lower_bound_bytes);
}

/* Fills lives with, for each buffer, whether its contents matter during step k: it was written at or before k and is
 * read at or after k. Recomputed from the steps, not from Buffer.first and last. */
static bool matters(const Plan *plan, const Buffer *buffer, int k) {
  bool written = false, read = false;
  for (int j = 0; j < plan->step_count; j++) {
    const Step *step = plan->steps[j];
    if (step->output.buffer == buffer) {
      if (j <= k) written = true;
      if (j == k) read = true; /* at least while it is written */
    }
    if (j < k) continue;
    if (step->kind == STEP_COPY && plan->views[step->source->id].buffer == buffer) read = true;
    for (int i = 0; i < step->operand_count; i++)
      if (step->operands[i].value && plan->views[step->operands[i].value->id].buffer == buffer) read = true;
  }
  return written && read;
}

static bool inside(const Size *offset, const Size *size, const Size *whole) {
  return size_value(offset) >= 0 && size_value(offset) + size_value(size) <= size_value(whole);
}

static bool lies_inside(const View *v, const TensorType *type) {
  return inside(v->channel, type_channels(type), v->buffer->channels) && inside(v->row, type_height(type), v->buffer->height) &&
         inside(v->column, type_width(type), v->buffer->width);
}

static const char *verify_operands(Arena *arena, const Plan *plan, const Step *step) {
  for (int i = 0; i < step->operand_count; i++) {
    const Value *value = step->operands[i].value;
    if (!value) continue;
    if (!plan->views[value->id].buffer) return arena_printf(arena, "step %s reads %s, which lies nowhere", step->name, value->name);
    if (!lies_inside(&plan->views[value->id], &value->type))
      return arena_printf(arena, "step %s reads %s, which lies outside its buffer", step->name, value->name);
  }
  return NULL;
}

static const char *verify_views(Arena *arena, const Plan *plan) {
  for (int k = 0; k < plan->step_count; k++) {
    const Step *step = plan->steps[k];
    const View *v = &step->output;
    if (!v->buffer) return arena_printf(arena, "step %s stores nowhere", step->name);
    if (v->buffer->kind == BUFFER_INPUT) return arena_printf(arena, "step %s writes an input", step->name);
    if (!lies_inside(v, &step->result->type))
      return arena_printf(arena, "the result of step %s lies outside its buffer %s", step->name, v->buffer->name);
    const char *fault = verify_operands(arena, plan, step);
    if (fault) return fault;
  }
  return NULL;
}

const char *verify_plan(Arena *arena, const Plan *plan) {
  const char *fault = verify_views(arena, plan);
  for (int i = 0; !fault && i < plan->buffer_count; i++) {
    const Buffer *a = plan->buffers[i];
    if (a->kind != BUFFER_WORKSPACE || !a->offset) continue;
    int64_t start = size_value(a->offset), end = start + (size_value(a->elements) + a->read_beyond) * dtype_bytes(a->dtype);
    if (start % plan->workspace_align) return arena_printf(arena, "buffer %s is not aligned", a->name);
    if (start < 0 || end > plan->workspace_bytes) return arena_printf(arena, "buffer %s lies outside the workspace", a->name);
    for (int j = 0; j < i; j++) {
      const Buffer *b = plan->buffers[j];
      if (b->kind != BUFFER_WORKSPACE || !b->offset) continue;
      int64_t other = size_value(b->offset), other_end = other + size_value(b->elements) * dtype_bytes(b->dtype);
      if (other_end <= start || end <= other) continue;
      for (int k = 0; k < plan->step_count; k++)
        if (matters(plan, a, k) && matters(plan, b, k))
          return arena_printf(arena, "buffers %s and %s overlap in step %s", a->name, b->name, plan->steps[k]->name);
    }
  }
  return fault;
}
