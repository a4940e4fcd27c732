// The one token of the language that depends on lines: _line_start, of no length, before a word or `[` that is the first on
// its line. The parser asks for it only where a statement may end. Nothing is remembered between calls.
#include <stdbool.h>

#include "tree_sitter/parser.h"

enum { LINE_START, RECOVERY };

static bool is_letter(int32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

void *tree_sitter_cnn_external_scanner_create(void) { return NULL; }

void tree_sitter_cnn_external_scanner_destroy(void *payload) { (void)payload; }

unsigned tree_sitter_cnn_external_scanner_serialize(void *payload, char *buffer) {
  (void)payload;
  (void)buffer;
  return 0;
}

void tree_sitter_cnn_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
  (void)payload;
  (void)buffer;
  (void)length;
}

static bool skip_blanks(TSLexer *lexer, bool outside) {
  bool new_line = false;
  while (lexer->lookahead == ' ' || lexer->lookahead == '\t' || lexer->lookahead == '\r' || lexer->lookahead == '\n') {
    if (lexer->lookahead == '\n') new_line = true;
    lexer->advance(lexer, outside);
  }
  return new_line;
}

// `else {` behind a body goes on with its `if`; `else` is a name elsewhere.
static bool is_else(TSLexer *lexer) {
  for (const char *word = "else"; *word; word++) {
    if (lexer->lookahead != *word) return false;
    lexer->advance(lexer, false);
  }
  skip_blanks(lexer, false);
  return lexer->lookahead == '{';
}

bool tree_sitter_cnn_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid_symbols) {
  (void)payload;
  if (!valid_symbols[LINE_START] || valid_symbols[RECOVERY]) return false;
  bool new_line = skip_blanks(lexer, true);
  lexer->mark_end(lexer);
  lexer->result_symbol = LINE_START;
  return new_line && (lexer->lookahead == '[' || (is_letter(lexer->lookahead) && !is_else(lexer)));
}
