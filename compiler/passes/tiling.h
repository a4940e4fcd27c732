/* tiling.h - a nest that is computed in tiles: what the loops over tiles (lower_tiled.c) and the kernels
 * (build_kernel.c, build_plain_kernel.c) know of it. */
#ifndef CNNC_PASSES_TILING_H
#define CNNC_PASSES_TILING_H
#include "passes/lower_nest.h"

enum { MAX_KERNEL_PARAMS = 64 };

/* One use of an operand in the kernel. */
typedef struct KernelOperand {
  const BoundOperand *bound;      /* NULL for those that the nest never reads */
  Expr *origin;                   /* offset of the tile's first element from the layer's pointer, in axis variables */
  Expr *step_tile;                /* distance between neighbours along the tile axis, as the kernel knows it, */
  Expr *step_reduction[MAX_AXES]; /* and along each reduction axis */
  Expr *step_outside;             /* along the one that stands outside the kernel */
  bool along_lanes;               /* neighbours along the lane axis are neighbours in memory */
  bool streamed;                  /* packed numbers, read once from front to back, */
  int64_t per_lane;               /* so many for each channel */
} KernelOperand;

/* A window that slides: taps of neighbouring points read the same columns, each of which is loaded once. The taps of the
 * innermost reduction axis are written out. */
typedef struct Slide {
  int taps;             /* how many; 0: the window does not slide */
  int stride, dilation; /* in columns */
  int operand;          /* that slides */
  bool columns_first;   /* each column is reduced on its own, then those of each point (reduce_columns.c) */
  Expr *column;         /* distance of its columns */
} Slide;

typedef struct Tiling {
  const StepBinding *b;
  Arena *arena;
  const Nest *nest;
  const Axis *lane, *tile; /* tile: NULL, there is none or it has one point */
  Axis reductions[MAX_AXES];
  int reduction_count;
  const Axis *outside; /* the reduction axis of which the kernel computes one step, and is told which; NULL: it has all */
  KernelOperand *operands;
  KernelOperand output;
  const struct PointRun *run; /* of points with the same limits, whose tiles are being written; NULL: limits go by name */
  /* of the kernel being built: */
  bool reducing; /* what is being written stands inside the reduction loops */
  int points, vectors, lanes;
  int64_t channels; /* that are stored */
  Slide slide;
  int tap; /* that is being written, of a window that slides; -1: a loop visits them */
  LoopParam params[MAX_KERNEL_PARAMS];
  Expr *arguments[MAX_KERNEL_PARAMS];
  int param_count;
} Tiling;

static inline Expr *mul(const Tiling *t, Expr *x, Expr *y) { return expr_binary(t->arena, OP_MUL, x, y); }
static inline Expr *add(const Tiling *t, Expr *x, Expr *y) { return expr_binary(t->arena, OP_ADD, x, y); }
static inline Expr *number(const Tiling *t, int64_t n) { return expr_int(t->arena, n); }

/* Whether the operand differs between the points of a tile. */
static inline bool moves_with_tile(const KernelOperand *k) { return !expr_is_int(k->step_tile, 0); }
/* Whether an expression of the nest reads an operand. */
bool reads_operand(const Tiling *t, Expr *e, int operand);
/* In the kernel, while it is built: where a reduction ends, */
Expr *reduction_end(const Tiling *t, int reduction);
/* the offset of an operand at the current point of the reductions, or outside of them at their start, */
Expr *kernel_offset(const Tiling *t, const KernelOperand *k, Expr *point);
/* whether what lies behind the last channels may be read, and ignored: not where another thread may be writing it, */
bool reads_whole_vectors(const Tiling *t, const KernelOperand *k);
/* the loops of the reductions; `written_out`: the body holds all taps of a window that slides, */
Stmt *wrap_reductions(const Tiling *t, Stmt *body, bool written_out);
/* its text for compilers without vectors, */
Stmt *plain_body(const Tiling *t);
/* of that, the loops that finish and store the accumulators: `first` is the one of a point and channel, such as an element
 * of an array at this place. */
Stmt *store_results(const Tiling *t, Expr *first);
Expr *place_in_array(const Tiling *t, int64_t channels);
/* The call for a tile of so many points at ox (NULL: there is no tile axis) by so many channels at oc; makes the kernel
 * if it is new. */
Stmt *call_kernel(const Tiling *layer, int points, int vectors, int64_t channels, Expr *ox, Expr *oc);

/* name_kernel.c */
bool is_dense(const Tiling *t);
/* kernel_conv_6x64_ky_ic_relu: operator, points by channels, loops, what is fused. Operators with numbers of their own
 * make it the layer's kernel. */
const char *kernel_name(const Tiling *t, bool of_layer);
const char **kernel_comment(const Tiling *t, int *count);

/* kernel_prefetch.c */
/* Whether the kernel asks for its own weights some steps before it needs them, */
bool asks_weights(const Tiling *t);
/* and for the lines of its results. */
bool asks_results(const Tiling *t);
/* The weights whose next block the kernel asks for; NULL: it does not. */
const KernelOperand *asked_ahead(const Tiling *t);
/* The input of which it asks for the next tile's part; NULL: it does not. */
const KernelOperand *asked_input(const Tiling *t);
/* Arguments: the first number that a tile asks for, from its own first weight on, and how many follow with each step of
 * the reduction. */
Expr *first_ahead(const Tiling *t);
Expr *step_ahead(const Tiling *t);
/* Statements: at the start of the kernel, before the reduction, and for each of its steps. */
Stmt *prefetch_results(const Tiling *t);
Stmt *begin_ahead(const Tiling *t);
Stmt *prefetch_weights(const Tiling *t, const KernelOperand *weights);

/* sum_in_parts.c: whether a sum is made of parts that are summed for themselves, so that rounding errors grow less with its length, */
bool sums_in_parts(const Tiling *t);
/* how many terms a part has, which the kernel is told as PART, */
Expr *terms_of_part(const Tiling *t);
/* and the loop over the parts: `first` declares the sums, `update` adds a term, `last` stores what they are then. */
#define PART "part_terms"
Stmt *for_each_part(const Tiling *t, Stmt *first, Stmt *update, Stmt *last);
/* Whether sums of earlier parts stand in the result. */
Expr *follows_parts(const Tiling *t);

/* lower_tiled.c */
void drop_reduction(Tiling *t, int index);

/* reduction_outside.c: gives the outermost reduction axis to the loops around the kernel, if there are others, */
void move_reduction_outside(Tiling *t);
/* the offset of what the kernel reads in this step, */
Expr *offset_outside(const Tiling *t, const KernelOperand *k);
/* whether sums of earlier steps wait in the result, and whether none follow. */
Expr *follows_steps(const Tiling *t);
Expr *is_last_step(const Tiling *t);

/* slide_taps.c: whether the tiles of this size have windows that slide, */
Slide find_slide(const Tiling *tiling);
/* the nest where their number is known, */
const Nest *with_number_of_taps(const Tiling *tiling);
/* and one step of the reductions outside them, for all accumulators; */
Stmt *update_sliding(const Tiling *tiling, Expr *e);
/* with which tap a point reads a column; -1: with none. */
int tap_of(const Slide *slide, int point, int column);

/* reduce_columns.c: the accumulators, from columns that are reduced first. */
Stmt *reduce_columns(const Tiling *tiling);

/* build_kernel.c: parts of a kernel's text. What an operand is called that was read before, reading it, what is calculated with
 * it, and where that goes. */
const char *hoisted_name(const Tiling *t, const KernelOperand *k, int point, int v);
Expr *load_float(const Tiling *t, const KernelOperand *k, int point, int v);
Expr *vectorised(const Tiling *t, Expr *e, int point, int v, bool direct);
const char *acc_name(const Tiling *t, int point, int v);
#endif
