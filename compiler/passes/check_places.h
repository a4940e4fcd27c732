/* check_places.h - what --place asks for, and whether the plan does it. */
#ifndef CNNC_PASSES_CHECK_PLACES_H
#define CNNC_PASSES_CHECK_PLACES_H
#include "ir/plan.h"
#include "passes/compilation.h"

/* The region that --place names for what lies in this buffer, or "workspace"; NULL: none. */
const char *wanted_for_buffer(const Compilation *c, const Plan *plan, const Buffer *buffer);
/* The region that it names for this table of weights; NULL: none. */
const char *wanted_for_table(const Compilation *c, const PackedTensor *packed);
/* Reports what is not where --place wants it, names that are not there, and regions in which nothing lies: of tensors, when
 * the plan is made; of weights, when it is known how they are packed. false: there was an error. */
bool check_ram(Compilation *c, const Plan *plan);
bool check_flash(Compilation *c, const Plan *plan);
#endif
