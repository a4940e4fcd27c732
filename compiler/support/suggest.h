/* suggest.h - the word that was probably meant. */
#ifndef CNNC_SUPPORT_SUGGEST_H
#define CNNC_SUPPORT_SUGGEST_H
#include <stddef.h>

/* Keeps the candidate nearest to `word` by edit distance (a swap of neighbours counts as one edit, case as half). */
typedef struct Suggestion {
  const char *word, *best;
  int best_distance; /* in half edits */
} Suggestion;

Suggestion suggest_for(const char *word);
void suggest_candidate(Suggestion *suggestion, const char *candidate);
/* The best candidate if it is near enough to be worth naming, else NULL. */
const char *suggested(const Suggestion *suggestion);
#endif
