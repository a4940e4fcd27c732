/* board.c - LeNet-5 whose tensors and weights lie in sections of their own; prints the bits of the scores, then what a run says
 * without the region, and the self-test. The same program runs on a board and on a host. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lenet5.h"

#define IN_SECTION(name) __attribute__((section(name), aligned(LENET5_WORKSPACE_ALIGN)))

static float image[LENET5_IMAGE_SIZE], probs[LENET5_PROBS_SIZE];
static IN_SECTION(".dtcm") unsigned char fast[LENET5_WORKSPACE_DTCM_BYTES];
static IN_SECTION(".slow") unsigned char slow[LENET5_SELFTEST_BYTES]; /* the workspace, and what the self-test needs more */

int main(void) {
  const lenet5_inputs in = {image};
  const lenet5_outputs out = {probs};
  lenet5_env env = {0};
  for (unsigned i = 0; i < LENET5_IMAGE_SIZE; i++) image[i] = (float)(i * i % 17) / 17.0f;
  env.workspace = slow;
  env.workspace_bytes = sizeof slow;
  env.workspace_dtcm_bytes = sizeof fast;
  printf("without the region: %s\n", lenet5_status_text(lenet5_run(&in, &out, &env)));
  env.workspace_dtcm = fast;
  memset(slow, 0xA5, sizeof slow);
  memset(fast, 0x5A, sizeof fast);
  printf("with it: %s\n", lenet5_status_text(lenet5_run(&in, &out, &env)));
  for (int i = 0; i < LENET5_PROBS_SIZE; i++) {
    uint32_t bits;
    memcpy(&bits, &probs[i], sizeof bits);
    printf("%08lx\n", (unsigned long)bits);
  }
  const char *differs = lenet5_selftest(&env);
  printf("self-test: %s\n", differs ? differs : "ok");
  return 0;
}
