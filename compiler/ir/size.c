/* size.c - normal forms of sizes; see size.h. */
#include "ir/size_form.h"

#include <string.h>

static int compare_ints(int64_t a, int64_t b) { return (a > b) - (a < b); }

int compare_atoms(const Atom *a, const Atom *b) {
  if (a == b) return 0;
  if (a->kind != b->kind) return compare_ints(a->kind, b->kind);
  int order = 0;
  switch (a->kind) {
  case ATOM_DIM: return strcmp(a->dim->name, b->dim->name);
  case ATOM_FLOOR_DIV: order = compare_ints(a->divisor, b->divisor); return order ? order : compare_sizes(a->numerator, b->numerator);
  case ATOM_PRODUCT: order = compare_atoms(a->left, b->left); return order ? order : compare_atoms(a->right, b->right);
  case ATOM_MAX: order = compare_sizes(a->first, b->first); return order ? order : compare_sizes(a->second, b->second);
  }
  return order;
}

int compare_sizes(const Size *a, const Size *b) {
  int order = compare_ints(a->term_count, b->term_count);
  for (int i = 0; !order && i < a->term_count; i++) {
    order = compare_atoms(a->terms[i].atom, b->terms[i].atom);
    if (!order) order = compare_ints(a->terms[i].coefficient, b->terms[i].coefficient);
  }
  return order ? order : compare_ints(a->constant, b->constant);
}

static Size *new_size(Arena *arena, int64_t constant, int most_terms) {
  Size *size = arena_alloc(arena, sizeof *size + (size_t)most_terms * sizeof(Term));
  size->constant = size_clamp(constant);
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
  Size *sum = new_size(arena, saturating_add(a->constant, saturating_mul(b->constant, factor)), a->term_count + b->term_count);
  int i = 0, j = 0;
  while (i < a->term_count || j < b->term_count) {
    int order = i == a->term_count ? 1 : j == b->term_count ? -1 : compare_atoms(a->terms[i].atom, b->terms[j].atom);
    int64_t coefficient = 0;
    const Atom *atom = order <= 0 ? a->terms[i].atom : b->terms[j].atom;
    if (order <= 0) coefficient = a->terms[i++].coefficient;
    if (order >= 0) coefficient = saturating_add(coefficient, saturating_mul(b->terms[j++].coefficient, factor));
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
      product = size_add(arena, product,
                         from_atom(arena, saturating_mul(s->coefficient, t->coefficient), *product_of(arena, s->atom, t->atom)));
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
  int64_t common = divisor;                /* floor((g * x + c) / (g * d)) = floor((x + floor(c / g)) / d) */
  for (int i = 0; i < rest->term_count; i++) common = greatest_divisor(common, rest->terms[i].coefficient);
  for (int i = 0; i < rest->term_count; i++) rest->terms[i].coefficient /= common;
  rest->constant /= common;
  divisor /= common;
  const Atom *inner = rest->term_count == 1 && rest->terms[0].coefficient == 1 ? rest->terms[0].atom : NULL;
  int64_t both;
  if (inner && inner->kind == ATOM_FLOOR_DIV && checked_mul(inner->divisor, divisor, &both) && both < SIZE_LIMIT) {
    /* floor((floor(n / a) + c) / b) = floor((n + c * a) / (a * b)) */
    const Size *numerator = size_add_int(arena, inner->numerator, saturating_mul(rest->constant, inner->divisor));
    return size_add(arena, whole, size_floor_div(arena, numerator, both));
  }
  return size_add(arena, whole, from_atom(arena, 1, (Atom){.kind = ATOM_FLOOR_DIV, .numerator = rest, .divisor = divisor}));
}

const Size *size_ceil_div(Arena *arena, const Size *a, int64_t divisor) {
  return size_floor_div(arena, size_add_int(arena, a, divisor - 1), divisor);
}

/* The greatest divisor of its numbers and of `other`. */
static int64_t common_factor(const Size *size, int64_t other) {
  int64_t factor = greatest_divisor(other, size->constant);
  for (int i = 0; i < size->term_count; i++) factor = greatest_divisor(factor, size->terms[i].coefficient);
  return factor < 0 ? -factor : factor;
}

const Size *size_max(Arena *arena, const Size *a, const Size *b) {
  const Size *difference = size_sub(arena, a, b);
  if (size_minimum(difference) >= 0) return a;
  if (size_maximum(difference) <= 0) return b;
  int64_t low = size_minimum(a) < size_minimum(b) ? size_minimum(a) : size_minimum(b);
  if (low < 0 && low > -SIZE_LIMIT) /* numbers without a sign compare them at run time */
    return size_add_int(arena, size_max(arena, size_add_int(arena, a, -low), size_add_int(arena, b, -low)), low);
  int64_t factor = common_factor(a, common_factor(b, 0));
  const Size *first = size_floor_div(arena, a, factor), *second = size_floor_div(arena, b, factor);
  bool ordered = compare_sizes(first, second) < 0;
  return from_atom(arena, factor, (Atom){.kind = ATOM_MAX, .first = ordered ? first : second, .second = ordered ? second : first});
}

const Size *size_positive_part(Arena *arena, const Size *size) {
  Size *part = new_size(arena, size->constant > 0 ? size->constant : 0, size->term_count);
  for (int i = 0; i < size->term_count; i++)
    if (size->terms[i].coefficient > 0) push_term(part, size->terms[i].coefficient, size->terms[i].atom);
  return part;
}

bool size_is_const(const Size *size, int64_t *value) {
  if (value) *value = size->constant;
  return size->term_count == 0;
}

int64_t size_value(const Size *size) { return size->constant; }
bool size_is(const Size *size, int64_t value) { return size->term_count == 0 && size->constant == value; }

static bool atom_has_max(const Atom *atom) {
  switch (atom->kind) {
  case ATOM_DIM: return false;
  case ATOM_FLOOR_DIV: return size_has_max(atom->numerator);
  case ATOM_PRODUCT: return atom_has_max(atom->left) || atom_has_max(atom->right);
  case ATOM_MAX: return true;
  }
  return false;
}

bool size_has_max(const Size *size) {
  for (int i = 0; i < size->term_count; i++)
    if (atom_has_max(size->terms[i].atom)) return true;
  return false;
}

typedef int64_t ValueOf(void *, const Dim *);

static int64_t evaluate_atom(const Atom *atom, ValueOf *value_of, void *context) {
  switch (atom->kind) {
  case ATOM_DIM: return floor_div(value_of(context, atom->dim) - atom->dim->offset, atom->dim->multiple);
  case ATOM_FLOOR_DIV: return floor_div(size_evaluate(atom->numerator, value_of, context), atom->divisor);
  case ATOM_PRODUCT: return saturating_mul(evaluate_atom(atom->left, value_of, context), evaluate_atom(atom->right, value_of, context));
  case ATOM_MAX: {
    int64_t first = size_evaluate(atom->first, value_of, context), second = size_evaluate(atom->second, value_of, context);
    return first > second ? first : second;
  }
  }
  return 0;
}

int64_t size_evaluate(const Size *size, ValueOf *value_of, void *context) {
  int64_t sum = size->constant;
  for (int i = 0; i < size->term_count; i++)
    sum = saturating_add(sum, saturating_mul(size->terms[i].coefficient, evaluate_atom(size->terms[i].atom, value_of, context)));
  return sum;
}
