/* size_print.c - sizes as text, in the language's words or in those of a style.
 *
 * The text is right for whole numbers that are never negative where every division is of something that is not
 * negative either: a term with a plus stands first. */
#include "ir/size_form.h"

static const SizeStyle language = {"*", "//", "max", NULL};

static const char *spelled(const SizeStyle *style, const Text *out, const Dim *dim) {
  return style->spell ? style->spell(out->arena, dim) : dim->name;
}

/* The dim of which the size is a whole share: H itself, or H // *share where H is a multiple of that. NULL: none. */
static const Dim *share_of_dim(const Size *size, int64_t *share) {
  const Dim *dim = size->term_count == 1 && size->terms[0].atom->kind == ATOM_DIM ? size->terms[0].atom->dim : NULL;
  int64_t coefficient = size->term_count == 1 ? size->terms[0].coefficient : 0;
  if (!dim || coefficient < 1 || dim->multiple % coefficient || size->constant != dim->offset) return NULL;
  if (dim->multiple != coefficient && dim->offset) return NULL;
  *share = dim->multiple / coefficient;
  return dim;
}

/* The counter of a dim is (value - offset) / multiple, a whole number; what it has in common with the coefficient is
 * cancelled. `inside`: it stands in a product or behind a minus, where a division needs parentheses. */
static void print_counter(Text *out, const SizeStyle *style, const Dim *dim, int64_t *coefficient, bool inside) {
  int64_t multiple = dim->multiple, common = greatest_divisor(*coefficient, multiple);
  const char *name = spelled(style, out, dim);
  *coefficient /= common;
  multiple /= common;
  inside = inside && multiple != 1;
  if (inside) text_add(out, "(");
  if (dim->offset) text_addf(out, "(%s - %lld)", name, (long long)dim->offset);
  else text_add(out, name);
  if (multiple != 1) text_addf(out, "%s%lld", style->over, (long long)multiple);
  if (inside) text_add(out, ")");
}

static void print_atom(Text *out, const SizeStyle *style, const Atom *atom, int64_t *coefficient, bool inside) {
  switch (atom->kind) {
  case ATOM_DIM: print_counter(out, style, atom->dim, coefficient, inside); return;
  case ATOM_PRODUCT:
    print_atom(out, style, atom->left, coefficient, true);
    text_add(out, style->times);
    print_atom(out, style, atom->right, coefficient, true);
    return;
  case ATOM_FLOOR_DIV: {
    int64_t share = 1;
    const Dim *dim = share_of_dim(atom->numerator, &share);
    if (inside) text_add(out, "(");
    if (!dim) text_add(out, "(");
    if (dim) text_add(out, spelled(style, out, dim));
    else size_print_as(out, atom->numerator, style);
    text_addf(out, "%s%s%lld", dim ? "" : ")", style->over, (long long)saturating_mul(atom->divisor, share));
    if (inside) text_add(out, ")");
    return;
  }
  case ATOM_MAX:
    text_addf(out, "%s(", style->max);
    size_print_as(out, atom->first, style);
    text_add(out, ", ");
    size_print_as(out, atom->second, style);
    text_add(out, ")");
    return;
  }
}

/* A multiple of the whole dim is written by its name, so that its offset leaves the constant. */
static bool is_whole_dim(const Term *term) {
  const Dim *dim = term->atom->kind == ATOM_DIM ? term->atom->dim : NULL;
  return dim && term->coefficient % dim->multiple == 0 && saturating_mul(term->coefficient / dim->multiple, dim->offset) < SIZE_LIMIT;
}

/* The term without its sign. `inside`: behind a minus that is not between two terms. */
static void print_term(Text *out, const SizeStyle *style, const Term *term, bool inside) {
  int64_t coefficient = term->coefficient < 0 ? -term->coefficient : term->coefficient;
  Text atom = text_new(out->arena);
  if (is_whole_dim(term)) {
    coefficient /= term->atom->dim->multiple;
    text_add(&atom, spelled(style, out, term->atom->dim));
  } else {
    int64_t left = coefficient;
    print_atom(&atom, style, term->atom, &left, false);
    if (left != 1 || inside) { /* again, now that it is known to be a factor */
      atom = text_new(out->arena);
      left = coefficient;
      print_atom(&atom, style, term->atom, &left, true);
    }
    coefficient = left;
  }
  if (coefficient != 1) text_addf(out, "%lld%s", (long long)coefficient, style->times);
  text_add(out, text_string(&atom));
}

static void print_constant(Text *out, int64_t constant, bool first) {
  if (first) text_addf(out, "%lld", (long long)constant);
  else if (constant) text_addf(out, " %c %lld", constant < 0 ? '-' : '+', (long long)(constant < 0 ? -constant : constant));
}

void size_print_as(Text *out, const Size *size, const SizeStyle *style) {
  int64_t constant = size->constant;
  int first = -1;
  for (int i = 0; i < size->term_count; i++) {
    const Term *t = &size->terms[i];
    if (is_whole_dim(t))
      constant = saturating_add(constant, -saturating_mul(t->coefficient / t->atom->dim->multiple, t->atom->dim->offset));
    if (first < 0 && t->coefficient > 0) first = i;
  }
  bool leads = first < 0 && (constant > 0 || size->term_count == 0); /* "5 - H" */
  if (leads) print_constant(out, constant, true);
  if (first >= 0) print_term(out, style, &size->terms[first], false);
  for (int i = 0; i < size->term_count; i++) {
    bool minus = size->terms[i].coefficient < 0, begins = i == 0 && first < 0 && !leads;
    if (i == first) continue;
    text_add(out, begins ? "-" : minus ? " - " : " + ");
    print_term(out, style, &size->terms[i], begins);
  }
  if (!leads) print_constant(out, constant, false);
}

void size_print(Text *out, const Size *size) { size_print_as(out, size, &language); }

const char *size_text(Arena *arena, const Size *size) {
  Text text = text_new(arena);
  size_print(&text, size);
  return text_string(&text);
}

const char *dim_multiple_text(Arena *arena, const Dim *dim) {
  if (dim->offset) return arena_printf(arena, "%lld more than a multiple of %lld", (long long)dim->offset, (long long)dim->multiple);
  return arena_printf(arena, "a multiple of %lld", (long long)dim->multiple);
}

const char *dim_text(Arena *arena, const Dim *dim) {
  const char *range = dim->maximum < 0 ? arena_printf(arena, "at least %lld", (long long)dim->minimum)
                                       : arena_printf(arena, "%lld to %lld", (long long)dim->minimum, (long long)dim->maximum);
  return dim->multiple == 1 ? range : arena_printf(arena, "%s, %s", range, dim_multiple_text(arena, dim));
}
