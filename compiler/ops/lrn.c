/* lrn.c - local response normalisation, as AlexNet and GoogLeNet have it: across the channels of each pixel.
 *
 * alpha is divided by size, as in PyTorch, ONNX and Caffe. The squares are a stage of their own, with zeros before the first
 * and after the last channel: so the windows of all channels are whole, and vectors of them are summed. */
#include <math.h>
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

#define FRAMEWORKS "PyTorch, ONNX and Caffe use alpha=1e-4, beta=0.75, k=1, AlexNet k=2; multiply TensorFlow's alpha by size"

static const Attribute attributes[] = {
    {"size", ATTRIBUTE_INT, offsetof(LrnAttributes, size), NULL, true, "AlexNet and GoogLeNet use 5 channels", 1},
    {"alpha", ATTRIBUTE_REAL, offsetof(LrnAttributes, alpha), NULL, true, FRAMEWORKS, 0},
    {"beta", ATTRIBUTE_REAL, offsetof(LrnAttributes, beta), NULL, true, FRAMEWORKS, 0},
    {"k", ATTRIBUTE_REAL, offsetof(LrnAttributes, k), NULL, true, FRAMEWORKS, 0},
    {0},
};

static const LrnAttributes defaults = {0};

static bool infer(Inference *inference, Node *node) {
  const LrnAttributes *a = node->attributes;
  if (!check_attributes(inference, node)) return false;
  if (a->size % 2 == 0) {
    Diagnostic *d = attribute_error(inference, node, CODE_E0402, "size", "`size` of `lrn` must be odd, this is %lld", (long long)a->size);
    add_note(d, "of an even window PyTorch puts the larger half before the channel, ONNX after it");
    return false;
  }
  return infer_same_shape(inference, node);
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  const LrnAttributes *a = node->attributes;
  Dense d = dense_of(&node->output->type);
  int64_t pixels = d.height * d.width;
  for (int64_t c = 0; c < d.channels; c++)
    for (int64_t i = 0; i < pixels; i++) {
      double sum = 0;
      for (int64_t other = c - a->size / 2; other <= c + a->size / 2; other++)
        if (other >= 0 && other < d.channels) sum += inputs[0][other * pixels + i] * inputs[0][other * pixels + i];
      output[c * pixels + i] = inputs[0][c * pixels + i] / pow(a->k + a->alpha / (double)a->size * sum, a->beta);
    }
}

static void add_axes(Lowering *l, const Node *node, Nest *n, const Size *channels) {
  const TensorType *type = &node->output->type;
  add_result_axis(n, "oy", type_height(type));
  add_result_axis(n, "ox", type_width(type));
  add_result_axis(n, "oc", channels);
  store_at_result_axes(l, n);
  n->lane_axis = "oc";
  n->tile_axis = "ox";
}

/* squares[first + oc] = 0 for half of the window's channels */
static Nest *nest_margin(Lowering *l, const Node *node, const Size *first) {
  const LrnAttributes *a = node->attributes;
  Nest *n = ARENA_NEW(l->arena, Nest);
  add_axes(l, node, n, size_of(l->arena, a->size / 2));
  n->result = float_expr(l, 0);
  n->output[0] = add_expr(l, size_expr(l, first), var_expr(l, "oc"));
  return n;
}

/* squares[size/2 + oc] = x[oc]^2, and zeros before and after them */
static void nest_squares(Lowering *l, const Node *node, Nest *n) {
  const LrnAttributes *a = node->attributes;
  const Size *channels = type_channels(&node->output->type);
  Expr *oc = var_expr(l, "oc");
  add_axes(l, node, n, channels);
  Expr *x = named_expr(l, "value", input_at(l, node, 0, oc, var_expr(l, "oy"), var_expr(l, "ox")));
  n->result = mul_expr(l, x, x);
  n->output[0] = add_expr(l, int_expr(l, a->size / 2), oc);
  if (a->size == 1) return;
  n->next = nest_margin(l, node, size_of(l->arena, 0));
  n->next->next = nest_margin(l, node, size_add_int(l->arena, channels, a->size / 2));
}

static int stages(Arena *arena, const Node *node, Stage stages[MAX_STAGES]) {
  const LrnAttributes *a = node->attributes;
  TensorType type = node->output->type;
  type.sizes[0] = size_add_int(arena, type.sizes[0], a->size - 1);
  stages[0] = (Stage){"squares", type, nest_squares};
  return 1;
}

static Expr *math(Lowering *l, MathFunction function, Expr *x) { return expr_math(l->arena, function, x); }

/* base^beta. The usual exponents by roots: base^0.75 is the third power of the fourth root. Also NaN^0 is 1. */
static Expr *power(Lowering *l, Expr *base, double beta) {
  if (beta == 0) return float_expr(l, 1);
  if (beta == 1) return base;
  if (beta == 0.5) return math(l, MATH_SQRT, base);
  if (beta == 0.75) {
    Expr *root = named_expr(l, "root", math(l, MATH_SQRT, math(l, MATH_SQRT, base)));
    return mul_expr(l, mul_expr(l, root, root), root);
  }
  return math(l, MATH_EXP, mul_expr(l, math(l, MATH_LOG, base), float_expr(l, beta)));
}

/* x / base^beta. One logarithm and one power of e take a third of the time of two correctly rounded roots and a division. */
static Expr *divided(Lowering *l, Expr *x, Expr *base, double beta) {
  if (l->portable || beta == 0 || beta == 0.5 || beta == 1) return div_expr(l, x, power(l, base, beta));
  return mul_expr(l, x, math(l, MATH_EXP, mul_expr(l, math(l, MATH_LOG, base), float_expr(l, -beta))));
}

/* y[oc] = x[oc] / (k + alpha / size * sum over ic of squares[oc + ic])^beta */
static void nest(Lowering *l, const Node *node, Nest *n) {
  const LrnAttributes *a = node->attributes;
  Expr *oc = var_expr(l, "oc"), *oy = var_expr(l, "oy"), *ox = var_expr(l, "ox");
  add_axes(l, node, n, type_channels(&node->output->type));
  add_reduction_axis(n, "ic", size_of(l->arena, a->size), NULL, NULL);
  n->initial = float_expr(l, 0);
  n->update = add_expr(l, accumulator(l), stage_at(l, 0, add_expr(l, oc, var_expr(l, "ic")), oy, ox));
  n->result = accumulator(l);
  Expr *x = input_at(l, node, 0, oc, oy, ox), *sum = mul_expr(l, accumulator(l), float_expr(l, a->alpha / (double)a->size));
  set_own_step(n, divided(l, x, add_expr(l, sum, float_expr(l, a->k)), a->beta));
}

static void describe(Text *out, const Node *node) {
  text_addf(out, "lrn over %lld channels", (long long)((const LrnAttributes *)node->attributes)->size);
}

/* Runtimes refuse an LRN whose alpha or beta is not positive. Channels become rows, so that a mean of windows of rows is alpha's
 * sum over size. */
static const char *squares_to_onnx(OnnxWriter *w, const Node *node) {
  const LrnAttributes *a = node->attributes;
  const TensorType *type = &node->output->type;
  const Size *pixels = size_mul(w->arena, type_height(type), type_width(type)), *rows[] = {size_one(), type_channels(type), pixels};
  const int64_t kernel[] = {a->size, 1}, pads[] = {a->size / 2, 0, a->size / 2, 0};
  const char *x = onnx_input(w, node, 0);
  const char *mean = ONNX_NODE(w, "AveragePool", onnx_reshape(w, ONNX_NODE(w, "Mul", x, x), 3, rows));
  onnx_ints(w, "kernel_shape", 2, kernel);
  onnx_ints(w, "pads", 4, pads);
  onnx_int(w, "count_include_pad", 1);
  const char *sum = ONNX_NODE(w, "Mul", onnx_reshape(w, mean, type->rank, type->sizes), onnx_number(w, a->alpha));
  const char *base = ONNX_NODE(w, "Add", sum, onnx_number(w, a->k));
  return ONNX_NODE(w, "Div", x, ONNX_NODE(w, "Pow", base, onnx_number(w, a->beta)));
}

/* Runtimes take images only, so that others are made such. */
static const char *to_onnx(OnnxWriter *w, const Node *node) {
  const LrnAttributes *a = node->attributes;
  const TensorType *type = &node->output->type;
  const Size *image[] = {type_channels(type), type_height(type), type_width(type)};
  if (a->alpha <= 0 || a->beta <= 0) return squares_to_onnx(w, node);
  const char *x = onnx_input(w, node, 0);
  const char *y = ONNX_NODE(w, "LRN", type->rank < 3 ? onnx_reshape(w, x, 3, image) : x);
  onnx_int(w, "size", a->size);
  onnx_real(w, "alpha", a->alpha);
  onnx_real(w, "beta", a->beta);
  onnx_real(w, "bias", a->k);
  return type->rank < 3 ? onnx_reshape(w, y, type->rank, type->sizes) : y;
}

const Operator op_lrn = {
    .name = "lrn",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(LrnAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "local response normalisation: every value divided by a power of its neighbouring channels' squares",
    .formula = "y[oc] = x[oc] / (k + alpha / size * sum of x[ic]^2 over size channels around oc)^beta",
    .onnx = "LRN; between Reshapes where it is no image; Mul, AveragePool, Add, Pow, Div where alpha or beta is not positive",
    .infer = infer,
    .evaluate = evaluate,
    .stages = stages,
    .nest = nest,
    .describe = describe,
    .to_onnx = to_onnx,
};
