/* inlay_hints.c - the shape of what leaves each stage, behind it. While the text has errors, shapes are those of the text when it
 * last had none, where it is still the same. */
#include <stdint.h>
#include "lsp/request.h"

/* Stages end where their flow's place ends; names have flows, too, so it must be a stage of the tree. */
typedef struct Hints {
  Request *request;
  cJSON *list;
  size_t from, to;
} Hints;

static void add_chain(Hints *h, const AstStage *chain);

static void add_hint(Hints *h, Span span) {
  Request *r = h->request;
  const Document *d = r->document;
  const Model *model = d->current;
  size_t start = span.start - model->source->base, end = span.end - model->source->base;
  if (end < h->from || start > h->to) return;
  const char *shapes = shapes_at(r->arena, model, span);
  if (!shapes && d->good && d->good != model) {
    size_t old_start = good_offset(d, start), old_end = good_offset(d, end);
    if (old_start == SIZE_MAX || old_end == SIZE_MAX) return;
    uint32_t base = d->good->source->base;
    shapes = shapes_at(r->arena, d->good, (Span){base + (uint32_t)old_start, base + (uint32_t)old_end});
  }
  if (!shapes) return;
  cJSON *hint = json_object(r->json, h->list, NULL);
  Position at = position_at(&d->lines, end);
  cJSON *position = json_object(r->json, hint, "position");
  json_number(r->json, position, "line", at.line);
  json_number(r->json, position, "character", at.character);
  json_text(r->json, hint, "label", shapes);
  json_bool(r->json, hint, "paddingLeft", true);
}

static void add_flow(Hints *h, const AstFlow *flow) {
  if (!flow) return;
  for (const AstFlow *item = flow->items; item; item = item->next) add_flow(h, item);
  add_chain(h, flow->stages);
}

static void add_chain(Hints *h, const AstStage *chain) {
  for (; chain; chain = chain->next) {
    for (const AstArm *arm = chain->arms; arm; arm = arm->next) add_chain(h, arm->chain);
    add_chain(h, chain->body);
    add_chain(h, chain->otherwise);
    add_hint(h, chain->span);
  }
}

void reply_inlay_hints(Request *r) {
  Hints hints = {.request = r, .from = 0, .to = r->document->length};
  if (!read_range(r, r->params, &hints.from, &hints.to)) {
    reply_error(r, INVALID_PARAMS, "a range is missing");
    return;
  }
  hints.list = json_array(r->json, r->reply, "result");
  for (const AstDecl *d = r->document->current->ast->declarations; d; d = d->next) {
    for (const AstStmt *s = d->statements; s; s = s->next) add_flow(&hints, s->flow);
    add_flow(&hints, d->result);
  }
}
