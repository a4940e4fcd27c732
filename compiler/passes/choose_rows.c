/* choose_rows.c - which steps that no kernel computes are computed a row at a time in another order of memory.
 *
 * Vectors need neighbours. What looks at all channels of a pixel, as softmax does, has them where each channel of a row lies apart,
 * and then sums nothing from lane to lane; what computes the channels of a pixel from those of others, as resize does, where they
 * lie together. Where a tensor is in the other order, one row of it is transposed in scratch memory. Measurements:
 * docs/decisions/0023-vectors-in-loops.md. */
#include <string.h>

#include "ir/operator.h"
#include "ops/lowering.h"
#include "passes/plan_steps.h"
#include "passes/schedules.h"

enum { LEAST_PIXELS = 4, LEAST_CHANNELS = 4 };

typedef struct Look { /* at all that a step reads and writes */
  const Plan *plan;
  const Step *step;
  int input;                       /* the one tensor that it reads; -1: none, -2: several */
  bool by_pixel, rows_in_turn;     /* each result comes from channels of its own pixel; results are written row by row */
  bool reads_pixels, reads_planes; /* all that it reads lies so */
} Look;

static bool has_pixels(const Buffer *b) { return b->dtype == DTYPE_F32 && size_is(b->channel, 1) && !size_is(b->channels, 1); }
static bool has_planes(const Buffer *b) { return b->dtype == DTYPE_F32 && size_is(b->column, 1) && !size_is(b->channels, 1); }

static bool is_axis(const Expr *index, const char *var, const Size *extent) {
  return (index->kind == EXPR_VAR && strcmp(index->text, var) == 0) || (expr_is_int(index, 0) && size_is(extent, 1));
}

static Expr *look_at_access(void *context, Expr *e) {
  Look *look = context;
  const Value *value = e->kind == EXPR_ACCESS ? look->step->operands[e->operand].value : NULL;
  if (!value) return e;
  bool own_row = is_axis(e->index[1], "oy", type_height(&value->type)), is_result = value == look->step->result;
  look->by_pixel = look->by_pixel && own_row && is_axis(e->index[2], "ox", type_width(&value->type));
  look->rows_in_turn = look->rows_in_turn && (own_row || !is_result);
  if (is_result) return e;
  const Buffer *buffer = look->plan->views[value->id].buffer;
  look->reads_pixels = look->reads_pixels && has_pixels(buffer);
  look->reads_planes = look->reads_planes && has_planes(buffer);
  if (look->input != e->operand) look->input = look->input == -1 ? e->operand : -2;
  return e;
}

static void look_at_stmts(Arena *a, Look *look, const Stmt *s) {
  for (; s; s = s->next) {
    Expr *parts[] = {s->begin, s->end, s->index, s->value};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
      if (parts[i]) rewrite_expr(a, parts[i], look_at_access, look);
    look_at_stmts(a, look, s->body);
  }
}

static const Size *row_elements(Arena *a, const TensorType *type) { return size_mul(a, type_channels(type), type_width(type)); }

/* Long enough to pay, and short enough to stay in a cache. */
static bool fits(const Plan *plan, const Target *target, const TensorType *type) {
  int64_t most = (int64_t)target->l2 * 1024 / 4 / (int64_t)sizeof(float);
  return size_maximum(type_width(type)) >= LEAST_PIXELS && size_maximum(row_elements(plan->arena, type)) <= most;
}

static bool choose_for_stmts(const Plan *plan, const Step *step, const Target *target, Schedule *schedule) {
  Lowering l = {.arena = plan->arena};
  const Stmt *stmts = step->root->op->loops(&l, step->root);
  const TensorType *result = &step->result->type;
  Look look = {plan, step, -1, true, true, true, true};
  look_at_stmts(plan->arena, &look, stmts);
  bool has_row_loop = stmts->kind == STMT_FOR && strcmp(stmts->var, size_is(type_height(result), 1) ? "ox" : "oy") == 0 && !stmts->next;
  if (!has_row_loop || look.input < 0 || !fits(plan, target, &step->operands[look.input].value->type)) return false;
  schedule->planar_input = look.by_pixel && look.reads_pixels;
  schedule->planar_result = look.by_pixel && has_pixels(step->output.buffer);
  schedule->pixel_result = !look.by_pixel && look.rows_in_turn && look.reads_pixels && has_planes(step->output.buffer) &&
                           size_maximum(type_channels(result)) >= LEAST_CHANNELS;
  return schedule->planar_input || schedule->planar_result || schedule->pixel_result;
}

/* Whether the axes of rows stand outside all others, so that a row is computed as a whole. */
static bool rows_come_first(const Nest *nest) {
  bool others = false;
  for (int i = 0; i < nest->result_count; i++) {
    bool of_rows = expr_uses_var(nest->output[1], nest->result_axes[i].var);
    if (size_is(nest->result_axes[i].extent, 1)) continue;
    if (of_rows && others) return false;
    others = others || !of_rows;
  }
  return true;
}

static bool same_rows(const TensorType *a, const TensorType *b) {
  return size_equal(type_height(a), type_height(b)) && size_equal(type_width(a), type_width(b));
}

/* Planes from pixels, or pixels from planes. Vectors of pixels are always full, those of channels as full as there are channels. */
static bool choose_for_nest(const Plan *plan, const Step *step, Schedule *schedule) {
  const Nest *nest = step->nest;
  Look look = {plan, step, -1, true, true, true, true};
  if (nest->next || nest->update || step->in_place || !rows_come_first(nest)) return false;
  visit_nest(plan->arena, nest, look_at_access, &look);
  if (look.input == -1 || nest->output[0]->kind != EXPR_VAR) return false;
  bool to_planes = look.reads_pixels && has_planes(step->output.buffer);
  bool of_one = look.by_pixel && look.input >= 0 && same_rows(&step->operands[look.input].value->type, &step->result->type);
  schedule->planar_input = to_planes && of_one;
  schedule->pixel_result = to_planes && !of_one && size_maximum(type_channels(&step->result->type)) >= LEAST_CHANNELS;
  schedule->planar_result = look.by_pixel && look.reads_planes && has_pixels(step->output.buffer);
  return schedule->planar_input || schedule->pixel_result || schedule->planar_result;
}

bool choose_rows(const Plan *plan, const Step *step, const Target *target, Schedule *schedule) {
  if (target->lanes == 1 || plan->portable || !fits(plan, target, &step->result->type)) return false;
  return step->kind == STEP_LOOPS ? choose_for_stmts(plan, step, target, schedule) : choose_for_nest(plan, step, schedule);
}

bool has_rows(const Step *step) { return step->schedule.planar_input || step->schedule.planar_result || step->schedule.pixel_result; }

/* The elements of the rows that are in scratch memory at one time. */
static const Size *elements_at_a_time(const Plan *plan, const Step *step) {
  Arena *a = plan->arena;
  const Schedule *schedule = &step->schedule;
  const Size *elements = size_of(a, 0);
  for (int i = 0; schedule->planar_input && i < step->operand_count; i++)
    if (step->operands[i].value && step->operands[i].value != step->result)
      elements = size_add(a, elements, row_elements(a, &step->operands[i].value->type));
  if (schedule->planar_result || schedule->pixel_result) elements = size_add(a, elements, row_elements(a, &step->result->type));
  return elements;
}

const Size *rows_of_thread(const Plan *plan, const Step *step) {
  enum { FLOATS_OF_A_LINE = 16 };
  const Size *lines = size_ceil_div(plan->arena, elements_at_a_time(plan, step), FLOATS_OF_A_LINE);
  return size_mul_int(plan->arena, lines, FLOATS_OF_A_LINE);
}

void make_rows_for_threads(Plan *plan, Step *step) {
  step->scratch->channels = size_mul_int(plan->arena, rows_of_thread(plan, step), plan->threads);
  set_strides(plan, step->scratch);
}

Buffer *rows_scratch(Plan *plan, const Step *step) {
  Arena *a = plan->arena;
  TensorType type = {.rank = 1, .dtype = DTYPE_F32, .sizes = {elements_at_a_time(plan, step)}};
  Buffer *buffer = plan_add_buffer(plan, plan_free_name(plan, arena_printf(a, "%s_scratch", step->name)), BUFFER_WORKSPACE, &type);
  set_strides(plan, buffer);
  return buffer;
}
