/* norm.c - normalisations whose statistics come from the tensor itself: instance_norm, layer_norm, l2_normalize.
 *
 * The variance is the mean of (x - mean)^2, never E[x^2] - E[x]^2, which loses all digits where the mean is large. Mean
 * and factor are stages of their own (statistics.h), so that the last nest is elementwise and takes what follows. */
#include <math.h>
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/ops.h"
#include "ops/statistics.h"
#include "ops/to_onnx.h"

enum { WEIGHT, BIAS };

#define EPS_OF_FRAMEWORKS "PyTorch and ONNX use 1e-5, Keras 1e-3: use the one the weights were trained with"

static const Attribute instance_attributes[] = {
    {"eps", ATTRIBUTE_REAL, offsetof(NormAttributes, eps), NULL, true, EPS_OF_FRAMEWORKS, 0},
    {"scale", ATTRIBUTE_BOOL, offsetof(NormAttributes, scale), NULL, false, NULL, 0},
    {"bias", ATTRIBUTE_BOOL, offsetof(NormAttributes, bias), NULL, false, NULL, 0},
    {0},
};
static const Attribute layer_attributes[] = {
    {"eps", ATTRIBUTE_REAL, offsetof(NormAttributes, eps), NULL, true, EPS_OF_FRAMEWORKS, 0},
    {"axis", ATTRIBUTE_CHOICE, offsetof(NormAttributes, axis), "channels|all", false, NULL, 0},
    {"scale", ATTRIBUTE_BOOL, offsetof(NormAttributes, scale), NULL, false, NULL, 0},
    {"bias", ATTRIBUTE_BOOL, offsetof(NormAttributes, bias), NULL, false, NULL, 0},
    {0},
};
static const Attribute l2_attributes[] = {
    {"axis", ATTRIBUTE_CHOICE, offsetof(NormAttributes, axis), "channels|all", false, NULL, 0},
    {"eps", ATTRIBUTE_REAL, offsetof(NormAttributes, eps), NULL, false, NULL, 0},
    {0},
};

static const NormAttributes norm_defaults = {.axis = NORM_CHANNELS, .scale = true, .bias = true};
static const NormAttributes l2_defaults = {.axis = NORM_CHANNELS, .eps = 1e-12};

static Over over_of(const Node *node) {
  if (node->op == &op_instance_norm) return OVER_PIXELS;
  return ((const NormAttributes *)node->attributes)->axis == NORM_ALL ? OVER_ALL : OVER_CHANNELS;
}

/* ---- shapes and parameters ---- */

static bool infer_statistics(Inference *inference, Node *node) {
  const NormAttributes *a = node->attributes;
  return check_eps(inference, node, a->eps, "it is added to a variance") && infer_same_shape(inference, node);
}

static void declare_affine(Inference *inference, Node *node, int rank, const int64_t *sizes) {
  const NormAttributes *a = node->attributes;
  if (a->scale) declare_parameter(inference, node, WEIGHT, "weight", PARAMETER_LEARNED, rank, sizes);
  if (a->bias) declare_parameter(inference, node, BIAS, "bias", PARAMETER_LEARNED, rank, sizes);
}

static bool infer_instance(Inference *inference, Node *node) {
  const TensorType *type = &node->inputs[0]->type;
  int64_t channels;
  if (!require_spatial(inference, node) || !known_channels(inference, node, node->inputs[0], &channels)) return false;
  if (size_is(type_height(type), 1) && size_is(type_width(type), 1)) {
    Diagnostic *d = shape_error(inference, node, CODE_E0305, "`instance_norm` needs more than one pixel");
    set_label(d, "input is %s", type_text(inference->arena, type));
    add_note(d, "a single pixel is its own mean, so that all channels would become 0 whatever they are");
    return false;
  }
  if (!infer_statistics(inference, node)) return false;
  declare_affine(inference, node, 1, &channels);
  return true;
}

/* axis=all has a weight for each element, as PyTorch's LayerNorm([C, H, W]). The parameter is [C, 1, H, W]: the order of
 * sizes that a layout gives a convolution's weights is then right for these, too, and a size of 1 does not matter. */
static bool infer_layer(Inference *inference, Node *node) {
  const TensorType *type = &node->inputs[0]->type;
  const NormAttributes *a = node->attributes;
  int64_t sizes[MAX_PARAMETER_RANK] = {0, 1};
  int rank = over_of(node) == OVER_ALL && type->rank > 1 ? type->rank + 1 : 1;
  if (!known_channels(inference, node, node->inputs[0], &sizes[0])) return false;
  for (int i = 2; i < rank; i++) {
    if (size_is_const(type->sizes[i - 1], &sizes[i])) continue;
    if (!a->scale && !a->bias) break;
    Diagnostic *d = shape_error(inference, node, CODE_E0304,
                                "`layer_norm(axis=all)` has weights for each element, so its input cannot vary");
    set_label(d, "input is %s", type_text(inference->arena, type));
    add_help(d, "`axis=channels` has weights for each channel, `scale=false, bias=false` has none");
    return false;
  }
  if (!infer_statistics(inference, node)) return false;
  declare_affine(inference, node, rank, sizes);
  return true;
}

static bool infer_l2(Inference *inference, Node *node) {
  const NormAttributes *a = node->attributes;
  return check_eps(inference, node, a->eps, "a norm below it counts as it") && infer_same_shape(inference, node);
}

/* ---- evaluation: for each element, the elements that it is compared with ---- */

typedef struct Group { /* channels, rows and columns of one set of statistics */
  int64_t c0, c1, y0, y1, x0, x1;
} Group;

static Group group_of(Dense d, Over over, int64_t c, int64_t y, int64_t x) {
  Group g = {0, d.channels, 0, d.height, 0, d.width};
  if (over == OVER_PIXELS) g.c0 = c, g.c1 = c + 1;
  if (over == OVER_CHANNELS) g.y0 = y, g.y1 = y + 1, g.x0 = x, g.x1 = x + 1;
  return g;
}

/* The mean of (x - center)^power over a group. */
static double moment(const double *input, Dense d, Group g, double center, int power) {
  double sum = 0, count = 0;
  for (int64_t c = g.c0; c < g.c1; c++)
    for (int64_t y = g.y0; y < g.y1; y++)
      for (int64_t x = g.x0; x < g.x1; x++, count++) {
        double deviation = input[dense_index(d, c, y, x)] - center;
        sum += power == 2 ? deviation * deviation : deviation;
      }
  return sum / count;
}

typedef struct Normalised {
  double center, divisor;
} Normalised;

static Normalised statistics_of(const Node *node, const double *input, Dense d, Group g) {
  double eps = ((const NormAttributes *)node->attributes)->eps;
  if (node->op == &op_l2_normalize) {
    double count = (double)((g.c1 - g.c0) * (g.y1 - g.y0) * (g.x1 - g.x0)), norm = sqrt(moment(input, d, g, 0, 2) * count);
    return (Normalised){0, norm < eps ? eps : norm};
  }
  double mean = moment(input, d, g, 0, 1);
  return (Normalised){mean, sqrt(moment(input, d, g, mean, 2) + eps)};
}

static double parameter_of(const Node *node, int slot, Dense d, int64_t c, int64_t y, int64_t x, double otherwise) {
  const Parameter *p = node->parameters[slot];
  if (!p) return otherwise;
  return (double)p->data[over_of(node) == OVER_ALL ? dense_index(d, c, y, x) : c];
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  Dense d = dense_of(&node->output->type);
  Over over = over_of(node);
  /* one set of statistics for each channel, for each pixel, or for all */
  int64_t channels = over == OVER_PIXELS ? d.channels : 1, rows = over == OVER_CHANNELS ? d.height : 1,
          columns = over == OVER_CHANNELS ? d.width : 1;
  for (int64_t gc = 0; gc < channels; gc++)
    for (int64_t gy = 0; gy < rows; gy++)
      for (int64_t gx = 0; gx < columns; gx++) {
        Group g = group_of(d, over, gc, gy, gx);
        Normalised n = statistics_of(node, inputs[0], d, g);
        for (int64_t c = g.c0; c < g.c1; c++)
          for (int64_t y = g.y0; y < g.y1; y++)
            for (int64_t x = g.x0; x < g.x1; x++)
              output[dense_index(d, c, y, x)] = (inputs[0][dense_index(d, c, y, x)] - n.center) / n.divisor *
                                                    parameter_of(node, WEIGHT, d, c, y, x, 1) +
                                                parameter_of(node, BIAS, d, c, y, x, 0);
      }
}

/* ---- lowering ---- */

static Expr *value(Lowering *l, const Node *node, Expr *c, Expr *y, Expr *x) { return input_at(l, node, 0, c, y, x); }

/* Stages are [mean parts,] mean, [variance parts,] factor. */
static int mean_stage(const Node *node) { return has_parts(node, over_of(node)); }

static Expr *deviation(Lowering *l, const Node *node, Expr *c, Expr *y, Expr *x) {
  Expr *element = value(l, node, c, y, x); /* operands are numbered in the order in which they are made */
  return sub_expr(l, element, sum_at(l, mean_stage(node), over_of(node), c, y, x));
}

static Expr *squared_deviation(Lowering *l, const Node *node, Expr *c, Expr *y, Expr *x) {
  Expr *difference = named_expr(l, "difference", deviation(l, node, c, y, x));
  return mul_expr(l, difference, difference);
}

static Expr *square(Lowering *l, const Node *node, Expr *c, Expr *y, Expr *x) {
  Expr *element = named_expr(l, "value", value(l, node, c, y, x));
  return mul_expr(l, element, element);
}

static void nest_value_parts(Lowering *l, const Node *node, Nest *n) { nest_parts(l, node, n, over_of(node), value); }
static void nest_deviation_parts(Lowering *l, const Node *node, Nest *n) { nest_parts(l, node, n, over_of(node), squared_deviation); }
static void nest_square_parts(Lowering *l, const Node *node, Nest *n) { nest_parts(l, node, n, over_of(node), square); }

static void nest_mean(Lowering *l, const Node *node, Nest *n) {
  nest_sum(l, node, n, over_of(node), value, 0);
  n->result = mean_expr(l, accumulator(l), size_expr(l, summand_count(l->arena, node, over_of(node))));
}

/* factor = 1 / sqrt(variance + eps) */
static void nest_factor(Lowering *l, const Node *node, Nest *n) {
  const NormAttributes *a = node->attributes;
  nest_sum(l, node, n, over_of(node), squared_deviation, mean_stage(node) + 1);
  Expr *variance = mean_expr(l, accumulator(l), size_expr(l, summand_count(l->arena, node, over_of(node))));
  Expr *deviation = expr_math(l->arena, MATH_SQRT, add_expr(l, variance, float_expr(l, a->eps)));
  n->result = div_expr(l, float_expr(l, 1), deviation);
}

/* factor = 1 / max(norm, eps) */
static void nest_l2_factor(Lowering *l, const Node *node, Nest *n) {
  const NormAttributes *a = node->attributes;
  nest_sum(l, node, n, over_of(node), square, 0);
  Expr *norm = named_expr(l, "norm", expr_math(l->arena, MATH_SQRT, accumulator(l)));
  n->result = div_expr(l, float_expr(l, 1), max_expr(l, float_expr(l, a->eps), norm));
}

static int norm_stages(Arena *arena, const Node *node, Stage stages[MAX_STAGES]) {
  Over over = over_of(node);
  int count = add_sum_stages(arena, node, over, "mean", nest_value_parts, nest_mean, stages, 0);
  return add_sum_stages(arena, node, over, "factor", nest_deviation_parts, nest_factor, stages, count);
}

static int l2_stages(Arena *arena, const Node *node, Stage stages[MAX_STAGES]) {
  return add_sum_stages(arena, node, over_of(node), "factor", nest_square_parts, nest_l2_factor, stages, 0);
}

static void begin_elementwise(Lowering *l, const Node *node, Nest *n) {
  const TensorType *type = &node->output->type;
  add_result_axis(n, "oy", type_height(type));
  add_result_axis(n, "ox", type_width(type));
  add_result_axis(n, "oc", type_channels(type));
  store_at_result_axes(l, n);
  n->lane_axis = "oc";
  n->tile_axis = "ox";
}

static Expr *own_parameter(Lowering *l, const Node *node, int slot) {
  Expr *ox = var_expr(l, "ox"), *row = node->inputs[0]->type.rank == 2 ? ox : var_expr(l, "oy");
  return parameter_at(l, node, slot, var_expr(l, "oc"), int_expr(l, 0), row, ox);
}

/* y = (x - mean) * factor * weight + bias */
static void nest_norm(Lowering *l, const Node *node, Nest *n) {
  Expr *oc = var_expr(l, "oc"), *oy = var_expr(l, "oy"), *ox = var_expr(l, "ox");
  Over over = over_of(node);
  int factor = has_parts(node, over) ? 3 : 1;
  begin_elementwise(l, node, n);
  n->result = value(l, node, oc, oy, ox);
  Expr *y = sub_expr(l, accumulator(l), sum_at(l, mean_stage(node), over, oc, oy, ox));
  y = mul_expr(l, y, sum_at(l, factor, over, oc, oy, ox));
  if (node->parameters[WEIGHT]) y = mul_expr(l, y, own_parameter(l, node, WEIGHT));
  if (node->parameters[BIAS]) y = add_expr(l, y, own_parameter(l, node, BIAS));
  set_own_step(n, y);
}

/* y = x * factor */
static void nest_l2(Lowering *l, const Node *node, Nest *n) {
  Expr *oc = var_expr(l, "oc"), *oy = var_expr(l, "oy"), *ox = var_expr(l, "ox");
  begin_elementwise(l, node, n);
  n->result = value(l, node, oc, oy, ox);
  set_own_step(n, mul_expr(l, accumulator(l), sum_at(l, has_parts(node, over_of(node)), over_of(node), oc, oy, ox)));
}

static void describe(Text *out, const Node *node) {
  text_add(out, node->op->name);
  if (over_of(node) == OVER_ALL) text_add(out, " over all");
}

/* A parameter, or what does nothing. */
static const char *affine_to_onnx(OnnxWriter *w, const Node *node, int slot, int rank, const int64_t *sizes) {
  if (node->parameters[slot]) return onnx_parameter_as(w, node, slot, rank, sizes);
  return onnx_filled(w, slot == WEIGHT ? "scale" : "bias", rank, sizes, slot == WEIGHT);
}

static const char *instance_to_onnx(OnnxWriter *w, const Node *node) {
  const int64_t channels = size_value(node->inputs[0]->type.sizes[0]);
  const char *scale = affine_to_onnx(w, node, WEIGHT, 1, &channels), *bias = affine_to_onnx(w, node, BIAS, 1, &channels);
  const char *y = ONNX_NODE(w, "InstanceNormalization", onnx_input(w, node, 0), scale, bias);
  onnx_real(w, "epsilon", ((const NormAttributes *)node->attributes)->eps);
  return y;
}

const Operator op_instance_norm = {
    .name = "instance_norm",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(NormAttributes),
    .attributes = instance_attributes,
    .default_attributes = &norm_defaults,
    .summary = "every channel brought to mean 0 and variance 1, then times a learned number, plus a learned number",
    .formula = "y[oc] = (x[oc] - mean[oc]) / sqrt(variance[oc] + eps) * weight[oc] + bias[oc]",
    .weights = "`weight`, `bias`, each [channels]",
    .onnx = "InstanceNormalization",
    .infer = infer_instance,
    .evaluate = evaluate,
    .stages = norm_stages,
    .nest = nest_norm,
    .describe = describe,
    .to_onnx = instance_to_onnx,
};

/* Over all of a tensor whose size varies: it has no parameters. */
static const char *center_and_scale(OnnxWriter *w, const Node *node, int64_t rank) {
  const int64_t axes[] = {1, 2, 3};
  const char *x = onnx_input(w, node, 0);
  const char *centered = ONNX_NODE(w, "Sub", x, onnx_reduce(w, "ReduceMean", x, (int)rank, axes));
  const char *variance = onnx_reduce(w, "ReduceMean", ONNX_NODE(w, "Mul", centered, centered), (int)rank, axes);
  const char *raised = ONNX_NODE(w, "Add", variance, onnx_number(w, ((const NormAttributes *)node->attributes)->eps));
  return ONNX_NODE(w, "Div", centered, ONNX_NODE(w, "Sqrt", raised));
}

static const char *normalize_last(OnnxWriter *w, const Node *node, const char *x, int rank, const int64_t *sizes) {
  const char *scale = affine_to_onnx(w, node, WEIGHT, rank, sizes);
  const char *y = ONNX_NODE(w, "LayerNormalization", x, scale,
                            node->parameters[BIAS] ? onnx_parameter_as(w, node, BIAS, rank, sizes) : NULL);
  onnx_int(w, "axis", -rank);
  onnx_real(w, "epsilon", ((const NormAttributes *)node->attributes)->eps);
  return y;
}

static const char *layer_to_onnx(OnnxWriter *w, const Node *node) {
  const TensorType *type = &node->inputs[0]->type;
  const int64_t there[2][4] = {{0, 2, 1}, {0, 2, 3, 1}}, back[2][4] = {{0, 2, 1}, {0, 3, 1, 2}};
  const char *x = onnx_input(w, node, 0);
  int64_t sizes[MAX_RANK];
  bool known = true;
  for (int i = 0; i < type->rank; i++) known = size_is_const(type->sizes[i], &sizes[i]) && known;
  if (type->rank == 1) return normalize_last(w, node, x, 1, sizes);
  if (over_of(node) == OVER_ALL) return known ? normalize_last(w, node, x, type->rank, sizes) : center_and_scale(w, node, type->rank);
  x = normalize_last(w, node, onnx_transpose(w, x, type->rank + 1, there[type->rank == 3]), 1, sizes);
  return onnx_transpose(w, x, type->rank + 1, back[type->rank == 3]);
}

const Operator op_layer_norm = {
    .name = "layer_norm",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(NormAttributes),
    .attributes = layer_attributes,
    .default_attributes = &norm_defaults,
    .summary = "the channels of each pixel, or all elements, brought to mean 0 and variance 1, then scaled and shifted",
    .formula = "y = (x - mean) / sqrt(variance + eps) * weight + bias",
    .weights = "`weight`, `bias`, each [channels], with axis=all of the input's shape",
    .onnx = "LayerNormalization, between Transposes where it is over the channels of pixels; ReduceMean, Sub, Mul, Add, Sqrt, Div over "
            "sizes that vary",
    .infer = infer_layer,
    .evaluate = evaluate,
    .stages = norm_stages,
    .nest = nest_norm,
    .describe = describe,
    .to_onnx = layer_to_onnx,
};

static const char *l2_to_onnx(OnnxWriter *w, const Node *node) {
  const int64_t axes[] = {1, 2, 3};
  const char *x = onnx_input(w, node, 0);
  const char *norm = onnx_reduce(w, "ReduceL2", x, over_of(node) == OVER_ALL ? node->inputs[0]->type.rank : 1, axes);
  return ONNX_NODE(w, "Div", x, ONNX_NODE(w, "Max", norm, onnx_number(w, ((const NormAttributes *)node->attributes)->eps)));
}

const Operator op_l2_normalize = {
    .name = "l2_normalize",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(NormAttributes),
    .attributes = l2_attributes,
    .default_attributes = &l2_defaults,
    .summary = "the channels of each pixel, or all elements, divided by the root of the sum of their squares",
    .formula = "y = x / max(sqrt(sum of x^2), eps)",
    .onnx = "ReduceL2, Max, Div",
    .infer = infer_l2,
    .evaluate = evaluate,
    .stages = l2_stages,
    .nest = nest_l2,
    .describe = describe,
    .to_onnx = l2_to_onnx,
};
