/* number.c - arithmetic on compile-time numbers: exact fractions, doubles where these do not fit, and sizes that vary.
 *
 * A whole number that does not fit 64 bits is an error, never a rounded one; a fraction that does not fit becomes a
 * double. `//` and `%` round down, as in Python. */
#include <math.h>

#include "passes/datum.h"
#include "support/checked.h"
#include "support/wide.h"

static const char *const OVERFLOW = "the result is too large";
static const char *const BY_ZERO = "it divides by zero";
static const int64_t EXACT = INT64_C(1) << 53; /* fractions of such numbers round to a double once */

static const Datum *whole(Arena *arena, Wide value, const char **why) {
  int64_t number;
  if (wide_fits(value, INT64_MAX, &number)) return datum_number(arena, number, 1);
  *why = OVERFLOW;
  return NULL;
}

static const Datum *fraction(Arena *arena, Wide numerator, Wide denominator, const char **why) {
  int64_t n, d;
  wide_reduce(&numerator, &denominator);
  if (wide_fits(denominator, 1, &d)) return whole(arena, numerator, why);
  if (!wide_fits(numerator, EXACT, &n) || !wide_fits(denominator, EXACT, &d)) return datum_real(arena, wide_ratio(numerator, denominator));
  return datum_number(arena, n, d);
}

static const Datum *from_real(Arena *arena, double value, const char **why) {
  if (isfinite(value)) return datum_real(arena, value);
  *why = OVERFLOW;
  return NULL;
}

static const Datum *power(Arena *arena, const Datum *a, const Datum *b, const char **why) {
  int64_t exponent;
  bool inverse = false;
  if (a->kind != DATUM_NUMBER || !datum_is_whole(b, &exponent) || exponent > 4096 || exponent < -4096) {
    double base = datum_real_value(a), result = pow(base, datum_real_value(b));
    if (!isnan(result)) return from_real(arena, result, why);
    *why = "the root of a negative number is not a number";
    return NULL;
  }
  if (exponent < 0) {
    if (a->numerator == 0) {
      *why = BY_ZERO;
      return NULL;
    }
    inverse = true;
    exponent = -exponent;
  }
  const Datum *result = datum_number(arena, 1, 1);
  for (; exponent > 0 && result; exponent--) result = compute_number(arena, AST_MUL, result, a, why);
  return result && inverse ? compute_number(arena, AST_DIV, datum_number(arena, 1, 1), result, why) : result;
}

static const Datum *compute_exact(Arena *arena, AstBinaryOp op, const Datum *a, const Datum *b, const char **why) {
  int64_t an = a->numerator, ad = a->denominator, bn = b->numerator, bd = b->denominator;
  Wide left = wide_product(an, bd), right = wide_product(bn, ad), both = wide_product(ad, bd), rest;
  switch (op) {
  case AST_ADD: return fraction(arena, wide_sum(left, right), both, why);
  case AST_SUB: return fraction(arena, wide_difference(left, right), both, why);
  case AST_MUL: return fraction(arena, wide_product(an, bn), both, why);
  case AST_DIV: return fraction(arena, left, right, why);
  case AST_FLOOR_DIV: return whole(arena, wide_floor(left, right, &rest), why);
  case AST_MOD: wide_floor(left, right, &rest); return fraction(arena, rest, both, why);
  case AST_LT: return datum_bool(arena, wide_compare(left, right) < 0);
  case AST_GT: return datum_bool(arena, wide_compare(left, right) > 0);
  case AST_LE: return datum_bool(arena, wide_compare(left, right) <= 0);
  case AST_GE: return datum_bool(arena, wide_compare(left, right) >= 0);
  case AST_POW: return power(arena, a, b, why);
  case AST_OR:
  case AST_AND:
  case AST_EQ:
  case AST_NE: break;
  }
  return NULL;
}

static const Datum *compute_real(Arena *arena, AstBinaryOp op, double a, double b, const char **why) {
  switch (op) {
  case AST_ADD: return from_real(arena, a + b, why);
  case AST_SUB: return from_real(arena, a - b, why);
  case AST_MUL: return from_real(arena, a * b, why);
  case AST_DIV: return from_real(arena, a / b, why);
  case AST_FLOOR_DIV: return from_real(arena, floor(a / b), why);
  case AST_MOD: {
    double rest = fmod(a, b);
    return from_real(arena, rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest, why);
  }
  case AST_LT: return datum_bool(arena, a < b);
  case AST_GT: return datum_bool(arena, a > b);
  case AST_LE: return datum_bool(arena, a <= b);
  case AST_GE: return datum_bool(arena, a >= b);
  case AST_POW:
  case AST_OR:
  case AST_AND:
  case AST_EQ:
  case AST_NE: break;
  }
  return NULL;
}

static const Size *size_part(Arena *arena, const Datum *a) { return a->kind == DATUM_SIZE ? a->size : size_of(arena, a->numerator); }

/* Whether a < b (or <=) holds for all values of the dims, or for none. */
static const Datum *compare_sizes(Arena *arena, AstBinaryOp op, const Size *difference, const char **why) {
  int64_t low = size_minimum(difference), high = size_maximum(difference);
  if (op == AST_GT || op == AST_LE) { /* a > b is not (a <= b) */
    if (low > 0) return datum_bool(arena, op == AST_GT);
    if (high <= 0) return datum_bool(arena, op == AST_LE);
  } else {
    if (low >= 0) return datum_bool(arena, op == AST_GE);
    if (high < 0) return datum_bool(arena, op == AST_LT);
  }
  *why = "it depends on a size that is known at run time only";
  return NULL;
}

static const Datum *size_power(Arena *arena, const Datum *a, const Datum *b, const char **why) {
  int64_t exponent;
  if (!datum_is_whole(b, &exponent) || exponent < 0 || exponent > 4) {
    *why = "a size that varies can be raised to 0 to 4 only";
    return NULL;
  }
  const Datum *result = datum_number(arena, 1, 1);
  while (exponent-- > 0 && result) result = compute_number(arena, AST_MUL, result, a, why);
  return result;
}

static const Datum *saturated(const Datum *result, const char **why) {
  if (result && result->kind == DATUM_SIZE && !size_is_manageable(result->size)) {
    *why = "the size is made of too many parts";
    return NULL;
  }
  if (result && result->kind == DATUM_SIZE &&
      (size_maximum(result->size) >= SIZE_LIMIT ? size_minimum(result->size) >= SIZE_LIMIT : size_maximum(result->size) <= -SIZE_LIMIT)) {
    *why = OVERFLOW;
    return NULL;
  }
  return result;
}

static const Datum *compute_size(Arena *arena, AstBinaryOp op, const Datum *a, const Datum *b, const char **why) {
  const Size *as = size_part(arena, a), *bs = size_part(arena, b);
  int64_t ad = a->denominator, bd = b->denominator, denominator, divisor;
  if (!checked_mul(ad, bd, &denominator) || denominator > INT64_C(1) << 31) {
    *why = OVERFLOW;
    return NULL;
  }
  const Size *left = size_mul_int(arena, as, bd), *right = size_mul_int(arena, bs, ad);
  bool divides = op == AST_DIV || op == AST_FLOOR_DIV || op == AST_MOD;
  if (divides && b->kind == DATUM_SIZE) {
    if (op == AST_DIV && size_equal(left, right) && size_minimum(right) > 0) return datum_number(arena, 1, 1);
    *why = "it divides by a size that varies";
    return NULL;
  }
  if (divides) { /* a / (bn / bd) = left / (ad * bn) */
    int64_t sign = b->numerator < 0 ? -1 : 1;
    if (!checked_mul(ad, b->numerator * sign, &divisor) || divisor > INT64_C(1) << 31) {
      *why = OVERFLOW;
      return NULL;
    }
    left = size_mul_int(arena, left, sign);
    if (op == AST_DIV) return datum_size(arena, left, divisor);
    const Size *quotient = size_floor_div(arena, left, divisor);
    if (op == AST_FLOOR_DIV) return datum_size(arena, quotient, 1);
    return compute_number(arena, AST_SUB, a, compute_size(arena, AST_MUL, datum_size(arena, quotient, 1), b, why), why);
  }
  switch (op) {
  case AST_ADD: return saturated(datum_size(arena, size_add(arena, left, right), denominator), why);
  case AST_SUB: return saturated(datum_size(arena, size_sub(arena, left, right), denominator), why);
  case AST_MUL: return saturated(datum_size(arena, size_mul(arena, as, bs), denominator), why);
  case AST_LT:
  case AST_GT:
  case AST_LE:
  case AST_GE: return compare_sizes(arena, op, size_sub(arena, left, right), why);
  case AST_POW: return size_power(arena, a, b, why);
  case AST_DIV:
  case AST_FLOOR_DIV:
  case AST_MOD:
  case AST_OR:
  case AST_AND:
  case AST_EQ:
  case AST_NE: break;
  }
  return NULL;
}

/* Sizes whose difference excludes 0 differ; where it is 0 for some values only, it varies. */
static const Datum *compare_equal(Arena *arena, bool wanted, const Datum *a, const Datum *b, const char **why) {
  if (a->kind != DATUM_SIZE && b->kind != DATUM_SIZE) {
    bool equal = a->kind == DATUM_REAL || b->kind == DATUM_REAL ? datum_real_value(a) == datum_real_value(b) : datum_equal(a, b);
    return datum_bool(arena, equal == wanted);
  }
  if (a->kind == DATUM_REAL || b->kind == DATUM_REAL) return datum_bool(arena, !wanted);
  const Size *difference = size_sub(arena, size_mul_int(arena, size_part(arena, a), b->denominator),
                                    size_mul_int(arena, size_part(arena, b), a->denominator));
  if (size_equal(difference, size_of(arena, 0))) return datum_bool(arena, wanted);
  if (size_minimum(difference) > 0 || size_maximum(difference) < 0) return datum_bool(arena, !wanted);
  *why = "it depends on a size that is known at run time only";
  return NULL;
}

const Datum *compute_number(Arena *arena, AstBinaryOp op, const Datum *a, const Datum *b, const char **why) {
  if (!a || !b) return NULL;
  if (op == AST_EQ || op == AST_NE) return compare_equal(arena, op == AST_EQ, a, b, why);
  if ((op == AST_DIV || op == AST_FLOOR_DIV || op == AST_MOD) && b->kind != DATUM_SIZE && datum_real_value(b) == 0) {
    *why = BY_ZERO;
    return NULL;
  }
  if (a->kind == DATUM_REAL || b->kind == DATUM_REAL) {
    if (a->kind == DATUM_SIZE || b->kind == DATUM_SIZE) {
      *why = "it mixes a size that varies with a number that is no fraction";
      return NULL;
    }
    if (op == AST_POW) return power(arena, a, b, why);
    return compute_real(arena, op, datum_real_value(a), datum_real_value(b), why);
  }
  if (a->kind == DATUM_SIZE || b->kind == DATUM_SIZE) return compute_size(arena, op, a, b, why);
  return compute_exact(arena, op, a, b, why);
}

const Datum *round_number(Arena *arena, const Datum *a, bool to_zero, const char **why) {
  if (a->kind == DATUM_SIZE) {
    if (a->denominator == 1) return a;
    *why = "a size that varies is rounded with `//` or ceil_div";
    return NULL;
  }
  if (a->kind == DATUM_REAL) {
    double value = to_zero ? trunc(a->real) : nearbyint(a->real); /* to even, as in Python */
    if (fabs(value) < 9.0e18) return datum_number(arena, (int64_t)value, 1);
    *why = OVERFLOW;
    return NULL;
  }
  int64_t n = a->numerator, d = a->denominator, below = floor_div(n, d), twice = 2 * (n - below * d);
  if (to_zero) return datum_number(arena, n / d, 1);
  return datum_number(arena, below + (twice > d || (twice == d && below % 2 != 0)), 1);
}
