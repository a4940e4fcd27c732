/* scan_protobuf.h - looks through the bytes of a protobuf message before a library unpacks them.
 *
 * Afterwards all lengths lie inside, nesting and the number of parts are bounded, fields have the wire types that their
 * descriptor asks for, single fields occur once, and strings are UTF-8 without NUL. Knows nothing of what the message means. */
#ifndef CNNC_LOAD_SCAN_PROTOBUF_H
#define CNNC_LOAD_SCAN_PROTOBUF_H
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include "support/arena.h"

enum {
  MAX_PROTOBUF_DEPTH = 64,
  MAX_PROTOBUF_PARTS = 1 << 21, /* messages and strings, each of which takes up to 300 bytes when it is unpacked */
  MAX_PROTOBUF_FIELDS = 1 << 24 /* those and all others but numbers that are packed: about 40 bytes each */
};
#define MAX_PROTOBUF_BYTES ((size_t)INT32_MAX)

/* false: *error says what is wrong, and where. */
bool scan_protobuf(Arena *arena, const ProtobufCMessageDescriptor *message, const unsigned char *bytes, size_t length, const char **error);
#endif
