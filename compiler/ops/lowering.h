/* lowering.h - what operators use to say their loop nests: tensors by index, not by address.
 *
 * Operands are numbered in the order in which they are first used. The pass that lowers decides where they lie. */
#ifndef CNNC_OPS_LOWERING_H
#define CNNC_OPS_LOWERING_H
#include "ir/nest.h"
#include "ir/operator.h"
#include "ops/infer.h"

struct Lowering {
  Arena *arena;
  Operand *operands;
  int operand_count;
  int first_operand;            /* reads before this one are another's: the same tensor read here is a new operand */
  Expr *channel, *row, *column; /* of the element that `apply` computes */
  Value *const *stages;         /* what the operator's earlier stages computed */
  bool portable;                /* --numerics portable: results keep their bits from version to version */
};

/* Input i of the node at channel c, row y, column x, as a float. */
Expr *input_at(Lowering *l, const Node *node, int i, Expr *c, Expr *y, Expr *x);
/* Any tensor of the graph at channel c, row y, column x, as a float. */
Expr *value_at(Lowering *l, const Value *value, Expr *c, Expr *y, Expr *x);
/* What stage i of the operator computed, at channel c, row y, column x. */
Expr *stage_at(Lowering *l, int i, Expr *c, Expr *y, Expr *x);
/* Parameter in slot i of the node (the index has as many parts as the parameter has dimensions). */
Expr *parameter_at(Lowering *l, const Node *node, int i, Expr *i0, Expr *i1, Expr *i2, Expr *i3);
/* The output of the node as an operand of LOOPS operators: what was stored there. */
Expr *output_at(Lowering *l, const Node *node, Expr *c, Expr *y, Expr *x);
/* A STORE without a pointer (var NULL), whose index is the ACCESS of the place. */
Stmt *store_output(Lowering *l, const Node *node, Expr *c, Expr *y, Expr *x, Expr *value);

/* The channel of the element that `apply` computes. */
Expr *channel_index(Lowering *l);

/* Axes, in the names that the field uses. */
void add_result_axis(Nest *nest, const char *var, const Size *extent);
void add_reduction_axis(Nest *nest, const char *var, const Size *extent, Expr *begin, Expr *end);

/* out * stride + tap * dilation - padding before: the row or column of the input that a tap of a window reads. */
Expr *window_index(Lowering *l, const Window *w, int axis, Expr *out, Expr *tap);
/* acc = step, after the result: what a nest without a reduction makes of the operand that it begins with. */
void set_own_step(Nest *nest, Expr *step);
/* The result stands at channel oc, row oy, column ox. */
void store_at_result_axes(Lowering *l, Nest *nest);

/* Shorthand. */
Expr *add_expr(Lowering *l, Expr *a, Expr *b);
Expr *sub_expr(Lowering *l, Expr *a, Expr *b);
Expr *mul_expr(Lowering *l, Expr *a, Expr *b);
Expr *div_expr(Lowering *l, Expr *a, Expr *b);
/* x / count, as a product with the reciprocal that has the same bits whether count is known here or at run time only. */
Expr *mean_expr(Lowering *l, Expr *x, Expr *count);
Expr *max_expr(Lowering *l, Expr *a, Expr *b); /* NaN in either wins, as in PyTorch; so it does in min_expr */
Expr *min_expr(Lowering *l, Expr *a, Expr *b);
Expr *abs_expr(Lowering *l, Expr *x);
Expr *clamp_expr(Lowering *l, Expr *x, double low, double high); /* a NaN stays one */
/* x in a variable of its own: for what is used several times, or must be rounded before it is calculated with. */
Expr *named_expr(Lowering *l, const char *name, Expr *x);
Expr *int_expr(Lowering *l, int64_t value);
Expr *size_expr(Lowering *l, const Size *size);
Expr *var_expr(Lowering *l, const char *index);
Expr *float_expr(Lowering *l, double value);
Expr *accumulator(Lowering *l);
#endif
