/* size_build.c - a size taken apart into the arithmetic that computes it, for whoever writes it down in another form;
 * see size.h. */
#include "ir/size_form.h"

/* One part after the other, never two as arguments of one call: C leaves their order to the compiler. */
static const void *build_atom(const Atom *atom, const SizeBuilder *b) {
  const void *first;
  switch (atom->kind) {
  case ATOM_DIM: return b->counter(b->context, atom->dim);
  case ATOM_FLOOR_DIV: first = size_build(atom->numerator, b); return b->floor_div(b->context, first, b->number(b->context, atom->divisor));
  case ATOM_PRODUCT: first = build_atom(atom->left, b); return b->mul(b->context, first, build_atom(atom->right, b));
  case ATOM_MAX: first = size_build(atom->first, b); return b->max(b->context, first, size_build(atom->second, b));
  }
  return NULL;
}

const void *size_build(const Size *size, const SizeBuilder *b) {
  const void *sum = size->constant || !size->term_count ? b->number(b->context, size->constant) : NULL;
  for (int i = 0; i < size->term_count; i++) {
    const void *term = build_atom(size->terms[i].atom, b);
    if (size->terms[i].coefficient != 1) term = b->mul(b->context, term, b->number(b->context, size->terms[i].coefficient));
    sum = sum ? b->add(b->context, sum, term) : term;
  }
  return sum;
}

bool size_is_linear(const Size *size, const Dim *dim, int64_t *factor, int64_t *constant) {
  if (size->term_count != 1 || size->terms[0].atom->kind != ATOM_DIM || size->terms[0].atom->dim != dim) return false;
  *factor = size->terms[0].coefficient;
  *constant = size->constant;
  return true;
}
