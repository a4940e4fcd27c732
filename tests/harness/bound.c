/* bound.c - see bound.h. */
#include "bound.h"

#include <math.h>
#include <string.h>

#include "ops/attributes.h"
#include "ops/ops.h"
#include "norm_bound.h"
#include "winograd_bound.h"

enum { FUNCTION_ROUNDINGS = 8 }; /* tanh, sigmoid and exp are good to a few units in the last place */

static int64_t elements_of(Arena *arena, const Value *value) { return size_value(type_elements(arena, &value->type)); }

/* The greatest power of two of which all are multiples; 0: none down to 2^-40. */
static double unit_of(const float *data, int64_t count) {
  double unit = 1;
  for (int64_t i = 0; i < count; i++)
    while (unit > 0 && fmod((double)data[i], unit) != 0) unit = unit > 1e-12 ? unit / 2 : 0;
  return unit;
}

/* The node with the absolute values of its numbers; what is subtracted becomes negative. */
static Node *node_of_magnitudes(Arena *arena, const Node *node) {
  Node *copy = ARENA_NEW(arena, Node);
  *copy = *node;
  for (int i = 0; i < node->parameter_count; i++) {
    const Parameter *parameter = node->parameters[i];
    if (!parameter) continue;
    Parameter *absolute = copy->parameters[i] = ARENA_NEW(arena, Parameter);
    *absolute = *parameter;
    int64_t count = parameter_elements(parameter);
    absolute->data = ARENA_ARRAY(arena, float, (size_t)count);
    float sign = strcmp(parameter->role, "running_mean") == 0 ? -1.0f : 1.0f;
    for (int64_t k = 0; k < count; k++) absolute->data[k] = sign * fabsf(parameter->data[k]);
  }
  if (node->op == &op_weighted_avg_pool) { /* which are divided by the sum of what they were */
    WeightedPoolAttributes *a = copy->attributes = ARENA_NEW(arena, WeightedPoolAttributes);
    *a = *(const WeightedPoolAttributes *)node->attributes;
    const ConstantArray *old = a->weight;
    a->weight = ARENA_NEW(arena, ConstantArray);
    *a->weight = *old;
    int64_t count = parameter_elements(node->parameters[0]);
    a->weight->data = ARENA_ARRAY(arena, double, (size_t)count);
    for (int64_t i = 0; i < count; i++) a->weight->data[i] = fabs(old->data[i]);
  }
  if (node->op == &op_rescale) {
    RescaleAttributes *a = copy->attributes = ARENA_NEW(arena, RescaleAttributes);
    const RescaleAttributes *old = node->attributes;
    *a = (RescaleAttributes){fabs(old->scale), fabs(old->offset)};
  }
  if (node->op == &op_pad) {
    PadAttributes *a = copy->attributes = ARENA_NEW(arena, PadAttributes);
    *a = *(const PadAttributes *)node->attributes;
    a->value = fabs(a->value);
  }
  return copy;
}

static bool is_distance(const Node *node) { return node->op == &op_l1_distance || node->op == &op_l2_distance; }

static double elements_in(const TensorType *type) {
  return (double)size_value(type_channels(type)) * (double)size_value(type_height(type)) * (double)size_value(type_width(type));
}

static double reduction_length(const Node *node, const Bound *in) {
  (void)in;
  if (node->op == &op_conv || node->op == &op_fc) return (double)(parameter_elements(node->parameters[0]) / node->parameters[0]->sizes[0]);
  if (node->op == &op_conv_transpose) /* at most */
    return (double)(parameter_elements(node->parameters[0]) / size_value(type_channels(&node->output->type)));
  if (node->op == &op_avg_pool || node->op == &op_sum_pool || node->op == &op_l2_pool || node->op == &op_weighted_avg_pool) {
    const PoolAttributes *a = node->attributes;
    return (double)(a->kernel_size.h * a->kernel_size.w);
  }
  const TensorType *type = &node->inputs[0]->type;
  if (node->op == &op_dot || is_distance(node)) return elements_in(type);
  if (node->op == &op_depthwise_correlate) return elements_in(&node->inputs[1]->type) / (double)size_value(type_channels(type));
  if (node->op == &op_resize) return 16;
  if (node->op == &op_reduce_sum || node->op == &op_reduce_mean) return elements_in(type) / elements_in(&node->output->type);
  if (node->op == &op_global_avg_pool || node->op == &op_adaptive_avg_pool)
    return (double)(size_value(type_height(type)) * size_value(type_width(type)));
  if (node->op == &op_softmax || node->op == &op_log_softmax)
    return ((const SoftmaxAttributes *)node->attributes)->axis == 0 ? (double)size_value(type_channels(type)) : elements_in(type);
  return normed_together(node) > 0 ? normed_together(node) : node->input_count;
}

/* Of x^exponent: its slope times the magnitude, and its own roundings, which a logarithm enlarges. */
static double bound_power(double exponent, double x, double y, double before) {
  if (exponent == floor(exponent) && exponent >= 0) return (exponent + 1) * pow(fmax(before, 1e-6), exponent);
  if (x == 0 || !isfinite(x)) return HUGE_VAL;
  return fabs(y) * (fabs(exponent) * (before / fabs(x) + fabs(log(fabs(x))) + 1) + 1);
}

/* Functions of one number: how far an error before them shows, plus their own, at a value x that became y. false: it is
 * none of them. */
static bool bound_at(const Node *node, double x, double y, double before, double *magnitude) {
  const Operator *op = node->op;
  if (op == &op_tanh || op == &op_sigmoid || op == &op_softplus || op == &op_relu6 || op == &op_softsign) *magnitude = before + 1;
  else if (op == &op_hard_sigmoid) *magnitude = fabs(((const HardSigmoidAttributes *)node->attributes)->slope) * before + 1;
  else if (op == &op_leaky_relu) *magnitude = fmax(1, fabs(((const LeakyReluAttributes *)node->attributes)->slope)) * before;
  else if (op == &op_elu) *magnitude = fmax(1, fabs(((const EluAttributes *)node->attributes)->alpha)) * (before + 1);
  else if (op == &op_silu || op == &op_mish || op == &op_hard_swish || op == &op_square)
    *magnitude = 2 * before * (op == &op_square ? before : 1);
  else if (op == &op_selu) {
    const SeluAttributes *a = node->attributes;
    *magnitude = fabs(a->gamma) * fmax(1, fabs(a->alpha)) * (before + 1);
  } else if (op == &op_clip) *magnitude = fmax(before, fabs(y));
  else if (op == &op_gelu) *magnitude = 3 * before;
  else if (op == &op_abs) *magnitude = before;
  else if (op == &op_exp) *magnitude = y * (before + 1);
  else if (op == &op_pow) *magnitude = bound_power(((const PowAttributes *)node->attributes)->exponent, x, y, before);
  else if (op == &op_log) *magnitude = before / fabs(x) + fabs(y) + 1;
  else if (op == &op_sqrt) *magnitude = before / (2 * y) + y;
  else return false;
  return true;
}

/* Operators of several tensors that are not sums. */
static bool bound_of_several(Arena *arena, const Node *node, const double *const *magnitudes, const double *const *values, Bound *out) {
  int64_t count = elements_of(arena, node->output);
  if (normed_together(node) > 0) {
    bound_norm(node, magnitudes, values, out->roundings, out->magnitude);
  } else if (is_distance(node)) {
    int64_t elements = elements_of(arena, node->inputs[0]);
    double *negative = ARENA_ARRAY(arena, double, (size_t)elements);
    for (int64_t i = 0; i < elements; i++) negative[i] = -magnitudes[1][i];
    const double *apart[] = {magnitudes[0], negative};
    node->op->evaluate(node, apart, out->magnitude);
  } else if (node->op == &op_sub || node->op == &op_abs_diff) {
    op_add.evaluate(node, magnitudes, out->magnitude);
  } else if (node->op == &op_max || node->op == &op_min) {
    op_max.evaluate(node, magnitudes, out->magnitude);
  } else if (node->op == &op_reduce_min) {
    Node largest = *node; /* of all that may have been the least */
    largest.op = &op_reduce_max;
    largest.op->evaluate(&largest, magnitudes, out->magnitude);
  } else if (node->op == &op_mul) {
    op_mul.evaluate(node, magnitudes, out->magnitude);
    for (int64_t i = 0; i < count; i++) out->magnitude[i] *= node->input_count;
  } else if (node->op == &op_depthwise_correlate) { /* products of two that are rounded */
    node->op->evaluate(node, magnitudes, out->magnitude);
    for (int64_t i = 0; i < count; i++) out->magnitude[i] *= 2;
  } else if (node->op == &op_div) { /* |a| / |b| + |a| |b| / b^2 */
    int64_t divisors = elements_of(arena, node->inputs[1]);
    double *least = ARENA_ARRAY(arena, double, (size_t)divisors);
    for (int64_t i = 0; i < divisors; i++) least[i] = values[1][i] * values[1][i] / (fabs(values[1][i]) + magnitudes[1][i]);
    const double *quotient[] = {magnitudes[0], least};
    op_div.evaluate(node, quotient, out->magnitude);
  } else return false;
  return true;
}

/* An error shows as much more where it decides on which side of the threshold a value is. */
static void bound_threshold(const Node *node, const Bound *in, const double *inputs, int64_t count, double *out) {
  double threshold = ((const ThresholdedReluAttributes *)node->attributes)->threshold, unit = fmin(in->unit, 0.5);
  for (int64_t i = 0; i < count; i++) {
    double away = fabs(inputs[i] - threshold);
    bool exact = unit > 0 && fmod(away, unit) == 0;
    out[i] = exact || away > in->magnitude[i] * in->roundings * exp2(-24) ? in->magnitude[i] : HUGE_VAL;
  }
}

/* Operators that are no sums of products: the slope times the magnitude before, plus their own error. */
static bool bound_function(Arena *arena, const Node *node, const Bound *in, const double *inputs, const double *values, Bound *out) {
  int64_t count = elements_of(arena, node->output), known = 0;
  while (known < count && node->input_count == 1 &&
         bound_at(node, inputs[known], values[known], in->magnitude[known], &out->magnitude[known]))
    known++;
  if (known) return true;
  if (node->op == &op_thresholded_relu) {
    bound_threshold(node, in, inputs, count, out->magnitude);
    return true;
  }
  if (node->op == &op_normalize) {
    const NormalizeAttributes *a = node->attributes;
    int64_t channels = size_value(type_channels(&node->output->type)), pixels = count / channels;
    for (int64_t i = 0; i < count; i++)
      out->magnitude[i] = (in->magnitude[i] + fabs(channel_value(a->mean, i / pixels))) / fabs(channel_value(a->std, i / pixels));
    return true;
  }
  if (node->op == &op_argmax || (node->op == &op_cast && node->output->type.dtype != DTYPE_F32)) {
    for (int64_t i = 0; i < count; i++) out->magnitude[i] = fabs(values[i]);
    return true;
  }
  if (node->op != &op_softmax && node->op != &op_log_softmax) return false;
  double largest = 0;
  for (int64_t i = 0; i < count; i++) largest = fmax(largest, in->magnitude[i]);
  for (int64_t i = 0; i < count; i++)
    out->magnitude[i] = node->op == &op_softmax ? values[i] * (2 * largest + 2) : fabs(values[i]) + 4 * largest + 2;
  return true;
}

static bool is_bilinear(const Node *node) {
  return node->op == &op_upsample && ((const UpsampleAttributes *)node->attributes)->mode == UPSAMPLE_BILINEAR;
}

/* Of several pixels; nearest takes one. */
static bool is_mixed(const Node *node) {
  return node->op == &op_resize && ((const ResizeAttributes *)node->attributes)->mode != RESIZE_NEAREST;
}

/* The weights of a result are 1.9 together at most. */
static void bound_mixed(Arena *arena, const Node *node, const double *magnitudes, double *out) {
  double largest = 0;
  for (int64_t i = 0, n = elements_of(arena, node->inputs[0]); i < n; i++) largest = fmax(largest, magnitudes[i]);
  for (int64_t i = 0, n = elements_of(arena, node->output); i < n; i++) out[i] = 2 * largest;
}

/* A weight is rounded as a part of 1, however small it is: what counts is the largest pixel around. */
static void bound_bilinear(const Node *node, const double *magnitudes, double *out) {
  const TensorType *in = &node->inputs[0]->type, *result = &node->output->type;
  int64_t height = size_value(type_height(in)), width = size_value(type_width(in)), rows = size_value(type_height(result)),
          columns = size_value(type_width(result)), count = size_value(type_channels(in)) * rows * columns;
  for (int64_t i = 0; i < count; i++) {
    int64_t c = i / (rows * columns), y = i / columns % rows * height / rows, x = i % columns * width / columns;
    out[i] = 0;
    for (int64_t iy = y - 1; iy <= y + 1; iy++)
      for (int64_t ix = x - 1; ix <= x + 1; ix++)
        if (iy >= 0 && iy < height && ix >= 0 && ix < width) out[i] = fmax(out[i], magnitudes[(c * height + iy) * width + ix]);
  }
}

/* Whether results are inputs, put elsewhere or chosen among. */
static bool moves(const Node *node) {
  static const Operator *const movers[] = {&op_relu,
                                           &op_relu6,
                                           &op_abs,
                                           &op_max,
                                           &op_min,
                                           &op_max_pool,
                                           &op_global_max_pool,
                                           &op_pad,
                                           &op_pixel_shuffle,
                                           &op_pixel_unshuffle,
                                           &op_channel_shuffle,
                                           &op_permute,
                                           &op_clip,
                                           &op_thresholded_relu,
                                           &op_reduce_max,
                                           &op_reduce_min};
  for (size_t i = 0; i < sizeof movers / sizeof *movers; i++)
    if (node->op == movers[i]) return true;
  OperatorKind kind = node->op->kind;
  return kind == OPERATOR_VIEW || kind == OPERATOR_JOIN || kind == OPERATOR_SLICE || (node->op == &op_upsample && !is_bilinear(node)) ||
         (node->op == &op_resize && !is_mixed(node));
}

static double unit_of_number(double number) { return unit_of(&(float){(float)number}, 1); }

static double unit_of_list(const ConstantArray *array, bool inverse) {
  double unit = 1;
  for (int64_t i = 0; i < (array->rank ? array->sizes[0] : 1); i++)
    unit = fmin(unit, unit_of_number(inverse ? 1 / array->data[i] : array->data[i]));
  return unit;
}

/* Of the weights of one axis. */
static double unit_between(int64_t scale, const Size *size) {
  if (scale == 1 || size_is(size, 1)) return 1;
  return (scale & (scale - 1)) == 0 ? 0.5 / (double)scale : 0;
}

static double unit_of_bilinear(const Node *node) {
  const UpsampleAttributes *a = node->attributes;
  const TensorType *type = &node->inputs[0]->type;
  if (a->align_corners) return 0;
  return unit_between(type->rank == 3 ? a->scale.h : 1, type_height(type)) * unit_between(a->scale.w, type_width(type));
}

/* Operators of one number that are exact if their numbers are fractions with powers of two below. */
static double unit_of_line(const Node *node, double unit) {
  if (node->op == &op_rescale) {
    const RescaleAttributes *a = node->attributes;
    return fmin(unit * unit_of_number(a->scale), unit_of_number(a->offset));
  }
  if (node->op == &op_normalize) {
    const NormalizeAttributes *a = node->attributes;
    return fmin(unit, unit_of_list(a->mean, false)) * unit_of_list(a->std, true);
  }
  if (node->op == &op_hard_sigmoid) return fmin(unit * unit_of_number(((const HardSigmoidAttributes *)node->attributes)->slope), 0.5);
  if (node->op == &op_leaky_relu) return unit * unit_of_number(((const LeakyReluAttributes *)node->attributes)->slope);
  return 0;
}

/* None of these is exact. */
static bool is_rounded(const Node *node) {
  static const Operator *const rounded[] = {&op_l2_pool,     &op_l2_distance, &op_weighted_avg_pool, &op_adaptive_avg_pool, &op_softmax,
                                            &op_log_softmax, &op_div};
  double magnitude;
  for (size_t i = 0; i < sizeof rounded / sizeof *rounded; i++)
    if (node->op == rounded[i]) return true;
  return normed_together(node) > 0 || bound_at(node, 1, 1, 1, &magnitude);
}

static double unit_after(const Node *node, const Bound *in) {
  double unit = in->unit;
  for (int i = 0; i < node->parameter_count && node->op != &op_batch_norm; i++)
    if (node->parameters[i]) {
      double own = unit_of(node->parameters[i]->data, parameter_elements(node->parameters[i]));
      unit = i == 0 ? unit * own : fmin(unit, own);
    }
  if (node->op == &op_argmax || (node->op == &op_cast && node->output->type.dtype != DTYPE_F32)) return 1;
  if (node->op == &op_resize) return is_mixed(node) ? 0 : in->unit;
  if (node->op == &op_pad) return fmin(unit, unit_of_number(((const PadAttributes *)node->attributes)->value));
  if (node->op == &op_clip) {
    const ClipAttributes *a = node->attributes;
    return fmin(unit, fmin(isinf(a->min) ? 1 : unit_of_number(a->min), isinf(a->max) ? 1 : unit_of_number(a->max)));
  }
  if (node->op == &op_batch_norm) return unit / 4; /* exact nets have factors from 1/4 */
  if (node->op == &op_avg_pool || node->op == &op_global_avg_pool || node->op == &op_reduce_mean) {
    double count = reduction_length(node, in);
    return exp2(floor(log2(count))) == count ? unit / count : 0;
  }
  if (node->op == &op_mul) return pow(unit, node->input_count);
  if (node->op == &op_square || node->op == &op_dot || node->op == &op_depthwise_correlate) return unit * unit;
  if (is_bilinear(node)) return unit * unit_of_bilinear(node);
  if (node->op == &op_rescale || node->op == &op_normalize || node->op == &op_hard_sigmoid || node->op == &op_leaky_relu)
    return unit_of_line(node, unit);
  const Operator *const whole[] = {&op_relu6, &op_thresholded_relu, &op_prelu, &op_abs, &op_sub, &op_max,
                                   &op_min,   &op_abs_diff}; /* of whole numbers */
  for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
    if (node->op == whole[i]) return unit;
  return is_rounded(node) ? 0 : unit;
}

/* What a cast to integers takes for a half. */
static const bool *ties_of(Arena *arena, const Node *node, const Bound *in, const double *inputs) {
  if (node->op != &op_cast || node->output->type.dtype == DTYPE_F32) return NULL;
  int64_t count = elements_of(arena, node->output);
  bool *tie = ARENA_ARRAY(arena, bool, (size_t)count);
  for (int64_t i = 0; i < count; i++) {
    double error = in->magnitude[i] * in->roundings * exp2(-24) * 1.001;
    tie[i] = fabs(fabs(inputs[i] - trunc(inputs[i])) - 0.5) <= error;
  }
  return tie;
}

static void bound_winograd(Arena *arena, const Node *node, int option, const double *magnitudes, const double *input, Bound *out) {
  WinogradForm form = may_be_winograd(node, option);
  if (!form.taps[0]) return;
  raise_to_winograd(arena, node, form, magnitudes, out->magnitude);
  out->roundings += WINOGRAD_ROUNDINGS;
  out->unit = option == 2 ? out->unit / 4 : 0; /* halves in the kernels' form, on both sides */
  for (int64_t i = 0, count = elements_of(arena, node->inputs[0]); i < count; i++)
    if (!isfinite(input[i])) out->anything = true;
}

static void bound_node(Arena *arena, const Node *node, int winograd, Bound *bounds, double **values) {
  Bound *out = &bounds[node->output->id], in = bounds[node->inputs[0]->id];
  const double **magnitudes = ARENA_ARRAY(arena, const double *, (size_t)node->input_count);
  const double **inputs = ARENA_ARRAY(arena, const double *, (size_t)node->input_count);
  for (int i = 0; i < node->input_count; i++) {
    const Bound *other = &bounds[node->inputs[i]->id];
    magnitudes[i] = other->magnitude;
    inputs[i] = values[node->inputs[i]->id];
    if (node->op == &op_center_crop_like) break; /* the second gives its shape alone */
    in.roundings = fmax(in.roundings, other->roundings);
    in.unit = fmin(in.unit, other->unit);
    in.anything = in.anything || other->anything;
  }
  int64_t count = elements_of(arena, node->output);
  values[node->output->id] = ARENA_ARRAY(arena, double, (size_t)count);
  node->op->evaluate(node, inputs, values[node->output->id]);
  out->roundings = in.roundings + (moves(node) ? 0 : reduction_length(node, &in) + FUNCTION_ROUNDINGS);
  out->magnitude = ARENA_ARRAY(arena, double, (size_t)count);
  if (is_bilinear(node)) bound_bilinear(node, magnitudes[0], out->magnitude);
  else if (is_mixed(node)) bound_mixed(arena, node, magnitudes[0], out->magnitude);
  else if (!bound_function(arena, node, &in, inputs[0], values[node->output->id], out) &&
           !bound_of_several(arena, node, magnitudes, inputs, out))
    node->op->evaluate(node_of_magnitudes(arena, node), magnitudes, out->magnitude);
  if (node->op == &op_weighted_avg_pool) {
    const Parameter *weight = node->parameters[0];
    double sum = 0;
    for (int64_t k = 0; k < parameter_elements(weight); k++) sum += fabs((double)weight->data[k]);
    for (int64_t i = 0; i < count; i++) out->magnitude[i] *= sum;
  }
  if (node->op == &op_l2_pool || node->op == &op_l2_distance) /* squares below 1e-38 are lost */
    for (int64_t i = 0; i < count; i++) out->magnitude[i] = out->magnitude[i] < 1e-12 ? 1e-12 : out->magnitude[i];
  out->unit = unit_after(node, &in);
  out->anything = in.anything;
  bound_winograd(arena, node, winograd, magnitudes[0], inputs[0], out);
  for (int64_t i = 0; i < count; i++) /* 0 times what has no bound */
    if (isnan(out->magnitude[i])) out->magnitude[i] = HUGE_VAL;
  out->tie = ties_of(arena, node, &in, inputs[0]);
}

Bound *bound_values(Arena *arena, const Graph *graph, const double *const *inputs, int winograd, const char **inexact) {
  Bound *bounds = ARENA_ARRAY(arena, Bound, (size_t)graph->value_count);
  double **values = ARENA_ARRAY(arena, double *, (size_t)graph->value_count);
  for (int i = 0; i < graph->input_count; i++) {
    const Value *value = graph->inputs[i].value;
    int64_t count = elements_of(arena, value);
    Bound *bound = &bounds[value->id];
    *bound = (Bound){.magnitude = ARENA_ARRAY(arena, double, (size_t)count), .roundings = 1, .unit = 1};
    values[value->id] = ARENA_ARRAY(arena, double, (size_t)count);
    memcpy(values[value->id], inputs[i], (size_t)count * sizeof(double));
    for (int64_t k = 0; k < count; k++) bound->magnitude[k] = fabs(inputs[i][k]);
  }
  for (int i = 0; i < graph->value_count; i++) {
    const Parameter *constant = graph->values[i]->constant;
    if (!constant) continue;
    int64_t count = parameter_elements(constant);
    bounds[i] = (Bound){.magnitude = ARENA_ARRAY(arena, double, (size_t)count), .roundings = 1, .unit = unit_of(constant->data, count)};
    values[i] = ARENA_ARRAY(arena, double, (size_t)count);
    for (int64_t k = 0; k < count; k++) bounds[i].magnitude[k] = fabs(values[i][k] = (double)constant->data[k]);
  }
  *inexact = NULL;
  for (int i = 0; i < graph->node_count; i++) {
    const Node *node = graph->nodes[i];
    bound_node(arena, node, winograd, bounds, values);
    const Bound *bound = &bounds[node->output->id];
    int64_t count = elements_of(arena, node->output);
    for (int64_t k = 0; !*inexact && k < count; k++)
      if (!(bound->magnitude[k] < bound->unit * 16777216)) *inexact = node->output->name;
  }
  return bounds;
}

double tolerance_at(const Bound *bound, int64_t at, double largest, bool proved) {
  const double least = 1e-37; /* what is smaller may become 0 */
  double most = bound->magnitude[at] * bound->roundings * exp2(-24) * 1.001 + least;
  if (bound->tie && bound->tie[at]) return 1;
  if (bound->anything) return (double)NAN;
  if (!isfinite(most)) return (proved ? 1e-3 : 1e-5) * fmax(largest, 1);
  return proved ? most : fmin(most, 1e-5 * largest + least);
}
