/* format_lines.c - where lines begin: statements do, and what the author put on a line of its own where that is usual;
 * chains that are too long are broken. And how far lines are indented. Must not know what the lines say. */
#include "ir/format_layout.h"

/* Further right nothing is aligned below a bracket, so that hostile nesting cannot blow up the text. */
enum { LAST_VISUAL_COLUMN = 80 };

int line_end(const Layout *l, int from) {
  int to = from + 1;
  while (to < l->list->count && !l->pieces[to].breaks) to++;
  return to;
}

/* Whether a token begins a line regardless of the braces around it. */
static bool begins_line(const Layout *l, int i) {
  const Piece *piece = &l->pieces[i];
  if (i == 0 || kind_at(l, i) == TOKEN_END || has_comments(l, i)) return true;
  if (piece->starts && kind_at(l, i - 1) != TOKEN_LBRACE) return true;
  if (!piece->line_breaks || is_closer(kind_at(l, i))) return false;
  if (kind_at(l, i) == TOKEN_ARROW) return true;
  if (piece->owner < 0 || kind_at(l, piece->owner) == TOKEN_LBRACE) return false;
  return kind_at(l, i - 1) == TOKEN_COMMA || piece->owner == i - 1;
}

static int partner(const Layout *l, int index) { return l->list->items[index].match; }

/* Puts what is in a brace, or in the two of if and else, on lines of its own. */
static void open_brace(Layout *l, int opener) {
  l->pieces[opener + 1].breaks = l->pieces[partner(l, opener)].breaks = true;
  int other = -1;
  if (kind_at(l, partner(l, opener) + 1) == TOKEN_ELSE) other = partner(l, opener) + 2;
  else if (kind_at(l, opener - 1) == TOKEN_ELSE) other = partner(l, opener - 2);
  if (other < 0) return;
  l->pieces[other + 1].breaks = l->pieces[partner(l, other)].breaks = true;
}

/* A brace is open if anything in it begins a line. */
static bool holds_break(const Layout *l, int opener) {
  int closer = partner(l, opener);
  if (opener + 1 < closer && (l->pieces[opener + 1].line_breaks || l->pieces[closer].line_breaks)) return true;
  for (int i = opener + 1; i <= closer; i++)
    if (l->pieces[i].breaks) return true;
  return false;
}

void keep_line_breaks(Layout *l) {
  for (int i = 0; i < l->list->count; i++) l->pieces[i].breaks = begins_line(l, i);
  for (int i = l->list->count; i-- > 0;) { /* inner brackets first */
    TokenKind kind = kind_at(l, i);
    if (!is_opener(kind)) continue;
    if (kind == TOKEN_LBRACE && holds_break(l, i)) open_brace(l, i);
    if (kind != TOKEN_LBRACE && l->pieces[i + 1].breaks) l->pieces[partner(l, i)].breaks = true;
  }
}

bool is_item(const Layout *l, int i) {
  int owner = l->pieces[i].owner;
  if (l->pieces[i].starts || owner == i - 1) return true;
  return owner >= 0 && kind_at(l, owner) != TOKEN_LBRACE && kind_at(l, i - 1) == TOKEN_COMMA;
}

static int begin_column(const Layout *l, int i) {
  int owner = l->pieces[i].owner;
  if (is_closer(kind_at(l, i))) return l->pieces[partner(l, i)].closing;
  int contents = owner < 0 ? 0 : l->pieces[owner].contents;
  if (is_item(l, i)) return contents;
  return contents + (owner >= 0 && is_branch(l, owner) ? 2 * INDENT : INDENT);
}

/* The lines inside a bracket that stands on a line which begins at column `line`. A branch is a part of a chain, so
 * that its end stands where arrows stand. */
static void place_contents(Layout *l, int opener, int line) {
  Piece *piece = &l->pieces[opener];
  bool brace = kind_at(l, opener) == TOKEN_LBRACE;
  if (!brace && !piece[1].breaks && piece->column < LAST_VISUAL_COLUMN) {
    piece->contents = piece->closing = piece->column + 1;
    return;
  }
  piece->closing = is_branch(l, opener) ? line + INDENT : line;
  piece->contents = piece->closing + INDENT;
}

void place_tokens(Layout *l) {
  int line = 0, at = 0;
  for (int i = 0; i < l->list->count; i++) {
    Piece *piece = &l->pieces[i];
    if (piece->breaks) line = at = begin_column(l, i);
    else at += piece->gap;
    piece->column = at;
    at += piece->width;
    if (is_opener(kind_at(l, i))) place_contents(l, i, line);
  }
}

/* Long lines */

static int end_column(const Layout *l, int index) { return l->pieces[index].column + l->pieces[index].width; }

/* An arrow to what a reader looks for at the start of a line: a named layer with attributes, a named construct. */
static bool begins_layer(const Layout *l, int arrow) {
  if (kind_at(l, arrow + 2) != TOKEN_COLON) return false;
  TokenKind kind = kind_at(l, arrow + 3);
  return (kind != TOKEN_NAME && kind != TOKEN_BOL_NAME) || kind_at(l, arrow + 4) == TOKEN_LPAREN;
}

/* Breaks a line before its arrows at this depth: before those that begin a layer, else where it is full. */
static void break_arrows(Layout *l, int from, int to, int depth) {
  bool layers = false;
  int arrow = 0, shift = 0;
  for (int i = from + 1; i < to; i++)
    if (kind_at(l, i) == TOKEN_ARROW && l->pieces[i].depth == depth && begins_layer(l, i)) layers = l->pieces[i].breaks = true;
  for (int i = from + 1; i <= to && !layers; i++) {
    if (i < to && (kind_at(l, i) != TOKEN_ARROW || l->pieces[i].depth != depth)) continue;
    if (arrow && end_column(l, i - 1) + shift > MAX_COLUMNS) {
      l->pieces[arrow].breaks = true;
      shift = begin_column(l, arrow) - l->pieces[arrow].column;
    }
    arrow = i;
  }
}

/* Whether a token is, or is an arrow right inside, a bracket that may be spread over several lines, and that begins and
 * ends on this one: returns the bracket or -1. */
static int bracket_to_open(const Layout *l, int index, int from, int to) {
  bool arrow = kind_at(l, index) == TOKEN_ARROW;
  int opener = arrow ? l->pieces[index].owner : index;
  if (opener < from || !is_opener(kind_at(l, opener)) || partner(l, opener) >= to || partner(l, opener) == opener + 1) return -1;
  return kind_at(l, opener) == TOKEN_LBRACE || is_branch(l, opener) || (arrow && is_list(l, opener)) ? opener : -1;
}

/* A body goes before the head that it belongs to. */
static int bracket_rank(const Layout *l, int opener) { return l->list->items[opener].flags & TOKEN_BODY ? -1 : l->pieces[opener].depth; }

static void open_bracket(Layout *l, int opener) {
  int closer = partner(l, opener);
  if (kind_at(l, opener) == TOKEN_LBRACE) {
    open_brace(l, opener);
    return;
  }
  if (is_branch(l, opener)) l->pieces[opener + 1].breaks = l->pieces[closer].breaks = true;
  for (int i = opener + 1; i + 1 < closer; i++)
    if (kind_at(l, i) == TOKEN_COMMA && l->pieces[i].owner == opener) l->pieces[i + 1].breaks = true;
}

/* Spreads the brackets of this rank: all, or those whose stage would not fit on a line of its own. false: none. */
static bool open_brackets(Layout *l, int from, int to, int rank, bool all) {
  int stage = from, done = -1;
  for (int i = from; i < to; i++) {
    if (kind_at(l, i) == TOKEN_ARROW && l->pieces[i].depth == rank) stage = i;
    int opener = bracket_to_open(l, i, from, to);
    if (opener < 0 || opener == done || bracket_rank(l, opener) != rank) continue;
    int left = kind_at(l, stage) == TOKEN_ARROW ? begin_column(l, stage) : l->pieces[stage].column;
    if (!all && left + end_column(l, partner(l, opener)) - l->pieces[stage].column <= MAX_COLUMNS) continue;
    open_bracket(l, opener);
    done = opener;
  }
  return done >= 0;
}

/* Breaks a line that is too long: spreads the brackets of its outermost chain that are too long themselves, else breaks
 * before the arrows of that chain or, if those lie deeper, spreads its outermost brackets. false: it has nothing of the
 * kind. */
static bool split_line(Layout *l, int from, int to) {
  enum { NONE = MAX_NESTING + 1 };
  int arrows = NONE, brackets = NONE;
  for (int i = from; i < to; i++) {
    if (i > from && kind_at(l, i) == TOKEN_ARROW && l->pieces[i].depth < arrows) arrows = l->pieces[i].depth;
    int opener = bracket_to_open(l, i, from, to);
    if (opener >= 0 && bracket_rank(l, opener) < brackets) brackets = bracket_rank(l, opener);
  }
  if (arrows == NONE && brackets == NONE) return false;
  if (brackets <= arrows && open_brackets(l, from, to, brackets, brackets < arrows)) return true;
  break_arrows(l, from, to, arrows);
  return true;
}

void break_long_lines(Layout *l) {
  for (bool changed = true; changed;) {
    changed = false;
    place_tokens(l);
    for (int from = 0, to; from < l->list->count; from = to) {
      to = line_end(l, from);
      if (end_column(l, to - 1) > MAX_COLUMNS && split_line(l, from, to)) changed = true;
    }
  }
}
