/* mutate.h - changes that leave a file sound enough for a reader to look further than its first bytes. Each changes an
 * input in its place to one of at most `most` bytes, and returns its length. */
#ifndef CNNC_TESTS_FUZZ_MUTATE_H
#define CNNC_TESTS_FUZZ_MUTATE_H
#include <protobuf-c/protobuf-c.h>
#include "fuzz.h"

/* A source: words, numbers and lines are left out, repeated, or replaced by others of their kind. */
size_t mutate_text(uint8_t *bytes, size_t length, size_t most, uint64_t seed);
size_t mutate_npy(uint8_t *bytes, size_t length, size_t most, uint64_t seed);
/* A field of a message of this type is left out, repeated, replaced or changed; all lengths around it are right again. */
size_t mutate_protobuf(const ProtobufCMessageDescriptor *type, uint8_t *bytes, size_t length, size_t most, uint64_t seed);
#endif
