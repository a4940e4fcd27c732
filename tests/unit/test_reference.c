/* test_reference.c - every operator against PyTorch: the cases of tests/reference/operators.txt, which
 * make_reference.py wrote. Compared are the evaluation and, on an interpreter, the lowering. REFERENCE names another
 * file. */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph_fixture.h"
#include "nest_interpreter.h"
#include "ops/dense.h"

/* As in make_reference.py. */
static double number(const char *pattern, uint32_t seed, uint32_t tensor, uint32_t i) {
  static const double specials[] = {1, -INFINITY, 2, -3, INFINITY, 0, NAN, -0.5, 4, -INFINITY, -INFINITY};
  uint32_t h = i * UINT32_C(2654435761) + tensor * UINT32_C(40503) + seed * UINT32_C(69069) + UINT32_C(12345);
  h = (h ^ h >> 15) * UINT32_C(2246822519);
  h ^= h >> 13;
  if (strcmp(pattern, "integer") == 0) return (double)(h % 11) - 5;
  if (strcmp(pattern, "twelve") == 0) return ((double)(h % 19) - 9) * 12;
  if (strcmp(pattern, "fraction") == 0) return ((double)(h % 257) - 128) / 32;
  if (strcmp(pattern, "positive") == 0) return ((double)(h % 64) + 1) / 16;
  if (strcmp(pattern, "special") == 0) return specials[h % (sizeof specials / sizeof *specials)];
  if (strcmp(pattern, "large") == 0) return (double)(h % 2001) - 1000;
  cr_assert_fail("no pattern %s", pattern);
  return 0;
}

static double *make_tensor(Fixture *f, const char *pattern, uint32_t seed, uint32_t tensor, int64_t elements) {
  double *data = ARENA_ARRAY(&f->arena, double, (size_t)elements);
  for (int64_t i = 0; i < elements; i++) data[i] = number(pattern, seed, tensor, (uint32_t)i);
  return data;
}

static bool close_to(double wanted, double got, double tolerance) {
  if (isnan(wanted) || isnan(got)) return isnan(wanted) && isnan(got);
  if (isinf(wanted) || isinf(got)) return wanted == got;
  return fabs(wanted - got) <= tolerance * fmax(1, fabs(wanted));
}

static void compare(const char *line, const char *what, const double *got, int64_t count, const char *values, double tolerance) {
  const char *at = values;
  for (int64_t i = 0; i < count; i++) {
    char *end;
    double wanted = strtod(at, &end);
    cr_assert(end != at, "%s: too few values", line);
    if (!close_to(wanted, got[i], tolerance))
      cr_assert_fail("%s gives %.17g, not %.17g, at %lld of\n  %s", what, got[i], wanted, (long long)i, line);
    at = end;
  }
  cr_assert_eq(strspn(at, " \n"), strlen(at), "%s: too many values", line);
}

/* Tensor number `first` and those after it; constants are given already. */
static void fill_parameters(Fixture *f, Node *node, const char *pattern, uint32_t seed, int first) {
  for (int slot = 0; slot < node->parameter_count; slot++) {
    Parameter *p = node->parameters[slot];
    if (!p || p->kind == PARAMETER_CONSTANT) continue;
    int64_t elements = 1;
    for (int i = 0; i < p->rank; i++) elements *= p->sizes[i];
    bool variance = strcmp(p->role, "running_var") == 0;
    const double *data = make_tensor(f, variance ? "positive" : pattern, seed, (uint32_t)(first + slot), elements);
    p->data = ARENA_ARRAY(&f->arena, float, (size_t)elements);
    int64_t taps = p->rank > 1 ? elements / (p->sizes[0] * p->sizes[1]) : 1;
    for (int64_t i = 0; i < elements; i++) p->data[i] = p->connected && !p->connected[i / taps] ? 0 : (float)data[i];
  }
}

/* Every node in order: of a call that expands, several. Their values by id. */
static const double *evaluate_graph(Fixture *f, const char *line, const Value *result, const double **values, bool lower) {
  for (int i = 0; i < f->graph->node_count; i++) {
    const Node *node = f->graph->nodes[i];
    const double *inputs[8];
    for (int k = 0; k < node->input_count; k++) inputs[k] = values[node->inputs[k]->id];
    int64_t elements = dense_elements(dense_of(&node->output->type));
    double *output = ARENA_ARRAY(&f->arena, double, (size_t)elements);
    for (int64_t k = 0; k < elements; k++) output[k] = 12345;
    if (lower) interpret_node(&f->arena, node, inputs, (TensorData){0}, output);
    else node->op->evaluate(node, inputs, output);
    values[node->output->id] = output;
  }
  cr_assert_not_null(values[result->id], "%s", line);
  return values[result->id];
}

static bool all_have_lowerings(const Graph *graph) {
  for (int i = 0; i < graph->node_count; i++)
    if (!has_lowering(graph->nodes[i])) return false;
  return true;
}

/* OP IN[;IN..] PATTERN SEED [attribute=value ..] : OUT : values */
static void check_case(const char *line) {
  Fixture f;
  fixture_begin(&f);
  char *copy = arena_strdup(&f.arena, line), *shape = strstr(copy, " : ") + 3, *values = strstr(shape, " : ") + 3;
  shape[-3] = values[-3] = 0;
  char *op = strtok(copy, " "), *shapes = strtok(NULL, " "), *pattern = strtok(NULL, " ");
  uint32_t seed = (uint32_t)strtoul(strtok(NULL, " "), NULL, 10);
  const char *attributes = strtok(NULL, "");
  Value *inputs[8];
  const double *values_of[32] = {NULL};
  int count = 0;
  for (char *one = strtok(shapes, ";"); one; one = strtok(NULL, ";"), count++) {
    inputs[count] = fixture_input(&f, one);
    values_of[inputs[count]->id] = make_tensor(&f, pattern, seed, (uint32_t)count, dense_elements(dense_of(&inputs[count]->type)));
  }
  Node *node = fixture_node(&f, op, attributes ? attributes : "", inputs, count);
  const Value *expected = fixture_input(&f, shape);
  cr_assert_str_eq(fixture_result(&f, node), type_text(&f.arena, &expected->type), "%s", line);
  int tensor = count;
  for (int i = 0; i < f.graph->node_count; i++) {
    fill_parameters(&f, f.graph->nodes[i], pattern, seed, tensor);
    tensor += f.graph->nodes[i]->parameter_count;
  }
  int64_t elements = dense_elements(dense_of(&node->output->type));
  compare(line, "evaluation", evaluate_graph(&f, line, node->output, values_of, false), elements, values, 1e-12);
  if (all_have_lowerings(f.graph)) /* whose constants are floats */
    compare(line, "lowering", evaluate_graph(&f, line, node->output, values_of, true), elements, values, 1e-6);
  fixture_end(&f);
}

Test(reference, operators_agree_with_pytorch) {
  const char *path = getenv("REFERENCE");
  if (!path) path = "tests/reference/operators.txt";
  FILE *file = fopen(path, "r");
  cr_assert_not_null(file, "%s: %s", path, strerror(errno));
  static char line[1 << 16];
  int cases = 0;
  for (; fgets(line, sizeof line, file); cases += line[0] != '#')
    if (line[0] != '#') check_case(line);
  fclose(file);
  cr_assert_gt(cases, 2000);
}

/* PyTorch's answer, written out where it can be seen: the last window of 5 6 holds two numbers. */
Test(reference, ceil_mode_divides_by_what_is_there) {
  Fixture f;
  fixture_begin(&f);
  const double x[] = {1, 2, 3, 4, 5, 6}, *inputs[] = {x};
  Node *node = fixture_layer(&f, "avg_pool", "kernel_size=3 stride=2 ceil_mode=true", fixture_input(&f, "1,6"));
  double y[3];
  cr_assert_str_eq(fixture_result(&f, node), "[1, 3]");
  node->op->evaluate(node, inputs, y);
  cr_assert_float_eq(y[0], 2, 0);
  cr_assert_float_eq(y[1], 4, 0);
  cr_assert_float_eq(y[2], 5.5, 0);
  fixture_end(&f);
}

/* fc reads the image behind a flatten; the matrix keeps PyTorch's columns. */
static void check_flattened_fc(const char *shape, const char *order) {
  Fixture f;
  fixture_begin(&f);
  Value *image = fixture_input(&f, shape);
  Node *flatten = fixture_layer(&f, "flatten", order, image);
  Node *dropout = fixture_layer(&f, "dropout", "", flatten->output);
  Node *fc = fixture_layer(&f, "fc", "out_features=5", dropout->output);
  cr_assert_str_eq(fixture_result(&f, fc), "[5]");
  fill_parameters(&f, fc, "integer", 7, 1);
  int64_t elements = dense_elements(dense_of(&image->type));
  const double *pixels = make_tensor(&f, "integer", 8, 0, elements);
  double *vector = ARENA_ARRAY(&f.arena, double, (size_t)elements), wanted[5], got[5];
  const double *flatten_inputs[] = {pixels}, *fc_inputs[] = {vector};
  flatten->op->evaluate(flatten, flatten_inputs, vector);
  fc->op->evaluate(fc, fc_inputs, wanted);
  interpret_node(&f.arena, fc, fc_inputs, (TensorData){image, pixels}, got);
  for (int i = 0; i < 5; i++) cr_assert_float_eq(wanted[i], got[i], 0);
  fixture_end(&f);
}

Test(reference, fc_reads_the_flattened_image) {
  static const char *const shapes[] = {"3,4,5", "2,7", "6,1,1", "1,3,2", "9"};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    check_flattened_fc(shapes[i], "order=chw");
    check_flattened_fc(shapes[i], "order=hwc");
  }
}
