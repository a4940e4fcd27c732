/* mutate_text.c - see mutate.h: words, numbers and lines of a source change places, so that much of what comes out is still a
 * program. Knows of the language only what a word is, and the names of its operations. */
#include <string.h>
#include "mutate.h"
#include "support/text.h"

static const char *const operations[] = {
#define OPERATOR(name) #name,
#include "ops/ops.def"
};

typedef enum Class { SPACE, WORD, NUMBER, SIGN } Class;

static Class class_of(uint8_t c) {
  if (c == ' ' || c == '\t' || c == '\r' || c == '\n') return SPACE;
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_') return WORD;
  return c >= '0' && c <= '9' ? NUMBER : SIGN;
}

typedef struct Part { /* of the text */
  size_t start, end;
} Part;

/* The token at or after a random place; start == end: there is none. */
static Part random_token(const uint8_t *bytes, size_t length, uint64_t *state) {
  size_t at = length ? fuzz_below(state, length) : 0;
  while (at && class_of(bytes[at]) != SIGN && class_of(bytes[at - 1]) == class_of(bytes[at])) at--;
  while (at < length && class_of(bytes[at]) == SPACE) at++;
  size_t end = at;
  while (end < length && class_of(bytes[end]) == class_of(bytes[at]) && (class_of(bytes[at]) != SIGN || end == at)) end++;
  return (Part){at, end};
}

/* Another token of the same class, if one turns up. */
static Part similar_token(const uint8_t *bytes, size_t length, Part token, uint64_t *state) {
  enum { TRIES = 20 };
  Part other = token;
  for (int i = 0; i < TRIES && other.start == token.start; i++) {
    Part next = random_token(bytes, length, state);
    if (next.start < next.end && class_of(bytes[next.start]) == class_of(bytes[token.start])) other = next;
  }
  return other;
}

static Part random_line(const uint8_t *bytes, size_t length, uint64_t *state) {
  size_t start = length ? fuzz_below(state, length) : 0, end = start;
  while (start && bytes[start - 1] != '\n') start--;
  while (end < length && bytes[end] != '\n') end++;
  return (Part){start, end + (end < length)};
}

/* The text with a part replaced by other bytes; unchanged if that would be too long. */
static size_t replace(uint8_t *bytes, size_t length, size_t most, Part part, const void *by, size_t count) {
  uint8_t kept[64];
  if (count > sizeof kept || length - (part.end - part.start) + count > most) return length;
  memcpy(kept, by, count); /* it may lie in the text itself */
  memmove(bytes + part.start + count, bytes + part.end, length - part.end);
  memcpy(bytes + part.start, kept, count);
  return length - (part.end - part.start) + count;
}

static size_t change_token(uint8_t *bytes, size_t length, size_t most, uint64_t *state) {
  static const char *const numbers[] = {"0",  "1",  "2",  "3",  "4",   "5",    "7",     "8",
                                        "16", "17", "32", "64", "255", "1000", "65536", "2147483648"};
  Part token = random_token(bytes, length, state), other;
  if (token.start == token.end) return length;
  Class class = class_of(bytes[token.start]);
  const char *text = NULL;
  if (class == NUMBER && fuzz_below(state, 2)) text = numbers[fuzz_below(state, sizeof numbers / sizeof *numbers)];
  bool called = class == WORD && token.start > 1 && (bytes[token.start - 2] == '>' || bytes[token.start - 2] == ':');
  if (called && fuzz_below(state, 2)) text = operations[fuzz_below(state, sizeof operations / sizeof *operations)];
  if (text) return replace(bytes, length, most, token, text, strlen(text));
  other = similar_token(bytes, length, token, state);
  return replace(bytes, length, most, token, bytes + other.start, other.end - other.start);
}

size_t mutate_text(uint8_t *bytes, size_t length, size_t most, uint64_t seed) {
  enum { CHANGES = 3 };
  Part line = random_line(bytes, length, &seed), token = random_token(bytes, length, &seed);
  switch (fuzz_below(&seed, 8)) {
  case 0: return replace(bytes, length, most, line, "", 0);
  case 1: { /* a line once more */
    Part place = random_line(bytes, length, &seed);
    return replace(bytes, length, most, (Part){place.start, place.start}, bytes + line.start, line.end - line.start);
  }
  case 2: return replace(bytes, length, most, token, "", 0);
  case 3: /* a token once more */
    return replace(bytes, length, most, (Part){token.end, token.end}, bytes + token.start, token.end - token.start);
  default: {
    uint64_t changes = 1 + fuzz_below(&seed, CHANGES);
    for (uint64_t i = 0; i < changes; i++) length = change_token(bytes, length, most, &seed);
    return length;
  }
  }
}
