/* adaptive_pool.c - the mean of windows that divide the input into a given number of parts, after PyTorch: part i of o
 * reaches from floor(i n / o) to ceil((i + 1) n / o), so that parts overlap where o does not divide n. */
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/describe.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static const Attribute attributes[] = {
    {"size", ATTRIBUTE_PAIR, offsetof(AdaptivePoolAttributes, size), NULL, true, NULL, 1},
    {0},
};

static const AdaptivePoolAttributes defaults = {0};

static bool infer(Inference *inference, Node *node) {
  const AdaptivePoolAttributes *a = node->attributes;
  if (!require_spatial(inference, node) || !check_attributes(inference, node)) return false;
  TensorType type = node->inputs[0]->type;
  type.dtype = DTYPE_F32;
  if (type.rank == 3) type.sizes[1] = size_of(inference->arena, a->size.h);
  type.sizes[type.rank - 1] = size_of(inference->arena, a->size.w);
  return set_output_type(inference, node, type);
}

static double mean_of(const double *input, Dense d, int64_t c, const int64_t rows[2], const int64_t columns[2]) {
  double sum = 0;
  for (int64_t y = rows[0]; y < rows[1]; y++)
    for (int64_t x = columns[0]; x < columns[1]; x++) sum += input[dense_index(d, c, y, x)];
  return sum / (double)((rows[1] - rows[0]) * (columns[1] - columns[0]));
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  Dense in = dense_of(&node->inputs[0]->type), out = dense_of(&node->output->type);
  for (int64_t c = 0; c < out.channels; c++)
    for (int64_t oy = 0; oy < out.height; oy++)
      for (int64_t ox = 0; ox < out.width; ox++) {
        const int64_t rows[2] = {oy * in.height / out.height, ((oy + 1) * in.height + out.height - 1) / out.height};
        const int64_t columns[2] = {ox * in.width / out.width, ((ox + 1) * in.width + out.width - 1) / out.width};
        output[dense_index(out, c, oy, ox)] = mean_of(inputs[0], in, c, rows, columns);
      }
}

/* One axis of the windows: n = parts * whole + rest. */
typedef struct Division {
  const Size *extent, *whole, *rest;
  int64_t parts;
  const char *result, *tap, *begin, *end; /* names of variables */
} Division;

static Division division_of(Arena *arena, const Node *node, int axis) {
  const AdaptivePoolAttributes *a = node->attributes;
  const TensorType *type = &node->inputs[0]->type;
  Division d = {.extent = type_height(type), .parts = a->size.h, .result = "oy", .tap = "ky", .begin = "ky_begin", .end = "ky_end"};
  if (axis == 1)
    d = (Division){.extent = type_width(type), .parts = a->size.w, .result = "ox", .tap = "kx", .begin = "kx_begin", .end = "kx_end"};
  if (axis == 0 && type->rank == 2) d.parts = 1;
  d.whole = size_floor_div(arena, d.extent, d.parts);
  d.rest = size_sub(arena, d.extent, size_mul_int(arena, d.whole, d.parts));
  return d;
}

static Expr *let(Lowering *l, Nest *n, const char *name, Expr *value) {
  n->before = stmt_then(n->before, stmt_let(l->arena, name, value, true));
  return var_expr(l, name);
}

/* ceil or floor of part * n / parts, without a product that could be too large: part * whole + part * rest / parts */
static Expr *edge(Lowering *l, const Division *d, Expr *part, int64_t rounding) {
  Expr *rest = add_expr(l, mul_expr(l, part, size_expr(l, d->rest)), int_expr(l, rounding));
  return add_expr(l, mul_expr(l, part, size_expr(l, d->whole)), div_expr(l, rest, int_expr(l, d->parts)));
}

/* Adds a reduction axis; returns the row or column that it reads. *count becomes how many there are. */
static Expr *add_taps(Lowering *l, Nest *n, const Division *d, Expr **count) {
  Expr *part = var_expr(l, d->result), *tap = var_expr(l, d->tap);
  if (size_is(d->rest, 0)) {
    add_reduction_axis(n, d->tap, d->whole, NULL, NULL);
    *count = mul_expr(l, *count, size_expr(l, d->whole));
    return add_expr(l, mul_expr(l, part, size_expr(l, d->whole)), tap);
  }
  Expr *begin = let(l, n, d->begin, edge(l, d, part, 0));
  Expr *end = let(l, n, d->end, edge(l, d, add_expr(l, part, int_expr(l, 1)), d->parts - 1));
  add_reduction_axis(n, d->tap, d->extent, begin, end);
  *count = mul_expr(l, *count, sub_expr(l, end, begin));
  return tap;
}

/* y[oc][oy][ox] = mean of x[oc][ky][kx] over the window of oy, ox */
static void nest(Lowering *l, const Node *node, Nest *n) {
  Division rows = division_of(l->arena, node, 0), columns = division_of(l->arena, node, 1);
  add_result_axis(n, "oy", size_of(l->arena, rows.parts));
  add_result_axis(n, "ox", size_of(l->arena, columns.parts));
  add_result_axis(n, "oc", type_channels(&node->inputs[0]->type));
  store_at_result_axes(l, n);
  n->lane_axis = "oc";
  n->tile_axis = "ox";
  Expr *count = int_expr(l, 1), *row = add_taps(l, n, &rows, &count), *column = add_taps(l, n, &columns, &count);
  n->initial = float_expr(l, 0);
  n->update = add_expr(l, accumulator(l), input_at(l, node, 0, var_expr(l, "oc"), row, column));
  n->result = mean_expr(l, accumulator(l), count);
}

static void describe(Text *out, const Node *node) {
  text_add(out, "adaptive_avg_pool to ");
  print_kernel(out, ((const AdaptivePoolAttributes *)node->attributes)->size, node->inputs[0]->type.rank == 2);
}

/* The mean of each part along an axis of the ONNX tensor, then of all: parts overlap where they do not divide the size. */
static const char *parts_to_onnx(OnnxWriter *w, const char *x, int axis, const Size *extent, int64_t parts) {
  const int64_t along = axis;
  const char **means = ARENA_ARRAY(w->arena, const char *, (size_t)parts);
  if (size_is(extent, parts)) return x;
  for (int64_t i = 0; i < parts; i++) {
    const Size *begin = size_floor_div(w->arena, size_mul_int(w->arena, extent, i), parts);
    const Size *end = size_ceil_div(w->arena, size_mul_int(w->arena, extent, i + 1), parts);
    const char *part = parts == 1 ? x : onnx_slice(w, x, axis, 1, &begin, &end);
    means[i] = onnx_reduce(w, "ReduceMean", part, 1, &along);
  }
  return parts == 1 ? means[0] : onnx_concat(w, means, (int)parts, axis);
}

static const char *to_onnx(OnnxWriter *w, const Node *node) {
  Division rows = division_of(w->arena, node, 0), columns = division_of(w->arena, node, 1);
  const char *x = onnx_input(w, node, 0);
  int rank = node->inputs[0]->type.rank;
  int64_t height, width;
  if (size_is(rows.rest, 0) && size_is(columns.rest, 0) && size_is_const(rows.whole, &height) && size_is_const(columns.whole, &width)) {
    const int64_t kernel[] = {height, width};
    const char *y = ONNX_NODE(w, "AveragePool", x);
    onnx_ints(w, "kernel_shape", rank - 1, rank == 3 ? kernel : kernel + 1);
    onnx_ints(w, "strides", rank - 1, rank == 3 ? kernel : kernel + 1);
    return y;
  }
  if (rank == 3) x = parts_to_onnx(w, x, 2, rows.extent, rows.parts);
  return parts_to_onnx(w, x, rank, columns.extent, columns.parts);
}

const Operator op_adaptive_avg_pool = {
    .name = "adaptive_avg_pool",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(AdaptivePoolAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "mean of windows that divide the input into so many rows and columns",
    .formula = "y[oc][oy][ox] = mean of x[oc][ky][kx], ky from floor(oy*H/OH) to ceil((oy+1)*H/OH), kx likewise",
    .onnx = "AveragePool where the parts are equal; else Slice, ReduceMean, Concat",
    .infer = infer,
    .evaluate = evaluate,
    .nest = nest,
    .describe = describe,
    .to_onnx = to_onnx,
};
