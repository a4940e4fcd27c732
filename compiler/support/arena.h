/* arena.h - memory that lives exactly as long as one compilation.
 *
 * An allocation never returns NULL: when memory runs out the arena jumps to `out_of_memory`, which its owner sets
 * with setjmp before the first allocation. Whatever must be released by other means (a FILE, a cJSON tree) is
 * registered with arena_defer, so that the jump leaks nothing. Knows nothing of networks. */
#ifndef CNNC_SUPPORT_ARENA_H
#define CNNC_SUPPORT_ARENA_H
#include <setjmp.h>
#include <stddef.h>

typedef struct Arena {
  struct ArenaBlock *blocks;
  struct ArenaDeferred *deferred;
  jmp_buf *out_of_memory; /* where to go when an allocation fails; NULL: abort */
  long fail_after;        /* for tests: the allocation that fails, counted from 1; 0: none */
  long allocations;       /* how many were asked for */
} Arena;

/* Zeroed memory of `size` bytes, aligned for any type. */
void *arena_alloc(Arena *arena, size_t size);
/* Zeroed memory for count elements; the product is checked. */
void *arena_alloc_array(Arena *arena, size_t count, size_t element_size);
/* A larger copy of an array; the old one stays valid until the arena is freed. */
void *arena_grow(Arena *arena, const void *old, size_t old_size, size_t new_size);
char *arena_strndup(Arena *arena, const char *text, size_t length);
char *arena_strdup(Arena *arena, const char *text);
/* Formats as printf does; the conversions used must not depend on the locale (no floating point). */
char *arena_printf(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Calls release(object) when the arena is freed, newest first. If it cannot be registered, it is called at once. */
void arena_defer(Arena *arena, void (*release)(void *object), void *object);
/* Leaves through `out_of_memory`. */
_Noreturn void arena_fail(Arena *arena);
void arena_free(Arena *arena);

#define ARENA_NEW(arena, Type) ((Type *)arena_alloc((arena), sizeof(Type)))
#define ARENA_ARRAY(arena, Type, count) ((Type *)arena_alloc_array((arena), (count), sizeof(Type)))

/* Appends item to a growing array: Type *items; size_t count (or int); capacity is the next power of two. */
#define ARENA_PUSH(arena, items, count, item)                                                                                              \
  do {                                                                                                                                     \
    size_t count_ = (size_t)(count);                                                                                                       \
    if ((count_ & (count_ - 1)) == 0)                                                                                                      \
      (items) = arena_grow((arena), (items), count_ * sizeof *(items), (count_ ? 2 * count_ : 1) * sizeof *(items));                       \
    (items)[(count)++] = (item);                                                                                                           \
  } while (0)
#endif
