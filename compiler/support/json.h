/* json.h - JSON documents that are built and printed: cJSON trees that the arena releases, of valid UTF-8 only.
 *
 * Nothing here returns NULL: when memory runs out it leaves as the arena does. Reading JSON is another matter
 * (load/json_scan.h). */
#ifndef CNNC_SUPPORT_JSON_H
#define CNNC_SUPPORT_JSON_H
#include <cjson/cJSON.h>
#include <stdbool.h>
#include "support/text.h"

typedef struct Json {
  Arena *arena;
  cJSON *root; /* an object */
} Json;

Json json_document(Arena *arena);
/* A member of an object, or with name NULL a further item of an array. */
cJSON *json_object(Json *json, cJSON *to, const char *name);
cJSON *json_array(Json *json, cJSON *to, const char *name);
/* What is not UTF-8 becomes U+FFFD. text NULL: null. */
void json_text(Json *json, cJSON *to, const char *name, const char *text);
void json_number(Json *json, cJSON *to, const char *name, int number);
void json_real(Json *json, cJSON *to, const char *name, double number);
void json_bool(Json *json, cJSON *to, const char *name, bool truth);
void json_null(Json *json, cJSON *to, const char *name);
/* Adds the document, on one line, with a newline. */
void json_print(Json *json, Text *out);
#endif
