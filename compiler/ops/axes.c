/* axes.c - axes by name; see axes.h. */
#include "ops/axes.h"

Axes axes_of(int axis) {
  bool all = axis == AXIS_ALL, pixels = all || axis == AXIS_PIXELS;
  return (Axes){all || axis == AXIS_CHANNELS, pixels || axis == AXIS_HEIGHT, pixels || axis == AXIS_WIDTH};
}

bool check_axis(Inference *inference, const Node *node, int axis) {
  const TensorType *type = &node->inputs[0]->type;
  if (axis == AXIS_HEIGHT && type->rank == 2) {
    Diagnostic *d = attribute_error(inference, node, CODE_E0402, "axis", "a sequence has no height");
    set_label(d, "input is %s", type_text(inference->arena, type));
    add_help(d, "its length is `axis=width`");
    return false;
  }
  return axis == AXIS_CHANNELS || axis == AXIS_ALL || require_spatial(inference, node);
}

const Size *axes_size(Arena *arena, const TensorType *type, Axes axes) {
  const Size *size = axes.channels ? type_channels(type) : size_of(arena, 1);
  if (axes.height) size = size_mul(arena, size, type_height(type));
  return axes.width ? size_mul(arena, size, type_width(type)) : size;
}

void print_axis(Text *out, int axis) {
  static const char *const names[] = {"channels", "height", "width", "pixels", "all"};
  text_addf(out, " over %s", names[axis]);
}
