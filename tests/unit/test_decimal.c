/* test_decimal.c - decimal text: literals by hand, round trips over seeded and special numbers. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/decimal.h"

static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static void check_float(float value, const char *text) {
  char out[DECIMAL_MAX];
  size_t length = print_float(out, value);
  cr_expect_str_eq(out, text);
  cr_expect_eq(length, strlen(text));
}

static void check_double(double value, const char *text) {
  char out[DECIMAL_MAX];
  size_t length = print_double(out, value);
  cr_expect_str_eq(out, text);
  cr_expect_eq(length, strlen(text));
}

static double read(const char *text) {
  double value = -1;
  cr_expect(read_double(text, strlen(text), &value), "%s", text);
  return value;
}

Test(decimal, floats_are_c_literals) {
  check_float(0.0f, "0.0");
  check_float(-0.0f, "-0.0");
  check_float(1.0f, "1.0");
  check_float(-1.5f, "-1.5");
  check_float(0.1f, "0.1");
  check_float(100.0f, "100.0");
  check_float(16777216.0f, "16777216.0");
  check_float(123456789.0f, "123456790.0");
  check_float(999999984306749440.0f, "1e+18");
  check_float(1e9f, "1e+9");
  check_float(1e-4f, "0.0001");
  check_float(1e-5f, "1e-5");
  check_float(1e-6f, "1e-6");
  check_float(1.17549435e-38f, "1.1754944e-38");
  check_float(1e-45f, "1e-45");
  check_float(3.4028235e38f, "3.4028235e+38");
}

Test(decimal, a_tie_takes_the_even_digit) {
  check_float(0.000244140625f, "0.00024414062");
  check_double(9007199254740993.0, "9.007199254740992e+15");
  check_double(4097.0 / (1 << 19), "0.007814407348632812"); /* 0.0078144073486328125 */
  check_double(5e-324, "5e-324");
}

Test(decimal, doubles_are_c_literals) {
  check_double(0.1, "0.1");
  check_double(0.30000000000000004, "0.30000000000000004");
  check_double(1.7976931348623157e308, "1.7976931348623157e+308");
  check_double(2.2250738585072014e-308, "2.2250738585072014e-308");
  check_double(-123456789.0, "-123456789.0");
  check_double(1e23, "1e+23");
}

Test(decimal, floats_round_trip) {
  uint64_t state = 88172645463325252u;
  for (int i = 0; i < 200000; i++) {
    uint32_t bits = (uint32_t)next_random(&state);
    if (i % 2) bits = (bits & 0x807fffffu) | (64 + (bits >> 23) % 96) << 23; /* sizes as weights have */
    if (i % 7 == 0) bits &= 0xff800000u;
    if ((bits >> 23 & 0xff) == 0xff) continue;
    float value, again;
    memcpy(&value, &bits, sizeof value);
    char out[DECIMAL_MAX], shorter[DECIMAL_MAX];
    cr_assert_eq(print_float(out, value), strlen(out));
    again = strtof(out, NULL);
    cr_assert(memcmp(&value, &again, sizeof value) == 0, "%s", out);
    snprintf(shorter, sizeof shorter, "%.7e", (double)value); /* eight digits: if they do, no more may be printed */
    int digits = 0;
    for (char *c = out; *c && *c != 'e'; c++) digits += *c >= '0' && *c <= '9';
    if (strtof(shorter, NULL) == value && strchr(out, 'e')) cr_assert_leq(digits, 8, "%s", out);
  }
}

Test(decimal, doubles_round_trip) {
  uint64_t state = 2463534242u;
  for (int i = 0; i < 50000; i++) {
    uint64_t bits = next_random(&state) & 0x7fffffffffffffffu;
    if (i % 5 == 0) bits &= 0x000fffffffffffffu;
    if (i % 13 == 0) bits &= 0x7ff0000000000000u;
    if (bits >> 52 == 0x7ff) continue;
    double value;
    memcpy(&value, &bits, sizeof value);
    char out[DECIMAL_MAX];
    cr_assert_eq(print_double(out, value), strlen(out));
    cr_assert(read(out) == value, "%s", out);
    cr_assert(strtod(out, NULL) == value, "%s", out);
  }
}

Test(decimal, reading_rounds_correctly) {
  cr_expect(read("0") == 0);
  cr_expect(read("00012.50") == 12.5);
  cr_expect(read("1e400") > 1.7976931348623157e308);
  cr_expect(read("1e99999999999999999999") > 1.7976931348623157e308);
  cr_expect(read("1e-99999999999999999999") == 0);
  cr_expect(read("2.4703282292062327e-324") == 0);
  cr_expect(read("2.4703282292062328e-324") == 5e-324);
  cr_expect(read("1.7976931348623158e308") == 1.7976931348623157e308);
  cr_expect(read("9007199254740993") == 9007199254740992.0);
  cr_expect(read("9007199254740993.0000000000000000000000000000000000001") == 9007199254740994.0);
  char text[3000];
  memset(text, '0', sizeof text);
  memcpy(text, "9007199254740993.", 17); /* behind more digits than are kept one follows that is not 0 */
  memcpy(text + 1000, "1", 2);
  cr_expect(read(text) == 9007199254740994.0);
  uint64_t state = 7;
  for (int i = 0; i < 20000; i++) {
    size_t length = 0, digits = 1 + next_random(&state) % (i % 20 == 0 ? 1500 : 25);
    for (size_t k = 0; k < digits; k++) text[length++] = (char)('0' + next_random(&state) % 10);
    text[length++] = '.';
    for (int k = 0; k < 5; k++) text[length++] = (char)('0' + next_random(&state) % 10);
    snprintf(text + length, 20, "e%d", (int)(next_random(&state) % 700) - 350);
    cr_assert(read(text) == strtod(text, NULL), "%s", text);
  }
}

Test(decimal, only_its_form_is_read) {
  const char *const wrong[] = {"", ".5", "5.", "1e", "1e+", "-1", "+1", "0x1", "1 ", " 1", "1,5", "nan", "inf", "1.5.2"};
  double value;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    cr_expect_not(read_double(wrong[i], strlen(wrong[i]), &value), "%s", wrong[i]);
  cr_expect(read_double("12345", 2, &value) && value == 12);
}
