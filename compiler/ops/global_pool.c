/* global_pool.c - the mean or the largest value of every channel over all its pixels: [C, H, W] to [C, 1, 1], [C, L] to
 * [C, 1]. */
#include <math.h>

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

static void evaluate_avg(const Node *node, const double *const *inputs, double *output) {
  Dense in = dense_of(&node->inputs[0]->type);
  int64_t pixels = in.height * in.width;
  for (int64_t c = 0; c < in.channels; c++) {
    double sum = 0;
    for (int64_t i = 0; i < pixels; i++) sum += inputs[0][c * pixels + i];
    output[c] = sum / (double)pixels;
  }
}

static void evaluate_max(const Node *node, const double *const *inputs, double *output) {
  Dense in = dense_of(&node->inputs[0]->type);
  int64_t pixels = in.height * in.width;
  for (int64_t c = 0; c < in.channels; c++) {
    double largest = -INFINITY;
    for (int64_t i = 0; i < pixels; i++) {
      double value = inputs[0][c * pixels + i];
      if (value > largest || isnan(value)) largest = value;
    }
    output[c] = largest;
  }
}

static void begin_pool(Lowering *l, const Node *node, Nest *n) {
  const TensorType *type = &node->inputs[0]->type;
  add_result_axis(n, "oc", type_channels(type));
  add_reduction_axis(n, "ky", type_height(type), NULL, NULL);
  add_reduction_axis(n, "kx", type_width(type), NULL, NULL);
  n->output[0] = var_expr(l, "oc");
  n->output[1] = n->output[2] = int_expr(l, 0);
  n->lane_axis = "oc";
}

static Expr *pixel(Lowering *l, const Node *node, Expr *y, Expr *x) { return input_at(l, node, 0, var_expr(l, "oc"), y, x); }

/* y[oc] = sum over ky, kx of x[oc][ky][kx] / (H*W) */
static void nest_avg(Lowering *l, const Node *node, Nest *n) {
  const TensorType *type = &node->inputs[0]->type;
  begin_pool(l, node, n);
  n->initial = float_expr(l, 0);
  n->update = add_expr(l, accumulator(l), pixel(l, node, var_expr(l, "ky"), var_expr(l, "kx")));
  n->result = mean_expr(l, accumulator(l), size_expr(l, size_mul(l->arena, type_height(type), type_width(type))));
}

/* y[oc] = max over ky, kx of x[oc][ky][kx] */
static void nest_max(Lowering *l, const Node *node, Nest *n) {
  begin_pool(l, node, n);
  n->initial = pixel(l, node, int_expr(l, 0), int_expr(l, 0));
  n->update = max_expr(l, accumulator(l), pixel(l, node, var_expr(l, "ky"), var_expr(l, "kx")));
  n->result = accumulator(l);
}

const Operator op_global_avg_pool = {
    .name = "global_avg_pool",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "mean of each channel over all its pixels",
    .formula = "y[oc] = sum over ky, kx of x[oc][ky][kx] / (H*W)",
    .onnx = "GlobalAveragePool",
    .infer = infer,
    .evaluate = evaluate_avg,
    .nest = nest_avg,
};

const Operator op_global_max_pool = {
    .name = "global_max_pool",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "largest value of each channel over all its pixels",
    .formula = "y[oc] = max over ky, kx of x[oc][ky][kx]",
    .onnx = "GlobalMaxPool",
    .infer = infer,
    .evaluate = evaluate_max,
    .nest = nest_max,
};
