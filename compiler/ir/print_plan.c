/* print_plan.c - the plan as tables that a person can read: a function for each column; one in which nothing stands is
 * left out. Decides nothing. */
#include <string.h>

#include "ir/operator.h"
#include "ir/plan.h"
#include "support/table.h"

typedef void PrintCell(Text *out, const Plan *plan, int row);

typedef struct PlanColumn {
  const char *title;
  PrintCell *print;
} PlanColumn;

/* Columns from `numbers` on stand at the right. */
static void print_columns(Text *out, const Plan *plan, const PlanColumn *columns, int count, int numbers, int rows) {
  Arena *arena = out->arena;
  const char **cells[MAX_COLUMNS];
  int kept = 0, left = 0;
  for (int i = 0; i < count; i++) {
    const char **column = ARENA_ARRAY(arena, const char *, (size_t)rows + 1);
    bool filled = false;
    column[0] = columns[i].title;
    for (int row = 0; row < rows; row++) {
      Text text = text_new(arena);
      columns[i].print(&text, plan, row);
      column[row + 1] = text_string(&text);
      filled = filled || text.length;
    }
    if (!filled) continue;
    left += i < numbers;
    cells[kept++] = column;
  }
  const char **by_row = ARENA_ARRAY(arena, const char *, ((size_t)rows + 1) * (size_t)kept + 1);
  for (int row = 0; row <= rows; row++)
    for (int i = 0; i < kept; i++) by_row[row * kept + i] = cells[i][row];
  if (kept) print_table(out, by_row, rows + 1, kept, left);
}

/* ---- steps ---- */

static void cell_number(Text *out, const Plan *plan, int row) {
  (void)plan;
  text_addf(out, "%d", row);
}

static void cell_name(Text *out, const Plan *plan, int row) { text_add(out, plan->steps[row]->name); }

static void cell_computes(Text *out, const Plan *plan, int row) {
  const Step *s = plan->steps[row];
  if (s->stage) text_addf(out, "%s of ", s->stage->name);
  text_add(out, s->root ? s->root->op->name : "copy");
  for (int i = 0; i < s->fused_count; i++) text_addf(out, " + %s", s->fused[i]->op->name);
}

void print_step_form(Text *out, const Step *s) {
  if (s->schedule.rows) text_add(out, strcmp(s->schedule.rows, s->schedule.columns) == 0 ? "runs" : "transposed");
  if (s->schedule.planar_input || s->schedule.planar_result) text_add(out, "rows of planes");
  if (s->schedule.pixel_result) text_add(out, "rows of pixels");
  if (s->kind != STEP_NEST || s->schedule.rows || s->schedule.planar_input || s->schedule.planar_result || s->schedule.pixel_result) return;
  switch (s->schedule.kind) {
  case SCHEDULE_SCALAR: text_add(out, "scalar"); break;
  case SCHEDULE_TILED: text_add(out, "tiled"); break;
  case SCHEDULE_WINOGRAD: text_addf(out, "Winograd %s", winograd_name(out->arena, s->schedule.winograd)); break;
  }
}

static void cell_form(Text *out, const Plan *plan, int row) { print_step_form(out, plan->steps[row]); }

/* Points by vectors of so many lanes, or by channels; points of several rows in one tile. */
static void cell_tile(Text *out, const Plan *plan, int row) {
  const Schedule *schedule = &plan->steps[row]->schedule;
  if (schedule->kind == SCHEDULE_SCALAR) return;
  if (schedule->plain) text_addf(out, "%d x %d in loops", schedule->tile, schedule->vectors * schedule->lanes);
  else if (schedule->lanes == 1) text_addf(out, "%d x %d floats", schedule->tile, schedule->vectors);
  else text_addf(out, "%d x %d of %d", schedule->tile, schedule->vectors, schedule->lanes);
  if (schedule->flat) text_add(out, ", flat");
}

/* What is outside: all channels of a row, or of a tile, before the next, or all rows for a block of channels before the next. */
static void cell_order(Text *out, const Plan *plan, int row) {
  const Step *s = plan->steps[row];
  if (s->schedule.kind != SCHEDULE_TILED) return;
  text_add(out, s->schedule.channels_outermost ? "channels" : s->schedule.tiles_outermost ? "tiles" : "rows");
}

static bool has_weights(const Step *s) {
  for (int i = 0; i < s->operand_count; i++)
    if (s->operands[i].parameter && s->operands[i].parameter->rank > 1) return true;
  return false;
}

/* Widths of the blocks in which weights are packed. */
static void cell_packing(Text *out, const Plan *plan, int row) {
  const Step *s = plan->steps[row];
  if (s->kind != STEP_NEST || s->schedule.kind == SCHEDULE_SCALAR || !has_weights(s)) return;
  int64_t blocks[3][2];
  int kinds = schedule_blocks(&s->schedule, size_value(find_axis(s->nest, s->nest->lane_axis)->extent), blocks);
  for (int i = 0; i < kinds; i++) {
    if (i) text_add(out, " + ");
    if (blocks[i][0] > 1) text_addf(out, "%lld x ", (long long)blocks[i][0]);
    text_addf(out, "%lld", (long long)blocks[i][1]);
  }
}

void print_view_begin(Text *out, const View *v) {
  if (size_is(v->channel, 0) && size_is(v->row, 0) && size_is(v->column, 0)) return;
  const Size *parts[] = {v->channel, v->row, v->column};
  for (int i = 0; i < 3; i++) {
    text_add(out, i ? ", " : "[");
    size_print(out, parts[i]);
  }
  text_add(out, "]");
}

static void cell_result(Text *out, const Plan *plan, int row) {
  const View *v = &plan->steps[row]->output;
  if (!v->buffer) return; /* not placed yet */
  text_add(out, v->buffer->name);
  print_view_begin(out, v);
}

static void note(Text *out, const char *text) { text_addf(out, "%s%s", out->length ? ", " : "", text); }

static void cell_notes(Text *out, const Plan *plan, int row) {
  const Step *s = plan->steps[row];
  const Schedule *schedule = &s->schedule;
  WinogradForm form = schedule->winograd;
  if (s->stripe)
    note(out, arena_printf(out->arena, "in stripes of %lld rows of %s", (long long)s->stripe->rows, plan->steps[s->stripe->last]->name));
  if (s->in_place) note(out, "in place");
  if (s->zero_border) note(out, "zeroes its border");
  if (schedule->kind == SCHEDULE_WINOGRAD)
    note(out, arena_printf(out->arena, "%d tiles at a time, kernels %.1f times as large", schedule->chunk,
                           (double)winograd_planes(form) / (form.taps[0] * form.taps[1])));
  if (schedule->reduction_outside) note(out, "sums wait in the result");
  if (schedule->ahead) note(out, "weights asked for ahead");
  if (schedule->input_ahead) note(out, "input asked for ahead");
  if (s->all_samples) note(out, "all samples");
  if (schedule->shared_axis) note(out, arena_printf(out->arena, "%s shared by %d threads", schedule->shared_axis, plan->threads));
  if (s->note) note(out, arena_printf(out->arena, "copied: %s", s->note));
}

void print_plan_steps(Text *out, const Plan *plan) {
  static const PlanColumn columns[] = {{"step", cell_number},     {"name", cell_name},        {"computes", cell_computes},
                                       {"form", cell_form},       {"tile", cell_tile},        {"outside", cell_order},
                                       {"packing", cell_packing}, {"result in", cell_result}, {"notes", cell_notes}};
  enum { COUNT = sizeof columns / sizeof *columns };
  print_columns(out, plan, columns, COUNT, COUNT, plan->step_count);
}

/* ---- buffers ---- */

static void cell_buffer(Text *out, const Plan *plan, int row) { text_add(out, plan->buffers[row]->name); }

static void cell_kind(Text *out, const Plan *plan, int row) {
  switch (plan->buffers[row]->kind) {
  case BUFFER_WORKSPACE: text_add(out, plan->buffers[row]->region ? plan->buffers[row]->region->name : "workspace"); break;
  case BUFFER_INPUT: text_add(out, "input"); break;
  case BUFFER_OUTPUT: text_add(out, "output"); break;
  }
}

static void cell_shape(Text *out, const Plan *plan, int row) {
  const Buffer *b = plan->buffers[row];
  const Size *sizes[] = {b->channels, b->height, b->width};
  text_addf(out, "%s ", dtype_name(b->dtype));
  for (int i = 0; i < 3; i++) {
    text_add(out, i ? "x" : "");
    size_print(out, sizes[i]);
  }
  if (b->channels_first) text_add(out, ", channels first");
  if (b->striped) text_add(out, ", a stripe of rows");
}

static void cell_border(Text *out, const Plan *plan, int row) {
  const Border *b = &plan->buffers[row]->border;
  if (b->top || b->bottom || b->left || b->right)
    text_addf(out, "%lld %lld %lld %lld", (long long)b->top, (long long)b->bottom, (long long)b->left, (long long)b->right);
}

static void cell_gap(Text *out, const Plan *plan, int row) {
  if (plan->buffers[row]->gap) text_addf(out, "%lld after each pixel", (long long)plan->buffers[row]->gap);
}

static void cell_samples(Text *out, const Plan *plan, int row) {
  const Buffer *b = plan->buffers[row];
  if (b->offset && b->samples > 1) text_addf(out, "%lld", (long long)b->samples);
}

static void cell_life(Text *out, const Plan *plan, int row) {
  const Buffer *b = plan->buffers[row];
  if (b->offset) text_addf(out, "%d to %d", b->first, b->last);
}

static void cell_offset(Text *out, const Plan *plan, int row) {
  if (plan->buffers[row]->offset) size_print(out, plan->buffers[row]->offset);
}

static void cell_bytes(Text *out, const Plan *plan, int row) {
  if (plan->buffers[row]->offset) size_print(out, plan->buffers[row]->bytes);
}

static void print_buffers(Text *out, const Plan *plan) {
  static const PlanColumn columns[] = {{"buffer", cell_buffer},   {"kind", cell_kind},  {"holds", cell_shape},
                                       {"border", cell_border},   {"unused", cell_gap}, {"steps", cell_life},
                                       {"samples", cell_samples}, {"at", cell_offset},  {"bytes", cell_bytes}};
  enum { COUNT = sizeof columns / sizeof *columns, FIRST_NUMBER = 6 };
  Plan shown = *plan; /* without what stripes made needless */
  shown.buffers = ARENA_ARRAY(out->arena, Buffer *, (size_t)plan->buffer_count + 1);
  shown.buffer_count = 0;
  for (int i = 0; i < plan->buffer_count; i++) {
    Buffer *b = plan->buffers[i];
    bool needless = plan->workspace_bytes && b->kind == BUFFER_WORKSPACE && b->first < 0;
    if (!needless) shown.buffers[shown.buffer_count++] = b;
  }
  print_columns(out, &shown, columns, COUNT, FIRST_NUMBER, shown.buffer_count);
}

void print_regions(Text *out, const char *what, MemoryRegion *const *regions, int count) {
  for (int i = 0; i < count; i++) {
    text_addf(out, "%s %s %lld bytes", what, regions[i]->name, (long long)regions[i]->bytes);
    if (regions[i]->most < SIZE_LIMIT) text_addf(out, " of %lld", (long long)regions[i]->most);
    text_addf(out, ", about %d %% of all accesses\n", regions[i]->percent);
  }
}

int shared_steps(const Plan *plan) {
  int count = 0;
  for (int k = 0; k < plan->step_count; k++) count += plan->steps[k]->schedule.shared_axis != NULL;
  return count;
}

static void print_shared(Text *out, const Plan *plan) {
  int shared = shared_steps(plan);
  if (plan->threads == 1) return;
  if (shared) text_addf(out, "threads share %d of %d steps\n", shared, plan->step_count);
  else text_add(out, "no step is shared: threads would gain too little\n");
}

/* A number; for sizes that vary, the greatest, if there is one. */
void print_plan_totals(Text *out, const Plan *plan) {
  text_add(out, "workspace ");
  size_print(out, plan->workspace_bytes);
  text_add(out, " bytes");
  bool varies = !size_is_const(plan->workspace_bytes, NULL);
  int64_t most = size_maximum(plan->workspace_bytes);
  if (varies && most < SIZE_LIMIT) text_addf(out, ", at most %lld", (long long)most);
  if (plan->lower_bound_bytes >= 0)
    text_addf(out, ", lower bound %lld, %lld without borders%s", (long long)plan->lower_bound_bytes, (long long)plan->bare_bound_bytes,
              varies ? ", at the greatest sizes" : "");
  text_add(out, "\n");
  print_regions(out, "ram", plan->ram, plan->ram_count);
  print_shared(out, plan);
}

void print_plan(Text *out, const Plan *plan) {
  text_addf(out, "plan for %s, %s\n\n", plan->target, plan->portable ? "portable" : "fast");
  print_plan_steps(out, plan);
  text_add(out, "\n");
  print_buffers(out, plan);
  if (!plan->workspace_bytes) return; /* before plan_memory */
  text_add(out, "\n");
  print_plan_totals(out, plan);
}
