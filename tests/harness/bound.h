/* bound.h - how far compiled code may be from the evaluator, value by value.
 *
 * Every operator is evaluated a second time on magnitudes: |a||b| summed instead of ab. A result that went through n
 * roundings is within n * 2^-24 * magnitude of the true one (Higham's gamma_n, without its second-order term). */
#ifndef TESTS_BOUND_H
#define TESTS_BOUND_H
#include <stdbool.h>
#include "ir/graph.h"

typedef struct Bound {
  double *magnitude; /* of each element; what the sums of absolute values come to */
  double roundings;  /* most that any element went through */
  const bool *tie;   /* elements that were so near to half a number that they may be rounded to either side; NULL: none */
  bool anything;     /* an infinity or NaN went into a layer in Winograd's form, which spreads it */
  double unit;       /* all elements are multiples of it: 2^-k while everything is exact, 0: nobody knows */
} Bound;

/* winograd: 2 or 4, what 3x3 convolutions may be computed as; 0: they are not. By Value.id. *inexact names the first value that a float cannot be trusted to hold exactly; NULL: all can. */
Bound *bound_values(Arena *arena, const Graph *graph, const double *const *inputs, int winograd, const char **inexact);
#endif
