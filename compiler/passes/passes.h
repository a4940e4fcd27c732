/* passes.h - every pass, in the order in which compile.c calls them. */
#ifndef CNNC_PASSES_PASSES_H
#define CNNC_PASSES_PASSES_H
#include "ir/ast.h"
#include "ir/graph.h"
#include "ir/plan.h"
#include "passes/compilation.h"

/* Tree to graph: names, blocks, constants, attributes, shapes. NULL: errors were reported. */
Graph *build_graph(Compilation *c, const Ast *ast);
/* Fills Parameter.data from the weights files, -w, or seeded random numbers. false: errors were reported. */
bool bind_weights(Compilation *c, Graph *graph);
/* Zeros in learned weights where `connections` has a zero. */
void mask_weights(Compilation *c, Graph *graph);
/* Graph to graph. */
void remove_dead(Compilation *c, Graph *graph);
void fold_batch_norm(Compilation *c, Graph *graph);
/* Graph to plan, then decision by decision. */
Plan *group_steps(Compilation *c, Graph *graph);
void place_values(Compilation *c, Plan *plan);
void choose_schedule(Compilation *c, Plan *plan);
void batch_steps(Compilation *c, Plan *plan);
/* Which steps are computed a stripe of rows at a time. An error was reported if --max-ram cannot be kept. */
void choose_stripes(Compilation *c, Plan *plan);
void choose_threads(Compilation *c, Plan *plan);
void plan_memory(Compilation *c, Plan *plan);
/* Plan to loops; also decides how the numbers are packed. */
LoopProgram *lower(Compilation *c, Plan *plan);
/* Gives a statement of its own to what an operator named, and to functions of whole vectors. */
void name_values(Compilation *c, LoopProgram *program);
/* For --numerics portable: every product that is added gets a statement of its own. */
void split_products(Compilation *c, LoopProgram *program);
/* Fills PackedTensor.data. */
void pack_weights(Compilation *c, Plan *plan);
#endif
