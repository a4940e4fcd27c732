/* join_layers.c - layers of several tensors: sums, products, distances, with constants and stretched arms; concat. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers.h"

enum { MAX_ARMS = 8, MOST_WRITTEN = 60 };

typedef struct Arms {
  Tensor *tensor[MAX_ARMS];   /* NULL: a constant */
  const char *text[MAX_ARMS]; /* of a constant */
  double low[MAX_ARMS], high[MAX_ARMS], unit[MAX_ARMS];
  int count;
  char numbers[MAX_ARMS][24];
} Arms;

static void add_arm(Arms *a, Tensor *t) {
  a->tensor[a->count] = t;
  a->low[a->count] = t->low;
  a->high[a->count] = t->high;
  a->unit[a->count++] = t->unit;
}

static void add_constant(Arms *a, const char *text, double low, double high, double unit) {
  int i = a->count++;
  a->tensor[i] = NULL;
  snprintf(a->numbers[i], sizeof a->numbers[i], "%s", text);
  a->low[i] = low;
  a->high[i] = high;
  a->unit[i] = unit;
}

static void shuffle(Arms *a) {
  for (int i = a->count - 1; i > 0; i--) {
    int k = between(0, i);
    Arms old = *a;
    a->tensor[i] = old.tensor[k], a->tensor[k] = old.tensor[i];
    a->low[i] = old.low[k], a->low[k] = old.low[i];
    a->high[i] = old.high[k], a->high[k] = old.high[i];
    a->unit[i] = old.unit[k], a->unit[k] = old.unit[i];
    memcpy(a->numbers[i], old.numbers[k], sizeof a->numbers[i]);
    memcpy(a->numbers[k], old.numbers[i], sizeof a->numbers[k]);
  }
  for (int i = 0; i < a->count; i++) a->text[i] = a->numbers[i];
}

/* A number, or a list that the tensor stretches to or that stretches to it. */
static void add_some_constant(Net *net, Arms *a, const Tensor *t, bool divisor) {
  double low = divisor ? 0.5 : -3, unit = net->rounded ? 0 : 0.5;
  if (chance(50)) {
    double number = divisor ? ONE_NUMBER(0.5, 2, 3, 1.7) : net->rounded ? 3 * fraction() : between(-6, 6) / 2.0;
    char text[24];
    snprintf(text, sizeof text, "%g", fabs(number)); /* a source has no sign */
    add_constant(a, text, fabs(number), fabs(number), unit);
    return;
  }
  int sizes[3] = {t->c, t->rank == 2 ? t->w : t->h, t->w};
  int keep = between(0, t->rank - 1); /* the axis that has all its numbers; the others 1 */
  for (int i = 0; i < t->rank; i++)
    if (i != keep && (chance(60) || sizes[0] * sizes[1] > MOST_WRITTEN)) sizes[i] = 1;
  int count = sizes[0] * (t->rank > 1 ? sizes[1] : 1) * (t->rank > 2 ? sizes[2] : 1);
  if (count > MOST_WRITTEN) sizes[0] = sizes[1] = sizes[2] = count = 1;
  float numbers[MOST_WRITTEN];
  for (int i = 0; i < count; i++) {
    numbers[i] = (float)(net->rounded ? 3 * fraction() : between(-6, 6) / 2.0);
    if (divisor) numbers[i] = 0.5f + fabsf(numbers[i]);
  }
  char name[24];
  declare_numbers(net, name, numbers, t->rank, sizes);
  add_constant(a, name, low, divisor ? 3.5 : 3, unit);
}

typedef enum Kind { KIND_ADD, KIND_MUL, KIND_MAX, KIND_MIN, KIND_SUB, KIND_ABS_DIFF, KIND_DIV, KIND_REDUCE } Kind;

/* Range and unit of the result. */
static Tensor combine(const Arms *a, Kind kind, const Tensor *shape) {
  double sum = 0, product = 1, most = 0, unit = 1, low = 0, high = 0;
  for (int i = 0; i < a->count; i++) {
    double m = fmax(fabs(a->low[i]), fabs(a->high[i]));
    sum += m, product *= m, most = fmax(most, m), unit = fmin(unit, a->unit[i]);
    low = i ? fmin(low, a->low[i]) : a->low[i];
    high = i ? fmax(high, a->high[i]) : a->high[i];
  }
  switch (kind) {
  case KIND_ADD:
  case KIND_SUB: return with_range(shape, -sum, sum, unit);
  case KIND_ABS_DIFF: return with_range(shape, 0, sum, unit);
  case KIND_MUL:
    product *= unit > 0 ? a->count : 1; /* as bound.c counts in exact nets */
    return with_range(shape, -product, product, pow(unit, a->count));
  case KIND_DIV: return with_range(shape, -most / a->low[1], most / a->low[1], unit);
  case KIND_REDUCE: return with_range(shape, -sum * 2, sum * 2, unit);
  case KIND_MAX:
  case KIND_MIN: break;
  }
  return with_range(shape, low, high, unit);
}

static const char *const names[] = {"add", "mul", "max", "min", "sub", "abs_diff", "div"};

static bool of_two(Kind kind) { return kind >= KIND_SUB; }

static Kind some_kind(const Net *net) {
  if (net->special) return chance(50) ? KIND_MAX : KIND_MIN;
  return (Kind)ONE_OF(KIND_ADD, KIND_ADD, KIND_MUL, KIND_MAX, KIND_MIN, KIND_SUB, KIND_ABS_DIFF, net->rounded ? KIND_DIV : KIND_MUL);
}

/* Other tensors of that shape. */
static void add_alike(Net *net, Arms *a, Tensor *t, int most) {
  for (int i = 0; i < net->tensor_count && a->count < most; i++) {
    Tensor *other = &net->tensors[i];
    if (other != t && !other->hidden && same_shape(other, t) && chance(60)) add_arm(a, other);
  }
}

static bool write_join(Net *net, Arms *a, Kind kind, const Tensor *shape) {
  Tensor result = combine(a, kind, shape);
  if (!in_range(net, result.low, result.high, result.unit)) return false;
  for (int i = 0; i < a->count; i++)
    if (!net->rounded && a->unit[i] / result.unit > LIMIT) return false;
  begin_list(net, a->tensor, a->text, a->count);
  open_call(net, NULL, names[kind]);
  add_tensor(net, result);
  return true;
}

static void keep_divisor_second(Arms *a, Net *net) {
  end_statement(net);
  if (a->tensor[1]) {
    Tensor *divisor = positive(net, a->tensor[1]);
    a->tensor[1] = divisor, a->low[1] = divisor->low, a->high[1] = divisor->high;
  }
}

bool do_several(Net *net, Tensor *t) {
  Arms a = {.count = 0};
  Kind kind = some_kind(net);
  int most = of_two(kind) ? 2 : between(2, 4);
  if (net->rounded && chance(20)) kind = KIND_REDUCE, most = 2;
  end_statement(net); /* so that what is made of t takes no name away */
  add_arm(&a, t);
  if (kind != KIND_REDUCE && chance(30)) add_some_constant(net, &a, t, kind == KIND_DIV);
  if (a.count < most) add_alike(net, &a, t, most);
  if (a.count == 1 && t->rank > 1 && !net->special && chance(75)) add_arm(&a, conv_same(net, t, t->c));
  else if (a.count == 1) add_arm(&a, t);
  shuffle(&a);
  if (kind == KIND_DIV) {
    if (!a.tensor[1]) a.low[1] = fmax(a.low[1], 0.5);
    keep_divisor_second(&a, net);
  }
  if (kind != KIND_REDUCE) return write_join(net, &a, kind, t) || true;
  static const char *const reductions[] = {"dot", "l1_distance", "l2_distance", "cosine_similarity"};
  Tensor one = {.rank = 1, .c = 1, .h = 1, .w = 1};
  double m = (magnitude(a.tensor[0]) + 1) * (magnitude(a.tensor[1]) + 1) * elements(t);
  begin_list(net, a.tensor, a.text, 2);
  open_call(net, NULL, reductions[between(0, 3)]);
  add_tensor(net, with_range(&one, -fmin(m, 900), fmin(m, 900), 0));
  return true;
}

static bool same_plane(const Tensor *a, const Tensor *b) { return a->rank == b->rank && a->h == b->h && a->w == b->w; }

/* One pixel, one channel, one row: on either side. */
bool do_stretch(Net *net, Tensor *t) {
  Arms a = {.count = 0};
  Kind kind = some_kind(net);
  end_statement(net);
  Tensor *small = shrunk(net, t), *large = t;
  if (!small) return false;
  if (t->rank > 1 && small->c == 1 && same_plane(small, t) && chance(40)) large = global_max(net, t); /* both stretch */
  add_arm(&a, large);
  add_arm(&a, small);
  if (!of_two(kind) && chance(20)) add_some_constant(net, &a, t, false);
  if (!of_two(kind) && chance(20)) add_alike(net, &a, t, 4);
  shuffle(&a);
  if (kind == KIND_DIV) keep_divisor_second(&a, net);
  write_join(net, &a, kind, t);
  return true;
}

/* ---- concat, center_crop_like ---- */

static bool fits_beside(const Tensor *o, const Tensor *t, int axis) {
  return o->rank == t->rank && (axis == 0 || o->c == t->c) && (axis == 1 || o->h == t->h) && (axis == 2 || o->w == t->w);
}

bool do_concat(Net *net, Tensor *t) {
  Arms a = {.count = 0};
  int axis = chance(75) || t->rank == 1 ? 0 : chance(50) && t->rank == 3 ? 1 : 2;
  end_statement(net);
  add_arm(&a, t);
  for (int i = 0; i < net->tensor_count && a.count < 4; i++) {
    Tensor *o = &net->tensors[i];
    if (o != t && !o->hidden && fits_beside(o, t, axis) && chance(50)) add_arm(&a, o);
  }
  if (t->rank > 1 && !net->special && (a.count == 1 || chance(20)) && chance(85))
    add_arm(&a, conv_same(net, t, axis == 0 ? some_channels() : t->c));
  if (a.count == 1 || chance(8)) add_arm(&a, t);
  shuffle(&a);
  Tensor result = combine(&a, KIND_MAX, t);
  result.c = axis == 0 ? 0 : t->c, result.h = axis == 1 ? 0 : t->h, result.w = axis == 2 ? 0 : t->w;
  for (int i = 0; i < a.count; i++) {
    if (axis == 0) result.c += a.tensor[i]->c;
    if (axis == 1) result.h += a.tensor[i]->h;
    if (axis == 2) result.w += a.tensor[i]->w;
  }
  if (!in_range(net, result.low, result.high, result.unit) || elements(&result) > MAX_ELEMENTS / 4 || result.c > MOST_CHANNELS) return true;
  static const char *const axes[] = {"channels", "height", "width"};
  begin_list(net, a.tensor, a.text, a.count);
  open_call(net, NULL, "concat");
  option(net, axis != 0, "axis=%s", axes[axis]);
  close_call(net);
  add_tensor(net, result);
  return true;
}

bool do_center_crop(Net *net, Tensor *t) {
  for (int i = net->tensor_count; i-- > 0;) {
    Tensor *reference = &net->tensors[i];
    if (t->rank < 2 || reference->hidden || reference->rank != t->rank || reference->h > t->h || reference->w > t->w) continue;
    if (reference == t || (same_shape(reference, t) && chance(80))) continue;
    begin_list(net, (Tensor *[]){t, reference}, NULL, 2);
    open_call(net, NULL, "center_crop_like");
    Tensor result = *t;
    result.h = reference->h;
    result.w = reference->w;
    add_tensor(net, result);
    return true;
  }
  return false;
}

/* A tensor of as many channels slides over t; else t over itself, which is one place. */
bool do_correlate(Net *net, Tensor *t) {
  if (t->rank < 2 || net->varies) return false;
  Tensor *kernel = t;
  for (int i = 0; i < net->tensor_count; i++) {
    Tensor *o = &net->tensors[i];
    if (!o->hidden && o->rank == t->rank && o->c == t->c && o->h <= t->h && o->w <= t->w && chance(70)) kernel = o;
  }
  bool whole = chance(60);
  int count = kernel->h * kernel->w * (whole ? t->c : 1);
  double most = magnitude(t) * magnitude(kernel) * count * 2, unit = t->unit * kernel->unit;
  if (!in_range(net, -most, most, unit) || (!net->rounded && fmin(t->unit, kernel->unit) < 1 && pow(fmin(t->unit, kernel->unit), 2) < unit))
    return false;
  Tensor result = with_range(t, -most, most, unit);
  result.c = whole ? 1 : t->c;
  result.h = t->h - kernel->h + 1;
  result.w = t->w - kernel->w + 1;
  begin_list(net, (Tensor *[]){t, kernel}, NULL, 2);
  open_call(net, NULL, whole ? "correlate" : "depthwise_correlate");
  add_tensor(net, result);
  return true;
}
