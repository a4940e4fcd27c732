/* concat.c - tensors side by side along the channels, the rows or the columns. */
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static const char *const axis_names[] = {"channels", "height", "width"};

static const Attribute attributes[] = {
    {"axis", ATTRIBUTE_CHOICE, offsetof(ConcatAttributes, axis), "channels|height|width", false, NULL, 0},
    {0},
};

static const ConcatAttributes defaults = {.axis = CONCAT_CHANNELS};

/* Its place in the sizes of a tensor of this rank; -1: there is no such axis. */
static int axis_in(int rank, int axis) {
  switch ((ConcatAxis)axis) {
  case CONCAT_CHANNELS: return 0;
  case CONCAT_HEIGHT: return rank == 3 ? 1 : -1;
  case CONCAT_WIDTH: return rank > 1 ? rank - 1 : -1;
  }
  return -1;
}

static bool infer(Inference *inference, Node *node) {
  const ConcatAttributes *a = node->attributes;
  int rank = node->inputs[0]->type.rank, axis = axis_in(rank, a->axis);
  if (axis < 0) {
    Diagnostic *d = attribute_error(inference, node, CODE_E0305, "axis", "`concat` along the %s needs an input that has one",
                                    axis_names[a->axis]);
    set_label(d, "input is %s", type_text(inference->arena, &node->inputs[0]->type));
    add_help(d, "`axis=channels` puts vectors one after the other%s", rank == 2 ? ", `axis=width` sequences" : "");
    return false;
  }
  TensorType type;
  if (!require_equal_shapes(inference, node, axis, false, &type)) return false;
  for (int i = 1; i < node->input_count; i++)
    type.sizes[axis] = size_add(inference->arena, type.sizes[axis], node->inputs[i]->type.sizes[axis]);
  return set_output_type(inference, node, type);
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  const ConcatAttributes *a = node->attributes;
  Dense out = dense_of(&node->output->type);
  int64_t begin = 0; /* of the input along the axis */
  for (int i = 0; i < node->input_count; i++) {
    Dense in = dense_of(&node->inputs[i]->type);
    int64_t c0 = a->axis == CONCAT_CHANNELS ? begin : 0, y0 = a->axis == CONCAT_HEIGHT ? begin : 0,
            x0 = a->axis == CONCAT_WIDTH ? begin : 0;
    for (int64_t c = 0; c < in.channels; c++)
      for (int64_t y = 0; y < in.height; y++)
        for (int64_t x = 0; x < in.width; x++) output[dense_index(out, c0 + c, y0 + y, x0 + x)] = inputs[i][dense_index(in, c, y, x)];
    begin += a->axis == CONCAT_CHANNELS ? in.channels : a->axis == CONCAT_HEIGHT ? in.height : in.width;
  }
}

static void describe(Text *out, const Node *node) {
  const ConcatAttributes *a = node->attributes;
  text_add(out, "concat");
  if (a->axis != CONCAT_CHANNELS) text_addf(out, " along the %s", axis_names[a->axis]);
}

static const char *to_onnx(OnnxWriter *w, const Node *node) {
  const char **parts = ARENA_ARRAY(w->arena, const char *, (size_t)node->input_count);
  for (int i = 0; i < node->input_count; i++) parts[i] = onnx_input(w, node, i);
  int axis = axis_in(node->output->type.rank, ((const ConcatAttributes *)node->attributes)->axis);
  return onnx_concat(w, parts, node->input_count, axis + 1);
}

const Operator op_concat = {
    .name = "concat",
    .kind = OPERATOR_JOIN,
    .min_inputs = 2,
    .max_inputs = -1,
    .attributes_size = sizeof(ConcatAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "several tensors side by side",
    .formula = "y = [a, b, ..] along the axis",
    .onnx = "Concat",
    .infer = infer,
    .evaluate = evaluate,
    .describe = describe,
    .to_onnx = to_onnx,
};
