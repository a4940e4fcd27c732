/* fc.c - a fully connected layer: a vector times a matrix.
 *
 * Parameters: weight [out, in] and bias [out]. When its vector is a flattened image, the lowering reads the image
 * where it lies and turns the place of a pixel into a column of the matrix, so that flattening costs nothing. */
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

enum { WEIGHT, BIAS };

static const Attribute attributes[] = {
    {"out_features", ATTRIBUTE_INT, offsetof(FcAttributes, out_features), NULL, true, NULL, 1},
    {"bias", ATTRIBUTE_BOOL, offsetof(FcAttributes, bias), NULL, false, NULL, 0},
    {0},
};

static const FcAttributes defaults = {.bias = true};

static bool refuse_rank(Inference *inference, const Node *node) {
  const TensorType *type = &node->inputs[0]->type;
  Diagnostic *d = shape_error(inference, node, CODE_E0305, "`fc` needs a vector, this is %s", type_text(inference->arena, type));
  Text values = text_new(inference->arena), channels = text_new(inference->arena);
  size_print(&values, type_elements(inference->arena, type));
  size_print(&channels, type_channels(type));
  set_label(d, "input is %s", type_text(inference->arena, type));
  if (size_equal(type_elements(inference->arena, type), type_channels(type)))
    add_help(d, "insert `-> flatten` (%s values)", text_string(&values));
  else
    add_help(d, "insert `-> flatten` (%s values) or `-> global_avg_pool -> flatten` (%s value%s)", text_string(&values),
             text_string(&channels), size_is(type_channels(type), 1) ? "" : "s");
  return false;
}

static bool infer(Inference *inference, Node *node) {
  const FcAttributes *a = node->attributes;
  int64_t in_features;
  if (!check_attributes(inference, node)) return false;
  if (node->inputs[0]->type.rank != 1) return refuse_rank(inference, node);
  if (!known_channels(inference, node, node->inputs[0], &in_features)) return false;
  int64_t sizes[] = {a->out_features, in_features};
  TensorType type = {.dtype = DTYPE_F32, .rank = 1, .sizes = {size_of(inference->arena, a->out_features)}};
  if (!parameter_fits(inference, node, 2, sizes) || !set_output_type(inference, node, type)) return false;
  declare_parameter(inference, node, WEIGHT, "weight", PARAMETER_LEARNED, 2, sizes);
  if (a->bias) declare_parameter(inference, node, BIAS, "bias", PARAMETER_LEARNED, 1, sizes);
  return true;
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  const Parameter *weight = node->parameters[WEIGHT], *bias = node->parameters[BIAS];
  int64_t in = weight->sizes[1];
  for (int64_t oc = 0; oc < weight->sizes[0]; oc++) {
    double sum = bias ? (double)bias->data[oc] : 0;
    for (int64_t ic = 0; ic < in; ic++) sum += inputs[0][ic] * (double)weight->data[oc * in + ic];
    output[oc] = sum;
  }
}

static bool is_pixel(const TensorType *type) { return size_is(type_height(type), 1) && size_is(type_width(type), 1); }

/* The flatten that made the vector of several rows or columns; NULL: the vector is read as it is. */
static const Node *flatten_of(const Node *node) {
  const Node *producer = node->inputs[0]->producer;
  while (producer && (producer->op == &op_identity || producer->op == &op_dropout || producer->op == &op_flatten)) {
    if (producer->op == &op_flatten && !is_pixel(&producer->inputs[0]->type)) return producer;
    producer = producer->inputs[0]->producer;
  }
  return NULL;
}

typedef struct Operands {
  Expr *input, *column; /* a value, and the column of the matrix that it is multiplied with */
} Operands;

/* Column (ic*H + ky)*W + kx for order chw, (ky*W + kx)*C + ic for hwc. */
static Operands read_flattened(Lowering *l, const Node *flatten, Nest *n) {
  const FlattenAttributes *order = flatten->attributes;
  const TensorType *type = &flatten->inputs[0]->type;
  const Size *channels = type_channels(type), *height = type_height(type), *width = type_width(type);
  Expr *ic = var_expr(l, "ic"), *ky = var_expr(l, "ky"), *kx = var_expr(l, "kx");
  add_reduction_axis(n, "ky", height, NULL, NULL);
  add_reduction_axis(n, "kx", width, NULL, NULL);
  add_reduction_axis(n, "ic", channels, NULL, NULL);
  Expr *pixel = add_expr(l, mul_expr(l, ky, size_expr(l, width)), kx);
  Expr *column = order->order == FLATTEN_CHW ? add_expr(l, mul_expr(l, ic, size_expr(l, size_mul(l->arena, height, width))), pixel)
                                             : add_expr(l, mul_expr(l, pixel, size_expr(l, channels)), ic);
  return (Operands){value_at(l, flatten->inputs[0], ic, ky, kx), column};
}

/* y[oc] = bias[oc] + sum over ic of x[ic] * weight[oc][ic] */
static void nest(Lowering *l, const Node *node, Nest *n) {
  const Parameter *weight = node->parameters[WEIGHT];
  const Node *flatten = flatten_of(node);
  Expr *oc = var_expr(l, "oc"), *ic = var_expr(l, "ic"), *zero = int_expr(l, 0);
  add_result_axis(n, "oc", size_of(l->arena, weight->sizes[0]));
  Operands operands;
  if (flatten) operands = read_flattened(l, flatten, n);
  else {
    add_reduction_axis(n, "ic", size_of(l->arena, weight->sizes[1]), NULL, NULL);
    operands = (Operands){input_at(l, node, 0, ic, zero, zero), ic};
  }
  n->update = add_expr(l, accumulator(l), mul_expr(l, operands.input, parameter_at(l, node, WEIGHT, oc, operands.column, NULL, NULL)));
  n->initial = node->parameters[BIAS] ? parameter_at(l, node, BIAS, oc, NULL, NULL, NULL) : float_expr(l, 0);
  n->result = accumulator(l);
  n->output[0] = oc;
  n->output[1] = n->output[2] = zero;
  n->lane_axis = "oc";
}

static const Size *macs(Arena *arena, const Node *node) {
  const Parameter *weight = node->parameters[WEIGHT];
  return size_mul_int(arena, size_of(arena, weight->sizes[0]), weight->sizes[1]);
}

static const char *to_onnx(OnnxWriter *w, const Node *node) {
  const char *y = ONNX_NODE(w, "Gemm", onnx_input(w, node, 0), onnx_parameter(w, node, WEIGHT), onnx_parameter(w, node, BIAS));
  onnx_int(w, "transB", 1);
  return y;
}

const Operator op_fc = {
    .name = "fc",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(FcAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .weights = "`weight` [out_features, in], `bias` [out_features]",
    .summary = "fully connected layer: each output is a weighted sum of all values of a vector",
    .formula = "y[oc] = bias[oc] + sum over ic of x[ic] * weight[oc][ic]",
    .onnx = "Gemm",
    .infer = infer,
    .evaluate = evaluate,
    .nest = nest,
    .macs = macs,
    .to_onnx = to_onnx,
};
