/* winograd_weights.c - kernels in Winograd's form, calculated in double and rounded once. */
#include <string.h>

#include "passes/winograd.h"

enum { AT_A_TIME = 64 };

/* out[i][j] = sum over k of matrix[i][k] * in[k][j], for so many numbers side by side */
static void multiply(const Winograd *w, double (*in)[AT_A_TIME], int in_step, double (*out)[AT_A_TIME], int out_step) {
  for (int i = 0; i < w->points; i++) {
    double g0 = w->kernel[i][0], g1 = w->kernel[i][1], g2 = w->kernel[i][2];
    const double *a = in[0], *b = in[in_step], *c = in[2 * in_step];
    for (int p = 0; p < AT_A_TIME; p++) out[i * out_step][p] = g0 * a[p] + g1 * b[p] + g2 * c[p];
  }
}

void transform_winograd_kernels(const Winograd *w, const float *taps, int64_t count, float *planes) {
  double g[9][AT_A_TIME], half[WINOGRAD_MOST_POINTS * 3][AT_A_TIME], u[WINOGRAD_MOST_POINTS * WINOGRAD_MOST_POINTS][AT_A_TIME];
  double scale = 1.0 / ((double)w->divisor * w->divisor);
  for (int64_t start = 0; start < count; start += AT_A_TIME) {
    int64_t some = count - start < AT_A_TIME ? count - start : AT_A_TIME;
    memset(g, 0, sizeof g);
    for (int tap = 0; tap < 9; tap++)
      for (int64_t p = 0; p < some; p++) g[tap][p] = (double)taps[tap * count + start + p];
    for (int kx = 0; kx < 3; kx++) multiply(w, g + kx, 3, half + kx, 3);
    for (int i = 0; i < w->points; i++) multiply(w, half + i * 3, 1, u + i * w->points, 1);
    for (int plane = 0; plane < w->points * w->points; plane++)
      for (int64_t p = 0; p < some; p++) planes[plane * count + start + p] = (float)(u[plane][p] * scale);
  }
}
