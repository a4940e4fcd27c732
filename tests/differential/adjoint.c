/* adjoint.c - nets that must give 0: <conv(x), y> = <x, conv_transpose(y)> with the same weights, in whole numbers. */
#include <string.h>

#include "layers.h"
#include "window.h"

/* What conv_transpose must add to come back to n; it is smaller than the stride. */
static int rest_of(const Axis *a) { return a->n + a->before + a->after - span(a) - (a->out - 1) * a->s; }

static void window_text(Net *net, const Window *w, int rank, bool transposed) {
  kernel_argument(net, w, rank);
  if (rank == 3) argument(net, "stride=(%d, %d)", w->y.s, w->x.s), argument(net, "dilation=(%d, %d)", w->y.d, w->x.d);
  else argument(net, "stride=%d", w->x.s), argument(net, "dilation=%d", w->x.d);
  if (rank == 3) argument(net, "padding=(top=%d, bottom=%d, left=%d, right=%d)", w->y.before, w->y.after, w->x.before, w->x.after);
  else argument(net, "padding=(left=%d, right=%d)", w->x.before, w->x.after);
  if (transposed && rank == 3) argument(net, "output_padding=(%d, %d)", rest_of(&w->y), rest_of(&w->x));
  else if (transposed) argument(net, "output_padding=%d", rest_of(&w->x));
  argument(net, "bias=false");
}

static void write_layer(Net *net, const Window *w, int rank, const char *label, const char *operation, int channels, int groups) {
  open_call(net, label, operation);
  argument(net, "%d", channels);
  window_text(net, w, rank, strcmp(operation, "conv") != 0);
  option(net, groups > 1, "groups=%d", groups);
  close_call(net);
}

static void write_input(Net *net, const char *name, int rank, int channels, int h, int w) {
  fprintf(net->body, "  input %s: [%d, ", name, channels);
  if (rank == 3) fprintf(net->body, "%d, ", h);
  fprintf(net->body, "%d]%s\n", w, rank == 3 && chance(30) ? " (layout=hwc)" : "");
}

void write_adjoint(Net *net) {
  int groups = ONE_OF(1, 1, 2, 3), in = groups * between(1, 2), out = groups * between(1, 2), rank = chance(75) ? 3 : 2;
  Tensor x = {.rank = rank, .c = in, .h = rank == 3 ? between(1, 11) : 1, .w = between(1, 11)};
  Window w;
  while (!some_window(&x, &w, FOR_CONV) || (rank == 3 && rest_of(&w.y) >= w.y.s) || rest_of(&w.x) >= w.x.s || rest_of(&w.x) < 0 ||
         (rank == 3 && rest_of(&w.y) < 0)) {}
  int taps = (rank == 3 ? w.y.k : 1) * w.x.k, count = out * (in / groups) * taps, height = rank == 3 ? w.y.k : w.x.k;
  write_input(net, "x", rank, in, x.h, x.w);
  write_input(net, "y", rank, out, w.y.out, w.x.out);
  fprintf(net->body, "  there = [x -> ");
  write_layer(net, &w, rank, "c", "conv", out, groups);
  fprintf(net->body, ", y] -> dot\n  back = [x, y -> ");
  write_layer(net, &w, rank, "t", "conv_transpose", in, groups);
  fprintf(net->body, "] -> dot\n  output zero = [there, back] -> sub\n");
  float *weight = add_weights(net, "c", "weight", rank + 1, out, in / groups, height, w.x.k);
  for (int i = 0; i < count; i++) weight[i] = (float)between(-2, 2);
  memcpy(add_weights(net, "t", "weight", rank + 1, out, in / groups, height, w.x.k), weight, (size_t)count * sizeof *weight);
}
