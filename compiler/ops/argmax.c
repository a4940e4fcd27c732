/* argmax.c - which channel of each pixel is the largest, as int32; of a vector, which value.
 *
 * The first of equal ones; a NaN counts as larger than all numbers, as in PyTorch. */
#include <math.h>

#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static bool infer(Inference *inference, Node *node) {
  TensorType type = node->inputs[0]->type;
  type.dtype = DTYPE_I32;
  type.sizes[0] = size_of(inference->arena, 1);
  return set_output_type(inference, node, type);
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  Dense in = dense_of(&node->inputs[0]->type);
  int64_t pixels = in.height * in.width;
  for (int64_t i = 0; i < pixels; i++) {
    int64_t best = 0;
    for (int64_t c = 1; c < in.channels && !isnan(inputs[0][best * pixels + i]); c++) {
      double value = inputs[0][c * pixels + i];
      if (value > inputs[0][best * pixels + i] || isnan(value)) best = c;
    }
    output[i] = (double)best;
  }
}

enum { MOST_EXACT = 1 << 24 }; /* whole numbers up to here are floats */

/* At one pixel:
 *   largest = x[0], best = 0
 *   for the other channels: if x[oc] > largest, or it is the first NaN: largest = x[oc], best = oc
 *   y = best */
static Stmt *pixel(Lowering *l, const Node *node, Expr *y, Expr *x) {
  Arena *a = l->arena;
  Expr *zero = int_expr(l, 0), *oc = var_expr(l, "oc"), *value = expr_var(a, "value", type_f32);
  bool as_float = size_maximum(type_channels(&node->inputs[0]->type)) <= MOST_EXACT; /* which vectors choose as they do values */
  Expr *number = as_float ? expr_cast(a, type_f32, oc) : oc, *first = as_float ? float_expr(l, 0) : zero;
  Expr *largest = expr_var(a, "largest", type_f32), *best = expr_var(a, "best", number->type);
  Expr *is_first = expr_binary(a, OP_AND, expr_binary(a, OP_NE, value, value), expr_binary(a, OP_EQ, largest, largest));
  Expr *wins = expr_binary(a, OP_OR, expr_binary(a, OP_GT, value, largest), expr_var(a, "first_nan", type_bool));
  Stmt *body = stmt_let(a, "value", input_at(l, node, 0, oc, y, x), true);
  body = stmt_then(body, stmt_let(a, "first_nan", is_first, true));
  body = stmt_then(body, stmt_let(a, "wins", wins, true));
  Expr *won = expr_var(a, "wins", type_bool);
  body = stmt_then(body, stmt_set(a, "best", expr_select(a, won, number, best)));
  body = stmt_then(body, stmt_set(a, "largest", expr_select(a, won, value, largest)));
  Stmt *all = stmt_let(a, "largest", input_at(l, node, 0, zero, y, x), false);
  all = stmt_then(all, stmt_let(a, "best", first, false));
  all = stmt_then(all, stmt_for(a, "oc", int_expr(l, 1), size_expr(l, type_channels(&node->inputs[0]->type)), int_expr(l, 1), body));
  return stmt_then(all, store_output(l, node, zero, y, x, as_float ? expr_cast(a, type_of_dtype(DTYPE_I32), best) : best));
}

static Stmt *loops(Lowering *l, const Node *node) {
  const TensorType *type = &node->inputs[0]->type;
  bool rows = !size_is(type_height(type), 1), columns = !size_is(type_width(type), 1);
  Expr *zero = int_expr(l, 0), *one = int_expr(l, 1);
  Stmt *body = pixel(l, node, rows ? var_expr(l, "oy") : zero, columns ? var_expr(l, "ox") : zero);
  if (columns) body = stmt_for_points(l->arena, "ox", zero, size_expr(l, type_width(type)), one, body);
  if (rows) body = stmt_for_points(l->arena, "oy", zero, size_expr(l, type_height(type)), one, body);
  return body;
}

static const char *to_onnx(OnnxWriter *w, const Node *node) {
  const char *index = ONNX_NODE(w, "ArgMax", onnx_input(w, node, 0));
  onnx_int(w, "axis", 1);
  onnx_int(w, "keepdims", 1);
  return onnx_cast(w, index, ONNX_FLOAT32);
}

const Operator op_argmax = {
    .name = "argmax",
    .kind = OPERATOR_LOOPS,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "the number of the channel with the largest value, as int32; the first of equal ones, and NaN is larger than all",
    .formula = "y[0][oy][ox] = the least oc for which x[oc][oy][ox] is largest",
    .onnx = "ArgMax, Cast to float32",
    .infer = infer,
    .evaluate = evaluate,
    .loops = loops,
    .to_onnx = to_onnx,
};
