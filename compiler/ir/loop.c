/* loop.c - constructors of the loop level, which fold constants, and rewriting. */
#include "ir/loop.h"

#include <string.h>

#include "support/checked.h"

const Type type_index = {SCALAR_INDEX, 1}, type_bool = {SCALAR_BOOL, 1}, type_f32 = {SCALAR_F32, 1};

Type type_of_dtype(DType dtype) {
  switch (dtype) {
  case DTYPE_F32: return type_f32;
  case DTYPE_U8: return (Type){SCALAR_U8, 1};
  case DTYPE_I8: return (Type){SCALAR_I8, 1};
  case DTYPE_I16: return (Type){SCALAR_I16, 1};
  case DTYPE_I32: return (Type){SCALAR_I32, 1};
  }
  return type_f32;
}

bool type_equal(Type a, Type b) { return a.scalar == b.scalar && a.lanes == b.lanes; }

const char *math_name(MathFunction function) {
  switch (function) {
  case MATH_EXP: return "exp";
  case MATH_LOG: return "log";
  case MATH_TANH: return "tanh";
  case MATH_SIGMOID: return "sigmoid";
  case MATH_ERF: return "erf";
  case MATH_SQRT: return "sqrt";
  case MATH_ROUND: return "round"; /* to a whole number, halves to even */
  case MATH_COUNT: break;
  }
  return "?";
}

static Expr *new_expr(Arena *a, Expr e) {
  Expr *copy = ARENA_NEW(a, Expr);
  *copy = e;
  return copy;
}

Expr *expr_int(Arena *a, int64_t value) { return new_expr(a, (Expr){.kind = EXPR_INT, .type = type_index, .integer = value}); }

Expr *expr_float(Arena *a, double value) { return new_expr(a, (Expr){.kind = EXPR_FLOAT, .type = type_f32, .real = value}); }

Expr *expr_constant(Arena *a, const char *name, const Size *value) {
  return new_expr(a, (Expr){.kind = EXPR_CONSTANT, .type = type_index, .text = name, .value = value});
}

Expr *expr_var(Arena *a, const char *name, Type type) { return new_expr(a, (Expr){.kind = EXPR_VAR, .type = type, .text = name}); }

Expr *expr_index(Arena *a, const char *name) { return expr_var(a, name, type_index); }

Expr *expr_weights(Arena *a, const char *name, bool in_code) {
  return new_expr(a, (Expr){.kind = EXPR_WEIGHTS, .type = type_index, .text = name, .integer = in_code});
}

Expr *expr_size(Arena *a, const Size *size) {
  int64_t number;
  if (size_is_const(size, &number)) return expr_int(a, number);
  return new_expr(a, (Expr){.kind = EXPR_SIZE, .type = type_index, .value = size});
}

/* Variables of the emitted C begin with a small letter. */
const char *dim_variable(Arena *a, const Dim *dim) {
  if (dim->variable) return dim->variable;
  return dim->name[0] >= 'A' && dim->name[0] <= 'Z' ? dim->name : arena_printf(a, "dim_%s", dim->name);
}

Expr *expr_access(Arena *a, int operand, Type type, int rank, Expr *const *index) {
  Expr e = {.kind = EXPR_ACCESS, .type = type, .operand = operand, .rank = rank};
  memcpy(e.index, index, (size_t)rank * sizeof *index);
  return new_expr(a, e);
}

Expr *expr_load(Arena *a, const char *pointer, Expr *offset, Type type) {
  return new_expr(a, (Expr){.kind = EXPR_LOAD, .type = type, .text = pointer, .left = offset});
}

bool expr_is_int(const Expr *e, int64_t value) { return e->kind == EXPR_INT && e->integer == value; }

static bool same_part(const Expr *a, const Expr *b) { return a == b || (a && b && expr_equal(a, b)); }

bool expr_equal(const Expr *a, const Expr *b) {
  if (a == b) return true;
  if (a->kind != b->kind || !type_equal(a->type, b->type) || a->integer != b->integer || a->operand != b->operand || a->rank != b->rank)
    return false;
  if (a->op != b->op || a->function != b->function || memcmp(&a->real, &b->real, sizeof a->real) != 0) return false;
  if (!a->value != !b->value || (a->value && !size_equal(a->value, b->value))) return false;
  if (!a->text != !b->text || (a->text && strcmp(a->text, b->text) != 0)) return false;
  for (int i = 0; i < a->rank; i++)
    if (!expr_equal(a->index[i], b->index[i])) return false;
  return same_part(a->condition, b->condition) && same_part(a->left, b->left) && same_part(a->right, b->right);
}

static int64_t fold(BinaryOp op, int64_t a, int64_t b) {
#define BINARY(name, token, precedence, is_comparison, folded)                                                                             \
  if (op == OP_##name) return folded;
#include "ir/loop_ops.def"
  return 0;
}

static const bool is_comparison[] = {
#define BINARY(name, token, precedence, comparison, folded) [OP_##name] = comparison,
#include "ir/loop_ops.def"
};

/* The size of an INT or a SIZE; NULL: e is neither. */
static const Size *known_size(Arena *a, const Expr *e) {
  if (e->kind == EXPR_SIZE) return e->value;
  return e->kind == EXPR_INT && e->type.scalar == SCALAR_INDEX ? size_of(a, e->integer) : NULL;
}

static Expr *truth(Arena *a, bool value) {
  Expr *e = expr_int(a, value);
  e->type = type_bool;
  return e;
}

/* Sizes of which one varies at least: arithmetic in normal form, comparisons that hold for all values of the dims. */
static Expr *fold_sizes(Arena *a, BinaryOp op, const Size *left, const Size *right) {
  int64_t divisor;
  const Size *difference = size_sub(a, left, right);
  int64_t low = size_minimum(difference), high = size_maximum(difference);
  switch (op) {
  case OP_ADD: return expr_size(a, size_add(a, left, right));
  case OP_SUB: return expr_size(a, difference);
  case OP_MUL: return expr_size(a, size_mul(a, left, right));
  case OP_DIV:
    return size_is_const(right, &divisor) && divisor > 0 && size_minimum(left) >= 0 ? expr_size(a, size_floor_div(a, left, divisor)) : NULL;
  case OP_LT: return high < 0 || low >= 0 ? truth(a, high < 0) : NULL;
  case OP_LE: return high <= 0 || low > 0 ? truth(a, high <= 0) : NULL;
  case OP_GT: return high <= 0 || low > 0 ? truth(a, low > 0) : NULL;
  case OP_GE: return high < 0 || low >= 0 ? truth(a, low >= 0) : NULL;
  case OP_EQ:
  case OP_NE: return low > 0 || high < 0 || (low == 0 && high == 0) ? truth(a, (low == 0 && high == 0) == (op == OP_EQ)) : NULL;
  case OP_AND:
  case OP_OR:
  case BINARY_OP_COUNT: break;
  }
  return NULL;
}

/* x + size or x - size, whichever has no negative number in it; NULL: neither. */
static Expr *add_size(Arena *a, Expr *x, const Size *size) {
  if (size_is(size, 0)) return x;
  if (size_minimum(size) >= 0) return expr_binary(a, OP_ADD, x, expr_size(a, size));
  if (size_maximum(size) <= 0) return expr_binary(a, OP_SUB, x, expr_size(a, size_mul_int(a, size, -1)));
  return NULL;
}

/* What an identity makes of left op right; NULL: nothing. Integers only: floats have signed zeros and NaN. Sums lean to
 * the left, and a constant part stands last. */
static Expr *simplify(Arena *a, BinaryOp op, Expr *left, Expr *right) {
  if (left->kind == EXPR_INT && right->kind == EXPR_INT) {
    Expr *folded = expr_int(a, fold(op, left->integer, right->integer));
    if (is_comparison[op]) folded->type = type_bool;
    return folded;
  }
  const Size *left_size = known_size(a, left), *right_size = known_size(a, right);
  if (left_size && right_size) return fold_sizes(a, op, left_size, right_size);
  if (op == OP_ADD && right_size && left->kind == EXPR_BINARY && (left->op == OP_SUB || left->op == OP_ADD)) {
    const Size *part = known_size(a, left->right); /* x - padding + padding of the border */
    bool varies = part && (left->right->kind == EXPR_SIZE || right->kind == EXPR_SIZE);
    Expr *moved = varies ? add_size(a, left->left, left->op == OP_ADD ? size_add(a, part, right_size) : size_sub(a, right_size, part))
                         : NULL;
    if (moved) return moved;
  }
  if (op == OP_ADD && expr_is_int(left, 0)) return right;
  if (op == OP_SUB && right->kind == EXPR_INT) return expr_binary(a, OP_ADD, left, expr_int(a, -right->integer));
  if (op == OP_ADD && expr_is_int(right, 0)) return left;
  if (op == OP_ADD && left->kind == EXPR_INT) return expr_binary(a, OP_ADD, right, left);
  if (op == OP_MUL && (expr_is_int(left, 0) || expr_is_int(right, 1))) return left;
  if (op == OP_MUL && (expr_is_int(right, 0) || expr_is_int(left, 1))) return right;
  if (op == OP_DIV && expr_is_int(right, 1)) return left;
  if (op == OP_ADD && right->kind == EXPR_BINARY && right->op == OP_ADD)
    return expr_binary(a, OP_ADD, expr_binary(a, OP_ADD, left, right->left), right->right);
  if (op == OP_ADD && left->kind == EXPR_BINARY && left->op == OP_ADD && left->right->kind == EXPR_INT) {
    if (right->kind == EXPR_INT) return expr_binary(a, OP_ADD, left->left, expr_int(a, left->right->integer + right->integer));
    return expr_binary(a, OP_ADD, expr_binary(a, OP_ADD, left->left, right), left->right);
  }
  return NULL;
}

Expr *expr_binary(Arena *a, BinaryOp op, Expr *left, Expr *right) {
  if (left->type.scalar == SCALAR_INDEX || left->type.scalar == SCALAR_BOOL) {
    Expr *simple = simplify(a, op, left, right);
    if (simple) return simple;
  }
  int lanes = left->type.lanes > right->type.lanes ? left->type.lanes : right->type.lanes;
  Type type = is_comparison[op] ? (Type){SCALAR_BOOL, lanes} : (Type){left->type.scalar, lanes};
  return new_expr(a, (Expr){.kind = EXPR_BINARY, .type = type, .op = op, .left = left, .right = right});
}

Expr *expr_select(Arena *a, Expr *condition, Expr *yes, Expr *no) {
  if (condition->kind == EXPR_INT) return condition->integer ? yes : no;
  Type type = {yes->type.scalar, condition->type.lanes};
  return new_expr(a, (Expr){.kind = EXPR_SELECT, .type = type, .condition = condition, .left = yes, .right = no});
}

Expr *expr_math(Arena *a, MathFunction function, Expr *x) {
  return new_expr(a, (Expr){.kind = EXPR_MATH, .type = x->type, .function = function, .left = x});
}

Expr *expr_cast(Arena *a, Type type, Expr *x) {
  if (type_equal(type, x->type)) return x;
  return new_expr(a, (Expr){.kind = EXPR_CAST, .type = type, .left = x});
}

Expr *expr_broadcast(Arena *a, Expr *x, int lanes) {
  if (x->type.lanes == lanes) return x;
  return new_expr(a, (Expr){.kind = EXPR_BROADCAST, .type = {x->type.scalar, lanes}, .left = x});
}

Expr *expr_named(Arena *a, const char *name, Expr *x) {
  if (x->kind == EXPR_VAR || x->kind == EXPR_FLOAT) return x;
  return new_expr(a, (Expr){.kind = EXPR_NAMED, .type = x->type, .text = name, .left = x});
}

static Stmt *new_stmt(Arena *a, Stmt s) {
  Stmt *copy = ARENA_NEW(a, Stmt);
  *copy = s;
  return copy;
}

Stmt *stmt_for(Arena *a, const char *var, Expr *begin, Expr *end, Expr *step, Stmt *body) {
  return new_stmt(a, (Stmt){.kind = STMT_FOR, .var = var, .type = type_index, .begin = begin, .end = end, .step = step, .body = body});
}

Stmt *stmt_if(Arena *a, Expr *condition, Stmt *body) {
  return new_stmt(a, (Stmt){.kind = STMT_IF, .type = type_bool, .value = condition, .body = body});
}

Stmt *stmt_vectors(Arena *a, Stmt *body, Stmt *plain) {
  return new_stmt(a, (Stmt){.kind = STMT_VECTORS, .type = type_index, .body = body, .plain = plain});
}

Stmt *stmt_for_points(Arena *a, const char *var, Expr *begin, Expr *end, Expr *step, Stmt *body) {
  Stmt *loop = stmt_for(a, var, begin, end, step, body);
  loop->independent = true;
  return loop;
}

Stmt *stmt_meet(Arena *a) { return new_stmt(a, (Stmt){.kind = STMT_MEET, .type = type_index}); }

Stmt *stmt_parallel(Arena *a, Stmt *body) { return new_stmt(a, (Stmt){.kind = STMT_PARALLEL, .type = type_index, .body = body}); }

Stmt *stmt_let(Arena *a, const char *var, Expr *value, bool is_const) {
  return new_stmt(a, (Stmt){.kind = STMT_LET, .var = var, .type = value->type, .is_const = is_const, .value = value});
}

Stmt *stmt_array(Arena *a, const char *var, Type element, int64_t elements) {
  return new_stmt(a, (Stmt){.kind = STMT_ARRAY, .var = var, .type = element, .index = expr_int(a, elements)});
}

Stmt *stmt_pointer(Arena *a, const char *var, Type element, bool is_const, Expr *value) {
  return new_stmt(a, (Stmt){.kind = STMT_POINTER, .var = var, .type = element, .is_const = is_const, .value = value});
}

Stmt *stmt_set(Arena *a, const char *var, Expr *value) {
  return new_stmt(a, (Stmt){.kind = STMT_SET, .var = var, .type = value->type, .value = value});
}

Stmt *stmt_advance(Arena *a, const char *pointer, Expr *value) {
  return new_stmt(a, (Stmt){.kind = STMT_ADVANCE, .var = pointer, .type = value->type, .value = value});
}

Stmt *stmt_store(Arena *a, const char *pointer, Expr *offset, Expr *value, int lanes) {
  return new_stmt(a, (Stmt){.kind = STMT_STORE, .var = pointer, .type = value->type, .index = offset, .value = value, .lanes = lanes});
}

Stmt *stmt_prefetch_later(Arena *a, const char *pointer, Expr *offset) {
  Stmt *s = stmt_prefetch(a, pointer, offset);
  s->later = true;
  return s;
}

Stmt *stmt_prefetch(Arena *a, const char *pointer, Expr *offset) {
  return new_stmt(a, (Stmt){.kind = STMT_PREFETCH, .var = pointer, .type = type_f32, .index = offset, .lanes = 1});
}

Stmt *stmt_call(Arena *a, const char *callee, Expr *const *arguments, int count) {
  Expr **copy = ARENA_ARRAY(a, Expr *, (size_t)count + 1);
  if (count) memcpy(copy, arguments, (size_t)count * sizeof *copy);
  return new_stmt(a, (Stmt){.kind = STMT_CALL, .var = callee, .arguments = copy, .argument_count = count});
}

Stmt *stmt_then(Stmt *first, Stmt *second) {
  if (!first) return second;
  Stmt *last = first;
  while (last->next) last = last->next;
  last->next = second;
  return first;
}

Expr *rewrite_expr(Arena *a, Expr *e, ExprVisit *visit, void *context) {
  Expr *n = NULL, *left, *right;
  switch (e->kind) { /* parts are visited in an order of our own: C compilers differ in that of arguments */
  case EXPR_INT:
  case EXPR_SIZE:
  case EXPR_FLOAT:
  case EXPR_CONSTANT:
  case EXPR_VAR:
  case EXPR_WEIGHTS: n = e; break;
  case EXPR_ACCESS: {
    Expr *index[MAX_PARAMETER_RANK];
    for (int i = 0; i < e->rank; i++) index[i] = rewrite_expr(a, e->index[i], visit, context);
    n = expr_access(a, e->operand, e->type, e->rank, index);
    break;
  }
  case EXPR_LOAD:
    n = expr_load(a, e->text, rewrite_expr(a, e->left, visit, context), e->type);
    n->integer = e->integer;
    break;
  case EXPR_BINARY:
    left = rewrite_expr(a, e->left, visit, context);
    n = expr_binary(a, e->op, left, rewrite_expr(a, e->right, visit, context));
    break;
  case EXPR_SELECT:
    right = rewrite_expr(a, e->right, visit, context); /* the value so far, then the one it is compared with */
    left = rewrite_expr(a, e->left, visit, context);
    n = expr_select(a, rewrite_expr(a, e->condition, visit, context), left, right);
    break;
  case EXPR_MATH: n = expr_math(a, e->function, rewrite_expr(a, e->left, visit, context)); break;
  case EXPR_CAST: n = expr_cast(a, e->type, rewrite_expr(a, e->left, visit, context)); break;
  case EXPR_BROADCAST: n = expr_broadcast(a, rewrite_expr(a, e->left, visit, context), e->type.lanes); break;
  case EXPR_NAMED: n = expr_named(a, e->text, rewrite_expr(a, e->left, visit, context)); break;
  }
  return visit(context, n);
}

typedef struct Substitution {
  const char *var;
  Expr *by;
} Substitution;

static Expr *substitute_visit(void *context, Expr *e) {
  const Substitution *s = context;
  return e->kind == EXPR_VAR && strcmp(e->text, s->var) == 0 ? s->by : e;
}

Expr *substitute_var(Arena *a, Expr *e, const char *var, Expr *by) {
  Substitution s = {var, by};
  return rewrite_expr(a, e, substitute_visit, &s);
}

Expr *coefficient_of(Arena *a, Expr *e, const char *var) {
  if (e->kind == EXPR_VAR) return expr_int(a, strcmp(e->text, var) == 0);
  if (e->kind != EXPR_BINARY || (e->op != OP_ADD && e->op != OP_SUB && e->op != OP_MUL)) return expr_int(a, 0);
  Expr *left = coefficient_of(a, e->left, var), *right = coefficient_of(a, e->right, var);
  if (e->op != OP_MUL) return expr_binary(a, e->op, left, right);
  return expr_binary(a, OP_ADD, expr_binary(a, OP_MUL, left, e->right), expr_binary(a, OP_MUL, right, e->left));
}

bool expr_uses_var(const Expr *e, const char *var) {
  switch (e->kind) {
  case EXPR_INT:
  case EXPR_SIZE:
  case EXPR_FLOAT:
  case EXPR_CONSTANT:
  case EXPR_WEIGHTS: return false;
  case EXPR_VAR: return strcmp(e->text, var) == 0;
  case EXPR_ACCESS:
    for (int i = 0; i < e->rank; i++)
      if (expr_uses_var(e->index[i], var)) return true;
    return false;
  case EXPR_LOAD: return strcmp(e->text, var) == 0 || expr_uses_var(e->left, var);
  case EXPR_MATH:
  case EXPR_CAST:
  case EXPR_BROADCAST:
  case EXPR_NAMED: return expr_uses_var(e->left, var);
  case EXPR_BINARY: return expr_uses_var(e->left, var) || expr_uses_var(e->right, var);
  case EXPR_SELECT: return expr_uses_var(e->condition, var) || expr_uses_var(e->left, var) || expr_uses_var(e->right, var);
  }
  return false;
}

static bool uses_dim(const Expr *e, const Dim *dim) {
  if (!e) return false;
  if (e->value && size_uses_dim(e->value, dim)) return true;
  for (int i = 0; i < e->rank; i++)
    if (uses_dim(e->index[i], dim)) return true;
  return uses_dim(e->condition, dim) || uses_dim(e->left, dim) || uses_dim(e->right, dim);
}

bool stmts_use_dim(const Stmt *s, const Dim *dim) {
  for (; s; s = s->next) {
    const Expr *parts[] = {s->begin, s->end, s->step, s->index, s->value};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
      if (uses_dim(parts[i], dim)) return true;
    for (int i = 0; i < s->argument_count; i++)
      if (uses_dim(s->arguments[i], dim)) return true;
    if (stmts_use_dim(s->body, dim) || stmts_use_dim(s->plain, dim)) return true;
  }
  return false;
}

bool stmts_use_var(const Stmt *s, const char *var) {
  for (; s; s = s->next) {
    const Expr *parts[] = {s->begin, s->end, s->step, s->index, s->value};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
      if (parts[i] && expr_uses_var(parts[i], var)) return true;
    for (int i = 0; i < s->argument_count; i++)
      if (expr_uses_var(s->arguments[i], var)) return true;
    if (stmts_use_var(s->body, var) || stmts_use_var(s->plain, var)) return true;
  }
  return false;
}

const Size *expr_as_size(Arena *a, const Expr *e) {
  if (e->kind == EXPR_INT) return size_of(a, e->integer);
  if (e->kind == EXPR_CONSTANT || e->kind == EXPR_SIZE) return e->value;
  const Size *left = e->kind == EXPR_BINARY ? expr_as_size(a, e->left) : NULL, *right = left ? expr_as_size(a, e->right) : NULL;
  if (!right) return NULL;
  int64_t x, y;
  if (size_is_const(left, &x) && size_is_const(right, &y)) return size_of(a, fold(e->op, x, y));
  const Expr *folded = fold_sizes(a, e->op, left, right);
  return folded ? expr_as_size(a, folded) : NULL;
}
