/* scan_protobuf.c - see scan_protobuf.h. Source: the description of the encoding at protobuf.dev. */
#include "load/scan_protobuf.h"

#include <string.h>
#include "support/text.h"

enum { WIRE_VARINT, WIRE_64, WIRE_BYTES, WIRE_GROUP, WIRE_END_GROUP, WIRE_32 };

typedef struct Scan {
  Arena *arena;
  const unsigned char *bytes;
  size_t at;
  int parts, fields;
  const char **error;
} Scan;

static bool fail(Scan *s, size_t at, const char *what) {
  *s->error = arena_printf(s->arena, "%s (byte %zu)", what, at);
  return false;
}

static bool read_varint(Scan *s, size_t end, uint64_t *value) {
  size_t start = s->at;
  *value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (s->at >= end) return fail(s, start, "the file is cut off in a number");
    unsigned char byte = s->bytes[s->at++];
    if (shift < 64) *value |= (uint64_t)(byte & 127) << shift;
    if (byte < 128) return true;
  }
  return fail(s, start, "a number is longer than ten bytes");
}

/* No overlong forms, no surrogates, no NUL. */
static bool is_clean_text(const unsigned char *text, size_t length) {
  static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
  for (size_t i = 0; i < length;) {
    unsigned char byte = text[i];
    int more = byte < 0x80 ? 0 : byte >> 5 == 6 ? 1 : byte >> 4 == 14 ? 2 : byte >> 3 == 30 ? 3 : -1;
    if (more < 0 || length - i <= (size_t)more) return false;
    uint32_t code = more ? byte & (63u >> more) : byte;
    for (int k = 1; k <= more; k++) {
      if (text[i + (size_t)k] >> 6 != 2) return false;
      code = code << 6 | (text[i + (size_t)k] & 63u);
    }
    if (code < least[more] || !code || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    i += (size_t)more + 1;
  }
  return true;
}

static bool is_varint(ProtobufCType type) {
  switch (type) {
  case PROTOBUF_C_TYPE_INT32:
  case PROTOBUF_C_TYPE_SINT32:
  case PROTOBUF_C_TYPE_INT64:
  case PROTOBUF_C_TYPE_SINT64:
  case PROTOBUF_C_TYPE_UINT32:
  case PROTOBUF_C_TYPE_UINT64:
  case PROTOBUF_C_TYPE_BOOL:
  case PROTOBUF_C_TYPE_ENUM: return true;
  case PROTOBUF_C_TYPE_SFIXED32:
  case PROTOBUF_C_TYPE_FIXED32:
  case PROTOBUF_C_TYPE_FLOAT:
  case PROTOBUF_C_TYPE_SFIXED64:
  case PROTOBUF_C_TYPE_FIXED64:
  case PROTOBUF_C_TYPE_DOUBLE:
  case PROTOBUF_C_TYPE_STRING:
  case PROTOBUF_C_TYPE_BYTES:
  case PROTOBUF_C_TYPE_MESSAGE: return false;
  }
  return false;
}

/* Bytes of a number of fixed length; 0: it is none. */
static size_t fixed_bytes(ProtobufCType type) {
  if (type == PROTOBUF_C_TYPE_FLOAT || type == PROTOBUF_C_TYPE_FIXED32 || type == PROTOBUF_C_TYPE_SFIXED32) return 4;
  return type == PROTOBUF_C_TYPE_DOUBLE || type == PROTOBUF_C_TYPE_FIXED64 || type == PROTOBUF_C_TYPE_SFIXED64 ? 8 : 0;
}

static bool scan_message(Scan *s, const ProtobufCMessageDescriptor *message, size_t end, int depth);

/* A field of bytes, which end at `end`: a string, a message, or several numbers packed. */
static bool scan_bytes(Scan *s, const ProtobufCFieldDescriptor *field, size_t end, int depth) {
  size_t start = s->at;
  if (field->type == PROTOBUF_C_TYPE_MESSAGE || field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES) {
    if (++s->parts > MAX_PROTOBUF_PARTS) return fail(s, start, "the file has more parts than cnnc reads, 2 million");
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) return scan_message(s, field->descriptor, end, depth + 1);
    s->at = end;
    return field->type == PROTOBUF_C_TYPE_BYTES || is_clean_text(s->bytes + start, end - start) ||
           fail(s, start, "a text is not UTF-8, or holds a NUL");
  }
  if (field->label != PROTOBUF_C_LABEL_REPEATED) return fail(s, start, "a number is encoded as bytes");
  if (!is_varint(field->type)) {
    s->at = end;
    return (end - start) % fixed_bytes(field->type) == 0 || fail(s, start, "a list of numbers ends within one");
  }
  for (uint64_t ignored; s->at < end;)
    if (!read_varint(s, end, &ignored)) return false;
  return true;
}

static bool scan_value(Scan *s, const ProtobufCFieldDescriptor *field, unsigned wire, size_t end, int depth) {
  size_t start = s->at, fixed = wire == WIRE_64 ? 8 : wire == WIRE_32 ? 4 : 0;
  uint64_t value;
  if (wire == WIRE_VARINT) {
    if (field && !is_varint(field->type)) return fail(s, start, "a field is encoded in another type than its own");
    return read_varint(s, end, &value);
  }
  if (fixed) {
    if (field && fixed_bytes(field->type) != fixed) return fail(s, start, "a field is encoded in another type than its own");
    if (end - s->at < fixed) return fail(s, start, "the file is cut off in a number");
    s->at += fixed;
    return true;
  }
  if (wire != WIRE_BYTES) return fail(s, start, "a field is a group or of an unknown kind");
  if (!read_varint(s, end, &value)) return false;
  if (value > end - s->at) return fail(s, start, "a field ends behind what holds it: the file is cut off or damaged");
  size_t field_end = s->at + (size_t)value;
  if (field) return scan_bytes(s, field, field_end, depth);
  s->at = field_end;
  return true;
}

static bool scan_message(Scan *s, const ProtobufCMessageDescriptor *message, size_t end, int depth) {
  uint64_t seen = 0; /* bit per field that may stand once */
  if (depth > MAX_PROTOBUF_DEPTH) return fail(s, s->at, "messages are nested more than 64 deep");
  while (s->at < end) {
    size_t start = s->at;
    uint64_t key;
    if (!read_varint(s, end, &key)) return false;
    if (key >> 3 == 0 || key >> 3 > 0x1fffffff) return fail(s, start, "this is not a field: the file is damaged or no ONNX model");
    if (++s->fields > MAX_PROTOBUF_FIELDS) return fail(s, start, "the file has more fields than cnnc reads, 16 million");
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(message, (unsigned)(key >> 3));
    if (field && field->label != PROTOBUF_C_LABEL_REPEATED) {
      size_t index = (size_t)(field - message->fields);
      if (index < 64 && seen >> index & 1) return fail(s, start, arena_printf(s->arena, "the field `%s` stands twice", field->name));
      if (index < 64) seen |= UINT64_C(1) << index;
    }
    if (!scan_value(s, field, (unsigned)(key & 7), end, depth)) return false;
  }
  return true;
}

bool scan_protobuf(Arena *arena, const ProtobufCMessageDescriptor *message, const unsigned char *bytes, size_t length, const char **error) {
  Scan s = {.arena = arena, .bytes = bytes, .error = error};
  if (length > MAX_PROTOBUF_BYTES) return fail(&s, MAX_PROTOBUF_BYTES, "the file is larger than 2 GiB, which protobuf does not allow");
  return scan_message(&s, message, length, 0);
}
