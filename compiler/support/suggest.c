/* suggest.c - see suggest.h. */
#include "support/suggest.h"

#include <string.h>

enum { LONGEST_WORD = 64, FAR = 1 << 20 };

Suggestion suggest_for(const char *word) { return (Suggestion){word, NULL, FAR}; }

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }
static int smaller(int a, int b) { return a < b ? a : b; }
static int change(char a, char b) { return a == b ? 0 : lower(a) == lower(b) ? 1 : 2; }

/* Damerau-Levenshtein distance with adjacent swaps, in half edits. */
static int distance(const char *a, const char *b) {
  size_t m = strlen(a), n = strlen(b);
  if (m > LONGEST_WORD || n > LONGEST_WORD) return FAR;
  int rows[3][LONGEST_WORD + 1];
  int *before = rows[0], *last = rows[1], *row = rows[2];
  for (size_t j = 0; j <= n; j++) last[j] = 2 * (int)j;
  for (size_t i = 1; i <= m; i++) {
    row[0] = 2 * (int)i;
    for (size_t j = 1; j <= n; j++) {
      row[j] = smaller(smaller(last[j], row[j - 1]) + 2, last[j - 1] + change(a[i - 1], b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = smaller(row[j], before[j - 2] + 2);
    }
    int *recycled = before;
    before = last;
    last = row;
    row = recycled;
  }
  return last[n];
}

void suggest_candidate(Suggestion *suggestion, const char *candidate) {
  int d = distance(suggestion->word, candidate);
  if (d < suggestion->best_distance) {
    suggestion->best = candidate;
    suggestion->best_distance = d;
  }
}

const char *suggested(const Suggestion *suggestion) {
  int length = (int)strlen(suggestion->word);
  int allowed = length <= 2 ? 1 : length <= 4 ? 2 : length <= 8 ? 4 : 6;
  return suggestion->best && suggestion->best_distance <= allowed ? suggestion->best : NULL;
}
