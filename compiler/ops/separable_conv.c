/* separable_conv.c - depthwise and separable convolution: other words for convolutions whose groups are channels.
 *
 * A depthwise_conv is one conv node; a separable_conv is two, <label>.depthwise and <label>.pointwise. */
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/infer.h"
#include "ops/ops.h"
#include "support/checked.h"

static const Attribute depthwise_attributes[] = {
    {"kernel_size", ATTRIBUTE_PAIR, offsetof(DepthwiseConvAttributes, kernel_size), NULL, true, NULL, 1},
    {"multiplier", ATTRIBUTE_INT, offsetof(DepthwiseConvAttributes, multiplier), NULL, false, NULL, 1},
    {"stride", ATTRIBUTE_PAIR, offsetof(DepthwiseConvAttributes, stride), NULL, false, NULL, 1},
    {"padding", ATTRIBUTE_PADDING, offsetof(DepthwiseConvAttributes, padding), NULL, false, NULL, 0},
    {"dilation", ATTRIBUTE_PAIR, offsetof(DepthwiseConvAttributes, dilation), NULL, false, NULL, 1},
    {"bias", ATTRIBUTE_BIAS, offsetof(DepthwiseConvAttributes, bias), NULL, false, NULL, 0},
    {"padding_mode", ATTRIBUTE_CHOICE, offsetof(DepthwiseConvAttributes, padding_mode), PADDING_MODES, false, NULL, 0},
    {0},
};

static const DepthwiseConvAttributes depthwise_defaults = {
    .multiplier = 1, .stride = {1, 1}, .dilation = {1, 1}, .bias = {.present = true}};

static const Attribute separable_attributes[] = {
    {"out_channels", ATTRIBUTE_INT, offsetof(SeparableConvAttributes, out_channels), NULL, true, NULL, 1},
    {"kernel_size", ATTRIBUTE_PAIR, offsetof(SeparableConvAttributes, kernel_size), NULL, true, NULL, 1},
    {"stride", ATTRIBUTE_PAIR, offsetof(SeparableConvAttributes, stride), NULL, false, NULL, 1},
    {"padding", ATTRIBUTE_PADDING, offsetof(SeparableConvAttributes, padding), NULL, false, NULL, 0},
    {"dilation", ATTRIBUTE_PAIR, offsetof(SeparableConvAttributes, dilation), NULL, false, NULL, 1},
    {"multiplier", ATTRIBUTE_INT, offsetof(SeparableConvAttributes, multiplier), NULL, false, NULL, 1},
    {"bias", ATTRIBUTE_BIAS, offsetof(SeparableConvAttributes, bias), NULL, false, NULL, 0},
    {"padding_mode", ATTRIBUTE_CHOICE, offsetof(SeparableConvAttributes, padding_mode), PADDING_MODES, false, NULL, 0},
    {0},
};

static const SeparableConvAttributes separable_defaults = {
    .stride = {1, 1}, .dilation = {1, 1}, .multiplier = 1, .bias = {.present = true}};

/* Its groups are the channels of the input, its output channels that many times the multiplier. */
static Value *make_depthwise(Inference *inference, const Node *call, const DepthwiseConvAttributes *a, const char *part) {
  int64_t channels, out_channels;
  if (!require_spatial(inference, call) || !check_attributes(inference, call)) return NULL;
  if (!known_channels(inference, call, call->inputs[0], &channels)) return NULL;
  if (!checked_mul(channels, a->multiplier, &out_channels) || out_channels > MAX_SIZE) {
    Diagnostic *d = attribute_error(inference, call, CODE_E0307, "multiplier", "this `%s` has too many channels", call->op->name);
    set_label(d, "%lld * %lld", (long long)channels, (long long)a->multiplier);
    add_note(d, "a size may be 2^31 - 1 at most");
    return NULL;
  }
  ConvAttributes conv = {.out_channels = out_channels,
                         .kernel_size = a->kernel_size,
                         .stride = a->stride,
                         .padding = a->padding,
                         .dilation = a->dilation,
                         .groups = channels,
                         .bias = a->bias,
                         .padding_mode = a->padding_mode};
  return make_part(inference, call, &(Part){&op_conv, &conv, part, call->inputs, 1, true});
}

static bool expand_depthwise(Inference *inference, const Node *call, Expansion *expansion) {
  Value *output = make_depthwise(inference, call, call->attributes, NULL);
  if (output) ARENA_PUSH(inference->arena, expansion->outputs, expansion->output_count, output);
  return output != NULL;
}

static bool expand_separable(Inference *inference, const Node *call, Expansion *expansion) {
  const SeparableConvAttributes *a = call->attributes;
  DepthwiseConvAttributes depthwise = {.kernel_size = a->kernel_size,
                                       .multiplier = a->multiplier,
                                       .stride = a->stride,
                                       .padding = a->padding,
                                       .dilation = a->dilation,
                                       .padding_mode = a->padding_mode};
  ConvAttributes pointwise = {
      .out_channels = a->out_channels, .kernel_size = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}, .groups = 1, .bias = a->bias};
  Value **between = ARENA_ARRAY(inference->arena, Value *, 1);
  between[0] = make_depthwise(inference, call, &depthwise, "depthwise");
  Value *output = between[0] ? make_part(inference, call, &(Part){&op_conv, &pointwise, "pointwise", between, 1, false}) : NULL;
  if (output) ARENA_PUSH(inference->arena, expansion->outputs, expansion->output_count, output);
  return output != NULL;
}

const Operator op_depthwise_conv = {
    .name = "depthwise_conv",
    .kind = OPERATOR_EXPANDING,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(DepthwiseConvAttributes),
    .attributes = depthwise_attributes,
    .default_attributes = &depthwise_defaults,
    .summary = "convolution of each channel with kernels of its own",
    .formula = "y[c*multiplier + m][oy][ox] = bias[c*multiplier + m] + sum over ky, kx of "
               "x[c][oy*stride + ky*dilation - top][ox*stride + kx*dilation - left] * weight[c*multiplier + m][0][ky][kx]",
    .weights = "`weight` [channels * multiplier, 1, height, width] (sequences [.., width]), `bias` [channels * multiplier]",
    .expand = expand_depthwise,
};

const Operator op_separable_conv = {
    .name = "separable_conv",
    .kind = OPERATOR_EXPANDING,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(SeparableConvAttributes),
    .attributes = separable_attributes,
    .default_attributes = &separable_defaults,
    .summary = "convolution of each channel by itself, then of all channels at each point",
    .formula = "y[oc][oy][ox] = bias[oc] + sum over c, m of depthwise[c*multiplier + m][oy][ox] * pointwise.weight[oc][c*multiplier + m]",
    .weights =
        "`depthwise.weight` [channels * multiplier, 1, height, width], `pointwise.weight` [out_channels, channels * multiplier, 1, 1] "
        "(sequences [.., width], [.., 1]), `pointwise.bias` [out_channels]",
    .expand = expand_separable,
};
