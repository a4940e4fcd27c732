/* transport.h - messages on standard input and output: a header with Content-Length, an empty line, that many bytes. Knows
 * nothing of what they say. */
#ifndef CNNC_LSP_TRANSPORT_H
#define CNNC_LSP_TRANSPORT_H
#include <stdbool.h>
#include "support/json.h"

enum { MAX_MESSAGE_BYTES = 64 << 20 };

typedef struct Transport {
  char buffer[4096]; /* bytes that were read and not yet used */
  size_t used, filled;
} Transport;

typedef enum Received { RECEIVED_MESSAGE, RECEIVED_GARBAGE, RECEIVED_END } Received;

/* GARBAGE: a header without a length that can be; reading goes on behind it. */
Received receive(Transport *transport, Arena *arena, const char **body, size_t *length);
/* false: nobody reads it any more. */
bool send_message(Json *message);
#endif
