/* name_table.h - from names to things, in the order in which they were put. Knows nothing of what the things are. */
#ifndef CNNC_SUPPORT_NAME_TABLE_H
#define CNNC_SUPPORT_NAME_TABLE_H
#include "support/arena.h"

typedef struct NamedThing {
  const char *name;
  void *thing;
} NamedThing;

typedef struct NameTable {
  Arena *arena;
  NamedThing *items; /* in the order of their first put */
  int count;
  int *slots; /* index in items plus 1; 0: free */
  size_t slot_count;
} NameTable;

NameTable name_table(Arena *arena);
/* NULL: there is nothing of that name. */
void *find_name(const NameTable *table, const char *name);
/* Replaces what had that name. The name is not copied. */
void put_name(NameTable *table, const char *name, void *thing);
#endif
