/* json_scan.c - see json_scan.h. */
#include "load/json_scan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "support/text.h"

typedef struct Key {
  const char *name; /* escapes resolved */
  size_t offset;    /* in the text */
} Key;

typedef struct Scanner {
  Arena *arena;
  const char *text;
  size_t at, length, first_byte;
  char *decoded; /* the last string; never longer than the text */
  size_t decoded_length;
  Key *keys; /* of the objects that are open */
  size_t open_keys, key_capacity;
  long total_keys;
  size_t *outer_offsets;
  int outer_count;
  const char **error;
} Scanner;

static bool fail(Scanner *s, size_t at, const char *format, ...) __attribute__((format(printf, 3, 4)));
static bool fail(Scanner *s, size_t at, const char *format, ...) {
  Text text = text_new(s->arena);
  va_list arguments;
  va_start(arguments, format);
  text_vaddf(&text, format, arguments);
  va_end(arguments);
  text_addf(&text, " (byte %zu)", s->first_byte + at);
  *s->error = text_string(&text);
  return false;
}

static int peek(const Scanner *s) { return s->at < s->length ? (unsigned char)s->text[s->at] : -1; }

static void skip_blanks(Scanner *s) {
  while (s->at < s->length && (s->text[s->at] == ' ' || s->text[s->at] == '\t' || s->text[s->at] == '\n' || s->text[s->at] == '\r'))
    s->at++;
}

/* Length of the UTF-8 sequence at p, 0 if it is not valid (overlong, surrogate, beyond U+10FFFF or cut off). */
static size_t utf8_length(const unsigned char *p, size_t left) {
  size_t length = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
  if (!length || length > left) return 0;
  for (size_t i = 1; i < length; i++)
    if ((p[i] & 0xc0) != 0x80) return 0;
  if (p[0] == 0xe0 && p[1] < 0xa0) return 0;
  if (p[0] == 0xed && p[1] >= 0xa0) return 0;
  if (p[0] == 0xf0 && p[1] < 0x90) return 0;
  if (p[0] == 0xf4 && p[1] >= 0x90) return 0;
  return length;
}

static void decode(Scanner *s, uint32_t code) {
  unsigned char *out = (unsigned char *)s->decoded + s->decoded_length;
  if (code < 0x80) {
    out[0] = (unsigned char)code;
    s->decoded_length += 1;
  } else if (code < 0x800) {
    out[0] = (unsigned char)(0xc0 | code >> 6);
    out[1] = (unsigned char)(0x80 | (code & 63));
    s->decoded_length += 2;
  } else if (code < 0x10000) {
    out[0] = (unsigned char)(0xe0 | code >> 12);
    out[1] = (unsigned char)(0x80 | (code >> 6 & 63));
    out[2] = (unsigned char)(0x80 | (code & 63));
    s->decoded_length += 3;
  } else {
    out[0] = (unsigned char)(0xf0 | code >> 18);
    out[1] = (unsigned char)(0x80 | (code >> 12 & 63));
    out[2] = (unsigned char)(0x80 | (code >> 6 & 63));
    out[3] = (unsigned char)(0x80 | (code & 63));
    s->decoded_length += 4;
  }
}

/* The four digits of \uXXXX. */
static bool scan_hex(Scanner *s, uint32_t *code) {
  *code = 0;
  for (int i = 0; i < 4; i++) {
    int c = peek(s);
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return fail(s, s->at, "`\\u` needs four hexadecimal digits");
    *code = *code << 4 | (uint32_t)digit;
    s->at++;
  }
  return true;
}

static bool scan_escape(Scanner *s) {
  size_t start = s->at++;
  int c = peek(s);
  s->at++;
  if (c != 'u') {
    const char *plain = "\"\\/bfnrt", *means = "\"\\/\b\f\n\r\t", *found = c > 0 ? strchr(plain, c) : NULL;
    if (!found) return fail(s, start, "an escape that JSON does not have");
    decode(s, (unsigned char)means[found - plain]);
    return true;
  }
  uint32_t code, low;
  if (!scan_hex(s, &code)) return false;
  if (!code) return fail(s, start, "a string contains `\\u0000`");
  if (code >= 0xd800 && code < 0xe000) {
    bool pair = code < 0xdc00 && s->length - s->at >= 6 && s->text[s->at] == '\\' && s->text[s->at + 1] == 'u';
    if (!pair) return fail(s, start, "half a surrogate pair");
    s->at += 2;
    if (!scan_hex(s, &low)) return false;
    if (low < 0xdc00 || low >= 0xe000) return fail(s, start, "half a surrogate pair");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  decode(s, code);
  return true;
}

static bool scan_string(Scanner *s) {
  size_t start = s->at++;
  s->decoded_length = 0;
  while (s->at < s->length) {
    const unsigned char *p = (const unsigned char *)s->text + s->at;
    if (*p == '"') {
      s->at++;
      s->decoded[s->decoded_length] = '\0';
      return true;
    }
    if (*p == '\\') {
      if (!scan_escape(s)) return false;
      continue;
    }
    if (*p < 0x20) return fail(s, s->at, *p ? "a control character in a string" : "a NUL byte in the header");
    size_t length = utf8_length(p, s->length - s->at);
    if (!length) return fail(s, s->at, "the header is not valid UTF-8");
    memcpy(s->decoded + s->decoded_length, p, length);
    s->decoded_length += length;
    s->at += length;
  }
  return fail(s, start, "a string is not closed");
}

/* Sizes and offsets are the only numbers, so nothing but digits is let through. */
static bool scan_number(Scanner *s) {
  size_t start = s->at;
  uint64_t value = 0;
  if (peek(s) == '-') return fail(s, start, "a negative number; sizes and offsets are not negative");
  while (peek(s) >= '0' && peek(s) <= '9') {
    if (s->at - start >= 20) return fail(s, start, "a number of more than 20 digits");
    unsigned digit = (unsigned)(peek(s) - '0');
    value = value > UINT64_MAX / 16 ? UINT64_MAX / 16 : 10 * value + digit;
    s->at++;
  }
  if (peek(s) == '.' || peek(s) == 'e' || peek(s) == 'E') return fail(s, start, "a number that is not written as a whole number");
  if (s->text[start] == '0' && s->at - start > 1) return fail(s, start, "a number that begins with 0");
  if (value > UINT64_C(9007199254740992)) return fail(s, start, "a number above 2^53; no file is that large");
  return true;
}

static bool scan_value(Scanner *s, int depth);

static bool scan_array(Scanner *s, int depth) {
  size_t start = s->at++;
  skip_blanks(s);
  if (peek(s) == ']') {
    s->at++;
    return true;
  }
  for (int count = 0;; count++) {
    if (count == MAX_JSON_ARRAY) return fail(s, start, "a list of more than %d values", MAX_JSON_ARRAY);
    skip_blanks(s);
    if (!scan_value(s, depth + 1)) return false;
    skip_blanks(s);
    int c = peek(s);
    if (c != ']' && c != ',') return fail(s, s->at, c < 0 ? "the header ends inside a list" : "expected `,` or `]`");
    s->at++;
    if (c == ']') return true;
  }
}

static int compare_keys(const void *a, const void *b) {
  const Key *first = a, *second = b;
  int order = strcmp(first->name, second->name);
  return order ? order : first->offset < second->offset ? -1 : first->offset > second->offset;
}

static bool push_key(Scanner *s, size_t offset, int depth) {
  const unsigned char *name = (const unsigned char *)s->decoded;
  for (size_t i = 0; i < s->decoded_length; i++)
    if (name[i] < 0x20 || name[i] == 0x7f || (name[i] == 0xc2 && name[i + 1] < 0xa0))
      return fail(s, offset, "a control character in a name");
  if (++s->total_keys > MAX_JSON_KEYS) return fail(s, offset, "more than %d names", MAX_JSON_KEYS);
  if (depth == 1) ARENA_PUSH(s->arena, s->outer_offsets, s->outer_count, s->first_byte + offset);
  if (s->open_keys == s->key_capacity) {
    size_t capacity = s->key_capacity ? 2 * s->key_capacity : 64;
    s->keys = arena_grow(s->arena, s->keys, s->key_capacity * sizeof *s->keys, capacity * sizeof *s->keys);
    s->key_capacity = capacity;
  }
  s->keys[s->open_keys++] = (Key){arena_strndup(s->arena, s->decoded, s->decoded_length), offset};
  return true;
}

/* Closes an object: its keys leave the stack, and no two of them may be equal. */
static bool pop_keys(Scanner *s, size_t first) {
  Key *keys = s->keys + first;
  size_t count = s->open_keys - first;
  s->open_keys = first;
  if (count > 1) qsort(keys, count, sizeof *keys, compare_keys);
  for (size_t i = 1; i < count; i++)
    if (!strcmp(keys[i - 1].name, keys[i].name)) return fail(s, keys[i].offset, "a name stands twice in one object");
  return true;
}

static bool scan_object(Scanner *s, int depth) {
  s->at++;
  size_t first = s->open_keys;
  skip_blanks(s);
  if (peek(s) == '}') {
    s->at++;
    return true;
  }
  for (;;) {
    skip_blanks(s);
    size_t key = s->at;
    if (peek(s) != '"') return fail(s, s->at, peek(s) < 0 ? "the header ends inside an object" : "expected a name in quotes");
    if (!scan_string(s) || !push_key(s, key, depth)) return false;
    skip_blanks(s);
    if (peek(s) != ':') return fail(s, s->at, "expected `:` after a name");
    s->at++;
    skip_blanks(s);
    if (!scan_value(s, depth + 1)) return false;
    skip_blanks(s);
    int c = peek(s);
    if (c != '}' && c != ',') return fail(s, s->at, c < 0 ? "the header ends inside an object" : "expected `,` or `}`");
    s->at++;
    if (c == '}') return pop_keys(s, first);
  }
}

static bool scan_value(Scanner *s, int depth) {
  int c = peek(s);
  if ((c == '{' || c == '[') && depth > MAX_JSON_DEPTH) return fail(s, s->at, "nested more than %d deep", MAX_JSON_DEPTH);
  if (c == '{') return scan_object(s, depth);
  if (c == '[') return scan_array(s, depth);
  if (c == '"') return scan_string(s);
  if (c == '-' || (c >= '0' && c <= '9')) return scan_number(s);
  return fail(s, s->at, c < 0 ? "the header ends where a value should stand" : "expected a string, a whole number, a list or an object");
}

bool scan_json(Arena *arena, const char *text, size_t length, size_t first_byte, const size_t **key_offsets, int *key_count,
               const char **error) {
  Scanner s = {.arena = arena, .text = text, .length = length, .first_byte = first_byte, .error = error};
  if (peek(&s) != '{') return fail(&s, 0, "the header does not begin with `{`");
  s.decoded = arena_alloc(arena, length + 1);
  if (!scan_object(&s, 1)) return false;
  for (; s.at < length; s.at++)
    if (text[s.at] != ' ') return fail(&s, s.at, "something other than spaces after the header's closing `}`");
  *key_offsets = s.outer_offsets;
  *key_count = s.outer_count;
  return true;
}
