/* request.h - one message of an editor: what it asks, and how an answer is put together. Each feature is a function that reads
 * a request and adds its `result`. */
#ifndef CNNC_LSP_REQUEST_H
#define CNNC_LSP_REQUEST_H
#include "lsp/document.h"
#include "support/json.h"

/* Of JSON-RPC and the Language Server Protocol. */
typedef enum ErrorCode {
  PARSE_ERROR = -32700,
  INVALID_REQUEST = -32600,
  METHOD_NOT_FOUND = -32601,
  INVALID_PARAMS = -32602,
  SERVER_NOT_INITIALIZED = -32002,
  REQUEST_FAILED = -32803
} ErrorCode;

typedef struct Request {
  Arena *arena; /* of this message */
  Store *store;
  const cJSON *params;
  Document *document; /* for methods that have one; it has been checked */
  size_t offset;      /* of `position`, in the document's text */
  uint32_t place;     /* the same in the sources of its model */
  Json *json;
  cJSON *reply; /* gets `result` or `error` */
} Request;

/* completion.c */
void reply_completion(Request *r);
/* hover.c */
void reply_hover(Request *r);
/* inlay_hints.c */
void reply_inlay_hints(Request *r);
/* navigation.c */
void reply_definition(Request *r);
void reply_references(Request *r);
void reply_highlights(Request *r);
/* rename.c */
void reply_prepare_rename(Request *r);
void reply_rename(Request *r);
/* formatting.c */
void reply_formatting(Request *r);
/* outline.c */
void reply_document_symbols(Request *r);
/* semantic_tokens.c */
void reply_semantic_tokens(Request *r);
void add_semantic_legend(Json *json, cJSON *capability);
/* code_actions.c */
void reply_code_actions(Request *r);
/* problems.c: the parameters of textDocument/publishDiagnostics */
void add_problems(Request *r, cJSON *params);
void add_problem(Request *r, cJSON *list, const Diagnostic *d);
/* Where the editor shows it: at its place, or at the `use` of the file in which that lies. */
Span shown_span(const Model *model, Span span);

/* request.c */
void reply_error(Request *r, ErrorCode code, const char *message);
const char *text_member(const cJSON *object, const char *name);
bool read_position(const cJSON *position, Position *out);
/* `range` of the object, as offsets in the document; false: there is none. */
bool read_range(const Request *r, const cJSON *object, size_t *start, size_t *end);
void add_range(Json *json, cJSON *to, const char *name, const Lines *lines, size_t start, size_t end);
/* A span of the document. */
void add_span(Request *r, cJSON *to, const char *name, Span span);
/* `uri` and `range` of a span in any source of a model. */
void add_location(Request *r, cJSON *to, const Model *model, Span span);
/* NULL: the span is nowhere. */
const Source *source_of(const Model *model, Span span);
const char *uri_of_source(Request *r, const Source *source);
#endif
