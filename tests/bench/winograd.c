/* winograd.c - a 3x3 layer among others in direct and in Winograd's forms, called in turn in one process. */
#include <string.h>

#include "bench.h"
#include "four_1.h"
#include "four_3.h"
#include "none_1.h"
#include "none_3.h"
#include "two_1.h"
#include "two_3.h"

static void *aligned(size_t bytes) {
  void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (!memory) abort();
  memset(memory, 0, bytes);
  return memory;
}

static void *weights_of(const char *file, size_t bytes) {
  FILE *stream = fopen(file, "rb");
  void *weights = aligned(bytes);
  if (!stream || fread(weights, 1, bytes, stream) != bytes) abort();
  fclose(stream);
  return weights;
}

static float *x, *y;

/* A function that runs a net once. */
#define NET(net, NET)                                                                                                                      \
  static void run_##net(void *context) {                                                                                                   \
    if (net##_run(&(net##_inputs){x}, &(net##_outputs){y}, context)) abort();                                                              \
  }                                                                                                                                        \
  static net##_env env_##net(void) {                                                                                                       \
    return (net##_env){aligned(NET##_WORKSPACE_BYTES), NET##_WORKSPACE_BYTES, weights_of(#net ".weights", NET##_WEIGHTS_BYTES),            \
                       NET##_WEIGHTS_BYTES};                                                                                               \
  }
NET(none_1, NONE_1)
NET(none_3, NONE_3)
NET(two_1, TWO_1)
NET(two_3, TWO_3)
NET(four_1, FOUR_1)
NET(four_3, FOUR_3)

enum { FORMS = 3, ROUNDS = 40, MORE_LAYERS = 2 };

int main(void) {
  x = aligned(NONE_1_X_SIZE * sizeof *x), y = aligned(NONE_1_X_SIZE * sizeof *y);
  for (int i = 0; i < NONE_1_X_SIZE; i++) x[i] = (float)(i % 7) / 7.0f;
  none_1_env none_1 = env_none_1();
  none_3_env none_3 = env_none_3();
  two_1_env two_1 = env_two_1();
  two_3_env two_3 = env_two_3();
  four_1_env four_1 = env_four_1();
  four_3_env four_3 = env_four_3();
  void (*const one[FORMS])(void *) = {run_none_1, run_two_1, run_four_1},
                                (*const three[FORMS])(void *) = {run_none_3, run_two_3, run_four_3};
  void *const one_env[FORMS] = {&none_1, &two_1, &four_1}, *const three_env[FORMS] = {&none_3, &two_3, &four_3};
  double best_one[FORMS] = {1e9, 1e9, 1e9}, best_three[FORMS] = {1e9, 1e9, 1e9};
  for (int round = 0; round < ROUNDS; round++)
    for (int form = 0; form < FORMS; form++) {
      Timing t = time_calls(one[form], one_env[form], 4, 1), u = time_calls(three[form], three_env[form], 4, 1);
      if (t.best < best_one[form]) best_one[form] = t.best;
      if (u.best < best_three[form]) best_three[form] = u.best;
    }
  double direct = (best_three[0] - best_one[0]) / MORE_LAYERS, flops = 18.0 * NONE_1_X_CHANNELS * NONE_1_X_SIZE;
  static const char *const names[FORMS] = {"direct", "F(2x2)", "F(4x4)"};
  for (int form = 0; form < FORMS; form++) {
    double time = (best_three[form] - best_one[form]) / MORE_LAYERS;
    printf("  %s %.3f ms, %.0f GFLOP/s as direct, x %.2f\n", names[form], time * 1e3, flops / time / 1e9, direct / time);
  }
  return 0;
}
