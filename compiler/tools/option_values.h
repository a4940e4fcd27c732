/* option_values.h - numbers and names of the command line. */
#ifndef CNNC_TOOLS_OPTION_VALUES_H
#define CNNC_TOOLS_OPTION_VALUES_H
#include <stdbool.h>
#include <stdint.h>
#include "support/diagnostics.h"

enum { MOST_COUNT = 999999999 };
/* A whole number from 1 to MOST_COUNT, written with at most nine digits. */
bool parse_count(const char *text, int64_t *out);
/* What names in C may begin with: a letter, then up to 30 letters, digits and `_`. */
bool is_prefix(const char *text);
/* Bytes, or so many times 1024 or 1024 * 1024; false: an error was reported. */
bool parse_bytes(Arena *arena, Diagnostics *diagnostics, const char *option, const char *text, int64_t *bytes);
#endif
