/* elementwise.c - operators of several tensors, element by element. A literal size of 1 stretches and nothing else
 * does. */
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"

static bool infer(Inference *inference, Node *node) {
  TensorType type;
  return require_equal_shapes(inference, node, -1, true, &type) && set_output_type(inference, node, type);
}

static double stretched(const double *input, Dense d, int64_t c, int64_t y, int64_t x) {
  return input[dense_index(d, d.channels == 1 ? 0 : c, d.height == 1 ? 0 : y, d.width == 1 ? 0 : x)];
}

static void evaluate_add(const Node *node, const double *const *inputs, double *output) {
  Dense out = dense_of(&node->output->type);
  for (int64_t i = 0, n = dense_elements(out); i < n; i++) output[i] = 0;
  for (int input = 0; input < node->input_count; input++) {
    Dense in = dense_of(&node->inputs[input]->type);
    for (int64_t c = 0; c < out.channels; c++)
      for (int64_t y = 0; y < out.height; y++)
        for (int64_t x = 0; x < out.width; x++) output[dense_index(out, c, y, x)] += stretched(inputs[input], in, c, y, x);
  }
}

/* y = a + b + .. */
static Expr *apply_add(Lowering *l, const Node *node, Expr *const *inputs) {
  Expr *sum = inputs[0];
  for (int i = 1; i < node->input_count; i++) sum = add_expr(l, sum, inputs[i]);
  return sum;
}

const Operator op_add = {
    .name = "add",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 2,
    .max_inputs = -1,
    .summary = "sum of several tensors of one shape; a size of 1 stretches",
    .formula = "y = a + b + ..",
    .infer = infer,
    .evaluate = evaluate_add,
    .apply = apply_add,
};
