/* positions.h - places as editors count them: lines from 0, and UTF-16 code units from the start of the line. A line ends
 * with \n, \r\n or \r. Knows text only. */
#ifndef CNNC_LSP_POSITIONS_H
#define CNNC_LSP_POSITIONS_H
#include "support/arena.h"

typedef struct Position {
  int line, character;
} Position;

typedef struct Lines {
  const char *text;
  size_t length;
  size_t *starts; /* offsets at which lines begin */
  int count;
} Lines;

Lines find_lines(Arena *arena, const char *text, size_t length);
Position position_at(const Lines *lines, size_t offset);
/* What lies behind the end of a line or of the text is that end. */
size_t offset_at(const Lines *lines, Position position);
#endif
