/* completion.c - what may stand at a place, told by the tokens before it: a half-typed text has no tree there. */
#include <string.h>
#include "ir/tokens.h"
#include "lsp/request.h"
#include "ops/ops.h"
#include "passes/read_attributes.h"

typedef enum ItemKind { /* of the protocol */
                        ITEM_FUNCTION = 3,
                        ITEM_FIELD = 5,
                        ITEM_VARIABLE = 6,
                        ITEM_MODULE = 9,
                        ITEM_PROPERTY = 10,
                        ITEM_VALUE = 12,
                        ITEM_KEYWORD = 14,
                        ITEM_CONSTANT = 21,
                        ITEM_TYPE = 25
} ItemKind;

typedef struct Completion {
  Request *request;
  const Model *model;
  const TokenList *tokens;
  int at; /* index of the token that is being typed, or before which something may be typed */
  cJSON *items;
  NameTable seen;
} Completion;

static void offer(Completion *c, const char *label, ItemKind kind, const char *detail) {
  Request *r = c->request;
  if (find_name(&c->seen, label)) return;
  put_name(&c->seen, label, c);
  cJSON *item = json_object(r->json, c->items, NULL);
  json_text(r->json, item, "label", label);
  json_number(r->json, item, "kind", (int)kind);
  if (detail) json_text(r->json, item, "detail", detail);
}

static TokenKind kind_before(const Completion *c, int steps) {
  int index = c->at - steps;
  return index >= 0 ? (TokenKind)c->tokens->items[index].kind : TOKEN_END;
}

static bool is_word(TokenKind kind) {
  return kind == TOKEN_NAME || kind == TOKEN_BOL_NAME || kind == TOKEN_PATH || kind == TOKEN_INT || is_keyword(kind);
}

static const char *word(const Completion *c, int index) {
  int length;
  const char *text = token_text(c->tokens, index, &length);
  return arena_strndup(c->request->arena, text, (size_t)length);
}

/* The token in which the place lies, if it is a word, or the one behind it. */
static int token_at(const TokenList *tokens, uint32_t place) {
  int at = 0;
  while (at + 1 < tokens->count &&
         (tokens->items[at].span.end < place || (tokens->items[at].span.end == place && !is_word((TokenKind)tokens->items[at].kind))))
    at++;
  return at;
}

/* The bracket that is open at the place; -1: none. */
static int open_bracket(const Completion *c) {
  int depth = 0;
  for (int i = c->at - 1; i >= 0; i--) {
    const Token *token = &c->tokens->items[i];
    if (is_closer((TokenKind)token->kind)) depth++;
    if (is_opener((TokenKind)token->kind) && depth-- == 0) return i;
    if (token->flags & TOKEN_DECLARES) return -1;
  }
  return -1;
}

/* The token with which the block or net begins in which the place lies; -1: it lies in none. */
static int declaration_start(const Completion *c) {
  for (int i = c->at - 1; i >= 0; i--) {
    const Token *token = &c->tokens->items[i];
    if (token->kind == TOKEN_NET || token->kind == TOKEN_BLOCK) return i;
    if (token->kind == TOKEN_RBRACE && token->flags & TOKEN_BODY) return -1;
  }
  return -1;
}

static void offer_own_operations(Completion *c, const NameTable *names) {
  for (int i = 0; names && i < names->count; i++) {
    const Entry *entry = names->items[i].thing;
    if (entry->kind == ENTRY_BLOCK) offer(c, names->items[i].name, ITEM_MODULE, "block");
  }
}

static void offer_stages(Completion *c) {
  const Document *d = c->request->document;
  offer_own_operations(c, c->model->file_names);
  if (d->good) offer_own_operations(c, d->good->file_names);
  for (int i = 1, start = declaration_start(c); start >= 0 && start + i < c->at; i++)
    if (c->tokens->items[start + i - 1].kind == TOKEN_SHARED) offer(c, word(c, start + i), ITEM_VARIABLE, "shared layer");
  for (int i = 0; all_operators[i]; i++) offer(c, all_operators[i]->name, ITEM_FUNCTION, all_operators[i]->summary);
  static const char *const words[] = {"branch", "repeat", "if"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) offer(c, words[i], ITEM_KEYWORD, NULL);
}

/* Names that are defined in the body before the place: inputs, statements, labels, arms, parameters. */
static void offer_names(Completion *c) {
  int start = declaration_start(c);
  bool head = true;
  for (int i = start + 1; start >= 0 && i < c->at; i++) {
    const Token *token = &c->tokens->items[i];
    TokenKind before = (TokenKind)token[-1].kind, after = (TokenKind)token[1].kind;
    if (token->flags & TOKEN_BODY) head = false;
    bool name = token->kind == TOKEN_NAME || token->kind == TOKEN_BOL_NAME || token->kind == TOKEN_PATH;
    if (!name) continue;
    bool label = after == TOKEN_COLON &&
                 (before == TOKEN_ARROW || before == TOKEN_LPAREN || before == TOKEN_COMMA || before == TOKEN_LBRACE);
    bool statement = token->kind == TOKEN_BOL_NAME && (after == TOKEN_ASSIGN || after == TOKEN_COLON);
    bool listed = before == TOKEN_INPUT || before == TOKEN_BOL_LBRACKET ||
                  (before == TOKEN_COMMA && (after == TOKEN_COLON || after == TOKEN_RBRACKET));
    bool in_head = head && before != TOKEN_ARROW && before != TOKEN_NET;
    if (in_head) offer(c, word(c, i), before == TOKEN_BLOCK ? ITEM_VARIABLE : ITEM_VALUE, "parameter");
    else if (!head && label) offer(c, word(c, i), ITEM_FIELD, "label");
    else if (!head && (statement || listed)) offer(c, word(c, i), ITEM_VARIABLE, "tensor");
  }
}

static void offer_values(Completion *c) {
  offer_names(c);
  for (int i = 0; i < c->model->file_names->count; i++) {
    const Entry *entry = c->model->file_names->items[i].thing;
    if (entry->kind == ENTRY_DATUM || entry->kind == ENTRY_DIM) offer(c, c->model->file_names->items[i].name, ITEM_CONSTANT, entry->what);
  }
}

static const AstDecl *find_block(const Completion *c, const char *name) {
  const Document *d = c->request->document;
  const Entry *entry = find_name(c->model->file_names, name);
  if (!entry && d->good) entry = find_name(d->good->file_names, name);
  return entry && entry->kind == ENTRY_BLOCK ? entry->declaration : NULL;
}

static const Attribute *find_attribute(const Operator *op, const char *name) {
  const Attribute *a = op ? op->attributes : NULL;
  while (a && a->name && strcmp(a->name, name)) a++;
  return a && a->name ? a : NULL;
}

/* `conv(16, 3, |`: attributes of the call whose bracket is open, or parameters of the block. */
static void offer_arguments(Completion *c, const char *callee) {
  const AstDecl *block = find_block(c, callee);
  const Operator *op = block ? NULL : find_operator(callee);
  for (const AstParam *p = block ? block->params : NULL; p; p = p->next) offer(c, p->name.text, ITEM_PROPERTY, "parameter");
  for (const Attribute *a = op ? op->attributes : NULL; a && a->name; a++)
    offer(c, a->name, ITEM_PROPERTY, legal_values(c->request->arena, a, 0));
}

static void offer_choices(Completion *c, const Attribute *attribute) {
  static const char *const paddings[] = {"valid", "same", "same_upper", "same_lower", "full", "causal"};
  bool truth = attribute->kind == ATTRIBUTE_BOOL || attribute->kind == ATTRIBUTE_BIAS;
  if (truth) offer(c, "true", ITEM_VALUE, NULL);
  if (truth) offer(c, "false", ITEM_VALUE, NULL);
  for (size_t i = 0; attribute->kind == ATTRIBUTE_PADDING && i < sizeof paddings / sizeof *paddings; i++)
    offer(c, paddings[i], ITEM_VALUE, NULL);
  const char *at = attribute->kind == ATTRIBUTE_CHOICE ? attribute->choices : NULL;
  while (at && *at) {
    size_t length = strcspn(at, "|");
    offer(c, arena_strndup(c->request->arena, at, length), ITEM_VALUE, NULL);
    at += length + (at[length] != '\0');
  }
}

static void offer_words(Completion *c, const char *const *words, ItemKind kind) {
  for (; *words; words++) offer(c, *words, kind, NULL);
}

/* Inside the brackets of a call. false: they are no call's. */
static bool complete_call(Completion *c, int bracket) {
  if (bracket < 1 || c->tokens->items[bracket].kind != TOKEN_LPAREN) return false;
  const Token *callee = &c->tokens->items[bracket - 1];
  if (callee->kind == TOKEN_BRANCH || !is_word((TokenKind)callee->kind)) return false;
  const char *name = word(c, bracket - 1);
  if (kind_before(c, 1) == TOKEN_ASSIGN && c->at >= 2) {
    const Attribute *attribute = find_attribute(find_operator(name), word(c, c->at - 2));
    if (attribute) offer_choices(c, attribute);
  } else if (kind_before(c, 1) == TOKEN_LPAREN || kind_before(c, 1) == TOKEN_COMMA) {
    offer_arguments(c, name);
  }
  offer_values(c);
  return true;
}

/* `input x: |`, `y: |` at the beginning of a statement; else the colon is a label's. */
static bool is_type_colon(const Completion *c) {
  TokenKind first = kind_before(c, 3);
  return kind_before(c, 2) == TOKEN_BOL_NAME || first == TOKEN_INPUT || first == TOKEN_OUTPUT || first == TOKEN_CONST ||
         first == TOKEN_BLOCK;
}

static void complete(Completion *c) {
  static const char *const declarations[] = {"cnn", "use", "dim", "const", "default", "meta", "block", "net", NULL};
  static const char *const statements[] = {"input", "output", "weights", "shared", "meta", "return", NULL};
  static const char *const types[] = {"float32", "uint8", "int8", "int16", "int32", NULL};
  TokenKind before = kind_before(c, 1);
  int bracket = open_bracket(c);
  const Token *token = &c->tokens->items[c->at];
  bool fresh = token->flags & TOKEN_FIRST || token->kind == TOKEN_END;
  if (before == TOKEN_STRING && !fresh) return;
  if (before == TOKEN_ARROW) offer_stages(c);
  else if (before == TOKEN_DEFAULT) offer_stages(c);
  else if (before == TOKEN_COLON && is_type_colon(c)) offer_words(c, types, ITEM_TYPE);
  else if (before == TOKEN_COLON) offer_stages(c);
  else if (complete_call(c, bracket)) return;
  else if (bracket >= 0 && c->tokens->items[bracket].kind == TOKEN_LPAREN) offer_stages(c); /* an arm of a branch */
  else if (before == TOKEN_LBRACE && !(c->tokens->items[c->at - 1].flags & TOKEN_BODY)) offer_stages(c);
  else if (before == TOKEN_ASSIGN || before == TOKEN_RETURN ||
           (bracket >= 0 && is_opener((TokenKind)c->tokens->items[bracket].kind) && c->tokens->items[bracket].kind != TOKEN_LBRACE))
    offer_values(c);
  else if (declaration_start(c) >= 0) offer_words(c, statements, ITEM_KEYWORD);
  else offer_words(c, declarations, ITEM_KEYWORD);
}

static bool in_comment_or_string(const TokenList *tokens, uint32_t place) {
  for (int i = 0; i < tokens->comment_count; i++)
    if (tokens->comments[i].span.start < place && place <= tokens->comments[i].span.end) return true;
  for (int i = 0; i < tokens->count; i++)
    if (tokens->items[i].kind == TOKEN_STRING && tokens->items[i].span.start < place && place < tokens->items[i].span.end) return true;
  return false;
}

void reply_completion(Request *r) {
  const Model *model = r->document->current;
  const TokenList *tokens = model->ast->tokens;
  cJSON *result = json_object(r->json, r->reply, "result");
  json_bool(r->json, result, "isIncomplete", false);
  Completion c = {r, model, tokens, token_at(tokens, r->place), json_array(r->json, result, "items"), name_table(r->arena)};
  if (!in_comment_or_string(tokens, r->place)) complete(&c);
}
