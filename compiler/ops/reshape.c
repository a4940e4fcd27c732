/* reshape.c - the same values in another shape: flatten and reshape.
 *
 * Order chw is PyTorch's, hwc is that of Keras. A consumer that reads the image itself (fc) makes flatten a mere view,
 * and a shape that differs by sizes of 1 alone is no other place in memory; the nests are for where values must move,
 * since channels lie last. */
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"
#include "support/checked.h"

static const Attribute flatten_attributes[] = {
    {"order", ATTRIBUTE_CHOICE, offsetof(FlattenAttributes, order), "chw|hwc", false, NULL, 0},
    {0},
};

static const FlattenAttributes flatten_defaults = {.order = FLATTEN_CHW};

static bool infer_flatten(Inference *inference, Node *node) {
  const TensorType *input = &node->inputs[0]->type;
  TensorType type = {.dtype = input->dtype, .rank = 1, .sizes = {type_elements(inference->arena, input)}};
  return set_output_type(inference, node, type);
}

static void evaluate_flatten(const Node *node, const double *const *inputs, double *output) {
  const FlattenAttributes *a = node->attributes;
  Dense in = dense_of(&node->inputs[0]->type);
  for (int64_t c = 0; c < in.channels; c++)
    for (int64_t y = 0; y < in.height; y++)
      for (int64_t x = 0; x < in.width; x++) {
        int64_t chw = dense_index(in, c, y, x), hwc = (y * in.width + x) * in.channels + c;
        output[a->order == FLATTEN_CHW ? chw : hwc] = inputs[0][chw];
      }
}

/* Result axes over a tensor of this type; *pixel: oy*W + ox. */
static void add_axes(Lowering *l, Nest *n, const TensorType *type, Expr **pixel) {
  add_result_axis(n, "oy", type_height(type));
  add_result_axis(n, "ox", type_width(type));
  add_result_axis(n, "oc", type_channels(type));
  *pixel = add_expr(l, mul_expr(l, var_expr(l, "oy"), size_expr(l, type_width(type))), var_expr(l, "ox"));
}

/* (oc*H + oy)*W + ox, the place in PyTorch's order */
static Expr *place_chw(Lowering *l, const TensorType *type, Expr *pixel) {
  const Size *pixels = size_mul(l->arena, type_height(type), type_width(type));
  return add_expr(l, mul_expr(l, var_expr(l, "oc"), size_expr(l, pixels)), pixel);
}

static Expr *place_hwc(Lowering *l, const TensorType *type, Expr *pixel) {
  return add_expr(l, mul_expr(l, pixel, size_expr(l, type_channels(type))), var_expr(l, "oc"));
}

/* y[(oc*H + oy)*W + ox] = x[oc][oy][ox], or y[(oy*W + ox)*C + oc] for order hwc */
static void nest_flatten(Lowering *l, const Node *node, Nest *n) {
  const FlattenAttributes *a = node->attributes;
  const TensorType *type = &node->inputs[0]->type;
  Expr *pixel;
  add_axes(l, n, type, &pixel);
  n->result = input_at(l, node, 0, var_expr(l, "oc"), var_expr(l, "oy"), var_expr(l, "ox"));
  n->output[0] = a->order == FLATTEN_CHW ? place_chw(l, type, pixel) : place_hwc(l, type, pixel);
  n->output[1] = n->output[2] = int_expr(l, 0);
}

static void describe_flatten(Text *out, const Node *node) {
  const FlattenAttributes *a = node->attributes;
  text_add(out, a->order == FLATTEN_CHW ? "flatten" : "flatten, order hwc");
}

static const Attribute reshape_attributes[] = {
    {"shape", ATTRIBUTE_INTS, offsetof(ReshapeAttributes, shape), NULL, true, NULL, -1},
    {0},
};

static const ReshapeAttributes reshape_defaults = {0};

/* One to three sizes, of which one may be -1. */
static bool check_shape(Inference *inference, const Node *node, const ConstantArray *shape) {
  int unknown = 0;
  bool positive = true;
  if (shape->rank == 0 || shape->sizes[0] > MAX_RANK) {
    Diagnostic *d = attribute_error(inference, node, CODE_E0402, "shape", "`shape` of `reshape` is a list of one to three sizes");
    add_help(d, "[channels, height, width], [channels, length] or [size]; the batch is not written");
    return false;
  }
  for (int64_t i = 0; i < shape->sizes[0]; i++) {
    unknown += shape->data[i] < 0;
    positive = positive && shape->data[i] != 0;
  }
  if (positive && unknown <= 1) return true;
  Diagnostic *d = attribute_error(inference, node, CODE_E0402, "shape",
                                  positive ? "only one size of `reshape` can be -1" : "a size of `reshape` cannot be 0");
  add_help(d, "sizes are at least 1; the one that is -1 is what the others leave");
  return false;
}

/* "16*5*5 = 400" */
static const char *product_text(Arena *arena, const TensorType *type) {
  Text text = text_new(arena);
  for (int i = 0; i < type->rank; i++) {
    if (i) text_add(&text, "*");
    size_print(&text, type->sizes[i]);
  }
  const Size *elements = type_elements(arena, type);
  bool countable = type_is_const(type) && size_value(elements) <= MAX_ELEMENTS;
  if (type->rank > 1 && countable) text_addf(&text, " = %s", size_text(arena, elements));
  return text_string(&text);
}

static bool refuse_count(Inference *inference, const Node *node, const TensorType *wanted, const Size *known, bool open) {
  Arena *arena = inference->arena;
  const TensorType *input = &node->inputs[0]->type;
  const char *elements = product_text(arena, input), *theirs = product_text(arena, wanted);
  Diagnostic *d = attribute_error(inference, node, CODE_E0314, "shape", "this `reshape` does not keep the number of elements");
  if (open) set_label(d, "%s cannot be divided by %s", elements, size_text(arena, known));
  else set_label(d, "%s, not %s", elements, theirs);
  if (!open && wanted->rank == 1 && type_is_const(input)) add_help(d, "`reshape([-1])` and `flatten` make a vector of all values");
  return false;
}

static bool infer_reshape(Inference *inference, Node *node) {
  const ConstantArray *shape = ((const ReshapeAttributes *)node->attributes)->shape;
  Arena *arena = inference->arena;
  const Size *elements = type_elements(arena, &node->inputs[0]->type);
  TensorType type = {.dtype = node->inputs[0]->type.dtype};
  int64_t known = 1;
  int open = -1;
  if (!check_shape(inference, node, shape)) return false;
  for (; type.rank < (int)shape->sizes[0]; type.rank++) {
    int64_t size = (int64_t)shape->data[type.rank];
    type.sizes[type.rank] = size_of(arena, size < 0 ? 1 : size);
    if (size < 0) open = type.rank;
    else if (!checked_mul(known, size, &known) || known > MAX_ELEMENTS) known = MAX_ELEMENTS + 1; /* no tensor has so many */
  }
  if (open >= 0) type.sizes[open] = size_floor_div(arena, elements, known);
  if (size_equal(type_elements(arena, &type), elements) && known <= MAX_ELEMENTS) return set_output_type(inference, node, type);
  return refuse_count(inference, node, &type, size_of(arena, known), open >= 0);
}

/* Elements keep their order, which is that of the arrays here. */
static void evaluate_reshape(const Node *node, const double *const *inputs, double *output) {
  for (int64_t i = 0, n = dense_elements(dense_of(&node->output->type)); i < n; i++) output[i] = inputs[0][i];
}

/* The place in PyTorch's order, taken apart into channel, row and column of a tensor of this type. */
static void take_apart(Lowering *l, Nest *n, const TensorType *type, Expr *place, Expr *index[MAX_RANK]) {
  Expr *height = size_expr(l, type_height(type)), *width = size_expr(l, type_width(type));
  Expr *whole = var_expr(l, "place"), *row = var_expr(l, "row"), *ic = var_expr(l, "ic");
  n->before = stmt_let(l->arena, "place", place, true);
  n->before = stmt_then(n->before, stmt_let(l->arena, "row", div_expr(l, whole, width), true)); /* of all channels */
  n->before = stmt_then(n->before, stmt_let(l->arena, "ic", div_expr(l, row, height), true));
  index[0] = ic;
  index[1] = sub_expr(l, row, mul_expr(l, ic, height));
  index[2] = sub_expr(l, whole, mul_expr(l, row, width));
}

/* y[oc][oy][ox] = x[ic][iy][ix], where (oc*OH + oy)*OW + ox = (ic*H + iy)*W + ix. A vector's place is an index itself, and
 * where the channels stay, pixels keep their order. */
static void nest_reshape(Lowering *l, const Node *node, Nest *n) {
  const TensorType *in = &node->inputs[0]->type, *out = &node->output->type;
  Expr *pixel, *zero = int_expr(l, 0), *oc = var_expr(l, "oc"), *oy = var_expr(l, "oy"), *ox = var_expr(l, "ox");
  bool same_channels = size_equal(type_channels(in), type_channels(out));
  bool from_input = out->rank == 1 || (same_channels && out->rank == 2);
  add_axes(l, n, from_input ? in : out, &pixel);
  Expr *axes[] = {oc, oy, ox}, *other[MAX_RANK] = {zero, zero, zero};
  if (same_channels && (in->rank == 2 || out->rank == 2)) {
    other[0] = oc;
    other[2] = pixel;
    n->lane_axis = "oc";
  } else if (in->rank == 1 || out->rank == 1) other[0] = place_chw(l, from_input ? in : out, pixel);
  else take_apart(l, n, in, place_chw(l, out, pixel), other);
  Expr **from = from_input ? axes : other, **to = from_input ? other : axes;
  n->result = input_at(l, node, 0, from[0], from[1], from[2]);
  for (int i = 0; i < MAX_RANK; i++) n->output[i] = to[i];
}

/* What is flattened in order hwc is turned before. */
static const char *flatten_to_onnx(OnnxWriter *w, const Node *node) {
  const FlattenAttributes *a = node->attributes;
  const TensorType *type = &node->inputs[0]->type;
  const int64_t image[] = {0, 2, 3, 1}, sequence[] = {0, 2, 1};
  const char *x = onnx_input(w, node, 0);
  if (a->order == FLATTEN_HWC && type->rank > 1) x = onnx_transpose(w, x, type->rank + 1, type->rank == 3 ? image : sequence);
  return onnx_flatten(w, x, type);
}

const Operator op_flatten = {
    .name = "flatten",
    .kind = OPERATOR_VIEW,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(FlattenAttributes),
    .attributes = flatten_attributes,
    .default_attributes = &flatten_defaults,
    .summary = "all values of a tensor as one vector, channel by channel (chw) or pixel by pixel (hwc)",
    .formula = "y[(c*H + y)*W + x] = x[c][y][x]",
    .onnx = "Flatten, after Transpose in order hwc",
    .infer = infer_flatten,
    .evaluate = evaluate_flatten,
    .nest = nest_flatten,
    .describe = describe_flatten,
    .to_onnx = flatten_to_onnx,
};

static const char *reshape_to_onnx(OnnxWriter *w, const Node *node) {
  const TensorType *type = &node->output->type;
  return onnx_reshape(w, onnx_input(w, node, 0), type->rank, type->sizes);
}

const Operator op_reshape = {
    .name = "reshape",
    .kind = OPERATOR_VIEW,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(ReshapeAttributes),
    .attributes = reshape_attributes,
    .default_attributes = &reshape_defaults,
    .summary = "the same values, channel by channel, in a tensor of another shape; one size may be -1: what the others leave",
    .formula = "y[oc][oy][ox] = x[ic][iy][ix], where (oc*OH + oy)*OW + ox = (ic*H + iy)*W + ix",
    .onnx = "Reshape",
    .infer = infer_reshape,
    .evaluate = evaluate_reshape,
    .nest = nest_reshape,
    .to_onnx = reshape_to_onnx,
};
