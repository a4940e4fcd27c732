/* transport.c - see transport.h. */
#include "lsp/transport.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { MAX_HEADER_BYTES = 1024 };

static bool fill(Transport *t) {
  ssize_t got;
  do got = read(STDIN_FILENO, t->buffer, sizeof t->buffer);
  while (got < 0 && errno == EINTR);
  t->used = 0;
  t->filled = got > 0 ? (size_t)got : 0;
  return got > 0;
}

/* A line without its end, cut where it is too long to mean anything; *length counts its bytes, which may be NUL. false: there
 * is no more. */
static bool read_line(Transport *t, char line[MAX_HEADER_BYTES], size_t *length) {
  for (*length = 0;;) {
    if (t->used == t->filled && !fill(t)) return false;
    char c = t->buffer[t->used++];
    if (c == '\n') {
      if (*length && line[*length - 1] == '\r') --*length;
      line[*length] = '\0';
      return true;
    }
    if (*length + 1 < MAX_HEADER_BYTES) line[(*length)++] = c;
  }
}

/* The value of `Content-Length: N`; false: it is no length that a message can have. */
static bool parse_length(const char *text, size_t *length) {
  *length = 0;
  text += strspn(text, " \t");
  size_t digits = strspn(text, "0123456789");
  if (!digits || text[digits + strspn(text + digits, " \t")]) return false;
  for (size_t i = 0; i < digits && *length <= MAX_MESSAGE_BYTES; i++) *length = 10 * *length + (size_t)(text[i] - '0');
  return *length <= MAX_MESSAGE_BYTES;
}

static bool read_body(Transport *t, char *to, size_t length) {
  while (length) {
    if (t->used == t->filled && !fill(t)) return false;
    size_t part = t->filled - t->used < length ? t->filled - t->used : length;
    memcpy(to, t->buffer + t->used, part);
    t->used += part;
    to += part;
    length -= part;
  }
  return true;
}

Received receive(Transport *t, Arena *arena, const char **body, size_t *length) {
  static const char name[] = "Content-Length:";
  char line[MAX_HEADER_BYTES];
  bool known = false, any = false;
  size_t bytes_of_line;
  do {
    if (!read_line(t, line, &bytes_of_line)) return RECEIVED_END;
    if (!strncasecmp(line, name, sizeof name - 1)) known = parse_length(line + sizeof name - 1, length);
    any |= bytes_of_line > 0;
  } while (bytes_of_line || !any);
  if (!known) return RECEIVED_GARBAGE;
  char *bytes = arena_alloc(arena, *length + 1);
  *body = bytes;
  return read_body(t, bytes, *length) ? RECEIVED_MESSAGE : RECEIVED_END;
}

static bool write_all(const char *bytes, size_t length) {
  while (length) {
    ssize_t written = write(STDOUT_FILENO, bytes, length);
    if (written < 0 && errno != EINTR) return false;
    if (written <= 0) continue;
    bytes += written;
    length -= (size_t)written;
  }
  return true;
}

bool send_message(Json *message) {
  Text body = text_new(message->arena), framed = text_new(message->arena);
  json_print(message, &body);
  text_addf(&framed, "Content-Length: %zu\r\n\r\n", body.length);
  text_add_bytes(&framed, text_string(&body), body.length);
  return write_all(text_string(&framed), framed.length);
}
