/* rename.c - another name for what the author named. The labels of layers are their paths in the weights file: a `rename` line
 * is the way to give one another name there. */
#include <string.h>
#include "ir/tokens.h"
#include "lsp/navigation.h"

static const Occurrence *own_name_here(Request *r) {
  const Occurrence *here = name_at(&r->document->current->names, r->place);
  if (here && is_own(here->symbol)) return here;
  const char *what = here ? arena_printf(r->arena, "`%s` (%s) belongs to the language", here->symbol->name, kind_text(here->symbol->kind))
                          : "there is no name here";
  reply_error(r, REQUEST_FAILED, what);
  return NULL;
}

void reply_prepare_rename(Request *r) {
  const Occurrence *here = own_name_here(r);
  if (!here) return;
  cJSON *result = json_object(r->json, r->reply, "result");
  add_span(r, result, "range", here->span);
  json_text(r->json, result, "placeholder", here->symbol->name);
}

/* A word; a label may also be a path. */
static bool is_name(const char *text, bool may_be_path) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  static const char rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  size_t length = strspn(text, rest);
  bool good = text[0] && strchr(letters, text[0]);
  while (good && may_be_path && text[length] == '.') {
    size_t part = strspn(text + length + 1, rest);
    good = part > 0;
    length += part + 1;
  }
  return good && !text[length];
}

static bool is_keyword_text(const char *name) {
  for (TokenKind kind = TOKEN_CNN; is_keyword(kind); kind++)
    if (!strcmp(token_spelling(kind), name)) return true;
  return false;
}

/* Whether the body of one of them mentions the other, so that both cannot have one name there. */
static bool meet(const Model *model, const Symbol *a, const Symbol *b) {
  if (a->body && b->body) return a->body == b->body;
  const AstDecl *body = a->body ? a->body : b->body;
  const Symbol *outer = a->body ? b : a;
  for (int i = 0; body && i < model->names.count; i++) {
    const Occurrence *o = &model->names.items[i];
    if (o->symbol == outer && o->span.start >= body->span.start && o->span.end <= body->span.end) return true;
  }
  return !body;
}

/* What has the new name already, where the symbol is; NULL: nothing. An operation counts if a block would stand before it. */
static const Symbol *taken(const Model *model, const Symbol *symbol, const char *name) {
  for (int i = 0; i < model->names.count; i++) {
    const Symbol *other = model->names.items[i].symbol;
    bool layer = other->kind == NAME_OPERATION && (symbol->kind == NAME_BLOCK || symbol->kind == NAME_SHARED);
    bool nets = (symbol->kind == NAME_NET) == (other->kind == NAME_NET); /* their names are apart */
    if (other != symbol && nets && (is_own(other) || layer) && !strcmp(other->name, name) && meet(model, symbol, other)) return other;
  }
  return NULL;
}

static void add_edits(Request *r, const Symbol *symbol, const char *name) {
  NamePlace *places = NULL;
  int count = name_places(r, symbol, &places);
  cJSON *changes = json_object(r->json, json_object(r->json, r->reply, "result"), "changes");
  for (int i = 0; i < count; i++) {
    const Model *model = places[i].model;
    Span span = places[i].occurrence->span;
    const Source *source = source_of(model, span);
    const char *uri = uri_of_source(r, source);
    Lines lines = find_lines(r->arena, source->text, source->length);
    cJSON *edits = cJSON_GetObjectItemCaseSensitive(changes, uri);
    cJSON *edit = json_object(r->json, edits ? edits : json_array(r->json, changes, uri), NULL);
    add_range(r->json, edit, "range", &lines, span.start - source->base, span.end - source->base);
    json_text(r->json, edit, "newText", name);
  }
}

void reply_rename(Request *r) {
  const char *name = text_member(r->params, "newName");
  const Occurrence *here = own_name_here(r);
  if (!here) return;
  const Symbol *symbol = here->symbol;
  if (!name || !is_name(name, symbol->kind == NAME_LABEL)) {
    reply_error(r, INVALID_PARAMS, "a name is made of letters, digits and `_`, and begins with none of the digits");
    return;
  }
  if (is_keyword_text(name)) {
    reply_error(r, INVALID_PARAMS, arena_printf(r->arena, "`%s` is a word of the language", name));
    return;
  }
  if (r->document->current->ast->broken) { /* places that the parser skipped would keep the old name */
    reply_error(r, REQUEST_FAILED, "the text has a syntax error");
    return;
  }
  const Symbol *other = taken(r->document->current, symbol, name);
  if (other) {
    reply_error(r, REQUEST_FAILED, arena_printf(r->arena, "`%s` is taken here (%s)", name, kind_text(other->kind)));
    return;
  }
  add_edits(r, symbol, name);
}
