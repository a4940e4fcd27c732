/* plan_memory.h - what the two ways of laying out the workspace share. */
#ifndef CNNC_PASSES_PLAN_MEMORY_H
#define CNNC_PASSES_PLAN_MEMORY_H
#include "ir/plan.h"

enum { WORKSPACE_ALIGNMENT = 64 }; /* a cache line, and the widest vector */

/* Bytes of a buffer in the workspace, up to where another may begin. */
const Size *aligned_bytes(Arena *arena, const Buffer *buffer);

static inline bool live_together(const Buffer *a, const Buffer *b) { return a->first <= b->last && b->first <= a->last; }

/* Sets the offsets of buffers whose sizes vary; returns the bytes of the workspace. */
const Size *place_in_slots(Plan *plan, Buffer **buffers, int count);
#endif
