/* loaded.c - see loaded.h. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "loaded.h"

#include <libtcc.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, CANARY = 0x5A };

static void delete_state(void *state) { tcc_delete(state); }

/* Called by tcc, out of which nobody may jump: the arena stays alone. */
static void keep_error(void *context, const char *message) {
  static char kept[300];
  LoadedCode *code = context;
  if (strstr(message, "warning:") || code->error) return;
  snprintf(kept, sizeof kept, "%s", message);
  code->error = kept;
}

void load_code(Arena *arena, LoadedCode *code, const char *text) {
  *code = (LoadedCode){.state = tcc_new()};
  if (!code->state) arena_fail(arena);
  arena_defer(arena, delete_state, code->state);
  tcc_set_error_func(code->state, code, keep_error);
  tcc_set_output_type(code->state, TCC_OUTPUT_MEMORY);
  bool good = tcc_compile_string(code->state, text) == 0 && tcc_relocate(code->state, TCC_RELOCATE_AUTO) == 0;
  if (!good && !code->error) code->error = "tcc failed without a word";
}

void *loaded_function(const LoadedCode *code, const char *name) { return tcc_get_symbol(code->state, name); }

/* ---- memory ---- */

static void unmap(void *object) {
  Guarded *memory = object;
  if (memory->pages) (void)munmap(memory->pages - PAGE, memory->page_bytes + 2 * PAGE);
}

Guarded *guarded_new(Arena *arena, size_t bytes, size_t align, bool at_end) {
  Guarded *memory = ARENA_NEW(arena, Guarded);
  arena_defer(arena, unmap, memory);
  memory->bytes = bytes;
  memory->page_bytes = (bytes / PAGE + 1) * PAGE;
  void *all = mmap(NULL, memory->page_bytes + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) arena_fail(arena);
  memory->pages = (unsigned char *)all + PAGE;
  if (mprotect(memory->pages, memory->page_bytes, PROT_READ | PROT_WRITE)) arena_fail(arena);
  memory->data = memory->pages + (at_end ? (memory->page_bytes - bytes) / align * align : 0);
  memset(memory->pages, CANARY, memory->page_bytes);
  return memory;
}

void guarded_protect(const Guarded *memory) { (void)mprotect(memory->pages, memory->page_bytes, PROT_READ); }

bool guarded_kept(const Guarded *memory) {
  for (const unsigned char *at = memory->pages; at < memory->pages + memory->page_bytes; at++) {
    if (at == memory->data) at += memory->bytes;
    if (at < memory->pages + memory->page_bytes && *at != CANARY) return false;
  }
  return true;
}
