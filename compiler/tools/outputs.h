/* outputs.h - the files that a compilation becomes: `cnnc compile` writes them, `cnnc diff` looks whether they are so. */
#ifndef CNNC_TOOLS_OUTPUTS_H
#define CNNC_TOOLS_OUTPUTS_H
#include "compile.h"
#include "support/writer.h"
#include "tools/session.h"

enum { MAX_OUTPUTS = 6 };

typedef struct OutputNames {
  const char *stem; /* everything but ".c" */
  const char *base; /* its last part: what the source includes */
  const char *code; /* "-" or a device: nothing else is written */
  bool only_code;
} OutputNames;

/* From the command line. false: a usage error was reported. */
bool name_outputs(Session *session, OutputNames *names);
/* Weights, self-test and program, if there are any, then the source, then the header: with that, everything is there. Returns how many. */
int list_outputs(Arena *arena, const OutputNames *names, const Outputs *out, OutputFile files[MAX_OUTPUTS]);
#endif
