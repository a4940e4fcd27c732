/* Products and fractions of large whole numbers, compared with the compiler's own 128 bits where it has them. */
#include <criterion/criterion.h>
#include <math.h>

#include "support/wide.h"

#ifdef __SIZEOF_INT128__
__extension__ typedef __int128 Int;
__extension__ typedef unsigned __int128 Natural;

static uint64_t state = 1;
/* Of any length, with a sign. */
static int64_t some_number(void) {
  state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
  int64_t number = (int64_t)(state >> 1 >> (state >> 5 & 63));
  return state >> 40 & 1 ? -number : number; /* the lowest bit is set every other time */
}

static Int value_of(Wide a) {
  Int value = (Int)((Natural)a.high << 64 | a.low);
  return a.negative ? -value : value;
}

enum { TRIES = 20000 };

Test(wide, sums_and_products_are_exact) {
  for (int i = 0; i < TRIES; i++) {
    int64_t a = some_number(), b = some_number(), c = some_number(), d = some_number();
    Wide left = wide_product(a, b), right = wide_product(c, d);
    cr_assert(value_of(left) == (Int)a * b);
    cr_assert(value_of(wide_sum(left, right)) == (Int)a * b + (Int)c * d);
    cr_assert(value_of(wide_difference(left, right)) == (Int)a * b - (Int)c * d);
    cr_assert_eq(wide_compare(left, right), ((Int)a * b > (Int)c * d) - ((Int)a * b < (Int)c * d));
  }
}

Test(wide, quotients_round_down_and_rests_have_the_divisors_sign) {
  for (int i = 0; i < TRIES; i++) {
    int64_t a = some_number(), b = some_number(), c = some_number(), d = some_number();
    if (!c || !d) continue;
    Wide rest, quotient = wide_floor(wide_product(a, b), wide_product(c, d), &rest);
    Int left = (Int)a * b, right = (Int)c * d, wanted = left / right - (left % right != 0 && (left < 0) != (right < 0));
    cr_assert(value_of(quotient) == wanted);
    cr_assert(value_of(rest) == left - wanted * right);
  }
}

Test(wide, fractions_are_reduced) {
  for (int i = 0; i < TRIES; i++) {
    int64_t a = some_number(), b = some_number(), c = some_number();
    if (!b || !c) continue;
    Wide left = wide_product(a, c), right = wide_product(b, c);
    wide_reduce(&left, &right);
    cr_assert(value_of(right) > 0);
    cr_assert(value_of(left) * b == value_of(right) * a);
    Int x = value_of(left) < 0 ? -value_of(left) : value_of(left), y = value_of(right);
    for (Int t; y; x = y, y = t) t = x % y;
    cr_assert(x == 1);
  }
}
#endif

Test(wide, a_ratio_is_the_nearest_double) {
  cr_assert_eq(wide_ratio(wide_product(1, 1), wide_product(3, 1)), 1.0 / 3);
  cr_assert_eq(wide_ratio(wide_product(-2, 1), wide_product(3, 1)), -2.0 / 3);
  cr_assert_eq(wide_ratio(wide_product(0, 1), wide_product(7, 1)), 0);
  cr_assert_eq(wide_ratio(wide_product(INT64_C(1) << 62, INT64_C(1) << 62), wide_product(1, 1)), ldexp(1, 124));
  cr_assert_eq(wide_ratio(wide_product(1, 1), wide_product(INT64_C(1) << 62, INT64_C(1) << 52)), ldexp(1, -114));
  int64_t half = (INT64_C(1) << 53) + 1; /* between two doubles: to even, and up once anything follows */
  cr_assert_eq(wide_ratio(wide_product(half, 1), wide_product(1, 1)), ldexp(1, 53));
  cr_assert_eq(wide_ratio(wide_product(half * 512 + 1, 1), wide_product(512, 1)), ldexp(1, 53) + 2);
  Wide far = wide_sum(wide_product(half, INT64_C(1) << 40), wide_product(1, 1)); /* behind all bits that are kept */
  cr_assert_eq(wide_ratio(far, wide_product(INT64_C(1) << 40, 1)), ldexp(1, 53) + 2);
}

Test(wide, only_what_lies_within_the_limit_fits) {
  int64_t out = 0;
  cr_assert(wide_fits(wide_product(-5, 1), 5, &out));
  cr_assert_eq(out, -5);
  cr_assert(!wide_fits(wide_product(-6, 1), 5, &out));
  cr_assert(wide_fits(wide_product(INT64_MAX, -1), INT64_MAX, &out));
  cr_assert_eq(out, -INT64_MAX);
  cr_assert(!wide_fits(wide_product(INT64_MIN, 1), INT64_MAX, &out));
}
