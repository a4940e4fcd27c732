/* cost.h - how long a tiled step takes on a target, roughly: to compare schedules with, not to tell time. */
#ifndef CNNC_PASSES_COST_H
#define CNNC_PASSES_COST_H
#include <stdint.h>
#include "ir/plan.h"
#include "passes/targets.h"

/* What a step that multiplies an input with weights has to do, whatever its schedule. Varying sizes count as large. */
typedef struct Work {
  int64_t points, rows;   /* along the tile axis, and how many such rows */
  int64_t channels;       /* along the lane axis */
  int64_t steps;          /* of the reduction */
  int64_t weights, input; /* bytes */
  bool varies;            /* the points do */
  bool streams_input;     /* each tile reads a run of the input of its own, which follows that of the tile before it */
} Work;

/* Whether a block of weights of so many bytes leaves the first cache from one tile to the next, and streams from the second. */
bool streams_weights(const Target *target, int64_t bytes);

/* Parts of a cycle. */
int64_t estimate_cost(const Target *target, const Work *work, const Schedule *schedule);

/* Sets the cheapest tile whose sums, weights and one input have registers, in the cheaper order (choose_tiled.c). `vectors`: that
 * all channels fill. */
void choose_cheapest(const Target *target, const Work *work, int64_t vectors, Schedule *schedule);
#endif
