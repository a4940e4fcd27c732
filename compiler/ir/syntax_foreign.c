/* syntax_foreign.c - habits from Python and its frameworks: modules, `elif`, `for`, bodies after a colon. Rules as in
 * syntax_mistakes.c. */
#include <string.h>

#include "ir/syntax_errors.h"

static bool word_is(const SyntaxError *e, int back, const char *word) { return strcmp(text_at(e, back), word) == 0; }

/* x -> nn.Conv2d(3, 6, 5)   an operation of a module */
static int module_prefix(const SyntaxError *e) {
  static const char *const modules[] = {"nn.", "F.", "torch.", "tf.", "keras.", "layers.", "self.", "np."};
  int back = kind_at(e, 0) == TOKEN_LPAREN ? 1 : 0;
  bool path = kind_at(e, back) == TOKEN_PATH && (kind_at(e, back + 1) == TOKEN_ARROW || kind_at(e, back + 1) == TOKEN_COLON);
  const char *text = path ? text_at(e, back) : "", *name = strrchr(text, '.');
  bool module = false;
  for (size_t i = 0; path && i < sizeof modules / sizeof *modules; i++) module |= strncmp(text, modules[i], strlen(modules[i])) == 0;
  if (!module || !name || strchr(text, '{')) return NO_RULE;
  Diagnostic *d = syntax_error(e, back, "operations have no module: `%s`", text);
  add_help(d, "write `%s`", name + 1);
  add_fix(d, span_at(e, back), name + 1);
  return e->found + 1;
}

/* if a { .. } elif b { .. }, or else if */
static int else_if(const SyntaxError *e) {
  bool joined = word_is(e, 0, "elif") || word_is(e, 0, "elseif") || word_is(e, 0, "elsif");
  bool apart = (word_is(e, 0, "else") && word_is(e, -1, "if")) || (word_is(e, 1, "else") && word_is(e, 0, "if"));
  if (kind_at(e, joined ? 1 : word_is(e, 0, "else") ? 1 : 2) != TOKEN_RBRACE || !(joined || apart)) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "`else` has a body of its own");
  add_help(d, "write `else { if .. { .. } }`");
  return e->found + 1;
}

/* -> for i in 0..3 { .. } */
static int loop_word(const SyntaxError *e) {
  int back = kind_at(e, 1) == TOKEN_ARROW || kind_at(e, 1) == TOKEN_COLON ? 0 : 1;
  if (!word_is(e, back, "for") && !word_is(e, back, "while")) return NO_RULE;
  if (kind_at(e, back + 1) != TOKEN_ARROW && kind_at(e, back + 1) != TOKEN_COLON) return NO_RULE;
  Diagnostic *d = syntax_error(e, back, "there is no `%s`", text_at(e, back));
  add_help(d, "write `repeat 3 { .. }`, or `repeat i in 1..3 { block{i}: .. }`");
  return e->found + 1;
}

/* repeat i in range(3) { .. } */
static int missing_range(const SyntaxError *e) {
  if (!e->expected[TOKEN_RANGE] || kind_at(e, 0) != TOKEN_LBRACE) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "expected `..` before `{`: a range has two ends");
  add_help(d, "write `repeat i in 0..2 { .. }`, which includes both ends");
  return e->found + 1;
}

/* net n:             a body after a colon, as in Python */
static int body_after_colon(const SyntaxError *e) {
  if (kind_at(e, 0) != TOKEN_COLON || !e->expected[TOKEN_LBRACE]) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "a body stands in braces");
  add_help(d, "write `{` here and `}` behind the body");
  return e->found + 1;
}

/* block b(x) { .. }  a definition in the manner of a function */
static int block_as_function(const SyntaxError *e) {
  if (kind_at(e, 0) != TOKEN_LPAREN || kind_at(e, 2) != TOKEN_BLOCK || !e->expected[TOKEN_ARROW]) return NO_RULE;
  const char *tensor = is_word(kind_at(e, -1)) ? text_at(e, -1) : "x";
  Diagnostic *d = syntax_error(e, 0, "a block is defined the way it is used: its tensor stands before an arrow");
  add_help(d, "write `block %s -> %s { .. }`, with attributes behind the name: `%s(channels)`", tensor, text_at(e, 1), text_at(e, 1));
  return e->found + 1;
}

/* input x: [3, 8, 8],  a comma at the end of a statement */
static int comma_at_end(const SyntaxError *e) {
  if (kind_at(e, 0) != TOKEN_COMMA || !on_new_line(e, -1) || e->expected[TOKEN_COMMA] || enclosing_bracket(e->list, e->found) != e->body)
    return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "no `,` needed: a statement ends at the end of its line");
  add_help(d, "remove the `,`");
  add_fix(d, span_at(e, 0), "");
  return e->found + 1;
}

/* branch()           nothing to choose from */
static int empty_branch(const SyntaxError *e) {
  if (kind_at(e, 0) != TOKEN_RPAREN || kind_at(e, 1) != TOKEN_LPAREN || kind_at(e, 2) != TOKEN_BRANCH) return NO_RULE;
  Diagnostic *d = syntax_error(e, 2, "a branch needs at least two arms");
  add_help(d, "`branch(conv1: conv(8, 3), identity)` yields two tensors");
  return e->found + 1;
}

/* const k = 1
 * cnn 1              the version anywhere but in the first line */
static int late_version(const SyntaxError *e) {
  if (e->body >= 0 || !e->expected[TOKEN_NET] || !word_is(e, 0, "cnn") || kind_at(e, -1) != TOKEN_INT) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "`cnn %s` is the first line of a file", text_at(e, -1));
  add_help(d, "move it there, or leave it out");
  return e->found + 2;
}

/* if (a == 1) relu   a body without braces */
static int body_without_braces(const SyntaxError *e) {
  if (!e->expected[TOKEN_LBRACE] || e->expected[TOKEN_LPAREN] || !is_word(kind_at(e, 0))) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "expected `{` before `%s`: a body stands in braces", text_at(e, 0));
  add_help(d, "write `{ %s }`", source_text(e->list, e->found, end_of_layer(e->list, e->found)));
  return e->found + 1;
}

/* branch { relu, tanh } */
static int branch_in_braces(const SyntaxError *e) {
  if (kind_at(e, 0) != TOKEN_LBRACE || !word_is(e, 1, "branch") || kind_at(e, 2) != TOKEN_ARROW) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "the arms of a branch stand in parentheses");
  add_help(d, "write `branch(conv1: conv(8, 3), identity)`");
  return e->found + 1;
}

/* x -> [relu, tanh]  a list of layers */
static int list_of_layers(const SyntaxError *e) {
  int close = e->list->items[e->found].match;
  if (kind_at(e, 0) != TOKEN_LBRACKET || kind_at(e, 1) != TOKEN_ARROW || !close) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "a list holds tensors: several layers are a `branch`");
  const char *arms = source_text(e->list, e->found + 1, close - 1);
  add_help(d, "write `branch(%s)`", arms);
  if (strstr(arms, "..")) return close + 1;
  add_fix(d, span_at(e, 0), "branch(");
  add_fix(d, e->list->items[close].span, ")");
  return close + 1;
}

/* x[0] -> relu       an index */
static int index_of_tensor(const SyntaxError *e) {
  bool bracket = kind_at(e, 0) == TOKEN_LBRACKET && is_word(kind_at(e, 1)) && span_at(e, 1).end == span_at(e, 0).start;
  if (!bracket || !e->expected[TOKEN_ARROW] || e->expected[TOKEN_PLUS]) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "tensors have no index");
  add_help(d, "a layer takes a part: `x -> split(2)` yields two, `x -> crop(..)` cuts edges off");
  return e->found + 1;
}

/* x - > relu, x >> relu, relu <- x */
static int odd_arrow(const SyntaxError *e) {
  TokenKind kind = kind_at(e, 0), next = kind_at(e, -1);
  bool apart = kind == TOKEN_MINUS && next == TOKEN_GT, doubled = kind == TOKEN_GT && next == TOKEN_GT;
  bool backwards = kind == TOKEN_LT && next == TOKEN_MINUS;
  if (!e->expected[TOKEN_ARROW] || e->expected[TOKEN_PLUS] || !(apart || doubled || backwards)) return NO_RULE;
  if (backwards) {
    Diagnostic *d = syntax_error(e, 0, "arrows point to the right");
    add_help(d, "write `x -> relu`: the tensor first, then its layers");
    return e->found + 2;
  }
  Diagnostic *d = syntax_error(e, 0, "the arrow is written `->`");
  add_help(d, "write `->`");
  add_fix(d, (Span){span_at(e, 0).start, span_at(e, -1).end}, "->");
  return e->found + 2;
}

/* -- a comment       of SQL, Lua or Haskell */
static int dash_comment(const SyntaxError *e) {
  if (kind_at(e, 0) != TOKEN_MINUS || kind_at(e, -1) != TOKEN_MINUS || !on_new_line(e, 0) || on_new_line(e, -1)) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "comments start with `#`");
  add_help(d, "write `#` instead of `--`");
  add_fix(d, (Span){span_at(e, 0).start, span_at(e, -1).end}, "#");
  int next = e->found + 1;
  while (next < e->list->count - 1 && !(e->list->items[next].flags & TOKEN_FIRST)) next++;
  return next;
}

/* input x: float32(3, 8, 8), float32 alone, or input float32[3, 8, 8] x */
static int odd_type(const SyntaxError *e) {
  int close = e->list->items[e->found].match;
  bool end = kind_at(e, 4) == TOKEN_INPUT || kind_at(e, 4) == TOKEN_OUTPUT || kind_at(e, 4) == TOKEN_COMMA;
  bool typed = end && is_word(kind_at(e, 1)) && kind_at(e, 2) == TOKEN_COLON && e->expected[TOKEN_LBRACKET];
  if (typed && kind_at(e, 0) == TOKEN_LPAREN && close) {
    Diagnostic *d = syntax_error(e, 0, "the sizes of a type stand in brackets");
    add_help(d, "write `%s[%s]`", text_at(e, 1), source_text(e->list, e->found + 1, close - 1));
    add_fix(d, span_at(e, 0), "[");
    add_fix(d, e->list->items[close].span, "]");
    return close + 1;
  }
  if (typed && on_new_line(e, 0)) {
    Diagnostic *d = syntax_error(e, 1, "expected sizes after `%s`", text_at(e, 1));
    add_help(d, "write `%s[3, 32, 32]` with the sizes of one sample", text_at(e, 1));
    return e->found;
  }
  bool before = kind_at(e, 2) == TOKEN_INPUT && kind_at(e, 0) == TOKEN_LBRACKET && close && is_word(e->list->items[close + 1].kind);
  if (!before) return NO_RULE;
  const char *type = source_text(e->list, e->found - 1, close), *name = source_text(e->list, close + 1, close + 1);
  Diagnostic *d = syntax_error(e, 1, "the name of an input stands before its type");
  add_help(d, "write `input %s: %s`", name, type);
  if (!strstr(type, ".."))
    add_fix(d, (Span){span_at(e, 1).start, e->list->items[close + 1].span.end}, arena_printf(e->list->arena, "%s: %s", name, type));
  return close + 2;
}

/* output x -> relu, or output y alone */
static int unnamed_output(const SyntaxError *e) {
  if (!is_word(kind_at(e, 1)) || kind_at(e, 2) != TOKEN_OUTPUT || !e->expected[TOKEN_ASSIGN]) return NO_RULE;
  if (kind_at(e, 0) != TOKEN_ARROW && !on_new_line(e, 0)) return NO_RULE;
  bool arrow = kind_at(e, 0) == TOKEN_ARROW;
  Diagnostic *d = syntax_error(e, 1, "an output has a name and a flow");
  if (arrow) add_help(d, "write `output y = %s -> ..`", text_at(e, 1));
  else
    add_help(d, "write `output` where it is computed, `output %s = tensor -> layer`, or give it another name, `output result = %s`",
             text_at(e, 1), text_at(e, 1));
  return arrow ? e->found + 1 : e->found;
}

/* -> "conv1": conv(..) */
static int quoted_label(const SyntaxError *e) {
  if (kind_at(e, 0) != TOKEN_STRING || kind_at(e, -1) != TOKEN_COLON || !e->expected[TOKEN_BRANCH]) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "a name has no quotes");
  add_help(d, "write `name: layer`, of letters, digits and `_`");
  return e->found + 1;
}

/* weights "a" { rename conv1 = c } */
static int rule_without_quotes(const SyntaxError *e) {
  bool rule = word_is(e, 0, "rename") || word_is(e, 0, "ignore");
  if (!rule || !e->expected[TOKEN_RENAME] || kind_at(e, -1) == TOKEN_STRING) return NO_RULE;
  Diagnostic *d = syntax_error(e, -1, "expected a string in double quotes after `%s`", text_at(e, 0));
  add_help(d, "names of the weights file are quoted: `%s`", word_is(e, 0, "rename") ? "rename \"features.0\" = conv1" : "ignore \"aux.*\"");
  return e->found + 1;
}

int explain_foreign(const SyntaxError *e) {
  static int (*const rules[])(const SyntaxError *) = {
      module_prefix, else_if,        loop_word,        missing_range,       body_after_colon,   block_as_function, comma_at_end,
      empty_branch,  late_version,   branch_in_braces, list_of_layers,      index_of_tensor,    odd_arrow,         dash_comment,
      odd_type,      unnamed_output, quoted_label,     rule_without_quotes, body_without_braces};
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    int from = rules[i](e);
    if (from != NO_RULE) return from;
  }
  return NO_RULE;
}
