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
  *source = (Source){arena_strdup(sources->arena, name), arena_strndup(sources->arena, text, length), (uint32_t)length, base};
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
  const char *text = place.source->text, *at = text + (offset - place.source->base), *line = text;
  place.line = 1;
  for (const char *p = text; p < at; p++)
    if (*p == '\n') {
      place.line++;
      line = p + 1;
    }
  place.column = (int)(at - line) + 1;
  place.line_text = line;
  const char *end = memchr(line, '\n', (size_t)(text + place.source->length - line));
  place.line_length = (int)((end ? end : text + place.source->length) - line);
  if (place.line_length && line[place.line_length - 1] == '\r') place.line_length--;
  return place;
}

Span span_join(Span a, Span b) { return (Span){a.start, b.end > a.end ? b.end : a.end}; }
