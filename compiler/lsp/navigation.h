/* navigation.h - all places of one name. */
#ifndef CNNC_LSP_NAVIGATION_H
#define CNNC_LSP_NAVIGATION_H
#include "lsp/request.h"
#include "support/reader.h"

typedef struct NamePlace {
  const Model *model;
  const Occurrence *occurrence;
} NamePlace;

/* In all open documents and the files that they use, each once. Returns how many. */
int name_places(Request *r, const Symbol *symbol, NamePlace **places);
#endif
