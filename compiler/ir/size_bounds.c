/* size_bounds.c - the least and the greatest value of a size over all values of the dims, or safe bounds of them. */
#include "ir/size_form.h"

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
    int64_t p[] = {saturating_mul(a.low, b.low), saturating_mul(a.low, b.high), saturating_mul(a.high, b.low),
                   saturating_mul(a.high, b.high)};
    Range r = {p[0], p[0]};
    for (int i = 1; i < 4; i++) {
      if (p[i] < r.low) r.low = p[i];
      if (p[i] > r.high) r.high = p[i];
    }
    return r;
  }
  case ATOM_MAX: {
    Range a = range_of(atom->first), b = range_of(atom->second);
    return (Range){a.low > b.low ? a.low : b.low, a.high > b.high ? a.high : b.high};
  }
  }
  return (Range){-SIZE_LIMIT, SIZE_LIMIT};
}

static Range range_of(const Size *size) {
  Range sum = {size->constant, size->constant};
  for (int i = 0; i < size->term_count; i++) {
    Range r = range_of_atom(size->terms[i].atom);
    int64_t c = size->terms[i].coefficient;
    sum.low = saturating_add(sum.low, saturating_mul(c > 0 ? r.low : r.high, c));
    sum.high = saturating_add(sum.high, saturating_mul(c > 0 ? r.high : r.low, c));
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

/* H*W - H grows with both although a part of it does not: with H = low + h the signs of the terms of h and w tell. */
enum { MAX_MONOMIALS = 64, MAX_FACTORS = 5 };

typedef struct Monomial {
  int64_t coefficient;
  const Atom *factors[MAX_FACTORS]; /* each less its least value, in order */
  int count;
} Monomial;

typedef struct Polynomial {
  Monomial terms[MAX_MONOMIALS];
  int count;
  bool failed; /* too large to be exact, or too long */
} Polynomial;

static bool same_factors(const Monomial *a, const Monomial *b) {
  bool same = a->count == b->count;
  for (int i = 0; same && i < a->count; i++) same = compare_atoms(a->factors[i], b->factors[i]) == 0;
  return same;
}

static void add_monomial(Polynomial *p, const Monomial *m) {
  int i = 0;
  while (i < p->count && !same_factors(&p->terms[i], m)) i++;
  if (m->coefficient <= -SIZE_LIMIT || m->coefficient >= SIZE_LIMIT || i == MAX_MONOMIALS) p->failed = true;
  else if (i == p->count) p->terms[p->count++] = *m;
  else p->terms[i].coefficient = saturating_add(p->terms[i].coefficient, m->coefficient);
}

static int factors_of(const Atom *atom, const Atom **factors, int count) {
  if (atom->kind == ATOM_PRODUCT) return factors_of(atom->right, factors, factors_of(atom->left, factors, count));
  if (count < MAX_FACTORS) factors[count] = atom;
  return count + 1;
}

/* c * (a + low_a) * (b + low_b) .. multiplied out: one monomial for each set of factors. */
static void add_shifted(Polynomial *p, const Term *term) {
  const Atom *factors[MAX_FACTORS];
  int count = factors_of(term->atom, factors, 0);
  if (count > MAX_FACTORS) {
    p->failed = true;
    return;
  }
  for (int set = 0; set < 1 << count; set++) {
    Monomial m = {.coefficient = term->coefficient};
    for (int i = 0; i < count; i++) {
      if (set >> i & 1) m.factors[m.count++] = factors[i];
      else m.coefficient = saturating_mul(m.coefficient, range_of_atom(factors[i]).low);
    }
    if (m.coefficient) add_monomial(p, &m);
  }
}

/* The bound of a sum without its constant. */
static int64_t bound_shifted(const Bound *bound, bool upper) {
  Polynomial p = {.count = 0};
  int64_t sum = 0;
  for (int i = 0; i < bound->count && !p.failed; i++) add_shifted(&p, &bound->terms[i]);
  for (int i = 0; i < p.count && !p.failed; i++) {
    int64_t most = p.terms[i].coefficient;
    for (int k = 0; k < p.terms[i].count; k++) {
      Range r = range_of_atom(p.terms[i].factors[k]);
      most = saturating_mul(most, r.high >= SIZE_LIMIT ? SIZE_LIMIT : r.high - r.low);
    }
    if (p.terms[i].count == 0 || (most > 0) == upper) sum = saturating_add(sum, most);
  }
  return p.failed ? (upper ? SIZE_LIMIT : -SIZE_LIMIT) : sum;
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
    sum = saturating_add(sum, saturating_mul((c > 0) == upper ? r.high : r.low, c));
  }
  int64_t shifted = saturating_add(bound.constant, bound_shifted(&bound, upper));
  if (upper ? shifted < sum : shifted > sum) sum = shifted;
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
