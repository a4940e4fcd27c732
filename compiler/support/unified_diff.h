/* unified_diff.h - the difference of two texts as `diff -u` and `patch` know it. */
#ifndef CNNC_SUPPORT_UNIFIED_DIFF_H
#define CNNC_SUPPORT_UNIFIED_DIFF_H
#include "support/text.h"

typedef struct DiffText {
  const char *name;
  const char *bytes;
  size_t length;
} DiffText;

/* Adds nothing if the texts are equal. */
void add_unified_diff(Text *out, DiffText before, DiffText after);
#endif
