/* option_values.c - see option_values.h. */
#include "tools/option_values.h"

#include <string.h>

bool parse_count(const char *text, int64_t *out) {
  *out = 0;
  if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 9) return false;
  for (; *text; text++) *out = 10 * *out + (*text - '0');
  return *out > 0;
}

bool is_prefix(const char *text) {
  static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", rest[] = "_0123456789";
  size_t length = strspn(text, first);
  while (length && text[length] && (strchr(first, text[length]) || strchr(rest, text[length]))) length++;
  return length && !text[length] && length <= 31;
}

bool parse_bytes(Arena *arena, Diagnostics *diagnostics, const char *option, const char *text, int64_t *bytes) {
  size_t length = strlen(text);
  int shift = length && text[length - 1] == 'K' ? 10 : length && text[length - 1] == 'M' ? 20 : 0;
  int64_t count;
  if (!parse_count(shift ? arena_strndup(arena, text, length - 1) : text, &count)) {
    report(diagnostics, CODE_E0901, (Span){0, 0},
           "`%s` needs a whole number of bytes up to %d, or one with K or M for 1024 and 1048576 of them, not `%s`", option, MOST_COUNT,
           text);
    return false;
  }
  *bytes = count << shift;
  return true;
}
