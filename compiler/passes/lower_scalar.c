/* lower_scalar.c - a nest as plain loops, in the order in which the operator wrote its axes. */
#include <string.h>

#include "passes/lower_rows.h"

bool has_result(const Nest *nest) { return !(nest->result->kind == EXPR_VAR && strcmp(nest->result->text, "acc") == 0); }

typedef struct Resolve {
  const StepBinding *binding;
} Resolve;

/* Accesses become loads; axes of a single point become 0. */
static Expr *resolve_visit(void *context, Expr *e) {
  const StepBinding *b = ((Resolve *)context)->binding;
  if (e->kind != EXPR_ACCESS) return e;
  const BoundOperand *operand = &b->operands[e->operand];
  Arena *a = b->plan->arena;
  return expr_cast(a, type_f32, expr_load(a, operand->name, element_offset(b, e), element_type(operand)));
}

static Expr *without_single_points(Arena *a, const Nest *nest, Expr *e) {
  for (int i = 0; i < nest->result_count; i++)
    if (size_is(nest->result_axes[i].extent, 1)) e = substitute_var(a, e, nest->result_axes[i].var, expr_int(a, 0));
  for (int i = 0; i < nest->reduction_count; i++)
    if (size_is(nest->reduction_axes[i].extent, 1) && !nest->reduction_axes[i].begin)
      e = substitute_var(a, e, nest->reduction_axes[i].var, expr_int(a, 0));
  return e;
}

static Expr *resolve(const StepBinding *b, Expr *e) {
  Resolve context = {b};
  Arena *a = b->plan->arena;
  return without_single_points(a, b->nest, rewrite_expr(a, e, resolve_visit, &context));
}

static Stmt *reduction_loops(const StepBinding *b, Stmt *body) {
  Arena *a = b->plan->arena;
  const Nest *nest = b->nest;
  for (int i = nest->reduction_count; i-- > 0;) {
    const Axis *axis = &nest->reduction_axes[i];
    if (size_is(axis->extent, 1) && !axis->begin) continue;
    Expr *begin = axis->begin ? resolve(b, axis->begin) : expr_int(a, 0);
    Expr *end = axis->end ? resolve(b, axis->end) : expr_size(a, axis->extent);
    body = stmt_for(a, axis->var, begin, end, expr_int(a, 1), body);
  }
  return body;
}

/* Everything inside the loops over result axes. */
static Stmt *one_point(const StepBinding *b) {
  Arena *a = b->plan->arena;
  const Nest *nest = b->nest;
  bool changes = nest->update || nest->epilogue_count;
  Stmt *body = NULL;
  if (nest->update) {
    body = stmt_let(a, "acc", resolve(b, nest->initial), false);
    body = stmt_then(body, reduction_loops(b, stmt_set(a, "acc", resolve(b, nest->update))));
    if (has_result(nest)) body = stmt_then(body, stmt_set(a, "acc", resolve(b, nest->result)));
  } else if (changes) {
    body = stmt_let(a, "acc", resolve(b, nest->result), false);
  }
  for (int i = 0; i < nest->epilogue_count; i++) body = stmt_then(body, stmt_set(a, "acc", resolve(b, nest->epilogue[i])));
  Expr *value = changes ? expr_var(a, "acc", type_f32) : resolve(b, nest->result);
  value = stored_value(b, value);
  return stmt_then(body, stmt_store(a, b->output.name, resolve(b, output_offset(b, nest->output)), value, 1));
}

static Stmt *resolve_lets(const StepBinding *b, const Stmt *lets, Stmt *rest) {
  if (!lets) return rest;
  Stmt *copy = stmt_let(b->plan->arena, lets->var, resolve(b, lets->value), lets->is_const);
  return stmt_then(copy, resolve_lets(b, lets->next, rest));
}

static bool lets_use(const Stmt *lets, const char *var) {
  for (; lets; lets = lets->next)
    if (expr_uses_var(lets->value, var)) return true;
  return false;
}

/* Names of a single point, which has no loop, must not meet those of the step's other nests. */
static Stmt *keep_apart(const StepBinding *b, Stmt *body) {
  Arena *a = b->plan->arena;
  bool alone = !b->step->nest->next, is_block = body->kind == STMT_FOR && !body->next;
  return alone || is_block ? body : stmt_for(a, b->nest->result_axes[0].var, expr_int(a, 0), expr_int(a, 1), expr_int(a, 1), body);
}

static Stmt *lower_axes(const StepBinding *b) {
  Arena *a = b->plan->arena;
  const Nest *nest = b->nest;
  Stmt *body = one_point(b);
  bool placed = nest->before == NULL;
  for (int i = nest->result_count; i-- > 0;) {
    const Axis *axis = &nest->result_axes[i];
    if (!placed && lets_use(nest->before, axis->var)) { /* window limits stand as far outside as they can */
      body = resolve_lets(b, nest->before, body);
      placed = true;
    }
    if (size_is(axis->extent, 1)) continue;
    body = stmt_for_points(a, axis->var, expr_int(a, 0), expr_size(a, axis->extent), expr_int(a, 1), body);
  }
  return keep_apart(b, placed ? body : resolve_lets(b, nest->before, body));
}

Stmt *lower_scalar(const StepBinding *b) {
  if (!has_rows(b->step)) return vectorise_loops(b, lower_axes(b));
  Rows rows = rows_of(b, without_single_points(b->plan->arena, b->nest, b->nest->output[1]));
  return move_rows(&rows, vectorise_loops(&rows.inside, lower_axes(&rows.inside)));
}
