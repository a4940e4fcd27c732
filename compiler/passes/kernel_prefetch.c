/* kernel_prefetch.c - what a kernel asks for before it needs it: its weights, those of the next block, the lines of its
 * results. Measurements: docs/decisions/0002-schedules.md, 0013-direct-form.md. */
#include "passes/cost.h"
#include "passes/targets.h"
#include "passes/tiling.h"

enum { CACHE_LINE = 64, NEAR_STEPS = 8, NEAR_FROM_VECTORS = 2, FAR = 768 }; /* in numbers; FAR is what memory delivers in its latency */

static const Target *target_of(const Tiling *t) { return t->b->step->schedule.machine; }

static const KernelOperand *streamed_weights(const Tiling *t) {
  for (int i = 0; i < t->b->step->operand_count; i++)
    if (t->operands[i].bound && t->operands[i].streamed) return &t->operands[i];
  return NULL;
}

/* Large blocks of weights do not stay in the first cache from one tile to the next. Asking for those that do costs up to a
 * twentieth of the time. Weights that are used once come from memory. */
bool asks_weights(const Tiling *t) {
  const KernelOperand *weights = streamed_weights(t);
  if (!weights || t->lanes == 1 || t->slide.taps) return false;
  if (!t->tile) return true;
  if (t->points == 1 || t->vectors < NEAR_FROM_VECTORS) return false;
  if (target_of(t)->waiting) return true; /* else gcc keeps inputs for the next step, too, in registers that the sums need */
  return streams_weights(target_of(t), weights->per_lane * t->channels * (int64_t)sizeof(float));
}

static Stmt *prefetch_near(const Tiling *t, const char *pointer) {
  Stmt *body = NULL;
  int64_t width = t->channels, distance = t->tile ? NEAR_STEPS * width : FAR, line = CACHE_LINE / (int64_t)sizeof(float);
  if (!asks_weights(t)) return NULL;
  for (int64_t at = 0; at < width; at += line) body = stmt_then(body, stmt_prefetch(t->arena, pointer, number(t, distance + at)));
  return body;
}

const KernelOperand *asked_ahead(const Tiling *t) { return t->b->step->schedule.ahead ? streamed_weights(t) : NULL; }

/* ---- the next block: every tile asks for its share, so that the block comes in while this one is computed, at an even
 * pace: from `ahead` on, `ahead_step` after each step of the reduction ---- */

typedef struct Share {
  int64_t steps, block, of_point; /* of the reduction; numbers of the block, and of them for each point */
  Expr *point;                    /* the tile's first */
} Share;

static Share share_of(const Tiling *t) {
  Share s = {.steps = 1, .point = number(t, 0)};
  int64_t points = 1;
  for (int r = 0; r < t->reduction_count; r++) s.steps *= size_value(t->reductions[r].extent);
  for (const Axis *axis = t->nest->result_axes; t->tile && axis <= t->tile; axis++) {
    if (size_is(axis->extent, 1)) continue;
    s.point = add(t, mul(t, s.point, number(t, size_value(axis->extent))), expr_index(t->arena, axis->var));
    points *= size_value(axis->extent);
  }
  s.block = s.steps * t->channels;
  s.of_point = s.block / points;
  return s;
}

Expr *first_ahead(const Tiling *t) {
  Share s = share_of(t);
  return add(t, number(t, s.block), mul(t, s.point, number(t, s.of_point)));
}

Expr *step_ahead(const Tiling *t) {
  Share s = share_of(t);
  return number(t, (t->points * s.of_point + s.steps - 1) / s.steps);
}

Stmt *begin_ahead(const Tiling *t) {
  const KernelOperand *weights = asked_ahead(t);
  if (!weights) return NULL;
  Stmt *block = stmt_pointer(t->arena, "block", type_f32, true, expr_index(t->arena, weights->bound->name));
  return stmt_then(block, stmt_let(t->arena, "later", expr_index(t->arena, "ahead"), false));
}

static Stmt *prefetch_ahead(const Tiling *t) {
  Expr *later = expr_index(t->arena, "later");
  return stmt_then(stmt_prefetch_later(t->arena, "block", later),
                   stmt_set(t->arena, "later", add(t, later, expr_index(t->arena, "ahead_step"))));
}

/* ---- the next tile's input, at each step of the reduction a part of it ---- */

const KernelOperand *asked_input(const Tiling *t) {
  if (!t->b->step->schedule.input_ahead || t->points == 1 || !is_dense(t)) return NULL;
  for (int i = 0; i < t->b->step->operand_count; i++)
    if (t->operands[i].bound && t->operands[i].bound->value && reads_operand(t, t->nest->update, i)) return &t->operands[i];
  return NULL;
}

static Stmt *prefetch_input(const Tiling *t) {
  const KernelOperand *k = asked_input(t);
  if (!k) return NULL;
  Expr *place = add(t, k->step_tile, expr_index(t->arena, t->reductions[t->reduction_count - 1].var));
  return stmt_prefetch_later(t->arena, k->bound->name, mul(t, number(t, t->points), place));
}

Stmt *prefetch_weights(const Tiling *t, const KernelOperand *k) {
  Stmt *body = stmt_then(prefetch_near(t, k->bound->name), prefetch_input(t));
  return k == asked_ahead(t) ? stmt_then(body, prefetch_ahead(t)) : body;
}

/* A tile's results are stored at its end. Lines that come from memory, which may hold the operand whose place they take, are
 * here by then; those that come from the second cache come soon enough, and many requests at once would hold up the weights. */
bool asks_results(const Tiling *t) {
  const Buffer *buffer = t->output.bound->view.buffer;
  int64_t elements = buffer ? size_maximum(buffer->elements) : 0; /* products of Winograd's form stay near */
  bool far = elements == SIZE_LIMIT || elements * (int64_t)sizeof(float) > (int64_t)target_of(t)->l2 * 1024 * 3 / 4;
  return far && t->lanes > 1 && t->points > 1 && is_dense(t);
}

Stmt *prefetch_results(const Tiling *t) {
  Stmt *body = NULL;
  int64_t width = (int64_t)t->vectors * t->lanes, line = CACHE_LINE / (int64_t)sizeof(float);
  for (int p = 0; asks_results(t) && p < t->points; p++)
    for (int64_t at = 0; at < width; at += line)
      body = stmt_then(body,
                       stmt_prefetch(t->arena, t->output.bound->name, add(t, kernel_offset(t, &t->output, number(t, p)), number(t, at))));
  return body;
}
