/* fit_flash.h - what the numbers of a network take where programs lie, for --max-flash. */
#ifndef CNNC_PASSES_FIT_FLASH_H
#define CNNC_PASSES_FIT_FLASH_H
#include "ir/plan.h"
#include "passes/compilation.h"

/* Packed numbers of the parameters of this node, without those that `counted`, by Parameter.id, has already. */
int64_t node_weight_bytes(const Plan *plan, const Node *node, bool *counted);
/* Whether they have at most --max-flash bytes. false: it was reported which layers have most. */
bool fits_flash(Compilation *c, const Plan *plan);
#endif
