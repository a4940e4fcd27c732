/* Fixtures of the ways in which readers of safetensors have failed, built in memory. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "load/safetensors.h"

static Arena arena;

static void finish(void) { arena_free(&arena); }
TestSuite(safetensors, .fini = finish);

/* The length before the header, `data` zero bytes after it. */
static char *file_of(const char *header, size_t header_length, size_t data, size_t *length) {
  *length = 8 + header_length + data;
  char *bytes = arena_alloc(&arena, *length + 1);
  for (int i = 0; i < 8; i++) bytes[i] = (char)((uint64_t)header_length >> (8 * i) & 255);
  memcpy(bytes + 8, header, header_length);
  return bytes;
}

static const char *load(const char *header, size_t data, WeightTable *table) {
  size_t length;
  const char *error = NULL, *bytes = file_of(header, strlen(header), data, &length);
  bool good = load_safetensors(&arena, bytes, length, table, &error);
  cr_assert_eq(good, error == NULL);
  return error;
}

static void expect_good(const char *header, size_t data, int count) {
  WeightTable table;
  const char *error = load(header, data, &table);
  cr_assert_null(error, "%s: %s", header, error);
  cr_assert_eq(table.count, count);
}

static void expect_error(const char *header, size_t data, const char *part) {
  WeightTable table;
  const char *error = load(header, data, &table);
  cr_assert_not_null(error, "accepted: %.200s", header);
  cr_assert(strstr(error, part), "%.200s: expected `%s`, got `%s`", header, part, error);
  cr_assert(strstr(error, "(byte "), "no place in `%s`", error);
}

#define ENTRY(name, dtype, shape, begin, end)                                                                                              \
  "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"
#define A ENTRY("a", "F32", "[2]", 0, 8)

Test(safetensors, reads_tensors_sorted_by_name) {
  WeightTable table;
  const char *error = load("{" ENTRY("b", "F32", "[2,1]", 0, 8) "," ENTRY("a", "U8", "[3]", 8, 11) "}", 11, &table);
  cr_assert_null(error, "%s", error);
  cr_assert_eq(table.count, 2);
  cr_assert_str_eq(table.tensors[0].name, "a");
  cr_assert_eq(table.tensors[1].rank, 2);
  cr_assert_eq(table.tensors[1].elements, 2);
  cr_assert_eq(find_tensor(&table, "b"), &table.tensors[1]);
  cr_assert_null(find_tensor(&table, "B"));
}

Test(safetensors, accepts_what_the_reference_accepts) {
  expect_good("{}", 0, 0);
  expect_good("{}     ", 0, 0);
  expect_good("{\"__metadata__\":{}," A "}", 8, 1);
  expect_good("{" A ",\"__metadata__\":{\"format\":\"pt\",\"note\":\"two\\nlines\"}}", 8, 1);
  expect_good("{ \"a\" : { \"dtype\" : \"F32\" , \"shape\" : [ ] , \"data_offsets\" : [ 0 , 4 ] } }", 4, 1);
  expect_good("{" ENTRY("\\u00e9\\ud83d\\ude00", "F32", "[2]", 0, 8) "}", 8, 1);
  expect_good("{" ENTRY("", "F32", "[2]", 0, 8) "}", 8, 1);
}

Test(safetensors, huge_metadata_is_accepted) {
  size_t size = 1 << 20;
  char *header = arena_alloc(&arena, size + 100);
  strcpy(header, "{\"__metadata__\":{\"k\":\"");
  memset(header + strlen(header), 'x', size);
  strcat(header, "\"}}");
  expect_good(header, 0, 0);
}

/* 9: polyglots, holes, what may stand around the object. */
Test(safetensors, nothing_hides_in_the_file) {
  expect_error("{" A "}", 8 + 22, "belong to nothing");
  expect_error("{" ENTRY("a", "F32", "[2]", 1, 9) "}", 9, "belong to no tensor");
  expect_error("{" A "," ENTRY("b", "F32", "[2]", 9, 17) "}", 17, "belong to no tensor");
  expect_error("{" A "," ENTRY("b", "F32", "[2]", 7, 15) "}", 15, "overlap");
  expect_error("{" A "," ENTRY("b", "F32", "[2]", 0, 8) "}", 8, "overlap");
  expect_error(" {" A "}", 8, "does not begin with `{`");
  expect_error("\xef\xbb\xbf{" A "}", 8, "does not begin with `{`");
  expect_error("{" A "}\n", 8, "other than spaces");
  expect_error("{" A "}{}", 8, "other than spaces");
  expect_error("{" A "} x", 8, "other than spaces");
  expect_error("{\"__metadata__\":{\"a\":1}," A "}", 8, "is not a string");
  expect_error("{\"__metadata__\":{\"a\":{}}," A "}", 8, "is not a string");
  expect_error("{\"__metadata__\":[]," A "}", 8, "is not an object");
  expect_error("[1]", 0, "does not begin with `{`");
}

/* 10, 11: products that wrap. */
Test(safetensors, shapes_do_not_wrap) {
  expect_error("{" ENTRY("a", "F32", "[4194305,4194305,211106198978564]", 0, 16) "}", 16, "overflows");
  expect_error("{" ENTRY("a", "F32", "[4294967296,4294967296]", 0, 0) "}", 0, "overflows");
  expect_error("{" ENTRY("a", "F32", "[2305843009213693952,2]", 0, 0) "}", 0, "above 2^53");
  expect_error("{" ENTRY("a", "F64", "[4503599627370496,1024]", 0, 0) "}", 0, "overflows");
  /* Decided: a size above 2^53 is refused even where another size is 0. */
  expect_error("{" ENTRY("a", "F32", "[0,9223372036854775808]", 0, 0) "}", 0, "above 2^53");
  expect_good("{" ENTRY("a", "F32", "[0,4503599627370496]", 0, 0) "}", 0, 1);
}

/* 12: offsets and shape disagree, both ways. */
Test(safetensors, offsets_agree_with_shapes) {
  expect_error("{" ENTRY("a", "F32", "[1024,1024]", 0, 4) "}", 4, "needs 4194304");
  expect_error("{" ENTRY("a", "F32", "[1]", 0, 8) "}", 8, "needs 4");
  expect_error("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "two numbers");
  expect_error("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", 4, "two numbers");
  expect_error("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[]}}", 4, "two numbers");
  expect_error("{" ENTRY("a", "F32", "[1]", 8, 4) "}", 8, "end before they begin");
  expect_error("{" ENTRY("a", "F32", "[1]", -4, 0) "}", 4, "negative");
  expect_error("{" ENTRY("a", "F32", "[-1]", 0, 4) "}", 4, "negative");
  expect_error("{" ENTRY("a", "F32", "[1.5]", 0, 4) "}", 4, "not written as a whole number");
  expect_error("{" ENTRY("a", "F32", "[1]", 0, 1e400) "}", 4, "not written as a whole number");
  expect_error("{" ENTRY("a", "F32", "[1]", 0, 9007199254740993) "}", 4, "above 2^53");
  expect_error("{" ENTRY("a", "F32", "[01]", 0, 4) "}", 4, "begins with 0");
  expect_error("{" ENTRY("a", "F32", "[1,1,1,1,1,1,1,1,1]", 0, 4) "}", 4, "more than 8");
  expect_error("{" ENTRY("a", "F32", "[\"1\"]", 0, 4) "}", 4, "is not a number");
}

/* 13 */
Test(safetensors, dtypes_are_known) {
  expect_error("{" ENTRY("a", "F33", "[1]", 0, 4) "}", 4, "dtype `F33`");
  expect_error("{" ENTRY("a", "", "[1]", 0, 4) "}", 4, "dtype ``");
  expect_error("{" ENTRY("a", "f32", "[1]", 0, 4) "}", 4, "dtype `f32`");
  expect_error("{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "has no `dtype`");
  expect_error("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "has no `shape`");
  expect_error("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "has no `data_offsets`");
  expect_error("{\"a\":{\"dtype\":[],\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "is not a string");
  expect_error("{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4, "is not a list");
  expect_error("{\"a\":[]}", 4, "is not an object");
  expect_error("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4, "unknown key `x`");
  /* 29: cJSON's lookups ignore case; ours must not. */
  expect_error("{\"a\":{\"DTYPE\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "unknown key `DTYPE`");
  expect_good("{" A "," ENTRY("A", "F32", "[2]", 8, 16) "}", 16, 2);
}

/* 14: lengths and duplicates. */
Test(safetensors, lengths_are_checked_before_anything_is_allocated) {
  static const struct {
    uint64_t header;
    const char *part;
  } cases[] = {{UINT64_MAX, "no safetensors file"},
               {(UINT64_C(1) << 32) + 2, "no safetensors file"},
               {MAX_SAFETENSORS_HEADER + 1, "no safetensors file"},
               {MAX_SAFETENSORS_HEADER, "cut off"},
               {0, "too short"},
               {1, "too short"},
               {3, "cut off"}};
  char bytes[11] = "........{} ";
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    WeightTable table;
    const char *error = NULL;
    for (int i = 0; i < 8; i++) bytes[i] = (char)(cases[k].header >> (8 * i) & 255);
    cr_assert_not(load_safetensors(&arena, bytes, 10, &table, &error));
    cr_assert(strstr(error, cases[k].part), "%s", error);
  }
  for (size_t length = 0; length < 10; length++) {
    WeightTable table;
    const char *error = NULL;
    cr_assert_not(load_safetensors(&arena, "\2\0\0\0\0\0\0\0{}", length, &table, &error));
    cr_assert(strstr(error, "cut off"), "%s", error);
  }
}

Test(safetensors, names_stand_once) {
  expect_error("{" A "," A "}", 8, "twice");
  expect_error("{" A "," ENTRY("\\u0061", "F32", "[2]", 8, 16) "}", 16, "twice");
  expect_error("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "twice");
  expect_error("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"shap\\u0065\":[1],\"data_offsets\":[0,4]}}", 4, "twice");
  expect_error("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0, "twice");
}

/* 15: an empty tensor shares its place with others, as in the reference. */
Test(safetensors, empty_tensors_are_accepted) {
  expect_good("{" ENTRY("e", "F32", "[0]", 0, 0) "," A "}", 8, 2);
  expect_good("{" A "," ENTRY("e", "F32", "[0,3]", 8, 8) "}", 8, 2);
  expect_error("{" A "," ENTRY("e", "F32", "[0]", 4, 4) "}", 8, "overlap");
}

/* 25, 28, 29: strings. */
Test(safetensors, strings_are_strict) {
  expect_error("{\"a\\u0000x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "u0000");
  expect_error("{" ENTRY("a", "F32\\u0000x", "[2]", 0, 8) "}", 8, "u0000");
  expect_error("{" ENTRY("a\\n", "F32", "[2]", 0, 8) "}", 8, "control character");
  expect_error("{" ENTRY("a\\u001b[31m", "F32", "[2]", 0, 8) "}", 8, "control character");
  expect_error("{" ENTRY("a\n", "F32", "[2]", 0, 8) "}", 8, "control character");
  expect_error("{" ENTRY("a\\u0085", "F32", "[2]", 0, 8) "}", 8, "control character");
  expect_error("{" ENTRY("\\x", "F32", "[2]", 0, 8) "}", 8, "escape");
  expect_error("{" ENTRY("\\ud800", "F32", "[2]", 0, 8) "}", 8, "surrogate");
  expect_error("{" ENTRY("\\ud800\\u0041", "F32", "[2]", 0, 8) "}", 8, "surrogate");
  expect_error("{" ENTRY("\\udc00", "F32", "[2]", 0, 8) "}", 8, "surrogate");
  expect_error("{" ENTRY("\\u12g4", "F32", "[2]", 0, 8) "}", 8, "hexadecimal");
  expect_error("{" ENTRY("\xff", "F32", "[2]", 0, 8) "}", 8, "UTF-8");
  expect_error("{" ENTRY("\xc0\x80", "F32", "[2]", 0, 8) "}", 8, "UTF-8");
  expect_error("{" ENTRY("\xed\xa0\x80", "F32", "[2]", 0, 8) "}", 8, "UTF-8");
  expect_error("{" ENTRY("\xe0\x80\x80", "F32", "[2]", 0, 8) "}", 8, "UTF-8");
  expect_error("{\"a", 0, "not closed");
  expect_error("{\"a\\", 0, "escape");
  expect_error("{\"a\\u00", 0, "hexadecimal");
  expect_error("{\"a\":", 0, "should stand");
  expect_error("{\"a\"", 0, "expected `:`");
  expect_error("{\"a\":{\"dtype\":\"F32\"", 0, "ends inside");
  expect_error("{\"a\":[1", 0, "ends inside");
  expect_error("{" A ",}", 8, "expected a name");
  expect_error("{\"a\":true}", 0, "expected a string");
  expect_error("{\"a\":null}", 0, "expected a string");
}

Test(safetensors, a_nul_byte_in_the_header) {
  const char header[] = "{\"a\0b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
  size_t length;
  const char *error = NULL, *bytes = file_of(header, sizeof header - 1, 8, &length);
  WeightTable table;
  cr_assert_not(load_safetensors(&arena, bytes, length, &table, &error));
  cr_assert(strstr(error, "NUL"), "%s", error);
}

/* 26: long numbers; 27: nesting. */
Test(safetensors, numbers_and_nesting_are_bounded) {
  static const size_t digits[] = {21, 40, 4000, 1000000};
  for (size_t i = 0; i < sizeof digits / sizeof *digits; i++) {
    char *header = arena_alloc(&arena, digits[i] + 100);
    strcpy(header, "{\"a\":{\"dtype\":\"F32\",\"shape\":[");
    memset(header + strlen(header), '1', digits[i]);
    strcat(header, "],\"data_offsets\":[0,4]}}");
    expect_error(header, 4, "more than 20 digits");
  }
  expect_error("{" ENTRY("a", "F32", "[18446744073709551618]", 0, 8) "}", 8, "above 2^53"); /* 2^64 + 2 */
  char *deep = arena_alloc(&arena, 200100);
  strcpy(deep, "{\"a\":");
  memset(deep + 5, '[', 200000);
  expect_error(deep, 0, "nested more than 3 deep");
  expect_error("{\"a\":{\"b\":{\"c\":{}}}}", 0, "nested more than 3 deep");
}

/* 28: a buffer that ends where the address space does. */
Test(safetensors, reads_nothing_behind_the_buffer) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  cr_assert_neq(pages, MAP_FAILED);
  mprotect(pages + page, page, PROT_NONE);
  size_t length;
  const char *whole = file_of("{" A "," ENTRY("b", "F16", "[3]", 8, 14) "}", strlen("{" A "," ENTRY("b", "F16", "[3]", 8, 14) "}"), 14,
                              &length);
  for (size_t cut = 0; cut <= length; cut++) {
    char *bytes = pages + page - cut;
    memcpy(bytes, whole, cut);
    WeightTable table;
    const char *error = NULL;
    cr_assert_eq(load_safetensors(&arena, bytes, cut, &table, &error), cut == length);
    for (size_t header = 1; cut >= 8 && header <= cut - 8; header++) { /* and headers that end anywhere */
      bytes[0] = (char)header;
      bytes[1] = (char)(header >> 8);
      (void)load_safetensors(&arena, bytes, cut, &table, &error);
    }
  }
  munmap(pages, 2 * page);
}

/* 17: values of each type, from bytes. */
Test(safetensors, numbers_of_each_type) {
  static const struct {
    TensorDType dtype;
    unsigned char bytes[8];
    double value;
  } cases[] = {
      {TENSOR_F32, {0, 0, 0x80, 0x3f}, 1.0},
      {TENSOR_F32, {1, 0, 0, 0}, 1.401298464324817e-45},
      {TENSOR_F64, {0, 0, 0, 0, 0, 0, 0xe0, 0xbf}, -0.5},
      {TENSOR_F16, {0, 0x3c}, 1.0},
      {TENSOR_F16, {1, 0}, 5.9604644775390625e-08},
      {TENSOR_F16, {0xff, 0xfb}, -65504.0},
      {TENSOR_F16, {0xff, 0x03}, 1023.0 / 16777216},
      {TENSOR_BF16, {0x80, 0x3f}, 1.0},
      {TENSOR_BF16, {0x49, 0xc0}, -3.140625},
      {TENSOR_I8, {0xff}, -1},
      {TENSOR_U8, {0xff}, 255},
      {TENSOR_I16, {0, 0x80}, -32768},
      {TENSOR_U16, {0, 0x80}, 32768},
      {TENSOR_I32, {0xfe, 0xff, 0xff, 0xff}, -2},
      {TENSOR_U32, {0, 0, 0, 0x80}, 2147483648.0},
      {TENSOR_I64, {0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, -3},
      {TENSOR_U64, {0, 0, 0, 0, 0, 0, 0, 0x80}, 9223372036854775808.0},
      {TENSOR_BOOL, {1}, 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    WeightTensor tensor = {.dtype = cases[i].dtype, .rank = 1, .sizes = {1}, .elements = 1, .data = cases[i].bytes};
    cr_assert_eq(tensor_element(&tensor, 0), cases[i].value, "case %zu: %g", i, tensor_element(&tensor, 0));
    unsigned char turned[8];
    int size = tensor_dtype_bytes(cases[i].dtype);
    for (int k = 0; k < size; k++) turned[k] = cases[i].bytes[size - 1 - k];
    tensor.data = turned;
    tensor.big_endian = true;
    cr_assert_eq(tensor_element(&tensor, 0), cases[i].value, "case %zu, big-endian", i);
  }
  unsigned char infinity[2] = {0, 0x7c}, nan[2] = {1, 0x7e};
  WeightTensor half = {.dtype = TENSOR_F16, .rank = 0, .elements = 1, .data = infinity};
  cr_assert_gt(tensor_element(&half, 0), 1e38);
  half.data = nan;
  cr_assert_neq(tensor_element(&half, 0), tensor_element(&half, 0));
}

/* 29: 100,000 tensors in less than a second. */
Test(safetensors, many_tensors_are_fast) {
  enum { COUNT = 100000 };
  char *header = arena_alloc(&arena, COUNT * 100 + 10), *at = header;
  at += sprintf(at, "{");
  for (int i = 0; i < COUNT; i++)
    at += sprintf(at, "%s\"layer%d.weight\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%d,%d]}", i ? "," : "", i, 4 * i, 4 * i + 4);
  sprintf(at, "}");
  clock_t start = clock();
  expect_good(header, 4 * COUNT, COUNT);
  double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
  cr_assert_lt(seconds, 10.0, "%g s", seconds); /* ten times the promise, for sanitizers */
}

/* Every allocation fails once; nothing leaks (seen by the sanitizer), nothing crashes. */
Test(safetensors, memory_that_runs_out) {
  const char *header = "{" A "," ENTRY("b", "F16", "[3]", 8, 14) "}";
  size_t length;
  const char *bytes = file_of(header, strlen(header), 14, &length);
  for (volatile long fail = 1; fail < 100; fail++) {
    Arena small = {.fail_after = fail};
    jmp_buf out_of_memory;
    small.out_of_memory = &out_of_memory;
    volatile bool finished = false;
    if (!setjmp(out_of_memory)) {
      WeightTable table;
      const char *error = NULL;
      finished = load_safetensors(&small, bytes, length, &table, &error);
    }
    arena_free(&small);
    if (finished) return;
  }
  cr_assert_fail("never enough memory");
}
