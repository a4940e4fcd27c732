/* diagnostics.c - collecting what is reported, and printing it in order of place: a line each here, as pictures in
 * diagnostics_text.c, for programs in diagnostics_json.c and diagnostics_sarif.c. After MAX_ERRORS a scratch object takes what is reported, so that a flood of
 * errors costs no memory. Must not know who reports. */
#include "support/diagnostics.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/diagnostics_json.h"
#include "support/diagnostics_text.h"

typedef struct CodeRow {
  int status;
  const char *name, *title;
  bool lint;
} CodeRow;

static const CodeRow *row(Code code) {
  static const CodeRow rows[] = {
#define DIAGNOSTIC(code, status, name, title) {status, name, title, #code[0] == 'W'},
#include "support/diagnostics.def"
  };
  return &rows[code];
}

const char *code_name(Code code) { return row(code)->name; }
const char *code_title(Code code) { return row(code)->title; }
bool is_lint(Code code) { return row(code)->lint; }
int diagnostics_status(const Diagnostics *all) { return all->status; }

static bool is_kept(const Diagnostic *d) { return d != d->owner->scratch; }

/* What a variadic function was given, as text in the arena. */
#define FORMATTED(result, d, format)                                                                                                       \
  do {                                                                                                                                     \
    Text formatted_ = text_new((d)->owner->arena);                                                                                         \
    va_list arguments_;                                                                                                                    \
    va_start(arguments_, format);                                                                                                          \
    text_vaddf(&formatted_, format, arguments_);                                                                                           \
    va_end(arguments_);                                                                                                                    \
    (result) = text_string(&formatted_);                                                                                                   \
  } while (0)

/* A lint that was reported of this place: blocks and repeats come by many times. */
static bool is_known_lint(Diagnostics *all, Code code, Span span) {
  char key[64];
  if (!row(code)->lint) return false;
  (void)snprintf(key, sizeof key, "%d %u %u", (int)code, (unsigned)span.start, (unsigned)span.end);
  if (!all->lints.arena) all->lints = name_table(all->arena);
  if (find_name(&all->lints, key)) return true;
  put_name(&all->lints, arena_strdup(all->arena, key), all);
  return false;
}

/* The same for errors, of which few are kept. */
static bool is_repeated(const Diagnostics *all, Code code, Span span, const char *message) {
  for (int i = 0; span.start && i < all->count; i++) {
    const Diagnostic *d = all->items[i];
    if (d->code == code && d->primary.span.start == span.start && d->primary.span.end == span.end && !strcmp(d->message, message))
      return true;
  }
  return false;
}

/* Takes everything that is added and is not printed. */
static Diagnostic *scratch(Diagnostics *all) {
  if (!all->scratch) all->scratch = ARENA_NEW(all->arena, Diagnostic);
  *all->scratch = (Diagnostic){.owner = all, .message = ""};
  return all->scratch;
}

bool errors_are_hidden(const Diagnostics *all) { return all->errors >= (all->most_errors ? all->most_errors : MAX_ERRORS); }

static Diagnostic *new_diagnostic(Diagnostics *all, Code code, Span span) {
  bool lint = row(code)->lint;
  if (row(code)->status > all->status) all->status = row(code)->status;
  bool keep = lint ? all->warnings < MAX_WARNINGS : !errors_are_hidden(all);
  if (lint) all->warnings++;
  else all->errors++;
  if (!keep) return scratch(all);
  Diagnostic *d = ARENA_NEW(all->arena, Diagnostic);
  *d = (Diagnostic){.owner = all, .severity = lint ? SEVERITY_WARNING : SEVERITY_ERROR, .code = code, .message = ""};
  d->primary.span = span;
  return d;
}

Diagnostic *report(Diagnostics *all, Code code, Span span, const char *format, ...) {
  if (is_known_lint(all, code, span)) return scratch(all);
  Diagnostic *d = new_diagnostic(all, code, span);
  if (!is_kept(d)) return d;
  FORMATTED(d->message, d, format);
  if (d->severity == SEVERITY_ERROR && is_repeated(all, code, span, d->message)) {
    all->errors--;
    return scratch(all);
  }
  ARENA_PUSH(all->arena, all->items, all->count, d);
  return d;
}

void set_label(Diagnostic *d, const char *format, ...) {
  if (is_kept(d)) FORMATTED(d->primary.text, d, format);
}

void add_label(Diagnostic *d, Span span, const char *format, ...) {
  if (!is_kept(d)) return;
  Label label = {span, NULL};
  FORMATTED(label.text, d, format);
  ARENA_PUSH(d->owner->arena, d->labels, d->label_count, label);
}

void add_note(Diagnostic *d, const char *format, ...) {
  if (!is_kept(d)) return;
  Label note = {{0, 0}, NULL};
  FORMATTED(note.text, d, format);
  ARENA_PUSH(d->owner->arena, d->notes, d->note_count, note);
}

void add_note_at(Diagnostic *d, Span span, const char *format, ...) {
  if (!is_kept(d)) return;
  Label note = {span, NULL};
  FORMATTED(note.text, d, format);
  ARENA_PUSH(d->owner->arena, d->notes, d->note_count, note);
}

void add_help(Diagnostic *d, const char *format, ...) {
  if (!is_kept(d)) return;
  const char *help = NULL;
  FORMATTED(help, d, format);
  ARENA_PUSH(d->owner->arena, d->helps, d->help_count, help);
}

void add_fix(Diagnostic *d, Span span, const char *replacement) {
  if (!is_kept(d)) return;
  Fix fix = {span, arena_strdup(d->owner->arena, replacement)};
  ARENA_PUSH(d->owner->arena, d->fixes, d->fix_count, fix);
}

void add_guess(Diagnostic *d, Span span, const char *replacement) {
  add_fix(d, span, replacement);
  d->fix_is_guess = true;
}

/* Order of printing */

typedef struct Ordered {
  const Diagnostic *diagnostic;
  int index;
} Ordered;

/* By place, then as reported; what has no place comes last. */
static int compare(const void *left, const void *right) {
  const Ordered *a = left, *b = right;
  uint32_t at = a->diagnostic->primary.span.start - 1, other = b->diagnostic->primary.span.start - 1;
  if (at != other) return at < other ? -1 : 1;
  return a->index < b->index ? -1 : a->index > b->index;
}

const Diagnostic *const *diagnostics_in_order(const Diagnostics *all) {
  Ordered *ordered = ARENA_ARRAY(all->arena, Ordered, (size_t)all->count + 1);
  const Diagnostic **items = ARENA_ARRAY(all->arena, const Diagnostic *, (size_t)all->count + 1);
  for (int i = 0; i < all->count; i++) ordered[i] = (Ordered){all->items[i], i};
  qsort(ordered, (size_t)all->count, sizeof *ordered, compare);
  for (int i = 0; i < all->count; i++) items[i] = ordered[i].diagnostic;
  return items;
}

int diagnostics_not_shown(const Diagnostics *all) {
  int kept = 0;
  for (int i = 0; i < all->count; i++) kept += all->items[i]->severity == SEVERITY_ERROR;
  return all->errors - kept;
}

/* A line each */

static void print_short(Text *out, const Diagnostic *d) {
  Location place = source_locate(d->owner->sources, d->primary.span.start);
  if (place.source) {
    add_harmless(out, place.source->name, strlen(place.source->name));
    text_addf(out, ":%d:%d: ", place.line, place.column);
  }
  text_addf(out, "%s[%s]: ", d->severity == SEVERITY_ERROR ? "error" : "warning", code_name(d->code));
  for (const char *c = d->message; *c; c++) {
    size_t length = strcspn(c, "\n");
    add_harmless(out, c, length);
    c += length;
    if (!*c) break;
    text_add_char(out, ' ', 1);
  }
  text_add_char(out, '\n', 1);
}

static const char *plural(int count) { return count == 1 ? "" : "s"; }

static void print_summary(Text *out, const Diagnostics *all) {
  if (all->errors + all->warnings < 2) return;
  text_add_char(out, '\n', 1);
  if (all->errors) text_addf(out, "%d error%s", all->errors, plural(all->errors));
  if (all->errors && all->warnings) text_add(out, ", ");
  if (all->warnings) text_addf(out, "%d warning%s", all->warnings, plural(all->warnings));
  text_add_char(out, '\n', 1);
}

static void print_lines(Text *out, const Diagnostics *all, bool text, bool color) {
  const Diagnostic *const *items = diagnostics_in_order(all);
  int not_shown = diagnostics_not_shown(all);
  for (int i = 0; i < all->count; i++) {
    if (i && text) text_add_char(out, '\n', 1);
    if (text) print_diagnostic_text(out, items[i], color);
    else print_short(out, items[i]);
  }
  if (not_shown && text) text_add_char(out, '\n', 1);
  if (not_shown) text_addf(out, "error: %d more error%s not shown\n", not_shown, plural(not_shown));
  if (text) print_summary(out, all);
}

void print_diagnostics(Text *out, const Diagnostics *all, DiagnosticFormat format, bool color) {
  switch (format) {
  case DIAGNOSTICS_TEXT: print_lines(out, all, true, color); break;
  case DIAGNOSTICS_SHORT: print_lines(out, all, false, false); break;
  case DIAGNOSTICS_JSON: print_diagnostics_json(out, all); break;
  case DIAGNOSTICS_SARIF: print_diagnostics_sarif(out, all); break;
  }
}
