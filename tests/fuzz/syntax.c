/* syntax.c - fuzz target: scanner and parser, and the edits that syntax errors offer. */
#include "fuzz.h"
#include "ir/ast.h"
#include "mutate.h"
#include "tools/fix.h"

static void run_syntax(FuzzRun *run, const char *bytes, size_t length) {
  const Source *source = sources_add(&run->sources, "fuzz.cnn", bytes, length);
  const Ast *ast = parse_source(run->arena, &run->diagnostics, source);
  fuzz_expect(run, ast && ast->broken == (run->diagnostics.errors > 0), "a broken tree without an error, or the other way round");
  print_ast(&run->out, ast, true);
  int fixes;
  Text mended = apply_fixes(run->arena, &run->diagnostics, source, &fixes);
  if (!fixes) return;
  text_add_bytes(&run->out, text_string(&mended), mended.length);
  Diagnostics later = {.arena = run->arena, .sources = &run->sources};
  source = sources_add(&run->sources, "mended.cnn", text_string(&mended), mended.length);
  print_ast(&run->out, parse_source(run->arena, &later, source), false);
}

const FuzzTarget syntax_target = {"syntax", run_syntax, mutate_text};
