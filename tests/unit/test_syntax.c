/* test_syntax.c - the parser from within: spans, docs, comments, limits, out of memory, and that no damaged program
 * crashes it, leaks or goes unreported. What is printed for legal and wrong programs stands in tests/golden/syntax. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/tokens.h"

typedef struct Parsed {
  Arena arena;
  jmp_buf out_of_memory;
  Sources sources;
  Diagnostics all;
  const Source *source;
  Ast *ast;
} Parsed;

/* false: memory ran out. Everything is freed by arena_free. */
static bool parse(Parsed *p, const char *text, size_t length, long fail_after) {
  memset(p, 0, sizeof *p);
  p->arena.out_of_memory = &p->out_of_memory;
  p->arena.fail_after = fail_after;
  if (setjmp(p->out_of_memory)) return false;
  p->sources.arena = &p->arena;
  p->all.arena = &p->arena;
  p->all.sources = &p->sources;
  p->source = sources_add(&p->sources, "t.cnn", text, length);
  p->ast = parse_source(&p->arena, &p->all, p->source);
  return true;
}

static void parse_text(Parsed *p, const char *text) {
  cr_assert(parse(p, text, strlen(text), 0));
  cr_assert_eq(p->ast->broken, p->all.errors > 0);
}

static void expect_span(const Parsed *p, Span span, const char *text) {
  cr_expect_eq(span.end - span.start, strlen(text), "%s", text);
  cr_expect(strncmp(p->source->text + (span.start - p->source->base), text, strlen(text)) == 0, "%s", text);
}

/* One error, with this code, at the first occurrence of `at`. */
static void expect_error(const char *text, Code code, const char *at) {
  Parsed p;
  parse_text(&p, text);
  cr_assert_eq(p.all.errors, 1, "%s", text);
  cr_expect_eq(p.all.items[0]->code, code, "%s: %s", text, p.all.items[0]->message);
  cr_expect_eq(p.all.items[0]->primary.span.start - p.source->base, strstr(text, at) - text, "%s", text);
  arena_free(&p.arena);
}

Test(syntax, spans_cover_constructs) {
  Parsed p;
  parse_text(&p, "net a {\n  y: [3, H/2] = x -> c: conv(8, k=1 + 2) -> relu\n}\n");
  const AstStmt *stmt = p.ast->declarations->statements;
  const AstStage *stage = stmt->flow->stages;
  expect_span(&p, stmt->span, "y: [3, H/2] = x -> c: conv(8, k=1 + 2) -> relu");
  expect_span(&p, stmt->type->span, "[3, H/2]");
  expect_span(&p, stmt->flow->span, "x -> c: conv(8, k=1 + 2) -> relu");
  expect_span(&p, stage->span, "conv(8, k=1 + 2)");
  expect_span(&p, stage->label.span, "c");
  expect_span(&p, stage->call.args->next->span, "k=1 + 2");
  expect_span(&p, stage->next->span, "relu");
  expect_span(&p, p.ast->declarations->name.span, "a");
  arena_free(&p.arena);
}

Test(syntax, documentation_goes_to_what_follows) {
  Parsed p;
  parse_text(&p, "## A net\n##\n##of two\n# no\nnet a {\n  x = y ## no\n  ## z\n  z = y\n}\n");
  cr_expect_str_eq(p.ast->declarations->doc, "A net\n\nof two");
  cr_expect_null(p.ast->declarations->statements->doc);
  cr_expect_str_eq(p.ast->declarations->statements->next->doc, "z");
  arena_free(&p.arena);
}

Test(syntax, comments_are_kept) {
  Parsed p;
  parse_text(&p, "# one\r\nnet a { # two\n}\n#");
  cr_assert_eq(p.ast->tokens->comment_count, 3);
  expect_span(&p, p.ast->tokens->comments[0].span, "# one");
  expect_span(&p, p.ast->tokens->comments[1].span, "# two");
  expect_span(&p, p.ast->tokens->comments[2].span, "#");
  cr_expect(p.ast->tokens->comments[0].own_line && !p.ast->tokens->comments[1].own_line && p.ast->tokens->comments[2].own_line);
  arena_free(&p.arena);
}

Test(syntax, numbers) {
  Parsed p;
  parse_text(&p, "const a = [9223372036854775807, 1e-5, 2.50, 3x128]\n");
  const AstExpr *item = p.ast->declarations->value->items;
  cr_expect_eq(item->integer, INT64_MAX);
  cr_expect(item->next->real == 1e-5);
  cr_expect_str_eq(item->next->next->text, "2.50");
  cr_expect_eq(item->next->next->next->items->next->integer, 128);
  arena_free(&p.arena);
  expect_error("const a = 9223372036854775808\n", CODE_E0104, "9");
  expect_error("const a = 0x3\n", CODE_E0104, "0");
  expect_error("const a = 3x0\n", CODE_E0104, "0");
  expect_error("const a = 3x99999999999999999999\n", CODE_E0104, "99");
  expect_error("const a = 1e400\n", CODE_E0104, "1e400");
  expect_error("const a = .5\n", CODE_E0104, ".5");
  expect_error("const a = 1_000\n", CODE_E0104, "1_000");
}

Test(syntax, bytes_that_are_no_text) {
  expect_error("# \xff\n", CODE_E0105, "\xff");
  expect_error("# \xc0\x80\n", CODE_E0105, "\xc0");
  expect_error("# \xed\xa0\x80\n", CODE_E0105, "\xed");
  expect_error("# \xf4\x90\x80\x80\n", CODE_E0105, "\xf4");
  expect_error("# \xe2\x82", CODE_E0105, "\xe2");
  expect_error("meta a = \"\xff\"\n", CODE_E0105, "\xff");
  expect_error("meta a = 1 \xff\xfe\xfd\n", CODE_E0102, "\xff");
  expect_error("meta a = 1 \x01\n", CODE_E0102, "\x01");
  Parsed p;
  cr_assert(parse(&p, "net a\0 {}\n# \0\n", 14, 0));
  cr_expect_eq(p.all.errors, 2);
  cr_expect_eq(p.all.items[0]->code, CODE_E0102);
  cr_expect_eq(p.all.items[1]->code, CODE_E0105);
  arena_free(&p.arena);
}

/* `depth` brackets around a 1. */
static char *append(char *end, const char *text) {
  size_t length = strlen(text);
  memcpy(end, text, length + 1);
  return end + length;
}

static char *nested(int depth, const char *open, const char *close) {
  char *text = calloc(1, 32 + (size_t)depth * (strlen(open) + strlen(close))), *end = append(text, "const a = ");
  for (int i = 0; i < depth; i++) end = append(end, open);
  end = append(end, "1");
  for (int i = 0; i < depth; i++) end = append(end, close);
  return text;
}

static int errors_of(char *text) {
  Parsed p;
  parse_text(&p, text);
  int errors = p.all.errors;
  if (errors) cr_expect_eq(p.all.items[0]->code, CODE_E0105);
  arena_free(&p.arena);
  free(text);
  return errors;
}

Test(syntax, limits_of_depth) {
  cr_expect_eq(errors_of(nested(MAX_NESTING - 1, "(", ")")), 0);
  cr_expect_eq(errors_of(nested(MAX_NESTING, "(", ")")), 0);
  cr_expect_eq(errors_of(nested(MAX_NESTING + 1, "(", ")")), 1);
  cr_expect_eq(errors_of(nested(MAX_NESTING, "f(k=", ")")), 0);
  cr_expect_eq(errors_of(nested(MAX_NESTING, "1 + 2 * (", ")")), 0);
  cr_expect_eq(errors_of(nested(255, "-", "")), 0);
  cr_expect_eq(errors_of(nested(256, "-", "")), 1);
  cr_expect_eq(errors_of(nested(255, "1+", "")), 0);
  cr_expect_eq(errors_of(nested(256, "1+", "")), 1);
  cr_expect_eq(errors_of(nested(100000, "-", "")), 1);
  cr_expect_eq(errors_of(nested(100000, "2**", "")), 1);
  cr_expect_eq(errors_of(nested(10000, "(", "")), 1);
}

Test(syntax, the_deepest_nesting_of_layers) {
  char text[4096] = "net a {\n y = x -> ";
  for (int i = 0; i < 31; i++) strcat(text, "r: repeat 2 { f -> branch(b = g -> ");
  strcat(text, "h");
  for (int i = 0; i < 31; i++) strcat(text, ", i) }");
  strcat(text, "\n}\n");
  Parsed p;
  parse_text(&p, text);
  cr_expect_eq(p.all.errors, 0);
  arena_free(&p.arena);
}

Test(syntax, limit_of_size) {
  char *text = malloc(MAX_SOURCE_BYTES + 1);
  memset(text, '\n', MAX_SOURCE_BYTES + 1);
  Parsed p;
  cr_assert(parse(&p, text, MAX_SOURCE_BYTES, 0));
  cr_expect_eq(p.all.errors, 0);
  arena_free(&p.arena);
  cr_assert(parse(&p, text, MAX_SOURCE_BYTES + 1, 0));
  cr_assert_eq(p.all.errors, 1);
  cr_expect_eq(p.all.items[0]->code, CODE_E0105);
  arena_free(&p.arena);
  free(text);
}

Test(syntax, what_was_understood_is_kept) {
  Parsed p;
  parse_text(&p, "const k = 3\nnet a {\n  b = x relu\n  c = x\n}\nnet d {\n  e = x\n  f = x\n");
  cr_expect_eq(p.all.errors, 2);
  const AstDecl *net = p.ast->declarations->next;
  cr_assert_not_null(net);
  cr_expect_str_eq(net->statements->names->name.text, "c");
  cr_assert_not_null(net->next);
  cr_expect_str_eq(net->next->statements->names->name.text, "e");
  arena_free(&p.arena);
}

/* Each fix of these programs, applied, gives a program without errors. */
Test(syntax, fixes_mend) {
  static const char *const bodies[] = {"y = x -> relu conv2: conv(16, 5)",
                                       "input y float32[1, 8, 8]",
                                       "y = add(x, x)",
                                       "y = x -> conv1 = conv(16, 5)",
                                       "input y: float32[1, 8, 8];",
                                       "y = x -> conv(16, padding: 1)",
                                       "y: x -> relu",
                                       "y = x -> if a = 3 { relu }",
                                       "y == x -> relu",
                                       "imput y: float32[3]",
                                       "y = x |> relu => tanh",
                                       "y = x -> f(.5, 3.)",
                                       "weights lenet5.safetensors",
                                       "y = x -> f('a')",
                                       "y = x -> if a && !b || c { relu }",
                                       "y = relu(x)",
                                       "y = x -> repeat i in 0...3 { f }",
                                       "input y = float32[3]",
                                       "y = x // note"};
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
    char text[256], mended[512];
    snprintf(text, sizeof text, "net a {\n  input x: float32[1, 8, 8]\n  %s\n  z = x\n}\n", bodies[i]);
    Parsed p;
    parse_text(&p, text);
    cr_assert_gt(p.all.errors, 0, "%s", bodies[i]);
    size_t from = 0, to = 0;
    for (int k = 0; k < p.all.count; k++) {
      cr_assert_eq(p.all.items[k]->fix_count, 1, "%s: %s", bodies[i], p.all.items[k]->message);
      Fix fix = p.all.items[k]->fixes[0];
      size_t start = fix.span.start - p.source->base;
      cr_assert_geq(start, from);
      memcpy(mended + to, text + from, start - from);
      to += start - from;
      strcpy(mended + to, fix.replacement);
      to += strlen(fix.replacement);
      from = fix.span.end - p.source->base;
    }
    strcpy(mended + to, text + from);
    arena_free(&p.arena);
    parse_text(&p, mended);
    cr_expect_eq(p.all.errors, 0, "%s", mended);
    arena_free(&p.arena);
  }
}

/* Robustness */

static const char *const programs[] = {"lenet5", "resnet18", "inception", "xception_middle", "unet", "siamese", "edges", "ecg_tcn", "fcn8"};
enum { PROGRAMS = 9, LONGEST_PROGRAM = 8192 };

/* Reads tests/golden/language/NAME.cnn, found from the repository or from where this file was compiled. */
static size_t read_program(const char *name, char *text) {
  char path[1024] = __FILE__;
  char *slash = strstr(path, "unit/test_syntax.c");
  if (slash) *slash = '\0';
  const char *const roots[] = {path, "tests/", "../tests/", "../../tests/", "../../../tests/"};
  for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
    char file_name[2048];
    snprintf(file_name, sizeof file_name, "%sgolden/language/%s.cnn", roots[i], name);
    FILE *file = fopen(file_name, "rb");
    if (!file) continue;
    size_t length = fread(text, 1, LONGEST_PROGRAM, file);
    fclose(file);
    return length;
  }
  cr_assert_fail("tests/golden/language/%s.cnn was not found", name);
  return 0;
}

/* Parses anything: every place lies in the source, whatever was wrong was reported, and it can be printed. */
static void survive(const char *text, size_t length) {
  Parsed p;
  cr_assert(parse(&p, text, length, 0));
  cr_assert_eq(p.ast->broken, p.all.errors > 0);
  for (int i = 0; i < p.all.count; i++) {
    Span span = p.all.items[i]->primary.span;
    cr_assert(span.start >= p.source->base && span.start <= span.end && span.end <= p.source->base + length);
  }
  Text out = text_new(&p.arena);
  print_ast(&out, p.ast, true);
  print_diagnostics(&out, &p.all, DIAGNOSTICS_TEXT, false);
  print_diagnostics(&out, &p.all, DIAGNOSTICS_JSON, false);
  arena_free(&p.arena);
}

Test(syntax, the_programs_of_the_language_parse) {
  char text[LONGEST_PROGRAM];
  for (int i = 0; i < PROGRAMS; i++) {
    Parsed p;
    cr_assert(parse(&p, text, read_program(programs[i], text), 0));
    cr_expect_eq(p.all.errors, 0, "%s", programs[i]);
    arena_free(&p.arena);
  }
}

/* Every byte with SYNTAX_EVERY=1, else one of four. */
static size_t step_of_bytes(void) {
  const char *every = getenv("SYNTAX_EVERY");
  return every ? strtoul(every, NULL, 10) : 4;
}

Test(syntax, every_prefix, .timeout = 120) {
  char text[LONGEST_PROGRAM];
  for (int i = 0; i < PROGRAMS; i++) {
    size_t length = read_program(programs[i], text);
    for (size_t end = 0; end <= length; end += step_of_bytes()) survive(text, end);
  }
}

Test(syntax, every_deleted_byte, .timeout = 120) {
  char text[LONGEST_PROGRAM], damaged[LONGEST_PROGRAM];
  for (int i = 0; i < PROGRAMS; i++) {
    size_t length = read_program(programs[i], text);
    for (size_t at = 0; at < length; at += step_of_bytes()) {
      memcpy(damaged, text, at);
      memcpy(damaged + at, text + at + 1, length - at - 1);
      survive(damaged, length - 1);
    }
  }
}

Test(syntax, every_replaced_byte, .timeout = 120) {
  char text[LONGEST_PROGRAM];
  uint64_t state = 88172645463325252u;
  for (int i = 0; i < PROGRAMS; i++) {
    size_t length = read_program(programs[i], text);
    for (size_t at = 0; at < length; at += step_of_bytes()) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      char kept = text[at];
      text[at] = (char)(state >> 16);
      survive(text, length);
      text[at] = kept;
    }
  }
}

Test(syntax, every_allocation_may_fail) {
  static const char *const texts[] = {"net a {\n  ## doc\n  y = x -> f(1 + 2, \"s\") # c\n}\n", "net a {\n  y = x relu\n  z = (\n"};
  char program[LONGEST_PROGRAM];
  for (int i = 0; i < PROGRAMS + 2; i++) {
    const char *text = i < 2 ? texts[i] : program;
    size_t length = i < 2 ? strlen(text) : read_program(programs[i - 2], program);
    Parsed p;
    bool enough = false;
    for (long allocation = 1; !enough; allocation++) {
      enough = parse(&p, text, length, allocation);
      arena_free(&p.arena);
      cr_assert_lt(allocation, 10000);
    }
  }
}
