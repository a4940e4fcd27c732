/* writer.h - lines of C: indentation, breaking at 100 columns, comments that cannot end early, templates with holes. */
#ifndef CNNC_EMIT_WRITER_H
#define CNNC_EMIT_WRITER_H
#include "support/text.h"

enum { MAX_COLUMN = 100 };

/* One statement; broken after a comma or before an operator where it is too long. */
void write_line(Text *out, int depth, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A comment block of these lines, wrapped; what could end or escape it is replaced. */
void write_comment(Text *out, int depth, const char *const *lines, int count);

typedef struct Hole {
  const char *name, *value;
} Hole;

/* Copies lines of C, breaking those that long names made too long. */
void write_lines(Text *out, const char *text);
/* Copies a template, filling @name@; holes end with a NULL name. A hole that is not given is a fault of cnnc: aborts. */
void write_template(Text *out, const char *text, const Hole *holes);
/* "layer1.0.conv1" -> "layer1_0_conv1" */
const char *flat_name(Arena *arena, const char *path);
/* "cat" with its quotes: anything unusual as an octal escape. */
const char *c_string(Arena *arena, const char *text);
/* "lenet5" -> "LENET5" */
const char *upper_name(Arena *arena, const char *name);
#endif
