/* unified_diff.c - see unified_diff.h. The shortest edit script after Myers, "An O(ND) difference algorithm and its
 * variations" (1986), between the first and the last line that differ. Texts with more than MAX_EDITS differences are
 * taken to be all different there, so that time and memory are bounded. */
#include "support/unified_diff.h"

#include <stdbool.h>
#include <string.h>

enum { CONTEXT = 3, MAX_EDITS = 1000 };

typedef struct Line {
  const char *text;
  size_t length; /* with its newline */
  bool changed;  /* removed from the one text or added by the other */
} Line;

typedef struct Lines {
  Line *items;
  int count;
} Lines;

static Lines split_lines(Arena *arena, DiffText text) {
  Lines lines = {0};
  const char *end = text.bytes + text.length;
  for (const char *at = text.bytes; at < end;) {
    const char *newline = memchr(at, '\n', (size_t)(end - at)), *next = newline ? newline + 1 : end;
    Line line = {at, (size_t)(next - at), false};
    ARENA_PUSH(arena, lines.items, lines.count, line);
    at = next;
  }
  return lines;
}

static bool equal(const Line *a, const Line *b) { return a->length == b->length && !memcmp(a->text, b->text, a->length); }

/* Follows the way back from the end: reach[d] holds for each diagonal k, at d + k, how far `d` edits reach. */
static void mark_edits(Line *a, Line *b, int x, int y, int **reach, int edits) {
  for (int d = edits; d > 0; d--) {
    const int *before = reach[d - 1] + d - 1;
    int k = x - y;
    bool add = k == -d || (k != d && before[k - 1] < before[k + 1]);
    int from = add ? before[k + 1] : before[k - 1];
    x = from;
    y = from - (add ? k + 1 : k - 1);
    if (add) b[y].changed = true;
    else a[x].changed = true;
  }
}

/* false: there are too many edits. */
static bool find_edits(Arena *arena, Line *a, int a_count, Line *b, int b_count) {
  int **reach = ARENA_ARRAY(arena, int *, MAX_EDITS + 1);
  for (int d = 0; d <= MAX_EDITS; d++) {
    reach[d] = ARENA_ARRAY(arena, int, (size_t)(2 * d + 1));
    for (int k = -d; k <= d; k += 2) {
      const int *before = d ? reach[d - 1] + d - 1 : NULL;
      int x = !d ? 0 : k == -d || (k != d && before[k - 1] < before[k + 1]) ? before[k + 1] : before[k - 1] + 1;
      int y = x - k;
      while (x < a_count && y < b_count && equal(&a[x], &b[y])) {
        x++;
        y++;
      }
      reach[d][d + k] = x;
      if (x < a_count || y < b_count) continue;
      mark_edits(a, b, x, y, reach, d);
      return true;
    }
  }
  return false;
}

static void mark_changes(Arena *arena, Lines a, Lines b) {
  int start = 0, a_end = a.count, b_end = b.count;
  while (start < a_end && start < b_end && equal(&a.items[start], &b.items[start])) start++;
  while (start < a_end && start < b_end && equal(&a.items[a_end - 1], &b.items[b_end - 1])) {
    a_end--;
    b_end--;
  }
  if (start == a_end && start == b_end) return;
  if (find_edits(arena, a.items + start, a_end - start, b.items + start, b_end - start)) return;
  for (int i = start; i < a_end; i++) a.items[i].changed = true;
  for (int i = start; i < b_end; i++) b.items[i].changed = true;
}

static void add_line(Text *out, char mark, const Line *line) {
  text_add_char(out, mark, 1);
  text_add_bytes(out, line->text, line->length);
  if (line->text[line->length - 1] != '\n') text_add(out, "\n\\ No newline at end of file\n");
}

/* "3,7": the lines from `start` on; of none, the line before. */
static void add_range(Text *out, const char *mark, int start, int count) {
  text_addf(out, "%s%d", mark, count ? start + 1 : start);
  if (count != 1) text_addf(out, ",%d", count);
}

static void add_hunk(Text *out, Lines a, int a_from, int a_to, Lines b, int b_from, int b_to) {
  add_range(out, "@@ -", a_from, a_to - a_from);
  add_range(out, " +", b_from, b_to - b_from);
  text_add(out, " @@\n");
  for (int i = a_from, k = b_from; i < a_to || k < b_to;) {
    if (i < a_to && a.items[i].changed) {
      add_line(out, '-', &a.items[i++]);
    } else if (k < b_to && b.items[k].changed) {
      add_line(out, '+', &b.items[k++]);
    } else {
      add_line(out, ' ', &a.items[i++]);
      k++;
    }
  }
}

void add_unified_diff(Text *out, DiffText before, DiffText after) {
  Lines a = split_lines(out->arena, before), b = split_lines(out->arena, after);
  mark_changes(out->arena, a, b);
  bool any = false;
  for (int i = 0, k = 0; i < a.count || k < b.count;) {
    if (i < a.count && k < b.count && !a.items[i].changed && !b.items[k].changed) {
      i++;
      k++;
      continue;
    }
    if (!any) text_addf(out, "--- %s\n+++ %s\n", before.name, after.name);
    any = true;
    int context = i < k ? i : k, same = 0; /* `same`: equal lines since the last change; changes that are near share a hunk */
    if (context > CONTEXT) context = CONTEXT;
    int a_from = i - context, b_from = k - context;
    while (same <= 2 * CONTEXT && (i < a.count || k < b.count)) {
      bool removed = i < a.count && a.items[i].changed, added = k < b.count && b.items[k].changed;
      same = removed || added ? 0 : same + 1;
      if (removed || !added) i++;
      if (added || !removed) k++;
    }
    int behind = same > CONTEXT ? same - CONTEXT : 0;
    i -= behind;
    k -= behind;
    add_hunk(out, a, a_from, i, b, b_from, k);
  }
}
