/* limits.c - what a nest computes before each point: limits of windows that are cut off at the edges, places in the input.
 *
 * All lanes of a vector share them. Those of a row stand in its loop; the points of a row are cut into runs that have
 * the same ones, as numbers: a point at the left edge, the many inside, a point at the right edge. Where the length of
 * the row varies, each point computes its own. Kernels are told how many taps there are. */
#include <string.h>

#include "passes/limits.h"

bool limits_fit_lanes(const Nest *nest) {
  for (const Stmt *let = nest->before; let; let = let->next)
    if (expr_uses_var(let->value, nest->lane_axis)) return false;
  for (int i = 0; i < nest->reduction_count; i++) {
    const Axis *axis = &nest->reduction_axes[i];
    if (axis->begin && expr_uses_var(axis->begin, nest->lane_axis)) return false;
    if (axis->end && expr_uses_var(axis->end, nest->lane_axis)) return false;
  }
  return true;
}

typedef struct Places { /* at which the points before a reduction begins read an operand */
  Arena *arena;
  const Nest *nest;
  int operand;
  const Expr *first;
  bool several;
} Places;

static Expr *place_visit(void *context, Expr *e) {
  Places *p = context;
  if (e->kind != EXPR_ACCESS || e->operand != p->operand) return e;
  Expr *at = e;
  for (int i = 0; i < p->nest->reduction_count; i++) {
    const Axis *axis = &p->nest->reduction_axes[i];
    at = substitute_var(p->arena, at, axis->var, axis->begin ? axis->begin : expr_int(p->arena, 0));
  }
  p->several = p->several || (p->first && !expr_equal(p->first, at));
  p->first = at;
  return e;
}

bool reads_one_place_each(Arena *a, const Step *step) {
  for (const Nest *nest = step->nest; nest; nest = nest->next)
    for (int i = 0; i < step->operand_count; i++) {
      Places places = {a, nest, i, NULL, false};
      visit_nest(a, nest, place_visit, &places);
      if (places.several) return false;
    }
  return true;
}

Expr *tap_count(Arena *a, const Axis *axis) {
  return is_clipped(axis) ? expr_binary(a, OP_SUB, axis->end, axis->begin) : expr_size(a, axis->extent);
}

const char *tap_count_name(Arena *a, const Axis *axis) { return arena_printf(a, "%s_count", axis->var); }

typedef struct Counting {
  Arena *arena;
  const Nest *nest;
} Counting;

static Expr *count_visit(void *context, Expr *e) {
  const Counting *c = context;
  for (int i = 0; i < c->nest->reduction_count; i++) {
    const Axis *axis = &c->nest->reduction_axes[i];
    if (is_clipped(axis) && expr_equal(e, tap_count(c->arena, axis))) return expr_index(c->arena, tap_count_name(c->arena, axis));
  }
  return e;
}

const Nest *with_tap_counts(Arena *a, const Nest *nest) {
  Counting context = {a, nest};
  Nest *copy = ARENA_NEW(a, Nest);
  *copy = *nest;
  copy->result = rewrite_expr(a, nest->result, count_visit, &context);
  return copy;
}

/* ---- where they are computed ---- */

static bool has_loop(const Tiling *t, const Axis *axis) { return axis != t->lane && !size_is(axis->extent, 1); }

/* The innermost result axis with a loop on which the limit depends; NULL: none. Tiles are inside all others. */
static const Axis *innermost_axis(const Tiling *t, const Stmt *limit) {
  const Axis *axes = t->nest->result_axes, *found = NULL;
  for (int i = 0; i < t->nest->result_count; i++) {
    bool uses = has_loop(t, &axes[i]) && expr_uses_var(limit->value, axes[i].var);
    if (uses && found != t->tile) found = &axes[i];
  }
  for (const Stmt *earlier = t->nest->before; earlier != limit; earlier = earlier->next) {
    if (!expr_uses_var(limit->value, earlier->var)) continue;
    const Axis *of_earlier = innermost_axis(t, earlier);
    if (of_earlier && (!found || (found != t->tile && (of_earlier == t->tile || of_earlier > found)))) found = of_earlier;
  }
  return found;
}

static Expr *of_single_points(const Tiling *t, Expr *e) {
  for (int i = 0; i < t->nest->result_count; i++)
    if (size_is(t->nest->result_axes[i].extent, 1)) e = substitute_var(t->arena, e, t->nest->result_axes[i].var, number(t, 0));
  return e;
}

Stmt *limits_of(const Tiling *t, const Axis *axis, Stmt *body) {
  Stmt *lets = NULL;
  for (const Stmt *limit = t->nest->before; limit; limit = limit->next)
    if (innermost_axis(t, limit) == axis)
      lets = stmt_then(lets, stmt_let(t->arena, limit->var, of_single_points(t, limit->value), limit->is_const));
  return stmt_then(lets, body);
}

/* ---- runs of points with the same limits ---- */

static bool depends_on_tile(const Tiling *t, const Stmt *limit) { return t->tile && innermost_axis(t, limit) == t->tile; }

bool points_have_limits(const Tiling *t) {
  for (const Stmt *limit = t->nest->before; limit; limit = limit->next)
    if (depends_on_tile(t, limit)) return true;
  return false;
}

Expr *with_limits(const Tiling *t, const PointRun *run, Expr *e) {
  int i = 0;
  for (const Stmt *limit = t->nest->before; limit; limit = limit->next, i++)
    if (run->limits[i]) e = substitute_var(t->arena, e, limit->var, run->limits[i]);
  return e;
}

/* The limits of one point, as numbers. false: they are none. */
static bool find_limits(const Tiling *t, PointRun *point) {
  int i = 0;
  memset(point->limits, 0, sizeof point->limits);
  for (const Stmt *limit = t->nest->before; limit; limit = limit->next, i++) {
    if (!depends_on_tile(t, limit)) continue;
    Expr *value = substitute_var(t->arena, with_limits(t, point, limit->value), t->tile->var, number(t, point->start));
    if (value->kind != EXPR_INT) return false;
    point->limits[i] = value;
  }
  return true;
}

static bool same_limits(const PointRun *a, const PointRun *b) {
  for (int i = 0; i < MAX_LIMITS; i++)
    if (a->limits[i] && a->limits[i]->integer != b->limits[i]->integer) return false;
  return true;
}

/* Looking at each point is quick enough for rows of pictures; of longer ones each point computes its limits. */
enum { MOST_POINTS = 4096 };

PointRun *runs_of_points(const Tiling *t, int *count) {
  int64_t extent;
  PointRun *runs = NULL;
  *count = 0;
  int limits = 0;
  for (const Stmt *limit = t->nest->before; limit; limit = limit->next) limits++;
  if (limits > MAX_LIMITS || !size_is_const(t->tile->extent, &extent) || extent > MOST_POINTS) return NULL;
  for (int64_t at = 0; at < extent; at++) {
    PointRun point = {.start = at, .count = 1};
    if (!find_limits(t, &point)) return NULL;
    if (*count && same_limits(&runs[*count - 1], &point)) runs[*count - 1].count++;
    else ARENA_PUSH(t->arena, runs, *count, point);
  }
  return runs;
}
