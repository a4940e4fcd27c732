/* split_products.c - the statement form of --numerics portable: `p = a * b; acc = acc + p;`.
 *
 * A product that is added stands in a variable of its own, so that with contraction off every compiler rounds it. */
#include "passes/passes.h"

typedef struct Split {
  Arena *arena;
  Stmt *lets;
  int *count; /* of products in the function so far */
} Split;

static bool is_float_product(const Expr *e) { return e->kind == EXPR_BINARY && e->op == OP_MUL && e->type.scalar == SCALAR_F32; }

static Expr *name_product(Split *split, Expr *product) {
  int number = ++*split->count;
  const char *name = number == 1 ? "product" : arena_printf(split->arena, "product%d", number);
  split->lets = stmt_then(split->lets, stmt_let(split->arena, name, product, true));
  return expr_var(split->arena, name, product->type);
}

static Expr *split_visit(void *context, Expr *e) {
  Split *split = context;
  if (e->kind != EXPR_BINARY || (e->op != OP_ADD && e->op != OP_SUB) || e->type.scalar != SCALAR_F32) return e;
  Expr *left = is_float_product(e->left) ? name_product(split, e->left) : e->left;
  Expr *right = is_float_product(e->right) ? name_product(split, e->right) : e->right;
  return left == e->left && right == e->right ? e : expr_binary(split->arena, e->op, left, right);
}

static Stmt *split_stmts(Arena *arena, const Stmt *s, int *count) {
  if (!s) return NULL;
  Stmt *copy = ARENA_NEW(arena, Stmt);
  *copy = *s;
  Split split = {arena, NULL, count};
  if (s->value) copy->value = rewrite_expr(arena, s->value, split_visit, &split);
  copy->body = split_stmts(arena, s->body, count);
  copy->next = split_stmts(arena, s->next, count);
  return stmt_then(split.lets, copy);
}

void split_products(Compilation *c, LoopProgram *program) {
  for (int i = 0; i < program->layer_count; i++) {
    int count = 0;
    program->layers[i]->body = split_stmts(c->arena, program->layers[i]->body, &count);
  }
}
