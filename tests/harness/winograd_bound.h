/* winograd_bound.h - magnitudes of a 3x3 convolution that may be computed in Winograd's form. */
#ifndef TESTS_WINOGRAD_BOUND_H
#define TESTS_WINOGRAD_BOUND_H
#include <stdbool.h>
#include "ir/graph.h"

/* Whether a plan may compute the node so. */
bool may_be_winograd(const Node *node, int results);
/* Raises magnitudes of the output (see bound.h) to |A| (|G||g||G'| . |B||d||B'|) |A'|, summed over the channels: each of its
 * roundings shows in the result by at most that much of what it rounds. Tiles lie as the compiler lays them: the last ones end
 * with the map. */
void raise_to_winograd(Arena *arena, const Node *node, int results, const double *input, double *output);
/* Roundings on the way of any term besides those of the sum over channels. */
enum { WINOGRAD_ROUNDINGS = 16 };
#endif
