/* loop.h - what the emitted C will do, before it is text: loads, stores, scalar and vector arithmetic, loops.
 *
 * Invariants (verify_loops): every variable is bound by an enclosing FOR or LET or is a parameter; no EXPR_ACCESS
 * remains, nor an EXPR_NAMED after name_values; types agree. Constructors fold constants as they build. Trees are immutable once built: passes make new
 * ones. Knows no operators. */
#ifndef CNNC_IR_LOOP_H
#define CNNC_IR_LOOP_H
#include <stdbool.h>
#include <stdint.h>
#include "ir/graph.h"
#include "support/name_table.h"

typedef enum Scalar { SCALAR_INDEX, SCALAR_BOOL, SCALAR_F32, SCALAR_U8, SCALAR_I8, SCALAR_I16, SCALAR_I32 } Scalar;

typedef struct Type {
  Scalar scalar;
  int lanes; /* 1: a scalar; more: a vector */
} Type;

typedef enum BinaryOp {
#define BINARY(name, token, precedence, is_comparison, fold) OP_##name,
#include "ir/loop_ops.def"
  BINARY_OP_COUNT
} BinaryOp;

/* Functions of one number that the runtime provides. */
typedef enum MathFunction { MATH_EXP, MATH_LOG, MATH_TANH, MATH_SIGMOID, MATH_ERF, MATH_SQRT, MATH_ROUND, MATH_COUNT } MathFunction;
const char *math_name(MathFunction function); /* "exp" */

typedef enum ExprKind {
  EXPR_INT,       /* integer, an index */
  EXPR_SIZE,      /* value, an index: a size that varies with the dims */
  EXPR_FLOAT,     /* real, rounded to float */
  EXPR_CONSTANT,  /* an index known by name: text, with its value; "ROW_CONV1" (the printer adds the prefix) */
  EXPR_VAR,       /* text */
  EXPR_WEIGHTS,   /* the packed numbers called text: a pointer; integer 1: they stand in the code */
  EXPR_ACCESS,    /* tensor element, before addresses are decided: operand and index per dimension */
  EXPR_LOAD,      /* text[left], of `type`: a pointer variable and an offset in elements. integer: how many lanes
                     * of a vector may be read (the others are 0); 0: all */
  EXPR_BINARY,    /* op left right */
  EXPR_SELECT,    /* condition ? left : right */
  EXPR_MATH,      /* function(left) */
  EXPR_CAST,      /* (type)left */
  EXPR_BROADCAST, /* left in every lane */
  EXPR_NAMED      /* left, in a variable called text or the like: an operator wants it rounded once, or uses it twice */
} ExprKind;

typedef struct Expr Expr;
struct Expr {
  ExprKind kind;
  Type type;
  int64_t integer;
  const Size *value; /* SIZE, CONSTANT */
  double real;
  const char *text;
  int operand; /* ACCESS: which operand of the lowering */
  int rank;
  Expr *index[MAX_PARAMETER_RANK];
  BinaryOp op;
  MathFunction function;
  Expr *condition, *left, *right;
};

typedef enum StmtKind {
  STMT_FOR,      /* for (var = begin; var < end; var += step) body */
  STMT_LET,      /* type var = value; `mutable` if a SET follows */
  STMT_ARRAY,    /* type var[index], a local array; index is a number */
  STMT_POINTER,  /* [const] element *var = pointer + offset: value is the pointer expression */
  STMT_SET,      /* var = value */
  STMT_ADVANCE,  /* var += value, for a pointer */
  STMT_STORE,    /* var[index] = value; lanes < value's lanes: only the first `lanes` are written. Before addresses
                 * are decided, var is NULL and index is an EXPR_ACCESS */
  STMT_CALL,     /* callee(arguments) */
  STMT_IF,       /* if (value) body */
  STMT_VECTORS,  /* body, which calculates with vectors; for compilers without them: plain */
  STMT_PREFETCH, /* var[index] will be needed soon, or later; it may lie beyond the end */
  STMT_PARALLEL, /* body, by a team of threads: `share` says who runs what; all wait at its end, */
  STMT_MEET      /* and here */
} StmtKind;

/* Who runs a statement of a PARALLEL. Stores and calls stand in a FOR whose turns are dealt out, or are run by one. */
typedef enum Sharing {
  SHARE_ALL,   /* every thread: what leads to a statement that is shared out */
  SHARE_TURNS, /* a FOR: each turn by one thread */
  SHARE_ONE    /* by any one thread */
} Sharing;

typedef struct Stmt Stmt;
struct Stmt {
  StmtKind kind;
  Stmt *next;
  const char *var; /* or callee */
  Type type;       /* LET, POINTER (of the element) */
  bool is_const;   /* LET and POINTER: it, or what it points to, is never written */
  Expr *begin, *end, *step;
  bool independent; /* FOR: no turn reads or writes what another one writes, so that they may run in any order or at once */
  Sharing share;
  Expr *index, *value;
  int lanes;
  bool later;          /* PREFETCH: not so soon that it should fill the first cache */
  Stmt *body, *plain;  /* plain: VECTORS */
  const char *comment; /* FOR: above it; NULL: none */
  Expr **arguments;
  int argument_count;
};

typedef struct LoopParam {
  const char *name;
  bool pointer, is_const;
  Type type;
} LoopParam;

typedef struct Function {
  const char *name;     /* without the prefix of the net */
  const char **comment; /* lines above it */
  int comment_count;
  LoopParam *params;
  int param_count;
  bool kernel; /* an inner kernel: kept out of line */
  Stmt *body;
  Span span;        /* what it computes in the source; {0, 0}: nothing that stands there */
  Stmt *plain_body; /* for compilers without vectors; NULL: the body has none */
} Function;

/* Everything that is computed, in source order. */
typedef struct LoopProgram {
  const Dim *const *dims; /* sizes that are known at run time only: variables of run and, where needed, parameters */
  int dim_count;
  NameTable constants; /* offsets, strides and borders, by name without the net's prefix -> const Size *; those of one buffer together */
  Function **kernels, **layers; /* kernels first: layers call them */
  int kernel_count, layer_count;
  Stmt *run;         /* calls of the layers, for one sample */
  const char *fault; /* cnnc contradicts itself; NULL: all is well */
} LoopProgram;

extern const Type type_index, type_bool, type_f32;
Type type_of_dtype(DType dtype);
bool type_equal(Type a, Type b);

Expr *expr_int(Arena *a, int64_t value);
Expr *expr_float(Arena *a, double value);
Expr *expr_constant(Arena *a, const char *name, const Size *value);
Expr *expr_var(Arena *a, const char *name, Type type);
Expr *expr_index(Arena *a, const char *name); /* a variable of type index */
Expr *expr_weights(Arena *a, const char *name, bool in_code);
Expr *expr_size(Arena *a, const Size *size); /* an INT where it does not vary */
Expr *expr_access(Arena *a, int operand, Type type, int rank, Expr *const *index);
Expr *expr_load(Arena *a, const char *pointer, Expr *offset, Type type);
Expr *expr_binary(Arena *a, BinaryOp op, Expr *left, Expr *right);
Expr *expr_select(Arena *a, Expr *condition, Expr *yes, Expr *no);
Expr *expr_math(Arena *a, MathFunction function, Expr *x);
Expr *expr_cast(Arena *a, Type type, Expr *x);
Expr *expr_broadcast(Arena *a, Expr *x, int lanes);
Expr *expr_named(Arena *a, const char *name, Expr *x);
bool expr_is_int(const Expr *e, int64_t value);
/* Kernels whose text is given (emit/templates): y[column][row] = x[row][column]. Arguments of the first: x, distance of its rows,
 * y, distance of its columns, numbers of rows and columns; of the second, which takes 2 or 3 rows that lie side by side in y:
 * x, distance of its rows, y, numbers of rows and columns. */
#define KERNEL_TRANSPOSE "kernel_transpose"
#define KERNEL_INTERLEAVE "kernel_interleave"
/* The same of 2 or 3 columns that lie side by side in x. Arguments: x, y, distance of its columns, numbers of rows and columns. */
#define KERNEL_DEINTERLEAVE "kernel_deinterleave"
/* y[i] = x[i]. Arguments: x, y, how many. */
#define KERNEL_MOVE "kernel_move"
/* The same expression, part by part. */
bool expr_equal(const Expr *a, const Expr *b);

Stmt *stmt_for(Arena *a, const char *var, Expr *begin, Expr *end, Expr *step, Stmt *body);
Stmt *stmt_if(Arena *a, Expr *condition, Stmt *body);
Stmt *stmt_vectors(Arena *a, Stmt *body, Stmt *plain);
/* A FOR whose turns are independent: over points of a result. */
Stmt *stmt_for_points(Arena *a, const char *var, Expr *begin, Expr *end, Expr *step, Stmt *body);
Stmt *stmt_parallel(Arena *a, Stmt *body);
Stmt *stmt_meet(Arena *a);
Stmt *stmt_let(Arena *a, const char *var, Expr *value, bool is_const);
Stmt *stmt_array(Arena *a, const char *var, Type element, int64_t elements);
Stmt *stmt_pointer(Arena *a, const char *var, Type element, bool is_const, Expr *value);
Stmt *stmt_set(Arena *a, const char *var, Expr *value);
Stmt *stmt_advance(Arena *a, const char *pointer, Expr *value);
Stmt *stmt_store(Arena *a, const char *pointer, Expr *offset, Expr *value, int lanes);
Stmt *stmt_prefetch(Arena *a, const char *pointer, Expr *offset);
Stmt *stmt_prefetch_later(Arena *a, const char *pointer, Expr *offset);
Stmt *stmt_call(Arena *a, const char *callee, Expr *const *arguments, int count);
/* first then second; either may be NULL. */
Stmt *stmt_then(Stmt *first, Stmt *second);

/* Rewrites e bottom-up: visit gets each node with its operands already rewritten and returns it or another. */
typedef Expr *ExprVisit(void *context, Expr *e);
Expr *rewrite_expr(Arena *a, Expr *e, ExprVisit *visit, void *context);
Expr *substitute_var(Arena *a, Expr *e, const char *var, Expr *by);
/* The factor of var in an index expression that is linear in it; 0 if var does not occur. */
Expr *coefficient_of(Arena *a, Expr *e, const char *var);
bool expr_uses_var(const Expr *e, const char *var);
/* Whether the dim must be known where these statements run. */
bool stmts_use_dim(const Stmt *s, const Dim *dim);
bool stmts_use_var(const Stmt *s, const char *var);

/* The size that an index expression without variables is; NULL: it has some. */
const Size *expr_as_size(Arena *a, const Expr *e);
/* What a dim is called in functions: by its own name, where no variable can have that. */
const char *dim_variable(Arena *a, const Dim *dim);

/* The program as an indented outline: --dump=loops. */
void print_loops(Text *out, const LoopProgram *program);
void print_function(Text *out, const Function *function);
/* NULL: well formed. */
const char *verify_loops(Arena *arena, const LoopProgram *program);
#endif
