/* format_align.c - columns. The rows of a matrix get them always. `=`, `->`, what follows a `:` and comments keep those
 * that the author made: where such a token stands below another of its kind and one of the two has extra blanks before
 * it, both stay below each other. Extra blanks that make no column are not kept. */
#include <stdlib.h>

#include "ir/format_layout.h"

enum { WIDEST_NUMBER = 32 };

/* Matrices */

/* The number at *at, with its sign, and the comma behind it are passed. 0: there is none, or it is too wide. */
static int pass_number(const Layout *l, int *at) {
  int width = 0;
  if (kind_at(l, *at) == TOKEN_MINUS) width = l->pieces[(*at)++].width;
  TokenKind kind = kind_at(l, *at);
  if ((kind != TOKEN_INT && kind != TOKEN_FLOAT) || l->pieces[*at].width > WIDEST_NUMBER) return 0;
  width += l->pieces[(*at)++].width;
  if (kind_at(l, *at) == TOKEN_COMMA) ++*at;
  else if (kind_at(l, *at) != TOKEN_RBRACKET) return 0;
  return width;
}

/* Passes a row and what is behind it. Returns how many numbers it has and notes how wide each column must be; 0: this
 * is no row of a matrix, or it has more than `most`. */
static int measure_row(const Layout *l, int *at, int *widths, int most) {
  int opener = *at, closer = l->list->items[opener].match, count = 0;
  if (!is_list(l, opener)) return 0;
  for (++*at; *at < closer; count++) {
    int width = pass_number(l, at);
    if (!width || count == most) return 0;
    if (width > widths[count]) widths[count] = width;
  }
  for (int i = opener + 1; i <= closer; i++)
    if (l->pieces[i].breaks) return 0;
  *at = closer + 1 + (kind_at(l, closer + 1) == TOKEN_COMMA);
  return count;
}

static void align_row(Layout *l, int *at, const int *widths) {
  int closer = l->list->items[*at].match;
  ++*at;
  for (int column = 0; *at < closer; column++) {
    int first = *at, width = pass_number(l, at);
    l->pieces[first].gap += widths[column] - width;
  }
  *at = closer + 1 + (kind_at(l, closer + 1) == TOKEN_COMMA);
}

/* Rows of numbers, equally many in each, every row on a line of its own. */
static void align_matrix(Layout *l, int opener) {
  int closer = l->list->items[opener].match, at = opener + 1;
  if (!is_list(l, at)) return;
  int most = l->list->items[at].match - at;
  int *widths = ARENA_ARRAY(l->arena, int, (size_t)most);
  int columns = measure_row(l, &at, widths, most);
  if (!columns) return;
  while (at < closer)
    if (!l->pieces[at].breaks || measure_row(l, &at, widths, columns) != columns) return;
  for (at = opener + 1; at < closer;) align_row(l, &at, widths);
}

void align_matrices(Layout *l) {
  for (int i = 0; i < l->list->count; i++)
    if (is_list(l, i)) align_matrix(l, i);
}

/* The author's columns */

typedef struct Aligned { /* a token in a column */
  int source_column;
  int top; /* the uppermost token of the column */
  int token, line;
} Aligned;

typedef struct Aligner {
  Layout *layout;
  Aligned *items;
  int count;
  int *tops; /* by token: the top of its column, 0: in none */
} Aligner;

/* What can stand in a column: two tokens must be of the same kind. */
static TokenKind column_kind(const Layout *l, int index) {
  if (kind_at(l, index - 1) == TOKEN_COLON) return TOKEN_COLON;
  if (kind_at(l, index) == TOKEN_ARROW) return TOKEN_ARROW;
  return kind_at(l, index) == TOKEN_ASSIGN && l->pieces[index].gap ? TOKEN_ASSIGN : TOKEN_END;
}

/* Whether a line consists of the tokens of one line of the source, from its first. */
static bool is_as_written(const Layout *l, int from, int to) {
  if (from && l->pieces[from - 1].source_line == l->pieces[from].source_line) return false;
  return l->pieces[to - 1].source_line == l->pieces[from].source_line;
}

static void add_aligned(Aligner *a, int token, int line, int top) {
  if (a->tops[token]) return;
  a->tops[token] = top;
  Aligned item = {a->layout->pieces[token].source_column, top, token, line};
  ARENA_PUSH(a->layout->arena, a->items, a->count, item);
}

/* Finds what stands below each other in two lines. */
static void join_lines(Aligner *a, int upper, int lower) {
  const Layout *l = a->layout;
  int upper_end = line_end(l, upper), lower_end = line_end(l, lower);
  for (int i = upper + 1, k = lower + 1; i < upper_end && k < lower_end;) {
    const Piece *one = &l->pieces[i], *other = &l->pieces[k];
    if (one->source_column < other->source_column) {
      i++;
    } else if (one->source_column > other->source_column) {
      k++;
    } else {
      bool same = column_kind(l, i) == column_kind(l, k) && column_kind(l, i) != TOKEN_END;
      if (same && (one->blanks > 1 || other->blanks > 1)) {
        add_aligned(a, i, upper, i);
        add_aligned(a, k, lower, a->tops[i]);
      }
      i++;
      k++;
    }
  }
}

/* Lines are neighbours that begin things held by the same bracket, or continue the same thing, whatever stands deeper
 * between them, and have no blank line between them. */
static void find_columns(Aligner *a) {
  const Layout *l = a->layout;
  int count = l->list->count, blank = 0;
  int *item = ARENA_ARRAY(l->arena, int, (size_t)count + 1);      /* by owner: its latest item */
  int *above = ARENA_ARRAY(l->arena, int, (size_t)count * 2 + 1); /* by owner, or by count + item: the last line */
  for (int i = 0; i < count; i++) above[i] = above[count + i] = -1;
  for (int from = 0, to; from < count; from = to) {
    to = line_end(l, from);
    if (l->pieces[from].line_breaks > 1) blank = from;
    int key = -1;
    for (int i = from; i < to; i++) {
      int owner = l->pieces[i].owner + 1;
      if (is_item(l, i)) item[owner] = i;
      if (i == from) key = item[owner] == i ? owner : count + item[owner];
    }
    if (is_closer(kind_at(l, from))) continue;
    bool written = is_as_written(l, from, to);
    if (written && above[key] >= blank) join_lines(a, above[key], from);
    above[key] = written ? from : -1;
  }
}

static int compare_aligned(const void *a, const void *b) {
  const Aligned *one = a, *other = b;
  if (one->source_column != other->source_column) return one->source_column < other->source_column ? -1 : 1;
  if (one->top != other->top) return one->top < other->top ? -1 : 1;
  return one->token < other->token ? -1 : one->token > other->token;
}

/* From left to right: a column stands where it stood, or further right if something before it needs the place. */
void keep_alignment(Layout *l) {
  Aligner a = {.layout = l, .tops = ARENA_ARRAY(l->arena, int, (size_t)l->list->count)};
  find_columns(&a);
  if (a.count) qsort(a.items, (size_t)a.count, sizeof *a.items, compare_aligned);
  int *shift = ARENA_ARRAY(l->arena, int, (size_t)l->list->count); /* by line: what was added on it */
  for (int from = 0, to; from < a.count; from = to) {
    int column = a.items[from].source_column;
    for (to = from; to < a.count && a.items[to].top == a.items[from].top; to++) {
      int natural = l->pieces[a.items[to].token].column - l->pieces[a.items[to].line].column + shift[a.items[to].line];
      if (natural > column) column = natural;
    }
    for (int i = from; i < to; i++) {
      int more = column - (l->pieces[a.items[i].token].column - l->pieces[a.items[i].line].column + shift[a.items[i].line]);
      l->pieces[a.items[i].token].gap += more;
      shift[a.items[i].line] += more;
    }
  }
}

/* Comments behind code */

/* The token after the line that begins at `from`, if a comment stands between; else 0. */
static int commented(const Layout *l, int from) {
  int to = line_end(l, from);
  return to < l->list->count && has_trailing_comment(l, to) ? to : 0;
}

/* Where the comment behind a line stood; -1: the line was another. */
static int comment_column(const Layout *l, int from, int next) {
  return is_as_written(l, from, next) ? l->comments[l->pieces[next].comments].source_column : -1;
}

/* Comments below each other stay so; one alone stays in its column. */
void place_comments(Layout *l) {
  for (int from = 0; from < l->list->count;) {
    int first = commented(l, from);
    if (!first) {
      from = line_end(l, from);
      continue;
    }
    int source = comment_column(l, from, first), column = source < MAX_COLUMNS ? source : 0, end = from;
    for (int to = first; to && comment_column(l, end, to) == source; to = commented(l, end)) {
      const Piece *piece = &l->pieces[to];
      if (column <= piece[-1].column + piece[-1].width) column = piece[-1].column + piece[-1].width + 1;
      end = to;
      if (last_comment(l, to) > piece->comments + 1 || piece->line_breaks > 1) break;
    }
    for (int to = first; to <= end; to++)
      if (has_trailing_comment(l, to)) l->comments[l->pieces[to].comments].column = column;
    from = end;
  }
}
