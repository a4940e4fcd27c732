/* plan_slots.c - offsets in the workspace where sizes vary: which of two buffers is larger may depend on the dims.
 *
 * Buffers that do not live at the same time share a slot, which is as large as the largest of them: by proof, or by a
 * maximum at run time. Slots stand one behind the other, so that an offset is a sum of sizes whatever the dims are.
 * How buffers are dealt out is chosen by their sizes at one place of the dims' ranges; any deal is right.
 * docs/decisions/0010-varying-sizes.md says why. */
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

/* The largest of a slot's buffers; those that another one exceeds for all values of the dims do not count. */
static const Size *bytes_of_slot(Arena *arena, const Slot *slot) {
  const Size **sizes = ARENA_ARRAY(arena, const Size *, (size_t)slot->count);
  int count = 0;
  for (int i = 0; i < slot->count; i++) {
    const Size *bytes = aligned_bytes(arena, slot->buffers[i]);
    bool needed = true;
    for (int k = 0; k < count && needed; k++) needed = size_minimum(size_sub(arena, sizes[k], bytes)) < 0;
    if (!needed) continue;
    int kept = 0;
    for (int k = 0; k < count; k++)
      if (size_minimum(size_sub(arena, bytes, sizes[k])) < 0) sizes[kept++] = sizes[k];
    sizes[kept++] = bytes;
    count = kept;
  }
  const Size *largest = sizes[0];
  for (int k = 1; k < count; k++) largest = size_max(arena, largest, sizes[k]);
  return largest;
}

const Size *place_in_slots(Plan *plan, Buffer **buffers, int count) {
  Arena *arena = plan->arena;
  SizeSample sample = place_of_ranges(plan);
  Ordered *items = ARENA_ARRAY(arena, Ordered, (size_t)count + 1);
  for (int i = 0; i < count; i++) items[i] = (Ordered){.buffer = buffers[i], .bytes = size_at(aligned_bytes(arena, buffers[i]), &sample)};
  Deal best = deal_in_order(arena, items, count, 0);
  for (int order = 1; order < ORDERS; order++) {
    Deal deal = deal_in_order(arena, items, count, order);
    if (deal.bytes < best.bytes) best = deal;
  }
  const Size *offset = size_of(arena, 0);
  for (int i = 0; i < best.count; i++) {
    for (int k = 0; k < best.slots[i].count; k++) best.slots[i].buffers[k]->offset = offset;
    offset = size_add(arena, offset, bytes_of_slot(arena, &best.slots[i]));
  }
  return offset;
}
