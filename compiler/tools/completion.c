/* completion.c - `cnnc completion`: what shells offer behind cnnc, from the tables of verbs, options, targets, lints and
 * operations, so that it is never behind them. */
#include "tools/completion.h"

#include <string.h>
#include "ops/ops.h"
#include "passes/targets.h"
#include "tools/option_ids.h"
#include "tools/session.h"

static const char *target_names(Arena *arena) {
  Text out = text_new(arena);
  for (const Target *target = all_targets; target->name; target++) text_addf(&out, "%s ", target->name);
  text_add(&out, "native list");
  return text_string(&out);
}

static const char *lint_settings(Arena *arena) {
  Text out = text_new(arena);
  text_add(&out, "error");
  for (int code = 0; code < CODE_COUNT; code++)
    if (is_lint((Code)code)) text_addf(&out, " no-%s", code_name((Code)code));
  return text_string(&out);
}

const char *words_of_option(Arena *arena, const OptionRow *row) {
  if (row->id == OPTION_TARGET) return target_names(arena);
  if (row->id == OPTION_LINT) return lint_settings(arena);
  if (row->id == OPTION_THREADS) return "none openmp";
  if (!row->values) return NULL;
  char *words = arena_strdup(arena, row->values);
  for (char *at = words; *at; at++)
    if (*at == '|') *at = ' ';
  return words;
}

/* Codes, lints, operations and OPERATION.ATTRIBUTE. */
static const char *explained_names(Arena *arena) {
  Text out = text_new(arena);
  for (int code = 0; code < CODE_COUNT; code++) text_addf(&out, "%s ", code_name((Code)code));
  for (int i = 0; all_operators[i]; i++) {
    const Operator *op = all_operators[i];
    text_addf(&out, "%s%s", i ? " " : "", op->name);
    for (const Attribute *a = op->attributes; a && a->name; a++) text_addf(&out, " %s.%s", op->name, a->name);
  }
  return text_string(&out);
}

const char *words_of_verb(Arena *arena, Verb verb) {
  if (verb == VERB_EXPLAIN) return explained_names(arena);
  if (verb == VERB_COMPLETION) return "bash zsh fish";
  if (verb == VERB_VERSION || verb == VERB_LSP) return "";
  if (verb != VERB_HELP) return NULL;
  Text out = text_new(arena);
  for (int i = VERB_COMPILE; i < VERB_COUNT; i++) text_addf(&out, "%s%s", i == VERB_COMPILE ? "" : " ", verb_rows[i].name);
  return text_string(&out);
}

size_t next_option_name(const char **at) {
  *at += strspn(*at, ", ");
  return strcspn(*at, ",");
}

bool takes_value(const OptionRow *row) { return row->argument && strncmp(row->argument, "[=", 2) != 0; }

int completion_verb(Session *session) {
  const CommandLine *line = &session->line;
  const char *shell = line->operand_count == 1 ? line->operands[0] : "";
  if (!strcmp(shell, "bash")) print_bash_completion(&session->out);
  else if (!strcmp(shell, "zsh")) print_zsh_completion(&session->out);
  else if (!strcmp(shell, "fish")) print_fish_completion(&session->out);
  else {
    Diagnostic *d = report(&session->diagnostics, CODE_E0901, (Span){0, 0},
                           "`cnnc completion` needs the name of one shell: bash, zsh or fish");
    add_help(d, "`%s`", verb_rows[VERB_COMPLETION].usage);
    return 2;
  }
  return 0;
}
