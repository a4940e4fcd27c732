/* console.h - printf on machines without a system: console_begin before it, console_end last. */
#ifndef TESTS_CONSOLE_H
#define TESTS_CONSOLE_H
#include <stdio.h>

#if defined(__AVR__)
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

static int console_put(char c, FILE *file) {
  (void)file;
  while (!(UCSR0A & (1 << UDRE0))) {}
  UDR0 = (uint8_t)c;
  return 0;
}

static void console_begin(void) {
  UCSR0B = 1 << TXEN0;
  stdout = fdevopen(console_put, NULL);
}

static void console_end(void) { /* simavr ends where nothing can wake the processor */
  cli();
  sleep_enable();
  sleep_cpu();
}
#else
static void console_begin(void) {}
static void console_end(void) {}
#endif
#endif
