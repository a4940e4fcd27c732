/* syntax_mistakes.c - mistakes in the structure of a program: brackets, keywords, what stands where. One function each,
 * with the mistake above it; a rule that does not apply returns NO_RULE. A help states a whole correct piece of code;
 * it carries a fix only when the edit is certain. */
#include <string.h>

#include "ir/syntax_errors.h"
#include "support/suggest.h"

/* Column of a token, from 0, to compare indentation. */
static uint32_t column(const TokenList *list, int index) {
  uint32_t start = list->items[index].span.start, at = start, base = list->source->base;
  while (at > base && list->source->text[at - 1 - base] != '\n') at--;
  return start - at;
}

/* The first token of the statement this one is in. */
static int statement_start(const SyntaxError *e) {
  int i = e->found - 1;
  for (; i > e->body + 1; i--) {
    const Token *token = &e->list->items[i];
    bool begins = token->kind == TOKEN_BOL_NAME || token->kind == TOKEN_BOL_LBRACKET ||
                  (token->kind >= TOKEN_META && token->kind <= TOKEN_RETURN);
    if (begins && (token->flags & TOKEN_STATEMENT)) return i;
  }
  return i;
}

/* conv(16, 5
 *   -> relu          an opening bracket that nothing closes */
static int unclosed_bracket(const SyntaxError *e) {
  int bracket = enclosing_bracket(e->list, e->found), place = e->found;
  if (bracket < 0) return NO_RULE;
  Token *opener = &e->list->items[bracket];
  if (!(opener->flags & TOKEN_UNCLOSED)) return NO_RULE;
  for (int i = bracket + 1; i < e->found; i++) { /* a line that looks like the next statement */
    const Token *token = &e->list->items[i];
    bool names = is_word(token->kind) && (token[1].kind == TOKEN_ASSIGN || token[1].kind == TOKEN_COLON);
    if ((token->flags & TOKEN_FIRST) && names && column(e->list, i) <= column(e->list, line_start(e->list, bracket)) &&
        !(opener->flags & TOKEN_BODY)) {
      place = i;
      break;
    }
  }
  bool shows = place != e->found || is_closer(kind_at(e, 0)) || kind_at(e, 0) == TOKEN_END;
  if (!shows && (!on_new_line(e, 0) || (opener->flags & TOKEN_BODY)) && !(e->list->items[e->found].flags & TOKEN_DECLARES)) return NO_RULE;
  if (opener->flags & TOKEN_REPORTED) return place;
  opener->flags |= TOKEN_REPORTED;
  int length;
  const char *sign = token_text(e->list, bracket, &length);
  const char closer = *sign == '(' ? ')' : *sign == '[' ? ']' : '}';
  Diagnostic *d = report(e->list->diagnostics, CODE_E0103, e->list->items[place].span, "unclosed `%c`", *sign);
  set_label(d, place == e->list->count - 1 ? "the file ends without a `%c`" : "expected `%c` before this", closer);
  add_label(d, opener->span, "opened here");
  return place;
}

/* } }                a closing bracket too many */
static int stray_closer(const SyntaxError *e) {
  if (!is_closer(kind_at(e, 0)) || !(e->list->items[e->found].flags & TOKEN_UNCLOSED)) return NO_RULE;
  syntax_error(e, 0, "this `%s` closes nothing", text_at(e, 0));
  return e->found + 1;
}

/* Keywords that fit where the parser stands. */
static const char *meant_keyword(const SyntaxError *e, const char *word) {
  Suggestion suggestion = suggest_for(word);
  for (TokenKind kind = TOKEN_USE; kind <= TOKEN_RETURN; kind++) {
    bool statement = kind >= TOKEN_META, in_block = kind == TOKEN_SHARED || kind == TOKEN_RETURN;
    bool fits = e->body < 0 ? kind <= TOKEN_META : e->in_net ? statement && kind != TOKEN_RETURN : in_block;
    if (fits) suggest_candidate(&suggestion, token_spelling(kind));
  }
  return suggested(&suggestion);
}

/* imput x: ..        two words side by side where a statement begins: the first is no keyword, or not here */
static int wrong_keyword(const SyntaxError *e) {
  static const char *const top[] = {"const", "dim", "default", "use", "block", "net"};
  bool side_by_side = kind_at(e, 1) == TOKEN_BOL_NAME && !on_new_line(e, 0) &&
                      (is_word(kind_at(e, 0)) || kind_at(e, 0) == TOKEN_STRING || kind_at(e, 0) == TOKEN_LBRACKET);
  if (e->body < 0 || !side_by_side) return NO_RULE;
  const char *word = text_at(e, 1), *meant = meant_keyword(e, word);
  for (int i = 0; i < (int)(sizeof top / sizeof top[0]); i++)
    if (strcmp(word, top[i]) == 0) {
      Diagnostic *d = syntax_error(e, 1, "a `%s` cannot stand inside a %s", word, e->in_net ? "net" : "block");
      add_help(d, "move it to the top level of the file");
      return e->found + 1;
    }
  if (strcmp(word, "weights") == 0) return NO_RULE;
  if (!meant && kind_at(e, 0) != TOKEN_NAME) return NO_RULE;
  if (!meant) {
    Diagnostic *d = syntax_error(e, 0, "expected `=` or `:` before `%s`", text_at(e, 0));
    if (!strcmp(word, "for") || !strcmp(word, "while")) add_help(d, "layers are repeated in a chain: `x -> repeat i in 0..2 { .. }`");
    else if (!strcmp(word, "let") || !strcmp(word, "var") || !strcmp(word, "val"))
      add_help(d, "leave `%s` out: `%s = ..`", word, text_at(e, 0));
    else add_note(d, "`%s` begins a statement, which is `name = tensor -> layer -> ..`", word);
    return e->found + 1;
  }
  Diagnostic *d = syntax_error(e, 1, "there is no statement `%s`", word);
  add_help(d, "did you mean `%s`?", meant);
  add_guess(d, span_at(e, 1), meant);
  return e->found + 1;
}

/* return x           in a net; input x: .. in a block; a statement after return; a statement outside */
static int misplaced_statement(const SyntaxError *e) {
  TokenKind kind = kind_at(e, 0);
  bool begins = (kind >= TOKEN_META && kind <= TOKEN_RETURN) || kind == TOKEN_BOL_NAME || kind == TOKEN_BOL_LBRACKET;
  const Token *token = &e->list->items[e->found];
  if (e->body < 0 || !begins || !(token->flags & TOKEN_STATEMENT)) return NO_RULE;
  if (e->in_net && kind == TOKEN_RETURN) {
    Diagnostic *d = syntax_error(e, 0, "a net has no `return`");
    add_help(d, "name each result: `output y = ..`");
    return e->found + 1;
  }
  if (e->in_net) return NO_RULE;
  for (int i = e->body; i < e->found; i++) {
    if (e->list->items[i].kind != TOKEN_RETURN) continue;
    Diagnostic *d = syntax_error(e, 0, "expected `}` before `%s`: `return` is the last statement of a block", text_at(e, 0));
    add_label(d, e->list->items[i].span, "the block returns here");
    return e->found + 1;
  }
  if (kind < TOKEN_META || kind > TOKEN_WEIGHTS) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "a block has no `%s`", text_at(e, 0));
  if (kind == TOKEN_INPUT) add_help(d, "a block's tensors stand before its arrow: `block x -> name { .. }`");
  else if (kind == TOKEN_OUTPUT) add_help(d, "a block ends with `return` and the tensor it yields");
  else add_help(d, "move it into the net");
  return e->found + 1;
}

/* nett lenet { ..    no declaration */
static int no_declaration(const SyntaxError *e) {
  if (e->body >= 0 || !e->expected[TOKEN_NET] || !is_word(kind_at(e, 0))) return NO_RULE;
  const char *word = text_at(e, 0), *meant = meant_keyword(e, word);
  for (TokenKind kind = TOKEN_INPUT; kind <= TOKEN_RETURN; kind++) {
    if (strcmp(word, token_spelling(kind)) != 0) continue;
    Diagnostic *d = syntax_error(e, 0, "`%s` stands outside a %s", word, kind == TOKEN_RETURN ? "block" : "net");
    if (kind_at(e, 1) == TOKEN_RBRACE && e->found > 0) add_label(d, span_at(e, 1), "the %s ends here", e->in_net ? "net" : "block");
    return e->found + 1;
  }
  bool assigns = kind_at(e, -1) == TOKEN_ASSIGN || kind_at(e, -1) == TOKEN_COLON;
  Diagnostic *d = assigns ? syntax_error(e, 0, "`%s` stands outside a net or block", word)
                          : syntax_error(e, 0, "a file holds declarations, and none begins with `%s`", word);
  if (meant && !assigns) {
    add_help(d, "did you mean `%s`?", meant);
    add_guess(d, span_at(e, 0), meant);
  } else if (assigns) {
    add_help(d, "a value for the whole file is `const %s = ..`; layers stand in a `net` or `block`", word);
  } else {
    add_help(d, "begin with `net`, `block`, `const`, `dim`, `default`, `meta` or `use`");
  }
  return e->found + 1;
}

/* y = x ->
 * z = ..             nothing after an arrow or `=` at the end of a line */
static int nothing_follows(const SyntaxError *e) {
  bool next_statement = kind_at(e, 0) == TOKEN_ASSIGN && kind_at(e, 1) == TOKEN_BOL_NAME && on_new_line(e, 1);
  bool ended = kind_at(e, 0) == TOKEN_RBRACE || (kind_at(e, 0) >= TOKEN_META && kind_at(e, 0) <= TOKEN_RETURN) ||
               (e->list->items[e->found].flags & TOKEN_DECLARES) || kind_at(e, 0) == TOKEN_END;
  int sign = next_statement ? 2 : 1;
  if (!next_statement && !ended) return NO_RULE;
  if (kind_at(e, sign) != TOKEN_ARROW && kind_at(e, sign) != TOKEN_ASSIGN) return NO_RULE;
  if (ended && e->found > 0 && !(e->expected[TOKEN_NAME] || e->expected[TOKEN_BOL_NAME])) return NO_RULE;
  const char *wanted = kind_at(e, sign) == TOKEN_ARROW ? "a layer" : e->expected[TOKEN_STRING] ? "a value" : "a tensor";
  syntax_error(e, sign, "expected %s after this `%s`", wanted, text_at(e, sign));
  return next_statement ? e->found - 1 : e->found;
}

/* dim H in 3..n      or a declaration that stops at the end of its line */
static int unfinished(const SyntaxError *e) {
  if (kind_at(e, 1) == TOKEN_RANGE && e->expected[TOKEN_INT] && e->expected[TOKEN_NET] && !on_new_line(e, 0)) {
    syntax_error(e, 0, "expected a whole number before `%s`", text_at(e, 0));
    return e->found + 1;
  }
  bool keyword = false;
  for (TokenKind kind = TOKEN_USE; kind <= TOKEN_META && !keyword; kind++) keyword = strcmp(text_at(e, 0), token_spelling(kind)) == 0;
  if (e->body >= 0 || !e->expected[TOKEN_NET] || !keyword || !is_word(kind_at(e, 0))) return NO_RULE;
  syntax_error(e, 0, "expected what `%s` declares after it on the same line", text_at(e, 0));
  return e->found + 1;
}

/* Whether this word was given a meaning in the body before: as a tensor, not as an operation. */
static bool is_tensor(const SyntaxError *e, int index) {
  int length, start = e->body;
  const char *word = token_text(e->list, index, &length);
  while (start > 0 && e->list->items[start].kind != TOKEN_BLOCK && e->list->items[start].kind != TOKEN_NET) start--;
  for (int i = start + 1; i < index; i++) {
    TokenKind before = e->list->items[i - 1].kind;
    int other;
    const char *text = token_text(e->list, i, &other);
    if (!is_word(e->list->items[i].kind) || other != length || memcmp(text, word, (size_t)length) != 0) continue;
    bool label = e->list->items[i + 1].kind == TOKEN_COLON || e->list->items[i].kind == TOKEN_BOL_NAME;
    if (label || before == TOKEN_INPUT || before == TOKEN_BLOCK || before == TOKEN_COMMA || before == TOKEN_LBRACKET) return true;
  }
  return false;
}

/* x -> relu
 * conv2: conv(16)    a layer on a line of its own without an arrow, or y: x -> relu with `:` for `=` */
static int colon_statement(const SyntaxError *e) {
  if (!is_word(kind_at(e, 1)) || kind_at(e, 2) != TOKEN_COLON || kind_at(e, 0) == TOKEN_LBRACKET) return NO_RULE;
  bool output = kind_at(e, 4) == TOKEN_OUTPUT;
  if (e->body < 0 || !(kind_at(e, 3) == TOKEN_BOL_NAME || output)) return NO_RULE;
  if (output || is_tensor(e, e->found - 1)) {
    Diagnostic *d = syntax_error(e, 2, "expected `=` before `%s`: a tensor is named with `=`, a layer with `:`", text_at(e, 1));
    add_help(d, "write `%s = %s ..`", text_at(e, 3), text_at(e, 1));
    add_fix(d, (Span){span_at(e, 3).end, span_at(e, 2).end}, " =");
    return e->found + 1;
  }
  if (e->found - 4 == e->body) {
    Diagnostic *d = syntax_error(e, 3, "expected a tensor and `->` before `%s`", text_at(e, 3));
    add_help(d, "write `name = tensor -> %s`", source_text(e->list, e->found - 3, end_of_layer(e->list, e->found - 3)));
    return e->found + 1;
  }
  Diagnostic *d = syntax_error(e, 3, "expected `->` before `%s`: a statement is `name = ..`, a layer in a chain follows an arrow",
                               text_at(e, 3));
  add_help(d, "write `-> %s`", source_text(e->list, e->found - 3, end_of_layer(e->list, e->found - 3)));
  add_fix(d, (Span){span_at(e, 3).start, span_at(e, 3).start}, "-> ");
  return e->found + 1;
}

/* -> conv1 = conv(16) a layer named with `=` */
static int layer_named_with_assign(const SyntaxError *e) {
  if (kind_at(e, 0) != TOKEN_ASSIGN || !e->expected[TOKEN_COLON] || e->expected[TOKEN_STRING]) return NO_RULE;
  int start = statement_start(e);
  if (e->body >= 0 && e->list->items[start].kind == TOKEN_INPUT) {
    Diagnostic *d = syntax_error(e, 0, "expected `:` after the input's name");
    add_help(d, "write `input %s: %s`", text_at(e, 1),
             kind_at(e, -1) == TOKEN_NAME && kind_at(e, -2) == TOKEN_LBRACKET
                 ? source_text(e->list, e->found + 1, e->list->items[e->found + 2].match)
                 : "float32[3, 32, 32]");
    add_fix(d, (Span){span_at(e, 1).end, span_at(e, 0).end}, ":");
    return e->found + 1;
  }
  if (!is_word(kind_at(e, -1)) && kind_at(e, -1) != TOKEN_BRANCH) return NO_RULE;
  Diagnostic *d = syntax_error(e, 0, "a layer is named with `:`");
  add_help(d, "write `%s: %s`", text_at(e, 1), source_text(e->list, e->found + 1, end_of_layer(e->list, e->found + 1)));
  add_fix(d, (Span){span_at(e, 1).end, span_at(e, 0).end}, ":");
  return e->found + 1;
}

/* input x float32[..] */
static int input_without_colon(const SyntaxError *e) {
  if (e->body < 0 || !e->expected[TOKEN_COLON] || e->expected[TOKEN_ASSIGN] || e->expected[TOKEN_ARROW]) return NO_RULE;
  if (e->list->items[statement_start(e)].kind != TOKEN_INPUT || !is_word(kind_at(e, 1))) return NO_RULE;
  Diagnostic *d = syntax_error(e, on_new_line(e, 0) ? 1 : 0, "expected `:` after the input's name");
  bool type = kind_at(e, 0) == TOKEN_NAME && kind_at(e, -1) == TOKEN_LBRACKET && e->list->items[e->found + 1].match;
  if (type || kind_at(e, 0) == TOKEN_LBRACKET) {
    int end = e->list->items[e->found + (type ? 1 : 0)].match;
    if (end) add_help(d, "write `input %s: %s`", text_at(e, 1), source_text(e->list, e->found, end));
    add_fix(d, (Span){span_at(e, 1).end, span_at(e, 1).end}, ":");
  } else {
    add_help(d, "write `input %s: float32[3, 32, 32]` with the sizes of one sample", text_at(e, 1));
  }
  return on_new_line(e, 0) ? e->found : e->found + 1;
}

int explain_mistake(const SyntaxError *e) {
  static int (*const rules[])(const SyntaxError *) = {
      unclosed_bracket,    stray_closer,   explain_foreign, slash_comment,           nothing_follows,     unfinished,   wrong_keyword,
      misplaced_statement, no_declaration, colon_statement, layer_named_with_assign, input_without_colon, explain_habit};
  for (int i = 0; i < (int)(sizeof rules / sizeof rules[0]); i++) {
    int from = rules[i](e);
    if (from != NO_RULE) return from;
  }
  return NO_RULE;
}
