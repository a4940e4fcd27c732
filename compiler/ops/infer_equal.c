/* infer_equal.c - tensors that are joined must have equal sizes: E0301 and E0304; see infer.h. */
#include "ops/explain_shape.h"
#include "ops/infer.h"

static const char *const axis_names[] = {"channels", "height", "width"};

static const char *name_of_axis(int rank, int axis) { return rank == 1 ? "size" : rank == 2 && axis == 1 ? "length" : axis_names[axis]; }

/* Whether an axis is one in which the inputs differ as they must not. */
static bool differ(const TensorType *a, const TensorType *b, int axis, int free_axis, bool stretch) {
  const Size *left = a->sizes[axis], *right = b->sizes[axis];
  return axis != free_axis && !size_equal(left, right) && !(stretch && (size_is(left, 1) || size_is(right, 1)));
}

/* [C, 1, 1] or [C, 1]: one number for each channel. */
static bool is_gate(const TensorType *type) { return type->rank > 1 && size_is(type_height(type), 1) && size_is(type_width(type), 1); }

/* The shape, at the name by which the operation gets the tensor, or else at the layer that made it. */
static void label_input(Diagnostic *d, Arena *arena, const Node *node, const Value *value) {
  Span span = value->span;
  for (int i = 0; node->input_places && i < node->input_count; i++)
    if (node->inputs[i] == value && node->input_places[i].start) span = node->input_places[i];
  add_label(d, span, "%s", type_text(arena, &value->type));
}

/* Both arms as equals: neither is what the other ought to have been. */
static bool refuse_different(Inference *inference, const Node *node, const Value *a, const Value *b, int free_axis, bool stretch) {
  Arena *arena = inference->arena;
  Diagnostic *d = shape_error(inference, node, CODE_E0301, "the inputs of `%s` have different shapes", operation_name(node));
  Text label = text_new(arena);
  if (a->type.rank != b->type.rank) text_addf(&label, "%s and %s", type_text(arena, &a->type), type_text(arena, &b->type));
  else
    for (int i = 0; i < a->type.rank; i++)
      if (differ(&a->type, &b->type, i, free_axis, stretch))
        text_addf(&label, "%s%s %s and %s", label.length ? ", " : "", name_of_axis(a->type.rank, i), size_text(arena, a->type.sizes[i]),
                  size_text(arena, b->type.sizes[i]));
  set_label(d, "%s", text_string(&label));
  label_input(d, arena, node, a);
  label_input(d, arena, node, b);
  if (a->constant || b->constant) {
    int rank = (a->constant ? b : a)->type.rank;
    const char *example = rank == 3 ? "[[[1]], [[2]]] is [2, 1, 1]" : rank == 2 ? "[[1], [2]] is [2, 1]" : "[1, 2] is [2]";
    add_help(d, "a constant has as many levels of brackets as the tensor has sizes, and a size of 1 stretches: %s", example);
    return false;
  }
  bool channels = a->type.rank == b->type.rank && free_axis != 0 && !size_equal(a->type.sizes[0], b->type.sizes[0]);
  if (a->type.rank != b->type.rank && (a->type.rank == 1 || b->type.rank == 1))
    add_help(d, "a vector comes from `flatten`: give both arms the same number of dimensions");
  else if (channels && stretch && is_gate(&a->type) != is_gate(&b->type)) {
    add_help(d, "a size of 1 stretches and nothing else: end the smaller arm with the larger one's channels, `conv(%s, 1)`",
             size_text(arena, (is_gate(&a->type) ? b : a)->type.sizes[0]));
  } else if (channels && a->type.rank > 1 && stretch) {
    bool halved = differ(&a->type, &b->type, 1, free_axis, stretch) || differ(&a->type, &b->type, a->type.rank - 1, free_axis, stretch);
    add_help(d, "give the shortcut a projection: `x -> proj: conv(channels, 1%s)`", halved ? ", stride=stride" : "");
  } else if (!channels && a->type.rank > 1)
    add_help(d, "give both arms the same stride and a padding that keeps their sizes, as `padding=same` does");
  return false;
}

static bool refuse_unproved(Inference *inference, const Node *node, const Value *a, const Value *b, int axis) {
  const Size *left = a->type.sizes[axis], *right = b->type.sizes[axis];
  Diagnostic *d = shape_error(inference, node, CODE_E0304, "the inputs of `%s` may differ in %s", operation_name(node),
                              name_of_axis(a->type.rank, axis));
  set_label(d, "%s and %s", size_text(inference->arena, left), size_text(inference->arena, right));
  label_input(d, inference->arena, node, a);
  label_input(d, inference->arena, node, b);
  add_size_difference(d, left, right);
  return false;
}

/* Sizes that differ for every value of the dims. */
static bool surely_differ(Arena *arena, const Size *a, const Size *b) {
  const Size *difference = size_sub(arena, a, b);
  return size_minimum(difference) > 0 || size_maximum(difference) < 0;
}

bool require_equal_shapes(Inference *inference, const Node *node, int free_axis, bool stretch, TensorType *type) {
  const Value *first = first_tensor(node);
  *type = first->type;
  type->dtype = DTYPE_F32;
  const Value *widest[MAX_RANK] = {first, first, first}; /* whose size *type has */
  for (int i = 0; i < node->input_count; i++) {
    const Value *other = node->inputs[i];
    if (other == first || other->type.rank == 0) continue; /* a number goes with any shape */
    if (other->type.rank != type->rank) return refuse_different(inference, node, first, other, free_axis, stretch);
    int unproved = -1;
    for (int axis = 0; axis < type->rank; axis++) {
      const Size *a = type->sizes[axis], *b = other->type.sizes[axis];
      if (axis == free_axis || size_equal(a, b) || (stretch && size_is(b, 1))) continue;
      if (stretch && size_is(a, 1)) {
        type->sizes[axis] = b;
        widest[axis] = other;
      } else if (surely_differ(inference->arena, a, b)) return refuse_different(inference, node, widest[axis], other, free_axis, stretch);
      else if (unproved < 0) unproved = axis;
    }
    if (unproved >= 0) return refuse_unproved(inference, node, widest[unproved], other, unproved);
  }
  return true;
}
