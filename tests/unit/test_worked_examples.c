/* test_worked_examples.c - the classic examples of text books, which a reader can check by hand: those of
 * language.md, section 4, and those of the file worked_examples.json in the directory that DATA names (skipped if
 * there is none). */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph_fixture.h"
#include "ops/dense.h"

enum { MOST_NUMBERS = 1024 };

/* A conv with one output channel and no bias, the kernel given. */
static Node *conv_with(Fixture *f, const char *attributes, const char *shape, const double *kernel) {
  char text[160];
  snprintf(text, sizeof text, "out_channels=1 bias=false %s", attributes);
  Node *node = fixture_layer(f, "conv", text, fixture_input(f, shape));
  cr_assert(!node->output->poisoned, "%s", fixture_result(f, node));
  Parameter *weight = node->parameters[0];
  int64_t elements = 1;
  for (int i = 0; i < weight->rank; i++) elements *= weight->sizes[i];
  weight->data = ARENA_ARRAY(&f->arena, float, (size_t)elements);
  for (int64_t i = 0; i < elements; i++) weight->data[i] = (float)kernel[i];
  return node;
}

static void check_conv(const char *attributes, const char *shape, const double *x, const double *kernel, const double *wanted, int count) {
  Fixture f;
  fixture_begin(&f);
  Node *node = conv_with(&f, attributes, shape, kernel);
  double *y = ARENA_ARRAY(&f.arena, double, (size_t)dense_elements(dense_of(&node->output->type)));
  node->op->evaluate(node, &x, y);
  for (int i = 0; i < count; i++) cr_assert_float_eq(y[i], wanted[i], 0, "element %d is %g", i, y[i]);
  fixture_end(&f);
}

Test(worked_examples, one_dimension) {
  static const double x[] = {5, 3, 2, 5, 9, 7}, kernel[] = {1, 2, 3}, y[] = {17, 22, 39, 44};
  check_conv("kernel_size=3", "1,6", x, kernel, y, 4);
}

Test(worked_examples, vertical_edges) {
  static const double x[] = {3, 0, 1, 2, 7, 4, 1, 5, 8, 9, 3, 1, 2, 7, 2, 5, 1, 3, 0, 1, 3, 1, 7, 8, 4, 2, 1, 6, 2, 8, 2, 4, 5, 2, 3, 9};
  static const double kernel[] = {1, 0, -1, 1, 0, -1, 1, 0, -1};
  static const double y[] = {-5, -4, 0, 8, -10, -2, 2, 3, 0, -2, -4, -7, -3, -2, -3, -16};
  check_conv("kernel_size=3", "1,6,6", x, kernel, y, 16);
}

Test(worked_examples, stride_two) {
  static const double x[] = {2, 3, 7, 4, 6, 2, 9, 6, 6, 9, 8, 7, 4, 3, 3, 4, 8, 3, 8, 9, 7, 7, 8, 3, 6,
                             6, 3, 4, 4, 2, 1, 8, 3, 4, 6, 3, 2, 4, 1, 9, 8, 3, 0, 1, 3, 9, 2, 1, 4};
  static const double kernel[] = {3, 4, 4, 1, 0, 2, -1, 0, 3}, y[] = {91, 100, 88, 69};
  check_conv("kernel_size=3 stride=2", "1,7,7", x, kernel, y, 4);
}

/* Numbers of a nested array in order; its sizes in front of those found deeper. */
static int read_numbers(const cJSON *array, double *out, int64_t sizes[4], int depth, int count) {
  if (!cJSON_IsArray(array)) {
    cr_assert_lt(count, MOST_NUMBERS);
    out[count] = array->valuedouble;
    return count + 1;
  }
  sizes[depth] = cJSON_GetArraySize(array);
  const cJSON *item;
  cJSON_ArrayForEach(item, array) count = read_numbers(item, out, sizes, depth + 1, count);
  return count;
}

typedef struct Array {
  double values[MOST_NUMBERS];
  int64_t sizes[4]; /* 0 beyond its rank */
  int count;
} Array;

static Array read_array(const cJSON *example, const char *name) {
  Array array = {0};
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(example, name);
  cr_assert_not_null(item);
  array.count = read_numbers(item, array.values, array.sizes, 0, 0);
  return array;
}

static int number_or(const cJSON *example, const char *name, int otherwise) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(example, name);
  return item ? item->valueint : otherwise;
}

/* "1,6,6": with a channel in front where the array has none. */
static void print_shape(char out[64], const Array *x, bool one_dimensional) {
  if (one_dimensional) snprintf(out, 64, "1,%d", (int)x->sizes[0]);
  else if (!x->sizes[2]) snprintf(out, 64, "1,%d,%d", (int)x->sizes[0], (int)x->sizes[1]);
  else snprintf(out, 64, "%d,%d,%d", (int)x->sizes[0], (int)x->sizes[1], (int)x->sizes[2]);
}

static void check_convolution(const cJSON *example) {
  Array x = read_array(example, "x"), w = read_array(example, "w"), y = read_array(example, "y");
  char shape[64], attributes[120];
  print_shape(shape, &x, !x.sizes[1]);
  int rank = w.sizes[2] ? 3 : w.sizes[1] ? 2 : 1;
  snprintf(attributes, sizeof attributes, "kernel_size=%dx%d stride=%d padding=%d dilation=%d", (int)w.sizes[rank > 1 ? rank - 2 : 0],
           (int)w.sizes[rank - 1], number_or(example, "stride", 1), number_or(example, "pad", 0), number_or(example, "dilation", 1));
  check_conv(attributes, shape, x.values, w.values, y.values, y.count);
}

static void check_pooling(const cJSON *example, const char *op, const char *result, int kernel, int stride, double tolerance) {
  Array x = read_array(example, "x"), wanted = read_array(example, result);
  Fixture f;
  fixture_begin(&f);
  char shape[64], attributes[64];
  print_shape(shape, &x, false);
  snprintf(attributes, sizeof attributes, "kernel_size=%d stride=%d", kernel, stride);
  Node *node = fixture_layer(&f, op, attributes, fixture_input(&f, shape));
  double y[MOST_NUMBERS];
  const double *inputs[] = {x.values};
  cr_assert_eq(dense_elements(dense_of(&node->output->type)), wanted.count);
  node->op->evaluate(node, inputs, y);
  for (int i = 0; i < wanted.count; i++) cr_assert_float_eq(y[i], wanted.values[i], tolerance);
  fixture_end(&f);
}

/* false: an operation that cnnc does not have yet. */
static bool check_example(const cJSON *example) {
  const cJSON *op = cJSON_GetObjectItemCaseSensitive(example, "op");
  if (!op || strcmp(op->valuestring, "conv1d") == 0) check_convolution(example);
  else if (strcmp(op->valuestring, "maxpool 2x2 s2") == 0) check_pooling(example, "max_pool", "y", 2, 2, 0);
  else if (strcmp(op->valuestring, "avgpool 3x3 s1") == 0) {
    check_pooling(example, "avg_pool", "y", 3, 1, 0.051); /* rounded to one decimal */
    check_pooling(example, "max_pool", "max", 3, 1, 0);
  } else return false;
  return true;
}

Test(worked_examples, of_the_shared_file) {
  const char *directory = getenv("DATA");
  static char path[4096], text[1 << 16];
  snprintf(path, sizeof path, "%s/worked_examples.json", directory ? directory : "");
  FILE *file = directory ? fopen(path, "r") : NULL;
  if (!file) cr_skip_test("skipped: DATA names no directory with worked_examples.json");
  size_t length = fread(text, 1, sizeof text, file);
  fclose(file);
  cJSON *examples = cJSON_ParseWithLength(text, length);
  cr_assert_not_null(examples);
  int checked = 0;
  const cJSON *example;
  cJSON_ArrayForEach(example, examples) if (cJSON_IsObject(example)) checked += check_example(example);
  cJSON_Delete(examples);
  cr_assert_geq(checked, 8);
}
