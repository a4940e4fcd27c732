/* pool.c - maximum and average pooling.
 *
 * Padding never wins a maximum. An average counts it or not (count_include_pad, on which frameworks disagree), and
 * with ceil_mode never counts what lies beyond the padded input. A window always has a tap inside the input:
 * infer_window sees to that. NaN in a window gives NaN, as in PyTorch. */
#include <math.h>
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/describe.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/pool.h"
#include "ops/to_onnx.h"

static const Attribute max_attributes[] = {POOL_ATTRIBUTES, {0}};
static const Attribute avg_attributes[] = {
    POOL_ATTRIBUTES,
    {"count_include_pad", ATTRIBUTE_BOOL, offsetof(PoolAttributes, count_include_pad), NULL, false,
     "needed with padding: PyTorch counts it (true), Keras and TensorFlow do not (false)", 0},
    {0},
};

const PoolAttributes pool_defaults = {.dilation = {1, 1}};

Window pool_window(Arena *arena, const Node *node) {
  const PoolAttributes *a = node->attributes;
  return window_of(arena, &node->inputs[0]->type, a->kernel_size, a->stride, a->dilation, a->padding, a->ceil_mode);
}

bool infer_pool(Inference *inference, Node *node, Window *w) {
  PoolAttributes *a = node->attributes;
  if (!require_spatial(inference, node)) return false;
  if (!attribute_given(node, "stride") && a->stride.h == 0 && a->stride.w == 0) a->stride = a->kernel_size;
  return check_attributes(inference, node) &&
         infer_window(inference, node, a->kernel_size, a->stride, a->dilation, a->padding, a->ceil_mode, w);
}

bool set_pooled_type(Inference *inference, Node *node, const Window *w) {
  TensorType type = window_type(inference->arena, &node->inputs[0]->type, w, 0);
  type.sizes[0] = type_channels(&node->inputs[0]->type);
  return set_output_type(inference, node, type);
}

static bool infer_max(Inference *inference, Node *node) {
  Window w;
  return infer_pool(inference, node, &w) && set_pooled_type(inference, node, &w);
}

static bool has_padding(const Window *w) {
  for (int axis = 0; axis < 2; axis++)
    if (!size_is(w->before[axis], 0) || !size_is(w->after[axis], 0)) return true;
  return false;
}

static bool infer_avg(Inference *inference, Node *node) {
  Window w;
  if (!infer_pool(inference, node, &w)) return false;
  if (has_padding(&w) && !attribute_given(node, "count_include_pad")) {
    Diagnostic *d = attribute_error(inference, node, CODE_E0404, "padding", "`avg_pool` with padding needs `count_include_pad`");
    add_note(d, "PyTorch counts the padding (true), Keras and TensorFlow do not (false)");
    add_help(d, "write `count_include_pad=true` or `count_include_pad=false`");
    return false;
  }
  return set_pooled_type(inference, node, &w);
}

/* Evaluation: straight from the definition, one window at a time. */
typedef struct Evaluation {
  Dense in, out;
  DenseWindow rows, columns;
  bool include_pad;
} Evaluation;

static Evaluation begin_evaluation(const Node *node) {
  const PoolAttributes *a = node->attributes;
  return (Evaluation){dense_of(&node->inputs[0]->type), dense_of(&node->output->type),
                      dense_window(node, 0, a->kernel_size, a->stride, a->dilation, a->padding),
                      dense_window(node, 1, a->kernel_size, a->stride, a->dilation, a->padding), a->count_include_pad};
}

static bool inside(int64_t position, int64_t begin, int64_t end) { return position >= begin && position < end; }

static double max_at(const Evaluation *e, const double *input, int64_t c, int64_t oy, int64_t ox) {
  double largest = -INFINITY;
  for (int64_t ky = 0; ky < e->rows.kernel; ky++)
    for (int64_t kx = 0; kx < e->columns.kernel; kx++) {
      int64_t y = dense_tap(&e->rows, oy, ky), x = dense_tap(&e->columns, ox, kx);
      if (!inside(y, 0, e->in.height) || !inside(x, 0, e->in.width)) continue;
      double value = input[dense_index(e->in, c, y, x)];
      if (value > largest || isnan(value)) largest = value;
    }
  return largest;
}

static double avg_at(const Evaluation *e, const double *input, int64_t c, int64_t oy, int64_t ox) {
  double sum = 0;
  int64_t in_image = 0, in_padded = 0;
  for (int64_t ky = 0; ky < e->rows.kernel; ky++)
    for (int64_t kx = 0; kx < e->columns.kernel; kx++) {
      int64_t y = dense_tap(&e->rows, oy, ky), x = dense_tap(&e->columns, ox, kx);
      in_padded += inside(y, -e->rows.before, e->in.height + e->rows.after) &&
                   inside(x, -e->columns.before, e->in.width + e->columns.after);
      if (!inside(y, 0, e->in.height) || !inside(x, 0, e->in.width)) continue;
      sum += input[dense_index(e->in, c, y, x)];
      in_image++;
    }
  return sum / (double)(e->include_pad ? in_padded : in_image);
}

typedef double PoolAt(const Evaluation *e, const double *input, int64_t c, int64_t oy, int64_t ox);

static void evaluate_pool(const Node *node, const double *input, double *output, PoolAt *pool_at) {
  Evaluation e = begin_evaluation(node);
  for (int64_t c = 0; c < e.out.channels; c++)
    for (int64_t oy = 0; oy < e.out.height; oy++)
      for (int64_t ox = 0; ox < e.out.width; ox++) output[dense_index(e.out, c, oy, ox)] = pool_at(&e, input, c, oy, ox);
}

static void evaluate_max(const Node *node, const double *const *inputs, double *output) { evaluate_pool(node, inputs[0], output, max_at); }
static void evaluate_avg(const Node *node, const double *const *inputs, double *output) { evaluate_pool(node, inputs[0], output, avg_at); }

/* The taps of one axis that lie inside the input. Indices are unsigned in C, so no expression here goes below 0. */
typedef struct Taps {
  Expr *begin, *end; /* NULL: all windows lie inside */
  Expr *first;       /* the first tap inside */
} Taps;

static const char *const begin_names[] = {"ky_begin", "kx_begin"}, *const end_names[] = {"ky_end", "kx_end"};
static const char *const counted_names[] = {"ky_counted", "kx_counted"}, *const out_names[] = {"oy", "ox"};

static Expr *let(Lowering *l, Nest *n, const char *name, Expr *value) {
  n->before = stmt_then(n->before, stmt_let(l->arena, name, value, true));
  return var_expr(l, name);
}

/* How many taps stand before position `room` of the padded input:
 * room - start < span ? ceil((room - start) / dilation) : kernel */
static Expr *taps_before(Lowering *l, const Window *w, int axis, const Size *room) {
  Expr *start = mul_expr(l, var_expr(l, out_names[axis]), int_expr(l, w->stride[axis]));
  Expr *left = sub_expr(l, size_expr(l, room), start);
  int64_t d = w->dilation[axis], span = d * (w->kernel[axis] - 1) + 1;
  Expr *rounded = d == 1 ? left : div_expr(l, add_expr(l, left, int_expr(l, d - 1)), int_expr(l, d));
  Expr *cut = expr_binary(l->arena, OP_LT, left, int_expr(l, span));
  return expr_select(l->arena, cut, rounded, int_expr(l, w->kernel[axis]));
}

/* start < padding ? ceil((padding - start) / dilation) : 0 */
static Expr *taps_in_padding(Lowering *l, const Window *w, int axis) {
  Expr *start = mul_expr(l, var_expr(l, out_names[axis]), int_expr(l, w->stride[axis]));
  Expr *padding = size_expr(l, w->before[axis]), *missing = sub_expr(l, padding, start);
  int64_t d = w->dilation[axis];
  Expr *rounded = d == 1 ? missing : div_expr(l, add_expr(l, missing, int_expr(l, d - 1)), int_expr(l, d));
  return expr_select(l->arena, expr_binary(l->arena, OP_LT, start, padding), rounded, int_expr(l, 0));
}

/* Whether the last window reaches beyond `room` positions of the padded input. */
static bool reaches_beyond(Arena *arena, const Window *w, int axis, const Size *room) {
  int64_t span = w->dilation[axis] * (w->kernel[axis] - 1) + 1;
  const Size *last = size_mul_int(arena, size_add_int(arena, w->output[axis], -1), w->stride[axis]);
  return size_maximum(size_sub(arena, size_add_int(arena, last, span), room)) > 0;
}

/* LETs for the limits of an axis where they are needed, and its reduction axis. */
static Taps add_taps(Lowering *l, Nest *n, const Window *w, int axis, const char *var) {
  const Size *edge = size_add(l->arena, w->input[axis], w->before[axis]);
  Taps taps = {.first = int_expr(l, 0)};
  if (!size_is(w->before[axis], 0)) taps.first = taps.begin = let(l, n, begin_names[axis], taps_in_padding(l, w, axis));
  if (reaches_beyond(l->arena, w, axis, edge)) taps.end = let(l, n, end_names[axis], taps_before(l, w, axis, edge));
  if (taps.begin && !taps.end) taps.end = int_expr(l, w->kernel[axis]);
  if (taps.end && !taps.begin) taps.begin = int_expr(l, 0);
  add_reduction_axis(n, var, size_of(l->arena, w->kernel[axis]), taps.begin, taps.end);
  return taps;
}

static void begin_pool(Lowering *l, const Node *node, Nest *n, const Window *w) {
  add_result_axis(n, "oy", w->output[0]);
  add_result_axis(n, "ox", w->output[1]);
  add_result_axis(n, "oc", type_channels(&node->inputs[0]->type));
  store_at_result_axes(l, n);
  n->lane_axis = "oc";
  n->tile_axis = "ox";
  n->result = accumulator(l);
}

static Expr *tap_at(Lowering *l, const Node *node, const Window *w, Expr *ky, Expr *kx) {
  bool one_dimensional = node->inputs[0]->type.rank == 2;
  Expr *row = one_dimensional ? int_expr(l, 0) : window_index(l, w, 0, var_expr(l, "oy"), ky);
  return input_at(l, node, 0, var_expr(l, "oc"), row, window_index(l, w, 1, var_expr(l, "ox"), kx));
}

/* y[oc][oy][ox] = max over ky, kx of x[oc][oy*stride + ky*dilation - top][ox*stride + kx*dilation - left] */
static void nest_max(Lowering *l, const Node *node, Nest *n) {
  Window w = pool_window(l->arena, node);
  begin_pool(l, node, n, &w);
  Expr *first[] = {int_expr(l, 0), int_expr(l, 0)};
  for (int axis = node->inputs[0]->type.rank == 2; axis < 2; axis++) first[axis] = add_taps(l, n, &w, axis, axis == 0 ? "ky" : "kx").first;
  n->initial = tap_at(l, node, &w, first[0], first[1]); /* no number is below all others: a window of -inf gives -inf */
  n->update = max_expr(l, accumulator(l), tap_at(l, node, &w, var_expr(l, "ky"), var_expr(l, "kx")));
  n->associates = true;
}

/* What an axis contributes to the divisor: the taps inside the input, or inside the padded input. */
static Expr *counted_taps(Lowering *l, const Node *node, Nest *n, const Window *w, int axis, const Taps *taps) {
  const PoolAttributes *a = node->attributes;
  if (!a->count_include_pad && taps->end) return sub_expr(l, taps->end, taps->begin);
  const Size *edge = size_add(l->arena, w->input[axis], w->before[axis]), *padded = size_add(l->arena, edge, w->after[axis]);
  if (!reaches_beyond(l->arena, w, axis, padded)) return int_expr(l, w->kernel[axis]);
  if (size_is(w->after[axis], 0)) return taps->end;
  return let(l, n, counted_names[axis], taps_before(l, w, axis, padded));
}

/* y[oc][oy][ox] = sum over ky, kx of x[oc][oy*stride + ky*dilation - top][ox*stride + kx*dilation - left] / count */
static void nest_avg(Lowering *l, const Node *node, Nest *n) {
  Window w = pool_window(l->arena, node);
  begin_pool(l, node, n, &w);
  Expr *count = int_expr(l, 1);
  for (int axis = node->inputs[0]->type.rank == 2; axis < 2; axis++) {
    Taps taps = add_taps(l, n, &w, axis, axis == 0 ? "ky" : "kx");
    count = mul_expr(l, count, counted_taps(l, node, n, &w, axis, &taps));
  }
  n->initial = float_expr(l, 0);
  n->update = add_expr(l, accumulator(l), tap_at(l, node, &w, var_expr(l, "ky"), var_expr(l, "kx")));
  n->associates = true;
  n->result = mean_expr(l, accumulator(l), count);
}

void describe_pool(Text *out, const Node *node) {
  const PoolAttributes *a = node->attributes;
  text_add(out, node->op->name);
  describe_window(out, node, a->kernel_size, a->stride, a->padding, a->dilation);
  if (a->ceil_mode) text_add(out, ", ceil_mode");
}

static void describe_avg(Text *out, const Node *node) {
  const PoolAttributes *a = node->attributes;
  describe_pool(out, node);
  if (attribute_given(node, "count_include_pad")) text_add(out, a->count_include_pad ? ", counting padding" : ", not counting padding");
}

static const char *max_to_onnx(OnnxWriter *w, const Node *node) {
  const PoolAttributes *a = node->attributes;
  Window window = onnx_pool_window(w, node);
  const char *x = onnx_input(w, node, 0);
  OnnxWindow o = onnx_window(w, x, &node->inputs[0]->type, &window, a->padding.kind, PADDING_ZEROS, -INFINITY);
  const char *y = ONNX_NODE(w, "MaxPool", o.input);
  onnx_window_attributes(w, &o);
  return y;
}

const Operator op_max_pool = {
    .name = "max_pool",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(PoolAttributes),
    .attributes = max_attributes,
    .default_attributes = &pool_defaults,
    .summary = "largest value of each window; padding never wins",
    .formula = "y[oc][oy][ox] = max over ky, kx of x[oc][oy*stride + ky*dilation - top][ox*stride + kx*dilation - left]",
    .onnx = "MaxPool, after Pad where the padding exceeds the kernel or varies with ceil_mode",
    .infer = infer_max,
    .evaluate = evaluate_max,
    .nest = nest_max,
    .describe = describe_pool,
    .to_onnx = max_to_onnx,
};

/* The padding that an average counts goes into a tensor of its own, the rest into the window. */
static const char *take_counted(OnnxWriter *w, const Node *node, const char *x, TensorType *type, Window *window) {
  Window counted = pool_window(w->arena, node);
  const char *padded = is_padded(&counted) ? onnx_pad_window(w, x, type, &counted, PADDING_ZEROS, 0) : x;
  for (int axis = 0; axis < 2; axis++) {
    const Size *both = size_add(w->arena, counted.before[axis], counted.after[axis]);
    window->input[axis] = size_add(w->arena, window->input[axis], both);
    window->after[axis] = size_sub(w->arena, window->after[axis], counted.after[axis]);
    window->before[axis] = size_of(w->arena, 0);
  }
  if (type->rank == 3) type->sizes[1] = window->input[0];
  type->sizes[type->rank - 1] = window->input[1];
  return padded;
}

/* The sum of each window over the sum of ones: AveragePool has no dilation, and its padding is numbers. */
static const char *divide_by_count(OnnxWriter *w, const Node *node, const char *x, TensorType type, Window window) {
  const PoolAttributes *a = node->attributes;
  if (a->count_include_pad) x = take_counted(w, node, x, &type, &window);
  PaddingKind padding = a->count_include_pad ? PADDING_EXPLICIT : a->padding.kind;
  const Size *shape[] = {size_one(), size_one(), type.sizes[1], type.sizes[2]};
  const char *ones = ONNX_NODE(w, "ConstantOfShape", onnx_sizes(w, "shape", type.rank + 1, shape));
  onnx_scalar(w, "value", 1);
  const char *sum = onnx_window_sum(w, x, &type, &window, padding);
  type.sizes[0] = size_one();
  return ONNX_NODE(w, "Div", sum, onnx_window_sum(w, ones, &type, &window, padding));
}

static bool same_padding(const Window *a, const Window *b) {
  return size_equal(a->after[0], b->after[0]) && size_equal(a->after[1], b->after[1]);
}

static const char *avg_to_onnx(OnnxWriter *w, const Node *node) {
  const PoolAttributes *a = node->attributes;
  TensorType type = node->inputs[0]->type;
  Window window = onnx_pool_window(w, node), written = pool_window(w->arena, node);
  const char *x = onnx_input(w, node, 0);
  bool count = a->count_include_pad && is_padded(&written), extended = !same_padding(&window, &written);
  bool dilated = window.dilation[0] > 1 || window.dilation[1] > 1;
  if (dilated || onnx_needs_pad(&window, a->padding.kind)) return divide_by_count(w, node, x, type, window);
  if (count && extended) x = take_counted(w, node, x, &type, &window);
  OnnxWindow o = onnx_window(w, x, &type, &window, a->padding.kind, PADDING_ZEROS, 0);
  const char *y = ONNX_NODE(w, "AveragePool", o.input);
  onnx_window_attributes(w, &o);
  if (count && !extended) onnx_int(w, "count_include_pad", 1);
  return y;
}

const Operator op_avg_pool = {
    .name = "avg_pool",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(PoolAttributes),
    .attributes = avg_attributes,
    .default_attributes = &pool_defaults,
    .summary = "mean value of each window; count_include_pad says whether padding counts as zeros",
    .formula = "y[oc][oy][ox] = sum over ky, kx of "
               "x[oc][oy*stride + ky*dilation - top][ox*stride + kx*dilation - left] / count",
    .onnx = "AveragePool, after Pad where ceil_mode adds to padding that counts; dilated or varying: Conv with ones of it over that of "
            "ConstantOfShape, Div; Pad and Reshape as sum_pool",
    .infer = infer_avg,
    .evaluate = evaluate_avg,
    .nest = nest_avg,
    .describe = describe_avg,
    .to_onnx = avg_to_onnx,
};
