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

typedef struct Move {
  const Plan *plan;
  const Nest *nest;
  const View *from, *to;
} Move;

static const Size *in_source(const Move *m, const Axis *axis) { return distance(m->plan, m->from, m->nest->result->index, axis->var); }
static const Size *in_result(const Move *m, const Axis *axis) { return distance(m->plan, m->to, m->nest->output, axis->var); }
static unsigned bit_of(const Nest *nest, const Axis *axis) { return 1u << (axis - nest->result_axes); }

/* The axis and those outside it that go on where it ends, in both tensors. Threads share the outermost axis. */
static unsigned run_of(const Move *m, const Axis *axis, unsigned taken) {
  Arena *a = m->plan->arena;
  const Size *source = size_mul(a, in_source(m, axis), axis->extent), *result = size_mul(a, in_result(m, axis), axis->extent);
  unsigned run = bit_of(m->nest, axis);
  for (int i = m->nest->result_count; i-- > (m->plan->threads > 1);) {
    const Axis *next = &m->nest->result_axes[i];
    if (((run | taken) & (1u << i)) || size_is(next->extent, 1)) continue;
    if (!size_equal(in_source(m, next), source) || !size_equal(in_result(m, next), result)) continue;
    run |= 1u << i;
    source = size_mul(a, source, next->extent);
    result = size_mul(a, result, next->extent);
  }
  return run;
}

static int64_t greatest_count(const Nest *nest, unsigned axes) {
  int64_t count = 1;
  for (int i = 0; i < nest->result_count; i++) {
    int64_t extent = axes & (1u << i) ? size_maximum(nest->result_axes[i].extent) : 1;
    count = extent < SIZE_LIMIT / count ? count * extent : SIZE_LIMIT;
  }
  return count;
}

/* What shorter runs and fewer columns of a narrow matrix would not be worth; a square has as many rows and columns. */
enum { LEAST_RUN = 8, SQUARE = 4 };

static bool choose_run(const Move *m, const Axis *axis, Schedule *schedule) {
  unsigned run = run_of(m, axis, 0);
  if (greatest_count(m->nest, run) < LEAST_RUN) return false;
  schedule->rows = schedule->columns = axis->var;
  schedule->moved_axes = run;
  return true;
}

/* Whether so many neighbours are all that there is before the next ones begin. */
static bool lie_side_by_side(const Axis *axis, const Size *next) {
  return size_is_const(axis->extent, NULL) && size_equal(next, axis->extent);
}

static bool choose_matrix(const Move *m, const Axis *rows, const Axis *columns, Schedule *schedule) {
  unsigned taken = bit_of(m->nest, columns);
  bool few_rows = size_maximum(rows->extent) < SQUARE, few_columns = size_maximum(columns->extent) < SQUARE;
  if (few_rows && (size_maximum(columns->extent) < LEAST_RUN || !lie_side_by_side(rows, in_result(m, columns)))) return false;
  if (few_columns && (few_rows || size_maximum(rows->extent) < LEAST_RUN || !lie_side_by_side(columns, in_source(m, rows)))) return false;
  schedule->narrow = few_rows;
  schedule->narrow_source = few_columns;
  schedule->rows = rows->var;
  schedule->columns = columns->var;
  schedule->moved_axes = taken | (schedule->narrow ? bit_of(m->nest, rows) : run_of(m, rows, taken));
  return true;
}

bool choose_transposed(const Plan *plan, const Step *step, const Target *target, Schedule *schedule) {
  bool copies = step->kind == STEP_COPY;
  const Nest *nest = copies ? nest_of_copy(plan->arena, step) : step->nest;
  if (target->lanes == 1 || plan->portable || (copies && step->padding_mode) || !only_moves(nest)) return false;
  const Value *source = copies ? step->source : step->operands[nest->result->operand].value;
  if (!source) return false;
  Move move = {plan, nest, &plan->views[source->id], &step->output};
  if (move.from->buffer->dtype != DTYPE_F32 || move.to->buffer->dtype != DTYPE_F32) return false;
  const Axis *rows = NULL, *columns = NULL;
  for (int i = 0; i < nest->result_count; i++) {
    const Axis *axis = &nest->result_axes[i];
    if (!in_source(&move, axis) || !in_result(&move, axis)) return false;
    if (size_is(axis->extent, 1)) continue;
    if (size_is(in_result(&move, axis), 1)) rows = axis;
    if (size_is(in_source(&move, axis), 1)) columns = axis;
  }
  if (!rows || !columns) return false;
  return rows == columns ? choose_run(&move, rows, schedule) : choose_matrix(&move, rows, columns, schedule);
}
