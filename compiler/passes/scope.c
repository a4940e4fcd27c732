/* scope.c - looking names up; see scope.h. */
#include "passes/scope.h"

#include <string.h>

#include "ops/ops.h"
#include "passes/evaluate.h"
#include "passes/visit_names.h"

const Entry *find_entry(const Scope *scope, Arena *arena, const char *name) {
  for (const Loop *loop = scope->loops; loop; loop = loop->outer)
    if (strcmp(loop->variable, name) == 0) {
      Entry *entry = ARENA_NEW(arena, Entry);
      *entry = (Entry){.kind = ENTRY_DATUM, .what = "loop variable", .datum = datum_number(arena, loop->value, 1)};
      return entry;
    }
  const Entry *entry = find_name(&scope->names, name);
  return entry ? entry : find_name(&scope->module->names, name);
}

const char *written_text(const Compilation *c, Arena *arena, Span span) {
  Location place = source_locate(c->sources, span.start);
  if (!place.source || span.end < span.start) return "";
  uint32_t start = span.start - place.source->base, length = span.end - span.start;
  if (start + length > place.source->length) length = place.source->length - start;
  return arena_strndup(arena, place.source->text + start, length);
}

/* The place where `name` is defined further down in the body or file; {0, 0}: nowhere. */
static Span find_later_definition(const Scope *scope, const char *name) {
  if (scope->body) {
    Span span = find_definition(scope->body, name);
    if (span.start) return span;
  }
  for (const AstDecl *d = scope->module->ast->declarations; d; d = d->next) {
    bool named = d->kind == AST_DIM || d->kind == AST_CONST || d->kind == AST_BLOCK;
    if (named && d->name.text && strcmp(d->name.text, name) == 0) return d->name.span;
  }
  return (Span){0, 0};
}

const char *join_path(Arena *arena, const char *path, const char *name) {
  if (!path[0]) return name;
  return name[0] ? arena_printf(arena, "%s.%s", path, name) : path;
}

static void suggest_names(Suggestion *near, const NameTable *names) {
  for (int i = 0; i < names->count; i++) suggest_candidate(near, names->items[i].name);
}

/* `False` of Python, `null` of JSON: what cnnc writes; NULL: another name. */
static const char *foreign_value(const char *name) {
  static const char *const rows[][2] = {{"True", "true"}, {"False", "false"}, {"TRUE", "true"}, {"FALSE", "false"},
                                        {"None", "none"}, {"null", "none"},   {"nil", "none"},  {"NULL", "none"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (strcmp(rows[i][0], name) == 0) return rows[i][1];
  return NULL;
}

static bool is_capital(const char *name) { return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(name); }

Diagnostic *report_unknown_name(Compilation *c, const Scope *scope, const char *name, Span span) {
  if (errors_are_hidden(c->diagnostics)) return report(c->diagnostics, CODE_E0202, span, "`%s` is not defined here", name);
  Span later = find_later_definition(scope, name);
  if (later.start > span.start || (later.start && later.start < span.start && scope->body)) {
    int line = source_locate(c->sources, later.start).line;
    Diagnostic *d = report(c->diagnostics, CODE_E0204, span, "`%s` is used before it is defined at line %d", name, line);
    add_label(d, later, "defined here");
    add_note(d, scope->body ? "a network has no cycles, statements are in order" : "declarations of consts and dims are in order");
    return d;
  }
  Diagnostic *d = report(c->diagnostics, CODE_E0202, span, "`%s` is not defined here", name);
  if (foreign_value(name)) {
    add_help(d, "it is written `%s`", foreign_value(name));
    add_fix(d, span, foreign_value(name));
    return d;
  }
  Suggestion near = suggest_for(name);
  for (const Loop *loop = scope->loops; loop; loop = loop->outer) suggest_candidate(&near, loop->variable);
  suggest_names(&near, &scope->names);
  suggest_names(&near, &scope->module->names);
  const char *best = suggested(&near);
  if (!best && is_capital(name)) add_help(d, "a size that varies is declared above the net: `dim %s in 1..1024`", name);
  if (!best) return d;
  const Entry *entry = find_entry(scope, c->arena, best);
  int line = entry && entry->span.start ? source_locate(c->sources, entry->span.start).line : 0;
  if (line) add_help(d, "did you mean `%s`? (defined at line %d)", best, line);
  else add_help(d, "did you mean `%s`?", best);
  add_guess(d, span, best);
  return d;
}
