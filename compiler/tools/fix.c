/* fix.c - see fix.h. */
#include "tools/fix.h"

#include <stdlib.h>

typedef struct Edits {
  const Source *source;
  Fix *items; /* chosen so far, in no order */
  int count;
} Edits;

static bool lies_in(const Source *source, Span span) {
  return span.start >= source->base && span.start <= span.end && span.end <= source->base + source->length;
}

/* Two insertions at one place overlap as well: which comes first is not known. */
static bool overlap(Span a, Span b) { return a.start == b.start || (a.start < b.end && b.start < a.end); }

static bool may_add(const Edits *edits, const Diagnostic *d) {
  for (int i = 0; i < d->fix_count; i++) {
    if (!lies_in(edits->source, d->fixes[i].span)) return false;
    for (int k = 0; k < edits->count; k++)
      if (overlap(d->fixes[i].span, edits->items[k].span)) return false;
  }
  return d->fix_count > 0 && !d->fix_is_guess;
}

static int by_place(const void *a, const void *b) {
  const Fix *first = a, *second = b;
  return first->span.start < second->span.start ? -1 : first->span.start > second->span.start;
}

Text apply_fixes(Arena *arena, const Diagnostics *diagnostics, const Source *source, int *count) {
  Edits edits = {source, NULL, 0};
  const Diagnostic *const *items = diagnostics_in_order(diagnostics);
  *count = 0;
  for (int i = 0; i < diagnostics->count; i++) {
    if (!may_add(&edits, items[i])) continue;
    for (int k = 0; k < items[i]->fix_count; k++) ARENA_PUSH(arena, edits.items, edits.count, items[i]->fixes[k]);
    ++*count;
  }
  if (edits.count) qsort(edits.items, (size_t)edits.count, sizeof *edits.items, by_place);
  Text text = text_new(arena);
  uint32_t at = source->base;
  for (int i = 0; i < edits.count; i++) {
    text_add_bytes(&text, source->text + (at - source->base), edits.items[i].span.start - at);
    text_add(&text, edits.items[i].replacement);
    at = edits.items[i].span.end;
  }
  text_add_bytes(&text, source->text + (at - source->base), source->base + source->length - at);
  return text;
}
