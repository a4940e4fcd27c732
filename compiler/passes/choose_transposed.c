/* choose_transposed.c - which steps only move numbers from one order into another, so that squares of them can be transposed in
 * vector registers. Measurements: docs/decisions/0019-moving-numbers.md. */
#include "passes/lower_nest.h"
#include "passes/plan_steps.h"
#include "passes/schedules.h"

/* Distance in memory of neighbours along an axis; NULL: it is not always the same. */
static const Size *distance(const Plan *plan, const View *view, Expr *const index[], const char *var) {
  Arena *a = plan->arena;
  const Size *strides[MAX_RANK] = {view->buffer->channel, view->buffer->row, view->buffer->column}, *sum = size_of(a, 0);
  for (int d = 0; d < MAX_RANK; d++) {
    const Size *factor = expr_as_size(a, coefficient_of(a, index[d], var));
    if (!factor) return NULL;
    sum = size_add(a, sum, size_mul(a, factor, strides[d]));
  }
  return sum;
}

static bool only_moves(const Nest *nest) {
  return nest->result->kind == EXPR_ACCESS && nest->result->rank == MAX_RANK && !nest->update && !nest->epilogue_count && !nest->next &&
         !nest->before;
}

/* Whether the rows of the matrix go on with the next point of the axis outside them, everywhere. Threads share that axis. */
static bool runs_on(const Plan *plan, const Nest *nest, const View *from, const View *to, const Axis *rows, const Axis *columns) {
  Arena *a = plan->arena;
  const Axis *outside = rows - 1;
  if (plan->threads > 1 || rows == nest->result_axes || outside == columns || size_is(outside->extent, 1)) return false;
  const Size *row = distance(plan, from, nest->result->index, rows->var), *next = distance(plan, from, nest->result->index, outside->var);
  const Size *next_in_result = distance(plan, to, nest->output, outside->var);
  return size_equal(next, size_mul(a, row, rows->extent)) && size_equal(next_in_result, rows->extent);
}

/* What fewer columns would not be worth; a square has as many rows. */
enum { LEAST_COLUMNS = 8, LEAST_ROWS = 4 };

bool choose_transposed(const Plan *plan, const Step *step, const Target *target, Schedule *schedule) {
  bool copies = step->kind == STEP_COPY;
  const Nest *nest = copies ? nest_of_copy(plan->arena, step) : step->nest;
  if (target->lanes == 1 || plan->portable || (copies && step->padding_mode) || !only_moves(nest)) return false;
  const Value *source = copies ? step->source : step->operands[nest->result->operand].value;
  if (!source) return false;
  const View *from = &plan->views[source->id], *to = &step->output;
  if (from->buffer->dtype != DTYPE_F32 || to->buffer->dtype != DTYPE_F32) return false;
  const Axis *rows = NULL, *columns = NULL;
  for (int i = 0; i < nest->result_count; i++) {
    const Axis *axis = &nest->result_axes[i];
    if (size_is(axis->extent, 1)) continue;
    const Size *in_source = distance(plan, from, nest->result->index, axis->var), *in_result = distance(plan, to, nest->output, axis->var);
    if (!in_source || !in_result) return false;
    if (size_is(in_result, 1)) rows = axis;
    if (size_is(in_source, 1)) columns = axis;
  }
  if (!rows || !columns || rows == columns || size_maximum(columns->extent) < LEAST_COLUMNS) return false;
  bool dense = size_equal(distance(plan, to, nest->output, columns->var), rows->extent);
  schedule->narrow = size_maximum(rows->extent) < LEAST_ROWS;
  if (schedule->narrow && (!dense || !size_is_const(rows->extent, NULL))) return false;
  schedule->flat = runs_on(plan, nest, from, to, rows, columns);
  schedule->rows = rows->var;
  schedule->columns = columns->var;
  return true;
}
