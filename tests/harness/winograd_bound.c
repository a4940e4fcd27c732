/* winograd_bound.c - see winograd_bound.h. */
#include "winograd_bound.h"

#include <math.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/ops.h"
#include "passes/winograd.h"

enum { MOST = WINOGRAD_MOST_POINTS };

bool may_be_winograd(const Node *node, int results) {
  if (!results || node->op != &op_conv || node->inputs[0]->type.rank != 3) return false;
  const ConvAttributes *a = node->attributes;
  const TensorType *type = &node->output->type;
  bool plain = a->kernel_size.h == 3 && a->kernel_size.w == 3 && a->stride.h == 1 && a->stride.w == 1 && a->dilation.h == 1 &&
               a->dilation.w == 1 && a->groups == 1;
  return plain && size_value(type_height(type)) >= results && size_value(type_width(type)) >= results;
}

/* out = |left| in |left|', where in is inner x inner and left has `outer` rows of `inner` */
static void both_sides(int outer, int inner, const double *left, int stride, const double *in, double *out) {
  double half[MOST * MOST];
  for (int i = 0; i < outer; i++)
    for (int k = 0; k < inner; k++) {
      half[i * inner + k] = 0;
      for (int l = 0; l < inner; l++) half[i * inner + k] += fabs(left[i * stride + l]) * in[l * inner + k];
    }
  for (int i = 0; i < outer; i++)
    for (int j = 0; j < outer; j++) {
      out[i * outer + j] = 0;
      for (int k = 0; k < inner; k++) out[i * outer + j] += half[i * inner + k] * fabs(left[j * stride + k]);
    }
}

typedef struct Layer {
  const Node *node;
  const Winograd *w;
  Dense in, out;
  DenseWindow rows, columns;
  double *u; /* [oc][ic][point][point] */
} Layer;

static void make_kernels(Arena *arena, Layer *l) {
  const Parameter *weight = l->node->parameters[0];
  int points = l->w->points;
  double g[MOST][3], taps[9];
  for (int i = 0; i < points; i++)
    for (int k = 0; k < 3; k++) g[i][k] = (double)l->w->kernel[i][k] / l->w->divisor;
  l->u = ARENA_ARRAY(arena, double, (size_t)(l->out.channels * l->in.channels * points * points));
  for (int64_t pair = 0; pair < l->out.channels * l->in.channels; pair++) {
    for (int k = 0; k < 9; k++) taps[k] = fabs((double)weight->data[pair * 9 + k]);
    both_sides(points, 3, &g[0][0], 3, taps, l->u + pair * points * points);
  }
}

/* |B||d||B'| of the tile that begins at (oy, ox), for each channel of the input */
static void make_tile(const Layer *l, const double *input, int64_t oy, int64_t ox, double *v) {
  int points = l->w->points, mode = ((const ConvAttributes *)l->node->attributes)->padding_mode;
  double d[MOST * MOST];
  for (int64_t ic = 0; ic < l->in.channels; ic++) {
    for (int i = 0; i < points; i++)
      for (int k = 0; k < points; k++) {
        int64_t y = dense_source(dense_tap(&l->rows, oy + i, 0), l->in.height, mode);
        int64_t x = dense_source(dense_tap(&l->columns, ox + k, 0), l->in.width, mode);
        d[i * points + k] = y < 0 || x < 0 ? 0 : input[dense_index(l->in, ic, y, x)];
      }
    both_sides(points, points, &l->w->input[0][0], MOST, d, v + ic * points * points);
  }
}

static int64_t at_most(int64_t value, int64_t limit) { return value < limit ? value : limit; }

static void raise_tile(const Layer *l, const double *v, int64_t row, int64_t column, double *output) {
  int points = l->w->points, results = l->w->results, planes = points * points;
  int64_t oy = at_most(row, l->out.height - results), ox = at_most(column, l->out.width - results);
  for (int64_t oc = 0; oc < l->out.channels; oc++) {
    double m[MOST * MOST] = {0}, y[WINOGRAD_MOST_RESULTS * WINOGRAD_MOST_RESULTS];
    for (int64_t ic = 0; ic < l->in.channels; ic++)
      for (int k = 0; k < planes; k++) m[k] += l->u[(oc * l->in.channels + ic) * planes + k] * v[ic * planes + k];
    both_sides(results, points, &l->w->output[0][0], MOST, m, y);
    const Parameter *bias = l->node->parameters[1];
    for (int64_t i = row - oy; i < results; i++)
      for (int64_t k = column - ox; k < results; k++) {
        double *at = &output[dense_index(l->out, oc, oy + i, ox + k)];
        *at = fmax(*at, y[i * results + k] + (bias ? fabs((double)bias->data[oc]) : 0));
      }
  }
}

void raise_to_winograd(Arena *arena, const Node *node, int results, const double *input, double *output) {
  const ConvAttributes *a = node->attributes;
  Layer l = {.node = node,
             .w = winograd_of(results),
             .in = dense_of(&node->inputs[0]->type),
             .out = dense_of(&node->output->type),
             .rows = dense_window(node, 0, a->kernel_size, a->stride, a->dilation, a->padding),
             .columns = dense_window(node, 1, a->kernel_size, a->stride, a->dilation, a->padding)};
  make_kernels(arena, &l);
  double *v = ARENA_ARRAY(arena, double, (size_t)(l.in.channels * l.w->points * l.w->points));
  for (int64_t row = 0; row < l.out.height; row += results)
    for (int64_t column = 0; column < l.out.width; column += results) {
      make_tile(&l, input, at_most(row, l.out.height - results), at_most(column, l.out.width - results), v);
      raise_tile(&l, v, row, column, output);
    }
}
