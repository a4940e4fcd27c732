/* uri.c - see uri.h. */
#include "lsp/uri.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include "support/reader.h"
#include "support/text.h"

static int hex_digit(char c) {
  const char *digits = "0123456789abcdef", *found = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
  return found ? (int)(found - digits) : -1;
}

const char *path_of_uri(Arena *arena, const char *uri) {
  static const char scheme[] = "file://";
  if (strncmp(uri, scheme, sizeof scheme - 1)) return arena_strdup(arena, uri);
  const char *at = uri + sizeof scheme - 1;
  at += strcspn(at, "/"); /* the machine's name */
  Text path = text_new(arena);
  for (; *at; at++) {
    int high = *at == '%' ? hex_digit(at[1]) : -1, low = high >= 0 ? hex_digit(at[2]) : -1;
    bool escaped = low >= 0 && (high || low);
    text_add_char(&path, escaped ? (char)(16 * high + low) : *at, 1);
    if (escaped) at += 2;
  }
  return normal_path(arena, text_string(&path));
}

const char *uri_of_path(Arena *arena, const char *path) {
  Text uri = text_new(arena);
  if (path[0] != '/') return path;
  text_add(&uri, "file://");
  for (; *path; path++) {
    unsigned char c = (unsigned char)*path;
    if (c < 0x80 && (isalnum(c) || strchr("/-._~", c))) text_add_char(&uri, (char)c, 1);
    else text_addf(&uri, "%%%02X", c);
  }
  return text_string(&uri);
}
