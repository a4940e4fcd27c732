/* winograd_kernel.h - what the kernels of Winograd's two transforms have in common while they are written: channels in vectors of
 * named variables, parameters for distances and extents, a loop over tiles. */
#ifndef CNNC_PASSES_WINOGRAD_KERNEL_H
#define CNNC_PASSES_WINOGRAD_KERNEL_H
#include "passes/lower_nest.h"
#include "passes/winograd.h"

typedef struct Transform { /* a kernel being written */
  const StepBinding *b;
  Arena *a;
  Winograd rows, columns;
  int lanes, valid; /* of a vector, and how many of them are channels; 1: the plain form */
  Expr **offset;    /* of each operand where the result is computed, as a function of the nest's axes; NULL: it is not read there */
  LoopParam *params;
  Expr **arguments;
  int param_count;
} Transform;

Transform new_transform(const StepBinding *b);

static inline Expr *add(const Transform *t, Expr *x, Expr *y) { return expr_binary(t->a, OP_ADD, x, y); }
static inline Expr *sub(const Transform *t, Expr *x, Expr *y) { return expr_binary(t->a, OP_SUB, x, y); }
static inline Expr *mul(const Transform *t, Expr *x, Expr *y) { return expr_binary(t->a, OP_MUL, x, y); }
static inline Expr *number(const Transform *t, int64_t n) { return expr_int(t->a, n); }
static inline Expr *index_var(const Transform *t, const char *name) { return expr_index(t->a, name); }
static inline Type vector(const Transform *t) { return (Type){SCALAR_F32, t->lanes}; }
/* "m", 1, 2: m1_2 */
static inline const char *name2(const Transform *t, const char *name, int i, int j) { return arena_printf(t->a, "%s%d_%d", name, i, j); }

/* The value in a variable, which the body gets. */
Expr *named(const Transform *t, Stmt **body, const char *name, Expr *value);

/* Parameters, with what the layer passes for them. */
void add_pointer_param(Transform *t, const char *name, bool is_const, Expr *argument);
void add_number_param(Transform *t, const char *name, Expr *argument);
/* Which tiles, and where the last ones begin. For `tile` and `count` the layer puts what it wants. */
void add_tile_params(Transform *t);

/* sum + factor * x; sum is NULL where nothing was added yet */
Expr *add_term(const Transform *t, Expr *sum, double factor, Expr *x);
/* sum + factor[0] * x[0] + ..: terms without a product first, so that each product is added by the instruction that makes it. */
Expr *weighted_sum(const Transform *t, Expr *sum, const double *factor, Expr *const *x, int count);

/* Where tile number tile + t begins: oy and ox; row and column are those that follow from its number. */
Stmt *locate_tile(const Transform *t);
/* pointer + oy * row + ox * column */
Expr *place_in_map(const Transform *t, const char *pointer, const char *row, const char *column);
Stmt *tile_loop(const Transform *t, Stmt *body);

/* Offset at which e reads an operand, as a function of the nest's axes; `known` if it does not. */
Expr *offset_in(const StepBinding *b, int operand, Expr *e, Expr *known);
/* The same where all axes are 0. */
Expr *at_origin(const Transform *t, Expr *offset);

/* Adds the kernel `kernel_winogradFORM_WHATREST` and calls it; under the layer's name if one of that name does something else. */
Stmt *share_kernel(Transform *t, Function kernel, const char *what, const char *rest, bool of_layer);
#endif
