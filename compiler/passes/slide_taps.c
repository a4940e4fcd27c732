/* slide_taps.c - windows of single channels that slide along a row: depthwise convolution, pooling.
 *
 * A tile's neighbours read the same columns of the input: point p with tap k reads column p * stride + k * dilation. In
 * the form of build_kernel.c each would be loaded for every tap that reads it, and such kernels do little but load. Here
 * the taps of the innermost axis are written out and each column is loaded once. Sums keep their order. */
#include "passes/limits.h"

/* What is written out for one vector: more would be no text to read. */
enum { MOST_TAPS = 7, MOST_UPDATES = 80, MOST_COLUMNS = 1000 };

/* distance = count * unit */
static Expr *unit_of(Expr *distance, int *count) {
  bool times = distance->kind == EXPR_BINARY && distance->op == OP_MUL && distance->left->kind == EXPR_INT;
  *count = times ? (int)distance->left->integer : 1;
  return times ? distance->right : distance;
}

/* Whether all taps of an axis are visited from the tile's points. */
static bool visits_all(const Tiling *t, const Axis *axis, int64_t *taps) {
  Expr *count = tap_count(t->arena, axis);
  if (t->run) count = with_limits(t, t->run, count);
  return size_is_const(axis->extent, taps) && expr_is_int(count, *taps);
}

Slide find_slide(const Tiling *t) {
  Slide slide = {0}, none = {0};
  int64_t taps;
  if (!t->nest->update || !t->tile || t->points < 2 || !t->reduction_count) return none;
  int last = t->reduction_count - 1;
  if (!visits_all(t, &t->reductions[last], &taps) || taps < 2 || taps > MOST_TAPS || taps * t->points > MOST_UPDATES) return none;
  for (int i = 0; i < t->b->step->operand_count; i++) {
    const KernelOperand *k = &t->operands[i];
    if (!k->bound || !moves_with_tile(k) || !reads_operand(t, t->nest->update, i)) continue;
    if (slide.taps || !k->along_lanes || k->streamed) return none; /* several tensors, or a sum over channels */
    slide.taps = (int)taps;
    slide.operand = i;
    slide.column = unit_of(k->step_tile, &slide.stride);
    if (!expr_equal(unit_of(k->step_reduction[last], &slide.dilation), slide.column)) return none;
  }
  int64_t columns = (t->points - 1) * (int64_t)slide.stride + (taps - 1) * slide.dilation + 1;
  if (columns > MOST_COLUMNS) return none; /* hardly any of which is read */
  slide.columns_first = t->nest->associates && last < 2;
  return slide;
}

const Nest *with_number_of_taps(const Tiling *t) {
  Nest *copy = ARENA_NEW(t->arena, Nest);
  *copy = *t->nest;
  const char *count = tap_count_name(t->arena, &t->reductions[t->reduction_count - 1]);
  copy->result = substitute_var(t->arena, copy->result, count, number(t, t->slide.taps));
  return copy;
}

int tap_of(const Slide *s, int point, int column) {
  int distance = column - point * s->stride;
  return distance >= 0 && distance % s->dilation == 0 && distance / s->dilation < s->taps ? distance / s->dilation : -1;
}

/* A LET of what an operand holds for a point and tap. */
static Stmt *read(Tiling *t, int operand, int point, int tap, int v) {
  const KernelOperand *k = &t->operands[operand];
  t->tap = tap;
  return stmt_let(t->arena, hoisted_name(t, k, point, v), load_float(t, k, point, v), true);
}

/* What all points read of the other operands: weights. */
static Stmt *read_others(Tiling *t, Expr *e, int v) {
  Stmt *lets = NULL;
  for (int i = 0; i < t->b->step->operand_count; i++) {
    bool wanted = i != t->slide.operand && t->operands[i].bound && reads_operand(t, e, i);
    if (!wanted || (v > 0 && !t->operands[i].along_lanes)) continue; /* all vectors share it */
    for (int tap = 0; tap < t->slide.taps; tap++) lets = stmt_then(lets, read(t, i, 0, tap, v));
  }
  return lets;
}

Stmt *update_sliding(const Tiling *tiling, Expr *e) {
  Tiling own = *tiling, *t = &own;
  int columns = (t->points - 1) * t->slide.stride + (t->slide.taps - 1) * t->slide.dilation + 1;
  Stmt *body = NULL;
  for (int v = 0; v < t->vectors; v++) {
    body = stmt_then(body, read_others(t, e, v));
    for (int column = 0; column < columns; column++) {
      bool is_read = false;
      for (int p = 0; p < t->points; p++) {
        int tap = tap_of(&t->slide, p, column);
        if (tap < 0) continue;
        if (!is_read) body = stmt_then(body, read(t, t->slide.operand, p, tap, v));
        is_read = true;
        t->tap = tap;
        body = stmt_then(body, stmt_set(t->arena, acc_name(t, p, v), vectorised(t, e, p, v, false)));
      }
    }
  }
  return body;
}
