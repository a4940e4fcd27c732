/* plan.h - how a graph is computed: which nodes make one function, where every tensor lies, which tiles and packing.
 *
 * A printable table. Everything here may change speed and memory; nothing here changes results beyond the rounding
 * that --numerics fast allows. Sizes in elements unless they say bytes. Knows no operators by name. */
#ifndef CNNC_IR_PLAN_H
#define CNNC_IR_PLAN_H
#include "ir/nest.h"

typedef struct Border { /* zeros around a tensor, so that windows may reach beyond its edges */
  int64_t top, bottom, left, right;
} Border;

typedef enum BufferKind {
  BUFFER_WORKSPACE, /* in the workspace, at `offset` */
  BUFFER_INPUT,     /* the caller's, read only */
  BUFFER_OUTPUT     /* the caller's */
} BufferKind;

/* A region of memory that the user named: fast RAM beside the workspace, or one for weights. docs/decisions/0027-regions.md */
typedef struct MemoryRegion {
  const char *name; /* "dtcm" */
  int64_t most;     /* bytes that it has; SIZE_LIMIT: as many as are wanted */
  int64_t bytes;    /* of them that are used, also at the greatest sizes */
  int percent;      /* of what a run reads and writes in all its tensors, or reads of all weights: about */
} MemoryRegion;

/* Memory of one or several tensors: [height][width][channels] with a border, or as the caller lays it out. */
typedef struct Buffer {
  int id;           /* index in Plan.buffers */
  const char *name; /* path of the value that it was made for */
  BufferKind kind;
  int caller_index; /* INPUT, OUTPUT: which */
  DType dtype;
  const MemoryRegion *region; /* WORKSPACE: in this one instead, at `offset`; NULL: in the workspace itself */
  const Size *channels, *height, *width;
  bool channels_first; /* the caller's [C][H][W] */
  Border border;
  int64_t gap; /* unused elements after each pixel, so that pixels do not crowd one place of the cache */
  /* Set when all borders are known. */
  const Size *row, *column, *channel; /* distance of neighbours */
  const Size *origin;                 /* of the first element inside the border */
  const Size *elements;               /* of one sample, with the border */
  int64_t samples;                    /* that lie in it side by side; 0: one, for there is one at a time */
  const Size *sample;                 /* distance of neighbouring ones; NULL with --batch 1 */
  int64_t read_beyond;                /* elements after the last that whole vectors may read, and ignore */
  bool striped;                       /* it holds some rows at a time, `height` of them, */
  int64_t above;                      /* and the first stands so many above the one that its reader begins with */
  const Size *offset;                 /* bytes from the start of the workspace or region */
  const Size *bytes;                  /* in the workspace, up to where another buffer may begin */
  int64_t greatest_bytes;             /* in the workspace, at the greatest sizes; SIZE_LIMIT: there are none */
  int first, last;                    /* steps between which its contents matter */
} Buffer;

/* Where a value lies in a buffer: a slice, starting at this channel, row and column. */
typedef struct View {
  Buffer *buffer; /* NULL: the value has no place (a part of a fused group) */
  const Size *channel, *row, *column;
} View;

typedef enum ScheduleKind {
  SCHEDULE_SCALAR,  /* the nest as written, one accumulator; what only moves numbers may be transposed */
  SCHEDULE_TILED,   /* `tile` points by `vectors` of channels in named vector accumulators, in a kernel */
  SCHEDULE_WINOGRAD /* transformed tiles are multiplied as matrices, in such a kernel */
} ScheduleKind;

/* F(rows x columns, kernel): a tile of so many results of a kernel of so many taps. An axis of one tap has one result and stays
 * as it is. All 0: no such form. */
typedef struct WinogradForm {
  int results[2], taps[2]; /* along rows, along columns */
} WinogradForm;
/* Numbers of a transformed tile, each in a plane of its own: products for each pair of channels. */
int winograd_planes(WinogradForm form);
/* F(4x4, 3x3) */
const char *winograd_name(Arena *arena, WinogradForm form);

struct Target; /* passes/targets.h */

typedef struct Schedule {
  ScheduleKind kind;
  /* for which it was chosen: the plan's target, but in tests (imagine_machine.c) */
  const struct Target *machine;
  int lanes;               /* of a vector; 1: floats */
  bool plain;              /* the kernel's loops are plain ones over arrays, of whole vectors that the C compiler may use */
  int tile;                /* most points along the tile axis; the rest is balanced */
  int vectors;             /* most vectors along the lane axis: a block of channels */
  bool flat;               /* rows lie one right after the other everywhere: the tile axis runs over all of them */
  bool channels_outermost; /* each block of channels is computed for all points before the next one; else each row, or where
                            * it is flat each tile, for all blocks */
  bool reduction_outside;  /* a block of channels is computed for all points with one step of the outermost reduction axis before
                            * the next step; sums wait in the result */
  bool tiles_outermost;    /* each tile is computed for all blocks of channels before the next one */
  bool ahead;              /* channels outermost: while a block is computed, the next one's weights are asked for */
  bool input_ahead;        /* while a tile is computed, the input of the next is asked for */
  const char *shared_axis; /* result axis whose points (of the lane axis: blocks) the threads share; NULL: one thread does all */
  /* SCALAR and copies: the axes along which neighbours lie side by side in the result, and in the source. A kernel moves a
   * matrix of these rows by these columns, or a run if both are one; NULL: one number is moved after the other. */
  const char *rows, *columns;
  bool narrow, narrow_source; /* 2 or 3 rows, or columns */
  unsigned moved_axes;        /* bit i: the kernel visits all points of result axis i; where not of the columns, they count as rows */
  /* SCALAR and statements of an operator itself: a row of the input, or of the result, is in scratch memory meanwhile, with its channels apart; or
   * of the result with its pixels together. */
  bool planar_input, planar_result, pixel_result;
  /* WINOGRAD: */
  WinogradForm winograd;
  int chunk;       /* tiles that are transformed, multiplied and transformed back at a time */
  int input_lanes; /* of vectors along the channels of the input */
  int part;        /* most terms of a sum that are added one by one; the sums of such parts are added then. 0: any number */
} Schedule;

/* A step's part in a group of consecutive steps that are computed a stripe of rows at a time, so that what one hands to
 * the next needs memory for the rows of a stripe only. Nothing is computed twice: rows that the next stripe reads again
 * are kept. */
typedef struct Stripe {
  int first, last; /* steps of the group */
  int64_t rows;    /* of the last step's result in a stripe */
  int64_t height;  /* rows of this step's result in all */
  /* The next step's row oy reads `window` rows from oy * stride - above; window >= stride, so that none is left out. */
  int64_t stride, above, window;
  const Dim *row_count; /* how many rows a call of the step's function computes */
} Stripe;

/* The order in which one nest reads a parameter. */
typedef struct PackedPart {
  Expr *index[MAX_PARAMETER_RANK]; /* of the parameter, in terms of the axes below */
  Axis axes[MAX_AXES];             /* outermost first; all extents are numbers */
  int axis_count;
  const char *lane_axis; /* axis that is cut into blocks; NULL: none */
  int64_t lane_extent;   /* its extent, which the blocks add up to */
  int64_t blocks[3][2];  /* {count, width}: first `count` blocks of `width`, .. ; in order along the lane axis */
  int block_kinds;
  WinogradForm winograd; /* axis 0 counts the planes of kernels transformed so, whose taps are these axes; all 0: numbers as they are */
  Axis taps[2];
  int64_t read_beyond;     /* numbers after its last that the last vector reads, and ignores */
  int64_t start, elements; /* in the packed numbers */
} PackedPart;

/* Numbers in the order in which a step reads them; made by pack_weights. */
typedef struct PackedTensor {
  const char *name; /* "conv1_weight" */
  const Parameter *parameter;
  int64_t elements, paragraph; /* paragraph: elements of one output channel or block, for printing */
  PackedPart *parts;           /* one after the other: of the nests of a step that read it in different orders */
  int part_count;
  int64_t read_beyond;             /* zeros that follow the elements */
  int64_t offset;                  /* bytes in the weights blob */
  const MemoryRegion *region;      /* in which its table lies; NULL: none was named for it */
  struct PackedTensor *next_order; /* of the same parameter; NULL: no other */
  float *data;                     /* there, in Plan.weights; of constants, elsewhere */
} PackedTensor;

typedef enum StepKind {
  STEP_NEST,  /* root's nest, then the fused operators on its result */
  STEP_LOOPS, /* root's own statements */
  STEP_COPY   /* result = source, to another layout or place */
} StepKind;

/* One function of the emitted C. */
typedef struct Step {
  StepKind kind;
  const char *name;          /* of the function, a path */
  Node *root;                /* NULL: COPY */
  const struct Stage *stage; /* NEST: what it computes before root's own nest; NULL: it is that */
  Value **stages;            /* what root's stages compute; NULL: it has none */
  Node *fused[MAX_FUSED];
  int fused_count;
  Value *result;    /* what it stores, */
  View output;      /* and where */
  Buffer *scratch;  /* what it needs while it runs; NULL: nothing */
  Value *source;    /* COPY */
  int padding_mode; /* COPY: how the border is filled: 0 zeros, 1 reflect, 2 replicate, 3 circular */
  bool in_place;    /* the result takes the place of a fused operand */
  bool all_samples; /* with --batch: it computes all of them in one call, its nest has an axis `n` */
  bool zero_border; /* it must zero the border around its result first */
  Nest *nest;
  Operand *operands;
  int operand_count;
  Schedule schedule;
  const Stripe *stripe; /* NULL: it is computed as a whole */
  const char *note;     /* why a copy is needed; NULL: nothing to say */
} Step;

typedef struct Plan {
  Arena *arena;
  const Graph *graph;
  const char *target;
  bool portable; /* --numerics portable */
  struct { /* which of Winograd's forms may be chosen: as exact as the direct one, others; and whether they are wherever they can be */
    bool exact, rounded, always;
  } winograd;
  int64_t batch;
  int threads; /* for which the work is shared out; 1: no text is made for more */
  Buffer **buffers;
  Value **values; /* those of the graph, then those that copies make */
  View *views;    /* by Value.id */
  Step **steps;
  PackedTensor **packed;    /* from the weights files */
  PackedTensor **constants; /* given in the source, so they stand in the code */
  PackedTensor **packed_of; /* by Parameter.id: the first of its orders */
  NameTable packed_names, constant_names;
  int value_count, buffer_count, step_count, packed_count, constant_count;
  MemoryRegion **ram, **flash; /* in the order in which they are filled */
  int ram_count, flash_count;
  bool largest_first; /* regions of RAM take what is largest, not what is used most, so that less is left to the workspace */
  const Size *workspace_bytes;
  int64_t lower_bound_bytes; /* the most that lives at one time, at the greatest sizes; -1: there are none */
  int64_t bare_bound_bytes;  /* the same of elements alone: without borders and the ends of vectors and cache lines */
  int64_t workspace_align, weights_bytes;
  unsigned char *weights; /* room for the head of a weights file, then all packed numbers at their offsets */
} Plan;

/* The variable of `run` that points to the region, or to the workspace if it is NULL: "ws_dtcm", "ws". */
const char *region_variable(Arena *arena, const MemoryRegion *region);
/* Whether a step is computed in this form. */
bool has_form(const Plan *plan, ScheduleKind kind);
/* The steps around step k that `run` goes through together, sample by sample; one that computes all samples is alone. */
void steps_of_round(const Plan *plan, int k, int *first, int *last);
/* Cuts an axis of this extent into blocks of the schedule's vectors, as few as possible, of nearly equal width: {count,
 * width}, in order; the last is as narrow as what is left. Returns how many kinds there are. */
int schedule_blocks(const Schedule *schedule, int64_t extent, int64_t blocks[3][2]);

/* --dump=plan: how each step is computed, then where tensors lie, then the totals. */
void print_plan(Text *out, const Plan *plan);
void print_plan_steps(Text *out, const Plan *plan);
void print_plan_totals(Text *out, const Plan *plan);
/* "ram dtcm 61440 bytes of 65536, about 80 % of all accesses": a line for each. */
void print_regions(Text *out, const char *what, MemoryRegion *const *regions, int count);
/* Of how many steps threads share the work. */
int shared_steps(const Plan *plan);
/* "tiled"; nothing where a step has only one form. */
void print_step_form(Text *out, const Step *step);
/* "[64, 0, 0]": the channel, row and column of its buffer at which a view begins; nothing if that is the first of each. */
void print_view_begin(Text *out, const View *view);
/* NULL: well formed. Checks overlaps of live buffers by brute force, alignment, and that slices lie inside. */
const char *verify_plan(Arena *arena, const Plan *plan);
#endif
