/* expect_results.c - see expect_results.h.
 *
 * How far may a sum be off? Floats err otherwise on every machine, by what a layer does to errors: a difference of nearly equal
 * numbers magnifies them, a maximum does not. So the net is evaluated again while each value is disturbed a little, by
 * more than floats do, and the differences d that come of it are measured. With random signs their sum exceeds
 * 6 sqrt(sum of d^2) once in 3e7 times (Hoeffding), however they depend on each other, while one number that is wrong
 * altogether, or a channel that is off by a little, is seen among very many. */
#include "passes/expect_results.h"

#include <math.h>

#include "ir/operator.h"
#include "passes/interpret.h"
#include "support/progress.h"

enum { TIMES = 2, LEAST_SIZE = 20 };
static const double disturbance = 1.0 / 262144, deviations = 6; /* floats err by 1/16 of that, at most, in all that was tried */
static const double most_float = 1e37;                          /* larger sums are left out */

typedef struct Noise {
  uint32_t state;
} Noise;

/* -1 to 1 */
static double next_noise(Noise *noise) {
  noise->state = selftest_next(noise->state);
  return (double)(noise->state >> 8) / (1 << 23) - 1;
}

/* What adds up errs in parts of what it adds, for which the size of its results stands; the others in parts of each number. */
static bool adds_up(const Value *value) {
  if (!value->producer) return false;
  OperatorKind kind = value->producer->op->kind;
  return kind == OPERATOR_NEST;
}

/* A view, a slice or a join hands on numbers as they are. */
static bool hands_on(const Value *value) {
  if (!value->producer) return false;
  OperatorKind kind = value->producer->op->kind;
  return kind == OPERATOR_VIEW || kind == OPERATOR_SLICE || kind == OPERATOR_JOIN;
}

static void disturb(void *context, const Value *value, double *numbers, int64_t count) {
  Noise *noise = context;
  double squares = 0;
  if (hands_on(value)) return;
  for (int64_t i = 0; i < count && adds_up(value); i++) squares += numbers[i] * numbers[i];
  double usual = sqrt(squares / (double)count);
  for (int64_t i = 0; i < count; i++) {
    double relative = disturbance * next_noise(noise), absolute = disturbance * next_noise(noise);
    numbers[i] += numbers[i] * relative + usual * absolute;
  }
}

/* One sample of an input, in logical order, as the emitted code makes it in the caller's. */
static double *input_numbers(Arena *arena, const GraphInput *input, int number, int set) {
  const TensorType *type = &input->value->type;
  int64_t channels = size_value(type_channels(type)), pixels = size_value(type_height(type)) * size_value(type_width(type));
  double *numbers = ARENA_ARRAY(arena, double, (size_t)(channels * pixels));
  bool hwc = input->hwc && type->rank == 3;
  uint32_t state = selftest_seed(number, set);
  for (int64_t i = 0; i < channels * pixels; i++) {
    state = selftest_next(state);
    int64_t place = hwc ? i % channels * pixels + i / channels : i, bits = (int64_t)(state >> 16);
    switch (type->dtype) {
    case DTYPE_F32: numbers[place] = (double)(bits - 32768) / 32768; break;
    case DTYPE_U8: numbers[place] = (double)(bits >> 8); break;
    case DTYPE_I8: numbers[place] = (double)((bits >> 8) - 128); break;
    case DTYPE_I16:
    case DTYPE_I32: numbers[place] = (double)(bits - 32768); break;
    }
  }
  return numbers;
}

/* Of two results of the same value: the signed sum of the first, the sum of its squares, and that of their differences'. */
static void compare(const double *exact, const double *disturbed, int64_t count, ExpectedSum *expected, int set) {
  double sum = 0, squares = 0, differences = 0;
  uint32_t state = SELFTEST_SIGNS;
  for (int64_t i = 0; i < count; i++) {
    state = selftest_next(state);
    sum += state >> 31 ? -exact[i] : exact[i];
    squares += exact[i] * exact[i];
    differences += (disturbed[i] - exact[i]) * (disturbed[i] - exact[i]);
  }
  double bound = deviations * sqrt(differences + squares * disturbance * disturbance / 16) + fabs(sum) * 0x1p-22;
  bool finite = fabs(sum) < most_float && bound < most_float && squares < most_float * most_float;
  if (!finite) expected->known = false;
  if (!expected->known) return;
  expected->sum[set] = (float)sum;
  if ((float)bound > expected->bound[set]) expected->bound[set] = (float)bound;
}

/* All values of a net are much memory, of which two at a time are enough: `scratch` holds the exact ones, `again` the others. */
static bool expect_set(Arena *scratch, Arena *again, const Graph *graph, ExpectedSum *sums, int set) {
  const double **inputs = ARENA_ARRAY(scratch, const double *, (size_t)graph->input_count);
  double **exact = ARENA_ARRAY(scratch, double *, (size_t)graph->value_count);
  Noise noise = {(uint32_t)set};
  for (int i = 0; i < graph->input_count; i++) inputs[i] = input_numbers(scratch, &graph->inputs[i], i, set);
  if (!interpret_all(scratch, graph, inputs, exact, NULL, NULL)) return false;
  for (int time = 0; time < TIMES; time++) {
    double **disturbed = ARENA_ARRAY(again, double *, (size_t)graph->value_count);
    if (!interpret_all(again, graph, inputs, disturbed, disturb, &noise)) return false;
    for (int i = 0; i < graph->value_count; i++)
      if (exact[i]) compare(exact[i], disturbed[i], size_value(type_elements(again, &graph->values[i]->type)), &sums[i], set);
    arena_free(again);
  }
  return true;
}

static bool has_weights(const Graph *graph) {
  for (int i = 0; i < graph->parameter_count; i++)
    if (!graph->parameters[i]->data) return false;
  return true;
}

SizeSample selftest_sizes(const Graph *graph) {
  SizeSample sample = {.count = graph->dim_count};
  for (int i = 0; i < graph->dim_count; i++) {
    const Dim *dim = graph->dims[i];
    int64_t size = dim_least(dim);
    while (size < LEAST_SIZE && size + dim->multiple <= dim_greatest(dim)) size += dim->multiple;
    sample.dims[i] = dim;
    sample.values[i] = size;
  }
  return sample;
}

static void free_arena(void *object) { arena_free(object); }

static Arena *new_scratch(Arena *arena) {
  Arena *scratch = ARENA_NEW(arena, Arena);
  scratch->out_of_memory = arena->out_of_memory;
  arena_defer(arena, free_arena, scratch);
  return scratch;
}

const SelfTest *expect_results(Compilation *c, const Graph *pinned, SizeSample dims) {
  SelfTest *test = ARENA_NEW(c->arena, SelfTest);
  ExpectedSum *sums = ARENA_ARRAY(c->arena, ExpectedSum, (size_t)pinned->value_count + 1);
  *test = (SelfTest){dims, c->options->batch > 1 ? MOST_SELFTEST_SETS : 1, sums, pinned->value_count};
  Arena *scratch = new_scratch(c->arena), *again = new_scratch(c->arena);
  if (!has_weights(pinned)) {
    test->count = 0;
    return test;
  }
  for (int i = 0; i < pinned->value_count; i++) sums[i].known = true;
  progress_begin("expect_results", test->sets * (1 + TIMES) * interpret_work(scratch, pinned));
  bool good = true;
  for (int set = 0; set < test->sets && good; set++) {
    good = expect_set(scratch, again, pinned, sums, set);
    arena_free(scratch);
  }
  if (!good) {
    report(c->diagnostics, CODE_E0999, pinned->span, "the reference evaluator lacks an operation of this net");
    return NULL;
  }
  for (int i = 0; i < pinned->output_count; i++)
    if (sums[pinned->outputs[i].value->id].known) return test;
  add_help(report(c->diagnostics, CODE_E0707, pinned->span, "the self-test of `%s` would have nothing to compare", pinned->name),
           "every output has numbers that are not finite: look at the weights, and at divisions, `exp` and `log`");
  return NULL;
}
