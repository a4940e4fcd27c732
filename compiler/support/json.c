/* json.c - see json.h. */
#include "support/json.h"

#include <string.h>

#include "support/diagnostics_text.h"

static void delete_tree(void *root) { cJSON_Delete(root); }

Json json_document(Arena *arena) {
  cJSON *root = cJSON_CreateObject();
  if (!root) arena_fail(arena);
  arena_defer(arena, delete_tree, root);
  return (Json){arena, root};
}

static cJSON *add(Json *json, cJSON *to, const char *name, cJSON *item) {
  if (!item) arena_fail(json->arena);
  bool added = name ? cJSON_AddItemToObject(to, name, item) : cJSON_AddItemToArray(to, item);
  if (added) return item;
  cJSON_Delete(item);
  arena_fail(json->arena);
}

cJSON *json_object(Json *json, cJSON *to, const char *name) { return add(json, to, name, cJSON_CreateObject()); }
cJSON *json_array(Json *json, cJSON *to, const char *name) { return add(json, to, name, cJSON_CreateArray()); }
void json_number(Json *json, cJSON *to, const char *name, int number) { add(json, to, name, cJSON_CreateNumber(number)); }
void json_real(Json *json, cJSON *to, const char *name, double number) { add(json, to, name, cJSON_CreateNumber(number)); }
void json_bool(Json *json, cJSON *to, const char *name, bool truth) { add(json, to, name, cJSON_CreateBool(truth)); }
void json_null(Json *json, cJSON *to, const char *name) { add(json, to, name, cJSON_CreateNull()); }

void json_text(Json *json, cJSON *to, const char *name, const char *text) {
  if (!text) {
    json_null(json, to, name);
    return;
  }
  Text valid = text_new(json->arena);
  size_t length = strlen(text);
  for (size_t at = 0; at < length;) {
    uint32_t code;
    int step = decode_utf8(text + at, length - at, &code);
    if (step) text_add_bytes(&valid, text + at, (size_t)step);
    else text_add(&valid, "\xef\xbf\xbd");
    at += step ? (size_t)step : 1;
  }
  add(json, to, name, cJSON_CreateString(text_string(&valid)));
}

void json_print(Json *json, Text *out) {
  char *printed = cJSON_PrintUnformatted(json->root);
  if (!printed) arena_fail(json->arena);
  arena_defer(json->arena, cJSON_free, printed);
  text_add(out, printed);
  text_add(out, "\n");
}
