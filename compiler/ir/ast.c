/* ast.c - prints the syntax tree as an outline: a construct a line, with the line:column where it starts. Operators
 * are printed in prefix form, `(+ a b)`, so that precedence shows. Decides nothing. */
#include "ir/ast.h"

#include <string.h>

typedef struct Printer {
  Text *out;
  const Source *source;
  bool places;
  const char *at;   /* where the line of the last place printed begins; places come mostly in order */
  const char *seen; /* no newline stands between `at` and this */
  int line;
} Printer;

static const char *operator_text(AstBinaryOp op) {
  static const char *const text[] = {"or", "and", "==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "//", "%", "**"};
  return text[op];
}

/* Ends a line with the place of what stands on it. */
static void print_place(Printer *p, Span span) {
  if (!p->places) {
    text_add_char(p->out, '\n', 1);
    return;
  }
  const char *target = p->source->text + (span.start - p->source->base);
  if (target < p->at) {
    p->at = p->seen = p->source->text;
    p->line = 1;
  }
  if (target > p->seen) {
    for (const char *end; (end = memchr(p->seen, '\n', (size_t)(target - p->seen))); p->line++) p->at = p->seen = end + 1;
    p->seen = target;
  }
  text_addf(p->out, "  %d:%d\n", p->line, (int)(target - p->at) + 1);
}

static void indent(Printer *p, int level) { text_add_char(p->out, ' ', 2 * level); }

static void print_string(Text *out, const char *text) {
  text_add_char(out, '"', 1);
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') text_addf(out, "\\%c", *text);
    else if (*text == '\n') text_add(out, "\\n");
    else if (*text == '\t') text_add(out, "\\t");
    else if ((unsigned char)*text < 0x20) text_addf(out, "\\x%02x", (unsigned)*text);
    else text_add_char(out, *text, 1);
  }
  text_add_char(out, '"', 1);
}

static void print_expr(Text *out, const AstExpr *expr);

static void print_exprs(Text *out, const AstExpr *items, const char *separator) {
  for (const AstExpr *item = items; item; item = item->next) {
    if (item != items) text_add(out, separator);
    print_expr(out, item);
  }
}

static void print_args(Text *out, const AstArg *args) {
  for (const AstArg *arg = args; arg; arg = arg->next) {
    if (arg != args) text_add(out, ", ");
    if (arg->name.text) text_addf(out, "%s=", arg->name.text);
    print_expr(out, arg->value);
  }
}

static void print_prefix(Text *out, const char *sign, const AstExpr *left, const AstExpr *right) {
  text_addf(out, "(%s ", sign);
  print_expr(out, left);
  if (right) text_add_char(out, ' ', 1);
  if (right) print_expr(out, right);
  text_add_char(out, ')', 1);
}

static void print_expr(Text *out, const AstExpr *expr) {
  switch (expr->kind) {
  case AST_INT: text_addf(out, "%lld", (long long)expr->integer); break;
  case AST_FLOAT: text_add(out, expr->text); break;
  case AST_SIZE: print_exprs(out, expr->items, "x"); break;
  case AST_STRING: print_string(out, expr->text); break;
  case AST_TRUE: text_add(out, "true"); break;
  case AST_FALSE: text_add(out, "false"); break;
  case AST_NONE: text_add(out, "none"); break;
  case AST_NAME: text_add(out, expr->text); break;
  case AST_CALL:
    text_addf(out, "%s(", expr->text);
    print_args(out, expr->args);
    text_add_char(out, ')', 1);
    break;
  case AST_NOT: print_prefix(out, "not", expr->left, NULL); break;
  case AST_NEGATE: print_prefix(out, "-", expr->left, NULL); break;
  case AST_BINARY: print_prefix(out, operator_text(expr->op), expr->left, expr->right); break;
  case AST_GROUP: print_prefix(out, "group", expr->left, NULL); break;
  case AST_TUPLE:
    text_add(out, "(tuple ");
    print_exprs(out, expr->items, " ");
    text_add_char(out, ')', 1);
    break;
  case AST_NAMED_TUPLE:
    text_add(out, "(tuple ");
    print_args(out, expr->args);
    text_add_char(out, ')', 1);
    break;
  case AST_LIST:
    text_add_char(out, '[', 1);
    print_exprs(out, expr->items, ", ");
    text_add_char(out, ']', 1);
    break;
  }
}

static void print_type(Text *out, const AstType *type) {
  if (!type) return;
  text_addf(out, ": %s[", type->dtype.text ? type->dtype.text : "");
  print_exprs(out, type->sizes, ", ");
  text_add_char(out, ']', 1);
}

static void print_call(Text *out, const AstCall *call) {
  text_add(out, call->name.text);
  if (!call->parenthesised) return;
  text_add_char(out, '(', 1);
  print_args(out, call->args);
  text_add_char(out, ')', 1);
}

static void print_attributes(Text *out, const AstArg *args) {
  if (!args) return;
  text_add(out, " (");
  print_args(out, args);
  text_add_char(out, ')', 1);
}

static void print_doc(Printer *p, const char *doc, int level) {
  while (doc) {
    const char *end = strchr(doc, '\n');
    indent(p, level);
    text_add(p->out, "## ");
    text_add_bytes(p->out, doc, end ? (size_t)(end - doc) : strlen(doc));
    text_add_char(p->out, '\n', 1);
    doc = end ? end + 1 : NULL;
  }
}

static void print_chain(Printer *p, const AstStage *chain, int level);

static void print_arms(Printer *p, const AstStage *stage, int level) {
  for (const AstArm *arm = stage->arms; arm; arm = arm->next) {
    indent(p, level);
    text_addf(p->out, arm->name.text ? "arm %s" : "arm", arm->name.text);
    print_place(p, arm->span);
    print_chain(p, arm->chain, level + 1);
  }
}

static void print_stage(Printer *p, const AstStage *stage, int level) {
  indent(p, level);
  text_add(p->out, "-> ");
  if (stage->label.text) text_addf(p->out, "%s: ", stage->label.text);
  switch (stage->kind) {
  case AST_STAGE_CALL: print_call(p->out, &stage->call); break;
  case AST_STAGE_BRANCH: text_add(p->out, "branch"); break;
  case AST_STAGE_REPEAT:
    text_add(p->out, "repeat ");
    print_expr(p->out, stage->from);
    break;
  case AST_STAGE_REPEAT_IN:
    text_addf(p->out, "repeat %s in ", stage->variable.text);
    print_expr(p->out, stage->from);
    text_add(p->out, "..");
    print_expr(p->out, stage->to);
    break;
  case AST_STAGE_IF:
    text_add(p->out, "if ");
    print_expr(p->out, stage->from);
    break;
  }
  print_place(p, stage->label.text ? stage->label.span : stage->span);
  print_arms(p, stage, level + 1);
  print_chain(p, stage->body, level + 1);
  if (!stage->otherwise) return;
  indent(p, level);
  text_add(p->out, "else\n");
  print_chain(p, stage->otherwise, level + 1);
}

static void print_chain(Printer *p, const AstStage *chain, int level) {
  for (; chain; chain = chain->next) print_stage(p, chain, level);
}

static void print_flow(Printer *p, const AstFlow *flow, const char *before, int level) {
  if (!flow) return;
  indent(p, level);
  text_add(p->out, before);
  if (flow->kind == AST_SOURCE_NAME) text_add(p->out, flow->name.text);
  if (flow->kind == AST_SOURCE_NUMBER) print_expr(p->out, flow->number);
  if (flow->kind == AST_SOURCE_LIST) text_add(p->out, "list");
  print_place(p, flow->source_span);
  for (const AstFlow *item = flow->items; item; item = item->next) print_flow(p, item, "", level + 1);
  print_chain(p, flow->stages, level + 1);
}

static void print_names(Text *out, const AstNameList *names) {
  for (const AstNameList *name = names; name; name = name->next) text_addf(out, "%s%s", name == names ? "" : ", ", name->name.text);
}

static void print_rules(Printer *p, const AstRule *rules, int level) {
  for (const AstRule *rule = rules; rule; rule = rule->next) {
    indent(p, level);
    text_add(p->out, rule->rename ? "rename " : "ignore ");
    print_string(p->out, rule->pattern.text);
    if (rule->rename) text_addf(p->out, " = %s", rule->label.text);
    print_place(p, rule->span);
  }
}

static void print_stmt(Printer *p, const AstStmt *stmt, int level) {
  static const char *const words[] = {"", "", "shared ", "input ", "output ", "weights ", "meta "};
  print_doc(p, stmt->doc, level);
  indent(p, level);
  text_add(p->out, words[stmt->kind]);
  if (stmt->kind == AST_STMT_UNPACK) text_add_char(p->out, '[', 1);
  print_names(p->out, stmt->names);
  if (stmt->kind == AST_STMT_UNPACK) text_add_char(p->out, ']', 1);
  if (stmt->kind == AST_STMT_WEIGHTS) print_string(p->out, stmt->string.text);
  print_type(p->out, stmt->type);
  print_attributes(p->out, stmt->args);
  if (stmt->flow || stmt->value || stmt->call.name.text) text_add(p->out, " =");
  if (stmt->value || stmt->call.name.text) text_add_char(p->out, ' ', 1);
  if (stmt->call.name.text) print_call(p->out, &stmt->call);
  if (stmt->value) print_expr(p->out, stmt->value);
  print_place(p, stmt->span);
  print_flow(p, stmt->flow, "", level + 1);
  print_rules(p, stmt->rules, level + 1);
}

static void print_params(Text *out, const AstDecl *decl) {
  if (!decl->has_params) return;
  text_add_char(out, '(', 1);
  for (const AstParam *param = decl->params; param; param = param->next) {
    text_addf(out, "%s%s", param == decl->params ? "" : ", ", param->name.text);
    if (param->value) text_add_char(out, '=', 1);
    if (param->value) print_expr(out, param->value);
  }
  text_add_char(out, ')', 1);
}

static void print_tensors(Text *out, const AstDecl *decl) {
  if (decl->tensor_list) text_add_char(out, '[', 1);
  for (const AstTensorParam *tensor = decl->tensors; tensor; tensor = tensor->next) {
    text_addf(out, "%s%s", tensor == decl->tensors ? "" : ", ", tensor->name.text);
    print_type(out, tensor->type);
  }
  text_add(out, decl->tensor_list ? "] -> " : " -> ");
}

static void print_decl(Printer *p, const AstDecl *decl) {
  static const char *const words[] = {"use ", "dim ", "const ", "default ", "meta ", "block ", "net "};
  print_doc(p, decl->doc, 0);
  text_add(p->out, words[decl->kind]);
  if (decl->kind == AST_BLOCK) print_tensors(p->out, decl);
  if (decl->kind == AST_USE) print_string(p->out, decl->name.text);
  else text_add(p->out, decl->name.text);
  print_params(p->out, decl);
  if (decl->kind == AST_DIM) text_addf(p->out, " in %lld..", (long long)decl->from);
  if (decl->kind == AST_DIM && decl->to >= 0) text_addf(p->out, "%lld", (long long)decl->to);
  print_type(p->out, decl->type);
  print_attributes(p->out, decl->args);
  if (decl->value) text_add(p->out, " = ");
  if (decl->value) print_expr(p->out, decl->value);
  print_place(p, decl->span);
  for (const AstStmt *stmt = decl->statements; stmt; stmt = stmt->next) print_stmt(p, stmt, 1);
  print_flow(p, decl->result, "return ", 1);
}

void print_ast(Text *out, const Ast *ast, bool places) {
  Printer printer = {out, ast->source, places, ast->source->text, ast->source->text, 1};
  if (ast->version) text_addf(out, "cnn %lld\n", (long long)ast->version);
  for (const AstDecl *decl = ast->declarations; decl; decl = decl->next) print_decl(&printer, decl);
}
