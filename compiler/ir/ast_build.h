/* ast_build.h - the constructors of the syntax tree, called by the actions of grammar/cnn.y, one each, and what the
 * parser keeps while it builds. A list under construction knows its last element. Names and numbers are copied from the
 * source, so the tree does not point into it. Private to the parser. */
#ifndef CNNC_IR_AST_BUILD_H
#define CNNC_IR_AST_BUILD_H
#include "ir/tokens.h"

typedef struct Args {
  AstArg *first, *last;
} Args;
typedef struct Exprs {
  AstExpr *first, *last;
} Exprs;
typedef struct Names {
  AstNameList *first, *last;
} Names;
typedef struct Stages {
  AstStage *first, *last;
} Stages;
typedef struct Arms {
  AstArm *first, *last;
} Arms;
typedef struct OpenFlow {
  AstFlow *flow;
  AstStage *last;
} OpenFlow;
typedef struct Flows {
  AstFlow *first, *last;
} Flows;
typedef struct Rules {
  AstRule *first, *last;
} Rules;
typedef struct Stmts {
  AstStmt *first, *last;
} Stmts;
typedef struct Params {
  AstParam *first, *last;
  bool written;
} Params;
typedef struct Tensors {
  AstTensorParam *first, *last;
  bool list;
} Tensors;

typedef struct Parser {
  Arena *arena;
  Diagnostics *diagnostics;
  TokenList tokens;
  int next;        /* index of the token that cnn_lex delivers next */
  int body;        /* index of the `{` of the block or net around it, or -1 */
  int body_before; /* the same before the token delivered last */
  int body_errors; /* how many errors there were when that body began */
  int resume;      /* after an error: where to go on, as long as SYNC was not delivered; else -1 */
  int last_resume; /* where it went on the last time */
  bool close_body; /* the `}` of a body is missing and stands in for nothing */
  bool in_net, too_deep;
  Ast *ast;
  AstDecl *last_decl;
} Parser;

enum { MAX_EXPR_DEPTH = 256 };

AstName new_name(Parser *p, Span span);
AstName new_string(Parser *p, Span span);
Names new_names(Parser *p, AstName name);
Names add_name(Parser *p, Names names, AstName name);
AstExpr *new_expr(Parser *p, AstExprKind kind, Span span);
AstExpr *new_word(Parser *p, AstExprKind kind, const char *text, Span span);
AstExpr *new_integer(Parser *p, Span span);
AstExpr *new_float(Parser *p, Span span);
AstExpr *new_size(Parser *p, Span span);
AstExpr *new_unary(Parser *p, AstExprKind kind, AstExpr *left, Span span);
AstExpr *new_binary(Parser *p, AstBinaryOp op, AstExpr *left, AstExpr *right, Span span);
AstExpr *new_items(Parser *p, AstExprKind kind, Exprs items, Span span);
AstExpr *new_named_tuple(Parser *p, Args args, Span span);
AstExpr *new_function(Parser *p, AstName name, Args args, Span span);
Exprs append_expr(Exprs list, AstExpr *item);
int64_t read_integer(Parser *p, Span span);
AstArg *new_arg(Parser *p, AstName name, AstExpr *value, Span span);
Args add_arg(Args list, AstArg *item);
AstType *new_type(Parser *p, AstName dtype, Exprs sizes, Span span);
AstStage *new_call_stage(Parser *p, AstCall call, Span span);
AstStage *new_branch(Parser *p, Arms arms, Span span);
AstStage *new_repeat(Parser *p, AstExpr *times, Stages body, Span span);
AstStage *new_repeat_in(Parser *p, AstName variable, AstExpr *from, AstExpr *to, Stages body, Span span);
AstStage *new_if(Parser *p, AstExpr *condition, Stages body, Stages otherwise, Span span);
AstStage *label_stage(AstName label, AstStage *stage);
Stages chain_stage(Stages list, AstStage *item);
AstArm *new_arm(Parser *p, AstName name, Stages chain, Span span);
Arms add_arm(Arms list, AstArm *item);
AstFlow *new_flow(Parser *p, AstSourceKind kind, AstName name, Span span);
AstFlow *new_number_flow(Parser *p, AstExpr *number, Span span);
AstFlow *new_list_flow(Parser *p, Flows items, Span span);
Flows add_flow(Flows list, AstFlow *item);
OpenFlow open_flow(AstFlow *flow);
OpenFlow add_stage(OpenFlow flow, AstStage *stage, Span span);
AstStmt *new_assign(Parser *p, AstName name, AstType *type, AstFlow *flow, Span span);
AstStmt *new_unpack(Parser *p, AstName first, Names more, AstFlow *flow, Span span);
AstStmt *new_shared(Parser *p, AstName name, AstCall call, Span span);
AstStmt *new_input(Parser *p, Names names, AstType *type, Args args, Span span);
AstStmt *new_output(Parser *p, AstName name, AstType *type, Args args, AstFlow *flow, Span span);
AstStmt *new_weights(Parser *p, AstName file, Args args, Rules rules, Span span);
AstStmt *new_meta(Parser *p, AstName name, AstExpr *value, Span span);
Stmts add_stmt(Stmts list, AstStmt *item);
AstRule *new_rule(Parser *p, bool rename, AstName pattern, AstName label, Span span);
Rules add_rule(Rules list, AstRule *item);
AstParam *new_param(Parser *p, AstName name, AstExpr *value);
Params add_param(Params list, AstParam *item);
AstTensorParam *new_tensor(Parser *p, AstName name, AstType *type);
Tensors add_tensor(Tensors list, AstTensorParam *item);
AstDecl *new_decl(Parser *p, AstDeclKind kind, AstName name, Span span);
AstDecl *new_dim(Parser *p, AstName name, int64_t from, int64_t to, Args args, Span span);
AstDecl *new_const(Parser *p, AstName name, AstType *type, AstExpr *value, Span span);
AstDecl *new_default(Parser *p, AstName name, Args args, Span span);
AstDecl *new_meta_decl(Parser *p, AstName name, AstExpr *value, Span span);
AstDecl *new_block(Parser *p, AstName name, Tensors inputs, Params params, Stmts body, AstFlow *result, Span span, Span end);
AstDecl *new_net(Parser *p, AstName name, Params params, Stmts body, Span span);
void add_decl(Parser *p, AstDecl *decl);
void set_version(Parser *p, int64_t version, Span span);
#endif
