/* diagnostics_text.c - see diagnostics_text.h. The picture: each line that a label points into once, in order, with
 * `^^^` under the primary place and `---` under the others; a gap is `...`. A row of marks carries the text of its
 * rightmost mark; the texts of the others hang below. Widths are counted in terminal cells, not bytes. */
#include "support/diagnostics_text.h"

#include <string.h>

#define BOLD "\x1b[1m"
#define RED "\x1b[1;31m"
#define YELLOW "\x1b[1;33m"
#define BLUE "\x1b[1;34m"
#define CYAN "\x1b[1;36m"
#define RESET "\x1b[0m"
#define REPLACEMENT "\xef\xbf\xbd"

enum { MAX_SHOWN = 160, BEFORE_MARK = 60 }; /* bytes of a very long line that are shown, and before its first mark */

int decode_utf8(const char *text, size_t available, uint32_t *code) {
  const unsigned char *b = (const unsigned char *)text;
  *code = b[0];
  if (b[0] < 0x80) return 1;
  int length = b[0] < 0xc2 ? 0 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : b[0] < 0xf5 ? 4 : 0;
  if (length == 0 || (size_t)length > available) return 0;
  uint32_t value = b[0] & (0xffu >> (length + 1));
  for (int i = 1; i < length; i++) {
    if ((b[i] & 0xc0) != 0x80) return 0;
    value = value << 6 | (b[i] & 0x3f);
  }
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return 0;
  *code = value;
  return length;
}

/* Characters that reorder, hide or break what follows. */
static bool is_steering(uint32_t c) {
  return (c >= 0x80 && c <= 0x9f) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

static int cells(uint32_t c) {
  if ((c >= 0x300 && c <= 0x36f) || (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe00 && c <= 0xfe0f)) return 0;
  bool wide = (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
              (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
              (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
  return wide ? 2 : 1;
}

/* Adds one character in its harmless form (out may be NULL); the bytes it took and the cells it takes. */
static int add_character(Text *out, const char *text, size_t available, int *width) {
  uint32_t code;
  int length = decode_utf8(text, available, &code);
  char picture[4] = {'\xe2', '\x90', (char)(0x80 + (code & 0x3f)), 0}; /* U+2400 and up: signs for control characters */
  const char *shown = NULL;
  *width = 1;
  if (code == '\t') {
    shown = "    ";
    *width = 4;
  } else if (code == 0x7f) {
    shown = "\xe2\x90\xa1";
  } else if (length == 1 && code < 0x20) {
    shown = picture;
  } else if (length == 0 || is_steering(code)) {
    shown = REPLACEMENT;
  } else {
    *width = cells(code);
  }
  if (out && shown) text_add(out, shown);
  else if (out) text_add_bytes(out, text, (size_t)length);
  return length ? length : 1;
}

void add_harmless(Text *out, const char *text, size_t length) {
  for (size_t at = 0; at < length;) {
    int width;
    if (text[at] == '\n') {
      text_add_char(out, '\n', 1);
      at++;
    } else {
      at += (size_t)add_character(out, text + at, length - at, &width);
    }
  }
}

typedef struct Mark {
  const Label *label;
  Location place;
  int end;         /* column behind the last marked byte, on the line of its start */
  int from, width; /* in cells of the line as shown */
  bool primary;
} Mark;

typedef struct Picture {
  Text *out;
  bool color;
  const char *primary_color;
  int gutter; /* digits of the largest line number */
} Picture;

static void colored(Picture *p, const char *color, const char *text) {
  if (p->color) text_add(p->out, color);
  add_harmless(p->out, text, strlen(text));
  if (p->color) text_add(p->out, RESET);
}

static void gutter(Picture *p, int line) {
  if (p->color) text_add(p->out, BLUE);
  if (line) text_addf(p->out, "%*d |", p->gutter, line);
  else text_addf(p->out, "%*s |", p->gutter, "");
  if (p->color) text_add(p->out, RESET);
}

static void print_place(Picture *p, const char *arrow, Location place) {
  text_add_char(p->out, ' ', p->gutter);
  colored(p, BLUE, arrow);
  text_add_char(p->out, ' ', 1);
  add_harmless(p->out, place.source->name, strlen(place.source->name));
  text_addf(p->out, ":%d:%d\n", place.line, place.column);
}

/* Prints the line, or the part of it around its first mark, and sets the cells of its marks. */
static void print_line(Picture *p, Mark *marks, int count) {
  Location place = marks[0].place;
  int first = 0, last = place.line_length, position = 0;
  if (last > MAX_SHOWN) {
    if (place.column > MAX_SHOWN - BEFORE_MARK) first = place.column - BEFORE_MARK;
    while (first > 0 && first < last && ((unsigned char)place.line_text[first] & 0xc0) == 0x80) first--;
    if (last - first > MAX_SHOWN) last = first + MAX_SHOWN;
    while (last < place.line_length && ((unsigned char)place.line_text[last] & 0xc0) == 0x80) last++;
  }
  gutter(p, place.line);
  if (last) text_add_char(p->out, ' ', 1);
  if (first) text_add(p->out, "...");
  if (first) position = 3;
  for (int i = 0; i < count; i++) marks[i].from = marks[i].width = -1;
  for (int at = first; at <= last;) {
    int width = 0, step = 1;
    for (int i = 0; i < count; i++) {
      if (marks[i].from < 0 && marks[i].place.column - 1 <= at) marks[i].from = position;
      if (marks[i].width < 0 && marks[i].end - 1 <= at) marks[i].width = position - marks[i].from;
    }
    if (at < last) step = add_character(p->out, place.line_text + at, (size_t)(place.line_length - at), &width);
    position += width;
    at += step;
  }
  for (int i = 0; i < count; i++) {
    if (marks[i].from < 0) marks[i].from = position;
    if (marks[i].width < 0) marks[i].width = position - marks[i].from;
    if (marks[i].width < 1) marks[i].width = 1;
  }
  if (last < place.line_length) text_add(p->out, "...");
  text_add_char(p->out, '\n', 1);
}

static const char *color_of(const Picture *p, const Mark *mark) { return mark->primary ? p->primary_color : BLUE; }

/* `^^^` and `---`, where they overlap the primary's. */
static int print_marks(Picture *p, const Mark *marks, int count) {
  int position = 0, end = 0;
  for (int i = 0; i < count; i++)
    if (marks[i].from + marks[i].width > end) end = marks[i].from + marks[i].width;
  gutter(p, 0);
  text_add_char(p->out, ' ', 1);
  while (position < end) {
    const Mark *here = NULL;
    int until = end;
    for (int i = 0; i < count; i++) {
      bool inside = marks[i].from <= position && position < marks[i].from + marks[i].width;
      if (inside && (!here || marks[i].primary)) here = &marks[i];
      if (marks[i].from > position && marks[i].from < until) until = marks[i].from;
    }
    for (int i = 0; i < count; i++) {
      int stop = marks[i].from + marks[i].width;
      if (stop > position && stop < until) until = stop;
    }
    if (here && p->color) text_add(p->out, color_of(p, here));
    text_add_char(p->out, !here ? ' ' : here->primary ? '^' : '-', until - position);
    if (here && p->color) text_add(p->out, RESET);
    position = until;
  }
  return end;
}

/* The row of bars above a hanging text, or the text itself. */
static void print_bars(Picture *p, const Mark *marks, int count, const Mark *text) {
  int position = 0;
  gutter(p, 0);
  text_add_char(p->out, ' ', 1);
  for (int i = 0; i < count; i++) {
    if (!marks[i].label->text || marks[i].from < position || &marks[i] == text) continue;
    if (text && marks[i].from >= text->from) break;
    text_add_char(p->out, ' ', marks[i].from - position);
    colored(p, color_of(p, &marks[i]), "|");
    position = marks[i].from + 1;
  }
  if (text) {
    text_add_char(p->out, ' ', text->from - position);
    colored(p, color_of(p, text), text->label->text);
  }
  text_add_char(p->out, '\n', 1);
}

/* One line of the source and what is said of it. */
static void print_marked_line(Picture *p, Mark *marks, int count) {
  print_line(p, marks, count);
  int end = print_marks(p, marks, count), hanging = count;
  const Mark *last = &marks[count - 1];
  if (last->label->text && last->from + last->width == end) {
    text_add_char(p->out, ' ', 1);
    colored(p, color_of(p, last), last->label->text);
    hanging--;
  }
  text_add_char(p->out, '\n', 1);
  bool any = false;
  for (int i = 0; i < hanging; i++) any |= marks[i].label->text != NULL;
  if (!any) return;
  print_bars(p, marks, hanging, NULL);
  for (int i = hanging; i-- > 0;)
    if (marks[i].label->text) print_bars(p, marks, i, &marks[i]);
}

static bool comes_before(const Mark *a, const Mark *b, const Source *main_source) {
  if (a->place.source != b->place.source) {
    if (a->place.source == main_source || b->place.source == main_source) return a->place.source == main_source;
    return a->place.source->base < b->place.source->base;
  }
  if (a->place.line != b->place.line) return a->place.line < b->place.line;
  if (a->place.column != b->place.column) return a->place.column < b->place.column;
  return b->primary;
}

/* The marks of a diagnostic in the order of the picture: the primary's file first. */
static Mark *collect_marks(const Diagnostic *d, int *count) {
  const Sources *sources = d->owner->sources;
  Mark *marks = ARENA_ARRAY(d->owner->arena, Mark, (size_t)d->label_count + 1);
  const Source *main_source = source_locate(sources, d->primary.span.start).source;
  *count = 0;
  for (int i = -1; i < d->label_count; i++) {
    const Label *label = i < 0 ? &d->primary : &d->labels[i];
    Mark mark = {.label = label, .place = source_locate(sources, label->span.start), .primary = i < 0};
    if (!mark.place.source) continue;
    int length = label->span.end > label->span.start ? (int)(label->span.end - label->span.start) : 0;
    int rest = mark.place.line_length - mark.place.column + 1;
    mark.end = mark.place.column + (length < rest || rest < 0 ? length : rest);
    int at = (*count)++;
    for (; at > 0 && comes_before(&mark, &marks[at - 1], main_source); at--) marks[at] = marks[at - 1];
    marks[at] = mark;
  }
  return marks;
}

static void print_picture(Picture *p, Mark *marks, int count) {
  const Mark *last = NULL;
  for (int i = 0; i < count;) {
    int same = 1;
    while (i + same < count && marks[i + same].place.line_text == marks[i].place.line_text) same++;
    if (!last || last->place.source != marks[i].place.source) {
      if (last) print_place(p, ":::", marks[i].place);
      gutter(p, 0);
      text_add_char(p->out, '\n', 1);
    } else if (marks[i].place.line > last->place.line + 1) {
      colored(p, BLUE, "...");
      text_add_char(p->out, '\n', 1);
    }
    last = &marks[i];
    print_marked_line(p, &marks[i], same);
    i += same;
  }
}

/* `note: ` and its text; a further line is set under the first unless it brings its own indentation. */
static void print_child(Picture *p, const char *color, const char *word, const char *text) {
  colored(p, color, word);
  text_add(p->out, ": ");
  for (;;) {
    size_t length = strcspn(text, "\n");
    add_harmless(p->out, text, length);
    text_add_char(p->out, '\n', 1);
    if (!text[length]) return;
    text += length + 1;
    if (*text != ' ') text_add_char(p->out, ' ', 6);
  }
}

static int digits(int number) { return number < 10 ? 1 : 1 + digits(number / 10); }

void print_diagnostic_text(Text *out, const Diagnostic *d, bool color) {
  const Sources *sources = d->owner->sources;
  bool error = d->severity == SEVERITY_ERROR;
  Picture picture = {out, color, error ? RED : YELLOW, 1};
  int count;
  Mark *marks = collect_marks(d, &count);
  for (int i = 0; i < count; i++)
    if (digits(marks[i].place.line) > picture.gutter) picture.gutter = digits(marks[i].place.line);
  for (int i = 0; i < d->note_count; i++) {
    int width = digits(source_locate(sources, d->notes[i].span.start).line);
    if (width > picture.gutter) picture.gutter = width;
  }
  colored(&picture, picture.primary_color, error ? "error" : "warning");
  text_addf(out, "%s[%s]: ", color ? BOLD : "", code_name(d->code));
  add_harmless(out, d->message, strlen(d->message));
  text_addf(out, "%s\n", color ? RESET : "");
  Location place = source_locate(sources, d->primary.span.start);
  if (place.source) print_place(&picture, "-->", place);
  if (count && !place.source) print_place(&picture, "-->", marks[0].place);
  print_picture(&picture, marks, count);
  if (count && (d->note_count || d->help_count)) {
    gutter(&picture, 0);
    text_add_char(out, '\n', 1);
  }
  for (int i = 0; i < d->note_count; i++) {
    print_child(&picture, BOLD, "note", d->notes[i].text);
    Location at = source_locate(sources, d->notes[i].span.start);
    if (at.source) print_place(&picture, "-->", at);
  }
  for (int i = 0; i < d->help_count; i++) print_child(&picture, CYAN, "help", d->helps[i]);
}
