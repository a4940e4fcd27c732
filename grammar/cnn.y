/* cnn.y - tokens to the syntax tree. Every action is one constructor call; nothing is resolved or evaluated.
 *
 * Plain LALR(1) without conflicts. Keywords are told from names before parsing (ir/tokens.c says how). A statement
 * needs no terminator: BOL_NAME is a name where a statement may begin, and every other use of a name takes both.
 * After an error the token SYNC stands before the next statement or declaration (see cnn_lex), so recovery never
 * guesses. The parser's stack is an array of fixed size: deep nesting is refused, nothing is allocated outside the
 * arena, and leaving by its longjmp leaks nothing. */
%define api.pure full
%define api.prefix {cnn_}
%define api.token.prefix {T_}
%define api.location.type {Span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param { Parser *p }
%code requires {
#include "ir/ast_build.h"
#include "support/file_kind.h"
}
%union {
  AstName name;
  AstExpr *expr;
  AstArg *arg;
  AstType *type;
  AstCall call;
  AstStage *stage;
  AstArm *arm;
  AstFlow *flow;
  AstRule *rule;
  AstStmt *stmt;
  AstParam *param;
  AstTensorParam *tensor;
  AstDecl *decl;
  int64_t integer;
  Args args;
  Exprs exprs;
  Names names;
  Stages stages;
  Arms arms;
  Flows flows;
  OpenFlow open_flow;
  Rules rules;
  Stmts stmts;
  Params params;
  Tensors tensors;
}
%code {
static int cnn_lex(CNN_STYPE *value, Span *place, Parser *p);
static void cnn_error(const Span *place, Parser *p, const char *message);

#define YYLLOC_DEFAULT(all, parts, count)                                             \
  ((all) = (count) ? span_join(YYRHSLOC(parts, 1), YYRHSLOC(parts, count))            \
                   : (Span){YYRHSLOC(parts, 0).end, YYRHSLOC(parts, 0).end})
/* Brackets nest at most MAX_NESTING deep; a level takes less than 20 places. */
#define YYINITDEPTH 1600
#define YYMAXDEPTH YYINITDEPTH
/* What would be allocated otherwise; refused, and reported as nested too deeply. */
#define YYMALLOC(size) refuse_memory(size)
#define YYFREE(memory) ((void)(memory))
static void *refuse_memory(size_t size);
}

%token END 0 EARLY_END SYNC
%token NAME BOL_NAME PATH INT FLOAT SIZE STRING
%token CNN USE DIM CONST DEFAULT BLOCK NET META INPUT OUTPUT WEIGHTS SHARED RETURN RENAME IGNORE
%token BRANCH REPEAT IN IF ELSE AND OR NOT TRUE FALSE NONE
%token LPAREN "(" RPAREN ")" LBRACKET "[" BOL_LBRACKET RBRACKET "]" LBRACE "{" RBRACE "}"
%token COMMA "," COLON ":" ASSIGN "=" ARROW "->" RANGE ".."
%token PLUS "+" MINUS "-" STAR "*" SLASH "/" FLOOR "//" PERCENT "%" POWER "**"
%token EQ "==" NE "!=" LT "<" GT ">" LE "<=" GE ">="

%left OR
%left AND
%precedence NOT
%nonassoc "==" "!=" "<" ">" "<=" ">="
%left "+" "-"
%left "*" "/" "//" "%"
%precedence NEGATE
%right "**"

%type <decl> decl
%type <stmt> stmt item
%type <flow> flow source
%type <open_flow> open_flow
%type <stage> stage node
%type <arm> arm
%type <call> call
%type <expr> expr atom integer
%type <type> type opt_type
%type <name> name source_name label string
%type <arg> arg named
%type <rule> rule
%type <param> param
%type <tensor> tensor
%type <integer> upper count
%type <args> args opt_args named_items
%type <exprs> exprs expr_pair
%type <names> names
%type <stages> chain
%type <arms> arms
%type <flows> flows
%type <rules> rules opt_rules
%type <stmts> stmts items
%type <params> params opt_params
%type <tensors> tensors inputs
%%
/* CNN is a keyword only as the first token of a file. */
file: decls

decls: %empty
  | decls CNN count                                             { set_version(p, $3, @3); }
  | decls decl                                                  { add_decl(p, $2); }
  | decls error SYNC                                            { yyerrok; }

decl: USE string                                                { $$ = new_decl(p, AST_USE, $2, @$); }
  | DIM name IN count ".." upper opt_args                       { $$ = new_dim(p, $2, $4, $6, $7, @$); }
  | CONST name opt_type "=" expr                                { $$ = new_const(p, $2, $3, $5, @$); }
  | DEFAULT name "(" args opt_comma ")"                         { $$ = new_default(p, $2, $4, @$); }
  | META name "=" expr                                          { $$ = new_meta_decl(p, $2, $4, @$); }
  | BLOCK inputs "->" name opt_params "{" stmts RETURN flow "}" { $$ = new_block(p, $4, $2, $5, $7, $9, @$, @10); }
  | BLOCK inputs "->" name opt_params "{" stmts "}"             { $$ = new_block(p, $4, $2, $5, $7, NULL, @$, @8); }
  | NET name opt_params "{" items "}"                           { $$ = new_net(p, $2, $3, $5, @$); }

inputs: tensor                                                  { $$ = (Tensors){$1, $1, false}; }
  | lbracket tensors "," tensor "]"                             { $$ = add_tensor($2, $4); $$.list = true; }
tensors: tensor                                                 { $$ = (Tensors){$1, $1, false}; }
  | tensors "," tensor                                          { $$ = add_tensor($1, $3); }
tensor: name opt_type                                           { $$ = new_tensor(p, $1, $2); }

opt_params: %empty                                              { $$ = (Params){0}; }
  | "(" ")"                                                     { $$ = (Params){.written = true}; }
  | "(" params opt_comma ")"                                    { $$ = $2; }
params: param                                                   { $$ = (Params){$1, $1, true}; }
  | params "," param                                            { $$ = add_param($1, $3); }
param: name                                                     { $$ = new_param(p, $1, NULL); }
  | name "=" expr                                               { $$ = new_param(p, $1, $3); }

items: %empty                                                   { $$ = (Stmts){0}; }
  | items item                                                  { $$ = add_stmt($1, $2); }
  | items error SYNC                                            { $$ = $1; yyerrok; }
item: stmt
  | INPUT names ":" type opt_args                               { $$ = new_input(p, $2, $4, $5, @$); }
  | OUTPUT name opt_type opt_args "=" flow                      { $$ = new_output(p, $2, $3, $4, $6, @$); }
  | WEIGHTS string opt_args opt_rules                           { $$ = new_weights(p, $2, $3, $4, @$); }
  | META name "=" expr                                          { $$ = new_meta(p, $2, $4, @$); }
names: name                                                     { $$ = new_names(p, $1); }
  | names "," name                                              { $$ = add_name(p, $1, $3); }
opt_rules: %empty                                               { $$ = (Rules){0}; }
  | "{" rules "}"                                               { $$ = $2; }
rules: %empty                                                   { $$ = (Rules){0}; }
  | rules rule                                                  { $$ = add_rule($1, $2); }
rule: RENAME string "=" label                                   { $$ = new_rule(p, true, $2, $4, @$); }
  | IGNORE string                                               { $$ = new_rule(p, false, $2, (AstName){0}, @$); }

stmts: %empty                                                   { $$ = (Stmts){0}; }
  | stmts stmt                                                  { $$ = add_stmt($1, $2); }
  | stmts error SYNC                                            { $$ = $1; yyerrok; }
stmt: BOL_NAME opt_type "=" flow                                { $$ = new_assign(p, new_name(p, @1), $2, $4, @$); }
  | BOL_LBRACKET name "," names "]" "=" flow                    { $$ = new_unpack(p, $2, $4, $7, @$); }
  | SHARED name "=" call                                        { $$ = new_shared(p, $2, $4, @$); }

flow: open_flow                                                 { $$ = $1.flow; }
open_flow: source                                               { $$ = open_flow($1); }
  | open_flow "->" stage                                        { $$ = add_stage($1, $3, @$); }
source: source_name                                             { $$ = new_flow(p, AST_SOURCE_NAME, $1, @$); }
  | integer                                                     { $$ = new_number_flow(p, $1, @$); }
  | FLOAT                                                       { $$ = new_number_flow(p, new_float(p, @1), @$); }
  | "-" integer                                                 { $$ = new_number_flow(p, new_unary(p, AST_NEGATE, $2, @$), @$); }
  | "-" FLOAT                                                   { $$ = new_number_flow(p, new_unary(p, AST_NEGATE, new_float(p, @2), @$), @$); }
  | lbracket flows "]"                                          { $$ = new_list_flow(p, $2, @$); }
source_name: name
  | PATH                                                        { $$ = new_name(p, @1); }
flows: flow                                                     { $$ = (Flows){$1, $1}; }
  | flows "," flow                                              { $$ = add_flow($1, $3); }

chain: stage                                                    { $$ = (Stages){$1, $1}; }
  | chain "->" stage                                            { $$ = chain_stage($1, $3); }
stage: node
  | label ":" node                                              { $$ = label_stage($1, $3); }
node: call                                                      { $$ = new_call_stage(p, $1, @$); }
  | BRANCH "(" arms opt_comma ")"                               { $$ = new_branch(p, $3, @$); }
  | REPEAT expr "{" chain "}"                                   { $$ = new_repeat(p, $2, $4, @$); }
  | REPEAT name IN expr ".." expr "{" chain "}"                 { $$ = new_repeat_in(p, $2, $4, $6, $8, @$); }
  | IF expr "{" chain "}"                                       { $$ = new_if(p, $2, $4, (Stages){0}, @$); }
  | IF expr "{" chain "}" ELSE "{" chain "}"                    { $$ = new_if(p, $2, $4, $8, @$); }
arms: arm                                                       { $$ = (Arms){$1, $1}; }
  | arms "," arm                                                { $$ = add_arm($1, $3); }
arm: chain                                                      { $$ = new_arm(p, (AstName){0}, $1, @$); }
  | name "=" chain                                              { $$ = new_arm(p, $1, $3, @$); }
call: name                                                      { $$ = (AstCall){$1, false, NULL, @$}; }
  | name "(" ")"                                                { $$ = (AstCall){$1, true, NULL, @$}; }
  | name "(" args opt_comma ")"                                 { $$ = (AstCall){$1, true, $3.first, @$}; }
label: source_name
  | INT                                                         { $$ = new_name(p, @1); }

opt_args: %empty                                                { $$ = (Args){0}; }
  | "(" args opt_comma ")"                                      { $$ = $2; }
args: arg                                                       { $$ = (Args){$1, $1}; }
  | args "," arg                                                { $$ = add_arg($1, $3); }
arg: expr                                                       { $$ = new_arg(p, (AstName){0}, $1, @$); }
  | named
named: name "=" expr                                            { $$ = new_arg(p, $1, $3, @$); }
named_items: named                                              { $$ = (Args){$1, $1}; }
  | named_items "," named                                       { $$ = add_arg($1, $3); }

opt_type: %empty                                                { $$ = NULL; }
  | ":" type                                                    { $$ = $2; }
type: lbracket exprs "]"                                        { $$ = new_type(p, (AstName){0}, $2, @$); }
  | name lbracket exprs "]"                                     { $$ = new_type(p, $1, $3, @$); }

exprs: expr                                                     { $$ = (Exprs){$1, $1}; }
  | exprs "," expr                                              { $$ = append_expr($1, $3); }
expr_pair: expr "," expr                                        { $$ = append_expr((Exprs){$1, $1}, $3); }
  | expr_pair "," expr                                          { $$ = append_expr($1, $3); }
expr: atom
  | expr OR expr                                                { $$ = new_binary(p, AST_OR, $1, $3, @$); }
  | expr AND expr                                               { $$ = new_binary(p, AST_AND, $1, $3, @$); }
  | NOT expr                                                    { $$ = new_unary(p, AST_NOT, $2, @$); }
  | expr "==" expr                                              { $$ = new_binary(p, AST_EQ, $1, $3, @$); }
  | expr "!=" expr                                              { $$ = new_binary(p, AST_NE, $1, $3, @$); }
  | expr "<" expr                                               { $$ = new_binary(p, AST_LT, $1, $3, @$); }
  | expr ">" expr                                               { $$ = new_binary(p, AST_GT, $1, $3, @$); }
  | expr "<=" expr                                              { $$ = new_binary(p, AST_LE, $1, $3, @$); }
  | expr ">=" expr                                              { $$ = new_binary(p, AST_GE, $1, $3, @$); }
  | expr "+" expr                                               { $$ = new_binary(p, AST_ADD, $1, $3, @$); }
  | expr "-" expr                                               { $$ = new_binary(p, AST_SUB, $1, $3, @$); }
  | expr "*" expr                                               { $$ = new_binary(p, AST_MUL, $1, $3, @$); }
  | expr "/" expr                                               { $$ = new_binary(p, AST_DIV, $1, $3, @$); }
  | expr "//" expr                                              { $$ = new_binary(p, AST_FLOOR_DIV, $1, $3, @$); }
  | expr "%" expr                                               { $$ = new_binary(p, AST_MOD, $1, $3, @$); }
  | "-" expr %prec NEGATE                                       { $$ = new_unary(p, AST_NEGATE, $2, @$); }
  | expr "**" expr                                              { $$ = new_binary(p, AST_POW, $1, $3, @$); }
atom: integer
  | FLOAT                                                       { $$ = new_float(p, @1); }
  | SIZE                                                        { $$ = new_size(p, @1); }
  | string                                                      { $$ = new_word(p, AST_STRING, $1.text, @$); }
  | TRUE                                                        { $$ = new_expr(p, AST_TRUE, @$); }
  | FALSE                                                       { $$ = new_expr(p, AST_FALSE, @$); }
  | NONE                                                        { $$ = new_expr(p, AST_NONE, @$); }
  | name                                                        { $$ = new_word(p, AST_NAME, $1.text, @$); }
  | name "(" ")"                                                { $$ = new_function(p, $1, (Args){0}, @$); }
  | name "(" args opt_comma ")"                                 { $$ = new_function(p, $1, $3, @$); }
  | "(" expr ")"                                                { $$ = new_unary(p, AST_GROUP, $2, @$); }
  | "(" expr_pair opt_comma ")"                                 { $$ = new_items(p, AST_TUPLE, $2, @$); }
  | "(" named_items opt_comma ")"                               { $$ = new_named_tuple(p, $2, @$); }
  | lbracket exprs opt_comma "]"                                { $$ = new_items(p, AST_LIST, $2, @$); }
integer: INT                                                    { $$ = new_integer(p, @1); }
count: INT                                                      { $$ = read_integer(p, @1); }
upper: %empty                                                   { $$ = -1; }
  | count
string: STRING                                                  { $$ = new_string(p, @1); }
name: NAME                                                      { $$ = new_name(p, @1); }
  | BOL_NAME                                                    { $$ = new_name(p, @1); }
lbracket: "[" | BOL_LBRACKET
opt_comma: %empty | ","
%%

static void *refuse_memory(size_t size) {
  (void)size;
  return NULL;
}

/* What a token is in the parser's two numberings. */
static const short token_codes[TOKEN_KINDS] = {
#define TOKEN(name, text) [TOKEN_##name] = T_##name,
#include "ir/tokens.def"
};
#define YYSYMBOL_END YYSYMBOL_YYEOF /* bison's name for token 0 */
static const short token_symbols[TOKEN_KINDS] = {
#define TOKEN(name, text) [TOKEN_##name] = YYSYMBOL_##name,
#include "ir/tokens.def"
};

/* Delivers the tokens in order; after an error SYNC and then what begins something new. Inside a body the end of the
 * file is EARLY_END, from which the parser recovers: SYNC, the missing brace, END. */
static int cnn_lex(CNN_STYPE *value, Span *place, Parser *p) {
  const Token *token = &p->tokens.items[p->next];
  value->name = (AstName){0};
  *place = token->span;
  if (p->resume >= 0) {
    p->next = p->resume;
    p->resume = -1;
    token = &p->tokens.items[p->next];
    *place = (Span){token->span.start, token->span.start};
    p->close_body = p->body >= 0 && (token->kind == TOKEN_END || (token->flags & TOKEN_DECLARES));
    return T_SYNC;
  }
  if (p->close_body) {
    p->close_body = false;
    p->body = -1;
    *place = (Span){token->span.start, token->span.start};
    return T_RBRACE;
  }
  p->body_before = p->body;
  if (token->kind == TOKEN_END) return p->body >= 0 ? T_EARLY_END : T_END;
  if (token->kind == TOKEN_NET || token->kind == TOKEN_BLOCK) p->in_net = token->kind == TOKEN_NET;
  if (token->flags & TOKEN_BODY) p->body = token->kind == TOKEN_LBRACE ? p->next : -1;
  if (token->flags & TOKEN_BODY && token->kind == TOKEN_LBRACE) p->body_errors = p->diagnostics->errors;
  p->next++;
  return token_codes[token->kind];
}

static int yyreport_syntax_error(const yypcontext_t *context, Parser *p) {
  yysymbol_kind_t symbols[YYNTOKENS];
  bool expected[TOKEN_KINDS] = {false};
  int count = yypcontext_expected_tokens(context, symbols, YYNTOKENS);
  for (int i = 0; i < count; i++)
    for (int kind = 0; kind < TOKEN_KINDS; kind++)
      if (token_symbols[kind] == (short)symbols[i]) expected[kind] = true;
  bool at_end = p->tokens.items[p->next].kind == TOKEN_END && yypcontext_token(context) <= YYSYMBOL_EARLY_END;
  p->body = p->body_before;
  SyntaxError error = {&p->tokens, at_end ? p->next : p->next - 1, p->body, p->in_net, expected};
  p->resume = report_syntax_error(&error);
  if (p->resume <= p->last_resume) p->resume = next_start(&p->tokens, p->last_resume + 1, p->body >= 0);
  p->last_resume = p->resume;
  return 0;
}

/* Only "memory exhausted" comes here. */
static void cnn_error(const Span *place, Parser *p, const char *message) {
  (void)message;
  report(p->diagnostics, CODE_E0105, *place, "this is nested too deeply");
}

/* Not each byte that no text has, but what the file is. */
static bool refuse_other_file(Diagnostics *diagnostics, const Source *source) {
  FileKind kind = file_kind(source->text, source->length);
  if (kind.use == USE_UNKNOWN || kind.use == USE_EMPTY) return false;
  const char *name = source->name;
  Diagnostic *d = report(diagnostics, CODE_E0105, (Span){0, 0}, "`%s` is not a network in text: it is %s", name, kind.what);
  if (kind.use == USE_ONNX) add_help(d, "`cnnc import %s` makes a network and weights of it", name);
  if (kind.use == USE_PICTURE) add_help(d, "a network reads pictures: `cnnc run NET.cnn --input %s`", name);
  if (kind.use == USE_TENSORS) add_help(d, "a network names its weights, `weights \"%s\"`; or `-w %s` does, behind the network", name, name);
  if (kind.use == USE_UTF16) add_help(d, "save the file as UTF-8");
  if (kind.use == USE_LFS) add_help(d, "`git lfs pull` fetches the file");
  return true;
}

Ast *parse_source(Arena *arena, Diagnostics *diagnostics, const Source *source) {
  Parser parser = {.arena = arena, .diagnostics = diagnostics, .body = -1, .resume = -1, .last_resume = -1};
  int errors = diagnostics->errors;
  parser.ast = ARENA_NEW(arena, Ast);
  parser.ast->source = source;
  parser.tokens = (TokenList){.arena = arena, .diagnostics = diagnostics, .source = source};
  if (source->length > MAX_SOURCE_BYTES) {
    report(diagnostics, CODE_E0105, (Span){source->base, source->base}, "the file is larger than %d MiB",
           MAX_SOURCE_BYTES >> 20);
  } else {
    if (refuse_other_file(diagnostics, source)) {
      Source *nothing = ARENA_NEW(arena, Source);
      *nothing = (Source){.name = source->name, .text = "", .base = source->base};
      parser.tokens.source = nothing;
    }
    scan_tokens(&parser.tokens);
    if (arrange_tokens(&parser.tokens)) cnn_parse(&parser);
  }
  TokenList *tokens = ARENA_NEW(arena, TokenList);
  *tokens = parser.tokens;
  parser.ast->tokens = tokens;
  if (diagnostics->errors != errors) parser.ast->broken = true;
  return parser.ast;
}
