/* size_form.h - what a size is made of: for the files size*.c only. See size.h. */
#ifndef CNNC_IR_SIZE_FORM_H
#define CNNC_IR_SIZE_FORM_H
#include "ir/size.h"
#include "support/checked.h"

typedef enum AtomKind { ATOM_DIM, ATOM_FLOOR_DIV, ATOM_PRODUCT, ATOM_MAX } AtomKind;

/* Never negative. */
typedef struct Atom {
  AtomKind kind;
  const Dim *dim;                  /* DIM: the counter (value - offset) / multiple */
  const Size *numerator;           /* FLOOR_DIV; never negative, as its terms and its constant are not */
  int64_t divisor;                 /* FLOOR_DIV */
  const struct Atom *left, *right; /* PRODUCT, left <= right in order */
  const Size *first, *second;      /* MAX, first < second in order */
} Atom;

typedef struct Term {
  int64_t coefficient; /* never 0 */
  const Atom *atom;
} Term;

struct Size {
  int64_t constant;
  int term_count;
  Term terms[]; /* in order of compare_atoms, no atom twice */
};

/* A total order on structure, so that normal forms do not depend on addresses. */
int compare_atoms(const Atom *a, const Atom *b);
int compare_sizes(const Size *a, const Size *b);

/* Saturating at +-SIZE_LIMIT, as operands are within it. */
static inline int64_t size_clamp(int64_t v) { return v > SIZE_LIMIT ? SIZE_LIMIT : v < -SIZE_LIMIT ? -SIZE_LIMIT : v; }
static inline int64_t saturating_add(int64_t a, int64_t b) { return size_clamp(a + b); }

static inline int64_t saturating_mul(int64_t a, int64_t b) {
  int64_t product;
  if (checked_mul(a, b, &product)) return size_clamp(product);
  return (a < 0) == (b < 0) ? SIZE_LIMIT : -SIZE_LIMIT;
}

static inline int64_t greatest_divisor(int64_t a, int64_t b) {
  while (b) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}
#endif
