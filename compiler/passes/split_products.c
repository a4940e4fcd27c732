/* split_products.c - the statement form of --numerics portable: `p = a * b; acc = acc + p;`.
 *
 * A product that is added stands in a variable of its own, so that with contraction off every compiler rounds it. So
 * does a constant whose decimal text is not exact: compilers that calculate in double (s390x in ISO mode) would take
 * the text for a double. */
#include <math.h>

#include "passes/passes.h"

typedef struct Split {
  Arena *arena;
  Stmt *lets;
  int *products, *constants; /* in the function so far */
} Split;

static bool is_float_product(const Expr *e) { return e->kind == EXPR_BINARY && e->op == OP_MUL && e->type.scalar == SCALAR_F32; }

static Expr *name_value(Split *split, Expr *value, const char *base, int *count) {
  int number = ++*count;
  const char *name = number == 1 ? base : arena_printf(split->arena, "%s%d", base, number);
  split->lets = stmt_then(split->lets, stmt_let(split->arena, name, value, true));
  return expr_var(split->arena, name, value->type);
}

/* Multiples of 1/1024 up to 1024 have an exact decimal text that is short. */
static bool has_exact_text(double value) { return fabs(value) <= 1024 && floor(value * 1024) == value * 1024; }

static Expr *split_operand(Split *split, Expr *e, bool is_sum) {
  if (is_sum && is_float_product(e)) return name_value(split, e, "product", split->products);
  if (e->kind == EXPR_FLOAT && !has_exact_text((double)(float)e->real)) return name_value(split, e, "constant", split->constants);
  return e;
}

static Expr *split_visit(void *context, Expr *e) {
  Split *split = context;
  if (e->kind != EXPR_BINARY || e->left->type.scalar != SCALAR_F32) return e;
  bool is_sum = e->op == OP_ADD || e->op == OP_SUB;
  Expr *left = split_operand(split, e->left, is_sum), *right = split_operand(split, e->right, is_sum);
  return left == e->left && right == e->right ? e : expr_binary(split->arena, e->op, left, right);
}

static Stmt *split_stmts(Arena *arena, const Stmt *s, int *products, int *constants) {
  if (!s) return NULL;
  Stmt *copy = ARENA_NEW(arena, Stmt);
  *copy = *s;
  Split split = {arena, NULL, products, constants};
  if (s->value) copy->value = rewrite_expr(arena, s->value, split_visit, &split);
  copy->body = split_stmts(arena, s->body, products, constants);
  copy->next = split_stmts(arena, s->next, products, constants);
  return stmt_then(split.lets, copy);
}

void split_products(Compilation *c, LoopProgram *program) {
  for (int i = 0; i < program->layer_count; i++) {
    int products = 0, constants = 0;
    program->layers[i]->body = split_stmts(c->arena, program->layers[i]->body, &products, &constants);
  }
}
