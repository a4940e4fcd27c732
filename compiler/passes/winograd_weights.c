/* winograd_weights.c - kernels in Winograd's form, calculated in double and rounded once, so that the errors of a kernel's numbers
 * cancel each other: docs/decisions/0012-winograd.md. */
#include <math.h>
#include <string.h>

#include "passes/winograd.h"

enum { AT_A_TIME = 64, MOST_PLANES = WINOGRAD_MOST_POINTS * WINOGRAD_MOST_POINTS };

/* out[i][j] = sum over k of matrix[i][k] * in[k][j], for so many numbers side by side */
static void multiply(const Winograd *w, double (*in)[AT_A_TIME], int in_step, double (*out)[AT_A_TIME], int out_step) {
  for (int i = 0; i < w->points; i++) {
    double g0 = w->kernel[i][0], g1 = w->kernel[i][1], g2 = w->kernel[i][2];
    const double *a = in[0], *b = in[in_step], *c = in[2 * in_step];
    for (int p = 0; p < AT_A_TIME; p++) out[i * out_step][p] = g0 * a[p] + g1 * b[p] + g2 * c[p];
  }
}

/* What the numbers of a plane count for in the mean of a tile's results where the input is the same everywhere. */
static double weight_in_mean(const Winograd *w, int plane) {
  double weight = 1;
  for (int side = 0; side < 2; side++) {
    int point = side ? plane % w->points : plane / w->points;
    double input = 0, output = 0;
    for (int k = 0; k < w->points; k++) input += w->input[point][k];
    for (int i = 0; i < w->results; i++) output += w->output[i][point];
    weight *= input * output / w->results;
  }
  return weight;
}

typedef struct Rounding { /* planes in the order in which they are rounded: those that count for most first */
  int planes[MOST_PLANES];
  double weight[MOST_PLANES];
} Rounding;

static Rounding order_planes(const Winograd *w) {
  Rounding r;
  for (int plane = 0; plane < w->points * w->points; plane++) {
    double weight = weight_in_mean(w, plane);
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
static void round_planes(const Winograd *w, const Rounding *r, double (*u)[AT_A_TIME], int64_t some, float *to, int64_t step) {
  static const double half_unit = 1.0 / (1 << 24);
  double scale = 1.0 / ((double)w->divisor * w->divisor), error[AT_A_TIME] = {0};
  for (int i = 0; i < w->points * w->points; i++) {
    const double *exact = u[r->planes[i]];
    float *plane = to + r->planes[i] * step;
    double weight = r->weight[i], back = weight == 0 ? 0 : -1 / weight;
    for (int64_t p = 0; p < some; p++) {
      double value = exact[p] * scale, most = fabs(value) * half_unit;
      plane[p] = (float)(value + fmin(fmax(error[p] * back, -most), most));
      error[p] += weight * ((double)plane[p] - value);
    }
  }
}

void transform_winograd_kernels(const Winograd *w, const float *taps, int64_t count, float *planes) {
  double g[9][AT_A_TIME], half[WINOGRAD_MOST_POINTS * 3][AT_A_TIME], u[MOST_PLANES][AT_A_TIME];
  Rounding rounding = order_planes(w);
  for (int64_t start = 0; start < count; start += AT_A_TIME) {
    int64_t some = count - start < AT_A_TIME ? count - start : AT_A_TIME;
    memset(g, 0, sizeof g);
    for (int tap = 0; tap < 9; tap++)
      for (int64_t p = 0; p < some; p++) g[tap][p] = (double)taps[tap * count + start + p];
    for (int kx = 0; kx < 3; kx++) multiply(w, g + kx, 3, half + kx, 3);
    for (int i = 0; i < w->points; i++) multiply(w, half + i * 3, 1, u + i * w->points, 1);
    round_planes(w, &rounding, u, some, planes + start, count);
  }
}
