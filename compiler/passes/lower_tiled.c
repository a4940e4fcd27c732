/* lower_tiled.c - a nest as loops over tiles, each computed by a kernel that keeps its results in registers.
 *
 * Here: what the nest reads as affine functions of its axes, which reduction axes form one run, and the loops of the
 * layer. Measurements behind the form: docs/decisions/0002-schedules.md. */
#include <string.h>

#include "passes/limits.h"

static const Axis *result_axis(const Nest *nest, const char *name) {
  for (int i = 0; name && i < nest->result_count; i++)
    if (strcmp(nest->result_axes[i].var, name) == 0) return &nest->result_axes[i];
  return NULL;
}

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
      int64_t padded = 0;
      for (int k = 0; k < part->block_kinds; k++) padded += part->blocks[k][0] * part->blocks[k][1];
      int64_t per_lane = packed_per_lane(part);
      origin = add(t, mul(t, origin, number(t, padded * per_lane)), mul(t, var, number(t, per_lane)));
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
    k->streamed = t->reduction_count > 0 && packed_per_lane(part) > 1;
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

static void drop_reduction(Tiling *t, int index) {
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

/* `count` steps of `width` along an axis from `start`; a single one needs no loop. */
static Stmt *loop_or_once(const Tiling *t, const char *var, int64_t start, int64_t count, int64_t width, Stmt *body) {
  if (count == 1) return body;
  return stmt_for(t->arena, var, number(t, start), number(t, start + count * width), number(t, width), body);
}

static Expr *position(const Tiling *t, const char *var, int64_t start, int64_t count) {
  return count == 1 ? number(t, start) : expr_index(t->arena, var);
}

/* A row whose length varies: full tiles, then single points. */
static Stmt *tiles_of_varying_row(const Tiling *t, int vectors, int64_t channels, Expr *oc) {
  int64_t points = t->b->step->schedule.tile;
  const char *var = t->tile->var;
  const Size *full = size_mul_int(t->arena, size_floor_div(t->arena, t->tile->extent, points), points);
  Expr *ox = expr_index(t->arena, var), *end = expr_size(t->arena, full), *extent = expr_size(t->arena, t->tile->extent);
  Stmt *row = stmt_for(t->arena, var, number(t, 0), end, number(t, points), call_kernel(t, (int)points, vectors, channels, ox, oc));
  if (points == 1 || size_equal(full, t->tile->extent)) return row;
  return stmt_then(row, stmt_for(t->arena, var, end, extent, number(t, 1), call_kernel(t, 1, vectors, channels, ox, oc)));
}

/* All tiles of so many points: as few as possible, of nearly equal size. */
static Stmt *tiles_of_points(const Tiling *t, int64_t start, int64_t extent, int vectors, int64_t channels, Expr *oc) {
  int64_t most = t->b->step->schedule.tile, tiles = (extent + most - 1) / most, small = extent / tiles, large_count = extent % tiles;
  const char *var = t->tile->var;
  Stmt *row = NULL;
  if (large_count) {
    Stmt *call = call_kernel(t, (int)small + 1, vectors, channels, position(t, var, start, large_count), oc);
    row = loop_or_once(t, var, start, large_count, small + 1, call);
  }
  start += large_count * (small + 1);
  Stmt *call = call_kernel(t, (int)small, vectors, channels, position(t, var, start, tiles - large_count), oc);
  return stmt_then(row, loop_or_once(t, var, start, tiles - large_count, small, call));
}

/* A row whose points have limits of their own: tiles of those that share them. */
static Stmt *tiles_with_limits(const Tiling *t, int vectors, int64_t channels, Expr *oc) {
  int count;
  PointRun *runs = runs_of_points(t, &count);
  Stmt *row = NULL;
  for (int i = 0; i < count; i++) {
    Tiling part = *t;
    part.run = &runs[i];
    row = stmt_then(row, tiles_of_points(&part, runs[i].start, runs[i].count, vectors, channels, oc));
  }
  if (runs) return row;
  const char *var = t->tile->var;
  Stmt *point = limits_of(t, t->tile, call_kernel(t, 1, vectors, channels, expr_index(t->arena, var), oc));
  return stmt_for(t->arena, var, number(t, 0), expr_size(t->arena, t->tile->extent), number(t, 1), point);
}

static Stmt *tiles_of_row(const Tiling *t, int vectors, int64_t channels, Expr *oc) {
  int64_t extent;
  if (!t->tile) return call_kernel(t, 1, vectors, channels, NULL, oc);
  if (points_have_limits(t)) return tiles_with_limits(t, vectors, channels, oc);
  if (!size_is_const(t->tile->extent, &extent)) return tiles_of_varying_row(t, vectors, channels, oc);
  return tiles_of_points(t, 0, extent, vectors, channels, oc);
}

static Stmt *outer_loops(const Tiling *t, Stmt *body) {
  for (int i = t->nest->result_count; i-- > 0;) {
    const Axis *axis = &t->nest->result_axes[i];
    if (axis == t->lane || axis == t->tile || size_is(axis->extent, 1)) continue;
    body = stmt_for(t->arena, axis->var, number(t, 0), expr_size(t->arena, axis->extent), number(t, 1), limits_of(t, axis, body));
  }
  return body;
}

/* Blocks of channels: `count` blocks of so many vectors; the very last may hold fewer channels than lanes. */
static Stmt *blocks_of_channels(const Tiling *t) {
  const Schedule *schedule = &t->b->step->schedule;
  int64_t extent = size_value(t->lane->extent), lanes = schedule->lanes;
  int64_t vectors = (extent + lanes - 1) / lanes, blocks = (vectors + schedule->vectors - 1) / schedule->vectors;
  int64_t small = vectors / blocks, large_count = vectors % blocks, start = 0;
  Stmt *body = NULL;
  while (start < extent) {
    int64_t width = (large_count ? small + 1 : small) * lanes;
    int64_t count = large_count ? large_count : (extent - start) / width;
    if (count == 0) count = 1; /* the last block, partly filled */
    if (start + count * width > extent && count > 1) count--;
    int64_t channels = start + width > extent ? extent - start : width;
    Stmt *row = tiles_of_row(t, (int)(width / lanes), channels, position(t, t->lane->var, start, count));
    if (schedule->channels_outermost) row = outer_loops(t, row);
    body = stmt_then(body, loop_or_once(t, t->lane->var, start, count, width, row));
    start += count * width;
    large_count = large_count > count ? large_count - count : 0;
  }
  return schedule->channels_outermost ? body : outer_loops(t, body);
}

Stmt *lower_tiled(const StepBinding *b) {
  const Nest *nest = with_tap_counts(b->plan->arena, b->nest);
  Tiling t = {.b = b, .arena = b->plan->arena, .nest = nest, .lanes = b->step->schedule.lanes};
  t.lane = result_axis(nest, nest->lane_axis);
  t.tile = result_axis(nest, nest->tile_axis);
  if (t.tile && size_is(t.tile->extent, 1)) t.tile = NULL;
  t.reduction_count = nest->reduction_count;
  memcpy(t.reductions, nest->reduction_axes, sizeof t.reductions);
  collect_operands(&t);
  merge_reductions(&t);
  return limits_of(&t, NULL, blocks_of_channels(&t));
}
