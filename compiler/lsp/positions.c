/* positions.c - see positions.h. */
#include "lsp/positions.h"

#include <string.h>
#include "support/diagnostics_text.h"

Lines find_lines(Arena *arena, const char *text, size_t length) {
  Lines lines = {text, length, NULL, 0};
  ARENA_PUSH(arena, lines.starts, lines.count, (size_t)0);
  for (size_t i = 0; i < length; i++)
    if (text[i] == '\n' || (text[i] == '\r' && !(i + 1 < length && text[i + 1] == '\n')))
      ARENA_PUSH(arena, lines.starts, lines.count, i + 1);
  return lines;
}

/* Bytes of the character at an offset and the code units it counts for; what is not UTF-8 counts as one. */
static size_t step(const Lines *lines, size_t offset, int *units) {
  uint32_t code = 0;
  int bytes = decode_utf8(lines->text + offset, lines->length - offset, &code);
  *units = bytes && code > 0xffff ? 2 : 1;
  return bytes > 0 ? (size_t)bytes : 1;
}

Position position_at(const Lines *lines, size_t offset) {
  if (offset > lines->length) offset = lines->length;
  int first = 0, behind = lines->count, units;
  while (behind - first > 1) {
    int middle = first + (behind - first) / 2;
    if (lines->starts[middle] <= offset) first = middle;
    else behind = middle;
  }
  Position position = {first, 0};
  for (size_t at = lines->starts[first]; at < offset; position.character += units) at += step(lines, at, &units);
  return position;
}

size_t offset_at(const Lines *lines, Position position) {
  if (position.line < 0) return 0;
  if (position.line >= lines->count) return lines->length;
  size_t at = lines->starts[position.line];
  int character = 0, units;
  while (at < lines->length && lines->text[at] != '\n' && lines->text[at] != '\r') {
    size_t bytes = step(lines, at, &units);
    if (character + units > position.character) break;
    character += units;
    at += bytes;
  }
  return at;
}
