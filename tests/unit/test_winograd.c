/* test_winograd.c - the matrices of Winograd's forms compute a correlation, kernels are transformed by them, and errors are
 * what the table says. */
#include <criterion/criterion.h>
#include <math.h>

#include "passes/winograd.h"

enum { COUNT = 150, MOST_KERNEL = 25, MOST_PLANES = 36 };

/* Axes of the table. */
static const int axes[][2] = {{1, 1}, {2, 3}, {4, 3}, {2, 5}, {2, 7}};
enum { AXES = sizeof axes / sizeof *axes };

/* Tiles of `results` in forms that the compiler takes. */
static const struct {
  int results;
  int64_t kernel[2];
} forms[] = {{2, {3, 3}}, {4, {3, 3}}, {2, {5, 5}}, {2, {1, 7}}, {2, {7, 1}},
             {4, {1, 3}}, {2, {3, 1}}, {2, {1, 5}}, {2, {3, 5}}, {2, {7, 3}}};
enum { FORMS = sizeof forms / sizeof *forms };

static Winograd axis_of(int number) { return winograd_of((WinogradForm){{axes[number][0], 1}, {axes[number][1], 1}}, 0); }

static void check_float(double x) { cr_assert((double)(float)x == x, "%.17g is no float", x); }

/* Y = A [(G g) . (B d)] is linear in each tap g[k] and input d[l]: result i must have d[i + k] g[k] and nothing else. */
enum { SCALE = 1 << 12, MOST_DIVISOR = 100000 };

/* An element of A or B' as a whole number. */
static int64_t scaled(double x) {
  cr_assert(x * SCALE == floor(x * SCALE), "%g is no multiple of 1/%d", x, SCALE);
  return (int64_t)(x * SCALE);
}

/* The least number that makes whole numbers of G, whose elements are then the doubles nearest to those fractions. */
static int64_t divisor_of(const Winograd *w) {
  for (int64_t divisor = 1; divisor < MOST_DIVISOR; divisor++) {
    bool fits = true;
    for (int p = 0; fits && p < w->points; p++)
      for (int k = 0; k < w->taps; k++) fits = fits && round(w->kernel[p][k] * (double)divisor) / (double)divisor == w->kernel[p][k];
    if (fits) return divisor;
  }
  cr_assert_fail("F(%d, %d): no fractions", w->results, w->taps);
  return 1;
}

/* In whole numbers: exactly. */
static void check_correlates(const Winograd *w) {
  int64_t divisor = divisor_of(w);
  for (int i = 0; i < w->results; i++)
    for (int k = 0; k < w->taps; k++)
      for (int l = 0; l < w->points; l++) {
        int64_t sum = 0;
        for (int p = 0; p < w->points; p++)
          sum += scaled(w->output[i][p]) * (int64_t)round(w->kernel[p][k] * (double)divisor) * scaled(w->input[p][l]);
        cr_assert_eq(sum, l == i + k ? (int64_t)SCALE * SCALE * divisor : 0, "F(%d, %d), result %d, tap %d, input %d", w->results, w->taps,
                     i, k, l);
      }
}

Test(winograd, matrices_correlate_exactly) {
  for (int number = 0; number < AXES; number++) {
    Winograd w = axis_of(number);
    cr_assert_eq(w.results, axes[number][0]);
    cr_assert_eq(w.taps, axes[number][1]);
    cr_assert_eq(w.points, w.results + w.taps - 1);
    check_correlates(&w);
  }
}

Test(winograd, numbers_of_both_transforms_are_floats) {
  for (int number = 0; number < AXES; number++) {
    Winograd w = axis_of(number);
    for (int p = 0; p < w.points; p++) {
      for (int l = 0; l < w.points; l++) check_float(w.input[p][l]);
      for (int i = 0; i < w.results; i++) check_float(w.output[i][p]);
    }
  }
}

/* What the kernels' text relies on: rows 2k-1 and 2k of B, and columns of A, differ in the signs of odd elements. */
Test(winograd, points_come_in_pairs) {
  for (int number = 0; number < AXES; number++) {
    Winograd w = axis_of(number);
    for (int p = 1; p < w.points - 1; p += 2) {
      for (int l = 0; l < w.points; l++) cr_assert_eq(w.input[p + 1][l], l % 2 ? -w.input[p][l] : w.input[p][l]);
      for (int i = 0; i < w.results; i++) cr_assert_eq(w.output[i][p + 1], i % 2 ? -w.output[i][p] : w.output[i][p]);
    }
  }
}

Test(winograd, forms_exist_for_some_kernels_only) {
  const int64_t none[][2] = {{1, 1}, {7, 7}, {5, 7}, {2, 2}, {9, 9}, {3, 4}, {1, 11}};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++)
    for (int results = 2; results <= 4; results += 2)
      cr_assert_eq(winograd_form(results, none[i]).taps[0], 0, "%d: %dx%d", results, (int)none[i][0], (int)none[i][1]);
  for (int i = 0; i < FORMS; i++) cr_assert_eq(winograd_form(forms[i].results, forms[i].kernel).taps[0], forms[i].kernel[0]);
  cr_assert_eq(winograd_form(4, (const int64_t[]){5, 5}).taps[0], 0);
}

static float taps[MOST_KERNEL * COUNT], planes[MOST_PLANES * COUNT];

static void make_taps(void) {
  for (int i = 0; i < MOST_KERNEL * COUNT; i++) taps[i] = (float)((i * 7919) % 1001 - 500) / 64.0f;
}

/* A number of U, in double. */
static double transformed(const Winograd *rows, const Winograd *columns, int plane, int c) {
  double sum = 0;
  for (int k = 0; k < rows->taps; k++)
    for (int l = 0; l < columns->taps; l++)
      sum += rows->kernel[plane / columns->points][k] * columns->kernel[plane % columns->points][l] *
             (double)taps[(k * columns->taps + l) * COUNT + c];
  return sum;
}

Test(winograd, kernels_are_transformed_from_both_sides) {
  make_taps();
  for (int f = 0; f < FORMS; f++) {
    WinogradForm form = winograd_form(forms[f].results, forms[f].kernel);
    Winograd rows = winograd_of(form, 0), columns = winograd_of(form, 1);
    transform_winograd_kernels(form, taps, COUNT, planes);
    for (int c = 0; c < COUNT; c++)
      for (int plane = 0; plane < winograd_planes(form); plane++) {
        double wanted = transformed(&rows, &columns, plane, c), got = (double)planes[plane * COUNT + c];
        cr_assert(fabs(got - wanted) <= fabs(wanted) * 1.2e-7, "F(%d x %d), kernel %d, plane %d: %.9g, not %.9g", form.taps[0],
                  form.taps[1], c, plane, got, wanted);
      }
  }
}

/* What a point adds to the mean of a tile's results where the input is 1 everywhere. */
static double in_mean(const Winograd *w, int p) {
  double v = 0, a = 0;
  for (int k = 0; k < w->points; k++) v += w->input[p][k];
  for (int k = 0; k < w->results; k++) a += w->output[k][p];
  return v * a / w->results;
}

/* That mean minus the sum of the taps, which it is. */
static double error_in_mean(const Winograd *rows, const Winograd *columns, const double *u, int c) {
  double mean = 0;
  for (int plane = 0; plane < rows->points * columns->points; plane++)
    mean += u[plane] * in_mean(rows, plane / columns->points) * in_mean(columns, plane % columns->points);
  for (int tap = 0; tap < rows->taps * columns->taps; tap++) mean -= (double)taps[tap * COUNT + c];
  return mean;
}

static void check_mean(WinogradForm form, double parts) {
  Winograd rows = winograd_of(form, 0), columns = winograd_of(form, 1);
  transform_winograd_kernels(form, taps, COUNT, planes);
  double squares = 0, squares_alone = 0;
  for (int c = 0; c < COUNT; c++) {
    double u[MOST_PLANES], alone[MOST_PLANES];
    for (int plane = 0; plane < winograd_planes(form); plane++) {
      u[plane] = (double)planes[plane * COUNT + c];
      alone[plane] = (double)(float)transformed(&rows, &columns, plane, c);
    }
    squares += pow(error_in_mean(&rows, &columns, u, c), 2);
    squares_alone += pow(error_in_mean(&rows, &columns, alone, c), 2);
  }
  cr_assert(squares < squares_alone / parts, "%dx%d: %g, not much less than %g", form.taps[0], form.taps[1], sqrt(squares / COUNT),
            sqrt(squares_alone / COUNT));
}

Test(winograd, rounding_errors_of_a_kernel_cancel_in_the_mean) {
  make_taps();
  /* where 1 is no point: else all numbers but those of that point count for nothing in the mean */
  check_mean(winograd_form(4, (const int64_t[]){3, 3}), 100);
  check_mean(winograd_form(2, (const int64_t[]){5, 5}), 50);
}

/* ---- errors: a tile of one output channel in float, by the form and directly, against double ---- */

enum { CHANNELS = 64, TILES = 200, MOST = WINOGRAD_MOST_POINTS };

static uint32_t state;

static float noise(void) { /* about normal */
  double sum = 0;
  for (int i = 0; i < 4; i++) {
    state = state * 1664525u + 1013904223u;
    sum += state / 4294967296.0 - 0.5;
  }
  return (float)sum;
}

/* out = left in right', in floats */
static void both_sides(int rows, int inner_rows, const double *left, int left_stride, int columns, int inner_columns, const double *right,
                       int right_stride, const float *in, float *out) {
  float half[MOST * MOST];
  for (int i = 0; i < rows; i++)
    for (int k = 0; k < inner_columns; k++) {
      float sum = 0;
      for (int l = 0; l < inner_rows; l++) sum = fmaf((float)left[i * left_stride + l], in[l * inner_columns + k], sum);
      half[i * inner_columns + k] = sum;
    }
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++) {
      float sum = 0;
      for (int k = 0; k < inner_columns; k++) sum = fmaf(half[i * inner_columns + k], (float)right[j * right_stride + k], sum);
      out[i * columns + j] = sum;
    }
}

static float d[CHANNELS][MOST * MOST], kernels[MOST_KERNEL * CHANNELS], u[MOST_PLANES * CHANNELS];

static void add_errors(WinogradForm form, const Winograd *rows, const Winograd *columns, double squares[2]) {
  int planes_of_form = winograd_planes(form), width = columns->points;
  float m[MOST_PLANES] = {0}, y[MOST * MOST], v[MOST * MOST];
  for (int c = 0; c < CHANNELS; c++) {
    for (int i = 0; i < planes_of_form; i++) d[c][i] = fmaxf(noise(), 0);
    for (int tap = 0; tap < form.taps[0] * form.taps[1]; tap++) kernels[tap * CHANNELS + c] = noise();
  }
  transform_winograd_kernels(form, kernels, CHANNELS, u);
  for (int c = 0; c < CHANNELS; c++) {
    both_sides(rows->points, rows->points, &rows->input[0][0], MOST, width, width, &columns->input[0][0], MOST, d[c], v);
    for (int p = 0; p < planes_of_form; p++) m[p] = fmaf(v[p], u[p * CHANNELS + c], m[p]);
  }
  both_sides(rows->results, rows->points, &rows->output[0][0], MOST, columns->results, width, &columns->output[0][0], MOST, m, y);
  for (int i = 0; i < rows->results; i++)
    for (int j = 0; j < columns->results; j++) {
      float direct = 0;
      double exact = 0;
      for (int k = 0; k < rows->taps; k++)
        for (int l = 0; l < columns->taps; l++)
          for (int c = 0; c < CHANNELS; c++) {
            float x = d[c][(i + k) * width + j + l], g = kernels[(k * columns->taps + l) * CHANNELS + c];
            direct = fmaf(x, g, direct);
            exact += (double)x * (double)g;
          }
      squares[0] += pow((double)direct - exact, 2);
      squares[1] += pow((double)y[i * columns->results + j] - exact, 2);
    }
}

Test(winograd, errors_are_what_the_table_says) {
  for (int f = 0; f < FORMS; f++) {
    WinogradForm form = winograd_form(forms[f].results, forms[f].kernel);
    Winograd rows = winograd_of(form, 0), columns = winograd_of(form, 1);
    double squares[2] = {0};
    state = 1;
    for (int tile = 0; tile < TILES; tile++) add_errors(form, &rows, &columns, squares);
    double ratio = sqrt(squares[1] / squares[0]);
    cr_log_info("%dx%d taps, %dx%d results: %.2f", form.taps[0], form.taps[1], form.results[0], form.results[1], ratio);
    cr_assert(ratio <= 1.15 * winograd_errors(form), "%dx%d: %.2f of the direct form's errors", form.taps[0], form.taps[1], ratio);
  }
}
