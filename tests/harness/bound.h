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

/* winograd: 2 or 4, the option that says in which forms convolutions are computed; 0: in none. By Value.id. *inexact names the first value that a float cannot be trusted to hold exactly; NULL: all can. */
Bound *bound_values(Arena *arena, const Graph *graph, const double *const *inputs, int winograd, const char **inexact);
/* How far compiled code may be from the evaluator in one element: as far as is proved and, unless `proved`, not further than is
 * usual; NaN: it may be anything. largest: the greatest finite magnitude of the tensor. */
double tolerance_at(const Bound *bound, int64_t at, double largest, bool proved);
#endif
