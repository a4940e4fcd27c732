/* fold_runtime.h - the elementary functions: included, or with --standalone folded into the text. */
#ifndef CNNC_EMIT_FOLD_RUNTIME_H
#define CNNC_EMIT_FOLD_RUNTIME_H
#include "emit/emit_loops.h"
#include "ir/loop_usage.h"

/* Before anything uses them: #include lines, or the texts of the functions that the program uses. */
void emit_scalar_functions(const Emitter *e, const LoopUsage *usage);
void emit_vector_functions(const Emitter *e, const VectorUsage *usage, int lanes);
#endif
