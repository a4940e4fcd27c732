/* size.c - normal forms of sizes; see size.h. */
#include "ir/size.h"

#include <string.h>

#include "support/checked.h"

typedef enum AtomKind { ATOM_DIM, ATOM_FLOOR_DIV, ATOM_PRODUCT } AtomKind;

typedef struct Atom {
  AtomKind kind;
  const Dim *dim;        /* DIM: the counter (value - offset) / multiple */
  const Size *numerator; /* FLOOR_DIV */
  int64_t divisor;
  const struct Atom *left, *right; /* PRODUCT, left <= right in order */
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

static int64_t greatest_divisor(int64_t a, int64_t b) {
  while (b) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

static int64_t clamp(int64_t v) { return v > SIZE_LIMIT ? SIZE_LIMIT : v < -SIZE_LIMIT ? -SIZE_LIMIT : v; }

static int64_t add(int64_t a, int64_t b) { return clamp(a + b); } /* operands are within +-2^60 */

static int64_t mul(int64_t a, int64_t b) {
  int64_t product;
  if (checked_mul(a, b, &product)) return clamp(product);
  return (a < 0) == (b < 0) ? SIZE_LIMIT : -SIZE_LIMIT;
}

static int compare_sizes(const Size *a, const Size *b);

static int compare_ints(int64_t a, int64_t b) { return (a > b) - (a < b); }

/* A total order on structure, so that normal forms do not depend on addresses. */
static int compare_atoms(const Atom *a, const Atom *b) {
  if (a == b) return 0;
  if (a->kind != b->kind) return compare_ints(a->kind, b->kind);
  int order = 0;
  switch (a->kind) {
  case ATOM_DIM: return strcmp(a->dim->name, b->dim->name);
  case ATOM_FLOOR_DIV: order = compare_ints(a->divisor, b->divisor); return order ? order : compare_sizes(a->numerator, b->numerator);
  case ATOM_PRODUCT: order = compare_atoms(a->left, b->left); return order ? order : compare_atoms(a->right, b->right);
  }
  return order;
}

static int compare_sizes(const Size *a, const Size *b) {
  int order = compare_ints(a->term_count, b->term_count);
  for (int i = 0; !order && i < a->term_count; i++) {
    order = compare_atoms(a->terms[i].atom, b->terms[i].atom);
    if (!order) order = compare_ints(a->terms[i].coefficient, b->terms[i].coefficient);
  }
  return order ? order : compare_ints(a->constant, b->constant);
}

static Size *new_size(Arena *arena, int64_t constant, int most_terms) {
  Size *size = arena_alloc(arena, sizeof *size + (size_t)most_terms * sizeof(Term));
  size->constant = clamp(constant);
  return size;
}

static void push_term(Size *size, int64_t coefficient, const Atom *atom) {
  if (coefficient) size->terms[size->term_count++] = (Term){coefficient, atom};
}

static const Size *from_atom(Arena *arena, int64_t coefficient, Atom atom) {
  Atom *copy = ARENA_NEW(arena, Atom);
  *copy = atom;
  Size *size = new_size(arena, 0, 1);
  push_term(size, coefficient, copy);
  return size;
}

const Size *size_of(Arena *arena, int64_t value) { return new_size(arena, value, 0); }

const Size *size_one(void) {
  static const Size one = {.constant = 1};
  return &one;
}

const Size *size_of_dim(Arena *arena, const Dim *dim) {
  return size_add_int(arena, from_atom(arena, dim->multiple, (Atom){.kind = ATOM_DIM, .dim = dim}), dim->offset);
}

/* a + factor * b */
static const Size *combine(Arena *arena, const Size *a, const Size *b, int64_t factor) {
  Size *sum = new_size(arena, add(a->constant, mul(b->constant, factor)), a->term_count + b->term_count);
  int i = 0, j = 0;
  while (i < a->term_count || j < b->term_count) {
    int order = i == a->term_count ? 1 : j == b->term_count ? -1 : compare_atoms(a->terms[i].atom, b->terms[j].atom);
    int64_t coefficient = 0;
    const Atom *atom = order <= 0 ? a->terms[i].atom : b->terms[j].atom;
    if (order <= 0) coefficient = a->terms[i++].coefficient;
    if (order >= 0) coefficient = add(coefficient, mul(b->terms[j++].coefficient, factor));
    push_term(sum, coefficient, atom);
  }
  return sum;
}

const Size *size_add(Arena *arena, const Size *a, const Size *b) { return combine(arena, a, b, 1); }
const Size *size_sub(Arena *arena, const Size *a, const Size *b) { return combine(arena, a, b, -1); }
const Size *size_add_int(Arena *arena, const Size *a, int64_t b) { return combine(arena, a, size_of(arena, b), 1); }
const Size *size_mul_int(Arena *arena, const Size *a, int64_t b) { return combine(arena, size_of(arena, 0), a, b); }

enum { MAX_FACTORS = 16 };

static int collect_factors(const Atom *atom, const Atom **factors, int count) {
  if (atom->kind == ATOM_PRODUCT && count < MAX_FACTORS - 1) {
    count = collect_factors(atom->left, factors, count);
    return collect_factors(atom->right, factors, count);
  }
  if (count < MAX_FACTORS) factors[count++] = atom;
  return count;
}

/* Factors in order, nested to the right, so that (a*b)*c and a*(b*c) are one atom. */
static const Atom *product_of(Arena *arena, const Atom *a, const Atom *b) {
  const Atom *factors[2 * MAX_FACTORS];
  int count = collect_factors(a, factors, 0);
  count += collect_factors(b, factors + count, 0);
  for (int i = 1; i < count; i++)
    for (int j = i; j > 0 && compare_atoms(factors[j - 1], factors[j]) > 0; j--) {
      const Atom *swapped = factors[j];
      factors[j] = factors[j - 1];
      factors[j - 1] = swapped;
    }
  const Atom *product = factors[count - 1];
  for (int i = count - 2; i >= 0; i--) {
    Atom *next = ARENA_NEW(arena, Atom);
    *next = (Atom){.kind = ATOM_PRODUCT, .left = factors[i], .right = product};
    product = next;
  }
  return product;
}

const Size *size_mul(Arena *arena, const Size *a, const Size *b) {
  const Size *product = size_mul_int(arena, a, b->constant);
  for (int j = 0; j < b->term_count; j++) {
    const Term *t = &b->terms[j];
    if (a->constant) product = combine(arena, product, from_atom(arena, t->coefficient, *t->atom), a->constant);
    for (int i = 0; i < a->term_count; i++) {
      const Term *s = &a->terms[i];
      product = size_add(arena, product, from_atom(arena, mul(s->coefficient, t->coefficient), *product_of(arena, s->atom, t->atom)));
    }
  }
  return product;
}

/* floor((q * d + r) / d) = q + floor(r / d): whole multiples of the divisor leave the fraction. */
const Size *size_floor_div(Arena *arena, const Size *a, int64_t divisor) {
  Size *whole = new_size(arena, floor_div(a->constant, divisor), a->term_count);
  Size *rest = new_size(arena, a->constant - floor_div(a->constant, divisor) * divisor, a->term_count);
  for (int i = 0; i < a->term_count; i++) {
    int64_t coefficient = a->terms[i].coefficient, quotient = floor_div(coefficient, divisor);
    push_term(whole, quotient, a->terms[i].atom);
    push_term(rest, coefficient - quotient * divisor, a->terms[i].atom);
  }
  if (rest->term_count == 0) return whole; /* the constant left is below the divisor */
  const Atom *inner = rest->term_count == 1 && rest->terms[0].coefficient == 1 ? rest->terms[0].atom : NULL;
  int64_t both;
  if (inner && inner->kind == ATOM_FLOOR_DIV && checked_mul(inner->divisor, divisor, &both) && both < SIZE_LIMIT) {
    /* floor((floor(n / a) + c) / b) = floor((n + c * a) / (a * b)) */
    const Size *numerator = size_add_int(arena, inner->numerator, mul(rest->constant, inner->divisor));
    return size_add(arena, whole, size_floor_div(arena, numerator, both));
  }
  return size_add(arena, whole, from_atom(arena, 1, (Atom){.kind = ATOM_FLOOR_DIV, .numerator = rest, .divisor = divisor}));
}

const Size *size_ceil_div(Arena *arena, const Size *a, int64_t divisor) {
  return size_floor_div(arena, size_add_int(arena, a, divisor - 1), divisor);
}

bool size_is_const(const Size *size, int64_t *value) {
  if (value) *value = size->constant;
  return size->term_count == 0;
}

int64_t size_value(const Size *size) { return size->constant; }
bool size_is(const Size *size, int64_t value) { return size->term_count == 0 && size->constant == value; }
bool size_equal(const Size *a, const Size *b) { return compare_sizes(a, b) == 0; }

typedef struct Range {
  int64_t low, high;
} Range;

static Range range_of(const Size *size);

static Range range_of_atom(const Atom *atom) {
  switch (atom->kind) {
  case ATOM_DIM: {
    const Dim *d = atom->dim;
    return (Range){ceil_div(d->minimum - d->offset, d->multiple),
                   d->maximum < 0 ? SIZE_LIMIT : floor_div(d->maximum - d->offset, d->multiple)};
  }
  case ATOM_FLOOR_DIV: {
    Range r = range_of(atom->numerator);
    return (Range){floor_div(r.low, atom->divisor), r.high >= SIZE_LIMIT ? SIZE_LIMIT : floor_div(r.high, atom->divisor)};
  }
  case ATOM_PRODUCT: {
    Range a = range_of_atom(atom->left), b = range_of_atom(atom->right);
    int64_t p[] = {mul(a.low, b.low), mul(a.low, b.high), mul(a.high, b.low), mul(a.high, b.high)};
    Range r = {p[0], p[0]};
    for (int i = 1; i < 4; i++) {
      if (p[i] < r.low) r.low = p[i];
      if (p[i] > r.high) r.high = p[i];
    }
    return r;
  }
  }
  return (Range){-SIZE_LIMIT, SIZE_LIMIT};
}

static Range range_of(const Size *size) {
  Range sum = {size->constant, size->constant};
  for (int i = 0; i < size->term_count; i++) {
    Range r = range_of_atom(size->terms[i].atom);
    int64_t c = size->terms[i].coefficient;
    sum.low = add(sum.low, mul(c > 0 ? r.low : r.high, c));
    sum.high = add(sum.high, mul(c > 0 ? r.high : r.low, c));
  }
  return sum;
}

/* A bound from one side, sharper than intervals where a dim appears twice: each floor division is replaced by n / d or
 * (n - d + 1) / d, whichever is on the safe side, and like terms are added up. So n - 2 * (n // 2) is seen to be 0 or
 * 1. It stands for (constant + sum of coefficient * atom) / denominator. */
enum { MAX_BOUND_ATOMS = 16 };

typedef struct Bound {
  int64_t constant, denominator;
  Term terms[MAX_BOUND_ATOMS];
  int count;
  bool upper;
  bool failed; /* too large to be exact */
} Bound;

static int64_t bound_mul(Bound *bound, int64_t a, int64_t b) {
  int64_t product = 0;
  if (!checked_mul(a, b, &product) || product > SIZE_LIMIT || product < -SIZE_LIMIT) bound->failed = true;
  return bound->failed ? 0 : product;
}

static void bound_scale(Bound *bound, int64_t factor) {
  bound->constant = bound_mul(bound, bound->constant, factor);
  bound->denominator = bound_mul(bound, bound->denominator, factor);
  for (int i = 0; i < bound->count; i++) bound->terms[i].coefficient = bound_mul(bound, bound->terms[i].coefficient, factor);
}

/* Adds factor * size, over the denominator that the bound has. */
static void bound_add(Bound *bound, const Size *size, int64_t factor) {
  bound->constant = bound_mul(bound, bound->constant + bound_mul(bound, size->constant, factor), 1);
  for (int i = 0; i < size->term_count && !bound->failed; i++) {
    int64_t coefficient = bound_mul(bound, size->terms[i].coefficient, factor);
    int k = 0;
    while (k < bound->count && compare_atoms(bound->terms[k].atom, size->terms[i].atom) != 0) k++;
    if (k == MAX_BOUND_ATOMS) bound->failed = true;
    else if (k == bound->count) bound->terms[bound->count++] = (Term){coefficient, size->terms[i].atom};
    else bound->terms[k].coefficient = bound_mul(bound, bound->terms[k].coefficient + coefficient, 1);
  }
}

static int floor_depth(const Atom *atom) {
  int deepest = 0;
  if (atom->kind != ATOM_FLOOR_DIV) return 0;
  for (int i = 0; i < atom->numerator->term_count; i++) {
    int depth = floor_depth(atom->numerator->terms[i].atom);
    if (depth > deepest) deepest = depth;
  }
  return deepest + 1;
}

/* Replaces the floor division that contains the others; false: there is none. */
static bool bound_expand(Bound *bound) {
  int chosen = -1, deepest = 0;
  for (int i = 0; i < bound->count; i++) {
    int depth = bound->terms[i].coefficient ? floor_depth(bound->terms[i].atom) : 0;
    if (depth <= deepest) continue;
    deepest = depth;
    chosen = i;
  }
  if (chosen < 0 || bound->failed) return false;
  const Atom *atom = bound->terms[chosen].atom;
  int64_t coefficient = bound->terms[chosen].coefficient;
  bound->terms[chosen] = bound->terms[--bound->count];
  bound_scale(bound, atom->divisor);
  if ((coefficient > 0) != bound->upper)
    bound->constant = bound_mul(bound, bound->constant - bound_mul(bound, coefficient, atom->divisor - 1), 1);
  bound_add(bound, atom->numerator, coefficient);
  return true;
}

/* The bound of the size; +-SIZE_LIMIT when nothing is known. */
static int64_t bound_of(const Size *size, bool upper) {
  Bound bound = {.denominator = 1, .upper = upper};
  bound_add(&bound, size, 1);
  while (bound_expand(&bound)) {}
  int64_t sum = bound.constant;
  for (int i = 0; i < bound.count; i++) {
    Range r = range_of_atom(bound.terms[i].atom);
    int64_t c = bound.terms[i].coefficient;
    sum = add(sum, mul((c > 0) == upper ? r.high : r.low, c));
  }
  if (bound.failed || sum >= SIZE_LIMIT || sum <= -SIZE_LIMIT) return upper ? SIZE_LIMIT : -SIZE_LIMIT;
  return upper ? floor_div(sum, bound.denominator) : ceil_div(sum, bound.denominator);
}

int64_t size_minimum(const Size *size) {
  int64_t low = range_of(size).low, sharper = size->term_count > 1 ? bound_of(size, false) : low;
  return sharper > low ? sharper : low;
}

int64_t size_maximum(const Size *size) {
  int64_t high = range_of(size).high, sharper = size->term_count > 1 ? bound_of(size, true) : high;
  return sharper < high ? sharper : high;
}

typedef int64_t ValueOf(void *, const Dim *);

static int64_t evaluate_atom(const Atom *atom, ValueOf *value_of, void *context) {
  switch (atom->kind) {
  case ATOM_DIM: return floor_div(value_of(context, atom->dim) - atom->dim->offset, atom->dim->multiple);
  case ATOM_FLOOR_DIV: return floor_div(size_evaluate(atom->numerator, value_of, context), atom->divisor);
  case ATOM_PRODUCT: return mul(evaluate_atom(atom->left, value_of, context), evaluate_atom(atom->right, value_of, context));
  }
  return 0;
}

int64_t size_evaluate(const Size *size, ValueOf *value_of, void *context) {
  int64_t sum = size->constant;
  for (int i = 0; i < size->term_count; i++)
    sum = add(sum, mul(size->terms[i].coefficient, evaluate_atom(size->terms[i].atom, value_of, context)));
  return sum;
}

static bool is_plain_dim(const Atom *atom) { return atom->kind == ATOM_DIM && atom->dim->multiple == 1 && atom->dim->offset == 0; }

/* One term that is a dim's name, such as `H` and, where H is a multiple of 4, `4 * counter`. */
static const Dim *as_plain_dim(const Size *size) {
  const Atom *atom = size->term_count == 1 ? size->terms[0].atom : NULL;
  bool whole = atom && atom->kind == ATOM_DIM && atom->dim->multiple == size->terms[0].coefficient;
  return whole && atom->dim->offset == size->constant ? atom->dim : NULL;
}

/* `factor`: it stands in a product, where a division needs parentheses. */
static void print_atom(Text *out, const Atom *atom, bool factor) {
  if (atom->kind == ATOM_PRODUCT) {
    print_atom(out, atom->left, true);
    text_add(out, "*");
    print_atom(out, atom->right, true);
    return;
  }
  if (is_plain_dim(atom)) {
    text_add(out, atom->dim->name);
    return;
  }
  if (factor) text_add(out, "(");
  if (atom->kind == ATOM_DIM) {
    if (atom->dim->offset) text_addf(out, "(%s - %lld)", atom->dim->name, (long long)atom->dim->offset);
    else text_add(out, atom->dim->name);
    if (atom->dim->multiple != 1) text_addf(out, "//%lld", (long long)atom->dim->multiple);
  } else {
    const Dim *dim = as_plain_dim(atom->numerator);
    if (!dim) text_add(out, "(");
    if (dim) text_add(out, dim->name);
    else size_print(out, atom->numerator);
    text_addf(out, dim ? "//%lld" : ")//%lld", (long long)atom->divisor);
  }
  if (factor) text_add(out, ")");
}

/* A multiple of the whole dim is written by its name, and its offset leaves the constant; else the common factor of
 * coefficient and multiple is cancelled where there is no offset. `factor`: a minus stands before it. */
static void print_term(Text *out, int64_t coefficient, const Atom *atom, bool factor, int64_t *constant) {
  const Dim *dim = atom->kind == ATOM_DIM ? atom->dim : NULL;
  int64_t times = dim ? coefficient / dim->multiple : 0;
  if (dim && coefficient % dim->multiple == 0 && mul(times, dim->offset) != SIZE_LIMIT) {
    *constant = add(*constant, -mul(times, dim->offset));
    if (times < 0) times = -times;
    if (times != 1) text_addf(out, "%lld*", (long long)times);
    text_add(out, dim->name);
    return;
  }
  if (coefficient < 0) coefficient = -coefficient;
  if (dim && dim->offset == 0) {
    int64_t common = greatest_divisor(coefficient, dim->multiple), multiple = dim->multiple / common;
    coefficient /= common;
    if (coefficient != 1) text_addf(out, "%lld*", (long long)coefficient);
    text_addf(out, factor || coefficient != 1 ? "(%s//%lld)" : "%s//%lld", dim->name, (long long)multiple);
    return;
  }
  if (coefficient != 1) text_addf(out, "%lld*", (long long)coefficient);
  print_atom(out, atom, factor || coefficient != 1);
}

void size_print(Text *out, const Size *size) {
  int64_t constant = size->constant;
  for (int i = 0; i < size->term_count; i++) {
    int64_t coefficient = size->terms[i].coefficient;
    if (i) text_add(out, coefficient < 0 ? " - " : " + ");
    else if (coefficient < 0) text_add(out, "-");
    print_term(out, coefficient, size->terms[i].atom, i == 0 && coefficient < 0, &constant);
  }
  if (size->term_count == 0) text_addf(out, "%lld", (long long)constant);
  else if (constant) text_addf(out, " %c %lld", constant < 0 ? '-' : '+', (long long)(constant < 0 ? -constant : constant));
}
