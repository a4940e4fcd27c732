/* winograd.h - F(m x m, 3x3): m x m results of a 3x3 correlation from (m + 2)^2 products for each pair of channels.
 *
 *     Y = A [ (G g G') . (B d B') ] A'       g: a kernel, d: a tile of the input, . element by element
 *
 * after Winograd (1980) and Lavin and Gray (2015). Points of interpolation come in pairs p, -p between 0 and infinity, so rows
 * 2k-1 and 2k of B, and columns of A, differ in the signs of every second element only; kernels rely on it. */
#ifndef CNNC_PASSES_WINOGRAD_H
#define CNNC_PASSES_WINOGRAD_H
#include "passes/bind_operands.h"

enum { WINOGRAD_MOST_RESULTS = 4, WINOGRAD_MOST_POINTS = 6 };

typedef struct Winograd {                                     /* as lists of rows */
  int results, points;                                        /* m; m + 2 */
  int kernel[WINOGRAD_MOST_POINTS][3], divisor;               /* G, times divisor */
  double input[WINOGRAD_MOST_POINTS][WINOGRAD_MOST_POINTS];   /* B', all floats, as A is */
  double output[WINOGRAD_MOST_RESULTS][WINOGRAD_MOST_POINTS]; /* A */
  const char *errors;                                         /* compared with the direct form, as a comment says it */
} Winograd;

/* results: 2 or 4 */
const Winograd *winograd_of(int results);

/* Of a step that is scheduled so. Distances and sizes in elements of its scratch: V, transformed tiles, then M, products. A
 * chunk's tiles of one plane lie side by side. */
typedef struct WinogradShape {
  int64_t rows, columns;       /* of the result */
  int64_t tile_columns, tiles; /* in a row, in all */
  int64_t in_channels, out_channels;
  int64_t v_tile, v_plane, v_elements; /* distances of tiles and planes */
  int64_t m_tile, m_plane, m_elements;
} WinogradShape;

WinogradShape winograd_shape(const Nest *nest, const Schedule *schedule);

/* What a layer's function says of its form. */
const char *winograd_comment(Arena *arena, const Schedule *schedule);

/* The workspace that the step needs while it runs. */
Buffer *winograd_scratch(Plan *plan, const Step *step);

/* U = G g G' for `count` kernels: their nine taps one plane after the other to (m + 2)^2 planes. */
void transform_winograd_kernels(const Winograd *w, const float *taps, int64_t count, float *planes);

/* Calls of kernels, which are added to the program. They walk over `count` tiles from number `tile`, variables for which the
 * caller puts what it wants; the last ones of a row or column begin earlier, so that they end with the map: what others computed before is not stored again. */
Stmt *call_winograd_input(const StepBinding *b);
Stmt *call_winograd_output(const StepBinding *b);
/* The constant KIND_STEP, a distance in the scratch. */
Expr *winograd_constant(const StepBinding *b, const char *kind, int64_t value);
#endif
