/* lower_stripes.h - steps that are computed a stripe of rows at a time: functions that are told which rows, and the loop in run
 * that calls them. */
#ifndef CNNC_PASSES_LOWER_STRIPES_H
#define CNNC_PASSES_LOWER_STRIPES_H
#include "passes/bind_operands.h"

/* The step as its function computes it: `rows` rows, the first of which is row `first_row` of the result. */
Step *step_of_rows(Plan *plan, const Step *step);
/* The parameters that say which rows. */
void add_row_params(const StepBinding *binding, Function *function);
/* The calls of all steps of a group, in a loop over its stripes; what comes before the loop is `before`. */
Stmt *lower_stripes(const StepBinding *bindings, Function *const *functions, int count, Stmt *before);
#endif
