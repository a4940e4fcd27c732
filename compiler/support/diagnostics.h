/* diagnostics.h - what the compiler says of its input, collected and printed in order of place.
 *
 * A message is lower case without a full stop and says what is wrong; only a help says how to mend it. Every code
 * stands in diagnostics.def. Knows nothing of networks. */
#ifndef CNNC_SUPPORT_DIAGNOSTICS_H
#define CNNC_SUPPORT_DIAGNOSTICS_H
#include <stdbool.h>
#include "support/name_table.h"
#include "support/source.h"
#include "support/text.h"

typedef enum Code {
#define DIAGNOSTIC(code, status, name, title) CODE_##code,
#include "support/diagnostics.def"
  CODE_COUNT
} Code;

typedef enum Severity { SEVERITY_ERROR, SEVERITY_WARNING } Severity;

typedef struct Label { /* a text at a place */
  Span span;           /* {0, 0}: no place */
  const char *text;
} Label;

typedef struct Fix { /* an edit: replace the span by the text */
  Span span;
  const char *replacement;
} Fix;

typedef struct Diagnostic {
  struct Diagnostics *owner;
  Severity severity;
  Code code;
  Label primary; /* its text stands beside the carets; may be NULL */
  const char *message;
  Label *labels; /* other places in the same picture */
  Label *notes;  /* printed below; a note may have a place of its own */
  const char **helps;
  Fix *fixes;        /* one way to mend it: all of them together */
  bool fix_is_guess; /* what was probably meant; the others are certain */
  int label_count, note_count, help_count, fix_count;
} Diagnostic;

typedef enum DiagnosticFormat { DIAGNOSTICS_TEXT, DIAGNOSTICS_SHORT, DIAGNOSTICS_JSON, DIAGNOSTICS_SARIF } DiagnosticFormat;

enum { MAX_ERRORS = 20, MAX_WARNINGS = 10000 }; /* more than these are counted, not kept */

typedef struct Diagnostics {
  Arena *arena;
  const Sources *sources;
  Diagnostic **items;
  int count, errors, warnings;
  int most_errors;     /* how many are kept; 0: MAX_ERRORS */
  int status;          /* the worst so far, of those not kept too */
  Diagnostic *scratch; /* what stands for all that are not kept */
  NameTable lints;     /* places of those reported */
} Diagnostics;

/* Adds an error (or, for a W code, a warning). Never NULL: what exceeds the limit, or repeats an error of the same
 * place, is returned but not kept. */
Diagnostic *report(Diagnostics *all, Code code, Span span, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The text beside the carets. */
void set_label(Diagnostic *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
void add_label(Diagnostic *d, Span span, const char *format, ...) __attribute__((format(printf, 3, 4)));
void add_note(Diagnostic *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
void add_note_at(Diagnostic *d, Span span, const char *format, ...) __attribute__((format(printf, 3, 4)));
void add_help(Diagnostic *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A part of the one edit that mends it for certain: `check --fix` applies it. */
void add_fix(Diagnostic *d, Span span, const char *replacement);
/* The same for what was probably meant, which only an editor may offer. */
void add_guess(Diagnostic *d, Span span, const char *replacement);

/* Whether further errors are only counted: nobody sees what is said of them. */
bool errors_are_hidden(const Diagnostics *all);

/* "E0301", or the name of a lint, "unused_layers". */
const char *code_name(Code code);
/* One sentence on what the code means. */
const char *code_title(Code code);
/* Whether it is of a legal program: a warning unless -Werror says otherwise. */
bool is_lint(Code code);

/* By place, then as reported; what has no place comes last. */
const Diagnostic *const *diagnostics_in_order(const Diagnostics *all);
/* Errors beyond MAX_ERRORS. */
int diagnostics_not_shown(const Diagnostics *all);
/* Everything reported, in order, as text for a terminal, a line each, or one document for programs. */
void print_diagnostics(Text *out, const Diagnostics *all, DiagnosticFormat format, bool color);
/* The exit status that what was reported asks for: 0, 1 (input), 2 (usage), 3 (I/O), 70 (internal). */
int diagnostics_status(const Diagnostics *all);
#endif
