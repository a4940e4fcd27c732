/* pool_layers.c - layers that reduce windows, or whole channels. */
#include <math.h>
#include <string.h>

#include "layers.h"
#include "window.h"

static bool power_of_two(int n) { return (n & (n - 1)) == 0; }

typedef enum Pool { POOL_MAX, POOL_AVG, POOL_SUM, POOL_L2, POOL_WEIGHTED } Pool;
static const char *const names[] = {"max_pool", "avg_pool", "sum_pool", "l2_pool", "weighted_avg_pool"};

/* A mean is exact if it is over so many elements everywhere. */
static bool exact_mean(const Window *w, bool counts_padding) {
  return power_of_two(w->y.k * w->x.k) && !hangs_over(w) && (counts_padding || !is_padded(w));
}

/* Weights that are not negative, with a sum that is not 0. */
static void weight_argument(Net *net, const Window *w, int rank) {
  float weight[81];
  for (int i = 0; i < w->y.k * w->x.k; i++) weight[i] = (float)(i ? between(0, 4) : between(1, 4));
  numbers_argument(net, NULL, weight, rank - 1, rank == 2 ? (int[]){w->x.k} : (int[]){w->y.k, w->x.k});
}

bool do_pool(Net *net, Tensor *t) {
  Window w;
  Pool pool = (Pool)ONE_OF(POOL_MAX, POOL_MAX, POOL_MAX, POOL_AVG, POOL_AVG, POOL_SUM, POOL_SUM, POOL_L2, POOL_WEIGHTED);
  if (net->rounded && chance(40)) pool = chance(50) ? POOL_L2 : POOL_WEIGHTED;
  if (net->special) pool = POOL_MAX;
  if (!net->rounded && pool >= POOL_L2) return false;
  if (!some_window(t, &w, FOR_POOL)) return false;
  int count = w.y.k * w.x.k;
  bool counts_padding = chance(60);
  double low = t->low, high = t->high, unit = t->unit, most = magnitude(t);
  if (pool == POOL_AVG) low = fmin(low, 0), high = fmax(high, 0), unit /= count;
  if (pool == POOL_SUM) low = -most * count, high = most * count;
  if (pool == POOL_L2) low = 0, high = most * sqrt(count);
  if (pool == POOL_WEIGHTED) low = -most, high = most;
  if (!in_range(net, low, high, unit)) return false;
  if (pool == POOL_AVG && !net->rounded && !exact_mean(&w, counts_padding)) return false;
  begin(net, t);
  open_call(net, NULL, names[pool]);
  if (pool == POOL_WEIGHTED) weight_argument(net, &w, t->rank);
  else kernel_argument(net, &w, t->rank);
  window_arguments(net, &w, t->rank, FOR_POOL);
  if (pool == POOL_AVG) option(net, is_padded(&w) || !counts_padding, "count_include_pad=%s", counts_padding ? "true" : "false");
  close_call(net);
  Tensor result = window_result(t, &w, t->c);
  add_tensor(net, with_range(&result, low, high, unit));
  return true;
}

static Tensor *add_pooled(Net *net, const Tensor *t, int h, int w, double unit) {
  Tensor result = with_range(t, t->low, t->high, unit);
  result.h = h;
  result.w = w;
  return add_tensor(net, result);
}

Tensor *global_max(Net *net, Tensor *t) {
  begin(net, t);
  open_call(net, NULL, "global_max_pool");
  return add_pooled(net, t, 1, 1, t->unit);
}

bool do_global_pool(Net *net, Tensor *t) {
  int count = t->h * t->w;
  if (t->rank < 2) return false;
  if (net->special || chance(30)) {
    global_max(net, t);
    return true;
  }
  if (net->rounded && chance(50)) {
    int h = t->rank == 3 ? between(1, 7) : 1, w = between(1, 7);
    begin(net, t);
    open_call(net, NULL, "adaptive_avg_pool");
    if (t->rank == 2 || h == w) argument(net, "%d", w);
    else argument(net, chance(50) ? "(%d, %d)" : "%dx%d", h, w);
    close_call(net);
    add_pooled(net, t, h, w, 0);
    return true;
  }
  if (!net->rounded && (net->varies || !power_of_two(count) || !in_range(net, t->low, t->high, t->unit / count))) return false;
  begin(net, t);
  open_call(net, NULL, "global_avg_pool");
  add_pooled(net, t, 1, 1, t->unit / count);
  return true;
}

Tensor *shrunk(Net *net, Tensor *t) {
  if (t->rank == 1) return t->c > 1 ? NULL : t;
  if (!net->special && chance(40)) return conv_same(net, t, 1);
  if (chance(60)) return global_max(net, t);
  int bottom = t->rank == 3 && chance(50) ? t->h - 1 : 0, right = bottom ? 0 : t->w - 1;
  begin(net, t);
  open_call(net, NULL, "crop");
  if (bottom) argument(net, "bottom=%d", bottom);
  if (right) argument(net, "right=%d", right);
  close_call(net);
  Tensor result = *t;
  result.h -= bottom;
  result.w -= right;
  return add_tensor(net, result);
}

bool do_reduce(Net *net, Tensor *t) {
  static const char *const kinds[] = {"reduce_sum", "reduce_mean", "reduce_max", "reduce_min"};
  static const char *const axes[] = {"channels", "all", "width", "pixels", "height"};
  int kind = between(net->special ? 2 : 0, 3), axis = between(0, t->rank == 1 ? 1 : t->rank == 2 ? 3 : 4);
  bool channels = axis <= 1, columns = axis >= 1 && axis <= 3, rows = axis == 1 || axis >= 3;
  int count = (channels ? t->c : 1) * (rows ? t->h : 1) * (columns ? t->w : 1);
  double most = magnitude(t) * (kind == 0 ? count : 1), unit = kind == 1 ? t->unit / count : t->unit;
  if (kind < 2 && net->varies) return false;
  if (kind == 1 && !net->rounded && !power_of_two(count)) return false;
  if (!in_range(net, -most, most, unit) || (kind == 1 && !in_range(net, -most * count, most * count, t->unit))) return false;
  begin(net, t);
  open_call(net, NULL, kinds[kind]);
  argument(net, "%s%s", chance(80) ? "axis=" : "", axes[axis]);
  close_call(net);
  Tensor result = kind == 0 ? with_range(t, -most, most, unit) : with_range(t, t->low, t->high, unit);
  if (channels) result.c = 1;
  if (rows) result.h = 1;
  if (columns) result.w = 1;
  add_tensor(net, result);
  return true;
}
