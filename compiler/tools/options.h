/* options.h - the command line: verbs and options, each described once, in the tables of option_rows.c.
 *
 * Parsing, `--help` and "did you mean" come from the same rows. Knows nothing of what the verbs do. */
#ifndef CNNC_TOOLS_OPTIONS_H
#define CNNC_TOOLS_OPTIONS_H
#include <stdint.h>
#include "passes/compilation.h"

typedef enum Verb {
  VERB_NONE,
  VERB_COMPILE,
  VERB_CHECK,
  VERB_FMT,
  VERB_RUN,
  VERB_BENCH,
  VERB_SUMMARY,
  VERB_GRAPH,
  VERB_DIFF,
  VERB_WEIGHTS,
  VERB_IMPORT,
  VERB_EXPORT,
  VERB_LSP,
  VERB_EXPLAIN,
  VERB_INIT,
  VERB_COMPLETION,
  VERB_HELP,
  VERB_VERSION,
  VERB_COUNT
} Verb;

typedef struct NamedFile { /* x=a.npy; name NULL: not written */
  const char *name, *path;
  const char *whole; /* as written */
} NamedFile;

typedef enum ColorMode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } ColorMode;

typedef struct LintSetting { /* -WNAME; -Wno-NAME: off; -Werror=NAME: of_error; -Wno-error=NAME: both */
  Code code;
  bool off, of_error;
} LintSetting;

typedef struct CommandLine {
  Verb verb;
  bool help; /* -h */
  Options options;
  const char **operands;
  int operand_count;
  const char *output, *out_dir; /* compile */
  int64_t batch;                /* as written; 0: it was not */
  bool force, if_changed, list_targets;
  bool depfile, phony_targets; /* -MD, -MP */
  const char *depfile_path, *depfile_target;
  NamedFile *inputs, *outputs; /* run */
  int input_count, output_count;
  NamedFile *binds; /* import */
  int bind_count;
  bool interpret, json, fix, markdown, manual;
  bool only_check, diff; /* fmt; the first one diff, too */
  const char *compare, *compare_layers, *features;
  const char *cc; /* bench; NULL: not given */
  int64_t runs;   /* 0: as many as a second has */
  bool cold, cpu_time;
  bool html;          /* summary */
  const char *bench;  /* what `cnnc bench --json` printed; NULL: not given */
  int picture_format; /* graph: a PictureFormat; -1: it was not written */
  int64_t depth;      /* of frames that are not folded; -1: all */
  bool rename_stub;   /* weights */
  const char *random_seed;
  double atol, rtol;
  DiagnosticFormat format;
  ColorMode color;
  LintSetting *lints; /* in the order written */
  int lint_count;
  bool warnings_are_errors;
  bool quiet, verbose;
  const char **option_files; /* @FILE, for -MD */
  int option_file_count;
} CommandLine;

typedef struct VerbRow {
  const char *name, *usage, *summary;
  const char *examples; /* lines; first in its help */
  const char *details;  /* NULL: none */
} VerbRow;

typedef struct OptionRow {
  const char *names;    /* "-w, --weights" */
  const char *argument; /* "FILE"; NULL: takes none; "[=FILE]": only behind an equals sign */
  const char *values;   /* "fast|portable": the only legal ones; NULL: any */
  const char *help;     /* NULL: an option of a later version */
  unsigned verbs;       /* bit per Verb */
  int id;
} OptionRow;

extern const VerbRow verb_rows[VERB_COUNT];
extern const OptionRow option_rows[]; /* ends with names NULL */
extern const char first_examples[];   /* of the overview and the manual page */
extern const char exit_statuses[];

/* false: usage errors (E0901) were reported. Formats and colours are set even then. */
bool parse_command_line(Arena *arena, Diagnostics *diagnostics, int argc, char **argv, CommandLine *out);
#endif
