/* value_layers.c - layers of one tensor that keep its shape: activations, functions, norms. */
#include <math.h>
#include <string.h>

#include "layers.h"

static Tensor *add_values(Net *net, const Tensor *t, double low, double high, double unit) {
  return add_tensor(net, with_range(t, low, high, unit));
}

static void call(Net *net, Tensor *t, const char *operation) {
  begin(net, t);
  open_call(net, NULL, operation);
}

/* ---- exact where units are halves and quarters ---- */

static void leaky_relu(Net *net, Tensor *t) {
  double slope = net->rounded ? ONE_NUMBER(0.01, 0.1, 0.3, -0.2) : ONE_NUMBER(0, 0.5, 0.25, -0.5, 2),
         most = magnitude(t) * fmax(1, fabs(slope));
  if (!in_range(net, -most, most, t->unit / 4)) return;
  call(net, t, "leaky_relu");
  argument(net, "%g", slope);
  close_call(net);
  add_values(net, t, -most, most, t->unit / 4);
}

static void prelu(Net *net, Tensor *t) {
  double most = magnitude(t) * 2;
  bool per_channel = chance(50);
  if (!in_range(net, -most, most, t->unit / 4)) return;
  const char *label = begin(net, t);
  open_call(net, label, "prelu");
  argument(net, "per_channel=%s", per_channel ? "true" : "false");
  close_call(net);
  int count = per_channel ? t->c : 1;
  float *weight = add_weights(net, label, "weight", 1, count, 0, 0, 0);
  for (int i = 0; i < count; i++) weight[i] = (float)(net->rounded ? fraction() : ONE_NUMBER(0.25, 0.5, -1, 1, 2, 0));
  add_values(net, t, -most, most, t->unit / 4);
}

static void hard_sigmoid(Net *net, Tensor *t) {
  if (!in_range(net, t->low, t->high, fmin(t->unit / 4, 0.5))) return;
  call(net, t, "hard_sigmoid");
  if (net->rounded) argument(net, "%s", chance(50) ? "1 / 6" : "0.2");
  else argument(net, "%g", ONE_NUMBER(0.25, 0.5, 0, -0.25));
  close_call(net);
  add_tensor(net, net->rounded ? with_range(t, 0, 1, 0) : clipped(net, t, 0, 1, fmin(t->unit / 4, 0.5)));
}

static void square(Net *net, Tensor *t) {
  double most = magnitude(t) * magnitude(t) * (net->rounded ? 1 : 2); /* as bound.c counts */
  if (!in_range(net, 0, most, t->unit * t->unit)) return;
  call(net, t, "square");
  add_values(net, t, 0, most, t->unit * t->unit);
}

static void dropout(Net *net, Tensor *t) {
  call(net, t, "dropout");
  if (chance(70)) argument(net, "%g", ONE_NUMBER(0.5, 0.1, 0));
  close_call(net);
  add_values(net, t, t->low, t->high, t->unit)->type = t->type;
}

static void relu6(Net *net, Tensor *t) {
  call(net, t, "relu6");
  add_tensor(net, clipped(net, t, 0, 6, fmin(t->unit, 2)));
}

/* Of the limits one at least. */
static void clip(Net *net, Tensor *t) {
  double low = ONE_NUMBER(-2, -0.5, 0, 1), high = low + ONE_NUMBER(0, 1, 2, 0.5);
  int form = between(0, 3);
  if (!in_range(net, low, high, fmin(t->unit, 0.5)) || !in_range(net, t->low, t->high, fmin(t->unit, 0.5))) return;
  call(net, t, "clip");
  if (form == 3) argument(net, "%g, %g", low, high);
  else if (form == 2) argument(net, "max=%g, min=%s", high, "none");
  else if (form == 1) argument(net, "max=%g", high);
  else argument(net, "min=%g", low);
  close_call(net);
  double least = form == 1 || form == 2 ? fmin(t->low, high) : low, most = form == 0 ? fmax(t->high, low) : high;
  add_tensor(net,
             net->rounded ? with_range(t, least, most, 0) : with_range(t, fmin(t->low, least), fmax(t->high, most), fmin(t->unit, 0.5)));
}

/* It jumps: a rounding error may show as much more. */
static void thresholded_relu(Net *net, Tensor *t) {
  double threshold = ONE_NUMBER(1, 0, -2, 0.5);
  if (net->rounded) return;
  call(net, t, "thresholded_relu");
  option(net, threshold != 1, "%g", threshold);
  close_call(net);
  add_values(net, t, fmin(t->low, 0), fmax(t->high, 0), t->unit);
}

bool do_unary(Net *net, Tensor *t) {
  switch (net->special ? between(4, 11) : between(0, 14)) {
  case 12:
  case 13: clip(net, t); break;
  case 14: thresholded_relu(net, t); break;
  case 0: leaky_relu(net, t); break;
  case 1: prelu(net, t); break;
  case 2: hard_sigmoid(net, t); break;
  case 3: square(net, t); break;
  case 4: dropout(net, t); break;
  case 5:
  case 6: relu6(net, t); break;
  case 7: call(net, t, "abs"), add_values(net, t, 0, magnitude(t), t->unit); break;
  case 8: call(net, t, "identity"), add_values(net, t, t->low, t->high, t->unit)->type = t->type; break;
  default: call(net, t, "relu"), add_tensor(net, clipped(net, t, 0, HUGE_VAL, t->unit)); break;
  }
  return true;
}

/* ---- rounded ---- */

/* From `low` to 6 of an integer tensor; it has no errors, so it may be rounded to integers again. */
static Tensor *small_integers(Net *net, Tensor *t, int low) {
  if (low) {
    begin_list(net, (Tensor *[]){t, NULL}, (const char *[]){NULL, "1"}, 2);
    open_call(net, NULL, "max");
    t = add_values(net, t, low, fmax(t->high, low), 0);
  }
  relu6(net, t);
  begin(net, &net->tensors[net->tensor_count - 1]);
  open_call(net, NULL, "cast");
  argument(net, "uint8");
  close_call(net);
  t = add_values(net, t, low, 6, 0);
  t->type = UINT8;
  return t;
}

Tensor *tamed(Net *net, Tensor *t) {
  if (magnitude(t) <= 6) return t;
  if (t->type != FLOAT32 && chance(60)) return small_integers(net, t, 0);
  switch (between(0, 2)) {
  case 0: call(net, t, "tanh"); return add_values(net, t, -1, 1, 0);
  case 1: call(net, t, "sigmoid"); return add_values(net, t, 0, 1, 0);
  default: relu6(net, t); return &net->tensors[net->tensor_count - 1];
  }
}

Tensor *positive(Net *net, Tensor *t) {
  if (t->low >= 0.25 && t->high <= 50) return t;
  if (t->type != FLOAT32 && chance(60)) return small_integers(net, t, 1);
  t = tamed(net, t);
  double high = 1;
  switch (between(0, 3)) {
  case 0: call(net, t, "square"), high = magnitude(t) * magnitude(t); break;
  case 1: call(net, t, "sigmoid"); break;
  case 2: call(net, t, "softplus"), high = magnitude(t) + 1; break;
  default: call(net, t, "abs"), high = magnitude(t); break;
  }
  t = add_values(net, t, 0, high, 0);
  if (chance(50)) {
    call(net, t, "rescale");
    argument(net, "1, offset=0.25");
    close_call(net);
  } else {
    begin_list(net, (Tensor *[]){t, NULL}, (const char *[]){NULL, "0.25"}, 2);
    open_call(net, NULL, "add");
  }
  return add_values(net, t, 0.25, high + 0.25, 0);
}

static void steep(Net *net, Tensor *t, const char *name) {
  t = tamed(net, t);
  call(net, t, name);
  add_values(net, t, exp(t->low), exp(t->high), 0);
}

static void of_positive(Net *net, Tensor *t, const char *name, bool logarithm) {
  t = positive(net, t);
  call(net, t, name);
  add_values(net, t, logarithm ? log(t->low) : sqrt(t->low), logarithm ? log(t->high) : sqrt(t->high), 0);
}

static void gelu(Net *net, Tensor *t) {
  call(net, t, "gelu");
  argument(net, "approximate=%s", chance(50) ? "none" : "tanh");
  close_call(net);
  add_values(net, t, -0.2, fmax(t->high, 0), 0);
}

static void elu(Net *net, Tensor *t) {
  double alpha = ONE_NUMBER(1, 1, 0.5, 2, 0, -0.5);
  call(net, t, "elu");
  option(net, alpha != 1, "alpha=%g", alpha);
  close_call(net);
  add_values(net, t, -2, fmax(t->high, 0.5), 0);
}

static void power(Net *net, Tensor *t) {
  bool whole = chance(50);
  double exponent = whole ? ONE_NUMBER(0, 1, 2, 3) : ONE_NUMBER(0.5, 1.5, -0.75, -1, -2, 0.3);
  t = whole ? tamed(net, t) : positive(net, t);
  double most = fmax(magnitude(t), 1), least = fmin(t->low, 1);
  call(net, t, "pow");
  argument(net, "%g", exponent);
  close_call(net);
  if (whole) add_values(net, t, -pow(most, exponent), pow(most, exponent), 0);
  else add_values(net, t, fmin(pow(most, exponent), pow(least, exponent)), fmax(pow(most, exponent), pow(least, exponent)), 0);
}

static void selu(Net *net, Tensor *t) {
  double alpha = ONE_NUMBER(0, 1.5, 2, -0.5), gamma = ONE_NUMBER(0, 1, 1.5, -0.5);
  bool given = chance(60);
  call(net, t, "selu");
  if (given) argument(net, "%g, gamma=%g", alpha, gamma);
  close_call(net);
  double most = 3 * (magnitude(t) + 1);
  add_values(net, t, -most, most, 0);
}

/* Functions that no float computes exactly. */
bool do_steep(Net *net, Tensor *t) {
  if (!net->rounded) return false;
  switch (between(0, 14)) {
  case 14: power(net, t); break;
  case 11: selu(net, t); break;
  case 12: call(net, t, "mish"), add_values(net, t, -0.4, fmax(t->high, 0), 0); break;
  case 13: call(net, t, "softsign"), add_values(net, t, -1, 1, 0); break;
  case 0: steep(net, t, "exp"); break;
  case 1: of_positive(net, t, "log", true); break;
  case 2: of_positive(net, t, "sqrt", false); break;
  case 3: gelu(net, t); break;
  case 4: elu(net, t); break;
  case 5: call(net, t, "silu"), add_values(net, t, -0.3, fmax(t->high, 0), 0); break;
  case 6: call(net, t, "softplus"), add_values(net, t, 0, magnitude(t) + 1, 0); break;
  case 7: call(net, t, "hard_swish"), add_values(net, t, -0.4, fmax(t->high, 0), 0); break;
  case 8: call(net, t, "sigmoid"), add_values(net, t, 0, 1, 0); break;
  default: call(net, t, "tanh"), add_values(net, t, -1, 1, 0); break;
  }
  return true;
}

bool do_softmax(Net *net, Tensor *t) {
  if (!net->rounded) return false;
  static const char *const axes[] = {"channels", "all", "width", "pixels", "height"};
  bool logarithm = chance(40);
  const char *axis = axes[chance(40) ? 0 : between(0, t->rank == 1 ? 1 : t->rank == 2 ? 3 : 4)];
  call(net, t, logarithm ? "log_softmax" : "softmax");
  option(net, strcmp(axis, "channels") != 0, "axis=%s", axis);
  close_call(net);
  double least = -2 * magnitude(t) - log(elements(t));
  add_values(net, t, logarithm ? least : 0, logarithm ? 0 : 1, 0);
  return true;
}

/* ---- per channel ---- */

/* Exact nets: factors 1/2 to 4; var is 1/4, 1 or 4 and eps 0. */
static void batch_norm(Net *net, Tensor *t) {
  double most = (magnitude(t) + 3) * 4 + 3;
  bool scale = chance(70);
  if (!in_range(net, -most, most, t->unit / 4)) return;
  const char *label = begin(net, t);
  open_call(net, label, "batch_norm");
  const char *eps = !net->rounded ? "0" : chance(50) ? "1e-3" : "1e-5";
  if (!net->has_defaults) argument(net, "%s%s", chance(50) ? "eps=" : "", eps);
  option(net, !scale, "scale=%s", scale ? "true" : "false");
  close_call(net);
  float *gamma = scale ? add_weights(net, label, "weight", 1, t->c, 0, 0, 0) : NULL,
        *beta = add_weights(net, label, "bias", 1, t->c, 0, 0, 0);
  float *mean = add_weights(net, label, "running_mean", 1, t->c, 0, 0, 0), *var = add_weights(net, label, "running_var", 1, t->c, 0, 0, 0);
  for (int i = 0; i < t->c; i++) {
    if (gamma) gamma[i] = (float)(net->rounded ? 2 * fraction() : ONE_NUMBER(-1, 1, 2));
    beta[i] = (float)(net->rounded ? fraction() : between(-3, 3));
    mean[i] = (float)(net->rounded ? fraction() : between(-3, 3));
    var[i] = (float)(net->rounded ? 1.5 + fraction() : ONE_NUMBER(1, 1, 4, 0.25));
  }
  add_values(net, t, -most, most, t->unit / 4);
}

static void channel_affine(Net *net, Tensor *t) {
  double most = magnitude(t) * 2 + 3;
  bool scale = chance(75), bias = !scale || chance(75);
  if (!in_range(net, -most, most, t->unit / 2)) return;
  const char *label = begin(net, t);
  open_call(net, label, "channel_affine");
  option(net, !scale, "scale=%s", scale ? "true" : "false");
  option(net, !bias, "bias=%s", bias ? "true" : "false");
  close_call(net);
  float *weight = scale ? add_weights(net, label, "weight", 1, t->c, 0, 0, 0) : NULL;
  for (int i = 0; i < t->c && scale; i++) weight[i] = (float)(net->rounded ? 2 * fraction() : ONE_NUMBER(-1, 0.5, 1, 2));
  float *summand = bias ? add_weights(net, label, "bias", 1, t->c, 0, 0, 0) : NULL;
  for (int i = 0; i < t->c && bias; i++) summand[i] = (float)(net->rounded ? fraction() : between(-3, 3));
  add_values(net, t, -most, most, t->unit / 2);
}

static void l2_normalize(Net *net, Tensor *t) {
  bool no_eps = chance(20); /* then nothing may be so small that its square is 0 */
  if (no_eps) t = positive(net, t);
  call(net, t, "l2_normalize");
  if (chance(60)) argument(net, "axis=%s", chance(60) ? "all" : "channels");
  if (no_eps || chance(60)) argument(net, "eps=%s", no_eps ? "0" : "0.01");
  close_call(net);
  add_values(net, t, -1, 1, 0);
}

/* Statistics of the tensor itself. */
static void norm(Net *net, Tensor *t) {
  int kind = t->rank > 1 && elements(t) / t->c > 1 ? between(0, 1) : 1;
  bool all = kind == 1 && chance(40), scale = chance(70), bias = chance(70);
  const char *label = begin(net, t);
  open_call(net, scale || bias ? label : NULL, kind ? "layer_norm" : "instance_norm");
  argument(net, "eps=%s", chance(50) ? "0.1" : "1e-2");
  if (kind) option(net, all, "axis=%s", all ? "all" : "channels");
  option(net, !scale, "scale=%s", scale ? "true" : "false");
  option(net, !bias, "bias=%s", bias ? "true" : "false");
  close_call(net);
  int count = all ? elements(t) : t->c, rank = all ? t->rank : 1;
  for (int i = 0; i < 2; i++) {
    if (!(i ? bias : scale)) continue;
    float *data = add_weights(net, label, i ? "bias" : "weight", rank, t->c, t->rank == 2 ? t->w : t->h, t->w, 0);
    for (int k = 0; k < count; k++) data[k] = (float)fraction();
  }
  add_values(net, t, -20, 20, 0);
}

static void lrn(Net *net, Tensor *t) {
  static const char *const betas[] = {"0.75", "0.5", "1", "0", "-0.5"};
  t = tamed(net, t);
  call(net, t, "lrn");
  argument(net, "%d", ONE_OF(1, 3, 5, 7));
  argument(net, "alpha=%s", chance(40) ? "1e-4" : chance(80) ? "0.5" : "0");
  argument(net, "beta=%s", betas[between(0, 4)]);
  argument(net, "k=%d", between(1, 2));
  close_call(net);
  double most = magnitude(t) * (magnitude(t) + 2);
  add_values(net, t, -most, most, 0);
}

bool do_batch_norm(Net *net, Tensor *t) {
  batch_norm(net, t);
  return true;
}

bool do_affine(Net *net, Tensor *t) {
  int dice = between(0, net->rounded ? 7 : 3);
  if (dice <= 1) batch_norm(net, t);
  else if (dice <= 3) channel_affine(net, t);
  else if (dice == 4) l2_normalize(net, t);
  else if (dice <= 6) norm(net, t);
  else lrn(net, t);
  return true;
}

static void rescale(Net *net, Tensor *t) {
  double scale = net->rounded ? ONE_NUMBER(0.3, -1.7, 2, 0.001, 0) : ONE_NUMBER(0.25, 0.5, 2, -1, 4, 0);
  double offset = net->rounded ? ONE_NUMBER(0, 0, 0.7, -3) : ONE_NUMBER(0, 0, 0.5, -3, 2), most = magnitude(t) * fabs(scale) + fabs(offset);
  if (t->high >= 100 && net->rounded && chance(60))
    scale = 1.0 / 255, offset = 0, most = magnitude(t) / 255; /* as for bytes of a picture */
  double unit = fmin(t->unit / 4, 0.5);
  if (!in_range(net, -most, most, unit)) return;
  call(net, t, "rescale");
  if (scale == 1.0 / 255) argument(net, "1 / 255");
  else argument(net, "%g", scale);
  option(net, offset != 0, "offset=%g", offset);
  close_call(net);
  add_values(net, t, -most, most, unit);
}

/* A list, or one number for all channels. */
static void channel_argument(Net *net, const char *name, const float *data, const Tensor *t, bool list) {
  if (list) numbers_argument(net, name, data, 1, &t->c);
  else argument(net, "%s=%g", name, (double)data[0]);
}

static void normalize(Net *net, Tensor *t) {
  float mean[MOST_CHANNELS], std[MOST_CHANNELS];
  double most = (magnitude(t) + 3) * 4;
  if (t->c > 40 || !in_range(net, -most, most, t->unit / 4)) return;
  for (int i = 0; i < t->c; i++) {
    mean[i] = (float)(net->rounded ? 3 * fraction() : between(-3, 3));
    std[i] = (float)(net->rounded ? 1.3 + fraction() : ONE_NUMBER(0.25, 0.5, 2, -1));
  }
  call(net, t, "normalize");
  channel_argument(net, "mean", mean, t, chance(60));
  channel_argument(net, "std", std, t, chance(60));
  close_call(net);
  add_values(net, t, -most, most, fmin(t->unit, 1) / 2);
}

bool do_preprocess(Net *net, Tensor *t) {
  if (chance(50)) rescale(net, t);
  else normalize(net, t);
  return true;
}
