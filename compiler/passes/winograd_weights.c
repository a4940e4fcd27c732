/* winograd_weights.c - kernels in Winograd's form, calculated in double and rounded once, so that the errors of a kernel's numbers
 * cancel each other: docs/decisions/0012-winograd.md. */
#include <math.h>
#include <string.h>

#include "passes/winograd.h"

enum {
  AT_A_TIME = 64,
  MOST_PLANES = WINOGRAD_MOST_POINTS * WINOGRAD_MOST_POINTS,
  MOST_HALF_PLANES = WINOGRAD_MOST_POINTS * WINOGRAD_MOST_TAPS,
  MOST_KERNEL = WINOGRAD_MOST_TAPS * WINOGRAD_MOST_TAPS
};

typedef struct Sides {
  Winograd rows, columns;
} Sides;

/* out[i][j] = sum over k of matrix[i][k] * in[k][j], for so many numbers side by side */
static void multiply(const Winograd *w, double (*in)[AT_A_TIME], int in_step, double (*out)[AT_A_TIME], int out_step) {
  for (int i = 0; i < w->points; i++) {
    double *sum = out[i * out_step];
    for (int p = 0; p < AT_A_TIME; p++) sum[p] = w->kernel[i][0] * in[0][p];
    for (int k = 1; k < w->taps; k++)
      for (int p = 0; p < AT_A_TIME; p++) sum[p] += w->kernel[i][k] * in[k * in_step][p];
  }
}

/* What the numbers of a point count for in the mean of a tile's results where the input is the same everywhere. */
static double weight_in_mean(const Winograd *w, int point) {
  double input = 0, output = 0;
  for (int k = 0; k < w->points; k++) input += w->input[point][k];
  for (int i = 0; i < w->results; i++) output += w->output[i][point];
  return input * output / w->results;
}

typedef struct Rounding { /* planes in the order in which they are rounded: those that count for most first */
  int count, planes[MOST_PLANES];
  double weight[MOST_PLANES];
} Rounding;

static Rounding order_planes(const Sides *w) {
  Rounding r = {.count = w->rows.points * w->columns.points};
  for (int plane = 0; plane < r.count; plane++) {
    double weight = weight_in_mean(&w->rows, plane / w->columns.points) * weight_in_mean(&w->columns, plane % w->columns.points);
    int at = plane;
    for (; at > 0 && fabs(r.weight[at - 1]) < fabs(weight); at--) {
      r.planes[at] = r.planes[at - 1];
      r.weight[at] = r.weight[at - 1];
    }
    r.planes[at] = plane;
    r.weight[at] = weight;
  }
  return r;
}

/* Every rounding leaves an error. What a layer adds to all of its results alike, later layers do not average away: each plane is rounded
 * so that it takes back the error in the mean that those before it left, as far as half a unit of its last place does. */
static void round_planes(const Rounding *r, double (*u)[AT_A_TIME], int64_t some, float *to, int64_t step) {
  static const double half_unit = 1.0 / (1 << 24);
  double error[AT_A_TIME] = {0};
  for (int i = 0; i < r->count; i++) {
    const double *exact = u[r->planes[i]];
    float *plane = to + r->planes[i] * step;
    double weight = r->weight[i], back = weight == 0 ? 0 : -1 / weight;
    for (int64_t p = 0; p < some; p++) {
      double value = exact[p], most = fabs(value) * half_unit;
      plane[p] = (float)(value + fmin(fmax(error[p] * back, -most), most));
      error[p] += weight * ((double)plane[p] - value);
    }
  }
}

void transform_winograd_kernels(WinogradForm form, const float *taps, int64_t count, float *planes) {
  double g[MOST_KERNEL][AT_A_TIME], half[MOST_HALF_PLANES][AT_A_TIME], u[MOST_PLANES][AT_A_TIME];
  Sides w = {winograd_of(form, 0), winograd_of(form, 1)};
  Rounding rounding = order_planes(&w);
  for (int64_t start = 0; start < count; start += AT_A_TIME) {
    int64_t some = count - start < AT_A_TIME ? count - start : AT_A_TIME;
    memset(g, 0, sizeof g);
    for (int tap = 0; tap < form.taps[0] * form.taps[1]; tap++)
      for (int64_t p = 0; p < some; p++) g[tap][p] = (double)taps[tap * count + start + p];
    for (int kx = 0; kx < form.taps[1]; kx++) multiply(&w.rows, g + kx, form.taps[1], half + kx, form.taps[1]);
    for (int i = 0; i < w.rows.points; i++) multiply(&w.columns, half + i * form.taps[1], 1, u + i * w.columns.points, 1);
    round_planes(&rounding, u, some, planes + start, count);
  }
}
