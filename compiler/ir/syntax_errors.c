/* syntax_errors.c - says what is wrong where a token does not fit, and where to go on. The mistakes people make are
 * recognised one by one (syntax_mistakes.c, syntax_habits.c); what is left is described by what would have fitted.
 * Knows the tokens around the place and what the parser waited for, not the tree. */
#include "ir/syntax_errors.h"

#include <stdarg.h>
#include <string.h>

#include "support/suggest.h"

enum { MAX_TEXT = 48, MAX_REPORTED = 10 * MAX_ERRORS };

TokenKind kind_at(const SyntaxError *e, int back) {
  int index = e->found - back;
  return index >= 0 && index < e->list->count ? e->list->items[index].kind : TOKEN_END;
}

Span span_at(const SyntaxError *e, int back) { return e->list->items[e->found - back].span; }

bool on_new_line(const SyntaxError *e, int back) {
  TokenKind kind = kind_at(e, back);
  return kind == TOKEN_END || (e->list->items[e->found - back].flags & TOKEN_FIRST);
}

/* At most MAX_TEXT bytes, cut between characters. */
static const char *shorten(Arena *arena, const char *text, size_t length) {
  if (length <= MAX_TEXT) return arena_strndup(arena, text, length);
  length = MAX_TEXT;
  while (length && ((unsigned char)text[length] & 0xc0) == 0x80) length--;
  return arena_printf(arena, "%s..", arena_strndup(arena, text, length));
}

const char *text_at(const SyntaxError *e, int back) {
  if (e->found - back < 0 || e->found - back >= e->list->count) return ""; /* rules look beyond either end, too */
  int length;
  const char *text = token_text(e->list, e->found - back, &length);
  return shorten(e->list->arena, text, (size_t)length);
}

const char *source_text(const TokenList *list, int first, int last) {
  Text text = text_new(list->arena);
  for (int i = first; i <= last; i++) {
    int length;
    const char *token = token_text(list, i, &length);
    if (i > first && list->items[i].span.start > list->items[i - 1].span.end) text_add_char(&text, ' ', 1);
    text_add_bytes(&text, token, (size_t)length);
    if (text.length > MAX_TEXT) break;
  }
  return shorten(list->arena, text_string(&text), text.length);
}

int end_of_layer(const TokenList *list, int index) {
  const Token *items = list->items;
  if (index >= list->count - 1) return index;
  if (items[index + 1].kind == TOKEN_COLON && items[index + 2].kind == TOKEN_NAME) index += 2;
  if (items[index + 1].kind == TOKEN_LPAREN && items[index + 1].match) return items[index + 1].match;
  return index;
}

int line_start(const TokenList *list, int index) {
  while (index > 0 && !(list->items[index].flags & TOKEN_FIRST)) index--;
  return index;
}

Diagnostic *syntax_error(const SyntaxError *e, int back, const char *format, ...) {
  Text text = text_new(e->list->arena);
  va_list arguments;
  va_start(arguments, format);
  text_vaddf(&text, format, arguments);
  va_end(arguments);
  return report(e->list->diagnostics, CODE_E0101, span_at(e, back), "%s", text_string(&text));
}

int enclosing_bracket(const TokenList *list, int index) {
  for (int i = index - 1; i >= 0; i--) {
    const Token *token = &list->items[i];
    bool closer = token->kind == TOKEN_RPAREN || token->kind == TOKEN_RBRACKET || token->kind == TOKEN_RBRACE;
    bool opener = token->kind == TOKEN_LPAREN || token->kind == TOKEN_LBRACKET || token->kind == TOKEN_BOL_LBRACKET ||
                  token->kind == TOKEN_LBRACE;
    if (closer && !(token->flags & TOKEN_UNCLOSED)) i = token->match;
    else if (opener) return i;
  }
  return -1;
}

/* Whether a statement seems to begin here: `name =`, `name: type`, two words side by side, or its keyword. */
static bool begins_statement(const TokenList *list, int index) {
  const Token *token = &list->items[index], *next = token + 1;
  if (!(token->flags & TOKEN_STATEMENT)) return false;
  if (token->kind == TOKEN_BOL_LBRACKET || (token->kind >= TOKEN_META && token->kind <= TOKEN_RETURN)) return true;
  if (token->kind != TOKEN_BOL_NAME || !(token->flags & TOKEN_FIRST)) return false;
  if (next->kind == TOKEN_ASSIGN) return true;
  if (next->kind == TOKEN_COLON) return next[1].kind == TOKEN_LBRACKET || (next[1].kind == TOKEN_NAME && next[2].kind == TOKEN_LBRACKET);
  return (next->kind == TOKEN_NAME || next->kind == TOKEN_STRING) && !(next->flags & TOKEN_FIRST);
}

/* Whether the word is a declaration's keyword but for a slip. */
static bool nearly_declares(const TokenList *list, int index) {
  int length;
  const char *text = token_text(list, index, &length);
  Suggestion suggestion = suggest_for(arena_strndup(list->arena, text, (size_t)length));
  for (TokenKind kind = TOKEN_USE; kind <= TOKEN_META; kind++) suggest_candidate(&suggestion, token_spelling(kind));
  return suggested(&suggestion) != NULL;
}

int next_start(const TokenList *list, int index, bool in_body) {
  for (; index < list->count - 1; index++) {
    const Token *token = &list->items[index];
    if (token->flags & TOKEN_DECLARES) return index;
    if (in_body && ((token->kind == TOKEN_RBRACE && (token->flags & TOKEN_BODY)) || begins_statement(list, index))) return index;
    if (in_body || !(token->flags & TOKEN_TOP) || !(token->flags & TOKEN_FIRST)) continue;
    if (token->kind >= TOKEN_USE && token->kind <= TOKEN_META) return index;
    if (token->kind == TOKEN_BOL_NAME && token[1].kind == TOKEN_NAME && nearly_declares(list, index)) return index;
  }
  return list->count - 1;
}

/* What would have fitted, in the words of the language. */

typedef struct Words {
  const char *items[8];
  int count;
} Words;

static void add_word(Words *words, const char *word) {
  if (words->count < 8) words->items[words->count++] = word;
}

static bool is_operator(TokenKind kind) { return (kind >= TOKEN_PLUS && kind <= TOKEN_GE) || kind == TOKEN_AND || kind == TOKEN_OR; }

static Words expected_words(const SyntaxError *e) {
  const bool *x = e->expected;
  Words words = {.count = 0};
  if (x[TOKEN_NET]) add_word(&words, "`net`, `block`, `const`, `dim`, `default`, `meta` or `use`");
  else if (x[TOKEN_INT] && x[TOKEN_STRING]) add_word(&words, "a value");
  else if (x[TOKEN_BRANCH]) add_word(&words, "a layer");
  else if (x[TOKEN_FLOAT]) add_word(&words, "a tensor");
  else if (x[TOKEN_SHARED] && !x[TOKEN_ARROW]) add_word(&words, "a statement");
  else if (x[TOKEN_NAME] && x[TOKEN_LBRACKET] && !x[TOKEN_ARROW]) add_word(&words, "a type such as `float32[3, 32, 32]`");
  else if (x[TOKEN_NAME]) add_word(&words, "a name");
  else if (x[TOKEN_INT]) add_word(&words, "a whole number");
  else if (x[TOKEN_STRING]) add_word(&words, "a string in double quotes");
  bool value_begins = words.count && x[TOKEN_STRING];
  for (TokenKind kind = TOKEN_RENAME; kind < TOKEN_KINDS; kind++) {
    if (!x[kind] || is_operator(kind) || kind == TOKEN_BRANCH || kind == TOKEN_REPEAT || kind == TOKEN_IF) continue;
    if (kind >= TOKEN_NOT && kind <= TOKEN_NONE) continue;
    bool opener = kind == TOKEN_LPAREN || kind == TOKEN_LBRACKET || kind == TOKEN_BOL_LBRACKET;
    if (opener && (value_begins || words.count || kind == TOKEN_BOL_LBRACKET)) continue;
    if (kind == TOKEN_LPAREN && (x[TOKEN_COMMA] || x[TOKEN_ARROW] || x[TOKEN_PLUS])) continue;
    add_word(&words, token_kind_text(e->list->arena, kind));
  }
  return words;
}

static int describe(const SyntaxError *e) {
  Words words = expected_words(e);
  Text message = text_new(e->list->arena);
  TokenKind found = kind_at(e, 0);
  for (int i = 0; i < words.count; i++)
    text_addf(&message, "%s%s", i == 0 ? "expected " : i + 1 == words.count ? " or " : ", ", words.items[i]);
  if (words.count && on_new_line(e, 0) && e->found > 0 && !e->expected[TOKEN_NET] && !e->expected[TOKEN_SHARED]) {
    syntax_error(e, 1, "%s after `%s`", text_string(&message), text_at(e, 1));
    return e->found;
  }
  text_add(&message, words.count ? " before " : "unexpected ");
  if (found == TOKEN_END) text_add(&message, "the end of the file");
  else text_addf(&message, found == TOKEN_STRING ? "%s" : "`%s`", text_at(e, 0));
  Diagnostic *d = syntax_error(e, 0, "%s", text_string(&message));
  if (found == TOKEN_ARROW && e->expected[TOKEN_FLOAT]) add_help(d, "a flow begins with a tensor: `x -> %s ..`", text_at(e, -1));
  return on_new_line(e, 0) ? e->found : e->found + 1;
}

/* Something on this line was reported already: the rest may follow from it. */
static bool line_is_reported(const SyntaxError *e) {
  const Diagnostics *all = e->list->diagnostics;
  uint32_t start = span_at(e, 0).start, line = start, base = e->list->source->base;
  while (line > base && e->list->source->text[line - 1 - base] != '\n') line--;
  for (int i = 0; i < all->count; i++) {
    uint32_t place = all->items[i]->primary.span.start;
    if (place >= line && place <= start) return true;
  }
  return false;
}

int report_syntax_error(const SyntaxError *e) {
  int from = NO_RULE;
  if (e->list->diagnostics->errors >= MAX_REPORTED) return e->list->count - 1;
  if (line_is_reported(e)) from = on_new_line(e, 0) ? e->found : e->found + 1;
  if (from == NO_RULE) from = explain_mistake(e);
  if (from == NO_RULE) from = describe(e);
  return next_start(e->list, from, e->body >= 0);
}
