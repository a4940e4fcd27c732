/* test_diagnostics.c - collecting and printing: the picture, its order and widths, JSON, the exit status. */
#include <criterion/criterion.h>
#include <string.h>

#include "support/diagnostics.h"

typedef struct World {
  Arena arena;
  Sources sources;
  Diagnostics all;
  const Source *source;
} World;

static void open_world(World *world, const char *text) {
  *world = (World){.arena = {0}};
  world->sources.arena = &world->arena;
  world->all.arena = &world->arena;
  world->all.sources = &world->sources;
  world->source = sources_add(&world->sources, "a.cnn", text, strlen(text));
}

/* The place of a piece of the source. */
static Span span_of(const World *world, const char *piece) {
  const char *at = strstr(world->source->text, piece);
  cr_assert_not_null(at, "%s", piece);
  uint32_t start = world->source->base + (uint32_t)(at - world->source->text);
  return (Span){start, start + (uint32_t)strlen(piece)};
}

static const char *printed(World *world, DiagnosticFormat format, bool color) {
  Text out = text_new(&world->arena);
  print_diagnostics(&out, &world->all, format, color);
  return text_string(&out);
}

#define EXPECT_TEXT(world, expected) cr_expect_str_eq(printed(&(world), DIAGNOSTICS_TEXT, false), expected)

Test(diagnostics, the_example_of_the_language) {
  World w;
  open_world(&w, "\n\n\n\n\n  main = x\n\n\n  skip = x\n\n\n  return [main, skip] -> add -> relu\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
                 "    -> layer2.0: f\n");
  Diagnostic *d = report(&w.all, CODE_E0301, span_of(&w, "add"), "the inputs of `%s` have different shapes", "add");
  set_label(d, "channels 128 and 64");
  add_label(d, span_of(&w, "main"), "[128, 28, 28]");
  add_label(d, span_of(&w, "skip"), "[64, 56, 56]");
  add_note_at(d, span_of(&w, "layer2.0"), "in block instance `layer2.0`, with channels=128, stride=2");
  add_note(d, "`main` is [128, 28, 28] because\n        x [64, 56, 56] -> conv1");
  add_help(d, "give the shortcut a projection");
  EXPECT_TEXT(w, "error[E0301]: the inputs of `add` have different shapes\n"
                 "  --> a.cnn:12:26\n"
                 "   |\n"
                 " 6 |   main = x\n"
                 "   |   ---- [128, 28, 28]\n"
                 "...\n"
                 " 9 |   skip = x\n"
                 "   |   ---- [64, 56, 56]\n"
                 "...\n"
                 "12 |   return [main, skip] -> add -> relu\n"
                 "   |                          ^^^ channels 128 and 64\n"
                 "   |\n"
                 "note: in block instance `layer2.0`, with channels=128, stride=2\n"
                 "  --> a.cnn:28:8\n"
                 "note: `main` is [128, 28, 28] because\n"
                 "        x [64, 56, 56] -> conv1\n"
                 "help: give the shortcut a projection\n");
  arena_free(&w.arena);
}

Test(diagnostics, several_labels_on_a_line) {
  World w;
  open_world(&w, "a = [b, c] -> add\n");
  Diagnostic *d = report(&w.all, CODE_E0301, span_of(&w, "add"), "m");
  set_label(d, "here");
  add_label(d, span_of(&w, "b"), "first");
  add_label(d, span_of(&w, "c"), "second");
  EXPECT_TEXT(w, "error[E0301]: m\n"
                 " --> a.cnn:1:15\n"
                 "  |\n"
                 "1 | a = [b, c] -> add\n"
                 "  |      -  -     ^^^ here\n"
                 "  |      |  |\n"
                 "  |      |  second\n"
                 "  |      first\n");
  arena_free(&w.arena);
}

Test(diagnostics, marks_stand_under_tabs_and_wide_characters) {
  World w;
  open_world(&w, "\tf(\"\xe6\x97\xa5\xc3\xa9\xcc\x81\")\there\n");
  report(&w.all, CODE_E0101, span_of(&w, "here"), "m");
  EXPECT_TEXT(w, "error[E0101]: m\n"
                 " --> a.cnn:1:15\n"
                 "  |\n"
                 "1 |     f(\"\xe6\x97\xa5\xc3\xa9\xcc\x81\")    here\n"
                 "  |                 ^^^^\n");
  arena_free(&w.arena);
}

Test(diagnostics, nothing_steers_the_terminal) {
  World w;
  open_world(&w, "a \x1b[31m b \xe2\x80\xae c \xff d\x7f\n");
  report(&w.all, CODE_E0101, span_of(&w, "c"), "no \x1b[2J here");
  EXPECT_TEXT(w, "error[E0101]: no \xe2\x90\x9b[2J here\n"
                 " --> a.cnn:1:15\n"
                 "  |\n"
                 "1 | a \xe2\x90\x9b[31m b \xef\xbf\xbd c \xef\xbf\xbd d\xe2\x90\xa1\n"
                 "  |             ^\n");
  cr_expect_null(strchr(printed(&w, DIAGNOSTICS_SHORT, false), '\x1b'));
  cr_expect_null(strchr(printed(&w, DIAGNOSTICS_JSON, false), '\x1b'));
  cr_expect_not_null(strchr(printed(&w, DIAGNOSTICS_TEXT, true), '\x1b'));
  arena_free(&w.arena);
}

Test(diagnostics, sorted_by_place_with_a_summary) {
  World w;
  open_world(&w, "one\ntwo\n");
  report(&w.all, CODE_E0902, (Span){0, 0}, "cannot read `x`: gone");
  report(&w.all, CODE_W_unused_layers, span_of(&w, "two"), "nothing uses `two`");
  report(&w.all, CODE_E0202, span_of(&w, "one"), "`one` is not defined here");
  EXPECT_TEXT(w, "error[E0202]: `one` is not defined here\n"
                 " --> a.cnn:1:1\n"
                 "  |\n"
                 "1 | one\n"
                 "  | ^^^\n"
                 "\n"
                 "warning[unused_layers]: nothing uses `two`\n"
                 " --> a.cnn:2:1\n"
                 "  |\n"
                 "2 | two\n"
                 "  | ^^^\n"
                 "\n"
                 "error[E0902]: cannot read `x`: gone\n"
                 "\n"
                 "2 errors, 1 warning\n");
  cr_expect_str_eq(printed(&w, DIAGNOSTICS_SHORT, false), "a.cnn:1:1: error[E0202]: `one` is not defined here\n"
                                                          "a.cnn:2:1: warning[unused_layers]: nothing uses `two`\n"
                                                          "error[E0902]: cannot read `x`: gone\n");
  arena_free(&w.arena);
}

Test(diagnostics, too_many_are_counted) {
  World w;
  open_world(&w, "x\n");
  for (int i = 0; i < 1000; i++) {
    Diagnostic *d = report(&w.all, CODE_E0202, span_of(&w, "x"), "error %d", i);
    set_label(d, "label");
    add_label(d, span_of(&w, "x"), "label");
    add_note(d, "note");
    add_note_at(d, span_of(&w, "x"), "note");
    add_help(d, "help");
    add_fix(d, span_of(&w, "x"), "y");
  }
  cr_expect_eq(w.all.errors, 1000);
  cr_expect_eq(w.all.count, MAX_ERRORS);
  cr_expect_not_null(strstr(printed(&w, DIAGNOSTICS_TEXT, false), "\nerror: 980 more errors not shown\n\n1000 errors\n"));
  cr_expect_not_null(strstr(printed(&w, DIAGNOSTICS_JSON, false), "\"errors_not_shown\":980}"));
  report(&w.all, CODE_W_unused_names, span_of(&w, "x"), "a warning is kept");
  cr_expect_eq(w.all.count, MAX_ERRORS + 1);
  arena_free(&w.arena);
}

Test(diagnostics, json) {
  World w;
  open_world(&w, "a \"b\xff\"\n");
  Diagnostic *d = report(&w.all, CODE_E0401, span_of(&w, "\"b"), "quote \" back \\ line\n tab\t bad \xff end");
  add_note(d, "n");
  add_help(d, "h");
  add_fix(d, span_of(&w, "a"), "c");
  cr_expect_str_eq(printed(&w, DIAGNOSTICS_JSON, false),
                   "{\"schema\":1,\"diagnostics\":[{\"file\":\"a.cnn\",\"line\":1,\"column\":3,\"end_line\":1,\"end_column\":5,"
                   "\"severity\":\"error\",\"code\":\"E0401\",\"message\":\"quote \\\" back \\\\ line\\n tab\\t bad \xef\xbf\xbd "
                   "end\","
                   "\"labels\":[],\"notes\":[{\"file\":null,\"line\":null,\"column\":null,\"end_line\":null,\"end_column\":null,"
                   "\"text\":\"n\"}],\"help\":[\"h\"],\"fixes\":[{\"file\":\"a.cnn\",\"line\":1,\"column\":1,\"end_line\":1,"
                   "\"end_column\":2,\"replacement\":\"c\",\"certain\":true}]}]}\n");
  arena_free(&w.arena);
}

Test(diagnostics, sarif_counts_characters) {
  World w;
  open_world(&w, "\xc3\xa4\xe6\x97\xa5 b\n");
  Diagnostic *d = report(&w.all, CODE_E0202, span_of(&w, "b"), "m");
  add_note(d, "n");
  add_label(d, span_of(&w, "\xe6\x97\xa5"), "l");
  add_guess(d, span_of(&w, "b"), "c");
  report(&w.all, CODE_E0202, (Span){0, 0}, "nowhere");
  const char *out = printed(&w, DIAGNOSTICS_SARIF, false);
  cr_expect_not_null(strstr(out, "\"region\":{\"startLine\":1,\"startColumn\":4,\"endLine\":1,\"endColumn\":5}"));
  cr_expect_not_null(
      strstr(out, "\"region\":{\"startLine\":1,\"startColumn\":2,\"endLine\":1,\"endColumn\":3}},\"message\":{\"text\":\"l\"}"));
  cr_expect_not_null(strstr(out, "\"text\":\"m\\nnote: n\""));
  cr_expect_not_null(strstr(out, "\"insertedContent\":{\"text\":\"c\"}"));
  cr_expect_not_null(strstr(out, "\"locations\":[]"));
  cr_expect_eq(strstr(strstr(out, "\"id\":\"E0202\"") + 1, "\"id\":"), NULL, "a rule for two results");
  arena_free(&w.arena);
}

Test(diagnostics, said_once_of_a_place) {
  World w;
  open_world(&w, "x y\n");
  for (int i = 0; i < 3; i++) {
    add_note(report(&w.all, CODE_E0202, span_of(&w, "x"), "m"), "n");
    report(&w.all, CODE_W_unused_names, span_of(&w, "x"), "lint %d", i);
  }
  report(&w.all, CODE_E0202, span_of(&w, "x"), "other words");
  report(&w.all, CODE_W_unused_names, span_of(&w, "y"), "another place");
  cr_expect_eq(w.all.errors, 2);
  cr_expect_eq(w.all.warnings, 2);
  cr_expect_eq(w.all.count, 4);
  cr_expect_eq(w.all.items[0]->note_count, 1);
  arena_free(&w.arena);
}

Test(diagnostics, json_of_nothing) {
  World w;
  open_world(&w, "");
  cr_expect_str_eq(printed(&w, DIAGNOSTICS_JSON, false), "{\"schema\":1,\"diagnostics\":[]}\n");
  cr_expect_str_eq(printed(&w, DIAGNOSTICS_TEXT, false), "");
  arena_free(&w.arena);
}

Test(diagnostics, the_worst_status_counts) {
  World w;
  open_world(&w, "x\n");
  cr_expect_eq(diagnostics_status(&w.all), 0);
  report(&w.all, CODE_W_unused_layers, span_of(&w, "x"), "m");
  cr_expect_eq(diagnostics_status(&w.all), 0);
  report(&w.all, CODE_E0101, span_of(&w, "x"), "m");
  cr_expect_eq(diagnostics_status(&w.all), 1);
  report(&w.all, CODE_E0901, (Span){0, 0}, "m");
  cr_expect_eq(diagnostics_status(&w.all), 2);
  report(&w.all, CODE_E0902, (Span){0, 0}, "m");
  cr_expect_eq(diagnostics_status(&w.all), 3);
  for (int i = 0; i < 30; i++) report(&w.all, CODE_E0101, span_of(&w, "x"), "m");
  report(&w.all, CODE_E0999, (Span){0, 0}, "m");
  cr_expect_eq(diagnostics_status(&w.all), 70, "an error that is not kept counts");
  arena_free(&w.arena);
}

Test(diagnostics, labels_in_another_file) {
  World w;
  open_world(&w, "use \"b.cnn\"\n");
  const Source *other = sources_add(&w.sources, "b.cnn", "\nconst k = 1\n", 13);
  Diagnostic *d = report(&w.all, CODE_E0205, span_of(&w, "use"), "m");
  add_label(d, (Span){other->base + 7, other->base + 8}, "defined here");
  EXPECT_TEXT(w, "error[E0205]: m\n"
                 " --> a.cnn:1:1\n"
                 "  |\n"
                 "1 | use \"b.cnn\"\n"
                 "  | ^^^\n"
                 " ::: b.cnn:2:7\n"
                 "  |\n"
                 "2 | const k = 1\n"
                 "  |       - defined here\n");
  const Source *first = w.sources.items[0];
  Location end = source_locate(&w.sources, first->base + first->length), begin = source_locate(&w.sources, other->base);
  cr_assert(end.source == first && end.line == 2 && end.column == 1);
  cr_assert(begin.source == other && begin.line == 1);
  arena_free(&w.arena);
}

Test(diagnostics, a_long_line_is_cut) {
  World w;
  char text[2001];
  memset(text, 'a', 2000);
  memcpy(text + 1500, "HERE", 4);
  text[2000] = '\0';
  open_world(&w, text);
  report(&w.all, CODE_E0101, span_of(&w, "HERE"), "m");
  const char *out = printed(&w, DIAGNOSTICS_TEXT, false);
  cr_expect_lt(strlen(out), 500);
  const char *line = strstr(out, "1 | ..."), *mark = strstr(out, "^^^^");
  cr_assert(line && mark);
  const char *mark_line = mark;
  while (mark_line[-1] != '\n') mark_line--;
  cr_expect_eq(strstr(line, "HERE") - line, mark - mark_line);
  arena_free(&w.arena);
}
