/* plan.c - what several passes compute of a schedule, and the verifier of plans, which trusts nothing that the planner
 * computed. Where sizes vary, it looks at the plan for several values of the dims. */
#include "ir/plan.h"

#include "ir/operator.h"
#include "ir/stripes.h"

int schedule_blocks(const Schedule *schedule, int64_t extent, int64_t blocks[3][2]) {
  int64_t lanes = schedule->lanes, vectors = (extent + lanes - 1) / lanes, missing = vectors * lanes - extent;
  int64_t count = (vectors + schedule->vectors - 1) / schedule->vectors, small = vectors / count, large = vectors % count;
  const int64_t cut[3][2] = {
      {large, (small + 1) * lanes}, {count - large - (missing != 0), small * lanes}, {missing != 0, small * lanes - missing}};
  int kinds = 0;
  for (int i = 0; i < 3; i++) {
    if (!cut[i][0]) continue;
    blocks[kinds][0] = cut[i][0];
    blocks[kinds++][1] = cut[i][1];
  }
  return kinds;
}

const char *region_variable(Arena *arena, const MemoryRegion *region) { return region ? arena_printf(arena, "ws_%s", region->name) : "ws"; }

bool has_form(const Plan *plan, ScheduleKind kind) {
  for (int k = 0; k < plan->step_count; k++)
    if (plan->steps[k]->schedule.kind == kind) return true;
  return false;
}

int winograd_planes(WinogradForm form) { return (form.results[0] + form.taps[0] - 1) * (form.results[1] + form.taps[1] - 1); }

const char *winograd_name(Arena *arena, WinogradForm form) {
  return arena_printf(arena, "F(%dx%d, %dx%d)", form.results[0], form.results[1], form.taps[0], form.taps[1]);
}

void steps_of_round(const Plan *plan, int k, int *first, int *last) {
  *first = *last = k;
  if (plan->batch == 1 || plan->steps[k]->all_samples) return;
  while (*first > 0 && !plan->steps[*first - 1]->all_samples) --*first;
  while (*last + 1 < plan->step_count && !plan->steps[*last + 1]->all_samples) ++*last;
}

static bool reads_buffer(const Plan *plan, const Step *step, const Buffer *buffer) {
  if (step->kind == STEP_COPY && plan->views[step->source->id].buffer == buffer) return true;
  for (int i = 0; i < step->operand_count; i++)
    if (step->operands[i].value && plan->views[step->operands[i].value->id].buffer == buffer) return true;
  return false;
}

/* The steps during which what a buffer holds matters: from the first that writes it to the last that reads or writes it. */
typedef struct Life {
  int first, last; /* last < first: none */
} Life;

/* Steps that are computed in stripes happen together; what holds all samples is written and read in all of a round of steps.
 * Recomputed from the steps, not from Buffer.first and last. */
static Life life_of(const Plan *plan, const Buffer *buffer) {
  Life life = {plan->step_count, -1};
  for (int k = 0; k < plan->step_count; k++) {
    const Step *step = plan->steps[k];
    int first = first_together(plan, k), last = last_together(plan, k);
    if (buffer->samples > 1) steps_of_round(plan, k, &first, &last);
    if (step->scratch == buffer) first = last = k;
    else if (step->output.buffer != buffer) {
      if (reads_buffer(plan, step, buffer) && last > life.last) life.last = last;
      continue;
    }
    if (first < life.first) life.first = first;
    if (last > life.last) life.last = last;
  }
  return life;
}

static const Size *all_elements(Arena *a, const Buffer *b) {
  if (b->samples <= 1) return b->elements;
  return size_add(a, b->elements, size_mul_int(a, b->sample, b->samples - 1));
}

/* Values of the dims at which a plan is looked at: numbers, once sizes are taken there. */
typedef struct Place {
  Arena *arena;
  const Plan *plan;
  SizeSample dims;
  const Life *lives; /* one for each buffer */
} Place;

static int64_t at(const Place *p, const Size *size) { return size_at(size, &p->dims); }

static bool inside(const Place *p, const Size *offset, const Size *size, const Size *whole) {
  return at(p, offset) >= 0 && at(p, offset) + at(p, size) <= at(p, whole);
}

static bool lies_inside(const Place *p, const View *v, const TensorType *type) {
  bool rows = v->buffer->striped || inside(p, v->row, type_height(type), v->buffer->height); /* a stripe's: see verify_stripes */
  return rows && inside(p, v->channel, type_channels(type), v->buffer->channels) &&
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

typedef struct Region {
  int64_t begin[3], end[3];
} Region;

static Region region_of(const Place *p, const View *v, const TensorType *type) {
  const Size *begin[] = {v->channel, v->row, v->column}, *sizes[] = {type_channels(type), type_height(type), type_width(type)};
  Region r;
  for (int i = 0; i < 3; i++) {
    r.begin[i] = at(p, begin[i]);
    r.end[i] = r.begin[i] + at(p, sizes[i]);
  }
  return r;
}

static bool intersect(const Region *a, const Region *b) {
  bool apart = false;
  for (int i = 0; i < 3; i++) apart = apart || a->end[i] <= b->begin[i] || b->end[i] <= a->begin[i];
  return !apart;
}

/* Whether what the step computes is the value, or a part of it, or that of which the value is a part. */
static bool computes(const Step *step, const Value *value) {
  if (step->result == value || (step->kind == STEP_COPY && step->source == value)) return true;
  const Node *producer = value->producer;
  if (!producer) return false;
  bool joined = producer->op->kind == OPERATOR_JOIN;
  if (!joined && producer->op->kind != OPERATOR_SLICE && producer->op->kind != OPERATOR_VIEW) return false;
  for (int i = 0; i < (joined ? producer->input_count : 1); i++)
    if (computes(step, producer->inputs[i])) return true;
  return false;
}

/* Whether a value that lies there is what was computed when step `reader` reads it: nothing else was written over it meanwhile,
 * nor is by the reader itself, unless that works in place. */
static const char *verify_intact(const Place *p, int reader, const Value *value, const View *view) {
  const Plan *plan = p->plan;
  Region region = region_of(p, view, &value->type), written = {0};
  bool known = false;
  for (int k = 0; k <= reader; k++) {
    const Step *step = plan->steps[k];
    if (step->output.buffer != view->buffer) continue;
    Region output = region_of(p, &step->output, &step->result->type);
    if (!intersect(&output, &region)) continue;
    if (k < reader && computes(step, value)) {
      written = output;
      known = true;
    } else if (k < reader ? known && intersect(&output, &written) : !step->in_place && !computes(step, value)) {
      return arena_printf(p->arena, "step %s writes over %s, which %s reads", step->name, value->name, plan->steps[reader]->name);
    }
  }
  return NULL;
}

static const char *verify_read(const Place *p, int reader, const Value *value);

/* The same of an arm of what lies there: the arm itself, or copies of it. */
static const char *verify_arm(const Place *p, int reader, const Value *arm, const Value *joined) {
  const View *whole = &p->plan->views[joined->id];
  Region region = region_of(p, whole, &joined->type);
  const char *fault = p->plan->views[arm->id].buffer == whole->buffer ? verify_read(p, reader, arm) : NULL;
  for (int k = 0; !fault && k < reader; k++) {
    const Step *step = p->plan->steps[k];
    if (step->kind != STEP_COPY || step->output.buffer != whole->buffer || !computes(step, arm)) continue;
    if (!type_equal_shape(&step->result->type, &arm->type)) continue; /* of a part of it */
    Region output = region_of(p, &step->output, &step->result->type);
    if (intersect(&output, &region)) fault = verify_intact(p, reader, arm, &step->output);
  }
  return fault;
}

static const char *verify_read(const Place *p, int reader, const Value *value) {
  const Node *producer = value->producer;
  const char *fault = verify_intact(p, reader, value, &p->plan->views[value->id]);
  for (int i = 0; !fault && producer && producer->op->kind == OPERATOR_JOIN && i < producer->input_count; i++)
    fault = verify_arm(p, reader, producer->inputs[i], value);
  return fault;
}

static const char *verify_contents(const Place *p) {
  const char *fault = NULL;
  for (int k = 0; !fault && k < p->plan->step_count; k++) {
    const Step *step = p->plan->steps[k];
    if (step->kind == STEP_COPY) fault = verify_read(p, k, step->source);
    for (int i = 0; !fault && i < step->operand_count; i++)
      if (step->operands[i].value && step->operands[i].value != step->result) fault = verify_read(p, k, step->operands[i].value);
  }
  return fault;
}

static const char *verify_overlap(const Place *p, int i, int j) {
  const Buffer *a = p->plan->buffers[i], *b = p->plan->buffers[j];
  if (a->region != b->region) return NULL;
  int first = p->lives[i].first > p->lives[j].first ? p->lives[i].first : p->lives[j].first;
  int last = p->lives[i].last < p->lives[j].last ? p->lives[i].last : p->lives[j].last;
  if (last < first) return NULL;
  int64_t start = at(p, a->offset), end = start + (at(p, all_elements(p->arena, a)) + a->read_beyond) * dtype_bytes(a->dtype);
  int64_t other = at(p, b->offset), other_end = other + at(p, all_elements(p->arena, b)) * dtype_bytes(b->dtype);
  if (other_end <= start || end <= other) return NULL;
  return arena_printf(p->arena, "buffers %s and %s overlap in step %s", a->name, b->name, p->plan->steps[first]->name);
}

static const char *verify_buffers(const Place *p) {
  const char *fault = NULL;
  for (int i = 0; !fault && i < p->plan->buffer_count; i++) {
    const Buffer *a = p->plan->buffers[i];
    if (a->kind != BUFFER_WORKSPACE || !a->offset) continue;
    int64_t start = at(p, a->offset), end = start + (at(p, all_elements(p->arena, a)) + a->read_beyond) * dtype_bytes(a->dtype);
    if (start % p->plan->workspace_align) return arena_printf(p->arena, "buffer %s is not aligned", a->name);
    int64_t most = a->region ? a->region->bytes : at(p, p->plan->workspace_bytes);
    if (start < 0 || end > most)
      return arena_printf(p->arena, "buffer %s lies outside the %s", a->name, a->region ? a->region->name : "workspace");
    for (int j = 0; !fault && j < i; j++) {
      const Buffer *b = p->plan->buffers[j];
      if (b->kind == BUFFER_WORKSPACE && b->offset) fault = verify_overlap(p, i, j);
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

static const char *verify_regions(Arena *arena, MemoryRegion *const *regions, int count) {
  for (int i = 0; i < count; i++)
    if (regions[i]->bytes > regions[i]->most) return arena_printf(arena, "region %s is too small", regions[i]->name);
  return NULL;
}

const char *verify_plan(Arena *arena, const Plan *plan) {
  Life *lives = ARENA_ARRAY(arena, Life, (size_t)plan->buffer_count + 1);
  for (int i = 0; i < plan->buffer_count; i++) lives[i] = life_of(plan, plan->buffers[i]);
  Place place = {.arena = arena, .plan = plan, .lives = lives};
  const char *fault = verify_regions(arena, plan->ram, plan->ram_count);
  if (!fault) fault = verify_regions(arena, plan->flash, plan->flash_count);
  int dim_count = plan->graph ? plan->graph->dim_count : 0;
  for (int k = 0; !fault && k < (dim_count ? PLACES : 1); k++) {
    place.dims.count = 0;
    for (int i = 0; i < dim_count && i < MAX_SAMPLE_DIMS; i++) {
      place.dims.dims[place.dims.count] = plan->graph->dims[i];
      place.dims.values[place.dims.count++] = value_at(plan->graph->dims[i], i, k);
    }
    fault = verify_views(&place);
    if (!fault) fault = verify_buffers(&place);
    if (!fault) fault = verify_contents(&place);
  }
  return fault ? fault : verify_stripes(arena, plan);
}
