/* elementwise.c - operators of several tensors, element by element. A literal size of 1 stretches and nothing else
 * does. */
#include <math.h>

#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static bool infer(Inference *inference, Node *node) {
  TensorType type;
  return require_equal_shapes(inference, node, -1, true, &type) && set_output_type(inference, node, type);
}

static double stretched(const double *input, Dense d, int64_t c, int64_t y, int64_t x) {
  return input[dense_index(d, d.channels == 1 ? 0 : c, d.height == 1 ? 0 : y, d.width == 1 ? 0 : x)];
}

/* f(f(a, b), c) .. at every place. */
static void evaluate_from_left(const Node *node, const double *const *inputs, double *output, double (*f)(double, double)) {
  Dense out = dense_of(&node->output->type);
  for (int input = 0; input < node->input_count; input++) {
    Dense in = dense_of(&node->inputs[input]->type);
    for (int64_t c = 0; c < out.channels; c++)
      for (int64_t y = 0; y < out.height; y++)
        for (int64_t x = 0; x < out.width; x++) {
          double *result = &output[dense_index(out, c, y, x)], value = stretched(inputs[input], in, c, y, x);
          *result = input ? f(*result, value) : value;
        }
  }
}

static double sum_of(double a, double b) { return a + b; }
static double difference_of(double a, double b) { return a - b; }
static double product_of(double a, double b) { return a * b; }
static double quotient_of(double a, double b) { return a / b; }
static double larger_of(double a, double b) { return isnan(a) || a > b ? a : b; }
static double smaller_of(double a, double b) { return isnan(a) || a < b ? a : b; }
static double distance_of(double a, double b) { return fabs(a - b); }

/* From left to right, as they are evaluated. */
static const char *fold_to_onnx(OnnxWriter *w, const Node *node, const char *type) {
  const char *y = onnx_input(w, node, 0);
  for (int i = 1; i < node->input_count; i++) y = ONNX_NODE(w, type, y, onnx_input(w, node, i));
  return y;
}

static const char *pairs_to_onnx(OnnxWriter *w, const Node *node) { return fold_to_onnx(w, node, node->op->onnx); }
static const char *distance_to_onnx(OnnxWriter *w, const Node *node) { return ONNX_NODE(w, "Abs", fold_to_onnx(w, node, "Sub")); }

typedef Expr *Combine(Lowering *l, Expr *a, Expr *b);

static Expr *apply_from_left(Lowering *l, const Node *node, Expr *const *inputs, Combine *combine) {
  Expr *result = inputs[0];
  for (int i = 1; i < node->input_count; i++) result = combine(l, result, inputs[i]);
  return result;
}

static Expr *distance_expr(Lowering *l, Expr *a, Expr *b) { return abs_expr(l, sub_expr(l, a, b)); }

/* clang-format off */
#define ELEMENTWISE(name_, most, evaluation, expression, onnx_, hook, summary_, formula_)                                                  \
  static void evaluate_##name_(const Node *node, const double *const *inputs, double *output) {                                            \
    evaluate_from_left(node, inputs, output, evaluation);                                                                                  \
  }                                                                                                                                        \
  static Expr *apply_##name_(Lowering *l, const Node *node, Expr *const *inputs) { return apply_from_left(l, node, inputs, expression); }  \
  const Operator op_##name_ = {                                                                                                            \
      .name = #name_, .kind = OPERATOR_ELEMENTWISE, .min_inputs = 2, .max_inputs = most, .takes_constants = true,                          \
      .summary = summary_, .formula = formula_, .infer = infer, .evaluate = evaluate_##name_, .apply = apply_##name_,                      \
      .onnx = onnx_, .to_onnx = hook,                                                                                                      \
  };

ELEMENTWISE(add, -1, sum_of, add_expr, "Add", pairs_to_onnx, "sum of several tensors; a size of 1 stretches", "y = a + b + ..")
ELEMENTWISE(sub, 2, difference_of, sub_expr, "Sub", pairs_to_onnx, "difference of two tensors; a size of 1 stretches", "y = a - b")
ELEMENTWISE(mul, -1, product_of, mul_expr, "Mul", pairs_to_onnx, "product of several tensors; a size of 1 stretches", "y = a * b * ..")
ELEMENTWISE(div, 2, quotient_of, div_expr, "Div", pairs_to_onnx, "quotient of two tensors; a size of 1 stretches", "y = a / b")
ELEMENTWISE(max, -1, larger_of, max_expr, "Max", pairs_to_onnx, "largest of several tensors; a size of 1 stretches", "y = max(a, b, ..)")
ELEMENTWISE(min, -1, smaller_of, min_expr, "Min", pairs_to_onnx, "smallest of several tensors; a size of 1 stretches", "y = min(a, b, ..)")
ELEMENTWISE(abs_diff, 2, distance_of, distance_expr, "Sub, Abs", distance_to_onnx, "distance of two tensors; a size of 1 stretches", "y = |a - b|")
/* clang-format on */
