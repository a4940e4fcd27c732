/* tokens.h - a source as a list of tokens, between the scanner (grammar/cnn.l) and the parser (grammar/cnn.y).
 *
 * The whole list exists before parsing begins: so brackets are matched first, a word is a keyword only where one is
 * waited for, and after an error the parser goes on at the next token that begins something. Knows nothing of bison. */
#ifndef CNNC_IR_TOKENS_H
#define CNNC_IR_TOKENS_H
#include "ir/ast.h"

typedef enum TokenKind {
#define TOKEN(name, text) TOKEN_##name,
#include "ir/tokens.def"
  TOKEN_KINDS
} TokenKind;

enum {                      /* Token.flags */
       TOKEN_FIRST = 1,     /* first on its line, or after `;` */
       TOKEN_TOP = 2,       /* outside all brackets */
       TOKEN_STATEMENT = 4, /* directly inside the body of a block or net */
       TOKEN_DECLARES = 8,  /* begins a declaration, even where brackets are open */
       TOKEN_BODY = 16,     /* a brace around the body of a block or net */
       TOKEN_UNCLOSED = 32, /* an opening bracket that nothing closes, or a closing one that closes nothing */
       TOKEN_REPORTED = 64  /* an unclosed bracket of which something was said */
};

typedef struct Token {
  uint8_t kind, flags;
  Span span;
  int match; /* of a bracket: the index of its partner */
} Token;

typedef struct DocComment { /* the `##` lines before the token that starts at `start` */
  uint32_t start;
  const char *text;
} DocComment;

typedef struct TokenList {
  Arena *arena;
  Diagnostics *diagnostics;
  const Source *source;
  Token *items; /* the last is END */
  int count;
  DocComment *docs; /* in order */
  int doc_count;
  AstComment *comments;
  int comment_count;
} TokenList;

enum { MAX_NESTING = 64, MAX_SOURCE_BYTES = 16 << 20 };

/* Fills the list from its source. Reports what is no token, and leaves it out or takes it for what was meant.
 * Every word is a NAME. (grammar/cnn.l) */
void scan_tokens(TokenList *list);
/* Matches brackets, marks lines and levels, tells keywords from names. false: nested too deeply (reported). */
bool arrange_tokens(TokenList *list);

/* The characters of a token. */
const char *token_text(const TokenList *list, int index, int *length);
/* How a kind is called in a message: "`->`", "a name". */
const char *token_kind_text(Arena *arena, TokenKind kind);
/* The keyword's or sign's spelling, or what a message calls it. */
const char *token_spelling(TokenKind kind);
bool is_keyword(TokenKind kind);
bool is_opener(TokenKind kind); /* ( [ { */
bool is_closer(TokenKind kind);
/* The `##` text before the token that starts here, or NULL. */
const char *doc_before(const TokenList *list, uint32_t start);

/* What the parser knows when a token does not fit. */
typedef struct SyntaxError {
  TokenList *list;
  int found; /* index of the token that does not fit */
  int body;  /* index of the `{` of the block or net it is in; -1: at the top level */
  bool in_net;
  const bool *expected; /* by TokenKind: what would have fitted */
} SyntaxError;

/* Reports the error and returns the index at which parsing goes on: a token that begins a statement or declaration,
 * the `}` of the body, or the end. */
int report_syntax_error(const SyntaxError *error);
/* The index of the innermost bracket open before the token `index`, or -1. */
int enclosing_bracket(const TokenList *list, int index);
/* Where parsing can go on after the token `index`: in a body or at the top level. */
int next_start(const TokenList *list, int index, bool in_body);
#endif
