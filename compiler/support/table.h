/* table.h - columns of text on a terminal. */
#ifndef CNNC_SUPPORT_TABLE_H
#define CNNC_SUPPORT_TABLE_H
#include "support/text.h"

enum { MAX_COLUMNS = 16 };

/* Columns as wide as their widest cell, two blanks apart. Those from `numbers` on stand at the right. cells: row by
 * row, in UTF-8. */
void print_table(Text *out, const char *const *cells, int rows, int columns, int numbers);
/* The same with a letter for each column: l or r for the side on which its cells stand. */
void print_aligned(Text *out, const char *const *cells, int rows, int columns, const char *sides);
#endif
