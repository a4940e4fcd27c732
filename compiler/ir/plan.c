/* plan.c - the plan as a table, and its verifier, which trusts nothing that the planner computed. Where sizes vary, it
 * looks at the plan for several values of the dims. */
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

static void print_tile(Text *out, const Schedule *s) {
  text_addf(out, ", tile %d x %d", s->tile, s->plain ? s->vectors * s->lanes : s->vectors);
  if (s->plain) text_add(out, " in loops");
  else if (s->lanes == 1) text_add(out, " floats");
  else text_addf(out, " vectors of %d", s->lanes);
  text_addf(out, "%s%s", s->flat ? ", flat" : "", s->channels_outermost ? ", channels outermost" : "");
}

static void print_step(Text *out, const Plan *plan, int index) {
  const Step *s = plan->steps[index];
  text_addf(out, "  %d %s: ", index, s->name);
  if (s->stage) text_addf(out, "%s of ", s->stage->name);
  text_add(out, s->root ? s->root->op->name : "copy");
  for (int i = 0; i < s->fused_count; i++) text_addf(out, " + %s", s->fused[i]->op->name);
  text_add(out, " -> ");
  print_view(out, &s->output);
  if (s->in_place) text_add(out, ", in place");
  if (s->zero_border) text_add(out, ", zeroes its border");
  if (s->schedule.kind == SCHEDULE_TILED) print_tile(out, &s->schedule);
  if (s->schedule.ahead) text_add(out, ", weights asked for ahead");
  if (s->note) text_addf(out, ", copied: %s", s->note);
  text_add(out, "\n");
}

void print_plan(Text *out, const Plan *plan) {
  text_addf(out, "plan for %s, %s\nbuffers\n", plan->target, plan->portable ? "portable" : "fast");
  for (int i = 0; i < plan->buffer_count; i++) print_buffer(out, plan->buffers[i]);
  text_add(out, "steps\n");
  for (int i = 0; i < plan->step_count; i++) print_step(out, plan, i);
  text_add(out, "workspace ");
  size_print(out, plan->workspace_bytes);
  text_add(out, " bytes");
  bool varies = !size_is_const(plan->workspace_bytes, NULL);
  if (plan->lower_bound_bytes >= 0)
    text_addf(out, ", lower bound %lld%s", (long long)plan->lower_bound_bytes, varies ? " at the greatest sizes" : "");
  text_add(out, "\n");
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

/* Values of the dims at which a plan is looked at: numbers, once sizes are taken there. */
typedef struct Place {
  Arena *arena;
  const Plan *plan;
  SizeSample dims;
} Place;

static int64_t at(const Place *p, const Size *size) { return size_at(size, &p->dims); }

static bool inside(const Place *p, const Size *offset, const Size *size, const Size *whole) {
  return at(p, offset) >= 0 && at(p, offset) + at(p, size) <= at(p, whole);
}

static bool lies_inside(const Place *p, const View *v, const TensorType *type) {
  return inside(p, v->channel, type_channels(type), v->buffer->channels) && inside(p, v->row, type_height(type), v->buffer->height) &&
         inside(p, v->column, type_width(type), v->buffer->width);
}

static const char *verify_operands(const Place *p, const Step *step) {
  for (int i = 0; i < step->operand_count; i++) {
    const Value *value = step->operands[i].value;
    if (!value) continue;
    const View *view = &p->plan->views[value->id];
    if (!view->buffer) return arena_printf(p->arena, "step %s reads %s, which lies nowhere", step->name, value->name);
    if (!lies_inside(p, view, &value->type))
      return arena_printf(p->arena, "step %s reads %s, which lies outside its buffer", step->name, value->name);
  }
  return NULL;
}

static const char *verify_views(const Place *p) {
  for (int k = 0; k < p->plan->step_count; k++) {
    const Step *step = p->plan->steps[k];
    const View *v = &step->output;
    if (!v->buffer) return arena_printf(p->arena, "step %s stores nowhere", step->name);
    if (v->buffer->kind == BUFFER_INPUT) return arena_printf(p->arena, "step %s writes an input", step->name);
    if (!lies_inside(p, v, &step->result->type))
      return arena_printf(p->arena, "the result of step %s lies outside its buffer %s", step->name, v->buffer->name);
    const char *fault = verify_operands(p, step);
    if (fault) return fault;
  }
  return NULL;
}

static const char *verify_overlap(const Place *p, const Buffer *a, const Buffer *b) {
  int64_t start = at(p, a->offset), end = start + (at(p, a->elements) + a->read_beyond) * dtype_bytes(a->dtype);
  int64_t other = at(p, b->offset), other_end = other + at(p, b->elements) * dtype_bytes(b->dtype);
  if (other_end <= start || end <= other) return NULL;
  for (int k = 0; k < p->plan->step_count; k++)
    if (matters(p->plan, a, k) && matters(p->plan, b, k))
      return arena_printf(p->arena, "buffers %s and %s overlap in step %s", a->name, b->name, p->plan->steps[k]->name);
  return NULL;
}

static const char *verify_buffers(const Place *p) {
  const char *fault = NULL;
  for (int i = 0; !fault && i < p->plan->buffer_count; i++) {
    const Buffer *a = p->plan->buffers[i];
    if (a->kind != BUFFER_WORKSPACE || !a->offset) continue;
    int64_t start = at(p, a->offset), end = start + (at(p, a->elements) + a->read_beyond) * dtype_bytes(a->dtype);
    if (start % p->plan->workspace_align) return arena_printf(p->arena, "buffer %s is not aligned", a->name);
    if (start < 0 || end > at(p, p->plan->workspace_bytes)) return arena_printf(p->arena, "buffer %s lies outside the workspace", a->name);
    for (int j = 0; !fault && j < i; j++) {
      const Buffer *b = p->plan->buffers[j];
      if (b->kind == BUFFER_WORKSPACE && b->offset) fault = verify_overlap(p, a, b);
    }
  }
  return fault;
}

/* The dims' least values, the greatest, and mixtures: value number k of dim i. Unbounded dims go up to a thousand more. */
static int64_t value_at(const Dim *dim, int i, int k) {
  int64_t least = dim_least(dim), greatest = dim_greatest(dim);
  if (greatest >= SIZE_LIMIT) greatest = least + 1000 * dim->multiple;
  int64_t steps = (greatest - least) / dim->multiple;
  const int64_t choices[] = {0, steps, steps / 2, steps > 1, i % 2 ? steps : 0, i % 2 ? 0 : steps};
  return least + choices[k] * dim->multiple;
}

enum { PLACES = 6 };

const char *verify_plan(Arena *arena, const Plan *plan) {
  Place place = {.arena = arena, .plan = plan};
  const char *fault = NULL;
  int dim_count = plan->graph ? plan->graph->dim_count : 0;
  for (int k = 0; !fault && k < (dim_count ? PLACES : 1); k++) {
    place.dims.count = 0;
    for (int i = 0; i < dim_count && i < MAX_SAMPLE_DIMS; i++) {
      place.dims.dims[place.dims.count] = plan->graph->dims[i];
      place.dims.values[place.dims.count++] = value_at(plan->graph->dims[i], i, k);
    }
    fault = verify_views(&place);
    if (!fault) fault = verify_buffers(&place);
  }
  return fault;
}
