/* zero_border.c - zeros around a tensor, so that windows may reach beyond its edges; written on every run.
 *
 * A line of its own in run: a border belongs to those who read it, so it must not change the function that writes the
 * tensor inside. The right border of a row and the left one of the next are one run in memory, so that a border is
 * height + 1 runs. Of a tensor that is a slice of the channels only its own are zeroed: the others' are zeroed, or not
 * written yet, when theirs are. */
#include <string.h>

#include "passes/lower_nest.h"

static Function *find_kernel(const LoopProgram *program, const char *name) {
  for (int i = 0; i < program->kernel_count; i++)
    if (strcmp(program->kernels[i]->name, name) == 0) return program->kernels[i];
  return NULL;
}

static Function *new_kernel(LoopProgram *program, Arena *a, const char *name, const char *comment, const char *const *params, int count) {
  Function *f = ARENA_NEW(a, Function);
  *f = (Function){.name = name, .param_count = count + 1};
  ARENA_PUSH(a, f->comment, f->comment_count, comment);
  f->params = ARENA_ARRAY(a, LoopParam, (size_t)count + 1);
  f->params[0] = (LoopParam){.name = "y", .pointer = true, .type = type_f32};
  for (int i = 0; i < count; i++) f->params[i + 1] = (LoopParam){.name = params[i], .type = type_index};
  ARENA_PUSH(a, program->kernels, program->kernel_count, f);
  return f;
}

static Expr *sum(Arena *a, Expr *x, Expr *y) { return expr_binary(a, OP_ADD, x, y); }
static Expr *product(Arena *a, Expr *x, Expr *y) { return expr_binary(a, OP_MUL, x, y); }
static Stmt *loop(Arena *a, const char *var, Expr *end, Stmt *body) { return stmt_for(a, var, expr_int(a, 0), end, expr_int(a, 1), body); }

/* ---- of whole pixels ---- */

static const char *const run_params[] = {"first", "between", "last", "height", "row"};
enum { RUN_PARAMS = sizeof run_params / sizeof *run_params };

/* for i < count: y[start + i] = 0 */
static Stmt *zero_run(Arena *a, Expr *start, const char *count) {
  return loop(a, "i", expr_index(a, count), stmt_store(a, "y", sum(a, start, expr_index(a, "i")), expr_float(a, 0), 1));
}

static void add_zero_border(LoopProgram *program, Arena *a) {
  if (find_kernel(program, "zero_border")) return;
  Function *f = new_kernel(program, a, "zero_border",
                           "Zeros around a tensor, so that windows may reach beyond its edges: as many before its first pixel, between "
                           "its rows and after its last one. y points to the border's first.",
                           run_params, RUN_PARAMS);
  Expr *first = expr_index(a, "first"), *row = expr_index(a, "row"), *between = expr_index(a, "between"), *height = expr_index(a, "height");
  Expr *end_of_row = expr_binary(a, OP_SUB, sum(a, first, product(a, expr_index(a, "oy"), row)), between);
  Expr *end = expr_binary(a, OP_SUB, sum(a, first, product(a, height, row)), between);
  Stmt *rows = stmt_for(a, "oy", expr_int(a, 1), height, expr_int(a, 1), zero_run(a, end_of_row, "between"));
  f->body = stmt_then(stmt_then(zero_run(a, expr_int(a, 0), "first"), rows), zero_run(a, end, "last"));
}

static Stmt *call_for_pixels(const StepBinding *b) {
  Arena *a = b->plan->arena;
  const Buffer *buffer = b->output.view.buffer;
  const Border *border = &buffer->border;
  Expr *row = b->output.stride[1], *column = b->output.stride[2];
  if (expr_is_int(row, 0)) /* there is one only */
    row = product(a, expr_size(a, size_add_int(a, buffer->width, border->left + border->right)), column);
  Expr *first = sum(a, product(a, expr_int(a, border->top + buffer->above), row), product(a, expr_int(a, border->left), column));
  Expr *between = product(a, expr_int(a, border->left + border->right), column);
  Expr *last = sum(a, product(a, expr_int(a, border->right), column), product(a, expr_int(a, border->bottom), row));
  Expr *arguments[RUN_PARAMS + 1] = {
      border_argument(b), first, between, last, expr_size(a, size_add_int(a, buffer->height, -buffer->above)), row};
  add_zero_border(b->program, a);
  return stmt_call(a, "zero_border", arguments, RUN_PARAMS + 1);
}

/* ---- of some channels ---- */

static const char *const slice_params[] = {"channels", "column", "row", "height", "width", "top", "bottom", "left", "right"};
enum { SLICE_PARAMS = sizeof slice_params / sizeof *slice_params };

/* for oy < rows: for ox < columns: for oc < channels: y[(first_row + oy) * row + (first_column + ox) * column + oc] = 0 */
static Stmt *zero_rectangle(Arena *a, Expr *first_row, Expr *rows, Expr *first_column, Expr *columns) {
  Expr *offset = product(a, sum(a, first_row, expr_index(a, "oy")), expr_index(a, "row"));
  offset = sum(a, offset, product(a, sum(a, first_column, expr_index(a, "ox")), expr_index(a, "column")));
  Stmt *body = stmt_store(a, "y", sum(a, offset, expr_index(a, "oc")), expr_float(a, 0), 1);
  return loop(a, "oy", rows, loop(a, "ox", columns, loop(a, "oc", expr_index(a, "channels"), body)));
}

static void add_zero_border_of_slice(LoopProgram *program, Arena *a) {
  if (find_kernel(program, "zero_border_of_slice")) return;
  Function *f = new_kernel(program, a, "zero_border_of_slice",
                           "Zeros around some channels of a tensor of height x width, so that windows may reach beyond its edges; y points "
                           "to the border's first.",
                           slice_params, SLICE_PARAMS);
  Expr *zero = expr_int(a, 0), *top = expr_index(a, "top"), *height = expr_index(a, "height"), *left = expr_index(a, "left"),
       *width = expr_index(a, "width"), *whole = sum(a, sum(a, left, width), expr_index(a, "right"));
  f->body = zero_rectangle(a, zero, top, zero, whole);
  f->body = stmt_then(f->body, zero_rectangle(a, top, height, zero, left));
  f->body = stmt_then(f->body, zero_rectangle(a, top, height, sum(a, left, width), expr_index(a, "right")));
  f->body = stmt_then(f->body, zero_rectangle(a, sum(a, top, height), expr_index(a, "bottom"), zero, whole));
}

static Stmt *call_for_slice(const StepBinding *b) {
  Arena *a = b->plan->arena;
  const Buffer *buffer = b->output.view.buffer;
  const Border *border = &buffer->border;
  Expr *arguments[SLICE_PARAMS + 1] = {border_argument(b),
                                       expr_size(a, type_channels(&b->step->result->type)),
                                       b->output.stride[2],
                                       b->output.stride[1],
                                       expr_size(a, size_add_int(a, buffer->height, -buffer->above)),
                                       expr_size(a, buffer->width),
                                       expr_int(a, border->top + buffer->above),
                                       expr_int(a, border->bottom),
                                       expr_int(a, border->left),
                                       expr_int(a, border->right)};
  add_zero_border_of_slice(b->program, a);
  return stmt_call(a, "zero_border_of_slice", arguments, SLICE_PARAMS + 1);
}

Stmt *lower_zero_border(const StepBinding *b) {
  if (!b->step->zero_border) return NULL;
  bool whole = size_equal(b->output.view.buffer->channels, type_channels(&b->step->result->type));
  return whole ? call_for_pixels(b) : call_for_slice(b);
}
