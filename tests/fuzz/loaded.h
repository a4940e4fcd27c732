/* loaded.h - C in memory becomes functions of this process, through libtcc; and memory beside which nobody can write
 * unseen, since no sanitizer looks into those functions. All of it goes with the arena. */
#ifndef CNNC_TESTS_FUZZ_LOADED_H
#define CNNC_TESTS_FUZZ_LOADED_H
#include <stdbool.h>
#include <stddef.h>
#include "support/arena.h"

typedef struct LoadedCode {
  struct TCCState *state;
  const char *error; /* what the C compiler said first; NULL: nothing, and there is code */
} LoadedCode;

/* Code that refers to itself and to the C library alone. */
void load_code(Arena *arena, LoadedCode *code, const char *text);
/* A function of it; NULL: there is none of this name. */
void *loaded_function(const LoadedCode *code, const char *name);

typedef struct Guarded {
  unsigned char *data;
  size_t bytes;
  unsigned char *pages; /* those of the data; before the first and behind the last is one that nobody may touch */
  size_t page_bytes;
} Guarded;

/* Beginning with the first page, or ending as near to the last one's end as the alignment allows. */
Guarded *guarded_new(Arena *arena, size_t bytes, size_t align, bool at_end);
/* From here on it may only be read. */
void guarded_protect(const Guarded *memory);
/* Whether nothing was written to its pages before or behind the data. */
bool guarded_kept(const Guarded *memory);
#endif
