/* reduction_outside.c - tiles of which a kernel computes a part of the sums: one step of the outermost reduction axis, a row of
 * taps.
 *
 * A block of channels with all its taps may be larger than the second cache. With the axis outside of the loops over points its
 * weights are used for all points a row of taps after the other; sums wait in the result, bit for bit those of a
 * kernel that has the whole axis. Measurements: docs/decisions/0021-reduction-outside.md. */
#include "passes/limits.h"

void move_reduction_outside(Tiling *t) {
  if (t->reduction_count < 2 || is_clipped(&t->reductions[0])) return;
  Axis *outside = ARENA_NEW(t->arena, Axis);
  *outside = t->reductions[0];
  t->outside = outside;
  for (int i = 0; i < t->b->step->operand_count; i++)
    if (t->operands[i].bound) t->operands[i].step_outside = t->operands[i].step_reduction[0];
  drop_reduction(t, 0);
}

/* Packed numbers follow each other step by step, as wide as the kernel's block of channels is. */
Expr *offset_outside(const Tiling *t, const KernelOperand *k) {
  if (!t->outside || k == &t->output) return number(t, 0);
  Expr *step = k->step_outside;
  if (k->streamed) {
    int64_t numbers = t->channels;
    for (int r = 0; r < t->reduction_count; r++) numbers *= size_value(t->reductions[r].extent);
    step = number(t, numbers);
  }
  return mul(t, expr_index(t->arena, t->outside->var), step);
}

Expr *follows_steps(const Tiling *t) { return expr_binary(t->arena, OP_GT, expr_index(t->arena, t->outside->var), number(t, 0)); }

Expr *is_last_step(const Tiling *t) {
  Expr *next = add(t, expr_index(t->arena, t->outside->var), number(t, 1));
  return expr_binary(t->arena, OP_EQ, next, expr_index(t->arena, tap_count_name(t->arena, t->outside)));
}
