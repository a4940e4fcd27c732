/* norm_bound.c - see norm_bound.h. With y = x / s, errors e of x and f of s show in y by e / s + |y| f / s; f is found from the
 * errors of all elements that s was computed from, and from its own roundings, which count as 1 of s. */
#include "norm_bound.h"

#include <math.h>
#include <string.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/ops.h"

enum { MOST_INPUTS = 2 };
#define WRONG_DIVISOR 0.1
#define LEAST_DIVISOR 1e-15 /* squares below 1e-38 are lost */

/* Elements that share a divisor: ranges of channels, rows and columns. */
typedef struct Group {
  int64_t begin[3], end[3];
} Group;

static bool over_channels(const Node *node) {
  return node->op != &op_instance_norm && ((const NormAttributes *)node->attributes)->axis != NORM_ALL;
}

static Group group_around(const Node *node, Dense d, const int64_t at[3]) {
  Group g = {{0, 0, 0}, {d.channels, d.height, d.width}};
  for (int i = 0; i < 3; i++) {
    bool one = node->op == &op_instance_norm ? i == 0 : over_channels(node) && i > 0;
    if (one) g.begin[i] = at[i], g.end[i] = at[i] + 1;
  }
  if (node->op != &op_lrn) return g;
  int64_t half = ((const LrnAttributes *)node->attributes)->size / 2;
  g = (Group){{at[0] < half ? 0 : at[0] - half, at[1], at[2]}, {at[0] + half + 1, at[1] + 1, at[2] + 1}};
  if (g.end[0] > d.channels) g.end[0] = d.channels;
  return g;
}

double normed_together(const Node *node) {
  Dense d = dense_of(&node->inputs[0]->type);
  if (node->op == &op_lrn) return (double)((const LrnAttributes *)node->attributes)->size;
  if (node->op == &op_cosine_similarity) return (double)dense_elements(d);
  if (node->op != &op_instance_norm && node->op != &op_layer_norm && node->op != &op_l2_normalize) return 0;
  Group g = group_around(node, d, (const int64_t[3]){0, 0, 0});
  return (double)((g.end[0] - g.begin[0]) * (g.end[1] - g.begin[1]) * (g.end[2] - g.begin[2]));
}

typedef struct Sums {                              /* over a group */
  double count, values, squares, crossed, largest; /* crossed: |value| magnitude; largest: magnitude */
} Sums;

static Sums sums_of(Dense d, Group g, const double *values, const double *magnitudes, double center) {
  Sums s = {0};
  for (int64_t c = g.begin[0]; c < g.end[0]; c++)
    for (int64_t y = g.begin[1]; y < g.end[1]; y++)
      for (int64_t x = g.begin[2]; x < g.end[2]; x++) {
        int64_t i = dense_index(d, c, y, x);
        double value = values[i] - center;
        s.count++;
        s.values += value;
        s.squares += value * value;
        s.crossed += fabs(value) * magnitudes[i];
        s.largest = fmax(s.largest, magnitudes[i]);
      }
  return s;
}

static double parameter_at(const Node *node, int slot, int64_t channel, int64_t element, double otherwise) {
  const Parameter *p = slot < node->parameter_count ? node->parameters[slot] : NULL;
  if (!p || !p->data) return otherwise;
  return (double)p->data[p->rank > 1 ? element : channel];
}

/* What a group's elements are divided by. */
typedef struct Divisor {
  double center, value;
  double wrong;   /* the error of `value` as a part of it, in roundings */
  double shifted; /* errors of the elements that the center brings */
} Divisor;

/* sqrt(variance + eps): the mean is wrong by two magnitudes, so deviations by three at most. */
static Divisor deviation_of(const Node *node, Dense d, Group g, const double *values, const double *magnitudes) {
  Sums plain = sums_of(d, g, values, magnitudes, 0);
  Divisor s = {.center = plain.values / plain.count, .shifted = 2 * plain.largest};
  Sums around = sums_of(d, g, values, magnitudes, s.center);
  s.value = sqrt(around.squares / plain.count + ((const NormAttributes *)node->attributes)->eps);
  s.wrong = 3 * plain.largest / s.value + 1;
  return s;
}

/* max(norm, eps) */
static Divisor length_of(const Node *node, Dense d, Group g, const double *values, const double *magnitudes) {
  Sums all = sums_of(d, g, values, magnitudes, 0);
  double length = fmax(sqrt(all.squares), ((const NormAttributes *)node->attributes)->eps);
  return (Divisor){.value = length, .wrong = sqrt(all.count) * all.largest / length + 1};
}

/* q^beta with q = k + alpha / size * sum of squares */
static Divisor power_of(const Node *node, Dense d, Group g, const double *values, const double *magnitudes) {
  const LrnAttributes *a = node->attributes;
  Sums all = sums_of(d, g, values, magnitudes, 0);
  double share = a->alpha / (double)a->size, q = a->k + share * all.squares;
  double wrong = fabs(a->beta) * (2 * fabs(share) * all.crossed / fabs(q) + 1 + fabs(log(fabs(q))));
  return (Divisor){.value = pow(q, a->beta), .wrong = wrong};
}

static Divisor divisor_of(const Node *node, Dense d, Group g, const double *values, const double *magnitudes) {
  if (node->op == &op_lrn) return power_of(node, d, g, values, magnitudes);
  if (node->op == &op_l2_normalize) return length_of(node, d, g, values, magnitudes);
  return deviation_of(node, d, g, values, magnitudes);
}

/* a . b / (|a| |b|) */
static double bound_cosine(Dense d, const double *const *magnitudes, const double *const *values, double *wrong) {
  Group g = {{0, 0, 0}, {d.channels, d.height, d.width}};
  double lengths = 1, dot = 0, product = 0;
  *wrong = 2;
  for (int k = 0; k < MOST_INPUTS; k++) {
    Sums all = sums_of(d, g, values[k], magnitudes[k], 0);
    double length = fmax(sqrt(all.squares), 1e-8);
    *wrong += sqrt(all.count) * all.largest / length;
    lengths *= length;
  }
  for (int64_t i = 0; i < dense_elements(d); i++) {
    dot += values[0][i] * values[1][i];
    product += fabs(values[0][i]) * (magnitudes[1][i] + fabs(values[1][i])) + magnitudes[0][i] * fabs(values[1][i]);
  }
  return product / lengths + fabs(dot) / lengths * (*wrong + 1);
}

static bool usable(double divisor, double wrong, double roundings) {
  return divisor > LEAST_DIVISOR && wrong * roundings * exp2(-24) < WRONG_DIVISOR;
}

void bound_norm(const Node *node, const double *const *magnitudes, const double *const *values, double roundings, double *out) {
  Dense d = dense_of(&node->inputs[0]->type);
  double wrong = 0;
  if (node->op == &op_cosine_similarity) {
    out[0] = bound_cosine(d, magnitudes, values, &wrong);
    if (!usable(1, wrong, roundings)) out[0] = HUGE_VAL;
    return;
  }
  Group group = {{-1, -1, -1}, {0, 0, 0}};
  Divisor s = {0};
  for (int64_t i = 0; i < dense_elements(d); i++) {
    const int64_t at[3] = {i / (d.height * d.width), i / d.width % d.height, i % d.width};
    Group own = group_around(node, d, at);
    if (memcmp(&own, &group, sizeof own) != 0) s = divisor_of(node, d, own, values[0], magnitudes[0]);
    group = own;
    double result = fabs(values[0][i] - s.center) / s.value, error = (magnitudes[0][i] + s.shifted) / s.value + result * (s.wrong + 2);
    bool affine = node->op == &op_instance_norm || node->op == &op_layer_norm;
    if (affine) error = fabs(parameter_at(node, 0, at[0], i, 1)) * error + fabs(parameter_at(node, 1, at[0], i, 0));
    out[i] = usable(s.value, s.wrong, roundings) ? error : HUGE_VAL;
  }
}
