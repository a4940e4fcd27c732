/* nest.h - a loop nest with one accumulator, not yet scheduled: what conv, fc and pooling have in common.
 *
 *     for each point of the result axes:
 *       acc = initial
 *       for each point of the reduction axes: acc = update(acc, accesses)
 *       acc = result(acc, accesses); acc = epilogue(acc, accesses), ..
 *       output = acc
 *
 * Where the points of a result need different windows (the phases of a transposed convolution), each kind of point has a
 * nest of its own; they share the axes of lanes and tiles.
 *
 * Expressions name axes by their variables and tensors by EXPR_ACCESS; the accumulator is the variable "acc". How the
 * points are visited (tiles, lanes) is the plan's business. */
#ifndef CNNC_IR_NEST_H
#define CNNC_IR_NEST_H
#include "ir/loop.h"

enum { MAX_AXES = 8, MAX_FUSED = 16 };

/* What an EXPR_ACCESS refers to by number. */
typedef struct Operand {
  const Value *value;         /* a tensor of the graph, or */
  const Parameter *parameter; /* numbers that a node owns */
} Operand;

typedef struct Axis {
  const char *var; /* oy ox oc | ky kx ic, and g for groups */
  const Size *extent;
  /* Reduction axes of a window clipped at the edges run from begin to end (in result variables); NULL: 0 to extent. */
  Expr *begin, *end;
} Axis;

/* Says of a nest that it is a correlation of planes, which can be computed in other ways:
 *     update = acc + input[channel][point * stride + tap * dilation - ..] * weight[lane][channel][tap] */
typedef struct Correlation {
  int input, weight;                         /* operands */
  int64_t kernel[2], stride[2], dilation[2]; /* of rows, of columns */
  const char *point[2], *tap[2], *channel;   /* axes: rows and columns of the result and of the kernel; channels that are summed */
} Correlation;

typedef struct Nest {
  Axis result_axes[MAX_AXES], reduction_axes[MAX_AXES]; /* outermost first */
  int result_count, reduction_count;
  const char *lane_axis;  /* result axis along which neighbours lie side by side (channels); NULL: none */
  const char *tile_axis;  /* result axis to compute several points of at once (ox); NULL: none */
  Expr *initial, *update; /* both NULL: no reduction, and `result` is an operand that the epilogue goes on from */
  bool associates;        /* update puts one element to `acc`, as a sum or a maximum: parts may be reduced on their own first */
  Stmt *before;           /* LETs over result variables that bounds and result use (window limits); NULL: none */
  Expr *result;
  Expr *epilogue[MAX_FUSED + 1]; /* a step of the operator itself, then those of fused ones, each over "acc" */
  int epilogue_count;
  Expr *output[MAX_RANK];         /* index of the result: channel, row, column */
  const Correlation *correlation; /* NULL: it is none, or nobody looked */
  struct Nest *next;              /* for the points of the result that this one leaves out; NULL: there are none */
} Nest;

/* NULL: the nest has no result axis of that name. */
const Axis *find_axis(const Nest *nest, const char *name);
/* The result axis right outside the tile axis; NULL: there is none. */
const Axis *axis_of_rows(const Nest *nest);
/* Shows every expression of the nest, not of those after it, to `visit` (rewrite_expr); what that returns is dropped. */
void visit_nest(Arena *arena, const Nest *nest, ExprVisit *visit, void *context);
#endif
