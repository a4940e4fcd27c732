/* row_reads.c - see row_reads.h. */
#include "ir/row_reads.h"

#include <string.h>

const Axis *row_axis(const Nest *nest) {
  const Expr *row = nest->output[1];
  return row && row->kind == EXPR_VAR ? find_axis(nest, row->text) : NULL;
}

static RowReads unknown(void) { return (RowReads){.any = true}; }
static RowReads range(int64_t stride, int64_t low, int64_t high) { return (RowReads){true, true, stride, low, high}; }

/* A reduction axis, or the first of its points inside the tensor, which is a variable too. */
static RowReads of_variable(const Nest *nest, const char *var) {
  const Axis *row = row_axis(nest);
  int64_t extent;
  if (row && strcmp(row->var, var) == 0) return range(1, 0, 0);
  for (int i = 0; i < nest->reduction_count; i++) {
    const Axis *axis = &nest->reduction_axes[i];
    bool begins = axis->begin && axis->begin->kind == EXPR_VAR && strcmp(axis->begin->text, var) == 0;
    if ((begins || strcmp(axis->var, var) == 0) && size_is_const(axis->extent, &extent)) return range(0, 0, extent - 1);
  }
  return unknown();
}

static RowReads scaled(RowReads r, int64_t factor) {
  if (!r.known) return r;
  return factor < 0 ? range(r.stride * factor, r.high * factor, r.low * factor) : range(r.stride * factor, r.low * factor, r.high * factor);
}

static RowReads of_index(const Nest *nest, const Expr *e) {
  if (e->kind == EXPR_INT) return range(0, e->integer, e->integer);
  if (e->kind == EXPR_VAR) return of_variable(nest, e->text);
  if (e->kind != EXPR_BINARY) return unknown();
  if (e->op == OP_MUL && e->right->kind == EXPR_INT) return scaled(of_index(nest, e->left), e->right->integer);
  if (e->op == OP_MUL && e->left->kind == EXPR_INT) return scaled(of_index(nest, e->right), e->left->integer);
  if (e->op != OP_ADD && e->op != OP_SUB) return unknown();
  RowReads left = of_index(nest, e->left), right = of_index(nest, e->right);
  if (e->op == OP_SUB) right = scaled(right, -1);
  return left.known && right.known ? range(left.stride + right.stride, left.low + right.low, left.high + right.high) : unknown();
}

typedef struct Collect {
  const Nest *nest;
  int operand;
  RowReads reads;
} Collect;

static Expr *collect_visit(void *context, Expr *e) {
  Collect *c = context;
  RowReads *all = &c->reads;
  if (e->kind != EXPR_ACCESS || e->operand != c->operand) return e;
  RowReads one = of_index(c->nest, e->index[1]);
  const Axis *row = row_axis(c->nest);
  if (row && (expr_uses_var(e->index[0], row->var) || expr_uses_var(e->index[2], row->var))) one = unknown();
  if (!all->any) *all = one;
  else if (!one.known || !all->known || one.stride != all->stride) *all = unknown();
  else *all = range(one.stride, one.low < all->low ? one.low : all->low, one.high > all->high ? one.high : all->high);
  return e;
}

static Expr *parameter_visit(void *context, Expr *e) {
  Collect *c = context;
  if (e->kind == EXPR_ACCESS && e->operand == c->operand)
    for (int i = 0; i < e->rank; i++)
      if (expr_uses_var(e->index[i], row_axis(c->nest)->var)) c->reads = unknown();
  return e;
}

RowReads rows_read(Arena *arena, const Nest *nest, int operand, bool parameter) {
  Collect collect = {nest, operand, {.known = true}};
  visit_nest(arena, nest, parameter ? parameter_visit : collect_visit, &collect);
  return collect.reads;
}
