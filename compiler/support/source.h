/* source.h - the texts of one compilation and places in them.
 *
 * All sources share one address space of byte offsets, so that a place is two numbers, whichever file it is in.
 * Offset 0 is nowhere. */
#ifndef CNNC_SUPPORT_SOURCE_H
#define CNNC_SUPPORT_SOURCE_H
#include <stdint.h>
#include "support/arena.h"

typedef struct Span {
  uint32_t start, end; /* bytes start .. end-1; {0, 0}: nowhere */
} Span;

typedef struct Source {
  const char *name; /* as the user gave it; "-" is standard input */
  const char *text; /* NUL-terminated, length bytes before that */
  uint32_t length;
  uint32_t base;   /* offset of its first byte */
  uint32_t *lines; /* where they begin in text, in order */
  int line_count;
} Source;

typedef struct Sources {
  Arena *arena;
  Source **items;
  int count;
} Sources;

/* Line and column count from 1; a column is a byte. source is NULL for nowhere. */
typedef struct Location {
  const Source *source;
  int line, column;
  const char *line_text; /* first byte of the line */
  int line_length;       /* without the newline */
} Location;

/* Adds a copy of the text. NULL: all sources together exceed what a Span can address. */
const Source *sources_add(Sources *sources, const char *name, const char *text, size_t length);
Location source_locate(const Sources *sources, uint32_t offset);
/* From the start of a to the end of b. */
Span span_join(Span a, Span b);
#endif
