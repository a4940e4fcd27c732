/* plan_slots.c - offsets in the workspace where sizes vary: which of two buffers is larger may depend on the dims.
 *
 * Two ways. In slots: buffers that do not live at the same time share a slot, which is as large as the largest of them:
 * by proof, or by a maximum at run time; slots stand one behind the other. In piles: each buffer stands on those below
 * it that live at the same time, in the order that suits one place of the dims' ranges; it begins at the highest of
 * their ends. Both are right whatever the dims are. The pile is taken where it is smaller and little is left for run
 * time. docs/decisions/0010-varying-sizes.md says why. */
#include "passes/plan_memory.h"

typedef struct Slot {
  Buffer **buffers;
  int count;
  int64_t bytes; /* at the place of the ranges */
} Slot;

typedef struct Deal {
  Slot *slots;
  int count;
  int64_t bytes;
} Deal;

/* The greatest values; of unbounded dims ones that are large. */
static SizeSample place_of_ranges(const Plan *plan) {
  enum { LARGE = 4096 };
  SizeSample sample = {0};
  for (int i = 0; i < plan->graph->dim_count && i < MAX_SAMPLE_DIMS; i++) {
    const Dim *dim = plan->graph->dims[i];
    int64_t greatest = dim_greatest(dim);
    sample.dims[sample.count] = dim;
    sample.values[sample.count++] = greatest < SIZE_LIMIT ? greatest : dim_least(dim) + LARGE * dim->multiple;
  }
  return sample;
}

static bool is_free(const Slot *slot, const Buffer *buffer) {
  for (int i = 0; i < slot->count; i++)
    if (live_together(slot->buffers[i], buffer)) return false;
  return true;
}

/* The free slot that has to grow least, or a new one. */
static void deal_buffer(Arena *arena, Deal *deal, Buffer *buffer, int64_t bytes) {
  Slot *best = NULL;
  for (int i = 0; i < deal->count; i++) {
    Slot *slot = &deal->slots[i];
    if (is_free(slot, buffer) && (!best || (best->bytes < bytes && slot->bytes > best->bytes))) best = slot;
  }
  if (!best) {
    ARENA_PUSH(arena, deal->slots, deal->count, (Slot){0});
    best = &deal->slots[deal->count - 1];
  }
  ARENA_PUSH(arena, best->buffers, best->count, buffer);
  if (bytes <= best->bytes) return;
  deal->bytes += bytes - best->bytes;
  best->bytes = bytes;
}

typedef struct Ordered {
  Buffer *buffer;
  int64_t bytes, key;
} Ordered;

static void sort_by_key(Ordered *items, int count) {
  for (int i = 1; i < count; i++)
    for (int j = i; j > 0 && items[j].key > items[j - 1].key; j--) {
      Ordered swapped = items[j];
      items[j] = items[j - 1];
      items[j - 1] = swapped;
    }
}

/* Keys: size, size by life, life, first use; ties go by first use. */
static int64_t key_of(const Ordered *o, int order) {
  int64_t life = o->buffer->last - o->buffer->first + 1;
  const int64_t keys[] = {o->bytes, o->bytes / 64 * life, life, -o->buffer->first};
  return keys[order];
}

enum { ORDERS = 4 };

static Deal deal_in_order(Arena *arena, Ordered *items, int count, int order) {
  Deal deal = {0};
  for (int pass = ORDERS - 1;; pass = order) {
    for (int i = 0; i < count; i++) items[i].key = key_of(&items[i], pass);
    sort_by_key(items, count);
    if (pass == order) break;
  }
  for (int i = 0; i < count; i++) deal_buffer(arena, &deal, items[i].buffer, items[i].bytes);
  return deal;
}

/* Drops those sizes that another one exceeds for all values of the dims. Returns how many are left. */
static int drop_smaller(Arena *arena, const Size **sizes, int count) {
  int kept = 0;
  for (int i = 0; i < count; i++) {
    bool needed = true;
    for (int k = 0; k < kept && needed; k++) needed = size_minimum(size_sub(arena, sizes[k], sizes[i])) < 0;
    if (!needed) continue;
    const Size *size = sizes[i];
    int left = 0;
    for (int k = 0; k < kept; k++)
      if (size_minimum(size_sub(arena, size, sizes[k])) < 0) sizes[left++] = sizes[k];
    sizes[left++] = size;
    kept = left;
  }
  return kept;
}

static const Size *larger_at_run_time(Arena *arena, const Size **sizes, int count) {
  const Size *largest = sizes[0];
  for (int k = 1; k < count; k++) largest = size_max(arena, largest, sizes[k]);
  return largest;
}

enum { MOST_OPEN = 4, WORTH_A_PILE = 32, SMALL_PART = 64 };

typedef struct Pile {
  Arena *arena;
  const SizeSample *sample;
  int64_t bytes; /* of the whole, at the sample */
  int open;      /* comparisons that are left for run time */
} Pile;

/* a + what b has more than a in some terms, if that hardly makes the whole larger at the sample; else NULL. */
static const Size *above_both(const Pile *pile, const Size *a, const Size *b) {
  const Size *more = size_positive_part(pile->arena, size_sub(pile->arena, b, a));
  more = size_mul_int(pile->arena, size_ceil_div(pile->arena, more, WORKSPACE_ALIGNMENT), WORKSPACE_ALIGNMENT);
  const Size *sum = size_add(pile->arena, a, more);
  int64_t first = size_at(a, pile->sample), second = size_at(b, pile->sample), most = first > second ? first : second;
  return size_at(sum, pile->sample) - most <= pile->bytes / SMALL_PART ? sum : NULL;
}

/* No less than any of the sizes. */
static const Size *top_of(Pile *pile, const Size **sizes, int count) {
  count = drop_smaller(pile->arena, sizes, count);
  const Size *top = sizes[0];
  for (int k = 1; k < count; k++) {
    const Size *sum = above_both(pile, top, sizes[k]);
    if (!sum) sum = above_both(pile, sizes[k], top);
    if (!sum) pile->open++;
    top = sum ? sum : size_max(pile->arena, top, sizes[k]);
  }
  return top;
}

/* Finds the offsets of buffers that come in the order of their offsets at the sample; NULL: too much is left for run time. */
static const Size *place_in_pile(Pile *pile, Buffer *const *buffers, int count, const Size **offsets) {
  Arena *arena = pile->arena;
  const Size **ends = ARENA_ARRAY(arena, const Size *, (size_t)count + 1), **below = ARENA_ARRAY(arena, const Size *, (size_t)count + 1);
  for (int i = 0; i < count; i++) {
    int under = 0;
    below[under++] = size_of(arena, 0);
    for (int k = 0; k < i; k++)
      if (live_together(buffers[k], buffers[i])) below[under++] = ends[k];
    offsets[i] = top_of(pile, below, under);
    ends[i] = size_add(arena, offsets[i], buffers[i]->bytes);
    if (pile->open > MOST_OPEN) return NULL;
  }
  int highest = drop_smaller(arena, ends, count); /* to the byte: callers allocate it */
  pile->open += highest - 1;
  return pile->open > MOST_OPEN ? NULL : larger_at_run_time(arena, ends, highest);
}

static const Size *bytes_of_slot(Arena *arena, const Slot *slot) {
  const Size **sizes = ARENA_ARRAY(arena, const Size *, (size_t)slot->count);
  for (int i = 0; i < slot->count; i++) sizes[i] = slot->buffers[i]->bytes;
  return larger_at_run_time(arena, sizes, drop_smaller(arena, sizes, slot->count));
}

static Deal best_deal(Arena *arena, Ordered *items, int count) {
  Deal best = deal_in_order(arena, items, count, 0);
  for (int order = 1; order < ORDERS; order++) {
    Deal deal = deal_in_order(arena, items, count, order);
    if (deal.bytes < best.bytes) best = deal;
  }
  return best;
}

const Size *place_in_slots(Plan *plan, Buffer **buffers, int count) {
  Arena *arena = plan->arena;
  SizeSample sample = place_of_ranges(plan);
  Ordered *items = ARENA_ARRAY(arena, Ordered, (size_t)count + 1);
  int64_t *bytes = ARENA_ARRAY(arena, int64_t, (size_t)plan->buffer_count + 1),
          *places = ARENA_ARRAY(arena, int64_t, (size_t)plan->buffer_count + 1);
  for (int i = 0; i < count; i++) {
    bytes[buffers[i]->id] = size_at(buffers[i]->bytes, &sample);
    items[i] = (Ordered){.buffer = buffers[i], .bytes = bytes[buffers[i]->id]};
  }
  Deal best = best_deal(arena, items, count);
  Pile pile = {.arena = arena, .sample = &sample, .bytes = find_places(arena, buffers, count, bytes, places, plan->lower_bound_bytes)};
  const Size **offsets = ARENA_ARRAY(arena, const Size *, (size_t)count + 1), *whole = place_in_pile(&pile, buffers, count, offsets);
  /* Slots make shorter expressions: a few percent are not worth more. */
  if (whole && size_at(whole, &sample) < best.bytes - best.bytes / WORTH_A_PILE) {
    for (int i = 0; i < count; i++) buffers[i]->offset = offsets[i];
    return whole;
  }
  const Size *offset = size_of(arena, 0);
  for (int i = 0; i < best.count; i++) {
    for (int k = 0; k < best.slots[i].count; k++) best.slots[i].buffers[k]->offset = offset;
    offset = size_add(arena, offset, bytes_of_slot(arena, &best.slots[i]));
  }
  return offset;
}
