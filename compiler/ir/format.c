/* format.c - see format.h. Writes the tokens of the source as they are, in their order, and between them what the layout
 * says; then reads the result and compares, so that a fault here can never change a program. */
#include "ir/format.h"

#include <string.h>

#include "ir/format_layout.h"

static void add_span(Text *out, const Source *source, Span span) {
  text_add_bytes(out, source->text + (span.start - source->base), span.end - span.start);
}

static void begin_line(Text *out, bool blank, int column) {
  if (out->length) text_add(out, blank ? "\n\n" : "\n");
  text_add_char(out, ' ', column);
}

static void add_comments(Text *out, const Layout *l, int index) {
  const Piece *piece = &l->pieces[index];
  int column = is_closer(kind_at(l, index)) ? l->pieces[l->list->items[index].match].contents : piece->column;
  for (int i = piece->comments; i < last_comment(l, index); i++) {
    const CommentPlace *place = &l->comments[i];
    if (i == piece->comments && has_trailing_comment(l, index))
      text_add_char(out, ' ', place->column - (piece[-1].column + piece[-1].width));
    else begin_line(out, place->line_breaks > 1, column);
    add_span(out, l->list->source, l->list->comments[i].span);
  }
}

/* The text of a layout. It is not longer than a source may be, or cut off somewhere behind that. */
static Text write_layout(Layout *l) {
  const TokenList *list = l->list;
  Text out = text_new(l->arena);
  if (list->items[0].kind != TOKEN_CNN) {
    text_add(&out, "cnn 1");
    *(has_comments(l, 0) ? &l->comments[0].line_breaks : &l->pieces[0].line_breaks) = 2;
  }
  for (int i = 0; i < list->count && out.length <= MAX_SOURCE_BYTES; i++) {
    add_comments(&out, l, i);
    if (list->items[i].kind == TOKEN_END) break;
    if (l->pieces[i].breaks) begin_line(&out, l->pieces[i].line_breaks > 1, l->pieces[i].column);
    else text_add_char(&out, ' ', l->pieces[i].gap);
    add_span(&out, list->source, list->items[i].span);
  }
  text_add(&out, "\n");
  return out;
}

static bool same_comments(const TokenList *before, const TokenList *after) {
  if (before->comment_count != after->comment_count) return false;
  for (int i = 0; i < before->comment_count; i++) {
    Span one = before->comments[i].span, other = after->comments[i].span;
    if (one.end - one.start != other.end - other.start) return false;
    if (memcmp(before->source->text + (one.start - before->source->base), after->source->text + (other.start - after->source->base),
               one.end - one.start))
      return false;
  }
  return true;
}

/* Whether the text means what the tree says. */
static bool is_faithful(Arena *arena, const Ast *ast, const Text *text) {
  Sources sources = {.arena = arena};
  Diagnostics diagnostics = {.arena = arena, .sources = &sources};
  const Source *source = sources_add(&sources, ast->source->name, text_string(text), text->length);
  Ast *again = parse_source(arena, &diagnostics, source);
  if (again->broken || !same_comments(ast->tokens, again->tokens)) return false;
  if (!ast->version) again->version = 0; /* the line `cnn 1` was added */
  Text before = text_new(arena), after = text_new(arena);
  print_ast(&before, ast, false);
  print_ast(&after, again, false);
  return !strcmp(text_string(&before), text_string(&after));
}

const char *format_source(Arena *arena, Diagnostics *diagnostics, const Source *source, size_t *length) {
  const Ast *ast = parse_source(arena, diagnostics, source);
  if (ast->broken) return NULL;
  Layout *layout = new_layout(arena, ast);
  set_gaps(layout);
  keep_line_breaks(layout);
  align_matrices(layout);
  break_long_lines(layout);
  keep_alignment(layout);
  place_tokens(layout);
  place_comments(layout);
  Text out = write_layout(layout);
  if (out.length > MAX_SOURCE_BYTES) {
    report(diagnostics, CODE_E0105, (Span){source->base, source->base}, "formatted, the file would be larger than %d MiB",
           MAX_SOURCE_BYTES >> 20);
    return NULL;
  }
  if (!is_faithful(arena, ast, &out)) {
    report(diagnostics, CODE_E0999, (Span){0}, "internal error in fmt: the formatted text is not what was written");
    return NULL;
  }
  *length = out.length;
  return text_string(&out);
}
