/* server.h - `cnnc lsp`: the language server, on standard input and output. */
#ifndef CNNC_LSP_SERVER_H
#define CNNC_LSP_SERVER_H
#include "tools/session.h"

/* Serves until `exit` or the end of the input. Returns 0 if `shutdown` came before, else 1. */
int lsp_verb(Session *session);
#endif
