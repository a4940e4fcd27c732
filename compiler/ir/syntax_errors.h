/* syntax_errors.h - what is shared by the parts that explain a syntax error. Private to syntax_*.c. */
#ifndef CNNC_IR_SYNTAX_ERRORS_H
#define CNNC_IR_SYNTAX_ERRORS_H
#include "ir/tokens.h"

enum { NO_RULE = -1 };

/* The kind of the token `back` places before (or, if negative, after) the one that does not fit. */
TokenKind kind_at(const SyntaxError *e, int back);
Span span_at(const SyntaxError *e, int back);
/* The token's text as a message shows it. */
const char *text_at(const SyntaxError *e, int back);
/* The source from token `first` to token `last` on one line, shortened. */
const char *source_text(const TokenList *list, int first, int last);
/* The last token of the call that begins with the token `index`, with its label and attributes. */
int end_of_layer(const TokenList *list, int index);
/* The first token on the line of this one. */
int line_start(const TokenList *list, int index);
bool on_new_line(const SyntaxError *e, int back);
Diagnostic *syntax_error(const SyntaxError *e, int back, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Mistakes that are recognised. Each returns the index from which to look for the next start, or NO_RULE. */
int explain_mistake(const SyntaxError *e);
int explain_habit(const SyntaxError *e);
int explain_foreign(const SyntaxError *e);
int slash_comment(const SyntaxError *e);

static inline bool is_word(TokenKind kind) { return kind == TOKEN_NAME || kind == TOKEN_BOL_NAME; }
static inline bool is_number(TokenKind kind) { return kind == TOKEN_INT || kind == TOKEN_FLOAT || kind == TOKEN_SIZE; }
#endif
