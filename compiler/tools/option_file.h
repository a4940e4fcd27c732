/* option_file.h - options in a file, which `@FILE` on the command line stands for: what a board has is said once. */
#ifndef CNNC_TOOLS_OPTION_FILE_H
#define CNNC_TOOLS_OPTION_FILE_H
#include "support/diagnostics.h"

typedef struct OptionLine {
  char *words[2]; /* the option, and what follows it on the line */
  int count, number;
} OptionLine;

/* One option a line, its value behind it; `#` begins a comment, empty lines are nothing. NULL: an error was reported. */
const OptionLine *read_option_file(Arena *arena, Diagnostics *diagnostics, const char *path, int *count);
#endif
