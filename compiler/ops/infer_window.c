/* infer_window.c - sizes and padding of a window over an input, after docs/language.md, Windows and padding; see infer.h.
 *
 * Sizes are expressions here. Where a rule needs a number and the size varies, the worst case of its range decides. */
#include "ops/attributes.h"
#include "ops/describe.h"
#include "ops/infer.h"
#include "ops/ops.h"
#include "support/checked.h"

static bool is_same(PaddingKind kind) { return kind == PADDING_SAME || kind == PADDING_SAME_UPPER || kind == PADDING_SAME_LOWER; }

/* Inputs that a window spans. Below 2^62 for attributes within their limits. */
static int64_t span_of(const Window *w, int axis) { return w->dilation[axis] * (w->kernel[axis] - 1) + 1; }

/* P = max((ceil(n/s) - 1)s + e - n, 0) */
static const Size *total_of_same(Arena *arena, const Window *w, int axis) {
  const Size *n = w->input[axis];
  int64_t stride = w->stride[axis], span = span_of(w, axis);
  const Size *last_start = size_mul_int(arena, size_add_int(arena, size_ceil_div(arena, n, stride), -1), stride);
  const Size *total = size_add_int(arena, size_sub(arena, last_start, n), span);
  if (span >= stride) return total; /* ceil(n/s)s >= n, which the bounds need not show */
  return size_max(arena, total, size_of(arena, 0));
}

static void compute_padding(Arena *arena, Padding padding, Window *w, int axis) {
  int64_t before = 0, after = 0;
  switch (padding.kind) {
  case PADDING_VALID: break;
  case PADDING_FULL: before = after = span_of(w, axis) - 1; break;
  case PADDING_CAUSAL: before = span_of(w, axis) - 1; break;
  case PADDING_EXPLICIT:
    before = axis == 0 ? padding.top : padding.left;
    after = axis == 0 ? padding.bottom : padding.right;
    break;
  case PADDING_SAME:
  case PADDING_SAME_UPPER:
  case PADDING_SAME_LOWER: {
    const Size *total = total_of_same(arena, w, axis);
    const Size *less = size_floor_div(arena, total, 2), *more = size_sub(arena, total, less);
    w->before[axis] = padding.kind == PADDING_SAME_LOWER ? more : less;
    w->after[axis] = padding.kind == PADDING_SAME_LOWER ? less : more;
    return;
  }
  }
  w->before[axis] = size_of(arena, before);
  w->after[axis] = size_of(arena, after);
}

int64_t most_padding(const Window *w, int axis) {
  int64_t before = size_maximum(w->before[axis]), after = size_maximum(w->after[axis]), most = before > after ? before : after;
  bool varies = !size_is_const(w->before[axis], NULL) || !size_is_const(w->after[axis], NULL);
  return varies && most > span_of(w, axis) / 2 ? span_of(w, axis) / 2 : most;
}

bool is_padded(const Window *w) {
  return !size_is(w->before[0], 0) || !size_is(w->after[0], 0) || !size_is(w->before[1], 0) || !size_is(w->after[1], 0);
}

/* n + p0 + p1 - e: how far a window can move. */
static const Size *slack(Arena *arena, const Window *w, int axis) {
  const Size *padded = size_add(arena, w->input[axis], size_add(arena, w->before[axis], w->after[axis]));
  return size_add_int(arena, padded, -span_of(w, axis));
}

/* floor(slack/s) + 1. With ceil_mode ceil(slack/s) + 1, less one if that last window would start at n + p0 or later:
 * the smaller of it and ceil((n + p0)/s), and which one is smaller depends on the sign of p1 - e + s alone. */
static void compute_output(Arena *arena, Padding padding, bool ceil_mode, Window *w, int axis) {
  int64_t stride = w->stride[axis];
  if (is_same(padding.kind)) w->output[axis] = size_ceil_div(arena, w->input[axis], stride);
  else if (!ceil_mode) w->output[axis] = size_add_int(arena, size_floor_div(arena, slack(arena, w, axis), stride), 1);
  else if (size_value(w->after[axis]) + stride > span_of(w, axis))
    w->output[axis] = size_ceil_div(arena, size_add(arena, w->input[axis], w->before[axis]), stride);
  else w->output[axis] = size_add_int(arena, size_ceil_div(arena, slack(arena, w, axis), stride), 1);
}

static Window start_window(Arena *arena, const TensorType *input, Pair kernel, Pair stride, Pair dilation) {
  Window w = {.input = {type_height(input), type_width(input)},
              .kernel = {kernel.h, kernel.w},
              .stride = {stride.h, stride.w},
              .dilation = {dilation.h, dilation.w}};
  if (input->rank < 3) {
    w.kernel[0] = w.stride[0] = w.dilation[0] = 1;
    w.before[0] = w.after[0] = size_of(arena, 0);
    w.output[0] = size_of(arena, 1);
  }
  return w;
}

Window window_of(Arena *arena, const TensorType *input, Pair kernel, Pair stride, Pair dilation, Padding padding, bool ceil_mode) {
  Window w = start_window(arena, input, kernel, stride, dilation);
  for (int axis = input->rank < 3; axis < 2; axis++) {
    compute_padding(arena, padding, &w, axis);
    compute_output(arena, padding, ceil_mode, &w, axis);
  }
  return w;
}

TensorType window_type(Arena *arena, const TensorType *input, const Window *window, int64_t channels) {
  TensorType type = {.dtype = DTYPE_F32, .rank = input->rank, .sizes = {size_of(arena, channels)}};
  if (input->rank == 3) type.sizes[1] = window->output[0];
  type.sizes[input->rank - 1] = window->output[1];
  return type;
}

static bool is_pooling(const Node *node) {
  const Operator *op = node->op;
  return op == &op_max_pool || op == &op_avg_pool || op == &op_sum_pool || op == &op_l2_pool || op == &op_weighted_avg_pool;
}

static const char *axis_name(const Node *node, int axis) {
  return node->inputs[0]->type.rank == 2 ? "length" : axis == 0 ? "height" : "width";
}

static const char *kernel_text(Arena *arena, const Node *node, const Window *w) {
  Text text = text_new(arena);
  print_kernel(&text, (Pair){w->kernel[0], w->kernel[1]}, node->inputs[0]->type.rank == 2);
  return text_string(&text);
}

/* "height 5 + 1 before + 1 after - 9 spanned (kernel 5, dilation 2) = -2" */
static void note_arithmetic(Arena *arena, Diagnostic *d, const Node *node, const Window *w, int axis) {
  Text text = text_new(arena);
  const Size *n = w->input[axis];
  text_addf(&text, "%s %s", axis_name(node, axis), size_text(arena, n));
  if (!size_is_const(n, NULL)) text_addf(&text, " (which can be %lld)", (long long)size_minimum(n));
  bool padded = size_maximum(w->before[axis]) > 0 || size_maximum(w->after[axis]) > 0;
  if (padded) text_addf(&text, " + padding %s + %s", size_text(arena, w->before[axis]), size_text(arena, w->after[axis]));
  int64_t worst = size_minimum(n) + size_minimum(w->before[axis]) + size_minimum(w->after[axis]);
  if (padded) text_addf(&text, " = %lld", (long long)worst);
  if (span_of(w, axis) == w->kernel[axis]) text_addf(&text, ", less than the kernel's %lld", (long long)w->kernel[axis]);
  else
    text_addf(&text, ", less than the %lld that a kernel of %lld with dilation %lld spans: %lld * (%lld - 1) + 1",
              (long long)span_of(w, axis), (long long)w->kernel[axis], (long long)w->dilation[axis], (long long)w->dilation[axis],
              (long long)w->kernel[axis]);
  add_note(d, "%s", text_string(&text));
}

static void help_kernel(Arena *arena, Diagnostic *d, const Window *w, int axis) {
  int64_t room = size_minimum(w->input[axis]) + size_minimum(w->before[axis]) + size_minimum(w->after[axis]);
  int64_t most = (room - 1) / w->dilation[axis] + 1;
  const char *same = w->stride[axis] == 1 ? "`padding=same`" : "`padding=same_upper`";
  if (most < 1) add_help(d, "use %s", same);
  else if (most == 1) add_help(d, "use a kernel of 1, or %s; or shrink the picture less before this", same);
  else if (w->dilation[axis] > 1 && most < w->kernel[axis])
    add_help(d, "use a smaller dilation, a kernel of %lld or less, or %s", (long long)most, same);
  else add_help(d, "use a kernel of %lld or less, or %s", (long long)most, same);
  if (!size_is_const(w->input[axis], NULL)) add_help(d, "or raise the lower bound of the `dim` in `%s`", size_text(arena, w->input[axis]));
}

/* Where the net's input looks as if it had its channels last: as wide as a picture has colours, with as many channels as rows. */
static void note_channels_last(Arena *arena, Diagnostic *d, const Node *node) {
  const Value *input = node->inputs[0];
  while (input->producer && input->producer->input_count) input = input->producer->inputs[0];
  int64_t sizes[3];
  if (input->producer || input->constant || input->type.rank != 3) return;
  for (int i = 0; i < 3; i++)
    if (!size_is_const(input->type.sizes[i], &sizes[i])) return;
  if (sizes[0] <= 4 || sizes[1] <= 4 || (sizes[2] != 1 && sizes[2] != 3 && sizes[2] != 4)) return;
  add_note(d, "channels come first: if `%s` has %lld, it is [%lld, %lld, %lld], not %s", input->name, (long long)sizes[2],
           (long long)sizes[2], (long long)sizes[0], (long long)sizes[1], type_text(arena, &input->type));
}

static bool refuse_kernel(Inference *inference, const Node *node, Padding padding, const Window *w, int axis) {
  Arena *arena = inference->arena;
  Diagnostic *d = shape_error(inference, node, CODE_E0302, "the kernel is larger than its padded input");
  Text text = text_new(arena);
  print_padding(&text, padding, node->inputs[0]->type.rank == 2);
  set_label(d, "%s kernel, input is %s, padding %s", kernel_text(arena, node, w), type_text(arena, &node->inputs[0]->type),
            padding.kind == PADDING_VALID ? "0" : text_string(&text));
  note_arithmetic(arena, d, node, w, axis);
  note_channels_last(arena, d, node);
  help_kernel(arena, d, w, axis);
  return false;
}

/* How often the picture was made smaller on its way, following first inputs: where small pictures come from. */
static void note_halvings(Diagnostic *d, const Node *node) {
  int count = 0;
  const Node *first = NULL;
  for (const Node *n = node->inputs[0]->producer; n && n->input_count > 0; n = n->inputs[0]->producer) {
    const TensorType *in = &n->inputs[0]->type, *out = &n->output->type;
    if (in->rank < 2 || out->rank < 2) break;
    int64_t wide = size_minimum(type_width(in)), high = size_minimum(type_height(in));
    bool smaller = size_minimum(type_width(out)) <= (wide + 1) / 2 && size_minimum(type_height(out)) <= (high + 1) / 2;
    if (!smaller || (wide == 1 && high == 1)) continue;
    count++;
    first = n;
  }
  if (count > 1) add_note_at(d, first->span, "the input was halved %d times, here first", count);
}

static bool refuse_empty(Inference *inference, const Node *node, const Window *w, int axis) {
  Arena *arena = inference->arena;
  Diagnostic *d = shape_error(inference, node, CODE_E0303, "this pooling leaves no pixels");
  int64_t out = size_minimum(w->output[axis]);
  const char *gives = size_is_const(w->output[axis], NULL) ? "gives" : "can give";
  set_label(d, "%s with %s %s %s %lld", type_text(arena, &node->inputs[0]->type), kernel_text(arena, node, w), gives, axis_name(node, axis),
            (long long)(out < 0 ? 0 : out));
  note_arithmetic(arena, d, node, w, axis);
  note_halvings(d, node);
  note_channels_last(arena, d, node);
  help_kernel(arena, d, w, axis);
  return false;
}

/* A window that starts before the input has a tap in it, unless the dilation steps over the whole input. */
static bool misses_input(const Window *w, int axis) {
  enum { MOST_STARTS = 4096 };
  int64_t n = size_minimum(w->input[axis]), d = w->dilation[axis], before = size_maximum(w->before[axis]);
  if (d <= n || before == 0) return false;
  if (before / w->stride[axis] > MOST_STARTS || !size_is_const(w->before[axis], NULL)) return true;
  int64_t outputs = size_maximum(w->output[axis]);
  for (int64_t missing = before, o = 0; missing > 0 && o < outputs; missing -= w->stride[axis], o++)
    if (ceil_div(missing, d) * d - missing >= n) return true; /* its first tap at or after 0 */
  return false;
}

/* The mean or maximum of nothing is not defined, and its sum is not meant. */
static bool check_pooling_padding(Inference *inference, const Node *node, const Window *w) {
  for (int axis = 0; axis < 2; axis++) {
    int64_t before = size_maximum(w->before[axis]), after = size_maximum(w->after[axis]);
    if (most_padding(w, axis) < span_of(w, axis) && !misses_input(w, axis)) continue;
    Diagnostic *d = attribute_error(inference, node, CODE_E0402, "padding", "the padding of a pooling must be smaller than its kernel");
    set_label(d, "%s padding %lld and %lld, kernel %lld", axis_name(node, axis), (long long)before, (long long)after,
              (long long)w->kernel[axis]);
    add_note(d, "a window would lie wholly in the padding and have no value");
    if (w->kernel[axis] > 1) add_help(d, "use a padding of %lld or less", (long long)w->kernel[axis] - 1);
    return false;
  }
  return true;
}

static void warn_asymmetric_same(Inference *inference, const Node *node, const Window *w) {
  for (int axis = 0; axis < 2; axis++) {
    int64_t before, after;
    if (w->stride[axis] == 1 || !size_is_const(w->before[axis], &before) || !size_is_const(w->after[axis], &after)) continue;
    if (before == after) continue;
    Diagnostic *d = attribute_error(inference, node, CODE_W_asymmetric_same, "padding",
                                    "`same` with stride %lld pads %lld before and %lld after", (long long)w->stride[axis],
                                    (long long)before, (long long)after);
    const Size *padded = size_add_int(inference->arena, w->input[axis], 2 * after - span_of(w, axis));
    const Size *out = size_add_int(inference->arena, size_floor_div(inference->arena, padded, w->stride[axis]), 1);
    bool alike = size_equal(out, w->output[axis]);
    if (alike) add_note(d, "PyTorch's `padding=%lld` gives the same shape and different values", (long long)after);
    if (alike) add_help(d, "write `padding=%lld` or `same_upper`", (long long)after);
    else add_help(d, "write `same_upper` if that is meant");
    return;
  }
}

static bool refuse_causal(Inference *inference, const Node *node) {
  Diagnostic *d = attribute_error(inference, node, CODE_E0402, "padding", "`padding` cannot be `causal` for an input of two dimensions");
  set_label(d, "input is %s", type_text(inference->arena, &node->inputs[0]->type));
  add_note(d, "causal padding stands before the first step of a sequence [channels, length]");
  add_help(d, "name the sides: `padding=(top=, bottom=, left=, right=)`");
  return false;
}

static bool refuse_huge(Inference *inference, const Node *node, const Window *w, int axis) {
  Diagnostic *d = attribute_error(inference, node, CODE_E0307, "padding", "the padding of this `%s` is too large", operation_name(node));
  set_label(d, "%s padding %s and %s", axis_name(node, axis), size_text(inference->arena, w->before[axis]),
            size_text(inference->arena, w->after[axis]));
  add_note(d, "a size may be 2^31 - 1 at most");
  return false;
}

bool infer_window(Inference *inference, const Node *node, Pair kernel, Pair stride, Pair dilation, Padding padding, bool ceil_mode,
                  Window *window) {
  const TensorType *input = &node->inputs[0]->type;
  if (!require_spatial(inference, node)) return false;
  if (padding.kind == PADDING_CAUSAL && input->rank == 3) return refuse_causal(inference, node);
  Window *w = window;
  *w = start_window(inference->arena, input, kernel, stride, dilation);
  for (int axis = input->rank < 3; axis < 2; axis++) {
    compute_padding(inference->arena, padding, w, axis);
    if (most_padding(w, axis) > MAX_SIZE) return refuse_huge(inference, node, w, axis);
    compute_output(inference->arena, padding, ceil_mode, w, axis);
    bool fits = is_same(padding.kind) || size_minimum(slack(inference->arena, w, axis)) >= 0;
    bool pooling = is_pooling(node);
    if (pooling ? size_minimum(w->output[axis]) < 1 : !fits)
      return pooling ? refuse_empty(inference, node, w, axis) : refuse_kernel(inference, node, padding, w, axis);
  }
  if (is_pooling(node) && !check_pooling_padding(inference, node, w)) return false;
  if (padding.kind == PADDING_SAME) warn_asymmetric_same(inference, node, w);
  return true;
}

bool check_padding_mode(Inference *inference, const Node *node, int padding_mode, const Window *w) {
  if (padding_mode != PADDING_REFLECT && padding_mode != PADDING_CIRCULAR) return true;
  bool reflect = padding_mode == PADDING_REFLECT;
  for (int axis = 0; axis < 2; axis++) {
    int64_t n = size_minimum(w->input[axis]), largest = most_padding(w, axis), limit = reflect ? n - 1 : n;
    if (largest <= limit) continue;
    Diagnostic *d = attribute_error(inference, node, CODE_E0402, "padding_mode", "`%s` needs a padding %s the input",
                                    reflect ? "reflect" : "circular", reflect ? "smaller than" : "no larger than");
    set_label(d, "padding %lld, input %s %lld", (long long)largest, axis_name(node, axis), (long long)n);
    if (reflect) add_note(d, "the mirror stands on the edge pixel, so an input of %lld has %lld to mirror", (long long)n, (long long)limit);
    else add_note(d, "the input is repeated once on each side");
    add_help(d, "use a padding of %lld or less, or `padding_mode=replicate`", (long long)limit);
    return false;
  }
  return true;
}
