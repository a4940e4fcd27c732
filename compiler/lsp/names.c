/* names.c - see names.h. The scopes are those of passes/scope.h: a body has one namespace, loop variables stand in front of it,
 * consts, dims and blocks of the file behind it, and operations behind these. */
#include "lsp/names.h"

#include <stdlib.h>
#include <string.h>
#include "ops/ops.h"

typedef struct Variable {
  const Symbol *symbol;
  const struct Variable *outer;
} Variable;

typedef struct Walk {
  Arena *arena;
  Names *names;
  const Module *module;
  const AstDecl *body;
  NameTable local; /* Symbol *: of the body */
  bool defining;   /* first the definitions of a body, then what it mentions */
  const Variable *variables;
} Walk;

enum { MAX_EXPR_DEPTH = 2000 };

static void walk_chain(Walk *w, const AstStage *chain);

static const char *place_key(Arena *arena, Span span) { return arena_printf(arena, "@%u", (unsigned)span.start); }

static Symbol *intern(Walk *w, const char *key, Symbol symbol) {
  Symbol *known = find_name(&w->names->symbols, key);
  if (known) return known;
  known = ARENA_NEW(w->arena, Symbol);
  *known = symbol;
  put_name(&w->names->symbols, key, known);
  return known;
}

static const Symbol *defined_symbol(Walk *w, NameKind kind, AstName name, const AstDecl *body, const AstDecl *declaration) {
  Symbol symbol = {.kind = kind, .name = name.text, .span = name.span, .body = body, .declaration = declaration};
  return intern(w, place_key(w->arena, name.span), symbol);
}

static void add(Walk *w, Span span, const Symbol *symbol, bool defines) {
  Occurrence occurrence = {span, symbol, defines};
  if (span.start) ARENA_PUSH(w->arena, w->names->items, w->names->count, occurrence);
}

/* A name of the body, in the first walk; a label twice is one symbol: an error, or the two sides of an `if`. */
static void define(Walk *w, NameKind kind, AstName name) {
  if (!name.text) return;
  const Symbol *symbol = find_name(&w->local, name.text);
  if (w->defining && !symbol)
    put_name(&w->local, name.text, (void *)(uintptr_t)defined_symbol(w, kind, name, w->body, kind == NAME_PARAMETER ? w->body : NULL));
  if (!w->defining && symbol) add(w, name.span, symbol, true);
}

static const Symbol *operation_symbol(Walk *w, const char *name) {
  const Operator *op = find_operator(name);
  return op ? intern(w, arena_printf(w->arena, "op %s", name), (Symbol){.kind = NAME_OPERATION, .name = op->name, .op = op}) : NULL;
}

static const Symbol *file_symbol(Walk *w, const char *name) {
  const Entry *entry = find_name(&w->module->names, name);
  if (!entry) return NULL;
  NameKind kind = entry->kind == ENTRY_BLOCK ? NAME_BLOCK : entry->kind == ENTRY_DIM ? NAME_DIM : NAME_CONST;
  return defined_symbol(w, kind, (AstName){name, entry->span}, NULL, entry->declaration);
}

static const Symbol *find_symbol(Walk *w, const char *name) {
  for (const Variable *v = w->variables; v; v = v->outer)
    if (!strcmp(v->symbol->name, name)) return v->symbol;
  const Symbol *symbol = find_name(&w->local, name);
  return symbol ? symbol : file_symbol(w, name);
}

static const Symbol *word_symbol(Walk *w, NameKind kind, const char *name) {
  return intern(w, arena_printf(w->arena, "%d %s", (int)kind, name), (Symbol){.kind = kind, .name = name});
}

static Span first_bytes(Span span, size_t count) { return (Span){span.start, span.start + (uint32_t)count}; }

/* `layer1.0` mentions the label `layer1` of a repeat where no label is called so itself. */
static void mention_path(Walk *w, AstName name) {
  const Symbol *symbol = name.text ? find_symbol(w, name.text) : NULL;
  size_t length = name.text ? strlen(name.text) : 0;
  while (name.text && !symbol && length > 1) {
    do length--;
    while (length && name.text[length] != '.');
    if (length) symbol = find_name(&w->local, arena_strndup(w->arena, name.text, length));
  }
  if (symbol) add(w, first_bytes(name.span, length), symbol, false);
}

/* Operations stand behind what the file calls so; a tensor's name hides no layer. */
static const Symbol *callee_symbol(Walk *w, const char *name) {
  const Symbol *symbol = find_symbol(w, name);
  bool tensor = symbol && (symbol->kind == NAME_TENSOR || symbol->kind == NAME_LABEL);
  if (tensor) symbol = file_symbol(w, name);
  return symbol ? symbol : operation_symbol(w, name);
}

static const Symbol *argument_symbol(Walk *w, const Symbol *callee, const char *name) {
  const AstDecl *block = callee && callee->kind == NAME_BLOCK ? callee->declaration : NULL;
  for (const AstParam *p = block ? block->params : NULL; p; p = p->next)
    if (!strcmp(p->name.text, name)) return defined_symbol(w, NAME_PARAMETER, p->name, block, block);
  const Operator *op = callee ? callee->op : NULL;
  const Attribute *attribute = op ? op->attributes : NULL;
  while (attribute && attribute->name && strcmp(attribute->name, name)) attribute++;
  const char *key = arena_printf(w->arena, "attribute %s.%s", op ? op->name : "", name);
  return intern(w, key,
                (Symbol){.kind = NAME_ATTRIBUTE, .name = name, .op = op, .attribute = attribute && attribute->name ? attribute : NULL});
}

/* `conv(..)` is the operation although a const has its name, unless that is another word for a layer. */
static bool is_called(const Walk *w, const Symbol *symbol) {
  if (symbol->kind != NAME_CONST || !find_operator(symbol->name)) return true;
  const Entry *entry = find_name(&w->module->names, symbol->name);
  return entry && entry->datum && entry->datum->kind == DATUM_WORD;
}

static void walk_args(Walk *w, const AstArg *args, const Symbol *callee, int depth);

static void walk_expr(Walk *w, const AstExpr *expr, int depth) {
  if (!expr || w->defining || depth > MAX_EXPR_DEPTH) return;
  const Symbol *symbol = NULL;
  if (expr->kind == AST_NAME || expr->kind == AST_CALL) {
    symbol = find_symbol(w, expr->text);
    if (symbol && expr->kind == AST_CALL && !is_called(w, symbol)) symbol = NULL;
    if (!symbol) symbol = operation_symbol(w, expr->text);
    if (!symbol) symbol = word_symbol(w, expr->kind == AST_CALL ? NAME_FUNCTION : NAME_WORD, expr->text);
    add(w, first_bytes(expr->span, strlen(expr->text)), symbol, false);
  }
  walk_expr(w, expr->left, depth + 1);
  walk_expr(w, expr->right, depth + 1);
  for (const AstExpr *item = expr->items; item; item = item->next) walk_expr(w, item, depth + 1);
  walk_args(w, expr->args, symbol, depth + 1);
}

static void walk_args(Walk *w, const AstArg *args, const Symbol *callee, int depth) {
  for (; args && !w->defining; args = args->next) {
    if (args->name.text) add(w, args->name.span, argument_symbol(w, callee, args->name.text), false);
    walk_expr(w, args->value, depth);
  }
}

/* binds: names of sizes that are unknown so far are defined by it. */
static void walk_type(Walk *w, const AstType *type, bool binds) {
  if (!type) return;
  if (!w->defining && type->dtype.text) add(w, type->dtype.span, word_symbol(w, NAME_DTYPE, type->dtype.text), false);
  for (const AstExpr *size = type->sizes; size; size = size->next) {
    bool name = binds && size->kind == AST_NAME && !find_name(&w->module->names, size->text);
    const Symbol *known = name ? find_name(&w->local, size->text) : NULL;
    if (name && (!known || known->span.start == size->span.start)) define(w, NAME_SIZE, (AstName){size->text, size->span});
    else walk_expr(w, size, 0);
  }
}

/* `{i}` in a label mentions i. */
static void mention_holes(Walk *w, AstName label) {
  for (const char *open = label.text ? strchr(label.text, '{') : NULL; open && !w->defining; open = strchr(open + 1, '{')) {
    const char *close = strchr(open, '}');
    if (!close) return;
    const char *name = arena_strndup(w->arena, open + 1, (size_t)(close - open - 1));
    const Symbol *symbol = find_symbol(w, name);
    uint32_t start = label.span.start + (uint32_t)(open + 1 - label.text);
    if (symbol) add(w, (Span){start, start + (uint32_t)strlen(name)}, symbol, false);
  }
}

static void walk_label(Walk *w, NameKind kind, AstName label) {
  if (label.text && strchr(label.text, '{')) mention_holes(w, label);
  else define(w, kind, label);
}

static void walk_call(Walk *w, const AstCall *call) {
  if (!call->name.text || w->defining) return;
  const Symbol *callee = callee_symbol(w, call->name.text);
  if (callee) add(w, call->name.span, callee, false);
  walk_args(w, call->args, callee, 0);
}

static void walk_stage(Walk *w, const AstStage *stage) {
  walk_label(w, NAME_LABEL, stage->label);
  const Variable *outer = w->variables;
  Variable variable = {NULL, outer};
  switch (stage->kind) {
  case AST_STAGE_CALL: walk_call(w, &stage->call); break;
  case AST_STAGE_BRANCH:
    for (const AstArm *arm = stage->arms; arm; arm = arm->next) {
      walk_label(w, NAME_TENSOR, arm->name);
      walk_chain(w, arm->chain);
    }
    break;
  case AST_STAGE_REPEAT:
  case AST_STAGE_REPEAT_IN:
  case AST_STAGE_IF:
    walk_expr(w, stage->from, 0);
    walk_expr(w, stage->to, 0);
    if (stage->variable.text) {
      variable.symbol = defined_symbol(w, NAME_VARIABLE, stage->variable, w->body, NULL);
      w->variables = &variable;
      if (!w->defining) add(w, stage->variable.span, variable.symbol, true);
    }
    walk_chain(w, stage->body);
    w->variables = outer;
    walk_chain(w, stage->otherwise);
    break;
  }
}

static void walk_chain(Walk *w, const AstStage *chain) {
  for (; chain; chain = chain->next) walk_stage(w, chain);
}

static void walk_flow(Walk *w, const AstFlow *flow) {
  if (!flow) return;
  if (flow->kind == AST_SOURCE_NAME && !w->defining) mention_path(w, flow->name);
  for (const AstFlow *item = flow->items; item; item = item->next) walk_flow(w, item);
  walk_chain(w, flow->stages);
}

static void walk_statement(Walk *w, const AstStmt *s) {
  for (const AstNameList *n = s->kind == AST_STMT_META ? NULL : s->names; n; n = n->next)
    define(w, s->kind == AST_STMT_SHARED ? NAME_SHARED : NAME_TENSOR, n->name);
  walk_type(w, s->type, false);
  walk_flow(w, s->flow);
  walk_call(w, &s->call);
  walk_args(w, s->args, NULL, 0);
  for (const AstRule *rule = s->rules; rule && !w->defining; rule = rule->next) mention_path(w, rule->label);
  walk_expr(w, s->value, 0);
}

static void walk_body(Walk *w, const AstDecl *d) {
  for (const AstTensorParam *t = d->tensors; t; t = t->next) define(w, NAME_TENSOR, t->name);
  for (const AstParam *p = d->params; p; p = p->next) {
    define(w, NAME_PARAMETER, p->name);
    walk_expr(w, p->value, 0);
  }
  for (const AstTensorParam *t = d->tensors; t; t = t->next) walk_type(w, t->type, true);
  for (const AstStmt *s = d->statements; s; s = s->next) walk_statement(w, s);
  walk_flow(w, d->result);
}

static void walk_declaration(Walk *w, const AstDecl *d) {
  if (!d->name.text) return;
  w->body = NULL;
  w->local = name_table(w->arena);
  w->defining = false;
  const Symbol *symbol = NULL;
  switch (d->kind) {
  case AST_USE: symbol = defined_symbol(w, NAME_FILE, d->name, NULL, d); break;
  case AST_NET: symbol = defined_symbol(w, NAME_NET, d->name, NULL, d); break;
  case AST_DEFAULT: symbol = operation_symbol(w, d->name.text); break;
  case AST_DIM:
  case AST_CONST:
  case AST_BLOCK: symbol = file_symbol(w, d->name.text); break;
  case AST_META: break;
  }
  if (symbol) add(w, d->name.span, symbol, d->kind != AST_DEFAULT);
  walk_args(w, d->args, symbol, 0);
  walk_type(w, d->type, false);
  walk_expr(w, d->value, 0);
  if (d->kind != AST_BLOCK && d->kind != AST_NET) return;
  w->body = d;
  for (w->defining = true;; w->defining = false) {
    walk_body(w, d);
    if (!w->defining) break;
  }
}

void collect_names(Arena *arena, Names *names, const Module *module) {
  if (!module) return;
  if (!names->symbols.arena) names->symbols = name_table(arena);
  Walk walk = {.arena = arena, .names = names, .module = module};
  for (const AstDecl *d = module->ast->declarations; d; d = d->next) walk_declaration(&walk, d);
}

static int by_place(const void *left, const void *right) {
  const Occurrence *a = left, *b = right;
  return a->span.start < b->span.start ? -1 : a->span.start > b->span.start;
}

void sort_names(Names *names) {
  if (names->count) qsort(names->items, (size_t)names->count, sizeof *names->items, by_place);
}

const Occurrence *name_at(const Names *names, uint32_t offset) {
  int low = 0, high = names->count; /* the last that begins at the offset or before */
  while (low < high) {
    int middle = low + (high - low) / 2;
    if (names->items[middle].span.start <= offset) low = middle + 1;
    else high = middle;
  }
  return low && names->items[low - 1].span.end >= offset ? &names->items[low - 1] : NULL;
}

bool is_own(const Symbol *symbol) { return symbol->span.start && symbol->kind != NAME_FILE; }

const char *kind_text(NameKind kind) {
  static const char *const texts[] = {"net",          "block",         "const",     "dim",       "size",  "parameter", "tensor", "label",
                                      "shared layer", "loop variable", "operation", "attribute", "value", "function",  "type",   "file"};
  return texts[kind];
}
