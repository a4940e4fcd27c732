/* check.c - `cnnc check`: everything that can be wrong with the input, for several files; nothing is written. */
#include "compile.h"
#include "tools/session.h"

int check_verb(Session *session) {
  for (int i = 0; i < session->line.operand_count; i++) {
    Options *options = ARENA_NEW(session->arena, Options);
    *options = session->line.options;
    options->file = session->line.operands[i];
    options->shapes_only = true;
    /* Of its own, so that errors of one file do not end the reading of the next. */
    Diagnostics *diagnostics = ARENA_NEW(session->arena, Diagnostics);
    *diagnostics = new_diagnostics(session);
    Compilation c = new_compilation(session, options, diagnostics);
    (void)compile_to_graph(&c);
    take_texts(session, &c);
    apply_lint_settings(session, diagnostics);
    merge_diagnostics(&session->diagnostics, diagnostics);
    if (session->line.verbose)
      add_message(session, "cnnc: %s: %d errors, %d warnings", options->file, diagnostics->errors,
                  diagnostics->warnings);
  }
  return 0;
}
