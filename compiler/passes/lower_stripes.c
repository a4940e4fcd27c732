/* lower_stripes.c - see lower_stripes.h. In the loop, row_of_conv1 is how many rows of conv1's result earlier stripes have
 * computed, end_of_conv1 how many there are after this one. Row 0 of a stripe's buffer is the first that the next step
 * reads now, so each call of that begins there; what it will read again moves up afterwards. */
#include "passes/lower_stripes.h"

#include <string.h>

#include "ir/row_reads.h"
#include "ir/stripes.h"
#include "passes/plan_steps.h"
#include "passes/targets.h"

static const char *const first_row = "first_row";

/* ---- a step that computes some rows ---- */

typedef struct Rewrite {
  Arena *arena;
  const char *row;
} Rewrite;

/* Row oy of a call is row first_row + oy of the result, but pointers point to where the call's rows begin. */
static Expr *count_from_first_row(void *context, Expr *e) {
  const Rewrite *r = context;
  Arena *a = r->arena;
  if (e->kind == EXPR_VAR && strcmp(e->text, r->row) == 0) return expr_binary(a, OP_ADD, expr_index(a, first_row), e);
  if (e->kind != EXPR_ACCESS) return e;
  Expr *index[MAX_PARAMETER_RANK];
  for (int i = 0; i < e->rank; i++) index[i] = substitute_var(a, e->index[i], first_row, expr_int(a, 0));
  return expr_access(a, e->operand, e->type, e->rank, index);
}

static Expr *rewritten(const Rewrite *r, Expr *e) { return e ? rewrite_expr(r->arena, e, count_from_first_row, (void *)r) : NULL; }

static Stmt *rewritten_lets(const Rewrite *r, const Stmt *lets) {
  if (!lets) return NULL;
  return stmt_then(stmt_let(r->arena, lets->var, rewritten(r, lets->value), lets->is_const), rewritten_lets(r, lets->next));
}

static Nest *nest_of_rows(Plan *plan, const Step *step) {
  Nest *nest = ARENA_NEW(plan->arena, Nest);
  const char *row = row_axis(step->nest)->var;
  Rewrite r = {plan->arena, row};
  *nest = *step->nest;
  for (int i = 0; i < nest->result_count; i++)
    if (strcmp(nest->result_axes[i].var, row) == 0) nest->result_axes[i].extent = size_of_dim(plan->arena, step->stripe->row_count);
  for (int i = 0; i < nest->reduction_count; i++) {
    nest->reduction_axes[i].begin = rewritten(&r, nest->reduction_axes[i].begin);
    nest->reduction_axes[i].end = rewritten(&r, nest->reduction_axes[i].end);
  }
  nest->before = rewritten_lets(&r, nest->before);
  nest->initial = rewritten(&r, nest->initial);
  nest->update = rewritten(&r, nest->update);
  nest->result = rewritten(&r, nest->result);
  for (int i = 0; i < nest->epilogue_count; i++) nest->epilogue[i] = rewritten(&r, nest->epilogue[i]);
  return nest;
}

Step *step_of_rows(Plan *plan, const Step *step) {
  Step *copy = ARENA_NEW(plan->arena, Step);
  *copy = *step;
  if (step->nest) copy->nest = nest_of_rows(plan, step);
  return copy;
}

void add_row_params(const StepBinding *b, Function *f) {
  Arena *a = b->plan->arena;
  LoopParam first = {.name = first_row, .type = type_index}, count = {.name = b->step->stripe->row_count->variable, .type = type_index};
  if (stmts_use_var(f->body, first_row)) ARENA_PUSH(a, f->params, f->param_count, first);
  ARENA_PUSH(a, f->params, f->param_count, count);
}

/* ---- rows between two steps ---- */

static void add_function(LoopProgram *program, Arena *a, Function *f) {
  for (int i = 0; i < program->kernel_count; i++)
    if (strcmp(program->kernels[i]->name, f->name) == 0) return;
  ARENA_PUSH(a, program->kernels, program->kernel_count, f);
}

static Function *function_on_rows(Arena *a, const char *name, const char *comment, bool moves) {
  Function *f = ARENA_NEW(a, Function);
  *f = (Function){.name = name, .param_count = moves ? 3 : 2, .comment_count = 1};
  f->comment = ARENA_ARRAY(a, const char *, 1);
  f->comment[0] = comment;
  f->params = ARENA_ARRAY(a, LoopParam, 4);
  f->params[0] = (LoopParam){.name = "y", .pointer = true, .type = type_f32};
  f->params[1] = (LoopParam){.name = "count", .type = type_index};
  f->params[2] = (LoopParam){.name = "distance", .type = type_index};
  return f;
}

static Stmt *copy_elements(Arena *a, Expr *begin, Expr *end, int lanes) {
  Expr *i = expr_index(a, "i");
  Expr *value = expr_load(a, "y", expr_binary(a, OP_ADD, i, expr_index(a, "distance")), (Type){SCALAR_F32, lanes});
  return stmt_for(a, "i", begin, end, expr_int(a, lanes), stmt_store(a, "y", i, value, lanes));
}

/* y[i] = y[i + distance]: from front to back, so that the two may overlap. */
static Function *move_rows(Arena *a, int lanes) {
  Function *f = function_on_rows(a, "move_rows", "The rows of a stripe that the next one needs again move to its first rows.", true);
  Expr *zero = expr_int(a, 0), *count = expr_index(a, "count"), *width = expr_int(a, lanes);
  f->body = copy_elements(a, zero, count, 1);
  if (lanes == 1) return f;
  Expr *whole = expr_binary(a, OP_MUL, expr_binary(a, OP_DIV, count, width), width);
  f->plain_body = f->body;
  f->body = stmt_then(copy_elements(a, zero, whole, lanes), copy_elements(a, whole, count, 1));
  return f;
}

static Function *zero_rows(Arena *a) {
  Function *f = function_on_rows(a, "zero_rows", "The border below a tensor, in its last stripes.", false);
  Stmt *store = stmt_store(a, "y", expr_index(a, "i"), expr_float(a, 0), 1);
  f->body = stmt_for(a, "i", expr_int(a, 0), expr_index(a, "count"), expr_int(a, 1), store);
  return f;
}

/* ---- the loop ---- */

/* What the loop knows of a step: how many rows there are before and after the stripe that it computes, and including the rows
 * of zeros below the tensor. */
typedef struct Rows {
  Expr *row, *end, *reach;
} Rows;

typedef struct Group {
  Arena *a;
  const StepBinding *b;
  Function *const *functions;
  int count;
  Rows *rows;
  Stmt *before, *body, *calls, *moves, *after; /* body: what the stripe's rows are */
} Group;

static Expr *plus(const Group *g, Expr *x, Expr *y) { return expr_binary(g->a, OP_ADD, x, y); }
static Expr *minus(const Group *g, Expr *x, Expr *y) { return expr_binary(g->a, OP_SUB, x, y); }
static Expr *times(const Group *g, Expr *x, Expr *y) { return expr_binary(g->a, OP_MUL, x, y); }
static Expr *number(const Group *g, int64_t n) { return expr_int(g->a, n); }

static const char *rows_name(const Group *g, const char *which, int k) {
  return arena_printf(g->a, "%s_of_%s", which, c_name(g->a, g->b[k].step->name));
}

static Expr *let(const Group *g, Stmt **list, const char *name, Expr *value) {
  *list = stmt_then(*list, stmt_let(g->a, name, value, true));
  return expr_index(g->a, name);
}

static Expr *at_most(const Group *g, Expr *value, int64_t most) {
  return expr_select(g->a, expr_binary(g->a, OP_LT, value, number(g, most)), value, number(g, most));
}

static void count_last(Group *g) {
  int k = g->count - 1;
  const Stripe *s = g->b[k].step->stripe;
  Expr *row = expr_index(g->a, rows_name(g, "row", k)), *end = plus(g, row, number(g, s->rows));
  if (s->height % s->rows) end = at_most(g, end, s->height);
  g->rows[k] = (Rows){.row = row, .end = let(g, &g->body, rows_name(g, "end", k), end)};
}

/* The rows that the next step's need, from the last step to the first. */
static void count_rows(Group *g, int k) {
  const Stripe *s = g->b[k].step->stripe;
  const Rows *next = &g->rows[k + 1];
  int64_t lead = s->window - s->stride - s->above;
  bool same = s->stride == 1 && lead == 0;
  Expr *reach = plus(g, times(g, next->end, number(g, s->stride)), number(g, lead));
  bool below = g->b[k + 1].step->stripe->height * s->stride + lead > s->height;
  if (same && !below && s->above == 0) {
    g->rows[k] = (Rows){next->row, next->end, NULL};
    return;
  }
  Rows *rows = &g->rows[k];
  if (below) rows->reach = let(g, &g->body, rows_name(g, "reach", k), reach);
  rows->end = let(g, &g->body, rows_name(g, "end", k), below ? at_most(g, rows->reach, s->height) : reach);
  const char *name = rows_name(g, "row", k);
  rows->row = expr_index(g->a, name);
  g->before = stmt_then(g->before, stmt_let(g->a, name, number(g, 0), false));
  g->after = stmt_then(g->after, stmt_set(g->a, name, rows->end));
}

/* Where a row of the result lies in the stripe's buffer, in rows. */
static Expr *place_of_row(const Group *g, int k, Expr *row) {
  const Stripe *s = g->b[k].step->stripe;
  if (expr_equal(row, g->rows[k + 1].row)) return number(g, s->above); /* hence stride is 1 */
  return minus(g, plus(g, row, number(g, s->above)), times(g, g->rows[k + 1].row, number(g, s->stride)));
}

static Expr *moved(const Group *g, Expr *place, Expr *rows, Expr *stride) { return plus(g, place, times(g, rows, stride)); }

static Expr *argument_of_operand(const Group *g, int k, int operand) {
  const StepBinding *b = &g->b[k];
  const BoundOperand *bound = &b->operands[operand];
  Expr *place = operand_argument(b, bound);
  if (bound->packed || bound->view.buffer->striped) return place;
  RowReads reads = b->step->nest ? rows_read(g->a, b->step->nest, operand, false) : (RowReads){true, true, 1, 0, 0};
  return moved(g, place, times(g, g->rows[k].row, number(g, reads.stride)), bound->stride[1]);
}

static void call_step(Group *g, int k) {
  const StepBinding *b = &g->b[k];
  const Function *f = g->functions[k];
  const Rows *rows = &g->rows[k];
  Expr **arguments = ARENA_ARRAY(g->a, Expr *, (size_t)f->param_count + 1);
  int count = 0;
  for (int i = 0; i < b->step->operand_count; i++)
    if (b->step->operands[i].value != b->step->result) arguments[count++] = argument_of_operand(g, k, i);
  Expr *row = k < g->count - 1 ? place_of_row(g, k, rows->row) : rows->row;
  arguments[count++] = moved(g, output_argument(b), row, b->output.stride[1]);
  if (count + 2 == f->param_count) arguments[count++] = rows->row;
  arguments[count++] = minus(g, rows->end, rows->row);
  g->calls = stmt_then(g->calls, stmt_call(g->a, f->name, arguments, count));
}

/* Zeros below the tensor for the stripes that look beyond it. */
static void call_zero_rows(Group *g, int k) {
  const StepBinding *b = &g->b[k];
  const Rows *rows = &g->rows[k];
  if (k == g->count - 1 || !rows->reach) return;
  add_function(b->program, g->a, zero_rows(g->a));
  Expr *arguments[] = {moved(g, border_argument(b), place_of_row(g, k, rows->end), b->output.stride[1]),
                       times(g, minus(g, rows->reach, rows->end), b->output.stride[1])};
  g->calls = stmt_then(g->calls, stmt_call(g->a, "zero_rows", arguments, 2));
}

static void call_move_rows(Group *g, int k) {
  const StepBinding *b = &g->b[k];
  const Stripe *s = b->step->stripe;
  if (k == g->count - 1 || s->window == s->stride) return;
  const Target *target = find_target(b->plan->target);
  add_function(b->program, g->a, move_rows(g->a, b->plan->portable ? 1 : target->lanes));
  const Rows *next = &g->rows[k + 1];
  Expr *distance = times(g, minus(g, next->end, next->row), number(g, s->stride));
  Expr *arguments[] = {border_argument(b), times(g, number(g, s->window - s->stride), b->output.stride[1]),
                       times(g, distance, b->output.stride[1])};
  g->moves = stmt_then(g->moves, stmt_call(g->a, "move_rows", arguments, 3));
}

static const char *describe(const Group *g) {
  const Step *last = g->b[g->count - 1].step;
  Text text = text_new(g->a);
  text_addf(&text, "Stripes of %lld row%s of %s: ", (long long)last->stripe->rows, last->stripe->rows == 1 ? "" : "s", last->name);
  for (int k = 0; k < g->count; k++) text_addf(&text, "%s%s", k ? k == g->count - 1 ? " and " : ", " : "", g->b[k].step->name);
  text_add(&text, g->count == 2 ? " one behind the other." : ", one behind the other.");
  text_add(&text, " row_of_ is how many rows are complete before a stripe, end_of_ after it");
  bool below = false;
  for (int k = 0; k < g->count; k++) below = below || g->rows[k].reach;
  text_add(&text, below ? ", reach_of_ with the zeros below." : ".");
  return text_string(&text);
}

Stmt *lower_stripes(const StepBinding *bindings, Function *const *functions, int count, Stmt *before) {
  Arena *a = bindings[0].plan->arena;
  Group g = {.a = a, .b = bindings, .functions = functions, .count = count, .before = before};
  g.rows = ARENA_ARRAY(a, Rows, (size_t)count);
  count_last(&g);
  for (int k = count - 1; k-- > 0;) count_rows(&g, k);
  for (int k = 0; k < count; k++) {
    call_step(&g, k);
    call_zero_rows(&g, k);
    call_move_rows(&g, k);
  }
  const Stripe *s = bindings[count - 1].step->stripe;
  Stmt *body = stmt_then(stmt_then(stmt_then(g.body, g.calls), g.moves), g.after);
  Stmt *loop = stmt_for(a, g.rows[count - 1].row->text, expr_int(a, 0), expr_int(a, s->height), expr_int(a, s->rows), body);
  loop->comment = describe(&g);
  return stmt_then(g.before, loop);
}
