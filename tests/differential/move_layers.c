/* move_layers.c - layers that move values: parts, margins, other shapes and orders; and other types. */
#include <math.h>
#include <string.h>

#include "layers.h"

static const int ranges[][2] = {{0, 0}, {0, 255}, {-128, 127}, {-32768, 32767}, {0, 0}}; /* by Type; int32 has room for all */

/* [a, b] = x -> split(..), or split(..) -> add */
bool do_split(Net *net, Tensor *t) {
  int parts = between(2, 4), sizes[4], left = t->c;
  bool even = t->c % parts == 0 && chance(70);
  if (t->c < parts || net->tensor_count + parts >= MAX_TENSORS - 12) return false;
  for (int i = 0; i < parts; i++) left -= sizes[i] = even ? t->c / parts : i == parts - 1 ? left : between(1, left - (parts - 1 - i));
  double most = magnitude(t) * parts;
  bool joined = !net->special && even && chance(40) && in_range(net, -most, most, t->unit);
  if (joined) begin(net, t);
  else {
    end_statement(net);
    for (int i = 0; i < parts; i++) fprintf(net->body, "%st%d", i ? ", " : "  [", net->tensor_count + i);
    fprintf(net->body, "] = %s -> ", t->name);
    t->used = true;
    net->layers++;
  }
  open_call(net, NULL, "split");
  if (even && chance(70)) argument(net, "%d", parts);
  else {
    float list[4];
    for (int i = 0; i < parts; i++) list[i] = (float)sizes[i];
    numbers_argument(net, NULL, list, 1, &parts);
  }
  close_call(net);
  Tensor result = *t;
  if (joined) {
    fprintf(net->body, " -> add");
    result.c = sizes[0];
    add_tensor(net, with_range(&result, -most, most, t->unit));
    return true;
  }
  fprintf(net->body, "\n");
  for (int i = 0; i < parts; i++) {
    net->open = NULL;
    result.c = sizes[i];
    add_tensor(net, result);
  }
  net->open = NULL;
  return true;
}

typedef struct Margins {
  int top, bottom, left, right, before, after;
} Margins;

static void margin_arguments(Net *net, const Margins *m, const Tensor *t) {
  if (t->rank == 3) option(net, m->top, "top=%d", m->top), option(net, m->bottom, "bottom=%d", m->bottom);
  if (t->rank > 1) option(net, m->left, "left=%d", m->left), option(net, m->right, "right=%d", m->right);
  if (m->before == m->after && chance(50)) option(net, m->before, "channels=%d", m->before);
  else option(net, m->before || m->after, "channels=(%d, %d)", m->before, m->after);
}

static int some_margin(int room) { return chance(40) ? 0 : between(0, room < 3 ? room : 3); }

bool do_crop(Net *net, Tensor *t) {
  Margins m = {0};
  bool rows = t->rank == 3, columns = t->rank > 1;
  if (rows) m.top = some_margin(t->h - 1), m.bottom = some_margin(t->h - 1 - m.top);
  if (columns) m.left = some_margin(t->w - 1), m.right = some_margin(t->w - 1 - m.left);
  if (chance(60)) m.before = some_margin(t->c - 1), m.after = chance(40) ? m.before : some_margin(t->c - 1 - m.before);
  if (m.before + m.after >= t->c) m.after = 0;
  begin(net, t);
  open_call(net, NULL, "crop");
  margin_arguments(net, &m, t);
  close_call(net);
  Tensor result = *t;
  result.c -= m.before + m.after;
  result.h -= m.top + m.bottom;
  result.w -= m.left + m.right;
  add_tensor(net, result);
  return true;
}

bool do_pad(Net *net, Tensor *t) {
  static const char *const modes[] = {"zeros", "zeros", "reflect", "replicate", "circular"};
  const char *mode = modes[between(0, 4)];
  Margins m = {0};
  int less = strcmp(mode, "reflect") == 0 ? 1 : strcmp(mode, "circular") == 0 ? 0 : -3;
  if (t->rank == 3) m.top = some_margin(t->h - less), m.bottom = some_margin(t->h - less);
  if (t->rank > 1) m.left = some_margin(t->w - less), m.right = some_margin(t->w - less);
  if (chance(50)) m.before = some_margin(t->c - less), m.after = chance(40) ? m.before : some_margin(t->c - less);
  double value = strcmp(mode, "zeros") != 0 || chance(50) ? 0 : t->type == UINT8 ? 7 : t->type != FLOAT32 ? -5 : ONE_NUMBER(-0.5, 1, 3, -2);
  Tensor result = *t;
  result.c += m.before + m.after;
  result.h += m.top + m.bottom;
  result.w += m.left + m.right;
  result.low = fmin(t->low, value), result.high = fmax(t->high, value), result.unit = fmin(t->unit, 0.5);
  if (elements(&result) > MAX_ELEMENTS / 4 || !in_range(net, result.low, result.high, result.unit)) return false;
  begin(net, t);
  open_call(net, NULL, "pad");
  margin_arguments(net, &m, t);
  option(net, strcmp(mode, "zeros") != 0, "mode=%s", mode);
  option(net, value != 0, "value=%g", value);
  close_call(net);
  add_tensor(net, result);
  return true;
}

bool do_flatten(Net *net, Tensor *t) {
  begin(net, t);
  open_call(net, NULL, "flatten");
  if (chance(70)) argument(net, "order=%s", chance(50) ? "hwc" : "chw");
  close_call(net);
  Tensor result = *t;
  result.rank = 1, result.c = elements(t), result.h = result.w = 1;
  add_tensor(net, result);
  return true;
}

static int some_divisor(int n, int most) {
  int d = between(1, n < most ? n : most);
  while (n % d) d--;
  return d;
}

bool do_reshape(Net *net, Tensor *t) {
  int rank = between(1, 3), count = elements(t), sizes[3] = {0};
  for (int i = 0; i < rank; i++) count /= sizes[i] = i == rank - 1 ? count : some_divisor(count, i ? 40 : MOST_CHANNELS);
  if (rank > 1 && (sizes[1] > 2000 || sizes[rank - 1] > 2000)) return false;
  int open = chance(50) ? between(0, rank - 1) : -1;
  begin(net, t);
  open_call(net, NULL, "reshape");
  char text[64];
  int length = 0;
  for (int i = 0; i < rank; i++)
    length += snprintf(text + length, sizeof text - (size_t)length, "%s%d", i ? ", " : "", i == open ? -1 : sizes[i]);
  argument(net, "[%s]", text);
  close_call(net);
  Tensor result = *t;
  result.rank = rank, result.c = sizes[0];
  result.h = rank == 3 ? sizes[1] : 1;
  result.w = rank == 3 ? sizes[2] : rank == 2 ? sizes[1] : 1;
  add_tensor(net, result);
  return true;
}

bool do_permute(Net *net, Tensor *t) {
  int order[3] = {0, 1, 2}, sizes[3] = {t->c, t->rank == 3 ? t->h : t->w, t->w}, moved[3];
  for (int i = t->rank - 1; i > 0; i--) {
    int k = between(0, i), swapped = order[i];
    order[i] = order[k], order[k] = swapped;
  }
  for (int i = 0; i < t->rank; i++) moved[i] = sizes[order[i]];
  if (moved[0] > MOST_CHANNELS) return false;
  begin(net, t);
  open_call(net, NULL, "permute");
  char text[16];
  int length = 0;
  for (int i = 0; i < t->rank; i++) length += snprintf(text + length, sizeof text - (size_t)length, "%s%d", i ? ", " : "", order[i]);
  argument(net, "[%s]", text);
  close_call(net);
  Tensor result = *t;
  result.c = moved[0];
  if (t->rank == 3) result.h = moved[1];
  if (t->rank > 1) result.w = moved[t->rank - 1];
  add_tensor(net, result);
  return true;
}

bool do_upsample(Net *net, Tensor *t) {
  int v = ONE_OF(1, 2, 2, 3, 4), h = chance(60) ? v : ONE_OF(1, 2, 3, 4);
  bool bilinear = !net->special && chance(50), aligned = chance(50);
  if (t->rank < 2 || elements(t) * v * h > MAX_ELEMENTS / 4 || t->h * t->w * v * h > 1200) return false;
  if (bilinear && !net->rounded && (aligned || v == 3 || h == 3 || !in_range(net, t->low, t->high, t->unit / (4 * v * h)))) return false;
  begin(net, t);
  open_call(net, NULL, "upsample");
  if (t->rank == 2 || v == h) argument(net, "%d", h);
  else argument(net, chance(50) ? "(%d, %d)" : "%dx%d", v, h);
  option(net, bilinear, "mode=%s", bilinear ? "bilinear" : "nearest");
  if (bilinear) argument(net, "align_corners=%s", aligned ? "true" : "false");
  close_call(net);
  Tensor result = bilinear ? with_range(t, t->low, t->high, t->unit / (4 * v * h)) : *t;
  if (t->rank == 3) result.h *= v;
  result.w *= h;
  add_tensor(net, result);
  return true;
}

/* Exact nets: nearest alone, whose result is pixels. */
bool do_resize(Net *net, Tensor *t) {
  static const char *const modes[] = {"nearest", "bilinear", "bicubic"};
  static const char *const coordinates[] = {"half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric"};
  static const char *const roundings[] = {"floor", "ceil", "round_prefer_floor", "round_prefer_ceil"};
  int mode = net->rounded ? between(0, 2) : 0, h = t->rank == 3 ? between(1, t->h * 2) : 1, w = between(1, t->w * 2);
  if (t->rank == 3 && chance(30)) h = w = ONE_OF(1, 4, 7);
  if (t->rank < 2 || net->varies || h * w > 1200 || (long)t->c * h * w > MAX_ELEMENTS / 4) return false;
  if (mode == 2 && !in_range(net, -2 * magnitude(t), 2 * magnitude(t), 1)) return false;
  begin(net, t);
  open_call(net, NULL, "resize");
  if (t->rank == 2 || h == w) argument(net, "%d", w);
  else argument(net, chance(50) ? "(%d, %d)" : "%dx%d", h, w);
  option(net, mode, "mode=%s", modes[mode]);
  argument(net, "coordinates=%s", coordinates[between(0, 3)]);
  if (mode == 0) argument(net, "rounding=%s", roundings[between(0, 3)]);
  int scale = between(0, 5);
  if (scale == 0) argument(net, "scale=none");
  if (scale == 1) argument(net, "scale=%g", (w + 0.25) / t->w);
  if (scale == 2 && t->rank == 3) argument(net, "scale=[%g, %g]", (h + 0.5) / t->h, (w + 0.25) / t->w);
  close_call(net);
  Tensor result = mode == 0 ? *t : with_range(t, mode == 2 ? -2 * magnitude(t) : t->low, mode == 2 ? 2 * magnitude(t) : t->high, 0);
  if (t->rank == 3) result.h = h;
  result.w = w;
  add_tensor(net, result);
  return true;
}

static void order_option(Net *net) {
  bool dcr = chance(40);
  option(net, dcr, "order=%s", dcr ? "dcr" : "crd");
}

static bool unshuffle(Net *net, Tensor *t) {
  int r = t->h % 3 == 0 && t->w % 3 == 0 ? 3 : t->h % 2 == 0 && t->w % 2 == 0 ? 2 : 1;
  if (t->rank != 3 || t->c * r * r > MOST_CHANNELS) return false;
  begin(net, t);
  open_call(net, NULL, "pixel_unshuffle");
  argument(net, "%d", r);
  order_option(net);
  close_call(net);
  Tensor result = *t;
  result.c *= r * r, result.h /= r, result.w /= r;
  add_tensor(net, result);
  return true;
}

bool do_shuffle(Net *net, Tensor *t) {
  int r = t->c % 9 == 0 && chance(50) ? 3 : t->c % 4 == 0 ? 2 : 1;
  Tensor result = *t;
  if (chance(30)) return unshuffle(net, t);
  if (t->rank == 3 && (r > 1 || chance(10)) && chance(70) && t->h * t->w * r * r < 1200) {
    begin(net, t);
    open_call(net, NULL, "pixel_shuffle");
    argument(net, "%d", r);
    order_option(net);
    result.c /= r * r, result.h *= r, result.w *= r;
  } else {
    begin(net, t);
    open_call(net, NULL, "channel_shuffle");
    argument(net, "%d", some_divisor(t->c, t->c));
  }
  close_call(net);
  add_tensor(net, result);
  return true;
}

/* In rounded nets to float32 only: a rounding error may change what an integer is rounded to. */
bool do_cast(Net *net, Tensor *t) {
  Type type = net->rounded && t->type == FLOAT32 ? FLOAT32 : (Type)between(FLOAT32, net->special ? INT16 : INT32);
  begin(net, t);
  open_call(net, NULL, "cast");
  argument(net, "%s", type_names[type]);
  close_call(net);
  Tensor result = *t;
  result.type = type;
  if (type != FLOAT32) {
    result.unit = 1;
    if (type != INT32) {
      result.low = fmax(ranges[type][0], fmin(ranges[type][1], floor(t->low)));
      result.high = fmax(ranges[type][0], fmin(ranges[type][1], ceil(t->high)));
    } else result.low = floor(t->low), result.high = ceil(t->high);
  }
  add_tensor(net, result);
  return true;
}

bool do_argmax(Net *net, Tensor *t) {
  if (net->rounded) return false;
  begin(net, t);
  open_call(net, NULL, "argmax");
  Tensor result = with_range(t, 0, t->c - 1, 1);
  result.type = INT32;
  result.c = 1;
  add_tensor(net, result);
  return true;
}
