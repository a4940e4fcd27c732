/* block_layers.c - layers in the forms of the language that combine others: branch, block, repeat, if. */
#include <math.h>
#include <stdlib.h>

#include "layers.h"

/* A convolution of the given label that keeps channels, rows and columns; *most becomes the range of its result. */
static void fill_conv(Net *net, const char *label, const Tensor *t, double *most, double unit, int in, int out, int kernel) {
  Tensor input = with_range(t, -*most, *most, unit);
  int height = t->rank == 3 ? kernel : 1;
  float *weight = add_weights(net, label, "weight", t->rank + 1, out, in, kernel, kernel);
  *most *= fill_rows(net, weight, out, in * height * kernel, &input);
  *most += fill_bias(net, add_weights(net, label, "bias", 1, out, 0, 0, 0), out, *most, unit);
}

static bool has_room(const Net *net, const Tensor *t, int convolutions) {
  return t->rank > 1 && t->c <= 40 && net->weight_count < MAX_WEIGHTS - 12 &&
         (net->rounded ? magnitude(t) < 50 : magnitude(t) / t->unit < LIMIT / pow(64, convolutions));
}

static const char *some_kernel(int *kernel) {
  static const char *const texts[] = {"1", "2", "3", "5"};
  static const int sizes[] = {1, 2, 3, 5};
  int i = between(0, 3);
  *kernel = sizes[i];
  return texts[i];
}

/* x -> branch(mainl1 = l1a: conv(..) -> relu, identity) -> add */
bool do_branch(Net *net, Tensor *t) {
  if (!has_room(net, t, 1)) return false;
  int kernel;
  const char *size = some_kernel(&kernel), *label = begin(net, t);
  char path[32];
  bool joins = chance(50), third = chance(40);
  double most = magnitude(t);
  fprintf(net->body, "branch(");
  if (chance(50)) fprintf(net->body, "main%s = ", label);
  fprintf(net->body, "%sa: conv(%d, %s, padding=same_upper) -> relu, %s", label, t->c, size, chance(50) ? "identity" : "relu");
  fprintf(net->body, "%s) -> %s", third ? ", abs -> branch(identity, relu6)" : "", joins ? "concat" : "add");
  snprintf(path, sizeof path, "%sa", label);
  fill_conv(net, path, t, &most, t->unit, t->c, t->c, kernel);
  if (joins) most = fmax(most, magnitude(t));
  else most += magnitude(t) * (third ? 2 : 1) + (third ? 6 : 0);
  Tensor result = with_range(t, -most, most, t->unit);
  if (joins) result.c *= third ? 4 : 2;
  add_tensor(net, result);
  return true;
}

/* A residual block with parameters, an operation among them, and a size bound by its input's type. */
bool do_block(Net *net, Tensor *t) {
  static const char *const acts[] = {"relu", "relu6", "abs", "leaky_relu(slope=0.5)"};
  if (!has_room(net, t, 2)) return false;
  int out = chance(50) ? t->c : between(1, 24), number = net->names++, act = between(0, 4), kernel;
  const char *size = some_kernel(&kernel), *label = begin(net, t);
  fprintf(net->declarations,
          "block x: [c, %s] -> b%d(channels, k=%s, act=relu) {\n"
          "  main = x -> conv1: conv(channels, k, padding=same_lower) -> act\n"
          "  skip = x -> if c != channels { proj: conv(channels, 1) }\n"
          "  return [main, skip] -> %s -> act\n}\n",
          t->rank == 3 ? "h, w" : "w", number, size, chance(70) ? "add" : "max");
  char path[32];
  double main = magnitude(t), skip = magnitude(t);
  fprintf(net->body, "%s: b%d(%d", label, number, out);
  if (act < 4) fprintf(net->body, ", act=%s", acts[act]);
  fprintf(net->body, ")");
  snprintf(path, sizeof path, "%s.conv1", label);
  fill_conv(net, path, t, &main, t->unit, t->c, out, kernel);
  snprintf(path, sizeof path, "%s.proj", label);
  if (out != t->c) fill_conv(net, path, t, &skip, t->unit, t->c, out, 1);
  Tensor result = with_range(t, -(main + skip), main + skip, t->unit / 4);
  result.c = out;
  add_tensor(net, result);
  return true;
}

/* The same layers several times, with weights of their own. */
bool do_repeat(Net *net, Tensor *t) {
  if (!has_room(net, t, 2)) return false;
  int times = between(0, 2), kernel;
  const char *size = some_kernel(&kernel), *label = begin(net, t);
  double most = magnitude(t);
  bool counted = chance(50) && times > 0;
  if (counted) fprintf(net->body, "repeat i in 1..%d { %s_{i}: conv(%d, %s, padding=same_upper) -> relu }", times, label, t->c, size);
  else fprintf(net->body, "%s: repeat %d { conv: conv(%d, %s, padding=same_upper) -> relu }", label, times, t->c, size);
  for (int i = 0; i < times; i++) {
    char path[48];
    snprintf(path, sizeof path, counted ? "%s_%d" : "%s.%d.conv", label, counted ? i + 1 : i);
    fill_conv(net, path, t, &most, t->unit, t->c, t->c, kernel);
  }
  Tensor result = with_range(t, -most, most, t->unit);
  if (!times) result.type = t->type;
  add_tensor(net, result);
  return true;
}

bool do_if(Net *net, Tensor *t) {
  bool taken = chance(50);
  begin(net, t);
  fprintf(net->body, "if %d > 1 { relu }%s", taken ? 2 : 1, chance(50) ? " else { identity -> relu }" : " else { relu }");
  add_tensor(net, clipped(net, t, 0, HUGE_VAL, t->unit));
  return true;
}
