/* test_npy.c - the ways in which readers of .npy have failed, and the writer. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "load/npy.h"
#include "npy_fixture.h"

static Arena arena;

static void finish(void) { arena_free(&arena); }
TestSuite(npy, .fini = finish);

static const char *load(int version, const char *header, size_t data_length, WeightTensor *tensor) {
  static const unsigned char data[64] = {0, 0, 0x80, 0x3f, 0, 0, 0,    0x40, 0, 0, 0x40, 0x40,
                                         0, 0, 0x80, 0x40, 0, 0, 0xa0, 0x40, 0, 0, 0xc0, 0x40};
  Text text = npy_of(&arena, version, header, data, data_length);
  const char *error = NULL;
  cr_assert_eq(load_npy(&arena, text.data, text.length, tensor, &error), error == NULL);
  return error;
}

static void expect_good(const char *header, size_t data_length) {
  WeightTensor tensor;
  const char *error = load(1, header, data_length, &tensor);
  cr_assert_null(error, "%s: %s", header, error);
}

static void expect_error(const char *header, size_t data_length, const char *part) {
  WeightTensor tensor;
  const char *error = load(1, header, data_length, &tensor);
  cr_assert_not_null(error, "accepted: %.200s", header);
  cr_assert(strstr(error, part), "%.200s: expected `%s`, got `%s`", header, part, error);
}

Test(npy, reads_all_versions_and_spellings) {
  WeightTensor tensor;
  for (int version = 1; version <= 3; version++) {
    cr_assert_null(load(version, HEADER("<f4", "False", "(2, 3)"), 24, &tensor));
    cr_assert_eq(tensor.rank, 2);
    cr_assert_eq(tensor.sizes[1], 3);
    for (int i = 0; i < 6; i++) cr_assert_eq(tensor_element(&tensor, i), i + 1);
  }
  expect_good("{\"shape\":(2L,3L),\"fortran_order\":False,\"descr\":\"<f4\"}", 24);
  expect_good(HEADER("<f4", "False", "()"), 4);
  expect_good(HEADER("<f4", "False", "(1,)"), 4);
  expect_good(HEADER("<f4", "False", "(0, 7)"), 0);
  expect_good(HEADER("|u1", "False", "(3,)"), 3);
  expect_good(HEADER("|b1", "False", "(3,)"), 3);
  expect_good(HEADER("<f2", "False", "(3,)"), 6);
  expect_good(HEADER("<i8", "False", "(3,)"), 24);
}

Test(npy, order_and_byte_order) {
  WeightTensor tensor;
  cr_assert_null(load(1, HEADER("<f4", "True", "(2, 3)"), 24, &tensor));
  static const double expected[] = {1, 3, 5, 2, 4, 6};
  for (int i = 0; i < 6; i++) cr_assert_eq(tensor_element(&tensor, i), expected[i]);
  Text text = npy_of(&arena, 1, HEADER(">f4", "False", "(1,)"), "\x3f\x80\0\0", 4);
  const char *error = NULL;
  cr_assert(load_npy(&arena, text.data, text.length, &tensor, &error), "%s", error);
  cr_assert_eq(tensor_element(&tensor, 0), 1);
  text = npy_of(&arena, 1, HEADER(">i2", "False", "(1,)"), "\x01\x02", 2);
  cr_assert(load_npy(&arena, text.data, text.length, &tensor, &error), "%s", error);
  cr_assert_eq(tensor_element(&tensor, 0), 258);
}

/* 19 */
Test(npy, no_python_objects) {
  expect_error(HEADER("|O", "False", "(1,)"), 4, "Python objects");
  expect_error(HEADER("|O8", "False", "(1,)"), 8, "Python objects");
  expect_error("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", 4, "structured");
  expect_error("{'descr': ('<f4', (2,)), 'fortran_order': False, 'shape': (1,), }", 8, "structured");
  expect_error(HEADER("<U4", "False", "(1,)"), 16, "`<U4`");
  expect_error(HEADER("<c8", "False", "(1,)"), 8, "`<c8`");
  expect_error(HEADER("|f4", "False", "(1,)"), 4, "`|f4`");
}

/* 20: the header is a tiny grammar, not Python. */
Test(npy, header_is_strict) {
  char deep[300] = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
  memset(deep + strlen(deep), '(', 200);
  expect_error(deep, 4, "expected a size");
  expect_error("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", 4, "unknown key `x`");
  expect_error("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", 4, "twice");
  expect_error("{'descr': '<f4', 'shape': (1,)}", 4, "no `fortran_order`");
  expect_error("{'descr': '<f4', 'fortran_order': 1, 'shape': (1,)}", 4, "neither True nor False");
  expect_error(HEADER("<f4", "False", "(-1,)"), 4, "expected a size");
  expect_error(HEADER("<f4", "False", "(1 2)"), 4, "expected `,`");
  expect_error(HEADER("<f4", "False", "1"), 4, "expected `(`");
  expect_error(HEADER("<f4", "False", "(1,)") "x", 4, "after the header's closing");
  expect_error("{'descr': '<f4", 4, "not plain text");
  expect_error("", 4, "expected `{`");
  expect_error(HEADER("<f4", "False", "(1,1,1,1,1,1,1,1,1)"), 4, "more than 8");
}

/* 20: the longest header, one byte less and one more. */
Test(npy, header_has_a_limit) {
  for (int length = MAX_NPY_HEADER - 1; length <= MAX_NPY_HEADER + 1; length++) {
    char header[MAX_NPY_HEADER + 2];
    memset(header, ' ', sizeof header);
    memcpy(header, "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", 55);
    header[length] = '\0';
    WeightTensor tensor;
    const char *error = load(1, header, 4, &tensor);
    cr_assert_eq(error == NULL, length <= MAX_NPY_HEADER, "%d: %s", length, error);
  }
}

/* 20: the keys in every order. */
Test(npy, keys_in_any_order) {
  static const char *const keys[] = {"'descr': '<f4'", "\"fortran_order\" : True", "'shape':(2 , 3)"};
  for (int first = 0; first < 3; first++)
    for (int second = 0; second < 3; second++) {
      if (first == second) continue;
      for (int comma = 0; comma < 2; comma++)
        expect_good(arena_printf(&arena, " {%s, %s,%s%s } ", keys[first], keys[second], keys[3 - first - second], comma ? ", " : ""), 24);
    }
}

/* 21: lengths and products. */
Test(npy, sizes_are_checked) {
  WeightTensor tensor;
  const char *error = NULL;
  cr_assert_not(load_npy(&arena, "\x93NUMPY\2\0\xf0\xff\xff\xff", 12, &tensor, &error));
  cr_assert(strstr(error, "10240 at most"), "%s", error);
  expect_error(HEADER("<f4", "False", "(4294967296, 4294967296)"), 4, "overflows");
  expect_error(HEADER("<f8", "False", "(4611686018427387904,)"), 4, "overflows");
  expect_error(HEADER("<f4", "False", "(99999999999999999999,)"), 4, "too large");
  expect_error(HEADER("<f4", "False", "(9223372036854775808,)"), 4, "too large");
  expect_error(HEADER("<f4", "False", "(2,)"), 4, "needs 8");
  expect_error(HEADER("<f4", "False", "(1,)"), 8, "needs 4");
}

Test(npy, cut_anywhere) {
  Text text = npy_of(&arena, 1, HEADER("<f4", "False", "(2,)"), "12345678", 8);
  for (size_t length = 0; length < text.length; length++) {
    char *exact = malloc(length ? length : 1); /* so that a sanitizer sees a byte too far */
    memcpy(exact, text.data, length);
    WeightTensor tensor;
    const char *error = NULL;
    cr_assert_not(load_npy(&arena, exact, length, &tensor, &error));
    free(exact);
  }
}

Test(npy, what_is_written_is_read) {
  static const double values[] = {0.1f, -1.5, 3, 250, 0, 1};
  static const int64_t sizes[] = {2, 3};
  Text text = text_new(&arena);
  write_npy(&text, TENSOR_F32, 2, sizes, values);
  WeightTensor tensor;
  const char *error = NULL;
  cr_assert(load_npy(&arena, text.data, text.length, &tensor, &error), "%s", error);
  cr_assert_eq(text.length % 64, 24, "the data do not begin at a multiple of 64");
  for (int i = 0; i < 6; i++) cr_assert_eq(tensor_element(&tensor, i), values[i]);
  text = text_new(&arena);
  static const double numbers[] = {-32768, 32767, 7};
  write_npy(&text, TENSOR_I16, 1, (const int64_t[]){3}, numbers);
  cr_assert(load_npy(&arena, text.data, text.length, &tensor, &error), "%s", error);
  for (int i = 0; i < 3; i++) cr_assert_eq(tensor_element(&tensor, i), numbers[i]);
}
