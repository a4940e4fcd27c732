/* winograd_bound.h - magnitudes of a convolution that may be computed in Winograd's form. */
#ifndef TESTS_WINOGRAD_BOUND_H
#define TESTS_WINOGRAD_BOUND_H
#include <stdbool.h>
#include "passes/winograd.h"

/* The form in which a plan computes the node under `--winograd 2` or 4 wherever it can; taps 0: in none. */
WinogradForm may_be_winograd(const Node *node, int option);
/* Raises magnitudes of the output (see bound.h) to |A| (|G||g||H'| . |B||d||C'|) |D'|, summed over the channels: each of its
 * roundings shows in the result by at most that much of what it rounds. Tiles lie as the compiler lays them: the last ones end
 * with the map. */
void raise_to_winograd(Arena *arena, const Node *node, WinogradForm form, const double *input, double *output);
/* Roundings on the way of any term besides those of the sum over channels: of a form with 6 points on both sides, or 8 and 4, without
 * fused multiply-add, at most 8 in the input's transform, 2 in the kernel and 10 in the result's. */
enum { WINOGRAD_ROUNDINGS = 20 };
#endif
