/* name_values.c - gives statements of their own to parts of expressions: `power = exp(-x); acc = 1 / (1 + power);`.
 *
 * These are what an operator named, because it uses it twice, and functions of whole vectors, which C can only call on
 * a variable. Equal parts of a statement share their variable. */
#include "passes/passes.h"
#include "passes/variable_names.h"

typedef struct Naming { /* of one statement */
  Arena *arena;
  VariableNames *names;
  Stmt *lets;
} Naming;

/* What a function's result is called; not as the function itself, which C compilers know. */
static const char *result_name(MathFunction function) {
  switch (function) {
  case MATH_EXP: return "power";
  case MATH_LOG: return "logarithm";
  case MATH_TANH: return "tangent";
  case MATH_SIGMOID: return "sigmoid";
  case MATH_ERF: return "error";
  case MATH_SQRT: return "root";
  case MATH_ROUND: return "whole";
  case MATH_COUNT: break;
  }
  return "value";
}

static Expr *in_variable(Naming *n, const char *name, Expr *value) {
  for (const Stmt *let = n->lets; let; let = let->next)
    if (expr_equal(let->value, value)) return expr_var(n->arena, let->var, value->type);
  const char *var = new_variable(n->names, name);
  n->lets = stmt_then(n->lets, stmt_let(n->arena, var, value, true));
  return expr_var(n->arena, var, value->type);
}

static Expr *name_visit(void *context, Expr *e) {
  Naming *n = context;
  if (e->kind == EXPR_NAMED) return in_variable(n, e->text, e->left);
  return e->kind == EXPR_MATH && e->type.lanes > 1 ? in_variable(n, result_name(e->function), e) : e;
}

static Stmt *name_stmts(Arena *arena, VariableNames *names, const Stmt *s) {
  if (!s) return NULL;
  Stmt *copy = ARENA_NEW(arena, Stmt);
  *copy = *s;
  Naming naming = {arena, names, NULL};
  bool has_variable = s->kind == STMT_LET || s->kind == STMT_SET;
  if (has_variable && s->value->kind == EXPR_MATH) /* it is called on this variable */
    copy->value = expr_math(arena, s->value->function, rewrite_expr(arena, s->value->left, name_visit, &naming));
  else if (s->value) copy->value = rewrite_expr(arena, s->value, name_visit, &naming);
  VariableNames plain_names = s->plain ? copy_names(arena, names) : *names;
  copy->body = name_stmts(arena, names, s->body);
  copy->plain = name_stmts(arena, &plain_names, s->plain);
  copy->next = name_stmts(arena, names, s->next);
  if (s->kind == STMT_LET && s->is_const && !stmts_use_var(copy->next, s->var))
    return copy->next; /* a shape leaves nothing to do with it */
  return stmt_then(naming.lets, copy);
}

static void name_function(Arena *arena, Function *function) {
  VariableNames names = names_in_function(arena, function, function->body);
  function->body = name_stmts(arena, &names, function->body);
  if (!function->plain_body) return;
  names = names_in_function(arena, function, function->plain_body);
  function->plain_body = name_stmts(arena, &names, function->plain_body);
}

void name_values(Compilation *c, LoopProgram *program) {
  for (int i = 0; i < program->kernel_count; i++) name_function(c->arena, program->kernels[i]);
  for (int i = 0; i < program->layer_count; i++) name_function(c->arena, program->layers[i]);
}
