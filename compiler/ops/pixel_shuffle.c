/* pixel_shuffle.c - channels become pixels, and pixels channels: pixel_shuffle and pixel_unshuffle, each the other's
 * inverse.
 *
 * The r*r pixels of a square lie in so many channels, and frameworks number them in two ways: order crd (PyTorch) has the
 * pixels of one channel side by side, dcr (TensorFlow, ONNX's default) the channels of one pixel. */
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/explain_shape.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static const Attribute attributes[] = {
    {"r", ATTRIBUTE_INT, offsetof(PixelShuffleAttributes, r), NULL, true, NULL, 1},
    {"order", ATTRIBUTE_CHOICE, offsetof(PixelShuffleAttributes, order), "crd|dcr", false, NULL, 0},
    {0},
};

static const PixelShuffleAttributes defaults = {.r = 1, .order = SHUFFLE_CRD};

static int64_t factor_of(const Node *node) { return ((const PixelShuffleAttributes *)node->attributes)->r; }
static bool is_dcr(const Node *node) { return ((const PixelShuffleAttributes *)node->attributes)->order == SHUFFLE_DCR; }

/* ---- shapes ---- */

static bool require_image(Inference *inference, const Node *node) {
  const TensorType *input = &node->inputs[0]->type;
  if (input->rank == 3) return true;
  Diagnostic *d = shape_error(inference, node, CODE_E0305, "`%s` needs an image", node->op->name);
  set_label(d, "input is %s", type_text(inference->arena, input));
  add_note(d, "an image is [channels, height, width]");
  return false;
}

static bool infer_shuffle(Inference *inference, Node *node) {
  int64_t channels, r = factor_of(node);
  if (!check_attributes(inference, node) || !require_image(inference, node)) return false;
  if (!known_channels(inference, node, node->inputs[0], &channels)) return false;
  if (r > channels || channels % (r * r) != 0) { /* r is below 2^31 */
    Diagnostic *d = attribute_error(inference, node, CODE_E0311, "r", "`pixel_shuffle(%lld)` does not divide %lld channel%s", (long long)r,
                                    (long long)channels, channels == 1 ? "" : "s");
    set_label(d, "%lld / (%lld*%lld) is not a whole number", (long long)channels, (long long)r, (long long)r);
    add_note(d, "each pixel becomes r*r pixels, which are taken from so many channels");
    return false;
  }
  TensorType type = node->inputs[0]->type;
  type.sizes[0] = size_of(inference->arena, channels / (r * r));
  for (int i = 1; i < 3; i++) type.sizes[i] = size_mul_int(inference->arena, type.sizes[i], r);
  return set_output_type(inference, node, type);
}

static bool infer_unshuffle(Inference *inference, Node *node) {
  int64_t r = factor_of(node);
  if (!check_attributes(inference, node) || !require_image(inference, node)) return false;
  TensorType input = node->inputs[0]->type, type = input;
  for (int i = 1; i < 3; i++) {
    type.sizes[i] = size_floor_div(inference->arena, input.sizes[i], r);
    const Size *covered = size_mul_int(inference->arena, type.sizes[i], r);
    if (size_equal(covered, input.sizes[i])) continue;
    Text size = text_new(inference->arena);
    size_print(&size, input.sizes[i]);
    Diagnostic *d = attribute_error(inference, node, CODE_E0311, "r", "`pixel_unshuffle(%lld)` does not divide the %s", (long long)r,
                                    i == 1 ? "height" : "width");
    set_label(d, "%s / %lld is not %sa whole number", text_string(&size), (long long)r,
              size_is_const(input.sizes[i], NULL) ? "" : "always ");
    add_note(d, "a square of r*r pixels becomes one pixel with so many times the channels");
    add_size_difference(d, covered, input.sizes[i]);
    return false;
  }
  type.sizes[0] = size_mul_int(inference->arena, size_mul_int(inference->arena, type.sizes[0], r), r);
  return set_output_type(inference, node, type);
}

/* ---- evaluation ---- */

/* small is [C r r, H, W], large [C, H r, W r]: either is made of the other. */
static void move(const Node *node, Dense small, Dense large, const double *from, double *to) {
  int64_t r = factor_of(node);
  for (int64_t c = 0; c < large.channels; c++)
    for (int64_t y = 0; y < large.height; y++)
      for (int64_t x = 0; x < large.width; x++) {
        int64_t pixel = y % r * r + x % r, channel = is_dcr(node) ? pixel * large.channels + c : c * r * r + pixel;
        int64_t in_large = dense_index(large, c, y, x), in_small = dense_index(small, channel, y / r, x / r);
        if (node->op == &op_pixel_shuffle) to[in_large] = from[in_small];
        else to[in_small] = from[in_large];
      }
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  Dense in = dense_of(&node->inputs[0]->type), out = dense_of(&node->output->type);
  bool grows = node->op == &op_pixel_shuffle;
  move(node, grows ? in : out, grows ? out : in, inputs[0], output);
}

/* ---- lowering ---- */

typedef struct Places { /* the same element: channel, row, column */
  Expr *small[MAX_RANK], *large[MAX_RANK];
} Places;

/* The element of pixel ky, kx within pixel oy, ox of the small tensor, and channel oc of the large one. */
static Places places_of(Lowering *l, const Node *node, const Size *channels) {
  int64_t r = factor_of(node);
  Expr *oc = var_expr(l, "oc"), *oy = var_expr(l, "oy"), *ox = var_expr(l, "ox"), *ky = var_expr(l, "ky"), *kx = var_expr(l, "kx"),
       *factor = int_expr(l, r);
  Expr *pixel = add_expr(l, mul_expr(l, ky, factor), kx);
  Expr *channel = is_dcr(node) ? add_expr(l, mul_expr(l, pixel, size_expr(l, channels)), oc)
                               : add_expr(l, mul_expr(l, oc, int_expr(l, r * r)), pixel);
  return (Places){{channel, oy, ox}, {oc, add_expr(l, mul_expr(l, oy, factor), ky), add_expr(l, mul_expr(l, ox, factor), kx)}};
}

static void set_lanes(const Node *node, Nest *n) {
  if (!is_dcr(node)) return; /* neighbours of one tensor do not lie side by side in the other */
  n->lane_axis = "oc";
  n->tile_axis = "ox";
}

/* y[oc][oy*r + ky][ox*r + kx] = x[oc*r*r + ky*r + kx][oy][ox], or x[(ky*r + kx)*C + oc][oy][ox] for order dcr */
static void nest_shuffle(Lowering *l, const Node *node, Nest *n) {
  const TensorType *type = &node->inputs[0]->type;
  const Size *factor = size_of(l->arena, factor_of(node)), *channels = type_channels(&node->output->type);
  Places p = places_of(l, node, channels);
  add_result_axis(n, "oy", type_height(type));
  add_result_axis(n, "ky", factor);
  add_result_axis(n, "ox", type_width(type));
  add_result_axis(n, "kx", factor);
  add_result_axis(n, "oc", channels);
  n->result = input_at(l, node, 0, p.small[0], p.small[1], p.small[2]);
  for (int i = 0; i < MAX_RANK; i++) n->output[i] = p.large[i];
  set_lanes(node, n);
}

/* y[oc*r*r + ky*r + kx][oy][ox] = x[oc][oy*r + ky][ox*r + kx], or y[(ky*r + kx)*C + oc][oy][ox] for order dcr */
static void nest_unshuffle(Lowering *l, const Node *node, Nest *n) {
  const TensorType *type = &node->output->type;
  const Size *factor = size_of(l->arena, factor_of(node)), *channels = type_channels(&node->inputs[0]->type);
  Places p = places_of(l, node, channels);
  add_result_axis(n, "oy", type_height(type));
  add_result_axis(n, "ox", type_width(type));
  if (!is_dcr(node)) add_result_axis(n, "oc", channels); /* as the output's channels lie */
  add_result_axis(n, "ky", factor);
  add_result_axis(n, "kx", factor);
  if (is_dcr(node)) add_result_axis(n, "oc", channels);
  n->result = input_at(l, node, 0, p.large[0], p.large[1], p.large[2]);
  for (int i = 0; i < MAX_RANK; i++) n->output[i] = p.small[i];
  set_lanes(node, n);
}

static void describe(Text *out, const Node *node) {
  text_addf(out, "%s %lld%s", node->op->name, (long long)factor_of(node), is_dcr(node) ? ", order dcr" : "");
}

static const char *shuffle_to_onnx(OnnxWriter *w, const Node *node) {
  const char *y = ONNX_NODE(w, "DepthToSpace", onnx_input(w, node, 0));
  onnx_int(w, "blocksize", factor_of(node));
  onnx_string(w, "mode", is_dcr(node) ? "DCR" : "CRD");
  return y;
}

/* SpaceToDepth has one order, dcr; for the other its channels are a matrix that is transposed. */
static const char *unshuffle_to_onnx(OnnxWriter *w, const Node *node) {
  const TensorType *type = &node->output->type;
  const int64_t order[] = {0, 2, 1, 3, 4}, r = factor_of(node);
  const char *y = ONNX_NODE(w, "SpaceToDepth", onnx_input(w, node, 0));
  onnx_int(w, "blocksize", r);
  if (is_dcr(node)) return y;
  const Size *split[] = {size_of(w->arena, r * r), type_channels(&node->inputs[0]->type), type->sizes[1], type->sizes[2]};
  return onnx_reshape(w, onnx_transpose(w, onnx_reshape(w, y, 4, split), 5, order), 3, type->sizes);
}

const Operator op_pixel_shuffle = {
    .name = "pixel_shuffle",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(PixelShuffleAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "r*r channels become one that is r times as high and wide, in the order of PyTorch (crd) or TensorFlow (dcr)",
    .formula = "y[oc][oy*r + ky][ox*r + kx] = x[oc*r*r + ky*r + kx][oy][ox]",
    .onnx = "DepthToSpace",
    .infer = infer_shuffle,
    .evaluate = evaluate,
    .nest = nest_shuffle,
    .describe = describe,
    .to_onnx = shuffle_to_onnx,
};

const Operator op_pixel_unshuffle = {
    .name = "pixel_unshuffle",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(PixelShuffleAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "squares of r*r pixels become one pixel with r*r times the channels: undoes pixel_shuffle",
    .formula = "y[oc*r*r + ky*r + kx][oy][ox] = x[oc][oy*r + ky][ox*r + kx]",
    .onnx = "SpaceToDepth; Reshape, Transpose, Reshape in the order of PyTorch",
    .infer = infer_unshuffle,
    .evaluate = evaluate,
    .nest = nest_unshuffle,
    .describe = describe,
    .to_onnx = unshuffle_to_onnx,
};
