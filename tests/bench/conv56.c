/* conv56.c - one 3x3 layer of 56x56x64 among others, as a share of the measured multiply-add peak of this core. */
#include "bench.h"
#include "one.h"
#include "five.h"

double measured_peak(void);

typedef struct Buffers {
  float *x, *y;
  void *workspace;
} Buffers;

enum { SIZE = 64 * 56 * 56, MORE_LAYERS = 4 };

static void run_one(void *context) {
  Buffers *b = context;
  one_env env = {b->workspace, ONE_WORKSPACE_BYTES, NULL, 0};
  if (one_run(&(one_inputs){b->x}, &(one_outputs){b->y}, &env)) abort();
}

static void run_five(void *context) {
  Buffers *b = context;
  five_env env = {b->workspace, FIVE_WORKSPACE_BYTES, NULL, 0};
  if (five_run(&(five_inputs){b->x}, &(five_outputs){b->y}, &env)) abort();
}

int main(void) {
  Buffers b = {aligned_alloc(64, SIZE * sizeof(float)), aligned_alloc(64, SIZE * sizeof(float)), aligned_alloc(64, FIVE_WORKSPACE_BYTES)};
  for (int i = 0; i < SIZE; i++) b.x[i] = (float)(i % 7) / 7.0f;
  double flops = 2.0 * 64 * 64 * 9 * 56 * 56, best_share = 0;
  for (int round = 0; round < 5; round++) {
    double before = measured_peak();
    Timing one = time_calls(run_one, &b, 600, 1), five = time_calls(run_five, &b, 300, 1);
    double after = measured_peak(), peak = before > after ? before : after;
    double best = (five.best - one.best) / MORE_LAYERS, median = (five.median - one.median) / MORE_LAYERS;
    printf("peak %.1f GFLOP/s; layer best %.3f ms = %.1f %%, median %.3f ms = %.1f %% of peak\n", peak / 1e9, best * 1e3,
           100 * flops / best / peak, median * 1e3, 100 * flops / median / peak);
    if (flops / best / peak > best_share) best_share = flops / best / peak;
  }
  printf("best of 5 rounds: %.1f %% of peak\n", 100 * best_share);
  free(b.x), free(b.y), free(b.workspace);
  return 0;
}
