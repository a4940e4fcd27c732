/* expand_block.c - a call of a block: parameters, tensors, statements, result; a scope of its own. */
#include <string.h>

#include "passes/builder.h"
#include "passes/evaluate.h"

static Diagnostic *report_recursion(Builder *b, const Scope *caller, const BlockCall *call) {
  const char *cycle = call->block->name.text;
  for (const Scope *s = caller; s && s->body != call->block; s = s->caller)
    cycle = arena_printf(b->arena, "%s -> %s", s->body->name.text, cycle);
  b->stopped = true;
  return report(b->diagnostics, CODE_E0602, call->span, "block `%s` calls itself (%s -> %s)", call->block->name.text,
                call->block->name.text, cycle);
}

/* Whether the block may be entered; an error in an earlier instance was reported, and is not repeated. */
static bool may_enter(Builder *b, const Scope *caller, const BlockCall *call) {
  for (int i = 0; i < b->failed_count; i++)
    if (b->failed[i] == call->block) return false;
  for (const Scope *s = caller; s; s = s->caller)
    if (s->body == call->block) {
      report_recursion(b, caller, call);
      return false;
    }
  if (caller->depth < MAX_BLOCK_DEPTH) return true;
  Diagnostic *d = stop_expansion(b, call->span, arena_printf(b->arena, "blocks are nested more than %d deep", MAX_BLOCK_DEPTH));
  add_label(d, call->block->name.span, "this block");
  return false;
}

static void define_datum(Builder *b, Scope *scope, AstName name, const char *what, const Datum *datum) {
  Entry *entry = ARENA_NEW(b->arena, Entry);
  *entry = (Entry){.kind = ENTRY_DATUM, .what = what, .span = name.span, .datum = datum};
  put_name(&scope->names, name.text, entry);
}

static const AstParam *find_param(const AstDecl *block, const char *name) {
  const AstParam *p = block->params;
  while (p && strcmp(p->name.text, name) != 0) p = p->next;
  return p;
}

static void report_no_parameter(Builder *b, const BlockCall *call, const Argument *argument) {
  Diagnostic *d;
  const AstDecl *block = call->block;
  if (!argument->name.text) {
    d = report(b->diagnostics, CODE_E0401, argument->span, "`%s` has too many arguments", block->name.text);
  } else {
    d = report(b->diagnostics, CODE_E0401, argument->name.span, "block `%s` has no parameter `%s`", block->name.text, argument->name.text);
    Suggestion near = suggest_for(argument->name.text);
    for (const AstParam *p = block->params; p; p = p->next) suggest_candidate(&near, p->name.text);
    if (suggested(&near)) {
      add_help(d, "did you mean `%s`?", suggested(&near));
      add_guess(d, argument->name.span, suggested(&near));
    }
  }
  Text names = text_new(b->arena);
  for (const AstParam *p = block->params; p; p = p->next) text_addf(&names, "%s%s", p == block->params ? "" : ", ", p->name.text);
  add_note_at(d, block->name.span, "`%s` has %s", block->name.text, names.length ? text_string(&names) : "no parameters");
}

/* Parameters that the call gives. */
static bool bind_arguments(Builder *b, Scope *scope, const BlockCall *call) {
  const AstParam *next = call->block->params;
  bool good = true, named = false;
  for (const Argument *a = call->arguments; a; a = a->next) {
    const AstParam *param = a->name.text ? find_param(call->block, a->name.text) : named ? NULL : next;
    if (!param) {
      report_no_parameter(b, call, a);
      return false;
    }
    if (a->name.text) named = true;
    else next = next->next;
    if (find_name(&scope->names, param->name.text)) {
      report(b->diagnostics, CODE_E0401, a->span, "`%s` is given twice", param->name.text);
      return false;
    }
    const Datum *value = a->value;
    if (value->kind == DATUM_WORD && !value->module) {
      report_unknown_name(b->c, a->scope, value->text, value->span);
      value = datum_poisoned(b->arena);
    }
    good &= value->kind != DATUM_POISONED;
    define_datum(b, scope, param->name, "parameter", value);
  }
  return good;
}

static bool bind_defaults(Builder *b, Scope *scope, const BlockCall *call) {
  bool good = true;
  for (const AstParam *p = call->block->params; p; p = p->next) {
    if (find_name(&scope->names, p->name.text)) continue;
    const Datum *value = datum_poisoned(b->arena);
    if (p->value) {
      value = evaluate(b->c, scope, p->value);
    } else {
      Diagnostic *d = report(b->diagnostics, CODE_E0403, call->span, "`%s` needs `%s`", call->block->name.text, p->name.text);
      add_label(d, p->name.span, "it has no default value");
    }
    good &= value->kind != DATUM_POISONED;
    define_datum(b, scope, p->name, "parameter", value);
  }
  return good;
}

static bool bind_tensors(Builder *b, Scope *scope, const BlockCall *call, Tensors in) {
  int wanted = 0, i = 0, errors = b->diagnostics->errors;
  for (const AstTensorParam *t = call->block->tensors; t; t = t->next) wanted++;
  if (wanted != in.count) {
    if (any_poisoned(in)) return false;
    Diagnostic *d = report(b->diagnostics, CODE_E0601, call->span, "`%s` takes %d tensor%s and gets %d", call->block->name.text, wanted,
                           wanted == 1 ? "" : "s", in.count);
    add_label(d, call->block->name.span, "defined here");
    if (wanted > 1) add_help(d, "feed it a list: `[a, b] -> %s`", call->block->name.text);
    return false;
  }
  for (const AstTensorParam *t = call->block->tensors; t; t = t->next, i++) {
    define_tensors(b, scope, t->name.text, t->name.span, "tensor", one_tensor(b, in.items[i]));
    if (t->type) bind_tensor_type(b, scope, t, in.items[i], call->span);
  }
  return b->diagnostics->errors == errors;
}

/* "channels=128, stride=2" */
static const char *argument_text(Builder *b, const Scope *scope, const AstDecl *block) {
  Text text = text_new(b->arena);
  for (const AstParam *p = block->params; p; p = p->next) {
    const Entry *entry = find_name(&scope->names, p->name.text);
    if (entry && entry->datum) text_addf(&text, "%s%s=%s", text.length ? ", " : "", p->name.text, datum_text(b->arena, entry->datum));
  }
  return text_string(&text);
}

static Scope *enter(Builder *b, const Scope *caller, const BlockCall *call, Instance *instance) {
  Scope *scope = ARENA_NEW(b->arena, Scope);
  *scope = *caller;
  scope->module = call->module;
  scope->body = call->block;
  scope->names = name_table(b->arena);
  scope->loops = NULL;
  scope->prefix = "";
  scope->caller = caller;
  scope->depth++;
  const char *added = call->use || !call->label ? caller->prefix : call->label;
  scope->path = call->use ? call->label : join_path(b->arena, caller->path, added);
  scope->parameter_path = call->use ? call->parameter_path : join_path(b->arena, caller->parameter_path, added);
  if (call->use) scope->use = call->use;
  if (call->label) scope->nearest = NULL;
  bool named = call->label || caller->prefix[0];
  *instance = (Instance){call->block->name.text, named ? scope->path : "", "", call->span, caller->instance};
  scope->instance = instance;
  return scope;
}

Tensors expand_block(Builder *b, Scope *caller, const BlockCall *call, Tensors in) {
  if (!may_enter(b, caller, call)) return poisoned_tensors(b, call->span);
  Instance *instance = ARENA_NEW(b->arena, Instance);
  Scope *scope = enter(b, caller, call, instance);
  bool good = bind_arguments(b, scope, call);
  good = bind_tensors(b, scope, call, in) && good;
  good = good && bind_defaults(b, scope, call);
  if (!good) return poisoned_tensors(b, call->span);
  instance->arguments = argument_text(b, scope, call->block);
  int errors = b->diagnostics->errors;
  for (const AstStmt *s = call->block->statements; s && !b->stopped; s = s->next) expand_statement(b, scope, s);
  Tensors result = expand_flow(b, scope, call->block->result);
  if (!call->label) caller->nearest = scope->nearest;
  if (b->diagnostics->errors > errors) ARENA_PUSH(b->arena, b->failed, b->failed_count, call->block);
  return result;
}
