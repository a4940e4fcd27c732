/* shuffle.c - channel_shuffle: channels in another order, so that groups of a convolution see what others made. */
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static const Attribute attributes[] = {
    {"groups", ATTRIBUTE_INT, offsetof(ChannelShuffleAttributes, groups), NULL, true, NULL, 1},
    {0},
};

static const ChannelShuffleAttributes defaults = {.groups = 1};

static int64_t groups_of(const Node *node) { return ((const ChannelShuffleAttributes *)node->attributes)->groups; }

static bool infer(Inference *inference, Node *node) {
  int64_t channels, groups = groups_of(node);
  if (!check_attributes(inference, node) || !known_channels(inference, node, node->inputs[0], &channels)) return false;
  if (channels % groups == 0) return set_output_type(inference, node, node->inputs[0]->type);
  Diagnostic *d = attribute_error(inference, node, CODE_E0311, "groups", "`groups=%lld` does not divide %lld channel%s", (long long)groups,
                                  (long long)channels, channels == 1 ? "" : "s");
  set_label(d, "%lld / %lld is not a whole number", (long long)channels, (long long)groups);
  help_divisors(inference, d, channels);
  return false;
}

/* A matrix of groups x channels of each, transposed. */
static void evaluate(const Node *node, const double *const *inputs, double *output) {
  Dense d = dense_of(&node->output->type);
  int64_t groups = groups_of(node), each = d.channels / groups, pixels = d.height * d.width;
  for (int64_t c = 0; c < d.channels; c++)
    for (int64_t i = 0; i < pixels; i++) output[(c % each * groups + c / each) * pixels + i] = inputs[0][c * pixels + i];
}

/* y[oc*groups + g][oy][ox] = x[g*C/groups + oc][oy][ox] */
static void nest(Lowering *l, const Node *node, Nest *n) {
  const TensorType *type = &node->output->type;
  int64_t groups = groups_of(node), each = size_value(type_channels(type)) / groups;
  Expr *g = var_expr(l, "g"), *oc = var_expr(l, "oc"), *oy = var_expr(l, "oy"), *ox = var_expr(l, "ox");
  add_result_axis(n, "oy", type_height(type));
  add_result_axis(n, "ox", type_width(type));
  add_result_axis(n, "oc", size_of(l->arena, each));
  add_result_axis(n, "g", size_of(l->arena, groups));
  n->result = input_at(l, node, 0, add_expr(l, mul_expr(l, g, int_expr(l, each)), oc), oy, ox);
  n->output[0] = add_expr(l, mul_expr(l, oc, int_expr(l, groups)), g);
  n->output[1] = oy;
  n->output[2] = ox;
}

static void describe(Text *out, const Node *node) { text_addf(out, "channel_shuffle, groups %lld", (long long)groups_of(node)); }

static const char *to_onnx(OnnxWriter *w, const Node *node) {
  const TensorType *type = &node->output->type;
  const int64_t order[] = {0, 2, 1, 3, 4}, groups = groups_of(node);
  const Size *split[] = {size_of(w->arena, groups), size_of(w->arena, size_value(type->sizes[0]) / groups), type->sizes[1], type->sizes[2]};
  const char *x = onnx_reshape(w, onnx_input(w, node, 0), type->rank + 1, split);
  return onnx_reshape(w, onnx_transpose(w, x, type->rank + 2, order), type->rank, type->sizes);
}

const Operator op_channel_shuffle = {
    .name = "channel_shuffle",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(ChannelShuffleAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "the channels of all groups in turn: the first of each, the second of each, ..",
    .formula = "y[oc*groups + g] = x[g*C/groups + oc]",
    .onnx = "Reshape, Transpose, Reshape",
    .infer = infer,
    .evaluate = evaluate,
    .nest = nest,
    .describe = describe,
    .to_onnx = to_onnx,
};
