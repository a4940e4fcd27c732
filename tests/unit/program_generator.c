/* program_generator.c - see program_generator.h. One function for each nonterminal of grammar/cnn.y. */
#include "program_generator.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DEEPEST = 4 };

typedef struct Generator {
  Text *out;
  uint64_t structure, layout; /* states of random numbers */
  bool tidy;
  int comments;
  int depth;
  bool compared; /* the expression has a comparison already: they do not chain */
  Coverage *coverage;
} Generator;

typedef enum Break { SAME_LINE, ANYWHERE, NEW_LINE } Break;

uint64_t next_random(uint64_t *state) { /* splitmix64 */
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static int choose(Generator *g, int site, int count) {
  int choice = (int)(next_random(&g->structure) % (uint64_t)count);
  g->coverage->choices[site] = count;
  g->coverage->taken[site][choice]++;
  return choice;
}
static bool maybe(Generator *g, int site) { return choose(g, site, 2); }
static int layout_choice(Generator *g, int count) { return (int)(next_random(&g->layout) % (uint64_t)count); }

/* Layout */

static void add_comment(Generator *g) {
  static const char *const forms[] = {"# %d", "#%d", "## %d", "##%d gr\xc3\xb6\xc3\x9f \xc3\xa4", "### %d", "# %d -> \"x\" {"};
  text_addf(g->out, forms[layout_choice(g, 6)], g->comments++);
  static const char *const ends[] = {"\n", "\n", "  \n", "\r\n"};
  text_add(g->out, ends[layout_choice(g, 4)]);
}

static bool is_word_character(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

/* Whether two tokens side by side would be read as others. */
static bool would_merge(char before, const char *token) {
  bool word = is_word_character(token[0]);
  if (before == '}') return word || token[0] == '{'; /* it may end a path */
  if (strchr("([{,)]", before) || strchr("([,)]}", token[0])) return false;
  if (token[0] == '{') return true;
  if (is_word_character(before)) return word;
  return !word && token[0] != '"' && before != '"';
}

static void add_blanks(Generator *g) {
  text_add_char(g->out, layout_choice(g, 12) ? ' ' : '\t', 1 + (layout_choice(g, 4) ? 0 : layout_choice(g, 8)));
}

/* Blanks up to one of few columns, so that tokens often stand below each other. */
static void add_blanks_to_column(Generator *g) {
  int column = 0;
  for (size_t at = g->out->length; at && g->out->data[at - 1] != '\n'; at--) column++;
  text_add_char(g->out, ' ', 24 - column % 24);
}

static void add_space(Generator *g, Break where, const char *token) {
  char before = g->out->length ? g->out->data[g->out->length - 1] : '\n';
  if (g->tidy) {
    if (where == NEW_LINE) text_add(g->out, "\n");
    else if (before != '\n' && would_merge(before, token)) text_add(g->out, " ");
    return;
  }
  int breaks = where == SAME_LINE || layout_choice(g, 10) ? 0 : 1 + layout_choice(g, 3);
  if (where == NEW_LINE && !breaks) breaks = 1;
  bool aligns = !breaks && where == ANYWHERE && (!strcmp(token, "=") || !strcmp(token, "->")) && layout_choice(g, 3) == 0;
  if (aligns) add_blanks_to_column(g);
  else if (layout_choice(g, 3) || (!breaks && before != '\n' && would_merge(before, token))) add_blanks(g);
  for (int i = 0; i < breaks; i++) {
    if (layout_choice(g, 5) == 0) add_comment(g);
    else text_add(g->out, layout_choice(g, 9) ? "\n" : "\r\n");
    if (layout_choice(g, 3)) add_blanks(g);
  }
}

static void add(Generator *g, Break where, const char *token) {
  add_space(g, where, token);
  text_add(g->out, token);
}
static void put(Generator *g, const char *token) { add(g, ANYWHERE, token); }

/* Words */

static void name(Generator *g, Break where) {
  static const char *const names[] = {"x", "conv", "relu", "a1", "channels", "_b", "stem", "a_rather_long_name_of_a_layer", "H", "fc"};
  add(g, where, names[choose(g, 0, 10)]);
}

static void label(Generator *g) {
  static const char *const labels[] = {"layer1.0", "block{i}", "b{i}.c", "downsample.1", "0", "12", "x", "conv1", "output", "net", "in"};
  put(g, labels[choose(g, 1, 11)]);
}

static void string(Generator *g, Break where) {
  static const char *const strings[] = {"\"\"",
                                        "\"a.b\"",
                                        "\"# no comment\"",
                                        "\"\\\"q\\\"\\\\ \\n\\t\"",
                                        "\"gr\xc3\xbc\xc3\x9f\"",
                                        "\"a very long string, longer than most\""};
  add(g, where, strings[choose(g, 2, 6)]);
}

static void count(Generator *g) {
  static const char *const counts[] = {"1", "0", "64", "4320", "9223372036854775807"};
  put(g, counts[choose(g, 3, 5)]);
}

/* Expressions */

static void expr(Generator *g);

static void args(Generator *g) { /* with parentheses */
  put(g, "(");
  for (int i = choose(g, 4, 4); i >= 0; i--) {
    static const char *const names[] = {"stride", "k", "in", "net", "padding"};
    if (maybe(g, 5)) {
      put(g, names[choose(g, 6, 5)]);
      put(g, "=");
    }
    expr(g);
    if (i || maybe(g, 7)) put(g, ",");
  }
  put(g, ")");
}

static void exprs(Generator *g, int least) {
  for (int i = least + choose(g, 8, 4); i > 0; i--) {
    expr(g);
    if (i > 1) put(g, ",");
  }
}

static void matrix(Generator *g) {
  int rows = 2 + choose(g, 9, 3), columns = 1 + choose(g, 10, 3);
  put(g, "[");
  for (int i = 0; i < rows; i++) {
    if (i) put(g, ",");
    put(g, "[");
    for (int k = 0; k < columns; k++) {
      static const char *const numbers[] = {"-1", "0", "22", "0.25", "-1e-3"};
      const char *number = numbers[choose(g, 11, 5)];
      if (k) put(g, ",");
      if (number[0] == '-') put(g, "-");
      put(g, number + (number[0] == '-'));
    }
    put(g, "]");
  }
  put(g, "]");
}

static void named_tuple(Generator *g) {
  static const char *const names[] = {"top", "bottom", "left"};
  put(g, "(");
  for (int i = 0, last = choose(g, 12, 3); i <= last; i++) {
    put(g, names[i]);
    put(g, "=");
    expr(g);
    if (i < last || maybe(g, 13)) put(g, ",");
  }
  put(g, ")");
}

static void atom(Generator *g) {
  static const char *const words[] = {"7", "0.5", "1e-5", "3x3", "true", "false", "none", "H"};
  g->depth++;
  bool compared = g->compared;
  g->compared = false;
  int kind = choose(g, 14, 15);
  if (g->depth > DEEPEST) kind = kind % 9;
  if (kind < 8) put(g, words[kind]);
  else if (kind == 8) string(g, ANYWHERE);
  else if (kind == 9) matrix(g);
  else if (kind == 10) named_tuple(g);
  else if (kind == 11) {
    name(g, ANYWHERE);
    if (maybe(g, 15)) args(g);
    else {
      put(g, "(");
      put(g, ")");
    }
  } else {
    put(g, kind == 14 ? "[" : "(");
    exprs(g, kind == 12 ? 2 : 1);
    if (kind != 13 && maybe(g, 16)) put(g, ",");
    put(g, kind == 14 ? "]" : ")");
  }
  g->compared = compared;
  g->depth--;
}

/* Whoever asks for (expr) gets a tuple now and then; both are expressions. */
static void expr(Generator *g) {
  static const char *const operators[] = {"or", "and", "+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", ">", "<=", ">="};
  bool compared = g->compared;
  g->compared = false;
  for (int more = choose(g, 17, 4) ? 0 : 1 + choose(g, 18, 3);; more--) {
    int prefix = choose(g, 19, 8);
    if (prefix == 0) put(g, "-");
    if (prefix == 1 && !more && !g->compared) put(g, "not");
    atom(g);
    if (more <= 0) break;
    int operator= choose(g, 20, 15);
    if (operator>= 9 && g->compared) operator-= 7;
    if (operator>= 9) g->compared = true;
    put(g, operators[operator]);
  }
  g->compared = compared;
}

static void type(Generator *g) {
  if (maybe(g, 21)) put(g, "float32");
  put(g, "[");
  exprs(g, 1);
  put(g, "]");
}

static void opt_type(Generator *g) {
  if (!maybe(g, 22)) return;
  put(g, ":");
  type(g);
}

/* Flows */

static void chain(Generator *g);

static void call(Generator *g) {
  name(g, ANYWHERE);
  int kind = choose(g, 23, 3);
  if (kind == 1) args(g);
  if (kind != 2) return;
  put(g, "(");
  put(g, ")");
}

static void braced(Generator *g) {
  put(g, "{");
  chain(g);
  put(g, "}");
}

static void branch(Generator *g) {
  put(g, "branch");
  put(g, "(");
  for (int i = choose(g, 24, 3); i >= 0; i--) {
    if (maybe(g, 25)) {
      put(g, "skip");
      put(g, "=");
    }
    chain(g);
    if (i || maybe(g, 26)) put(g, ",");
  }
  put(g, ")");
}

static void stage(Generator *g) {
  if (maybe(g, 27)) {
    label(g);
    put(g, ":");
  }
  g->depth++;
  int kind = choose(g, 28, 8);
  if (g->depth > DEEPEST || kind > 4) call(g);
  else if (kind == 0) branch(g);
  else if (kind == 1) {
    put(g, "repeat");
    expr(g);
    braced(g);
  } else if (kind == 2) {
    put(g, "repeat");
    put(g, "i");
    put(g, "in");
    expr(g);
    put(g, "..");
    expr(g);
    braced(g);
  } else {
    put(g, "if");
    expr(g);
    braced(g);
    if (kind == 3) put(g, "else");
    if (kind == 3) braced(g);
  }
  g->depth--;
}

static void chain(Generator *g) {
  stage(g);
  for (int i = choose(g, 29, 4); i > 0; i--) {
    put(g, "->");
    stage(g);
  }
}

static void flow(Generator *g) {
  static const char *const sources[] = {"x", "layer1.0", "12", "0.5", "block{i}"};
  int kind = choose(g, 30, 7);
  g->depth++;
  if (kind < 5 || g->depth > DEEPEST) put(g, sources[kind % 5]);
  else {
    put(g, "[");
    flow(g);
    for (int i = choose(g, 31, 3); i >= 0; i--) {
      put(g, ",");
      flow(g);
    }
    put(g, "]");
  }
  g->depth--;
  if (!maybe(g, 32)) return;
  put(g, "->");
  chain(g);
}

/* Statements. Behind the word that begins one the line goes on. */

static void named_value(Generator *g) {
  name(g, SAME_LINE);
  put(g, "=");
  expr(g);
}

static void weights(Generator *g, Break where) {
  add(g, where, "weights");
  string(g, SAME_LINE);
  if (maybe(g, 33)) args(g);
  if (!maybe(g, 34)) return;
  put(g, "{");
  for (int i = choose(g, 35, 4); i > 0; i--) {
    bool rename = maybe(g, 36);
    put(g, rename ? "rename" : "ignore");
    string(g, ANYWHERE);
    if (rename) put(g, "=");
    if (rename) label(g);
  }
  put(g, "}");
}

static void names(Generator *g, int least, Break where) {
  name(g, where);
  for (int i = choose(g, 37, 3) + least; i > 1; i--) {
    put(g, ",");
    name(g, ANYWHERE);
  }
}

static void statement(Generator *g, bool in_net, Break where) {
  int kind = choose(g, 38, 9);
  if (!in_net && kind < 4) kind += 4;
  if (kind == 0) {
    add(g, where, "input");
    names(g, 1, SAME_LINE);
    put(g, ":");
    type(g);
    if (maybe(g, 33)) args(g);
  } else if (kind == 1) {
    add(g, where, "output");
    name(g, SAME_LINE);
    opt_type(g);
    if (maybe(g, 33)) args(g);
    put(g, "=");
    flow(g);
  } else if (kind == 2) {
    weights(g, where);
  } else if (kind == 3) {
    add(g, where, "meta");
    named_value(g);
  } else if (kind == 4) {
    add(g, where, "[");
    names(g, 2, ANYWHERE);
    put(g, "]");
    put(g, "=");
    flow(g);
  } else if (kind == 5) {
    add(g, where, "shared");
    name(g, SAME_LINE);
    put(g, "=");
    call(g);
  } else {
    name(g, where);
    opt_type(g);
    put(g, "=");
    flow(g);
  }
}

static void params(Generator *g) {
  if (!maybe(g, 33)) return;
  put(g, "(");
  for (int i = choose(g, 35, 4); i > 0; i--) {
    name(g, ANYWHERE);
    if (maybe(g, 5)) put(g, "=");
    if (g->out->data[g->out->length - 1] == '=') expr(g);
    if (i > 1 || maybe(g, 7)) put(g, ",");
  }
  put(g, ")");
}

static void body(Generator *g, bool net) {
  put(g, "{");
  Break where = ANYWHERE;
  for (int i = choose(g, 35, 4); i > 0; i--) {
    statement(g, net, where);
    where = NEW_LINE;
  }
  if (!net) {
    add(g, where, "return");
    flow(g);
  }
  put(g, "}");
}

static void tensor(Generator *g, Break where) {
  name(g, where);
  opt_type(g);
}

static void declaration(Generator *g) {
  static const char *const words[] = {"use", "dim", "const", "default", "meta", "block", "net", "net"};
  int kind = choose(g, 39, 8);
  add(g, NEW_LINE, words[kind]);
  if (kind == 0) string(g, SAME_LINE);
  if (kind == 4) named_value(g);
  if (kind == 5) {
    bool list = maybe(g, 34);
    if (list) add(g, SAME_LINE, "[");
    tensor(g, SAME_LINE);
    for (int i = list ? 1 + choose(g, 37, 3) : 0; i > 0; i--) {
      put(g, ",");
      tensor(g, ANYWHERE);
    }
    if (list) put(g, "]");
    put(g, "->");
    name(g, ANYWHERE);
  }
  if ((kind > 0 && kind < 4) || kind > 5) name(g, SAME_LINE);
  if (kind == 1) {
    put(g, "in");
    count(g);
    put(g, "..");
    if (maybe(g, 26)) count(g);
    if (maybe(g, 33)) args(g);
  }
  if (kind == 2) {
    opt_type(g);
    put(g, "=");
    expr(g);
  }
  if (kind == 3) args(g);
  if (kind >= 5) params(g);
  if (kind >= 5) body(g, kind != 5);
}

void generate_program(Text *out, uint64_t seed, uint64_t layout, Coverage *coverage, int *comments) {
  Generator g = {.out = out, .structure = seed, .layout = layout, .tidy = layout == 0, .coverage = coverage};
  if (!g.tidy && layout_choice(&g, 2)) add_comment(&g);
  if (seed % 2) text_add(out, "cnn 1");
  for (int i = 1 + (int)(seed / 2 % 5); i > 0; i--) declaration(&g);
  if (!g.tidy && layout_choice(&g, 2)) {
    text_add(out, "\n");
    add_comment(&g);
  }
  *comments = g.comments;
}
