/* lower_loops.c - operators with statements of their own: their accesses become loads and stores. */
#include "ir/operator.h"
#include "ops/lowering.h"
#include "passes/lower_rows.h"

typedef struct ResolveLoops {
  const StepBinding *b;
} ResolveLoops;

static Expr *resolve_access(void *context, Expr *e) {
  const StepBinding *b = ((ResolveLoops *)context)->b;
  if (e->kind != EXPR_ACCESS) return e;
  const BoundOperand *operand = &b->operands[e->operand];
  return expr_cast(b->plan->arena, type_f32, expr_load(b->plan->arena, operand->name, element_offset(b, e), element_type(operand)));
}

static Stmt *resolve_stmts(const StepBinding *b, const Stmt *s) {
  if (!s) return NULL;
  Arena *a = b->plan->arena;
  ResolveLoops context = {b};
  Stmt *copy = ARENA_NEW(a, Stmt);
  *copy = *s;
  if (s->kind == STMT_STORE) {
    copy->var = b->output.name;
    copy->index = rewrite_expr(a, output_offset(b, s->index->index), resolve_access, &context);
    copy->value = stored_value(b, rewrite_expr(a, s->value, resolve_access, &context));
  } else if (s->value) {
    copy->value = rewrite_expr(a, s->value, resolve_access, &context);
  }
  if (s->begin) copy->begin = rewrite_expr(a, s->begin, resolve_access, &context);
  if (s->end) copy->end = rewrite_expr(a, s->end, resolve_access, &context);
  copy->body = resolve_stmts(b, s->body);
  copy->next = resolve_stmts(b, s->next);
  return copy;
}

Stmt *lower_loops(const StepBinding *b) {
  Arena *a = b->plan->arena;
  Lowering l = {.arena = a};
  const Stmt *stmts = b->step->root->op->loops(&l, b->step->root);
  if (!has_rows(b->step)) return vectorise_loops(b, resolve_stmts(b, stmts));
  Rows rows = rows_of(b, size_is(type_height(&b->step->result->type), 1) ? expr_int(a, 0) : expr_index(a, "oy"));
  return move_rows(&rows, vectorise_loops(&rows.inside, resolve_stmts(&rows.inside, stmts)));
}
