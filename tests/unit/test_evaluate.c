/* test_evaluate.c - compile-time expressions: values, exactness, Python's semantics, and every way to be wrong. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "passes/evaluate.h"
#include "passes/resolve_files.h"

static Arena arena;
static Diagnostics diagnostics;

static void begin(void) { arena = (Arena){0}; }
static void end(void) { arena_free(&arena); }
TestSuite(evaluate, .init = begin, .fini = end);

static const char prelude[] = "dim H in 64..1024 (multiple_of=4)\n"
                              "dim W in 10..\n"
                              "block x -> my_block(a) { return x }\n"
                              "const k = [1, 4, 6, 4, 1]\n"
                              "const rows = [[1, 2, 3], [4, 5, 6]]\n"
                              "const zero = 0\n";

/* The value of the text. */
static const Datum *value_of(const char *text) {
  Sources *sources = ARENA_NEW(&arena, Sources);
  *sources = (Sources){.arena = &arena};
  diagnostics = (Diagnostics){.arena = &arena, .sources = sources};
  static Options options;
  Compilation *c = ARENA_NEW(&arena, Compilation);
  *c = (Compilation){.arena = &arena, .diagnostics = &diagnostics, .sources = sources, .options = &options};
  Files files = {.c = c, .modules = name_table(&arena), .open = name_table(&arena)};
  const char *source = arena_printf(&arena, "%sconst result = %s\n", prelude, text);
  const Ast *ast = parse_source(&arena, &diagnostics, sources_add(sources, "expression.cnn", source, strlen(source)));
  cr_assert(!ast->broken, "the test does not parse: %s", text);
  const Entry *entry = find_name(&resolve_files(&files, ast)->names, "result");
  return entry->datum;
}

static void is(const char *expression, const char *expected) {
  const Datum *value = value_of(expression);
  cr_assert_eq(diagnostics.errors, 0, "%s: %s", expression, diagnostics.count ? diagnostics.items[0]->message : "");
  cr_assert_str_eq(datum_text(&arena, value), expected, "%s is %s, not %s", expression, datum_text(&arena, value), expected);
}

static void fails(const char *expression, Code code, const char *part) {
  const Datum *value = value_of(expression);
  cr_assert_eq(diagnostics.errors, 1, "%s gave %d errors", expression, diagnostics.errors);
  cr_assert_eq(value->kind, DATUM_POISONED, "%s", expression);
  cr_assert_eq(diagnostics.items[0]->code, code, "%s: %s", expression, code_name(diagnostics.items[0]->code));
  cr_assert(strstr(diagnostics.items[0]->message, part) != NULL, "%s: %s", expression, diagnostics.items[0]->message);
}

Test(evaluate, numbers) {
  is("1 + 2 * 3", "7");
  is("(1 + 2) * 3", "9");
  is("7 / 2", "3.5");
  is("1 / 255", "1/255");
  is("1 / 255 * 255", "1");
  is("0.1 + 0.2", "0.3");
  is("1e-5", "1e-5");
  is("1.5e3", "1500");
  is("-2 ** 2", "-4");
  is("2 ** -1", "0.5");
  is("2 ** 0.5 > 1.41", "true");
  is("2 ** 3 ** 2", "512");
  is("9007199254740993", "9007199254740993");
  is("9007199254740993 / 2 * 2 > 0", "true");
  is("10 ** 18", "1000000000000000000");
}

Test(evaluate, rounds_down_as_python_does) {
  is("7 // 2", "3");
  is("-7 // 2", "-4");
  is("7 // -2", "-4");
  is("7 % 3", "1");
  is("-7 % 3", "2");
  is("7 % -3", "-2");
  is("7.5 // 2", "3");
  is("7.5 % 2", "1.5");
  is("-1 / 2 // 1", "-1");
  is("1e300 % 7 < 7", "true");
  is("0.1 ** 20 * 3 // 1", "0");
  is("(0 - 2 ** 0.5) // 1", "-2");
  is("(0 - 2 ** 0.5) % 1 > 0", "true");
  is("2 ** 0.5 % -1 < 0", "true");
}

Test(evaluate, functions) {
  is("min(3, 1, 2)", "1");
  is("max(k)", "6");
  is("max(1.5, 1)", "1.5");
  is("ceil_div(7, 2)", "4");
  is("ceil_div(-7, 2)", "-3");
  is("ceil_div(8, 2)", "4");
  is("round(2.5)", "2");
  is("round(3.5)", "4");
  is("round(-2.5)", "-2");
  is("round(2.6)", "3");
  is("int(2.9)", "2");
  is("int(-2.9)", "-2");
  is("int(k / 4)", "[0, 1, 1, 1, 0]");
  is("len(k)", "5");
  is("len((1, 2))", "2");
  is("at(k, 1)", "4");
  is("at(k, -1)", "1");
  is("at(at(rows, 1), 0)", "4");
  is("select(1 < 2, 3, 4)", "3");
  is("outer([1, 2], [3, 4])", "[[3, 4], [6, 8]]");
  is("transpose(rows)", "[[1, 4], [2, 5], [3, 6]]");
}

Test(evaluate, lists) {
  is("k / 16", "[0.0625, 0.25, 0.375, 0.25, 0.0625]");
  is("1 - rows", "[[0, -1, -2], [-3, -4, -5]]");
  is("-rows", "[[-1, -2, -3], [-4, -5, -6]]");
  is("k + k", "[2, 8, 12, 8, 2]");
  is("[[1, 2], 3] * 2", "[[2, 4], 6]");
  is("[k, 1]", "[[1, 4, 6, 4, 1], 1]");
}

Test(evaluate, conditions) {
  is("1 < 2 and 2 <= 2 and not 3 > 4", "true");
  is("1 == 1.0", "true");
  is("1 / 3 == 2 / 6", "true");
  is("0.1 + 0.2 == 0.3", "true");
  is("relu == relu", "true");
  is("relu != tanh", "true");
  is("relu == none", "false");
  is("none == none", "true");
  is("\"a\" == \"b\"", "false");
  is("k == [1, 4, 6, 4, 1]", "true");
  is("max_pool(2) == max_pool(2)", "true");
  is("max_pool(2) == max_pool(3)", "false");
  is("true or 1 / zero > 0", "true");
  is("false and 1 / zero > 0", "false");
}

Test(evaluate, words_tuples_operations) {
  is("relu", "relu");
  is("same", "same");
  is("my_block", "my_block");
  is("my_block(a=3)", "my_block(a=3)");
  is("conv(4, 3, padding=same)", "conv(4, 3, padding=same)");
  is("3x5", "(3, 5)");
  is("(1, 2 + 1)", "(1, 3)");
  is("(top=1, bottom=0)", "(top=1, bottom=0)");
  is("\"text\"", "\"text\"");
}

Test(evaluate, sizes) {
  is("H", "H");
  is("H / 4 * 4", "H");
  is("H / 2", "H//2");
  is("W // 3 * 3", "3*(W//3)");
  is("H // 8 * 2", "2*(H//8)");
  is("H / 3 * 3", "H");
  is("(H + 2) * 2 - H", "H + 4");
  is("W % 2", "W - 2*(W//2)");
  is("H > 10", "true");
  is("10 >= H", "false");
  is("H == H + 1", "false");
  is("H != W + H", "true");
  is("ceil_div(W, 2)", "(W + 1)//2");
  is("min(H, 20)", "20");
  is("W ** 2", "W*W");
  is("H * W * H == H * H * W", "true");
  is("H // 0.5", "2*H");
  is("W // -2 * 2 < 0", "true");
}

Test(evaluate, errors) {
  fails("1 / zero", CODE_E0406, "divides by zero");
  fails("1 // zero", CODE_E0406, "divides by zero");
  fails("1 % zero", CODE_E0406, "divides by zero");
  fails("zero ** -1", CODE_E0406, "divides by zero");
  fails("(0 - 8) ** 0.5", CODE_E0406, "root of a negative");
  fails("10 ** 19", CODE_E0406, "too large");
  fails("9223372036854775807 + 1", CODE_E0406, "too large");
  fails("1e200 * 1e200", CODE_E0406, "too large");
  fails("2.0 ** 100000", CODE_E0406, "too large");
  fails("relu + 1", CODE_E0406, "needs numbers");
  fails("not 1", CODE_E0406, "condition is needed");
  fails("1 and true", CODE_E0406, "condition is needed");
  fails("k < 1", CODE_E0406, "only numbers can be compared");
  fails("k + [1]", CODE_E0406, "differ in length");
  fails("at(k, 5)", CODE_E0406, "no item of that number");
  fails("at(k, 0.5)", CODE_E0406, "needs a list and a whole number");
  fails("transpose(k)", CODE_E0406, "list of lists");
  fails("transpose([[1], [2, 3]])", CODE_E0406, "differ in length");
  fails("outer(rows, k)", CODE_E0406, "two lists of numbers");
  fails("len(3)", CODE_E0406, "one list");
  fails("min()", CODE_E0406, "at least one number");
  fails("max(k, relu)", CODE_E0406, "needs numbers");
  fails("select(1, 2, 3)", CODE_E0406, "a condition");
  fails("round(x=1)", CODE_E0406, "no named arguments");
  fails("W > 20", CODE_E0406, "known at run time only");
  fails("H == W", CODE_E0406, "known at run time only");
  fails("1 / H", CODE_E0406, "divides by a size that varies");
  fails("H * 0.5 ** 0.5", CODE_E0406, "no fraction");
  fails("[[[[[[[[[1]]]]]]]]]", CODE_E0406, "nested too deeply");
  fails("unknown + 1", CODE_E0202, "not defined");
  fails("result + 1", CODE_E0202, "not defined");
  fails("no_function(1)", CODE_E0201, "no function");
}

/* Each list holds the one before twice: limits end this long before memory does. */
Test(evaluate, lists_that_grow_without_end) {
  const Datum *list = datum_number(&arena, 1, 1);
  int made = 0;
  for (; list && made < 64; made++) {
    const Datum **items = ARENA_ARRAY(&arena, const Datum *, 1024);
    for (int i = 0; i < 1024; i++) items[i] = list;
    list = datum_list(&arena, items, 1024);
  }
  cr_assert_eq(made, 3);
}

/* The parser bounds how deep an expression is; what it lets through must not exhaust the stack. */
Test(evaluate, very_long_sum) {
  Text text = text_new(&arena);
  text_add(&text, "1");
  for (int i = 0; i < 40; i++) text_add(&text, " + 1");
  is(text_string(&text), "41");
}
