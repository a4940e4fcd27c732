/* text.c - see text.h. */
#include "support/text.h"

#include <stdio.h>
#include <string.h>

Text text_new(Arena *arena) { return (Text){.arena = arena}; }

void text_reserve(Text *text, size_t more) {
  if (text->capacity - text->length > more) return;
  size_t capacity = text->capacity ? text->capacity : 128;
  while (capacity - text->length <= more) capacity *= 2;
  text->data = arena_grow(text->arena, text->data, text->length, capacity);
  text->capacity = capacity;
}

void text_add_bytes(Text *text, const char *bytes, size_t count) {
  text_reserve(text, count);
  if (count) memcpy(text->data + text->length, bytes, count);
  text->length += count;
  text->data[text->length] = '\0';
}

void text_add(Text *text, const char *string) { text_add_bytes(text, string, strlen(string)); }

void text_add_char(Text *text, char character, int times) {
  for (int i = 0; i < times; i++) text_add_bytes(text, &character, 1);
}

void text_vaddf(Text *text, const char *format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  text_reserve(text, (size_t)length);
  vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
  text->length += (size_t)length;
  va_end(again);
}

void text_addf(Text *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  text_vaddf(text, format, arguments);
  va_end(arguments);
}

const char *text_string(const Text *text) { return text->data ? text->data : ""; }
