/* Reads the pictures of digits in pictures.h with LeNet-5. The pictures and the weights stay in flash; of RAM it takes one picture
 * and the workspace. */
#include <stdalign.h>
#include "board.h"
#include "lenet5.h"
#include "pictures.h"

static alignas(LENET5_WORKSPACE_ALIGN) unsigned char workspace[LENET5_WORKSPACE_BYTES];
static float image[LENET5_IMAGE_SIZE];

static int read_digit(const unsigned char *picture)
{
  float probs[LENET5_PROBS_SIZE];
  for (int i = 0; i < LENET5_IMAGE_SIZE; i++) image[i] = (float)picture[i] / 255.0f;
  const lenet5_inputs in = {image};
  const lenet5_outputs out = {probs};
  const lenet5_env env = {workspace, sizeof workspace, NULL, 0};
  if (lenet5_run(&in, &out, &env) != LENET5_OK) return -1;
  int best = 0;
  for (int digit = 1; digit < LENET5_PROBS_SIZE; digit++)
    if (probs[digit] > probs[best]) best = digit;
  return best;
}

int main(void)
{
  int wrong = 0;
  for (int digit = 0; digit < 10; digit++) {
    const int read = read_digit(pictures[digit]);
    char line[] = "a ? is read as ?\n";
    line[2] = (char)('0' + digit);
    line[15] = read < 0 ? '?' : (char)('0' + read);
    say(line);
    wrong += read != digit;
  }
  return wrong;
}
