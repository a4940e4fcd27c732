/* What runs before main on a Cortex-M4, and how it speaks: through the debugger (semihosting), which QEMU is, too. A product has
 * a serial line instead of say() and nothing instead of stop(). */
#include <stddef.h>
#include <stdint.h>
#include "board.h"

extern uint32_t data_in_flash[], data_begin[], data_end[], bss_begin[], bss_end[], stack_top[];
int main(void);
void reset(void);
void fault(void);

static void call_debugger(uint32_t operation, const void *argument)
{
  register uint32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

void say(const char *text)
{
  call_debugger(0x04, text);
}

void stop(int good)
{
  call_debugger(0x18, (const void *)(good ? 0x20026 : 0x20023));
  for (;;) {
  }
}

void reset(void)
{
  volatile uint32_t *const coprocessors = (volatile uint32_t *)0xE000ED88u;
  *coprocessors |= 0xFu << 20; /* the floating-point unit is off at first */
  __asm__ volatile("dsb\n isb");
  for (ptrdiff_t i = 0; i < data_end - data_begin; i++) data_begin[i] = data_in_flash[i];
  for (ptrdiff_t i = 0; i < bss_end - bss_begin; i++) bss_begin[i] = 0;
  stop(main() == 0);
}

void fault(void)
{
  say("fault\n");
  stop(0);
}

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16] = {
    (uintptr_t)stack_top, (uintptr_t)reset, (uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault,
};
