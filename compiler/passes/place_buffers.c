/* place_buffers.c - offsets in the workspace for sizes that are numbers.
 *
 * Buffers are placed one after the other, each at the lowest place that is free during its life, so that all depends on
 * their order. Four are tried; where none gets along with the lower bound, the best is improved by a search with a
 * budget: what ends at the top is placed earlier. The same on every host. */
#include <stdlib.h>
#include <string.h>

#include "passes/plan_memory.h"

typedef struct Placing {
  Buffer **placed; /* by offset */
  int count;
  const int64_t *bytes; /* by Buffer.id, as are the */
  int64_t *offsets;
} Placing;

static int64_t end_of(const Placing *p, const Buffer *buffer) { return p->offsets[buffer->id] + p->bytes[buffer->id]; }

/* Places the buffer at the lowest offset where none that lives at the same time is in the way; returns its end. */
static int64_t place(Placing *p, Buffer *buffer) {
  int64_t offset = 0;
  for (int i = 0; i < p->count; i++) {
    Buffer *other = p->placed[i];
    if (!live_together(other, buffer)) continue;
    if (p->offsets[other->id] >= offset + p->bytes[buffer->id]) break;
    if (end_of(p, other) > offset) offset = end_of(p, other);
  }
  p->offsets[buffer->id] = offset;
  int at = p->count++;
  for (; at > 0 && p->offsets[p->placed[at - 1]->id] > offset; at--) p->placed[at] = p->placed[at - 1];
  p->placed[at] = buffer;
  return end_of(p, buffer);
}

/* The bytes that this order takes. */
static int64_t place_all(Placing *p, Buffer *const *order, int count) {
  int64_t top = 0;
  p->count = 0;
  for (int i = 0; i < count; i++) {
    int64_t end = place(p, order[i]);
    if (end > top) top = end;
  }
  return top;
}

/* ---- orders: by a key, the largest first; ties go by first use ---- */

enum { ORDERS = 4 };

static int64_t key_of(const Buffer *b, int64_t bytes, int order) {
  const int64_t life = b->last - b->first + 1, keys[ORDERS] = {bytes, bytes / 64 * life, life, -b->first};
  return keys[order];
}

typedef struct Keyed {
  int64_t key;
  Buffer *buffer;
} Keyed;

static int compare_keyed(const void *a, const void *b) {
  const Keyed *x = a, *y = b;
  if (x->key != y->key) return x->key > y->key ? -1 : 1;
  if (x->buffer->first != y->buffer->first) return x->buffer->first < y->buffer->first ? -1 : 1;
  return x->buffer->id < y->buffer->id ? -1 : 1;
}

static void sort(const Placing *p, Keyed *items, Buffer **buffers, int count, int order) {
  for (int i = 0; i < count; i++) items[i] = (Keyed){key_of(buffers[i], p->bytes[buffers[i]->id], order), buffers[i]};
  qsort(items, (size_t)count, sizeof *items, compare_keyed);
  for (int i = 0; i < count; i++) buffers[i] = items[i].buffer;
}

/* ---- search ---- */

enum { BUDGET = 20000000, MOST_ROUNDS = 4000 };

static uint32_t next_random(uint32_t *state) { /* xorshift (G. Marsaglia) */
  *state ^= *state << 13;
  *state ^= *state >> 17;
  return *state ^= *state << 5;
}

/* The position of a buffer that ends at the top. */
static int find_top(const Placing *p, Buffer *const *order, int count, int64_t top) {
  int at = count - 1;
  while (at > 0 && end_of(p, order[at]) != top) at--;
  return at;
}

/* Moves what ends at the top to an earlier turn as long as that does no harm; `order` becomes the best that was found. */
static int64_t search(Placing *p, Buffer **order, Buffer **trial, int count, int64_t top, int64_t bound) {
  uint32_t random = 2463534242u;
  int64_t rounds = BUDGET / ((int64_t)count * count + 1);
  if (rounds > MOST_ROUNDS) rounds = MOST_ROUNDS;
  (void)place_all(p, order, count);
  int at = find_top(p, order, count, top);
  for (; rounds > 0 && top > bound && at > 0; rounds--) {
    int to = (int)(next_random(&random) % (uint32_t)at);
    memcpy(trial, order, (size_t)count * sizeof *order);
    memmove(trial + to + 1, trial + to, (size_t)(at - to) * sizeof *order);
    trial[to] = order[at];
    int64_t found = place_all(p, trial, count);
    if (found > top) continue;
    memcpy(order, trial, (size_t)count * sizeof *order);
    top = found;
    at = find_top(p, order, count, top);
  }
  return top;
}

int64_t find_places(Arena *arena, Buffer **buffers, int count, const int64_t *bytes, int64_t *offsets, int64_t bound) {
  size_t room = (size_t)count + 1;
  Placing p = {.placed = ARENA_ARRAY(arena, Buffer *, room), .bytes = bytes, .offsets = offsets};
  Keyed *items = ARENA_ARRAY(arena, Keyed, room);
  Buffer **trial = ARENA_ARRAY(arena, Buffer *, room), **best_order = ARENA_ARRAY(arena, Buffer *, room);
  memcpy(trial, buffers, (size_t)count * sizeof *buffers);
  int64_t best = INT64_MAX;
  for (int order = 0; order < ORDERS && best > bound; order++) {
    sort(&p, items, trial, count, order);
    int64_t top = place_all(&p, trial, count);
    if (top >= best) continue;
    best = top;
    memcpy(best_order, trial, (size_t)count * sizeof *buffers);
  }
  best = search(&p, best_order, trial, count, best, bound);
  (void)place_all(&p, best_order, count);
  memcpy(buffers, p.placed, (size_t)count * sizeof *buffers);
  return best;
}

const Size *place_buffers(Plan *plan, Buffer **buffers, int count) {
  int64_t *bytes = ARENA_ARRAY(plan->arena, int64_t, (size_t)plan->buffer_count + 1);
  int64_t *offsets = ARENA_ARRAY(plan->arena, int64_t, (size_t)plan->buffer_count + 1);
  for (int i = 0; i < count; i++) bytes[buffers[i]->id] = buffers[i]->greatest_bytes;
  int64_t top = find_places(plan->arena, buffers, count, bytes, offsets, plan->lower_bound_bytes);
  for (int i = 0; i < count; i++) buffers[i]->offset = size_of(plan->arena, offsets[buffers[i]->id]);
  return size_of(plan->arena, top);
}
