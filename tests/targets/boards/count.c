/* count.c - prints how many instructions one run of `layer` takes, by the emulator's clock: with -icount shift=0 an
 * instruction takes 1 ns, and the board's timer counts at 25 MHz. */
#include <stdint.h>
#include <stdio.h>

#include "layer.h"

#define SYSTICK_CONTROL (*(volatile uint32_t *)0xE000E010u)
#define SYSTICK_RELOAD (*(volatile uint32_t *)0xE000E014u)
#define SYSTICK_CURRENT (*(volatile uint32_t *)0xE000E018u)

enum { INSTRUCTIONS_A_TICK = 40, MOST_TICKS = 0xFFFFFF };

static float x[LAYER_X_SIZE], y[LAYER_Y_SIZE];
static union {
  unsigned char bytes[LAYER_WORKSPACE_BYTES + LAYER_WORKSPACE_ALIGN];
  double aligned;
} memory;

int main(void) {
  layer_inputs in = {x};
  layer_outputs out = {y};
  layer_env env = {0};
  env.workspace = memory.bytes + (LAYER_WORKSPACE_ALIGN - (uintptr_t)memory.bytes % LAYER_WORKSPACE_ALIGN);
  env.workspace_bytes = LAYER_WORKSPACE_BYTES;
  for (unsigned i = 0; i < LAYER_X_SIZE; i++) x[i] = (float)(i % 7) / 7.0f;
  SYSTICK_RELOAD = MOST_TICKS;
  SYSTICK_CURRENT = 0;
  SYSTICK_CONTROL = 5; /* on, at the processor's clock, without interrupts */
  uint32_t before = SYSTICK_CURRENT;
  layer_status status = layer_run(&in, &out, &env);
  uint32_t after = SYSTICK_CURRENT;
  printf("%lu\n", status == LAYER_OK ? (unsigned long)((before - after) & MOST_TICKS) * INSTRUCTIONS_A_TICK : 0ul);
  return 0;
}
