/* permute.c - the axes of a tensor in another order: [C, H, W] to [H, W, C], say. Values move, since channels lie last
 * in memory whatever they mean. */
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static const Attribute attributes[] = {
    {"order", ATTRIBUTE_INTS, offsetof(PermuteAttributes, order), NULL, true, NULL, 0},
    {0},
};

static const PermuteAttributes defaults = {0};

/* The axis of the input that becomes axis i of the output. */
static int source_of(const Node *node, int i) { return (int)((const PermuteAttributes *)node->attributes)->order->data[i]; }

static bool infer(Inference *inference, Node *node) {
  const ConstantArray *order = ((const PermuteAttributes *)node->attributes)->order;
  TensorType input = node->inputs[0]->type, type = input;
  bool fits = order->rank == 1 && order->sizes[0] == input.rank;
  int seen = 0;
  for (int i = 0; fits && i < input.rank; i++) {
    fits = order->data[i] < input.rank && !(seen >> source_of(node, i) & 1);
    if (!fits) break;
    seen |= 1 << source_of(node, i);
    type.sizes[i] = input.sizes[source_of(node, i)];
  }
  if (fits) return set_output_type(inference, node, type);
  static const char *const axes[] = {"", "0", "0 and 1", "0, 1 and 2"}, *const examples[] = {"", "[0]", "[1, 0]", "[1, 2, 0]"};
  Diagnostic *d = attribute_error(inference, node, CODE_E0402, "order", "`order` of this `permute` is a list of the axes %s, each once",
                                  axes[input.rank]);
  set_label(d, "input is %s", type_text(inference->arena, &input));
  if (order->rank == 1 && order->sizes[0] == input.rank + 1) add_note(d, "the batch is no axis here: axis 0 is the channels");
  add_help(d, "like `permute(%s)`: each is the axis of the input that comes to stand there", examples[input.rank]);
  return false;
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  const TensorType *in = &node->inputs[0]->type, *out = &node->output->type;
  int64_t stride[MAX_RANK], begin[MAX_RANK] = {0}, step = 1;
  for (int i = in->rank; i-- > 0; step *= size_value(in->sizes[i])) stride[i] = step;
  for (int64_t place = 0, n = step; place < n; place++) {
    int64_t from = 0;
    for (int i = 0; i < out->rank; i++) from += begin[i] * stride[source_of(node, i)];
    output[place] = inputs[0][from];
    for (int i = out->rank; i-- > 0 && ++begin[i] == size_value(out->sizes[i]);) begin[i] = 0;
  }
}

/* y[oc][oy][ox] = x[..], the same indices in another order */
static void nest(Lowering *l, const Node *node, Nest *n) {
  const TensorType *type = &node->output->type;
  Expr *vars[MAX_RANK] = {var_expr(l, "oc"), var_expr(l, "oy"), var_expr(l, "ox")}, *from[MAX_RANK] = {0};
  if (type->rank == 2) vars[1] = vars[2];
  for (int i = 0; i < type->rank; i++) from[source_of(node, i)] = vars[i];
  if (type->rank == 2) from[2] = from[1];
  Expr *zero = int_expr(l, 0);
  add_result_axis(n, "oy", type_height(type));
  add_result_axis(n, "ox", type_width(type));
  add_result_axis(n, "oc", type_channels(type));
  store_at_result_axes(l, n);
  n->result = input_at(l, node, 0, from[0], type->rank == 3 ? from[1] : zero, type->rank > 1 ? from[2] : zero);
  if (source_of(node, 0) != 0) return; /* neighbours of the result do not lie side by side in the input */
  n->lane_axis = "oc";
  n->tile_axis = "ox";
}

static void describe(Text *out, const Node *node) {
  text_add(out, "permute ");
  for (int i = 0; i < node->output->type.rank; i++) text_addf(out, "%s%d", i ? " " : "", source_of(node, i));
}

static const char *to_onnx(OnnxWriter *w, const Node *node) {
  int rank = node->output->type.rank;
  int64_t order[MAX_RANK + 1] = {0};
  for (int i = 0; i < rank; i++) order[i + 1] = source_of(node, i) + 1;
  return onnx_transpose(w, onnx_input(w, node, 0), rank + 1, order);
}

const Operator op_permute = {
    .name = "permute",
    .kind = OPERATOR_NEST,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(PermuteAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "the axes in another order: axis i of the output is axis order[i] of the input",
    .formula = "y[i0][i1][i2] = x[..], where index order[k] of x is index k of y",
    .onnx = "Transpose",
    .infer = infer,
    .evaluate = evaluate,
    .nest = nest,
    .describe = describe,
    .to_onnx = to_onnx,
};
