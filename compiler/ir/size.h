/* size.h - sizes as expressions: integers, or linear forms over the `dim`s of a file.
 *
 * A Size is immutable and always in normal form, so that equal normal forms are equal sizes:
 *     constant + sum of coefficient * atom
 * where an atom is a dim's counter, a floor division that could not be resolved, a product of atoms, or the larger of
 * two sizes. A dim with multiple_of=m and offset=r is written m * counter + r, which makes divisions by factors of m
 * exact. Arithmetic saturates at +-SIZE_LIMIT. */
#ifndef CNNC_IR_SIZE_H
#define CNNC_IR_SIZE_H
#include <stdbool.h>
#include <stdint.h>
#include "support/arena.h"
#include "support/source.h"
#include "support/text.h"

#define SIZE_LIMIT (INT64_C(1) << 60)

typedef struct Dim {
  const char *name;
  int64_t minimum, maximum; /* inclusive; maximum -1: none */
  int64_t multiple, offset; /* value % multiple == offset */
  Span span;
  const char *variable; /* what functions of the emitted C call it; NULL: by its name */
} Dim;

typedef struct Size Size;

const Size *size_of(Arena *arena, int64_t value);
/* The size 1, which needs no arena. */
const Size *size_one(void);
const Size *size_of_dim(Arena *arena, const Dim *dim);
const Size *size_add(Arena *arena, const Size *a, const Size *b);
const Size *size_sub(Arena *arena, const Size *a, const Size *b);
const Size *size_mul(Arena *arena, const Size *a, const Size *b);
const Size *size_add_int(Arena *arena, const Size *a, int64_t b);
const Size *size_mul_int(Arena *arena, const Size *a, int64_t b);
const Size *size_floor_div(Arena *arena, const Size *a, int64_t divisor); /* divisor > 0 */
const Size *size_ceil_div(Arena *arena, const Size *a, int64_t divisor);

/* The larger of the two: one of them if that is seen to be so for all values of the dims. */
const Size *size_max(Arena *arena, const Size *a, const Size *b);

/* What the terms of the size that are not negative add up to: never less than the size, nor than 0. */
const Size *size_positive_part(Arena *arena, const Size *size);

/* true and the number in *value if the size does not vary. */
bool size_is_const(const Size *size, int64_t *value);
/* The number of a size that is known not to vary. */
int64_t size_value(const Size *size);
bool size_is(const Size *size, int64_t value);
/* Equal for every value of the dims. Decided exactly, but for differences that repeat only after very many values of
 * the dims: these count as unequal. */
bool size_equal(const Size *a, const Size *b);
/* Values of some dims. */
enum { MAX_SAMPLE_DIMS = 16 };
typedef struct SizeSample {
  const Dim *dims[MAX_SAMPLE_DIMS];
  int64_t values[MAX_SAMPLE_DIMS];
  int count;
} SizeSample;
/* Dims' values for which the sizes differ; false: none was found. */
bool size_difference(const Size *a, const Size *b, SizeSample *sample);
/* Whether a maximum appears in it. */
bool size_has_max(const Size *size);
/* Whether the dim appears in it. */
bool size_uses_dim(const Size *size, const Dim *dim);
enum { MAX_SIZE_PARTS = 1000 };
/* Whether it is made of less than MAX_SIZE_PARTS dims, quotients, products and maxima: what is counted twice stands in it twice. */
bool size_is_manageable(const Size *size);
/* Bounds over all values of the dims; *_LIMIT where unbounded. */
int64_t size_minimum(const Size *size);
int64_t size_maximum(const Size *size);
/* Its value when each dim has the value that value_of gives. */
int64_t size_evaluate(const Size *size, int64_t (*value_of)(void *context, const Dim *dim), void *context);
int64_t size_at(const Size *size, const SizeSample *sample); /* dims that the sample lacks have their least value */
/* Adds the dims of the size to the sample, with their least values. false: there are more than MAX_SAMPLE_DIMS. */
bool size_add_dims(const Size *size, SizeSample *sample);
/* The least value of a dim, and the greatest one (SIZE_LIMIT: there is none). */
int64_t dim_least(const Dim *dim);
int64_t dim_greatest(const Dim *dim);

/* factor * product of dims[i] ^ powers[i], which no value of the dims makes smaller than the size. Its partial results
 * do not exceed it either: sums count what they add only. */
typedef struct SizeProduct {
  double factor;
  const Dim *dims[MAX_SAMPLE_DIMS];
  int powers[MAX_SAMPLE_DIMS], count;
} SizeProduct;
SizeProduct size_bound(const Size *size);

/* "64 to 1024, a multiple of 4", "at least 3, 1 more than a multiple of 2"; the second part alone. */
const char *dim_text(Arena *arena, const Dim *dim);
const char *dim_multiple_text(Arena *arena, const Dim *dim);

/* "28", "H//2 + 1". */
void size_print(Text *out, const Size *size);
const char *size_text(Arena *arena, const Size *size);
/* The same with other words. */
typedef struct SizeStyle {
  const char *times, *over, *max;                     /* "*", "//", a function of two numbers */
  const char *(*spell)(Arena *arena, const Dim *dim); /* NULL: by its name */
} SizeStyle;
void size_print_as(Text *out, const Size *size, const SizeStyle *style);

/* A size as another form of arithmetic: what the functions return stands for a whole number. Divisions are of numbers that
 * are not negative. */
typedef struct SizeBuilder {
  void *context;
  const void *(*number)(void *context, int64_t value);
  const void *(*counter)(void *context, const Dim *dim); /* (value - offset) / multiple */
  const void *(*add)(void *context, const void *a, const void *b);
  const void *(*mul)(void *context, const void *a, const void *b);
  const void *(*floor_div)(void *context, const void *a, const void *b);
  const void *(*max)(void *context, const void *a, const void *b);
} SizeBuilder;
const void *size_build(const Size *size, const SizeBuilder *builder);
/* Whether the size is constant + factor * the counter of the dim. */
bool size_is_linear(const Size *size, const Dim *dim, int64_t *factor, int64_t *constant);
#endif
