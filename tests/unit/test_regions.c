/* test_regions.c - what --ram, --flash and --place make of a plan. */
#include <criterion/criterion.h>
#include <string.h>

#include "compile.h"
#include "passes/check_places.h"
#include "passes/passes.h"
#include "passes/place_regions.h"

static Arena arena;
static Sources sources;
static Diagnostics diagnostics;
static Options options;

static void set_up(void) {
  sources = (Sources){.arena = &arena};
  diagnostics = (Diagnostics){.arena = &arena, .sources = &sources};
  options = (Options){.file = "net.cnn", .weights = "random:1", .batch = 1, .target = "cortex-m7", .verify = true};
}

static void tear_down(void) { arena_free(&arena); }

TestSuite(regions, .init = set_up, .fini = tear_down);

/* stem is written once and read once for each of 9 taps and each block of 32 channels; wide is read once. */
static const char net[] = "net n {\n  input x: float32[4, 16, 16] (layout=hwc)\n"
                          "  output y = x -> stem: conv(4, 3) -> relu -> middle: conv(32, 3) -> relu -> wide: max_pool(2)\n"
                          "    -> last: conv(2, 1) -> flatten -> fc1: fc(10)\n}\n";

static const char *read_text(void *context, Arena *a, const char *path, const char *relative_to, size_t *length, const char **resolved,
                             const char **error) {
  (void)a, (void)relative_to, (void)error;
  *resolved = path;
  *length = strlen(context);
  return context;
}

static void add_ram(const char *name, int64_t bytes) {
  RegionOption **end = &options.ram;
  while (*end) end = &(*end)->next;
  *end = ARENA_NEW(&arena, RegionOption);
  **end = (RegionOption){name, bytes, NULL};
}

static void place_at(const char *name, const char *region) {
  Binding *place = ARENA_NEW(&arena, Binding);
  *place = (Binding){name, region, options.places};
  options.places = place;
}

static Compilation compilation_of(const char *text) {
  return (Compilation){.arena = &arena,
                       .diagnostics = &diagnostics,
                       .sources = &sources,
                       .options = &options,
                       .read_file = read_text,
                       .read_context = (void *)(uintptr_t)text,
                       .dump = text_new(&arena),
                       .timings = text_new(&arena)};
}

/* NULL: an error was reported; plans are verified. */
static Plan *plan_of(const char *text) {
  Compilation c = compilation_of(text);
  Graph *graph = compile_to_graph(&c);
  cr_assert(graph && !diagnostics.errors);
  return make_plan(&c, graph);
}

static const Buffer *buffer_of(const Plan *plan, const char *name) {
  cr_assert_not_null(plan);
  for (int i = 0; i < plan->buffer_count; i++)
    if (strcmp(plan->buffers[i]->name, name) == 0) return plan->buffers[i];
  cr_assert_fail("there is no buffer %s", name);
  return NULL;
}

static const char *region_of(const Plan *plan, const char *name) {
  const MemoryRegion *region = buffer_of(plan, name)->region;
  return region ? region->name : "workspace";
}

Test(regions, nothing_lies_in_regions_that_nobody_named) {
  Plan *plan = plan_of(net);
  for (int i = 0; i < plan->buffer_count; i++) cr_expect_null(plan->buffers[i]->region);
}

Test(regions, what_is_read_most_lies_in_the_first_region) {
  const Plan *plain = plan_of(net);
  int64_t stem = buffer_of(plain, "stem")->greatest_bytes, middle = buffer_of(plain, "middle")->greatest_bytes;
  cr_assert(stem < middle);
  add_ram("fast", middle); /* room for either, not for both */
  Plan *plan = plan_of(net);
  cr_expect_str_eq(region_of(plan, "stem"), "fast");
  cr_expect_str_eq(region_of(plan, "middle"), "workspace");
  cr_expect(size_value(plan->workspace_bytes) < size_value(plain->workspace_bytes));
}

Test(regions, the_second_region_takes_what_the_first_has_no_room_for) {
  int64_t stem = buffer_of(plan_of(net), "stem")->greatest_bytes;
  add_ram("fast", stem);
  add_ram("slow", 1 << 20);
  Plan *plan = plan_of(net);
  cr_expect_str_eq(region_of(plan, "stem"), "fast");
  cr_expect_str_eq(region_of(plan, "middle"), "slow");
  cr_expect_eq(size_value(plan->workspace_bytes), 0);
}

Test(regions, what_is_placed_comes_first) {
  int64_t middle = buffer_of(plan_of(net), "middle")->greatest_bytes;
  add_ram("fast", middle);
  place_at("middle", "fast");
  cr_expect_str_eq(region_of(plan_of(net), "middle"), "fast");
  cr_expect_str_eq(region_of(plan_of(net), "stem"), "workspace");
  options.places = NULL;
  place_at("stem", "workspace");
  cr_expect_str_eq(region_of(plan_of(net), "stem"), "workspace");
}

Test(regions, what_does_not_fit_is_an_error) {
  int64_t middle = buffer_of(plan_of(net), "middle")->greatest_bytes;
  add_ram("fast", middle - 1);
  place_at("middle", "fast");
  cr_assert_null(plan_of(net));
  cr_assert_eq(diagnostics.count, 1);
  cr_expect_eq(diagnostics.items[0]->code, CODE_E0708);
}

/* Every size of a region: plan_of verifies overlaps by brute force, and that all lies inside. */
Test(regions, any_size_of_a_region_makes_a_plan) {
  for (int64_t bytes = 1; bytes < 40000; bytes += 977)
    for (int form = 0; form < 3; form++) {
      options.ram = NULL;
      options.batch = form == 1 ? 3 : 1;
      options.stripes = form == 2 ? 2 : 0;
      add_ram("a", bytes);
      add_ram("b", 20000 - bytes / 2);
      Plan *plan = plan_of(net);
      cr_assert(plan && plan->ram[0]->bytes <= bytes);
      for (int i = 0; i < plan->buffer_count; i++) {
        const Buffer *b = plan->buffers[i];
        if (b->region) cr_assert(size_value(b->offset) + b->greatest_bytes <= b->region->bytes);
      }
    }
}

Test(regions, tensors_that_vary_take_their_greatest_size) {
  static const char bounded[] = "dim H in 8..64\n\nnet n {\n  input x: float32[4, H, 8]\n"
                                "  output y = x -> a: conv(8, 3, padding=1) -> b: conv(8, 3, padding=1) -> global_avg_pool\n}\n";
  static const char endless[] = "dim H in 8..\n\nnet n {\n  input x: float32[4, H, 8]\n"
                                "  output y = x -> a: conv(8, 3, padding=1) -> b: conv(8, 3, padding=1) -> global_avg_pool\n}\n";
  add_ram("fast", 1 << 24);
  Plan *plan = plan_of(bounded);
  cr_expect_str_eq(region_of(plan, "a"), "fast");
  cr_expect(size_is_const(buffer_of(plan, "a")->offset, NULL));
  cr_expect(buffer_of(plan, "a")->greatest_bytes >= 64 * 8 * 8 * 4);
  cr_expect_str_eq(region_of(plan_of(endless), "a"), "workspace"); /* which sanitizers watch: such a size is very large */
}

Test(regions, max_ram_counts_what_is_left_to_the_workspace) {
  int64_t all = size_value(plan_of(net)->workspace_bytes);
  options.stripes = STRIPES_NONE;
  options.max_ram = all - 64;
  cr_assert_null(plan_of(net));
  diagnostics = (Diagnostics){.arena = &arena, .sources = &sources};
  add_ram("fast", 1 << 20);
  cr_assert_not_null(plan_of(net));
}

/* a and b are used most, but what is left then is larger than the workspace may be. */
Test(regions, the_largest_come_first_if_max_ram_wants_it) {
  static const char text[] = "net n {\n  input x: float32[2, 16, 16] (layout=hwc)\n"
                             "  output y = x -> wide: conv(32, 1) -> relu -> max_pool(4) -> a: conv(16, 3) -> b: conv(64, 1) -> flatten\n"
                             "    -> fc1: fc(4)\n}\n";
  int64_t wide = buffer_of(plan_of(text), "wide")->greatest_bytes;
  options.stripes = STRIPES_NONE;
  add_ram("fast", wide);
  place_at("wide", "workspace");
  int64_t rest = size_value(plan_of(text)->workspace_bytes);
  options.places = NULL;
  cr_assert(rest >= wide);
  options.max_ram = wide / 4;
  Plan *plan = plan_of(text);
  cr_assert_not_null(plan);
  cr_expect_str_eq(region_of(plan, "wide"), "fast");
  cr_expect(size_value(plan->workspace_bytes) <= options.max_ram);
}

static const PackedTensor *table_of(const Plan *plan, const char *name) {
  for (int i = 0; i < plan->packed_count; i++)
    if (strcmp(plan->packed[i]->name, name) == 0) return plan->packed[i];
  cr_assert_fail("there is no table %s", name);
  return NULL;
}

/* The kernel of a convolution is read for every tile of the image, that of fc once. */
Test(regions, weights_that_are_read_most_lie_in_the_first_flash) {
  options.flash = &(RegionOption){"itcm", 2048, &(RegionOption){"qspi", SIZE_LIMIT, NULL}};
  Compilation c = compilation_of(net);
  Plan *plan = make_plan(&c, compile_to_graph(&c));
  lower(&c, plan);
  place_in_flash(&c, plan);
  cr_assert(check_flash(&c, plan));
  cr_expect_str_eq(table_of(plan, "stem_weight")->region->name, "itcm");
  cr_expect_str_eq(table_of(plan, "fc1_weight")->region->name, "qspi");
  cr_expect_str_eq(table_of(plan, "middle_weight")->region->name, "qspi"); /* 4608 bytes */
  int64_t bytes[2] = {0, 0};
  for (int i = 0; i < plan->packed_count; i++)
    for (int k = 0; k < 2; k++)
      if (plan->packed[i]->region == plan->flash[k]) bytes[k] += table_bytes(plan->packed[i]);
  cr_expect_eq(bytes[0], plan->flash[0]->bytes);
  cr_expect_eq(bytes[1], plan->flash[1]->bytes);
  cr_expect(bytes[0] <= 2048);
}
