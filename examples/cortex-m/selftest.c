/* Whether LeNet-5 computes on this machine, with this compiler and its flags, what it should: layer by layer. */
#include <stdalign.h>
#include "board.h"
#include "lenet5.h"

static alignas(LENET5_WORKSPACE_ALIGN) unsigned char workspace[LENET5_SELFTEST_BYTES];

int main(void)
{
  const lenet5_env env = {workspace, sizeof workspace, NULL, 0};
  const char *differs = lenet5_selftest(&env);
  say(differs ? "self-test: wrong at " : "self-test: all layers are right");
  if (differs) say(differs);
  say("\n");
  return differs != NULL;
}
