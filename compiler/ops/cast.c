/* cast.c - numbers of another type.
 *
 * To an integer type: rounded to the nearest whole number, halves to the even one, and clamped to the range of the
 * type; NaN becomes 0. Between layers integers are held as floats, which are exact up to 2^24. */
#include <math.h>
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static const Attribute attributes[] = {
    {"dtype", ATTRIBUTE_CHOICE, offsetof(CastAttributes, dtype), "float32|uint8|int8|int16|int32", true, NULL, 0},
    {0},
};

static const CastAttributes defaults = {.dtype = DTYPE_F32};

static DType dtype_of(const Node *node) { return (DType)((const CastAttributes *)node->attributes)->dtype; }

static bool infer(Inference *inference, Node *node) {
  TensorType type = node->inputs[0]->type;
  type.dtype = dtype_of(node);
  return set_output_type(inference, node, type);
}

static double whole(double x, DType dtype) {
  double low = (double)dtype_minimum(dtype), high = (double)dtype_maximum(dtype), down = floor(x);
  if (isnan(x)) return 0;
  if (x <= low) return low;
  if (x >= high) return high;
  bool up = x - down > 0.5 || (x - down == 0.5 && fmod(down, 2) != 0);
  return up ? down + 1 : down;
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  DType dtype = dtype_of(node);
  for (int64_t i = 0, n = dense_elements(dense_of(&node->output->type)); i < n; i++)
    output[i] = dtype == DTYPE_F32 ? inputs[0][i] : whole(inputs[0][i], dtype);
}

/* y = round(x >= low ? x < high ? x : high : x < low ? low : 0); comparisons with NaN are false, which leads to the 0.
 * The largest int32 is 2^31 as a float: what stores it takes one off. */
static Expr *apply(Lowering *l, const Node *node, Expr *const *inputs) {
  DType dtype = dtype_of(node);
  if (dtype == DTYPE_F32) return inputs[0];
  Expr *x = named_expr(l, "value", inputs[0]), *low = float_expr(l, (double)dtype_minimum(dtype)),
       *high = float_expr(l, (double)dtype_maximum(dtype)), *zero = float_expr(l, 0);
  Expr *at_most = expr_select(l->arena, expr_binary(l->arena, OP_LT, x, high), x, high);
  Expr *at_least = dtype_minimum(dtype) == 0 ? zero : expr_select(l->arena, expr_binary(l->arena, OP_LT, x, low), low, zero);
  return expr_math(l->arena, MATH_ROUND, expr_select(l->arena, expr_binary(l->arena, OP_GE, x, low), at_most, at_least));
}

static void describe(Text *out, const Node *node) { text_addf(out, "cast %s", dtype_name(dtype_of(node))); }

/* Whole numbers, still as floats; the outputs of the net become integers. */
static const char *to_onnx(OnnxWriter *w, const Node *node) {
  DType dtype = dtype_of(node);
  const char *x = onnx_input(w, node, 0);
  if (dtype == DTYPE_F32) return x;
  const char *low = onnx_number(w, (double)dtype_minimum(dtype)), *high = onnx_number(w, (double)dtype_maximum(dtype));
  const char *whole = ONNX_NODE(w, "Clip", ONNX_NODE(w, "Round", x), low, high);
  return ONNX_NODE(w, "Where", ONNX_NODE(w, "IsNaN", x), onnx_number(w, 0), whole);
}

const Operator op_cast = {
    .name = "cast",
    .kind = OPERATOR_ELEMENTWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(CastAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "numbers of another type; to integers halves are rounded to even, what is outside the range is clamped, NaN becomes 0",
    .formula = "y = round(min(max(x, low), high)), halves to even",
    .onnx = "Round, Clip, Where, IsNaN, all on float32: an output of the net is cast to its type",
    .infer = infer,
    .evaluate = evaluate,
    .apply = apply,
    .describe = describe,
    .to_onnx = to_onnx,
};
