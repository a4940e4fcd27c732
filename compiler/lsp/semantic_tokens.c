/* semantic_tokens.c - the colour of each token: of words by what they stand for, which no regular expression knows. */
#include <string.h>
#include "ir/tokens.h"
#include "lsp/request.h"

typedef enum TokenType {
  TYPE_KEYWORD,
  TYPE_COMMENT,
  TYPE_STRING,
  TYPE_NUMBER,
  TYPE_OPERATOR,
  TYPE_NAMESPACE, /* nets */
  TYPE_FUNCTION,  /* operations (of the default library) and blocks */
  TYPE_PARAMETER,
  TYPE_VARIABLE, /* tensors, loop variables, consts and sizes (readonly) */
  TYPE_PROPERTY, /* labels and attributes */
  TYPE_TYPE,
  TYPE_ENUM_MEMBER,
  TYPE_NONE
} TokenType;

enum { DECLARATION = 1, READONLY = 2, DEFAULT_LIBRARY = 4 };

void add_semantic_legend(Json *json, cJSON *capability) {
  static const char *const types[] = {"keyword",  "comment",   "string",   "number",   "operator", "namespace",
                                      "function", "parameter", "variable", "property", "type",     "enumMember"};
  static const char *const modifiers[] = {"declaration", "readonly", "defaultLibrary"};
  cJSON *legend = json_object(json, capability, "legend");
  cJSON *list = json_array(json, legend, "tokenTypes");
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) json_text(json, list, NULL, types[i]);
  list = json_array(json, legend, "tokenModifiers");
  for (size_t i = 0; i < sizeof modifiers / sizeof *modifiers; i++) json_text(json, list, NULL, modifiers[i]);
}

static TokenType type_of_name(const Symbol *symbol, int *modifiers) {
  switch (symbol->kind) {
  case NAME_NET: return TYPE_NAMESPACE;
  case NAME_OPERATION:
  case NAME_FUNCTION: *modifiers |= DEFAULT_LIBRARY; return TYPE_FUNCTION;
  case NAME_BLOCK: return TYPE_FUNCTION;
  case NAME_CONST:
  case NAME_DIM:
  case NAME_SIZE:
  case NAME_VARIABLE: *modifiers |= READONLY; return TYPE_VARIABLE;
  case NAME_PARAMETER: return TYPE_PARAMETER;
  case NAME_TENSOR:
  case NAME_SHARED: return TYPE_VARIABLE;
  case NAME_LABEL:
  case NAME_ATTRIBUTE: return TYPE_PROPERTY;
  case NAME_WORD: return TYPE_ENUM_MEMBER;
  case NAME_DTYPE: return TYPE_TYPE;
  case NAME_FILE: return TYPE_STRING;
  }
  return TYPE_NONE;
}

static TokenType type_of_token(const Model *model, const Token *token, int *modifiers) {
  TokenKind kind = (TokenKind)token->kind;
  if (is_keyword(kind)) return TYPE_KEYWORD;
  if (kind == TOKEN_STRING) return TYPE_STRING;
  if (kind == TOKEN_FLOAT || kind == TOKEN_SIZE) return TYPE_NUMBER;
  if (kind == TOKEN_ARROW || kind == TOKEN_RANGE || kind >= TOKEN_PLUS) return TYPE_OPERATOR;
  if (kind != TOKEN_NAME && kind != TOKEN_BOL_NAME && kind != TOKEN_PATH && kind != TOKEN_INT) return TYPE_NONE;
  const Occurrence *o = name_at(&model->names, token->span.start);
  if (o && o->span.start == token->span.start) {
    if (o->defines) *modifiers |= DECLARATION;
    return type_of_name(o->symbol, modifiers);
  }
  return kind == TOKEN_INT ? TYPE_NUMBER : kind == TOKEN_PATH ? TYPE_PROPERTY : TYPE_NONE;
}

typedef struct Writer {
  Request *request;
  cJSON *data;
  Position last;
} Writer;

static void add_number(Writer *w, int number) { json_number(w->request->json, w->data, NULL, number); }

static void add_token(Writer *w, Span span, TokenType type, int modifiers) {
  const Document *d = w->request->document;
  uint32_t base = d->current->source->base;
  if (type == TYPE_NONE || span.end <= span.start) return;
  Position start = position_at(&d->lines, span.start - base), end = position_at(&d->lines, span.end - base);
  if (end.line != start.line) return; /* a carriage return inside a comment */
  add_number(w, start.line - w->last.line);
  add_number(w, start.line == w->last.line ? start.character - w->last.character : start.character);
  add_number(w, end.character - start.character);
  add_number(w, (int)type);
  add_number(w, modifiers);
  w->last = start;
}

void reply_semantic_tokens(Request *r) {
  const Model *model = r->document->current;
  const TokenList *tokens = model->ast->tokens;
  Writer writer = {r, json_array(r->json, json_object(r->json, r->reply, "result"), "data"), {0, 0}};
  int comment = 0;
  for (int i = 0; i < tokens->count; i++) {
    const Token *token = &tokens->items[i];
    for (; comment < tokens->comment_count && tokens->comments[comment].span.start < token->span.start; comment++)
      add_token(&writer, tokens->comments[comment].span, TYPE_COMMENT, 0);
    int modifiers = 0;
    TokenType type = token->kind == TOKEN_END ? TYPE_NONE : type_of_token(model, token, &modifiers);
    add_token(&writer, token->span, type, modifiers);
  }
  for (; comment < tokens->comment_count; comment++) add_token(&writer, tokens->comments[comment].span, TYPE_COMMENT, 0);
}
