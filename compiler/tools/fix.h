/* fix.h - applying the edits that diagnostics carry. Knows text and places, not the language. */
#ifndef CNNC_TOOLS_FIX_H
#define CNNC_TOOLS_FIX_H
#include "support/diagnostics.h"

/* The source with every certain edit that lies in it whole and overlaps no other; an edit of several parts is applied
 * whole or not at all. *count: how many there were. */
Text apply_fixes(Arena *arena, const Diagnostics *diagnostics, const Source *source, int *count);
#endif
