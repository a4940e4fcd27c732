/* conv_transpose_nest.c - the loops of a transposed convolution: nothing is scattered, every result is gathered.
 *
 * Result row r + q*stride meets the taps k with k*dilation = r + top - (row of the input - q)*stride. For a fixed r, its
 * residue, these are the same taps for every q, so the rows of one residue are an ordinary convolution of stride 1 with a
 * part of the kernel. Neighbouring residues that read the same rows, through taps that follow each other, are one phase:
 * a kernel as large as the stride gives one phase in all, each with one tap. A nest per pair of phases. */
#include "ops/conv_channels.h"
#include "ops/conv_transpose.h"

typedef struct Phase { /* of one axis: residues first .. first + count - 1 */
  int64_t first, count;
  const Size *extent;      /* rows of each residue */
  int64_t taps;            /* that meet a row; 0: none do */
  int64_t tap, tap_step;   /* residue first + p meets tap + p, and every tap_step further, */
  int64_t shift, distance; /* which read row q + shift, and `distance` less each */
} Phase;

enum { MAX_PHASES = MAX_DILATED_STRIDE };

typedef struct Phases {
  Phase items[MAX_PHASES];
  int count;
} Phases;

static int64_t greatest_divisor(int64_t a, int64_t b) { return b ? greatest_divisor(b, a % b) : a; }

static Phase phase_at(Arena *arena, const Window *w, int axis, int64_t residue) {
  int64_t stride = w->stride[axis], dilation = w->kernel[axis] == 1 ? 1 : w->dilation[axis], common = greatest_divisor(stride, dilation);
  int64_t place = residue + size_value(w->before[axis]); /* before anything is cut off */
  const Size *left = size_add_int(arena, w->output[axis], -residue);
  Phase p = {.first = residue, .count = 1, .extent = size_ceil_div(arena, left, stride), .tap_step = stride / common};
  p.distance = dilation / common;
  if (place % common) return p;
  if (dilation == 1) p.tap = place % stride;
  else
    while ((place - p.tap * dilation) % stride) p.tap++;
  p.taps = p.tap < w->kernel[axis] ? (w->kernel[axis] - p.tap - 1) / p.tap_step + 1 : 0;
  p.shift = (place - p.tap * dilation) / stride;
  return p;
}

static void add_phases(Arena *arena, const Window *w, int axis, int64_t begin, int64_t end, Phases *phases) {
  Phase p = phase_at(arena, w, axis, begin);
  p.count = end - begin;
  if (p.count > 0 && size_maximum(p.extent) > 0) phases->items[phases->count++] = p;
}

/* With a dilation of 1 the residues change their ways where the tap wraps around to 0, where the taps become fewer and
 * where the rows become fewer. */
static Phases phases_of(Arena *arena, const Window *w, int axis) {
  Phases phases = {.count = 0};
  int64_t stride = w->stride[axis], before = size_value(w->before[axis]);
  if (w->dilation[axis] > 1 && w->kernel[axis] > 1) {
    for (int64_t r = 0; r < stride; r++) add_phases(arena, w, axis, r, r + 1, &phases);
    return phases;
  }
  int64_t more = size_value(size_sub(arena, w->output[axis], size_mul_int(arena, w->input[axis], stride)));
  int64_t at[] = {0, -before, w->kernel[axis] - before, more};
  int64_t begin = 0;
  while (begin < stride) {
    int64_t end = stride;
    for (int i = 0; i < 4; i++) {
      int64_t cut = (at[i] % stride + stride) % stride;
      if (cut > begin && cut < end) end = cut;
    }
    add_phases(arena, w, axis, begin, end, &phases);
    begin = end;
  }
  return phases;
}

/* The phase's residue, as a result axis of its own if it has several. */
static Expr *residue(Lowering *l, Nest *n, const Phase *phase, const char *var) {
  if (phase->count == 1) return int_expr(l, 0);
  add_result_axis(n, var, size_of(l->arena, phase->count));
  return var_expr(l, var);
}

/* q*stride + first + p */
static Expr *result_index(Lowering *l, const Phase *phase, int64_t stride, Expr *q, Expr *p) {
  return add_expr(l, mul_expr(l, q, int_expr(l, stride)), add_expr(l, p, int_expr(l, phase->first)));
}

/* The taps are taken from the last, so that the input is read forwards. */
static Expr *input_index(Lowering *l, const Phase *phase, Expr *q, Expr *k) {
  int64_t start = phase->shift - (phase->taps - 1) * phase->distance;
  Expr *row = add_expr(l, q, mul_expr(l, k, int_expr(l, phase->distance)));
  return start < 0 ? sub_expr(l, row, int_expr(l, -start)) : add_expr(l, row, int_expr(l, start));
}

static Expr *tap_index(Lowering *l, const Phase *phase, Expr *p, Expr *k) {
  Expr *last = add_expr(l, p, int_expr(l, phase->tap + (phase->taps - 1) * phase->tap_step));
  return sub_expr(l, last, mul_expr(l, k, int_expr(l, phase->tap_step)));
}

/* acc += x * weight over the taps that meet the points of the two phases. */
static void add_taps(Lowering *l, const Node *node, Nest *n, const Phase *rows, const Phase *columns, const Channels *c, Expr *py,
                     Expr *px) {
  bool one_dimensional = node->inputs[0]->type.rank == 2;
  Expr *ky = var_expr(l, "ky"), *kx = var_expr(l, "kx");
  if (!one_dimensional) add_reduction_axis(n, "ky", size_of(l->arena, rows->taps), NULL, NULL);
  add_reduction_axis(n, "kx", size_of(l->arena, columns->taps), NULL, NULL);
  add_channel_reduction(l, n, c);
  Expr *row = one_dimensional ? int_expr(l, 0) : input_index(l, rows, var_expr(l, "oy"), ky);
  Expr *x = input_at(l, node, 0, c->in, row, input_index(l, columns, var_expr(l, "ox"), kx));
  Expr *tap_x = tap_index(l, columns, px, kx), *tap_y = one_dimensional ? tap_x : tap_index(l, rows, py, ky);
  Expr *weight = parameter_at(l, node, CONV_TRANSPOSE_WEIGHT, c->in, c->out_group, tap_y, one_dimensional ? NULL : tap_x);
  n->update = add_expr(l, accumulator(l), mul_expr(l, x, weight));
}

static void nest_of_phases(Lowering *l, const Node *node, Nest *n, const Window *w, const Phase *rows, const Phase *columns) {
  const ConvTransposeAttributes *a = node->attributes;
  add_result_axis(n, "oy", rows->extent);
  Expr *py = residue(l, n, rows, "py"), *px = residue(l, n, columns, "px");
  add_result_axis(n, "ox", columns->extent);
  Channels c = add_channel_axes(l, n, node->parameters[CONV_TRANSPOSE_WEIGHT]->sizes[0], a->out_channels, a->groups);
  if (rows->taps && columns->taps) add_taps(l, node, n, rows, columns, &c, py, px);
  bool has_bias = node->parameters[CONV_TRANSPOSE_BIAS] != NULL;
  n->initial = has_bias ? parameter_at(l, node, CONV_TRANSPOSE_BIAS, c.out, NULL, NULL, NULL) : float_expr(l, 0);
  n->result = n->update ? accumulator(l) : n->initial;
  n->output[0] = c.out;
  n->output[1] = result_index(l, rows, w->stride[0], var_expr(l, "oy"), py);
  n->output[2] = result_index(l, columns, w->stride[1], var_expr(l, "ox"), px);
  n->lane_axis = "oc";
  n->tile_axis = "ox";
}

/* Nests with taps come first: they say how the step as a whole is computed. */
void nest_conv_transpose(Lowering *l, const Node *node, Nest *nest) {
  Window w = transposed_window(l->arena, node);
  Phases rows = phases_of(l->arena, &w, 0), columns = phases_of(l->arena, &w, 1);
  Nest *last = NULL;
  for (int without = 0; without < 2; without++)
    for (int y = 0; y < rows.count; y++)
      for (int x = 0; x < columns.count; x++) {
        bool taps = rows.items[y].taps && columns.items[x].taps;
        if (taps == (without == 1)) continue;
        Nest *n = last ? ARENA_NEW(l->arena, Nest) : nest;
        if (last) last->next = n;
        last = n;
        nest_of_phases(l, node, n, &w, &rows.items[y], &columns.items[x]);
      }
}

/* As a window of one point over all rows that are read: from the lowest, before the input, to the highest, after it. */
bool borders_of_conv_transpose(Arena *arena, const Node *node, Window *window, int *padding_mode) {
  Window w = transposed_window(arena, node);
  *padding_mode = PADDING_ZEROS;
  *window = (Window){.input = {w.input[0], w.input[1]}, .kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}};
  bool padded = false;
  for (int axis = 0; axis < 2; axis++) {
    int64_t before = 0, after = 0;
    Phases phases = phases_of(arena, &w, axis);
    for (int i = 0; i < phases.count; i++) {
      const Phase *p = &phases.items[i];
      if (!p->taps) continue;
      int64_t first = p->shift - (p->taps - 1) * p->distance, beyond = size_value(size_sub(arena, p->extent, w.input[axis])) + p->shift;
      if (-first > before) before = -first;
      if (beyond > after) after = beyond;
    }
    window->before[axis] = size_of(arena, before);
    window->after[axis] = size_of(arena, after);
    window->output[axis] = size_add_int(arena, w.input[axis], before + after);
    padded = padded || before || after;
  }
  return padded;
}
