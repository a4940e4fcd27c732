/* build_winograd_input.c - the kernel that transforms tiles of the input: V = B d C' for vectors of channels.
 *
 * The plain form is the same text on single channels. */
#include "passes/winograd_kernel.h"

/* Rows 0 and points - 1 of B stand alone, the others in pairs. */
static bool is_alone(const Winograd *w, int row) { return row == 0 || row == w->points - 1; }

/* What rows `row` and, in a pair, row + 1 of B make of x. The two of a pair are even + odd and even - odd; the odd part is
 * calculated without the factor of its last term. */
static void transform_row(const Transform *t, const Winograd *w, Stmt **body, int row, int mark, Expr *const *x, Expr *out[2]) {
  const double *factor = w->input[row];
  if (is_alone(w, row)) {
    out[0] = weighted_sum(t, NULL, factor, x, w->points);
    return;
  }
  double evens[WINOGRAD_MOST_POINTS] = {0}, odds[WINOGRAD_MOST_POINTS] = {0}, common = 1;
  for (int i = 1; i < w->points; i += 2)
    if (factor[i] > 0) common = factor[i];
  for (int i = 0; i < w->points; i++) {
    if (i % 2) odds[i] = factor[i] / common;
    else evens[i] = factor[i];
  }
  Expr *even = named(t, body, name2(t, "even", row, mark), weighted_sum(t, NULL, evens, x, w->points));
  Expr *odd = named(t, body, name2(t, "odd", row, mark), weighted_sum(t, NULL, odds, x, w->points));
  out[0] = add_term(t, even, common, odd);
  out[1] = add_term(t, even, -common, odd);
}

/* V = B d C' of one vector of channels: down the columns first, as many rows at a time as share their parts. */
static Stmt *input_body(Transform *t) {
  const Winograd *rows = &t->rows, *columns = &t->columns;
  Stmt *body = NULL;
  Expr *x[WINOGRAD_MOST_POINTS], *out[2], *half[2][WINOGRAD_MOST_POINTS], *ic = index_var(t, "ic");
  for (int row = 0; row < rows->points; row += is_alone(rows, row) ? 1 : 2) {
    int together = is_alone(rows, row) ? 1 : 2;
    for (int column = 0; column < columns->points; column++) {
      for (int i = 0; i < rows->points; i++) {
        Expr *offset = add(t, mul(t, number(t, i), index_var(t, "x_oy")), mul(t, number(t, column), index_var(t, "x_ox")));
        x[i] = expr_load(t->a, "from", add(t, offset, ic), vector(t));
      }
      transform_row(t, rows, &body, row, column, x, out);
      for (int k = 0; k < together; k++) half[k][column] = named(t, &body, name2(t, "d", row + k, column), out[k]);
    }
    for (int k = 0; k < together; k++)
      for (int column = 0; column < columns->points; column += is_alone(columns, column) ? 1 : 2) {
        Stmt *parts = NULL;
        transform_row(t, columns, &parts, column, columns->points + row + k, half[k], out);
        body = stmt_then(body, parts);
        for (int other = 0; other < (is_alone(columns, column) ? 1 : 2); other++) {
          Expr *plane = number(t, (row + k) * columns->points + column + other);
          body = stmt_then(body, stmt_store(t->a, "to", add(t, mul(t, plane, index_var(t, "v_plane")), ic), out[other], t->lanes));
        }
      }
  }
  body = stmt_for(t->a, "ic", number(t, 0), index_var(t, "channels"), number(t, t->lanes), body);
  Stmt *whole = locate_tile(t);
  whole = stmt_then(whole, stmt_pointer(t->a, "from", type_f32, true, place_in_map(t, "x", "x_oy", "x_ox")));
  Expr *to = add(t, index_var(t, "v"), mul(t, index_var(t, "t"), index_var(t, "v_tile")));
  return tile_loop(t, stmt_then(stmt_then(whole, stmt_pointer(t->a, "to", type_f32, false, to)), body));
}

Stmt *call_winograd_input(const StepBinding *b) {
  Transform t = new_transform(b);
  const Correlation *c = b->nest->correlation;
  WinogradShape s = winograd_shape(b->nest, &b->step->schedule);
  Expr *offset = offset_in(b, c->input, b->nest->update, NULL);
  add_pointer_param(&t, "x", true, add(&t, index_var(&t, b->operands[c->input].name), at_origin(&t, offset)));
  add_number_param(&t, "x_oy", coefficient_of(t.a, offset, c->point[0]));
  add_number_param(&t, "x_ox", coefficient_of(t.a, offset, c->point[1]));
  add_number_param(&t, "channels", number(&t, s.in_channels));
  add_tile_params(&t);
  add_pointer_param(&t, "v", false, index_var(&t, "v"));
  add_number_param(&t, "v_tile", winograd_constant(b, "V_TILE", s.v_tile));
  add_number_param(&t, "v_plane", winograd_constant(b, "V_PLANE", s.v_plane));
  Function kernel = {.name = NULL};
  const char *line = arena_printf(t.a, "V = B d %s' for tiles d of %dx%d points, one every %dx%d, %d channels at a time",
                                  t.rows.taps == t.columns.taps ? "B" : "C", t.rows.points, t.columns.points, t.rows.results,
                                  t.columns.results, b->step->schedule.input_lanes);
  ARENA_PUSH(t.a, kernel.comment, kernel.comment_count, line);
  t.lanes = 1;
  kernel.plain_body = input_body(&t);
  t.lanes = b->step->schedule.input_lanes;
  kernel.body = input_body(&t);
  return share_kernel(&t, kernel, arena_printf(t.a, "input_%d", t.lanes), "", false);
}
