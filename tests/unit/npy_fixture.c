/* npy_fixture.c - see npy_fixture.h. */
#include "npy_fixture.h"

#include <string.h>

Text npy_of(Arena *arena, int version, const char *header, const void *data, size_t data_length) {
  Text text = text_new(arena);
  size_t length = strlen(header), field = version == 1 ? 2 : 4;
  text_add_bytes(&text, "\x93NUMPY", 6);
  text_add_char(&text, (char)version, 1);
  text_add_char(&text, 0, 1);
  for (size_t i = 0; i < field; i++) text_add_char(&text, (char)(length >> (8 * i) & 255), 1);
  text_add(&text, header);
  text_add_bytes(&text, data, data_length);
  return text;
}
