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
  const Dim *const *dims; /* sizes that are known at run time only */
  int dim_count;
  const char *line;          /* a directive that stands before each statement; NULL: none */
  const LoopProgram *hooked; /* its layers are told to NET_AFTER_LAYER when they were called; NULL: nobody is told */
} Emitter;

Emitter new_emitter(Text *out, const Plan *plan, const EmitOptions *options);
/* A size in C, where dims are spelled as `spell` says, */
typedef const char *SpellDim(Arena *arena, const Dim *dim);
const char *c_size(const Emitter *e, const Size *size, SpellDim *spell);
/* in parentheses if it is more than one word. */
const char *c_size_of_macro(const Emitter *e, const Size *size, SpellDim *spell);
/* "(H, W)": the dims of the size, as arguments or parameters of its macro; "" if there are none. */
const char *c_dims(const Emitter *e, const Size *size, SpellDim *spell);
/* The same of a constant of the table. Offsets take all dims, whichever they depend on: an edit elsewhere moves them, and what
 * refers to them must not change with it. */
const char *c_constant_dims(const Emitter *e, const char *name, const Size *value);
/* "lenet5_f32x16", "float", "size_t" */
const char *c_type(const Emitter *e, Type type);
void emit_stmts(const Emitter *e, int depth, const Stmt *s);
/* emit_weights.c: "const float lenet5_fc2_weight[10080 + 4]": after the numbers there are zeros that a last vector may read; */
const char *packed_array(const Emitter *e, const PackedTensor *packed);
/* tables for the .c file. */
void emit_constant_tables(Text *out, const Plan *plan, const EmitOptions *options);
void emit_function(const Emitter *e, const Function *f);
#endif
