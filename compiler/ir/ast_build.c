/* ast_build.c - see ast_build.h. Reports only what is wrong inside one token or construct: numbers, escapes, depth. */
#include "ir/ast_build.h"

#include <float.h>
#include <string.h>

#include "support/checked.h"
#include "support/decimal.h"

/* The end of the list `list` gets `item`. */
#define APPEND(list, item) ((list).first ? ((list).last->next = (item)) : ((list).first = (item)), (list).last = (item))

static const char *text_at(Parser *p, Span span) { return p->tokens.source->text + (span.start - p->tokens.source->base); }

AstName new_name(Parser *p, Span span) { return (AstName){arena_strndup(p->arena, text_at(p, span), span.end - span.start), span}; }

AstName new_string(Parser *p, Span span) {
  const char *text = text_at(p, span), *end = text + (span.end - span.start);
  char *out = arena_alloc(p->arena, span.end - span.start), *to = out;
  for (text++; text < end && *text != '"'; text++) {
    char c = *text;
    if (c == '\\' && text + 1 < end) {
      c = *++text;
      if (c == 'n') c = '\n';
      else if (c == 't') c = '\t';
      else if (c != '"' && c != '\\') {
        uint32_t at = span.start + (uint32_t)(text - text_at(p, span));
        Diagnostic *d = report(p->diagnostics, CODE_E0102, (Span){at - 1, at + 1}, "a string has no such escape");
        add_help(d, "the escapes are `\\\"`, `\\\\`, `\\n` and `\\t`");
        p->ast->broken = true;
      }
    }
    *to++ = c;
  }
  return (AstName){out, span};
}

Names new_names(Parser *p, AstName name) {
  AstNameList *item = ARENA_NEW(p->arena, AstNameList);
  item->name = name;
  return (Names){item, item};
}

Names add_name(Parser *p, Names names, AstName name) {
  Names one = new_names(p, name);
  APPEND(names, one.first);
  return names;
}

AstExpr *new_expr(Parser *p, AstExprKind kind, Span span) {
  AstExpr *expr = ARENA_NEW(p->arena, AstExpr);
  expr->kind = kind;
  expr->span = span;
  expr->depth = 1;
  return expr;
}

AstExpr *new_word(Parser *p, AstExprKind kind, const char *text, Span span) {
  AstExpr *expr = new_expr(p, kind, span);
  expr->text = text;
  return expr;
}

int64_t read_integer(Parser *p, Span span) {
  int64_t value = 0;
  const char *text = text_at(p, span);
  for (uint32_t i = 0; i < span.end - span.start; i++) {
    if (text[i] < '0' || text[i] > '9') break; /* a malformed number, reported by the scanner */
    if (checked_mul(value, 10, &value) && checked_add(value, text[i] - '0', &value)) continue;
    report(p->diagnostics, CODE_E0104, span, "this number is too large: the largest is 9223372036854775807");
    p->ast->broken = true;
    return 0;
  }
  return value;
}

AstExpr *new_integer(Parser *p, Span span) {
  AstExpr *expr = new_word(p, AST_INT, new_name(p, span).text, span);
  expr->integer = read_integer(p, span);
  return expr;
}

AstExpr *new_float(Parser *p, Span span) {
  AstExpr *expr = new_word(p, AST_FLOAT, new_name(p, span).text, span);
  if (!read_double(expr->text, strlen(expr->text), &expr->real)) expr->real = 0; /* the scanner reported it */
  if (expr->real <= DBL_MAX) return expr;
  report(p->diagnostics, CODE_E0104, span, "this number is too large for a float64");
  p->ast->broken = true;
  return expr;
}

AstExpr *new_size(Parser *p, Span span) {
  Exprs items = {0};
  for (uint32_t start = span.start, at = start; at <= span.end; at++) {
    if (at < span.end && *text_at(p, (Span){at, at}) != 'x') continue;
    AstExpr *item = new_integer(p, (Span){start, at});
    if (item->integer == 0 && item->text[strspn(item->text, "0")] == '\0') {
      report(p->diagnostics, CODE_E0104, (Span){start, at}, "a size cannot be 0");
      p->ast->broken = true;
    }
    APPEND(items, item);
    start = at + 1;
  }
  AstExpr *expr = new_items(p, AST_SIZE, items, span);
  expr->text = new_name(p, span).text;
  return expr;
}

/* The depth of an expression is bounded, so that whoever walks the tree may recurse. */
static void deepen(Parser *p, AstExpr *expr, const AstExpr *part) {
  if (part->depth >= expr->depth) expr->depth = part->depth + 1;
  if (expr->depth <= MAX_EXPR_DEPTH) return;
  if (!p->too_deep) report(p->diagnostics, CODE_E0105, expr->span, "this expression is nested more than %d deep", MAX_EXPR_DEPTH);
  p->too_deep = p->ast->broken = true;
  *expr = (AstExpr){.kind = AST_NONE, .span = expr->span, .depth = 1};
}

AstExpr *new_unary(Parser *p, AstExprKind kind, AstExpr *left, Span span) {
  AstExpr *expr = new_expr(p, kind, span);
  expr->left = left;
  deepen(p, expr, left);
  return expr;
}

AstExpr *new_binary(Parser *p, AstBinaryOp op, AstExpr *left, AstExpr *right, Span span) {
  AstExpr *expr = new_expr(p, AST_BINARY, span);
  expr->op = op;
  expr->left = left;
  expr->right = right;
  deepen(p, expr, left->depth > right->depth ? left : right);
  return expr;
}

Exprs append_expr(Exprs list, AstExpr *item) {
  APPEND(list, item);
  return list;
}

AstExpr *new_items(Parser *p, AstExprKind kind, Exprs items, Span span) {
  AstExpr *expr = new_expr(p, kind, span), *deepest = items.first;
  expr->items = items.first;
  for (AstExpr *item = items.first; item; item = item->next)
    if (item->depth > deepest->depth) deepest = item;
  deepen(p, expr, deepest);
  return expr;
}

static AstExpr *with_args(Parser *p, AstExpr *expr, Args args) {
  const AstExpr *deepest = NULL;
  expr->args = args.first;
  for (AstArg *arg = args.first; arg; arg = arg->next)
    if (!deepest || arg->value->depth > deepest->depth) deepest = arg->value;
  if (deepest) deepen(p, expr, deepest);
  return expr;
}

AstExpr *new_named_tuple(Parser *p, Args args, Span span) { return with_args(p, new_expr(p, AST_NAMED_TUPLE, span), args); }

AstExpr *new_function(Parser *p, AstName name, Args args, Span span) { return with_args(p, new_word(p, AST_CALL, name.text, span), args); }

AstArg *new_arg(Parser *p, AstName name, AstExpr *value, Span span) {
  AstArg *arg = ARENA_NEW(p->arena, AstArg);
  *arg = (AstArg){name, value, span, NULL};
  return arg;
}

Args add_arg(Args list, AstArg *item) {
  APPEND(list, item);
  return list;
}

AstType *new_type(Parser *p, AstName dtype, Exprs sizes, Span span) {
  AstType *type = ARENA_NEW(p->arena, AstType);
  *type = (AstType){dtype, sizes.first, span};
  return type;
}

static AstStage *new_stage(Parser *p, AstStageKind kind, Span span) {
  AstStage *stage = ARENA_NEW(p->arena, AstStage);
  stage->kind = kind;
  stage->span = span;
  return stage;
}

AstStage *new_call_stage(Parser *p, AstCall call, Span span) {
  AstStage *stage = new_stage(p, AST_STAGE_CALL, span);
  stage->call = call;
  return stage;
}

AstStage *new_branch(Parser *p, Arms arms, Span span) {
  AstStage *stage = new_stage(p, AST_STAGE_BRANCH, span);
  stage->arms = arms.first;
  return stage;
}

AstStage *new_repeat(Parser *p, AstExpr *times, Stages body, Span span) {
  AstStage *stage = new_stage(p, AST_STAGE_REPEAT, span);
  stage->from = times;
  stage->body = body.first;
  return stage;
}

AstStage *new_repeat_in(Parser *p, AstName variable, AstExpr *from, AstExpr *to, Stages body, Span span) {
  AstStage *stage = new_stage(p, AST_STAGE_REPEAT_IN, span);
  stage->variable = variable;
  stage->from = from;
  stage->to = to;
  stage->body = body.first;
  return stage;
}

AstStage *new_if(Parser *p, AstExpr *condition, Stages body, Stages otherwise, Span span) {
  AstStage *stage = new_stage(p, AST_STAGE_IF, span);
  stage->from = condition;
  stage->body = body.first;
  stage->otherwise = otherwise.first;
  return stage;
}

AstStage *label_stage(AstName label, AstStage *stage) {
  stage->label = label;
  return stage;
}

Stages chain_stage(Stages list, AstStage *item) {
  APPEND(list, item);
  return list;
}

AstArm *new_arm(Parser *p, AstName name, Stages chain, Span span) {
  AstArm *arm = ARENA_NEW(p->arena, AstArm);
  *arm = (AstArm){name, chain.first, span, NULL};
  return arm;
}

Arms add_arm(Arms list, AstArm *item) {
  APPEND(list, item);
  return list;
}

AstFlow *new_flow(Parser *p, AstSourceKind kind, AstName name, Span span) {
  AstFlow *flow = ARENA_NEW(p->arena, AstFlow);
  flow->kind = kind;
  flow->name = name;
  flow->source_span = flow->span = span;
  return flow;
}

AstFlow *new_number_flow(Parser *p, AstExpr *number, Span span) {
  AstFlow *flow = new_flow(p, AST_SOURCE_NUMBER, (AstName){0}, span);
  flow->number = number;
  return flow;
}

AstFlow *new_list_flow(Parser *p, Flows items, Span span) {
  AstFlow *flow = new_flow(p, AST_SOURCE_LIST, (AstName){0}, span);
  flow->items = items.first;
  return flow;
}

Flows add_flow(Flows list, AstFlow *item) {
  APPEND(list, item);
  return list;
}

OpenFlow open_flow(AstFlow *flow) { return (OpenFlow){flow, NULL}; }

OpenFlow add_stage(OpenFlow open, AstStage *stage, Span span) {
  if (open.last) open.last->next = stage;
  else open.flow->stages = stage;
  open.flow->span = span;
  open.last = stage;
  return open;
}

static AstStmt *new_stmt(Parser *p, AstStmtKind kind, Names names, Span span) {
  AstStmt *stmt = ARENA_NEW(p->arena, AstStmt);
  stmt->kind = kind;
  stmt->names = names.first;
  stmt->span = span;
  stmt->doc = doc_before(&p->tokens, span.start);
  return stmt;
}

AstStmt *new_assign(Parser *p, AstName name, AstType *type, AstFlow *flow, Span span) {
  AstStmt *stmt = new_stmt(p, AST_STMT_ASSIGN, new_names(p, name), span);
  stmt->type = type;
  stmt->flow = flow;
  return stmt;
}

AstStmt *new_unpack(Parser *p, AstName first, Names more, AstFlow *flow, Span span) {
  Names names = new_names(p, first);
  names.first->next = more.first;
  AstStmt *stmt = new_stmt(p, AST_STMT_UNPACK, names, span);
  stmt->flow = flow;
  return stmt;
}

AstStmt *new_shared(Parser *p, AstName name, AstCall call, Span span) {
  AstStmt *stmt = new_stmt(p, AST_STMT_SHARED, new_names(p, name), span);
  stmt->call = call;
  return stmt;
}

AstStmt *new_input(Parser *p, Names names, AstType *type, Args args, Span span) {
  AstStmt *stmt = new_stmt(p, AST_STMT_INPUT, names, span);
  stmt->type = type;
  stmt->args = args.first;
  return stmt;
}

AstStmt *new_output(Parser *p, AstName name, AstType *type, Args args, AstFlow *flow, Span span) {
  AstStmt *stmt = new_assign(p, name, type, flow, span);
  stmt->kind = AST_STMT_OUTPUT;
  stmt->args = args.first;
  return stmt;
}

AstStmt *new_weights(Parser *p, AstName file, Args args, Rules rules, Span span) {
  AstStmt *stmt = new_stmt(p, AST_STMT_WEIGHTS, (Names){0}, span);
  stmt->string = file;
  stmt->args = args.first;
  stmt->rules = rules.first;
  return stmt;
}

AstStmt *new_meta(Parser *p, AstName name, AstExpr *value, Span span) {
  AstStmt *stmt = new_stmt(p, AST_STMT_META, new_names(p, name), span);
  stmt->value = value;
  return stmt;
}

Stmts add_stmt(Stmts list, AstStmt *item) {
  APPEND(list, item);
  return list;
}

AstRule *new_rule(Parser *p, bool rename, AstName pattern, AstName label, Span span) {
  AstRule *rule = ARENA_NEW(p->arena, AstRule);
  *rule = (AstRule){rename, pattern, label, span, NULL};
  return rule;
}

Rules add_rule(Rules list, AstRule *item) {
  APPEND(list, item);
  return list;
}

AstParam *new_param(Parser *p, AstName name, AstExpr *value) {
  AstParam *param = ARENA_NEW(p->arena, AstParam);
  *param = (AstParam){name, value, NULL};
  return param;
}

Params add_param(Params list, AstParam *item) {
  APPEND(list, item);
  return list;
}

AstTensorParam *new_tensor(Parser *p, AstName name, AstType *type) {
  AstTensorParam *tensor = ARENA_NEW(p->arena, AstTensorParam);
  *tensor = (AstTensorParam){name, type, NULL};
  return tensor;
}

Tensors add_tensor(Tensors list, AstTensorParam *item) {
  APPEND(list, item);
  return list;
}

AstDecl *new_decl(Parser *p, AstDeclKind kind, AstName name, Span span) {
  AstDecl *decl = ARENA_NEW(p->arena, AstDecl);
  decl->kind = kind;
  decl->name = name;
  decl->span = span;
  decl->doc = doc_before(&p->tokens, span.start);
  return decl;
}

AstDecl *new_dim(Parser *p, AstName name, int64_t from, int64_t to, Args args, Span span) {
  AstDecl *decl = new_decl(p, AST_DIM, name, span);
  decl->from = from;
  decl->to = to;
  decl->args = args.first;
  return decl;
}

AstDecl *new_const(Parser *p, AstName name, AstType *type, AstExpr *value, Span span) {
  AstDecl *decl = new_decl(p, AST_CONST, name, span);
  decl->type = type;
  decl->value = value;
  return decl;
}

AstDecl *new_default(Parser *p, AstName name, Args args, Span span) {
  AstDecl *decl = new_decl(p, AST_DEFAULT, name, span);
  decl->args = args.first;
  return decl;
}

AstDecl *new_meta_decl(Parser *p, AstName name, AstExpr *value, Span span) {
  AstDecl *decl = new_decl(p, AST_META, name, span);
  decl->value = value;
  return decl;
}

AstDecl *new_block(Parser *p, AstName name, Tensors inputs, Params params, Stmts body, AstFlow *result, Span span, Span end) {
  AstDecl *decl = new_net(p, name, params, body, span);
  decl->kind = AST_BLOCK;
  decl->tensors = inputs.first;
  decl->tensor_list = inputs.list;
  decl->result = result;
  if (!result && p->diagnostics->errors == p->body_errors) {
    Diagnostic *d = report(p->diagnostics, CODE_E0101, end, "expected `return` before `}`: a block returns a tensor");
    add_label(d, name.span, "block `%s`", name.text);
    add_help(d, "end the block with `return` and what it yields, as in `return x -> relu`");
    p->ast->broken = true;
  }
  return decl;
}

AstDecl *new_net(Parser *p, AstName name, Params params, Stmts body, Span span) {
  AstDecl *decl = new_decl(p, AST_NET, name, span);
  decl->params = params.first;
  decl->has_params = params.written;
  decl->statements = body.first;
  return decl;
}

void add_decl(Parser *p, AstDecl *decl) {
  if (p->last_decl) p->last_decl->next = decl;
  else p->ast->declarations = decl;
  p->last_decl = decl;
}

void set_version(Parser *p, int64_t version, Span span) {
  p->ast->version = version;
  if (version == LANGUAGE_VERSION) return;
  Diagnostic *d = report(p->diagnostics, CODE_E0106, span, "this cnnc reads version %d of the language, not %lld", LANGUAGE_VERSION,
                         (long long)version);
  add_help(d, version > LANGUAGE_VERSION ? "a later cnnc may read it" : "`cnn %d` is the first version", LANGUAGE_VERSION);
}
