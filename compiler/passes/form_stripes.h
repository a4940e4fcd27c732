/* form_stripes.h - makes groups of steps that are computed stripe by stripe; which ones, choose_stripes.c decides. */
#ifndef CNNC_PASSES_FORM_STRIPES_H
#define CNNC_PASSES_FORM_STRIPES_H
#include "ir/plan.h"

/* Whether step k can be the first of a group; whether it can be in one with the step after it. */
bool can_begin_stripes(Plan *plan, int k);
bool can_hand_over(Plan *plan, int k);
/* Groups the steps from first to last, in stripes of so many rows of the last one's result. Memory must be planned anew.
 * false: the result would overwrite what is still to be read; the plan is to be restored. */
bool form_stripes(Plan *plan, int first, int last, int64_t rows);

/* What forming groups changes. */
typedef struct PlanState {
  Step *steps;
  View *views;
  Buffer **buffers;
  int buffer_count;
} PlanState;
PlanState save_plan(const Plan *plan);
void restore_plan(Plan *plan, const PlanState *state);
#endif
