/* help.c - `cnnc help`, `cnnc VERB --help` and `cnnc version`, printed from the tables of option_rows.c. */
#include <string.h>
#include "passes/targets.h"
#include "support/suggest.h"
#include "tools/manual.h"
#include "ops/ops.h"
#include "tools/session.h"

enum { COLUMN = 26 };

static void print_option(Text *out, const OptionRow *row) {
  size_t before = out->length;
  text_addf(out, "  %s%s%s", row->names, row->argument && strncmp(row->argument, "[=", 2) ? " " : "", row->argument ? row->argument : "");
  size_t width = out->length - before;
  if (width < COLUMN) text_add_char(out, ' ', (int)(COLUMN - width));
  else {
    text_add(out, "\n");
    text_add_char(out, ' ', COLUMN);
  }
  text_add(out, row->help);
  if (row->values) {
    text_add(out, "; one of ");
    for (const char *at = row->values; *at; at++) text_add(out, *at == '|' ? ", " : (char[]){*at, '\0'});
  }
  text_add(out, "\n");
}

static void print_verb_help(Text *out, Verb verb) {
  const VerbRow *row = &verb_rows[verb];
  text_addf(out, "%s\n%s: %s\n\n", row->examples, row->usage, row->summary);
  if (row->details) text_addf(out, "%s\n", row->details);
  text_add(out, "options:\n");
  for (const OptionRow *option = option_rows; option->names; option++)
    if (option->help && option->verbs & 1u << verb) print_option(out, option);
}

static void print_overview(Text *out) {
  text_add(out, "cnnc compiles convolutional networks, written in .cnn, to C.\n\n");
  text_addf(out, "%s\n", first_examples);
  for (int verb = VERB_COMPILE; verb < VERB_COUNT; verb++) {
    size_t width = strlen(verb_rows[verb].usage);
    text_addf(out, "%s", verb_rows[verb].usage);
    if (width < 38) text_add_char(out, ' ', (int)(38 - width));
    else text_addf(out, "\n%38s", "");
    text_addf(out, "%s\n", verb_rows[verb].summary);
  }
  text_add(out, "\n`cnnc help VERB` lists the options of a verb. ");
  text_addf(out, "%s\n", exit_statuses);
}

int help_verb(Session *session) {
  const CommandLine *line = &session->line;
  Verb verb = line->help && line->verb != VERB_HELP ? line->verb : VERB_NONE;
  if (line->verb == VERB_HELP && line->operand_count) {
    Suggestion suggestion = suggest_for(line->operands[0]);
    for (int i = VERB_COMPILE; i < VERB_COUNT; i++) {
      suggest_candidate(&suggestion, verb_rows[i].name);
      if (!strcmp(verb_rows[i].name, line->operands[0])) verb = (Verb)i;
    }
    if (verb == VERB_NONE) {
      Diagnostic *d = report(&session->diagnostics, CODE_E0901, (Span){0, 0}, "there is no verb `%s`", line->operands[0]);
      if (find_operator(line->operands[0])) add_help(d, "`cnnc explain %s` tells of the operation", line->operands[0]);
      else if (suggested(&suggestion)) add_help(d, "did you mean `cnnc help %s`?", suggested(&suggestion));
      else add_help(d, "`cnnc help` lists the verbs, `cnnc explain` operations and diagnostics");
      return 2;
    }
  }
  if (line->manual) print_manual(&session->out);
  else if (verb == VERB_NONE) print_overview(&session->out);
  else print_verb_help(&session->out, verb);
  return 0;
}

int version_verb(Session *session) {
  if (session->line.json) text_addf(&session->out, "{\"schema\": 1, \"version\": \"%s\", \"language\": 1}\n", CNNC_VERSION);
  else text_addf(&session->out, "cnnc %s\n", CNNC_VERSION);
  return 0;
}

void print_targets(Session *session) {
  for (const Target *target = all_targets; target->name; target++) {
    text_addf(&session->out, "%-13s %s; ", target->name, target->summary);
    if (target->lanes > 1) text_addf(&session->out, "%d floats a vector", target->lanes);
    else text_add(&session->out, target->plain ? "vectors are the C compiler's" : "no vectors");
    if (target->flags) text_addf(&session->out, "; %s", target->flags);
    text_addf(&session->out, "%s\n", !strcmp(target->name, host_target()) ? " (this machine)" : "");
  }
}
