/* manual.c - `cnnc help --man`: the manual page, from the tables of option_rows.c, in the macros of man(7). */
#include "tools/manual.h"

#include <string.h>
#include "tools/options.h"

/* Backslashes and hyphens as they are, no control line by accident, `code` in bold. */
static void add_roff(Text *out, const char *text) {
  bool bold = false, at_start = true;
  for (; *text; text++) {
    if (at_start && (*text == '.' || *text == '\'')) text_add(out, "\\&");
    at_start = *text == '\n';
    if (*text == '\\') text_add(out, "\\e");
    else if (*text == '-') text_add(out, "\\-");
    else if (*text == '`') text_add(out, (bold = !bold) ? "\\fB" : "\\fR");
    else text_add_char(out, *text, 1);
  }
}

static void add_line(Text *out, const char *macro, const char *text) {
  if (macro) text_addf(out, ".%s ", macro);
  add_roff(out, text);
  text_add(out, "\n");
}

static void add_examples(Text *out, const char *examples) {
  text_add(out, ".PP\n.nf\n");
  add_roff(out, examples);
  text_add(out, ".fi\n");
}

static void add_option(Text *out, const OptionRow *row) {
  text_add(out, ".TP\n\\fB");
  add_roff(out, row->names);
  text_add(out, "\\fR");
  if (row->argument) {
    text_add(out, strncmp(row->argument, "[=", 2) ? " \\fI" : "\\fI");
    add_roff(out, row->argument);
    text_add(out, "\\fR");
  }
  text_add(out, "\n");
  add_roff(out, row->help);
  if (row->values) {
    text_add(out, "; one of ");
    for (const char *at = row->values; *at; at++) text_add(out, *at == '|' ? ", " : (char[]){*at, '\0'});
  }
  text_add(out, ". Of ");
  bool all = row->verbs == ~0u, first = true;
  for (int verb = VERB_COMPILE; verb < VERB_COUNT && !all; verb++) {
    if (!(row->verbs & 1u << verb)) continue;
    text_addf(out, "%s%s", first ? "" : ", ", verb_rows[verb].name);
    first = false;
  }
  text_add(out, all ? "all verbs.\n" : ".\n");
}

void print_manual(Text *out) {
  text_addf(out, ".\\\" Written by `cnnc help --man`.\n.TH CNNC 1 \"\" \"cnnc %s\" \"User Commands\"\n", CNNC_VERSION);
  text_add(out, ".SH NAME\ncnnc \\- compile convolutional networks to portable C\n.SH SYNOPSIS\n.nf\n");
  for (int verb = VERB_COMPILE; verb < VERB_COUNT; verb++) add_line(out, NULL, verb_rows[verb].usage);
  text_add(out, ".fi\n.SH EXAMPLES\n");
  text_add(out, "A first network, its table, its C:\n");
  add_examples(out, first_examples);
  text_add(out, ".SH VERBS\n");
  for (int verb = VERB_COMPILE; verb < VERB_COUNT; verb++) {
    const VerbRow *row = &verb_rows[verb];
    add_line(out, "SS", row->usage);
    add_line(out, NULL, row->summary);
    add_examples(out, row->examples);
    if (!row->details) continue;
    text_add(out, ".PP\n");
    add_roff(out, row->details);
  }
  text_add(out, ".SH OPTIONS\n");
  for (const OptionRow *row = option_rows; row->names; row++)
    if (row->help) add_option(out, row);
  text_add(out, ".SH EXIT STATUS\n");
  add_line(out, NULL, strchr(exit_statuses, ':') + 2); /* the heading says what they are */
  text_add(out, ".SH ENVIRONMENT\n.TP\n\\fBCC\\fR\nThe C compiler that run and bench start, instead of cc.\n"
                ".TP\n\\fBNO_COLOR\\fR\nIf set and not empty, messages have no colours.\n"
                ".TP\n\\fBTMPDIR\\fR\nWhere run and bench build, instead of /tmp.\n"
                ".SH SEE ALSO\nlanguage.md, generated-c.md and diagnostics.md in share/doc/cnnc: the language, the C that is written, all\n"
                "errors. The operations: cnnc explain.\n");
}
