/* syntax_habits.c - mistakes inside a statement, most of them habits from other languages: calls for flows, operators
 * on tensors, `:` for `=`. Rules as in syntax_mistakes.c. */
#include <string.h>

#include "ir/syntax_errors.h"

/* x -> relu // note  a comment in the manner of C */
int slash_comment(const SyntaxError *e) {
  int place = e->found;
  if (kind_at(e, 0) != TOKEN_FLOOR) {
    bool words = (is_word(kind_at(e, 0)) || is_keyword(kind_at(e, 0))) && (is_word(kind_at(e, 1)) || is_keyword(kind_at(e, 1)));
    if (!words || on_new_line(e, 0)) return NO_RULE;
    int start = line_start(e->list, e->found);
    while (place > start && e->list->items[place].kind != TOKEN_FLOOR) place--;
    if (e->list->items[place].kind != TOKEN_FLOOR) return NO_RULE;
  }
  Diagnostic *d = report(e->list->diagnostics, CODE_E0102, e->list->items[place].span, "comments start with `#`");
  add_help(d, "write `#` instead of `//`, which divides and rounds down");
  add_fix(d, e->list->items[place].span, "#");
  for (place++; place < e->list->count - 1 && !(e->list->items[place].flags & TOKEN_FIRST);) place++;
  return place;
}

/* if a = b, or x == y -> relu */
static int wrong_equals(const SyntaxError *e) {
  if (kind_at(e, 0) == TOKEN_ASSIGN && e->expected[TOKEN_EQ]) {
    Diagnostic *d = syntax_error(e, 0, "a comparison is written `==`");
    add_fix(d, span_at(e, 0), "==");
    add_help(d, "write `%s == %s`", text_at(e, 1), text_at(e, -1));
    return e->found + 1;
  }
  if (kind_at(e, 0) != TOKEN_EQ || !e->expected[TOKEN_ASSIGN]) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "expected `=`, not `==`");
  add_help(d, "write `%s = ..`", text_at(e, 1));
  add_fix(d, span_at(e, 0), "=");
  return e->found + 1;
}

/* a < b < c */
static int chained_comparison(const SyntaxError *e) {
  if (kind_at(e, 0) < TOKEN_EQ || kind_at(e, 0) > TOKEN_GE || !e->expected[TOKEN_PLUS] || e->expected[TOKEN_EQ]) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "comparisons cannot be chained");
  add_help(d, "compare twice: `a < b and b < c`");
  return e->found + 1;
}

/* The help for y = add(a, b): `[a, b] -> add`. */
static void show_flow(const SyntaxError *e, Diagnostic *d) {
  const Token *items = e->list->items;
  const char *name = text_at(e, 1);
  int first = e->found + 1, last = items[e->found].match - 1;
  bool names = last >= first;
  for (int i = first; i <= last; i++) {
    bool tensor = is_word(items[i].kind) || items[i].kind == TOKEN_PATH;
    if (!((i - first) % 2 == 0 ? tensor : items[i].kind == TOKEN_COMMA)) names = false;
  }
  const char *help = NULL;
  Arena *arena = e->list->arena;
  if (names && first == last) help = arena_printf(arena, "%s -> %s", source_text(e->list, first, last), name);
  else if (names) help = arena_printf(arena, "[%s] -> %s", source_text(e->list, first, last), name);
  if (help && items[last].kind != TOKEN_COMMA && !strstr(help, "..")) {
    add_help(d, "write `%s`", help);
    add_fix(d, (Span){span_at(e, 1).start, items[last + 1].span.end}, help);
  } else if (last > first + 1 && is_word(items[first].kind) && items[first + 1].kind == TOKEN_COMMA) {
    add_help(d, "write `%s -> %s(%s)`", source_text(e->list, first, first), name, source_text(e->list, first + 2, last));
  } else {
    add_help(d, "write `tensor -> %s(..)`", name);
  }
}

/* y = add(a, b)      functions instead of flows */
static int call_as_source(const SyntaxError *e) {
  TokenKind before = kind_at(e, 2);
  bool keyword = kind_at(e, 0) == TOKEN_BRANCH || kind_at(e, 0) == TOKEN_REPEAT || kind_at(e, 0) == TOKEN_IF;
  if (keyword && e->expected[TOKEN_NAME] && e->expected[TOKEN_FLOAT] && !e->expected[TOKEN_STRING]) {
    Diagnostic *d = syntax_error(e, 0, "tensors go before the arrow");
    add_help(d, "write `tensor -> %s ..`", text_at(e, 0));
    return e->found + 1;
  }
  bool source = before == TOKEN_ASSIGN || before == TOKEN_LBRACKET || before == TOKEN_BOL_LBRACKET || before == TOKEN_COMMA ||
                before == TOKEN_RETURN;
  if (kind_at(e, 0) != TOKEN_LPAREN || !is_word(kind_at(e, 1)) || !e->expected[TOKEN_ARROW] || !source) return NO_RULE;
  show_flow(e, syntax_error(e, 0, "tensors go before the arrow"));
  return e->list->items[e->found].match ? e->list->items[e->found].match + 1 : e->found + 1;
}

/* -> conv 16, 5      attributes without parentheses */
static int attributes_without_parentheses(const SyntaxError *e) {
  bool value = is_number(kind_at(e, 0)) || kind_at(e, 0) == TOKEN_STRING;
  if (!value || !e->expected[TOKEN_LPAREN] || !is_word(kind_at(e, 1)) || kind_at(e, -1) == TOKEN_COLON || on_new_line(e, 0)) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "expected `(` before `%s`", text_at(e, 0));
  int last = e->found;
  while (e->list->items[last + 1].kind == TOKEN_COMMA && is_number(e->list->items[last + 2].kind)) last += 2;
  const char *attributes = arena_printf(e->list->arena, "(%s)", source_text(e->list, e->found, last));
  add_help(d, "attributes stand in parentheses: `%s%s`", text_at(e, 1), attributes);
  if (!strstr(attributes, "..")) add_fix(d, (Span){span_at(e, 1).end, e->list->items[last].span.end}, attributes);
  return e->found + 1;
}

/* x -> relu conv2: conv(16) */
static int missing_arrow(const SyntaxError *e) {
  TokenKind kind = kind_at(e, 0);
  bool stage = is_word(kind) || kind == TOKEN_PATH || kind == TOKEN_BRANCH || kind == TOKEN_REPEAT || kind == TOKEN_IF ||
               (kind == TOKEN_INT && kind_at(e, -1) == TOKEN_COLON);
  if (!stage || !e->expected[TOKEN_ARROW]) return NO_RULE;
  if (is_word(kind) && kind_at(e, -1) == TOKEN_LBRACE && strcmp(text_at(e, 0), "else") == 0) {
    Diagnostic *d = syntax_error(e, 0, "this `else` has no `if`");
    add_help(d, "write `if condition { .. } else { .. }`");
    return e->found + 1;
  }
  if (e->expected[TOKEN_COMMA] && kind_at(e, -1) != TOKEN_COLON) {
    syntax_error(e, 0, "expected `,` or `->` before `%s`", text_at(e, 0));
    return e->found + 1;
  }
  int end = end_of_layer(e->list, e->found);
  if (is_word(kind) && kind_at(e, -1) == TOKEN_LPAREN && is_word(kind_at(e, 1)) && kind_at(e, 2) == TOKEN_ARROW) {
    Diagnostic *d = syntax_error(e, 0, "expected `:` or `->` before `%s`", text_at(e, 0));
    const char *layer = source_text(e->list, e->found, end);
    add_help(d, "if `%s` names the layer, write `%s: %s`; if it is a layer itself, `-> %s`", text_at(e, 1), text_at(e, 1), layer, layer);
    return e->found + 1;
  }
  Diagnostic *d = syntax_error(e, 0, "expected `->` before `%s`", text_at(e, 0));
  bool whole = is_word(kind) || kind == TOKEN_PATH || kind == TOKEN_INT;
  add_help(d, "write `-> %s%s`", source_text(e->list, e->found, whole ? end : e->found), whole ? "" : " ..");
  if (whole) add_fix(d, (Span){span_at(e, 0).start, span_at(e, 0).start}, "-> ");
  return e->found + 1;
}

/* weights lenet5.safetensors   without quotes */
static int missing_quotes(const SyntaxError *e) {
  bool unquoted = is_word(kind_at(e, 0)) || kind_at(e, 0) == TOKEN_PATH;
  bool weights = kind_at(e, 1) == TOKEN_BOL_NAME && strcmp(text_at(e, 1), "weights") == 0;
  if (!unquoted || on_new_line(e, 0) || e->expected[TOKEN_INT]) return NO_RULE;
  if (!weights && (!e->expected[TOKEN_STRING] || !is_keyword(kind_at(e, 1)))) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "expected a string in double quotes after `%s`", text_at(e, 1));
  const char *quoted = arena_printf(e->list->arena, "\"%s\"", text_at(e, 0));
  add_help(d, "write `%s %s`", text_at(e, 1), quoted);
  add_fix(d, span_at(e, 0), quoted);
  return e->found + 1;
}

/* repeat n{relu}     a body without a blank before it is taken for a path */
static int brace_in_path(const SyntaxError *e) {
  if (kind_at(e, 0) != TOKEN_PATH || !strchr(text_at(e, 0), '{') || !e->expected[TOKEN_STRING]) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "`%s` is a path, not a value", text_at(e, 0));
  add_help(d, "put a blank before a `{` that opens a body");
  return e->found + 1;
}

/* conv(16, padding: 1) */
static int attribute_with_colon(const SyntaxError *e) {
  if (kind_at(e, 0) != TOKEN_COLON || !is_word(kind_at(e, 1)) || !e->expected[TOKEN_ASSIGN] || !e->expected[TOKEN_RPAREN]) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "an attribute is given with `=`");
  add_help(d, "write `%s=%s`", text_at(e, 1), text_at(e, -1));
  Span to = {span_at(e, 1).end, span_at(e, -1).start};
  add_fix(d, to, "=");
  return e->found + 1;
}

/* y = a + b          operators on tensors */
static int tensor_arithmetic(const SyntaxError *e) {
  static const char *const operations[] = {"add", "sub", "mul", "div"};
  TokenKind kind = kind_at(e, 0);
  if (kind < TOKEN_PLUS || kind > TOKEN_SLASH || !e->expected[TOKEN_ARROW] || e->expected[TOKEN_PLUS]) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "tensors are combined by a layer, not by `%s`", text_at(e, 0));
  bool simple = (is_word(kind_at(e, 1)) || kind_at(e, 1) == TOKEN_PATH) && kind_at(e, 2) == TOKEN_ASSIGN;
  bool both = simple && (is_word(kind_at(e, -1)) || kind_at(e, -1) == TOKEN_PATH || is_number(kind_at(e, -1)));
  const char *left = both ? text_at(e, 1) : "a", *right = both ? text_at(e, -1) : "b";
  const char *flow = arena_printf(e->list->arena, "[%s, %s] -> %s", left, right, operations[kind - TOKEN_PLUS]);
  add_help(d, "write `%s`", flow);
  if (both && on_new_line(e, -2)) add_fix(d, (Span){span_at(e, 1).start, span_at(e, -1).end}, flow);
  return e->found + 1;
}

/* x -> relu          a statement without a name */
static int unnamed_statement(const SyntaxError *e) {
  bool call = kind_at(e, 0) == TOKEN_LPAREN;
  int first = kind_at(e, 1) == TOKEN_RBRACKET ? e->list->items[e->found - 1].match : e->found - 1;
  bool list = first >= 0 && first < e->found - 1 && e->list->items[first].kind == TOKEN_BOL_LBRACKET;
  if (e->body < 0 || (kind_at(e, 1) != TOKEN_BOL_NAME && !list) || !e->expected[TOKEN_ASSIGN]) return NO_RULE;
  if (kind_at(e, 0) == TOKEN_COMMA) {
    Diagnostic *d = syntax_error(e, 0, "several tensors stand in brackets");
    add_help(d, "write `[%s, %s] = ..`", text_at(e, 1), is_word(kind_at(e, -1)) ? text_at(e, -1) : "b");
    return e->found + 1;
  }
  if (kind_at(e, 0) != TOKEN_ARROW && !call) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "expected `=` before `%s`: a statement names its tensor", text_at(e, 0));
  if (call) add_help(d, "write `name = tensor -> %s(..)`", text_at(e, 1));
  else if (e->in_net) add_help(d, "write `name = %s -> ..`", source_text(e->list, first, e->found - 1));
  else add_help(d, "write `name = %s -> ..`, or `return` before what the block yields", source_text(e->list, first, e->found - 1));
  return e->found + 1;
}

/* a = x  b = y       two statements on a line */
static int crowded_line(const SyntaxError *e) {
  const Token *token = &e->list->items[e->found];
  if (e->body < 0 || !is_word(token->kind) || !(token->flags & TOKEN_STATEMENT) || on_new_line(e, 0)) return NO_RULE;
  bool keyword = false;
  for (TokenKind kind = TOKEN_META; kind <= TOKEN_RETURN; kind++) keyword |= strcmp(text_at(e, 0), token_spelling(kind)) == 0;
  bool begins = kind_at(e, -1) == TOKEN_ASSIGN || (keyword && (is_word(kind_at(e, -1)) || kind_at(e, -1) == TOKEN_STRING));
  if (!begins || !(e->expected[TOKEN_ARROW] || e->expected[TOKEN_SHARED])) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "a statement begins on a new line");
  add_help(d, "put `%s` at the start of a line", text_at(e, 0));
  add_fix(d, (Span){span_at(e, 1).end, span_at(e, 0).start}, "\n  ");
  return e->found + 1;
}

/* conv(16, 3 x 3) */
static int size_with_blanks(const SyntaxError *e) {
  const char *word = is_word(kind_at(e, 0)) ? text_at(e, 0) : "";
  bool alone = strcmp(word, "x") == 0 && kind_at(e, -1) == TOKEN_INT;
  bool joined = word[0] == 'x' && word[1] && strspn(word + 1, "0123456789") == strlen(word + 1);
  if (kind_at(e, 1) != TOKEN_INT || !(alone || joined) || e->expected[TOKEN_STRING]) return NO_RULE;
  const char *size = arena_printf(e->list->arena, "%s%s%s", text_at(e, 1), word, alone ? text_at(e, -1) : "");
  Diagnostic *d = syntax_error(e, 0, "a size is written without blanks");
  add_help(d, "write `%s`", size);
  add_fix(d, (Span){span_at(e, 1).start, span_at(e, alone ? -1 : 0).end}, size);
  return e->found + 1;
}

/* x = y.relu() */
static int path_called(const SyntaxError *e) {
  if (kind_at(e, 0) != TOKEN_LPAREN || kind_at(e, 1) != TOKEN_PATH) return NO_RULE;
  Diagnostic *d = syntax_error(e, 1, "`%s` is a path, not a layer", text_at(e, 1));
  add_help(d, "layers follow arrows: `x -> relu -> ..`; a path may name one: `layer1.0: conv(16, 3)`");
  return e->found + 1;
}

/* shared t = conv(3) -> relu */
static int shared_chain(const SyntaxError *e) {
  int start = e->found - 1;
  if (start < 0) return NO_RULE;
  while (start > 0 && !(e->list->items[start].flags & TOKEN_STATEMENT && e->list->items[start].flags & TOKEN_FIRST)) start--;
  if (kind_at(e, 0) != TOKEN_ARROW || e->list->items[start].kind != TOKEN_SHARED) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "a shared layer is one layer or block, not a chain");
  add_help(d, "put the chain into a `block` and share that");
  return e->found + 1;
}

/* net my-net */
static int dash_in_name(const SyntaxError *e) {
  if (kind_at(e, 0) != TOKEN_MINUS || !is_word(kind_at(e, 1)) || e->expected[TOKEN_MINUS]) return NO_RULE;
  bool word = is_word(kind_at(e, -1)) || is_number(kind_at(e, -1));
  if (!word || span_at(e, 1).end != span_at(e, 0).start || span_at(e, 0).end != span_at(e, -1).start) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "a name has no `-` in it");
  add_help(d, "write `%s_%s`", text_at(e, 1), text_at(e, -1));
  add_fix(d, span_at(e, 0), "_");
  return e->found + 1;
}

int explain_habit(const SyntaxError *e) {
  static int (*const rules[])(const SyntaxError *) = {
      attribute_with_colon, wrong_equals,      chained_comparison, path_called,      call_as_source,
      unnamed_statement,    tensor_arithmetic, dash_in_name,       size_with_blanks, attributes_without_parentheses,
      missing_quotes,       brace_in_path,     shared_chain,       crowded_line,     missing_arrow};
  for (int i = 0; i < (int)(sizeof rules / sizeof rules[0]); i++) {
    int from = rules[i](e);
    if (from != NO_RULE) return from;
  }
  return NO_RULE;
}
