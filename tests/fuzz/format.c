/* format.c - fuzz target: the formatter. What it makes parses to the same tree and is formatted already. */
#include <string.h>
#include "fuzz.h"
#include "ir/format.h"
#include "mutate.h"

/* The tree without places, and without the line that the formatter adds. */
static const char *outline(FuzzRun *run, const Source *source) {
  Diagnostics diagnostics = {.arena = run->arena, .sources = &run->sources};
  Text text = text_new(run->arena);
  const Ast *ast = parse_source(run->arena, &diagnostics, source);
  fuzz_expect(run, !ast->broken, "what was formatted has a syntax error");
  print_ast(&text, ast, false);
  const char *lines = text_string(&text);
  return strncmp(lines, "cnn 1\n", 6) ? lines : lines + 6;
}

static void run_format(FuzzRun *run, const char *bytes, size_t length) {
  const Source *source = sources_add(&run->sources, "fuzz.cnn", bytes, length);
  size_t formatted_length, again_length;
  const char *formatted = format_source(run->arena, &run->diagnostics, source, &formatted_length);
  fuzz_expect(run, !formatted == (run->diagnostics.errors > 0), "no text and no error, or both");
  if (!formatted) return;
  const Source *made = sources_add(&run->sources, "formatted.cnn", formatted, formatted_length);
  fuzz_expect(run, !strcmp(outline(run, source), outline(run, made)), "the formatted text is another program");
  const char *again = format_source(run->arena, &run->diagnostics, made, &again_length);
  bool same = again && again_length == formatted_length && !memcmp(again, formatted, formatted_length);
  fuzz_expect(run, same, "formatting a formatted text changes it");
  text_add_bytes(&run->out, formatted, formatted_length);
}

const FuzzTarget format_target = {"format", run_format, mutate_text};
