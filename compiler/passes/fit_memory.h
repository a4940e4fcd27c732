/* fit_memory.h - stripes that make the workspace smaller, for --max-ram. */
#ifndef CNNC_PASSES_FIT_MEMORY_H
#define CNNC_PASSES_FIT_MEMORY_H
#include "passes/compilation.h"
#include "passes/form_stripes.h"

/* Whether the workspace of this plan has at most so many bytes. */
bool fits_memory(Compilation *c, Plan *plan, int64_t most);
/* Groups steps until it has. `plan` has no groups yet. false: it was reported what still needs more. */
bool fit_memory(Compilation *c, Plan *plan, int64_t most);
#endif
