/* conv_transpose.c - transposed convolution, also called deconvolution: what a convolution of the same attributes does to
 * its gradient, so it grows a picture `stride` times.
 *
 * Parameters: weight [in, out/groups, kh, kw] (1D: [in, out/groups, k]) and bias [out]. Sizes after docs/language.md,
 * Windows and padding; the lowering stands in conv_transpose_nest.c. */
#include "ops/conv_transpose.h"

#include <stddef.h>

#include "ops/conv_channels.h"
#include "ops/dense.h"
#include "ops/describe.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static const Attribute attributes[] = {
    {"out_channels", ATTRIBUTE_INT, offsetof(ConvTransposeAttributes, out_channels), NULL, true, NULL, 1},
    {"kernel_size", ATTRIBUTE_PAIR, offsetof(ConvTransposeAttributes, kernel_size), NULL, true, NULL, 1},
    {"stride", ATTRIBUTE_PAIR, offsetof(ConvTransposeAttributes, stride), NULL, false, NULL, 1},
    {"padding", ATTRIBUTE_PADDING, offsetof(ConvTransposeAttributes, padding), NULL, false, NULL, 0},
    {"output_padding", ATTRIBUTE_PAIR, offsetof(ConvTransposeAttributes, output_padding), NULL, false, NULL, 0},
    {"dilation", ATTRIBUTE_PAIR, offsetof(ConvTransposeAttributes, dilation), NULL, false, NULL, 1},
    {"groups", ATTRIBUTE_INT, offsetof(ConvTransposeAttributes, groups), NULL, false, NULL, 1},
    {"bias", ATTRIBUTE_BIAS, offsetof(ConvTransposeAttributes, bias), NULL, false, NULL, 0},
    {0},
};

static const ConvTransposeAttributes defaults = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1, .bias = {.present = true}};

static bool is_same(PaddingKind kind) { return kind == PADDING_SAME || kind == PADDING_SAME_UPPER || kind == PADDING_SAME_LOWER; }

/* What is cut off before and after the (n-1)s + e points that n inputs reach. `same` keeps ns of them. */
static void set_cut(Arena *arena, const ConvTransposeAttributes *a, Window *w, int axis) {
  int64_t span = w->dilation[axis] * (w->kernel[axis] - 1) + 1, before = 0, after = 0;
  int64_t total = span > w->stride[axis] ? span - w->stride[axis] : 0;
  switch (a->padding.kind) {
  case PADDING_VALID:
  case PADDING_CAUSAL: break;
  case PADDING_FULL: before = after = span - 1; break;
  case PADDING_SAME:
  case PADDING_SAME_UPPER: before = total / 2, after = total - before; break;
  case PADDING_SAME_LOWER: after = total / 2, before = total - after; break;
  case PADDING_EXPLICIT:
    before = axis == 0 ? a->padding.top : a->padding.left;
    after = axis == 0 ? a->padding.bottom : a->padding.right;
    break;
  }
  w->before[axis] = size_of(arena, before);
  w->after[axis] = size_of(arena, after);
  if (is_same(a->padding.kind)) {
    w->output[axis] = size_mul_int(arena, w->input[axis], w->stride[axis]);
    return;
  }
  int64_t more = axis == 0 ? a->output_padding.h : a->output_padding.w;
  const Size *starts = size_mul_int(arena, size_add_int(arena, w->input[axis], -1), w->stride[axis]);
  w->output[axis] = size_add_int(arena, size_add_int(arena, starts, span - before), more - after);
}

Window transposed_window(Arena *arena, const Node *node) {
  const ConvTransposeAttributes *a = node->attributes;
  const TensorType *input = &node->inputs[0]->type;
  const Size *none = size_of(arena, 0);
  Window w = {.input = {type_height(input), type_width(input)},
              .output = {size_of(arena, 1), NULL},
              .kernel = {1, a->kernel_size.w},
              .stride = {1, a->stride.w},
              .dilation = {1, a->dilation.w},
              .before = {none, none},
              .after = {none, none}};
  if (input->rank == 3) {
    w.kernel[0] = a->kernel_size.h;
    w.stride[0] = a->stride.h;
    w.dilation[0] = a->dilation.h;
    set_cut(arena, a, &w, 0);
  }
  set_cut(arena, a, &w, 1);
  return w;
}

static const char *axis_name(const Node *node, int axis) {
  return node->inputs[0]->type.rank == 2 ? "length" : axis == 0 ? "height" : "width";
}

static bool check_padding(Inference *inference, const Node *node) {
  const ConvTransposeAttributes *a = node->attributes;
  if (a->padding.kind == PADDING_CAUSAL) {
    Diagnostic *d = attribute_error(inference, node, CODE_E0402, "padding", "`padding` cannot be `causal` for `conv_transpose`");
    add_note(d, "frameworks have no such form; padding is what is cut off the result here");
    add_help(d, "name what is cut off: `padding=(left=, right=)`");
    return false;
  }
  if (!is_same(a->padding.kind) || (!a->output_padding.h && !a->output_padding.w)) return true;
  Diagnostic *d = attribute_error(inference, node, CODE_E0402, "output_padding", "`output_padding` has no place beside `same`");
  add_note(d, "`same` makes the result `stride` times as large as the input, whatever the kernel");
  add_help(d, "leave it out, or write `padding` as a number");
  return false;
}

/* PyTorch's rule: more than that would be points that no window of the convolution it transposes starts at. */
static bool check_output_padding(Inference *inference, const Node *node, const Window *w) {
  const ConvTransposeAttributes *a = node->attributes;
  for (int axis = node->inputs[0]->type.rank == 2; axis < 2; axis++) {
    int64_t more = axis == 0 ? a->output_padding.h : a->output_padding.w;
    int64_t limit = w->stride[axis] > w->dilation[axis] ? w->stride[axis] : w->dilation[axis];
    if (more < limit) continue;
    Diagnostic *d = attribute_error(inference, node, CODE_E0402, "output_padding",
                                    "`output_padding` must be smaller than stride or dilation");
    set_label(d, "%s: %lld, stride %lld, dilation %lld", axis_name(node, axis), (long long)more, (long long)w->stride[axis],
              (long long)w->dilation[axis]);
    add_note(d, "it tells apart the input sizes that a convolution of this stride makes equal");
    return false;
  }
  return true;
}

/* Residues of the stride are lowered one by one where taps are dilated. */
static bool check_phases(Inference *inference, const Node *node, const Window *w) {
  for (int axis = 0; axis < 2; axis++) {
    if (w->stride[axis] <= MAX_DILATED_STRIDE || w->dilation[axis] == 1 || w->kernel[axis] == 1) continue;
    Diagnostic *d = attribute_error(inference, node, CODE_E0402, "stride", "this `conv_transpose` has too large a stride for its dilation");
    set_label(d, "%s: stride %lld, dilation %lld", axis_name(node, axis), (long long)w->stride[axis], (long long)w->dilation[axis]);
    add_note(d, "with a dilation, strides up to %d are compiled", MAX_DILATED_STRIDE);
    return false;
  }
  return true;
}

static bool check_output(Inference *inference, const Node *node, const Window *w) {
  for (int axis = 0; axis < 2; axis++) {
    if (size_minimum(w->output[axis]) >= 1) continue;
    Text input = text_new(inference->arena), output = text_new(inference->arena);
    size_print(&input, w->input[axis]);
    size_print(&output, w->output[axis]);
    Diagnostic *d = shape_error(inference, node, CODE_E0303, "the padding of this `conv_transpose` leaves no pixels");
    set_label(d, "%s %s", axis_name(node, axis), text_string(&output));
    add_note(d, "(%s - 1) * %lld + %lld spanned by the kernel, less padding %lld and %lld", text_string(&input), (long long)w->stride[axis],
             (long long)(w->dilation[axis] * (w->kernel[axis] - 1) + 1), (long long)size_value(w->before[axis]),
             (long long)size_value(w->after[axis]));
    add_help(d, "padding is what is cut off the result here: use less");
    return false;
  }
  return true;
}

static void warn_asymmetric_same(Inference *inference, const Node *node, const Window *w) {
  for (int axis = 0; axis < 2; axis++) {
    int64_t before = size_value(w->before[axis]), after = size_value(w->after[axis]);
    if (w->stride[axis] == 1 || before == after) continue;
    Diagnostic *d = attribute_error(inference, node, CODE_W_asymmetric_same, "padding",
                                    "`same` with stride %lld cuts off %lld before and %lld after", (long long)w->stride[axis],
                                    (long long)before, (long long)after);
    add_note(d, "PyTorch's `padding=%lld, output_padding=1` gives the same shape and different values", (long long)after);
    add_help(d, "write those, or `same_upper`");
    return;
  }
}

static bool infer(Inference *inference, Node *node) {
  const ConvTransposeAttributes *a = node->attributes;
  int64_t in_channels;
  if (!require_spatial(inference, node) || !check_attributes(inference, node) || !check_padding(inference, node)) return false;
  if (!known_channels(inference, node, node->inputs[0], &in_channels)) return false;
  if (!check_groups(inference, node, in_channels, a->out_channels, a->groups)) return false;
  Window w = transposed_window(inference->arena, node);
  if (!check_output_padding(inference, node, &w) || !check_phases(inference, node, &w) || !check_output(inference, node, &w)) return false;
  if (!check_bias(inference, node, &a->bias, a->out_channels)) return false;
  if (a->padding.kind == PADDING_SAME) warn_asymmetric_same(inference, node, &w);
  bool one_dimensional = node->inputs[0]->type.rank == 2;
  int64_t image[] = {in_channels, a->out_channels / a->groups, w.kernel[0], w.kernel[1]};
  int64_t sequence[] = {in_channels, a->out_channels / a->groups, w.kernel[1]};
  const int64_t *sizes = one_dimensional ? sequence : image;
  int rank = one_dimensional ? 3 : 4;
  if (!parameter_fits(inference, node, rank, sizes)) return false;
  if (!set_output_type(inference, node, window_type(inference->arena, &node->inputs[0]->type, &w, a->out_channels))) return false;
  declare_parameter(inference, node, CONV_TRANSPOSE_WEIGHT, "weight", PARAMETER_LEARNED, rank, sizes);
  declare_bias(inference, node, CONV_TRANSPOSE_BIAS, &a->bias, a->out_channels);
  return true;
}

/* ---- evaluation: every input is spread over the points that it reaches ---- */

static int64_t cut_before(PaddingKind kind, int64_t kernel, int64_t stride, int64_t dilation, int64_t written) {
  int64_t extent = dilation * (kernel - 1) + 1, total = extent < stride ? 0 : extent - stride;
  if (kind == PADDING_FULL) return extent - 1;
  if (kind == PADDING_SAME_LOWER) return (total + 1) / 2;
  return is_same(kind) ? total / 2 : kind == PADDING_EXPLICIT ? written : 0;
}

static void spread(const Node *node, const double *input, int64_t ic, int64_t oc, const float *weight, double *output) {
  const ConvTransposeAttributes *a = node->attributes;
  Dense in = dense_of(&node->inputs[0]->type), out = dense_of(&node->output->type);
  bool image = node->inputs[0]->type.rank == 3;
  Pair kernel = {image ? a->kernel_size.h : 1, a->kernel_size.w};
  int64_t top = image ? cut_before(a->padding.kind, a->kernel_size.h, a->stride.h, a->dilation.h, a->padding.top) : 0;
  int64_t left = cut_before(a->padding.kind, a->kernel_size.w, a->stride.w, a->dilation.w, a->padding.left);
  for (int64_t iy = 0; iy < in.height; iy++)
    for (int64_t ix = 0; ix < in.width; ix++)
      for (int64_t ky = 0; ky < kernel.h; ky++)
        for (int64_t kx = 0; kx < kernel.w; kx++) {
          int64_t oy = (image ? iy * a->stride.h + ky * a->dilation.h : 0) - top, ox = ix * a->stride.w + kx * a->dilation.w - left;
          if (oy < 0 || oy >= out.height || ox < 0 || ox >= out.width) continue;
          output[dense_index(out, oc, oy, ox)] += input[dense_index(in, ic, iy, ix)] * (double)weight[ky * kernel.w + kx];
        }
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  const ConvTransposeAttributes *a = node->attributes;
  const Parameter *weight = node->parameters[CONV_TRANSPOSE_WEIGHT], *bias = node->parameters[CONV_TRANSPOSE_BIAS];
  Dense in = dense_of(&node->inputs[0]->type), out = dense_of(&node->output->type);
  int64_t pixels = out.height * out.width, in_group = in.channels / a->groups, out_group = out.channels / a->groups;
  int64_t taps = weight->sizes[2] * (weight->rank == 4 ? weight->sizes[3] : 1);
  for (int64_t i = 0; i < out.channels * pixels; i++) output[i] = bias ? (double)bias->data[i / pixels] : 0;
  for (int64_t ic = 0; ic < in.channels; ic++)
    for (int64_t oc = 0; oc < out_group; oc++)
      spread(node, inputs[0], ic, ic / in_group * out_group + oc, weight->data + (ic * out_group + oc) * taps, output);
}

/* ---- figures and words ---- */

/* Of all points that the inputs reach, also of those that are cut off. */
static const Size *macs(Arena *arena, const Node *node) {
  const Parameter *weight = node->parameters[CONV_TRANSPOSE_WEIGHT];
  const Size *each = size_of(arena, 1);
  for (int i = 1; i < weight->rank; i++) each = size_mul_int(arena, each, weight->sizes[i]);
  return size_mul(arena, type_elements(arena, &node->inputs[0]->type), each);
}

static void describe(Text *out, const Node *node) {
  const ConvTransposeAttributes *a = node->attributes;
  text_add(out, "conv_transpose");
  describe_window(out, node, a->kernel_size, a->stride, a->padding, a->dilation);
  if (a->output_padding.h || a->output_padding.w) {
    text_add(out, ", output_padding ");
    print_pair(out, a->output_padding, node->inputs[0]->type.rank == 2);
  }
  if (a->groups > 1) text_addf(out, ", groups %lld", (long long)a->groups);
}

/* What output_padding adds beyond what `padding` cuts off there. Runtimes want it to be less than the stride. Whether on some axis it is
   not: then it is made of zeros behind the results, so on no axis may it be what `padding` has cut off. */
static bool fold_output_padding(OnnxWindow *o, int64_t more[2]) {
  bool late = false;
  int64_t kept[2];
  for (int axis = 0; axis < 2; axis++) {
    kept[axis] = more[axis] < o->after[axis] ? more[axis] : o->after[axis];
    late = late || more[axis] - kept[axis] >= o->window.stride[axis];
  }
  for (int axis = 0; axis < 2; axis++) {
    if (!late && more[axis] < o->window.stride[axis]) continue;
    o->after[axis] -= kept[axis];
    more[axis] -= kept[axis];
  }
  return late;
}

/* Where nothing but the bias arrives. */
static const char *pad_result(OnnxWriter *w, const Node *node, const char *y, const int64_t more[2]) {
  const Size *none = size_of(w->arena, 0);
  SizeSides margins[MAX_RANK] = {{none, none}};
  int rank = node->output->type.rank;
  for (int axis = 1; axis < rank; axis++) margins[axis] = (SizeSides){none, size_of(w->arena, more[axis + 2 - rank])};
  y = onnx_pad(w, y, &node->output->type, margins, PADDING_ZEROS, 0);
  const char *bias = onnx_channel_parameter(w, node, CONV_TRANSPOSE_BIAS);
  return bias ? ONNX_NODE(w, "Add", y, bias) : y;
}

/* `same` keeps more than the kernels reach where the stride is larger than they are. */
static const char *to_onnx(OnnxWriter *w, const Node *node) {
  const ConvTransposeAttributes *a = node->attributes;
  Window window = transposed_window(w->arena, node);
  int rank = node->inputs[0]->type.rank;
  int64_t more[] = {rank == 3 ? a->output_padding.h : 0, a->output_padding.w}; /* a sequence has no rows */
  OnnxWindow o = {.window = window, .one_dimensional = rank == 2};
  for (int axis = 0; axis < 2; axis++) {
    int64_t span = window.dilation[axis] * (window.kernel[axis] - 1) + 1;
    o.before[axis] = size_value(window.before[axis]);
    o.after[axis] = size_value(window.after[axis]);
    if (is_same(a->padding.kind) && span < window.stride[axis]) more[axis] = window.stride[axis] - span;
  }
  const char *x = onnx_input(w, node, 0);
  bool late = fold_output_padding(&o, more);
  const char *weight = onnx_parameter(w, node, CONV_TRANSPOSE_WEIGHT);
  const char *y = ONNX_NODE(w, "ConvTranspose", x, weight, late ? NULL : onnx_parameter(w, node, CONV_TRANSPOSE_BIAS));
  onnx_window_attributes(w, &o);
  if (!late && (more[0] || more[1])) onnx_ints(w, "output_padding", rank - 1, rank == 3 ? more : more + 1);
  if (a->groups > 1) onnx_int(w, "group", a->groups);
  return late ? pad_result(w, node, y, more) : y;
}

const Operator op_conv_transpose = {
    .name = "conv_transpose",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(ConvTransposeAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "transposed convolution, which grows an image or a sequence `stride` times, with learned weights",
    .formula = "y[oc][iy*stride + ky*dilation - top][ix*stride + kx*dilation - left] = "
               "bias[oc] + sum over ic and all iy, ix, ky, kx that meet there of x[ic][iy][ix] * weight[ic][oc][ky][kx]",
    .weights = "`weight` [in, out_channels / groups, height, width] (sequences [.., width]), `bias` [out_channels]",
    .onnx = "ConvTranspose; Pad, then Add of the bias where output_padding is no less than the stride",
    .infer = infer,
    .evaluate = evaluate,
    .nest = nest_conv_transpose,
    .borders = borders_of_conv_transpose,
    .macs = macs,
    .describe = describe,
    .to_onnx = to_onnx,
};
