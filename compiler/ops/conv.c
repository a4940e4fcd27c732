/* conv.c - convolution, which is cross-correlation as in every framework; of images and of sequences.
 *
 * Parameters: weight [out, in/groups, kh, kw] (1D: [out, in/groups, k]) and bias [out]. Output channel oc belongs to
 * group oc / (out/groups) and sees the input channels of that group only. */
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/conv_channels.h"
#include "ops/dense.h"
#include "ops/describe.h"
#include "ops/infer.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

enum { WEIGHT, BIAS };

static const Attribute attributes[] = {
    {"out_channels", ATTRIBUTE_INT, offsetof(ConvAttributes, out_channels), NULL, true, NULL, 1},
    {"kernel_size", ATTRIBUTE_PAIR, offsetof(ConvAttributes, kernel_size), NULL, true, NULL, 1},
    {"stride", ATTRIBUTE_PAIR, offsetof(ConvAttributes, stride), NULL, false, NULL, 1},
    {"padding", ATTRIBUTE_PADDING, offsetof(ConvAttributes, padding), NULL, false, NULL, 0},
    {"dilation", ATTRIBUTE_PAIR, offsetof(ConvAttributes, dilation), NULL, false, NULL, 1},
    {"groups", ATTRIBUTE_INT, offsetof(ConvAttributes, groups), NULL, false, NULL, 1},
    {"bias", ATTRIBUTE_BIAS, offsetof(ConvAttributes, bias), NULL, false, NULL, 0},
    {"padding_mode", ATTRIBUTE_CHOICE, offsetof(ConvAttributes, padding_mode), PADDING_MODES, false, NULL, 0},
    {"weight", ATTRIBUTE_ARRAY, offsetof(ConvAttributes, weight), NULL, false, NULL, 0},
    {"connections", ATTRIBUTE_ARRAY, offsetof(ConvAttributes, connections), NULL, false, NULL, 0},
    {0},
};

static const ConvAttributes defaults = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1, .bias = {.present = true}};

static const ConvAttributes *attributes_of(const Node *node) { return node->attributes; }

static Window conv_window(Arena *arena, const Node *node) {
  const ConvAttributes *a = attributes_of(node);
  return window_of(arena, &node->inputs[0]->type, a->kernel_size, a->stride, a->dilation, a->padding, false);
}

static const char *kernel_sizes_text(Arena *arena, int rank, const int64_t *sizes) {
  Text text = text_new(arena);
  for (int i = 0; i < rank; i++) text_addf(&text, "%s%lld", i ? "x" : "", (long long)sizes[i]);
  return text_string(&text);
}

static bool has_sizes(const ConstantArray *array, int rank, const int64_t *sizes) {
  for (int i = 0; i < rank && i < array->rank; i++)
    if (array->sizes[i] != sizes[i]) return false;
  return array->rank == rank;
}

static bool check_weight(Inference *inference, const Node *node, int rank, const int64_t *sizes) {
  const ConvAttributes *a = attributes_of(node);
  if (!a->weight) return true;
  if (has_sizes(a->weight, rank, sizes)) return check_constant(inference, node, "weight", a->weight);
  Diagnostic *d = attribute_error(inference, node, CODE_E0312, "weight", "`weight` has other sizes than this convolution");
  set_label(d, "%s, needed is %s", constant_sizes(inference->arena, a->weight), kernel_sizes_text(inference->arena, rank, sizes));
  add_note(d, "%lld output channels, then %lld input channels / %lld groups = %lld, then the kernel, %s", (long long)sizes[0],
           (long long)(sizes[1] * a->groups), (long long)a->groups, (long long)sizes[1],
           kernel_sizes_text(inference->arena, rank - 2, sizes + 2));
  if (a->weight->rank == rank - 2) add_help(d, "`filter(..)` applies one kernel to every channel");
  return false;
}

static bool refuse_connections(Inference *inference, const Node *node, Code code, const char *label) {
  Diagnostic *d = attribute_error(inference, node, code, "connections",
                                  "`connections` must be a table of zeros and ones for this convolution");
  set_label(d, "%s", label);
  add_note(d, "a row for each output channel, with a number for each input channel that it could see: 1 if it does, else 0");
  return false;
}

static bool check_connections(Inference *inference, const Node *node, const int64_t *sizes) {
  const ConvAttributes *a = attributes_of(node);
  const ConstantArray *table = a->connections;
  Arena *arena = inference->arena;
  if (!table) return true;
  if (a->weight) {
    Diagnostic *d = attribute_error(inference, node, CODE_E0402, "connections", "`connections` has no place beside a constant `weight`");
    add_help(d, "write zeros into the weight itself");
    return false;
  }
  if (!has_sizes(table, 2, sizes)) {
    const char *needed = kernel_sizes_text(arena, 2, sizes);
    bool turned = table->rank == 2 && table->sizes[0] == sizes[1] && table->sizes[1] == sizes[0];
    const char *label = arena_printf(arena, "%s, needed is %s%s", constant_sizes(arena, table), needed,
                                     turned ? ": `transpose(..)` turns it" : "");
    return refuse_connections(inference, node, CODE_E0312, label);
  }
  for (int64_t i = 0; i < sizes[0] * sizes[1]; i++)
    if (table->data[i] != 0 && table->data[i] != 1)
      return refuse_connections(inference, node, CODE_E0402,
                                arena_printf(arena, "%g in row %lld", table->data[i], (long long)(i / sizes[1]) + 1));
  return true;
}

static const bool *connected_pairs(Arena *arena, const ConstantArray *table) {
  int64_t count = table->sizes[0] * table->sizes[1];
  bool *connected = ARENA_ARRAY(arena, bool, (size_t)count);
  for (int64_t i = 0; i < count; i++) connected[i] = table->data[i] != 0;
  return connected;
}

static bool infer(Inference *inference, Node *node) {
  const ConvAttributes *a = attributes_of(node);
  int64_t in_channels;
  Window w;
  if (!require_spatial(inference, node) || !check_attributes(inference, node)) return false;
  if (!known_channels(inference, node, node->inputs[0], &in_channels) ||
      !check_groups(inference, node, in_channels, a->out_channels, a->groups))
    return false;
  if (!infer_window(inference, node, a->kernel_size, a->stride, a->dilation, a->padding, false, &w)) return false;
  if (!check_padding_mode(inference, node, a->padding_mode, &w)) return false;
  bool one_dimensional = node->inputs[0]->type.rank == 2;
  int64_t image[] = {a->out_channels, in_channels / a->groups, w.kernel[0], w.kernel[1]};
  int64_t sequence[] = {a->out_channels, in_channels / a->groups, w.kernel[1]};
  const int64_t *sizes = one_dimensional ? sequence : image;
  int rank = one_dimensional ? 3 : 4;
  if (!parameter_fits(inference, node, rank, sizes)) return false;
  if (!check_weight(inference, node, rank, sizes) || !check_connections(inference, node, sizes)) return false;
  if (!check_bias(inference, node, &a->bias, a->out_channels)) return false;
  if (!set_output_type(inference, node, window_type(inference->arena, &node->inputs[0]->type, &w, a->out_channels))) return false;
  if (a->weight) declare_constant(inference, node, WEIGHT, "weight", rank, sizes, a->weight->data);
  else declare_parameter(inference, node, WEIGHT, "weight", PARAMETER_LEARNED, rank, sizes);
  if (a->connections) node->parameters[WEIGHT]->connected = connected_pairs(inference->arena, a->connections);
  declare_bias(inference, node, BIAS, &a->bias, a->out_channels);
  return true;
}

typedef struct Evaluation {
  const Node *node;
  Dense in, out;
  DenseWindow rows, columns;
  const double *input;
} Evaluation;

/* Results are computed in blocks of some channels of a group by some points of the plane, as the same input value is a term
 * of every channel's sum. A sum takes its terms in the order ic, ky, kx, whatever its block is. */
enum { BLOCK_CHANNELS = 16, BLOCK_POINTS = 32 };

typedef struct Block {
  int64_t group, channel, channels, point, points; /* of output channels and of points oy * width + ox: the first, and how many */
} Block;

static double value_under_tap(const Evaluation *e, int64_t ic, int64_t point, int64_t ky, int64_t kx) {
  int padding_mode = attributes_of(e->node)->padding_mode;
  int64_t oy = point / e->out.width, ox = point % e->out.width;
  int64_t y = dense_source(dense_tap(&e->rows, oy, ky), e->in.height, padding_mode);
  int64_t x = dense_source(dense_tap(&e->columns, ox, kx), e->in.width, padding_mode);
  return y < 0 || x < 0 ? 0 : e->input[dense_index(e->in, ic, y, x)];
}

static void evaluate_block(const Evaluation *e, const Block *b, double *output) {
  const Parameter *weight = e->node->parameters[WEIGHT], *bias = e->node->parameters[BIAS];
  int64_t in_group = e->in.channels / attributes_of(e->node)->groups, plane = e->out.height * e->out.width;
  double sums[BLOCK_CHANNELS][BLOCK_POINTS], values[BLOCK_POINTS];
  for (int64_t c = 0; c < b->channels; c++)
    for (int64_t p = 0; p < b->points; p++) sums[c][p] = bias ? (double)bias->data[b->channel + c] : 0;
  for (int64_t ic = 0; ic < in_group; ic++)
    for (int64_t ky = 0; ky < e->rows.kernel; ky++)
      for (int64_t kx = 0; kx < e->columns.kernel; kx++) {
        for (int64_t p = 0; p < b->points; p++) values[p] = value_under_tap(e, b->group * in_group + ic, b->point + p, ky, kx);
        for (int64_t c = 0; c < b->channels; c++) {
          double factor = (double)weight->data[(((b->channel + c) * in_group + ic) * e->rows.kernel + ky) * e->columns.kernel + kx];
          for (int64_t p = 0; p < b->points; p++) sums[c][p] += values[p] * factor;
        }
      }
  for (int64_t c = 0; c < b->channels; c++)
    for (int64_t p = 0; p < b->points; p++) output[(b->channel + c) * plane + b->point + p] = sums[c][p];
}

static int64_t at_most(int64_t count, int64_t limit) { return count < limit ? count : limit; }

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  const ConvAttributes *a = attributes_of(node);
  Evaluation e = {.node = node,
                  .in = dense_of(&node->inputs[0]->type),
                  .out = dense_of(&node->output->type),
                  .rows = dense_window(node, 0, a->kernel_size, a->stride, a->dilation, a->padding),
                  .columns = dense_window(node, 1, a->kernel_size, a->stride, a->dilation, a->padding),
                  .input = inputs[0]};
  int64_t out_group = e.out.channels / a->groups, plane = e.out.height * e.out.width;
  for (int64_t oc = 0; oc < e.out.channels;) {
    int64_t group = oc / out_group, channels = at_most((group + 1) * out_group - oc, BLOCK_CHANNELS);
    for (int64_t point = 0; point < plane; point += BLOCK_POINTS) {
      Block block = {group, oc, channels, point, at_most(plane - point, BLOCK_POINTS)};
      evaluate_block(&e, &block, output);
    }
    oc += channels;
  }
}

/* y[oc][oy][ox] = bias[oc] + sum over ky, kx, ic of
 *                 x[ic][oy*stride + ky*dilation - top][ox*stride + kx*dilation - left] * weight[oc][ic][ky][kx] */
static void nest(Lowering *l, const Node *node, Nest *n) {
  Window w = conv_window(l->arena, node);
  bool one_dimensional = node->inputs[0]->type.rank == 2;
  Expr *oy = var_expr(l, "oy"), *ox = var_expr(l, "ox"), *ky = var_expr(l, "ky"), *kx = var_expr(l, "kx");
  add_result_axis(n, "oy", w.output[0]);
  add_result_axis(n, "ox", w.output[1]);
  const ConvAttributes *a = attributes_of(node);
  Channels c = add_channel_axes(l, n, node->parameters[WEIGHT]->sizes[1] * a->groups, a->out_channels, a->groups);
  if (!one_dimensional) add_reduction_axis(n, "ky", size_of(l->arena, w.kernel[0]), NULL, NULL);
  add_reduction_axis(n, "kx", size_of(l->arena, w.kernel[1]), NULL, NULL);
  add_channel_reduction(l, n, &c);

  Expr *row = one_dimensional ? int_expr(l, 0) : window_index(l, &w, 0, oy, ky);
  Expr *x = input_at(l, node, 0, c.in, row, window_index(l, &w, 1, ox, kx));
  Expr *weight = parameter_at(l, node, WEIGHT, c.out, c.in_group, one_dimensional ? kx : ky, one_dimensional ? NULL : kx);
  n->initial = node->parameters[BIAS] ? parameter_at(l, node, BIAS, c.out, NULL, NULL, NULL) : float_expr(l, 0);
  n->update = add_expr(l, accumulator(l), mul_expr(l, x, weight));
  n->result = accumulator(l);
  store_at_result_axes(l, n);
  n->output[0] = c.out;
  n->lane_axis = "oc";
  n->tile_axis = "ox";
  const Expr *read = x->kind == EXPR_CAST ? x->left : x;
  if (one_dimensional || a->groups > 1 || read->kind != EXPR_ACCESS) return;
  Correlation *correlation = ARENA_NEW(l->arena, Correlation);
  *correlation = (Correlation){.input = read->operand,
                               .weight = weight->operand,
                               .kernel = {w.kernel[0], w.kernel[1]},
                               .stride = {w.stride[0], w.stride[1]},
                               .dilation = {w.dilation[0], w.dilation[1]},
                               .point = {"oy", "ox"},
                               .tap = {"ky", "kx"},
                               .channel = "ic"};
  n->correlation = correlation;
}

static bool borders(Arena *arena, const Node *node, Window *window, int *padding_mode) {
  *window = conv_window(arena, node);
  *padding_mode = attributes_of(node)->padding_mode;
  return is_padded(window);
}

static const Size *macs(Arena *arena, const Node *node) {
  const Parameter *weight = node->parameters[WEIGHT];
  const Size *each = size_of(arena, 1);
  for (int i = 1; i < weight->rank; i++) each = size_mul_int(arena, each, weight->sizes[i]);
  return size_mul(arena, type_elements(arena, &node->output->type), each);
}

static void describe(Text *out, const Node *node) {
  const ConvAttributes *a = attributes_of(node);
  text_add(out, "conv");
  describe_window(out, node, a->kernel_size, a->stride, a->padding, a->dilation);
  describe_padding_mode(out, a->padding_mode);
  if (a->groups > 1) text_addf(out, ", groups %lld", (long long)a->groups);
  if (a->weight) text_add(out, ", constant weight");
  if (a->connections) text_add(out, ", connections");
}

static const char *to_onnx(OnnxWriter *w, const Node *node) {
  const ConvAttributes *a = attributes_of(node);
  Window window = conv_window(w->arena, node);
  OnnxWindow o = onnx_window(w, onnx_input(w, node, 0), &node->inputs[0]->type, &window, a->padding.kind, a->padding_mode, 0);
  const char *y = ONNX_NODE(w, "Conv", o.input, onnx_parameter(w, node, WEIGHT), onnx_parameter(w, node, BIAS));
  onnx_window_attributes(w, &o);
  if (a->groups > 1) onnx_int(w, "group", a->groups);
  return y;
}

const Operator op_conv = {
    .name = "conv",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(ConvAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .weights = "`weight` [out_channels, in / groups, height, width] (sequences [.., width]), `bias` [out_channels]",
    .summary = "convolution (cross-correlation) of an image or a sequence, with learned weights",
    .formula = "y[oc][oy][ox] = bias[oc] + sum over ky, kx, ic of "
               "x[ic][oy*stride + ky*dilation - top][ox*stride + kx*dilation - left] * weight[oc][ic][ky][kx]",
    .onnx = "Conv, after Pad (reflect, replicate) or Slice and Concat (circular)",
    .infer = infer,
    .evaluate = evaluate,
    .nest = nest,
    .borders = borders,
    .macs = macs,
    .describe = describe,
    .to_onnx = to_onnx,
};
