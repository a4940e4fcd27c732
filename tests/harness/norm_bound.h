/* norm_bound.h - magnitudes (see bound.h) of what is divided by a norm, a deviation or a power of squares: instance_norm,
 * layer_norm, l2_normalize, lrn and cosine_similarity. */
#ifndef TESTS_NORM_BOUND_H
#define TESTS_NORM_BOUND_H
#include <stdbool.h>
#include "ir/graph.h"

/* How many elements a result is compared with; 0: the node is none of these. */
double normed_together(const Node *node);
/* Of each element, to first order. HUGE_VAL where the divisor may be wrong by a tenth after so many roundings in all: there the
 * first order is not enough. */
void bound_norm(const Node *node, const double *const *magnitudes, const double *const *values, double roundings, double *out);
#endif
