/* Reads a digit that is drawn below with LeNet-5: what a program needs to call a network that its build compiles. */
#include <stdint.h>
#include <stdio.h>
#include "lenet5.h"

/* Each character is a square of two by two pixels. */
static const char *const drawing[] = {
    "              ", "              ", "   ########   ", "   #########  ", "         ###  ", "         ##   ", "        ###   ",
    "        ##    ", "       ##     ", "       ##     ", "      ##      ", "      ##      ", "              ", "              ",
};

static unsigned char memory[LENET5_WORKSPACE_BYTES + LENET5_WORKSPACE_ALIGN];

int main(void)
{
  float image[LENET5_IMAGE_SIZE], probs[LENET5_PROBS_SIZE];
  for (int i = 0; i < LENET5_IMAGE_SIZE; i++) {
    const int y = i / LENET5_IMAGE_WIDTH, x = i % LENET5_IMAGE_WIDTH;
    image[i] = drawing[y / 2][x / 2] == '#' ? 1.0f : 0.0f;
  }
  const size_t excess = (size_t)((uintptr_t)memory % LENET5_WORKSPACE_ALIGN);
  const lenet5_inputs in = {image};
  const lenet5_outputs out = {probs};
  const lenet5_env env = {memory + (LENET5_WORKSPACE_ALIGN - excess), LENET5_WORKSPACE_BYTES, NULL, 0};
  const lenet5_status status = lenet5_run(&in, &out, &env);
  if (status != LENET5_OK) {
    fprintf(stderr, "%s\n", lenet5_status_text(status));
    return 1;
  }
  int best = 0;
  for (int digit = 1; digit < LENET5_PROBS_SIZE; digit++)
    if (probs[digit] > probs[best]) best = digit;
  printf("this is a %d (%.0f %%)\n", best, 100 * (double)probs[best]);
  return 0;
}
