/* hover.c - what stands at a place, in Markdown: shape, parameters, multiply-accumulates and weights of a layer; the text of
 * `cnnc explain` on an operation; the head and the comment of a block. */
#include <stdint.h>
#include <string.h>
#include "lsp/request.h"
#include "lsp/stages.h"
#include "passes/datum.h"
#include "passes/read_attributes.h"
#include "tools/explain.h"

static void add_weights(Text *out, const StageFacts *facts) {
  enum { MOST_WEIGHTS = 8 };
  for (int i = 0; i < facts->weight_count && i < MOST_WEIGHTS; i++) {
    const Parameter *p = facts->weights[i];
    text_addf(out, "%s`%s` [", i ? ", " : "\n\nweights: ", p->path);
    for (int k = 0; k < p->rank; k++) text_addf(out, "%s%lld", k ? ", " : "", (long long)p->sizes[k]);
    text_add(out, "]");
  }
  if (facts->weight_count > MOST_WEIGHTS) text_addf(out, ", and %d more", facts->weight_count - MOST_WEIGHTS);
}

static void add_stage(Text *out, Arena *arena, const Model *model, Span span) {
  const char *shapes = shapes_at(arena, model, span);
  if (!shapes) return;
  text_addf(out, "shape: `%s`", shapes);
  StageFacts facts = facts_of_stage(arena, model, span);
  if (facts.layers > 1) text_addf(out, "\n\nlayers: %d", facts.layers);
  if (facts.parameters) text_addf(out, "\n\nparameters: %lld", (long long)facts.parameters);
  if (!size_is(facts.macs, 0)) text_addf(out, "\n\nmultiply-accumulates: %s", size_text(arena, facts.macs));
  add_weights(out, &facts);
}

/* Of the text as it is or, where it has errors, as it was without. */
static void add_stage_here(Text *out, const Request *r, Span span) {
  const Document *d = r->document;
  size_t before = out->length;
  add_stage(out, r->arena, d->current, span);
  if (out->length > before || !d->good || d->good == d->current) return;
  uint32_t base = d->current->source->base;
  size_t start = good_offset(d, span.start - base), end = good_offset(d, span.end - base);
  if (start == SIZE_MAX || end == SIZE_MAX) return;
  base = d->good->source->base;
  add_stage(out, r->arena, d->good, (Span){base + (uint32_t)start, base + (uint32_t)end});
}

static void add_rule(Text *out) {
  if (out->length) text_add(out, "\n\n---\n\n");
}

/* `block x: [c, h, w] -> basic(channels, stride=1)`, as written. */
static void add_head(Text *out, const Model *model, const AstDecl *d) {
  const Source *source = source_of(model, d->span);
  if (!source) return;
  const char *text = source->text + (d->span.start - source->base);
  int length = (int)strcspn(text, "{\n");
  while (length && text[length - 1] == ' ') length--;
  text_addf(out, "```cnn\n%.*s\n```\n", length, text);
  if (d->doc) text_addf(out, "\n%s\n", d->doc);
}

static void add_attribute(Text *out, const Symbol *symbol) {
  const Attribute *a = symbol->attribute;
  if (!a) return;
  text_addf(out, "`%s` of `%s`: %s", a->name, symbol->op->name, legal_values(out->arena, a, 0));
  if (a->required) text_add(out, "; must be given");
  if (a->why) text_addf(out, "\n\n%s", a->why);
}

static void add_value(Text *out, const Model *model, const Symbol *symbol) {
  const Entry *entry = find_name(model->file_names, symbol->name);
  text_addf(out, "%s `%s`", kind_text(symbol->kind), symbol->name);
  if (entry && entry->datum && entry->datum->kind != DATUM_POISONED) text_addf(out, " = `%s`", datum_text(out->arena, entry->datum));
}

static void add_operation(Text *out, const Operator *op) {
  add_rule(out);
  text_add(out, "```text\n");
  explain_operation(out, op);
  text_add(out, "```");
}

static void add_name(Text *out, const Request *r, const Symbol *symbol) {
  const Model *model = r->document->current;
  switch (symbol->kind) {
  case NAME_OPERATION: add_operation(out, symbol->op); return;
  case NAME_NET:
  case NAME_BLOCK:
    add_rule(out);
    if (symbol->declaration) add_head(out, model, symbol->declaration);
    return;
  case NAME_ATTRIBUTE: add_attribute(out, symbol); return;
  case NAME_CONST:
  case NAME_DIM: add_value(out, model, symbol); return;
  case NAME_TENSOR:
  case NAME_SHARED:
    text_addf(out, "%s `%s`\n\n", kind_text(symbol->kind), symbol->name);
    add_stage_here(out, r, symbol->span);
    return;
  case NAME_LABEL:
    if (!out->length) add_stage_here(out, r, symbol->span);
    return;
  case NAME_SIZE:
  case NAME_PARAMETER:
  case NAME_VARIABLE: text_addf(out, "%s `%s`", kind_text(symbol->kind), symbol->name); return;
  case NAME_WORD:
  case NAME_FUNCTION:
  case NAME_DTYPE:
  case NAME_FILE: return;
  }
}

void reply_hover(Request *r) {
  const Model *model = r->document->current;
  const Occurrence *here = name_at(&model->names, r->place);
  const AstStage *stage = stage_under(model->ast, r->place);
  Text text = text_new(r->arena);
  if (stage) add_stage_here(&text, r, stage->span);
  if (here) add_name(&text, r, here->symbol);
  if (!text.length) {
    json_null(r->json, r->reply, "result");
    return;
  }
  cJSON *result = json_object(r->json, r->reply, "result"), *contents = json_object(r->json, result, "contents");
  json_text(r->json, contents, "kind", "markdown");
  json_text(r->json, contents, "value", text_string(&text));
  if (here) add_span(r, result, "range", here->span);
}
