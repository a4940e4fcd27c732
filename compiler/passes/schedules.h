/* schedules.h - the forms in which choose_schedule can have a step computed. */
#ifndef CNNC_PASSES_SCHEDULES_H
#define CNNC_PASSES_SCHEDULES_H
#include "ir/plan.h"
#include "passes/targets.h"

/* Whether the form can compute the step, a nest; if so, *schedule is what it wants. */
typedef bool ChooseForm(const Plan *plan, const Step *step, const Target *target, Schedule *schedule);

/* choose_winograd.c: convolutions of stride 1 where Winograd's form is faster. */
ChooseForm choose_winograd;
/* choose_tiled.c: tiles of results in vector registers. */
ChooseForm choose_tiled;
/* choose_streamed.c: such tiles for what reads each number a few times only. */
ChooseForm choose_streamed;
/* choose_transposed.c: what only moves numbers, copies too, between tensors whose numbers lie in other orders. */
ChooseForm choose_transposed;
/* choose_rows.c: what no other form accepts, a row at a time in another order of memory, for which it needs room. */
ChooseForm choose_rows;
Buffer *rows_scratch(Plan *plan, const Step *step);
/* Whether it was chosen for a step. */
bool has_rows(const Step *step);
/* Room for the rows of each thread that shares the step: so many elements for one, whole cache lines. */
void make_rows_for_threads(Plan *plan, Step *step);
const Size *rows_of_thread(const Plan *plan, const Step *step);
#endif
