/* reduce_columns.c - windows of sums and maxima that slide along a row: each column is reduced first, then those of each
 * point.
 *
 * A point's window has as many columns as taps in a row, and its neighbours share most of them: of 3x3 taps a point with
 * many neighbours costs 4 updates instead of 9. The numbers are those of another order: the last bits of a sum, the sign
 * of a zero among equal ones. NaN stays. */
#include <string.h>

#include "passes/tiling.h"

typedef struct Combine { /* writes update(acc, element) */
  Expr *acc, *element;
} Combine;

static Expr *combine_visit(void *context, Expr *e) {
  const Combine *c = context;
  if (e->kind == EXPR_VAR && strcmp(e->text, "acc") == 0) return c->acc;
  if (e->kind == EXPR_CAST && e->left == c->element) return e->left; /* the bytes of an input were read as floats */
  return e->kind == EXPR_ACCESS ? c->element : e;
}

static Expr *updated(const Tiling *t, const char *acc, const char *element) {
  Type type = {SCALAR_F32, t->lanes};
  Combine combine = {expr_var(t->arena, acc, type), expr_var(t->arena, element, type)};
  return rewrite_expr(t->arena, t->nest->update, combine_visit, &combine);
}

static const char *column_name(const Tiling *t, int column, int v) { return arena_printf(t->arena, "column%d_%d", column, v); }

static int columns_of(const Slide *s, int points) { return (points - 1) * s->stride + (s->taps - 1) * s->dilation + 1; }

/* A point that reads the column; t->tap becomes the tap with which it does. -1: none does. */
static int reader_of(Tiling *t, int column) {
  for (int p = 0; p < t->points; p++) {
    t->tap = tap_of(&t->slide, p, column);
    if (t->tap >= 0) return p;
  }
  return -1;
}

/* Each column's element in the first row. */
static Stmt *begin_columns(Tiling *t) {
  const KernelOperand *k = &t->operands[t->slide.operand];
  Stmt *body = NULL;
  for (int column = 0; column < columns_of(&t->slide, t->points); column++) {
    int point = reader_of(t, column);
    for (int v = 0; point >= 0 && v < t->vectors; v++)
      body = stmt_then(body, stmt_let(t->arena, column_name(t, column, v), load_float(t, k, point, v), false));
  }
  return body;
}

/* The same in a later row. */
static Stmt *update_columns(Tiling *t) {
  const KernelOperand *k = &t->operands[t->slide.operand];
  Stmt *body = NULL;
  t->reducing = true;
  for (int column = 0; column < columns_of(&t->slide, t->points); column++) {
    int point = reader_of(t, column);
    for (int v = 0; point >= 0 && v < t->vectors; v++) {
      const char *here = hoisted_name(t, k, point, v), *name = column_name(t, column, v);
      body = stmt_then(body, stmt_let(t->arena, here, load_float(t, k, point, v), true));
      body = stmt_then(body, stmt_set(t->arena, name, updated(t, name, here)));
    }
  }
  t->reducing = false;
  return body;
}

/* Each point from its columns. */
static Stmt *join_columns(const Tiling *t) {
  Stmt *body = NULL;
  for (int v = 0; v < t->vectors; v++)
    for (int p = 0; p < t->points; p++) {
      const char *acc = acc_name(t, p, v);
      Expr *first = expr_var(t->arena, column_name(t, p * t->slide.stride, v), (Type){SCALAR_F32, t->lanes});
      body = stmt_then(body, stmt_let(t->arena, acc, first, false));
      for (int tap = 1; tap < t->slide.taps; tap++) {
        const char *column = column_name(t, p * t->slide.stride + tap * t->slide.dilation, v);
        body = stmt_then(body, stmt_set(t->arena, acc, updated(t, acc, column)));
      }
    }
  return body;
}

Stmt *reduce_columns(const Tiling *tiling) {
  Tiling own = *tiling, *t = &own;
  Stmt *body = begin_columns(t);
  if (t->reduction_count > 1) {
    Expr *end = reduction_end(t, 0);
    body = stmt_then(body, stmt_for(t->arena, t->reductions[0].var, number(t, 1), end, number(t, 1), update_columns(t)));
  }
  return stmt_then(body, join_columns(t));
}
