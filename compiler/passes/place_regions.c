/* place_regions.c - see place_regions.h.
 *
 * Each region, in the order in which they are given, first takes what --place puts there, then what is read and written
 * most, in one of four orders, as long as there is room; or what is largest, if --max-ram is not kept else. Offsets are numbers:
 * where sizes vary, those for the greatest, for a region has so many bytes whatever the sizes are. check_places.c checks
 * what is decided here. */
#include "passes/place_regions.h"

#include <stdlib.h>
#include <string.h>

#include "passes/check_places.h"
#include "passes/count_loads.h"
#include "passes/plan_memory.h"

static MemoryRegion **regions_of(Arena *arena, const RegionOption *options, int *count) {
  MemoryRegion **regions = NULL;
  for (*count = 0; options; options = options->next) {
    MemoryRegion *region = ARENA_NEW(arena, MemoryRegion);
    *region = (MemoryRegion){.name = options->name, .most = options->bytes};
    ARENA_PUSH(arena, regions, *count, region);
  }
  return regions;
}

void add_regions(Compilation *c, Plan *plan) {
  plan->ram = regions_of(plan->arena, c->options->ram, &plan->ram_count);
  plan->flash = regions_of(plan->arena, c->options->flash, &plan->flash_count);
}

typedef struct Candidate {
  int64_t key;        /* the greatest first */
  const char *wanted; /* where --place puts it; NULL: anywhere */
  int number;
} Candidate;

static int compare_candidates(const void *a, const void *b) {
  const Candidate *x = a, *y = b;
  if (!x->wanted != !y->wanted) return x->wanted ? -1 : 1;
  if (x->key != y->key) return x->key > y->key ? -1 : 1;
  return x->number - y->number;
}

/* Loads for each cache line that it takes from others, and as many times as there are steps during which it does. */
static int64_t key_of(int64_t loads, int64_t bytes, int64_t life) {
  enum { FINE = 64, MOST_FINE = 1 << 20 }; /* loads are less than 2^54 */
  int64_t room = bytes < SIZE_LIMIT ? bytes / WORKSPACE_ALIGNMENT * life : 0;
  return room ? loads / room * FINE + (room < MOST_FINE ? loads % room * FINE / room : 0) : 0;
}

static bool may_lie_in(const Candidate *candidate, const MemoryRegion *region) {
  return !candidate->wanted || strcmp(candidate->wanted, region->name) == 0;
}

static int percent_of(int64_t part, int64_t whole) { return whole ? (int)((part * 100 + whole / 2) / whole) : 0; }

/* ---- RAM ---- */

/* Its greatest size; the bound of an expression may be above it, and between two lines. */
static int64_t room_of(const Buffer *b) {
  return (b->greatest_bytes + WORKSPACE_ALIGNMENT - 1) / WORKSPACE_ALIGNMENT * WORKSPACE_ALIGNMENT;
}

typedef struct Filling { /* of one region */
  Buffer **placed;       /* by offset */
  int64_t *offsets;      /* of these */
  int count;
} Filling;

/* The lowest offset at which none that lives at the same time is in the way. */
static int64_t lowest_offset(const Filling *f, const Buffer *buffer) {
  int64_t offset = 0;
  for (int i = 0; i < f->count; i++) {
    if (!live_together(f->placed[i], buffer)) continue;
    if (f->offsets[i] >= offset + room_of(buffer)) break;
    int64_t end = f->offsets[i] + room_of(f->placed[i]);
    if (end > offset) offset = end;
  }
  return offset;
}

static void put(Plan *plan, Filling *f, MemoryRegion *region, Buffer *buffer, int64_t offset) {
  int at = f->count++;
  for (; at > 0 && f->offsets[at - 1] > offset; at--) {
    f->placed[at] = f->placed[at - 1];
    f->offsets[at] = f->offsets[at - 1];
  }
  f->placed[at] = buffer;
  f->offsets[at] = offset;
  buffer->region = region;
  buffer->offset = size_of(plan->arena, offset);
  if (offset + room_of(buffer) > region->bytes) region->bytes = offset + room_of(buffer);
}

enum { BY_ROOM_AND_TIME, BY_TIME, BY_ACCESSES, BY_SIZE, ORDERS };

static int64_t key_in_order(const Buffer *b, int64_t loads, int order) {
  int64_t life = b->last - b->first + 1;
  const int64_t keys[] = {key_of(loads, b->greatest_bytes, life), loads / life, loads, b->greatest_bytes};
  return keys[order];
}

typedef struct Choice {
  Plan *plan;
  Candidate *candidates;
  int count;
  const int64_t *loads; /* by Buffer.id */
} Choice;

static void empty(const Choice *choice, MemoryRegion *region) {
  region->bytes = 0;
  for (int i = 0; i < choice->count; i++) {
    Buffer *buffer = choice->plan->buffers[choice->candidates[i].number];
    if (buffer->region != region) continue;
    buffer->region = NULL;
    buffer->offset = NULL;
  }
}

/* Whatever lay there does no more. Returns how often what lies there now is read and written. */
static int64_t fill_ram(const Choice *choice, MemoryRegion *region, int order) {
  Plan *plan = choice->plan;
  size_t most = (size_t)choice->count + 1;
  Filling f = {ARENA_ARRAY(plan->arena, Buffer *, most), ARENA_ARRAY(plan->arena, int64_t, most), 0};
  int64_t accesses = 0;
  empty(choice, region);
  for (int i = 0; i < choice->count; i++) {
    Candidate *candidate = &choice->candidates[i];
    candidate->key = key_in_order(plan->buffers[candidate->number], choice->loads[candidate->number], order);
  }
  qsort(choice->candidates, (size_t)choice->count, sizeof *choice->candidates, compare_candidates);
  for (int i = 0; i < choice->count; i++) {
    Buffer *buffer = plan->buffers[choice->candidates[i].number];
    if (buffer->region || !may_lie_in(&choice->candidates[i], region) || room_of(buffer) > region->most) continue;
    int64_t offset = lowest_offset(&f, buffer);
    if (offset > region->most - room_of(buffer)) continue;
    put(plan, &f, region, buffer, offset);
    accesses += choice->loads[buffer->id];
  }
  return accesses;
}

/* In the order in which most accesses go to the region. */
static int64_t fill_best(const Choice *choice, MemoryRegion *region) {
  int best = BY_SIZE;
  int64_t most = -1;
  for (int order = 0; order < ORDERS && !choice->plan->largest_first; order++) {
    int64_t accesses = fill_ram(choice, region, order);
    if (accesses <= most) continue;
    most = accesses;
    best = order;
  }
  return fill_ram(choice, region, best);
}

int place_in_ram(Compilation *c, Plan *plan, Buffer **buffers, int count) {
  if (!plan->ram_count) return count;
  Choice choice = {plan, ARENA_ARRAY(plan->arena, Candidate, (size_t)count + 1), count, count_loads(plan)};
  int64_t all = 0;
  for (int i = 0; i < count; i++) {
    choice.candidates[i] = (Candidate){0, wanted_for_buffer(c, plan, buffers[i]), buffers[i]->id};
    all += choice.loads[buffers[i]->id];
  }
  for (int i = 0; i < plan->ram_count; i++) plan->ram[i]->percent = percent_of(fill_best(&choice, plan->ram[i]), all);
  int left = 0;
  for (int i = 0; i < count; i++)
    if (!buffers[i]->region) buffers[left++] = buffers[i];
  return left;
}

/* ---- flash ---- */

int64_t table_bytes(const PackedTensor *packed) {
  int64_t bytes = (packed->elements + packed->read_beyond) * (int64_t)sizeof(float);
  return (bytes + WORKSPACE_ALIGNMENT - 1) / WORKSPACE_ALIGNMENT * WORKSPACE_ALIGNMENT;
}

/* Takes the candidates that fit, in their order; returns what is read of them. */
static int64_t fill_flash(Plan *plan, MemoryRegion *region, const Candidate *candidates, const int64_t *loads) {
  int64_t here = 0;
  for (int i = 0; i < plan->packed_count; i++) {
    PackedTensor *packed = plan->packed[candidates[i].number];
    bool fits = table_bytes(packed) <= region->most - region->bytes;
    if (packed->region || !may_lie_in(&candidates[i], region) || !fits) continue;
    packed->region = region;
    region->bytes += table_bytes(packed);
    here += loads[packed->parameter->id];
  }
  return here;
}

void place_in_flash(Compilation *c, Plan *plan) {
  if (!plan->flash_count) return;
  const int64_t *loads = count_weight_loads(plan);
  Candidate *candidates = ARENA_ARRAY(plan->arena, Candidate, (size_t)plan->packed_count + 1);
  int64_t all = 0;
  for (int i = 0; i < plan->packed_count; i++) {
    const PackedTensor *packed = plan->packed[i];
    candidates[i] = (Candidate){key_of(loads[packed->parameter->id], table_bytes(packed), 1), wanted_for_table(c, packed), i};
    all += loads[packed->parameter->id];
  }
  qsort(candidates, (size_t)plan->packed_count, sizeof *candidates, compare_candidates);
  for (int i = 0; i < plan->flash_count; i++)
    plan->flash[i]->percent = percent_of(fill_flash(plan, plan->flash[i], candidates, loads), all);
}
