/* text.h - a growing piece of text in an arena. Output is the same under every locale: nothing here prints
 * floating-point numbers through libc (see decimal.h). */
#ifndef CNNC_SUPPORT_TEXT_H
#define CNNC_SUPPORT_TEXT_H
#include <stdarg.h>
#include <stddef.h>
#include "support/arena.h"

typedef struct Text {
  Arena *arena;
  char *data; /* always NUL-terminated once something was added; NULL before */
  size_t length, capacity;
} Text;

Text text_new(Arena *arena);
/* Makes room for `more` bytes at once, where much is known to come. */
void text_reserve(Text *text, size_t more);
void text_add(Text *text, const char *string);
void text_add_bytes(Text *text, const char *bytes, size_t count);
void text_add_char(Text *text, char character, int times);
void text_addf(Text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vaddf(Text *text, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
/* The text so far; "" when empty. */
const char *text_string(const Text *text);
#endif
