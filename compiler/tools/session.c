/* session.c - see session.h. */
#include "tools/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "support/progress.h"
#include "support/reader.h"
#include "support/writer.h"

/* Standard input can be read once, and several compilations of one run of cnnc want it. */
static const char *read_standard_input(Session *session, size_t *length, const char **error) {
  if (!session->standard_input)
    session->standard_input = read_whole_file(session->arena, "-", READ_ANYTHING, &session->standard_input_length, error);
  *length = session->standard_input_length;
  return session->standard_input;
}

/* A file that sources of one directory name a thousand times is read once. */
static const char *read_beside(Session *session, const char *path, const char *source, size_t *length, const char **error) {
  const char *plain = strstr(path, "..") ? path : normal_path(session->arena, path);
  const char *key = arena_printf(session->arena, "%s\n%s", path_beside(session->arena, ".", source), plain);
  FileBeside *file = find_name(&session->beside, key);
  if (!file) {
    file = ARENA_NEW(session->arena, FileBeside);
    file->bytes = read_file_beside(session->arena, path, source, &file->length, &file->error);
    put_name(&session->beside, key, file);
  }
  *length = file->length;
  if (!file->bytes) *error = file->error;
  return file->bytes;
}

/* The one way by which the core reads files. */
static const char *read_source(void *context, Arena *arena, const char *path, const char *relative_to, size_t *length,
                               const char **resolved, const char **error) {
  const char *full = path_beside(arena, path, relative_to);
  if (resolved) *resolved = full;
  if (!relative_to && !strcmp(full, "-")) return read_standard_input(context, length, error);
  return relative_to ? read_beside(context, path, relative_to, length, error) : read_whole_file(arena, full, READ_ANYTHING, length, error);
}

Diagnostics new_diagnostics(Session *session) { return (Diagnostics){.arena = session->arena, .sources = &session->sources}; }

Compilation new_compilation(Session *session, const Options *options, Diagnostics *diagnostics) {
  return (Compilation){.arena = session->arena,
                       .diagnostics = diagnostics,
                       .sources = &session->sources,
                       .options = options,
                       .read_file = read_source,
                       .read_context = session,
                       .dump = text_new(session->arena),
                       .timings = text_new(session->arena)};
}

Diagnostic *fault(Session *session, Code code, const char *format, ...) {
  Text text = text_new(session->arena);
  va_list arguments;
  va_start(arguments, format);
  text_vaddf(&text, format, arguments);
  va_end(arguments);
  return report(&session->diagnostics, code, (Span){0, 0}, "%s", text_string(&text));
}

int wrong_use(Session *session, const char *text) {
  fault(session, CODE_E0901, "%s", text);
  return 2;
}

void merge_diagnostics(Diagnostics *into, const Diagnostics *from) {
  for (int i = 0; i < from->count; i++) {
    from->items[i]->owner = into; /* the other one may go */
    ARENA_PUSH(into->arena, into->items, into->count, from->items[i]);
  }
  into->errors += from->errors;
  into->warnings += from->warnings;
  if (from->status > into->status) into->status = from->status;
}

void apply_lint_settings(const Session *session, Diagnostics *diagnostics) {
  int kept = 0;
  for (int i = 0; i < diagnostics->count; i++) {
    Diagnostic *d = diagnostics->items[i];
    bool off = false, error = session->line.warnings_are_errors;
    for (int k = 0; k < session->line.lint_count; k++) {
      const LintSetting *setting = &session->line.lints[k];
      if (setting->code != d->code) continue;
      if (!setting->of_error || !setting->off) off = setting->off;
      if (setting->of_error) error = !setting->off;
    }
    if (d->severity == SEVERITY_WARNING && off) {
      diagnostics->warnings--;
      continue;
    }
    if (d->severity == SEVERITY_WARNING && error) {
      d->severity = SEVERITY_ERROR;
      diagnostics->warnings--;
      diagnostics->errors++;
      if (diagnostics->status < 1) diagnostics->status = 1;
    }
    diagnostics->items[kept++] = d;
  }
  diagnostics->count = kept;
}

void take_texts(Session *session, const Compilation *c) {
  text_add(&session->out, text_string(&c->dump));
  text_add(&session->messages, text_string(&c->timings));
  if (c->weights_note && !session->line.quiet) add_message(session, "note: %s: %s", c->options->file, c->weights_note);
}

void add_message(Session *session, const char *format, ...) {
  if (session->line.quiet) return;
  va_list arguments;
  va_start(arguments, format);
  text_vaddf(&session->messages, format, arguments);
  va_end(arguments);
  text_add(&session->messages, "\n");
}

static bool wants_color(const Session *session) {
  if (session->line.color != COLOR_AUTO) return session->line.color == COLOR_ALWAYS;
  const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
  return !(no_color && *no_color) && !(term && !strcmp(term, "dumb")) && isatty(STDERR_FILENO);
}

int finish_session(Session *session, int status) {
  progress_end();
  Diagnostics *diagnostics = &session->diagnostics;
  bool document = session->line.format == DIAGNOSTICS_JSON || session->line.format == DIAGNOSTICS_SARIF;
  Text printed = text_new(session->arena);
  if (document || diagnostics->count || diagnostics->errors)
    print_diagnostics(&printed, diagnostics, session->line.format, wants_color(session));
  bool document_on_stdout = document && !session->stdout_taken && !session->out.length;
  if (document_on_stdout) text_add(&session->out, text_string(&printed));
  if (diagnostics_status(diagnostics) > status) status = diagnostics_status(diagnostics);
  const char *problem = session->out.length ? write_stdout(text_string(&session->out), session->out.length) : NULL;
  if (!document_on_stdout) fputs(text_string(&printed), stderr);
  fputs(text_string(&session->messages), stderr);
  if (!problem) return status;
  fprintf(stderr, "cnnc: standard output cannot be written: %s\n", problem);
  return status > 3 ? status : 3;
}

const char *without_ending(Arena *arena, const char *path, const char *ending) {
  size_t length = strlen(path), end = strlen(ending);
  if (length > end && !strcmp(path + length - end, ending) && path[length - end - 1] != '/') length -= end;
  return arena_strndup(arena, path, length);
}

const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}
