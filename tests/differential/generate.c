/* generate.c - random small nets whose arithmetic floats do exactly, so that any difference at all is a bug.
 *
 *   generate DIR COUNT SEED      writes DIR/net0.cnn, DIR/net0.safetensors, ..
 *
 * Weights and inputs are small integers; of every tensor the greatest magnitude is known, in units of the smallest
 * fraction that it can have, and stays below 2^24. Attributes come from lists of corners half of the time. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TENSORS = 64, MAX_WEIGHTS = 64, INPUT_MAGNITUDE = 3, MAX_ELEMENTS = 60000 };
#define LIMIT 8388608.0 /* of magnitude / unit: 2^23 */

typedef struct Tensor {
  char name[16];
  int rank;           /* 1: vector, 2: sequence, 3: image */
  int c, h, w;        /* a sequence has h = 1 */
  double most, unit;  /* |value| <= most; value is a multiple of unit */
  bool used, integer; /* integer: the caller's bytes, which only some operations read as they are */
} Tensor;

typedef struct Weights {
  char name[40];
  int rank, sizes[4];
  float *data;
} Weights;

typedef struct Net {
  Tensor tensors[MAX_TENSORS];
  int tensor_count, layers;
  Weights weights[MAX_WEIGHTS];
  int weight_count;
  FILE *out;
} Net;

static uint64_t state;

static uint64_t next_random(void) { /* splitmix64 */
  uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static int between(int low, int high) { return high <= low ? low : low + (int)(next_random() % (uint64_t)(high - low + 1)); }
static bool chance(int percent) { return between(1, 100) <= percent; }
static int one_of(const int *list, int count) { return list[between(0, count - 1)]; }
#define ONE_OF(...) one_of((const int[]){__VA_ARGS__}, (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)))

static int some_channels(void) {
  return chance(60) ? ONE_OF(1, 2, 3, 7, 8, 9, 15, 16, 17) : chance(60) ? ONE_OF(31, 32, 33, 63, 64, 65) : between(1, 40);
}
static int some_size(void) { return chance(70) ? ONE_OF(1, 2, 3, 5, 7, 11, 13) : between(1, 20); }

static Tensor *add_tensor(Net *net, Tensor t) {
  snprintf(t.name, sizeof t.name, "t%d", net->tensor_count);
  t.used = t.integer = false;
  net->tensors[net->tensor_count] = t;
  return &net->tensors[net->tensor_count++];
}

static Tensor *pick(Net *net) { /* rather a late one */
  int last = net->tensor_count - 1;
  return &net->tensors[chance(65) ? last : between(0, last)];
}

static double size_of(const Tensor *t) { return t->most / t->unit; }

/* ---- weights ---- */

static float *add_weights(Net *net, const char *layer, const char *role, int rank, int a, int b, int c, int d) {
  Weights *w = &net->weights[net->weight_count++];
  *w = (Weights){.rank = rank, .sizes = {a, b, c, d}};
  snprintf(w->name, sizeof w->name, "%s.%s", layer, role);
  size_t count = 1;
  for (int i = 0; i < rank; i++) count *= (size_t)w->sizes[i];
  w->data = calloc(count, sizeof *w->data);
  return w->data;
}

/* Rows of `length` numbers: as many and as large ones as the magnitude allows. Returns the greatest sum of a row. */
static double fill_rows(float *data, int rows, int length, double magnitude) {
  double room = LIMIT / 2 / magnitude, greatest = 1;
  int largest = room > 7.0 * length ? 7 : room > 2.0 * length ? 2 : 1;
  int most = room < length ? (int)room : length; /* that are not zero */
  for (int r = 0; r < rows; r++) {
    double sum = 0;
    for (int k = 0; k < (most < length ? most : length); k++) {
      int at = most < length ? between(0, length - 1) : k;
      if (data[r * length + at] != 0) continue;
      int value = between(-largest, largest);
      data[r * length + at] = (float)value;
      sum += abs(value);
    }
    greatest = sum > greatest ? sum : greatest;
  }
  return greatest;
}

/* Integers up to a small multiple of the unit, 0 where there is no room. */
static double fill_bias(float *data, int count, double magnitude) {
  int largest = magnitude > LIMIT / 4 ? 0 : 5;
  for (int i = 0; i < count; i++) data[i] = (float)between(-largest, largest);
  return largest;
}

static void write_safetensors(const Net *net, const char *path) {
  FILE *file = fopen(path, "wb");
  if (!file) exit(2);
  static char header[1 << 16];
  size_t length = 0, offset = 0;
  length += (size_t)snprintf(header, sizeof header, "{");
  for (int i = 0; i < net->weight_count; i++) {
    const Weights *w = &net->weights[i];
    size_t count = 1;
    length += (size_t)snprintf(header + length, sizeof header - length, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[", i ? "," : "", w->name);
    for (int k = 0; k < w->rank; k++, count *= (size_t)w->sizes[k - 1])
      length += (size_t)snprintf(header + length, sizeof header - length, "%s%d", k ? "," : "", w->sizes[k]);
    length += (size_t)snprintf(header + length, sizeof header - length, "],\"data_offsets\":[%zu,%zu]}", offset, offset + 4 * count);
    offset += 4 * count;
  }
  length += (size_t)snprintf(header + length, sizeof header - length, "}");
  for (int i = 0; i < 8; i++) fputc((int)(length >> (8 * i) & 255), file);
  fwrite(header, 1, length, file);
  for (int i = 0; i < net->weight_count; i++) {
    size_t count = 1;
    for (int k = 0; k < net->weights[i].rank; k++) count *= (size_t)net->weights[i].sizes[k];
    fwrite(net->weights[i].data, 4, count, file);
    free(net->weights[i].data);
  }
  if (fclose(file)) exit(2);
}

/* ---- windows ---- */

typedef struct Axis { /* of a window */
  int n, k, s, d, before, after, out;
} Axis;

typedef struct Window {
  Axis y, x;
  char padding[80]; /* as written, "" for none */
} Window;

static int ceil_div(int a, int b) { return (a + b - 1) / b; }
static int span(const Axis *a) { return a->d * (a->k - 1) + 1; }

static void some_axis(Axis *a, int n) {
  *a = (Axis){
      .n = n, .k = ONE_OF(1, 1, 2, 3, 3, 3, 4, 5, 7), .s = chance(60) ? 1 : ONE_OF(1, 2, 2, 3, 4), .d = chance(75) ? 1 : between(1, 3)};
  if (chance(8)) a->k = n;
  if (chance(5)) a->s = a->k;
  if (a->k > 9) a->k = 3;
}

static void set_same(Axis *a, bool lower) {
  int total = (ceil_div(a->n, a->s) - 1) * a->s + span(a) - a->n;
  if (total < 0) total = 0;
  a->before = lower ? total - total / 2 : total / 2;
  a->after = total - a->before;
}

static void set_out(Axis *a) {
  int room = a->n + a->before + a->after - span(a);
  a->out = room < 0 ? 0 : room / a->s + 1;
}

/* A padding in one of its forms. `pooling`: smaller than the kernel. */
static void some_padding(Window *w, int rank, bool pooling) {
  int form = between(0, rank == 2 ? 7 : 6), most_y = pooling ? (w->y.k - 1) / 2 : w->y.k + 1,
      most_x = pooling ? (w->x.k - 1) / 2 : w->x.k + 1;
  w->padding[0] = 0;
  if (form >= 4 && form <= 5 && pooling) form = 3;
  if (form <= 1) {
    bool lower = chance(50);
    if (rank == 3) set_same(&w->y, lower);
    set_same(&w->x, lower);
    snprintf(w->padding, sizeof w->padding, ", padding=%s", lower ? "same_lower" : "same_upper");
  } else if (form == 2) {
    int p = between(0, most_x < most_y || rank == 2 ? most_x : most_y);
    if (rank == 3) w->y.before = w->y.after = p;
    w->x.before = w->x.after = p;
    snprintf(w->padding, sizeof w->padding, ", padding=%d", p);
  } else if (form == 3 && rank == 3) {
    w->y.before = w->y.after = between(0, most_y);
    w->x.before = w->x.after = between(0, most_x);
    snprintf(w->padding, sizeof w->padding, ", padding=(%d, %d)", w->y.before, w->x.before);
  } else if (form == 4 && rank == 3) {
    w->y.before = between(0, most_y), w->y.after = between(0, most_y), w->x.before = between(0, most_x), w->x.after = between(0, most_x);
    snprintf(w->padding, sizeof w->padding, ", padding=(top=%d, bottom=%d, left=%d, right=%d)", w->y.before, w->y.after, w->x.before,
             w->x.after);
  } else if (form == 5) {
    if (rank == 3) w->y.before = w->y.after = span(&w->y) - 1;
    w->x.before = w->x.after = span(&w->x) - 1;
    snprintf(w->padding, sizeof w->padding, ", padding=full");
  } else if (form == 7) {
    w->x.before = span(&w->x) - 1;
    snprintf(w->padding, sizeof w->padding, ", padding=causal");
  }
}

static bool some_window(const Tensor *t, Window *w, bool pooling) {
  for (int tries = 0; tries < 20; tries++) {
    some_axis(&w->y, t->h);
    some_axis(&w->x, t->w);
    if (t->rank == 2) w->y = (Axis){.n = 1, .k = 1, .s = 1, .d = 1};
    some_padding(w, t->rank, pooling);
    set_out(&w->y);
    set_out(&w->x);
    if (w->y.out > 0 && w->x.out > 0 && w->y.out * w->x.out < 900) return true;
  }
  return false;
}

static void print_window(FILE *out, const Window *w, int rank) {
  if (rank == 2) fprintf(out, "%d, stride=%d, dilation=%d%s", w->x.k, w->x.s, w->x.d, w->padding);
  else fprintf(out, "%dx%d, stride=(%d, %d), dilation=(%d, %d)%s", w->y.k, w->x.k, w->y.s, w->x.s, w->y.d, w->x.d, w->padding);
}

/* ---- layers ---- */

static const char *begin(Net *net, const Tensor *t) { /* "t5 = t3 -> "; the label is l5 */
  static char label[16];
  snprintf(label, sizeof label, "l%d", net->tensor_count);
  fprintf(net->out, "  t%d = %s -> ", net->tensor_count, t->name);
  ((Tensor *)t)->used = true;
  net->layers++;
  return label;
}

static const char *some_mode(const Window *w) { /* what mirrors needs as many pixels as it mirrors */
  bool reflect = w->y.before < w->y.n && w->y.after < w->y.n && w->x.before < w->x.n && w->x.after < w->x.n;
  if (chance(85) || !reflect) return "zeros";
  return chance(40) ? "reflect" : chance(50) ? "replicate" : "circular";
}

static Tensor *conv_into(Net *net, Tensor *t, const Window *w, int out, int groups) {
  Tensor result = {.rank = t->rank, .c = out, .h = w->y.out, .w = w->x.out, .unit = t->unit};
  const char *label = begin(net, t), *mode = some_mode(w);
  bool bias = chance(75);
  int in = t->c / groups, length = in * w->y.k * w->x.k;
  fprintf(net->out, "%s: conv(%d, ", label, out);
  print_window(net->out, w, t->rank);
  fprintf(net->out, ", groups=%d, bias=%s, padding_mode=%s)", groups, bias ? "true" : "false", mode);
  float *weight = t->rank == 2 ? add_weights(net, label, "weight", 3, out, in, w->x.k, 0)
                               : add_weights(net, label, "weight", 4, out, in, w->y.k, w->x.k);
  result.most = t->most * fill_rows(weight, out, length, size_of(t));
  if (bias) result.most += fill_bias(add_weights(net, label, "bias", 1, out, 0, 0, 0), out, size_of(&result));
  fprintf(net->out, "%s\n", chance(30) ? " -> relu" : "");
  return add_tensor(net, result);
}

static bool do_conv(Net *net, Tensor *t) {
  Window w;
  if (t->rank < 2 || !some_window(t, &w, false)) return false;
  int groups = 1, out = some_channels();
  if (chance(20) && t->c > 1) { /* depthwise, or some divisor */
    groups = chance(60) ? t->c : between(1, t->c);
    while (t->c % groups) groups--;
    out = groups * between(1, groups > 16 ? 1 : 3);
  }
  if (out * w.y.out * w.x.out > MAX_ELEMENTS / 8) out = groups;
  conv_into(net, t, &w, out, groups);
  return true;
}

/* A convolution that keeps rows and columns. */
static Tensor *conv_same(Net *net, Tensor *t, int out) {
  Window w;
  int k = ONE_OF(1, 1, 3, 3, 5, 2);
  w.y = (Axis){.n = t->h, .k = t->rank == 2 ? 1 : k, .s = 1, .d = 1};
  w.x = (Axis){.n = t->w, .k = k, .s = 1, .d = 1};
  bool lower = chance(50);
  set_same(&w.y, lower);
  set_same(&w.x, lower);
  set_out(&w.y);
  set_out(&w.x);
  snprintf(w.padding, sizeof w.padding, ", padding=%s", lower ? "same_lower" : "same_upper");
  return conv_into(net, t, &w, out, 1);
}

static bool do_max_pool(Net *net, Tensor *t) {
  Window w;
  if (t->rank < 2 || !some_window(t, &w, true)) return false;
  if (w.y.d * w.x.d > 1 && w.padding[0]) return false; /* a window might have no tap inside */
  Tensor result = {.rank = t->rank, .c = t->c, .h = w.y.out, .w = w.x.out, .most = t->most, .unit = t->unit};
  begin(net, t);
  fprintf(net->out, "max_pool(");
  print_window(net->out, &w, t->rank);
  fprintf(net->out, ")%s\n", chance(20) ? " -> relu" : "");
  add_tensor(net, result);
  return true;
}

static bool power_of_two(int n) { return (n & (n - 1)) == 0; }

static bool do_avg_pool(Net *net, Tensor *t) {
  Window w;
  if (t->rank < 2 || !some_window(t, &w, true)) return false;
  int count = w.y.k * w.x.k;
  if (!power_of_two(count) || count == 1 || size_of(t) * count > LIMIT || (w.y.d * w.x.d > 1 && w.padding[0])) return false;
  Tensor result = {.rank = t->rank, .c = t->c, .h = w.y.out, .w = w.x.out, .most = t->most, .unit = t->unit / count};
  begin(net, t);
  fprintf(net->out, "avg_pool(");
  print_window(net->out, &w, t->rank);
  fprintf(net->out, ", count_include_pad=true)\n");
  add_tensor(net, result);
  return true;
}

static bool do_global(Net *net, Tensor *t) {
  int count = t->h * t->w;
  if (t->rank < 2 || !power_of_two(count) || size_of(t) * count > LIMIT) return false;
  begin(net, t);
  fprintf(net->out, "global_avg_pool\n");
  add_tensor(net, (Tensor){.rank = t->rank, .c = t->c, .h = 1, .w = 1, .most = t->most, .unit = t->unit / count});
  return true;
}

/* Factors 1/2 to 4, exactly: var is 1/4, 1 or 4 and eps 0. */
static bool do_batch_norm(Net *net, Tensor *t) {
  if (size_of(t) * 32 + 64 / t->unit > LIMIT) return false;
  const char *label = begin(net, t);
  fprintf(net->out, "%s: batch_norm(0)%s\n", label, chance(50) ? " -> relu" : "");
  float *gamma = add_weights(net, label, "weight", 1, t->c, 0, 0, 0), *beta = add_weights(net, label, "bias", 1, t->c, 0, 0, 0);
  float *mean = add_weights(net, label, "running_mean", 1, t->c, 0, 0, 0), *var = add_weights(net, label, "running_var", 1, t->c, 0, 0, 0);
  for (int i = 0; i < t->c; i++) {
    gamma[i] = (float)ONE_OF(-1, 1, 2), beta[i] = (float)between(-3, 3), mean[i] = (float)between(-3, 3);
    var[i] = chance(40) ? 1.0f : chance(50) ? 4.0f : 0.25f;
  }
  Tensor result = *t;
  result.most = (t->most + 3) * 4 + 3;
  result.unit = t->unit / 4;
  add_tensor(net, result);
  return true;
}

static bool do_simple(Net *net, Tensor *t) {
  begin(net, t);
  fprintf(net->out, "%s\n", chance(50) ? "relu" : chance(30) ? "relu6" : chance(30) ? "abs" : chance(50) ? "identity" : "dropout(0.5)");
  add_tensor(net, *t);
  return true;
}

static bool same_shape(const Tensor *a, const Tensor *b) { return a->rank == b->rank && a->c == b->c && a->h == b->h && a->w == b->w; }

static void join(Net *net, Tensor **arms, int count, const char *op, Tensor result) {
  result.most = 0, result.unit = 1;
  fprintf(net->out, "  t%d = [", net->tensor_count);
  for (int i = 0; i < count; i++) {
    fprintf(net->out, "%s%s", i ? ", " : "", arms[i]->name);
    arms[i]->used = true;
    if (arms[i]->unit < result.unit) result.unit = arms[i]->unit;
    if (*op != 'c') result.most += arms[i]->most; /* a concat only moves */
    else if (arms[i]->most > result.most) result.most = arms[i]->most;
  }
  fprintf(net->out, "] -> %s%s\n", op, chance(40) ? " -> relu" : "");
  net->layers++;
  add_tensor(net, result);
}

static void shuffle(Tensor **arms, int count) {
  for (int i = count - 1; i > 0; i--) {
    int k = between(0, i);
    Tensor *swap = arms[i];
    arms[i] = arms[k];
    arms[k] = swap;
  }
}

static bool do_add(Net *net, Tensor *t) {
  Tensor *arms[4] = {t};
  int count = 1;
  if (t->integer || size_of(t) > LIMIT / 64) return false;
  for (int i = 0; i < net->tensor_count && count < 3; i++) {
    Tensor *other = &net->tensors[i];
    if (other != t && !other->integer && same_shape(other, t) && size_of(other) < LIMIT / 64 && chance(60)) arms[count++] = other;
  }
  if (count == 1 && t->rank > 1 && chance(75)) arms[count++] = conv_same(net, t, t->c);
  else if (count == 1) arms[count++] = t;
  if (chance(15) && t->rank == 3) { /* a stretched arm: one pixel, or one channel */
    Window w = {.y = {.n = t->h, .k = t->h, .s = 1, .d = 1}, .x = {.n = t->w, .k = t->w, .s = 1, .d = 1}};
    set_out(&w.y);
    set_out(&w.x);
    arms[count++] = chance(50) || t->h * t->w > 60 ? conv_same(net, t, 1) : conv_into(net, t, &w, t->c, 1);
  }
  double total = 0, unit = 1;
  for (int i = 0; i < count; i++) total += arms[i]->most, unit = arms[i]->unit < unit ? arms[i]->unit : unit;
  if (total / unit > LIMIT) return true; /* the new arm is there; it need not be added */
  shuffle(arms, count);
  static const char *const ops[] = {"add", "add", "max", "min", "sub", "abs_diff"}; /* the last two of two tensors */
  join(net, arms, count, ops[between(0, count == 2 ? 5 : 3)], *t);
  return true;
}

static bool do_concat(Net *net, Tensor *t) {
  Tensor *arms[5] = {t};
  int count = 1, axis = chance(75) || t->rank == 1 ? 0 : chance(50) && t->rank == 3 ? 1 : 2;
  if (t->integer) return false;
  for (int i = 0; i < net->tensor_count && count < 4; i++) {
    Tensor *o = &net->tensors[i];
    bool fits = o != t && !o->integer && o->rank == t->rank && (axis == 0 || o->c == t->c) && (axis == 1 || o->h == t->h) &&
                (axis == 2 || o->w == t->w);
    if (fits && chance(50)) arms[count++] = o;
  }
  if (t->rank > 1 && (count == 1 || chance(20)) && chance(85)) arms[count++] = conv_same(net, t, axis == 0 ? some_channels() : t->c);
  if (count == 1 || chance(8)) arms[count++] = t;
  double most = 0, unit = 1;
  Tensor result = *t;
  result.c = axis == 0 ? 0 : t->c, result.h = axis == 1 ? 0 : t->h, result.w = axis == 2 ? 0 : t->w;
  for (int i = 0; i < count; i++) {
    most = arms[i]->most > most ? arms[i]->most : most, unit = arms[i]->unit < unit ? arms[i]->unit : unit;
    if (axis == 0) result.c += arms[i]->c;
    if (axis == 1) result.h += arms[i]->h;
    if (axis == 2) result.w += arms[i]->w;
  }
  if (most / unit > LIMIT || result.c * result.h * result.w > MAX_ELEMENTS / 4 || result.c > 200) return true;
  shuffle(arms, count);
  join(net, arms, count, axis == 0 ? "concat" : axis == 1 ? "concat(axis=height)" : "concat(axis=width)", result);
  return true;
}

static bool do_fc(Net *net, Tensor *t) {
  int length = t->c * t->h * t->w, out = some_channels();
  if (length > 3000) return false;
  bool hwc = chance(30), bias = chance(75);
  const char *label = begin(net, t);
  Tensor result = {.rank = 1, .c = out, .h = 1, .w = 1, .unit = t->unit};
  if (t->rank > 1) fprintf(net->out, "flatten(order=%s) -> ", hwc ? "hwc" : "chw");
  fprintf(net->out, "%s: fc(%d, bias=%s)%s\n", label, out, bias ? "true" : "false", chance(40) ? " -> relu" : "");
  result.most = t->most * fill_rows(add_weights(net, label, "weight", 2, out, length, 0, 0), out, length, size_of(t));
  if (bias) result.most += fill_bias(add_weights(net, label, "bias", 1, out, 0, 0, 0), out, size_of(&result));
  add_tensor(net, result);
  return true;
}

static bool do_flatten(Net *net, Tensor *t) {
  if (t->rank < 2) return false;
  begin(net, t);
  fprintf(net->out, "flatten(order=%s)\n", chance(50) ? "hwc" : "chw");
  add_tensor(net, (Tensor){.rank = 1, .c = t->c * t->h * t->w, .h = 1, .w = 1, .most = t->most, .unit = t->unit});
  return true;
}

static void do_layer(Net *net) {
  Tensor *t = pick(net);
  int dice = between(1, 100);
  if (t->rank == 1 && dice < 50) do_fc(net, t);
  else if (dice <= 40) do_conv(net, t);
  else if (dice <= 50) do_max_pool(net, t);
  else if (dice <= 56) do_avg_pool(net, t);
  else if (dice <= 58) do_global(net, t);
  else if (dice <= 64) do_batch_norm(net, t);
  else if (dice <= 70) do_simple(net, t);
  else if (dice <= 82) do_add(net, t);
  else if (dice <= 94) do_concat(net, t);
  else if (dice <= 97) do_fc(net, t);
  else do_flatten(net, t);
}

/* ---- nets ---- */

static void print_shape(FILE *out, const Tensor *t) {
  if (t->rank == 1) fprintf(out, "[%d]", t->c);
  if (t->rank == 2) fprintf(out, "[%d, %d]", t->c, t->w);
  if (t->rank == 3) fprintf(out, "[%d, %d, %d]", t->c, t->h, t->w);
}

static void add_input(Net *net, int rank) {
  Tensor t = {.rank = rank,
              .c = some_channels(),
              .h = rank == 3 ? some_size() : 1,
              .w = rank > 1 ? some_size() : 1,
              .most = INPUT_MAGNITUDE,
              .unit = 1};
  Tensor *added = add_tensor(net, t);
  added->integer = chance(15);
  fprintf(net->out, "  input %s: %s", added->name, added->integer ? "uint8" : "float32");
  print_shape(net->out, &t);
  fprintf(net->out, "%s\n", rank == 3 && chance(30) ? " (layout=hwc)" : "");
}

/* The last tensor, everything that nothing uses, and now and then something that is used too. */
static void add_outputs(Net *net) {
  int outputs = 0;
  for (int i = net->tensor_count; i-- > 0 && outputs < 7;) {
    Tensor *t = &net->tensors[i];
    if (t->integer || (t->used && !chance(8))) continue;
    for (int twice = chance(4) ? 2 : 1; twice-- > 0;) {
      fprintf(net->out, "  output out%d", outputs++);
      fprintf(net->out, "%s = %s%s\n", t->rank == 3 && chance(30) ? " (layout=hwc)" : "", t->name, chance(10) ? " -> relu" : "");
    }
  }
}

static void generate(const char *directory, int number, uint64_t seed) {
  static Net net;
  char path[1024];
  memset(&net, 0, sizeof net);
  state = seed * UINT64_C(0x2545f4914f6cdd1d) + (uint64_t)number;
  snprintf(path, sizeof path, "%s/net%d.cnn", directory, number);
  net.out = fopen(path, "w");
  if (!net.out) exit(2);
  fprintf(net.out, "cnn 1\n# seed %llu, net %d\nnet net%d {\n  weights \"net%d.safetensors\"\n", (unsigned long long)seed, number, number,
          number);
  int rank = chance(75) ? 3 : chance(70) ? 2 : 1;
  add_input(&net, rank);
  if (chance(15)) add_input(&net, rank);
  int layers = between(1, 12);
  for (int tries = 0; tries < 100 && net.layers < layers && net.tensor_count < MAX_TENSORS - 8 && net.weight_count < MAX_WEIGHTS - 8;
       tries++)
    do_layer(&net);
  for (int i = 0; i < net.tensor_count; i++) /* an input that nothing reads */
    if (net.tensors[i].integer && !net.tensors[i].used) do_simple(&net, &net.tensors[i]);
  add_outputs(&net);
  fprintf(net.out, "}\n");
  if (fclose(net.out)) exit(2);
  snprintf(path, sizeof path, "%s/net%d.safetensors", directory, number);
  write_safetensors(&net, path);
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "generate DIR COUNT SEED\n");
    return 2;
  }
  for (int i = 0; i < atoi(argv[2]); i++) generate(argv[1], i, strtoull(argv[3], NULL, 10));
  return 0;
}
