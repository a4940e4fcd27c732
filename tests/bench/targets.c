/* targets.c - one 3x3 layer of 56x56x64 and LeNet-5: GFLOP/s of the layer, microseconds of a picture, best of many. */
#include "bench.h"
#include "five.h"
#include "lenet5.h"
#include "one.h"

enum { SIZE = 64 * 56 * 56, MORE_LAYERS = 4 };

static float *x, *y;
static void *workspace;

static void run_one(void *context) {
  (void)context;
  one_env env = {workspace, ONE_WORKSPACE_BYTES, NULL, 0};
  if (one_run(&(one_inputs){x}, &(one_outputs){y}, &env)) abort();
}

static void run_five(void *context) {
  (void)context;
  five_env env = {workspace, FIVE_WORKSPACE_BYTES, NULL, 0};
  if (five_run(&(five_inputs){x}, &(five_outputs){y}, &env)) abort();
}

static void run_lenet5(void *context) {
  (void)context;
  lenet5_env env = {workspace, LENET5_WORKSPACE_BYTES, NULL, 0};
  if (lenet5_run(&(lenet5_inputs){x}, &(lenet5_outputs){y}, &env)) abort();
}

int main(void) {
  x = aligned_alloc(64, SIZE * sizeof *x);
  y = aligned_alloc(64, SIZE * sizeof *y);
  workspace = aligned_alloc(64, FIVE_WORKSPACE_BYTES);
  if (!x || !y || !workspace) return 1;
  for (int i = 0; i < SIZE; i++) x[i] = (float)(i % 7) / 7.0f;
  double flops = 2.0 * 64 * 64 * 9 * 56 * 56;
  Timing one = time_calls(run_one, NULL, 30, 1), five = time_calls(run_five, NULL, 30, 1), lenet5 = time_calls(run_lenet5, NULL, 3000, 1);
  printf("%8.1f %10.1f\n", flops * MORE_LAYERS / (five.best - one.best) / 1e9, lenet5.best * 1e6);
  free(x), free(y), free(workspace);
  return 0;
}
