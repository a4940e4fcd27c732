/* problems.c - diagnostics as an editor shows them. What lies in a used file is shown at the `use` that brings it in, with its
 * own place beside it. */
#include <string.h>
#include "lsp/request.h"
#include "support/reader.h"

Span shown_span(const Model *model, Span span) {
  const Source *own = model->source, *source = source_of(model, span);
  if (source == own) return span;
  Span use = {own->base, own->base};
  for (const AstDecl *d = model->ast->declarations; d && source; d = d->next) {
    if (d->kind != AST_USE || !d->name.text) continue;
    bool first = use.start == use.end;
    Arena *arena = model->sources.arena;
    if (first || !strcmp(normal_path(arena, path_beside(arena, d->name.text, own->name)), normal_path(arena, source->name)))
      use = d->name.span;
  }
  return use;
}

static void add_related(Request *r, cJSON *list, const char *text, Span span) {
  const Model *model = r->document->current;
  if (!source_of(model, span)) return;
  cJSON *item = json_object(r->json, list, NULL);
  add_location(r, json_object(r->json, item, "location"), model, span);
  json_text(r->json, item, "message", text);
}

static const char *message_of(Arena *arena, const Diagnostic *d) {
  Text text = text_new(arena);
  text_add(&text, d->message);
  if (d->primary.text) text_addf(&text, "\n%s", d->primary.text);
  for (int i = 0; i < d->note_count; i++)
    if (!d->notes[i].span.start) text_addf(&text, "\nnote: %s", d->notes[i].text);
  for (int i = 0; i < d->help_count; i++) text_addf(&text, "\nhelp: %s", d->helps[i]);
  return text_string(&text);
}

/* Editors fade out what is not used. */
static bool is_unused(Code code) { return !strncmp(code_name(code), "unused", 6); }

void add_problem(Request *r, cJSON *list, const Diagnostic *d) {
  enum { TAG_UNNECESSARY = 1 };
  const Model *model = r->document->current;
  cJSON *item = json_object(r->json, list, NULL);
  Span span = shown_span(model, d->primary.span);
  add_span(r, item, "range", span);
  json_number(r->json, item, "severity", d->severity == SEVERITY_ERROR ? 1 : 2);
  json_text(r->json, item, "code", code_name(d->code));
  json_text(r->json, item, "source", "cnnc");
  json_text(r->json, item, "message", message_of(r->arena, d));
  if (is_unused(d->code)) cJSON_AddItemToArray(json_array(r->json, item, "tags"), cJSON_CreateNumber(TAG_UNNECESSARY));
  cJSON *related = json_array(r->json, item, "relatedInformation");
  if (span.start != d->primary.span.start) add_related(r, related, d->primary.text ? d->primary.text : d->message, d->primary.span);
  for (int i = 0; i < d->label_count; i++) add_related(r, related, d->labels[i].text, d->labels[i].span);
  for (int i = 0; i < d->note_count; i++) add_related(r, related, d->notes[i].text, d->notes[i].span);
}

void add_problems(Request *r, cJSON *params) {
  const Model *model = r->document->current;
  json_text(r->json, params, "uri", r->document->uri);
  json_number(r->json, params, "version", r->document->version);
  cJSON *list = json_array(r->json, params, "diagnostics");
  for (int i = 0; i < model->problem_count; i++) add_problem(r, list, model->problems[i]);
}
