/* upsample.c - images and sequences enlarged by a whole factor: nearest, and bilinear as PyTorch computes it.
 *
 * Result axes are the input's and, within each of its pixels, the `scale` results: output row oy*scale + ky. So nearest
 * has no division, and positions of bilinear are exact fractions of whole numbers. */
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/describe.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static const Attribute attributes[] = {
    {"scale", ATTRIBUTE_PAIR, offsetof(UpsampleAttributes, scale), NULL, true, NULL, 1},
    {"mode", ATTRIBUTE_CHOICE, offsetof(UpsampleAttributes, mode), "nearest|bilinear", false, NULL, 0},
    {"align_corners", ATTRIBUTE_BOOL, offsetof(UpsampleAttributes, align_corners), NULL, false, NULL, 0},
    {0},
};

static const UpsampleAttributes defaults = {.scale = {1, 1}, .mode = UPSAMPLE_NEAREST};

static const UpsampleAttributes *attributes_of(const Node *node) { return node->attributes; }

static int64_t scale_of(const Node *node, int axis) {
  if (axis == 0 && node->inputs[0]->type.rank == 2) return 1;
  return axis == 0 ? attributes_of(node)->scale.h : attributes_of(node)->scale.w;
}

static bool infer(Inference *inference, Node *node) {
  const UpsampleAttributes *a = attributes_of(node);
  bool bilinear = a->mode == UPSAMPLE_BILINEAR, given = attribute_given(node, "align_corners");
  if (!require_spatial(inference, node) || !check_attributes(inference, node)) return false;
  if (bilinear && !given) {
    Diagnostic *d = attribute_error(inference, node, CODE_E0404, "mode", "`upsample` with mode=bilinear needs `align_corners`");
    add_note(d, "PyTorch and Keras use false, old TensorFlow models true");
    add_help(d, "write `align_corners=false` or `align_corners=true`");
    return false;
  }
  if (!bilinear && given) {
    Diagnostic *d = attribute_error(inference, node, CODE_E0402, "align_corners", "`align_corners` has no meaning with mode=nearest");
    add_help(d, "remove it, or write `mode=bilinear`");
    return false;
  }
  TensorType type = node->inputs[0]->type;
  if (bilinear) type.dtype = DTYPE_F32;
  for (int i = 1; i < type.rank; i++) type.sizes[i] = size_mul_int(inference->arena, type.sizes[i], scale_of(node, i == type.rank - 1));
  return set_output_type(inference, node, type);
}

/* Where output o takes its value from, in input pixels: PyTorch's formulas. */
static double position(int64_t o, int64_t in, int64_t out, bool align_corners) {
  if (align_corners) return out > 1 ? (double)(o * (in - 1)) / (double)(out - 1) : 0;
  double at = ((double)o + 0.5) * (double)in / (double)out - 0.5;
  return at < 0 ? 0 : at;
}

typedef struct Neighbours {
  int64_t first, second;
  double distance; /* from the first */
} Neighbours;

static Neighbours neighbours_of(const Node *node, int64_t o, int64_t in, int64_t out) {
  double at = position(o, in, out, attributes_of(node)->align_corners);
  int64_t first = (int64_t)at;
  return (Neighbours){first, first + 1 < in ? first + 1 : first, at - (double)first};
}

static double between(double a, double b, double distance) { return (1 - distance) * a + distance * b; }

/* An axis of one pixel, or whose scale is 1, is not interpolated. */
static double bilinear_at(const Node *node, Dense in, Dense out, const double *x, int64_t c, int64_t oy, int64_t ox) {
  Neighbours v = neighbours_of(node, oy, in.height, out.height), h = neighbours_of(node, ox, in.width, out.width);
  double row[2];
  for (int i = 0; i < 2; i++) {
    int64_t y = i == 0 ? v.first : v.second;
    double left = x[dense_index(in, c, y, h.first)], right = x[dense_index(in, c, y, h.second)];
    row[i] = in.width == 1 || in.width == out.width ? left : between(left, right, h.distance);
  }
  return in.height == 1 || in.height == out.height ? row[0] : between(row[0], row[1], v.distance);
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  Dense in = dense_of(&node->inputs[0]->type), out = dense_of(&node->output->type);
  bool nearest = attributes_of(node)->mode == UPSAMPLE_NEAREST;
  for (int64_t c = 0; c < out.channels; c++)
    for (int64_t oy = 0; oy < out.height; oy++)
      for (int64_t ox = 0; ox < out.width; ox++)
        output[dense_index(out, c, oy, ox)] = nearest
                                                  ? inputs[0][dense_index(in, c, oy * in.height / out.height, ox * in.width / out.width)]
                                                  : bilinear_at(node, in, out, inputs[0], c, oy, ox);
}

/* Names along height and width: pixel of the input, result within it, neighbours, numerator and weight. */
typedef struct AxisNames {
  const char *pixel, *within, *first, *second, *rest, *weight;
} AxisNames;

static const AxisNames names[] = {{"oy", "ky", "iy", "iy_next", "ry", "wy"}, {"ox", "kx", "ix", "ix_next", "rx", "wx"}};

static const Size *input_size(const Node *node, int axis) {
  return axis == 0 ? type_height(&node->inputs[0]->type) : type_width(&node->inputs[0]->type);
}

static bool interpolates(const Node *node, int axis) {
  return attributes_of(node)->mode == UPSAMPLE_BILINEAR && scale_of(node, axis) > 1 && !size_is(input_size(node, axis), 1);
}

static void let(Lowering *l, Nest *n, const char *name, Expr *value) {
  n->before = stmt_then(n->before, stmt_let(l->arena, name, value, true));
}

/* Result a*s + b of n pixels lies at the fraction a + (p - q) / total of the input, where
 *   p = 2b + 1,     q = s,         total = 2s        if corners are not aligned: (a*s + b + 1/2) / s - 1/2
 *   p = b(n - 1),   q = a(s - 1),  total = s*n - 1   if they are:                (a*s + b)(n - 1) / (s*n - 1)
 * and nothing in it is larger than the output. Before the first pixel's middle is the first pixel. */
static void let_neighbours(Lowering *l, const Node *node, Nest *n, int axis) {
  const AxisNames *name = &names[axis];
  const Size *size = input_size(node, axis), *last = size_add_int(l->arena, size, -1);
  int64_t s = scale_of(node, axis);
  bool aligned = attributes_of(node)->align_corners;
  Expr *a = var_expr(l, name->pixel), *b = var_expr(l, name->within), *zero = int_expr(l, 0), *one = int_expr(l, 1);
  Expr *p = aligned ? mul_expr(l, b, size_expr(l, last)) : add_expr(l, mul_expr(l, b, int_expr(l, 2)), one);
  Expr *q = aligned ? mul_expr(l, a, int_expr(l, s - 1)) : int_expr(l, s);
  Expr *total = aligned ? size_expr(l, size_add_int(l->arena, size_mul_int(l->arena, size, s), -1)) : int_expr(l, 2 * s);
  Expr *beyond = expr_binary(l->arena, OP_GE, p, q), *inside = expr_binary(l->arena, OP_GT, a, zero);
  Expr *before = expr_select(l->arena, inside, sub_expr(l, a, one), zero);
  Expr *rest_before = expr_select(l->arena, inside, sub_expr(l, add_expr(l, p, total), q), zero);
  let(l, n, name->first, expr_select(l->arena, beyond, a, before));
  let(l, n, name->rest, expr_select(l->arena, beyond, sub_expr(l, p, q), rest_before));
  Expr *first = var_expr(l, name->first);
  let(l, n, name->second, expr_select(l->arena, expr_binary(l->arena, OP_LT, first, size_expr(l, last)), add_expr(l, first, one), first));
  Expr *divisor = total->kind == EXPR_INT ? float_expr(l, (double)total->integer) : expr_cast(l->arena, type_f32, total);
  let(l, n, name->weight, div_expr(l, expr_cast(l->arena, type_f32, var_expr(l, name->rest)), divisor));
}

/* (1 - w) * a + w * b */
static Expr *mix(Lowering *l, const char *weight, Expr *a, Expr *b) {
  Expr *w = expr_var(l->arena, weight, type_f32);
  return add_expr(l, mul_expr(l, sub_expr(l, float_expr(l, 1), w), a), mul_expr(l, w, b));
}

static Expr *mix_columns(Lowering *l, const Node *node, Expr *row) {
  Expr *oc = var_expr(l, "oc");
  if (!interpolates(node, 1)) return input_at(l, node, 0, oc, row, var_expr(l, names[1].pixel));
  return mix(l, names[1].weight, input_at(l, node, 0, oc, row, var_expr(l, names[1].first)),
             input_at(l, node, 0, oc, row, var_expr(l, names[1].second)));
}

static Expr *mix_rows(Lowering *l, const Node *node) {
  if (!interpolates(node, 0)) return mix_columns(l, node, var_expr(l, names[0].pixel));
  return mix(l, names[0].weight, mix_columns(l, node, var_expr(l, names[0].first)), mix_columns(l, node, var_expr(l, names[0].second)));
}

/* y[oc][oy*scale + ky][ox*scale + kx] = x[oc][oy][ox], or the mean of four pixels weighted by distance */
static void nest(Lowering *l, const Node *node, Nest *n) {
  n->output[0] = var_expr(l, "oc");
  for (int axis = 0; axis < 2; axis++) {
    const AxisNames *name = &names[axis];
    int64_t scale = scale_of(node, axis);
    add_result_axis(n, name->pixel, input_size(node, axis));
    if (scale > 1) add_result_axis(n, name->within, size_of(l->arena, scale));
    n->output[1 + axis] = mul_expr(l, var_expr(l, name->pixel), int_expr(l, scale));
    if (scale > 1) n->output[1 + axis] = add_expr(l, n->output[1 + axis], var_expr(l, name->within));
    if (interpolates(node, axis)) let_neighbours(l, node, n, axis);
  }
  add_result_axis(n, "oc", type_channels(&node->inputs[0]->type));
  n->result = mix_rows(l, node);
  n->lane_axis = "oc";
  n->tile_axis = "ox";
}

static void describe(Text *out, const Node *node) {
  const UpsampleAttributes *a = attributes_of(node);
  text_add(out, "upsample ");
  print_pair(out, a->scale, node->inputs[0]->type.rank == 2);
  text_add(out, a->mode == UPSAMPLE_NEAREST ? ", nearest" : ", bilinear");
  if (a->mode == UPSAMPLE_BILINEAR && a->align_corners) text_add(out, ", align_corners");
}

static const char *to_onnx(OnnxWriter *w, const Node *node) {
  const UpsampleAttributes *a = attributes_of(node);
  const int64_t rank = node->inputs[0]->type.rank + 1;
  const float image[] = {1, 1, (float)scale_of(node, 0), (float)scale_of(node, 1)}, sequence[] = {1, 1, (float)scale_of(node, 1)};
  float *scales = ARENA_ARRAY(w->arena, float, (size_t)rank);
  for (int64_t i = 0; i < rank; i++) scales[i] = rank == 4 ? image[i] : sequence[i];
  const char *y = ONNX_NODE(w, "Resize", onnx_input(w, node, 0), "", onnx_floats(w, "scales", 1, &rank, scales));
  bool nearest = a->mode == UPSAMPLE_NEAREST;
  onnx_string(w, "mode", nearest ? "nearest" : "linear");
  onnx_string(w, "coordinate_transformation_mode", nearest ? "asymmetric" : a->align_corners ? "align_corners" : "half_pixel");
  if (nearest) onnx_string(w, "nearest_mode", "floor");
  return y;
}

const Operator op_upsample = {
    .name = "upsample",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(UpsampleAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "an image or a sequence enlarged by a whole factor: nearest repeats each pixel, bilinear interpolates",
    .formula = "y[oc][oy][ox] = x[oc][oy/scale][ox/scale], or the mean of the four pixels around, weighted by distance",
    .onnx = "Resize",
    .infer = infer,
    .evaluate = evaluate,
    .nest = nest,
    .describe = describe,
    .to_onnx = to_onnx,
};
