/* emit_loops.c - one case for each kind of expression and statement; nothing is decided here. */
#include "emit/emit_loops.h"

#include <string.h>

#include "emit/writer.h"
#include "ir/loop_usage.h"
#include "support/decimal.h"

typedef struct Spelling {
  const char *token;
  int precedence; /* higher binds tighter */
} Spelling;

static const Spelling spelling[] = {
#define BINARY(name, token, precedence, is_comparison, folded) [OP_##name] = {token, precedence},
#include "ir/loop_ops.def"
};

enum { PRECEDENCE_SELECT = 3, PRECEDENCE_UNARY = 14 };

Emitter new_emitter(Text *out, const Plan *plan, const EmitOptions *options) {
  return (Emitter){.out = out,
                   .dims = plan->graph->dims,
                   .dim_count = plan->graph->dim_count,
                   .arena = out->arena,
                   .prefix = options->prefix,
                   .upper = upper_name(out->arena, options->prefix),
                   .runtime = options->standalone ? arena_printf(out->arena, "%s_math", options->prefix) : "cnnc1",
                   .options = options};
}

const char *c_type(const Emitter *e, Type type) {
  if (type.lanes > 1) return arena_printf(e->arena, "%s_%s32x%d", e->prefix, type.scalar == SCALAR_BOOL ? "i" : "f", type.lanes);
  switch (type.scalar) {
  case SCALAR_INDEX: return "size_t";
  case SCALAR_BOOL: return "int";
  case SCALAR_F32: return "float";
  case SCALAR_U8: return "uint8_t";
  case SCALAR_I8: return "int8_t";
  case SCALAR_I16: return "int16_t";
  case SCALAR_I32: return "int32_t";
  }
  return "?";
}

static const char *expr(const Emitter *e, const Expr *x, int context);

const char *c_size(const Emitter *e, const Size *size, SpellDim *spell) {
  SizeStyle style = {" * ", " / ", arena_printf(e->arena, "%s_larger", e->prefix), spell};
  Text text = text_new(e->arena);
  size_print_as(&text, size, &style);
  return text_string(&text);
}

const char *c_size_of_macro(const Emitter *e, const Size *size, SpellDim *spell) {
  const char *text = c_size(e, size, spell);
  return strpbrk(text, " (") ? arena_printf(e->arena, "(%s)", text) : text;
}

const char *c_dims(const Emitter *e, const Size *size, SpellDim *spell) {
  Text text = text_new(e->arena);
  for (int i = 0; i < e->dim_count; i++)
    if (size_uses_dim(size, e->dims[i])) text_addf(&text, "%s%s", text.length ? ", " : "(", spell(e->arena, e->dims[i]));
  if (text.length) text_add(&text, ")");
  return text_string(&text);
}

const char *c_constant_dims(const Emitter *e, const char *name, const Size *value) {
  if (strncmp(name, "OFFSET_", strlen("OFFSET_")) != 0 || !e->dim_count) return c_dims(e, value, dim_variable);
  Text text = text_new(e->arena);
  for (int i = 0; i < e->dim_count; i++) text_addf(&text, "%s%s", i ? ", " : "(", dim_variable(e->arena, e->dims[i]));
  text_add(&text, ")");
  return text_string(&text);
}

/* How tightly the text of a size binds: by the loosest operator outside of parentheses. */
static int precedence_of(const char *text) {
  int depth = 0, precedence = PRECEDENCE_UNARY;
  for (const char *p = text; *p; p++) {
    depth += (*p == '(') - (*p == ')');
    if (depth || *p != ' ') continue;
    BinaryOp op = p[1] == '*' || p[1] == '/' ? OP_MUL : OP_ADD;
    if (spelling[op].precedence < precedence) precedence = spelling[op].precedence;
    p += 2;
  }
  return precedence;
}

static const char *varying_size(const Emitter *e, const Size *size, int context) {
  const char *text = c_size(e, size, dim_variable);
  return precedence_of(text) < context ? arena_printf(e->arena, "(%s)", text) : text;
}

static const char *float_literal(const Emitter *e, double value) {
  char digits[DECIMAL_MAX];
  print_float(digits, (float)value);
  return arena_printf(e->arena, "%sf", digits);
}

/* How many operators of one precedence follow each other, as in a + b + c. */
static int chain_length(const Expr *x) {
  int precedence = spelling[x->op].precedence, length = 1;
  for (x = x->left; x->kind == EXPR_BINARY && spelling[x->op].precedence == precedence; x = x->left) length++;
  return length;
}

/* Of whole vectors each lane is asked; C compilers want such comparisons in parentheses. */
static const char *mask_logic(const Emitter *e, const Expr *x) {
  const char *token = x->op == OP_OR ? "|" : "&";
  return arena_printf(e->arena, "(%s %s %s)", expr(e, x->left, PRECEDENCE_UNARY), token, expr(e, x->right, PRECEDENCE_UNARY));
}

/* From left to right, so that a sum of thousands is one text and not thousands of growing ones. */
static const char *binary(const Emitter *e, const Expr *x, int context) {
  int precedence = spelling[x->op].precedence, length = chain_length(x);
  const Expr **chain = ARENA_ARRAY(e->arena, const Expr *, (size_t)length);
  for (int i = length; i-- > 0; x = x->left) chain[i] = x;
  Text text = text_new(e->arena);
  if (precedence < context) text_add(&text, "(");
  text_add(&text, expr(e, x, precedence));
  for (int i = 0; i < length; i++) {
    const Expr *right = chain[i]->right;
    bool subtracts = chain[i]->op == OP_ADD && right->kind == EXPR_INT && right->integer < 0;
    if (subtracts) text_addf(&text, " - %lld", -(long long)right->integer);
    else text_addf(&text, " %s %s", spelling[chain[i]->op].token, expr(e, right, precedence + 1));
  }
  if (precedence < context) text_add(&text, ")");
  return text_string(&text);
}

static const char *place(const Emitter *e, const char *pointer, const Expr *offset) {
  if (expr_is_int(offset, 0)) return pointer;
  return arena_printf(e->arena, "%s + %s", pointer, expr(e, offset, spelling[OP_ADD].precedence));
}

static const char *select(const Emitter *e, const Expr *x, int context) {
  Extreme extreme = x->type.lanes > 1 ? extreme_of(x) : EXTREME_NONE;
  if (extreme != EXTREME_NONE)
    return arena_printf(e->arena, "%s_%s%d(%s, %s)", e->upper, extreme == EXTREME_MAX ? "MAX" : "MIN", x->type.lanes, expr(e, x->left, 0),
                        expr(e, x->right, 0));
  if (x->type.lanes > 1)
    return arena_printf(e->arena, "%s_SELECT%d(%s, %s, %s)", e->upper, x->type.lanes, expr(e, x->condition, 0), expr(e, x->left, 0),
                        expr(e, x->right, 0));
  const char *text = arena_printf(e->arena, "%s ? %s : %s", expr(e, x->condition, PRECEDENCE_SELECT + 1),
                                  expr(e, x->left, PRECEDENCE_SELECT + 1), expr(e, x->right, PRECEDENCE_SELECT));
  return context > PRECEDENCE_SELECT ? arena_printf(e->arena, "(%s)", text) : text;
}

static const char *load(const Emitter *e, const Expr *x) {
  if (x->type.lanes == 1) return arena_printf(e->arena, "%s[%s]", x->text, expr(e, x->left, 0));
  return arena_printf(e->arena, "%s_LOAD%d(%s)", e->upper, x->type.lanes, place(e, x->text, x->left));
}

static const char *weights(const Emitter *e, const Expr *x) {
  if (e->options->weights_in_file && !x->integer)
    return arena_printf(e->arena, "weights + %s_WEIGHTS_%s", e->upper, upper_name(e->arena, x->text));
  return arena_printf(e->arena, "%s_%s", e->prefix, x->text);
}

/* C text of x, in parentheses only if it binds looser than its context. */
static const char *expr(const Emitter *e, const Expr *x, int context) {
  switch (x->kind) {
  case EXPR_INT: return arena_printf(e->arena, "%lld", (long long)x->integer);
  case EXPR_SIZE: return varying_size(e, x->value, context);
  case EXPR_FLOAT: return float_literal(e, x->real);
  case EXPR_CONSTANT: return arena_printf(e->arena, "%s_%s%s", e->upper, x->text, c_constant_dims(e, x->text, x->value));
  case EXPR_VAR: return x->text;
  case EXPR_WEIGHTS: return weights(e, x);
  case EXPR_LOAD: return load(e, x);
  case EXPR_BINARY:
    if (x->type.lanes > 1 && (x->op == OP_AND || x->op == OP_OR)) return mask_logic(e, x);
    return binary(e, x, context);
  case EXPR_SELECT: return select(e, x, context);
  case EXPR_MATH: return arena_printf(e->arena, "%s_%sf(%s)", e->runtime, math_name(x->function), expr(e, x->left, 0));
  case EXPR_CAST: return arena_printf(e->arena, "(%s)%s", c_type(e, x->type), expr(e, x->left, PRECEDENCE_UNARY));
  case EXPR_BROADCAST: return arena_printf(e->arena, "%s_SPLAT%d(%s)", e->upper, x->type.lanes, expr(e, x->left, 0));
  case EXPR_ACCESS:
  case EXPR_NAMED: break;
  }
  return "?";
}

static void call_vector_function(const Emitter *e, int depth, const char *var, const Expr *value) {
  write_line(e->out, depth, "%s_%s_x%d(&%s);", e->runtime, math_name(value->function), value->type.lanes, var);
}

/* Forms that C can only say as a statement of their own: reading part of a vector, a function of all lanes. */
static bool in_place_form(const Emitter *e, int depth, const char *var, const Expr *value) {
  if (value->type.lanes == 1) return false;
  if (value->kind == EXPR_LOAD && value->integer) {
    write_line(e->out, depth, "%s_LOAD_PART(%s, %s, %lld);", e->upper, var, place(e, value->text, value->left), (long long)value->integer);
    return true;
  }
  if (value->kind != EXPR_MATH) return false;
  const char *operand = expr(e, value->left, 0);
  if (strcmp(operand, var) != 0) write_line(e->out, depth, "%s = %s;", var, operand);
  call_vector_function(e, depth, var, value);
  return true;
}

static void emit_let(const Emitter *e, int depth, const Stmt *s) {
  const char *type = c_type(e, s->type);
  bool vector = s->type.lanes > 1;
  if (vector && s->value->kind == EXPR_LOAD && s->value->integer) {
    write_line(e->out, depth, "%s %s = {0.0f};", type, s->var);
    in_place_form(e, depth, s->var, s->value);
    return;
  }
  if (vector && s->value->kind == EXPR_MATH) {
    write_line(e->out, depth, "%s %s = %s;", type, s->var, expr(e, s->value->left, 0));
    call_vector_function(e, depth, s->var, s->value);
    return;
  }
  const char *value = expr(e, s->value, vector && s->type.scalar == SCALAR_BOOL ? PRECEDENCE_UNARY : 0);
  if (vector && s->type.scalar == SCALAR_BOOL) value = arena_printf(e->arena, "(%s)%s", type, value); /* a mask is of some type of int */
  write_line(e->out, depth, "%s%s %s = %s;", s->is_const ? "const " : "", type, s->var, value);
}

/* acc = acc + x reads better as acc += x. Whether the value is such a one, of what is called `name`, at `index` if it is
 * an element. */
static bool is_own_value(const Expr *value, const char *name, const Expr *index) {
  if (value->kind != EXPR_BINARY || (value->op != OP_ADD && value->op != OP_SUB && value->op != OP_MUL && value->op != OP_DIV))
    return false;
  const Expr *left = value->left;
  if (left->kind != (index ? EXPR_LOAD : EXPR_VAR) || strcmp(left->text, name) != 0) return false;
  return !index || (left->type.lanes == 1 && expr_equal(left->left, index));
}

static void emit_assignment(const Emitter *e, int depth, const char *place, const Expr *value, bool own) {
  if (own) write_line(e->out, depth, "%s %s= %s;", place, spelling[value->op].token, expr(e, value->right, 0));
  else write_line(e->out, depth, "%s = %s;", place, expr(e, value, 0));
}

static void emit_set(const Emitter *e, int depth, const Stmt *s) {
  if (in_place_form(e, depth, s->var, s->value)) return;
  emit_assignment(e, depth, s->var, s->value, is_own_value(s->value, s->var, NULL));
}

static void emit_store(const Emitter *e, int depth, const Stmt *s) {
  if (s->type.lanes == 1) {
    const char *element = arena_printf(e->arena, "%s[%s]", s->var, expr(e, s->index, 0));
    emit_assignment(e, depth, element, s->value, is_own_value(s->value, s->var, s->index));
    return;
  }
  const char *value = expr(e, s->value, 0);
  if (s->lanes == s->type.lanes) write_line(e->out, depth, "%s_STORE%d(%s, %s);", e->upper, s->lanes, place(e, s->var, s->index), value);
  else write_line(e->out, depth, "%s_STORE_PART(%s, %s, %d);", e->upper, place(e, s->var, s->index), value, s->lanes);
}

static bool is_layer(const LoopProgram *program, const char *callee) {
  for (int i = 0; i < program->layer_count; i++)
    if (strcmp(program->layers[i]->name, callee) == 0) return true;
  return false;
}

static void emit_call(const Emitter *e, int depth, const Stmt *s) {
  Text line = text_new(e->arena);
  text_addf(&line, "%s_%s(", e->prefix, s->var);
  for (int i = 0; i < s->argument_count; i++) text_addf(&line, "%s%s", i ? ", " : "", expr(e, s->arguments[i], 0));
  write_line(e->out, depth, "%s);", text_string(&line));
  if (e->hooked && is_layer(e->hooked, s->var)) write_line(e->out, depth, "%s_AFTER_LAYER(%s);", e->upper, s->var);
}

static void emit_for(const Emitter *e, int depth, const Stmt *s) {
  const char *step = expr_is_int(s->step, 1) ? arena_printf(e->arena, "%s++", s->var)
                                             : arena_printf(e->arena, "%s += %s", s->var, expr(e, s->step, 0));
  if (s->comment) write_comment(e->out, depth, &s->comment, 1);
  write_line(e->out, depth, "for (size_t %s = %s; %s < %s; %s) {", s->var, expr(e, s->begin, 0), s->var,
             expr(e, s->end, spelling[OP_LT].precedence + 1), step);
  emit_stmts(e, depth + 1, s->body);
  write_line(e->out, depth, "}");
}

/* Who runs the statement that follows. */
static void emit_share(const Emitter *e, int depth, Sharing share) {
  switch (share) {
  case SHARE_ALL: break;
  case SHARE_TURNS: write_line(e->out, depth, "%s_SHARED", e->upper); break;
  case SHARE_ONE: write_line(e->out, depth, "%s_ONE_THREAD", e->upper); break;
  }
}

static void emit_parallel(const Emitter *e, int depth, const Stmt *s) {
  write_line(e->out, depth, "%s_PARALLEL", e->upper);
  write_line(e->out, depth, "{");
  emit_stmts(e, depth + 1, s->body);
  write_line(e->out, depth, "}");
}

/* Each statement of a layer has the line of the layer, so that debuggers and profilers show that. */
static void emit_line(const Emitter *e) {
  if (e->line) text_addf(e->out, "%s\n", e->line);
}

static void emit_vectors(const Emitter *e, int depth, const Stmt *s) {
  write_line(e->out, 0, "#if %s_LANES >= %d", e->upper, widest_vector(s->body));
  emit_stmts(e, depth, s->body);
  write_line(e->out, 0, "#else");
  emit_stmts(e, depth, s->plain);
  write_line(e->out, 0, "#endif");
}

static void emit_stmt(const Emitter *e, int depth, const Stmt *s) {
  emit_line(e);
  emit_share(e, depth, s->share);
  if (s->share != SHARE_ALL) emit_line(e);
  switch (s->kind) {
  case STMT_FOR: emit_for(e, depth, s); break;
  case STMT_IF:
    write_line(e->out, depth, "if (%s) {", expr(e, s->value, 0));
    emit_stmts(e, depth + 1, s->body);
    write_line(e->out, depth, "}");
    break;
  case STMT_VECTORS: emit_vectors(e, depth, s); break;
  case STMT_LET: emit_let(e, depth, s); break;
  case STMT_ARRAY: write_line(e->out, depth, "%s %s[%s];", c_type(e, s->type), s->var, expr(e, s->index, 0)); break;
  case STMT_POINTER:
    write_line(e->out, depth, "%s%s *%s = %s;", s->is_const ? "const " : "", c_type(e, s->type), s->var, expr(e, s->value, 0));
    break;
  case STMT_SET: emit_set(e, depth, s); break;
  case STMT_ADVANCE: write_line(e->out, depth, "%s += %s;", s->var, expr(e, s->value, 0)); break;
  case STMT_STORE: emit_store(e, depth, s); break;
  case STMT_CALL: emit_call(e, depth, s); break;
  case STMT_PREFETCH:
    write_line(e->out, depth, "%s_PREFETCH%s(%s, %s);", e->upper, s->later ? "_LATER" : "", s->var, expr(e, s->index, 0));
    break;
  case STMT_MEET: write_line(e->out, depth, "%s_MEET", e->upper); break;
  case STMT_PARALLEL: emit_parallel(e, depth, s); break;
  }
}

void emit_stmts(const Emitter *e, int depth, const Stmt *s) {
  for (; s; s = s->next) emit_stmt(e, depth, s);
}

static const char *params(const Emitter *e, const Function *f) {
  Text text = text_new(e->arena);
  for (int i = 0; i < f->param_count; i++) {
    const LoopParam *p = &f->params[i];
    text_addf(&text, "%s%s%s %s%s", i ? ", " : "", p->is_const ? "const " : "", c_type(e, p->type), p->pointer ? "*" : "", p->name);
  }
  return text_string(&text);
}

/* Parameters that only another form of the body needs, or a shape that leaves nothing to look up. */
static void ignore_unused(const Emitter *e, const Function *f, const Stmt *body) {
  for (int i = 0; i < f->param_count; i++) {
    const LoopParam *p = &f->params[i];
    bool is_size = !p->pointer && !f->kernel, is_result = p->pointer && !p->is_const; /* layers get those that they need */
    bool used = is_size || is_result || stmts_use_var(body, p->name);
    if (!used) write_line(e->out, 1, "(void)%s;", p->name);
  }
}

static void emit_text_of_function(const Emitter *e, const Function *f) {
  text_add(e->out, "\n");
  write_comment(e->out, 0, f->comment, f->comment_count);
  emit_line(e);
  bool kept_out_of_line = f->kernel && f->plain_body;
  write_line(e->out, 0, "static %svoid %s_%s(%s)", kept_out_of_line ? arena_printf(e->arena, "%s_NOINLINE ", e->upper) : "", e->prefix,
             f->name, params(e, f));
  write_line(e->out, 0, "{");
  if (f->plain_body) write_line(e->out, 0, "#if %s_LANES >= %d", e->upper, widest_vector(f->body));
  ignore_unused(e, f, f->body);
  emit_stmts(e, 1, f->body);
  if (f->plain_body) {
    write_line(e->out, 0, "#else");
    ignore_unused(e, f, f->plain_body);
    emit_stmts(e, 1, f->plain_body);
    write_line(e->out, 0, "#endif");
  }
  emit_line(e);
  write_line(e->out, 0, "}");
}

void emit_function(const Emitter *e, const Function *f) {
  Emitter inner = *e;
  Location at = e->options->sources && f->span.start ? source_locate(e->options->sources, f->span.start) : (Location){0};
  if (at.source) inner.line = arena_printf(e->arena, "#line %d %s", at.line, c_string(e->arena, at.source->name));
  emit_text_of_function(&inner, f);
  if (!at.source) return;
  int lines = 2; /* of the C file, where the text that follows this directive stands */
  for (const char *p = strchr(text_string(e->out), '\n'); p; p = strchr(p + 1, '\n')) lines++;
  text_addf(e->out, "#line %d %s\n", lines, c_string(e->arena, e->options->code_path));
}
