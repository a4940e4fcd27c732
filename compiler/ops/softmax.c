/* softmax.c - numbers to probabilities, over the channels of each pixel.
 *
 * The largest is subtracted first, so that no exponential overflows. */
#include <math.h>
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static const Attribute attributes[] = {
    {"axis", ATTRIBUTE_CHOICE, offsetof(SoftmaxAttributes, axis), "channels", false, NULL, 0},
    {0},
};

static const SoftmaxAttributes defaults = {.axis = 0};

static bool infer(Inference *inference, Node *node) {
  TensorType type = node->inputs[0]->type;
  type.dtype = DTYPE_F32;
  return set_output_type(inference, node, type);
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  Dense d = dense_of(&node->output->type);
  int64_t pixels = d.height * d.width;
  for (int64_t i = 0; i < pixels; i++) {
    double largest = -INFINITY, sum = 0;
    for (int64_t c = 0; c < d.channels; c++) {
      double value = inputs[0][c * pixels + i];
      if (value > largest || isnan(value)) largest = value;
    }
    for (int64_t c = 0; c < d.channels; c++) sum += exp(inputs[0][c * pixels + i] - largest);
    for (int64_t c = 0; c < d.channels; c++) output[c * pixels + i] = exp(inputs[0][c * pixels + i] - largest) / sum;
  }
}

static Stmt *for_channels(Lowering *l, const Node *node, int64_t begin, Stmt *body) {
  Expr *end = size_expr(l, type_channels(&node->output->type));
  return stmt_for(l->arena, "oc", int_expr(l, begin), end, int_expr(l, 1), body);
}

/* At one pixel:
 *   largest = max over oc of x[oc]
 *   y[oc] = exp(x[oc] - largest), sum = sum over oc of y[oc]
 *   y[oc] = y[oc] / sum */
static Stmt *pixel(Lowering *l, const Node *node, Expr *y, Expr *x) {
  Arena *arena = l->arena;
  Expr *oc = var_expr(l, "oc"), *input = input_at(l, node, 0, oc, y, x);
  Expr *largest = expr_var(arena, "largest", type_f32), *sum = expr_var(arena, "sum", type_f32),
       *power = expr_var(arena, "power", type_f32);

  Stmt *all = stmt_let(arena, "largest", input_at(l, node, 0, int_expr(l, 0), y, x), false);
  all = stmt_then(all, for_channels(l, node, 1, stmt_set(arena, "largest", max_expr(l, largest, input))));

  Stmt *body = stmt_let(arena, "power", expr_math(arena, MATH_EXP, sub_expr(l, input, largest)), true);
  body = stmt_then(body, stmt_set(arena, "sum", add_expr(l, sum, power)));
  body = stmt_then(body, store_output(l, node, oc, y, x, power));
  all = stmt_then(all, stmt_let(arena, "sum", float_expr(l, 0), false));
  all = stmt_then(all, for_channels(l, node, 0, body));

  Expr *quotient = div_expr(l, output_at(l, node, oc, y, x), sum);
  return stmt_then(all, for_channels(l, node, 0, store_output(l, node, oc, y, x, quotient)));
}

static Stmt *loops(Lowering *l, const Node *node) {
  const TensorType *type = &node->output->type;
  bool rows = !size_is(type_height(type), 1), columns = !size_is(type_width(type), 1);
  Expr *zero = int_expr(l, 0), *one = int_expr(l, 1);
  Stmt *body = pixel(l, node, rows ? var_expr(l, "oy") : zero, columns ? var_expr(l, "ox") : zero);
  if (columns) body = stmt_for(l->arena, "ox", zero, size_expr(l, type_width(type)), one, body);
  if (rows) body = stmt_for(l->arena, "oy", zero, size_expr(l, type_height(type)), one, body);
  return body;
}

static const char *to_onnx(OnnxWriter *w, const Node *node) {
  const char *y = ONNX_NODE(w, "Softmax", onnx_input(w, node, 0));
  onnx_int(w, "axis", 1);
  return y;
}

const Operator op_softmax = {
    .name = "softmax",
    .kind = OPERATOR_LOOPS,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(SoftmaxAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "probabilities over the channels, which sum to 1",
    .formula = "y[oc] = exp(x[oc] - largest) / sum over channels of exp(x - largest)",
    .onnx = "Softmax",
    .infer = infer,
    .evaluate = evaluate,
    .loops = loops,
    .to_onnx = to_onnx,
};
