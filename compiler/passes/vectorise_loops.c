/* vectorise_loops.c - loops over neighbours in memory, in vectors.
 *
 * What no kernel computes is loops over single elements. Where the turns of one of them write elements that lie side by side, each
 * from elements that do or that all turns share, a vector takes the place of as many turns: each lane computes what its turn did,
 * in the same order, loops inside included. What is left at the end of a row is computed by one more vector, which begins before
 * it and computes some elements again; where they could not be, by the loop as it was. Knows no operators. */
#include <string.h>

#include "passes/lower_nest.h"
#include "passes/targets.h"
#include "passes/variable_names.h"

enum { LEAST_LANES = 4 };

typedef struct Lanes { /* of the loop over `var`, while it is rewritten */
  const StepBinding *b;
  Arena *arena;
  const char *var;
  int count;
  NameTable vectors; /* variables that differ from lane to lane */
  NameTable totals;  /* those that every turn adds to, which then do so lane by lane -> the name of their vectors, or "" */
  VariableNames *names;
  Stmt *first, *last; /* before and after the loop: the vectors of totals, and what becomes of them */
  bool stored, again; /* the result has been written in this turn; a turn may be computed twice */
  bool failed;
} Lanes;

static Expr *give_up(Lanes *l, Expr *e) {
  l->failed = true;
  return e;
}

/* Whether an index is a sum of products in which the variable stands as it is. */
static bool is_linear(const Expr *e, const char *var) {
  if (e->kind == EXPR_VAR || !expr_uses_var(e, var)) return true;
  if (e->kind != EXPR_BINARY || (e->op != OP_ADD && e->op != OP_SUB && e->op != OP_MUL)) return false;
  return is_linear(e->left, var) && is_linear(e->right, var);
}

static bool is_next_in_memory(const Lanes *l, Expr *offset) {
  const Size *distance = expr_as_size(l->arena, coefficient_of(l->arena, offset, l->var));
  return distance && size_is(distance, 1) && is_linear(offset, l->var);
}

static Expr *load_lanes(Lanes *l, Expr *e) {
  bool of_result = strcmp(e->text, l->b->output.name) == 0;
  if (of_result && !l->stored) l->again = false;
  if (!expr_uses_var(e->left, l->var)) return of_result ? give_up(l, e) : e;
  if (e->type.scalar != SCALAR_F32 || !is_next_in_memory(l, e->left)) return give_up(l, e);
  return expr_load(l->arena, e->text, e->left, (Type){SCALAR_F32, l->count});
}

static Expr *lanes_of(Lanes *l, Expr *e);

/* A comparison that is to choose for each lane. */
static Expr *mask_of(Lanes *l, Expr *e) {
  if (e->kind == EXPR_VAR && find_name(&l->vectors, e->text)) return lanes_of(l, e);
  if (e->kind != EXPR_BINARY) return give_up(l, e);
  if (e->op == OP_AND || e->op == OP_OR) {
    Expr *left = mask_of(l, e->left);
    return expr_binary(l->arena, e->op, left, mask_of(l, e->right));
  }
  if (e->left->type.scalar != SCALAR_F32) return give_up(l, e);
  Expr *left = expr_broadcast(l->arena, lanes_of(l, e->left), l->count);
  return expr_binary(l->arena, e->op, left, lanes_of(l, e->right));
}

/* Whether it may differ from lane to lane. */
static bool differs(const Lanes *l, const Expr *e) {
  if (!e) return false;
  if (e->kind == EXPR_VAR && (strcmp(e->text, l->var) == 0 || find_name(&l->vectors, e->text))) return true;
  return differs(l, e->condition) || differs(l, e->left) || differs(l, e->right);
}

static Expr *select_lanes(Lanes *l, Expr *e) {
  if (!differs(l, e)) return e;
  Expr *condition = mask_of(l, e->condition), *yes = expr_broadcast(l->arena, lanes_of(l, e->left), l->count);
  return expr_select(l->arena, condition, yes, expr_broadcast(l->arena, lanes_of(l, e->right), l->count));
}

/* What the expression is in all lanes; itself where it is the same in all of them. */
static Expr *lanes_of(Lanes *l, Expr *e) {
  switch (e->kind) {
  case EXPR_INT:
  case EXPR_SIZE:
  case EXPR_FLOAT:
  case EXPR_CONSTANT:
  case EXPR_WEIGHTS: return e;
  case EXPR_VAR:
    if (strcmp(e->text, l->var) == 0 || find_name(&l->totals, e->text)) return give_up(l, e); /* it is calculated with */
    return find_name(&l->vectors, e->text) ? expr_var(l->arena, e->text, (Type){e->type.scalar, l->count}) : e;
  case EXPR_LOAD: return load_lanes(l, e);
  case EXPR_BINARY: {
    Expr *left = lanes_of(l, e->left), *right = lanes_of(l, e->right);
    bool vector = left->type.lanes > 1 || right->type.lanes > 1;
    return !vector ? e : e->type.scalar == SCALAR_BOOL ? mask_of(l, e) : expr_binary(l->arena, e->op, left, right);
  }
  case EXPR_SELECT: return select_lanes(l, e);
  case EXPR_MATH: return expr_math(l->arena, e->function, lanes_of(l, e->left));
  case EXPR_CAST: {
    Expr *x = lanes_of(l, e->left);
    return x->type.lanes > 1 ? give_up(l, e) : e;
  }
  case EXPR_NAMED: return expr_named(l->arena, e->text, lanes_of(l, e->left));
  case EXPR_ACCESS:
  case EXPR_BROADCAST: break;
  }
  return give_up(l, e);
}

static Stmt *stmts_of(Lanes *l, const Stmt *s);

typedef struct Replace {
  const Expr *old;
  Expr *new;
} Replace;

static Expr *replace_visit(void *context, Expr *e) {
  const Replace *r = context;
  return expr_equal(e, r->old) ? r->new : e;
}

/* The float of which a whole number is made; NULL: none that differs from lane to lane. */
static Expr *converted(const Lanes *l, Expr *e) {
  if (!e || (e->kind == EXPR_CAST && e->left->type.scalar == SCALAR_F32 && differs(l, e))) return e ? e->left : NULL;
  Expr *left = converted(l, e->left);
  return left ? left : converted(l, e->right);
}

/* Whole numbers are made one after the other, of a vector in memory. */
static Stmt *store_numbers(Lanes *l, const Stmt *s) {
  Arena *a = l->arena;
  Expr *number = converted(l, s->value), *lane = expr_index(a, "lane");
  if (!number) return NULL;
  Replace replace = {number, expr_load(a, "lanes", lane, type_f32)};
  Expr *value = rewrite_expr(a, s->value, replace_visit, &replace);
  if (differs(l, value)) return NULL;
  Stmt *vector = stmt_store(a, "lanes", expr_int(a, 0), expr_broadcast(a, lanes_of(l, number), l->count), l->count);
  Stmt *each = stmt_store(a, s->var, expr_binary(a, OP_ADD, s->index, lane), value, 1);
  Stmt *all = stmt_then(stmt_array(a, "lanes", type_f32, l->count), vector);
  return stmt_then(all, stmt_for(a, "lane", expr_int(a, 0), expr_int(a, l->count), expr_int(a, 1), each));
}

static Stmt *store_lanes(Lanes *l, const Stmt *s) {
  if (!is_next_in_memory(l, s->index)) l->failed = true;
  if (s->value->type.scalar != SCALAR_F32) {
    Stmt *numbers = store_numbers(l, s);
    l->failed = l->failed || !numbers;
    l->stored = true;
    return numbers;
  }
  Expr *value = expr_broadcast(l->arena, lanes_of(l, s->value), l->count);
  l->stored = true;
  return stmt_store(l->arena, s->var, s->index, value, l->count);
}

/* A variable that is set later is a vector from the start. */
static Stmt *let_lanes(Lanes *l, const Stmt *s) {
  Expr *value = lanes_of(l, s->value);
  if (!s->is_const && s->type.scalar == SCALAR_F32) value = expr_broadcast(l->arena, value, l->count);
  if (find_name(&l->vectors, s->var) && value->type.lanes == 1) l->failed = true; /* another one of this name does differ */
  if (value->type.lanes == 1 && s->is_const) return stmt_let(l->arena, s->var, value, true);
  if (value->type.scalar != SCALAR_F32 && value->type.scalar != SCALAR_BOOL) l->failed = true;
  put_name(&l->vectors, s->var, l);
  return stmt_let(l->arena, s->var, value, s->is_const);
}

/* ---- sums and extremes of all turns ---- */

/* total + x; or what is larger or smaller, or no number */
static Expr *combined(Arena *a, BinaryOp op, Expr *total, Expr *x) {
  if (op == OP_ADD) return expr_binary(a, op, total, x);
  return expr_select(a, expr_binary(a, OP_NE, x, x), x, expr_select(a, expr_binary(a, op, x, total), x, total));
}

/* What a SET adds to its variable; NULL: it does something else. */
static Expr *term_of(Arena *a, const Stmt *s, BinaryOp *op) {
  static const BinaryOp ops[] = {OP_ADD, OP_GT, OP_LT};
  const Expr *value = s->value;
  if (value->kind != EXPR_BINARY && value->kind != EXPR_SELECT) return NULL;
  Expr *term = value->kind == EXPR_BINARY ? value->right : value->left;
  for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
    *op = ops[i];
    if (!expr_uses_var(term, s->var) && expr_equal(value, combined(a, *op, expr_var(a, s->var, type_f32), term))) return term;
  }
  return NULL;
}

/* Each lane adds up its own turns; behind the loop the lanes are put together. */
static Stmt *add_to_total(Lanes *l, const Stmt *s) {
  Arena *a = l->arena;
  BinaryOp op;
  Expr *term = term_of(a, s, &op);
  if (!term || *(const char *)find_name(&l->totals, s->var)) return l->failed = true, NULL;
  const char *name = new_variable(l->names, arena_printf(a, "%s_lanes", s->var));
  put_name(&l->totals, s->var, (void *)name);
  Expr *total = expr_var(a, s->var, type_f32), *lanes = expr_var(a, name, (Type){SCALAR_F32, l->count}), *lane = expr_index(a, "lane");
  Expr *first = op == OP_ADD ? expr_float(a, 0) : total;
  l->first = stmt_then(l->first, stmt_let(a, name, expr_broadcast(a, first, l->count), false));
  Expr *one = expr_load(a, name, lane, type_f32), *all = combined(a, op, total, op == OP_ADD ? one : expr_named(a, "value", one));
  l->last = stmt_then(l->last, stmt_for(a, "lane", expr_int(a, 0), expr_int(a, l->count), expr_int(a, 1), stmt_set(a, s->var, all)));
  return stmt_set(a, name, combined(a, op, lanes, expr_broadcast(a, lanes_of(l, term), l->count)));
}

/* Variables that the loop sets and does not declare; false: it holds more than it can have. */
static bool find_totals(Lanes *l, const Stmt *s) {
  NameTable own = name_table(l->arena);
  for (; s; s = s->next) {
    if (s->kind == STMT_LET) put_name(&own, s->var, l);
    if (s->kind == STMT_SET && s->type.scalar != SCALAR_F32) return false;
    if (s->kind == STMT_SET && !find_name(&own, s->var)) put_name(&l->totals, s->var, (void *)"");
    if (s->body) return false;
  }
  return l->totals.count > 0;
}

static Stmt *one_stmt(Lanes *l, const Stmt *s) {
  switch (s->kind) {
  case STMT_LET: return let_lanes(l, s);
  case STMT_SET:
    if (find_name(&l->totals, s->var)) return add_to_total(l, s);
    if (!find_name(&l->vectors, s->var)) l->failed = true; /* one turn needs what the last one left */
    return stmt_set(l->arena, s->var, expr_broadcast(l->arena, lanes_of(l, s->value), l->count));
  case STMT_STORE: return store_lanes(l, s);
  case STMT_FOR: {
    if (expr_uses_var(s->begin, l->var) || expr_uses_var(s->end, l->var) || strcmp(s->var, l->var) == 0) l->failed = true;
    Stmt *copy = stmt_for(l->arena, s->var, s->begin, s->end, s->step, stmts_of(l, s->body));
    copy->independent = s->independent;
    copy->comment = s->comment;
    return copy;
  }
  case STMT_IF:
  case STMT_VECTORS:
  case STMT_ARRAY:
  case STMT_POINTER:
  case STMT_ADVANCE:
  case STMT_CALL:
  case STMT_PREFETCH:
  case STMT_PARALLEL:
  case STMT_MEET: break;
  }
  l->failed = true;
  return NULL;
}

static Stmt *stmts_of(Lanes *l, const Stmt *s) {
  Stmt *all = NULL;
  for (; s && !l->failed; s = s->next) all = stmt_then(all, one_stmt(l, s));
  return all;
}

/* Whether the result may lie where an operand is read. */
static bool writes_what_it_reads(const StepBinding *b) {
  for (int i = 0; i < b->step->operand_count; i++) {
    const BoundOperand *operand = &b->operands[i];
    if (operand->value && operand->value != b->step->result && operand->view.buffer == b->output.view.buffer) return true;
  }
  return false;
}

static Stmt *loop_like(Arena *a, const Stmt *loop, const char *var, Expr *begin, Expr *end, Expr *step, Stmt *body) {
  Stmt *copy = stmt_for(a, var, begin, end, step, body);
  copy->independent = loop->independent;
  return copy;
}

/* for next: var = next, but never so near to the end that the vector would leave the row */
static Stmt *loop_to_end(const Lanes *l, const Stmt *loop, Stmt *body) {
  Arena *a = l->arena;
  const char *next = arena_printf(a, "next_%s", l->var);
  Expr *lanes = expr_int(a, l->count), *at = expr_index(a, next);
  Expr *fits = expr_binary(a, OP_LE, expr_binary(a, OP_ADD, at, lanes), loop->end);
  Expr *place = expr_select(a, fits, at, expr_binary(a, OP_SUB, loop->end, lanes));
  Stmt *turns = loop_like(a, loop, next, loop->begin, loop->end, lanes, stmt_then(stmt_let(a, l->var, place, true), body));
  turns->independent = false; /* the last two write the same elements */
  return turns;
}

/* Whole vectors, and one turn after the other from there. */
static Stmt *loop_and_rest(const Lanes *l, const Stmt *loop, const Size *extent, Stmt *body) {
  Arena *a = l->arena;
  const Size *full = size_mul_int(a, size_floor_div(a, extent, l->count), l->count);
  Expr *end = expr_binary(a, OP_ADD, expr_size(a, full), loop->begin);
  Stmt *vectors = stmt_then(loop_like(a, loop, l->var, loop->begin, end, expr_int(a, l->count), body), l->last);
  if (size_equal(full, extent)) return stmt_then(l->first, vectors);
  vectors = stmt_then(vectors, loop_like(a, loop, l->var, end, loop->end, loop->step, loop->body));
  return stmt_then(l->first, vectors);
}

typedef struct Search {
  const StepBinding *b;
  Arena *arena;
  VariableNames names; /* of totals */
} Search;

static Lanes lanes_for(Search *search, const Stmt *loop) {
  Arena *a = search->arena;
  Lanes l = {.b = search->b, .arena = a, .var = loop->var, .count = search->b->step->schedule.machine->lanes, .names = &search->names};
  l.vectors = name_table(a);
  l.totals = name_table(a);
  return l;
}

/* Turns that add to something in vectors; NULL: they do not, or are too few. */
static Stmt *with_totals(Search *search, const Stmt *loop) {
  enum { LEAST_VECTORS = 4 };
  const Size *end = expr_as_size(search->arena, loop->end);
  if (!end || loop->begin->kind != EXPR_INT || !expr_is_int(loop->step, 1)) return NULL;
  const Size *extent = size_add_int(search->arena, end, -loop->begin->integer);
  Lanes l = lanes_for(search, loop);
  while (l.count > LEAST_LANES && l.count * LEAST_VECTORS > size_maximum(extent)) l.count /= 2;
  if (l.count * LEAST_VECTORS > size_maximum(extent) || size_minimum(extent) < 0 || !find_totals(&l, loop->body)) return NULL;
  Stmt *body = stmts_of(&l, loop->body);
  return l.failed ? NULL : loop_and_rest(&l, loop, extent, body);
}

/* The loop in vectors; NULL: it has none. */
static Stmt *in_vectors(Search *search, const Stmt *loop) {
  Arena *a = search->arena;
  const Size *extent = expr_as_size(a, loop->end);
  if (!extent || !expr_is_int(loop->begin, 0) || !expr_is_int(loop->step, 1) || size_maximum(extent) < LEAST_LANES) return NULL;
  Lanes l = lanes_for(search, loop);
  l.again = !writes_what_it_reads(search->b);
  while (l.count > LEAST_LANES && l.count > size_maximum(extent)) l.count /= 2;
  Stmt *body = stmts_of(&l, loop->body);
  if (l.failed) return NULL;
  const char *shared = search->b->step->schedule.shared_axis;
  bool whole = size_equal(size_mul_int(a, size_floor_div(a, extent, l.count), l.count), extent);
  bool once = !l.again || (shared && strcmp(shared, loop->var) == 0); /* no two threads write one element */
  if (whole || once || size_minimum(extent) < l.count) return loop_and_rest(&l, loop, extent, body);
  return loop_to_end(&l, loop, body);
}

/* A copy of the loop alone, which nothing follows. */
static Stmt *alone(Arena *a, const Stmt *loop) {
  Stmt *copy = ARENA_NEW(a, Stmt);
  *copy = *loop;
  copy->next = NULL;
  return copy;
}

/* The outermost loops that can: then nothing is left to add up from lane to lane. */
static Stmt *search_stmts(Search *search, const Stmt *s) {
  if (!s) return NULL;
  Stmt *copy = alone(search->arena, s), *vectors = s->kind == STMT_FOR ? in_vectors(search, s) : NULL;
  if (!vectors && s->kind == STMT_FOR) vectors = with_totals(search, s);
  if (vectors) copy = stmt_vectors(search->arena, vectors, copy);
  else copy->body = search_stmts(search, s->body);
  return stmt_then(copy, search_stmts(search, s->next));
}

Stmt *vectorise_loops(const StepBinding *b, Stmt *body) {
  if (b->plan->portable || b->step->schedule.machine->lanes < LEAST_LANES) return body;
  Search search = {.b = b, .arena = b->plan->arena, .names = {name_table(b->plan->arena)}};
  return search_stmts(&search, body);
}
