/* expand_call.c - what a stage's name stands for: an operation, a block, a shared layer, or a parameter that holds one
 * of them. */
#include <string.h>

#include "ops/ops.h"
#include "passes/builder.h"
#include "passes/evaluate.h"

typedef struct Callee {
  const Operator *op;
  const AstDecl *block;
  const Module *module;       /* in which the name was written: whose blocks and defaults hold */
  const Module *block_module; /* in which the block is declared */
  const Argument *captured;   /* `act=leaky_relu(slope=0.1)` */
  SharedLayer *shared;
} Callee;

/* A name as it is understood at file level: blocks hide operations, so that new operations break nobody. */
static bool find_in_module(const Module *module, const char *name, Callee *out) {
  const Entry *entry = find_name(&module->names, name);
  out->module = module;
  if (entry && entry->kind == ENTRY_BLOCK) {
    out->block = entry->declaration;
    out->block_module = entry->module;
    return true;
  }
  out->op = find_operator(name);
  return out->op != NULL;
}

static Span later_shared(const Scope *scope, const char *name) {
  for (const AstStmt *s = scope->body ? scope->body->statements : NULL; s; s = s->next)
    if (s->kind == AST_STMT_SHARED && s->names && s->names->name.text && strcmp(s->names->name.text, name) == 0) return s->names->name.span;
  return (Span){0, 0};
}

static bool find_callee(Builder *b, Scope *scope, const AstCall *call, Callee *out) {
  *out = (Callee){0};
  const Entry *entry = find_name(&scope->names, call->name.text);
  if (!entry || entry->kind == ENTRY_TENSORS) {
    const Entry *outer = find_name(&scope->module->names, call->name.text);
    entry = outer && outer->kind == ENTRY_DATUM ? outer : NULL; /* const act = relu */
  }
  if (entry && entry->kind == ENTRY_SHARED) {
    out->shared = entry->shared;
    return true;
  }
  const Datum *held = entry && entry->kind == ENTRY_DATUM ? entry->datum : NULL;
  if (held && held->kind == DATUM_POISONED) return false;
  if (held && (held->kind == DATUM_WORD || held->kind == DATUM_OPERATION)) {
    out->captured = held->arguments;
    if (held->module && find_in_module(held->module, held->text, out)) return true;
  }
  if (find_in_module(scope->module, call->name.text, out)) return true;
  Span later = errors_are_hidden(b->diagnostics) ? (Span){0, 0} : later_shared(scope, call->name.text);
  if (later.start) {
    Diagnostic *d = report(b->diagnostics, CODE_E0204, call->name.span, "`%s` is used before it is defined at line %d", call->name.text,
                           source_locate(b->c->sources, later.start).line);
    add_label(d, later, "defined here");
    add_help(d, "statements are in order: move the `shared` line up");
    return false;
  }
  Diagnostic *d = report_unknown_operation(b->c, scope, call->name, call);
  if (held) add_note(d, "`%s` is %s here", call->name.text, datum_text(b->arena, held));
  add_instance_notes(d, scope->instance);
  return false;
}

/* The captured arguments, then those of the call; a named one of the call replaces a captured one. */
static const Argument *join_arguments(Arena *arena, const Argument *captured, Argument *own) {
  Argument *first = NULL, **next = &first;
  for (const Argument *a = captured; a; a = a->next) {
    bool replaced = false;
    for (const Argument *o = own; o; o = o->next) replaced |= a->name.text && o->name.text && strcmp(a->name.text, o->name.text) == 0;
    if (replaced) continue;
    *next = ARENA_NEW(arena, Argument);
    **next = *a;
    (*next)->next = NULL;
    next = &(*next)->next;
  }
  *next = own;
  return first;
}

static Tensors expand_shared(Builder *b, Scope *scope, SharedLayer *layer, const AstCall *call, const char *label, Span label_span,
                             Tensors in);

static Tensors expand_callee(Builder *b, Scope *scope, const Callee *callee, const Argument *arguments, const AstCall *call,
                             const char *label, Span label_span, Tensors in) {
  if (callee->block) {
    BlockCall block = {callee->block, callee->block_module, arguments, call->span, label, NULL, NULL};
    return expand_block(b, scope, &block, in);
  }
  NodeRequest request = {.op = callee->op, .arguments = arguments, .module = callee->module, .span = call->span, .label_span = label_span};
  if (label) {
    request.label = join_path(b->arena, scope->path, label);
    request.parameter_path = join_path(b->arena, scope->parameter_path, label);
  }
  return make_node(b, scope, &request, in);
}

Tensors expand_call(Builder *b, Scope *scope, const AstCall *call, const char *label, Span label_span, Tensors in) {
  Callee callee;
  if (++b->steps > MAX_STEPS && !b->stopped) stop_expansion(b, call->span, "the network takes too many steps to expand");
  if (b->stopped || !call->name.text) return poisoned_tensors(b, call->span);
  if (!find_callee(b, scope, call, &callee)) {
    evaluate_arguments(b->c, scope, call->args);
    return poisoned_tensors(b, call->span);
  }
  if (callee.shared) return expand_shared(b, scope, callee.shared, call, label, label_span, in);
  const Argument *arguments = join_arguments(b->arena, callee.captured, evaluate_arguments(b->c, scope, call->args));
  return expand_callee(b, scope, &callee, arguments, call, label, label_span, in);
}

/* The place of use and the layer's name, "a_tower"; a second one from the same place is "a_tower_2". */
static const char *use_path(Builder *b, const Scope *scope, const char *layer) {
  const char *path = derive_name(b, scope, layer), *numbered = path;
  for (int i = 2; find_name(&b->use_paths, numbered); i++) numbered = arena_printf(b->arena, "%s_%d", path, i);
  put_name(&b->use_paths, numbered, b);
  return numbered;
}

/* The call is written at the `shared` line, its names and arguments mean what they mean there; only the place in the
 * graph is here. */
static Tensors expand_shared(Builder *b, Scope *scope, SharedLayer *layer, const AstCall *call, const char *label, Span label_span,
                             Tensors in) {
  layer->uses++;
  if (call->args) {
    Diagnostic *d = report(b->diagnostics, CODE_E0401, call->args->span, "`%s` is a shared layer and takes no arguments", layer->name);
    add_label(d, layer->span, "its arguments stand here");
  }
  Callee callee;
  if (!find_callee(b, layer->scope, layer->call, &callee)) return poisoned_tensors(b, call->span);
  if (callee.shared) {
    Diagnostic *d = report(b->diagnostics, CODE_E0602, layer->call->span, "a shared layer cannot be made from a shared layer");
    add_help(d, "use `%s` itself", layer->call->name.text);
    return poisoned_tensors(b, call->span);
  }
  SharedUse *use = ARENA_NEW(b->arena, SharedUse);
  *use = (SharedUse){layer, call->span, in.count && !any_poisoned(in) ? type_text(b->arena, &in.items[0]->type) : "?"};
  const Argument *arguments = join_arguments(b->arena, callee.captured, evaluate_arguments(b->c, layer->scope, layer->call->args));
  const char *path = label ? join_path(b->arena, scope->path, label) : use_path(b, scope, layer->name);
  if (callee.block) {
    BlockCall block = {callee.block, callee.block_module, arguments, call->span, path, use, layer->parameter_path};
    return expand_block(b, scope, &block, in);
  }
  NodeRequest request = {.op = callee.op,
                         .arguments = arguments,
                         .module = callee.module,
                         .label = label ? path : NULL,
                         .span = call->span,
                         .label_span = label_span,
                         .use = use,
                         .name = path,
                         .parameter_path = layer->parameter_path};
  return make_node(b, scope, &request, in);
}
