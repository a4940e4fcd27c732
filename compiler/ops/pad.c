/* pad.c - rows, columns and channels added at the edges: a constant, or what is inside, mirrored, repeated or wrapped
 * around. Pixels beyond the edges of a window are the window's own business (padding= of conv). */
#include <math.h>

#include "ops/dense.h"
#include "ops/lowering.h"
#include "ops/margins.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static const Attribute attributes[] = {
    MARGIN_ATTRIBUTES(PadAttributes, margins.),
    {"mode", ATTRIBUTE_CHOICE, offsetof(PadAttributes, mode), "zeros|reflect|replicate|circular", false, NULL, 0},
    {"value", ATTRIBUTE_REAL, offsetof(PadAttributes, value), NULL, false, NULL, 0},
    {0},
};

static const PadAttributes defaults = {.mode = PADDING_ZEROS};

static const PadAttributes *attributes_of(const Node *node) { return node->attributes; }

/* Mirrored or repeated elements must exist. */
static bool check_mode(Inference *inference, const Node *node, int axis) {
  const PadAttributes *a = attributes_of(node);
  Sides sides = margin_of(&a->margins, axis);
  bool reflect = a->mode == PADDING_REFLECT;
  int64_t largest = sides.before > sides.after ? sides.before : sides.after;
  int64_t n = size_minimum(axis_size(&node->inputs[0]->type, axis)), limit = reflect ? n - 1 : n;
  if ((!reflect && a->mode != PADDING_CIRCULAR) || largest <= limit) return true;
  Diagnostic *d = attribute_error(inference, node, CODE_E0402, margin_name(axis, sides.after > sides.before),
                                  "`%s` needs a padding %s the input", reflect ? "reflect" : "circular",
                                  reflect ? "smaller than" : "no larger than");
  set_label(d, "padding %lld, input %s %lld", (long long)largest, axis_noun(&node->inputs[0]->type, axis), (long long)n);
  if (reflect) add_note(d, "the mirror stands on the edge, so an input of %lld has %lld to mirror", (long long)n, (long long)limit);
  else add_note(d, "the input is repeated once on each side");
  add_help(d, "use a padding of %lld or less, or `mode=replicate`", (long long)limit);
  return false;
}

/* An integer tensor stays one, so what is added must be of its type. */
static bool check_value(Inference *inference, const Node *node) {
  const PadAttributes *a = attributes_of(node);
  DType dtype = node->inputs[0]->type.dtype;
  if (a->mode != PADDING_ZEROS && a->value != 0) {
    Diagnostic *d = attribute_error(inference, node, CODE_E0402, "value", "`value` has no meaning with another mode than `zeros`");
    add_help(d, "remove one of them");
    return false;
  }
  if (dtype == DTYPE_F32 ||
      (floor(a->value) == a->value && a->value >= (double)dtype_minimum(dtype) && a->value <= (double)dtype_maximum(dtype)))
    return true;
  Diagnostic *d = attribute_error(inference, node, CODE_E0402, "value", "`value` is not one of %s, which the input is", dtype_name(dtype));
  set_label(d, "a whole number from %lld to %lld", (long long)dtype_minimum(dtype), (long long)dtype_maximum(dtype));
  add_help(d, "`-> cast(float32)` before it makes the input real");
  return false;
}

static bool infer(Inference *inference, Node *node) {
  const PadAttributes *a = attributes_of(node);
  TensorType type = node->inputs[0]->type;
  if (!check_margins(inference, node, &a->margins) || !check_value(inference, node)) return false;
  for (int axis = 0; axis < MAX_RANK; axis++) {
    Sides sides = margin_of(&a->margins, axis);
    if (!check_mode(inference, node, axis)) return false;
    set_axis_size(&type, axis, size_add_int(inference->arena, axis_size(&type, axis), sides.before + sides.after));
  }
  return set_output_type(inference, node, type);
}

/* Which element of n stands at t, from -n to 2n - 1; -1: none. */
static int64_t element_at(int64_t t, int64_t n, PaddingMode mode) {
  if (t >= 0 && t < n) return t;
  switch (mode) {
  case PADDING_ZEROS: break;
  case PADDING_REFLECT: return t < 0 ? -t : 2 * (n - 1) - t;
  case PADDING_REPLICATE: return t < 0 ? 0 : n - 1;
  case PADDING_CIRCULAR: return t < 0 ? t + n : t - n;
  }
  return -1;
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  const PadAttributes *a = attributes_of(node);
  Dense in = dense_of(&node->inputs[0]->type), out = dense_of(&node->output->type);
  PaddingMode mode = (PaddingMode)a->mode;
  for (int64_t oc = 0; oc < out.channels; oc++)
    for (int64_t oy = 0; oy < out.height; oy++)
      for (int64_t ox = 0; ox < out.width; ox++) {
        int64_t c = element_at(oc - a->margins.channels.before, in.channels, mode), y = element_at(oy - a->margins.top, in.height, mode),
                x = element_at(ox - a->margins.left, in.width, mode);
        bool inside = c >= 0 && y >= 0 && x >= 0;
        output[dense_index(out, oc, oy, ox)] = inside ? inputs[0][dense_index(in, c, y, x)] : a->value;
      }
}

static const char *const vars[] = {"oc", "oy", "ox"}, *const sources[] = {"ic", "iy", "ix"};
static const int loop_order[] = {0, 2, 1}; /* inner to outer */

static Stmt *over_axis(Lowering *l, const TensorType *type, int axis, Stmt *body) {
  return stmt_for_points(l->arena, vars[axis], int_expr(l, 0), size_expr(l, axis_size(type, axis)), int_expr(l, 1), body);
}

/* 0 where there is a single one, and no loop. */
static Expr *index_of(Lowering *l, const TensorType *type, int axis) {
  return size_is(axis_size(type, axis), 1) ? int_expr(l, 0) : var_expr(l, vars[axis]);
}

static Stmt *over_tensor(Lowering *l, const TensorType *type, Stmt *body) {
  for (int i = 0; i < MAX_RANK; i++)
    if (!size_is(axis_size(type, loop_order[i]), 1)) body = over_axis(l, type, loop_order[i], body);
  return body;
}

/* y[oc][oy][ox] = value everywhere, then y[oc + before][oy + top][ox + left] = x[oc][oy][ox] */
static Stmt *surround(Lowering *l, const Node *node) {
  const PadAttributes *a = attributes_of(node);
  const TensorType *in = &node->inputs[0]->type, *out = &node->output->type;
  Expr *all[MAX_RANK], *from[MAX_RANK], *to[MAX_RANK];
  for (int axis = 0; axis < MAX_RANK; axis++) {
    all[axis] = index_of(l, out, axis);
    from[axis] = index_of(l, in, axis);
    to[axis] = add_expr(l, from[axis], int_expr(l, margin_of(&a->margins, axis).before));
  }
  Stmt *fill = over_tensor(l, out, store_output(l, node, all[0], all[1], all[2], float_expr(l, a->value)));
  Expr *x = input_at(l, node, 0, from[0], from[1], from[2]);
  return stmt_then(fill, over_tensor(l, in, store_output(l, node, to[0], to[1], to[2], x)));
}

/* The element of the input that stands at `at` of the output. */
static Expr *source_of(Lowering *l, const Node *node, int axis, Expr *at) {
  const PadAttributes *a = attributes_of(node);
  const Size *n = axis_size(&node->inputs[0]->type, axis);
  Sides sides = margin_of(&a->margins, axis);
  Expr *before = int_expr(l, sides.before), *end = size_expr(l, size_add_int(l->arena, n, sides.before));
  Expr *low = int_expr(l, 0), *high = size_expr(l, size_add_int(l->arena, n, -1)), *inside = sub_expr(l, at, before);
  if (a->mode == PADDING_REFLECT) {
    low = sub_expr(l, before, at);
    high = sub_expr(l, size_expr(l, size_add_int(l->arena, size_mul_int(l->arena, n, 2), sides.before - 2)), at);
  } else if (a->mode == PADDING_CIRCULAR) {
    low = sub_expr(l, add_expr(l, at, size_expr(l, n)), before);
    high = sub_expr(l, at, end);
  }
  Expr *rest = sides.after ? expr_select(l->arena, expr_binary(l->arena, OP_LT, at, end), inside, high) : inside;
  return sides.before ? expr_select(l->arena, expr_binary(l->arena, OP_LT, at, before), low, rest) : rest;
}

/* y[oc][oy][ox] = x[ic][iy][ix], where ic, iy and ix are those of the mirrored, repeated or wrapped element */
static Stmt *extend(Lowering *l, const Node *node) {
  const PadAttributes *a = attributes_of(node);
  const TensorType *out = &node->output->type;
  Expr *to[MAX_RANK], *from[MAX_RANK];
  bool moves[MAX_RANK];
  for (int axis = 0; axis < MAX_RANK; axis++) {
    Sides sides = margin_of(&a->margins, axis);
    bool single = size_is(axis_size(&node->inputs[0]->type, axis), 1);
    moves[axis] = (sides.before || sides.after) && !single;
    to[axis] = index_of(l, out, axis);
    from[axis] = moves[axis] ? var_expr(l, sources[axis]) : single ? int_expr(l, 0) : to[axis];
  }
  Stmt *body = store_output(l, node, to[0], to[1], to[2], input_at(l, node, 0, from[0], from[1], from[2]));
  for (int i = 0; i < MAX_RANK; i++) {
    int axis = loop_order[i];
    if (moves[axis]) body = stmt_then(stmt_let(l->arena, sources[axis], source_of(l, node, axis, to[axis]), true), body);
    if (!size_is(axis_size(out, axis), 1)) body = over_axis(l, out, axis, body);
  }
  return body;
}

static Stmt *loops(Lowering *l, const Node *node) {
  return attributes_of(node)->mode == PADDING_ZEROS ? surround(l, node) : extend(l, node);
}

static void describe(Text *out, const Node *node) {
  static const char *const modes[] = {"", ", reflect", ", replicate", ", circular"};
  const PadAttributes *a = attributes_of(node);
  text_add(out, "pad");
  describe_margins(out, &a->margins);
  text_add(out, modes[a->mode]);
}

static const char *to_onnx(OnnxWriter *w, const Node *node) {
  const PadAttributes *a = attributes_of(node);
  const TensorType *type = &node->inputs[0]->type;
  SizeSides margins[MAX_RANK];
  for (int axis = 0, i = 0; axis < MAX_RANK; axis++) {
    Sides sides = margin_of(&a->margins, axis);
    if (has_axis(type, axis)) margins[i++] = (SizeSides){size_of(w->arena, sides.before), size_of(w->arena, sides.after)};
  }
  return onnx_pad(w, onnx_input(w, node, 0), type, margins, a->mode, a->value);
}

const Operator op_pad = {
    .name = "pad",
    .kind = OPERATOR_LOOPS,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(PadAttributes),
    .attributes_by_name = true,
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "rows, columns or channels added at the edges: zeros or another value, or the input mirrored, repeated or wrapped around",
    .formula = "y[oc + before][oy + top][ox + left] = x[oc][oy][ox]",
    .onnx = "Pad; Slice and Concat (circular)",
    .infer = infer,
    .evaluate = evaluate,
    .loops = loops,
    .describe = describe,
    .to_onnx = to_onnx,
};
