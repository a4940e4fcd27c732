/* cortex-m.c - what QEMU's Cortex-M boards run before newlib's own start: stack and, where there is one, floating-point unit.
 *
 * Files and arguments come from the host through semihosting (--specs=rdimon.specs). */
#include <stdint.h>

void _start(void); /* newlib: clears .bss, calls main, then exit */
void reset(void);
void fault(void);

extern uint32_t stack_top[];

void reset(void) {
#if defined(__ARM_FP)
  volatile uint32_t *const coprocessors = (volatile uint32_t *)0xE000ED88u;
  *coprocessors |= 0xFu << 20;
  __asm__ volatile("dsb\n isb");
#endif
  _start();
}

/* Ends QEMU with an error: SYS_EXIT without ADP_Stopped_ApplicationExit. */
void fault(void) {
  register uint32_t call __asm__("r0") = 0x18;
  register uint32_t reason __asm__("r1") = 0x20023;
  __asm__ volatile("bkpt 0xAB" : : "r"(call), "r"(reason));
  for (;;) {}
}

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16] = {
    (uintptr_t)stack_top, (uintptr_t)reset, (uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault,
};
