/* session.h - one run of cnnc: what it was asked, what it has to say, and the way from the core to files.
 *
 * Results and messages are gathered and written once, at the end, with every result checked. */
#ifndef CNNC_TOOLS_SESSION_H
#define CNNC_TOOLS_SESSION_H
#include "tools/options.h"

typedef struct FileBeside {
  const char *bytes; /* NULL: error says why */
  size_t length;
  const char *error;
} FileBeside;

typedef struct Session {
  Arena *arena;
  CommandLine line;
  Sources sources;
  Diagnostics diagnostics;
  Text out, messages;         /* for standard output and standard error */
  const char *standard_input; /* NULL: it was not read yet */
  size_t standard_input_length;
  NameTable beside;  /* FileBeside *: what sources name, by their directory and the path */
  bool stdout_taken; /* `-o -`: JSON and SARIF go to standard error */
} Session;

/* The rest of a compilation of the file; diagnostics go to `diagnostics`, which may be the session's. */
Compilation new_compilation(Session *session, const Options *options, Diagnostics *diagnostics);
Diagnostics new_diagnostics(Session *session);
/* Applies -W to what a compilation has reported. */
void apply_lint_settings(const Session *session, Diagnostics *diagnostics);
/* Adds what another collection holds. */
void merge_diagnostics(Diagnostics *into, const Diagnostics *from);
/* Takes over dumps, timings and notes. */
void take_texts(Session *session, const Compilation *c);
/* Reports what has no place in a source: a wrong command line, a file, a program. */
Diagnostic *fault(Session *session, Code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Reports E0901; 2, the exit status. */
int wrong_use(Session *session, const char *text);
/* "note: .." unless -q. */
void add_message(Session *session, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints everything. Returns the exit status, at least `status`. */
int finish_session(Session *session, int status);

/* One per verb; each returns an exit status beside what it reports. */
int compile_verb(Session *session);
int check_verb(Session *session);
int fmt_verb(Session *session);
int run_verb(Session *session);
int bench_verb(Session *session);
int summary_verb(Session *session);
int graph_verb(Session *session);
int diff_verb(Session *session);
int weights_verb(Session *session);
int import_verb(Session *session);
int export_verb(Session *session);
int explain_verb(Session *session);
int init_verb(Session *session);
int completion_verb(Session *session);
int help_verb(Session *session);
int version_verb(Session *session);
void print_targets(Session *session);
/* The path without this ending, if it has it and something before it. */
const char *without_ending(Arena *arena, const char *path, const char *ending);
/* What stands behind the last slash. */
const char *last_part(const char *path);
#endif
