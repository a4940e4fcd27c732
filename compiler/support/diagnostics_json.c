/* diagnostics_json.c - cnnc's own JSON. Columns are bytes from 1; an end lies behind the last byte. What has no place
 * has null for all five. Fields are only ever added, and "schema" counts the changes that break. */
#include "support/diagnostics_json.h"

#include "support/json.h"

static void add_place(Json *json, cJSON *to, const Sources *sources, Span span) {
  Location start = source_locate(sources, span.start), end = source_locate(sources, span.end);
  static const char *const names[] = {"line", "column", "end_line", "end_column"};
  if (end.source != start.source) end = start;
  const int numbers[] = {start.line, start.column, end.line, end.column};
  json_text(json, to, "file", start.source ? start.source->name : NULL);
  for (int i = 0; i < 4; i++) {
    if (start.source) json_number(json, to, names[i], numbers[i]);
    else json_null(json, to, names[i]);
  }
}

static void add_label_item(Json *json, cJSON *list, const Sources *sources, Label label) {
  cJSON *item = json_object(json, list, NULL);
  add_place(json, item, sources, label.span);
  json_text(json, item, "text", label.text);
}

static void add_diagnostic(Json *json, cJSON *list, const Diagnostic *d) {
  const Sources *sources = d->owner->sources;
  cJSON *item = json_object(json, list, NULL);
  add_place(json, item, sources, d->primary.span);
  json_text(json, item, "severity", d->severity == SEVERITY_ERROR ? "error" : "warning");
  json_text(json, item, "code", code_name(d->code));
  json_text(json, item, "message", d->message);
  cJSON *labels = json_array(json, item, "labels");
  if (d->primary.text) add_label_item(json, labels, sources, d->primary);
  for (int i = 0; i < d->label_count; i++) add_label_item(json, labels, sources, d->labels[i]);
  cJSON *notes = json_array(json, item, "notes");
  for (int i = 0; i < d->note_count; i++) add_label_item(json, notes, sources, d->notes[i]);
  cJSON *helps = json_array(json, item, "help");
  for (int i = 0; i < d->help_count; i++) json_text(json, helps, NULL, d->helps[i]);
  cJSON *fixes = json_array(json, item, "fixes");
  for (int i = 0; i < d->fix_count; i++) {
    cJSON *fix = json_object(json, fixes, NULL);
    add_place(json, fix, sources, d->fixes[i].span);
    json_text(json, fix, "replacement", d->fixes[i].replacement);
    json_bool(json, fix, "certain", !d->fix_is_guess);
  }
}

void print_diagnostics_json(Text *out, const Diagnostics *all) {
  Json json = json_document(all->arena);
  json_number(&json, json.root, "schema", 1);
  cJSON *list = json_array(&json, json.root, "diagnostics");
  const Diagnostic *const *items = diagnostics_in_order(all);
  for (int i = 0; i < all->count; i++) add_diagnostic(&json, list, items[i]);
  int not_shown = diagnostics_not_shown(all);
  if (not_shown) json_number(&json, json.root, "errors_not_shown", not_shown);
  json_print(&json, out);
}
