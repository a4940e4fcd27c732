/* winograd_bound.c - see winograd_bound.h. */
#include "winograd_bound.h"

#include <math.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/ops.h"
#include "passes/winograd.h"

enum { MOST = WINOGRAD_MOST_POINTS };

WinogradForm may_be_winograd(const Node *node, int option) {
  WinogradForm none = {{0}, {0}};
  if (!option || node->op != &op_conv || node->inputs[0]->type.rank != 3) return none;
  const ConvAttributes *a = node->attributes;
  const TensorType *type = &node->output->type;
  if (a->stride.h != 1 || a->stride.w != 1 || a->dilation.h != 1 || a->dilation.w != 1 || a->groups != 1) return none;
  for (int results = 2; results <= 4; results += 2) {
    WinogradForm form = winograd_form(results, (const int64_t[]){a->kernel_size.h, a->kernel_size.w});
    if (!form.taps[0] || (winograd_errors(form) > 1) != (option == 4)) continue;
    if (size_value(type_height(type)) >= form.results[0] && size_value(type_width(type)) >= form.results[1]) return form;
  }
  return none;
}

typedef struct Matrix { /* rows `stride` apart */
  int rows, columns, stride;
  const double *at;
} Matrix;

/* out = |left| in |right|', where in has left.columns by right.columns */
static void both_sides(Matrix left, Matrix right, const double *in, double *out) {
  double half[MOST * MOST];
  for (int i = 0; i < left.rows; i++)
    for (int k = 0; k < right.columns; k++) {
      half[i * right.columns + k] = 0;
      for (int l = 0; l < left.columns; l++) half[i * right.columns + k] += fabs(left.at[i * left.stride + l]) * in[l * right.columns + k];
    }
  for (int i = 0; i < left.rows; i++)
    for (int j = 0; j < right.rows; j++) {
      out[i * right.rows + j] = 0;
      for (int k = 0; k < right.columns; k++) out[i * right.rows + j] += half[i * right.columns + k] * fabs(right.at[j * right.stride + k]);
    }
}

static Matrix kernel_matrix(const Winograd *w) { return (Matrix){w->points, w->taps, WINOGRAD_MOST_TAPS, &w->kernel[0][0]}; }
static Matrix input_matrix(const Winograd *w) { return (Matrix){w->points, w->points, MOST, &w->input[0][0]}; }
static Matrix output_matrix(const Winograd *w) { return (Matrix){w->results, w->points, MOST, &w->output[0][0]}; }

typedef struct Layer {
  const Node *node;
  Winograd down, across; /* along rows, along columns */
  int planes;
  Dense in, out;
  DenseWindow rows, columns;
  double *u; /* [oc][ic][point][point] */
} Layer;

static void make_kernels(Arena *arena, Layer *l) {
  const Parameter *weight = l->node->parameters[0];
  int size = l->down.taps * l->across.taps;
  double taps[WINOGRAD_MOST_TAPS * WINOGRAD_MOST_TAPS];
  l->u = ARENA_ARRAY(arena, double, (size_t)(l->out.channels * l->in.channels * l->planes));
  for (int64_t pair = 0; pair < l->out.channels * l->in.channels; pair++) {
    for (int k = 0; k < size; k++) taps[k] = fabs((double)weight->data[pair * size + k]);
    both_sides(kernel_matrix(&l->down), kernel_matrix(&l->across), taps, l->u + pair * l->planes);
  }
}

/* |B||d||C'| of the tile that begins at (oy, ox), for each channel of the input */
static void make_tile(const Layer *l, const double *input, int64_t oy, int64_t ox, double *v) {
  int mode = ((const ConvAttributes *)l->node->attributes)->padding_mode;
  double d[MOST * MOST];
  for (int64_t ic = 0; ic < l->in.channels; ic++) {
    for (int i = 0; i < l->down.points; i++)
      for (int k = 0; k < l->across.points; k++) {
        int64_t y = dense_source(dense_tap(&l->rows, oy + i, 0), l->in.height, mode);
        int64_t x = dense_source(dense_tap(&l->columns, ox + k, 0), l->in.width, mode);
        d[i * l->across.points + k] = y < 0 || x < 0 ? 0 : input[dense_index(l->in, ic, y, x)];
      }
    both_sides(input_matrix(&l->down), input_matrix(&l->across), d, v + ic * l->planes);
  }
}

static int64_t at_most(int64_t value, int64_t limit) { return value < limit ? value : limit; }

static void raise_tile(const Layer *l, const double *v, int64_t row, int64_t column, double *output) {
  int rows = l->down.results, columns = l->across.results, planes = l->planes;
  int64_t oy = at_most(row, l->out.height - rows), ox = at_most(column, l->out.width - columns);
  for (int64_t oc = 0; oc < l->out.channels; oc++) {
    double m[MOST * MOST] = {0}, y[WINOGRAD_MOST_RESULTS * WINOGRAD_MOST_RESULTS];
    for (int64_t ic = 0; ic < l->in.channels; ic++)
      for (int k = 0; k < planes; k++) m[k] += l->u[(oc * l->in.channels + ic) * planes + k] * v[ic * planes + k];
    both_sides(output_matrix(&l->down), output_matrix(&l->across), m, y);
    const Parameter *bias = l->node->parameters[1];
    for (int64_t i = row - oy; i < rows; i++)
      for (int64_t k = column - ox; k < columns; k++) {
        double *at = &output[dense_index(l->out, oc, oy + i, ox + k)];
        double most = y[i * columns + k] + (bias ? fabs((double)bias->data[oc]) : 0);
        *at = isnan(most) ? HUGE_VAL : fmax(*at, most); /* 0 times what has no bound */
      }
  }
}

void raise_to_winograd(Arena *arena, const Node *node, WinogradForm form, const double *input, double *output) {
  const ConvAttributes *a = node->attributes;
  Layer l = {.node = node,
             .down = winograd_of(form, 0),
             .across = winograd_of(form, 1),
             .planes = winograd_planes(form),
             .in = dense_of(&node->inputs[0]->type),
             .out = dense_of(&node->output->type),
             .rows = dense_window(node, 0, a->kernel_size, a->stride, a->dilation, a->padding),
             .columns = dense_window(node, 1, a->kernel_size, a->stride, a->dilation, a->padding)};
  make_kernels(arena, &l);
  double *v = ARENA_ARRAY(arena, double, (size_t)(l.in.channels * l.planes));
  for (int64_t row = 0; row < l.out.height; row += l.down.results)
    for (int64_t column = 0; column < l.out.width; column += l.across.results) {
      make_tile(&l, input, at_most(row, l.out.height - l.down.results), at_most(column, l.out.width - l.across.results), v);
      raise_tile(&l, v, row, column, output);
    }
}
