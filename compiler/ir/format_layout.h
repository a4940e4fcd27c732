/* format_layout.h - a text on its way through the formatter: for each token, where it stood and where it will stand.
 *
 * The tokens are those of the source, in their order; only what lies between them is decided here. Every decision is a
 * function of tokens, comments and the author's line breaks and columns, and leaves what it would choose itself as it
 * is: so formatting twice changes nothing. Private to the formatter. */
#ifndef CNNC_IR_FORMAT_LAYOUT_H
#define CNNC_IR_FORMAT_LAYOUT_H
#include "ir/tokens.h"

enum { MAX_COLUMNS = 100, INDENT = 2 };

typedef struct Piece { /* beside each token; columns count characters from 0 */
  /* in the source */
  int comments;      /* index of the first comment before it; they end where those of the next token begin */
  int line_breaks;   /* directly before it; two are a blank line */
  int blanks;        /* directly before it on its line */
  int source_line;   /* number of its line */
  int source_column; /* counted from the first token of its line */
  int width;
  /* in the tree */
  bool starts; /* begins a declaration, a statement, a rule, or is the end of the file */
  bool sizes;  /* a bracket that stands around sizes of a type */
  int owner;   /* the innermost opening bracket around it, of a closing bracket: around the pair; -1: none */
  int depth;   /* how many brackets that are */
  /* in the result */
  bool breaks; /* begins a line */
  int gap;     /* else: blanks before it */
  int column;
  int contents, closing; /* of an opening bracket: where lines inside it and its partner begin */
} Piece;

typedef struct CommentPlace { /* beside each comment */
  int line_breaks, source_column;
  int column; /* of one behind code: in the result */
} CommentPlace;

typedef struct Layout {
  Arena *arena;
  const TokenList *list;
  Piece *pieces;
  CommentPlace *comments;
} Layout;

static inline TokenKind kind_at(const Layout *l, int index) { return index < 0 ? TOKEN_END : (TokenKind)l->list->items[index].kind; }
/* A square bracket, wherever it stands. */
static inline bool is_list(const Layout *l, int index) {
  return kind_at(l, index) == TOKEN_LBRACKET || kind_at(l, index) == TOKEN_BOL_LBRACKET;
}
/* The parenthesis of `branch(`, whose contents are chains. */
static inline bool is_branch(const Layout *l, int index) {
  return kind_at(l, index) == TOKEN_LPAREN && kind_at(l, index - 1) == TOKEN_BRANCH;
}
/* Whether a token is one of the things that its bracket holds, not the continuation of one. */
bool is_item(const Layout *l, int index);
/* The index of the first token after the line that begins at `from`. */
int line_end(const Layout *l, int from);
int last_comment(const Layout *l, int index); /* before the token: one behind the last */
bool has_comments(const Layout *l, int index);
bool has_trailing_comment(const Layout *l, int index);

/* Where everything stood. (format_layout.c) */
Layout *new_layout(Arena *arena, const Ast *ast);
/* Which tokens begin lines, and the columns of all. (format_lines.c) */
void keep_line_breaks(Layout *l);
void break_long_lines(Layout *l);
void place_tokens(Layout *l);
/* Blanks between tokens of one line. (format_blanks.c) */
void set_gaps(Layout *l);
/* More blanks, which make columns. (format_align.c) */
void align_matrices(Layout *l);
void keep_alignment(Layout *l);
void place_comments(Layout *l);
#endif
