/* lower_rows.c - see lower_rows.h. The statements are the same as without; only where they read and write is another place. */
#include "passes/lower_rows.h"

/* A pointer to a row of this tensor. */
static void add_pointer(Rows *r, const char *name, const TensorType *type) {
  Arena *a = r->b->plan->arena;
  Expr *start = expr_binary(a, OP_ADD, r->scratch, expr_size(a, r->used));
  r->pointers = stmt_then(r->pointers, stmt_pointer(a, name, type_f32, false, start));
  r->used = size_add(a, r->used, size_mul(a, type_channels(type), type_width(type)));
}

/* The operand in its row: each channel apart, or each pixel. */
static void see_row(Rows *r, BoundOperand *operand, const char *name, bool planes) {
  Arena *a = r->b->plan->arena;
  const TensorType *type = &operand->value->type;
  operand->name = name;
  operand->stride[0] = planes ? expr_size(a, type_width(type)) : expr_int(a, 1);
  operand->stride[1] = expr_int(a, 0);
  operand->stride[2] = planes ? expr_int(a, 1) : expr_size(a, type_channels(type));
}

/* The first element of a row of the tensor. */
static Expr *row_start(const Rows *r, const BoundOperand *operand) {
  Arena *a = r->b->plan->arena;
  return expr_binary(a, OP_ADD, expr_index(a, operand->name), expr_binary(a, OP_MUL, r->row, operand->stride[1]));
}

static Stmt *transpose(Arena *a, Expr *x, Expr *x_row, Expr *y, Expr *y_column, const Size *rows, const Size *columns) {
  return stmt_call(a, KERNEL_TRANSPOSE, (Expr *[]){x, x_row, y, y_column, expr_size(a, rows), expr_size(a, columns)}, 6);
}

static void bring_input(Rows *r, int number) {
  Arena *a = r->b->plan->arena;
  const BoundOperand *x = &r->b->operands[number];
  const Size *pixels = type_width(&x->value->type), *channels = type_channels(&x->value->type);
  add_pointer(r, "x_row", &x->value->type);
  see_row(r, &r->inside.operands[number], "x_row", true);
  r->before = transpose(a, row_start(r, x), x->stride[2], expr_index(a, "x_row"), expr_size(a, pixels), pixels, channels);
}

/* 2 or 3 planes that become neighbours. */
static bool is_narrow(const BoundOperand *y) {
  const Size *channels = type_channels(&y->value->type);
  return size_maximum(channels) < 4 && size_is_const(channels, NULL) && size_equal(y->view.buffer->column, channels);
}

static void bring_result_back(Rows *r, bool planes) {
  Arena *a = r->b->plan->arena;
  const BoundOperand *y = &r->b->output;
  const Size *pixels = type_width(&y->value->type), *channels = type_channels(&y->value->type);
  const Size *rows = planes ? channels : pixels, *columns = planes ? pixels : channels;
  add_pointer(r, "y_row", &y->value->type);
  see_row(r, &r->inside.output, "y_row", planes);
  for (int i = 0; i < r->b->step->operand_count; i++)
    if (r->inside.operands[i].value == r->b->step->result) see_row(r, &r->inside.operands[i], "y_row", planes);
  Expr *from = expr_index(a, "y_row"), *to = row_start(r, y), *x_row = expr_size(a, columns);
  Expr *narrow[] = {from, x_row, to, expr_size(a, rows), expr_size(a, columns)};
  if (planes && is_narrow(y)) r->after = stmt_call(a, KERNEL_INTERLEAVE, narrow, 5);
  else r->after = transpose(a, from, x_row, to, y->stride[planes ? 2 : 0], rows, columns);
}

/* That of the thread that computes a part of the rows, where threads share them. */
static Expr *scratch_of(const StepBinding *b) {
  Arena *a = b->plan->arena;
  Expr *scratch = expr_index(a, "scratch");
  if (!b->step->schedule.shared_axis) return scratch;
  Expr *one = buffer_constant(b->program, a, "PART", b->step->scratch->name, rows_of_thread(b->plan, b->step));
  return expr_binary(a, OP_ADD, scratch, expr_binary(a, OP_MUL, expr_index(a, "part"), one));
}

Rows rows_of(const StepBinding *b, Expr *row) {
  const Schedule *schedule = &b->step->schedule;
  size_t operands = (size_t)b->step->operand_count;
  Rows r = {.b = b, .inside = *b, .row = row, .scratch = scratch_of(b), .used = size_of(b->plan->arena, 0)};
  r.inside.operands = arena_grow(b->plan->arena, b->operands, operands * sizeof(BoundOperand), (operands + 1) * sizeof(BoundOperand));
  for (int i = 0; schedule->planar_input && i < b->step->operand_count; i++)
    if (b->operands[i].value && b->operands[i].value != b->step->result) bring_input(&r, i);
  if (schedule->planar_result || schedule->pixel_result) bring_result_back(&r, schedule->planar_result);
  return r;
}

/* The first row of a part. */
static Expr *first_of_part(const Rows *r, Expr *part, Expr *rows) {
  Arena *a = r->b->plan->arena;
  int parts = r->b->plan->threads;
  if (rows->kind == EXPR_INT && rows->integer % parts == 0) return expr_binary(a, OP_MUL, part, expr_int(a, rows->integer / parts));
  return expr_binary(a, OP_DIV, expr_binary(a, OP_MUL, part, rows), expr_int(a, parts));
}

/* for part: its rows, with pointers of its own */
static Stmt *in_parts(const Rows *r, Stmt *loop) {
  Arena *a = r->b->plan->arena;
  Expr *part = expr_index(a, "part"), *one = expr_int(a, 1), *rows = loop->end;
  loop->begin = first_of_part(r, part, rows);
  loop->end = first_of_part(r, expr_binary(a, OP_ADD, part, one), rows);
  Stmt *all = stmt_for_points(a, "part", expr_int(a, 0), expr_int(a, r->b->plan->threads), one, stmt_then(r->pointers, loop));
  all->share = SHARE_TURNS;
  return stmt_parallel(a, all);
}

Stmt *move_rows(const Rows *r, Stmt *body) {
  Stmt *row = NULL; /* the innermost of the loops over rows */
  for (Stmt *s = body; s && s->kind == STMT_FOR && expr_uses_var(r->row, s->var); s = s->body) row = s;
  if (row) row->body = stmt_then(r->before, stmt_then(row->body, r->after));
  else body = stmt_then(r->before, stmt_then(body, r->after));
  return r->b->step->schedule.shared_axis ? in_parts(r, body) : stmt_then(r->pointers, body);
}
