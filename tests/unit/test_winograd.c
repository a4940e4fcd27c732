/* test_winograd.c - the matrices of Winograd's forms compute a correlation, in exact arithmetic, and kernels are transformed
 * by them. */
#include <criterion/criterion.h>
#include <math.h>

#include "passes/winograd.h"

enum { SCALE = 64, COUNT = 150 };

static int64_t scaled(double x) {
  cr_assert(x * SCALE == floor(x * SCALE), "%g is no multiple of 1/%d", x, SCALE);
  return (int64_t)(x * SCALE);
}

/* Y = A [(G g) . (B d)] is linear in each tap g[k] and input d[l]: result i must have d[i + k] g[k] and nothing else. */
static void check_correlates(int results) {
  const Winograd *w = winograd_of(results);
  cr_assert_eq(w->results, results);
  cr_assert_eq(w->points, results + 2);
  for (int i = 0; i < w->results; i++)
    for (int k = 0; k < 3; k++)
      for (int l = 0; l < w->points; l++) {
        int64_t sum = 0;
        for (int p = 0; p < w->points; p++) sum += scaled(w->output[i][p]) * w->kernel[p][k] * scaled(w->input[p][l]);
        cr_assert_eq(sum, l == i + k ? (int64_t)SCALE * SCALE * w->divisor : 0, "F(%d, 3), result %d, tap %d, input %d", results, i, k, l);
      }
}

/* What the kernels' text relies on: rows 2k-1 and 2k of B, and columns of A, differ in the signs of odd elements. */
static void check_pairs(int results) {
  const Winograd *w = winograd_of(results);
  for (int p = 1; p < w->points - 1; p += 2) {
    for (int l = 0; l < w->points; l++) cr_assert_eq(w->input[p + 1][l], l % 2 ? -w->input[p][l] : w->input[p][l]);
    for (int i = 0; i < w->results; i++) cr_assert_eq(w->output[i][p + 1], i % 2 ? -w->output[i][p] : w->output[i][p]);
  }
}

Test(winograd, matrices_correlate_exactly) {
  check_correlates(2);
  check_correlates(4);
}

Test(winograd, points_come_in_pairs) {
  check_pairs(2);
  check_pairs(4);
}

static float taps[9 * COUNT], planes[36 * COUNT];

static void make_taps(void) {
  for (int i = 0; i < 9 * COUNT; i++) taps[i] = (float)((i * 7919) % 1001 - 500) / 64.0f;
}

Test(winograd, kernels_are_transformed_from_both_sides) {
  make_taps();
  for (int results = 2; results <= 4; results += 2) {
    const Winograd *w = winograd_of(results);
    transform_winograd_kernels(w, taps, COUNT, planes);
    for (int c = 0; c < COUNT; c++)
      for (int i = 0; i < w->points; i++)
        for (int j = 0; j < w->points; j++) {
          double sum = 0; /* exact: whole numbers over 64 * divisor^2 */
          for (int k = 0; k < 3; k++)
            for (int l = 0; l < 3; l++) sum += w->kernel[i][k] * w->kernel[j][l] * (double)taps[(k * 3 + l) * COUNT + c];
          double wanted = sum / (w->divisor * w->divisor), got = (double)planes[(i * w->points + j) * COUNT + c];
          cr_assert(fabs(got - wanted) <= fabs(wanted) * 1.2e-7, "F(%d), kernel %d, plane %d %d: %.9g, not %.9g", results, c, i, j, got,
                    wanted);
        }
  }
}

/* The mean of a tile's results where the input is 1 everywhere, minus the sum of the taps, which it is. */
static double error_in_mean(const Winograd *w, const double *u, int c) {
  double mean = 0;
  for (int i = 0; i < w->points; i++)
    for (int j = 0; j < w->points; j++) {
      double v_i = 0, v_j = 0, a_i = 0, a_j = 0;
      for (int k = 0; k < w->points; k++) v_i += w->input[i][k], v_j += w->input[j][k];
      for (int k = 0; k < w->results; k++) a_i += w->output[k][i], a_j += w->output[k][j];
      mean += u[i * w->points + j] * v_i * v_j * a_i * a_j / (w->results * w->results);
    }
  for (int tap = 0; tap < 9; tap++) mean -= (double)taps[tap * COUNT + c];
  return mean;
}

Test(winograd, rounding_errors_of_a_kernel_cancel_in_the_mean) {
  make_taps();
  const Winograd *w = winograd_of(4);
  transform_winograd_kernels(w, taps, COUNT, planes);
  double squares = 0, squares_alone = 0;
  for (int c = 0; c < COUNT; c++) {
    double u[36], alone[36];
    for (int plane = 0; plane < 36; plane++) {
      double sum = 0;
      for (int tap = 0; tap < 9; tap++)
        sum += w->kernel[plane / 6][tap / 3] * w->kernel[plane % 6][tap % 3] * (double)taps[tap * COUNT + c];
      u[plane] = (double)planes[plane * COUNT + c];
      alone[plane] = (double)(float)(sum / (w->divisor * w->divisor));
    }
    squares += pow(error_in_mean(w, u, c), 2);
    squares_alone += pow(error_in_mean(w, alone, c), 2);
  }
  cr_assert(squares < squares_alone / 100, "%g, not much less than %g", sqrt(squares / COUNT), sqrt(squares_alone / COUNT));
}
