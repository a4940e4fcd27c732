/* size_equal.c - whether two sizes are equal for all values of the dims: a decision, not a guess.
 *
 * In each dim a size is a polynomial that changes with the counter's remainder by some period: floor(n / d) repeats its
 * fraction after d times the period of n. Two such sizes of degree at most g in a counter, equal at g + 1 places of every
 * remainder, are equal everywhere. So (g + 1) * period counters of each dim decide, or all of them where the range is
 * shorter. */
#include "ir/size_form.h"

enum { MOST_SAMPLES = 1 << 16 };

int64_t dim_least(const Dim *dim) { return ceil_div(dim->minimum - dim->offset, dim->multiple) * dim->multiple + dim->offset; }

int64_t dim_greatest(const Dim *dim) {
  return dim->maximum < 0 ? SIZE_LIMIT : floor_div(dim->maximum - dim->offset, dim->multiple) * dim->multiple + dim->offset;
}

static int64_t value_in_sample(void *context, const Dim *dim) {
  const SizeSample *sample = context;
  for (int i = 0; i < sample->count; i++)
    if (sample->dims[i] == dim) return sample->values[i];
  return dim_least(dim);
}

int64_t size_at(const Size *size, const SizeSample *sample) { return size_evaluate(size, value_in_sample, (void *)sample); }

typedef struct DimCollector {
  SizeSample *sample;
  bool full;
} DimCollector;

static int64_t collect_dim(void *context, const Dim *dim) {
  DimCollector *collector = context;
  SizeSample *sample = collector->sample;
  for (int i = 0; i < sample->count; i++)
    if (sample->dims[i] == dim) return sample->values[i];
  if (sample->count == MAX_SAMPLE_DIMS) {
    collector->full = true;
    return dim_least(dim);
  }
  sample->dims[sample->count] = dim;
  return sample->values[sample->count++] = dim_least(dim);
}

bool size_add_dims(const Size *size, SizeSample *sample) {
  DimCollector collector = {sample, false};
  size_evaluate(size, collect_dim, &collector);
  return !collector.full;
}

bool size_uses_dim(const Size *size, const Dim *dim) {
  SizeSample sample = {0};
  size_add_dims(size, &sample);
  for (int i = 0; i < sample.count; i++)
    if (sample.dims[i] == dim) return true;
  return false;
}

/* How a size depends on one dim's counter. */
typedef struct Shape {
  int64_t period; /* SIZE_LIMIT: too long, or not of this kind */
  int64_t degree;
} Shape;

static int64_t common_multiple(int64_t a, int64_t b) { return saturating_mul(a / greatest_divisor(a, b), b); }

static Shape shape_of(const Size *size, const Dim *dim);

static Shape shape_of_atom(const Atom *atom, const Dim *dim) {
  switch (atom->kind) {
  case ATOM_DIM: return (Shape){1, atom->dim == dim};
  case ATOM_FLOOR_DIV: {
    Shape s = shape_of(atom->numerator, dim);
    if (s.degree) s.period = saturating_mul(s.period, atom->divisor);
    return s;
  }
  case ATOM_PRODUCT: {
    Shape a = shape_of_atom(atom->left, dim), b = shape_of_atom(atom->right, dim);
    return (Shape){common_multiple(a.period, b.period), a.degree + b.degree};
  }
  case ATOM_MAX: {
    Shape a = shape_of(atom->first, dim), b = shape_of(atom->second, dim);
    return (Shape){a.degree || b.degree ? SIZE_LIMIT : 1, a.degree > b.degree ? a.degree : b.degree};
  }
  }
  return (Shape){SIZE_LIMIT, 1};
}

static Shape shape_of(const Size *size, const Dim *dim) {
  Shape shape = {1, 0};
  for (int i = 0; i < size->term_count; i++) {
    Shape s = shape_of_atom(size->terms[i].atom, dim);
    shape.period = common_multiple(shape.period, s.period);
    if (s.degree > shape.degree) shape.degree = s.degree;
  }
  return shape;
}

/* Counters of the dim that decide; *all: these are known to be enough. */
static int64_t deciding_values(const Size *a, const Size *b, const Dim *dim, bool *all) {
  Shape s = shape_of(a, dim), t = shape_of(b, dim);
  int64_t degree = s.degree > t.degree ? s.degree : t.degree;
  int64_t wanted = saturating_mul(common_multiple(s.period, t.period), degree + 1);
  int64_t greatest = dim_greatest(dim), there = greatest >= SIZE_LIMIT ? SIZE_LIMIT : (greatest - dim_least(dim)) / dim->multiple + 1;
  if (there < wanted) wanted = there;
  *all = wanted <= MOST_SAMPLES;
  return *all ? wanted : MOST_SAMPLES;
}

/* Goes through the grid of deciding values. *decided: it was the whole one. */
static bool find_difference(const Size *a, const Size *b, SizeSample *sample, bool *decided) {
  int64_t counts[MAX_SAMPLE_DIMS], at[MAX_SAMPLE_DIMS] = {0}, tried = 0;
  *sample = (SizeSample){0};
  bool all_of_a = size_add_dims(a, sample), all_of_b = size_add_dims(b, sample);
  *decided = all_of_a && all_of_b;
  for (int i = 0; i < sample->count; i++) {
    bool all;
    counts[i] = deciding_values(a, b, sample->dims[i], &all);
    *decided &= all;
  }
  for (;;) {
    if (size_at(a, sample) != size_at(b, sample)) return true;
    int i = 0;
    while (i < sample->count && ++at[i] == counts[i]) at[i++] = 0;
    if (i == sample->count) return false;
    if (++tried == MOST_SAMPLES) break;
    for (int k = 0; k <= i; k++) sample->values[k] = dim_least(sample->dims[k]) + at[k] * sample->dims[k]->multiple;
  }
  *decided = false;
  return false;
}

bool size_difference(const Size *a, const Size *b, SizeSample *sample) {
  bool decided;
  return find_difference(a, b, sample, &decided);
}

bool size_equal(const Size *a, const Size *b) {
  SizeSample sample;
  bool decided;
  if (compare_sizes(a, b) == 0) return true;
  if (a->term_count == 0 && b->term_count == 0) return false;
  return !find_difference(a, b, &sample, &decided) && decided;
}
