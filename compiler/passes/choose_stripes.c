/* choose_stripes.c - which steps are computed in stripes of rows, and of how many rows. docs/decisions/0018-stripes.md has
 * the rules and their measurements. */
#include "passes/fit_memory.h"
#include "passes/passes.h"
#include "passes/targets.h"

/* The last step of the longest group that can begin with step k; k: none can. */
static int longest_group(Plan *plan, int k) {
  int last = k;
  if (plan->steps[k]->stripe || !can_begin_stripes(plan, k)) return k;
  while (can_hand_over(plan, last)) last++;
  return last;
}

/* The group if the plan can have it. */
static bool try_group(Plan *plan, int first, int last, int64_t rows) {
  PlanState before = save_plan(plan);
  if (form_stripes(plan, first, last, rows)) return true;
  restore_plan(plan, &before);
  return false;
}

/* --stripes ROWS: everything that can be in a group is. */
static void form_all(Plan *plan, int64_t rows) {
  for (int k = 0; k < plan->step_count; k++)
    for (int last = longest_group(plan, k); last > k; last--)
      if (try_group(plan, k, last, rows)) {
        k = last;
        break;
      }
}

/* ---- for speed ---- */

static int64_t bytes_of(const Buffer *buffer) { return size_value(buffer->elements) * dtype_bytes(buffer->dtype); }

static int64_t weight_bytes(const Step *step) {
  int64_t elements = 0;
  for (int i = 0; i < step->operand_count; i++)
    if (step->operands[i].parameter) elements += parameter_connected(step->operands[i].parameter);
  return elements * (int64_t)sizeof(float);
}

/* Whether a group is worth it between step k and the next: the result of k would leave the cache before it is read, and the
 * weights of both stay there from one stripe to the next. */
static bool gains(const Plan *plan, int k, int64_t cache) {
  /* large weights are used for the whole map at once */
  if (plan->steps[k]->schedule.ahead || plan->steps[k + 1]->schedule.ahead) return false;
  return bytes_of(plan->steps[k]->output.buffer) > cache * 3 / 4 && weight_bytes(plan->steps[k]) <= cache * 6 / 10 &&
         weight_bytes(plan->steps[k + 1]) <= cache * 6 / 10;
}

static int64_t stripe_bytes(const Plan *plan, int first, int last) {
  int64_t bytes = 0;
  for (int k = first; k < last; k++) bytes += bytes_of(plan->steps[k]->output.buffer);
  return bytes;
}

/* Groups these steps in the highest stripes of which half a cache holds all rows that lie between them. */
static bool form_in_cache(Plan *plan, int first, int last, int64_t cache) {
  PlanState before = save_plan(plan);
  int64_t height = size_value(type_height(&plan->steps[last]->result->type)), rows = height;
  for (int64_t count = 2; count <= height; count++) {
    if ((height + count - 1) / count == rows) continue; /* one more and no smaller: most are, of a high map */
    rows = (height + count - 1) / count;
    if (form_stripes(plan, first, last, rows) && stripe_bytes(plan, first, last) <= cache / 2) return true;
    restore_plan(plan, &before);
  }
  return false;
}

static void form_for_speed(Plan *plan, int64_t cache) {
  for (int k = 0; k < plan->step_count; k++) {
    if (!can_begin_stripes(plan, k)) continue;
    int last = k;
    while (can_hand_over(plan, last) && gains(plan, last, cache)) last++;
    for (; last > k; last--)
      if (form_in_cache(plan, k, last, cache)) {
        k = last;
        break;
      }
  }
}

void choose_stripes(Compilation *c, Plan *plan) {
  const Target *target = imagine_machine(plan->arena, find_target(plan->target), c->options->any_plan, "stripes");
  PlanState whole = save_plan(plan);
  if (c->options->stripes > 0) form_all(plan, c->options->stripes);
  bool vectors = target->lanes > 1 && !plan->portable; /* plain C computes slower than memory delivers */
  if (c->options->stripes == STRIPES_CHOSEN && vectors) form_for_speed(plan, (int64_t)target->l2 * 1024);
  int64_t most = c->options->max_ram;
  if (!most || fits_memory(c, plan, most)) return;
  plan->largest_first = plan->ram_count > 0;
  if (plan->largest_first && fits_memory(c, plan, most)) return;
  plan->largest_first = false;
  restore_plan(plan, &whole);
  fit_memory(c, plan, most);
}
