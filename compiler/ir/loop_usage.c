/* loop_usage.c - what a program needs besides plain C: vectors, elementary functions. */
#include "ir/loop_usage.h"

#include <string.h>

static int width_index(int lanes) { return lanes == 4 ? 0 : lanes == 8 ? 1 : 2; }

static void scan_type(LoopUsage *u, Type type) {
  if (type.lanes > 1) u->width[width_index(type.lanes)].used = true;
}

static const Expr *of_a_lane(const Expr *e) { return e->kind == EXPR_BROADCAST ? e->left : e; }

static Extreme compared(const Expr *question, const Expr *yes, const Expr *no) {
  if (question->kind != EXPR_BINARY || (question->op != OP_LT && question->op != OP_GT)) return EXTREME_NONE;
  const Expr *left = of_a_lane(question->left), *right = of_a_lane(question->right);
  bool in_order = expr_equal(left, yes) && expr_equal(right, no);
  if (!in_order && !(expr_equal(left, no) && expr_equal(right, yes))) return EXTREME_NONE;
  return (question->op == OP_GT) == in_order ? EXTREME_MAX : EXTREME_MIN;
}

/* What is below `least` is so before it is bounded from above, too: x < 0 ? 0 : x > 6 ? 6 : x. */
static const Expr *before_upper_bound(const Expr *bounded, const Expr *least) {
  if (bounded->kind != EXPR_SELECT || least->kind != EXPR_FLOAT || extreme_of(bounded) != EXTREME_MIN) return bounded;
  const Expr *most = of_a_lane(bounded->left);
  return most->kind == EXPR_FLOAT && most->real >= least->real ? of_a_lane(bounded->right) : bounded;
}

Extreme extreme_of(const Expr *select) {
  const Expr *yes = of_a_lane(select->left), *no = of_a_lane(select->right);
  Extreme extreme = compared(select->condition, yes, no);
  if (extreme != EXTREME_NONE) return extreme;
  return compared(select->condition, yes, before_upper_bound(no, yes)) == EXTREME_MAX ? EXTREME_MAX : EXTREME_NONE;
}

static void scan_expr(LoopUsage *u, const Expr *e) {
  if (!e) return;
  scan_type(u, e->type);
  u->larger = u->larger || (e->value && size_has_max(e->value));
  VectorUsage *v = e->type.lanes > 1 ? &u->width[width_index(e->type.lanes)] : NULL;
  if (v && e->kind == EXPR_LOAD && e->integer) v->part_load = true;
  if (v && e->kind == EXPR_SELECT) {
    v->select = true; /* the others are made of it */
    v->max = v->max || extreme_of(e) == EXTREME_MAX;
    v->min = v->min || extreme_of(e) == EXTREME_MIN;
  }
  if (v && e->kind == EXPR_BROADCAST) v->splat = true;
  if (e->kind == EXPR_MATH) {
    if (v) v->math |= 1u << e->function;
    else u->math |= 1u << e->function;
  }
  if (e->kind == EXPR_VAR && strcmp(e->text, "ws") == 0) u->workspace = true;
  scan_expr(u, e->condition);
  scan_expr(u, e->left);
  scan_expr(u, e->right);
}

static void scan_call(LoopUsage *u, const char *callee) {
  if (strcmp(callee, KERNEL_TRANSPOSE) == 0) u->transposes = true;
  if (strcmp(callee, KERNEL_INTERLEAVE) == 0) u->interleaves = true;
  if (strcmp(callee, KERNEL_DEINTERLEAVE) == 0) u->deinterleaves = true;
  if (strcmp(callee, KERNEL_MOVE) == 0) u->moves = true;
  if (u->transposes || u->interleaves || u->deinterleaves || u->moves) u->width[0].used = true;
}

static uint32_t scalar_math(const Stmt *body);

static void scan_stmts(LoopUsage *u, const Stmt *s) {
  for (; s; s = s->next) {
    scan_type(u, s->type);
    const Expr *parts[] = {s->begin, s->end, s->step, s->index, s->value};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) scan_expr(u, parts[i]);
    for (int i = 0; i < s->argument_count; i++) scan_expr(u, s->arguments[i]);
    if (s->kind == STMT_PREFETCH && s->later) u->prefetch_later = true;
    else if (s->kind == STMT_PREFETCH) u->prefetch = true;
    if (s->kind == STMT_CALL) scan_call(u, s->var);
    if (s->kind == STMT_PARALLEL) u->parallel = true;
    if (s->kind == STMT_MEET) u->meet = true;
    if (s->kind == STMT_STORE && s->type.lanes > s->lanes) u->width[width_index(s->type.lanes)].part_store = true;
    scan_stmts(u, s->body);
    if (s->plain) u->plain_math[width_index(widest_vector(s->body))] |= scalar_math(s->plain);
  }
}

int widest_vector(const Stmt *body) {
  LoopUsage usage = {0};
  scan_stmts(&usage, body);
  return usage.width[2].used ? 16 : usage.width[1].used ? 8 : usage.width[0].used ? 4 : 1;
}

static uint32_t scalar_math(const Stmt *body) {
  LoopUsage usage = {0};
  scan_stmts(&usage, body);
  return usage.math;
}

LoopUsage loop_usage(const LoopProgram *program) {
  LoopUsage usage = {0};
  for (int i = 0; i < program->kernel_count; i++) scan_stmts(&usage, program->kernels[i]->body);
  for (int i = 0; i < program->layer_count; i++) scan_stmts(&usage, program->layers[i]->body);
  scan_stmts(&usage, program->run);
  for (int i = 0; i < program->kernel_count; i++) {
    const Function *kernel = program->kernels[i];
    if (kernel->plain_body) usage.plain_math[width_index(widest_vector(kernel->body))] |= scalar_math(kernel->plain_body);
  }
  uint32_t known = usage.math;
  for (int w = 3; w-- > 0;) {
    usage.plain_math[w] &= ~known;
    known |= usage.plain_math[w];
  }
  return usage;
}
