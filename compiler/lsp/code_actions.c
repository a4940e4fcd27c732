/* code_actions.c - the edits that diagnostics carry: certain ones are preferred, guesses are offered. */
#include <string.h>
#include "lsp/request.h"

static bool lies_in_document(const Model *model, const Diagnostic *d) {
  for (int i = 0; i < d->fix_count; i++)
    if (source_of(model, d->fixes[i].span) != model->source) return false;
  return d->fix_count > 0;
}

static const char *title_of(Request *r, const Diagnostic *d) {
  const Fix *fix = &d->fixes[0];
  const char *was = r->document->text + (fix->span.start - r->document->current->source->base);
  int length = (int)(fix->span.end - fix->span.start);
  if (d->fix_count > 1 || strchr(fix->replacement, '\n')) return d->help_count ? d->helps[0] : d->message;
  if (!length) return arena_printf(r->arena, "Insert `%s`", fix->replacement);
  if (!fix->replacement[0]) return arena_printf(r->arena, "Remove `%.*s`", length, was);
  return arena_printf(r->arena, "Replace `%.*s` by `%s`", length, was, fix->replacement);
}

static void add_action(Request *r, cJSON *list, const Diagnostic *d) {
  cJSON *action = json_object(r->json, list, NULL);
  json_text(r->json, action, "title", title_of(r, d));
  json_text(r->json, action, "kind", "quickfix");
  json_bool(r->json, action, "isPreferred", !d->fix_is_guess);
  add_problem(r, json_array(r->json, action, "diagnostics"), d);
  cJSON *changes = json_object(r->json, json_object(r->json, action, "edit"), "changes");
  cJSON *edits = json_array(r->json, changes, r->document->uri);
  for (int i = 0; i < d->fix_count; i++) {
    cJSON *edit = json_object(r->json, edits, NULL);
    add_span(r, edit, "range", d->fixes[i].span);
    json_text(r->json, edit, "newText", d->fixes[i].replacement);
  }
}

/* Whether the editor wants fixes: `only` names kinds, of which `quickfix` is ours. */
static bool wants_fixes(const cJSON *context) {
  const cJSON *only = cJSON_GetObjectItemCaseSensitive(context, "only"), *kind;
  if (!cJSON_IsArray(only)) return true;
  cJSON_ArrayForEach(kind, only) if (cJSON_IsString(kind) && (!kind->valuestring[0] || !strcmp(kind->valuestring, "quickfix"))) return true;
  return false;
}

void reply_code_actions(Request *r) {
  const Model *model = r->document->current;
  size_t start, end;
  if (!read_range(r, r->params, &start, &end)) {
    reply_error(r, INVALID_PARAMS, "a range is missing");
    return;
  }
  cJSON *list = json_array(r->json, r->reply, "result");
  if (!wants_fixes(cJSON_GetObjectItemCaseSensitive(r->params, "context"))) return;
  for (int i = 0; i < model->problem_count; i++) {
    const Diagnostic *d = model->problems[i];
    Span span = shown_span(model, d->primary.span);
    bool touched = span.start - model->source->base <= end && span.end - model->source->base >= start;
    if (touched && lies_in_document(model, d)) add_action(r, list, d);
  }
}
