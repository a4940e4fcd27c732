/* format_blanks.c - the blanks between two tokens of one line: none or one. */
#include "ir/format_layout.h"

static bool ends_operand(TokenKind kind) {
  return (kind >= TOKEN_NAME && kind <= TOKEN_STRING) || (kind >= TOKEN_TRUE && kind <= TOKEN_NONE) || kind == TOKEN_RPAREN ||
         kind == TOKEN_RBRACKET;
}

static bool is_sign(TokenKind kind) { return kind >= TOKEN_PLUS && kind <= TOKEN_GE; }

/* Between NAME and VALUE in parentheses, but not of an arm. */
static bool names_argument(const Layout *l, int assign) {
  int owner = l->pieces[assign].owner;
  return kind_at(l, assign) == TOKEN_ASSIGN && kind_at(l, owner) == TOKEN_LPAREN && !is_branch(l, owner);
}

/* A parenthesis that belongs to no name: around an expression, or the attributes in `dim H in 1..9 (..)` and
 * `output y (..)`. */
static bool stands_alone(const Layout *l, int parenthesis) {
  TokenKind before = kind_at(l, parenthesis - 1);
  if (before == TOKEN_RANGE) return kind_at(l, parenthesis - 5) == TOKEN_DIM;
  return (before != TOKEN_NAME && before != TOKEN_BOL_NAME && before != TOKEN_BRANCH) || kind_at(l, parenthesis - 2) == TOKEN_OUTPUT;
}

static bool is_tight_sign(const Layout *l, int index) {
  int owner = l->pieces[index].owner;
  return kind_at(l, index) == TOKEN_POWER || (is_sign(kind_at(l, index)) && owner >= 0 && l->pieces[owner].sizes);
}

/* Whether nothing stands between the tokens index - 1 and index. */
static bool touch(const Layout *l, int index) {
  TokenKind before = kind_at(l, index - 1), kind = kind_at(l, index);
  if (before == TOKEN_LPAREN || is_list(l, index - 1)) return true;
  if (kind == TOKEN_RPAREN || kind == TOKEN_RBRACKET || kind == TOKEN_COMMA || kind == TOKEN_COLON) return true;
  if (before == TOKEN_LBRACE && kind == TOKEN_RBRACE) return true;
  if (kind == TOKEN_RANGE || (before == TOKEN_RANGE && kind != TOKEN_LPAREN)) return true;
  if (names_argument(l, index) || names_argument(l, index - 1)) return true;
  if (is_tight_sign(l, index) || is_tight_sign(l, index - 1)) return true;
  if (before == TOKEN_MINUS && !ends_operand(kind_at(l, index - 2))) return true;
  if (kind == TOKEN_LPAREN) return !stands_alone(l, index);
  return is_list(l, index) && (before == TOKEN_NAME || before == TOKEN_BOL_NAME);
}

void set_gaps(Layout *l) {
  for (int i = 1; i < l->list->count; i++) l->pieces[i].gap = touch(l, i) ? 0 : 1;
}
