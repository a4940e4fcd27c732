/* schedules.h - the forms in which choose_schedule can have a step computed. */
#ifndef CNNC_PASSES_SCHEDULES_H
#define CNNC_PASSES_SCHEDULES_H
#include "ir/plan.h"
#include "passes/targets.h"

/* Whether the form can compute the step, a nest; if so, *schedule is what it wants. */
typedef bool ChooseForm(const Plan *plan, const Step *step, const Target *target, Schedule *schedule);

/* choose_winograd.c: 3x3 convolutions where Winograd's form is faster. */
ChooseForm choose_winograd;
/* choose_tiled.c: tiles of results in vector registers. */
ChooseForm choose_tiled;
/* choose_streamed.c: such tiles for what reads each number a few times only. */
ChooseForm choose_streamed;
/* choose_transposed.c: what only moves numbers, copies too, between tensors whose numbers lie in other orders. */
ChooseForm choose_transposed;
#endif
