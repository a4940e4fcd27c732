/* main.c - from argv to an exit status: 0 success, 1 the input has errors, 2 usage, 3 files, memory or a missing
 * program, 70 a fault of cnnc. Memory that runs out anywhere ends here. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include "support/cleanup.h"
#include "lsp/server.h"
#include "passes/targets.h"
#include "support/progress.h"
#include "support/reader.h"
#include "tools/session.h"

#define DEFAULT_TARGET "generic"

static int run_session(Arena *arena, int argc, char **argv) {
  Session *session = ARENA_NEW(arena, Session);
  session->beside = name_table(arena);
  session->arena = arena;
  session->sources.arena = arena;
  session->diagnostics = new_diagnostics(session);
  session->out = text_new(arena);
  session->messages = text_new(arena);
  CommandLine *line = &session->line;
  if (!parse_command_line(arena, &session->diagnostics, argc, argv, line)) return finish_session(session, 2);
  if (!line->options.target) line->options.target = line->verb == VERB_RUN || line->verb == VERB_BENCH ? host_target() : DEFAULT_TARGET;
  if (line->operand_count) line->options.file = line->operands[0];
#ifndef NDEBUG
  line->options.verify = true;
#endif
  static int (*const verbs[VERB_COUNT])(Session *) = {
      [VERB_COMPILE] = compile_verb,       [VERB_CHECK] = check_verb,     [VERB_FMT] = fmt_verb,         [VERB_RUN] = run_verb,
      [VERB_BENCH] = bench_verb,           [VERB_SUMMARY] = summary_verb, [VERB_GRAPH] = graph_verb,     [VERB_DIFF] = diff_verb,
      [VERB_WEIGHTS] = weights_verb,       [VERB_IMPORT] = import_verb,   [VERB_EXPORT] = export_verb,   [VERB_LSP] = lsp_verb,
      [VERB_EXPLAIN] = explain_verb,       [VERB_HELP] = help_verb,       [VERB_VERSION] = version_verb, [VERB_INIT] = init_verb,
      [VERB_COMPLETION] = completion_verb,
  };
  if (line->list_targets) print_targets(session);
  if (!line->quiet && line->verb != VERB_LSP) progress_allow();
  int status = line->list_targets ? 0 : line->help ? help_verb(session) : verbs[line->verb](session);
  return finish_session(session, status);
}

int main(int argc, char **argv) {
  Arena arena = {0};
  jmp_buf out_of_memory;
  int status;
  arena.out_of_memory = &out_of_memory;
  keep_standard_streams();
#ifdef CNNC_TESTING
  const char *fail_after = getenv("CNNC_FAIL_ALLOC");
  if (fail_after) arena.fail_after = strtol(fail_after, NULL, 10);
#endif
  if (setjmp(out_of_memory)) {
    progress_end();
    fputs("cnnc: error[E0904]: there is not enough memory\n", stderr);
    status = 3;
  } else {
    status = run_session(&arena, argc, argv);
  }
  cleanup_all();
  arena_free(&arena);
  return status;
}
