/* init.c - `cnnc init`: a first network to change. */
#include <sys/stat.h>
#include "emit/templates.h"
#include "emit/writer.h"
#include "support/writer.h"
#include "tools/option_values.h"
#include "tools/session.h"

int init_verb(Session *session) {
  const CommandLine *line = &session->line;
  Arena *arena = session->arena;
  const char *stem = without_ending(arena, line->operand_count ? line->operands[0] : "net", ".cnn"), *name = last_part(stem);
  if (!is_prefix(name)) {
    Diagnostic *d = report(&session->diagnostics, CODE_E0901, (Span){0, 0}, "`%s` cannot be the name of a network", name);
    add_help(d, "a letter, then up to 30 letters, digits and `_`");
    return 2;
  }
  const char *path = arena_printf(arena, "%s.cnn", stem), *error;
  struct stat info;
  if (!line->force && !stat(path, &info)) {
    Diagnostic *d = report(&session->diagnostics, CODE_E0903, (Span){0, 0}, "`%s` is there already", path);
    add_help(d, "`cnnc init NAME` gives it another name, `--force` replaces it");
    return 3;
  }
  Text text = text_new(arena);
  write_template(&text, template_init_cnn, (Hole[]){{"name", name}, {NULL, NULL}});
  OutputFile file = {path, text_string(&text), text.length, NULL, 0};
  bool refused;
  if (!write_files(arena, &file, 1, (WriteRules){0}, &error, &refused)) {
    report(&session->diagnostics, CODE_E0903, (Span){0, 0}, "%s", error);
    return 3;
  }
  add_message(session, "%s is written; `cnnc summary %s` shows its layers, `cnnc explain conv` what `conv` does", path, path);
  return 0;
}
