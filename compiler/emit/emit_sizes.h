/* emit_sizes.h - sizes that are known at run time only. */
#ifndef CNNC_EMIT_EMIT_SIZES_H
#define CNNC_EMIT_EMIT_SIZES_H
#include "emit/emit_loops.h"

/* All dims of the network, with commas between them. */
const char *all_dims(const Emitter *e, SpellDim *spell);
/* The functions check_sizes and workspace_bytes. */
void emit_sizes(const Emitter *e, const Plan *plan);
#endif
