/* document.h - the texts that an editor has open, as it sees them, each with what is known of it now and what was known when
 * it last had no errors. */
#ifndef CNNC_LSP_DOCUMENT_H
#define CNNC_LSP_DOCUMENT_H
#include "lsp/model.h"
#include "lsp/positions.h"

typedef struct Document {
  Arena identity;         /* of uri and path */
  const char *uri, *path; /* uri NULL: closed, to be used again */
  int version;
  Arena text_arena;
  const char *text;
  size_t length;
  Lines lines;
  Model models[2];
  Model *current, *good; /* good NULL: there was none without errors; may be current */
  struct Document *next;
} Document;

typedef struct Store {
  const Session *session;
  Document *documents;
} Store;

Document *open_document(Store *store, const char *uri, int version, const char *text);
void close_document(Document *document);
void close_all_documents(void *store);
Document *find_document(const Store *store, const char *uri);
/* By its path, as path_of_uri gives it. */
Document *find_open_file(const Store *store, const char *path);
/* Puts text in the place of the bytes start .. end-1. */
void replace_text(Store *store, Document *document, size_t start, size_t end, const char *text);
/* Makes the model of the text. */
void check_document(Store *store, Document *document, bool with_weights);
/* Whether what the document says depends on the file. */
bool depends_on(const Document *document, const char *path);
/* Where a place of the current text lies in the good model's; SIZE_MAX: it has changed since. */
size_t good_offset(const Document *document, size_t offset);
#endif
