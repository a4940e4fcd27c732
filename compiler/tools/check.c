/* check.c - `cnnc check`: everything that can be wrong with the input, for several files. Writes nothing but, with
 * --fix, the checked files themselves, each once, when its last text has been checked again. */
#include <string.h>
#include "compile.h"
#include "support/writer.h"
#include "tools/fix.h"
#include "tools/session.h"

enum { MOST_ROUNDS = 10, MOST_MENDED = 1000 }; /* a mended error may uncover the next; edits in a round */

/* The way to files while one of them is being mended: it has its new text before that is written. */
typedef struct Mending {
  ReadFile *read;
  void *context;
  const char *file;
  const Text *text; /* NULL: as it is on disk */
} Mending;

static const char *read_mended(void *context, Arena *arena, const char *path, const char *relative_to, size_t *length,
                               const char **resolved, const char **error) {
  const Mending *mending = context;
  if (!mending->text || relative_to || strcmp(path, mending->file)) {
    return mending->read(mending->context, arena, path, relative_to, length, resolved, error);
  }
  if (resolved) *resolved = path;
  *length = mending->text->length;
  return text_string(mending->text);
}

/* What one file has to say, with diagnostics of its own: errors of one do not end the reading of the next. */
static Compilation check_file(Session *session, const char *file, const Text *text, int most_errors) {
  Options *options = ARENA_NEW(session->arena, Options);
  *options = session->line.options;
  options->file = file;
  options->shapes_only = true;
  Diagnostics *diagnostics = ARENA_NEW(session->arena, Diagnostics);
  *diagnostics = new_diagnostics(session);
  diagnostics->most_errors = most_errors;
  Compilation c = new_compilation(session, options, diagnostics);
  Mending *mending = ARENA_NEW(session->arena, Mending);
  *mending = (Mending){c.read_file, c.read_context, file, text};
  c.read_file = read_mended;
  c.read_context = mending;
  (void)compile_to_graph(&c);
  return c;
}

/* The file as it was read last; NULL: it could not be read. */
static const Source *newest_source(const Session *session, const char *file) {
  for (int i = session->sources.count; i-- > 0;)
    if (!strcmp(session->sources.items[i]->name, file)) return session->sources.items[i];
  return NULL;
}

/* `-` is a filter: what came in goes out, mended. NULL: it is written; else why not. */
static const char *write_mended(Session *session, const char *file, const Text *text) {
  if (!strcmp(file, "-")) {
    session->stdout_taken = true;
    text_add_bytes(&session->out, text_string(text), text->length);
    return NULL;
  }
  OutputFile output = {file, text_string(text), text->length, NULL, 0};
  const char *error;
  bool refused;
  return write_files(session->arena, &output, 1, (WriteRules){.if_changed = true}, &error, &refused) ? NULL : error;
}

/* Checks, mends and checks again; returns what is left to say. */
static Compilation fix_file(Session *session, const char *file) {
  int total = 0;
  Text *text = NULL;
  Compilation c = check_file(session, file, NULL, MOST_MENDED);
  const Source *source = newest_source(session, file);
  for (int round = 0; source && round < MOST_ROUNDS; round++) {
    int count;
    text = ARENA_NEW(session->arena, Text);
    *text = apply_fixes(session->arena, c.diagnostics, source, &count);
    if (!count) break;
    total += count;
    c = check_file(session, file, text, MOST_MENDED);
    source = newest_source(session, file);
  }
  if (text && c.diagnostics->errors > MAX_ERRORS) c = check_file(session, file, text, MAX_ERRORS);
  if (!text || (!total && strcmp(file, "-"))) return c;
  const char *error = write_mended(session, file, text);
  if (error) {
    c = check_file(session, file, NULL, MAX_ERRORS);
    report(c.diagnostics, CODE_E0903, (Span){0, 0}, "%s", error);
  } else if (total) add_message(session, "cnnc: %s: %d fix%s applied", file, total, total > 1 ? "es" : "");
  return c;
}

int check_verb(Session *session) {
  for (int i = 0; i < session->line.operand_count; i++) {
    const char *file = session->line.operands[i];
    Compilation c = session->line.fix ? fix_file(session, file) : check_file(session, file, NULL, MAX_ERRORS);
    take_texts(session, &c);
    apply_lint_settings(session, c.diagnostics);
    merge_diagnostics(&session->diagnostics, c.diagnostics);
    if (session->line.verbose)
      add_message(session, "cnnc: %s: %d errors, %d warnings", file, c.diagnostics->errors, c.diagnostics->warnings);
  }
  return 0;
}
