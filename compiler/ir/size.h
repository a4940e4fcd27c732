/* size.h - sizes as expressions: integers, or linear forms over the `dim`s of a file.
 *
 * A Size is immutable and always in normal form, so that equal normal forms are equal sizes:
 *     constant + sum of coefficient * atom
 * where an atom is a dim's counter, a floor division that could not be resolved, or a product of atoms. A dim with
 * multiple_of=m and offset=r is written m * counter + r, which makes divisions by factors of m exact. Arithmetic
 * saturates at +-SIZE_LIMIT; size_in_range tells. */
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

/* true and the number in *value if the size does not vary. */
bool size_is_const(const Size *size, int64_t *value);
/* The number of a size that is known not to vary. */
int64_t size_value(const Size *size);
bool size_is(const Size *size, int64_t value);
/* Equal for every value of the dims, as far as normal forms tell. */
bool size_equal(const Size *a, const Size *b);
/* Bounds over all values of the dims; *_LIMIT where unbounded. */
int64_t size_minimum(const Size *size);
int64_t size_maximum(const Size *size);
/* Its value when each dim has the value that value_of gives. */
int64_t size_evaluate(const Size *size, int64_t (*value_of)(void *context, const Dim *dim), void *context);
/* "28", "H//2 + 1". */
void size_print(Text *out, const Size *size);
#endif
