/* formatting.c - what `cnnc fmt` does to the text, as one edit of the lines that change. */
#include "ir/format.h"
#include "lsp/request.h"

/* Bytes that both texts begin with, up to the beginning of a line. */
static size_t same_lines(const char *a, size_t a_length, const char *b, size_t b_length) {
  size_t lines = 0;
  for (size_t i = 0; i < a_length && i < b_length && a[i] == b[i]; i++)
    if (a[i] == '\n') lines = i + 1;
  return lines;
}

/* Bytes that both end with, from the beginning of a line, without the first `from`. */
static size_t same_end(const char *a, size_t a_length, const char *b, size_t b_length, size_t from) {
  size_t same = 0, lines = 0;
  while (same + from < a_length && same + from < b_length && a[a_length - 1 - same] == b[b_length - 1 - same]) {
    if (a[a_length - 1 - same] == '\n') lines = same;
    same++;
  }
  return lines;
}

void reply_formatting(Request *r) {
  const Document *d = r->document;
  Diagnostics ignored = {.arena = r->arena, .sources = &d->current->sources};
  size_t length;
  const char *text = format_source(r->arena, &ignored, d->current->source, &length);
  if (!text) { /* syntax errors, which the editor shows */
    json_null(r->json, r->reply, "result");
    return;
  }
  cJSON *edits = json_array(r->json, r->reply, "result");
  size_t before = same_lines(d->text, d->length, text, length);
  if (before == d->length && before == length) return;
  size_t behind = same_end(d->text, d->length, text, length, before);
  cJSON *edit = json_object(r->json, edits, NULL);
  add_range(r->json, edit, "range", &d->lines, before, d->length - behind);
  json_text(r->json, edit, "newText", arena_strndup(r->arena, text + before, length - behind - before));
}
