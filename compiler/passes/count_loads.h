/* count_loads.h - how often tensors and weights are read and written in a run: what fast memory is best spent on. */
#ifndef CNNC_PASSES_COUNT_LOADS_H
#define CNNC_PASSES_COUNT_LOADS_H
#include "ir/plan.h"

/* Numbers that the steps read from and write to each buffer, by Buffer.id; what kernels keep in registers counts once. Roughly:
 * to compare with. Sizes that vary count at their greatest. */
int64_t *count_loads(const Plan *plan);
/* Numbers that are read of each parameter, by Parameter.id. */
int64_t *count_weight_loads(const Plan *plan);
#endif
