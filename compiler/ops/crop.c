/* crop.c - a part of a tensor: crop, center_crop_like, split.
 *
 * No work is done: what reads the part reads it where the whole lies. split stands for crops of channels. */
#include <string.h>

#include "ops/dense.h"
#include "ops/margins.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static const Attribute crop_attributes[] = {MARGIN_ATTRIBUTES(Margins, ), {0}};
static const Margins crop_defaults = {0};

static bool refuse_empty(Inference *inference, const Node *node, int axis, Sides sides, const Size *left) {
  const TensorType *type = &node->inputs[0]->type;
  const char *noun = axis_noun(type, axis);
  Diagnostic *d = attribute_error(inference, node, CODE_E0303, margin_name(axis, sides.after > sides.before),
                                  "this `%s` leaves nothing of the %s", operation_name(node), noun);
  Text label = text_new(inference->arena);
  text_addf(&label, "%s %s", noun, size_text(inference->arena, axis_size(type, axis)));
  if (sides.before) text_addf(&label, " - %lld", (long long)sides.before);
  if (sides.after) text_addf(&label, " - %lld", (long long)sides.after);
  set_label(d, "%s %s %lld", text_string(&label), size_is_const(left, NULL) ? "=" : "can be", (long long)size_minimum(left));
  return false;
}

static bool infer_crop(Inference *inference, Node *node) {
  const Margins *margins = node->attributes;
  TensorType type = node->inputs[0]->type;
  if (!check_margins(inference, node, margins)) return false;
  for (int axis = 0; axis < MAX_RANK; axis++) {
    Sides sides = margin_of(margins, axis);
    const Size *left = size_add_int(inference->arena, axis_size(&type, axis), -(sides.before + sides.after));
    if (size_minimum(left) < 1) return refuse_empty(inference, node, axis, sides, left);
    set_axis_size(&type, axis, left);
  }
  return set_output_type(inference, node, type);
}

static void slice_crop(Arena *arena, const Node *node, const Size *begin[MAX_RANK]) {
  for (int axis = 0; axis < MAX_RANK; axis++) begin[axis] = size_of(arena, margin_of(node->attributes, axis).before);
}

/* y[c][y][x] = x[c + c0][y + y0][x + x0] */
static void evaluate_part(const Node *node, const double *input, double *output, int64_t c0, int64_t y0, int64_t x0) {
  Dense in = dense_of(&node->inputs[0]->type), out = dense_of(&node->output->type);
  for (int64_t c = 0; c < out.channels; c++)
    for (int64_t y = 0; y < out.height; y++)
      for (int64_t x = 0; x < out.width; x++) output[dense_index(out, c, y, x)] = input[dense_index(in, c + c0, y + y0, x + x0)];
}

static void evaluate_crop(const Node *node, const double *const *inputs, double *output) {
  const Margins *m = node->attributes;
  evaluate_part(node, inputs[0], output, m->channels.before, m->top, m->left);
}

static void describe_crop(Text *out, const Node *node) {
  text_add(out, "crop");
  describe_margins(out, node->attributes);
}

/* What the image has more than the reference along the axis. */
static const Size *excess(Arena *arena, const Node *node, int axis) {
  return size_sub(arena, axis_size(&node->inputs[0]->type, axis), axis_size(&node->inputs[1]->type, axis));
}

static bool refuse_larger(Inference *inference, const Node *node, int axis, const Size *more) {
  const TensorType *image = &node->inputs[0]->type, *reference = &node->inputs[1]->type;
  bool surely = size_maximum(more) < 0;
  Diagnostic *d = shape_error(inference, node, surely ? CODE_E0301 : CODE_E0304,
                              "the reference of `center_crop_like` %s larger than the image", surely ? "is" : "may be");
  set_label(d, "%s %s of the image, %s of the reference", axis_noun(image, axis), size_text(inference->arena, axis_size(image, axis)),
            size_text(inference->arena, axis_size(reference, axis)));
  add_label(d, node->inputs[0]->span, "image: %s", type_text(inference->arena, image));
  add_label(d, node->inputs[1]->span, "reference: %s", type_text(inference->arena, reference));
  if (surely) add_help(d, "the tensor that is cropped stands first: `[image, reference] -> center_crop_like`");
  return false;
}

static bool infer_center_crop(Inference *inference, Node *node) {
  TensorType type = node->inputs[0]->type;
  const TensorType *reference = &node->inputs[1]->type;
  if (!require_spatial(inference, node)) return false;
  if (reference->rank != type.rank) {
    Diagnostic *d = shape_error(inference, node, CODE_E0301, "the inputs of `center_crop_like` have different shapes");
    set_label(d, "%s and %s", type_text(inference->arena, &type), type_text(inference->arena, reference));
    return false;
  }
  for (int axis = 1; axis < MAX_RANK; axis++) {
    const Size *more = excess(inference->arena, node, axis);
    if (size_minimum(more) < 0) return refuse_larger(inference, node, axis, more);
    set_axis_size(&type, axis, axis_size(reference, axis));
  }
  return set_output_type(inference, node, type);
}

static void slice_center_crop(Arena *arena, const Node *node, const Size *begin[MAX_RANK]) {
  begin[0] = size_of(arena, 0);
  for (int axis = 1; axis < MAX_RANK; axis++) begin[axis] = size_floor_div(arena, excess(arena, node, axis), 2);
}

static void evaluate_center_crop(const Node *node, const double *const *inputs, double *output) {
  Dense image = dense_of(&node->inputs[0]->type), reference = dense_of(&node->inputs[1]->type);
  evaluate_part(node, inputs[0], output, 0, (image.height - reference.height) / 2, (image.width - reference.width) / 2);
}

static const Attribute split_attributes[] = {
    {"parts", ATTRIBUTE_INTS, offsetof(SplitAttributes, parts), NULL, true, NULL, 1},
    {0},
};

static const SplitAttributes split_defaults = {0};

static bool refuse_uneven(Inference *inference, const Node *call, int64_t parts, int64_t channels) {
  Diagnostic *d = attribute_error(inference, call, CODE_E0311, "parts", "`split(%lld)` does not divide %lld channel%s", (long long)parts,
                                  (long long)channels, channels == 1 ? "" : "s");
  set_label(d, "%lld / %lld is not a whole number", (long long)channels, (long long)parts);
  help_divisors(inference, d, channels);
  if (channels > 1)
    add_help(d, "parts of different sizes are given as a list: `split([%lld, %lld])`", (long long)(channels - channels / 2),
             (long long)(channels / 2));
  return false;
}

static bool refuse_sum(Inference *inference, const Node *call, const ConstantArray *parts, int64_t sum, int64_t channels) {
  enum { MOST_SHOWN = 8 };
  Diagnostic *d = attribute_error(inference, call, CODE_E0313, "parts", "the parts of this `split` do not make up the %lld channel%s",
                                  (long long)channels, channels == 1 ? "" : "s");
  Text text = text_new(inference->arena);
  for (int64_t i = 0; i < parts->sizes[0] && i < MOST_SHOWN; i++) text_addf(&text, "%s%lld", i ? " + " : "", (long long)parts->data[i]);
  if (parts->sizes[0] > MOST_SHOWN) text_add(&text, " + ..");
  set_label(d, "%s = %lld, not %lld", text_string(&text), (long long)sum, (long long)channels);
  return false;
}

static bool expand_split(Inference *inference, const Node *call, Expansion *expansion) {
  const ConstantArray *parts = ((const SplitAttributes *)call->attributes)->parts;
  int64_t channels, sum = 0, count = parts->rank ? parts->sizes[0] : (int64_t)parts->data[0];
  if (!known_channels(inference, call, call->inputs[0], &channels)) return false;
  if (!parts->rank && channels % count != 0) return refuse_uneven(inference, call, count, channels);
  for (int64_t i = 0; parts->rank && i < count; i++) sum += (int64_t)parts->data[i]; /* each below 2^31, and their list was written */
  if (parts->rank && sum != channels) return refuse_sum(inference, call, parts, sum, channels);
  expansion->outputs = ARENA_ARRAY(inference->arena, Value *, (size_t)count);
  for (int64_t i = 0, begin = 0; i < count; i++) {
    int64_t size = parts->rank ? (int64_t)parts->data[i] : channels / count;
    Margins margins = {.channels = {begin, channels - begin - size}};
    Part part = {.op = &op_crop,
                 .attributes = &margins,
                 .name = arena_printf(inference->arena, "%lld", (long long)i),
                 .inputs = call->inputs,
                 .input_count = 1};
    Value *value = make_part(inference, call, &part);
    if (!value) return false;
    expansion->outputs[expansion->output_count++] = value;
    begin += size;
  }
  return true;
}

static const char *crop_to_onnx(OnnxWriter *w, const Node *node) {
  const TensorType *type = &node->inputs[0]->type;
  const Size *begin[MAX_RANK], *end[MAX_RANK];
  for (int axis = 0, i = 0; axis < MAX_RANK; axis++) {
    Sides sides = margin_of(node->attributes, axis);
    if (!has_axis(type, axis)) continue;
    begin[i] = size_of(w->arena, sides.before);
    end[i++] = size_of(w->arena, sides.after ? -sides.after : SIZE_LIMIT);
  }
  return onnx_slice(w, onnx_input(w, node, 0), 1, type->rank, begin, end);
}

const Operator op_crop = {
    .name = "crop",
    .kind = OPERATOR_SLICE,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(Margins),
    .attributes_by_name = true,
    .attributes = crop_attributes,
    .default_attributes = &crop_defaults,
    .summary = "what is left when rows, columns or channels are cut off at the edges",
    .formula = "y[oc][oy][ox] = x[oc + before][oy + top][ox + left]",
    .onnx = "Slice",
    .infer = infer_crop,
    .evaluate = evaluate_crop,
    .slice = slice_crop,
    .describe = describe_crop,
    .to_onnx = crop_to_onnx,
};

static const char *center_crop_to_onnx(OnnxWriter *w, const Node *node) {
  const TensorType *type = &node->inputs[0]->type;
  const Size *begin[MAX_RANK], *end[MAX_RANK], *all[MAX_RANK];
  slice_center_crop(w->arena, node, all);
  for (int axis = 1, i = 0; axis < MAX_RANK; axis++) {
    if (!has_axis(type, axis)) continue;
    begin[i] = all[axis];
    end[i++] = size_add(w->arena, all[axis], axis_size(&node->output->type, axis));
  }
  return onnx_slice(w, onnx_input(w, node, 0), 2, type->rank - 1, begin, end);
}

const Operator op_center_crop_like = {
    .name = "center_crop_like",
    .kind = OPERATOR_SLICE,
    .min_inputs = 2,
    .max_inputs = 2,
    .summary =
        "the middle of an image, as high and wide as a second one; where an odd number is cut off, one more goes at the bottom and right",
    .formula = "y[oc][oy][ox] = x[oc][oy + (H - OH)/2][ox + (W - OW)/2]",
    .onnx = "Slice",
    .infer = infer_center_crop,
    .evaluate = evaluate_center_crop,
    .slice = slice_center_crop,
    .to_onnx = center_crop_to_onnx,
};

const Operator op_split = {
    .name = "split",
    .kind = OPERATOR_EXPANDING,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(SplitAttributes),
    .attributes = split_attributes,
    .default_attributes = &split_defaults,
    .summary = "the channels in so many equal parts, or in parts of the given sizes: [a, b] = x -> split(2)",
    .formula = "y[i][oc][oy][ox] = x[oc + channels before part i][oy][ox]",
    .expand = expand_split,
};
