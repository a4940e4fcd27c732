/* size_bounds.c - the least and the greatest value of a size over all values of the dims, or safe bounds of them. */
#include "ir/size_form.h"

typedef struct Range {
  int64_t low, high;
} Range;

static Range range_of(const Size *size);

/* What has no limit on one side keeps none, whatever is added. */
static int64_t add_low(int64_t a, int64_t b) { return a <= -SIZE_LIMIT || b <= -SIZE_LIMIT ? -SIZE_LIMIT : saturating_add(a, b); }
static int64_t add_high(int64_t a, int64_t b) { return a >= SIZE_LIMIT || b >= SIZE_LIMIT ? SIZE_LIMIT : saturating_add(a, b); }

static Range range_of_atom(const Atom *atom) {
  switch (atom->kind) {
  case ATOM_DIM: {
    const Dim *d = atom->dim;
    return (Range){ceil_div(d->minimum - d->offset, d->multiple),
                   d->maximum < 0 ? SIZE_LIMIT : floor_div(d->maximum - d->offset, d->multiple)};
  }
  case ATOM_FLOOR_DIV: {
    Range r = range_of(atom->numerator);
    return (Range){r.low <= -SIZE_LIMIT ? -SIZE_LIMIT : floor_div(r.low, atom->divisor),
                   r.high >= SIZE_LIMIT ? SIZE_LIMIT : floor_div(r.high, atom->divisor)};
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
    sum.low = add_low(sum.low, saturating_mul(c > 0 ? r.low : r.high, c));
    sum.high = add_high(sum.high, saturating_mul(c > 0 ? r.high : r.low, c));
  }
  return sum;
}

/* A bound from one side, sharper than intervals where a dim appears twice. The size is a sum of products of atoms over a
 * denominator. Floor divisions are replaced, one after the other, by n / d or (n - d + 1) / d, whichever is on the safe
 * side, and like products are added up: so n - 2 * (n // 2) is seen to be 0 or 1. At each stage the sum is estimated. */
enum { MAX_MONOMIALS = 64, MAX_FACTORS = 6 };

typedef struct Monomial { /* the product of no atoms is 1 */
  int64_t coefficient;
  const Atom *factors[MAX_FACTORS]; /* in order */
  int count;
} Monomial;

typedef struct Bound {
  int64_t denominator;
  Monomial terms[MAX_MONOMIALS];
  int count;
  bool upper;
  bool failed; /* too large to be exact, or too long */
} Bound;

static bool same_factors(const Monomial *a, const Monomial *b) {
  bool same = a->count == b->count;
  for (int i = 0; same && i < a->count; i++) same = compare_atoms(a->factors[i], b->factors[i]) == 0;
  return same;
}

static bool is_exact(int64_t n) { return n > -SIZE_LIMIT && n < SIZE_LIMIT; }

static void add_monomial(Bound *bound, const Monomial *m) {
  int i = 0;
  if (m->coefficient == 0) return;
  while (i < bound->count && !same_factors(&bound->terms[i], m)) i++;
  if (i == MAX_MONOMIALS) {
    bound->failed = true;
    return;
  }
  if (i == bound->count) bound->terms[bound->count++] = *m;
  else bound->terms[i].coefficient = saturating_add(bound->terms[i].coefficient, m->coefficient);
  if (!is_exact(m->coefficient) || !is_exact(bound->terms[i].coefficient)) bound->failed = true;
}

static void multiply_by_atom(Bound *bound, Monomial *m, const Atom *atom) {
  if (atom->kind == ATOM_PRODUCT) {
    multiply_by_atom(bound, m, atom->left);
    multiply_by_atom(bound, m, atom->right);
    return;
  }
  if (m->count == MAX_FACTORS) {
    bound->failed = true;
    return;
  }
  int i = m->count++;
  for (; i > 0 && compare_atoms(m->factors[i - 1], atom) > 0; i--) m->factors[i] = m->factors[i - 1];
  m->factors[i] = atom;
}

/* Adds m * (size + more). */
static void add_product(Bound *bound, const Monomial *m, const Size *size, int64_t more) {
  Monomial product = *m;
  product.coefficient = saturating_mul(m->coefficient, saturating_add(size->constant, more));
  add_monomial(bound, &product);
  for (int i = 0; i < size->term_count && !bound->failed; i++) {
    product = *m;
    product.coefficient = saturating_mul(m->coefficient, size->terms[i].coefficient);
    multiply_by_atom(bound, &product, size->terms[i].atom);
    add_monomial(bound, &product);
  }
}

static int floor_depth(const Atom *atom) {
  int deepest = 0;
  if (atom->kind == ATOM_PRODUCT) {
    int left = floor_depth(atom->left), right = floor_depth(atom->right);
    return left > right ? left : right;
  }
  if (atom->kind != ATOM_FLOOR_DIV) return 0;
  for (int i = 0; i < atom->numerator->term_count; i++) {
    int depth = floor_depth(atom->numerator->terms[i].atom);
    if (depth > deepest) deepest = depth;
  }
  return deepest + 1;
}

/* The floor division that contains the others; NULL: there is none. */
static const Atom *deepest_division(const Bound *bound) {
  const Atom *chosen = NULL;
  int deepest = 0;
  for (int i = 0; i < bound->count; i++)
    for (int k = 0; bound->terms[i].coefficient && k < bound->terms[i].count; k++) {
      int depth = floor_depth(bound->terms[i].factors[k]);
      if (depth <= deepest) continue;
      deepest = depth;
      chosen = bound->terms[i].factors[k];
    }
  return chosen;
}

/* Takes the atom out of the product once. false: it is not in it. */
static bool remove_factor(Monomial *m, const Atom *atom) {
  int i = 0;
  while (i < m->count && compare_atoms(m->factors[i], atom) != 0) i++;
  if (i == m->count) return false;
  m->count--;
  for (; i < m->count; i++) m->factors[i] = m->factors[i + 1];
  return true;
}

/* Replaces floor(n / d), times whatever is not negative, by (n + 0 or 1 - d) / d. */
static void replace_division(Bound *bound, const Atom *atom) {
  Bound old = *bound;
  bound->count = 0;
  bound->denominator = saturating_mul(old.denominator, atom->divisor);
  if (bound->denominator >= SIZE_LIMIT) bound->failed = true;
  for (int i = 0; i < old.count && !bound->failed; i++) {
    Monomial m = old.terms[i];
    bool plus = m.coefficient > 0;
    if (remove_factor(&m, atom)) add_product(bound, &m, atom->numerator, plus == bound->upper ? 0 : 1 - atom->divisor);
    else {
      m.coefficient = saturating_mul(m.coefficient, atom->divisor);
      add_monomial(bound, &m);
    }
  }
}

/* Adds c * (a + low_a) * (b + low_b) .. multiplied out: H*W - H grows with both although a part of it does not; with
 * H = low + h the signs of the products of h and w tell. */
static void add_shifted(Bound *shifted, const Monomial *m) {
  for (int set = 0; set < 1 << m->count && !shifted->failed; set++) {
    Monomial part = {.coefficient = m->coefficient};
    for (int i = 0; i < m->count; i++) {
      if (set >> i & 1) part.factors[part.count++] = m->factors[i];
      else part.coefficient = saturating_mul(part.coefficient, range_of_atom(m->factors[i]).low);
    }
    add_monomial(shifted, &part);
  }
}

/* The most, or the least, that the sum can be; +-SIZE_LIMIT: that is not known. */
static int64_t estimate(const Bound *bound) {
  Bound shifted = {.denominator = bound->denominator};
  int64_t sum = 0, unknown = bound->upper ? SIZE_LIMIT : -SIZE_LIMIT;
  for (int i = 0; i < bound->count; i++) add_shifted(&shifted, &bound->terms[i]);
  for (int i = 0; i < shifted.count; i++) {
    const Monomial *m = &shifted.terms[i];
    int64_t most = m->coefficient;
    for (int k = 0; k < m->count; k++) {
      Range r = range_of_atom(m->factors[k]);
      most = saturating_mul(most, r.high >= SIZE_LIMIT ? SIZE_LIMIT : r.high - r.low);
    }
    if (m->count == 0 || (most > 0) == bound->upper) sum = bound->upper ? add_high(sum, most) : add_low(sum, most);
  }
  if (bound->failed || shifted.failed || sum >= SIZE_LIMIT || sum <= -SIZE_LIMIT) return unknown;
  return bound->upper ? floor_div(sum, bound->denominator) : ceil_div(sum, bound->denominator);
}

/* The bound of the size; +-SIZE_LIMIT when nothing is known. */
static int64_t bound_of(const Size *size, bool upper) {
  Bound bound = {.denominator = 1, .upper = upper};
  add_product(&bound, &(Monomial){.coefficient = 1}, size, 0);
  int64_t best = estimate(&bound);
  for (const Atom *atom; !bound.failed && (atom = deepest_division(&bound));) {
    replace_division(&bound, atom);
    int64_t other = estimate(&bound);
    if (upper ? other < best : other > best) best = other;
  }
  return best;
}

int64_t size_minimum(const Size *size) {
  int64_t low = range_of(size).low, sharper = size->term_count > 1 ? bound_of(size, false) : low;
  return sharper > low ? sharper : low;
}

int64_t size_maximum(const Size *size) {
  int64_t high = range_of(size).high, sharper = size->term_count > 1 ? bound_of(size, true) : high;
  return sharper < high ? sharper : high;
}

/* What remains of `room` when each atom has taken one. */
static int room_after(const Size *size, int room);

static int room_after_atom(const Atom *atom, int room) {
  if (--room <= 0) return 0;
  switch (atom->kind) {
  case ATOM_DIM: return room;
  case ATOM_FLOOR_DIV: return room_after(atom->numerator, room);
  case ATOM_PRODUCT: return room_after_atom(atom->right, room_after_atom(atom->left, room));
  case ATOM_MAX: return room_after(atom->second, room_after(atom->first, room));
  }
  return 0;
}

static int room_after(const Size *size, int room) {
  for (int i = 0; i < size->term_count && room > 0; i++) room = room_after_atom(size->terms[i].atom, room);
  return room;
}

bool size_is_manageable(const Size *size) { return room_after(size, MAX_SIZE_PARTS) > 0; }
