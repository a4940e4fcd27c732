/* test_format.c - the formatter over random programs in random layouts, and over damaged ones. What it makes of chosen
 * programs stands in tests/golden/fmt. FORMAT_PROGRAMS and FORMAT_SEED ask for more programs, and for others. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/format.h"
#include "ir/tokens.h"
#include "program_generator.h"

typedef struct World {
  Arena arena;
  jmp_buf out_of_memory;
  Sources sources;
  Diagnostics all;
} World;

static World *new_world(void) {
  World *w = calloc(1, sizeof *w);
  w->arena.out_of_memory = &w->out_of_memory;
  w->sources.arena = w->all.arena = &w->arena;
  w->all.sources = &w->sources;
  return w;
}

static void free_world(World *w) {
  arena_free(&w->arena);
  free(w);
}

static long from_environment(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text && *text ? strtol(text, NULL, 10) : otherwise;
}

/* The tree without places and without the line that the formatter adds. */
static const char *outline(World *w, const char *text, size_t length) {
  const Ast *ast = parse_source(&w->arena, &w->all, sources_add(&w->sources, "t.cnn", text, length));
  if (ast->broken) {
    Text printed = text_new(&w->arena);
    print_diagnostics(&printed, &w->all, DIAGNOSTICS_TEXT, false);
    cr_assert_fail("%s\n%s", text_string(&printed), text);
  }
  Text out = text_new(&w->arena);
  print_ast(&out, ast, false);
  const char *lines = text_string(&out);
  return strncmp(lines, "cnn 1\n", 6) ? lines : lines + 6;
}

static const char *format(World *w, const char *text, size_t length, size_t *formatted) {
  const char *out = format_source(&w->arena, &w->all, sources_add(&w->sources, "t.cnn", text, length), formatted);
  for (int i = 0; i < w->all.count; i++) cr_assert_neq(w->all.items[i]->code, CODE_E0999, "%s\n%s", w->all.items[i]->message, text);
  return out;
}

/* The first comment from `text` on, found without the scanner; *length without blanks at its end. */
static const char *find_comment(const char *text, size_t *length) {
  for (bool string = false; *text; text++) {
    if (string && *text == '\\' && text[1]) text++;
    else if (*text == '"') string = !string;
    else if (*text == '#' && !string) break;
  }
  *length = strcspn(text, "\n");
  while (*length && strchr(" \t\r", text[*length - 1])) --*length;
  return *text ? text : NULL;
}

static void expect_same_comments(const char *before, const char *after, int count) {
  for (;; count--) {
    size_t one, other;
    const char *a = find_comment(before, &one), *b = find_comment(after, &other);
    if (!a && !b) break;
    cr_assert(a && b && one == other && !memcmp(a, b, one), "%.*s | %.*s", a ? (int)one : 0, a ? a : "", b ? (int)other : 0, b ? b : "");
    before = a + one;
    after = b + other;
  }
  cr_assert_eq(count, 0);
}

/* No blanks at the end of a line, no two blank lines, none at the beginning or the end. */
static void expect_tidy_lines(const char *text, size_t length) {
  cr_assert(length && text[0] != '\n' && text[length - 1] == '\n' && (length < 2 || text[length - 2] != '\n'), "%s", text);
  cr_assert(!strstr(text, "\n\n\n"), "%s", text);
  cr_assert(!strstr(text, " \n"), "%s", text);
  cr_assert(!strpbrk(text, "\r\t"), "%s", text);
}

static void check_program(uint64_t seed, uint64_t layout, Coverage *coverage) {
  World *w = new_world();
  int comments;
  Text tidy = text_new(&w->arena), text = text_new(&w->arena);
  generate_program(&tidy, seed, 0, coverage, &comments);
  generate_program(&text, seed, layout, coverage, &comments);
  const char *tree = outline(w, tidy.data, tidy.length);
  const char *messy = outline(w, text.data, text.length);
  size_t length, again;
  const char *formatted = format(w, text.data, text.length, &length);
  cr_assert_not_null(formatted);
  expect_same_comments(text.data, formatted, comments);
  expect_tidy_lines(formatted, length);
  const char *second = format(w, formatted, length, &again);
  cr_assert(second && again == length && !memcmp(second, formatted, length), "seed %llu is not stable:\n%s\n--- and then\n%s",
            (unsigned long long)seed, formatted, second);
  if (!strstr(text.data, "##")) { /* documentation is a part of the tree */
    cr_assert_str_eq(messy, tree, "seed %llu", (unsigned long long)seed);
    cr_assert_str_eq(outline(w, formatted, length), tree, "seed %llu", (unsigned long long)seed);
  }
  cr_assert_str_eq(outline(w, formatted, length), messy, "seed %llu:\n%s", (unsigned long long)seed, formatted);
  free_world(w);
}

Test(format, random_programs, .timeout = 3600) {
  static Coverage coverage;
  long programs = from_environment("FORMAT_PROGRAMS", 150), seed = from_environment("FORMAT_SEED", 1);
  for (long i = 0; i < programs; i++) check_program((uint64_t)seed * 1000003u + (uint64_t)i, (uint64_t)i + 1, &coverage);
  for (int site = 0; site < GENERATOR_SITES; site++)
    for (int choice = 0; choice < coverage.choices[site]; choice++)
      cr_expect_gt(coverage.taken[site][choice], 0, "site %d, choice %d", site, choice);
}

/* A damaged program is formatted or refused with an error that has a place. */
static void survive(const char *text, size_t length) {
  World *w = new_world();
  size_t formatted;
  const char *out = format(w, text, length, &formatted);
  cr_assert_eq(!out, w->all.errors > 0);
  for (int i = 0; i < w->all.count; i++) {
    Span span = w->all.items[i]->primary.span;
    cr_assert(span.start >= 1 && span.start <= span.end && span.end <= 1 + length);
  }
  free_world(w);
}

Test(format, damaged_programs, .timeout = 3600) {
  long programs = from_environment("FORMAT_PROGRAMS", 150) / 4, seed = from_environment("FORMAT_SEED", 1);
  static Coverage coverage;
  for (long i = 0; i < programs; i++) {
    World *w = new_world();
    Text text = text_new(&w->arena);
    int comments;
    generate_program(&text, (uint64_t)(seed + i), (uint64_t)(i % 3), &coverage, &comments);
    uint64_t state = (uint64_t)(seed * 7 + i);
    for (int k = 0; k < 8; k++) {
      char *damaged = arena_strndup(&w->arena, text.data, text.length);
      size_t length = k < 4 ? next_random(&state) % (text.length + 1) : text.length;
      for (int flips = k < 2 ? 0 : 1 + (int)(next_random(&state) % 3); flips && length; flips--)
        damaged[next_random(&state) % length] ^= (char)(1 << next_random(&state) % 8);
      survive(damaged, length);
    }
    free_world(w);
  }
}

static bool has_enough_memory(const char *text, long allocation) {
  World *w = new_world();
  w->arena.fail_after = allocation;
  if (setjmp(w->out_of_memory)) {
    free_world(w);
    return false;
  }
  size_t length;
  cr_assert_not_null(format(w, text, strlen(text), &length));
  free_world(w);
  return true;
}

Test(format, every_allocation_may_fail) {
  static Coverage coverage;
  World *w = new_world();
  Text text = text_new(&w->arena);
  int comments;
  for (uint64_t seed = 1; text.length < 600; seed++) {
    text.length = 0;
    generate_program(&text, seed, 1, &coverage, &comments);
  }
  long allocation = 1;
  while (allocation < 10000 && !has_enough_memory(text.data, allocation)) allocation++;
  cr_expect(allocation > 10 && allocation < 10000);
  free_world(w);
}
