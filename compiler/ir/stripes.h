/* stripes.h - arithmetic of steps that are computed a stripe of rows at a time (struct Stripe in plan.h). */
#ifndef CNNC_IR_STRIPES_H
#define CNNC_IR_STRIPES_H
#include "ir/plan.h"

/* How many rows of step k's result the stripes have reached when `end` rows of the last step's are complete: with the
 * rows of zeros below the tensor, and without them. */
int64_t stripe_reach(const Plan *plan, int k, int64_t end);
int64_t stripe_end(const Plan *plan, int k, int64_t end);
/* The step before which, and the one after which, what step k touches may change hands: its group's. */
int first_together(const Plan *plan, int k);
int last_together(const Plan *plan, int k);

/* NULL: every row that a step reads is there when it reads it. Plays all stripes of all groups. */
const char *verify_stripes(Arena *arena, const Plan *plan);
#endif
