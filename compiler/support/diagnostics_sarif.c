/* diagnostics_sarif.c - SARIF 2.1.0 (OASIS): one run, a rule for each code that occurs, a result for each diagnostic.
 * Labels and notes with a place are related locations, the other notes and the helps lines of the message. SARIF
 * counts columns in characters, not in bytes. */
#include <string.h>

#include "support/diagnostics_json.h"
#include "support/diagnostics_text.h"
#include "support/json.h"

#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

static int character_column(Location place) {
  int column = 1;
  for (int at = 0; at < place.column - 1; column++) {
    uint32_t code;
    int left = place.line_length - at;
    int step = left > 0 ? decode_utf8(place.line_text + at, (size_t)left, &code) : 1;
    at += step ? step : 1;
  }
  return column;
}

static void add_text(Json *json, cJSON *to, const char *name, const char *text) {
  json_text(json, json_object(json, to, name), "text", text);
}

/* A path as a relative reference or, when it begins with `/`, as an absolute one. */
static void add_artifact(Json *json, cJSON *to, const Source *source) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  Text uri = text_new(json->arena);
  if (source->name[0] == '/') text_add(&uri, "file://");
  for (const char *c = source->name; *c; c++) {
    if (strchr(plain, *c)) text_add_char(&uri, *c, 1);
    else text_addf(&uri, "%%%02X", (unsigned)(unsigned char)*c);
  }
  json_text(json, json_object(json, to, "artifactLocation"), "uri", text_string(&uri));
}

static void add_region(Json *json, cJSON *to, const char *name, const Sources *sources, Span span) {
  Location start = source_locate(sources, span.start), end = source_locate(sources, span.end);
  if (end.source != start.source) end = start;
  cJSON *region = json_object(json, to, name);
  json_number(json, region, "startLine", start.line);
  json_number(json, region, "startColumn", character_column(start));
  json_number(json, region, "endLine", end.line);
  json_number(json, region, "endColumn", character_column(end));
}

/* false: there is no such place. */
static bool add_location(Json *json, cJSON *list, const Sources *sources, Label label, bool related) {
  const Source *source = source_locate(sources, label.span.start).source;
  if (!source) return false;
  cJSON *location = json_object(json, list, NULL), *physical = json_object(json, location, "physicalLocation");
  add_artifact(json, physical, source);
  add_region(json, physical, "region", sources, label.span);
  if (related && label.text) add_text(json, location, "message", label.text);
  return true;
}

static void add_fixes(Json *json, cJSON *result, const Diagnostic *d) {
  if (!d->fix_count) return;
  cJSON *fix = json_object(json, json_array(json, result, "fixes"), NULL);
  add_text(json, fix, "description", d->help_count ? d->helps[0] : "mend it");
  cJSON *changes = json_array(json, fix, "artifactChanges"), *replacements = NULL;
  const Source *file = NULL;
  for (int i = 0; i < d->fix_count; i++) {
    const Source *source = source_locate(d->owner->sources, d->fixes[i].span.start).source;
    if (source != file) {
      cJSON *change = json_object(json, changes, NULL);
      add_artifact(json, change, source);
      replacements = json_array(json, change, "replacements");
      file = source;
    }
    cJSON *replacement = json_object(json, replacements, NULL);
    add_region(json, replacement, "deletedRegion", d->owner->sources, d->fixes[i].span);
    add_text(json, replacement, "insertedContent", d->fixes[i].replacement);
  }
}

static void add_result(Json *json, cJSON *results, const Diagnostic *d, int rule) {
  const Sources *sources = d->owner->sources;
  Text message = text_new(json->arena);
  text_add(&message, d->message);
  if (d->primary.text) text_addf(&message, ": %s", d->primary.text);
  for (int i = 0; i < d->note_count; i++)
    if (!source_locate(sources, d->notes[i].span.start).source) text_addf(&message, "\nnote: %s", d->notes[i].text);
  for (int i = 0; i < d->help_count; i++) text_addf(&message, "\nhelp: %s", d->helps[i]);
  cJSON *result = json_object(json, results, NULL);
  json_text(json, result, "ruleId", code_name(d->code));
  json_number(json, result, "ruleIndex", rule);
  json_text(json, result, "level", d->severity == SEVERITY_ERROR ? "error" : "warning");
  add_text(json, result, "message", text_string(&message));
  add_location(json, json_array(json, result, "locations"), sources, d->primary, false);
  cJSON *related = json_array(json, result, "relatedLocations");
  for (int i = 0; i < d->label_count; i++) add_location(json, related, sources, d->labels[i], true);
  for (int i = 0; i < d->note_count; i++) add_location(json, related, sources, d->notes[i], true);
  add_fixes(json, result, d);
}

static void add_rule(Json *json, cJSON *rules, Code code) {
  cJSON *rule = json_object(json, rules, NULL);
  json_text(json, rule, "id", code_name(code));
  add_text(json, rule, "shortDescription", code_title(code));
  add_text(json, rule, "help", arena_printf(json->arena, "`cnnc explain %s` says more", code_name(code)));
  json_text(json, json_object(json, rule, "defaultConfiguration"), "level", is_lint(code) ? "warning" : "error");
}

void print_diagnostics_sarif(Text *out, const Diagnostics *all) {
  Json json = json_document(all->arena);
  json_text(&json, json.root, "$schema", SARIF_SCHEMA);
  json_text(&json, json.root, "version", "2.1.0");
  cJSON *run = json_object(&json, json_array(&json, json.root, "runs"), NULL);
  cJSON *driver = json_object(&json, json_object(&json, run, "tool"), "driver");
  json_text(&json, driver, "name", "cnnc");
  json_text(&json, driver, "version", CNNC_VERSION);
  cJSON *rules = json_array(&json, driver, "rules");
  json_text(&json, run, "columnKind", "unicodeCodePoints");
  cJSON *results = json_array(&json, run, "results");
  const Diagnostic *const *items = diagnostics_in_order(all);
  int index_of[CODE_COUNT] = {0}, rule_count = 0; /* from 1; 0: not listed */
  for (int i = 0; i < all->count; i++) {
    Code code = items[i]->code;
    if (!index_of[code]) {
      index_of[code] = ++rule_count;
      add_rule(&json, rules, code);
    }
    add_result(&json, results, items[i], index_of[code] - 1);
  }
  int not_shown = diagnostics_not_shown(all);
  if (not_shown) json_number(&json, json_object(&json, run, "properties"), "errorsNotShown", not_shown);
  json_print(&json, out);
}
