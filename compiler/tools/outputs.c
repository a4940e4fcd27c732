/* outputs.c - see outputs.h. */
#include "tools/outputs.h"

#include <string.h>
#include <sys/stat.h>

static bool is_special(const char *path) {
  struct stat info;
  return !strcmp(path, "-") || (!stat(path, &info) && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode));
}

static bool is_directory(const char *path) {
  struct stat info;
  return !stat(path, &info) && S_ISDIR(info.st_mode);
}

/* `-o PATH`, where a file of the name `model` was perhaps meant to go into a directory. */
static void report_no_c(Session *session, const char *path, const char *model) {
  const char *name = last_part(path);
  if (!strcmp(name, ".c")) {
    add_help(fault(session, CODE_E0901, "`-o %s` has no name before `.c`", path), "`-o NAME.c`");
    return;
  }
  Diagnostic *d = fault(session, CODE_E0901, "`-o %s` does not end in `.c`", path);
  if (!*name || is_directory(path)) {
    add_help(d, "`--out-dir %s` writes %s.c, %s.h and the weights there", path, model, model);
    return;
  }
  const char *dot = strrchr(name, '.'); /* of another ending */
  const char *stem = dot && dot > name ? arena_strndup(session->arena, path, (size_t)(dot - path)) : path;
  add_help(d, "`-o %s.c` writes %s.c, %s.h and the weights", stem, last_part(stem), last_part(stem));
}

bool name_outputs(Session *session, OutputNames *names) {
  CommandLine *line = &session->line;
  const char *file = line->options.file;
  bool from_stdin = !strcmp(file, "-");
  const char *stem = from_stdin ? "net" : without_ending(session->arena, file, ".cnn"), *model = last_part(stem);
  names->only_code = line->output && is_special(line->output);
  if (names->only_code && (line->options.selftest || line->options.emit_main)) {
    const char *option = line->options.selftest ? "--selftest" : "--emit-main";
    add_help(fault(session, CODE_E0901, "`%s` writes a file of its own, which `-o -` does not", option), "`-o NAME.c`");
    return false;
  }
  if (line->output && !names->only_code) {
    stem = without_ending(session->arena, line->output, ".c");
    if (strlen(stem) == strlen(line->output)) {
      report_no_c(session, line->output, model);
      return false;
    }
  } else if (line->out_dir) {
    stem = arena_printf(session->arena, "%s/%s", line->out_dir, model);
  }
  if (from_stdin && !line->output) {
    add_help(fault(session, CODE_E0901, "what is read from standard input needs a place to go"),
             "`-o NAME.c`, or `-o -` for standard output");
    return false;
  }
  names->stem = stem;
  names->base = last_part(stem);
  if (!names->only_code) line->options.code_path = arena_printf(session->arena, "%s.c", stem);
  names->code = names->only_code ? line->output : arena_printf(session->arena, "%s.c", stem);
  if (*names->base && !strpbrk(names->base, "\"\\\n\r\t")) return true;
  fault(session, CODE_E0901, "the output has a name that a C source cannot include");
  return false;
}

static OutputFile marked(const char *path, const Text *text) {
  return (OutputFile){path, text_string(text), text->length, GENERATED_MARK, strlen(GENERATED_MARK)};
}

int list_outputs(Arena *arena, const OutputNames *names, const Outputs *out, OutputFile files[MAX_OUTPUTS]) {
  int count = 0;
  const char *blob = (const char *)out->weights_blob, *stem = names->stem;
  if (!names->only_code && out->weights_blob_bytes)
    files[count++] = (OutputFile){arena_printf(arena, "%s.weights", stem), blob, out->weights_blob_bytes, blob, 4};
  if (!names->only_code && out->weights_code.length) files[count++] = marked(arena_printf(arena, "%s_weights.c", stem), &out->weights_code);
  if (!names->only_code && out->selftest_code.length)
    files[count++] = marked(arena_printf(arena, "%s_selftest.c", stem), &out->selftest_code);
  if (!names->only_code && out->main_code.length) files[count++] = marked(arena_printf(arena, "%s_main.c", stem), &out->main_code);
  files[count++] = marked(names->code, &out->code);
  if (!names->only_code) files[count++] = marked(arena_printf(arena, "%s.h", stem), &out->header);
  return count;
}
