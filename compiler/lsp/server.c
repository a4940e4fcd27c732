/* server.c - the life of a session: messages in, each to the function that answers it, answers out. Everything is answered in
 * the order in which it came, and diagnostics follow each change of a text. */
#include "lsp/server.h"

#include <string.h>
#include "lsp/request.h"
#include "lsp/transport.h"

typedef enum Life { LIFE_BEFORE, LIFE_SERVING, LIFE_SHUT_DOWN, LIFE_ENDED, LIFE_BROKEN_OFF } Life;

typedef struct Server {
  Store store;
  Transport transport;
  Arena work; /* of the message that is being answered */
  Life life;
  bool deaf; /* nobody reads our answers */
} Server;

typedef enum Needs { NEEDS_NOTHING, NEEDS_DOCUMENT, NEEDS_POSITION } Needs;

typedef struct Method {
  const char *name;
  void (*reply)(Request *r);
  Needs needs;
} Method;

static void free_work(void *arena) { arena_free(arena); }

static void send(Server *s, Json *json) { s->deaf |= !send_message(json); }

static Json new_message(Server *s) {
  Json json = json_document(&s->work);
  json_text(&json, json.root, "jsonrpc", "2.0");
  return json;
}

/* id NULL: it is not known. */
static Json new_reply(Server *s, const cJSON *id) {
  Json json = new_message(s);
  if (cJSON_IsString(id)) json_text(&json, json.root, "id", id->valuestring);
  else if (cJSON_IsNumber(id)) json_real(&json, json.root, "id", id->valuedouble);
  else json_null(&json, json.root, "id");
  return json;
}

static void refuse(Server *s, const cJSON *id, ErrorCode code, const char *message) {
  Json json = new_reply(s, id);
  Request r = {.arena = &s->work, .json = &json, .reply = json.root};
  reply_error(&r, code, message);
  send(s, &json);
}

static void publish(Server *s, Document *d) {
  Json json = new_message(s);
  json_text(&json, json.root, "method", "textDocument/publishDiagnostics");
  Request r = {.arena = &s->work, .store = &s->store, .document = d, .json = &json, .reply = json.root};
  add_problems(&r, json_object(&json, json.root, "params"));
  send(s, &json);
}

static void check(Server *s, Document *d, bool with_weights) {
  check_document(&s->store, d, with_weights);
  publish(s, d);
}

/* The document and all that use it. */
static void check_all(Server *s, Document *changed, bool with_weights) {
  check(s, changed, with_weights);
  for (Document *d = s->store.documents; d; d = d->next)
    if (d->uri && d != changed && depends_on(d, changed->path)) check(s, d, false);
}

static void reply_initialize(Request *r) {
  static const char *const plain[] = {
      "hoverProvider",          "definitionProvider",         "referencesProvider", "documentHighlightProvider",
      "documentSymbolProvider", "documentFormattingProvider", "inlayHintProvider"};
  Json *json = r->json;
  cJSON *result = json_object(json, r->reply, "result"), *can = json_object(json, result, "capabilities");
  json_text(json, can, "positionEncoding", "utf-16");
  cJSON *sync = json_object(json, can, "textDocumentSync");
  json_bool(json, sync, "openClose", true);
  json_number(json, sync, "change", 2); /* incremental; whole texts are taken, too */
  json_bool(json, sync, "save", true);
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) json_bool(json, can, plain[i], true);
  json_bool(json, json_object(json, can, "renameProvider"), "prepareProvider", true);
  cJSON *triggers = json_array(json, json_object(json, can, "completionProvider"), "triggerCharacters");
  static const char *const characters[] = {">", ":", "(", ",", "="};
  for (size_t i = 0; i < sizeof characters / sizeof *characters; i++) json_text(json, triggers, NULL, characters[i]);
  json_text(json, json_array(json, json_object(json, can, "codeActionProvider"), "codeActionKinds"), NULL, "quickfix");
  cJSON *colours = json_object(json, can, "semanticTokensProvider");
  add_semantic_legend(json, colours);
  json_bool(json, colours, "full", true);
  cJSON *about = json_object(json, result, "serverInfo");
  json_text(json, about, "name", "cnnc");
  json_text(json, about, "version", CNNC_VERSION);
}

static void reply_shutdown(Request *r) { json_null(r->json, r->reply, "result"); }

static const Method methods[] = {
    {"initialize", reply_initialize, NEEDS_NOTHING},
    {"shutdown", reply_shutdown, NEEDS_NOTHING},
    {"textDocument/completion", reply_completion, NEEDS_POSITION},
    {"textDocument/hover", reply_hover, NEEDS_POSITION},
    {"textDocument/definition", reply_definition, NEEDS_POSITION},
    {"textDocument/references", reply_references, NEEDS_POSITION},
    {"textDocument/documentHighlight", reply_highlights, NEEDS_POSITION},
    {"textDocument/prepareRename", reply_prepare_rename, NEEDS_POSITION},
    {"textDocument/rename", reply_rename, NEEDS_POSITION},
    {"textDocument/formatting", reply_formatting, NEEDS_DOCUMENT},
    {"textDocument/documentSymbol", reply_document_symbols, NEEDS_DOCUMENT},
    {"textDocument/semanticTokens/full", reply_semantic_tokens, NEEDS_DOCUMENT},
    {"textDocument/inlayHint", reply_inlay_hints, NEEDS_DOCUMENT},
    {"textDocument/codeAction", reply_code_actions, NEEDS_DOCUMENT},
};

static Document *document_of(const Server *s, const cJSON *params) {
  const char *uri = text_member(cJSON_GetObjectItemCaseSensitive(params, "textDocument"), "uri");
  return uri ? find_document(&s->store, uri) : NULL;
}

/* What the method needs. NULL, or why it cannot be had. */
static const char *prepare(const Server *s, Request *r, Needs needs) {
  if (needs == NEEDS_NOTHING) return NULL;
  r->document = document_of(s, r->params);
  if (!r->document) return "`textDocument` names no open document";
  if (needs == NEEDS_DOCUMENT) return NULL;
  Position position;
  if (!read_position(cJSON_GetObjectItemCaseSensitive(r->params, "position"), &position)) return "`position` is missing";
  r->offset = offset_at(&r->document->lines, position);
  const Source *source = r->document->current->source;
  r->place = source->base + (uint32_t)(r->offset < source->length ? r->offset : source->length);
  return NULL;
}

static void answer(Server *s, const char *name, const cJSON *id, const cJSON *params) {
  const Method *method = methods, *end = methods + sizeof methods / sizeof *methods;
  while (method < end && strcmp(method->name, name)) method++;
  bool first = !strcmp(name, "initialize");
  if (s->life == LIFE_BEFORE && !first) refuse(s, id, SERVER_NOT_INITIALIZED, "`initialize` comes first");
  else if (s->life == LIFE_SHUT_DOWN) refuse(s, id, INVALID_REQUEST, "after `shutdown` comes `exit`");
  else if (s->life == LIFE_SERVING && first) refuse(s, id, INVALID_REQUEST, "`initialize` came before");
  else if (method == end) refuse(s, id, METHOD_NOT_FOUND, arena_printf(&s->work, "there is no method `%s`", name));
  else {
    Json json = new_reply(s, id);
    Request r = {.arena = &s->work, .store = &s->store, .params = params, .json = &json, .reply = json.root};
    const char *problem = prepare(s, &r, method->needs);
    if (problem) reply_error(&r, INVALID_PARAMS, problem);
    else method->reply(&r);
    if (first) s->life = LIFE_SERVING;
    if (method->reply == reply_shutdown) s->life = LIFE_SHUT_DOWN;
    send(s, &json);
  }
}

static int version_of(const cJSON *document, int otherwise) {
  const cJSON *version = cJSON_GetObjectItemCaseSensitive(document, "version");
  return cJSON_IsNumber(version) ? version->valueint : otherwise;
}

static void did_open(Server *s, const cJSON *params) {
  const cJSON *document = cJSON_GetObjectItemCaseSensitive(params, "textDocument");
  const char *uri = text_member(document, "uri"), *text = text_member(document, "text");
  if (uri && uri[0] && text) check_all(s, open_document(&s->store, uri, version_of(document, 0), text), true);
}

static void did_change(Server *s, const cJSON *params) {
  Document *d = document_of(s, params);
  if (!d) return;
  const cJSON *change;
  Request r = {.document = d};
  cJSON_ArrayForEach(change, cJSON_GetObjectItemCaseSensitive(params, "contentChanges")) {
    const char *text = text_member(change, "text");
    size_t start = 0, end = d->length;
    bool part = cJSON_GetObjectItemCaseSensitive(change, "range") != NULL;
    if (!text || (part && !read_range(&r, change, &start, &end))) continue;
    replace_text(&s->store, d, start, end, text);
  }
  d->version = version_of(cJSON_GetObjectItemCaseSensitive(params, "textDocument"), d->version);
  check_all(s, d, false);
}

/* What was said of a text that is no longer open is taken back. */
static void did_close(Server *s, const cJSON *params) {
  Document *d = document_of(s, params);
  if (!d) return;
  Json json = new_message(s);
  json_text(&json, json.root, "method", "textDocument/publishDiagnostics");
  cJSON *published = json_object(&json, json.root, "params");
  json_text(&json, published, "uri", d->uri);
  json_array(&json, published, "diagnostics");
  close_document(d);
  send(s, &json);
}

static void notice(Server *s, const char *name, const cJSON *params) {
  if (!strcmp(name, "exit")) s->life = s->life == LIFE_SHUT_DOWN ? LIFE_ENDED : LIFE_BROKEN_OFF;
  if (s->life != LIFE_SERVING) return;
  Document *d = document_of(s, params);
  if (!strcmp(name, "textDocument/didOpen")) did_open(s, params);
  else if (!strcmp(name, "textDocument/didChange")) did_change(s, params);
  else if (!strcmp(name, "textDocument/didSave") && d) check_all(s, d, true);
  else if (!strcmp(name, "textDocument/didClose")) did_close(s, params);
}

static void delete_tree(void *tree) { cJSON_Delete(tree); }

static void take_message(Server *s, const char *body, size_t length) {
  cJSON *message = cJSON_ParseWithLength(body, length);
  if (!message) {
    refuse(s, NULL, PARSE_ERROR, "this is not JSON");
    return;
  }
  arena_defer(&s->work, delete_tree, message);
  const char *name = text_member(message, "method");
  const cJSON *id = cJSON_GetObjectItemCaseSensitive(message, "id"), *params = cJSON_GetObjectItemCaseSensitive(message, "params");
  bool answered = cJSON_GetObjectItemCaseSensitive(message, "result") || cJSON_GetObjectItemCaseSensitive(message, "error");
  bool known_id = cJSON_IsString(id) || cJSON_IsNumber(id);
  if (!name && cJSON_IsObject(message) && answered) return; /* we ask nothing */
  if (!name || (id && !known_id)) refuse(s, known_id ? id : NULL, INVALID_REQUEST, "this is no request");
  else if (id) answer(s, name, id, params);
  else notice(s, name, params);
}

int lsp_verb(Session *session) {
  Server *s = ARENA_NEW(session->arena, Server);
  *s = (Server){.store = {.session = session}};
  arena_defer(session->arena, close_all_documents, &s->store);
  arena_defer(session->arena, free_work, &s->work);
  while (s->life < LIFE_ENDED && !s->deaf) {
    s->work = (Arena){.out_of_memory = session->arena->out_of_memory};
    const char *body;
    size_t length;
    Received received = receive(&s->transport, &s->work, &body, &length);
    if (received == RECEIVED_MESSAGE) take_message(s, body, length);
    else if (received == RECEIVED_GARBAGE) refuse(s, NULL, PARSE_ERROR, "a message begins with `Content-Length: N`");
    else s->deaf = true;
    arena_free(&s->work);
  }
  return s->life == LIFE_ENDED ? 0 : 1;
}
