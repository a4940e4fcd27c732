/* navigation.c - from a name to its definition and to all its places, in this file, in those it uses, and in open ones that
 * use the same. */
#include <string.h>
#include "lsp/navigation.h"

static const Occurrence *occurrence_here(const Request *r) { return name_at(&r->document->current->names, r->place); }

/* `use "blocks.cnn"`: the beginning of that file. */
static Span used_file(const Model *model, const Symbol *symbol) {
  Arena *arena = model->sources.arena;
  const char *path = normal_path(arena, path_beside(arena, symbol->name, source_of(model, symbol->span)->name));
  for (int i = 0; i < model->sources.count; i++) {
    const Source *source = model->sources.items[i];
    if (!strcmp(normal_path(arena, source->name), path)) return (Span){source->base, source->base};
  }
  return (Span){0, 0};
}

void reply_definition(Request *r) {
  const Model *model = r->document->current;
  const Occurrence *here = occurrence_here(r);
  Span span = here ? here->symbol->span : (Span){0, 0};
  if (here && here->symbol->kind == NAME_FILE) span = used_file(model, here->symbol);
  if (span.start) add_location(r, json_object(r->json, r->reply, "result"), model, span);
  else json_null(r->json, r->reply, "result");
}

static bool same_symbol(const Model *a, const Symbol *left, const Model *b, const Symbol *right) {
  if (left == right) return true;
  const Source *first = source_of(a, left->span), *second = source_of(b, right->span);
  return first && second && left->kind == right->kind && left->span.start - first->base == right->span.start - second->base &&
         !strcmp(first->name, second->name);
}

int name_places(Request *r, const Symbol *symbol, NamePlace **places) {
  int count = 0;
  const Model *own = r->document->current;
  NameTable seen = name_table(r->arena);
  for (const Document *d = r->store->documents; d; d = d->next) {
    const Model *model = d->uri ? d->current : NULL;
    for (int i = 0; model && i < model->names.count; i++) {
      const Occurrence *o = &model->names.items[i];
      const Source *source = same_symbol(own, symbol, model, o->symbol) ? source_of(model, o->span) : NULL;
      if (!source) continue;
      const char *key = arena_printf(r->arena, "%u %s", (unsigned)(o->span.start - source->base), source->name);
      if (find_name(&seen, key)) continue;
      put_name(&seen, key, &seen);
      NamePlace place = {model, o};
      ARENA_PUSH(r->arena, *places, count, place);
    }
  }
  return count;
}

void reply_references(Request *r) {
  const Occurrence *here = occurrence_here(r);
  const cJSON *context = cJSON_GetObjectItemCaseSensitive(r->params, "context");
  bool declaration = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(context, "includeDeclaration"));
  cJSON *list = json_array(r->json, r->reply, "result");
  NamePlace *places = NULL;
  int count = here ? name_places(r, here->symbol, &places) : 0;
  for (int i = 0; i < count; i++)
    if (declaration || !places[i].occurrence->defines)
      add_location(r, json_object(r->json, list, NULL), places[i].model, places[i].occurrence->span);
}

void reply_highlights(Request *r) {
  enum { KIND_READ = 2, KIND_WRITE = 3 };
  const Model *model = r->document->current;
  const Occurrence *here = occurrence_here(r);
  cJSON *list = json_array(r->json, r->reply, "result");
  for (int i = 0; here && i < model->names.count; i++) {
    const Occurrence *o = &model->names.items[i];
    if (o->symbol != here->symbol || source_of(model, o->span) != model->source) continue;
    cJSON *item = json_object(r->json, list, NULL);
    add_span(r, item, "range", o->span);
    json_number(r->json, item, "kind", o->defines ? KIND_WRITE : KIND_READ);
  }
}
