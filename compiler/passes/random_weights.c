/* random_weights.c - seeded weights in the manner of He: `-w random:SEED`.
 *
 * The same numbers on every host: integers until the last step, where one exact product is rounded to a float. A
 * tensor's numbers depend on its path and the seed alone, so that an edit elsewhere in the net leaves them. */
#include <string.h>
#include "ir/operator.h"
#include "passes/weight_match.h"

typedef struct Random {
  uint64_t state;
} Random;

/* splitmix64 (S. Vigna, public domain). */
static uint64_t next_random(Random *random) {
  uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

/* FNV-1a over the path, then stirred with the seed. */
static Random random_for(const char *path, uint64_t seed) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (; *path; path++) hash = (hash ^ (unsigned char)*path) * UINT64_C(0x100000001b3);
  Random random = {seed};
  random.state = hash ^ next_random(&random);
  return random;
}

/* Nearly normal: the sum of twelve uniform numbers of 16 bits has the standard deviation 2^16. */
static int64_t next_normal(Random *random) {
  int64_t sum = 0;
  for (int i = 0; i < 3; i++)
    for (uint64_t bits = next_random(random), k = 0; k < 4; k++, bits >>= 16) sum += (int64_t)(bits & 0xffff);
  return sum - 6 * 65536;
}

static uint64_t integer_root(uint64_t x) {
  uint64_t root = 0;
  for (uint64_t bit = UINT64_C(1) << 31; bit; bit >>= 1)
    if ((root + bit) * (root + bit) <= x) root += bit;
  return root;
}

/* (offset + factor * standard normal), both in units of 2^-28; below 2^53 all along, so the double is exact. */
static float normal_float(Random *random, int64_t offset, int64_t factor) {
  return (float)((double)(offset * 65536 + factor * next_normal(random)) / 17592186044416.0); /* 2^44 */
}

static int64_t inputs_per_output(const Parameter *parameter, const Operator *op) {
  int64_t fan_in = 1;
  for (int i = 1; i < parameter->rank; i++) fan_in *= parameter->sizes[i];
  bool inputs_first = op && !strcmp(op->name, "conv_transpose");
  if (inputs_first) fan_in = fan_in / parameter->sizes[1] * parameter->sizes[0];
  return fan_in > 0 ? fan_in : 1;
}

static void fill(Parameter *parameter, const Operator *op, uint64_t seed) {
  const int64_t one = INT64_C(1) << 28;
  Random random = random_for(parameter->path, seed);
  int64_t count = parameter_elements(parameter), offset = 0, factor = one / 10;
  bool variance = !strcmp(parameter->role, "running_var");
  size_t length = strlen(parameter->role);
  bool weight = length >= 6 && !strcmp(parameter->role + length - 6, "weight");
  if (weight && parameter->rank >= 2) /* He: variance 2 / fan_in */
    factor = (int64_t)integer_root((UINT64_C(2) << 56) / (uint64_t)inputs_per_output(parameter, op));
  else if (weight) offset = op && !strcmp(op->name, "prelu") ? one / 4 : one;
  for (int64_t i = 0; i < count; i++)
    parameter->data[i] = variance ? 0.5f + (float)(next_random(&random) >> 40) / 16777216.0f : normal_float(&random, offset, factor);
}

void fill_random_weights(Graph *graph, const Node *const *owners, uint64_t seed) {
  for (int i = 0; i < graph->parameter_count; i++) {
    Parameter *parameter = graph->parameters[i];
    if (!needs_tensor(parameter)) continue;
    parameter->data = ARENA_ARRAY(graph->arena, float, (size_t)parameter_elements(parameter));
    fill(parameter, owners[i] ? owners[i]->op : NULL, seed);
  }
}
