/* decimal.c - see decimal.h. Exact by integers of a fixed size: printing is the free-format algorithm of Burger and
 * Dybvig (1996), reading is a division to as many bits as the format holds. Floats of ordinary size take a short cut
 * through 96-bit products that are exact too. Must not use libm, strtod or printf. */
#include "support/decimal.h"

#include <string.h>

#include "support/checked.h"

/* Enough for 801 digits times a power of ten in read_double (3,800 bits). */
enum { BIG_WORDS = 124 };

typedef struct Big { /* little end first; the highest word is not 0 */
  int count;
  uint32_t words[BIG_WORDS];
} Big;

static int bit_length64(uint64_t value) {
  int length = 0;
  for (; value; value >>= 1) length++;
  return length;
}

static void big_set(Big *big, uint64_t value) {
  big->words[0] = (uint32_t)value;
  big->words[1] = (uint32_t)(value >> 32);
  big->count = big->words[1] ? 2 : big->words[0] ? 1 : 0;
}

/* big = big * factor + more */
static void big_multiply_add(Big *big, uint32_t factor, uint32_t more) {
  uint64_t carry = more;
  for (int i = 0; i < big->count; i++) {
    carry += (uint64_t)big->words[i] * factor;
    big->words[i] = (uint32_t)carry;
    carry >>= 32;
  }
  if (carry) big->words[big->count++] = (uint32_t)carry;
}

static void big_multiply_power10(Big *big, int power) {
  for (; power >= 9; power -= 9) big_multiply_add(big, 1000000000, 0);
  uint32_t rest = 1;
  for (; power > 0; power--) rest *= 10;
  if (rest > 1) big_multiply_add(big, rest, 0);
}

static void big_shift_left(Big *big, int bits) {
  int words = bits / 32, low = bits % 32;
  if (big->count == 0 || bits == 0) return;
  big->words[big->count] = 0;
  for (int i = big->count; i >= 0; i--) {
    uint64_t pair = (uint64_t)big->words[i] << 32 | (i ? big->words[i - 1] : 0);
    big->words[i + words] = (uint32_t)(pair >> (32 - low));
  }
  memset(big->words, 0, (size_t)words * sizeof big->words[0]);
  big->count += words + 1;
  if (big->words[big->count - 1] == 0) big->count--;
}

static int big_compare(const Big *a, const Big *b) {
  if (a->count != b->count) return a->count < b->count ? -1 : 1;
  for (int i = a->count; i-- > 0;)
    if (a->words[i] != b->words[i]) return a->words[i] < b->words[i] ? -1 : 1;
  return 0;
}

/* a -= b; a >= b */
static void big_subtract(Big *a, const Big *b) {
  uint64_t borrow = 0;
  for (int i = 0; i < a->count; i++) {
    uint64_t difference = (uint64_t)a->words[i] - (i < b->count ? b->words[i] : 0) - borrow;
    a->words[i] = (uint32_t)difference;
    borrow = difference >> 63;
  }
  while (a->count && a->words[a->count - 1] == 0) a->count--;
}

static void big_add(Big *sum, const Big *a, const Big *b) {
  uint64_t carry = 0;
  int count = a->count > b->count ? a->count : b->count;
  for (int i = 0; i < count; i++) {
    carry += (uint64_t)(i < a->count ? a->words[i] : 0) + (i < b->count ? b->words[i] : 0);
    sum->words[i] = (uint32_t)carry;
    carry >>= 32;
  }
  sum->count = count;
  if (carry) sum->words[sum->count++] = (uint32_t)carry;
}

static int big_bit_length(const Big *big) { return big->count ? 32 * (big->count - 1) + bit_length64(big->words[big->count - 1]) : 0; }

/* Printing */

typedef struct Decimal { /* 0.DIGITS * 10^point */
  char digits[24];
  int count, point;
} Decimal;

/* A finite positive number mantissa * 2^exponent; its neighbour below is half as near when `uneven`. */
typedef struct Binary {
  uint64_t mantissa;
  int exponent;
  bool uneven;
} Binary;

/* Shortest digits that read back as this number, nearest to it among those, of two as near the even one. */
static void shortest_digits(Binary binary, Decimal *out) {
  Big value, unit, above, below, sum; /* the number is value / unit, half the gaps are above / unit, below / unit */
  bool even = binary.mantissa % 2 == 0;
  int up = binary.exponent > 0 ? binary.exponent : 0, down = binary.exponent < 0 ? -binary.exponent : 0;
  int spare = binary.uneven ? 2 : 1;
  big_set(&value, binary.mantissa);
  big_shift_left(&value, up + spare);
  big_set(&unit, 1);
  big_shift_left(&unit, down + spare);
  big_set(&above, 1);
  big_shift_left(&above, up + spare - 1);
  big_set(&below, 1);
  big_shift_left(&below, up);
  /* floor(log10 of the largest power of two not above the number), by log10(2) = 78913 / 2^18 rounded down */
  int log2 = binary.exponent + bit_length64(binary.mantissa) - 1;
  int point = (int)floor_div((int64_t)log2 * 78913, 1 << 18) + 1;
  if (point > 0) {
    big_multiply_power10(&unit, point);
  } else {
    big_multiply_power10(&value, -point);
    big_multiply_power10(&above, -point);
    big_multiply_power10(&below, -point);
  }
  big_add(&sum, &value, &above);
  if (big_compare(&sum, &unit) >= (even ? 0 : 1)) {
    big_multiply_add(&unit, 10, 0);
    point++;
  }
  out->point = point;
  for (out->count = 0;;) {
    big_multiply_add(&value, 10, 0);
    big_multiply_add(&above, 10, 0);
    big_multiply_add(&below, 10, 0);
    int digit = 0;
    for (; big_compare(&value, &unit) >= 0; digit++) big_subtract(&value, &unit);
    bool low = big_compare(&value, &below) < (even ? 1 : 0);
    big_add(&sum, &value, &above);
    bool high = big_compare(&sum, &unit) >= (even ? 0 : 1);
    if (low && high) {
      big_add(&sum, &value, &value);
      high = big_compare(&sum, &unit) >= (digit % 2 ? 0 : 1);
    }
    out->digits[out->count++] = (char)('0' + digit + (high ? 1 : 0));
    if (low || high) return;
  }
}

/* floor(factor * power / 2^shift), and whether that is exact; factor < 2^27, power < 2^63, 0 <= shift < 96. */
static uint64_t scale(uint32_t factor, uint64_t power, int shift, bool *exact) {
  uint64_t low = (uint64_t)factor * (uint32_t)power, high = (uint64_t)factor * (power >> 32) + (low >> 32);
  uint32_t rest = (uint32_t)low;
  if (shift < 32) {
    *exact = (rest & ((1u << shift) - 1)) == 0;
    return high << (32 - shift) | rest >> shift; /* the caller's numbers leave room */
  }
  *exact = rest == 0 && (high & (((uint64_t)1 << (shift - 32)) - 1)) == 0;
  return high >> (shift - 32);
}

/* The same as shortest_digits for a float of ordinary size, in nine digits and by integers of 64 bits; false if it is
 * not of ordinary size. */
static bool shortest_digits_quickly(Binary binary, Decimal *out) {
  uint64_t power = 1;
  int log2 = binary.exponent + bit_length64(binary.mantissa) - 1;
  int decimals = 8 - (int)floor_div((int64_t)log2 * 78913, 1 << 18), shift = 2 - decimals - binary.exponent;
  if (decimals < 0 || decimals > 27 || shift < 0 || binary.mantissa < 1 << 23) return false;
  for (int i = 0; i < decimals; i++) power *= 5;
  bool even = binary.mantissa % 2 == 0, exact;
  uint32_t quarter = (uint32_t)binary.mantissa * 4;
  uint64_t most = scale(quarter + 2, power, shift, &exact);
  if (exact && !even) most--;
  uint64_t least = scale(quarter - (binary.uneven ? 1 : 2), power, shift, &exact);
  if (!exact || !even) least++;
  uint64_t value = scale(quarter, power, shift, &exact), step = 1;
  while (most / (step * 10) * (step * 10) >= least) step *= 10;
  uint64_t chosen = value / step, rest = 2 * (value % step);
  if (step == 1) { /* what lies behind the point decides */
    rest = scale(quarter * 2, power, shift, &exact) & 1;
  }
  if (rest > step || (rest == step && (!exact || chosen % 2))) chosen++;
  if (chosen * step < least) chosen++;
  if (chosen * step > most) chosen--;
  char reversed[24];
  int count = 0;
  for (; chosen; chosen /= 10) reversed[count++] = (char)('0' + chosen % 10);
  for (int i = 0; i < count; i++) out->digits[i] = reversed[count - 1 - i];
  for (out->count = count; step > 1; step /= 10) count++;
  while (out->count > 1 && out->digits[out->count - 1] == '0') out->count--;
  out->point = count - decimals;
  return true;
}

/* Writes the digits as a C literal; returns the length. */
static size_t write_literal(char *out, bool negative, const Decimal *decimal) {
  char *to = out;
  int exponent = decimal->point - 1;
  bool plain = exponent >= -4 && exponent <= 8;
  if (negative) *to++ = '-';
  if (plain && exponent < 0) {
    memcpy(to, "0.00000", 7);
    to += 1 - exponent;
    memcpy(to, decimal->digits, (size_t)decimal->count);
    to += decimal->count;
  } else {
    int whole = plain ? exponent + 1 : 1;
    for (int i = 0; i < whole || i < decimal->count; i++) {
      if (i == whole) *to++ = '.';
      *to++ = i < decimal->count ? decimal->digits[i] : '0';
    }
    if (plain && decimal->count <= whole) {
      *to++ = '.';
      *to++ = '0';
    }
  }
  if (!plain) {
    *to++ = 'e';
    *to++ = exponent < 0 ? '-' : '+';
    unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
    if (size >= 100) *to++ = (char)('0' + size / 100);
    if (size >= 10) *to++ = (char)('0' + size / 10 % 10);
    *to++ = (char)('0' + size % 10);
  }
  *to = '\0';
  return (size_t)(to - out);
}

static const Decimal zero = {"0", 1, 1};

size_t print_float(char out[DECIMAL_MAX], float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint32_t exponent = bits >> 23 & 0xff, fraction = bits & 0x7fffff;
  if (exponent == 0 && fraction == 0) return write_literal(out, bits >> 31, &zero);
  Binary binary = {exponent ? fraction | 0x800000 : fraction, exponent ? (int)exponent - 150 : -149, exponent > 1 && !fraction};
  Decimal decimal;
  if (!shortest_digits_quickly(binary, &decimal)) shortest_digits(binary, &decimal);
  return write_literal(out, bits >> 31, &decimal);
}

size_t print_double(char out[DECIMAL_MAX], double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint64_t exponent = bits >> 52 & 0x7ff, fraction = bits & (((uint64_t)1 << 52) - 1);
  if (exponent == 0 && fraction == 0) return write_literal(out, bits >> 63, &zero);
  Binary binary = {exponent ? fraction | (uint64_t)1 << 52 : fraction, exponent ? (int)exponent - 1075 : -1074, exponent > 1 && !fraction};
  Decimal decimal;
  shortest_digits(binary, &decimal);
  return write_literal(out, bits >> 63, &decimal);
}

/* Reading */

/* More digits than this cannot change which double is nearest, only whether a tie is one. */
enum { MAX_DIGITS = 800, HUGE_EXPONENT = 100000000 };

typedef struct Written {
  Big digits;
  int count, kept;       /* significant digits, and those of them in `digits` */
  bool more;             /* one that was not kept is not 0 */
  int64_t exponent;      /* the number is digits * 10^exponent */
  uint32_t chunk, scale; /* digits not yet in `digits` */
} Written;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static void take_digit(Written *written, char digit) {
  if (written->count == 0 && digit == '0') return;
  written->count++;
  if (written->kept == MAX_DIGITS) {
    written->more |= digit != '0';
    written->exponent++;
    return;
  }
  written->kept++;
  written->chunk = written->chunk * 10 + (uint32_t)(digit - '0');
  written->scale *= 10;
  if (written->scale < 1000000000) return;
  big_multiply_add(&written->digits, written->scale, written->chunk);
  written->chunk = 0;
  written->scale = 1;
}

static bool parse_decimal(const char *text, size_t length, Written *written) {
  size_t at = 0, start = 0;
  for (; at < length && is_digit(text[at]); at++) take_digit(written, text[at]);
  if (at == 0) return false;
  if (at < length && text[at] == '.') {
    for (start = ++at; at < length && is_digit(text[at]); at++) {
      written->exponent--;
      take_digit(written, text[at]);
    }
    if (at == start) return false;
  }
  if (at < length && (text[at] == 'e' || text[at] == 'E')) {
    at++;
    bool negative = at < length && text[at] == '-';
    if (at < length && (text[at] == '-' || text[at] == '+')) at++;
    int64_t exponent = 0;
    for (start = at; at < length && is_digit(text[at]); at++)
      if (exponent < HUGE_EXPONENT) exponent = exponent * 10 + (text[at] - '0');
    if (at == start) return false;
    written->exponent += negative ? -exponent : exponent;
  }
  if (written->scale > 1) big_multiply_add(&written->digits, written->scale, written->chunk);
  if (written->more) {
    big_multiply_add(&written->digits, 10, 1);
    written->exponent--;
    written->kept++;
  }
  return at == length;
}

/* The double nearest to value / unit, ties to even; both are destroyed. */
static double nearest(Big *value, Big *unit) {
  int exponent = big_bit_length(value) - big_bit_length(unit);
  if (exponent > 0) big_shift_left(unit, exponent);
  else big_shift_left(value, -exponent);
  if (big_compare(value, unit) < 0) {
    big_multiply_add(value, 2, 0);
    exponent--;
  } /* now 1 <= value / unit < 2 and the number is that times 2^exponent */
  int bits = exponent < -1022 ? 53 + exponent + 1022 : 53;
  uint64_t mantissa = 0, result;
  for (int i = 0; i < bits; i++) {
    mantissa *= 2;
    if (big_compare(value, unit) >= 0) {
      big_subtract(value, unit);
      mantissa++;
    }
    big_multiply_add(value, 2, 0);
  }
  int rest = bits < 0 ? -1 : big_compare(value, unit);
  if (rest > 0 || (rest == 0 && mantissa % 2)) mantissa++;
  /* a mantissa rounded up to the next power of two carries into the exponent, as it should */
  if (exponent < -1022) result = mantissa;
  else if (exponent > 1023) result = (uint64_t)0x7ff << 52;
  else result = ((uint64_t)(exponent + 1022) << 52) + mantissa;
  double number;
  memcpy(&number, &result, sizeof number);
  return number;
}

bool read_double(const char *text, size_t length, double *out) {
  Written written = {.scale = 1};
  *out = 0;
  if (!parse_decimal(text, length, &written)) return false;
  int64_t point = written.kept + written.exponent;
  if (written.count == 0 || point < -330) return true;
  if (point > 310) { /* infinity, without the macro of math.h */
    uint64_t bits = (uint64_t)0x7ff << 52;
    memcpy(out, &bits, sizeof bits);
    return true;
  }
  Big unit;
  big_set(&unit, 1);
  if (written.exponent > 0) big_multiply_power10(&written.digits, (int)written.exponent);
  else big_multiply_power10(&unit, (int)-written.exponent);
  *out = nearest(&written.digits, &unit);
  return true;
}
