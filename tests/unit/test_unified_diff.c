/* test_unified_diff.c - the difference of random texts, applied to the first, gives the second; some known ones. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "program_generator.h"
#include "support/unified_diff.h"

static const char *difference(Arena *arena, const char *before, const char *after) {
  Text out = text_new(arena);
  add_unified_diff(&out, (DiffText){"a", before, strlen(before)}, (DiffText){"b", after, strlen(after)});
  return text_string(&out);
}

static size_t line_length(const char *line) {
  const char *newline = strchr(line, '\n');
  return newline ? (size_t)(newline + 1 - line) : strlen(line);
}

/* Applies a difference as `patch` does, refusing lines that are not where it says. */
static const char *apply(Arena *arena, const char *before, const char *diff) {
  Text out = text_new(arena);
  long line = 1;
  if (*diff) {
    cr_assert(!strncmp(diff, "--- a\n+++ b\n", 12));
    diff += 12;
  }
  while (*diff) {
    long start, count = 1, to, to_count = 1;
    char *end;
    cr_assert(!strncmp(diff, "@@ -", 4), "%s", diff);
    start = strtol(diff + 4, &end, 10);
    if (*end == ',') count = strtol(end + 1, &end, 10);
    to = strtol(end + 2, &end, 10);
    if (*end == ',') to_count = strtol(end + 1, &end, 10);
    cr_assert(!strncmp(end, " @@\n", 4) && to >= 0);
    diff = end + 4;
    for (long first = count ? start : start + 1; line < first; line++) {
      text_add_bytes(&out, before, line_length(before));
      before += line_length(before);
    }
    while (count || to_count) {
      char mark = *diff++;
      size_t length = line_length(diff);
      bool whole = strncmp(diff + length, "\\ No newline at end of file\n", 28) != 0;
      size_t bytes = whole ? length : length - 1;
      if (mark != '+') {
        cr_assert(line_length(before) == bytes && !strncmp(before, diff, bytes));
        before += bytes;
        line++;
        count--;
      }
      if (mark != '-') {
        text_add_bytes(&out, diff, bytes);
        to_count--;
      }
      diff += length + (whole ? 0 : 28);
      cr_assert(count >= 0 && to_count >= 0);
    }
  }
  text_add(&out, before);
  return text_string(&out);
}

Test(unified_diff, known) {
  Arena arena = {0};
  cr_expect_str_eq(difference(&arena, "a\nb\n", "a\nb\n"), "");
  cr_expect_str_eq(difference(&arena, "", "a\n"), "--- a\n+++ b\n@@ -0,0 +1 @@\n+a\n");
  cr_expect_str_eq(difference(&arena, "a\n", ""), "--- a\n+++ b\n@@ -1 +0,0 @@\n-a\n");
  cr_expect_str_eq(difference(&arena, "a", "a\n"), "--- a\n+++ b\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
  cr_expect_str_eq(difference(&arena, "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n"),
                   "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
  /* six equal lines between changes are shown, seven are not */
  cr_expect_null(strstr(difference(&arena, "a\n1\n2\n3\n4\n5\n6\nb\n", "c\n1\n2\n3\n4\n5\n6\nd\n") + 14, "\n@@ -"));
  cr_expect(strstr(difference(&arena, "a\n1\n2\n3\n4\n5\n6\n7\nb\n", "c\n1\n2\n3\n4\n5\n6\n7\nd\n") + 14, "\n@@ -"));
  arena_free(&arena);
}

Test(unified_diff, random_texts) {
  uint64_t state = 1;
  for (int i = 0; i < 2000; i++) {
    Arena arena = {0};
    Text texts[2] = {text_new(&arena), text_new(&arena)};
    int kinds = 1 + (int)(next_random(&state) % 5);
    for (int k = 0; k < 2; k++) {
      for (int lines = (int)(next_random(&state) % 40); lines > 0; lines--)
        text_addf(&texts[k], "%d\n", (int)(next_random(&state) % (uint64_t)kinds));
      if (next_random(&state) % 4 == 0) text_add(&texts[k], "end");
    }
    const char *before = text_string(&texts[0]), *after = text_string(&texts[1]);
    cr_assert_str_eq(apply(&arena, before, difference(&arena, before, after)), after);
    arena_free(&arena);
  }
}

/* Beyond the limit of edits the texts are taken to be all different. */
Test(unified_diff, limit_of_edits) {
  for (int edits = 998; edits <= 1002; edits += 2) {
    Arena arena = {0};
    Text texts[2] = {text_new(&arena), text_new(&arena)};
    for (int i = 0; i < edits / 2; i++) {
      text_addf(&texts[0], "a%d\nsame\n", i);
      text_addf(&texts[1], "b%d\nsame\n", i);
    }
    const char *diff = difference(&arena, text_string(&texts[0]), text_string(&texts[1]));
    cr_expect_str_eq(apply(&arena, text_string(&texts[0]), diff), text_string(&texts[1]));
    cr_expect_eq(strstr(diff, "\n same\n-") != NULL, edits <= 1000);
    arena_free(&arena);
  }
}
