/* size_growth.c - a product of dims that bounds a size: what emitted code compares before it multiplies. */
#include "ir/size_form.h"

static SizeProduct number(double factor) { return (SizeProduct){.factor = factor}; }

static int place_of(SizeProduct *product, const Dim *dim) {
  int i = 0;
  while (i < product->count && product->dims[i] != dim) i++;
  if (i == product->count && i < MAX_SAMPLE_DIMS) product->dims[product->count++] = dim;
  return i < MAX_SAMPLE_DIMS ? i : 0;
}

static int power_of(const SizeProduct *product, const Dim *dim) {
  for (int i = 0; i < product->count; i++)
    if (product->dims[i] == dim) return product->powers[i];
  return 0;
}

static SizeProduct multiply(SizeProduct a, SizeProduct b) {
  a.factor *= b.factor;
  for (int i = 0; i < b.count; i++) a.powers[place_of(&a, b.dims[i])] += b.powers[i];
  return a;
}

/* Raised to at least the powers of `other`: 1 <= dim / its least value. */
static SizeProduct raise(SizeProduct a, const SizeProduct *other) {
  for (int i = 0; i < other->count; i++)
    for (int power = power_of(&a, other->dims[i]); power < other->powers[i]; power++) {
      a.factor /= (double)dim_least(other->dims[i]);
      a.powers[place_of(&a, other->dims[i])]++;
    }
  return a;
}

static SizeProduct add(SizeProduct a, SizeProduct b) {
  a = raise(a, &b);
  b = raise(b, &a);
  a.factor += b.factor;
  return a;
}

static SizeProduct bound_of_atom(const Atom *atom) {
  switch (atom->kind) {
  case ATOM_DIM: return (SizeProduct){.factor = 1 / (double)atom->dim->multiple, .dims = {atom->dim}, .powers = {1}, .count = 1};
  case ATOM_FLOOR_DIV: return multiply(size_bound(atom->numerator), number(1 / (double)atom->divisor));
  case ATOM_PRODUCT: return multiply(bound_of_atom(atom->left), bound_of_atom(atom->right));
  case ATOM_MAX: return add(size_bound(atom->first), size_bound(atom->second));
  }
  return number(0);
}

SizeProduct size_bound(const Size *size) {
  SizeProduct bound = number(size->constant > 0 ? (double)size->constant : 0);
  for (int i = 0; i < size->term_count; i++)
    if (size->terms[i].coefficient > 0)
      bound = add(bound, multiply(number((double)size->terms[i].coefficient), bound_of_atom(size->terms[i].atom)));
  return bound;
}
