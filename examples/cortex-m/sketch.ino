// LeNet-5 in an Arduino sketch: 784 bytes of a picture come over the serial line, the digit goes back.
#include "lenet5.h"

alignas(LENET5_WORKSPACE_ALIGN) static unsigned char workspace[LENET5_WORKSPACE_BYTES];
static float image[LENET5_IMAGE_SIZE], probs[LENET5_PROBS_SIZE];
static int received = 0;

void setup() {
  Serial.begin(115200);
}

void loop() {
  if (!Serial.available()) return;
  image[received++] = Serial.read() / 255.0f;
  if (received < LENET5_IMAGE_SIZE) return;
  received = 0;
  const lenet5_inputs in = {image};
  const lenet5_outputs out = {probs};
  const lenet5_env env = {workspace, sizeof workspace, NULL, 0};
  if (lenet5_run(&in, &out, &env) != LENET5_OK) return;
  int best = 0;
  for (int digit = 1; digit < LENET5_PROBS_SIZE; digit++)
    if (probs[digit] > probs[best]) best = digit;
  Serial.println(best);
}
