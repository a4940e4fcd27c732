/* wide.c - see wide.h. Bit by bit where it divides: these are numbers that people wrote into a source. */
#include "support/wide.h"

#include <math.h>

enum { KEPT_BITS = 64 }; /* more than a double has, so that one that says whether others follow rounds it rightly */

static bool is_zero(Wide a) { return a.high == 0 && a.low == 0; }

static Wide with_sign(Wide a, bool negative) {
  a.negative = negative && !is_zero(a);
  return a;
}

static uint64_t magnitude(int64_t a) { return a < 0 ? 0 - (uint64_t)a : (uint64_t)a; }

Wide wide_product(int64_t a, int64_t b) {
  uint64_t x = magnitude(a), y = magnitude(b), low = UINT32_MAX;
  uint64_t ll = (x & low) * (y & low), lh = (x & low) * (y >> 32), hl = (x >> 32) * (y & low), hh = (x >> 32) * (y >> 32);
  uint64_t middle = (ll >> 32) + (lh & low) + (hl & low);
  Wide product = {hh + (lh >> 32) + (hl >> 32) + (middle >> 32), (middle << 32) | (ll & low), false};
  return with_sign(product, (a < 0) != (b < 0));
}

static int compare_magnitudes(Wide a, Wide b) {
  if (a.high != b.high) return a.high < b.high ? -1 : 1;
  return a.low < b.low ? -1 : a.low > b.low;
}

static Wide add_magnitudes(Wide a, Wide b) {
  Wide sum = {a.high + b.high, a.low + b.low, false};
  sum.high += sum.low < a.low;
  return sum;
}

/* a >= b */
static Wide subtract_magnitudes(Wide a, Wide b) { return (Wide){a.high - b.high - (a.low < b.low), a.low - b.low, false}; }

Wide wide_negative(Wide a) { return with_sign(a, !a.negative); }

Wide wide_sum(Wide a, Wide b) {
  if (a.negative == b.negative) return with_sign(add_magnitudes(a, b), a.negative);
  if (compare_magnitudes(a, b) >= 0) return with_sign(subtract_magnitudes(a, b), a.negative);
  return with_sign(subtract_magnitudes(b, a), b.negative);
}

Wide wide_difference(Wide a, Wide b) { return wide_sum(a, wide_negative(b)); }

int wide_compare(Wide a, Wide b) {
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  return a.negative ? compare_magnitudes(b, a) : compare_magnitudes(a, b);
}

static Wide twice(Wide a, bool bit) { return (Wide){a.high << 1 | a.low >> 63, a.low << 1 | bit, false}; }

/* Of magnitudes. */
static Wide divide(Wide a, Wide b, Wide *rest) {
  Wide quotient = {0, 0, false};
  *rest = quotient;
  for (int i = 127; i >= 0; i--) {
    *rest = twice(*rest, (i < 64 ? a.low >> i : a.high >> (i - 64)) & 1);
    bool bit = compare_magnitudes(*rest, b) >= 0;
    if (bit) *rest = subtract_magnitudes(*rest, b);
    quotient = twice(quotient, bit);
  }
  return quotient;
}

Wide wide_floor(Wide a, Wide b, Wide *rest) {
  Wide left, quotient = divide(a, b, &left);
  bool below = a.negative != b.negative;
  if (below && !is_zero(left)) {
    quotient = add_magnitudes(quotient, (Wide){0, 1, false});
    left = subtract_magnitudes(b, left);
  }
  *rest = with_sign(left, b.negative);
  return with_sign(quotient, below);
}

void wide_reduce(Wide *a, Wide *b) {
  bool negative = a->negative != b->negative;
  Wide common = with_sign(*a, false), other = with_sign(*b, false), rest;
  while (!is_zero(other)) {
    divide(common, other, &rest);
    common = other;
    other = rest;
  }
  *a = with_sign(divide(*a, common, &rest), negative);
  *b = divide(*b, common, &rest);
}

bool wide_fits(Wide a, int64_t limit, int64_t *out) {
  if (a.high || a.low > (uint64_t)limit) return false;
  *out = a.negative ? -(int64_t)a.low : (int64_t)a.low;
  return true;
}

double wide_ratio(Wide a, Wide b) {
  Wide rest, whole = divide(a, b, &rest);
  uint64_t bits = 0;
  int taken = 0, exponent = 0;
  bool more = false;
  for (int i = 127; i >= 0; i--) {
    bool bit = (i < 64 ? whole.low >> i : whole.high >> (i - 64)) & 1;
    if (taken == KEPT_BITS) more = more || bit, exponent++;
    else if (taken || bit) bits = bits << 1 | bit, taken++;
  }
  for (; taken < KEPT_BITS && !is_zero(rest); exponent--) {
    rest = twice(rest, false);
    bool bit = compare_magnitudes(rest, b) >= 0;
    if (bit) rest = subtract_magnitudes(rest, b);
    if (taken || bit) bits = bits << 1 | bit, taken++;
  }
  double value = ldexp((double)(bits | (more || !is_zero(rest))), exponent);
  return a.negative ? -value : value;
}
