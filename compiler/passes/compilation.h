/* compilation.h - what every pass is handed: memory, diagnostics, options. No globals; files are touched through
 * `read_file` only, so that tests, fuzzers and a language server call the same passes in-process. */
#ifndef CNNC_PASSES_COMPILATION_H
#define CNNC_PASSES_COMPILATION_H
#include <stdint.h>
#include "support/diagnostics.h"
#include "support/text.h"

typedef struct Binding { /* -D PARAM=VALUE, --size H=224 */
  const char *name, *value;
  struct Binding *next;
} Binding;

typedef struct RegionOption { /* --ram, --flash NAME=BYTES */
  const char *name;
  int64_t bytes; /* SIZE_LIMIT: not given */
  struct RegionOption *next;
} RegionOption;

typedef enum Numerics { NUMERICS_FAST, NUMERICS_PORTABLE } Numerics;
typedef enum WinogradUse { WINOGRAD_AUTO, WINOGRAD_4, WINOGRAD_2, WINOGRAD_NONE } WinogradUse;
typedef enum WeightsAs { WEIGHTS_AS_C, WEIGHTS_AS_FILE } WeightsAs;
enum { STRIPES_CHOSEN = 0, STRIPES_NONE = -1 };
typedef enum DumpLevel { DUMP_NONE, DUMP_AST, DUMP_GRAPH, DUMP_PLAN, DUMP_LOOPS } DumpLevel;

typedef struct Options {
  const char *file;    /* the .cnn; "-" is standard input */
  const char *weights; /* -w: a file or "random:SEED"; NULL: what the source says */
  const char *layout;  /* of that file; NULL: what the source says */
  const char *net, *prefix;
  Binding *defines, *sizes;
  int64_t batch;      /* 1 unless given */
  int threads;        /* --threads openmp:N; 0: one, and no word of threads in the text */
  const char *target; /* name in the table of targets; never "native": main resolves that */
  Numerics numerics;
  WinogradUse winograd; /* which forms may be chosen */
  bool force_winograd;  /* also where it does not pay: for tests */
  WeightsAs weights_as;
  int64_t stripes;           /* rows of each stripe, wherever steps can be in one; STRIPES_CHOSEN, STRIPES_NONE */
  int64_t max_ram;           /* bytes that the workspace may have; 0: as many as it needs */
  int64_t max_flash;         /* the same of weights */
  RegionOption *ram, *flash; /* regions beside the workspace; for weights; the one to be filled first comes first */
  Binding *places;           /* --place NAME=REGION */
  bool standalone, selftest, emit_main, line_directives;
  const char *code_path; /* for line_directives: what the C file is called; NULL: by its base */
  DumpLevel dump;
  const char *dump_after; /* name of a pass */
  bool time_passes;
  uint64_t any_plan; /* tests: a seed; each step is planned for some machine that does not exist: small steps take every form */
  bool eager;        /* tests: plan what pays for large steps (threads, all samples at once) also for small ones */
  bool shapes_only;  /* check, summary, --dump: missing weights are a note */
  bool no_weights;   /* diff of two nets: what `weights` names is not read, so it need not fit; with shapes_only */
  bool verify;       /* verify every level after every pass */
} Options;

/* The contents of a file, in the arena, NUL-terminated; NULL: *error says why, NO_SUCH_FILE (support/reader.h) if it is
 * merely absent. `path` is relative to the directory of
 * `relative_to` (another source's name) unless that is NULL or path is absolute. *resolved is the path that was read. */
typedef const char *ReadFile(void *context, Arena *arena, const char *path, const char *relative_to, size_t *length, const char **resolved,
                             const char **error);

struct Value;       /* ir/graph.h */
struct WeightTable; /* ir/weights.h */

/* Reads the bytes of a weights file as a table. false: *error says what is wrong with them. */
typedef bool ReadWeights(Arena *arena, const char *path, const char *bytes, size_t length, struct WeightTable *table, const char **error);

struct WeightsReport; /* passes/weights_report.h */

typedef struct Compilation {
  Arena *arena;
  Diagnostics *diagnostics;
  Sources *sources;
  const Options *options;
  ReadFile *read_file;
  void *read_context;
  ReadWeights *read_weights; /* set by compile.c: passes know no file formats */
  const char **files_read;   /* every file that the result depends on, for -MD */
  int files_read_count;
  Text dump, timings;                   /* what --dump and --time-passes ask for */
  struct WeightsReport *weights_report; /* bind_weights fills it; NULL: nobody asks */
  const char *weights_note;             /* shapes_only: why weights were not looked at; NULL: they were, or there are none */
  const char *pass;                     /* running now, for internal errors */
  /* Told which tensors leave each stage, and which each name stands for, once for every instance of a block; NULL: nobody asks. */
  void (*watch)(void *context, Span place, struct Value *const *tensors, int count);
  void *watch_context;
} Compilation;
#endif
