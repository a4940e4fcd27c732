/* ops.c - the table of all operators, and what other frameworks call them. */
#include "ops/ops.h"

#include <string.h>

const Operator *const all_operators[] = {
#define OPERATOR(name) &op_##name,
#include "ops/ops.def"
    NULL,
};

const Operator *find_operator(const char *name) {
  for (int i = 0; all_operators[i]; i++)
    if (strcmp(all_operators[i]->name, name) == 0) return all_operators[i];
  return NULL;
}

typedef struct ForeignName {
  const char *foreign, *ours;
} ForeignName;

/* Of PyTorch (modules and functions), Keras, ONNX, Caffe and Darknet. Operators that cnnc does not have yet may stand
 * here: they are offered once they exist. */
/* clang-format off */
static const ForeignName foreign_operators[] = {
    {"Conv", "conv"}, {"Conv1d", "conv"}, {"Conv2d", "conv"}, {"Conv1D", "conv"}, {"Conv2D", "conv"},
    {"conv1d", "conv"}, {"conv2d", "conv"}, {"Convolution", "conv"}, {"Convolution1D", "conv"},
    {"Convolution2D", "conv"}, {"convolution", "conv"}, {"convolutional", "conv"}, {"convolve", "conv"},
    {"QLinearConv", "conv"}, {"DepthwiseConv2D", "depthwise_conv"}, {"DepthwiseConv1D", "depthwise_conv"},
    {"ConvolutionDepthwise", "depthwise_conv"}, {"DepthwiseConvolution", "depthwise_conv"},
    {"SeparableConv2D", "separable_conv"}, {"SeparableConv1D", "separable_conv"},
    {"SeparableConvolution2D", "separable_conv"}, {"ConvTranspose", "conv_transpose"},
    {"ConvTranspose1d", "conv_transpose"}, {"ConvTranspose2d", "conv_transpose"},
    {"Conv2DTranspose", "conv_transpose"}, {"Conv1DTranspose", "conv_transpose"}, {"Deconvolution", "conv_transpose"},
    {"deconvolutional", "conv_transpose"}, {"deconv", "conv_transpose"}, {"Linear", "fc"}, {"linear", "fc"},
    {"Dense", "fc"}, {"dense", "fc"}, {"InnerProduct", "fc"}, {"inner_product", "fc"}, {"Gemm", "fc"},
    {"MatMul", "fc"}, {"connected", "fc"}, {"fully_connected", "fc"}, {"FullyConnected", "fc"}, {"FC", "fc"},
    {"MaxPool", "max_pool"}, {"MaxPool1d", "max_pool"}, {"MaxPool2d", "max_pool"}, {"MaxPooling1D", "max_pool"},
    {"MaxPooling2D", "max_pool"}, {"MaxPool1D", "max_pool"}, {"MaxPool2D", "max_pool"}, {"max_pool1d", "max_pool"},
    {"max_pool2d", "max_pool"}, {"maxpool", "max_pool"}, {"maxpool2d", "max_pool"}, {"Pooling", "max_pool"},
    {"pool", "max_pool"}, {"AvgPool", "avg_pool"}, {"AveragePool", "avg_pool"}, {"AvgPool1d", "avg_pool"},
    {"AvgPool2d", "avg_pool"}, {"AveragePooling1D", "avg_pool"}, {"AveragePooling2D", "avg_pool"},
    {"AvgPool1D", "avg_pool"}, {"AvgPool2D", "avg_pool"}, {"avg_pool1d", "avg_pool"}, {"avg_pool2d", "avg_pool"},
    {"average_pool", "avg_pool"}, {"avgpool", "avg_pool"}, {"mean_pool", "avg_pool"},
    {"GlobalAveragePool", "global_avg_pool"}, {"GlobalAveragePooling1D", "global_avg_pool"},
    {"GlobalAveragePooling2D", "global_avg_pool"}, {"GlobalAvgPool1D", "global_avg_pool"},
    {"GlobalAvgPool2D", "global_avg_pool"}, {"AdaptiveAvgPool1d", "adaptive_avg_pool"},
    {"AdaptiveAvgPool2d", "adaptive_avg_pool"}, {"adaptive_avg_pool2d", "adaptive_avg_pool"},
    {"global_average_pool", "global_avg_pool"}, {"gap", "global_avg_pool"}, {"GlobalMaxPool", "global_max_pool"},
    {"GlobalMaxPooling1D", "global_max_pool"}, {"GlobalMaxPooling2D", "global_max_pool"},
    {"AdaptiveMaxPool2d", "global_max_pool"}, {"BatchNorm", "batch_norm"}, {"BatchNorm1d", "batch_norm"},
    {"BatchNorm2d", "batch_norm"}, {"BatchNormalization", "batch_norm"}, {"batchnorm", "batch_norm"},
    {"batch_normalization", "batch_norm"}, {"batch_normalize", "batch_norm"}, {"bn", "batch_norm"},
    {"BN", "batch_norm"}, {"Scale", "channel_affine"}, {"scale_channels", "channel_affine"},
    {"AdaptiveAveragePooling2D", "adaptive_avg_pool"}, {"LPPool1d", "l2_pool"}, {"LPPool2d", "l2_pool"},
    {"LpPool", "l2_pool"}, {"CosineSimilarity", "cosine_similarity"}, {"Dot", "dot"},
    {"LpNormalization", "l2_normalize"}, {"UnitNormalization", "l2_normalize"}, {"L2Normalize", "l2_normalize"},
    {"local_response_norm", "lrn"}, {"InstanceNorm1d", "instance_norm"}, {"InstanceNorm2d", "instance_norm"}, {"InstanceNormalization", "instance_norm"}, {"LayerNorm", "layer_norm"},
    {"LayerNormalization", "layer_norm"}, {"LRN", "lrn"}, {"LocalResponseNorm", "lrn"}, {"ReLU", "relu"},
    {"Relu", "relu"}, {"RELU", "relu"}, {"rectify", "relu"}, {"ReLU6", "relu6"}, {"LeakyReLU", "leaky_relu"},
    {"LeakyRelu", "leaky_relu"}, {"leaky", "leaky_relu"}, {"PReLU", "prelu"}, {"PRelu", "prelu"}, {"ELU", "elu"},
    {"Elu", "elu"}, {"SELU", "selu"}, {"Selu", "selu"}, {"Clip", "clip"}, {"clamp", "clip"}, {"Hardtanh", "clip"}, {"hardtanh", "clip"},
    {"clip_by_value", "clip"}, {"ThresholdedRelu", "thresholded_relu"}, {"ThresholdedReLU", "thresholded_relu"}, {"Threshold", "thresholded_relu"},
    {"Mish", "mish"}, {"Softsign", "softsign"}, {"SoftSign", "softsign"}, {"SiLU", "silu"}, {"swish", "silu"}, {"Swish", "silu"}, {"GELU", "gelu"}, {"Gelu", "gelu"},
    {"Sigmoid", "sigmoid"}, {"logistic", "sigmoid"}, {"Tanh", "tanh"}, {"TanH", "tanh"},
    {"hyperbolic_tangent", "tanh"}, {"Softplus", "softplus"}, {"SoftPlus", "softplus"}, {"Hardsigmoid", "hard_sigmoid"},
    {"HardSigmoid", "hard_sigmoid"}, {"hardsigmoid", "hard_sigmoid"}, {"Hardswish", "hard_swish"},
    {"hardswish", "hard_swish"}, {"hard_silu", "hard_swish"}, {"HardSwish", "hard_swish"}, {"Softmax", "softmax"},
    {"SoftMax", "softmax"}, {"Softmax2d", "softmax"}, {"LogSoftmax", "log_softmax"}, {"Add", "add"}, {"Sum", "add"}, {"Eltwise", "add"},
    {"plus", "add"}, {"sum", "add"}, {"shortcut", "add"}, {"Subtract", "sub"}, {"Sub", "sub"}, {"Multiply", "mul"},
    {"Mul", "mul"}, {"multiply", "mul"}, {"Div", "div"}, {"divide", "div"}, {"true_divide", "div"},
    {"Max", "max"}, {"Maximum", "max"}, {"maximum", "max"}, {"Min", "min"}, {"Minimum", "min"}, {"minimum", "min"},
    {"subtract", "sub"}, {"Exp", "exp"}, {"Log", "log"}, {"Abs", "abs"}, {"absolute", "abs"}, {"Square", "square"},
    {"Sqrt", "sqrt"}, {"Pow", "pow"}, {"power", "pow"}, {"Power", "pow"},
    {"ReduceSum", "reduce_sum"}, {"ReduceMean", "reduce_mean"}, {"mean", "reduce_mean"}, {"ReduceMax", "reduce_max"},
    {"amax", "reduce_max"}, {"ReduceMin", "reduce_min"}, {"amin", "reduce_min"},
    {"Concat", "concat"}, {"Concatenate", "concat"}, {"concatenate", "concat"}, {"cat", "concat"},
    {"route", "concat"}, {"Split", "split"}, {"Slice", "split"}, {"Flatten", "flatten"}, {"view", "flatten"},
    {"chunk", "split"}, {"Chunk", "split"}, {"unflatten", "reshape"}, {"Unflatten", "reshape"},
    {"Reshape", "reshape"}, {"Permute", "permute"}, {"Transpose", "permute"}, {"transpose", "permute"},
    {"swapaxes", "permute"}, {"movedim", "permute"}, {"moveaxis", "permute"}, {"ZeroPad1d", "pad"}, {"ZeroPad2d", "pad"}, {"ZeroPadding1D", "pad"},
    {"ZeroPadding2D", "pad"}, {"ConstantPad1d", "pad"}, {"ConstantPad2d", "pad"}, {"ReflectionPad1d", "pad"},
    {"ReflectionPad2d", "pad"}, {"ReplicationPad1d", "pad"}, {"ReplicationPad2d", "pad"}, {"CircularPad1d", "pad"},
    {"CircularPad2d", "pad"}, {"Pad", "pad"}, {"Cropping1D", "crop"}, {"Cropping2D", "crop"}, {"Crop", "crop"},
    {"CenterCrop", "center_crop_like"}, {"center_crop", "center_crop_like"}, {"Upsample", "upsample"},
    {"UpsamplingNearest2d", "upsample"}, {"UpsamplingBilinear2d", "upsample"}, {"UpSampling1D", "upsample"},
    {"UpSampling2D", "upsample"}, {"Resize", "resize"}, {"interpolate", "upsample"}, {"Interpolate", "upsample"},
    {"Resizing", "resize"},
    {"PixelShuffle", "pixel_shuffle"}, {"DepthToSpace", "pixel_shuffle"}, {"depth_to_space", "pixel_shuffle"}, {"PixelUnshuffle", "pixel_unshuffle"}, {"SpaceToDepth", "pixel_unshuffle"},
    {"space_to_depth", "pixel_unshuffle"}, {"reorg", "pixel_unshuffle"},
    {"ChannelShuffle", "channel_shuffle"}, {"Rescaling", "rescale"}, {"Rescale", "rescale"}, {"Normalize", "normalize"}, {"Normalization", "normalize"}, {"Cast", "cast"},
    {"ArgMax", "argmax"}, {"Identity", "identity"}, {"identity_layer", "identity"}, {"noop", "identity"},
    {"Dropout", "dropout"}, {"Dropout2d", "dropout"}, {"SpatialDropout2D", "dropout"},
};
/* clang-format on */

/* clang-format off */
static const ForeignName foreign_attributes[] = {
    {"filters", "out_channels"}, {"nb_filter", "out_channels"}, {"num_output", "out_channels"},
    {"num_filter", "out_channels"}, {"channels", "out_channels"}, {"output_channels", "out_channels"},
    {"units", "out_features"}, {"output_dim", "out_features"}, {"num_hidden", "out_features"},
    {"output", "out_features"}, {"out_dim", "out_features"}, {"kernel", "kernel_size"},
    {"kernel_shape", "kernel_size"}, {"pool_size", "kernel_size"}, {"size", "kernel_size"}, {"ksize", "kernel_size"},
    {"window", "kernel_size"}, {"filter_size", "kernel_size"}, {"kernel_h", "kernel_size"},
    {"kernel_w", "kernel_size"}, {"strides", "stride"}, {"subsample", "stride"}, {"stride_h", "stride"},
    {"stride_w", "stride"}, {"pads", "padding"}, {"pad", "padding"}, {"auto_pad", "padding"},
    {"border_mode", "padding"}, {"pad_h", "padding"}, {"pad_w", "padding"}, {"dilations", "dilation"},
    {"dilation_rate", "dilation"}, {"dilate", "dilation"}, {"rate", "dilation"}, {"group", "groups"},
    {"num_group", "groups"}, {"use_bias", "bias"}, {"bias_term", "bias"}, {"no_bias", "bias"},
    {"pad_mode", "padding_mode"}, {"include_pad", "count_include_pad"},
    {"count_include_padding", "count_include_pad"}, {"exclude_pad", "count_include_pad"}, {"ceil", "ceil_mode"},
    {"round_mode", "ceil_mode"}, {"rounding_type", "ceil_mode"}, {"epsilon", "eps"}, {"output_size", "size"}, {"elementwise_affine", "scale"}, {"affine", "scale"},
    {"center", "bias"}, {"dim", "axis"}, {"concat_dim", "axis"}, {"axes", "axis"}, {"data_format", "order"},
    {"variance", "std"}, {"stddev", "std"}, {"stdev", "std"}, {"shift", "offset"}, {"ratio", "p"},
    {"dropout_ratio", "p"}, {"probability", "p"}, {"negative_slope", "slope"}, {"theta", "threshold"}, {"min_val", "min"}, {"max_val", "max"}, {"min_value", "min"},
    {"max_value", "max"}, {"alpha", "slope"},
    {"num_parameters", "per_channel"}, {"shared_axes", "per_channel"}, {"form", "approximate"},
    {"scale_factor", "scale"}, {"size", "scale"}, {"scales", "scale"}, {"interpolation", "mode"},
    {"upscale_factor", "r"}, {"blocksize", "r"}, {"block_size", "r"}, {"target_shape", "shape"}, {"newshape", "shape"},
    {"num_or_size_splits", "parts"}, {"num_outputs", "parts"}, {"chunks", "parts"},
    {"split_size_or_sections", "parts"}, {"perm", "order"}, {"dims", "order"}, {"coordinate_transformation_mode", "coordinates"}, {"nearest_mode", "rounding"}, {"constant_value", "value"}, {"constant_values", "value"}, {"to", "dtype"},
    {"type", "dtype"},
};
/* clang-format on */

static const char *translate(const ForeignName *names, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(names[i].foreign, name) == 0) return names[i].ours;
  return NULL;
}

const char *foreign_operator(const char *name) {
  const char *ours = translate(foreign_operators, sizeof foreign_operators / sizeof *foreign_operators, name);
  return ours && find_operator(ours) ? ours : NULL;
}

const char *foreign_name_of(const char *ours, int i) {
  for (size_t k = 0; k < sizeof foreign_operators / sizeof *foreign_operators; k++)
    if (strcmp(foreign_operators[k].ours, ours) == 0 && i-- == 0) return foreign_operators[k].foreign;
  return NULL;
}

static bool has_attribute(const Operator *op, const char *name) {
  for (const Attribute *a = op->attributes; a && a->name; a++)
    if (strcmp(a->name, name) == 0) return true;
  return false;
}

/* One word of theirs may be several of ours: `size` is the kernel's and the scale of Keras's UpSampling2D. */
const char *foreign_attribute(const Operator *op, const char *name) {
  for (size_t i = 0; i < sizeof foreign_attributes / sizeof *foreign_attributes; i++)
    if (strcmp(foreign_attributes[i].foreign, name) == 0 && has_attribute(op, foreign_attributes[i].ours))
      return foreign_attributes[i].ours;
  return NULL;
}

const char *why_refused(const char *name) {
  static const char *const rows[][2] = {
      {"Sequential", "layers follow one another along arrows: `-> conv1: conv(8, 3) -> relu`"},
      {"ModuleList", "layers follow one another along arrows: `-> conv1: conv(8, 3) -> relu`"},
      {"Input", "a net declares it: `input x: float32[3, 32, 32]`"},
      {"InputLayer", "a net declares it: `input x: float32[3, 32, 32]`"},
      {"Activation", "an activation is a layer of its own: `-> relu`"},
      {"Lambda", "there are no operations but those of the language; a `block` combines them"},
      {"LSTM", "networks have no cycles: recurrent layers do not exist here"},
      {"GRU", "networks have no cycles: recurrent layers do not exist here"},
      {"RNN", "networks have no cycles: recurrent layers do not exist here"},
      {"Conv3d", "an image has two dimensions, a sequence one; there are no volumes"},
      {"Conv3D", "an image has two dimensions, a sequence one; there are no volumes"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (strcmp(rows[i][0], name) == 0) return rows[i][1];
  return NULL;
}

bool takes_other_values(const char *name) {
  static const char *const names[] = {"kernel_h",    "kernel_w",   "stride_h",      "stride_w", "pad_h",  "pad_w",       "auto_pad",
                                      "border_mode", "no_bias",    "exclude_pad",   "pads",     "center", "data_format", "variance",
                                      "ratio",       "round_mode", "rounding_type", "affine",   "dim",    "axes",        "concat_dim"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], name) == 0) return true;
  return false;
}
