/* fit_memory.c - see fit_memory.h. What is live in each group that could be is measured once; then all steps are cut into groups and
 * single steps in the best way. Nothing is computed twice, so this costs no multiply-adds. */
#include "passes/fit_memory.h"

#include "ir/operator.h"
#include "ir/stripes.h"
#include "passes/passes.h"

typedef struct Group {
  int first, last;
  int64_t rows;
} Group;

typedef struct Fit {
  Compilation *c;
  Plan *plan;
  PlanState whole;        /* without groups */
  Arena *arena, *scratch; /* scratch: of trials */
  bool *begins, *hands_over;
  int64_t **bytes;
  Group *groups;
  int count;
} Fit;

static bool is_live(const Buffer *b, int k) {
  return b->kind == BUFFER_WORKSPACE && !b->region && b->first >= 0 && b->first <= k && k <= b->last;
}

static int64_t live_bytes(const Plan *plan, int k) {
  int64_t sum = 0;
  for (int i = 0; i < plan->buffer_count; i++)
    if (is_live(plan->buffers[i], k)) sum += plan->buffers[i]->greatest_bytes;
  return sum;
}

static int peak_step(const Plan *plan) {
  int peak = 0;
  for (int k = 1; k < plan->step_count; k++)
    if (live_bytes(plan, k) > live_bytes(plan, peak)) peak = k;
  return peak;
}

static int64_t at_most(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t at_least(int64_t a, int64_t b) { return a > b ? a : b; }

/* The plan with these groups, measured. Trials take memory of their own. false: there is no such plan. */
static bool form_groups(Fit *f, const Group *groups, int count) {
  restore_plan(f->plan, &f->whole);
  for (int i = 0; i < count; i++)
    if (!form_stripes(f->plan, groups[i].first, groups[i].last, groups[i].rows)) return false;
  plan_memory(f->c, f->plan);
  return true;
}

static void begin_trial(Fit *f) {
  f->scratch->out_of_memory = f->arena->out_of_memory;
  f->plan->arena = f->scratch;
}

static void end_trial(Fit *f) {
  f->plan->arena = f->arena;
  restore_plan(f->plan, &f->whole);
  arena_free(f->scratch);
  *f->scratch = (Arena){0};
}

/* What is live while these steps are computed as one group, in stripes of so many rows; SIZE_LIMIT: they cannot be one. Only
 * little depends on which other groups there are. */
static int64_t bytes_of_group(Fit *f, Group group) {
  begin_trial(f);
  int64_t bytes = form_groups(f, &group, group.first < group.last) ? live_bytes(f->plan, group.first) : SIZE_LIMIT;
  end_trial(f);
  return bytes;
}

/* bytes[k][n]: of the group of the n steps before step k, in stripes of one row; of a single step as it is. */
static void measure_groups(Fit *f) {
  int steps = f->plan->step_count;
  f->bytes = ARENA_ARRAY(f->arena, int64_t *, (size_t)steps + 1);
  for (int k = 1; k <= steps; k++) {
    f->bytes[k] = ARENA_ARRAY(f->arena, int64_t, (size_t)k + 1);
    f->bytes[k][1] = bytes_of_group(f, (Group){k - 1, k - 1, 1});
    int first = k - 1;
    while (first > 0 && f->hands_over[first - 1]) first--;
    for (int n = 2; n <= k; n++)
      f->bytes[k][n] = k - n >= first && f->begins[k - n] ? bytes_of_group(f, (Group){k - n, k - 1, 1}) : SIZE_LIMIT;
  }
}

/* The best way to cut all steps into groups and single steps: that in which no more than the limit is live and the fewest steps
 * are in groups; where there is none, the one that needs least. */
static void choose_groups(Fit *f, int64_t limit) {
  int steps = f->plan->step_count;
  int64_t *most = ARENA_ARRAY(f->arena, int64_t, (size_t)steps + 1); /* live in the best way to cut the steps before k, */
  int *grouped = ARENA_ARRAY(f->arena, int, (size_t)steps + 1);      /* how many of them are in groups, */
  int *length = ARENA_ARRAY(f->arena, int, (size_t)steps + 1);       /* and how many are in the last one */
  for (int k = 1; k <= steps; k++) {
    most[k] = SIZE_LIMIT, grouped[k] = grouped[k - 1], length[k] = 1; /* also where sizes have no end */
    for (int n = 1; n <= k; n++) {
      int64_t live = at_least(at_least(most[k - n], f->bytes[k][n]), limit);
      int count = grouped[k - n] + (n > 1 ? n : 0);
      if (live > most[k] || (live == most[k] && (live == SIZE_LIMIT || count >= grouped[k]))) continue;
      most[k] = live, grouped[k] = count, length[k] = n;
    }
  }
  f->count = 0;
  for (int k = steps; k > 0; k -= length[k])
    if (length[k] > 1) ARENA_PUSH(f->arena, f->groups, f->count, ((Group){k - length[k], k - 1, 1}));
}

/* Higher stripes move fewer rows: as high as the limit allows. */
static void choose_rows(Fit *f, int64_t limit) {
  for (int i = 0; i < f->count; i++) {
    Group *g = &f->groups[i];
    int64_t height = size_value(type_height(&f->plan->steps[g->last]->result->type));
    for (Group higher = *g; 2 * higher.rows < height; g->rows = higher.rows) {
      higher.rows *= 2;
      if (bytes_of_group(f, higher) > limit) break;
    }
  }
}

static int64_t workspace_bytes(const Plan *plan) { return size_maximum(plan->workspace_bytes); }

/* Whether a size of the input has no end, and so the workspace; says it. */
static bool report_endless(Compilation *c, const Plan *plan, int64_t most) {
  if (workspace_bytes(plan) < SIZE_LIMIT) return false;
  for (int i = 0; i < plan->graph->dim_count; i++) {
    const Dim *dim = plan->graph->dims[i];
    if (dim_greatest(dim) < SIZE_LIMIT) continue;
    Diagnostic *d = report(c->diagnostics, CODE_E0705, plan->graph->span,
                           "the workspace grows with `%s` without end, `--max-ram` allows %lld", dim->name, (long long)most);
    add_help(d, "give its range an end, as in `dim %s in %lld..1024`, or choose one size by `--size %s=..`", dim->name,
             (long long)dim_least(dim), dim->name);
    return true;
  }
  return false;
}

static void report_peak(Compilation *c, const Plan *plan, int64_t most) {
  int peak = peak_step(plan);
  Diagnostic *d = report(c->diagnostics, CODE_E0705, plan->graph->span, "the workspace needs %lld bytes, `--max-ram` allows %lld",
                         (long long)workspace_bytes(plan), (long long)most);
  Text sum = text_new(plan->arena);
  const Buffer *largest = NULL;
  for (int i = 0; i < plan->buffer_count; i++) {
    const Buffer *b = plan->buffers[i];
    if (!is_live(b, peak)) continue;
    text_addf(&sum, "%s%s %lld", sum.length ? " + " : "", b->name, (long long)b->greatest_bytes);
    if (!largest || b->greatest_bytes > largest->greatest_bytes) largest = b;
  }
  int64_t live = live_bytes(plan, peak), gaps = workspace_bytes(plan) - live;
  int first = first_together(plan, peak), last = last_together(plan, peak);
  add_note(d, "most is live in `%s`%s%s%s: %s = %lld bytes", plan->steps[first]->name, first < last ? " to `" : "",
           first < last ? plan->steps[last]->name : "", first < last ? "`" : "", text_string(&sum), (long long)live);
  if (gaps > 0) add_note(d, "%lld more are gaps between tensors that do not live equally long", (long long)gaps);
  if (c->options->stripes == STRIPES_NONE)
    add_help(d, "without `--stripes none`, layers that follow each other can be computed in stripes of rows");
  else if (plan->batch > 1) add_help(d, "without `--batch`, layers that follow each other can be computed in stripes of rows");
  else add_note(d, "layers that follow each other are computed in stripes of rows already, where that makes it smaller");
  if (has_form(plan, SCHEDULE_WINOGRAD))
    add_help(d, "`--winograd none` spares the room for Winograd's tiles and lets those layers be computed in stripes");
  if (largest) add_help(d, "`%s` has most: fewer channels, a smaller input or an earlier stride save that", largest->name);
}

bool fits_memory(Compilation *c, Plan *plan, int64_t most) {
  plan_memory(c, plan);
  return workspace_bytes(plan) <= most;
}

static void free_scratch(void *scratch) { arena_free(scratch); }

bool fit_memory(Compilation *c, Plan *plan, int64_t most) {
  Fit f = {.c = c, .plan = plan, .whole = save_plan(plan), .arena = plan->arena, .scratch = ARENA_NEW(plan->arena, Arena)};
  arena_defer(f.arena, free_scratch, f.scratch);
  f.begins = ARENA_ARRAY(f.arena, bool, (size_t)plan->step_count + 1);
  f.hands_over = ARENA_ARRAY(f.arena, bool, (size_t)plan->step_count + 1);
  for (int k = 0; k < plan->step_count; k++) {
    f.begins[k] = c->options->stripes != STRIPES_NONE && can_begin_stripes(plan, k);
    f.hands_over[k] = can_hand_over(plan, k);
  }
  measure_groups(&f);
  int64_t limit = most; /* of what is live; less where buffers leave gaps between them */
  for (bool fits = false; !fits && limit > 0; limit -= at_most(limit, workspace_bytes(plan) - most)) {
    choose_groups(&f, limit);
    choose_rows(&f, limit);
    if (!form_groups(&f, f.groups, f.count)) form_groups(&f, f.groups, f.count = 0);
    fits = workspace_bytes(plan) <= most;
    if (fits) return true;
    if (live_bytes(plan, peak_step(plan)) > limit) break; /* this is the least */
  }
  if (!report_endless(c, plan, most)) report_peak(c, plan, most);
  return false;
}
