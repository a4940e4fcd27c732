/* outline.c - document symbols: declarations, and in each body its inputs, statements, labels and outputs. */
#include <string.h>
#include "lsp/request.h"

typedef enum SymbolKind { /* of the protocol */
                          SYMBOL_MODULE = 2,
                          SYMBOL_CLASS = 5,
                          SYMBOL_PROPERTY = 7,
                          SYMBOL_FIELD = 8,
                          SYMBOL_INTERFACE = 11,
                          SYMBOL_FUNCTION = 12,
                          SYMBOL_VARIABLE = 13,
                          SYMBOL_CONSTANT = 14,
                          SYMBOL_OBJECT = 19
} SymbolKind;

static void add_chain(Request *r, cJSON *symbol, const AstStage *chain);

/* Returns the symbol, NULL for what has no name. */
static cJSON *add_symbol(Request *r, cJSON *list, AstName name, SymbolKind kind, Span span, const char *detail) {
  if (!name.text || !name.text[0] || name.span.start == name.span.end) return NULL;
  if (name.span.start < span.start) span.start = name.span.start; /* the protocol wants the name inside */
  if (name.span.end > span.end) span.end = name.span.end;
  cJSON *symbol = json_object(r->json, list, NULL);
  json_text(r->json, symbol, "name", name.text);
  if (detail) json_text(r->json, symbol, "detail", detail);
  json_number(r->json, symbol, "kind", (int)kind);
  add_span(r, symbol, "range", span);
  add_span(r, symbol, "selectionRange", name.span);
  return symbol;
}

static cJSON *children_of(Request *r, cJSON *symbol) {
  cJSON *children = cJSON_GetObjectItemCaseSensitive(symbol, "children");
  return children ? children : json_array(r->json, symbol, "children");
}

static void add_flow(Request *r, cJSON *symbol, const AstFlow *flow) {
  if (!flow) return;
  for (const AstFlow *item = flow->items; item; item = item->next) add_flow(r, symbol, item);
  add_chain(r, symbol, flow->stages);
}

/* A labelled stage is a child; what stands in it belongs to it. */
static void add_chain(Request *r, cJSON *symbol, const AstStage *chain) {
  const Model *model = r->document->current;
  for (; chain; chain = chain->next) {
    cJSON *to = NULL;
    if (chain->label.text)
      to = add_symbol(r, children_of(r, symbol), chain->label, SYMBOL_FIELD, span_join(chain->label.span, chain->span),
                      shapes_at(r->arena, model, chain->span));
    if (!to) to = symbol;
    for (const AstArm *arm = chain->arms; arm; arm = arm->next) {
      cJSON *named = arm->name.text ? add_symbol(r, children_of(r, to), arm->name, SYMBOL_VARIABLE, arm->span, NULL) : NULL;
      add_chain(r, named ? named : to, arm->chain);
    }
    add_chain(r, to, chain->body);
    add_chain(r, to, chain->otherwise);
  }
}

static void add_statement(Request *r, cJSON *body, const AstStmt *s) {
  const Model *model = r->document->current;
  if (s->kind == AST_STMT_WEIGHTS || s->kind == AST_STMT_META) return;
  cJSON *symbol = NULL;
  SymbolKind kind = s->kind == AST_STMT_INPUT || s->kind == AST_STMT_OUTPUT ? SYMBOL_INTERFACE : SYMBOL_VARIABLE;
  if (s->kind == AST_STMT_SHARED) kind = SYMBOL_OBJECT;
  for (const AstNameList *n = s->names; n; n = n->next) {
    cJSON *added = add_symbol(r, children_of(r, body), n->name, kind, s->span, shapes_at(r->arena, model, n->name.span));
    if (!symbol) symbol = added;
  }
  add_flow(r, symbol ? symbol : body, s->flow);
}

void reply_document_symbols(Request *r) {
  static const SymbolKind kinds[] = {
      [AST_USE] = SYMBOL_MODULE,    [AST_DIM] = SYMBOL_CONSTANT,   [AST_CONST] = SYMBOL_CONSTANT, [AST_DEFAULT] = SYMBOL_PROPERTY,
      [AST_META] = SYMBOL_PROPERTY, [AST_BLOCK] = SYMBOL_FUNCTION, [AST_NET] = SYMBOL_CLASS};
  cJSON *list = json_array(r->json, r->reply, "result");
  for (const AstDecl *d = r->document->current->ast->declarations; d; d = d->next) {
    cJSON *symbol = add_symbol(r, list, d->name, kinds[d->kind], d->span, NULL);
    for (const AstStmt *s = symbol ? d->statements : NULL; s; s = s->next) add_statement(r, symbol, s);
    if (symbol && d->result) add_flow(r, symbol, d->result);
  }
}
