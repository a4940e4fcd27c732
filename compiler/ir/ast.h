/* ast.h - what was written: one node per construct of the grammar, each with its span.
 *
 * Names are not resolved, nothing is evaluated and no default is filled in. Comments are kept beside the tree, for the
 * formatter. Built by grammar/cnn.y through the constructors of ast_build.h; printed by print_ast. */
#ifndef CNNC_IR_AST_H
#define CNNC_IR_AST_H
#include <stdbool.h>
#include <stdint.h>
#include "support/diagnostics.h"

typedef struct AstExpr AstExpr;
typedef struct AstArg AstArg;
typedef struct AstFlow AstFlow;
typedef struct AstStage AstStage;

/* A name with its place. A path ("layer1.0", "block{i}") is a name too; text is NULL for an absent optional name. */
typedef struct AstName {
  const char *text;
  Span span;
} AstName;

typedef enum AstBinaryOp {
  AST_OR,
  AST_AND,
  AST_EQ,
  AST_NE,
  AST_LT,
  AST_GT,
  AST_LE,
  AST_GE,
  AST_ADD,
  AST_SUB,
  AST_MUL,
  AST_DIV,
  AST_FLOOR_DIV,
  AST_MOD,
  AST_POW
} AstBinaryOp;

typedef enum AstExprKind {
  AST_INT,    /* integer; E0104 was reported if it does not fit */
  AST_FLOAT,  /* text as written; value rounded to double */
  AST_SIZE,   /* 3x3: items of INT expressions */
  AST_STRING, /* text, escapes resolved (\" \\ \n \t) */
  AST_TRUE,
  AST_FALSE,
  AST_NONE,
  AST_NAME, /* text */
  AST_CALL, /* text(args) */
  AST_NOT,
  AST_NEGATE,      /* left */
  AST_BINARY,      /* op left right */
  AST_GROUP,       /* (left): kept so that the formatter can print it back */
  AST_TUPLE,       /* (items, ..), two or more */
  AST_NAMED_TUPLE, /* (name = .., ..): args */
  AST_LIST         /* [items, ..] */
} AstExprKind;

struct AstExpr {
  AstExprKind kind;
  Span span;
  AstExpr *next; /* in items */
  int depth;     /* of the tree from here down, at most 256: walking it may recurse */
  int64_t integer;
  double real;
  const char *text;
  AstBinaryOp op;
  AstExpr *left, *right;
  AstExpr *items;
  AstArg *args;
};

struct AstArg { /* expr or name = expr */
  AstName name; /* text NULL: positional */
  AstExpr *value;
  Span span;
  AstArg *next;
};

typedef struct AstType { /* float32[3, H, W]; dtype.text NULL when not written */
  AstName dtype;
  AstExpr *sizes;
  Span span;
} AstType;

typedef struct AstNameList {
  AstName name;
  struct AstNameList *next;
} AstNameList;

/* `name` or `name(args)`: an operation, a block or a shared layer. */
typedef struct AstCall {
  AstName name;
  bool parenthesised;
  AstArg *args;
  Span span;
} AstCall;

typedef struct AstArm { /* of a branch: [name =] chain */
  AstName name;
  AstStage *chain;
  Span span;
  struct AstArm *next;
} AstArm;

typedef enum AstStageKind {
  AST_STAGE_CALL,      /* call */
  AST_STAGE_BRANCH,    /* arms */
  AST_STAGE_REPEAT,    /* repeat from { body }; variable.text NULL */
  AST_STAGE_REPEAT_IN, /* repeat variable in from .. to { body } */
  AST_STAGE_IF         /* if from { body } else { otherwise } */
} AstStageKind;

struct AstStage {
  AstStageKind kind;
  AstName label; /* text NULL: none; may be a path or digits */
  AstCall call;
  AstArm *arms;
  AstName variable;
  AstExpr *from, *to;
  AstStage *body, *otherwise; /* chains; otherwise NULL when there is no else */
  Span span;                  /* of the node without its label */
  AstStage *next;             /* after -> */
};

typedef enum AstSourceKind { AST_SOURCE_NAME, AST_SOURCE_NUMBER, AST_SOURCE_LIST } AstSourceKind;

struct AstFlow { /* source -> stage -> .. */
  AstSourceKind kind;
  AstName name;    /* NAME: a name or path */
  AstExpr *number; /* NUMBER */
  AstFlow *items;  /* LIST */
  Span source_span;
  AstStage *stages;
  Span span;
  AstFlow *next; /* in a list */
};

typedef enum AstStmtKind {
  AST_STMT_ASSIGN,  /* names[0] [: type] = flow */
  AST_STMT_UNPACK,  /* [names] = flow */
  AST_STMT_SHARED,  /* shared names[0] = call */
  AST_STMT_INPUT,   /* input names : type (args) */
  AST_STMT_OUTPUT,  /* output names[0] [: type] (args) = flow */
  AST_STMT_WEIGHTS, /* weights string (args) { rules } */
  AST_STMT_META     /* meta names[0] = value */
} AstStmtKind;

typedef struct AstRule { /* rename "x" = label | ignore "x" */
  bool rename;
  AstName pattern, label;
  Span span;
  struct AstRule *next;
} AstRule;

typedef struct AstStmt {
  AstStmtKind kind;
  AstNameList *names;
  AstType *type; /* NULL: not written */
  AstFlow *flow;
  AstCall call;
  AstArg *args;
  AstName string; /* weights: the file */
  AstRule *rules;
  AstExpr *value;
  const char *doc; /* of ## lines before it; NULL: none */
  Span span;
  struct AstStmt *next;
} AstStmt;

typedef struct AstParam { /* of a block or net: name [= value] */
  AstName name;
  AstExpr *value; /* NULL: required */
  struct AstParam *next;
} AstParam;

typedef struct AstTensorParam { /* of a block: name [: type]; the type's sizes bind names */
  AstName name;
  AstType *type;
  struct AstTensorParam *next;
} AstTensorParam;

typedef enum AstDeclKind { AST_USE, AST_DIM, AST_CONST, AST_DEFAULT, AST_META, AST_BLOCK, AST_NET } AstDeclKind;

typedef struct AstDecl {
  AstDeclKind kind;
  AstName name; /* USE: the string */
  Span span;
  const char *doc;
  int64_t from, to;        /* DIM; to = -1: no upper bound */
  AstArg *args;            /* DIM, DEFAULT */
  AstType *type;           /* CONST */
  AstExpr *value;          /* CONST, META */
  AstTensorParam *tensors; /* BLOCK */
  bool tensor_list;        /* BLOCK: [a, b] -> .. */
  AstParam *params;        /* BLOCK, NET */
  bool has_params;         /* parentheses were written */
  AstStmt *statements;     /* BLOCK, NET, in order */
  AstFlow *result;         /* BLOCK: return */
  struct AstDecl *next;
} AstDecl;

enum { LANGUAGE_VERSION = 1 };

typedef struct AstComment {
  Span span;     /* from # to the end of the line */
  bool own_line; /* nothing but blanks before it on its line */
} AstComment;

typedef struct Ast {
  const Source *source;
  int64_t version; /* LANGUAGE_VERSION, of `cnn N`; 0 when not written */
  AstDecl *declarations;
  const struct TokenList *tokens; /* beside the tree, with the comments, for the formatter */
  bool broken;                    /* errors were reported; the tree holds what could be read */
} Ast;

/* Reads a source. Syntax errors are reported, several at once; the tree then holds the parts that were understood. */
Ast *parse_source(Arena *arena, Diagnostics *diagnostics, const Source *source);

/* The tree as an indented outline, a construct a line; the text of --dump=ast and of the .ast goldens. With places, each
 * line ends with the line:column of the construct. */
void print_ast(Text *out, const Ast *ast, bool places);
#endif
