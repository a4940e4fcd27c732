/* emit.h - loops to C text. The only directory that spells C; it decides nothing and knows no operators. */
#ifndef CNNC_EMIT_EMIT_H
#define CNNC_EMIT_EMIT_H
#include "ir/plan.h"
#include "ir/selftest.h"
#include "support/text.h"

typedef struct EmitOptions {
  const char *prefix; /* of every symbol: "lenet5" */
  const char *base;   /* of the files: "lenet5" for lenet5.h */
  bool weights_in_file, standalone, big_endian;
  const char *flags;        /* to compile with; NULL: none */
  const char *version;      /* "0.1": major.minor of cnnc */
  const Sources *sources;   /* for lines of the .cnn; NULL: none are told */
  const char *code_path;    /* sources: of the C file */
  const SelfTest *selftest; /* NULL: none is wanted */
} EmitOptions;

void emit_header(Text *out, const Plan *plan, const EmitOptions *options);
void emit_code(Text *out, const Plan *plan, const LoopProgram *program, const EmitOptions *options);
void emit_weights_code(Text *out, const Plan *plan, const EmitOptions *options);
/* The blob of --weights-as file, plan->weights_bytes long. */
const unsigned char *emit_weights_blob(const Plan *plan, const EmitOptions *options);
/* NET_selftest.c; options->selftest says what is expected. */
void emit_selftest(Text *out, const Plan *plan, const EmitOptions *options);
/* NET_main.c, of a network whose sizes are numbers and whose memory is in one region. */
void emit_main(Text *out, const Plan *plan, const EmitOptions *options);
/* For each layer a NET_SELFTEST_AFTER_LAYER, which looks at its result (emit_watch.h); test NULL: without what is expected. */
void emit_watched_layers(Text *out, const Plan *plan, const EmitOptions *options, const SizeSample *dims, const SelfTest *test);
/* Of names and shapes of the packed numbers: what a blob and the code must agree on. */
uint64_t weights_fingerprint(const Plan *plan);
#endif
