/* table.c - see table.h. */
#include "support/table.h"

#include <string.h>

enum { GAP = 2 };

void print_table(Text *out, const char *const *cells, int rows, int columns, int numbers) {
  int width[MAX_COLUMNS] = {0};
  for (int i = 0; i < rows * columns; i++) {
    int length = (int)strlen(cells[i]);
    if (length > width[i % columns]) width[i % columns] = length;
  }
  for (int i = 0; i < rows; i++) {
    int blanks = 0; /* owed, so that no line ends in any */
    for (int k = 0; k < columns; k++) {
      const char *cell = cells[i * columns + k];
      int padding = width[k] - (int)strlen(cell);
      if (k >= numbers) blanks += padding;
      if (*cell) {
        text_add_char(out, ' ', blanks);
        text_add(out, cell);
        blanks = 0;
      }
      blanks += GAP + (k >= numbers ? 0 : padding);
    }
    text_add(out, "\n");
  }
}
