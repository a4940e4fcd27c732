/* lower_nest.h - the two ways in which a nest becomes statements, and what goes before it. */
#ifndef CNNC_PASSES_LOWER_NEST_H
#define CNNC_PASSES_LOWER_NEST_H
#include "passes/bind_operands.h"

/* The nest as it is written: one loop for each axis, one accumulator. */
Stmt *lower_scalar(const StepBinding *binding);
/* Loops over tiles that call kernels, which are added to the program. */
Stmt *lower_tiled(const StepBinding *binding);
/* The call that zeroes the border around what the step writes; NULL: it has none to zero. */
Stmt *lower_zero_border(const StepBinding *binding);

/* Winograd's form of a correlation: chunks of tiles, each transformed, multiplied by such kernels, and transformed back. */
Stmt *lower_winograd(const StepBinding *binding);

/* What moves numbers only, by kernels that transpose: the rows and columns of the schedule, inside loops over all other axes. */
Stmt *lower_transposed(const StepBinding *binding, const Nest *nest);
/* y[oc][oy][ox] = x[oc][oy][ox], what a copy does, as a nest. */
const Nest *nest_of_copy(Arena *arena, const Step *step);

/* lower_loops.c: the statements that an operator wrote itself. */
Stmt *lower_loops(const StepBinding *binding);
/* vectorise_loops.c: the statements with vectors in place of the turns of a loop, where these are neighbours in memory. */
Stmt *vectorise_loops(const StepBinding *binding, Stmt *body);

/* Adds a kernel unless it is there. false: another one has its name. */
bool add_kernel(Arena *arena, LoopProgram *program, const Function *kernel);
/* Whether the kernel's text holds numbers that come from attributes or stand in the source. */
bool has_numbers(const Step *step);

/* Whether the result is more than the accumulator itself. */
bool has_result(const Nest *nest);
#endif
