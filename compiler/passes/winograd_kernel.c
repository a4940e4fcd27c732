/* winograd_kernel.c - see winograd_kernel.h. */
#include "passes/winograd_kernel.h"

enum { OWN_PARAMS = 16, PARAMS_OF_OPERAND = 3 };

Transform new_transform(const StepBinding *b) {
  size_t params = OWN_PARAMS + PARAMS_OF_OPERAND * (size_t)b->step->operand_count;
  Arena *a = b->plan->arena;
  return (Transform){.b = b,
                     .a = a,
                     .rows = winograd_of(b->step->schedule.winograd, 0),
                     .columns = winograd_of(b->step->schedule.winograd, 1),
                     .params = ARENA_ARRAY(a, LoopParam, params),
                     .arguments = ARENA_ARRAY(a, Expr *, params)};
}

Expr *named(const Transform *t, Stmt **body, const char *name, Expr *value) {
  *body = stmt_then(*body, stmt_let(t->a, name, value, true));
  return expr_var(t->a, name, value->type);
}

void add_pointer_param(Transform *t, const char *name, bool is_const, Expr *argument) {
  t->params[t->param_count] = (LoopParam){.name = name, .pointer = true, .is_const = is_const, .type = type_f32};
  t->arguments[t->param_count++] = argument;
}

void add_number_param(Transform *t, const char *name, Expr *argument) {
  t->params[t->param_count] = (LoopParam){.name = name, .type = type_index};
  t->arguments[t->param_count++] = argument;
}

Expr *add_term(const Transform *t, Expr *sum, double factor, Expr *x) {
  double size = factor < 0 ? -factor : factor;
  Expr *term = size > 1 || size < 1 ? mul(t, expr_float(t->a, size), x) : x;
  if (!sum) return factor < 0 ? sub(t, expr_float(t->a, 0), term) : term;
  return factor < 0 ? sub(t, sum, term) : add(t, sum, term);
}

Expr *weighted_sum(const Transform *t, Expr *sum, const double *factor, Expr *const *x, int count) {
  for (int i = 0; i < count; i++)
    if (factor[i] >= 1 && factor[i] <= 1) sum = add_term(t, sum, factor[i], x[i]);
  for (int i = 0; i < count; i++)
    if ((factor[i] > 0 && factor[i] < 1) || factor[i] > 1) sum = add_term(t, sum, factor[i], x[i]);
  for (int i = 0; i < count; i++)
    if (factor[i] < 0) sum = add_term(t, sum, factor[i], x[i]);
  return sum;
}

void add_tile_params(Transform *t) {
  WinogradShape s = winograd_shape(t->b->nest, &t->b->step->schedule);
  add_number_param(t, "tile", index_var(t, "tile"));
  add_number_param(t, "count", index_var(t, "count"));
  add_number_param(t, "columns", number(t, s.tile_columns));
  if (t->rows.results > 1) add_number_param(t, "last_oy", number(t, s.rows - t->rows.results));
  if (t->columns.results > 1) add_number_param(t, "last_ox", number(t, s.columns - t->columns.results));
}

/* Along one axis: where tile number `tile` would begin, and where it does, so that it ends with the map. */
static void locate(const Transform *t, Stmt **body, const Winograd *w, Expr *tile, const char *nominal, const char *begin,
                   const char *last) {
  if (w->results == 1) {
    named(t, body, begin, tile);
    return;
  }
  Expr *at = named(t, body, nominal, mul(t, tile, number(t, w->results))), *limit = index_var(t, last);
  named(t, body, begin, expr_select(t->a, expr_binary(t->a, OP_LT, at, limit), at, limit));
}

Stmt *locate_tile(const Transform *t) {
  Stmt *body = NULL;
  Expr *at = add(t, index_var(t, "tile"), index_var(t, "t")), *columns = index_var(t, "columns");
  bool each = t->rows.results == 1;
  Expr *tile_row = named(t, &body, each ? "oy" : "tile_row", expr_binary(t->a, OP_DIV, at, columns));
  if (!each) locate(t, &body, &t->rows, tile_row, "row", "oy", "last_oy");
  locate(t, &body, &t->columns, sub(t, at, mul(t, tile_row, columns)), "column", "ox", "last_ox");
  return body;
}

Expr *place_in_map(const Transform *t, const char *pointer, const char *row, const char *column) {
  Expr *rows = mul(t, index_var(t, "oy"), index_var(t, row)), *columns = mul(t, index_var(t, "ox"), index_var(t, column));
  return add(t, add(t, index_var(t, pointer), rows), columns);
}

Stmt *tile_loop(const Transform *t, Stmt *body) { return stmt_for(t->a, "t", number(t, 0), index_var(t, "count"), number(t, 1), body); }

typedef struct FindOffset {
  const StepBinding *b;
  int operand;
  Expr *offset;
} FindOffset;

static Expr *find_offset(void *context, Expr *e) {
  FindOffset *find = context;
  if (e->kind == EXPR_ACCESS && e->operand == find->operand) find->offset = element_offset(find->b, e);
  return e;
}

Expr *offset_in(const StepBinding *b, int operand, Expr *e, Expr *known) {
  FindOffset find = {b, operand, known};
  rewrite_expr(b->plan->arena, e, find_offset, &find);
  return find.offset;
}

Expr *at_origin(const Transform *t, Expr *offset) {
  const Nest *nest = t->b->nest;
  for (int i = 0; i < nest->result_count; i++) offset = substitute_var(t->a, offset, nest->result_axes[i].var, number(t, 0));
  for (int i = 0; i < nest->reduction_count; i++) offset = substitute_var(t->a, offset, nest->reduction_axes[i].var, number(t, 0));
  return offset;
}

/* 4 of 3x3 taps; 2_5x5, 1x2_1x7 */
static const char *name_of_form(const Transform *t) {
  const Winograd *rows = &t->rows, *columns = &t->columns;
  bool square = rows->results == columns->results, usual = rows->taps == 3 && columns->taps == 3;
  const char *results = square ? arena_printf(t->a, "%d", rows->results) : arena_printf(t->a, "%dx%d", rows->results, columns->results);
  return usual ? results : arena_printf(t->a, "%s_%dx%d", results, rows->taps, columns->taps);
}

Stmt *share_kernel(Transform *t, Function kernel, const char *what, const char *rest, bool of_layer) {
  const char *form = name_of_form(t);
  kernel.kernel = true;
  kernel.params = t->params;
  kernel.param_count = t->param_count;
  for (int attempt = of_layer; attempt < 2; attempt++) {
    const char *layer = arena_printf(t->a, "_%s", c_name(t->a, t->b->step->name));
    kernel.name = arena_printf(t->a, "kernel_winograd%s_%s%s", form, what, attempt ? layer : rest);
    if (add_kernel(t->a, t->b->program, &kernel)) return stmt_call(t->a, kernel.name, t->arguments, t->param_count);
  }
  t->b->program->fault = arena_printf(t->a, "two kernels are called %s", kernel.name);
  return NULL;
}
