/* read_options.c - the parentheses of input, output and weights lines. */
#include <string.h>

#include "passes/builder.h"
#include "passes/evaluate.h"
#include "support/reader.h"

static void report_option(Builder *b, const AstArg *arg, const char *what, const char *legal) {
  const char *name = arg->name.text ? arg->name.text : written_text(b->c, b->arena, arg->span);
  Diagnostic *d = report(b->diagnostics, CODE_E0401, arg->name.text ? arg->name.span : arg->span, "%s has no attribute `%s`", what, name);
  add_help(d, "it has %s", legal);
}

static bool is_option(const AstArg *arg, const char *name) { return arg->name.text && strcmp(arg->name.text, name) == 0; }

static const char *read_text(Builder *b, const Scope *scope, const AstArg *arg) {
  const Datum *value = evaluate_argument(b->c, scope, arg->value);
  if (value->kind == DATUM_STRING) return value->text;
  if (value->kind == DATUM_POISONED) return NULL;
  Diagnostic *d = report(b->diagnostics, CODE_E0402, arg->value->span, "`%s` cannot be `%s`", arg->name.text, datum_text(b->arena, value));
  add_help(d, "it is a text in quotes");
  return NULL;
}

/* The choice, or NULL after a report. */
static const char *read_choice(Builder *b, const Scope *scope, const AstArg *arg, const char *const *choices) {
  const Datum *value = evaluate_argument(b->c, scope, arg->value);
  Text legal = text_new(b->arena);
  Suggestion near = suggest_for(value->kind == DATUM_WORD ? value->text : "");
  for (int i = 0; choices[i]; i++) {
    if (value->kind == DATUM_WORD && strcmp(value->text, choices[i]) == 0) return choices[i];
    suggest_candidate(&near, choices[i]);
    text_addf(&legal, "%s%s", i ? ", " : "", choices[i]);
  }
  if (value->kind == DATUM_POISONED) return NULL;
  Diagnostic *d = report(b->diagnostics, CODE_E0402, arg->value->span, "`%s` cannot be `%s`", arg->name.text, datum_text(b->arena, value));
  if (suggested(&near)) add_help(d, "did you mean `%s`? one of %s", suggested(&near), text_string(&legal));
  else add_help(d, "it is one of %s", text_string(&legal));
  return NULL;
}

bool read_layout(Builder *b, const Scope *scope, const AstArg *arg, bool *hwc) {
  static const char *const layouts[] = {"chw", "hwc", NULL};
  if (!is_option(arg, "layout")) return false;
  const char *layout = read_choice(b, scope, arg, layouts);
  *hwc = layout && layout[0] == 'h';
  return true;
}

/* Class names, one on each line. */
static void read_labels_file(Builder *b, const AstArg *arg, GraphOutput *output) {
  Compilation *c = b->c;
  const char *resolved = NULL, *error = NULL;
  size_t length = 0;
  Location place = source_locate(c->sources, arg->span.start);
  const char *relative_to = place.source ? place.source->name : NULL;
  const char *text = c->read_file ? c->read_file(c->read_context, b->arena, output->labels_file, relative_to, &length, &resolved, &error)
                                  : NULL;
  if (!text) {
    if (c->options->shapes_only && (!error || strcmp(error, NO_SUCH_FILE) == 0)) return;
    Diagnostic *d = report(b->diagnostics, CODE_E0902, arg->value->span, "`%s` cannot be read", output->labels_file);
    set_label(d, "%s", error ? error : "no file can be read here");
    return;
  }
  ARENA_PUSH(b->arena, c->files_read, c->files_read_count, resolved);
  const GraphOutput *same = find_name(&b->labelled, resolved);
  if (same) {
    output->labels = same->labels;
    output->label_count = same->label_count;
    return;
  }
  const char **labels = NULL;
  int count = 0;
  for (const char *line = text, *end = text + length; line < end;) {
    const char *stop = memchr(line, '\n', (size_t)(end - line)), *next = stop ? stop + 1 : end;
    size_t size = (size_t)((stop ? stop : end) - line);
    if (size && line[size - 1] == '\r') size--;
    const char *label = arena_strndup(b->arena, line, size);
    ARENA_PUSH(b->arena, labels, count, label);
    line = next;
  }
  while (count && !labels[count - 1][0]) count--; /* empty lines at the end */
  output->labels = labels;
  output->label_count = count;
  GraphOutput *first = ARENA_NEW(b->arena, GraphOutput);
  *first = *output;
  put_name(&b->labelled, resolved, first);
}

static void read_labels(Builder *b, const Scope *scope, const AstArg *arg, GraphOutput *output) {
  const Datum *value = evaluate(b->c, scope, arg->value);
  if (value->kind == DATUM_POISONED) return;
  if (value->kind == DATUM_STRING) {
    output->labels_file = value->text;
    read_labels_file(b, arg, output);
    return;
  }
  const char **labels = NULL;
  int count = 0;
  for (int i = 0; value->kind == DATUM_LIST && i < value->count; i++)
    if (value->items[i]->kind == DATUM_STRING) ARENA_PUSH(b->arena, labels, count, value->items[i]->text);
  if (value->kind != DATUM_LIST || count != value->count) {
    Diagnostic *d = report(b->diagnostics, CODE_E0402, arg->value->span, "`labels` cannot be `%s`", datum_text(b->arena, value));
    add_help(d, "it is a list of texts, or the name of a file with one label on each line");
    return;
  }
  output->labels = labels;
  output->label_count = count;
}

void read_output_options(Builder *b, const Scope *scope, const AstStmt *stmt, GraphOutput *output) {
  for (const AstArg *arg = stmt->args; arg; arg = arg->next) {
    if (read_layout(b, scope, arg, &output->hwc)) {
      if (output->hwc && output->value && output->value->type.rank != 3)
        report(b->diagnostics, CODE_E0402, arg->span, "`layout=hwc` needs [channels, height, width], this is %s",
               type_text(b->arena, &output->value->type));
    } else if (is_option(arg, "labels")) {
      int64_t size;
      read_labels(b, scope, arg, output);
      bool vector = output->value && output->value->type.rank == 1 && size_is_const(output->value->type.sizes[0], &size);
      if (output->labels && vector && size != output->label_count)
        report(b->diagnostics, CODE_E0313, arg->span, "%d labels for %lld values", output->label_count, (long long)size);
    } else {
      report_option(b, arg, "an output", "labels and layout");
    }
  }
}

static void read_rules(Builder *b, const AstStmt *stmt, WeightsFile *file) {
  for (const AstRule *r = stmt->rules; r; r = r->next) {
    if (!r->pattern.text || (r->rename && !r->label.text)) continue;
    WeightsRule rule = {r->rename, r->pattern.text, r->label.text, r->span};
    ARENA_PUSH(b->arena, file->rules, file->rule_count, rule);
  }
}

void read_weights(Builder *b, const Scope *scope, const AstStmt *stmt) {
  static const char *const layouts[] = {"pytorch", "keras", "onnx", NULL};
  if (!stmt->string.text) return;
  WeightsFile file = {.path = stmt->string.text, .span = stmt->string.span};
  for (const AstArg *arg = stmt->args; arg; arg = arg->next) {
    if (is_option(arg, "layout")) file.layout = read_choice(b, scope, arg, layouts);
    else if (is_option(arg, "strip_prefix")) file.strip_prefix = read_text(b, scope, arg);
    else report_option(b, arg, "weights", "layout and strip_prefix");
  }
  read_rules(b, stmt, &file);
  ARENA_PUSH(b->arena, b->graph->weights, b->graph->weights_count, file);
}
