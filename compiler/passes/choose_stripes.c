/* choose_stripes.c - which steps are computed in stripes of rows, and of how many rows. docs/decisions/0018-stripes.md has
 * the rules and their measurements. */
#include "passes/form_stripes.h"
#include "passes/passes.h"

/* The last step of the longest group that can begin with step k; k: none can. */
static int longest_group(Plan *plan, int k) {
  int last = k;
  if (plan->steps[k]->stripe || !can_begin_stripes(plan, k)) return k;
  while (can_hand_over(plan, last)) last++;
  return last;
}

/* --stripes ROWS: everything that can be in a group is. */
static void form_all(Plan *plan, int64_t rows) {
  for (int k = 0; k < plan->step_count; k++)
    for (int last = longest_group(plan, k); last > k; last--) {
      PlanState before = save_plan(plan);
      if (form_stripes(plan, k, last, rows)) {
        k = last;
        break;
      }
      restore_plan(plan, &before);
    }
}

void choose_stripes(Compilation *c, Plan *plan) {
  if (c->options->stripes > 0) form_all(plan, c->options->stripes);
}
