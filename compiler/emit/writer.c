/* writer.c - see writer.h. */
#include "emit/writer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How bad it is to break at a space: deep inside brackets is bad, before an operator worse than between two arguments,
 * and the tighter the operator binds the worse. -1: never. */
static int badness(const char *line, size_t i, int depth) {
  if (line[i] != ' ' || i == 0) return -1;
  if (line[i - 1] == ',' || line[i - 1] == ';') return 4 * depth;
  if (depth == 0 && strchr("):", line[i - 1]) && strncmp(line + i + 1, "return ", 7) == 0) return 0;
  if (i >= 4 && strncmp(line + i - 4, "void", 4) == 0) return 20; /* before a function's name, if all else fails */
  if (line[i - 1] == '=' && depth == 0) return 0;
  if (!line[i + 1] || line[i + 2] == '=' || !strchr("+-*/<>?:&|", line[i + 1])) return -1;
  return 4 * depth + (strchr("*/", line[i + 1]) ? 3 : strchr("+-", line[i + 1]) ? 2 : 1);
}

/* Brackets that were opened on the lines before. */
static int open_before(const char *line, size_t length) {
  int depth = 0, lowest = 0;
  bool quoted = false;
  for (size_t i = 0; i < length; i++) {
    if (line[i] == '"') quoted = !quoted;
    if (quoted) continue;
    depth += (line[i] == '(' || line[i] == '[') - (line[i] == ')' || line[i] == ']');
    if (depth < lowest) lowest = depth;
  }
  return -lowest;
}

/* The place from `from` on at which to break a line so that its beginning fits: the least bad one, of equals the last.
 * 0: none. */
static size_t best_place(const char *line, size_t length, size_t from, size_t room, int depth) {
  size_t best = 0, start = 0;
  int least = 1 << 20;
  if (strncmp(line, "#define ", 8) == 0) { /* name and parameters stay together */
    const char *end = strpbrk(line + 8, " (");
    if (end && *end == '(') end = strchr(end, ')');
    if (end) start = (size_t)(end - line) + 1;
  }
  bool quoted = false; /* strings have no quotes inside, those are octal escapes */
  for (size_t i = start; i < length && i < room; i++) {
    if (line[i] == '"') quoted = !quoted;
    if (quoted) continue;
    if (line[i] == '(' || line[i] == '[') depth++;
    if ((line[i] == ')' || line[i] == ']') && depth) depth--; /* it may have been opened before the last break */
    int bad = badness(line, i, depth);
    if (bad < 0 || i < from) continue;
    if (bad <= least) {
      best = i;
      least = bad;
    }
  }
  return best;
}

/* What closes brackets of earlier lines is no place for a break, and a short beginning is none, unless there is no other. */
static size_t break_place(const char *line, size_t length, size_t room) {
  size_t place = best_place(line, length, room / 3, room, 0);
  if (!place) place = best_place(line, length, room / 3, room, open_before(line, length));
  return place ? place : best_place(line, length, 0, room, 0);
}

/* A line that begins with so many spaces; what follows the first break is indented by four more. `at_break` ends every
 * line but the last: a backslash where a macro goes on. */
static void add_broken(Text *out, size_t indent, const char *line, size_t length, const char *at_break) {
  size_t deeper = indent + 4;
  for (;;) {
    size_t place = indent + length > MAX_COLUMN ? break_place(line, length, MAX_COLUMN - indent - strlen(at_break)) : 0;
    text_add_char(out, ' ', length ? (int)indent : 0);
    if (!place) break;
    text_add_bytes(out, line, place);
    text_addf(out, "%s\n", at_break);
    line += place + 1;
    length -= place + 1;
    indent = deeper;
  }
  text_add_bytes(out, line, length);
  text_add(out, "\n");
}

void write_line(Text *out, int depth, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  Text line = text_new(out->arena);
  text_vaddf(&line, format, arguments);
  va_end(arguments);
  add_broken(out, 2 * (size_t)depth, text_string(&line), line.length, "");
}

/* Comments hold layer names, numbers and formulas. What is not plain ASCII or could end the comment is replaced. */
static void add_harmless(Text *out, const char *text) {
  for (const char *p = text; *p; p++) {
    unsigned char c = (unsigned char)*p;
    int ends = (p[0] == '*' && p[1] == '/') || (p[0] == '/' && p[1] == '*') || c == '\\' || (p[0] == '?' && p[1] == '?');
    if (c < 0x20 || c > 0x7e || ends) text_addf(out, "%%%02X", c);
    else text_add_bytes(out, p, 1);
  }
}

void write_comment(Text *out, int depth, const char *const *lines, int count) {
  for (int i = 0; i < count; i++) {
    Text line = text_new(out->arena);
    add_harmless(&line, lines[i]);
    text_addf(out, "%*s%s", 2 * depth, "", i ? "   " : "/* ");
    const char *rest = text_string(&line);
    size_t room = MAX_COLUMN - 6 - 2 * (size_t)depth;
    while (strlen(rest) > room) {
      size_t place = room;
      while (place > 0 && rest[place] != ' ') place--;
      if (!place) break;
      text_add_bytes(out, rest, place);
      text_addf(out, "\n%*s", 2 * depth + 5, "");
      rest += place + 1;
      room = MAX_COLUMN - 8 - 2 * (size_t)depth;
    }
    text_add(out, rest);
    text_add(out, i == count - 1 ? " */\n" : "\n");
  }
}

static const char *fill(const Hole *holes, const char *name, size_t length) {
  for (; holes->name; holes++)
    if (strlen(holes->name) == length && memcmp(holes->name, name, length) == 0) return holes->value;
  fprintf(stderr, "cnnc: a template has an unknown hole: %.*s\n", (int)length, name);
  abort();
}

void write_lines(Text *out, const char *text) {
  for (const char *line = text, *end; *line; line = end + 1) {
    end = strchr(line, '\n');
    size_t length = (size_t)(end - line), indent = strspn(line, " ");
    bool macro = line[indent] == '#' ? strncmp(line, "#define ", 8) == 0 : length && line[length - 1] == '\\';
    if (length > MAX_COLUMN && line[indent] != '/' && (macro || line[indent] != '#'))
      add_broken(out, indent, line + indent, length - indent, macro ? " \\" : "");
    else text_add_bytes(out, line, length + 1);
  }
}

void write_template(Text *out, const char *text, const Hole *holes) {
  Text filled = text_new(out->arena);
  for (const char *at = strchr(text, '@'); at; at = strchr(text, '@')) {
    const char *end = strchr(at + 1, '@');
    text_add_bytes(&filled, text, (size_t)(at - text));
    if (!end) abort();
    text_add(&filled, fill(holes, at + 1, (size_t)(end - at - 1)));
    text = end + 1;
  }
  text_add(&filled, text);
  write_lines(out, text_string(&filled));
}

const char *flat_name(Arena *arena, const char *path) {
  char *name = arena_strdup(arena, path);
  for (char *p = name; *p; p++)
    if (*p == '.') *p = '_';
  return name;
}

const char *upper_name(Arena *arena, const char *name) {
  char *copy = arena_strdup(arena, name);
  for (char *p = copy; *p; p++)
    if (*p >= 'a' && *p <= 'z') *p = (char)(*p - 'a' + 'A');
  return copy;
}

const char *c_string(Arena *arena, const char *text) {
  Text out = text_new(arena);
  text_add(&out, "\"");
  for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
    if (*p < 0x20 || *p > 0x7e || *p == '"' || *p == '\\' || *p == '?') text_addf(&out, "\\%03o", *p);
    else text_add_bytes(&out, (const char *)p, 1);
  }
  text_add(&out, "\"");
  return text_string(&out);
}
