/* activation.c - functions of one number, applied to each. A NaN stays one. */
#include <math.h>

#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"

static bool infer(Inference *inference, Node *node) {
  TensorType type = node->inputs[0]->type;
  type.dtype = DTYPE_F32;
  return set_output_type(inference, node, type);
}

static int64_t elements_of(const Node *node) { return dense_elements(dense_of(&node->output->type)); }

static void evaluate_relu(const Node *node, const double *const *inputs, double *output) {
  for (int64_t i = 0, n = elements_of(node); i < n; i++) output[i] = inputs[0][i] < 0 ? 0 : inputs[0][i];
}

static void evaluate_tanh(const Node *node, const double *const *inputs, double *output) {
  for (int64_t i = 0, n = elements_of(node); i < n; i++) output[i] = tanh(inputs[0][i]);
}

static void evaluate_sigmoid(const Node *node, const double *const *inputs, double *output) {
  for (int64_t i = 0, n = elements_of(node); i < n; i++) output[i] = 1 / (1 + exp(-inputs[0][i]));
}

/* y = x < 0 ? 0 : x, which keeps NaN where x > 0 ? x : 0 would not */
static Expr *apply_relu(Lowering *l, const Node *node, Expr *const *inputs) {
  (void)node;
  Expr *zero = float_expr(l, 0);
  return expr_select(l->arena, expr_binary(l->arena, OP_LT, inputs[0], zero), zero, inputs[0]);
}

static Expr *apply_tanh(Lowering *l, const Node *node, Expr *const *inputs) {
  (void)node;
  return expr_math(l->arena, MATH_TANH, inputs[0]);
}

static Expr *apply_sigmoid(Lowering *l, const Node *node, Expr *const *inputs) {
  (void)node;
  return expr_math(l->arena, MATH_SIGMOID, inputs[0]);
}

const Operator op_relu = {
    .name = "relu",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "negative values become 0",
    .formula = "y = max(x, 0)",
    .infer = infer,
    .evaluate = evaluate_relu,
    .apply = apply_relu,
};

const Operator op_tanh = {
    .name = "tanh",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "hyperbolic tangent",
    .formula = "y = tanh(x)",
    .infer = infer,
    .evaluate = evaluate_tanh,
    .apply = apply_tanh,
};

const Operator op_sigmoid = {
    .name = "sigmoid",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "logistic function, from 0 to 1",
    .formula = "y = 1 / (1 + exp(-x))",
    .infer = infer,
    .evaluate = evaluate_sigmoid,
    .apply = apply_sigmoid,
};
