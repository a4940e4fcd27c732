/* LeNet-5 as a page wants it: three functions for JavaScript to call, and one of JavaScript's, called after each layer whose result
 * is maps. Nothing of a system or of a C library is needed, so the module imports nothing else. */
#include <stdalign.h>

/* network.js has it. Element [channel][row][column] of the layer's result is first[row * row_step + column * column_step + channel],
 * until after_layer returns: the network uses its memory again. */
__attribute__((import_module("page"), import_name("after_layer"))) void after_layer(const char *layer, const float *first, int channels,
                                                                                    int side, int row_step, int column_step);

#define SHOW(name, NAME, channels, side)                                                                                                   \
  after_layer(name, ws + LENET5_OFFSET_##NAME, channels, side, LENET5_Y_ROW_##NAME, LENET5_Y_COLUMN_##NAME)
#define AFTER_conv1 SHOW("conv1", CONV1, 6, 28)
#define AFTER_conv1_avg_pool SHOW("conv1_avg_pool", CONV1_AVG_POOL, 6, 14)
#define AFTER_conv2 SHOW("conv2", CONV2, 16, 10)
#define AFTER_conv2_avg_pool SHOW("conv2_avg_pool", CONV2_AVG_POOL, 16, 5)
#define AFTER_image_copy ((void)0)
#define AFTER_fc1 ((void)0)
#define AFTER_fc2 ((void)0)
#define AFTER_fc3 ((void)0)
#define AFTER_fc3_softmax ((void)0)
#define LENET5_AFTER_LAYER(layer) AFTER_##layer
#include "lenet5.c"

static alignas(LENET5_WORKSPACE_ALIGN) unsigned char workspace[LENET5_WORKSPACE_BYTES];
static float pixels[LENET5_IMAGE_SIZE], probabilities[LENET5_PROBS_SIZE];

float *image(void) { return pixels; }

const float *probs(void) { return probabilities; }

/* What image() points to is read; probs() points to the answer. Returns 0, or another status. */
int run(void) {
  return (int)lenet5_run(&(lenet5_inputs){pixels}, &(lenet5_outputs){probabilities}, &(lenet5_env){workspace, sizeof workspace, NULL, 0});
}
