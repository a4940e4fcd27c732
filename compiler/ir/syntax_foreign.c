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

int explain_foreign(const SyntaxError *e) {
  static int (*const rules[])(const SyntaxError *) = {module_prefix,     else_if,      loop_word,    missing_range, body_after_colon,
                                                      block_as_function, comma_at_end, empty_branch, late_version};
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    int from = rules[i](e);
    if (from != NO_RULE) return from;
  }
  return NO_RULE;
}
