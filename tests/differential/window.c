/* window.c - see window.h. */
#include "window.h"

#include <string.h>

int span(const Axis *a) { return a->d * (a->k - 1) + 1; }
static int ceil_div(int a, int b) { return (a + b - 1) / b; }
static int floor_div(int a, int b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

static void some_axis(Axis *a, int n) {
  *a = (Axis){
      .n = n, .k = ONE_OF(1, 1, 2, 3, 3, 3, 4, 5, 7), .s = chance(60) ? 1 : ONE_OF(1, 2, 2, 3, 4), .d = chance(75) ? 1 : between(1, 3)};
  if (chance(12)) a->k = n + ONE_OF(0, 0, 0, 1, 2);
  if (chance(10)) a->s = ONE_OF(a->k, a->k + 1, n + 1);
  if (a->k > 9) a->k = 3;
}

static bool is_same(Form form) { return form == FORM_SAME || form == FORM_SAME_UPPER || form == FORM_SAME_LOWER; }

static void set_padding(const Window *w, Axis *a, bool vertical, WindowUse use) {
  int total = use == FOR_TRANSPOSE ? span(a) - a->s : (ceil_div(a->n, a->s) - 1) * a->s + span(a) - a->n;
  if (total < 0) total = 0;
  a->before = a->after = 0;
  switch (w->form) {
  case FORM_VALID: break;
  case FORM_SAME:
  case FORM_SAME_UPPER: a->before = total / 2, a->after = total - a->before; break;
  case FORM_SAME_LOWER: a->after = total / 2, a->before = total - a->after; break;
  case FORM_FULL: a->before = a->after = span(a) - 1; break;
  case FORM_CAUSAL: a->before = span(a) - 1; break;
  case FORM_NUMBER:
  case FORM_PAIR:
  case FORM_NAMED: a->before = vertical ? w->top : w->left, a->after = vertical ? w->bottom : w->right; break;
  }
}

static void set_out(const Window *w, Axis *a, WindowUse use, int more) {
  if (use == FOR_TRANSPOSE) {
    a->out = is_same(w->form) ? a->n * a->s : (a->n - 1) * a->s - a->before - a->after + span(a) + more;
    return;
  }
  int room = a->n + a->before + a->after - span(a);
  a->out = is_same(w->form) ? ceil_div(a->n, a->s) : w->ceil ? floor_div(room + a->s - 1, a->s) + 1 : floor_div(room, a->s) + 1;
  if (w->ceil && !is_same(w->form) && (a->out - 1) * a->s >= a->n + a->before) a->out--;
}

/* A pooling has no window without an element. */
static bool fits_axis(const Axis *a, WindowUse use) {
  if (use == FOR_POOL && (a->before >= span(a) || a->after >= span(a) || (a->d > a->n && a->before > 0))) return false;
  return a->out > 0;
}

bool fit_window(const Tensor *t, Window *w, WindowUse use) {
  w->y.n = t->h;
  w->x.n = t->w;
  if (t->rank == 2) w->y = (Axis){.n = 1, .k = 1, .s = 1, .d = 1, .out = 1};
  if (t->rank == 3) {
    set_padding(w, &w->y, true, use);
    set_out(w, &w->y, use, 0);
  }
  set_padding(w, &w->x, false, use);
  set_out(w, &w->x, use, 0);
  return fits_axis(&w->y, use) && fits_axis(&w->x, use) && w->y.out * w->x.out < 900;
}

static void some_form(Window *w, int rank, WindowUse use) {
  static const Form image[] = {FORM_VALID, FORM_VALID,  FORM_SAME, FORM_SAME_UPPER, FORM_SAME_LOWER,
                               FORM_FULL,  FORM_NUMBER, FORM_PAIR, FORM_NAMED},
                    sequence[] = {FORM_VALID, FORM_VALID,  FORM_SAME,  FORM_SAME_UPPER, FORM_SAME_LOWER,
                                  FORM_FULL,  FORM_NUMBER, FORM_NAMED, FORM_CAUSAL};
  bool pooling = use == FOR_POOL, cut = use == FOR_TRANSPOSE;
  w->form = (rank == 3 ? image : sequence)[between(0, cut && rank == 2 ? 7 : 8)];
  int most_y = pooling || cut ? span(&w->y) - 1 : span(&w->y) + 1, most_x = pooling || cut ? span(&w->x) - 1 : span(&w->x) + 1;
  if (pooling && chance(50)) most_y /= 2, most_x /= 2;
  w->top = between(0, most_y), w->bottom = between(0, most_y), w->left = between(0, most_x), w->right = between(0, most_x);
  if (w->form == FORM_PAIR) w->bottom = w->top, w->right = w->left;
  if (w->form != FORM_NUMBER) return;
  int p = between(0, rank == 3 && most_y < most_x ? most_y : most_x);
  w->top = w->bottom = w->left = w->right = p;
}

/* Windows that Winograd's forms are for: odd, without strides and dilation. */
static void dense_axes(const Tensor *t, Window *w) {
  static const int sizes[][2] = {{3, 3}, {5, 5}, {1, 7}, {7, 1}, {1, 3}, {3, 1}, {1, 5}, {5, 3}, {3, 7}};
  const int *size = sizes[between(0, 8)];
  w->y = (Axis){.n = t->h, .k = size[0], .s = 1, .d = 1};
  w->x = (Axis){.n = t->w, .k = size[1], .s = 1, .d = 1};
}

bool some_window(const Tensor *t, Window *w, WindowUse use) {
  for (int tries = 0; t->rank > 1 && tries < 20; tries++) {
    some_axis(&w->y, t->h);
    some_axis(&w->x, t->w);
    if (chance(40)) w->y.s = w->x.s, w->y.d = w->x.d;
    if (use == FOR_CONV && chance(25)) dense_axes(t, w);
    if (t->rank == 2) w->y = (Axis){.n = 1, .k = 1, .s = 1, .d = 1};
    w->ceil = use == FOR_POOL && chance(35);
    some_form(w, t->rank, use);
    if (fit_window(t, w, use)) return true;
  }
  return false;
}

Window same_window(const Tensor *t, int kernel) {
  Window w = {.y = {.k = kernel, .s = 1, .d = 1},
              .x = {.k = kernel, .s = 1, .d = 1},
              .form = (Form)ONE_OF(FORM_SAME, FORM_SAME_UPPER, FORM_SAME_LOWER)};
  fit_window(t, &w, FOR_CONV);
  return w;
}

static bool hangs(const Axis *a) { return (a->out - 1) * a->s + span(a) > a->n + a->before + a->after; }
bool hangs_over(const Window *w) { return hangs(&w->y) || hangs(&w->x); }
bool is_padded(const Window *w) { return w->y.before || w->y.after || w->x.before || w->x.after; }

static bool at_most(const Window *w, int less) {
  return w->y.before <= w->y.n - less && w->y.after <= w->y.n - less && w->x.before <= w->x.n - less && w->x.after <= w->x.n - less;
}

bool allows_mode(const Window *w, const char *mode) {
  return strcmp(mode, "reflect") == 0 ? at_most(w, 1) : strcmp(mode, "circular") == 0 ? at_most(w, 0) : true;
}

const char *some_mode(const Window *w) {
  static const char *const modes[] = {"zeros", "zeros", "zeros", "zeros", "zeros", "zeros", "reflect", "replicate", "circular"};
  const char *mode = modes[between(0, 8)];
  return allows_mode(w, mode) ? mode : "zeros";
}

/* "3", "3x5", "(3, 5)" */
static void pair_text(char text[32], int rank, int h, int w, bool size) {
  if (rank == 2 || (h == w && chance(70))) snprintf(text, 32, "%d", w);
  else if (size && chance(50)) snprintf(text, 32, "%dx%d", h, w);
  else snprintf(text, 32, "(%d, %d)", h, w);
}

void kernel_argument(Net *net, const Window *w, int rank) {
  char text[32];
  pair_text(text, rank, w->y.k, w->x.k, true);
  argument(net, "%s%s", chance(15) ? "kernel_size=" : "", text);
}

static void padding_argument(Net *net, const Window *w, int rank) {
  static const char *const names[] = {"valid", "same", "same_upper", "same_lower", "full", "causal"};
  if (w->form <= FORM_CAUSAL) option(net, w->form != FORM_VALID, "padding=%s", names[w->form]);
  else if (w->form == FORM_NUMBER) argument(net, "padding=%d", w->left);
  else if (w->form == FORM_PAIR) argument(net, "padding=(%d, %d)", w->top, w->left);
  else if (rank == 2) argument(net, "padding=(left=%d, right=%d)", w->left, w->right);
  else argument(net, "padding=(top=%d, bottom=%d, left=%d, right=%d)", w->top, w->bottom, w->left, w->right);
}

void window_arguments(Net *net, const Window *w, int rank, WindowUse use) {
  char stride[32], dilation[32];
  pair_text(stride, rank, w->y.s, w->x.s, false);
  pair_text(dilation, rank, w->y.d, w->x.d, false);
  bool usual = use == FOR_POOL ? w->x.s == w->x.k && (rank == 2 || w->y.s == w->y.k) : w->x.s == 1 && w->y.s == 1;
  option(net, !usual, "stride=%s", stride);
  option(net, w->x.d != 1 || w->y.d != 1, "dilation=%s", dilation);
  padding_argument(net, w, rank);
  if (use == FOR_POOL) option(net, w->ceil, "ceil_mode=%s", w->ceil ? "true" : "false");
}

Tensor window_result(const Tensor *t, const Window *w, int channels) {
  Tensor result = *t;
  result.type = FLOAT32;
  result.c = channels;
  result.h = w->y.out;
  result.w = w->x.out;
  return result;
}
