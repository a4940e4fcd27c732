/* source.c - see source.h. */
#include "support/source.h"

#include <string.h>

const Source *sources_add(Sources *sources, const char *name, const char *text, size_t length) {
  uint32_t base = 1;
  if (sources->count) {
    const Source *last = sources->items[sources->count - 1];
    base = last->base + last->length + 1;
  }
  if (length >= UINT32_MAX - base) return NULL;
  Source *source = ARENA_NEW(sources->arena, Source);
  *source = (Source){arena_strdup(sources->arena, name), arena_strndup(sources->arena, text, length), (uint32_t)length, base, NULL, 0};
  ARENA_PUSH(sources->arena, source->lines, source->line_count, 0);
  for (const char *end = text; (end = memchr(end, '\n', length - (size_t)(end - text))) != NULL; end++)
    ARENA_PUSH(sources->arena, source->lines, source->line_count, (uint32_t)(end - text) + 1);
  ARENA_PUSH(sources->arena, sources->items, sources->count, source);
  return source;
}

Location source_locate(const Sources *sources, uint32_t offset) {
  Location place = {0};
  for (int i = 0; i < sources->count; i++) {
    const Source *source = sources->items[i];
    if (offset >= source->base && offset <= source->base + source->length) place.source = source;
  }
  if (!place.source) return place;
  uint32_t at = offset - place.source->base;
  int first = 0, behind = place.source->line_count;
  while (behind - first > 1) {
    int middle = first + (behind - first) / 2;
    if (place.source->lines[middle] <= at) first = middle;
    else behind = middle;
  }
  const char *text = place.source->text, *line = text + place.source->lines[first];
  place.line = first + 1;
  place.column = (int)(at - place.source->lines[first]) + 1;
  place.line_text = line;
  uint32_t end = behind < place.source->line_count ? place.source->lines[behind] - 1 : place.source->length;
  place.line_length = (int)(end - place.source->lines[first]);
  if (place.line_length && line[place.line_length - 1] == '\r') place.line_length--;
  return place;
}

Span span_join(Span a, Span b) { return (Span){a.start, b.end > a.end ? b.end : a.end}; }
