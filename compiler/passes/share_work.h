/* share_work.h - what a step computes, shared by the threads of a team. */
#ifndef CNNC_PASSES_SHARE_WORK_H
#define CNNC_PASSES_SHARE_WORK_H
#include "passes/bind_operands.h"

/* The statements of a step's function, which compute each point of its result once, shared out as its schedule says;
 * unchanged where that says nothing. */
Stmt *share_work(const StepBinding *binding, Stmt *body);
#endif
