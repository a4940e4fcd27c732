/* tokens.c - see tokens.h. What is decided here before parsing:
 *
 * Brackets are matched, so that an unclosed one is known when the parser stumbles over it. Keywords are contextual: a
 * word is a keyword only where a construct can begin (a declaration at the top level, a statement first on its line in
 * a body, a stage after `->` ..) and unless what follows (`=`, `:`, `->`, `,`, a closing bracket, a new line) shows
 * that it is a name. So no keyword is ever taken from layers, tensors or attributes, and the grammar needs no list of
 * keywords that are names. Must not know the grammar beyond that. */
#include "ir/tokens.h"

#include <string.h>

#include "support/suggest.h"

const char *token_spelling(TokenKind kind) {
  static const char *const spelling[] = {
#define TOKEN(name, text) text,
#include "ir/tokens.def"
  };
  return spelling[kind];
}

bool is_keyword(TokenKind kind) { return kind >= TOKEN_CNN && kind <= TOKEN_NONE; }

const char *token_kind_text(Arena *arena, TokenKind kind) {
  return kind >= TOKEN_CNN ? arena_printf(arena, "`%s`", token_spelling(kind)) : token_spelling(kind);
}

const char *token_text(const TokenList *list, int index, int *length) {
  Span span = list->items[index].span;
  *length = (int)(span.end - span.start);
  return list->source->text + (span.start - list->source->base);
}

static bool token_is(const TokenList *list, int index, const char *text) {
  int length;
  const char *found = token_text(list, index, &length);
  return (size_t)length == strlen(text) && memcmp(found, text, (size_t)length) == 0;
}

const char *doc_before(const TokenList *list, uint32_t start) {
  int low = 0, high = list->doc_count;
  while (low < high) {
    int middle = low + (high - low) / 2;
    if (list->docs[middle].start < start) low = middle + 1;
    else high = middle;
  }
  return low < list->doc_count && list->docs[low].start == start ? list->docs[low].text : NULL;
}

static TokenKind keyword(const TokenList *list, int index) {
  int length;
  const char *text = token_text(list, index, &length);
  for (TokenKind kind = TOKEN_CNN; kind <= TOKEN_NONE; kind++) {
    const char *word = token_spelling(kind);
    if (word[0] == text[0] && strlen(word) == (size_t)length && memcmp(word, text, (size_t)length) == 0) return kind;
  }
  return TOKEN_NAME;
}

bool is_opener(TokenKind kind) {
  return kind == TOKEN_LPAREN || kind == TOKEN_LBRACKET || kind == TOKEN_BOL_LBRACKET || kind == TOKEN_LBRACE;
}

bool is_closer(TokenKind kind) { return kind == TOKEN_RPAREN || kind == TOKEN_RBRACKET || kind == TOKEN_RBRACE; }

static bool closes(TokenKind opener, TokenKind closer) {
  return (opener == TOKEN_LPAREN && closer == TOKEN_RPAREN) || (opener == TOKEN_LBRACE && closer == TOKEN_RBRACE) ||
         ((opener == TOKEN_LBRACKET || opener == TOKEN_BOL_LBRACKET) && closer == TOKEN_RBRACKET);
}

/* Two words side by side, as in `net lenet5`, stand nowhere in the language but at the start of a construct. At the
 * very beginning of a line they begin a declaration even where a bracket was left open. */
static bool declares(const TokenList *list, int index) {
  const Token *token = &list->items[index];
  if (token->kind != TOKEN_NAME || !(token->flags & TOKEN_FIRST) || index + 2 >= list->count) return false;
  uint32_t at = token->span.start - list->source->base;
  if (at > 0 && list->source->text[at - 1] != '\n') return false;
  const Token *next = token + 1, *after = token + 2;
  if (next->flags & TOKEN_FIRST) return false;
  TokenKind kind = keyword(list, index);
  if (kind == TOKEN_USE) return next->kind == TOKEN_STRING;
  if (kind == TOKEN_BLOCK && next->kind == TOKEN_LBRACKET) return true;
  if (next->kind != TOKEN_NAME) return false;
  if (kind == TOKEN_NET) return after->kind == TOKEN_LBRACE || after->kind == TOKEN_LPAREN;
  if (kind == TOKEN_BLOCK) return after->kind == TOKEN_ARROW || after->kind == TOKEN_COLON;
  if (kind == TOKEN_CONST) return after->kind == TOKEN_ASSIGN || after->kind == TOKEN_COLON;
  if (kind == TOKEN_DEFAULT) return after->kind == TOKEN_LPAREN;
  return kind == TOKEN_DIM && token_is(list, index + 2, "in");
}

typedef struct OpenBrackets {
  int at[MAX_NESTING + 1]; /* indices; 0 is the outermost */
  int depth;
} OpenBrackets;

static void leave_open(TokenList *list, OpenBrackets *open, int depth) {
  while (open->depth > depth) list->items[open->at[--open->depth]].flags |= TOKEN_UNCLOSED;
}

/* A closing bracket closes the nearest one of its kind; those inside it were left open. A `)` or `]` does not reach
 * beyond the braces of a body. */
static void close_bracket(TokenList *list, OpenBrackets *open, int index) {
  Token *closer = &list->items[index];
  for (int depth = open->depth; depth-- > 0;) {
    Token *opener = &list->items[open->at[depth]];
    if (closes(opener->kind, closer->kind)) {
      leave_open(list, open, depth + 1);
      open->depth--;
      opener->match = index;
      closer->match = open->at[depth];
      return;
    }
    if (depth == 0 && opener->kind == TOKEN_LBRACE) break;
  }
  closer->flags |= TOKEN_UNCLOSED;
}

static bool match_brackets(TokenList *list) {
  OpenBrackets open = {.depth = 0};
  for (int i = 0; i < list->count; i++) {
    Token *token = &list->items[i];
    if (declares(list, i)) {
      token->flags |= TOKEN_DECLARES;
      leave_open(list, &open, 0);
    } else if (is_closer(token->kind)) {
      close_bracket(list, &open, i);
    } else if (is_opener(token->kind)) {
      if (open.depth == MAX_NESTING) {
        report(list->diagnostics, CODE_E0105, token->span, "brackets are nested more than %d deep", MAX_NESTING);
        return false;
      }
      open.at[open.depth++] = i;
    }
  }
  leave_open(list, &open, 0);
  return true;
}

/* Whether this token, before a word, means that the word must be a name. */
static bool awaits_name(TokenKind before) {
  return (before >= TOKEN_USE && before <= TOKEN_SHARED) || before == TOKEN_COMMA || before == TOKEN_COLON || before == TOKEN_ASSIGN ||
         before == TOKEN_ARROW || (before >= TOKEN_PLUS && before <= TOKEN_GE);
}

/* Whether this token, after a word, means that the word is a name. */
static bool shows_name(TokenKind after) {
  return after == TOKEN_ASSIGN || after == TOKEN_COLON || after == TOKEN_ARROW || after == TOKEN_COMMA || after == TOKEN_RPAREN ||
         after == TOKEN_RBRACKET || after == TOKEN_RBRACE || after == TOKEN_END;
}

/* What the word at `index` is; all words before it are settled, all after it are still NAME. */
static TokenKind settle_word(const TokenList *list, int index) {
  const Token *token = &list->items[index], *next = token + 1;
  TokenKind kind = keyword(list, index), before = index ? list->items[index - 1].kind : TOKEN_RBRACE;
  bool begins = (token->flags & TOKEN_FIRST) || before == TOKEN_LBRACE;
  bool stage = before == TOKEN_ARROW || before == TOKEN_COLON || before == TOKEN_COMMA || before == TOKEN_ASSIGN ||
               before == TOKEN_LPAREN || before == TOKEN_LBRACE;
  bool new_line = next->flags & TOKEN_FIRST;
  bool side_by_side = begins && !new_line && (next->kind == TOKEN_NAME || next->kind == TOKEN_STRING);
  bool is_name = shows_name(next->kind) || (awaits_name(before) && !side_by_side) || next->kind == TOKEN_LPAREN;
  bool statement = begins && (token->flags & TOKEN_STATEMENT), top = token->flags & TOKEN_TOP;
  bool here = false;
  switch ((int)kind) { /* as int: only words come here, and the compiler need not ask for the other kinds */
  case TOKEN_CNN: here = top && index == 0; break;
  case TOKEN_USE:
  case TOKEN_DIM:
  case TOKEN_CONST:
  case TOKEN_DEFAULT:
  case TOKEN_BLOCK:
  case TOKEN_NET: here = (token->flags & TOKEN_DECLARES) || (top && !is_name && !new_line); break;
  case TOKEN_META: here = (top || statement) && !is_name && !new_line; break;
  case TOKEN_INPUT:
  case TOKEN_OUTPUT:
  case TOKEN_WEIGHTS:
  case TOKEN_SHARED: here = statement && !is_name && !new_line; break;
  case TOKEN_RETURN: here = statement && !awaits_name(before) && (next->kind == TOKEN_RBRACE || !shows_name(next->kind)); break;
  case TOKEN_RENAME:
  case TOKEN_IGNORE: here = next->kind == TOKEN_STRING; break;
  case TOKEN_BRANCH: here = stage && next->kind == TOKEN_LPAREN; break;
  case TOKEN_REPEAT:
  case TOKEN_IF: here = stage && !shows_name(next->kind); break;
  case TOKEN_ELSE: here = before == TOKEN_RBRACE && next->kind == TOKEN_LBRACE; break;
  case TOKEN_IN: {
    TokenKind start = index > 1 ? list->items[index - 2].kind : TOKEN_END;
    here = start == TOKEN_DIM || start == TOKEN_REPEAT;
    break;
  }
  case TOKEN_AND:
  case TOKEN_OR:
  case TOKEN_NOT:
  case TOKEN_TRUE:
  case TOKEN_FALSE:
  case TOKEN_NONE: here = next->kind != TOKEN_ASSIGN && next->kind != TOKEN_COLON && next->kind != TOKEN_ARROW; break;
  default: break;
  }
  return here ? kind : begins && (token->flags & (TOKEN_STATEMENT | TOKEN_TOP)) ? TOKEN_BOL_NAME : TOKEN_NAME;
}

bool arrange_tokens(TokenList *list) {
  if (!match_brackets(list)) return false;
  int depth = 0;
  bool in_body = false;
  for (int i = 0; i < list->count; i++) {
    Token *token = &list->items[i];
    bool matched = !(token->flags & TOKEN_UNCLOSED);
    if (token->flags & TOKEN_DECLARES) {
      depth = 0;
      in_body = false;
    }
    bool body = depth == 0 && !in_body && token->kind == TOKEN_LBRACE;
    if (is_closer(token->kind) && matched) {
      if (list->items[token->match].flags & TOKEN_BODY) {
        body = true;
        in_body = false;
      } else {
        depth--;
      }
    }
    if (body) token->flags |= TOKEN_BODY;
    if (depth == 0) token->flags |= in_body ? TOKEN_STATEMENT : TOKEN_TOP;
    bool begins = (token->flags & TOKEN_FIRST) || (i && list->items[i - 1].kind == TOKEN_LBRACE);
    if (token->kind == TOKEN_NAME) token->kind = (uint8_t)settle_word(list, i);
    else if (token->kind == TOKEN_LBRACKET && begins && (token->flags & TOKEN_STATEMENT)) token->kind = TOKEN_BOL_LBRACKET;
    if (is_opener(token->kind) && matched && !body) depth++;
    if (body && token->kind == TOKEN_LBRACE) in_body = true;
  }
  return true;
}
