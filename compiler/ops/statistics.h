/* statistics.h - sums over a tensor, in one stage or two: what normalisations and distances have in common.
 *
 * Two stages where one would add many numbers in a row: the parts are computed side by side in vectors, and lose less
 * to rounding. The choice depends on the shape alone, so that it is the same for every target. */
#ifndef CNNC_OPS_STATISTICS_H
#define CNNC_OPS_STATISTICS_H
#include "ops/lowering.h"

typedef enum Over {
  OVER_CHANNELS, /* of each pixel; its parts are every 4th, 8th or 16th channel */
  OVER_PIXELS,   /* of each channel; its parts are rows */
  OVER_ALL       /* its parts are the rows of each channel */
} Over;

/* What is added, for the element at channel c, row y, column x. */
typedef Expr *Summand(Lowering *l, const Node *node, Expr *c, Expr *y, Expr *x);
typedef void StageNest(Lowering *l, const Node *node, Nest *nest);

/* Whether a sum over the node's input 0 has parts. */
bool has_parts(const Node *node, Over over);
/* How many numbers are added for one result. */
const Size *summand_count(Arena *arena, const Node *node, Over over);

/* Appends the stages of a sum, the parts if it has any and the sum itself; returns how many stages there are now. So the
 * sum is the last of them. */
int add_sum_stages(Arena *arena, const Node *node, Over over, const char *name, StageNest *parts, StageNest *sum, Stage *stages, int count);
/* The parts as a stage of an operator whose own nest is the sum. */
int add_parts_stage(Arena *arena, const Node *node, Over over, StageNest *parts, Stage *stages);

void nest_parts(Lowering *l, const Node *node, Nest *n, Over over, Summand *summand);
/* `stage` is where the parts would be. */
void nest_sum(Lowering *l, const Node *node, Nest *n, Over over, Summand *summand, int stage);
/* The sum that concerns the element at channel c, row y, column x. */
Expr *sum_at(Lowering *l, int stage, Over over, Expr *c, Expr *y, Expr *x);
#endif
