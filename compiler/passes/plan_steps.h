/* plan_steps.h - what the passes that make the plan share. */
#ifndef CNNC_PASSES_PLAN_STEPS_H
#define CNNC_PASSES_PLAN_STEPS_H
#include "ir/plan.h"
#include "passes/compilation.h"

/* The value that has the very place of this one: flatten of [C, 1, 1] changes nothing but the type. */
const Value *stored_as(const Value *value);
/* The value of whose place this one's is a part, or that itself: what was cropped. */
const Value *lies_in(const Value *value);
/* A new value of the plan, for the result of a copy. */
Value *plan_add_value(Plan *plan, const char *name, TensorType type);
Buffer *plan_add_buffer(Plan *plan, const char *name, BufferKind kind, const TensorType *type);
/* Distances in a buffer, once its border is known. */
void set_strides(Plan *plan, Buffer *buffer);
/* The name for a copy or a stage, with _2, _3, .. where a layer of the author or another step has it. */
const char *plan_free_name(const Plan *plan, const char *name);
/* Whether a step reads this value. */
bool step_reads(const Step *step, const Value *value);
/* Whether it reads this value, or a part of it. */
bool step_reads_part(const Step *step, const Value *value);
/* Inserts a step before the one at `position`. */
void plan_insert_step(Plan *plan, int position, Step *step);
/* The width that needs the fewest vectors for these channels, and the narrowest of those. */
int choose_lanes(int64_t channels, int widest);
/* Whether each channel of what a nest computes comes from its own of the tensors. */
bool keeps_channels(const Plan *plan, const Step *step);
/* Decides Buffer.gap, once borders are known. */
void pad_pixels(Compilation *c, Plan *plan);
#endif
