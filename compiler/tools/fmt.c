/* fmt.c - `cnnc fmt`: files in the one form, in place. Each file has diagnostics of its own: errors of one do not keep
 * the next from being formatted. */
#include <string.h>
#include "ir/format.h"
#include "support/reader.h"
#include "support/similar_file.h"
#include "support/unified_diff.h"
#include "support/writer.h"
#include "tools/session.h"

static const Source *read_file(Session *session, Diagnostics *diagnostics, const char *file) {
  size_t length;
  const char *error, *text = read_whole_file(session->arena, file, READ_ANYTHING, &length, &error);
  if (!text) {
    Diagnostic *d = report(diagnostics, CODE_E0902, (Span){0, 0}, "cannot read `%s`: %s", file, error);
    add_similar_file(session->arena, d, file, error);
    return NULL;
  }
  const Source *source = sources_add(&session->sources, file, text, length);
  if (!source) report(diagnostics, CODE_E0105, (Span){0, 0}, "`%s` is too large", file);
  return source;
}

static void write_file(Session *session, Diagnostics *diagnostics, const char *file, const char *text, size_t length) {
  OutputFile output = {file, text, length, NULL, 0};
  const char *error;
  bool refused;
  if (!write_files(session->arena, &output, 1, (WriteRules){0}, &error, &refused))
    report(diagnostics, CODE_E0903, (Span){0, 0}, "%s", error);
  else if (session->line.verbose) add_message(session, "cnnc: %s: formatted", file);
}

/* true: --check or --diff found that the file would change. */
static bool format_file(Session *session, Diagnostics *diagnostics, const char *file) {
  const CommandLine *line = &session->line;
  bool is_stream = !strcmp(file, "-"), look = line->only_check || line->diff;
  const Source *source = read_file(session, diagnostics, file);
  size_t length;
  const char *text = source ? format_source(session->arena, diagnostics, source, &length) : NULL;
  if (!text) return false;
  bool same = length == source->length && !memcmp(text, source->text, length);
  if (!look && is_stream) text_add_bytes(&session->out, text, length);
  else if (!look && !same) write_file(session, diagnostics, file, text, length);
  if (same || !look) return false;
  if (line->only_check) text_addf(&session->out, "%s\n", file);
  if (line->diff) add_unified_diff(&session->out, (DiffText){file, source->text, source->length}, (DiffText){file, text, length});
  return true;
}

int fmt_verb(Session *session) {
  static const char *const standard_input[] = {"-"};
  const CommandLine *line = &session->line;
  const char *const *files = line->operand_count ? line->operands : standard_input;
  int count = line->operand_count ? line->operand_count : 1;
  bool differ = false;
  for (int i = 0; i < count; i++) {
    Diagnostics *diagnostics = ARENA_NEW(session->arena, Diagnostics);
    *diagnostics = new_diagnostics(session);
    if (format_file(session, diagnostics, files[i])) differ = true;
    merge_diagnostics(&session->diagnostics, diagnostics);
  }
  return differ ? 1 : 0;
}
