/* plan_memory.h - what the two ways of laying out the workspace share. */
#ifndef CNNC_PASSES_PLAN_MEMORY_H
#define CNNC_PASSES_PLAN_MEMORY_H
#include "ir/plan.h"

enum { WORKSPACE_ALIGNMENT = 64 }; /* a cache line, and the widest vector */

static inline bool live_together(const Buffer *a, const Buffer *b) { return a->first <= b->last && b->first <= a->last; }

/* Finds offsets for buffers of so many bytes (both by Buffer.id), as low as can be found; no less than `bound` is sought.
 * Sorts the buffers by offset, and returns the bytes of the whole. */
int64_t find_places(Arena *arena, Buffer **buffers, int count, const int64_t *bytes, int64_t *offsets, int64_t bound);
/* Sets the offsets; returns the bytes of the workspace. */
const Size *place_buffers(Plan *plan, Buffer **buffers, int count);
/* The same where sizes vary. */
const Size *place_in_slots(Plan *plan, Buffer **buffers, int count);
#endif
