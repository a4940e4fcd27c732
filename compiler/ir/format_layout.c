/* format_layout.c - what the source says of its layout: who stands in which bracket, on which line and in which column, and
 * which comments come before which token. */
#include "ir/format_layout.h"

typedef struct Walker { /* goes through the source once */
  const char *at;
  int line, column;
  int first;         /* column of the first thing on this line; -1: none yet */
  int line_breaks;   /* since the last thing */
  int behind_column; /* of the last thing */
} Walker;

static void walk(Walker *w, const char *to) {
  for (; w->at < to; w->at++) {
    unsigned char c = (unsigned char)*w->at;
    if (c == '\n') {
      w->line++;
      w->line_breaks++;
      w->column = w->behind_column = 0;
      w->first = -1;
    } else if (c == '\t') {
      w->column = (w->column / 8 + 1) * 8;
    } else if ((c & 0xc0) != 0x80) { /* not within a character of UTF-8 */
      w->column++;
    }
  }
}

static const char *text_of(const Layout *l, uint32_t offset) { return l->list->source->text + (offset - l->list->source->base); }

static void read_comment(Layout *l, Walker *w, int index) {
  Span span = l->list->comments[index].span;
  walk(w, text_of(l, span.start));
  l->comments[index] = (CommentPlace){w->line_breaks, w->column, 0};
  walk(w, text_of(l, span.end));
  w->line_breaks = 0;
}

static void read_token(Layout *l, Walker *w, int index) {
  Span span = l->list->items[index].span;
  Piece *piece = &l->pieces[index];
  walk(w, text_of(l, span.start));
  if (w->first < 0) w->first = w->column;
  piece->line_breaks = w->line_breaks;
  piece->blanks = w->column - w->behind_column;
  piece->source_line = w->line;
  piece->source_column = w->column - w->first;
  int start = w->column;
  walk(w, text_of(l, span.end));
  piece->width = w->column - start;
  w->behind_column = w->column;
  w->line_breaks = 0;
}

static void read_places(Layout *l) {
  Walker w = {.at = l->list->source->text, .first = -1};
  int comment = 0;
  for (int i = 0; i < l->list->count; i++) {
    l->pieces[i].comments = comment;
    while (comment < l->list->comment_count && l->list->comments[comment].span.start < l->list->items[i].span.start)
      read_comment(l, &w, comment++);
    read_token(l, &w, i);
  }
  l->pieces[l->list->count].comments = comment;
}

/* A bracket of sizes follows the name of an element type or a colon; brackets within it belong to it. */
static bool holds_sizes(const Layout *l, int index) {
  TokenKind before = kind_at(l, index - 1);
  int owner = l->pieces[index].owner;
  if (owner >= 0 && l->pieces[owner].sizes) return true;
  return is_list(l, index) && (before == TOKEN_NAME || before == TOKEN_BOL_NAME || before == TOKEN_COLON);
}

static void read_brackets(Layout *l) {
  int owner = -1, depth = 0;
  for (int i = 0; i < l->list->count; i++) {
    if (is_closer(kind_at(l, i))) {
      owner = l->pieces[owner].owner;
      depth--;
    }
    l->pieces[i].owner = owner;
    l->pieces[i].depth = depth;
    if (!is_opener(kind_at(l, i))) continue;
    l->pieces[i].sizes = holds_sizes(l, i);
    owner = i;
    depth++;
  }
}

/* Marks the token at which a construct starts; constructs come in order. */
static void mark_start(Layout *l, int *next, Span span) {
  while (l->list->items[*next].span.start < span.start) ++*next;
  l->pieces[*next].starts = true;
}

static void mark_starts(Layout *l, const Ast *ast) {
  int next = 0;
  for (const AstDecl *decl = ast->declarations; decl; decl = decl->next) {
    mark_start(l, &next, decl->span);
    for (const AstStmt *stmt = decl->statements; stmt; stmt = stmt->next) {
      mark_start(l, &next, stmt->span);
      for (const AstRule *rule = stmt->rules; rule; rule = rule->next) mark_start(l, &next, rule->span);
    }
  }
  for (int i = 0; i < l->list->count; i++)
    if (kind_at(l, i) == TOKEN_RETURN || kind_at(l, i) == TOKEN_END) l->pieces[i].starts = true;
}

/* A line does not begin with these: what stands before them stands behind them then. */
static bool ends_lines(TokenKind kind) {
  return kind == TOKEN_COMMA || kind == TOKEN_COLON || kind == TOKEN_ASSIGN || kind == TOKEN_LBRACE || kind == TOKEN_ELSE;
}

static int larger(int a, int b) { return a > b ? a : b; }

/* Comments and line breaks after an arrow go before it, those before a comma after it. Documentation stays with what
 * it documents. */
static void move_breaks(Layout *l) {
  for (int i = 0; i + 1 < l->list->count; i++) {
    Piece *piece = &l->pieces[i], *next = piece + 1;
    if (ends_lines(kind_at(l, i)) && !next->starts) {
      next->comments = piece->comments;
      next->line_breaks = larger(next->line_breaks, piece->line_breaks);
      piece->line_breaks = 0;
    } else if (kind_at(l, i) == TOKEN_ARROW) {
      next->comments = next[1].comments;
      piece->line_breaks = larger(next->line_breaks, piece->line_breaks);
      next->line_breaks = 0;
    }
  }
}

Layout *new_layout(Arena *arena, const Ast *ast) {
  Layout *l = ARENA_NEW(arena, Layout);
  const TokenList *list = ast->tokens;
  *l = (Layout){arena, list, ARENA_ARRAY(arena, Piece, (size_t)list->count + 1),
                ARENA_ARRAY(arena, CommentPlace, (size_t)list->comment_count + 1)};
  read_places(l);
  read_brackets(l);
  mark_starts(l, ast);
  move_breaks(l);
  return l;
}

int last_comment(const Layout *l, int index) { return l->pieces[index + 1].comments; }

bool has_comments(const Layout *l, int index) { return l->pieces[index].comments < last_comment(l, index); }

bool has_trailing_comment(const Layout *l, int index) {
  return index > 0 && has_comments(l, index) && !l->list->comments[l->pieces[index].comments].own_line;
}
