/* global_pool.c - the mean of every channel over all its pixels: [C, H, W] to [C, 1, 1], [C, L] to [C, 1]. */
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"

static bool infer(Inference *inference, Node *node) {
  if (!require_spatial(inference, node)) return false;
  const Size *one = size_of(inference->arena, 1);
  TensorType type = {.dtype = DTYPE_F32, .rank = node->inputs[0]->type.rank, .sizes = {node->inputs[0]->type.sizes[0], one, one}};
  return set_output_type(inference, node, type);
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  Dense in = dense_of(&node->inputs[0]->type);
  int64_t pixels = in.height * in.width;
  for (int64_t c = 0; c < in.channels; c++) {
    double sum = 0;
    for (int64_t i = 0; i < pixels; i++) sum += inputs[0][c * pixels + i];
    output[c] = sum / (double)pixels;
  }
}

/* y[oc] = sum over ky, kx of x[oc][ky][kx] / (H*W) */
static void nest(Lowering *l, const Node *node, Nest *n) {
  const TensorType *type = &node->inputs[0]->type;
  const Size *pixels = size_mul(l->arena, type_height(type), type_width(type));
  Expr *oc = var_expr(l, "oc"), *zero = int_expr(l, 0);
  add_result_axis(n, "oc", type_channels(type));
  add_reduction_axis(n, "ky", type_height(type), NULL, NULL);
  add_reduction_axis(n, "kx", type_width(type), NULL, NULL);
  n->initial = float_expr(l, 0);
  n->update = add_expr(l, accumulator(l), input_at(l, node, 0, oc, var_expr(l, "ky"), var_expr(l, "kx")));
  n->result = mean_expr(l, accumulator(l), size_expr(l, pixels));
  n->output[0] = oc;
  n->output[1] = n->output[2] = zero;
  n->lane_axis = "oc";
}

const Operator op_global_avg_pool = {
    .name = "global_avg_pool",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "mean of each channel over all its pixels",
    .formula = "y[oc] = sum over ky, kx of x[oc][ky][kx] / (H*W)",
    .infer = infer,
    .evaluate = evaluate,
    .nest = nest,
};
