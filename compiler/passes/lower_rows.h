/* lower_rows.h - steps that see a row of a tensor in scratch memory, in the order that vectors want (choose_rows.c). */
#ifndef CNNC_PASSES_LOWER_ROWS_H
#define CNNC_PASSES_LOWER_ROWS_H
#include "passes/lower_nest.h"
#include "passes/schedules.h"

typedef struct Rows {
  const StepBinding *b; /* of the tensors themselves */
  StepBinding inside;   /* as the statements see them */
  Expr *row;            /* which row the statements are at */
  Expr *scratch;        /* where the scratch memory begins */
  const Size *used;     /* elements of the scratch memory that are taken */
  Stmt *pointers, *before, *after;
} Rows;

Rows rows_of(const StepBinding *binding, Expr *row);
/* The statements, and what brings each row to them and away: around all that computes one row. Threads that share the step get
 * a part of its rows each, and scratch memory of their own. */
Stmt *move_rows(const Rows *rows, Stmt *body);
#endif
