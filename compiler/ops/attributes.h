/* attributes.h - the attribute structures of the operators, as the tables in their files describe them.
 *
 * Complete once `infer` has run: a pooling stride that was not written is the kernel then. */
#ifndef CNNC_OPS_ATTRIBUTES_H
#define CNNC_OPS_ATTRIBUTES_H
#include "ir/operator.h"

typedef struct ConvAttributes {
  int64_t out_channels;
  Pair kernel_size, stride;
  Padding padding;
  Pair dilation;
  int64_t groups;
  Bias bias;
  int padding_mode;           /* PaddingMode */
  ConstantArray *weight;      /* [out, in/groups, kh, kw], given in the source; NULL: learned */
  ConstantArray *connections; /* [out, in/groups] of 0 and 1; NULL: all are connected */
} ConvAttributes;

typedef struct DepthwiseConvAttributes {
  Pair kernel_size;
  int64_t multiplier;
  Pair stride;
  Padding padding;
  Pair dilation;
  Bias bias;
  int padding_mode; /* PaddingMode */
} DepthwiseConvAttributes;

typedef struct SeparableConvAttributes {
  int64_t out_channels;
  Pair kernel_size, stride;
  Padding padding;
  Pair dilation;
  int64_t multiplier;
  Bias bias;
  int padding_mode; /* PaddingMode */
} SeparableConvAttributes;

typedef struct FilterAttributes {
  ConstantArray *kernel; /* [kh, kw], or [k] for a sequence */
  Pair stride;
  Padding padding;
  int padding_mode; /* PaddingMode */
  Pair dilation;
  bool flip;
} FilterAttributes;

typedef struct ConvTransposeAttributes {
  int64_t out_channels;
  Pair kernel_size, stride;
  Padding padding; /* what is cut off the result */
  Pair output_padding, dilation;
  int64_t groups;
  Bias bias;
} ConvTransposeAttributes;

/* What stands beyond the edges of an input: the choices of `padding_mode`. */
#define PADDING_MODES "zeros|reflect|replicate|circular"
typedef enum PaddingMode { PADDING_ZEROS, PADDING_REFLECT, PADDING_REPLICATE, PADDING_CIRCULAR } PaddingMode;

typedef struct FcAttributes {
  int64_t out_features;
  bool bias;
} FcAttributes;

typedef struct PoolAttributes { /* max_pool has no count_include_pad */
  Pair kernel_size, stride;     /* stride 0 0 before `infer`: the kernel's size */
  Padding padding;
  Pair dilation;
  bool ceil_mode, count_include_pad;
} PoolAttributes;

typedef struct WeightedPoolAttributes {
  PoolAttributes pool;   /* the kernel's size is that of the weights */
  ConstantArray *weight; /* as written; the parameter holds it divided by its sum */
} WeightedPoolAttributes;

typedef struct AdaptivePoolAttributes {
  Pair size;
} AdaptivePoolAttributes;

typedef struct BatchNormAttributes {
  double eps;
  bool scale; /* false: no weight, its factor is 1 */
} BatchNormAttributes;

/* Slots of its parameters. */
enum { BATCH_NORM_WEIGHT, BATCH_NORM_BIAS, BATCH_NORM_MEAN, BATCH_NORM_VARIANCE };

typedef struct ChannelAffineAttributes {
  bool scale, bias;
} ChannelAffineAttributes;

typedef struct LeakyReluAttributes {
  double slope; /* for values below 0 */
} LeakyReluAttributes;

typedef struct PreluAttributes {
  bool per_channel; /* false: one slope for all */
} PreluAttributes;

typedef struct EluAttributes {
  double alpha;
} EluAttributes;

typedef struct SeluAttributes {
  double alpha, gamma; /* gamma multiplies all */
} SeluAttributes;

typedef struct ClipAttributes {
  double min, max; /* infinite: none */
} ClipAttributes;

typedef struct ThresholdedReluAttributes {
  double threshold;
} ThresholdedReluAttributes;

typedef struct GeluAttributes {
  int approximate; /* GeluForm */
} GeluAttributes;

typedef enum GeluForm { GELU_ERF, GELU_TANH } GeluForm;

typedef struct HardSigmoidAttributes {
  double slope; /* at 0 */
} HardSigmoidAttributes;

typedef struct PowAttributes {
  double exponent;
} PowAttributes;

typedef struct NormAttributes { /* instance_norm has no axis; l2_normalize neither scale nor bias */
  double eps;
  int axis; /* NormAxis */
  bool scale, bias;
} NormAttributes;

typedef enum NormAxis { NORM_CHANNELS, NORM_ALL } NormAxis;

typedef struct LrnAttributes {
  int64_t size;
  double alpha, beta, k;
} LrnAttributes;

typedef struct SoftmaxAttributes {
  int axis; /* NamedAxis */
} SoftmaxAttributes;

typedef struct ConcatAttributes {
  int axis; /* ConcatAxis */
} ConcatAttributes;

typedef enum ConcatAxis { CONCAT_CHANNELS, CONCAT_HEIGHT, CONCAT_WIDTH } ConcatAxis;

typedef struct ReduceAttributes {
  int axis; /* NamedAxis */
} ReduceAttributes;

typedef struct FlattenAttributes {
  int order; /* FlattenOrder */
} FlattenAttributes;

typedef enum FlattenOrder { FLATTEN_CHW, FLATTEN_HWC } FlattenOrder;

typedef struct ReshapeAttributes {
  ConstantArray *shape; /* one size may be -1 */
} ReshapeAttributes;

typedef struct PermuteAttributes {
  ConstantArray *order; /* axis i of the output is axis order[i] of the input */
} PermuteAttributes;

/* What crop takes away and pad adds on each side. */
typedef struct Margins {
  int64_t top, bottom, left, right;
  Sides channels;
} Margins;

typedef struct PadAttributes {
  Margins margins;
  int mode; /* PaddingMode */
  double value;
} PadAttributes;

typedef struct SplitAttributes {
  ConstantArray *parts; /* how many, or the channels of each */
} SplitAttributes;

typedef struct UpsampleAttributes {
  Pair scale;
  int mode; /* UpsampleMode */
  bool align_corners;
} UpsampleAttributes;

typedef enum UpsampleMode { UPSAMPLE_NEAREST, UPSAMPLE_BILINEAR } UpsampleMode;

typedef struct ResizeAttributes {
  Pair size;
  int mode, coordinates, rounding; /* ResizeMode, ResizeCoordinates; of nearest ResizeRounding */
  ConstantArray *scale;            /* a number, or of height and width; NULL: the quotient of the sizes */
} ResizeAttributes;

typedef enum ResizeMode { RESIZE_NEAREST, RESIZE_BILINEAR, RESIZE_BICUBIC } ResizeMode;
typedef enum ResizeCoordinates {
  RESIZE_HALF_PIXEL,
  RESIZE_ALIGN_CORNERS,
  RESIZE_ASYMMETRIC,
  RESIZE_HALF_PIXEL_SYMMETRIC
} ResizeCoordinates;
typedef enum ResizeRounding { RESIZE_FLOOR, RESIZE_CEIL, RESIZE_ROUND_PREFER_FLOOR, RESIZE_ROUND_PREFER_CEIL } ResizeRounding;

typedef struct PixelShuffleAttributes {
  int64_t r;
  int order; /* ShuffleOrder */
} PixelShuffleAttributes;

typedef enum ShuffleOrder { SHUFFLE_CRD, SHUFFLE_DCR } ShuffleOrder; /* of depth, column, row in the channels */

typedef struct ChannelShuffleAttributes {
  int64_t groups;
} ChannelShuffleAttributes;

typedef struct CastAttributes {
  int dtype; /* DType */
} CastAttributes;

typedef struct RescaleAttributes {
  double scale, offset;
} RescaleAttributes;

typedef struct NormalizeAttributes {
  ConstantArray *mean, *std; /* a number, or one for each channel */
} NormalizeAttributes;

typedef struct DropoutAttributes {
  double p;
} DropoutAttributes;

/* Element of a normalize list for a channel. */
static inline double channel_value(const ConstantArray *array, int64_t channel) { return array->data[array->rank == 0 ? 0 : channel]; }
#endif
