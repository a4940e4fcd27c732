/* conv_layers.c - layers that are sums of products: the family of conv, filter, fc. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers.h"
#include "window.h"

enum { MOST_WRITTEN = 150, MOST_NUMBERS = 30000 }; /* numbers of a constant, and of a weight */
enum { MANY_NUMBERS = 1000000 };                   /* of the weight of what is as wide as its input */

typedef enum Bias { BIAS_NONE, BIAS_LEARNED, BIAS_GIVEN } Bias;

/* How a convolution comes by its numbers. */
typedef struct Numbers {
  enum { WEIGHT_LEARNED, WEIGHT_CONSTANT, WEIGHT_CONNECTED } weight;
  Bias bias;
} Numbers;

static Numbers some_numbers(int weights, int pairs, int out) {
  Numbers n = {WEIGHT_LEARNED, chance(20) ? BIAS_NONE : out <= 20 && chance(15) ? BIAS_GIVEN : BIAS_LEARNED};
  if (weights <= MOST_WRITTEN && chance(15)) n.weight = WEIGHT_CONSTANT;
  else if (pairs <= MOST_WRITTEN && chance(15)) n.weight = WEIGHT_CONNECTED;
  return n;
}

static Tensor summed(const Tensor *result, double sum, double bias) {
  double most = magnitude(result) * sum + bias;
  return with_range(result, -most, most, result->unit);
}

/* The argument `bias`; returns the largest number in it. */
static double write_bias(Net *net, const char *label, const char *role, int out, Bias kind, double most, double unit) {
  if (kind == BIAS_NONE) argument(net, "bias=%s", chance(50) ? "false" : "none");
  if (kind == BIAS_LEARNED) option(net, false, "bias=true");
  if (kind == BIAS_NONE) return 0;
  if (kind == BIAS_LEARNED) return fill_bias(net, add_weights(net, label, role, 1, out, 0, 0, 0), out, most, unit);
  float numbers[64];
  double largest = fill_bias(net, numbers, out, most, unit);
  numbers_argument(net, "bias", numbers, 1, &out);
  return largest;
}

static void write_connections(Net *net, int out, int in) {
  float *table = calloc((size_t)(out * in), sizeof *table);
  for (int i = 0; i < out * in; i++) table[i] = chance(60);
  numbers_argument(net, "connections", table, 2, (int[]){out, in});
  free(table);
}

typedef struct Call { /* of conv */
  Window window;
  int out, groups;
  const char *mode;
} Call;

typedef struct Sums { /* what its numbers come to: the greatest sum of a row, the largest bias */
  double row, bias;
} Sums;

static Sums write_conv(Net *net, const char *label, bool labelled, const Tensor *t, const Call *call) {
  const Window *w = &call->window;
  int out = call->out, in = t->c / call->groups, length = in * w->y.k * w->x.k;
  int sizes[] = {out, in, t->rank == 2 ? w->x.k : w->y.k, w->x.k};
  Numbers n = some_numbers(out * length, out * in, out);
  open_call(net, labelled ? label : NULL, "conv");
  argument(net, "%d", out);
  kernel_argument(net, w, t->rank);
  window_arguments(net, w, t->rank, FOR_CONV);
  option(net, call->groups != 1, "groups=%d", call->groups);
  option(net, strcmp(call->mode, "zeros") != 0, "padding_mode=%s", call->mode);
  float *weight = n.weight == WEIGHT_CONSTANT ? calloc((size_t)(out * length), sizeof *weight)
                                              : add_weights(net, label, "weight", t->rank + 1, out, in, sizes[2], sizes[3]);
  Sums sums = {.row = fill_rows(net, weight, out, length, t)};
  if (n.weight == WEIGHT_CONSTANT) {
    numbers_argument(net, "weight", weight, t->rank + 1, sizes);
    free(weight);
  }
  if (n.weight == WEIGHT_CONNECTED) write_connections(net, out, in);
  sums.bias = write_bias(net, label, "bias", out, n.bias, sums.row * magnitude(t), t->unit);
  close_call(net);
  return sums;
}

static Tensor *add_convolved(Net *net, const Tensor *t, const Window *w, int out, double most, Sums sums) {
  Tensor result = window_result(t, w, out);
  most = most * sums.row + sums.bias;
  return add_tensor(net, with_range(&result, -most, most, t->unit));
}

static Tensor *conv_into(Net *net, Tensor *t, const Window *w, int out, int groups) {
  Call call = {*w, out, groups, some_mode(w)};
  Sums sums = write_conv(net, begin(net, t), true, t, &call);
  return add_convolved(net, t, w, out, magnitude(t), sums);
}

Tensor *conv_same(Net *net, Tensor *t, int out) {
  Window w = same_window(t, ONE_OF(1, 1, 3, 3, 5, 2));
  bool many = (int64_t)out * t->c * w.y.k * w.x.k > MANY_NUMBERS;
  return conv_into(net, t, &w, out, many && out == t->c ? out : 1);
}

/* All channels, each by itself, or some divisor. */
static int some_groups(const Tensor *t) {
  if (t->c == 1 || chance(75)) return 1;
  int groups = chance(50) ? t->c : between(1, t->c / 2);
  while (t->c % groups) groups--;
  return groups;
}

static int some_out(const Tensor *t, const Window *w, int groups) {
  int out = groups > 1 ? groups * between(1, groups > 16 ? 1 : 3) : some_channels();
  bool many = out * (t->c / groups) * w->y.k * w->x.k > MOST_NUMBERS;
  return many || out * w->y.out * w->x.out > MAX_ELEMENTS / 8 ? groups : out;
}

bool do_conv(Net *net, Tensor *t) {
  Window w;
  if (!some_window(t, &w, FOR_CONV)) return false;
  int groups = some_groups(t);
  conv_into(net, t, &w, some_out(t, &w, groups), groups);
  return true;
}

/* Another tensor for the same layer: as many channels, of any height and width. */
static Tensor *twin_of(Net *net, const Tensor *t, const Window *w, const char *mode, Window *other) {
  for (int i = net->tensor_count; i-- > 0;) {
    Tensor *twin = &net->tensors[i];
    *other = *w;
    if (twin != t && !twin->hidden && twin->rank == t->rank && twin->c == t->c && magnitude(twin) <= magnitude(t) &&
        (net->rounded || twin->unit >= t->unit) && fit_window(twin, other, FOR_CONV) && allows_mode(other, mode))
      return twin;
  }
  *other = *w;
  return NULL;
}

/* One set of weights at two places. */
bool do_shared_conv(Net *net, Tensor *t) {
  Call call = {.groups = 1};
  Window other;
  char label[16];
  if (!some_window(t, &call.window, FOR_CONV)) return false;
  call.mode = some_mode(&call.window);
  call.out = some_out(t, &call.window, 1);
  Tensor *twin = twin_of(net, t, &call.window, call.mode, &other);
  end_statement(net);
  snprintf(label, sizeof label, "s%d", net->names++);
  fprintf(net->body, "  shared %s = ", label);
  Sums sums = write_conv(net, label, false, t, &call);
  fprintf(net->body, "\n");
  double most = magnitude(t);
  for (int use = 0; use < 2; use++) {
    Tensor *from = use && twin ? twin : t;
    begin(net, from);
    fprintf(net->body, "%s", label);
    add_convolved(net, from, use ? &other : &call.window, call.out, most, sums);
    end_statement(net);
  }
  return true;
}

bool do_depthwise(Net *net, Tensor *t) {
  Window w;
  int multiplier = t->c > 16 || chance(50) ? 1 : between(2, 3), out = t->c * multiplier;
  if (!some_window(t, &w, FOR_CONV) || out * w.y.out * w.x.out > MAX_ELEMENTS / 8) return false;
  const char *label = begin(net, t), *mode = some_mode(&w);
  open_call(net, label, "depthwise_conv");
  kernel_argument(net, &w, t->rank);
  option(net, multiplier != 1, "multiplier=%d", multiplier);
  window_arguments(net, &w, t->rank, FOR_CONV);
  option(net, strcmp(mode, "zeros") != 0, "padding_mode=%s", mode);
  bool line = t->rank == 2;
  float *weight = add_weights(net, label, "weight", t->rank + 1, out, 1, line ? w.x.k : w.y.k, w.x.k);
  double sum = fill_rows(net, weight, out, w.y.k * w.x.k, t);
  double bias = write_bias(net, label, "bias", out, some_numbers(1000, 1000, out).bias, sum * magnitude(t), t->unit);
  close_call(net);
  Tensor result = window_result(t, &w, out);
  add_tensor(net, summed(&result, sum, bias));
  return true;
}

bool do_separable(Net *net, Tensor *t) {
  Window w;
  if (!some_window(t, &w, FOR_CONV)) return false;
  int multiplier = t->c > 16 || chance(60) ? 1 : between(2, 3), middle = t->c * multiplier, out = some_out(t, &w, 1);
  if (middle * w.y.out * w.x.out > MAX_ELEMENTS / 8 || (!net->rounded && magnitude(t) / t->unit > LIMIT / 64)) return false;
  const char *label = begin(net, t), *mode = some_mode(&w);
  char part[32];
  open_call(net, label, "separable_conv");
  argument(net, "%d", out);
  kernel_argument(net, &w, t->rank);
  option(net, multiplier != 1, "multiplier=%d", multiplier);
  window_arguments(net, &w, t->rank, FOR_CONV);
  option(net, strcmp(mode, "zeros") != 0, "padding_mode=%s", mode);
  snprintf(part, sizeof part, "%s.depthwise", label);
  float *weight = add_weights(net, part, "weight", t->rank + 1, middle, 1, t->rank == 2 ? w.x.k : w.y.k, w.x.k);
  Tensor result = window_result(t, &w, middle);
  result = summed(&result, fill_rows(net, weight, middle, w.y.k * w.x.k, t), 0);
  snprintf(part, sizeof part, "%s.pointwise", label);
  double sum = fill_rows(net, add_weights(net, part, "weight", t->rank + 1, out, middle, 1, 1), out, middle, &result);
  double bias = write_bias(net, part, "bias", out, some_numbers(1000, 1000, out).bias, sum * magnitude(&result), t->unit);
  close_call(net);
  result.c = out;
  add_tensor(net, summed(&result, sum, bias));
  return true;
}

/* Row r of `rows` lies in a weight [in, out/groups, kernel]: what reaches one output channel. */
static void spread_rows(float *weight, const float *rows, int in, int out, int groups, int kernel) {
  int per_group = in / groups, own = out / groups;
  for (int oc = 0; oc < out; oc++)
    for (int i = 0; i < per_group; i++)
      for (int k = 0; k < kernel; k++)
        weight[((oc / own * per_group + i) * own + oc % own) * kernel + k] = rows[(oc * per_group + i) * kernel + k];
}

static int some_output_padding(const Axis *a) { return chance(60) ? 0 : between(0, (a->s > a->d ? a->s : a->d) - 1); }

bool do_transposed(Net *net, Tensor *t) {
  Window w;
  if (!some_window(t, &w, FOR_TRANSPOSE)) return false;
  bool same = w.form >= FORM_SAME && w.form <= FORM_SAME_LOWER;
  int more_y = same || t->rank == 2 ? 0 : some_output_padding(&w.y), more_x = same ? 0 : some_output_padding(&w.x);
  w.y.out += more_y;
  w.x.out += more_x;
  int groups = some_groups(t), out = some_out(t, &w, groups), kernel = w.y.k * w.x.k, length = t->c / groups * kernel;
  const char *label = begin(net, t);
  open_call(net, label, "conv_transpose");
  argument(net, "%d", out);
  kernel_argument(net, &w, t->rank);
  window_arguments(net, &w, t->rank, FOR_TRANSPOSE);
  if (t->rank == 2 || (more_y == more_x && chance(70))) option(net, more_x > 0, "output_padding=%d", more_x);
  else option(net, more_x || more_y, "output_padding=(%d, %d)", more_y, more_x);
  option(net, groups != 1, "groups=%d", groups);
  float *rows = calloc((size_t)(out * length), sizeof *rows);
  double sum = fill_rows(net, rows, out, length, t);
  float *weight = add_weights(net, label, "weight", t->rank + 1, t->c, out / groups, t->rank == 2 ? w.x.k : w.y.k, w.x.k);
  spread_rows(weight, rows, t->c, out, groups, kernel);
  free(rows);
  double bias = write_bias(net, label, "bias", out, some_numbers(1000, 1000, out).bias, sum * magnitude(t), t->unit);
  close_call(net);
  Tensor result = window_result(t, &w, out);
  add_tensor(net, summed(&result, sum, bias));
  return true;
}

bool do_filter(Net *net, Tensor *t) {
  Window w;
  float kernel[81];
  if (!some_window(t, &w, FOR_CONV)) return false;
  const char *mode = some_mode(&w);
  begin(net, t);
  memset(kernel, 0, sizeof kernel);
  double sum = fill_rows(net, kernel, 1, w.y.k * w.x.k, t);
  open_call(net, NULL, "filter");
  numbers_argument(net, NULL, kernel, t->rank - 1, t->rank == 2 ? (int[]){w.x.k} : (int[]){w.y.k, w.x.k});
  window_arguments(net, &w, t->rank, FOR_CONV);
  option(net, strcmp(mode, "zeros") != 0, "padding_mode=%s", mode);
  bool flip = chance(40);
  option(net, flip, "flip=%s", flip ? "true" : "false");
  close_call(net);
  Tensor result = window_result(t, &w, t->c);
  add_tensor(net, summed(&result, sum, 0));
  return true;
}

bool do_fc(Net *net, Tensor *t) {
  int length = elements(t), out = some_channels();
  if (length > 3000) return false;
  if (out > MOST_NUMBERS / length) out = MOST_NUMBERS / length;
  bool bias = chance(75);
  const char *label = begin(net, t);
  if (t->rank > 1) {
    open_call(net, NULL, "flatten");
    if (chance(60)) argument(net, "order=%s", chance(50) ? "hwc" : "chw");
    close_call(net);
    fprintf(net->body, " -> ");
  }
  open_call(net, label, "fc");
  argument(net, "%d", out);
  option(net, !bias, "bias=%s", bias ? "true" : "false");
  close_call(net);
  Tensor result = *t;
  result.rank = 1, result.c = out, result.h = result.w = 1;
  double sum = fill_rows(net, add_weights(net, label, "weight", 2, out, length, 0, 0), out, length, t), largest = 0;
  if (bias) largest = fill_bias(net, add_weights(net, label, "bias", 1, out, 0, 0, 0), out, sum * magnitude(t), t->unit);
  add_tensor(net, summed(&result, sum, largest));
  return true;
}
