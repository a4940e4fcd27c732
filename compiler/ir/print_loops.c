/* print_loops.c - the loop level as an outline, and its verifier. */
#include <string.h>

#include "ir/loop.h"
#include "support/decimal.h"

static const char *type_name(Arena *a, Type type) {
  static const char *const names[] = {[SCALAR_INDEX] = "index", [SCALAR_BOOL] = "bool", [SCALAR_F32] = "f32", [SCALAR_U8] = "u8",
                                      [SCALAR_I8] = "i8",       [SCALAR_I16] = "i16",   [SCALAR_I32] = "i32"};
  return type.lanes == 1 ? names[type.scalar] : arena_printf(a, "%sx%d", names[type.scalar], type.lanes);
}

static const char *const tokens[] = {
#define BINARY(name, token, precedence, is_comparison, folded) [OP_##name] = token,
#include "ir/loop_ops.def"
};

static void print_size(Text *out, const Size *size) {
  Text text = text_new(out->arena);
  size_print(&text, size);
  bool one_word = !strpbrk(text_string(&text), " *");
  text_addf(out, one_word ? "%s" : "(%s)", text_string(&text));
}

static void print_expr(Text *out, const Expr *e) {
  char digits[DECIMAL_MAX];
  switch (e->kind) {
  case EXPR_INT: text_addf(out, "%lld", (long long)e->integer); break;
  case EXPR_SIZE: print_size(out, e->value); break;
  case EXPR_FLOAT:
    print_float(digits, (float)e->real);
    text_add(out, digits);
    break;
  case EXPR_CONSTANT:
  case EXPR_VAR: text_add(out, e->text); break;
  case EXPR_WEIGHTS: text_addf(out, "%s.%s", e->integer ? "constants" : "weights", e->text); break;
  case EXPR_ACCESS:
    text_addf(out, "operand%d", e->operand);
    for (int i = 0; i < e->rank; i++) {
      text_add(out, "[");
      print_expr(out, e->index[i]);
      text_add(out, "]");
    }
    break;
  case EXPR_LOAD:
    text_addf(out, "%s:%s[", e->text, type_name(out->arena, e->type));
    print_expr(out, e->left);
    if (e->integer) text_addf(out, ", %lld lanes", (long long)e->integer);
    text_add(out, "]");
    break;
  case EXPR_BINARY:
    text_add(out, "(");
    print_expr(out, e->left);
    text_addf(out, " %s ", tokens[e->op]);
    print_expr(out, e->right);
    text_add(out, ")");
    break;
  case EXPR_SELECT:
    text_add(out, "select(");
    print_expr(out, e->condition);
    text_add(out, ", ");
    print_expr(out, e->left);
    text_add(out, ", ");
    print_expr(out, e->right);
    text_add(out, ")");
    break;
  case EXPR_MATH:
  case EXPR_CAST:
  case EXPR_BROADCAST:
    text_addf(out, "%s(", e->kind == EXPR_MATH ? math_name(e->function) : type_name(out->arena, e->type));
    print_expr(out, e->left);
    text_add(out, ")");
    break;
  case EXPR_NAMED:
    text_addf(out, "%s(", e->text);
    print_expr(out, e->left);
    text_add(out, ")");
    break;
  }
}

static void line(Text *out, int depth) { text_add_char(out, ' ', 2 * depth); }

static void print_stmts(Text *out, int depth, const Stmt *s);

static void print_stmt(Text *out, int depth, const Stmt *s) {
  if (s->comment) {
    line(out, depth);
    text_addf(out, "-- %s\n", s->comment);
  }
  line(out, depth);
  if (s->share == SHARE_ONE) text_add(out, "one thread: ");
  switch (s->kind) {
  case STMT_PARALLEL:
    text_add(out, "parallel\n");
    print_stmts(out, depth + 1, s->body);
    return;
  case STMT_FOR:
    text_addf(out, "%sfor %s = ", s->share == SHARE_TURNS ? "shared " : "", s->var);
    print_expr(out, s->begin);
    text_add(out, " .. ");
    print_expr(out, s->end);
    if (!expr_is_int(s->step, 1)) {
      text_add(out, " step ");
      print_expr(out, s->step);
    }
    text_add(out, "\n");
    print_stmts(out, depth + 1, s->body);
    return;
  case STMT_IF:
    text_add(out, "if ");
    print_expr(out, s->value);
    text_add(out, "\n");
    print_stmts(out, depth + 1, s->body);
    return;
  case STMT_VECTORS:
    text_add(out, "with vectors\n");
    print_stmts(out, depth + 1, s->body);
    line(out, depth);
    text_add(out, "without vectors\n");
    print_stmts(out, depth + 1, s->plain);
    return;
  case STMT_MEET: text_add(out, "meet"); break;
  case STMT_LET: text_addf(out, "%s %s: %s = ", s->is_const ? "let" : "var", s->var, type_name(out->arena, s->type)); break;
  case STMT_ARRAY: text_addf(out, "array %s: %s x %lld", s->var, type_name(out->arena, s->type), (long long)s->index->integer); break;
  case STMT_POINTER: text_addf(out, "pointer %s = ", s->var); break;
  case STMT_SET: text_addf(out, "%s = ", s->var); break;
  case STMT_ADVANCE: text_addf(out, "advance %s by ", s->var); break;
  case STMT_STORE:
    text_addf(out, "store %s[", s->var ? s->var : "output");
    print_expr(out, s->index);
    text_add(out, s->lanes == s->type.lanes ? "] = " : arena_printf(out->arena, ", %d lanes] = ", s->lanes));
    break;
  case STMT_CALL:
    text_addf(out, "call %s", s->var);
    for (int i = 0; i < s->argument_count; i++) {
      text_add(out, i ? ", " : " ");
      print_expr(out, s->arguments[i]);
    }
    break;
  case STMT_PREFETCH:
    text_addf(out, "prefetch %s%s[", s->later ? "later " : "", s->var);
    print_expr(out, s->index);
    text_add(out, "]");
    break;
  }
  if (s->value) print_expr(out, s->value);
  text_add(out, "\n");
}

static void print_stmts(Text *out, int depth, const Stmt *s) {
  for (; s; s = s->next) print_stmt(out, depth, s);
}

void print_function(Text *out, const Function *f) {
  text_addf(out, "%s %s(", f->kernel ? "kernel" : "layer", f->name);
  for (int i = 0; i < f->param_count; i++) {
    const LoopParam *p = &f->params[i];
    text_addf(out, "%s%s%s: %s%s", i ? ", " : "", p->name, "", p->is_const ? "const " : "", type_name(out->arena, p->type));
    if (p->pointer) text_add(out, " pointer");
  }
  text_add(out, ")\n");
  print_stmts(out, 1, f->body);
  if (!f->plain_body) return;
  text_add(out, "  without vectors\n");
  print_stmts(out, 2, f->plain_body);
}

void print_loops(Text *out, const LoopProgram *program) {
  for (int i = 0; i < program->constants.count; i++) {
    text_addf(out, "%s = ", program->constants.items[i].name);
    size_print(out, program->constants.items[i].thing);
    text_add(out, "\n");
  }
  for (int i = 0; i < program->kernel_count; i++) print_function(out, program->kernels[i]);
  for (int i = 0; i < program->layer_count; i++) print_function(out, program->layers[i]);
  text_add(out, "run\n");
  print_stmts(out, 1, program->run);
}

/* ---- verifier ---- */

typedef struct Bound { /* a variable in scope */
  const char *name;
  const struct Bound *outer;
} Bound;

typedef struct Verifier {
  Arena *arena;
  const char *function, *fault;
} Verifier;

static void fail(Verifier *v, const char *what, const char *name) {
  if (!v->fault) v->fault = arena_printf(v->arena, "in %s, %s%s%s", v->function, what, name ? " " : "", name ? name : "");
}

static bool is_bound(const Bound *scope, const char *name) {
  for (; scope; scope = scope->outer)
    if (strcmp(scope->name, name) == 0) return true;
  return false;
}

static void verify_dims(Verifier *v, const Bound *scope, const Size *size) {
  SizeSample dims = {0};
  size_add_dims(size, &dims);
  for (int i = 0; i < dims.count; i++)
    if (!is_bound(scope, dim_variable(v->arena, dims.dims[i]))) fail(v, "nothing says the size", dims.dims[i]->name);
}

static void verify_expr(Verifier *v, const Bound *scope, const Expr *e) {
  if (!e) return;
  if (e->value) verify_dims(v, scope, e->value);
  if (e->kind == EXPR_ACCESS) fail(v, "an access has no address", NULL);
  if ((e->kind == EXPR_VAR || e->kind == EXPR_LOAD) && !is_bound(scope, e->text)) fail(v, "nothing defines", e->text);
  if (e->kind == EXPR_LOAD && e->left->type.scalar != SCALAR_INDEX) fail(v, "an index is not a whole number in", e->text);
  if (e->kind == EXPR_BINARY && e->left->type.scalar != e->right->type.scalar) fail(v, "types disagree at", tokens[e->op]);
  verify_expr(v, scope, e->condition);
  verify_expr(v, scope, e->left);
  verify_expr(v, scope, e->right);
}

/* What the threads of a team do at the same time is dealt out, or is told to one of them; and no thread sets a variable
 * that others see, since all that a turn sets is declared in it. */
static void verify_team(Verifier *v, const Bound *own, const Stmt *s, bool dealt) {
  if (!s) return;
  bool mine = dealt || s->share != SHARE_ALL;
  Bound inner = {s->var, mine ? own : NULL};
  if (s->kind == STMT_MEET && mine) fail(v, "not all threads come where they meet", NULL);
  if (s->kind == STMT_PARALLEL) fail(v, "there is a team inside a team", NULL);
  if (s->share == SHARE_TURNS && (s->kind != STMT_FOR || !s->independent || dealt)) fail(v, "what cannot be dealt out is shared", s->var);
  if (!mine && (s->kind == STMT_STORE || s->kind == STMT_CALL)) fail(v, "all threads do the same:", s->var);
  if ((s->kind == STMT_SET || s->kind == STMT_ADVANCE) && !is_bound(own, s->var)) fail(v, "threads share a variable that is set:", s->var);
  const Bound *inside = !mine ? NULL : s->kind == STMT_FOR ? &inner : own;
  verify_team(v, inside, s->body, mine);
  verify_team(v, inside, s->plain, mine);
  verify_team(v, s->kind == STMT_LET || s->kind == STMT_POINTER ? &inner : own, s->next, dealt);
}

static void verify_stmts(Verifier *v, const Bound *scope, const Stmt *s) {
  if (!s) return;
  const Expr *parts[] = {s->begin, s->end, s->step, s->index, s->value};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) verify_expr(v, scope, parts[i]);
  for (int i = 0; i < s->argument_count; i++) verify_expr(v, scope, s->arguments[i]);
  if (s->kind == STMT_FOR) {
    Bound inner = {s->var, scope};
    verify_stmts(v, &inner, s->body);
  }
  if (s->kind == STMT_IF || s->kind == STMT_VECTORS) verify_stmts(v, scope, s->body);
  verify_stmts(v, scope, s->plain);
  if (s->kind == STMT_PARALLEL) {
    verify_stmts(v, scope, s->body);
    verify_team(v, NULL, s->body, false);
  }
  if ((s->kind == STMT_SET || s->kind == STMT_ADVANCE || s->kind == STMT_STORE) && (!s->var || !is_bound(scope, s->var)))
    fail(v, "nothing defines", s->var ? s->var : "where a store goes");
  if (s->kind == STMT_LET || s->kind == STMT_ARRAY || s->kind == STMT_POINTER) {
    Bound inner = {s->var, scope};
    verify_stmts(v, &inner, s->next);
    return;
  }
  verify_stmts(v, scope, s->next);
}

static void verify_function(Verifier *v, const Function *f, const Stmt *body) {
  Bound *params = ARENA_ARRAY(v->arena, Bound, (size_t)f->param_count + 1), *scope = NULL;
  v->function = f->name;
  for (int i = 0; i < f->param_count; i++) {
    params[i] = (Bound){f->params[i].name, scope};
    scope = &params[i];
  }
  verify_stmts(v, scope, body);
}

const char *verify_loops(Arena *arena, const LoopProgram *program) {
  Verifier v = {.arena = arena, .fault = program->fault};
  for (int i = 0; i < program->kernel_count; i++) {
    verify_function(&v, program->kernels[i], program->kernels[i]->body);
    verify_function(&v, program->kernels[i], program->kernels[i]->plain_body);
  }
  for (int i = 0; i < program->layer_count; i++) verify_function(&v, program->layers[i], program->layers[i]->body);
  return v.fault;
}
