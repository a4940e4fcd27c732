/* option_file.c - see option_file.h. Knows lines and words, not what options there are. */
#include "tools/option_file.h"

#include <string.h>
#include "support/reader.h"

enum { MOST_BYTES = 1 << 16 };

static const char blanks[] = " \t\r";

static char *without_blanks(Arena *arena, const char *begin, const char *end) {
  while (begin < end && strchr(blanks, *begin)) begin++;
  while (end > begin && strchr(blanks, end[-1])) end--;
  return arena_strndup(arena, begin, (size_t)(end - begin));
}

static OptionLine words_of(Arena *arena, const char *begin, const char *end, int number) {
  OptionLine line = {.number = number};
  char *text = without_blanks(arena, begin, end);
  size_t first = strcspn(text, blanks), length = strlen(text);
  if (!length || *text == '#') return line;
  line.words[line.count++] = arena_strndup(arena, text, first);
  if (first < length) line.words[line.count++] = without_blanks(arena, text + first, text + length);
  return line;
}

const OptionLine *read_option_file(Arena *arena, Diagnostics *diagnostics, const char *path, int *count) {
  size_t length;
  const char *error = "it is too large to be a file of options";
  const char *text = read_whole_file(arena, path, READ_FILES_ONLY, &length, &error);
  OptionLine *lines = NULL;
  *count = 0;
  if (!text || length > MOST_BYTES) {
    report(diagnostics, CODE_E0902, (Span){0, 0}, "cannot read `%s`: %s", path, error);
    return NULL;
  }
  int number = 1;
  for (const char *at = text, *end; at < text + length; at = end + 1, number++) {
    end = memchr(at, '\n', (size_t)(text + length - at));
    if (!end) end = text + length;
    OptionLine line = words_of(arena, at, end, number);
    if (line.count && line.words[0][0] != '-') {
      Diagnostic *d = report(diagnostics, CODE_E0901, (Span){0, 0}, "`%s`, line %d: `%s` is no option", path, number, line.words[0]);
      add_help(d, "one option a line, as in `--ram dtcm=64K`; `#` begins a comment");
      return NULL;
    }
    if (line.count) ARENA_PUSH(arena, lines, *count, line);
  }
  return lines ? lines : ARENA_NEW(arena, OptionLine);
}
