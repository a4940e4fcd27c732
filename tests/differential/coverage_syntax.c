/* coverage_syntax.c - the forms in which operations are combined: declarations, statements, stages. */
#include "coverage.h"
#include "ir/ast.h"

static const char *const declarations[] = {"use", "dim", "const", "default", "meta", "block", "net"};
static const char *const statements[] = {"assignment", "taken apart", "shared", "input", "output", "weights", "meta"};
static const char *const stages[] = {"call", "branch", "repeat", "repeat in", "if"};
static const char *const sources[] = {"name", "number", "list"};

void expect_syntax(void) {
  expect_all("(syntax)", "declaration", "const|default|block|net");
  expect_all("(syntax)", "statement", "assignment|taken apart|shared|input|output|weights");
  expect_all("(syntax)", "stage", "call|branch|repeat|repeat in|if");
  expect_all("(syntax)", "source", "name|number|list");
}

static void count_chain(const AstStage *stage) {
  for (; stage; stage = stage->next) {
    count("(syntax)", "stage", stages[stage->kind]);
    for (const AstArm *arm = stage->arms; arm; arm = arm->next) count_chain(arm->chain);
    count_chain(stage->body);
    count_chain(stage->otherwise);
  }
}

static void count_flow(const AstFlow *flow) {
  if (!flow) return;
  count("(syntax)", "source", sources[flow->kind]);
  for (const AstFlow *item = flow->items; item; item = item->next) count_flow(item);
  count_chain(flow->stages);
}

Ast *__real_parse_source(Arena *arena, Diagnostics *diagnostics, const Source *source);
Ast *__wrap_parse_source(Arena *arena, Diagnostics *diagnostics, const Source *source);

Ast *__wrap_parse_source(Arena *arena, Diagnostics *diagnostics, const Source *source) {
  Ast *ast = __real_parse_source(arena, diagnostics, source);
  for (const AstDecl *decl = ast->declarations; decl; decl = decl->next) {
    count("(syntax)", "declaration", declarations[decl->kind]);
    for (const AstStmt *s = decl->statements; s; s = s->next) {
      count("(syntax)", "statement", statements[s->kind]);
      count_flow(s->flow);
    }
    count_flow(decl->result);
  }
  return ast;
}
