/* resize.c - images and sequences brought to a given size: nearest, bilinear, bicubic, with the coordinates of PyTorch and
 * ONNX. upsample is for whole factors, and for sizes that vary.
 *
 * Which pixels a result is made of, and their weights, depend on its row or column alone. They are tables, computed here. */
#include <math.h>
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/describe.h"
#include "ops/infer.h"
#include "ops/lowering.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

#define MODES "nearest|bilinear|bicubic"
#define COORDINATES "half_pixel|align_corners|asymmetric|half_pixel_symmetric"
#define ROUNDINGS "floor|ceil|round_prefer_floor|round_prefer_ceil"

static const Attribute attributes[] = {
    {"size", ATTRIBUTE_PAIR, offsetof(ResizeAttributes, size), NULL, true, NULL, 1},
    {"mode", ATTRIBUTE_CHOICE, offsetof(ResizeAttributes, mode), MODES, false, NULL, 0},
    {"coordinates", ATTRIBUTE_CHOICE, offsetof(ResizeAttributes, coordinates), COORDINATES, true,
     "PyTorch's nearest is `asymmetric`, its others are `half_pixel` or, with align_corners=True, `align_corners`; ONNX says it", 0},
    {"rounding", ATTRIBUTE_CHOICE, offsetof(ResizeAttributes, rounding), ROUNDINGS, false,
     "of nearest: PyTorch's is `floor`, ONNX's `round_prefer_floor` unless it says something else", 0},
    {"scale", ATTRIBUTE_ARRAY, offsetof(ResizeAttributes, scale), NULL, false, NULL, 0},
    {0},
};

static const ResizeAttributes defaults = {.size = {1, 1}};

enum { ROWS, ROW_WEIGHTS, COLUMNS, COLUMN_WEIGHTS };
enum { MOST_TAPS = 4, MOST_PIXELS = 1 << 20 }; /* along an axis; tables hold floats */

static const ResizeAttributes *attributes_of(const Node *node) { return node->attributes; }

static int tap_count(const Node *node) {
  switch ((ResizeMode)attributes_of(node)->mode) {
  case RESIZE_NEAREST: return 1;
  case RESIZE_BILINEAR: return 2;
  case RESIZE_BICUBIC: return 4;
  }
  return 0;
}

static double scale_of(const ResizeAttributes *a, int axis) {
  const ConstantArray *scale = a->scale;
  return !scale ? 0 : scale->data[scale->rank == 0 ? 0 : scale->sizes[0] - 2 + axis < 0 ? 0 : scale->sizes[0] - 2 + axis];
}

static const Size *input_size(const Node *node, int axis) {
  const TensorType *type = &node->inputs[0]->type;
  return axis == 0 ? type_height(type) : type_width(type);
}

static int64_t output_size(const Node *node, int axis) {
  const TensorType *type = &node->output->type;
  return size_value(axis == 0 ? type_height(type) : type_width(type));
}

/* Of an axis that keeps its size each result is one pixel, as it is. */
static bool is_plain(const Node *node, int axis) {
  return attributes_of(node)->scale == NULL && size_is(input_size(node, axis), output_size(node, axis));
}

/* ---- attributes ---- */

static bool check_rounding(Inference *inference, const Node *node) {
  bool nearest = attributes_of(node)->mode == RESIZE_NEAREST, given = attribute_given(node, "rounding");
  if (nearest == given) return true;
  if (nearest) {
    Diagnostic *d = attribute_error(inference, node, CODE_E0404, "mode", "`resize` with mode=nearest needs `rounding`");
    add_note(d, "PyTorch's nearest is `coordinates=asymmetric, rounding=floor`, its nearest-exact `half_pixel` and `round_prefer_ceil`");
    add_note(d, "ONNX's is `half_pixel` and `round_prefer_floor` unless the model says something else");
    return false;
  }
  Diagnostic *d = attribute_error(inference, node, CODE_E0402, "rounding", "`rounding` has no meaning but with mode=nearest");
  add_help(d, "remove it");
  return false;
}

static bool check_scale(Inference *inference, const Node *node) {
  const ConstantArray *scale = attributes_of(node)->scale;
  int64_t count = !scale || scale->rank == 0 ? 1 : scale->sizes[0];
  bool fits = !scale || scale->rank == 0 || (scale->rank == 1 && count == node->inputs[0]->type.rank - 1);
  for (int64_t i = 0; fits && scale && i < count; i++) fits = scale->data[i] > 1e-6 && scale->data[i] < 1e6;
  if (fits) return true;
  Diagnostic *d = attribute_error(inference, node, CODE_E0402, "scale", "`scale` of `resize` is a positive number, or a list of two");
  set_label(d, "input is %s", type_text(inference->arena, &node->inputs[0]->type));
  add_note(d, "coordinates are divided by it instead of by the quotient of the sizes");
  return false;
}

static bool check_sizes(Inference *inference, const Node *node) {
  Pair wanted = attributes_of(node)->size;
  for (int axis = 0; axis < 2; axis++) {
    int64_t size, result = axis == 0 ? wanted.h : wanted.w;
    if (!size_is_const(input_size(node, axis), &size)) {
      Diagnostic *d = shape_error(inference, node, CODE_E0304, "`resize` needs an input whose size does not vary");
      set_label(d, "input is %s", type_text(inference->arena, &node->inputs[0]->type));
      add_help(d, "`upsample` enlarges by a whole factor, whatever the size");
      return false;
    }
    if (size <= MOST_PIXELS && result <= MOST_PIXELS) continue;
    Diagnostic *d = shape_error(inference, node, CODE_E0307, "a size of this `resize` is too large");
    set_label(d, "%lld to %lld", (long long)size, (long long)result);
    add_note(d, "it has tables for each row and column, of which there may be %d", MOST_PIXELS);
    return false;
  }
  return true;
}

/* ---- tables ---- */

/* What is a whole number or a half but for roundings: it decides which pixel is the nearest. */
static double without_rounding(double at) {
  double near = floor(at * 2 + 0.5) / 2;
  return fabs(at - near) < 1e-9 ? near : at;
}

/* Where result o of `out` takes its value from, among the middles of `in` pixels. */
static double position(const ResizeAttributes *a, int64_t o, int64_t in, int64_t out, double scale) {
  switch ((ResizeCoordinates)a->coordinates) {
  case RESIZE_ALIGN_CORNERS: return out > 1 ? (double)(o * (in - 1)) / (double)(out - 1) : 0;
  case RESIZE_ASYMMETRIC: return scale > 0 ? (double)o / scale : (double)(o * in) / (double)out;
  case RESIZE_HALF_PIXEL: return scale > 0 ? ((double)o + 0.5) / scale - 0.5 : (double)((2 * o + 1) * in - out) / (double)(2 * out);
  case RESIZE_HALF_PIXEL_SYMMETRIC: /* the middle of the results is that of the pixels, though in * scale is not whole */
    if (!(scale > 0)) return (double)((2 * o + 1) * in - out) / (double)(2 * out);
    return (double)in / 2 * (1 - (double)out / (scale * (double)in)) + ((double)o + 0.5) / scale - 0.5;
  }
  return 0;
}

static double rounded(double at, int rounding) {
  switch ((ResizeRounding)rounding) {
  case RESIZE_FLOOR: return floor(at);
  case RESIZE_CEIL: return ceil(at);
  case RESIZE_ROUND_PREFER_FLOOR: return ceil(at - 0.5);
  case RESIZE_ROUND_PREFER_CEIL: return floor(at + 0.5);
  }
  return at;
}

static double within(double at, int64_t in) { return at < 0 ? 0 : at > (double)(in - 1) ? (double)(in - 1) : at; }

/* Of the four pixels around, at distance t from the second: Keys' polynomials with a = -3/4, as PyTorch and ONNX. */
static void cubic_weights(double t, double weights[MOST_TAPS]) {
  const double a = -0.75, u = 1 - t;
  weights[0] = ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a;
  weights[1] = ((a + 2) * t - (a + 3)) * t * t + 1;
  weights[2] = ((a + 2) * u - (a + 3)) * u * u + 1;
  weights[3] = ((a * (u + 1) - 5 * a) * (u + 1) + 8 * a) * (u + 1) - 4 * a;
}

static void declare_tables(Inference *inference, Node *node, int axis) {
  static const char *const roles[] = {"rows", "row_weights", "columns", "column_weights"};
  const ResizeAttributes *a = attributes_of(node);
  int taps = tap_count(node), slot = axis == 0 ? ROWS : COLUMNS;
  int64_t in = size_value(input_size(node, axis)), out = output_size(node, axis), sizes[] = {out, taps};
  double *pixels = ARENA_ARRAY(inference->arena, double, (size_t)(out * taps));
  double *weights = ARENA_ARRAY(inference->arena, double, (size_t)(out * taps));
  for (int64_t o = 0; o < out; o++) {
    double at = without_rounding(position(a, o, in, out, scale_of(a, axis))),
           first = taps == 1 ? rounded(at, a->rounding) : floor(at) - (taps == 4);
    double rest = at - floor(at), four[MOST_TAPS] = {1 - rest, rest};
    if (taps == 4) cubic_weights(rest, four);
    for (int i = 0; i < taps; i++) {
      pixels[o * taps + i] = within(first + i, in);
      weights[o * taps + i] = four[i];
    }
  }
  declare_constant(inference, node, slot, roles[slot], 2, sizes, pixels);
  if (taps > 1) declare_constant(inference, node, slot + 1, roles[slot + 1], 2, sizes, weights);
}

static bool infer(Inference *inference, Node *node) {
  const ResizeAttributes *a = attributes_of(node);
  TensorType type = node->inputs[0]->type;
  if (!require_spatial(inference, node) || !check_attributes(inference, node) || !check_rounding(inference, node)) return false;
  if (!check_scale(inference, node) || !check_sizes(inference, node)) return false;
  if (a->mode != RESIZE_NEAREST) type.dtype = DTYPE_F32;
  if (type.rank == 3) type.sizes[1] = size_of(inference->arena, a->size.h);
  type.sizes[type.rank - 1] = size_of(inference->arena, a->size.w);
  if (!set_output_type(inference, node, type)) return false;
  for (int axis = type.rank == 3 ? 0 : 1; axis < 2; axis++)
    if (!is_plain(node, axis)) declare_tables(inference, node, axis);
  return true;
}

/* ---- evaluation: the formulas once more, each pixel weighted by its distance ---- */

/* Exact where it is a whole number or a half: it decides which pixels count. */
static double source_of(const Node *node, int axis, int64_t o, int64_t in, int64_t out) {
  const ResizeAttributes *a = attributes_of(node);
  double scale = scale_of(a, axis) > 0 ? scale_of(a, axis) : (double)out / (double)in, at = ((double)o + 0.5) / scale - 0.5;
  if (a->coordinates == RESIZE_ALIGN_CORNERS) at = out > 1 ? (double)(o * (in - 1)) / (double)(out - 1) : 0;
  if (a->coordinates == RESIZE_ASYMMETRIC) at = (double)o / scale;
  if (a->coordinates == RESIZE_HALF_PIXEL_SYMMETRIC) at += (double)in / 2 - (double)out / scale / 2;
  double near = nearbyint(at * 2) / 2;
  return fabs(at - near) < 1e-9 ? near : at;
}

static double weight_at(const Node *node, double distance) {
  double d = fabs(distance);
  if (attributes_of(node)->mode == RESIZE_BILINEAR) return d < 1 ? 1 - d : 0;
  return d < 1 ? 1.25 * d * d * d - 2.25 * d * d + 1 : d < 2 ? -0.75 * d * d * d + 3.75 * d * d - 6 * d + 3 : 0;
}

static int64_t inside(int64_t i, int64_t n) { return i < 0 ? 0 : i < n ? i : n - 1; }

/* The sum of the pixels around (2 or 4 along each axis), of one row or of all rows. */
static double resized(const Node *node, Dense in, Dense out, const double *x, int64_t c, int64_t oy, int64_t ox, int axis, int64_t row) {
  if (axis == 0 && node->output->type.rank == 2) return resized(node, in, out, x, c, oy, ox, 1, 0);
  int64_t n = axis == 0 ? in.height : in.width, results = axis == 0 ? out.height : out.width,
          more = attributes_of(node)->mode == RESIZE_BICUBIC;
  double at = axis == 0 ? source_of(node, 0, oy, in.height, out.height) : source_of(node, 1, ox, in.width, out.width), sum = 0;
  if (n == results && !attributes_of(node)->scale) /* not mixed at all: neighbours may be infinite */
    return axis == 0 ? resized(node, in, out, x, c, oy, ox, 1, oy) : x[dense_index(in, c, row, ox)];
  for (int64_t i = (int64_t)floor(at) - more; i <= (int64_t)floor(at) + 1 + more; i++) {
    int64_t t = inside(i, n);
    double value = axis == 0 ? resized(node, in, out, x, c, oy, ox, 1, t) : x[dense_index(in, c, row, t)];
    sum += weight_at(node, at - (double)i) * value;
  }
  return sum;
}

static int64_t nearest_pixel(const Node *node, int axis, int64_t o, int64_t in, int64_t out) {
  if (node->output->type.rank == 2 && axis == 0) return 0;
  double at = source_of(node, axis, o, in, out), below = floor(at), rest = at - below;
  int rounding = attributes_of(node)->rounding;
  bool up = rounding == RESIZE_CEIL                 ? rest > 0
            : rounding == RESIZE_ROUND_PREFER_FLOOR ? rest > 0.5
                                                    : rounding == RESIZE_ROUND_PREFER_CEIL && rest >= 0.5;
  return inside((int64_t)below + up, in);
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  Dense in = dense_of(&node->inputs[0]->type), out = dense_of(&node->output->type);
  bool nearest = attributes_of(node)->mode == RESIZE_NEAREST;
  for (int64_t c = 0; c < out.channels; c++)
    for (int64_t oy = 0; oy < out.height; oy++)
      for (int64_t ox = 0; ox < out.width; ox++) {
        double *to = &output[dense_index(out, c, oy, ox)];
        if (!nearest) *to = resized(node, in, out, inputs[0], c, oy, ox, 0, 0);
        else
          *to = inputs[0][dense_index(in, c, nearest_pixel(node, 0, oy, in.height, out.height),
                                      nearest_pixel(node, 1, ox, in.width, out.width))];
      }
}

/* ---- lowering ---- */

/* Along an axis: the result, its pixels, and their weights; NULL where there are none. */
typedef struct Taps {
  const char *var;
  Expr *pixel[MOST_TAPS], *weight[MOST_TAPS];
  int count;
} Taps;

static Taps taps_of(Lowering *l, const Node *node, int axis) {
  static const char *const vars[] = {"oy", "ox"}, *const pixels[] = {"iy", "ix"}, *const weights[] = {"wy", "wx"};
  Taps t = {.var = vars[axis], .count = tap_count(node)};
  bool single = axis == 0 && node->output->type.rank == 2;
  if (single || is_plain(node, axis)) {
    t.count = 1;
    t.pixel[0] = single ? int_expr(l, 0) : var_expr(l, t.var);
    return t;
  }
  for (int i = 0; i < t.count; i++) {
    t.pixel[i] = var_expr(l, t.count == 1 ? pixels[axis] : arena_printf(l->arena, "%s%d", pixels[axis], i));
    if (t.count > 1) t.weight[i] = expr_var(l->arena, arena_printf(l->arena, "%s%d", weights[axis], i), type_f32);
  }
  return t;
}

/* for var: the pixels and weights from the tables, then the body */
static Stmt *for_axis(Lowering *l, const Node *node, int axis, const Taps *t, Stmt *body) {
  int slot = axis == 0 ? ROWS : COLUMNS;
  Expr *o = var_expr(l, t->var);
  for (int i = t->count; node->parameters[slot] && i-- > 0;) {
    Stmt *let = NULL;
    Expr *tap = int_expr(l, i);
    let = stmt_let(l->arena, t->pixel[i]->text, expr_cast(l->arena, type_index, parameter_at(l, node, slot, o, tap, NULL, NULL)), true);
    if (t->weight[i])
      let = stmt_then(let, stmt_let(l->arena, t->weight[i]->text, parameter_at(l, node, slot + 1, o, tap, NULL, NULL), true));
    body = stmt_then(let, body);
  }
  bool single = axis == 0 && node->output->type.rank == 2;
  return single ? body : stmt_for_points(l->arena, t->var, int_expr(l, 0), int_expr(l, output_size(node, axis)), int_expr(l, 1), body);
}

static Expr *weighted(Lowering *l, Expr *weight, Expr *value) { return weight ? mul_expr(l, weight, value) : value; }

/* y[oc][oy][ox] = sum over taps i, j of wy[i] * wx[j] * x[oc][iy[i]][ix[j]] */
static Stmt *loops(Lowering *l, const Node *node) {
  Taps rows = taps_of(l, node, 0), columns = taps_of(l, node, 1);
  Expr *oc = var_expr(l, "oc"), *sum = NULL;
  for (int i = 0; i < rows.count; i++) {
    Expr *row = NULL;
    for (int j = 0; j < columns.count; j++) {
      Expr *tap = weighted(l, columns.weight[j], input_at(l, node, 0, oc, rows.pixel[i], columns.pixel[j]));
      row = row ? add_expr(l, row, tap) : tap;
    }
    row = weighted(l, rows.weight[i], row);
    sum = sum ? add_expr(l, sum, row) : row;
  }
  Expr *oy = node->output->type.rank == 2 ? int_expr(l, 0) : var_expr(l, "oy");
  Stmt *body = store_output(l, node, oc, oy, var_expr(l, "ox"), sum);
  body = stmt_for_points(l->arena, "oc", int_expr(l, 0), size_expr(l, type_channels(&node->output->type)), int_expr(l, 1), body);
  return for_axis(l, node, 0, &rows, for_axis(l, node, 1, &columns, body));
}

static void describe(Text *out, const Node *node) {
  static const char *const modes[] = {"nearest", "bilinear", "bicubic"};
  static const char *const coordinates[] = {"half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric"};
  text_add(out, "resize to ");
  print_kernel(out, attributes_of(node)->size, node->inputs[0]->type.rank == 2);
  text_addf(out, ", %s, %s", modes[attributes_of(node)->mode], coordinates[attributes_of(node)->coordinates]);
}

/* Along one axis by its tables, where Resize has no words for it: pixels are gathered, or all multiplied with a matrix. */
static const char *axis_to_onnx(OnnxWriter *w, const Node *node, const char *x, int axis) {
  const Parameter *pixels = node->parameters[axis == 0 ? ROWS : COLUMNS],
                  *weights = node->parameters[axis == 0 ? ROW_WEIGHTS : COLUMN_WEIGHTS];
  if (!pixels) return x;
  int64_t in = size_value(input_size(node, axis)), out = pixels->sizes[0], taps = pixels->sizes[1];
  if (taps == 1) {
    int64_t *numbers = ARENA_ARRAY(w->arena, int64_t, (size_t)out);
    for (int64_t o = 0; o < out; o++) numbers[o] = (int64_t)pixels->data[o];
    const char *y = ONNX_NODE(w, "Gather", x, onnx_integers(w, "pixels", (int)out, numbers));
    onnx_int(w, "axis", axis == 0 ? 2 : node->output->type.rank);
    return y;
  }
  const int64_t sizes[] = {axis == 0 ? out : in, axis == 0 ? in : out};
  float *matrix = ARENA_ARRAY(w->arena, float, (size_t)(in * out));
  for (int64_t i = 0; i < out * taps; i++) {
    int64_t o = i / taps, pixel = (int64_t)pixels->data[i];
    matrix[axis == 0 ? o * in + pixel : pixel * out + o] += weights->data[i];
  }
  const char *numbers = onnx_floats(w, "weights", 2, sizes, matrix);
  return axis == 0 ? ONNX_NODE(w, "MatMul", numbers, x) : ONNX_NODE(w, "MatMul", x, numbers);
}

/* [batch, channels] of x, and then these sizes. */
static const char *sizes_behind(OnnxWriter *w, const char *x, int count, const int64_t *sizes) {
  const char *batch = ONNX_NODE(w, "Shape", x);
  onnx_int(w, "start", 0);
  onnx_int(w, "end", 2);
  const char *const parts[] = {batch, onnx_integers(w, "size", count, sizes)};
  return onnx_concat(w, parts, 2, 0);
}

/* A scale beside the size, and bicubic sequences, are beyond what Resize does, or runtimes can. */
static const char *to_onnx(OnnxWriter *w, const Node *node) {
  static const char *const modes[] = {"nearest", "linear", "cubic"}, *const roundings[] = {"floor", "ceil", "round_prefer_floor",
                                                                                           "round_prefer_ceil"};
  static const char *const coordinates[] = {"half_pixel", "align_corners", "asymmetric", "half_pixel"};
  const ResizeAttributes *a = attributes_of(node);
  int rank = node->output->type.rank;
  const char *x = onnx_input(w, node, 0);
  if (a->scale || (a->mode == RESIZE_BICUBIC && rank == 2)) return axis_to_onnx(w, node, axis_to_onnx(w, node, x, 0), 1);
  const int64_t sizes[] = {a->size.h, a->size.w};
  const char *y = ONNX_NODE(w, "Resize", x, "", "", sizes_behind(w, x, rank - 1, sizes + (3 - rank)));
  onnx_string(w, "mode", modes[a->mode]);
  onnx_string(w, "coordinate_transformation_mode", coordinates[a->coordinates]);
  if (a->mode == RESIZE_NEAREST) onnx_string(w, "nearest_mode", roundings[a->rounding]);
  return y;
}

const Operator op_resize = {
    .name = "resize",
    .kind = OPERATOR_LOOPS,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(ResizeAttributes),
    .attributes = attributes,
    .default_attributes = &defaults,
    .summary = "an image or a sequence brought to a given size, smaller or larger: the nearest pixel, or 2x2 or 4x4 of them weighted",
    .formula = "y[oc][oy][ox] = sum over taps i, j of wy[i] * wx[j] * x[oc][iy[i]][ix[j]]",
    .onnx = "Resize, of Shape and Concat its sizes; Gather or MatMul where Resize has no words for it",
    .infer = infer,
    .evaluate = evaluate,
    .loops = loops,
    .describe = describe,
    .to_onnx = to_onnx,
};
