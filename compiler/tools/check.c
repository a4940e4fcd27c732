/* check.c - `cnnc check`: everything that can be wrong with the input, for several files. Writes nothing but, with
 * --fix, the checked files themselves. */
#include <stdlib.h>
#include <string.h>
#include "compile.h"
#include "support/writer.h"
#include "tools/session.h"

/* What one file has to say, with diagnostics of its own: errors of one do not end the reading of the next. */
static Compilation check_file(Session *session, const char *file) {
  Options *options = ARENA_NEW(session->arena, Options);
  *options = session->line.options;
  options->file = file;
  options->shapes_only = true;
  Diagnostics *diagnostics = ARENA_NEW(session->arena, Diagnostics);
  *diagnostics = new_diagnostics(session);
  Compilation c = new_compilation(session, options, diagnostics);
  (void)compile_to_graph(&c);
  return c;
}

static int later_first(const void *a, const void *b) {
  const Fix *first = a, *second = b;
  return first->span.start < second->span.start ? 1 : first->span.start > second->span.start ? -1 : 0;
}

/* The source with all fixes that lie in it and do not overlap; *count: how many. */
static const char *apply_fixes(Arena *arena, const Diagnostics *diagnostics, const Source *source, int *count) {
  Fix *fixes = NULL;
  int found = 0;
  for (int i = 0; i < diagnostics->count; i++)
    for (int k = 0; k < diagnostics->items[i]->fix_count; k++) {
      Fix fix = diagnostics->items[i]->fixes[k];
      if (fix.span.start >= source->base && fix.span.end <= source->base + source->length) ARENA_PUSH(arena, fixes, found, fix);
    }
  if (found) qsort(fixes, (size_t)found, sizeof *fixes, later_first);
  const char *text = source->text;
  uint32_t untouched = source->base + source->length;
  *count = 0;
  for (int i = 0; i < found; i++) {
    Span span = fixes[i].span;
    if (span.end > untouched || (i && span.start == fixes[i - 1].span.start)) continue;
    text = arena_printf(arena, "%.*s%s%s", (int)(span.start - source->base), text, fixes[i].replacement, text + (span.end - source->base));
    untouched = span.start;
    ++*count;
  }
  return text;
}

/* true: the file has changed. */
static bool fix_file(Session *session, const char *file, const Diagnostics *diagnostics) {
  const Source *source = NULL;
  for (int i = 0; i < session->sources.count; i++)
    if (!strcmp(session->sources.items[i]->name, file)) source = session->sources.items[i];
  if (!source || !strcmp(file, "-") || memchr(source->text, 0, source->length)) return false;
  int count;
  const char *error, *text = apply_fixes(session->arena, diagnostics, source, &count);
  if (!count) return false;
  OutputFile output = {file, text, strlen(text), NULL, 0};
  bool refused;
  if (!write_files(session->arena, &output, 1, (WriteRules){0}, &error, &refused)) {
    report(&session->diagnostics, CODE_E0903, (Span){0, 0}, "%s", error);
    return false;
  }
  add_message(session, "cnnc: %s: %d fix%s applied", file, count, count > 1 ? "es" : "");
  return true;
}

int check_verb(Session *session) {
  for (int i = 0; i < session->line.operand_count; i++) {
    const char *file = session->line.operands[i];
    Compilation c = check_file(session, file);
    if (session->line.fix && fix_file(session, file, c.diagnostics)) c = check_file(session, file);
    take_texts(session, &c);
    apply_lint_settings(session, c.diagnostics);
    merge_diagnostics(&session->diagnostics, c.diagnostics);
    if (session->line.verbose)
      add_message(session, "cnnc: %s: %d errors, %d warnings", file, c.diagnostics->errors, c.diagnostics->warnings);
  }
  return 0;
}
