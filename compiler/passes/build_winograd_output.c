/* build_winograd_output.c - the kernel that transforms products back: Y = A M D' for vectors of channels, then what is fused with the
 * layer, then stores.
 *
 * The plain form is the same text on single channels. */
#include <string.h>

#include "ir/operator.h"
#include "passes/winograd_kernel.h"

typedef struct Point { /* of a tile, for which an expression of the nest is rewritten */
  Transform *t;
  int row, column;
} Point;

static const char *operand_var(const Transform *t, int operand, int row, int column) {
  const BoundOperand *bound = &t->b->operands[operand];
  if (bound->packed) return arena_printf(t->a, "%s_lanes", bound->name);
  return arena_printf(t->a, "%s%d_%d", bound->name, row, column);
}

/* Whether neighbouring channels of the operand are neighbours in memory; else there is one number for all of them. */
static bool runs_along_lanes(const Transform *t, int operand) {
  const BoundOperand *bound = &t->b->operands[operand];
  if (bound->packed) return packed_part(t->b, bound)->axis_count > 0;
  return expr_is_int(coefficient_of(t->a, t->offset[operand], t->b->nest->lane_axis), 1);
}

static Expr *point_visit(void *context, Expr *e) {
  const Point *p = context;
  Transform *t = p->t;
  if (e->kind == EXPR_VAR && strcmp(e->text, "acc") == 0) return expr_var(t->a, name2(t, "acc", p->row, p->column), vector(t));
  if (e->kind == EXPR_ACCESS) {
    Type type = {SCALAR_F32, runs_along_lanes(t, e->operand) ? t->lanes : 1};
    return expr_var(t->a, operand_var(t, e->operand, p->row, p->column), type);
  }
  if (e->kind == EXPR_CAST && e->left->type.scalar == SCALAR_F32) return e->left;
  bool compares_scalars = e->kind == EXPR_BINARY && e->type.scalar == SCALAR_BOOL && e->type.lanes == 1 &&
                          e->left->type.scalar == SCALAR_F32;
  if (compares_scalars) return expr_binary(t->a, e->op, expr_broadcast(t->a, e->left, t->lanes), e->right);
  if (e->kind == EXPR_SELECT && e->condition->type.lanes > 1)
    return expr_select(t->a, e->condition, expr_broadcast(t->a, e->left, t->lanes), expr_broadcast(t->a, e->right, t->lanes));
  return e;
}

static Expr *at_point(Transform *t, Expr *e, int row, int column) {
  Point p = {t, row, column};
  return expr_broadcast(t->a, rewrite_expr(t->a, e, point_visit, &p), t->lanes);
}

/* Operand `i` at a point of the tile; numbers of the channels are the same at all points. */
static Stmt *load_operand(Transform *t, int operand, int row, int column) {
  const BoundOperand *bound = &t->b->operands[operand];
  bool along = runs_along_lanes(t, operand);
  Expr *offset = number(t, 0);
  if (!bound->packed) {
    const char *name = bound->name;
    offset = add(t, mul(t, number(t, row), index_var(t, arena_printf(t->a, "%s_oy", name))),
                 mul(t, number(t, column), index_var(t, arena_printf(t->a, "%s_ox", name))));
  }
  if (along) offset = add(t, offset, index_var(t, "oc"));
  const char *pointer = bound->packed ? bound->name : arena_printf(t->a, "%s_at", bound->name);
  Expr *value = expr_load(t->a, pointer, offset, (Type){SCALAR_F32, along ? t->lanes : 1});
  bool padded = bound->packed || bound->view.buffer->kind == BUFFER_WORKSPACE;
  if (along && !padded) value->integer = t->valid % t->lanes;
  return stmt_let(t->a, operand_var(t, operand, row, column), value, true);
}

static Stmt *load_operands(Transform *t, bool numbers, int row, int column) {
  Stmt *body = NULL;
  for (int i = 0; i < t->b->step->operand_count; i++)
    if (t->offset[i] && numbers == (t->b->operands[i].packed != NULL)) body = stmt_then(body, load_operand(t, i, row, column));
  return body;
}

/* What row `i` of A makes of x, of whose pairs the sums and differences are given, added to `start`. */
static Expr *output_sum(const Transform *t, const Winograd *w, Expr *start, int i, Expr *const *x, Expr *const *sums,
                        Expr *const *differences) {
  double factor[WINOGRAD_MOST_POINTS] = {w->output[i][0]};
  Expr *terms[WINOGRAD_MOST_POINTS] = {x[0]};
  int count = 1;
  for (int pair = 1; pair < w->points - 1; pair += 2) {
    factor[count] = w->output[i][pair];
    terms[count++] = i % 2 ? differences[pair / 2] : sums[pair / 2];
  }
  if (w->points > 1) {
    factor[count] = w->output[i][w->points - 1];
    terms[count++] = x[w->points - 1];
  }
  return weighted_sum(t, start, factor, terms, count);
}

static void pair_up(const Transform *t, const Winograd *w, Stmt **body, int mark, const char *sum, const char *difference, Expr *const *x,
                    Expr **sums, Expr **differences) {
  for (int pair = 0; pair < w->points / 2 - 1; pair++) {
    sums[pair] = named(t, body, name2(t, sum, pair, mark), add(t, x[2 * pair + 1], x[2 * pair + 2]));
    differences[pair] = named(t, body, name2(t, difference, pair, mark), sub(t, x[2 * pair + 1], x[2 * pair + 2]));
  }
}

/* Rows or columns up to number i are stored unless an earlier tile did. */
static Stmt *unless_known(const Transform *t, const Winograd *w, const char *known, int i, Stmt *body) {
  if (i == w->results - 1) return body;
  return stmt_if(t->a, expr_binary(t->a, i ? OP_LE : OP_EQ, index_var(t, known), number(t, i)), body);
}

/* One row of results, in order: further to the end of the nest, and to memory unless an earlier tile stored it. */
static Stmt *output_row(Transform *t, int row, Expr *const *x) {
  const Winograd *w = &t->columns;
  const Nest *nest = t->b->nest;
  Expr *sums[WINOGRAD_MOST_PAIRS], *differences[WINOGRAD_MOST_PAIRS];
  Stmt *body = load_operands(t, false, row, 0);
  for (int column = 1; column < w->results; column++) body = stmt_then(body, load_operands(t, false, row, column));
  pair_up(t, w, &body, row, "sum", "difference", x, sums, differences);
  for (int column = 0; column < w->results; column++) {
    bool from_zero = nest->initial->kind == EXPR_FLOAT && expr_equal(nest->initial, expr_float(t->a, 0));
    Expr *start = from_zero ? NULL : at_point(t, nest->initial, row, column);
    Expr *value = output_sum(t, w, start, column, x, sums, differences);
    body = stmt_then(body, stmt_let(t->a, name2(t, "acc", row, column), value, false));
  }
  for (int step = has_result(nest) ? -1 : 0; step < nest->epilogue_count; step++)
    for (int column = 0; column < w->results; column++)
      body = stmt_then(
          body, stmt_set(t->a, name2(t, "acc", row, column), at_point(t, step < 0 ? nest->result : nest->epilogue[step], row, column)));
  for (int column = 0; column < w->results; column++) {
    Expr *offset = add(t, mul(t, number(t, row), index_var(t, "y_oy")), mul(t, number(t, column), index_var(t, "y_ox")));
    Stmt *store = stmt_store(t->a, "to", add(t, offset, index_var(t, "oc")), expr_var(t->a, name2(t, "acc", row, column), vector(t)),
                             t->valid);
    body = stmt_then(body, unless_known(t, w, "known_columns", column, store));
  }
  return unless_known(t, &t->rows, "known_rows", row, body);
}

/* Y = A M D' of one vector of channels. */
static Stmt *output_body(Transform *t) {
  const Winograd *w = &t->rows;
  int columns = t->columns.points;
  Expr *m[WINOGRAD_MOST_POINTS], *sums[WINOGRAD_MOST_PAIRS], *differences[WINOGRAD_MOST_PAIRS],
      *half[WINOGRAD_MOST_RESULTS][WINOGRAD_MOST_POINTS], *oc = index_var(t, "oc");
  Stmt *body = load_operands(t, true, 0, 0);
  for (int column = 0; column < columns; column++) {
    for (int i = 0; i < w->points; i++)
      m[i] = expr_load(t->a, "from", add(t, mul(t, number(t, i * columns + column), index_var(t, "m_plane")), oc), vector(t));
    for (int i = 1; i < w->points - 1; i++) m[i] = named(t, &body, name2(t, "m", i, column), m[i]);
    pair_up(t, w, &body, column, "s", "d", m, sums, differences);
    for (int row = 0; row < w->results; row++) {
      Expr *value = output_sum(t, w, NULL, row, m, sums, differences);
      half[row][column] = named(t, &body, name2(t, "h", row, column), value);
    }
  }
  for (int row = 0; row < w->results; row++) body = stmt_then(body, output_row(t, row, half[row]));
  body = stmt_for(t->a, "oc", number(t, 0), index_var(t, "channels"), number(t, t->lanes), body);
  Stmt *whole = locate_tile(t);
  if (w->results > 1) named(t, &whole, "known_rows", sub(t, index_var(t, "row"), index_var(t, "oy")));
  if (t->columns.results > 1) named(t, &whole, "known_columns", sub(t, index_var(t, "column"), index_var(t, "ox")));
  Expr *from = add(t, index_var(t, "m"), mul(t, index_var(t, "t"), index_var(t, "m_tile")));
  whole = stmt_then(whole, stmt_pointer(t->a, "from", type_f32, true, from));
  for (int i = 0; i < t->b->step->operand_count; i++) {
    const char *name = t->b->operands[i].name;
    if (t->b->operands[i].packed || !t->offset[i]) continue;
    Expr *at = place_in_map(t, name, arena_printf(t->a, "%s_oy", name), arena_printf(t->a, "%s_ox", name));
    whole = stmt_then(whole, stmt_pointer(t->a, arena_printf(t->a, "%s_at", name), type_f32, true, at));
  }
  whole = stmt_then(whole, stmt_pointer(t->a, "to", type_f32, false, place_in_map(t, "y", "y_oy", "y_ox")));
  return tile_loop(t, stmt_then(whole, body));
}

static void add_map(Transform *t, const char *name, bool is_const, Expr *offset, int64_t start) {
  const Correlation *c = t->b->nest->correlation;
  Expr *lane = coefficient_of(t->a, offset, t->b->nest->lane_axis);
  Expr *origin = add(t, at_origin(t, offset), mul(t, number(t, start), lane));
  add_pointer_param(t, name, is_const, add(t, index_var(t, name), origin));
  add_number_param(t, arena_printf(t->a, "%s_oy", name), coefficient_of(t->a, offset, c->point[0]));
  add_number_param(t, arena_printf(t->a, "%s_ox", name), coefficient_of(t->a, offset, c->point[1]));
}

/* Channels from `start` on: whole vectors, or a last one of which `valid` lanes are channels. */
static Stmt *call_output(const StepBinding *b, Expr **offset, int64_t start, int64_t channels, int lanes, int valid) {
  Transform t = new_transform(b);
  t.offset = offset;
  const Step *step = b->step;
  WinogradShape s = winograd_shape(b->nest, &step->schedule);
  add_pointer_param(&t, "m", true, add(&t, index_var(&t, "m"), number(&t, start)));
  add_number_param(&t, "m_tile", winograd_constant(b, "M_TILE", s.m_tile));
  add_number_param(&t, "m_plane", winograd_constant(b, "M_PLANE", s.m_plane));
  for (int i = 0; i < step->operand_count; i++) {
    const BoundOperand *bound = &b->operands[i];
    if (!offset[i]) continue;
    bool along = bound->packed && packed_part(b, bound)->axis_count > 0;
    Expr *first = bound->packed ? number(&t, packed_part(b, bound)->start + (along ? start : 0)) : NULL;
    if (bound->packed) add_pointer_param(&t, bound->name, true, add(&t, index_var(&t, bound->name), first));
    else if (strcmp(bound->name, "y") != 0) add_map(&t, bound->name, true, offset[i], start);
  }
  add_map(&t, "y", false, output_offset(b, b->nest->output), start);
  add_number_param(&t, "channels", number(&t, channels));
  add_tile_params(&t);
  Function kernel = {.name = NULL};
  Text name = text_new(t.a), line = text_new(t.a);
  text_addf(&line, "Y = A M %s', tiles of %dx%d results, %d channels at a time", t.rows.taps == t.columns.taps ? "A" : "D", t.rows.results,
            t.columns.results, valid);
  ARENA_PUSH(t.a, kernel.comment, kernel.comment_count, text_string(&line));
  if (b->nest->initial->kind == EXPR_FLOAT) text_add(&name, "_no_bias");
  for (int i = 0; i < step->fused_count; i++) text_addf(&name, "_%s", step->fused[i]->op->name);
  t.lanes = t.valid = 1;
  kernel.plain_body = output_body(&t);
  t.lanes = lanes;
  t.valid = valid;
  kernel.body = output_body(&t);
  return share_kernel(&t, kernel, arena_printf(t.a, "output_%d", valid), text_string(&name), has_numbers(step));
}

static Expr **offsets_in_result(const StepBinding *b) {
  const Nest *nest = b->nest;
  Expr **offset = ARENA_ARRAY(b->plan->arena, Expr *, (size_t)b->step->operand_count);
  for (int i = 0; i < b->step->operand_count; i++) {
    offset[i] = offset_in(b, i, nest->result, offset_in(b, i, nest->initial, NULL));
    for (int e = 0; e < nest->epilogue_count; e++) offset[i] = offset_in(b, i, nest->epilogue[e], offset[i]);
  }
  return offset;
}

Stmt *call_winograd_output(const StepBinding *b) {
  int64_t channels = size_value(find_axis(b->nest, b->nest->lane_axis)->extent);
  int lanes = b->step->schedule.lanes;
  if (lanes > 8 && channels % lanes != 0 && channels % (lanes / 2) == 0) lanes /= 2;
  int64_t whole = channels / lanes * lanes;
  int rest = (int)(channels - whole), last = 4;
  while (last < rest) last *= 2;
  Expr **offset = offsets_in_result(b);
  Stmt *body = whole ? call_output(b, offset, 0, whole, lanes, lanes) : NULL;
  return rest ? stmt_then(body, call_output(b, offset, whole, rest, last, rest)) : body;
}
