/* lower_tiled.c - a nest as loops over tiles, each computed by a kernel that keeps its results in registers.
 *
 * Here: what the nest reads as affine functions of its axes, which reduction axes form one run, and the loops of the
 * layer. Measurements behind the form: docs/decisions/0002-schedules.md. */
#include <string.h>

#include "passes/limits.h"

/* ---- what the nest reads, as affine functions of its axes ---- */

typedef struct CollectAccess {
  Tiling *tiling;
} CollectAccess;

static int64_t packed_per_lane(const PackedPart *part) { /* numbers for one step along the lane axis */
  int64_t elements = 1;
  bool inside = false;
  for (int i = 0; i < part->axis_count; i++) {
    if (inside) elements *= size_value(part->axes[i].extent);
    inside = inside || strcmp(part->axes[i].var, part->lane_axis) == 0;
  }
  return elements;
}

/* Offset of a block's first number: earlier result axes, then whole blocks. */
static Expr *packed_origin(const Tiling *t, const PackedPart *part) {
  Expr *origin = number(t, 0);
  for (int i = 0; i < part->axis_count; i++) {
    Expr *var = expr_index(t->arena, part->axes[i].var);
    if (strcmp(part->axes[i].var, part->lane_axis) == 0) {
      int64_t per_lane = packed_per_lane(part);
      origin = add(t, mul(t, origin, number(t, part->lane_extent * per_lane)), mul(t, var, number(t, per_lane)));
      return add(t, origin, number(t, part->start));
    }
    origin = add(t, mul(t, origin, expr_size(t->arena, part->axes[i].extent)), var);
  }
  return add(t, origin, number(t, part->start));
}

static Expr *at_begin(const Tiling *t, Expr *e, const Axis *axes, int count) {
  for (int i = 0; i < count; i++) e = substitute_var(t->arena, e, axes[i].var, axes[i].begin ? axes[i].begin : number(t, 0));
  return e;
}

static Expr *without_single_axes(const Tiling *t, Expr *e) {
  for (int i = 0; i < t->nest->result_count; i++)
    if (size_is(t->nest->result_axes[i].extent, 1)) e = substitute_var(t->arena, e, t->nest->result_axes[i].var, number(t, 0));
  return e;
}

static void describe_operand(Tiling *t, KernelOperand *k, const BoundOperand *bound, Expr *offset) {
  k->bound = bound;
  const PackedPart *part = bound->packed ? packed_part(t->b, bound) : NULL;
  if (part && part->lane_axis) {
    k->along_lanes = true;
    k->per_lane = packed_per_lane(part);
    k->streamed = t->reduction_count > 0 && k->per_lane > 1;
    Expr *origin = packed_origin(t, part);
    k->step_tile = t->tile ? coefficient_of(t->arena, origin, t->tile->var) : number(t, 0); /* constants may differ from place to place */
    k->origin = without_single_axes(t, origin);
    for (int i = 0; i < t->reduction_count; i++) k->step_reduction[i] = number(t, 0);
    return;
  }
  k->along_lanes = expr_is_int(coefficient_of(t->arena, offset, t->lane->var), 1);
  k->step_tile = t->tile ? coefficient_of(t->arena, offset, t->tile->var) : number(t, 0);
  for (int i = 0; i < t->reduction_count; i++) k->step_reduction[i] = coefficient_of(t->arena, offset, t->reductions[i].var);
  k->origin = without_single_axes(t, at_begin(t, offset, t->nest->reduction_axes, t->nest->reduction_count));
}

/* All reads of an operand start at one place, so that one pointer serves them. */
static Expr *collect_visit(void *context, Expr *e) {
  Tiling *t = ((CollectAccess *)context)->tiling;
  if (e->kind != EXPR_ACCESS) return e;
  KernelOperand read = {0}, *known = &t->operands[e->operand];
  describe_operand(t, &read, &t->b->operands[e->operand], element_offset(t->b, e));
  if (known->bound && !expr_equal(known->origin, read.origin))
    t->b->program->fault = arena_printf(t->arena, "%s is read from two places", t->b->step->name);
  if (!known->bound) *known = read;
  return e;
}

static void collect_operands(Tiling *t) {
  t->operands = ARENA_ARRAY(t->arena, KernelOperand, (size_t)t->b->step->operand_count + 1);
  CollectAccess context = {t};
  const Nest *nest = t->nest;
  if (nest->update) rewrite_expr(t->arena, nest->update, collect_visit, &context);
  if (nest->initial) rewrite_expr(t->arena, nest->initial, collect_visit, &context);
  rewrite_expr(t->arena, nest->result, collect_visit, &context);
  for (int i = 0; i < nest->epilogue_count; i++) rewrite_expr(t->arena, nest->epilogue[i], collect_visit, &context);
  describe_operand(t, &t->output, &t->b->output, output_offset(t->b, nest->output));
}

/* ---- reduction axes: single points are dropped, neighbours that form one run are merged ---- */

static bool runs_on(const Tiling *t, int outer, int inner) {
  if (is_clipped(&t->reductions[outer]) || is_clipped(&t->reductions[inner])) return false;
  for (int i = 0; i < t->b->step->operand_count; i++) {
    const KernelOperand *k = &t->operands[i];
    if (!k->bound || k->streamed) continue;
    const Size *far = expr_as_size(t->arena, k->step_reduction[outer]), *near = expr_as_size(t->arena, k->step_reduction[inner]);
    if (!far || !near || !size_equal(far, size_mul(t->arena, near, t->reductions[inner].extent))) return false;
  }
  return true;
}

void drop_reduction(Tiling *t, int index) {
  t->reduction_count--;
  for (int r = index; r < t->reduction_count; r++) {
    t->reductions[r] = t->reductions[r + 1];
    for (int i = 0; i < t->b->step->operand_count; i++)
      if (t->operands[i].bound) t->operands[i].step_reduction[r] = t->operands[i].step_reduction[r + 1];
  }
}

static void merge_reductions(Tiling *t) {
  for (int r = t->reduction_count; r-- > 0;)
    if (size_is(t->reductions[r].extent, 1) && !is_clipped(&t->reductions[r]) && t->reduction_count > 1) drop_reduction(t, r);
  for (int r = t->reduction_count - 1; r > 0; r--)
    if (runs_on(t, r - 1, r)) {
      t->reductions[r].extent = size_mul(t->arena, t->reductions[r - 1].extent, t->reductions[r].extent);
      drop_reduction(t, r - 1);
    }
}

/* ---- the layer's loops ---- */

/* Steps of one width along an axis; what is computed in one of them is a block of channels or a tile of points. */
typedef struct Run {
  const char *var;
  Expr *begin, *end;
  int64_t width;
  int64_t channels;       /* blocks of channels: the last one may hold fewer than its vectors have lanes */
  const PointRun *points; /* points with limits of their own; NULL: they have none, or compute them */
} Run;

typedef struct Runs {
  Run *items;
  int count;
} Runs;

static Run run_of(const Tiling *t, const Axis *axis, int64_t start, int64_t count, int64_t width) {
  return (Run){axis->var, number(t, start), number(t, start + count * width), width, width, NULL};
}

static bool is_single(const Run *run) {
  return run->begin->kind == EXPR_INT && run->end->kind == EXPR_INT && run->begin->integer + run->width >= run->end->integer;
}

static Expr *place(const Tiling *t, const Run *run) { return is_single(run) ? run->begin : expr_index(t->arena, run->var); }

/* A single step needs no loop. */
static Stmt *loop_over(const Tiling *t, const Run *run, Stmt *body) {
  return is_single(run) ? body : stmt_for_points(t->arena, run->var, run->begin, run->end, number(t, run->width), body);
}

static void add_run(const Tiling *t, Runs *runs, Run run) { ARENA_PUSH(t->arena, runs->items, runs->count, run); }

/* A row whose length varies: full tiles, then single points. */
static void cut_varying_row(const Tiling *t, Runs *runs) {
  int64_t points = points_have_limits(t) ? 1 : t->b->step->schedule.tile;
  const Size *full = size_mul_int(t->arena, size_floor_div(t->arena, t->tile->extent, points), points);
  Expr *begin = number(t, 0), *end = expr_size(t->arena, full), *extent = expr_size(t->arena, t->tile->extent);
  add_run(t, runs, (Run){t->tile->var, begin, end, points, points, NULL});
  if (points == 1 || size_equal(full, t->tile->extent)) return;
  add_run(t, runs, (Run){t->tile->var, end, extent, 1, 1, NULL});
}

/* Tiles of so many points: as few as possible, of nearly equal size. */
static void cut_points(const Tiling *t, Runs *runs, int64_t start, int64_t extent, const PointRun *points) {
  int64_t most = t->b->step->schedule.tile, tiles = (extent + most - 1) / most, small = extent / tiles, large_count = extent % tiles;
  int first = runs->count;
  if (large_count) add_run(t, runs, run_of(t, t->tile, start, large_count, small + 1));
  add_run(t, runs, run_of(t, t->tile, start + large_count * (small + 1), tiles - large_count, small));
  for (int i = first; i < runs->count; i++) runs->items[i].points = points;
}

/* All tiles of a row. */
static Runs cut_row(const Tiling *t) {
  Runs runs = {0};
  int64_t extent;
  if (!t->tile) {
    add_run(t, &runs, (Run){NULL, number(t, 0), number(t, 1), 1, 1, NULL});
    return runs;
  }
  int count = 0;
  const PointRun *points = points_have_limits(t) ? runs_of_points(t, &count) : NULL;
  for (int i = 0; points && i < count; i++) cut_points(t, &runs, points[i].start, points[i].count, &points[i]);
  if (points) return runs;
  if (points_have_limits(t) || !size_is_const(t->tile->extent, &extent)) cut_varying_row(t, &runs);
  else cut_points(t, &runs, 0, extent, NULL);
  return runs;
}

/* Blocks of channels, of nearly equal size; the very last may hold fewer channels than lanes. */
static Runs cut_channels(const Tiling *t) {
  const Schedule *schedule = &t->b->step->schedule;
  int64_t extent = size_value(t->lane->extent), lanes = schedule->lanes;
  int64_t vectors = (extent + lanes - 1) / lanes, blocks = (vectors + schedule->vectors - 1) / schedule->vectors;
  int64_t small = vectors / blocks, large_count = vectors % blocks, start = 0;
  Runs runs = {0};
  while (start < extent) {
    int64_t width = (large_count ? small + 1 : small) * lanes;
    int64_t steps = large_count ? large_count : (extent - start) / width;
    if (steps == 0) steps = 1; /* the last block, partly filled */
    if (start + steps * width > extent && steps > 1) steps--;
    Run run = run_of(t, t->lane, start, steps, width);
    if (start + width > extent) run.channels = extent - start;
    add_run(t, &runs, run);
    start += steps * width;
    large_count = large_count > steps ? large_count - steps : 0;
  }
  return runs;
}

static Stmt *call_for(const Tiling *t, const Run *points, const Run *channels) {
  Tiling part = *t;
  part.run = points->points;
  int vectors = (int)(channels->width / t->lanes);
  return call_kernel(&part, (int)points->width, vectors, channels->channels, t->tile ? place(t, points) : NULL, place(t, channels));
}

/* What is computed at one place of a row, once for all that is done there. */
static Stmt *at_point(const Tiling *t, const Run *points, Stmt *body) {
  return loop_over(t, points, points_have_limits(t) && !points->points ? limits_of(t, t->tile, body) : body);
}

static Stmt *outer_loops(const Tiling *t, Stmt *body) {
  for (int i = t->nest->result_count; i-- > 0;) {
    const Axis *axis = &t->nest->result_axes[i];
    if (axis == t->lane || axis == t->tile || size_is(axis->extent, 1)) continue;
    body = stmt_for_points(t->arena, axis->var, number(t, 0), expr_size(t->arena, axis->extent), number(t, 1), limits_of(t, axis, body));
  }
  return body;
}

/* Every tile for all blocks of channels, one after the other. */
static Stmt *tiles_outside(const Tiling *t, Runs points, Runs channels) {
  Stmt *body = NULL;
  for (int p = 0; p < points.count; p++) {
    Stmt *tile = NULL;
    for (int c = 0; c < channels.count; c++)
      tile = stmt_then(tile, loop_over(t, &channels.items[c], call_for(t, &points.items[p], &channels.items[c])));
    body = stmt_then(body, at_point(t, &points.items[p], tile));
  }
  return outer_loops(t, body);
}

/* Every block of channels for all tiles of a row, or of all rows. */
static Stmt *channels_outside(const Tiling *t, Runs points, Runs channels) {
  bool outermost = t->b->step->schedule.channels_outermost;
  Stmt *body = NULL;
  for (int c = 0; c < channels.count; c++) {
    Stmt *row = NULL;
    for (int p = 0; p < points.count; p++)
      row = stmt_then(row, at_point(t, &points.items[p], call_for(t, &points.items[p], &channels.items[c])));
    if (outermost) row = outer_loops(t, row);
    if (t->outside) row = stmt_for(t->arena, t->outside->var, number(t, 0), expr_size(t->arena, t->outside->extent), number(t, 1), row);
    body = stmt_then(body, loop_over(t, &channels.items[c], row));
  }
  return outermost ? body : outer_loops(t, body);
}

/* All rows as one. */
static const Nest *flattened(const StepBinding *b) {
  Nest *nest = ARENA_NEW(b->plan->arena, Nest);
  *nest = *b->nest;
  Axis *row = &nest->result_axes[axis_of_rows(nest) - nest->result_axes];
  row[1].extent = size_mul(b->plan->arena, row[0].extent, row[1].extent);
  row[0].extent = size_of(b->plan->arena, 1);
  return nest;
}

/* Whether places along the axis have weights of their own, as the phases of a transposed convolution have: points of one tile
 * share what is read from front to back. */
static bool changes_weights(const StepBinding *b, const Nest *nest, const Axis *axis) {
  for (int i = 0; nest->reduction_count && i < b->step->operand_count; i++) {
    const PackedPart *part = b->operands[i].packed ? packed_part(b, &b->operands[i]) : NULL;
    for (int k = 0; part && part->lane_axis && k < part->axis_count; k++)
      if (strcmp(part->axes[k].var, axis->var) == 0) return true;
  }
  return false;
}

Stmt *lower_tiled(const StepBinding *b) {
  const Schedule *schedule = &b->step->schedule;
  const Nest *nest = with_tap_counts(b->plan->arena, schedule->flat ? flattened(b) : b->nest);
  Tiling t = {.b = b, .arena = b->plan->arena, .nest = nest, .lanes = schedule->lanes};
  t.lane = find_axis(nest, nest->lane_axis);
  t.tile = find_axis(nest, nest->tile_axis);
  if (t.tile && size_is(t.tile->extent, 1)) t.tile = axis_of_rows(nest); /* a column */
  if (t.tile && (size_is(t.tile->extent, 1) || changes_weights(b, nest, t.tile))) t.tile = NULL;
  t.reduction_count = nest->reduction_count;
  memcpy(t.reductions, nest->reduction_axes, sizeof t.reductions);
  collect_operands(&t);
  merge_reductions(&t);
  if (schedule->reduction_outside) move_reduction_outside(&t);
  Runs points = cut_row(&t), channels = cut_channels(&t);
  bool tiles_first = schedule->tiles_outermost || (schedule->flat && !schedule->channels_outermost);
  return limits_of(&t, NULL, tiles_first ? tiles_outside(&t, points, channels) : channels_outside(&t, points, channels));
}
