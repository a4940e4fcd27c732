/* name_table.c - open addressing over an array that keeps the order; see name_table.h. */
#include "support/name_table.h"

#include <stdint.h>
#include <string.h>

NameTable name_table(Arena *arena) { return (NameTable){.arena = arena}; }

/* FNV-1a; the order of iteration does not depend on it. */
static uint32_t hash(const char *name) {
  uint32_t h = 2166136261u;
  for (; *name; name++) h = (h ^ (unsigned char)*name) * 16777619u;
  return h;
}

/* The slot that holds the name, or the free one where it belongs. */
static int *slot_of(const NameTable *table, const char *name) {
  size_t mask = table->slot_count - 1, i = hash(name) & mask;
  while (table->slots[i] && strcmp(table->items[table->slots[i] - 1].name, name) != 0) i = (i + 1) & mask;
  return &table->slots[i];
}

void *find_name(const NameTable *table, const char *name) {
  if (!table->slot_count) return NULL;
  int index = *slot_of(table, name);
  return index ? table->items[index - 1].thing : NULL;
}

static void grow(NameTable *table) {
  table->slot_count = table->slot_count ? 2 * table->slot_count : 16;
  table->slots = ARENA_ARRAY(table->arena, int, table->slot_count);
  for (int i = 0; i < table->count; i++) *slot_of(table, table->items[i].name) = i + 1;
}

void put_name(NameTable *table, const char *name, void *thing) {
  if (2 * ((size_t)table->count + 1) > table->slot_count) grow(table);
  int *slot = slot_of(table, name);
  if (*slot) {
    table->items[*slot - 1].thing = thing;
    return;
  }
  NamedThing item = {name, thing};
  ARENA_PUSH(table->arena, table->items, table->count, item);
  *slot = table->count;
}
