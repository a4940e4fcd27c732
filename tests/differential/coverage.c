/* coverage.c - counts how often each operation, attribute and kind of value occurs in nets.
 *
 *   coverage TABLE NEEDED FILE.cnn..
 *
 * What must occur is read from the operators' descriptors, so that what is new there and in no net fails. TABLE gets all
 * counts, NEEDED the names of nets that together hold everything. Counted are the nodes of graphs; calls that stand for
 * several nodes and the forms of the language are seen as they are made: the linker wraps make_part and parse_source. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "coverage.h"
#include "support/diagnostics_text.h"
#include "support/reader.h"

/* What cannot occur. */
typedef struct Impossible {
  const char *operations, *attribute, *value, *why; /* operations: " a b "; attribute NULL: any */
} Impossible;

typedef struct Row {
  const char *operation, *attribute, *value;
  const Impossible *impossible; /* NULL: it must occur */
  long count;
} Row;

enum { MAX_ROWS = 2000 };
static Row rows[MAX_ROWS];
static int row_count, failures;
static bool fresh;  /* the net that is being counted has what none had before */
static Arena names; /* of the rows */

static void fail(const char *what, const char *detail) {
  printf("FAIL %s: %s\n", what, detail);
  failures++;
}

#define SPATIAL                                                                                                                            \
  " conv depthwise_conv separable_conv conv_transpose filter max_pool avg_pool sum_pool l2_pool weighted_avg_pool global_avg_pool"         \
  " global_max_pool adaptive_avg_pool instance_norm upsample resize center_crop_like"                                                      \
  " depthwise_correlate correlate "

static const Impossible impossible[] = {
    {SPATIAL, "input", "vector", "takes images and sequences"},
    {" pixel_shuffle pixel_unshuffle ", "input", "vector", "takes images"},
    {" pixel_shuffle pixel_unshuffle ", "input", "sequence", "takes images"},
    {" fc ", "input", "sequence", "takes vectors"},
    {" fc ", "input", "image", "takes vectors"},
    {" conv_transpose ", "padding", "causal", "refused"},
    {" conv filter weighted_avg_pool ", NULL, "a number", "a list of the kernel's rank"},
    {" permute ", NULL, "a number", "a list of axes"},
    {" batch_norm instance_norm layer_norm l2_normalize dropout ", NULL, "negative", "refused"},
    {" lrn ", "alpha", "negative", "what is divided by may be 0"},
    {" lrn ", "k", "negative", "what is divided by may be 0"},
    {" lrn ", "k", "0", "what is divided by may be 0"},
    {" instance_norm layer_norm ", "eps", "0", "what is divided by may be 0"},
};

static bool holds(const char *list, const char *word) {
  char padded[80];
  snprintf(padded, sizeof padded, " %s ", word);
  return strstr(list, padded);
}

static const Impossible *find_impossible(const char *operation, const char *attribute, const char *value) {
  for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
    const Impossible *p = &impossible[i];
    if (holds(p->operations, operation) && (!p->attribute || strcmp(p->attribute, attribute) == 0) && strcmp(p->value, value) == 0)
      return p;
  }
  return NULL;
}

/* ---- rows ---- */

const char *row_text(const char *text, size_t length) { return arena_strndup(&names, text, length); }

static Row *find_row(const char *operation, const char *attribute, const char *value) {
  for (int i = 0; i < row_count; i++)
    if (!strcmp(rows[i].operation, operation) && !strcmp(rows[i].attribute, attribute) && !strcmp(rows[i].value, value)) return &rows[i];
  return NULL;
}

static void expect(const char *operation, const char *attribute, const char *value) {
  if (row_count == MAX_ROWS) {
    fail("coverage", "too many rows");
    exit(1);
  }
  rows[row_count++] = (Row){operation, attribute, value, find_impossible(operation, attribute, value), 0};
}

void expect_all(const char *operation, const char *attribute, const char *values) {
  for (const char *at = values; *at;) {
    size_t length = strcspn(at, "|");
    expect(operation, attribute, row_text(at, length));
    at += length + (at[length] == '|');
  }
}

void count(const char *operation, const char *attribute, const char *value) {
  Row *row = find_row(operation, attribute, value);
  if (row) fresh = row->count++ == 0 || fresh;
  else fail("a value without a row", arena_printf(&names, "%s %s %s", operation, attribute, value));
}

static const char *read_file(void *context, Arena *arena, const char *path, const char *relative_to, size_t *length, const char **resolved,
                             const char **error) {
  (void)context;
  *resolved = path_beside(arena, path, relative_to);
  return read_whole_file(arena, *resolved, READ_FILES_ONLY, length, error);
}

static void count_file(const char *path, FILE *needed) {
  Arena arena = {0};
  Options options = {.file = path, .batch = 1, .shapes_only = true, .target = "generic"};
  Sources sources = {.arena = &arena};
  Diagnostics diagnostics = {.arena = &arena, .sources = &sources};
  Compilation c = {.arena = &arena,
                   .diagnostics = &diagnostics,
                   .sources = &sources,
                   .options = &options,
                   .read_file = read_file,
                   .dump = text_new(&arena),
                   .timings = text_new(&arena)};
  const Graph *graph = compile_to_graph(&c);
  fresh = false;
  if (graph && !diagnostics.errors) count_net(graph), count_shapes(graph);
  else {
    Text text = text_new(&arena);
    print_diagnostics(&text, &diagnostics, DIAGNOSTICS_SHORT, false);
    fail(path, text_string(&text));
  }
  if (fresh) fprintf(needed, "%s\n", graph->name);
  arena_free(&arena);
}

/* ---- the table ---- */

static void write_table(FILE *out) {
  for (int i = 0; i < row_count; i++) {
    const Row *r = &rows[i];
    fprintf(out, "%-20s %-18s %-20s ", r->operation, r->attribute, r->value);
    if (r->impossible && !r->count) fprintf(out, "%7s  %s\n", "-", r->impossible->why);
    else fprintf(out, "%7ld\n", r->count);
  }
}

static void check_rows(void) {
  for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
    int row = 0;
    while (row < row_count && rows[row].impossible != &impossible[i]) row++;
    if (row == row_count) fail(impossible[i].operations, "is in the list of what cannot occur, and in no row");
  }
  for (int i = 0; i < row_count; i++) {
    const Row *r = &rows[i];
    const char *row = arena_printf(&names, "%s %s %s", r->operation, r->attribute, r->value);
    if (!r->count && !r->impossible) fail(row, "in no net");
    if (r->count && r->impossible) fail(row, "occurs, though it cannot");
  }
}

static FILE *open_file(const char *path) {
  FILE *file = fopen(path, "w");
  if (file) return file;
  fail(path, strerror(errno));
  exit(1);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "coverage TABLE NEEDED FILE.cnn..\n");
    return 2;
  }
  FILE *table = open_file(argv[1]), *needed = open_file(argv[2]);
  expect_syntax();
  expect_nets();
  expect_shapes();
  expect_operations();
  for (int i = 3; i < argc; i++) count_file(argv[i], needed);
  write_table(table);
  if (fclose(table) || fclose(needed)) fail("coverage", strerror(errno));
  check_rows();
  printf("%d passed, %d failed\n", row_count - (failures < row_count ? failures : row_count), failures);
  arena_free(&names);
  return failures > 0;
}
