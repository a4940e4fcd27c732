/* sum_in_parts.c - kernels whose sums are made of parts, which are summed in registers and added in memory.
 *
 * A rounding error of a float that terms are added to is a part of what the sum is by then: sums of many terms lose less when
 * they are sums of shorter ones. What it costs to load and store the tile again: docs/decisions/0012-winograd.md. */
#include "passes/tiling.h"

/* Of nearly equal size. */
static int64_t count_parts(const Tiling *t) {
  int64_t terms = size_value(t->reductions[0].extent), part = t->b->step->schedule.part;
  return (terms + part / 2) / part;
}

bool sums_in_parts(const Tiling *t) { return t->b->step->schedule.part > 0 && t->reduction_count == 1 && count_parts(t) > 1; }

Expr *terms_of_part(const Tiling *t) {
  int64_t parts = count_parts(t);
  return number(t, (size_value(t->reductions[0].extent) + parts - 1) / parts);
}

Expr *follows_parts(const Tiling *t) { return expr_binary(t->arena, OP_GT, expr_index(t->arena, "part"), number(t, 0)); }

Stmt *for_each_part(const Tiling *t, Stmt *first, Stmt *update, Stmt *last) {
  Arena *a = t->arena;
  Expr *part = expr_index(a, "part"), *end = expr_index(a, "part_end"), *terms = expr_index(a, PART), *all = reduction_end(t, 0);
  Expr *next = add(t, part, terms);
  Stmt *body = stmt_let(a, "part_end", expr_select(a, expr_binary(a, OP_LT, next, all), next, all), true);
  body = stmt_then(body, first);
  body = stmt_then(body, stmt_for(a, t->reductions[0].var, part, end, number(t, 1), update));
  return stmt_for(a, "part", number(t, 0), all, terms, stmt_then(body, last));
}
