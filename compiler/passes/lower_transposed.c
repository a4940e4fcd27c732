/* lower_transposed.c - what only moves numbers: copies, channel_shuffle, permute.
 *
 * Where neighbours in the source are neighbours in the result, they are moved in runs. Else one axis is that of neighbours in the result, another that of neighbours in the source: a matrix that kernels transpose in
 * registers, inside loops over the other axes (docs/decisions/0019-moving-numbers.md). */
#include "passes/lower_nest.h"

/* Whether a loop visits the points of an axis; else the kernel does, or there is one only. */
static bool has_loop(const StepBinding *b, const Nest *nest, int axis) {
  return !(b->step->schedule.moved_axes & (1u << axis)) && !size_is(nest->result_axes[axis].extent, 1);
}

/* How many numbers the kernel moves. */
static const Size *count_of(const StepBinding *b, const Nest *nest, const Axis *without) {
  const Size *count = size_of(b->plan->arena, 1);
  for (int i = 0; i < nest->result_count; i++)
    if ((b->step->schedule.moved_axes & (1u << i)) && &nest->result_axes[i] != without)
      count = size_mul(b->plan->arena, count, nest->result_axes[i].extent);
  return count;
}

/* A pointer to where the matrix begins. */
static Expr *begin_of(const StepBinding *b, const Nest *nest, const char *pointer, Expr *offset) {
  Arena *a = b->plan->arena;
  for (int i = 0; i < nest->result_count; i++)
    if (!has_loop(b, nest, i)) offset = substitute_var(a, offset, nest->result_axes[i].var, expr_int(a, 0));
  return expr_binary(a, OP_ADD, expr_index(a, pointer), offset);
}

static Stmt *call(const StepBinding *b, const Nest *nest) {
  Arena *a = b->plan->arena;
  const Schedule *schedule = &b->step->schedule;
  const Axis *rows = find_axis(nest, schedule->rows), *columns = find_axis(nest, schedule->columns);
  Expr *from = element_offset(b, nest->result), *to = output_offset(b, nest->output);
  Expr *x = begin_of(b, nest, b->operands[nest->result->operand].name, from), *y = begin_of(b, nest, b->output.name, to);
  if (rows == columns) return stmt_call(a, KERNEL_MOVE, (Expr *[]){x, y, expr_size(a, count_of(b, nest, NULL))}, 3);
  Expr *x_row = coefficient_of(a, from, rows->var), *y_column = coefficient_of(a, to, columns->var);
  Expr *sides[] = {expr_size(a, count_of(b, nest, columns)), expr_size(a, columns->extent)};
  Expr *transpose[] = {x, x_row, y, y_column, sides[0], sides[1]}, *interleave[] = {x, x_row, y, sides[0], sides[1]};
  if (schedule->narrow_source) return stmt_call(a, KERNEL_DEINTERLEAVE, (Expr *[]){x, y, y_column, sides[0], sides[1]}, 5);
  return schedule->narrow ? stmt_call(a, KERNEL_INTERLEAVE, interleave, 5) : stmt_call(a, KERNEL_TRANSPOSE, transpose, 6);
}

Stmt *lower_transposed(const StepBinding *b, const Nest *nest) {
  Arena *a = b->plan->arena;
  Stmt *body = call(b, nest);
  for (int i = nest->result_count; i-- > 0;) {
    const Axis *axis = &nest->result_axes[i];
    if (has_loop(b, nest, i)) body = stmt_for_points(a, axis->var, expr_int(a, 0), expr_size(a, axis->extent), expr_int(a, 1), body);
  }
  return body;
}

const Nest *nest_of_copy(Arena *a, const Step *step) {
  const TensorType *type = &step->result->type;
  const Size *rows = step->stripe ? size_of_dim(a, step->stripe->row_count) : type_height(type);
  Expr *index[] = {expr_index(a, "oc"), expr_index(a, "oy"), expr_index(a, "ox")};
  Nest *nest = ARENA_NEW(a, Nest);
  *nest = (Nest){.result_axes = {{.var = "oy", .extent = rows},
                                 {.var = "ox", .extent = type_width(type)},
                                 {.var = "oc", .extent = type_channels(type)}},
                 .result_count = 3,
                 .result = expr_access(a, 0, type_of_dtype(step->source->type.dtype), MAX_RANK, index),
                 .output = {index[0], index[1], index[2]}};
  return nest;
}
