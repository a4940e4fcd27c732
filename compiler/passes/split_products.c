/* split_products.c - the statement form of --numerics portable: `product = a * b; acc = acc + product;`.
 *
 * One operation on floats a statement: a product that is added stands in a variable of its own, so that with
 * contraction off every compiler rounds it, and so does every other result that is calculated with, since compilers
 * that calculate in double (s390x in ISO mode) round where something is stored only. For the same reason so does a
 * constant whose decimal text is not exact: they would take the text for a double. */
#include <math.h>

#include "passes/passes.h"
#include "passes/variable_names.h"

typedef struct Split { /* of one statement */
  Arena *arena;
  VariableNames *names;
  Stmt *lets;
} Split;

static Expr *in_variable(Split *split, const char *name, Expr *value) {
  const char *var = new_variable(split->names, name);
  split->lets = stmt_then(split->lets, stmt_let(split->arena, var, value, true));
  return expr_var(split->arena, var, value->type);
}

/* Multiples of 1/1024 up to 1024 have an exact decimal text that is short. */
static bool has_exact_text(double value) { return fabs(value) <= 1024 && floor(value * 1024) == value * 1024; }

/* What the result of an operation on floats is called; NULL: nothing is calculated. */
static const char *result_name(const Expr *e) {
  if (e->kind == EXPR_SELECT) return result_name(e->left) || result_name(e->right) ? "choice" : NULL;
  if (e->kind != EXPR_BINARY || e->type.scalar != SCALAR_F32) return NULL;
  return e->op == OP_MUL ? "product" : e->op == OP_DIV ? "quotient" : e->op == OP_SUB ? "difference" : "sum";
}

static Expr *split_operand(Split *split, Expr *e) {
  const char *result = result_name(e);
  if (result) return in_variable(split, result, e);
  if (e->kind == EXPR_FLOAT && !has_exact_text((double)(float)e->real)) return in_variable(split, "constant", e);
  return e;
}

static Expr *split_visit(void *context, Expr *e) {
  Split *split = context;
  if (e->kind != EXPR_BINARY || e->left->type.scalar != SCALAR_F32) return e;
  Expr *left = split_operand(split, e->left), *right = split_operand(split, e->right);
  return left == e->left && right == e->right ? e : expr_binary(split->arena, e->op, left, right);
}

static Stmt *split_stmts(Arena *arena, VariableNames *names, const Stmt *s) {
  if (!s) return NULL;
  Stmt *copy = ARENA_NEW(arena, Stmt);
  *copy = *s;
  Split split = {arena, names, NULL};
  if (s->value) copy->value = rewrite_expr(arena, s->value, split_visit, &split);
  copy->body = split_stmts(arena, names, s->body);
  copy->next = split_stmts(arena, names, s->next);
  return stmt_then(split.lets, copy);
}

static void split_function(Arena *arena, Function *function) {
  VariableNames names = names_in_function(arena, function, function->body);
  function->body = split_stmts(arena, &names, function->body);
}

void split_products(Compilation *c, LoopProgram *program) {
  for (int i = 0; i < program->kernel_count; i++) split_function(c->arena, program->kernels[i]);
  for (int i = 0; i < program->layer_count; i++) split_function(c->arena, program->layers[i]);
}
