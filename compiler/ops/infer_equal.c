/* infer_equal.c - tensors that are joined must have equal sizes: E0301 and E0304; see infer.h. */
#include "ops/infer.h"
#include "support/checked.h"

static const char *const axis_names[] = {"channels", "height", "width"};

static const char *name_of_axis(int rank, int axis) {
  return rank == 1 ? "size" : rank == 2 && axis == 1 ? "length" : axis_names[axis];
}

static const char *size_text(Arena *arena, const Size *size) {
  Text text = text_new(arena);
  size_print(&text, size);
  return text_string(&text);
}

/* Both arms as equals: neither is what the other ought to have been. */
static bool refuse_different(Inference *inference, const Node *node, const Value *a, const Value *b, int free_axis,
                             bool stretch) {
  Arena *arena = inference->arena;
  Diagnostic *d = shape_error(inference, node, CODE_E0301, "the inputs of `%s` have different shapes", node->op->name);
  Text label = text_new(arena);
  if (a->type.rank != b->type.rank)
    text_addf(&label, "%s and %s", type_text(arena, &a->type), type_text(arena, &b->type));
  else
    for (int i = 0; i < a->type.rank; i++)
      if (i != free_axis && !size_equal(a->type.sizes[i], b->type.sizes[i]))
        text_addf(&label, "%s%s %s and %s", label.length ? ", " : "", name_of_axis(a->type.rank, i),
                  size_text(arena, a->type.sizes[i]), size_text(arena, b->type.sizes[i]));
  set_label(d, "%s", text_string(&label));
  add_label(d, a->span, "%s", type_text(arena, &a->type));
  add_label(d, b->span, "%s", type_text(arena, &b->type));
  bool channels = a->type.rank == b->type.rank && free_axis != 0 && !size_equal(a->type.sizes[0], b->type.sizes[0]);
  if (a->type.rank != b->type.rank && (a->type.rank == 1 || b->type.rank == 1))
    add_help(d, "a vector comes from `flatten`: give both arms the same number of dimensions");
  else if (channels && a->type.rank > 1 && stretch) {
    bool halved = !size_equal(type_width(&a->type), type_width(&b->type)) ||
                  !size_equal(type_height(&a->type), type_height(&b->type));
    add_help(d, "give the shortcut a projection: `x -> proj: conv(channels, 1%s)`", halved ? ", stride=stride" : "");
  } else if (!channels && a->type.rank > 1)
    add_help(d, "give both arms the same stride and a padding that keeps their sizes, as `padding=same` does");
  return false;
}

typedef struct Sample { /* the dim that varies has `value`, the others their least value */
  const Dim *dim;
  int64_t value;
} Sample;

static int64_t least(const Dim *dim) {
  return ceil_div(dim->minimum - dim->offset, dim->multiple) * dim->multiple + dim->offset;
}

static int64_t value_in_sample(void *context, const Dim *dim) {
  const Sample *sample = context;
  return dim == sample->dim ? sample->value : least(dim);
}

static bool differs(const Size *a, const Size *b, Sample *sample) {
  return size_evaluate(a, value_in_sample, sample) != size_evaluate(b, value_in_sample, sample);
}

enum { MOST_SAMPLES = 4096, MOST_MULTIPLE = 64 };

/* The smallest multiple for which all values in the dim's range (up to MOST_SAMPLES of them) give equal sizes; 0:
 * none. */
static int64_t proving_multiple(const Size *a, const Size *b, const Dim *dim) {
  for (int64_t multiple = dim->multiple + 1; multiple <= MOST_MULTIPLE; multiple++) {
    bool equal = multiple % dim->multiple == 0;
    int64_t value = ceil_div(dim->minimum, multiple) * multiple;
    for (int i = 0; equal && i < MOST_SAMPLES && (dim->maximum < 0 || value <= dim->maximum); i++, value += multiple) {
      Sample sample = {dim, value};
      equal = !differs(a, b, &sample);
    }
    if (equal) return multiple;
  }
  return 0;
}

/* A size for which the two differ, and the multiple_of that makes them equal. */
static void explain_difference(Inference *inference, Diagnostic *d, const Size *a, const Size *b) {
  for (int i = 0; i < inference->graph->dim_count; i++) {
    const Dim *dim = inference->graph->dims[i];
    Sample sample = {dim, least(dim)};
    for (int n = 0; n < MOST_SAMPLES && (dim->maximum < 0 || sample.value <= dim->maximum);
         n++, sample.value += dim->multiple) {
      if (!differs(a, b, &sample)) continue;
      add_note(d, "for %s = %lld they are %lld and %lld", dim->name, (long long)sample.value,
               (long long)size_evaluate(a, value_in_sample, &sample),
               (long long)size_evaluate(b, value_in_sample, &sample));
      int64_t multiple = dim->offset == 0 ? proving_multiple(a, b, dim) : 0;
      if (multiple && dim->maximum < 0)
        add_help(d, "dim %s in %lld.. (multiple_of=%lld)", dim->name, (long long)dim->minimum, (long long)multiple);
      else if (multiple)
        add_help(d, "dim %s in %lld..%lld (multiple_of=%lld)", dim->name, (long long)dim->minimum,
                 (long long)dim->maximum, (long long)multiple);
      return;
    }
  }
}

static bool refuse_unproved(Inference *inference, const Node *node, const Value *a, const Value *b, int axis) {
  const Size *left = a->type.sizes[axis], *right = b->type.sizes[axis];
  Diagnostic *d = shape_error(inference, node, CODE_E0304, "the inputs of `%s` may differ in %s", node->op->name,
                              name_of_axis(a->type.rank, axis));
  set_label(d, "%s and %s", size_text(inference->arena, left), size_text(inference->arena, right));
  add_label(d, a->span, "%s", type_text(inference->arena, &a->type));
  add_label(d, b->span, "%s", type_text(inference->arena, &b->type));
  explain_difference(inference, d, left, right);
  return false;
}

/* Sizes that differ for every value of the dims. */
static bool surely_differ(Arena *arena, const Size *a, const Size *b) {
  const Size *difference = size_sub(arena, a, b);
  return size_minimum(difference) > 0 || size_maximum(difference) < 0;
}

bool require_equal_shapes(Inference *inference, const Node *node, int free_axis, bool stretch, TensorType *type) {
  *type = node->inputs[0]->type;
  type->dtype = DTYPE_F32;
  const Value *widest[MAX_RANK] = {node->inputs[0], node->inputs[0], node->inputs[0]}; /* whose size *type has */
  for (int i = 1; i < node->input_count; i++) {
    const Value *other = node->inputs[i];
    if (other->type.rank != type->rank)
      return refuse_different(inference, node, node->inputs[0], other, free_axis, stretch);
    int unproved = -1;
    for (int axis = 0; axis < type->rank; axis++) {
      const Size *a = type->sizes[axis], *b = other->type.sizes[axis];
      if (axis == free_axis || size_equal(a, b) || (stretch && size_is(b, 1))) continue;
      if (stretch && size_is(a, 1)) {
        type->sizes[axis] = b;
        widest[axis] = other;
      } else if (surely_differ(inference->arena, a, b))
        return refuse_different(inference, node, widest[axis], other, free_axis, stretch);
      else unproved = axis;
    }
    if (unproved >= 0) return refuse_unproved(inference, node, widest[unproved], other, unproved);
  }
  return true;
}
