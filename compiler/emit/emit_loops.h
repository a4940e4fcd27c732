/* emit_loops.h - functions of the loop level as C. */
#ifndef CNNC_EMIT_EMIT_LOOPS_H
#define CNNC_EMIT_EMIT_LOOPS_H
#include "emit/emit.h"

typedef struct Emitter {
  Text *out;
  Arena *arena;
  const char *prefix, *upper; /* "lenet5", "LENET5" */
  const char *runtime;        /* prefix of the elementary functions: "cnnc1", or the net's when they are folded in */
  const EmitOptions *options;
} Emitter;

Emitter new_emitter(Text *out, const EmitOptions *options);
/* "lenet5_f32x16", "float", "size_t" */
const char *c_type(const Emitter *e, Type type);
void emit_stmts(const Emitter *e, int depth, const Stmt *s);
/* emit_weights.c: tables for the .c file. */
void emit_constant_tables(Text *out, const Plan *plan, const EmitOptions *options);
void emit_function(const Emitter *e, const Function *f);
#endif
