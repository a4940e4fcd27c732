/* winograd.h - F(m, r): m results of a correlation with r taps from m + r - 1 products, along rows and columns:
 *
 *     Y = A [ (G g H') . (B d C') ] D'       g: a kernel, d: a tile of the input, . element by element
 *
 * A, B, G belong to the rows, D, C, H to the columns. After Winograd (1980) and Lavin and Gray (2015). Points of interpolation
 * come in pairs p, -p between 0 and infinity, so rows 2k-1 and 2k of B, and columns of A, differ in the signs of every second
 * element only; kernels rely on it. */
#ifndef CNNC_PASSES_WINOGRAD_H
#define CNNC_PASSES_WINOGRAD_H
#include "passes/bind_operands.h"

enum { WINOGRAD_MOST_RESULTS = 4, WINOGRAD_MOST_TAPS = 7, WINOGRAD_MOST_POINTS = 8, WINOGRAD_MOST_PAIRS = WINOGRAD_MOST_POINTS / 2 - 1 };

typedef struct Winograd {                                     /* one axis; matrices as lists of rows */
  int results, taps, points;                                  /* m, r, m + r - 1 */
  double kernel[WINOGRAD_MOST_POINTS][WINOGRAD_MOST_TAPS];    /* G */
  double input[WINOGRAD_MOST_POINTS][WINOGRAD_MOST_POINTS];   /* B', all floats, as A is */
  double output[WINOGRAD_MOST_RESULTS][WINOGRAD_MOST_POINTS]; /* A */
} Winograd;

/* The form of tiles of `results`, 2 or 4, for such a kernel; taps 0: there is none. */
WinogradForm winograd_form(int results, const int64_t kernel[2]);
/* Rounding errors of a form in those of the direct one, about; 1: all of its numbers are halves or whole, so that it is as exact. */
double winograd_errors(WinogradForm form);
/* Of axis 0, rows, or 1, columns. */
Winograd winograd_of(WinogradForm form, int axis);

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
/* The same for each of the threads that share its tiles: so many elements for one, whole cache lines. Chunks become such that each
 * thread has as many. */
void make_tiles_for_threads(Plan *plan, Step *step);
int64_t winograd_part(const WinogradShape *shape);

/* U = G g H' for `count` kernels: their taps one plane after the other to planes of numbers of U. */
void transform_winograd_kernels(WinogradForm form, const float *taps, int64_t count, float *planes);

/* Calls of kernels, which are added to the program. They walk over `count` tiles from number `tile`, variables for which the
 * caller puts what it wants; the last ones of a row or column begin earlier, so that they end with the map: what others computed before is not stored again. */
Stmt *call_winograd_input(const StepBinding *b);
Stmt *call_winograd_output(const StepBinding *b);
/* The constant KIND_STEP, a distance in the scratch. */
Expr *winograd_constant(const StepBinding *b, const char *kind, int64_t value);
#endif
