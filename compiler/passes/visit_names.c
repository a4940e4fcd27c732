/* visit_names.c - a walk over the tree; see visit_names.h. */
#include "passes/visit_names.h"

#include <string.h>

enum { MAX_VISIT_DEPTH = 2000 }; /* only sums of thousands of terms are deeper; what they mention is not seen */

static void visit_flow(const AstFlow *flow, const NameVisitor *v);
static void visit_chain(const AstStage *chain, const NameVisitor *v);

static void mention(const NameVisitor *v, const char *name, Span span) {
  if (v->mention && name) v->mention(v->context, name, span);
}

static void define(const NameVisitor *v, AstName name) {
  if (v->define && name.text) v->define(v->context, name);
}

/* `{i}` in a label mentions i. */
static void visit_label(AstName label, const NameVisitor *v) {
  define(v, label);
  for (const char *open = label.text ? strchr(label.text, '{') : NULL; open; open = strchr(open + 1, '{')) {
    const char *close = strchr(open, '}');
    char name[64];
    size_t length = close ? (size_t)(close - open - 1) : sizeof name;
    if (length >= sizeof name) continue;
    memcpy(name, open + 1, length);
    name[length] = '\0';
    mention(v, name, label.span);
  }
}

static void visit_expr(const AstExpr *expr, const NameVisitor *v, int depth) {
  if (!expr || depth > MAX_VISIT_DEPTH) return;
  if (expr->kind == AST_NAME || expr->kind == AST_CALL) mention(v, expr->text, expr->span);
  visit_expr(expr->left, v, depth + 1);
  visit_expr(expr->right, v, depth + 1);
  for (const AstExpr *item = expr->items; item; item = item->next) visit_expr(item, v, depth + 1);
  for (const AstArg *arg = expr->args; arg; arg = arg->next) visit_expr(arg->value, v, depth + 1);
}

static void visit_args(const AstArg *args, const NameVisitor *v) {
  for (; args; args = args->next) visit_expr(args->value, v, 0);
}

static void visit_type(const AstType *type, const NameVisitor *v) {
  if (!type) return;
  for (const AstExpr *size = type->sizes; size; size = size->next) visit_expr(size, v, 0);
}

static void visit_stage(const AstStage *stage, const NameVisitor *v) {
  visit_label(stage->label, v);
  switch (stage->kind) {
  case AST_STAGE_CALL:
    mention(v, stage->call.name.text, stage->call.name.span);
    visit_args(stage->call.args, v);
    return;
  case AST_STAGE_BRANCH:
    for (const AstArm *arm = stage->arms; arm; arm = arm->next) {
      visit_label(arm->name, v);
      visit_chain(arm->chain, v);
    }
    return;
  case AST_STAGE_REPEAT:
  case AST_STAGE_REPEAT_IN:
  case AST_STAGE_IF:
    visit_expr(stage->from, v, 0);
    visit_expr(stage->to, v, 0);
    visit_chain(stage->body, v);
    visit_chain(stage->otherwise, v);
    return;
  }
}

static void visit_chain(const AstStage *chain, const NameVisitor *v) {
  for (; chain; chain = chain->next) visit_stage(chain, v);
}

static void visit_flow(const AstFlow *flow, const NameVisitor *v) {
  if (!flow) return;
  mention(v, flow->name.text, flow->name.span);
  for (const AstFlow *item = flow->items; item; item = item->next) visit_flow(item, v);
  visit_chain(flow->stages, v);
}

static void visit_statement(const AstStmt *stmt, const NameVisitor *v) {
  if (stmt->kind != AST_STMT_META)
    for (const AstNameList *n = stmt->names; n; n = n->next) define(v, n->name);
  visit_type(stmt->type, v);
  visit_flow(stmt->flow, v);
  mention(v, stmt->call.name.text, stmt->call.name.span);
  visit_args(stmt->call.args, v);
  visit_args(stmt->args, v);
  visit_expr(stmt->value, v, 0);
}

void visit_names(const AstDecl *declaration, const NameVisitor *visitor) {
  for (const AstTensorParam *t = declaration->tensors; t; t = t->next) visit_type(t->type, visitor);
  for (const AstParam *p = declaration->params; p; p = p->next) visit_expr(p->value, visitor, 0);
  visit_args(declaration->args, visitor);
  visit_type(declaration->type, visitor);
  visit_expr(declaration->value, visitor, 0);
  for (const AstStmt *s = declaration->statements; s; s = s->next) visit_statement(s, visitor);
  visit_flow(declaration->result, visitor);
}

typedef struct Search {
  const char *name;
  Span found;
} Search;

static void match_definition(void *context, AstName name) {
  Search *search = context;
  if (!search->found.start && strcmp(search->name, name.text) == 0) search->found = name.span;
}

Span find_definition(const AstDecl *declaration, const char *name) {
  Search search = {.name = name};
  visit_names(declaration, &(NameVisitor){.context = &search, .define = match_definition});
  return search.found;
}
