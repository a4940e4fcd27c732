/* duration.h - how long one thread takes for a step, roughly: to weigh against what it costs that threads come together. */
#ifndef CNNC_PASSES_DURATION_H
#define CNNC_PASSES_DURATION_H
#include "ir/plan.h"

/* The greatest value of a size, or what counts as many turns of a loop where it has none. */
int64_t greatest_turns(const Size *size);
/* Nanoseconds of one call at the greatest sizes, for a thread that has all in its caches. */
double duration_alone(const Plan *plan, const Step *step);
/* Of one of its tensors, as far as a call sees it. */
double bytes_of_value(const Plan *plan, const Step *step, const Value *value);
#endif
