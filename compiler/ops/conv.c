/* conv.c - convolution, which is cross-correlation as in every framework; of images and of sequences.
 *
 * Parameters: weight [out, in/groups, kh, kw] (1D: [out, in/groups, k]) and bias [out]. Output channel oc belongs to
 * group oc / (out/groups) and sees the input channels of that group only. */
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/describe.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"

enum { WEIGHT, BIAS };

static const Attribute attributes[] = {
    {"out_channels", ATTRIBUTE_INT, offsetof(ConvAttributes, out_channels), NULL, true, NULL, 1},
    {"kernel_size", ATTRIBUTE_PAIR, offsetof(ConvAttributes, kernel_size), NULL, true, NULL, 1},
    {"stride", ATTRIBUTE_PAIR, offsetof(ConvAttributes, stride), NULL, false, NULL, 1},
    {"padding", ATTRIBUTE_PADDING, offsetof(ConvAttributes, padding), NULL, false, NULL, 0},
    {"dilation", ATTRIBUTE_PAIR, offsetof(ConvAttributes, dilation), NULL, false, NULL, 1},
    {"groups", ATTRIBUTE_INT, offsetof(ConvAttributes, groups), NULL, false, NULL, 1},
    {"bias", ATTRIBUTE_BOOL, offsetof(ConvAttributes, bias), NULL, false, NULL, 0},
    {"padding_mode", ATTRIBUTE_CHOICE, offsetof(ConvAttributes, padding_mode), "zeros|reflect|replicate|circular", false, NULL, 0},
    {0},
};

static const ConvAttributes defaults = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1, .bias = true};

static const ConvAttributes *attributes_of(const Node *node) { return node->attributes; }

static Window conv_window(Arena *arena, const Node *node) {
  const ConvAttributes *a = attributes_of(node);
  return window_of(arena, &node->inputs[0]->type, a->kernel_size, a->stride, a->dilation, a->padding, false);
}

static void help_divisors(Inference *inference, Diagnostic *d, int64_t number, int64_t groups) {
  enum { MOST_DIVISORS = 12, MOST_TRIED = 65536 };
  Text text = text_new(inference->arena);
  int count = 0;
  for (int64_t i = 1; i <= number && i <= MOST_TRIED && count <= MOST_DIVISORS; i++)
    if (number % i == 0 && count++ < MOST_DIVISORS) text_addf(&text, "%s%lld", count > 1 ? ", " : "", (long long)i);
  if (number == 1) return;
  add_help(d, "%lld has the divisors %s%s", (long long)number, text_string(&text),
           count > MOST_DIVISORS || number > MOST_TRIED ? ", .." : "");
  if (groups > number) add_help(d, "one group per channel is `groups=%lld`", (long long)number);
}

static bool check_groups(Inference *inference, const Node *node, int64_t in_channels) {
  const ConvAttributes *a = attributes_of(node);
  bool input = in_channels % a->groups != 0;
  if (!input && a->out_channels % a->groups == 0) return true;
  int64_t number = input ? in_channels : a->out_channels;
  Diagnostic *d = attribute_error(inference, node, CODE_E0311, "groups", "`groups=%lld` does not divide %lld %s channel%s",
                                  (long long)a->groups, (long long)number, input ? "input" : "output", number == 1 ? "" : "s");
  set_label(d, "%lld / %lld is not a whole number", (long long)number, (long long)a->groups);
  add_note(d, "each group has the same number of input channels (of %lld) and of output channels (of %lld)", (long long)in_channels,
           (long long)a->out_channels);
  help_divisors(inference, d, number, a->groups);
  return false;
}

/* Mirrored or repeated pixels must exist. */
static bool check_padding_mode(Inference *inference, const Node *node, const Window *w) {
  const ConvAttributes *a = attributes_of(node);
  if (a->padding_mode != PADDING_REFLECT && a->padding_mode != PADDING_CIRCULAR) return true;
  bool reflect = a->padding_mode == PADDING_REFLECT;
  for (int axis = 0; axis < 2; axis++) {
    int64_t n = size_minimum(w->input[axis]), largest = most_padding(w, axis), limit = reflect ? n - 1 : n;
    if (largest <= limit) continue;
    Diagnostic *d = attribute_error(inference, node, CODE_E0402, "padding_mode", "`%s` needs a padding %s the input",
                                    reflect ? "reflect" : "circular", reflect ? "smaller than" : "no larger than");
    bool one_dimensional = node->inputs[0]->type.rank == 2;
    set_label(d, "padding %lld, input %s %lld", (long long)largest,
              one_dimensional ? "length"
              : axis == 0     ? "height"
                              : "width",
              (long long)n);
    if (reflect) add_note(d, "the mirror stands on the edge pixel, so an input of %lld has %lld to mirror", (long long)n, (long long)limit);
    else add_note(d, "the input is repeated once on each side");
    add_help(d, "use a padding of %lld or less, or `padding_mode=replicate`", (long long)limit);
    return false;
  }
  return true;
}

static bool infer(Inference *inference, Node *node) {
  const ConvAttributes *a = attributes_of(node);
  int64_t in_channels;
  Window w;
  if (!require_spatial(inference, node) || !check_attributes(inference, node)) return false;
  if (!known_channels(inference, node, node->inputs[0], &in_channels) || !check_groups(inference, node, in_channels)) return false;
  if (!infer_window(inference, node, a->kernel_size, a->stride, a->dilation, a->padding, false, &w)) return false;
  if (!check_padding_mode(inference, node, &w)) return false;
  bool one_dimensional = node->inputs[0]->type.rank == 2;
  int64_t image[] = {a->out_channels, in_channels / a->groups, w.kernel[0], w.kernel[1]};
  int64_t sequence[] = {a->out_channels, in_channels / a->groups, w.kernel[1]};
  const int64_t *sizes = one_dimensional ? sequence : image;
  int rank = one_dimensional ? 3 : 4;
  if (!parameter_fits(inference, node, rank, sizes)) return false;
  if (!set_output_type(inference, node, window_type(inference->arena, &node->inputs[0]->type, &w, a->out_channels))) return false;
  declare_parameter(inference, node, WEIGHT, "weight", PARAMETER_LEARNED, rank, sizes);
  if (a->bias) declare_parameter(inference, node, BIAS, "bias", PARAMETER_LEARNED, 1, &a->out_channels);
  return true;
}

/* Where the value at position t beyond the edges comes from; -1: it is zero. */
static int64_t source_of(int64_t t, int64_t n, PaddingMode mode) {
  if (t >= 0 && t < n) return t;
  switch (mode) {
  case PADDING_ZEROS: return -1;
  case PADDING_REFLECT: return t < 0 ? -t : 2 * (n - 1) - t;
  case PADDING_REPLICATE: return t < 0 ? 0 : n - 1;
  case PADDING_CIRCULAR: return t < 0 ? t + n : t - n;
  }
  return -1;
}

typedef struct Evaluation {
  const Node *node;
  Dense in, out;
  DenseWindow rows, columns;
  const double *input;
} Evaluation;

static double evaluate_at(const Evaluation *e, int64_t oc, int64_t oy, int64_t ox) {
  const ConvAttributes *a = attributes_of(e->node);
  int64_t in_group = e->in.channels / a->groups, first = oc / (e->out.channels / a->groups) * in_group;
  const Parameter *weight = e->node->parameters[WEIGHT], *bias = e->node->parameters[BIAS];
  double sum = bias ? (double)bias->data[oc] : 0;
  for (int64_t ic = 0; ic < in_group; ic++)
    for (int64_t ky = 0; ky < e->rows.kernel; ky++)
      for (int64_t kx = 0; kx < e->columns.kernel; kx++) {
        int64_t y = source_of(dense_tap(&e->rows, oy, ky), e->in.height, (PaddingMode)a->padding_mode);
        int64_t x = source_of(dense_tap(&e->columns, ox, kx), e->in.width, (PaddingMode)a->padding_mode);
        double value = y < 0 || x < 0 ? 0 : e->input[dense_index(e->in, first + ic, y, x)];
        sum += value * (double)weight->data[((oc * in_group + ic) * e->rows.kernel + ky) * e->columns.kernel + kx];
      }
  return sum;
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  const ConvAttributes *a = attributes_of(node);
  Evaluation e = {.node = node,
                  .in = dense_of(&node->inputs[0]->type),
                  .out = dense_of(&node->output->type),
                  .rows = dense_window(node, 0, a->kernel_size, a->stride, a->dilation, a->padding),
                  .columns = dense_window(node, 1, a->kernel_size, a->stride, a->dilation, a->padding),
                  .input = inputs[0]};
  for (int64_t oc = 0; oc < e.out.channels; oc++)
    for (int64_t oy = 0; oy < e.out.height; oy++)
      for (int64_t ox = 0; ox < e.out.width; ox++) output[dense_index(e.out, oc, oy, ox)] = evaluate_at(&e, oc, oy, ox);
}

static bool is_depthwise(const Node *node) {
  const ConvAttributes *a = attributes_of(node);
  return a->groups > 1 && a->groups == a->out_channels && size_is(type_channels(&node->inputs[0]->type), a->groups);
}

/* The loops of a convolution, which say what oc and ic stand for:
 *   groups=1   oc and ic count all channels
 *   grouped    oc and ic count within group g: output channel g*OCG + oc, input channel g*ICG + ic
 *   depthwise  output channel oc sees input channel oc; there is no ic */
typedef struct Channels {
  Expr *out, *in;               /* of the output and of the input */
  Expr *weight_out, *weight_in; /* of the weight */
} Channels;

static Channels add_channel_axes(Lowering *l, const Node *node, Nest *nest) {
  const ConvAttributes *a = attributes_of(node);
  Expr *oc = var_expr(l, "oc"), *ic = var_expr(l, "ic");
  if (a->groups == 1 || is_depthwise(node)) {
    add_result_axis(nest, "oc", size_of(l->arena, a->out_channels));
    return a->groups == 1 ? (Channels){oc, ic, oc, ic} : (Channels){oc, oc, oc, int_expr(l, 0)};
  }
  int64_t out_group = a->out_channels / a->groups, in_group = node->parameters[WEIGHT]->sizes[1];
  Expr *g = var_expr(l, "g");
  add_result_axis(nest, "g", size_of(l->arena, a->groups));
  add_result_axis(nest, "oc", size_of(l->arena, out_group));
  Expr *out = add_expr(l, mul_expr(l, g, int_expr(l, out_group)), oc);
  return (Channels){out, add_expr(l, mul_expr(l, g, int_expr(l, in_group)), ic), out, ic};
}

/* y[oc][oy][ox] = bias[oc] + sum over ky, kx, ic of
 *                 x[ic][oy*stride + ky*dilation - top][ox*stride + kx*dilation - left] * weight[oc][ic][ky][kx] */
static void nest(Lowering *l, const Node *node, Nest *n) {
  Window w = conv_window(l->arena, node);
  bool one_dimensional = node->inputs[0]->type.rank == 2;
  Expr *oy = var_expr(l, "oy"), *ox = var_expr(l, "ox"), *ky = var_expr(l, "ky"), *kx = var_expr(l, "kx");
  add_result_axis(n, "oy", w.output[0]);
  add_result_axis(n, "ox", w.output[1]);
  Channels c = add_channel_axes(l, node, n);
  if (!one_dimensional) add_reduction_axis(n, "ky", size_of(l->arena, w.kernel[0]), NULL, NULL);
  add_reduction_axis(n, "kx", size_of(l->arena, w.kernel[1]), NULL, NULL);
  if (!is_depthwise(node)) add_reduction_axis(n, "ic", size_of(l->arena, node->parameters[WEIGHT]->sizes[1]), NULL, NULL);

  Expr *row = one_dimensional ? int_expr(l, 0) : window_index(l, &w, 0, oy, ky);
  Expr *x = input_at(l, node, 0, c.in, row, window_index(l, &w, 1, ox, kx));
  Expr *weight = parameter_at(l, node, WEIGHT, c.weight_out, c.weight_in, one_dimensional ? kx : ky, one_dimensional ? NULL : kx);
  n->initial = node->parameters[BIAS] ? parameter_at(l, node, BIAS, c.out, NULL, NULL, NULL) : float_expr(l, 0);
  n->update = add_expr(l, accumulator(l), mul_expr(l, x, weight));
  n->result = accumulator(l);
  store_at_result_axes(l, n);
  n->output[0] = c.out;
  n->lane_axis = "oc";
  n->tile_axis = "ox";
}

static bool borders(Arena *arena, const Node *node, Window *window, int *padding_mode) {
  *window = conv_window(arena, node);
  *padding_mode = attributes_of(node)->padding_mode;
  bool padded = false;
  for (int axis = 0; axis < 2; axis++) padded = padded || !size_is(window->before[axis], 0) || !size_is(window->after[axis], 0);
  return padded;
}

static const Size *macs(Arena *arena, const Node *node) {
  const Parameter *weight = node->parameters[WEIGHT];
  const Size *each = size_of(arena, 1);
  for (int i = 1; i < weight->rank; i++) each = size_mul_int(arena, each, weight->sizes[i]);
  return size_mul(arena, type_elements(arena, &node->output->type), each);
}

static void describe(Text *out, const Node *node) {
  static const char *const modes[] = {"zeros", "reflect", "replicate", "circular"};
  const ConvAttributes *a = attributes_of(node);
  text_add(out, "conv");
  describe_window(out, node, a->kernel_size, a->stride, a->padding, a->dilation);
  if (a->padding_mode != PADDING_ZEROS) text_addf(out, ", padding_mode %s", modes[a->padding_mode]);
  if (a->groups > 1) text_addf(out, ", groups %lld", (long long)a->groups);
}

const Operator op_conv = {
    .name = "conv",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(ConvAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "convolution (cross-correlation) of an image or a sequence, with learned weights",
    .formula = "y[oc][oy][ox] = bias[oc] + sum over ky, kx, ic of "
               "x[ic][oy*stride + ky*dilation - top][ox*stride + kx*dilation - left] * weight[oc][ic][ky][kx]",
    .infer = infer,
    .evaluate = evaluate,
    .nest = nest,
    .borders = borders,
    .macs = macs,
    .describe = describe,
};
