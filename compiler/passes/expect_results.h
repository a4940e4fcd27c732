/* expect_results.h - what the self-test of a network must find, from the reference evaluator. */
#ifndef CNNC_PASSES_EXPECT_RESULTS_H
#define CNNC_PASSES_EXPECT_RESULTS_H
#include "ir/selftest.h"
#include "passes/compilation.h"

/* The sizes at which a net whose sizes vary is run: small ones, that still have whole tiles. */
SizeSample selftest_sizes(const Graph *graph);
/* `pinned` is the graph as the source has it, before any pass, with those sizes. Without weights nothing is expected. NULL: it
 * cannot be evaluated, which was reported. */
const SelfTest *expect_results(Compilation *c, const Graph *pinned, SizeSample dims);
#endif
