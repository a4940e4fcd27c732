/* limits.h - what a nest computes before each point, in a nest that is lowered in tiles. */
#ifndef CNNC_PASSES_LIMITS_H
#define CNNC_PASSES_LIMITS_H
#include "passes/tiling.h"

enum { MAX_LIMITS = 16 };

/* Neighbours along the tile axis whose limits are the same numbers. */
typedef struct PointRun {
  int64_t start, count;
  Expr *limits[MAX_LIMITS]; /* by place in nest->before; NULL: it does not depend on the point */
} PointRun;

/* Whether all lanes of a vector have the same limits. */
bool limits_fit_lanes(const Nest *nest);
/* Whether each tensor is read from one place, so that one pointer serves all reads. */
bool reads_one_place_each(Arena *arena, const Step *step);
static inline bool is_clipped(const Axis *reduction) { return reduction->begin || reduction->end; }
/* How many points of a reduction axis are visited, and what a kernel calls that. */
Expr *tap_count(Arena *arena, const Axis *reduction);
const char *tap_count_name(Arena *arena, const Axis *reduction);
/* The nest with these counts by name where its result is divided by them. */
const Nest *with_tap_counts(Arena *arena, const Nest *nest);

/* `body` after the limits that depend on this result axis and none inside it; NULL: on none. */
Stmt *limits_of(const Tiling *tiling, const Axis *axis, Stmt *body);
/* Whether limits depend on the tile axis. */
bool points_have_limits(const Tiling *tiling);
/* The points of a row, cut where their limits change; NULL: those are not known here. */
PointRun *runs_of_points(const Tiling *tiling, int *count);
/* The expression with the numbers of these points. */
Expr *with_limits(const Tiling *tiling, const PointRun *run, Expr *e);
#endif
