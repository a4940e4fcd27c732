/* shuffle.c - channels in another order: channel_shuffle, and pixel_shuffle, which makes pixels of them. */
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static const Attribute pixel_attributes[] = {
    {"r", ATTRIBUTE_INT, offsetof(PixelShuffleAttributes, r), NULL, true, NULL, 1},
    {0},
};

static const PixelShuffleAttributes pixel_defaults = {.r = 1};

static const Attribute channel_attributes[] = {
    {"groups", ATTRIBUTE_INT, offsetof(ChannelShuffleAttributes, groups), NULL, true, NULL, 1},
    {0},
};

static const ChannelShuffleAttributes channel_defaults = {.groups = 1};

static int64_t factor_of(const Node *node) { return ((const PixelShuffleAttributes *)node->attributes)->r; }
static int64_t groups_of(const Node *node) { return ((const ChannelShuffleAttributes *)node->attributes)->groups; }

static bool infer_pixel(Inference *inference, Node *node) {
  int64_t channels, r = factor_of(node);
  const TensorType *input = &node->inputs[0]->type;
  if (!check_attributes(inference, node)) return false;
  if (input->rank != 3) {
    Diagnostic *d = shape_error(inference, node, CODE_E0305, "`pixel_shuffle` needs an image");
    set_label(d, "input is %s", type_text(inference->arena, input));
    add_note(d, "an image is [channels, height, width]");
    return false;
  }
  if (!known_channels(inference, node, node->inputs[0], &channels)) return false;
  if (r > channels || channels % (r * r) != 0) { /* r is below 2^31 */
    Diagnostic *d = attribute_error(inference, node, CODE_E0311, "r", "`pixel_shuffle(%lld)` does not divide %lld channel%s", (long long)r,
                                    (long long)channels, channels == 1 ? "" : "s");
    set_label(d, "%lld / (%lld*%lld) is not a whole number", (long long)channels, (long long)r, (long long)r);
    add_note(d, "each pixel becomes r*r pixels, which are taken from so many channels");
    return false;
  }
  TensorType type = *input;
  type.sizes[0] = size_of(inference->arena, channels / (r * r));
  for (int i = 1; i < 3; i++) type.sizes[i] = size_mul_int(inference->arena, type.sizes[i], r);
  return set_output_type(inference, node, type);
}

static void evaluate_pixel(const Node *node, const double *const *inputs, double *output) {
  Dense in = dense_of(&node->inputs[0]->type), out = dense_of(&node->output->type);
  int64_t r = factor_of(node);
  for (int64_t c = 0; c < out.channels; c++)
    for (int64_t y = 0; y < out.height; y++)
      for (int64_t x = 0; x < out.width; x++)
        output[dense_index(out, c, y, x)] = inputs[0][dense_index(in, c * r * r + y % r * r + x % r, y / r, x / r)];
}

/* y[oc][oy*r + ky][ox*r + kx] = x[oc*r*r + ky*r + kx][oy][ox] */
static void nest_pixel(Lowering *l, const Node *node, Nest *n) {
  const TensorType *type = &node->inputs[0]->type;
  int64_t r = factor_of(node);
  Expr *oc = var_expr(l, "oc"), *oy = var_expr(l, "oy"), *ox = var_expr(l, "ox"), *ky = var_expr(l, "ky"), *kx = var_expr(l, "kx"),
       *factor = int_expr(l, r);
  add_result_axis(n, "oy", type_height(type));
  add_result_axis(n, "ky", size_of(l->arena, r));
  add_result_axis(n, "ox", type_width(type));
  add_result_axis(n, "kx", size_of(l->arena, r));
  add_result_axis(n, "oc", type_channels(&node->output->type));
  Expr *channel = add_expr(l, mul_expr(l, oc, int_expr(l, r * r)), add_expr(l, mul_expr(l, ky, factor), kx));
  n->result = input_at(l, node, 0, channel, oy, ox);
  n->output[0] = oc;
  n->output[1] = add_expr(l, mul_expr(l, oy, factor), ky);
  n->output[2] = add_expr(l, mul_expr(l, ox, factor), kx);
}

static void describe_pixel(Text *out, const Node *node) { text_addf(out, "pixel_shuffle %lld", (long long)factor_of(node)); }

static bool infer_channel(Inference *inference, Node *node) {
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
static void evaluate_channel(const Node *node, const double *const *inputs, double *output) {
  Dense d = dense_of(&node->output->type);
  int64_t groups = groups_of(node), each = d.channels / groups, pixels = d.height * d.width;
  for (int64_t c = 0; c < d.channels; c++)
    for (int64_t i = 0; i < pixels; i++) output[(c % each * groups + c / each) * pixels + i] = inputs[0][c * pixels + i];
}

/* y[oc*groups + g][oy][ox] = x[g*C/groups + oc][oy][ox] */
static void nest_channel(Lowering *l, const Node *node, Nest *n) {
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

static void describe_channel(Text *out, const Node *node) { text_addf(out, "channel_shuffle, groups %lld", (long long)groups_of(node)); }

static const char *pixel_to_onnx(OnnxWriter *w, const Node *node) {
  const char *y = ONNX_NODE(w, "DepthToSpace", onnx_input(w, node, 0));
  onnx_int(w, "blocksize", factor_of(node));
  onnx_string(w, "mode", "CRD");
  return y;
}

const Operator op_pixel_shuffle = {
    .name = "pixel_shuffle",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(PixelShuffleAttributes),
    .attributes = pixel_attributes,
    .default_attributes = &pixel_defaults,
    .summary = "r*r channels become one that is r times as high and wide, in PyTorch's order",
    .formula = "y[oc][oy*r + ky][ox*r + kx] = x[oc*r*r + ky*r + kx][oy][ox]",
    .onnx = "DepthToSpace",
    .infer = infer_pixel,
    .evaluate = evaluate_pixel,
    .nest = nest_pixel,
    .describe = describe_pixel,
    .to_onnx = pixel_to_onnx,
};

static const char *channel_to_onnx(OnnxWriter *w, const Node *node) {
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
    .attributes = channel_attributes,
    .default_attributes = &channel_defaults,
    .summary = "the channels of all groups in turn: the first of each, the second of each, ..",
    .formula = "y[oc*groups + g] = x[g*C/groups + oc]",
    .onnx = "Reshape, Transpose, Reshape",
    .infer = infer_channel,
    .evaluate = evaluate_channel,
    .nest = nest_channel,
    .describe = describe_channel,
    .to_onnx = channel_to_onnx,
};
