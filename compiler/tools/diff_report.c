/* diff_report.c - the changes of a net as a table, as Markdown for a pull request, or as JSON. Decides nothing. */
#include <string.h>
#include "support/decimal.h"
#include "support/json.h"
#include "support/table.h"
#include "tools/compare_nets.h"

enum { COLUMNS = 5, LONGEST_CELL = 100 };

static const char *const titles[COLUMNS] = {"layer", "what", "before", "after", "change"};

static const char *fact_text(Arena *arena, const Fact *fact) {
  if (fact->size) return size_text(arena, fact->size);
  if (!fact->words) return "";
  if (strlen(fact->words) <= LONGEST_CELL) return fact->words;
  return arena_printf(arena, "%.*s..", LONGEST_CELL - 2, fact->words); /* a filter's numbers */
}

/* "+52", "-8 (-12.5 %)"; nothing where something is no number. */
static const char *change_text(Arena *arena, const Change *change) {
  int64_t before, after;
  if (!change->before.size || !change->after.size || !size_is_const(change->before.size, &before) ||
      !size_is_const(change->after.size, &after))
    return "";
  int64_t more = after - before;
  if (!more) return "same";
  char sign = more < 0 ? '-' : '+';
  int64_t by = more < 0 ? -more : more;
  if (before <= 0) return arena_printf(arena, "%c%lld", sign, (long long)by);
  int64_t tenths = (int64_t)((double)by * 1000.0 / (double)before + 0.5);
  return arena_printf(arena, "%c%lld (%c%lld.%lld %%)", sign, (long long)by, sign, (long long)(tenths / 10), (long long)(tenths % 10));
}

static void fill_row(Arena *arena, const char **cells, const Change *change) {
  cells[0] = change->layer;
  cells[1] = change->what;
  cells[2] = fact_text(arena, &change->before);
  cells[3] = fact_text(arena, &change->after);
  cells[4] = change_text(arena, change);
}

static const char **table_of(Arena *arena, const Change *changes, int count) {
  const char **cells = ARENA_ARRAY(arena, const char *, (size_t)(count + 1) * COLUMNS);
  memcpy(cells, titles, sizeof titles);
  for (int i = 0; i < count; i++) fill_row(arena, cells + (i + 1) * COLUMNS, &changes[i]);
  return cells;
}

void print_changes(Text *out, const NetChanges *changes, const char *target) {
  Arena *arena = out->arena;
  text_addf(out, "net %s, target %s\n\n", changes->after->graph->name, target);
  if (!changes->any) {
    text_add(out, "no layer, shape or size differs\n");
    return;
  }
  if (changes->layer_count) {
    print_table(out, table_of(arena, changes->layers, changes->layer_count), changes->layer_count + 1, COLUMNS, COLUMNS);
    text_add(out, "\n");
  }
  print_table(out, table_of(arena, changes->totals, changes->total_count), changes->total_count + 1, COLUMNS, 2);
}

/* A cell of Markdown: what would end it is escaped. */
static void add_cell(Text *out, const char *text, bool code) {
  text_add(out, code && *text ? " `" : " ");
  for (; *text; text++) {
    if (*text == '|') text_add(out, "\\");
    text_add_char(out, *text == '\n' || *text == '`' ? ' ' : *text, 1);
  }
  if (out->data[out->length - 1] != ' ') text_add(out, code ? "` |" : " |");
  else text_add(out, "|");
}

static void add_markdown_table(Text *out, const char *const *cells, int rows, int first_column, bool code) {
  for (int row = 0; row <= rows; row++) {
    text_add(out, "|");
    for (int i = first_column; i < COLUMNS; i++) add_cell(out, cells[row * COLUMNS + i], row && code && i != 1 && i != 4);
    text_add(out, "\n");
    if (row) continue;
    text_add(out, "|");
    for (int i = first_column; i < COLUMNS; i++) text_add(out, i == 4 || (i > 1 && !code) ? "---:|" : "---|");
    text_add(out, "\n");
  }
}

void print_changes_as_markdown(Text *out, const NetChanges *changes, const char *target) {
  Arena *arena = out->arena;
  text_addf(out, "### Changes of `%s`\n\n", changes->after->graph->name);
  if (!changes->any) {
    text_addf(out, "No layer, shape or size differs (target %s).\n", target);
    return;
  }
  add_markdown_table(out, table_of(arena, changes->totals, changes->total_count), changes->total_count, 1, false);
  text_addf(out, "\nSizes of the workspace and of packed weights are those of target %s.\n", target);
  if (!changes->layer_count) return;
  text_add(out, "\n");
  add_markdown_table(out, table_of(arena, changes->layers, changes->layer_count), changes->layer_count, 0, true);
}

/* Numbers as numbers, sizes that vary as strings such as "H//2". */
static void json_fact(Json *json, cJSON *to, const char *name, const Fact *fact) {
  int64_t value;
  if (fact->size && size_is_const(fact->size, &value)) json_real(json, to, name, (double)value);
  else json_text(json, to, name, fact->size ? size_text(json->arena, fact->size) : fact->words);
}

static void json_side(Json *json, const char *name, const NetFacts *facts) {
  cJSON *side = json_object(json, json->root, name);
  json_text(json, side, "file", facts->file);
  json_text(json, side, "net", facts->graph->name);
}

/* "workspace bytes" -> "workspace_bytes" */
static const char *key_of(Arena *arena, const char *what) {
  char *key = arena_strdup(arena, what);
  for (char *p = key; *p; p++)
    if (*p == ' ') *p = '_';
    else if (*p >= 'A' && *p <= 'Z') *p = (char)(*p - 'A' + 'a');
  return key;
}

void print_changes_as_json(Text *out, const NetChanges *changes, const char *target) {
  Json json = json_document(out->arena);
  json_number(&json, json.root, "schema", 1);
  json_text(&json, json.root, "target", target);
  json_side(&json, "before", changes->before);
  json_side(&json, "after", changes->after);
  json_bool(&json, json.root, "same", !changes->any);
  cJSON *totals = json_object(&json, json.root, "totals");
  for (int i = 0; i < changes->total_count; i++) {
    cJSON *total = json_object(&json, totals, key_of(out->arena, changes->totals[i].what));
    json_fact(&json, total, "before", &changes->totals[i].before);
    json_fact(&json, total, "after", &changes->totals[i].after);
  }
  cJSON *rows = json_array(&json, json.root, "changes");
  for (int i = 0; i < changes->layer_count; i++) {
    const Change *change = &changes->layers[i];
    cJSON *row = json_object(&json, rows, NULL);
    json_text(&json, row, "layer", change->layer);
    json_text(&json, row, "what", change->what);
    json_fact(&json, row, "before", &change->before);
    json_fact(&json, row, "after", &change->after);
  }
  json_print(&json, out);
}
