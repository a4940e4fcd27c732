/* diagnostics_text.h - a diagnostic as a picture of the source for people to read. Also what is
 * needed to show foreign bytes harmlessly. */
#ifndef CNNC_SUPPORT_DIAGNOSTICS_TEXT_H
#define CNNC_SUPPORT_DIAGNOSTICS_TEXT_H
#include "support/diagnostics.h"

/* Length in bytes of the UTF-8 character at text, its code point in *code; 0 when the bytes are not one. */
int decode_utf8(const char *text, size_t available, uint32_t *code);
/* Adds text so that it cannot steer a terminal: control characters, bidirectional marks and bytes that are not UTF-8
 * become visible signs. Newlines are kept. */
void add_harmless(Text *out, const char *text, size_t length);
void print_diagnostic_text(Text *out, const Diagnostic *diagnostic, bool color);
#endif
