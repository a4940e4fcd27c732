/* arena.c - blocks of memory in a list, freed together. */
#include "support/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct ArenaBlock {
  struct ArenaBlock *next;
  size_t used, size;
  max_align_t data[];
} ArenaBlock;

typedef struct ArenaDeferred {
  struct ArenaDeferred *next;
  void (*release)(void *);
  void *object;
} ArenaDeferred;

/* AddressSanitizer knows blocks, not what lies in them: it is told of every allocation, with a gap after each. */
#ifdef __has_feature
#define HAS_SANITIZER __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER 1
#else
#define HAS_SANITIZER 0
#endif
#if HAS_SANITIZER
#include <sanitizer/asan_interface.h>
enum { GAP = 16 };
#else
#define ASAN_POISON_MEMORY_REGION(memory, size) ((void)(memory), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(memory, size) ((void)(memory), (void)(size))
enum { GAP = 0 };
#endif

enum { BLOCK_SIZE = 64 * 1024, ALIGNMENT = sizeof(max_align_t) };

_Noreturn void arena_fail(Arena *arena) {
  if (!arena->out_of_memory) abort();
  longjmp(*arena->out_of_memory, 1);
}

/* Counts a request; whether a test wants it to fail. */
static bool must_fail(Arena *arena) {
  arena->allocations++;
  return arena->fail_after > 0 && arena->allocations >= arena->fail_after;
}

/* The newest block of usual size stands first, as it has room; a large one stands behind it. */
static ArenaBlock *add_block(Arena *arena, size_t size) {
  ArenaBlock *block = calloc(1, sizeof *block + size);
  if (!block) return NULL;
  ASAN_POISON_MEMORY_REGION(block->data, size);
  block->size = size;
  ArenaBlock **place = size > BLOCK_SIZE && arena->blocks ? &arena->blocks->next : &arena->blocks;
  block->next = *place;
  *place = block;
  return block;
}

static void *try_alloc(Arena *arena, size_t wanted) {
  if (must_fail(arena) || wanted > SIZE_MAX / 2) return NULL;
  size_t size = (wanted + GAP + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  ArenaBlock *block = arena->blocks;
  if (!block || block->size - block->used < size) {
    block = add_block(arena, size > BLOCK_SIZE ? size : BLOCK_SIZE);
    if (!block) return NULL;
  }
  char *memory = (char *)block->data + block->used;
  block->used += size;
  ASAN_UNPOISON_MEMORY_REGION(memory, wanted);
  return memory;
}

void *arena_alloc(Arena *arena, size_t size) {
  void *memory = try_alloc(arena, size);
  if (!memory) arena_fail(arena);
  return memory;
}

void *arena_alloc_array(Arena *arena, size_t count, size_t element_size) {
  if (element_size && count > SIZE_MAX / element_size) arena_fail(arena);
  return arena_alloc(arena, count * element_size);
}

void *arena_grow(Arena *arena, const void *old, size_t old_size, size_t new_size) {
  void *memory = arena_alloc(arena, new_size);
  if (old_size) memcpy(memory, old, old_size);
  return memory;
}

char *arena_strndup(Arena *arena, const char *text, size_t length) {
  char *copy = arena_alloc(arena, length + 1);
  memcpy(copy, text, length);
  return copy;
}

char *arena_strdup(Arena *arena, const char *text) { return arena_strndup(arena, text, strlen(text)); }

char *arena_printf(Arena *arena, const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  char *text = arena_alloc(arena, (size_t)length + 1);
  vsnprintf(text, (size_t)length + 1, format, again);
  va_end(again);
  return text;
}

void arena_defer(Arena *arena, void (*release)(void *), void *object) {
  ArenaDeferred *entry = try_alloc(arena, sizeof *entry);
  if (!entry) {
    release(object);
    arena_fail(arena);
  }
  *entry = (ArenaDeferred){arena->deferred, release, object};
  arena->deferred = entry;
}

void arena_free(Arena *arena) {
  for (ArenaDeferred *entry = arena->deferred; entry; entry = entry->next) entry->release(entry->object);
  arena->deferred = NULL;
  for (ArenaBlock *block = arena->blocks, *next; block; block = next) {
    next = block->next;
    free(block);
  }
  arena->blocks = NULL;
}
