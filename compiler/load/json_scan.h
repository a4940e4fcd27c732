/* json_scan.h - the strict reading of a safetensors header, before a JSON library sees it.
 *
 * What passes has a form in which no lenient parser can be misled: one object, nested three deep at most, no key
 * twice (escapes resolved), only strings, arrays of at most eight values and whole numbers up to 2^53, valid UTF-8,
 * no NUL, nothing but spaces after it. Knows nothing of tensors. */
#ifndef CNNC_LOAD_JSON_SCAN_H
#define CNNC_LOAD_JSON_SCAN_H
#include <stdbool.h>
#include <stddef.h>
#include "support/arena.h"

enum { MAX_JSON_DEPTH = 3, MAX_JSON_ARRAY = 8, MAX_JSON_KEYS = 1 << 20 };

/* first_byte: where the text stands in its file, for messages. *key_offsets: place in the file of each key of the
 * outermost object, in order. false: *error says what is wrong and where. */
bool scan_json(Arena *arena, const char *text, size_t length, size_t first_byte, const size_t **key_offsets, int *key_count,
               const char **error);
#endif
