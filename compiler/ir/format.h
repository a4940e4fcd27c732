/* format.h - a source in the one form that `cnnc fmt` gives it: text in, text out. The form is described in
 * docs/language.md, section Formatting. */
#ifndef CNNC_IR_FORMAT_H
#define CNNC_IR_FORMAT_H
#include "ir/ast.h"

/* The formatted text; the syntax tree and all comments are those of the source, and formatting it again changes
 * nothing. NULL: the source has syntax errors, which were reported. */
const char *format_source(Arena *arena, Diagnostics *diagnostics, const Source *source, size_t *length);
#endif
