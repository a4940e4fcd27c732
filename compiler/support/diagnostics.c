/* diagnostics.c - collecting what is reported, and printing it in order of place: a line each, as one JSON document, or
 * as the pictures of diagnostics_text.c. After MAX_ERRORS a scratch object takes what is reported, so that a flood of
 * errors costs no memory. Must not know who reports. */
#include "support/diagnostics.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

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

static Diagnostic *new_diagnostic(Diagnostics *all, Code code, Span span) {
  bool lint = row(code)->lint;
  if (row(code)->status > all->status) all->status = row(code)->status;
  bool keep = lint || all->errors < MAX_ERRORS;
  if (lint) all->warnings++;
  else all->errors++;
  Diagnostic *d = keep || !all->scratch ? ARENA_NEW(all->arena, Diagnostic) : all->scratch;
  if (!keep) all->scratch = d;
  *d = (Diagnostic){.owner = all, .severity = lint ? SEVERITY_WARNING : SEVERITY_ERROR, .code = code, .message = ""};
  d->primary.span = span;
  return d;
}

Diagnostic *report(Diagnostics *all, Code code, Span span, const char *format, ...) {
  Diagnostic *d = new_diagnostic(all, code, span);
  if (!is_kept(d)) return d;
  FORMATTED(d->message, d, format);
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

static Ordered *in_order(const Diagnostics *all) {
  Ordered *ordered = ARENA_ARRAY(all->arena, Ordered, (size_t)all->count + 1);
  for (int i = 0; i < all->count; i++) ordered[i] = (Ordered){all->items[i], i};
  qsort(ordered, (size_t)all->count, sizeof *ordered, compare);
  return ordered;
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

/* JSON */

static void json_string(Text *out, const char *text) {
  size_t length = strlen(text);
  text_add_char(out, '"', 1);
  for (size_t at = 0; at < length;) {
    uint32_t code;
    int step = decode_utf8(text + at, length - at, &code);
    if (step == 0) text_add(out, "\xef\xbf\xbd");
    else if (code == '"' || code == '\\') text_addf(out, "\\%c", (char)code);
    else if (code == '\n') text_add(out, "\\n");
    else if (code == '\t') text_add(out, "\\t");
    else if (code < 0x20 || code == 0x7f) text_addf(out, "\\u%04x", (unsigned)code);
    else text_add_bytes(out, text + at, (size_t)step);
    at += step ? (size_t)step : 1;
  }
  text_add_char(out, '"', 1);
}

static void json_place(Text *out, const Sources *sources, Span span) {
  Location start = source_locate(sources, span.start), end = source_locate(sources, span.end);
  if (!start.source) {
    text_add(out, "\"file\":null,\"line\":null,\"column\":null,\"end_line\":null,\"end_column\":null");
    return;
  }
  if (end.source != start.source) end = start;
  text_add(out, "\"file\":");
  json_string(out, start.source->name);
  text_addf(out, ",\"line\":%d,\"column\":%d,\"end_line\":%d,\"end_column\":%d", start.line, start.column, end.line, end.column);
}

static void json_label(Text *out, const Sources *sources, Label label, const char *name, bool first) {
  text_add(out, first ? "{" : ",{");
  json_place(out, sources, label.span);
  text_addf(out, ",\"%s\":", name);
  json_string(out, label.text);
  text_add_char(out, '}', 1);
}

static void json_diagnostic(Text *out, const Diagnostic *d) {
  const Sources *sources = d->owner->sources;
  text_add_char(out, '{', 1);
  json_place(out, sources, d->primary.span);
  text_addf(out, ",\"severity\":\"%s\",\"code\":\"%s\",\"message\":", d->severity == SEVERITY_ERROR ? "error" : "warning",
            code_name(d->code));
  json_string(out, d->message);
  text_add(out, ",\"labels\":[");
  if (d->primary.text) json_label(out, sources, d->primary, "text", true);
  for (int i = 0; i < d->label_count; i++) json_label(out, sources, d->labels[i], "text", i == 0 && !d->primary.text);
  text_add(out, "],\"notes\":[");
  for (int i = 0; i < d->note_count; i++) json_label(out, sources, d->notes[i], "text", i == 0);
  text_add(out, "],\"help\":[");
  for (int i = 0; i < d->help_count; i++) {
    if (i) text_add_char(out, ',', 1);
    json_string(out, d->helps[i]);
  }
  text_add(out, "],\"fixes\":[");
  for (int i = 0; i < d->fix_count; i++)
    json_label(out, sources, (Label){d->fixes[i].span, d->fixes[i].replacement}, "replacement", i == 0);
  text_add(out, "]}");
}

static void print_json(Text *out, const Diagnostics *all, int not_shown) {
  Ordered *ordered = in_order(all);
  text_add(out, "{\"schema\":1,\"diagnostics\":[");
  for (int i = 0; i < all->count; i++) {
    text_add(out, i ? ",\n" : "\n");
    json_diagnostic(out, ordered[i].diagnostic);
  }
  text_add(out, all->count ? "\n]" : "]");
  if (not_shown) text_addf(out, ",\"errors_not_shown\":%d", not_shown);
  text_add(out, "}\n");
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

void print_diagnostics(Text *out, const Diagnostics *all, DiagnosticFormat format, bool color) {
  int not_shown = all->errors > MAX_ERRORS ? all->errors - MAX_ERRORS : 0;
  if (format == DIAGNOSTICS_JSON) {
    print_json(out, all, not_shown);
    return;
  }
  Ordered *ordered = in_order(all);
  for (int i = 0; i < all->count; i++) {
    if (format == DIAGNOSTICS_SHORT) {
      print_short(out, ordered[i].diagnostic);
    } else {
      if (i) text_add_char(out, '\n', 1);
      print_diagnostic_text(out, ordered[i].diagnostic, color);
    }
  }
  if (not_shown && format == DIAGNOSTICS_TEXT) text_add_char(out, '\n', 1);
  if (not_shown) text_addf(out, "error: %d more error%s not shown\n", not_shown, plural(not_shown));
  if (format == DIAGNOSTICS_TEXT) print_summary(out, all);
}
