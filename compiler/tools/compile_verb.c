/* compile_verb.c - `cnnc compile`: writes the outputs and what make wants to know of them; the rest is compile.h. */
#include <string.h>
#include "compile.h"
#include "tools/outputs.h"

static const char *escape_for_make(Arena *arena, const char *path) {
  Text text = text_new(arena);
  for (; *path; path++) {
    if (*path == ' ' || *path == '#') text_add(&text, "\\");
    if (*path == '$') text_add(&text, "$");
    text_add_char(&text, *path, 1);
  }
  return text_string(&text);
}

/* Outputs on the left, all that was read on the right. ninja wants that first which a rule names first: the source. */
static Text dependencies(Session *session, const Compilation *c, const char *source, const OutputFile *files, int count) {
  Text text = text_new(session->arena);
  const char *target = session->line.depfile_target;
  text_add(&text, target ? target : escape_for_make(session->arena, source));
  for (int i = 0; i < count && !target; i++)
    if (files[i].path != source) text_addf(&text, " %s", escape_for_make(session->arena, files[i].path));
  text_add(&text, ":");
  for (int i = 0; i < c->files_read_count; i++) text_addf(&text, " \\\n  %s", escape_for_make(session->arena, c->files_read[i]));
  text_add(&text, "\n");
  for (int i = 1; session->line.phony_targets && i < c->files_read_count; i++)
    text_addf(&text, "\n%s:\n", escape_for_make(session->arena, c->files_read[i]));
  return text;
}

/* The .cnn first, each file once. */
static void tidy_files_read(Compilation *c) {
  const char **all = NULL;
  int count = 0;
  if (strcmp(c->options->file, "-")) ARENA_PUSH(c->arena, all, count, c->options->file);
  for (int i = 0; i < c->files_read_count; i++) {
    bool known = !strcmp(c->files_read[i], "-");
    for (int k = 0; k < count && !known; k++) known = !strcmp(all[k], c->files_read[i]);
    if (!known) ARENA_PUSH(c->arena, all, count, c->files_read[i]);
  }
  c->files_read = all;
  c->files_read_count = count;
}

/* false: an error was reported and nothing has changed. */
static bool write_outputs(Session *session, Compilation *c, const OutputNames *names, const Outputs *out) {
  const CommandLine *line = &session->line;
  Arena *arena = session->arena;
  OutputFile files[MAX_OUTPUTS + 1];
  int count = list_outputs(arena, names, out, files);
  for (int i = 0; i < line->option_file_count; i++) ARENA_PUSH(arena, c->files_read, c->files_read_count, line->option_files[i]);
  tidy_files_read(c);
  if (line->depfile) {
    Text text = dependencies(session, c, names->code, files, count);
    OutputFile last = files[count - 1];
    const char *path = line->depfile_path ? line->depfile_path : arena_printf(arena, "%s.d", names->stem);
    files[count - 1] = (OutputFile){path, text_string(&text), text.length, NULL, 0};
    files[count++] = last; /* the header comes last: with it, everything is there */
  }
  WriteRules rules = {line->force, line->if_changed, c->files_read, c->files_read_count};
  const char *error;
  bool refused;
  if (write_files(arena, files, count, rules, &error, &refused)) {
    for (int i = 0; i < count && line->verbose; i++) add_message(session, "cnnc: %s: %zu bytes", files[i].path, files[i].length);
    return true;
  }
  report(&session->diagnostics, CODE_E0903, (Span){0, 0}, "%s", error);
  return false;
}

int compile_verb(Session *session) {
  CommandLine *line = &session->line;
  OutputNames names;
  if (!name_outputs(session, &names)) return 2;
  if (line->depfile && names.only_code && !line->depfile_path) {
    report(&session->diagnostics, CODE_E0901, (Span){0, 0}, "`-MD` needs `-MF FILE` when the source goes to standard output");
    return 2;
  }
  line->options.shapes_only = line->options.dump != DUMP_NONE; /* no level shows numbers */
  session->stdout_taken = line->output && !strcmp(line->output, "-");
  Compilation c = new_compilation(session, &line->options, &session->diagnostics);
  Outputs out = {0};
  bool good = compile(&c, names.base, &out);
  bool dumping = line->options.dump != DUMP_NONE || line->options.dump_after;
  take_texts(session, &c);
  if (!good && !session->diagnostics.errors && !dumping)
    report(&session->diagnostics, CODE_E0999, (Span){0, 0}, "pass %s failed without a word; please report it with the input",
           c.pass ? c.pass : "?");
  apply_lint_settings(session, &session->diagnostics);
  if (line->verbose) add_message(session, "cnnc: %s: target %s", line->options.file, line->options.target);
  bool dump_only = line->options.dump != DUMP_NONE || (dumping && !line->output);
  if (!good || session->diagnostics.errors || dump_only) return 0;
  write_outputs(session, &c, &names, &out);
  return 0;
}
