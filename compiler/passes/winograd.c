/* winograd.c - a table of Winograd's forms, the matrices that follow from their points, and sizes that follow from a schedule. */
#include "passes/winograd.h"

#include <math.h>
#include <string.h>

/* A new form is a new row. Besides 0 and infinity, the points are these and their negatives: those of the least errors among
 * fractions for which all numbers but the kernels' are floats (docs/decisions/0012-winograd.md, 0022-more-forms.md). */
typedef struct FormRow {
  int results, taps;
  double errors; /* see winograd_errors */
  double points[WINOGRAD_MOST_PAIRS];
} FormRow;

static const FormRow rows[] = {
    {2, 3, 1, {1}}, {4, 3, 2, {3.0 / 4, 3.0 / 2}}, {2, 5, 1.5, {3.0 / 4, 3.0 / 2}}, {2, 7, 2, {1.0 / 2, 1, 2}},
    {1, 1, 1, {0}}, /* the axis as it is */
};

/* Of a kernel: with more of them, as of 7x7, errors of both axes would come to five times those of the direct form. */
enum { MOST_TAPS = 25 };

static const FormRow *find_row(int results, int taps) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (rows[i].results == results && rows[i].taps == taps) return &rows[i];
  return NULL;
}

double winograd_errors(WinogradForm form) {
  return fmax(find_row(form.results[0], form.taps[0])->errors, find_row(form.results[1], form.taps[1])->errors);
}

WinogradForm winograd_form(int results, const int64_t kernel[2]) {
  WinogradForm form = {{0}, {0}}, none = form;
  for (int axis = 0; axis < 2; axis++) {
    if (kernel[axis] > WINOGRAD_MOST_TAPS) return none;
    form.taps[axis] = (int)kernel[axis];
    form.results[axis] = kernel[axis] == 1 ? 1 : results;
    if (!find_row(form.results[axis], form.taps[axis])) return none;
  }
  return kernel[0] * kernel[1] == 1 || kernel[0] * kernel[1] > MOST_TAPS ? none : form;
}

/* coefficients of (x - root) times a polynomial of this degree */
static void multiply(double *polynomial, int degree, double root) {
  for (int i = degree + 1; i >= 0; i--) polynomial[i] = (i ? polynomial[i - 1] : 0) - (i <= degree ? root * polynomial[i] : 0);
}

/* Toom and Cook's interpolation, transposed: A' and G evaluate polynomials at the points; row p of B' has the one that is 0 at all
 * others, whose value at p G is divided by. */
Winograd winograd_of(WinogradForm form, int axis) {
  const FormRow *row = find_row(form.results[axis], form.taps[axis]);
  int points = row->results + row->taps - 1, last = points - 1; /* infinity */
  Winograd w = {.results = row->results, .taps = row->taps, .points = points};
  double at[WINOGRAD_MOST_POINTS] = {0};
  for (int p = 1; p < last; p++) at[p] = p % 2 ? row->points[p / 2] : -row->points[p / 2 - 1];
  for (int p = 0; p < points; p++) {
    double power = 1, divisor = 1;
    int degree = 0;
    w.input[p][0] = 1;
    for (int q = 0; q < last; q++) {
      if (q == p) continue;
      multiply(w.input[p], degree++, at[q]);
      divisor *= at[p] - at[q];
    }
    for (int i = 0; p < last && (i < w.results || i < w.taps); i++, power *= at[p]) {
      if (i < w.results) w.output[i][p] = power;
      if (i < w.taps) w.kernel[p][i] = power / divisor;
    }
  }
  w.output[w.results - 1][last] = w.kernel[last][w.taps - 1] = 1;
  return w;
}

static int64_t round_up(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/* Planes are a cache line further apart than a power of two would have them: all are written at once. */
enum { LINE = 16 };

WinogradShape winograd_shape(const Nest *nest, const Schedule *schedule) {
  const Correlation *c = nest->correlation;
  const int *results = schedule->winograd.results;
  int64_t planes = winograd_planes(schedule->winograd);
  WinogradShape s = {.rows = size_value(find_axis(nest, c->point[0])->extent), .columns = size_value(find_axis(nest, c->point[1])->extent)};
  for (int i = 0; i < nest->reduction_count; i++)
    if (strcmp(nest->reduction_axes[i].var, c->channel) == 0) s.in_channels = size_value(nest->reduction_axes[i].extent);
  s.out_channels = size_value(find_axis(nest, nest->lane_axis)->extent);
  s.tile_columns = (s.columns + results[1] - 1) / results[1];
  s.tiles = (s.rows + results[0] - 1) / results[0] * s.tile_columns;
  s.v_tile = round_up(s.in_channels, schedule->input_lanes);
  s.m_tile = round_up(s.out_channels, schedule->lanes);
  s.v_plane = round_up(schedule->chunk * s.v_tile, LINE) + LINE;
  s.m_plane = round_up(schedule->chunk * s.m_tile, LINE) + LINE;
  s.v_elements = planes * s.v_plane;
  s.m_elements = planes * s.m_plane;
  return s;
}

const char *winograd_comment(Arena *arena, const Schedule *schedule) {
  WinogradForm form = schedule->winograd;
  double errors = winograd_errors(form);
  return arena_printf(arena,
                      "Winograd's form %s: %d products for %d results of each pair of channels. Rounding errors are %s of the "
                      "direct form; an infinity may become a NaN, also in the other results of its tile.",
                      winograd_name(arena, form), winograd_planes(form), form.results[0] * form.results[1],
                      errors <= 1     ? "like those"
                      : errors <= 1.5 ? "about one and a half times those"
                                      : "about twice those");
}
