/* wide.h - whole numbers of 127 bits and a sign: products of two of 63, and sums of those, on any machine. */
#ifndef CNNC_SUPPORT_WIDE_H
#define CNNC_SUPPORT_WIDE_H
#include <stdbool.h>
#include <stdint.h>

typedef struct Wide { /* high * 2^64 + low, below 2^127; 0 is not negative */
  uint64_t high, low;
  bool negative;
} Wide;

Wide wide_product(int64_t a, int64_t b);
Wide wide_sum(Wide a, Wide b);
Wide wide_difference(Wide a, Wide b);
Wide wide_negative(Wide a);
/* < 0, 0, > 0 as a < b, a == b, a > b. */
int wide_compare(Wide a, Wide b);
/* The largest whole number not above a / b; *rest is a - b times that, with the sign of b. b is not 0. */
Wide wide_floor(Wide a, Wide b, Wide *rest);
/* Divides both by what divides both; *b becomes positive. b is not 0. */
void wide_reduce(Wide *a, Wide *b);
/* Whether it lies between -limit and limit, then *out has it. */
bool wide_fits(Wide a, int64_t limit, int64_t *out);
/* The double nearest to a / b, b > 0. */
double wide_ratio(Wide a, Wide b);
#endif
