/* evaluate_nets.c - tells whether networks that were imported compute what the evaluator made of those that were exported.
 *
 *   evaluate_nets FILE.cnn..
 *
 * FILE.K.data beside each is what tests/export/export_nets wrote: inputs and outputs for the K-th choice of sizes that vary,
 * which are found again from the shapes of the inputs. Prints "FILE<tab>what is wrong" and a count last. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net_graph.h"
#include "passes/interpret.h"
#include "support/reader.h"

/* Of the largest output: both are computed in double precision, of factors that import may have multiplied as float32. */
#define TOLERANCE 1e-6

enum { MOST_TENSORS = 64 };

typedef struct Tensor { /* as put_tensor wrote it */
  int64_t rank;
  const int64_t *sizes; /* the first is the samples */
  const double *numbers;
  int64_t each; /* numbers of one sample */
} Tensor;

static int read_tensors(const char *data, size_t length, Tensor *tensors) {
  const int64_t *at = (const int64_t *)(const void *)data, *end = at + length / sizeof *at;
  int count = 0;
  for (; at < end && count < MOST_TENSORS; count++) {
    Tensor *t = &tensors[count];
    *t = (Tensor){.rank = at[0], .sizes = at + 1, .each = 1};
    for (int i = 1; i < t->rank; i++) t->each *= t->sizes[i];
    t->numbers = (const double *)(const void *)(at + 1 + t->rank);
    at += 1 + t->rank + t->sizes[0] * t->each;
  }
  return count;
}

/* The size of the type that stands at a place of the caller's shape, samples not counted. */
static const Size *caller_size(const TensorType *type, bool hwc, int i) { return type->sizes[hwc ? (i + 1) % type->rank : i]; }

/* Every dim gets what stands in its place in the data. */
static Binding *bind_dims(Arena *arena, const Graph *graph, const Tensor *tensors) {
  Binding *bindings = NULL;
  for (int d = 0; d < graph->dim_count; d++)
    for (int i = 0, found = 0; i < graph->input_count && !found; i++) {
      const TensorType *type = &graph->inputs[i].value->type;
      for (int k = 0; k < type->rank && !found; k++) {
        if (!size_equal(caller_size(type, graph->inputs[i].hwc, k), size_of_dim(arena, graph->dims[d]))) continue;
        Binding *binding = ARENA_NEW(arena, Binding);
        *binding = (Binding){graph->dims[d]->name, arena_printf(arena, "%lld", (long long)tensors[i].sizes[k + 1]), bindings};
        bindings = binding;
        found = 1;
      }
    }
  return bindings;
}

static const char *shape_difference(Arena *arena, const char *name, const TensorType *type, bool hwc, const Tensor *tensor) {
  bool same = tensor->rank == type->rank + 1;
  for (int i = 0; i < type->rank && same; i++) same = size_value(caller_size(type, hwc, i)) == tensor->sizes[i + 1];
  return same ? NULL : arena_printf(arena, "`%s` has another shape", name);
}

/* NULL: the numbers agree. */
static const char *difference(Arena *arena, const GraphOutput *output, const double *ours, const double *expected, const Tensor *tensor) {
  const TensorType *type = &output->value->type;
  double largest = 0, worst = 0;
  for (int64_t i = 0; i < tensor->each; i++) {
    double a = ours[logical_index(type, output->hwc, i)], b = expected[i];
    if (isfinite(b) && fabs(b) > largest) largest = fabs(b);
    if (a == b || (isnan(a) && isnan(b))) continue;
    double off = fabs(a - b);
    if (!(off <= worst)) worst = off; /* NaN too */
  }
  if (worst <= TOLERANCE * largest) return NULL;
  return arena_printf(arena, "`%s` differs by %.3g of %.3g", output->name, worst, largest);
}

static const char *compare(Arena *arena, const Graph *graph, const Tensor *tensors) {
  double *inputs[MOST_TENSORS], *outputs[MOST_TENSORS];
  const char *wrong = NULL;
  for (int i = 0; i < graph->input_count && !wrong; i++)
    wrong = shape_difference(arena, graph->inputs[i].value->name, &graph->inputs[i].value->type, graph->inputs[i].hwc, &tensors[i]);
  for (int64_t s = 0; s < tensors[0].sizes[0] && !wrong; s++) {
    for (int i = 0; i < graph->input_count; i++) {
      const Tensor *t = &tensors[i];
      inputs[i] = ARENA_ARRAY(arena, double, (size_t)t->each + 1);
      for (int64_t k = 0; k < t->each; k++)
        inputs[i][logical_index(&graph->inputs[i].value->type, graph->inputs[i].hwc, k)] = t->numbers[s * t->each + k];
    }
    if (!interpret(arena, graph, (const double *const *)inputs, outputs)) return "there is not enough memory";
    for (int i = 0; i < graph->output_count && !wrong; i++) {
      const Tensor *t = &tensors[graph->input_count + i];
      const GraphOutput *output = &graph->outputs[i];
      wrong = shape_difference(arena, output->name, &output->value->type, output->hwc, t);
      if (!wrong) wrong = difference(arena, output, outputs[i], t->numbers + s * t->each, t);
    }
  }
  return wrong;
}

/* What is wrong with a file; NULL: nothing. */
static const char *do_file(Arena *arena, const char *file) {
  Options options = {.file = file, .batch = 1, .target = "generic", .verify = true};
  NetCompilation net;
  Tensor tensors[MOST_TENSORS];
  int cases = 0;
  for (;; cases++) {
    options.sizes = NULL;
    const Graph *graph = net_graph(arena, &options, &net);
    if (!graph) return net_errors(arena, &net);
    size_t length;
    const char *error, *path = arena_printf(arena, "%.*s%d.data", (int)strlen(file) - 3, file, cases);
    const char *data = read_whole_file(arena, path, READ_FILES_ONLY, &length, &error);
    if (!data) break;
    if (read_tensors(data, length, tensors) != graph->input_count + graph->output_count) return "it has other inputs or outputs";
    options.sizes = bind_dims(arena, graph, tensors);
    if (options.sizes && !(graph = net_graph(arena, &options, &net))) return net_errors(arena, &net);
    const char *wrong = compare(arena, graph, tensors);
    if (wrong) return wrong;
  }
  return cases ? NULL : "there is nothing to compare with";
}

int main(int argc, char **argv) {
  int failed = 0;
  for (int i = 1; i < argc; i++) {
    Arena arena = {0};
    const char *wrong = do_file(&arena, argv[i]);
    if (wrong) printf("%s\t%.*s\n", argv[i], (int)strcspn(wrong, "\n"), wrong);
    failed += wrong != NULL;
    arena_free(&arena);
  }
  printf("%d passed, %d failed\n", argc - 1 - failed, failed);
  return failed > 0;
}
