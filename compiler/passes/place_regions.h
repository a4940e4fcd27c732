/* place_regions.h - which tensors and weights lie in the regions of memory that the user named (--ram, --flash, --place). */
#ifndef CNNC_PASSES_PLACE_REGIONS_H
#define CNNC_PASSES_PLACE_REGIONS_H
#include "ir/plan.h"
#include "passes/compilation.h"

/* Gives the plan the regions of the options. */
void add_regions(Compilation *c, Plan *plan);
/* Decides which of the buffers lie in regions, and where there. Returns how many are left to the workspace: they come first. */
int place_in_ram(Compilation *c, Plan *plan, Buffer **buffers, int count);
/* What a table takes, with what the linker may leave before the next one. */
int64_t table_bytes(const PackedTensor *packed);
/* The same of the tables of packed weights; those that are left are in no region. Needs what `lower` knows. */
void place_in_flash(Compilation *c, Plan *plan);
#endif
