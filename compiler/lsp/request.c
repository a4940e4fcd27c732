/* request.c - see request.h. */
#include "lsp/request.h"

#include <string.h>
#include "lsp/uri.h"
#include "support/reader.h"

void reply_error(Request *r, ErrorCode code, const char *message) {
  cJSON *error = json_object(r->json, r->reply, "error");
  json_number(r->json, error, "code", (int)code);
  json_text(r->json, error, "message", message);
}

const char *text_member(const cJSON *object, const char *name) {
  const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
  return cJSON_IsString(member) ? member->valuestring : NULL;
}

static bool read_count(const cJSON *object, const char *name, int *out) {
  const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
  if (!cJSON_IsNumber(member) || !(member->valuedouble >= 0)) return false;
  *out = member->valueint;
  return true;
}

bool read_position(const cJSON *position, Position *out) {
  return read_count(position, "line", &out->line) && read_count(position, "character", &out->character);
}

bool read_range(const Request *r, const cJSON *object, size_t *start, size_t *end) {
  const cJSON *range = cJSON_GetObjectItemCaseSensitive(object, "range");
  Position first, behind;
  if (!read_position(cJSON_GetObjectItemCaseSensitive(range, "start"), &first) ||
      !read_position(cJSON_GetObjectItemCaseSensitive(range, "end"), &behind))
    return false;
  *start = offset_at(&r->document->lines, first);
  *end = offset_at(&r->document->lines, behind);
  if (*end < *start) *end = *start;
  return true;
}

static void add_position(Json *json, cJSON *to, const char *name, Position position) {
  cJSON *object = json_object(json, to, name);
  json_number(json, object, "line", position.line);
  json_number(json, object, "character", position.character);
}

void add_range(Json *json, cJSON *to, const char *name, const Lines *lines, size_t start, size_t end) {
  cJSON *range = json_object(json, to, name);
  add_position(json, range, "start", position_at(lines, start));
  add_position(json, range, "end", position_at(lines, end));
}

void add_span(Request *r, cJSON *to, const char *name, Span span) {
  uint32_t base = r->document->current->source->base;
  add_range(r->json, to, name, &r->document->lines, span.start - base, span.end - base);
}

const Source *source_of(const Model *model, Span span) { return span.start ? source_locate(&model->sources, span.start).source : NULL; }

const char *uri_of_source(Request *r, const Source *source) {
  const char *path = normal_path(r->arena, source->name);
  const Document *open = find_open_file(r->store, path);
  return open ? open->uri : uri_of_path(r->arena, path);
}

void add_location(Request *r, cJSON *to, const Model *model, Span span) {
  const Source *source = source_of(model, span);
  Lines lines = find_lines(r->arena, source->text, source->length);
  json_text(r->json, to, "uri", uri_of_source(r, source));
  add_range(r->json, to, "range", &lines, span.start - source->base, span.end - source->base);
}
