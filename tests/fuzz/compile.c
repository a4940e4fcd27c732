/* compile.c - fuzz target: a source to C, under the options that its first line names as in tests/golden (`# options:
 * --target x86-64-v3`) and two that only tests have, `--any-plan SEED` and `--eager`. A line `=== NAME` begins another file that it may name, a source or weights. */
#include "compile.h"

#include <stdlib.h>
#include <string.h>
#include "models.h"
#include "mutate.h"
#include "support/reader.h"
#include "tools/options.h"

static const char *read_given(void *context, Arena *arena, const char *path, const char *relative_to, size_t *length, const char **resolved,
                              const char **error) {
  const FuzzFiles *files = context;
  (void)relative_to;
  if (resolved) *resolved = path;
  for (int i = 0; i < files->count; i++) {
    if (strcmp(files->items[i].name, path)) continue;
    *length = files->items[i].length;
    return arena_strndup(arena, files->items[i].bytes, files->items[i].length);
  }
  *error = NO_SUCH_FILE;
  return NULL;
}

static void add_text(FuzzRun *run, const Text *text) { text_add_bytes(&run->out, text_string(text), text->length); }

Compilation fuzz_begin(FuzzRun *run, const Options *options, FuzzFiles *files) {
  return (Compilation){.arena = run->arena,
                       .diagnostics = &run->diagnostics,
                       .sources = &run->sources,
                       .options = options,
                       .read_file = read_given,
                       .read_context = files,
                       .dump = text_new(run->arena),
                       .timings = text_new(run->arena)};
}

void fuzz_compile(FuzzRun *run, const Options *options, FuzzFiles *files) {
  Compilation c = fuzz_begin(run, options, files);
  Outputs outputs = {0};
  bool good = compile(&c, "fuzz", &outputs), dumping = options->dump != DUMP_NONE || options->dump_after;
  fuzz_expect(run, good || run->diagnostics.errors || dumping, "no error and no result");
  fuzz_expect(run, !good || !run->diagnostics.errors, "errors and a result");
  add_text(run, &c.dump);
  if (!good || !outputs.code.length) return;
  add_text(run, &outputs.header);
  add_text(run, &outputs.code);
  add_text(run, &outputs.weights_code);
  text_add_bytes(&run->out, (const char *)outputs.weights_blob, outputs.weights_blob_bytes);
}

static FuzzFile next_file(Arena *arena, const char **bytes, size_t *length) {
  static const char mark[] = "\n=== ";
  FuzzFile file = {"fuzz.cnn", *bytes, *length};
  size_t skip = *length;
  if (*length >= 4 && !memcmp(*bytes, mark + 1, 4)) {
    const char *line = memchr(*bytes, '\n', *length);
    size_t name = (line ? (size_t)(line - *bytes) : *length) - 4;
    file.name = arena_strndup(arena, *bytes + 4, name);
    file.bytes += 4 + name + (line != NULL);
    file.length -= 4 + name + (line != NULL);
  }
  for (size_t i = 0; i + sizeof mark - 1 <= file.length; i++) {
    if (memcmp(file.bytes + i, mark, sizeof mark - 1)) continue;
    file.length = i + (strstr(file.name, ".cnn") != NULL); /* a source keeps its last line break */
    skip = (size_t)(file.bytes + i + 1 - *bytes);
    break;
  }
  *bytes += skip;
  *length -= skip;
  return file;
}

/* The words of the first line, as main.c would get them. false: errors were reported. */
static bool read_options(FuzzRun *run, const FuzzFile *file, CommandLine *line) {
  static const char mark[] = "# options: ";
  char **words = NULL;
  int count = 0;
  bool eager = false;
  uint64_t any_plan = 0;
  ARENA_PUSH(run->arena, words, count, arena_strdup(run->arena, "cnnc"));
  ARENA_PUSH(run->arena, words, count, arena_strdup(run->arena, "compile"));
  if (file->length > sizeof mark && !memcmp(file->bytes, mark, sizeof mark - 1)) {
    const char *text = file->bytes + sizeof mark - 1, *end = memchr(text, '\n', file->length - sizeof mark + 1);
    char *copy = arena_strndup(run->arena, text, end ? (size_t)(end - text) : file->length - sizeof mark + 1);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
      if (!strcmp(word, "--eager")) eager = true;
      else if (!strcmp(word, "--any-plan")) any_plan = (word = strtok(NULL, " ")) ? strtoull(word, NULL, 10) : 1;
      else ARENA_PUSH(run->arena, words, count, word);
      if (!word) break;
    }
  }
  ARENA_PUSH(run->arena, words, count, arena_strdup(run->arena, "fuzz.cnn"));
  if (!parse_command_line(run->arena, &run->diagnostics, count, words, line)) return false;
  Options *options = &line->options;
  if (!options->target) options->target = "generic";
  options->file = "fuzz.cnn";
  options->verify = true;
  options->eager = eager;
  options->any_plan = any_plan;
  options->time_passes = false; /* the one thing that differs from run to run */
  options->shapes_only = !options->weights;
  return true;
}

static void run_compile(FuzzRun *run, const char *bytes, size_t length) {
  FuzzFiles files = {0};
  do {
    FuzzFile file = next_file(run->arena, &bytes, &length);
    ARENA_PUSH(run->arena, files.items, files.count, file);
  } while (length);
  CommandLine *line = ARENA_NEW(run->arena, CommandLine);
  if (read_options(run, &files.items[0], line)) fuzz_compile(run, &line->options, &files);
  else fuzz_expect(run, run->diagnostics.errors, "the command line was refused without an error");
}

const FuzzTarget compile_target = {"compile", run_compile, mutate_text};
