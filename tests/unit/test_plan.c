/* test_plan.c - the verifier of plans must see what a broken planner would do. */
#include <criterion/criterion.h>
#include <string.h>

#include "ir/plan.h"
#include "ir/stripes.h"

static Arena arena;

static void tear_down(void) { arena_free(&arena); }

TestSuite(plan, .fini = tear_down);

/* Step 0 writes buffer 0, step 1 reads it and writes buffer 1, step 2 reads that and writes buffer 2: 16 floats each. */
static Plan *chain(int64_t first, int64_t second, int64_t third) {
  const int64_t offsets[] = {first, second, third};
  Plan *plan = ARENA_NEW(&arena, Plan);
  *plan = (Plan){.arena = &arena, .workspace_bytes = size_of(&arena, 192), .workspace_align = 64};
  plan->views = ARENA_ARRAY(&arena, View, 3);
  const Size *zero = size_of(&arena, 0), *one = size_of(&arena, 1), *sixteen = size_of(&arena, 16);
  for (int i = 0; i < 3; i++) {
    Buffer *buffer = ARENA_NEW(&arena, Buffer);
    *buffer = (Buffer){.id = i,
                       .name = arena_printf(&arena, "b%d", i),
                       .channels = sixteen,
                       .height = one,
                       .width = one,
                       .elements = sixteen,
                       .offset = size_of(&arena, offsets[i])};
    ARENA_PUSH(&arena, plan->buffers, plan->buffer_count, buffer);
    Value *value = ARENA_NEW(&arena, Value);
    *value = (Value){.id = i, .name = buffer->name, .type = {DTYPE_F32, 1, {sixteen}}};
    ARENA_PUSH(&arena, plan->values, plan->value_count, value);
    plan->views[i] = (View){buffer, zero, zero, zero};
    Step *step = ARENA_NEW(&arena, Step);
    *step = (Step){.kind = STEP_NEST, .name = arena_printf(&arena, "s%d", i), .result = value, .output = plan->views[i]};
    if (i > 0) {
      step->operands = ARENA_NEW(&arena, Operand);
      step->operands[step->operand_count++] = (Operand){.value = plan->values[i - 1]};
    }
    ARENA_PUSH(&arena, plan->steps, plan->step_count, step);
  }
  return plan;
}

Test(plan, dead_memory_is_used_again) { cr_assert_null(verify_plan(&arena, chain(0, 64, 0))); }
Test(plan, live_buffers_must_not_overlap) { cr_assert(strstr(verify_plan(&arena, chain(0, 0, 64)), "overlap in step s1")); }
Test(plan, half_an_overlap_is_one) {
  Plan *plan = chain(0, 64, 128);
  plan->buffers[1]->elements = size_of(&arena, 32);
  plan->buffers[2]->offset = size_of(&arena, 128);
  cr_assert(strstr(verify_plan(&arena, plan), "overlap in step s2"));
}
Test(plan, buffers_are_aligned) { cr_assert(strstr(verify_plan(&arena, chain(0, 68, 0)), "not aligned")); }
Test(plan, buffers_lie_in_the_workspace) { cr_assert(strstr(verify_plan(&arena, chain(0, 64, 192)), "outside the workspace")); }

/* ---- regions ---- */

static MemoryRegion *put_in_region(Plan *plan, int buffer, int64_t most) {
  if (!plan->ram_count) ARENA_PUSH(&arena, plan->ram, plan->ram_count, ARENA_NEW(&arena, MemoryRegion));
  *plan->ram[0] = (MemoryRegion){.name = "fast", .most = most, .bytes = 64};
  plan->buffers[buffer]->region = plan->ram[0];
  return plan->ram[0];
}

Test(plan, places_of_different_regions_do_not_overlap) {
  Plan *plan = chain(0, 0, 64);
  put_in_region(plan, 1, 64);
  cr_assert_null(verify_plan(&arena, plan));
}
Test(plan, live_buffers_must_not_overlap_in_a_region) {
  Plan *plan = chain(0, 0, 64);
  put_in_region(plan, 0, 64);
  put_in_region(plan, 1, 64);
  cr_assert(strstr(verify_plan(&arena, plan), "b1 and b0 overlap in step s1"));
}
Test(plan, buffers_lie_in_their_region) {
  Plan *plan = chain(0, 64, 128); /* where the workspace has room */
  put_in_region(plan, 1, 4096);
  cr_assert(strstr(verify_plan(&arena, plan), "b1 lies outside the fast"));
}
Test(plan, regions_are_as_large_as_they_were_said_to_be) {
  Plan *plan = chain(0, 0, 64);
  put_in_region(plan, 1, 32);
  cr_assert(strstr(verify_plan(&arena, plan), "region fast is too small"));
}

/* The chain as copies of 8 rows in stripes of 2 rows; what step 0 hands to step 1 lies in a buffer of `height` rows, `above`
 * of which stand above those that step 1 begins with. */
static Plan *striped_chain(int64_t height, int64_t above) {
  Plan *plan = chain(0, 64, 128);
  static Graph graph;
  plan->graph = &graph;
  Stripe *stripes = ARENA_ARRAY(&arena, Stripe, 2);
  for (int k = 0; k < 2; k++) {
    Step *step = plan->steps[k];
    stripes[k] = (Stripe){.first = 0, .last = 1, .rows = 2, .height = 8, .stride = 1, .above = above, .window = 1 + above};
    step->kind = STEP_COPY;
    step->source = plan->values[k ? k - 1 : 2];
    step->stripe = &stripes[k];
  }
  plan->buffers[0]->striped = true;
  plan->buffers[0]->height = size_of(&arena, height);
  return plan;
}

Test(plan, rows_of_stripes_are_there_when_they_are_read) {
  cr_assert_null(verify_stripes(&arena, striped_chain(2, 0)));
  cr_assert_null(verify_stripes(&arena, striped_chain(3, 1)));
}
Test(plan, stripes_hold_all_rows_that_are_read) {
  cr_assert(strstr(verify_stripes(&arena, striped_chain(1, 0)), "outside of its stripe"));
  Plan *plan = striped_chain(3, 1);
  ((Stripe *)plan->steps[0]->stripe)->window = 1; /* the row above is not kept from one stripe to the next */
  cr_assert(strstr(verify_stripes(&arena, plan), "misses row"));
}
/* Step 0 reads what step 1 writes over: at the same row, or at the row above. */
static Plan *chain_in_place(int64_t row_above) {
  Plan *plan = striped_chain(2, 0);
  Step *step = plan->steps[0];
  Expr *zero = expr_int(&arena, 0), *oy = expr_index(&arena, "oy");
  Expr *read[] = {zero, expr_binary(&arena, OP_SUB, oy, expr_int(&arena, row_above)), zero};
  step->kind = STEP_NEST;
  step->nest = ARENA_NEW(&arena, Nest);
  *step->nest = (Nest){.result_count = 1, .output = {zero, oy, zero}};
  step->nest->result_axes[0] = (Axis){.var = "oy", .extent = size_of(&arena, 8)};
  step->nest->result = expr_access(&arena, 0, type_f32, 3, read);
  step->operands = ARENA_NEW(&arena, Operand);
  step->operands[0] = (Operand){.value = plan->values[1]};
  step->operand_count = 1;
  return plan;
}

Test(plan, stripes_overwrite_nothing_that_is_read_later) {
  cr_assert_null(verify_stripes(&arena, chain_in_place(0)));
  cr_assert(strstr(verify_stripes(&arena, chain_in_place(1)), "overwritten"));
}

/* Where sizes vary, what is right for the least ones only is wrong. */
Test(plan, offsets_hold_for_all_sizes) {
  static const Dim dim = {.name = "H", .minimum = 16, .maximum = 64, .multiple = 16};
  static const Dim *const dims[] = {&dim};
  Graph graph = {.dims = (const Dim **)dims, .dim_count = 1};
  const Size *h = size_of_dim(&arena, &dim), *bytes = size_mul_int(&arena, h, 4);
  Plan *plan = chain(0, 64, 0);
  plan->graph = &graph;
  plan->workspace_bytes = size_mul_int(&arena, bytes, 2);
  cr_assert_null(verify_plan(&arena, plan));
  plan->buffers[0]->elements = h;
  cr_assert(strstr(verify_plan(&arena, plan), "overlap in step s1"));
  plan->buffers[1]->offset = bytes;
  cr_assert_null(verify_plan(&arena, plan));
  plan->workspace_bytes = size_add_int(&arena, bytes, 63);
  cr_assert(strstr(verify_plan(&arena, plan), "outside the workspace"));
  plan->workspace_bytes = size_add_int(&arena, bytes, 64);
  cr_assert_null(verify_plan(&arena, plan));
  plan->views[0].row = size_sub(&arena, h, size_of(&arena, 16)); /* 0 for the least size */
  cr_assert(strstr(verify_plan(&arena, plan), "outside its buffer"));
}

Test(plan, what_vectors_read_beyond_a_tensor_lies_in_the_workspace) {
  Plan *plan = chain(0, 64, 128);
  cr_assert_null(verify_plan(&arena, plan));
  plan->buffers[2]->read_beyond = 1;
  cr_assert(strstr(verify_plan(&arena, plan), "outside the workspace"));
}

Test(plan, slices_lie_in_their_buffer) {
  Plan *plan = chain(0, 64, 0);
  plan->steps[1]->output.channel = size_of(&arena, 1);
  cr_assert(strstr(verify_plan(&arena, plan), "outside its buffer"));
}

Test(plan, inputs_are_not_written) {
  Plan *plan = chain(0, 64, 0);
  plan->buffers[2]->kind = BUFFER_INPUT;
  cr_assert(strstr(verify_plan(&arena, plan), "writes an input"));
}

/* What lies in one buffer is written over by those only that work in place, and is read by nobody after them. */
Test(plan, nothing_is_written_over_what_is_read) {
  Plan *plan = chain(0, 64, 128);
  plan->views[1] = plan->steps[1]->output = plan->views[0];
  cr_assert(strstr(verify_plan(&arena, plan), "step s1 writes over b0, which s1 reads"));
  plan->steps[1]->in_place = true;
  cr_assert_null(verify_plan(&arena, plan));
  plan->steps[2]->operands[0].value = plan->values[0];
  cr_assert(strstr(verify_plan(&arena, plan), "step s1 writes over b0, which s2 reads"));
}

/* Scratch lives while its step runs: it may have the place of what comes later, not of what the step reads. */
Test(plan, scratch_must_not_overlap_what_the_step_uses) {
  for (int64_t offset = 0; offset <= 192; offset += 64) {
    Plan *plan = chain(0, 64, 128);
    plan->workspace_bytes = size_of(&arena, 256);
    Buffer *scratch = ARENA_NEW(&arena, Buffer);
    *scratch = *plan->buffers[0];
    scratch->id = 3;
    scratch->name = "scratch";
    scratch->offset = size_of(&arena, offset);
    ARENA_PUSH(&arena, plan->buffers, plan->buffer_count, scratch);
    plan->steps[1]->scratch = scratch; /* which reads b0 and writes b1 */
    const char *fault = verify_plan(&arena, plan);
    if (offset >= 128) cr_assert_null(fault, "%s", fault);
    else cr_assert(fault && strstr(fault, "overlap in step s1"), "at %lld: %s", (long long)offset, fault ? fault : "no fault");
  }
}
