/* importer.h - what the mapping of ONNX's operators works with: values, the node at hand, and how to refuse it. */
#ifndef CNNC_IMPORT_IMPORTER_H
#define CNNC_IMPORT_IMPORTER_H
#include "import/import.h"
#include "import/net.h"
#include "support/name_table.h"

/* Where an axis of an ONNX value is found in the layer that computes it, if it is not one of the layer's axes. */
enum { AXIS_NONE = -1, /* of size 1 */ AXIS_BATCH = -2 /* the samples, which are computed one by one */ };

typedef enum ValueKind {
  VALUE_BAD, /* its node was refused: what uses it is silent */
  VALUE_CONSTANT,
  VALUE_TENSOR
} ValueKind;

typedef struct Value {
  const char *name;
  ValueKind kind;
  TensorDType dtype;
  int rank;
  const Size *sizes[MAX_TENSOR_RANK]; /* as ONNX has them, but with 1 for the batch */
  /* CONSTANT: one of the three. */
  const WeightTensor *tensor;
  const double *numbers;
  const Size *const *integers; /* made from shapes, so perhaps of sizes that vary */
  /* TENSOR: axis i of the value is axis axes[i] of the layer; axes of the layer that are not among them have size 1. */
  Layer *layer;
  int axes[MAX_TENSOR_RANK];
  /* TENSOR: a reshape of `spread` to more sizes than layers have, whose axes stand in the order `axes` now. It waits for
   * the reshape that makes it a tensor of ours again (channel shuffles are written so). */
  const struct Value *spread;
  const Size *spread_sizes[MAX_TENSOR_RANK]; /* before they were reordered */
  /* TENSOR: sizes to which an Expand repeats it, of which the layer has 1. Operations on two tensors stretch it anyway. */
  bool expanded;
  const Size *expanded_sizes[MAX_TENSOR_RANK];
} Value;

typedef struct Importer {
  Arena *arena;
  Diagnostics *diagnostics;
  const OnnxModel *model;
  const ImportOptions *options;
  Net net;
  NameTable values;   /* by their names in the model */
  NameTable counts;   /* how often nodes and outputs use a value: int */
  NameTable given;    /* the sizes of --size that the inputs have */
  bool batched;       /* the first axis of inputs counts samples */
  int64_t batch_size; /* of the model, if it has one larger than 1; else 1 */
  int64_t folded;     /* bytes that folding has made */
  /* The node at hand. */
  const OnnxNode *node;
  uint64_t used_attributes; /* bit by index */
  bool refused;
} Importer;

/* Maps or folds the node. out has a place for each output of it. false: it was refused. */
typedef bool MapNode(Importer *m, const Value *const *in, int count, Value **out);

typedef struct OnnxOperator {
  const char *name;
  int min_inputs, max_inputs; /* -1: any number */
  int outputs;                /* that can be used */
  MapNode *map;               /* NULL: constants only */
  MapNode *fold;              /* when all inputs are constants; NULL: never */
  const char *op;             /* for map_unary and map_binary: what we call it */
} OnnxOperator;

const OnnxOperator *find_onnx_operator(const char *name);
extern const OnnxOperator onnx_operators[]; /* ends with name NULL */

/* false, after E1003 with the node, its operator and this reason. */
bool refuse(Importer *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, where a size that varies is the reason: how to give it a number. */
bool refuse_varying(Importer *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* false, after E1002 with this text. */
bool graph_error(Importer *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The nodes, each behind those whose values it needs; values are computed once. NULL: errors were reported. */
const OnnxNode **find_order(Importer *m);
/* By place in the order, whether outputs need it; counts how often values are used. */
bool *find_needed(Importer *m, const OnnxNode *const *order);

/* Attributes of the node. Whatever is not asked for is refused afterwards. */
bool has_attribute(Importer *m, const char *name);
int64_t int_attribute(Importer *m, const char *name, int64_t otherwise);
double float_attribute(Importer *m, const char *name, double otherwise);
const char *string_attribute(Importer *m, const char *name, const char *otherwise);
/* false: it is not there. */
bool ints_attribute(Importer *m, const char *name, const int64_t **values, int *count);
const OnnxAttribute *any_attribute(Importer *m, const char *name);
/* An attribute of no consequence, whatever its value. */
void ignore_attribute(Importer *m, const char *name);

/* Values. */
bool is_constant(const Value *value);
int64_t value_elements(const Value *value); /* of sizes that are numbers; -1: they vary */
double number_at(const Value *constant, int64_t i);
const Size *integer_at(Importer *m, const Value *constant, int64_t i);
/* The numbers of a constant that are all the same: *number. */
bool is_single_number(const Value *constant, double *number);
/* A constant list of whole numbers, from an input (a list) or an attribute; count -1: it is not there. false: refused. */
bool integers_of(Importer *m, const Value *value, const char *attribute, const Size **out, int *count);
/* The same of numbers that do not vary. */
bool numbers_of(Importer *m, const Value *value, const char *attribute, int64_t *out, int *count);
float *float_array(Importer *m, int64_t count);
/* All numbers of a constant that is a parameter, called so in messages. NULL: refused. */
const float *weights_of(Importer *m, const Value *constant, const char *what);
const int64_t *sizes_of(Importer *m, const Value *constant);
/* The axis, counted from the front; -1: refused. */
int normal_axis(Importer *m, int64_t axis, int rank);
Value *empty_constant(Importer *m, TensorDType dtype, int rank, const Size *const *sizes);
bool may_fold(Importer *m, int64_t elements);        /* whether folding may still read or make so many numbers; false: refused */
double *constant_numbers(Importer *m, Value *value); /* room for its numbers; NULL: refused, as folding makes too many */
Value *tensor_value(Importer *m, Layer *layer, int rank, const Size *const *sizes, const int *axes);
/* The same axes, another layer of the same shape. */
Value *value_like(Importer *m, const Value *value, Layer *layer);
/* How many nodes and outputs use it. */
int value_uses(const Importer *m, const Value *value);
int batch_axis(const Value *value); /* -1: none */

/* The layer whose axes are these axes of the value, in this order; all others have size 1. NULL: refused. */
Layer *arrange(Importer *m, const Value *value, const int *axes, int count);
/* The layer's numbers in these sizes, in the same order. NULL: refused. */
Layer *reshape_layer(Importer *m, Layer *layer, const Size *const *sizes, int count);
/* Of a value [N, C, H, W], [N, C, L] or [N, C] (least and most ranks given) as [C, H, W], [C, L] or [C]. */
Layer *arrange_sample(Importer *m, const Value *value, int least_rank, int most_rank);
/* The axes in the order of the layer's; axes of size 1 stand where ONNX has them. For what acts on any order. */
int axes_in_layer_order(const Value *value, int *axes);
/* A layer like the input, of the same shape. */
Layer *same_layer(Importer *m, const char *op, Layer *input);
/* An operation on this one value that keeps its shape. */
Value *unary(Importer *m, const char *op, const Value *value);
/* How the numbers of a constant lie along a value that they stretch over. */
typedef enum Spreading { SPREAD_SINGLE, SPREAD_CHANNELS, SPREAD_ANY, SPREAD_LARGER } Spreading;
/* CHANNELS: one for each of the layer's first axis, in *numbers. LARGER: the value would stretch over the constant. */
Spreading spreading(Importer *m, const Value *constant, const Value *value, const float **numbers);
/* The sizes of two values that stretch over each other. false: refused. */
bool broadcast_sizes(Importer *m, const Value *a, const Value *b, int *rank, const Size **sizes);

/* The tensors of the weights file, under the names that the text finds them by. */
void collect_tensors(const Net *net, Imported *out);

/* The value as a vector, if the constant has one number for each of its elements: in the same order, in *numbers. NULL: it
 * has not. */
const Value *as_vector(Importer *m, const Value *value, const Value *constant, const float **numbers);
/* Sum or other operation of two values, one of them perhaps a constant. NULL: refused. */
Value *binary(Importer *m, const char *op, const Value *a, const Value *b);
/* How axes of a layer are called together: "channels", "pixels"; NULL: they have no name. */
const char *axis_word(const Layer *layer, const bool *axes);

/* patterns.c: what several nodes say together. The name of what x times a gate is, "silu"; NULL: nothing. */
const char *self_gated(Importer *m, const Value *x, const Value *gate);
/* x / 2 (1 + erf(x / sqrt(2))) in any order: the layer x; NULL: it is something else. */
Layer *gelu_of(const Layer *first, const Layer *second);
/* The eps of x divided by the greater of its channels' length and eps; NULL: it is something else. */
const char *normalized_eps(const Layer *x, const Layer *length);
/* (x - mean) divided by its deviation from it, sqrt(mean of squares + eps): a layer_norm or instance_norm of x without
 * factors; NULL: it is something else. */
Layer *normalized(Importer *m, const Layer *difference, const Layer *deviation);

/* reshape.c: the same numbers in other sizes. */
/* Blocks of r by r pixels from channels; by_blocks: channels stand together for each pixel of the block (ONNX's DCR). */
Value *depth_to_space(Importer *m, const Value *value, int64_t r, bool by_blocks);
Value *reshape_value(Importer *m, const Value *value, int rank, const Size *const *sizes);

/* Where windows lie. */
typedef struct WindowShape {
  int axes; /* 1 or 2 */
  int64_t kernel[2], stride[2], dilation[2];
  int64_t before[2], after[2];
  const char *same; /* "same_upper", "same_lower"; NULL: numbers */
} WindowShape;
/* From kernel_shape (or the kernel given), strides, dilations, pads and auto_pad; rank is that of the layer. false: refused. */
bool read_window(Importer *m, int rank, const int64_t *kernel, WindowShape *window);
/* Padding that never wins, which waits for the MaxPool that takes it into its window. pads is a list. NULL: refused. */
Value *infinite_pad(Importer *m, const Value *value, const Value *pads);
void add_window_attributes(Importer *m, Layer *layer, const WindowShape *window, bool stride_is_kernel);
/* The size after the window. NULL: refused. */
const Size *window_size(Importer *m, const Size *size, const WindowShape *window, int axis, bool ceil_mode);

/* Mappings; the table is operators.c. */
MapNode map_unary, map_identity, map_dropout, map_leaky_relu, map_elu, map_selu, map_celu, map_prelu, map_clip, map_hard_sigmoid, map_gelu,
    map_swish, map_thresholded_relu, map_neg, map_reciprocal;
MapNode map_cast, map_where, map_min;
MapNode map_add, map_sub, map_mul, map_div, map_pow, map_variadic, map_mean;
MapNode map_conv, map_conv_transpose, map_max_pool, map_avg_pool, map_lp_pool, map_global_pool, map_gemm, map_matmul;
MapNode map_batch_norm, map_instance_norm, map_lrn, map_lp_norm, map_layer_norm, map_mvn, map_group_norm;
MapNode map_reshape, map_flatten, map_transpose, map_squeeze, map_unsqueeze, map_expand, map_shape, map_size;
MapNode map_slice, map_split, map_concat, map_pad, map_gather, map_tile, map_depth_to_space, map_space_to_depth, map_resize;
MapNode map_softmax, map_reduce, map_argmax;
MapNode fold_constant, fold_binary, fold_unary, fold_cast, fold_gather, fold_slice, fold_concat, fold_reshape, fold_transpose, fold_range,
    fold_constant_of_shape, fold_expand, fold_where, fold_reduce;
#endif
