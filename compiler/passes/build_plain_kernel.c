/* build_plain_kernel.c - a kernel in plain C: an array of results, loops over the tile's points and channels inside the
 * reduction.
 *
 * For compilers without vectors, or for a machine whose vectors are narrower than the target's. Channels lie side by side
 * in the array and in the packed weights. The array has as many as fill whole vectors, of which the last ones are not
 * stored: so compilers vectorise the innermost loops by themselves (docs/decisions/0016-targets.md). */
#include <string.h>

#include "passes/tiling.h"

typedef struct Plain {
  const Tiling *t; /* reducing says where */
  Expr *acc;       /* what the accumulator is here */
} Plain;

static bool has_points(const Tiling *t) { return t->tile && t->points > 1; }
static Expr *point(const Tiling *t) { return has_points(t) ? expr_index(t->arena, t->tile->var) : number(t, 0); }

static Expr *plain_visit(void *context, Expr *e) {
  const Plain *p = context;
  const Tiling *t = p->t;
  if (e->kind == EXPR_VAR && strcmp(e->text, "acc") == 0) return p->acc;
  if (e->kind != EXPR_ACCESS) return e;
  const KernelOperand *k = &t->operands[e->operand];
  Expr *offset = kernel_offset(t, k, point(t));
  if (k->streamed) {
    for (int r = 0; r < t->reduction_count; r++)
      offset = add(t, mul(t, offset, reduction_end(t, r)), expr_index(t->arena, t->reductions[r].var));
    offset = mul(t, offset, number(t, t->channels)); /* as wide as the block is packed */
  }
  if (k->along_lanes) offset = add(t, offset, expr_index(t->arena, t->lane->var));
  return expr_cast(t->arena, type_f32, expr_load(t->arena, k->bound->name, offset, element_type(k->bound)));
}

static Expr *plain(const Tiling *t, Expr *e, Expr *acc) {
  Plain context = {t, acc};
  return rewrite_expr(t->arena, e, plain_visit, &context);
}

static Stmt *for_each(const Tiling *t, int64_t channels, Stmt *body) {
  body = stmt_for(t->arena, t->lane->var, number(t, 0), number(t, channels), number(t, 1), body);
  return has_points(t) ? stmt_for(t->arena, t->tile->var, number(t, 0), number(t, t->points), number(t, 1), body) : body;
}

/* Channels that are computed: whole vectors where all that the reduction reads may be read beyond the last
 * channel, too: behind packed weights stand numbers or zeros, behind a buffer of the workspace its tail. */
static int64_t computed_channels(const Tiling *t) {
  const Nest *nest = t->nest;
  if (t->outside) return t->channels; /* the result is read */
  for (int i = 0; i < t->b->step->operand_count; i++) {
    const KernelOperand *k = &t->operands[i];
    if (!k->bound || !k->along_lanes || reads_whole_vectors(t, k)) continue;
    if (reads_operand(t, nest->initial, i) || reads_operand(t, nest->update, i)) return t->channels;
  }
  return (int64_t)t->vectors * t->lanes;
}

Expr *place_in_array(const Tiling *t, int64_t channels) {
  return add(t, mul(t, point(t), number(t, channels)), expr_index(t->arena, t->lane->var));
}

Stmt *store_results(const Tiling *t, Expr *first) {
  Arena *a = t->arena;
  const Nest *nest = t->nest;
  Expr *offset = add(t, kernel_offset(t, &t->output, point(t)), expr_index(a, t->lane->var));
  if (nest->epilogue_count == 0 && !(nest->update && has_result(nest)))
    return for_each(t, t->channels, stmt_store(a, "y", offset, first, 1));
  Expr *result = expr_var(a, "result", type_f32);
  Stmt *body = stmt_let(a, "result", first, false);
  Stmt *last = NULL;
  if (nest->update && has_result(nest)) last = stmt_then(last, stmt_set(a, "result", plain(t, nest->result, result)));
  for (int i = 0; i < nest->epilogue_count; i++) last = stmt_then(last, stmt_set(a, "result", plain(t, nest->epilogue[i], result)));
  body = stmt_then(body, t->outside ? stmt_if(a, is_last_step(t), last) : last);
  return for_each(t, t->channels, stmt_then(body, stmt_store(a, "y", offset, result, 1)));
}

static Expr *load_result(const Tiling *t) {
  return expr_load(t->arena, "y", add(t, kernel_offset(t, &t->output, point(t)), expr_index(t->arena, t->lane->var)), type_f32);
}

static Expr *with_earlier_parts(const Tiling *t, Expr *sum) {
  Expr *earlier = load_result(t);
  return expr_select(t->arena, follows_parts(t), expr_binary(t->arena, OP_ADD, earlier, sum), sum);
}

Stmt *plain_body(const Tiling *t) {
  Arena *a = t->arena;
  const Nest *nest = t->nest;
  if (!nest->update) return store_results(t, plain(t, nest->result, NULL));
  Tiling inside = *t;
  inside.reducing = true;
  int64_t channels = computed_channels(t);
  Expr *place = place_in_array(t, channels), *sum = expr_load(a, "acc", place, type_f32);
  Stmt *array = stmt_array(a, "acc", type_f32, t->points * channels);
  Expr *initial = plain(t, nest->initial, sum);
  if (t->outside) initial = expr_select(a, follows_steps(t), load_result(t), initial);
  Stmt *first = for_each(t, channels, stmt_store(a, "acc", place, initial, 1));
  Stmt *update = for_each(t, channels, stmt_store(a, "acc", place, plain(&inside, nest->update, sum), 1));
  if (sums_in_parts(t)) return stmt_then(array, for_each_part(t, first, update, store_results(t, with_earlier_parts(t, sum))));
  Stmt *body = stmt_then(array, first);
  return stmt_then(stmt_then(body, wrap_reductions(t, update, false)), store_results(t, sum));
}
