/* table.c - see table.h. */
#include "support/table.h"

#include <stdbool.h>
#include <string.h>

enum { GAP = 2 };

/* Characters of UTF-8; none of ours is wider or narrower than one column. */
static int width_of(const char *text) {
  int width = 0;
  for (; *text; text++) width += ((unsigned char)*text & 0xc0) != 0x80;
  return width;
}

void print_aligned(Text *out, const char *const *cells, int rows, int columns, const char *sides) {
  int width[MAX_COLUMNS] = {0};
  for (int i = 0; i < rows * columns; i++) {
    int length = width_of(cells[i]);
    if (length > width[i % columns]) width[i % columns] = length;
  }
  for (int i = 0; i < rows; i++) {
    int blanks = 0; /* owed, so that no line ends in any */
    for (int k = 0; k < columns; k++) {
      const char *cell = cells[i * columns + k];
      int padding = width[k] - width_of(cell);
      bool right = sides[k] == 'r';
      if (right) blanks += padding;
      if (*cell) {
        text_add_char(out, ' ', blanks);
        text_add(out, cell);
        blanks = 0;
      }
      blanks += GAP + (right ? 0 : padding);
    }
    text_add(out, "\n");
  }
}

void print_table(Text *out, const char *const *cells, int rows, int columns, int numbers) {
  char sides[MAX_COLUMNS];
  for (int k = 0; k < columns; k++) sides[k] = k >= numbers ? 'r' : 'l';
  print_aligned(out, cells, rows, columns, sides);
}
