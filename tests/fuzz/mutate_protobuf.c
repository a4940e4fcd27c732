/* mutate_protobuf.c - see mutate.h: bytes to a tree of fields, one change, and back to bytes. */
#include <string.h>
#include "mutate.h"
#include "support/text.h"

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5, MOST_FIELDS = 4096, MOST_DEPTH = 16 };

typedef struct Field {
  uint64_t number, value; /* value: VARINT */
  int wire;
  const char *bytes; /* all but VARINT; of a message: unless it was read as one */
  size_t length;
  struct Message *message;
} Field;

typedef struct Message {
  const ProtobufCMessageDescriptor *type;
  Field *fields;
  int count;
} Message;

typedef struct Place { /* a field of some message */
  Message *message;
  int index;
} Place;

typedef struct Tree {
  Arena *arena;
  Place *places; /* all fields */
  int count;
} Tree;

static bool read_varint(const char *bytes, size_t length, size_t *at, uint64_t *value) {
  *value = 0;
  for (unsigned shift = 0; *at < length && shift < 64; shift += 7) {
    uint64_t byte = (unsigned char)bytes[(*at)++];
    *value |= (byte & 127) << shift;
    if (byte < 128) return true;
  }
  return false;
}

/* The type of a field that holds a message; NULL: it holds something else, or nobody knows. */
static const ProtobufCMessageDescriptor *type_of(const ProtobufCMessageDescriptor *type, uint64_t number) {
  const ProtobufCFieldDescriptor *field = type ? protobuf_c_message_descriptor_get_field(type, (unsigned)number) : NULL;
  return field && field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL;
}

static Message *read_message(Tree *tree, const ProtobufCMessageDescriptor *type, const char *bytes, size_t length, int depth) {
  Message *message = ARENA_NEW(tree->arena, Message);
  message->type = type;
  for (size_t at = 0; at < length;) {
    uint64_t key, size = 0;
    if (!read_varint(bytes, length, &at, &key)) return NULL;
    Field field = {.number = key >> 3, .wire = (int)(key & 7)};
    if (field.wire == VARINT && !read_varint(bytes, length, &at, &field.value)) return NULL;
    if (field.wire == BYTES && !read_varint(bytes, length, &at, &size)) return NULL;
    if (field.wire == FIXED64 || field.wire == FIXED32) size = field.wire == FIXED64 ? 8 : 4;
    if ((field.wire > BYTES && field.wire != FIXED32) || size > length - at || tree->count >= MOST_FIELDS) return NULL;
    field.bytes = bytes + at;
    field.length = (size_t)size;
    at += field.length;
    const ProtobufCMessageDescriptor *inner = field.wire == BYTES && depth < MOST_DEPTH ? type_of(type, field.number) : NULL;
    if (inner) field.message = read_message(tree, inner, field.bytes, field.length, depth + 1);
    Place place = {message, message->count};
    ARENA_PUSH(tree->arena, message->fields, message->count, field);
    ARENA_PUSH(tree->arena, tree->places, tree->count, place);
  }
  return message;
}

static void add_varint(Text *out, uint64_t value) {
  for (; value > 127; value >>= 7) text_add_char(out, (char)(value | 128), 1);
  text_add_char(out, (char)value, 1);
}

static void add_message(Text *out, const Message *message) {
  for (int i = 0; i < message->count; i++) {
    const Field *field = &message->fields[i];
    Text inner = text_new(out->arena);
    if (field->message) add_message(&inner, field->message);
    else text_add_bytes(&inner, field->bytes, field->length);
    add_varint(out, field->number << 3 | (uint64_t)field->wire);
    if (field->wire == VARINT) add_varint(out, field->value);
    if (field->wire == BYTES) add_varint(out, inner.length);
    if (field->wire != VARINT) text_add_bytes(out, text_string(&inner), inner.length);
  }
}

static void change_number(Field *field, uint64_t *state) {
  static const uint64_t chosen[] = {0, 1, 2, 3, 7, 8, 255, 256, INT32_MAX, UINT32_MAX, INT64_MAX, (uint64_t)INT64_MIN, UINT64_MAX};
  uint64_t how = fuzz_below(state, 4);
  if (how == 0) field->value = chosen[fuzz_below(state, sizeof chosen / sizeof *chosen)];
  else if (how == 1) field->value++;
  else if (how == 2) field->value--;
  else field->value = fuzz_below(state, 20);
}

static void change_bytes(Tree *tree, Field *field, uint64_t *state) {
  enum { MORE = 16 };
  size_t most = field->length + (field->wire == BYTES ? MORE : 0);
  uint8_t *bytes = arena_alloc(tree->arena, most);
  memcpy(bytes, field->bytes, field->length);
  if (fuzz_below(state, 4)) {
    size_t length = LLVMFuzzerMutate(bytes, field->length, most);
    if (field->wire == BYTES) field->length = length;
  } else { /* as many bytes, others */
    for (size_t i = 0; i < field->length; i++) bytes[i] ^= (uint8_t)(fuzz_random(state) & fuzz_random(state) & fuzz_random(state));
  }
  field->bytes = (const char *)bytes;
}

/* Another field of the same kind takes its place, or its contents do. */
static void take_from_another(Tree *tree, Place place, uint64_t *state) {
  Field *field = &place.message->fields[place.index];
  uint64_t first = fuzz_below(state, (uint64_t)tree->count);
  for (int i = 0; i < tree->count; i++) {
    Place other = tree->places[(first + (uint64_t)i) % (uint64_t)tree->count];
    const Field *from = &other.message->fields[other.index];
    if (from == field || other.message->type != place.message->type || from->number != field->number || from->wire != field->wire) continue;
    *field = *from;
    return;
  }
}

static void change(Tree *tree, Place place, uint64_t *state) {
  Message *message = place.message;
  Field *field = &message->fields[place.index];
  int other = (int)fuzz_below(state, (uint64_t)message->count);
  switch (fuzz_below(state, 8)) {
  case 0: /* leave it out */
    message->count--;
    memmove(field, field + 1, sizeof *field * (size_t)(message->count - place.index));
    break;
  case 1: { /* once more, at the end */
    Field copy = *field;
    ARENA_PUSH(tree->arena, message->fields, message->count, copy);
    break;
  }
  case 2: { /* in another order */
    Field kept = *field;
    *field = message->fields[other];
    message->fields[other] = kept;
    break;
  }
  case 3: take_from_another(tree, place, state); break;
  default:
    if (field->wire == VARINT) change_number(field, state);
    else if (!field->message) change_bytes(tree, field, state);
    else take_from_another(tree, place, state);
  }
}

size_t mutate_protobuf(const ProtobufCMessageDescriptor *type, uint8_t *bytes, size_t length, size_t most, uint64_t seed) {
  Arena arena = {0};
  Tree tree = {.arena = &arena};
  size_t result = 0;
  Message *message = read_message(&tree, type, (const char *)bytes, length, 0);
  if (message && tree.count) {
    Text text = text_new(&arena);
    change(&tree, tree.places[fuzz_below(&seed, (uint64_t)tree.count)], &seed);
    add_message(&text, message);
    if (text.length && text.length <= most) {
      memcpy(bytes, text.data, text.length);
      result = text.length;
    }
  }
  arena_free(&arena);
  return result ? result : LLVMFuzzerMutate(bytes, length, most);
}
