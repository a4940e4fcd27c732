/* main.c - runs the self-test of the network NET, whose header is HEADER, as a board would: prints what it returns. argv[1],
 * if given, is the weights file; argv[2] the number of bytes by which the workspace is too small. Exit status 1: it differs. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include HEADER

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
enum { ALIGNMENT = 64, MOST_WEIGHTS = 1 << 20 };

#if defined(BREAKABLE)
int broken = -1; /* the layer whose first number is changed: see the test */
#endif

static unsigned char workspace[SELFTEST_BYTES + ALIGNMENT];
static uint32_t weights[MOST_WEIGHTS / 4 + ALIGNMENT / 4];

static void *aligned(void *memory) { return (char *)memory + (ALIGNMENT - (uintptr_t)memory % ALIGNMENT); }

int main(int argc, char **argv) {
  JOIN(NET, _env) env = {0};
  env.workspace = aligned(workspace);
  env.workspace_bytes = SELFTEST_BYTES;
  if (argc > 1 && argv[1][0]) {
    FILE *file = fopen(argv[1], "rb");
    if (!file) return 3;
    env.weights = aligned(weights);
    env.weights_bytes = fread(aligned(weights), 1, MOST_WEIGHTS, file);
    fclose(file);
  }
  if (argc > 2) env.workspace_bytes -= (size_t)atoi(argv[2]);
#if defined(BREAKABLE)
  for (int i = 0; i < BREAKABLE; i++) {
    broken = i;
    const char *first = JOIN(NET, _selftest)(&env);
    printf("%s\n", first ? first : "nothing");
  }
  broken = -1;
#endif
  const char *differs = JOIN(NET, _selftest)(&env);
  puts(differs ? differs : "ok");
  return differs != NULL;
}
