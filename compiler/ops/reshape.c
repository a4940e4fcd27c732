/* reshape.c - the same values in another shape: flatten.
 *
 * Order chw is PyTorch's, hwc is that of Keras. A consumer that reads the image itself (fc) makes flatten a mere view;
 * its nest is for where the vector must exist. */
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"

static const Attribute attributes[] = {
    {"order", ATTRIBUTE_CHOICE, offsetof(FlattenAttributes, order), "chw|hwc", false, NULL, 0},
    {0},
};

static const FlattenAttributes defaults = {.order = FLATTEN_CHW};

static bool infer(Inference *inference, Node *node) {
  const TensorType *input = &node->inputs[0]->type;
  TensorType type = {.dtype = input->dtype, .rank = 1, .sizes = {type_elements(inference->arena, input)}};
  return set_output_type(inference, node, type);
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  const FlattenAttributes *a = node->attributes;
  Dense in = dense_of(&node->inputs[0]->type);
  for (int64_t c = 0; c < in.channels; c++)
    for (int64_t y = 0; y < in.height; y++)
      for (int64_t x = 0; x < in.width; x++) {
        int64_t chw = dense_index(in, c, y, x), hwc = (y * in.width + x) * in.channels + c;
        output[a->order == FLATTEN_CHW ? chw : hwc] = inputs[0][chw];
      }
}

/* y[(oc*H + oy)*W + ox] = x[oc][oy][ox], or y[(oy*W + ox)*C + oc] for order hwc */
static void nest(Lowering *l, const Node *node, Nest *n) {
  const FlattenAttributes *a = node->attributes;
  const TensorType *type = &node->inputs[0]->type;
  Expr *oc = var_expr(l, "oc"), *oy = var_expr(l, "oy"), *ox = var_expr(l, "ox");
  add_result_axis(n, "oy", type_height(type));
  add_result_axis(n, "ox", type_width(type));
  add_result_axis(n, "oc", type_channels(type));
  n->result = input_at(l, node, 0, oc, oy, ox);
  Expr *pixel = add_expr(l, mul_expr(l, oy, size_expr(l, type_width(type))), ox);
  const Size *pixels = size_mul(l->arena, type_height(type), type_width(type));
  n->output[0] = a->order == FLATTEN_CHW ? add_expr(l, mul_expr(l, oc, size_expr(l, pixels)), pixel)
                                         : add_expr(l, mul_expr(l, pixel, size_expr(l, type_channels(type))), oc);
  n->output[1] = n->output[2] = int_expr(l, 0);
}

static void describe(Text *out, const Node *node) {
  const FlattenAttributes *a = node->attributes;
  text_add(out, a->order == FLATTEN_CHW ? "flatten" : "flatten, order hwc");
}

const Operator op_flatten = {
    .name = "flatten",
    .kind = OPERATOR_VIEW,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(FlattenAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "all values of a tensor as one vector, channel by channel (chw) or pixel by pixel (hwc)",
    .formula = "y[(c*H + y)*W + x] = x[c][y][x]",
    .infer = infer,
    .evaluate = evaluate,
    .nest = nest,
    .describe = describe,
};
