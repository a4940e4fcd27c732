/* margins.c - see margins.h. */
#include "ops/margins.h"

/* Where the axis stands among the sizes of a tensor; -1: it has none. */
static int slot_of(const TensorType *type, int axis) {
  if (axis == 0) return 0;
  if (type->rank == 3) return axis;
  return type->rank == 2 && axis == 2 ? 1 : -1;
}

bool has_axis(const TensorType *type, int axis) { return slot_of(type, axis) >= 0; }

const char *axis_noun(const TensorType *type, int axis) {
  if (axis == 0) return type->rank == 1 ? "size" : "channels";
  return axis == 1 ? "height" : type->rank == 2 ? "length" : "width";
}

const Size *axis_size(const TensorType *type, int axis) { return has_axis(type, axis) ? type->sizes[slot_of(type, axis)] : size_one(); }

void set_axis_size(TensorType *type, int axis, const Size *size) {
  if (has_axis(type, axis)) type->sizes[slot_of(type, axis)] = size;
}

Sides margin_of(const Margins *margins, int axis) {
  if (axis == 0) return margins->channels;
  return axis == 1 ? (Sides){margins->top, margins->bottom} : (Sides){margins->left, margins->right};
}

const char *margin_name(int axis, bool after) {
  if (axis == 0) return "channels";
  return axis == 1 ? (after ? "bottom" : "top") : after ? "right" : "left";
}

bool check_margins(Inference *inference, const Node *node, const Margins *margins) {
  const TensorType *type = &node->inputs[0]->type;
  if (!check_attributes(inference, node)) return false;
  for (int axis = 1; axis <= 2; axis++) {
    Sides sides = margin_of(margins, axis);
    if (has_axis(type, axis) || (!sides.before && !sides.after)) continue;
    const char *name = margin_name(axis, !sides.before);
    Diagnostic *d = attribute_error(inference, node, CODE_E0402, name, "`%s` needs an input with a %s", name,
                                    axis == 1 ? "height" : "width");
    set_label(d, "input is %s", type_text(inference->arena, type));
    add_help(d,
             type->rank == 2 ? "the ends of a sequence are `left=` and `right=`" : "of a vector there are `channels=(before, after)` only");
    return false;
  }
  return true;
}

void describe_margins(Text *out, const Margins *margins) {
  for (int axis = 1; axis <= 2; axis++) {
    Sides sides = margin_of(margins, axis);
    if (sides.before) text_addf(out, " %s %lld", margin_name(axis, false), (long long)sides.before);
    if (sides.after) text_addf(out, " %s %lld", margin_name(axis, true), (long long)sides.after);
  }
  Sides channels = margins->channels;
  if (channels.before || channels.after) text_addf(out, " channels %lld %lld", (long long)channels.before, (long long)channels.after);
}
