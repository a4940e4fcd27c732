/* document.c - see document.h. Memory: an arena for each text and each model, freed when the next takes its place. */
#include "lsp/document.h"

#include <stdint.h>
#include <string.h>
#include "lsp/uri.h"

static Arena new_arena(const Store *store) { return (Arena){.out_of_memory = store->session->arena->out_of_memory}; }

static void drop_model(Model *model) {
  Arena arena = model->arena;
  *model = (Model){0};
  arena_free(&arena);
}

/* The new text may be made of the old one. */
static void set_text(Store *store, Document *d, const char *text, size_t length) {
  Arena old = d->text_arena;
  d->text_arena = new_arena(store);
  d->text = arena_strndup(&d->text_arena, text, length);
  d->length = length;
  d->lines = find_lines(&d->text_arena, d->text, length);
  arena_free(&old);
}

Document *open_document(Store *store, const char *uri, int version, const char *text) {
  Document *d = find_document(store, uri);
  if (d) close_document(d);
  for (d = store->documents; d && d->uri;) d = d->next;
  if (!d) {
    d = ARENA_NEW(store->session->arena, Document);
    d->next = store->documents;
    store->documents = d;
  }
  d->identity = new_arena(store);
  d->path = path_of_uri(&d->identity, uri);
  d->uri = arena_strdup(&d->identity, uri);
  d->version = version;
  set_text(store, d, text, strlen(text));
  return d;
}

void close_document(Document *d) {
  d->uri = d->path = NULL;
  d->current = d->good = NULL;
  for (int i = 0; i < 2; i++) drop_model(&d->models[i]);
  arena_free(&d->text_arena);
  arena_free(&d->identity);
  d->text_arena = d->identity = (Arena){0};
}

void close_all_documents(void *store) {
  for (Document *d = ((Store *)store)->documents; d; d = d->next) close_document(d);
}

Document *find_document(const Store *store, const char *uri) {
  Document *d = store->documents;
  while (d && !(d->uri && !strcmp(d->uri, uri))) d = d->next;
  return d;
}

Document *find_open_file(const Store *store, const char *path) {
  Document *d = store->documents;
  while (d && !(d->uri && !strcmp(d->path, path))) d = d->next;
  return d;
}

void replace_text(Store *store, Document *d, size_t start, size_t end, const char *text) {
  size_t more = strlen(text), length = d->length - (end - start) + more;
  Arena work = new_arena(store);
  char *bytes = arena_alloc(&work, length + 1);
  memcpy(bytes, d->text, start);
  memcpy(bytes + start, text, more);
  memcpy(bytes + start + more, d->text + end, d->length - end);
  set_text(store, d, bytes, length);
  arena_free(&work);
}

static const char *open_text(void *context, Arena *arena, const char *path, size_t *length) {
  const Document *d = find_open_file(context, path);
  if (!d) return NULL;
  *length = d->length;
  return arena_strndup(arena, d->text, d->length);
}

void check_document(Store *store, Document *d, bool with_weights) {
  Model *model = d->good == &d->models[0] ? &d->models[1] : &d->models[0];
  drop_model(model);
  model->arena = new_arena(store);
  d->current = model;
  ModelRequest request = {store->session, d->path, d->text, d->length, with_weights, open_text, store};
  build_model(model, &request);
  if (model->complete) d->good = model;
}

bool depends_on(const Document *d, const char *path) {
  const Sources *sources = &d->current->sources;
  for (int i = 1; i < sources->count; i++)
    if (!strcmp(sources->items[i]->name, path)) return true;
  return false;
}

size_t good_offset(const Document *d, size_t offset) {
  const Source *good = d->good->source;
  size_t same = 0, most = good->length < d->length ? good->length : d->length, behind = 0;
  while (same < most && good->text[same] == d->text[same]) same++;
  if (offset <= same) return offset;
  while (behind < most - same && good->text[good->length - 1 - behind] == d->text[d->length - 1 - behind]) behind++;
  return offset >= d->length - behind ? offset - d->length + good->length : SIZE_MAX;
}
