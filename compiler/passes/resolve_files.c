/* resolve_files.c - consts, dims, blocks, defaults and used files; see resolve_files.h.
 *
 * A used file hands on its consts, dims and blocks, and those it uses itself; its defaults and nets stay at home. A
 * file used twice is read once, so its names do not collide with themselves. */
#include "passes/resolve_files.h"

#include <stdlib.h>
#include <string.h>

#include "ops/ops.h"
#include "passes/evaluate.h"
#include "passes/read_attributes.h"
#include "support/reader.h"

Scope module_scope(const Module *module, Arena *arena) {
  return (Scope){.module = module, .names = name_table(arena), .path = "", .parameter_path = "", .prefix = ""};
}

Diagnostic *report_twice(Compilation *c, const char *what, const char *name, Span a, Span b) {
  Span later = a.start > b.start ? a : b, earlier = a.start > b.start ? b : a;
  Diagnostic *d = report(c->diagnostics, CODE_E0205, later, "%s `%s` is defined twice", what, name);
  set_label(d, "again here");
  add_label(d, earlier, "first here");
  return d;
}

static void declare_name(Files *files, Module *module, AstName name, Entry entry) {
  if (!name.text) return;
  Arena *arena = files->c->arena;
  Entry *old = find_name(&module->names, name.text);
  if (old) {
    if (old->module == module) return; /* reported by check_unique */
    Diagnostic *d = report(files->c->diagnostics, CODE_E0205, name.span, "a used file defines `%s` already", name.text);
    add_label(d, old->span, "defined here");
    add_help(d, "rename one of them");
    return;
  }
  Entry *copy = ARENA_NEW(arena, Entry);
  *copy = entry;
  copy->span = name.span;
  copy->module = module;
  put_name(&module->names, name.text, copy);
}

/* E0205 in the order of the text, although blocks are declared before consts. */
static void check_unique(Files *files, const Ast *ast) {
  NameTable seen = name_table(files->c->arena);
  for (const AstDecl *d = ast->declarations; d; d = d->next) {
    if ((d->kind != AST_DIM && d->kind != AST_CONST && d->kind != AST_BLOCK) || !d->name.text) continue;
    const AstName *old = find_name(&seen, d->name.text);
    if (old) report_twice(files->c, "the name", d->name.text, old->span, d->name.span);
    else put_name(&seen, d->name.text, (void *)(uintptr_t)&d->name);
  }
}

static void import_names(Files *files, Module *module, const Module *used, Span use) {
  for (int i = 0; i < used->names.count; i++) {
    NamedThing thing = used->names.items[i];
    Entry *entry = thing.thing, *old = find_name(&module->names, thing.name);
    if (old == entry) continue;
    if (!old) {
      put_name(&module->names, thing.name, entry);
      continue;
    }
    Diagnostic *d = report(files->c->diagnostics, CODE_E0205, use, "this file brings in `%s`, which is already defined", thing.name);
    add_label(d, old->span, "defined here");
    add_label(d, entry->span, "and here");
    add_help(d, "rename one of them");
  }
}

static Module *read_module(Files *files, const AstDecl *use, const char *relative_to) {
  Compilation *c = files->c;
  const char *resolved = NULL, *error = NULL, *path = use->name.text;
  size_t length = 0;
  if (files->depth >= MAX_USE_DEPTH || files->modules.count >= MAX_USED_FILES) {
    report(c->diagnostics, CODE_E0208, use->name.span,
           files->depth >= MAX_USE_DEPTH ? "files use each other more than %d deep" : "more than %d files are used",
           files->depth >= MAX_USE_DEPTH ? MAX_USE_DEPTH : MAX_USED_FILES);
    return NULL;
  }
  const char *text = c->read_file ? c->read_file(c->read_context, c->arena, path, relative_to, &length, &resolved, &error) : NULL;
  if (!text) {
    Diagnostic *d = report(c->diagnostics, CODE_E0208, use->name.span, "`%s` cannot be read", path);
    set_label(d, "%s", error ? error : "no file can be read here");
    return NULL;
  }
  const char *key = normal_path(c->arena, resolved);
  if (find_name(&files->open, key)) {
    report(c->diagnostics, CODE_E0208, use->name.span, "`%s` uses itself", path);
    return NULL;
  }
  Module *known = find_name(&files->modules, key);
  if (known) return known;
  const Source *source = sources_add(c->sources, resolved, text, length);
  if (!source) {
    report(c->diagnostics, CODE_E0208, use->name.span, "the files together are too large");
    return NULL;
  }
  ARENA_PUSH(c->arena, c->files_read, c->files_read_count, resolved);
  put_name(&files->open, key, files);
  files->depth++;
  Module *module = resolve_files(files, parse_source(c->arena, c->diagnostics, source));
  files->depth--;
  put_name(&files->open, key, NULL);
  put_name(&files->modules, key, module);
  return module;
}

/* The value that --size gives a dim; false: none was given, or it was refused. */
static bool size_given(Files *files, const Dim *dim, int64_t *value) {
  const Binding *binding = files->c->options->sizes;
  while (binding && strcmp(binding->name, dim->name) != 0) binding = binding->next;
  if (!binding) return false;
  char *end;
  long long given = strtoll(binding->value, &end, 10);
  bool whole = binding->value[0] && !*end;
  *value = given;
  Diagnostic *d = NULL;
  if (!whole) d = report(files->c->diagnostics, CODE_E0901, (Span){0, 0}, "--size %s=%s is not a whole number", dim->name, binding->value);
  else if (given < dim->minimum || (dim->maximum >= 0 && given > dim->maximum))
    d = report(files->c->diagnostics, CODE_E0901, (Span){0, 0}, "--size %s=%lld is outside the range of `%s`", dim->name, given, dim->name);
  else if (given % dim->multiple != dim->offset)
    d = report(files->c->diagnostics, CODE_E0901, (Span){0, 0}, "--size %s=%lld is not %s", dim->name, given,
               dim_multiple_text(files->c->arena, dim));
  if (d) add_note_at(d, dim->span, "`%s` is %s", dim->name, dim_text(files->c->arena, dim));
  return !d;
}

static void declare_dim(Files *files, Module *module, const AstDecl *decl, const Scope *scope) {
  Compilation *c = files->c;
  Dim *dim = ARENA_NEW(c->arena, Dim);
  *dim = (Dim){decl->name.text, decl->from, decl->to, 1, 0, decl->name.span, NULL};
  bool good = true;
  for (const AstArg *a = decl->args; a; a = a->next) {
    bool multiple = a->name.text && strcmp(a->name.text, "multiple_of") == 0;
    if (!multiple && !(a->name.text && strcmp(a->name.text, "offset") == 0)) {
      Diagnostic *d = report(c->diagnostics, CODE_E0401, a->span, "a dim has no attribute `%s`",
                             a->name.text ? a->name.text : written_text(c, c->arena, a->span));
      add_help(d, "a dim has multiple_of and offset");
      good = false;
    } else {
      good &= evaluate_whole(c, scope, a->value, a->name.text, multiple ? 1 : 0, INT32_MAX, multiple ? &dim->multiple : &dim->offset);
    }
  }
  if (good && dim->offset >= dim->multiple) dim->offset %= dim->multiple;
  int64_t missing = good ? (dim->offset - dim->minimum) % dim->multiple : 0; /* to the first value in the range */
  int64_t first = dim->minimum + (missing < 0 ? missing + dim->multiple : missing);
  if (good && (dim->minimum < 1 || dim->minimum > INT32_MAX || dim->maximum > INT32_MAX || (dim->maximum >= 0 && dim->maximum < first))) {
    Diagnostic *d = report(c->diagnostics, CODE_E0307, decl->span, "`%s` can have no value", decl->name.text);
    add_help(d, dim->minimum < 1                                         ? "the smallest size is 1"
                : dim->maximum >= 0 && dim->maximum < dim->minimum       ? "the range is written from the smaller to the larger"
                : dim->minimum <= INT32_MAX && dim->maximum <= INT32_MAX ? "no multiple of this lies in the range"
                                                                         : "the largest size is 2147483647");
    good = false;
  }
  const Datum *datum = datum_poisoned(c->arena);
  int64_t value;
  if (good && size_given(files, dim, &value)) datum = datum_number(c->arena, value, 1);
  else if (good && dim->minimum == dim->maximum) datum = datum_number(c->arena, dim->minimum, 1);
  else if (good) datum = datum_size(c->arena, size_of_dim(c->arena, dim), 1);
  declare_name(files, module, decl->name, (Entry){.kind = ENTRY_DIM, .what = "dim", .datum = datum});
}

/* `const k: [3, 3] = ..` */
static void check_const_type(Compilation *c, const Scope *scope, const AstDecl *decl, const Datum *value) {
  const Datum *level = value;
  for (const AstExpr *size = decl->type->sizes; size; size = size->next) {
    int64_t expected;
    if (!evaluate_whole(c, scope, size, "a size", 0, INT32_MAX, &expected)) return;
    if (level->kind == DATUM_LIST && level->count == expected && expected > 0) {
      level = level->items[0];
      continue;
    }
    Diagnostic *d = report(c->diagnostics, CODE_E0312, size->span, "`%s` does not have this shape", decl->name.text);
    if (level->kind == DATUM_LIST) set_label(d, "it has %d here", level->count);
    else set_label(d, "it is nested less deeply");
    return;
  }
  if (level->kind == DATUM_LIST)
    report(c->diagnostics, CODE_E0312, decl->type->span, "`%s` is nested more deeply than its type says", decl->name.text);
}

static void declare_const(Files *files, Module *module, const AstDecl *decl, const Scope *scope) {
  if (!decl->name.text) return;
  const Datum *value = evaluate(files->c, scope, decl->value);
  if (decl->type && value->kind != DATUM_POISONED) check_const_type(files->c, scope, decl, value);
  declare_name(files, module, decl->name, (Entry){.kind = ENTRY_DATUM, .what = "const", .datum = value});
}

static void declare_default(Files *files, Module *module, const AstDecl *decl, const Scope *scope) {
  Compilation *c = files->c;
  if (!decl->name.text) return;
  const Operator *op = find_operator(decl->name.text);
  if (!op) {
    Entry *entry = find_name(&module->names, decl->name.text);
    if (entry && entry->kind == ENTRY_BLOCK) {
      Diagnostic *d = report(c->diagnostics, CODE_E0201, decl->name.span, "`default` is for operations, `%s` is a block", decl->name.text);
      add_help(d, "give its parameter a value where the block is defined");
    } else {
      report_unknown_operation(c, scope, decl->name, NULL);
    }
    return;
  }
  DefaultAttributes *defaults = find_name(&module->defaults, op->name);
  if (!defaults) put_name(&module->defaults, op->name, defaults = ARENA_NEW(c->arena, DefaultAttributes));
  add_default_attributes(c, op, evaluate_arguments(c, scope, decl->args), defaults);
}

Module *resolve_files(Files *files, const Ast *ast) {
  Compilation *c = files->c;
  Module *module = ARENA_NEW(c->arena, Module);
  module->ast = ast;
  module->names = module->defaults = name_table(c->arena);
  Scope *scope = ARENA_NEW(c->arena, Scope); /* arguments of defaults keep it, for messages */
  *scope = module_scope(module, c->arena);
  check_unique(files, ast);
  if (files->depth == 0) put_name(&files->open, normal_path(c->arena, ast->source->name), files);
  for (const AstDecl *d = ast->declarations; d; d = d->next) {
    if (d->kind == AST_BLOCK) declare_name(files, module, d->name, (Entry){.kind = ENTRY_BLOCK, .what = "block", .declaration = d});
    if (d->kind != AST_USE || !d->name.text) continue;
    const Module *used = read_module(files, d, ast->source->name);
    if (used) import_names(files, module, used, d->name.span);
    files->incomplete |= !used || used->ast->broken;
  }
  if (files->incomplete) return module;
  for (const AstDecl *d = ast->declarations; d; d = d->next) {
    if (d->kind == AST_DIM && d->name.text) declare_dim(files, module, d, scope);
    if (d->kind == AST_CONST) declare_const(files, module, d, scope);
  }
  for (const AstDecl *d = ast->declarations; d; d = d->next)
    if (d->kind == AST_DEFAULT) declare_default(files, module, d, scope);
  return module;
}
