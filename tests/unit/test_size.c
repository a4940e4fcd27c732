/* test_size.c - sizes as expressions: arithmetic against numbers, normal forms, bounds, and the printed text. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "passes/resolve_files.h"

enum { DIMS = 4 };

static Dim dims[DIMS] = {
    {.name = "A", .minimum = 1, .maximum = 40, .multiple = 1},
    {.name = "B", .minimum = 16, .maximum = 1024, .multiple = 8},
    {.name = "C", .minimum = 5, .maximum = 95, .multiple = 6, .offset = 5},
    {.name = "D", .minimum = 3, .maximum = -1, .multiple = 1},
};
static const char declarations[] =
    "dim A in 1..40\ndim B in 16..1024 (multiple_of=8)\ndim C in 5..95 (multiple_of=6, offset=5)\ndim D in 3..\n";

static Arena arena;

static void begin(void) { arena = (Arena){0}; }
static void end(void) { arena_free(&arena); }
TestSuite(size, .init = begin, .fini = end);

static const Size *dim(int i) { return size_of_dim(&arena, &dims[i]); }
static const Size *number(int64_t value) { return size_of(&arena, value); }

static const char *text_of(const Size *size) {
  Text text = text_new(&arena);
  size_print(&text, size);
  return text_string(&text);
}

typedef struct Sample {
  int64_t values[DIMS];
} Sample;

static int64_t value_in(void *context, const Dim *which) {
  const Sample *sample = context;
  return sample->values[which - dims];
}

static uint64_t state;

static int64_t random_below(int64_t limit) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (int64_t)((state >> 33) % (uint64_t)limit);
}

static Sample random_sample(void) {
  Sample sample;
  for (int i = 0; i < DIMS; i++) {
    const Dim *d = &dims[i];
    int64_t high = d->maximum < 0 ? 500 : d->maximum, first = (d->minimum - d->offset + d->multiple - 1) / d->multiple;
    sample.values[i] = (first + random_below((high - d->offset) / d->multiple - first + 1)) * d->multiple + d->offset;
  }
  return sample;
}

static int64_t floor_of(int64_t a, int64_t b) { return a / b - (a % b != 0 && a < 0); }

enum { SAMPLES = 12 };

/* A random expression, and what it is at each sample, computed with plain numbers. */
typedef struct Case {
  const Size *size;
  int64_t values[SAMPLES];
} Case;

static Sample samples[SAMPLES];

static Case leaf(void) {
  Case c;
  int64_t pick = random_below(DIMS + 2);
  c.size = pick < DIMS ? dim((int)pick) : number(pick == DIMS ? 1 : 7);
  for (int i = 0; i < SAMPLES; i++) c.values[i] = pick < DIMS ? samples[i].values[pick] : pick == DIMS ? 1 : 7;
  return c;
}

static Case expression(int depth) {
  if (depth == 0) return leaf();
  Case a = expression(depth - 1), b = random_below(3) ? leaf() : expression(depth - 1), c;
  int64_t factor = 1 + random_below(9), kind = random_below(7);
  switch (kind) {
  case 0: c.size = size_add(&arena, a.size, b.size); break;
  case 1: c.size = size_sub(&arena, a.size, b.size); break;
  case 2: c.size = size_mul_int(&arena, a.size, factor - 4); break;
  case 3: c.size = size_floor_div(&arena, a.size, factor); break;
  case 4: c.size = size_ceil_div(&arena, a.size, factor); break;
  case 5: c.size = size_add_int(&arena, a.size, factor - 5); break;
  default: c.size = depth == 1 ? size_mul(&arena, a.size, b.size) : size_add(&arena, a.size, b.size); break;
  }
  for (int i = 0; i < SAMPLES; i++) {
    int64_t x = a.values[i], y = b.values[i];
    int64_t results[] = {
        x + y, x - y, x * (factor - 4), floor_of(x, factor), -floor_of(-x, factor), x + factor - 5, depth == 1 ? x * y : x + y};
    c.values[i] = results[kind];
  }
  return c;
}

static void random_cases(void (*check)(const Case *)) {
  state = 2026;
  for (int n = 0; n < 6000; n++) {
    for (int i = 0; i < SAMPLES; i++) samples[i] = random_sample();
    Case c = expression(1 + n % 4);
    check(&c);
    if (n % 500 == 499) arena_free(&arena);
  }
}

static void check_values(const Case *c) {
  for (int i = 0; i < SAMPLES; i++) cr_assert_eq(size_evaluate(c->size, value_in, &samples[i]), c->values[i], "%s", text_of(c->size));
}

Test(size, evaluates_as_numbers_do) { random_cases(check_values); }

static void check_bounds(const Case *c) {
  int64_t low = size_minimum(c->size), high = size_maximum(c->size);
  for (int i = 0; i < SAMPLES; i++)
    cr_assert(low <= c->values[i] && c->values[i] <= high, "%s is %lld, not in %lld..%lld", text_of(c->size), (long long)c->values[i],
              (long long)low, (long long)high);
}

Test(size, bounds_hold) { random_cases(check_bounds); }

/* The text means the same size when it is read as an expression of the language. */
static void check_text(const Case *c) {
  Sources sources = {.arena = &arena};
  Diagnostics diagnostics = {.arena = &arena, .sources = &sources};
  Options options = {0};
  Compilation compilation = {.arena = &arena, .diagnostics = &diagnostics, .sources = &sources, .options = &options};
  Files files = {.c = &compilation, .modules = name_table(&arena), .open = name_table(&arena)};
  const char *source = arena_printf(&arena, "%sconst size = %s\n", declarations, text_of(c->size));
  const Ast *ast = parse_source(&arena, &diagnostics, sources_add(&sources, "size.cnn", source, strlen(source)));
  const Module *module = resolve_files(&files, ast);
  cr_assert_eq(diagnostics.errors, 0, "%s", source);
  const Entry *entry = find_name(&module->names, "size");
  const Size *read = datum_whole_size(&arena, entry->datum);
  cr_assert(read != NULL, "%s", source);
  cr_assert_str_eq(text_of(read), text_of(c->size));
}

Test(size, text_reads_back) {
  state = 7;
  for (int n = 0; n < 800; n++) {
    for (int i = 0; i < SAMPLES; i++) samples[i] = random_sample();
    Case c = expression(1 + n % 4);
    check_text(&c);
    arena_free(&arena);
  }
}

Test(size, multiples_make_divisions_exact) {
  const Size *b = dim(1), *half = size_floor_div(&arena, b, 2);
  cr_assert(size_equal(size_mul_int(&arena, half, 2), b));
  cr_assert(size_equal(size_mul_int(&arena, size_floor_div(&arena, half, 4), 8), b));
  cr_assert(!size_equal(size_mul_int(&arena, size_floor_div(&arena, b, 16), 16), b));
  cr_assert(size_equal(size_floor_div(&arena, size_add_int(&arena, b, 7), 8), size_floor_div(&arena, b, 8)));
}

Test(size, halving_twice_is_quartering) {
  const Size *a = dim(0);
  cr_assert(size_equal(size_floor_div(&arena, size_floor_div(&arena, a, 2), 2), size_floor_div(&arena, a, 4)));
  cr_assert(size_equal(size_ceil_div(&arena, size_ceil_div(&arena, a, 2), 3), size_ceil_div(&arena, a, 6)));
}

Test(size, order_of_operations_does_not_matter) {
  const Size *a = dim(0), *b = dim(1), *d = dim(3);
  cr_assert(size_equal(size_add(&arena, a, size_sub(&arena, d, a)), d));
  cr_assert(size_equal(size_mul(&arena, a, b), size_mul(&arena, b, a)));
  cr_assert(size_equal(size_mul(&arena, size_mul(&arena, a, b), d), size_mul(&arena, a, size_mul(&arena, d, b))));
  cr_assert(!size_equal(a, d));
  cr_assert(!size_equal(a, number(1)));
}

Test(size, bounds_see_a_dim_that_appears_twice) {
  const Size *a = dim(0), *rest = size_sub(&arena, a, size_mul_int(&arena, size_floor_div(&arena, a, 4), 4));
  cr_assert_eq(size_minimum(rest), 0);
  cr_assert_eq(size_maximum(rest), 3);
  const Size *d = dim(3), *odd = size_sub(&arena, size_mul_int(&arena, size_ceil_div(&arena, d, 2), 2), d);
  cr_assert_eq(size_minimum(odd), 0);
  cr_assert_eq(size_maximum(odd), 1);
}

/* Dims of few values, so that all of them can be gone through. */
static Dim small[] = {
    {.name = "P", .minimum = 3, .maximum = 17, .multiple = 1},
    {.name = "Q", .minimum = 8, .maximum = 32, .multiple = 4},
    {.name = "R", .minimum = 5, .maximum = 29, .multiple = 6, .offset = 5},
};
enum { SMALL = 3 };

static const Size *small_expression(int depth) {
  if (depth == 0) {
    int64_t pick = random_below(2 * SMALL + 1);
    return pick < 2 * SMALL ? size_of_dim(&arena, &small[pick % SMALL]) : number(random_below(5));
  }
  const Size *a = small_expression(depth - 1), *b = small_expression(random_below(2) ? 0 : depth - 1);
  int64_t factor = 1 + random_below(4);
  switch (random_below(7)) {
  case 0: return size_add(&arena, a, b);
  case 1: return size_sub(&arena, a, b);
  case 2: return size_mul_int(&arena, a, factor - 2);
  case 3: return size_floor_div(&arena, a, factor);
  case 4: return size_ceil_div(&arena, a, factor);
  case 5: return depth < 3 ? size_mul(&arena, a, b) : a;
  default: return size_add_int(&arena, a, factor - 2);
  }
}

/* Another expression: equal to a for some values of the dims, or for all. */
static const Size *relative_of(const Size *a) {
  const Size *p = size_of_dim(&arena, &small[0]), *half = size_floor_div(&arena, p, 2);
  int64_t factor = 2 + random_below(3);
  switch (random_below(6)) {
  case 0: return size_floor_div(&arena, size_mul_int(&arena, a, factor), factor);
  case 1: return size_mul_int(&arena, size_floor_div(&arena, a, factor), factor);
  case 2: return size_add(&arena, size_floor_div(&arena, a, 2), size_ceil_div(&arena, a, 2));
  case 3: return size_add(&arena, a, size_sub(&arena, size_ceil_div(&arena, p, 2), half));     /* a, or a + 1 for odd P */
  case 4: return size_add(&arena, a, size_floor_div(&arena, size_add_int(&arena, p, -3), 15)); /* a + 1 never: P is below 18 */
  default: return small_expression(2);
  }
}

static bool differ_somewhere(const Size *a, const Size *b) {
  SizeSample sample = {.dims = {&small[0], &small[1], &small[2]}, .count = SMALL};
  for (sample.values[0] = 3; sample.values[0] <= 17; sample.values[0]++)
    for (sample.values[1] = 8; sample.values[1] <= 32; sample.values[1] += 4)
      for (sample.values[2] = 5; sample.values[2] <= 29; sample.values[2] += 6)
        if (size_at(a, &sample) != size_at(b, &sample)) return true;
  return false;
}

/* Equal means equal for all values, and the values for which two sizes are said to differ are in range and do so. */
Test(size, equality_is_decided) {
  state = 11;
  int equal = 0, differing = 0;
  for (int n = 0; n < 4000; n++) {
    const Size *a = small_expression(1 + n % 3), *b = relative_of(a);
    SizeSample sample;
    bool differ = differ_somewhere(a, b);
    cr_assert_eq(size_equal(a, b), !differ, "%s and %s", text_of(a), text_of(b));
    cr_assert_eq(size_difference(a, b, &sample), differ, "%s and %s", text_of(a), text_of(b));
    if (differ) cr_assert_neq(size_at(a, &sample), size_at(b, &sample), "%s and %s", text_of(a), text_of(b));
    for (int i = 0; differ && i < sample.count; i++) {
      const Dim *d = sample.dims[i];
      cr_assert(sample.values[i] >= d->minimum && sample.values[i] <= d->maximum && (sample.values[i] - d->offset) % d->multiple == 0);
    }
    equal += !differ;
    differing += differ;
    if (n % 200 == 199) arena_free(&arena);
  }
  cr_assert(equal > 500 && differing > 500, "%d equal, %d differing", equal, differing);
}

static const Size *halved(const Size *n) { return size_floor_div(&arena, n, 2); }
static const Size *doubled(const Size *n) { return size_mul_int(&arena, n, 2); }

/* What nets make of sizes: down by windows and poolings, up again by conv_transpose and upsample. */
Test(size, natural_equalities) {
  Dim quarter = {.name = "H", .minimum = 64, .maximum = 1024, .multiple = 4},
      eighth = {.name = "W", .minimum = 8, .maximum = -1, .multiple = 8};
  const Size *h = size_of_dim(&arena, &quarter), *w = size_of_dim(&arena, &eighth), *t = dim(3); /* D, which has no upper bound */
  cr_assert(size_equal(doubled(doubled(halved(halved(h)))), h));
  cr_assert(size_equal(size_mul_int(&arena, size_floor_div(&arena, w, 8), 8), w));
  cr_assert(size_equal(doubled(halved(h)), h));
  cr_assert(size_equal(size_ceil_div(&arena, t, 2), halved(size_add_int(&arena, t, 1))));
  cr_assert(size_equal(size_add_int(&arena, halved(size_add_int(&arena, t, -1)), 1), size_ceil_div(&arena, t, 2)));
  cr_assert(size_equal(size_sub(&arena, t, halved(t)), size_ceil_div(&arena, t, 2)));
  cr_assert(size_equal(size_add(&arena, halved(t), size_ceil_div(&arena, t, 2)), t));
  cr_assert(size_equal(halved(size_floor_div(&arena, doubled(t), 3)), size_floor_div(&arena, t, 3)));
  /* conv_transpose 2, stride 2: (n - 1) * 2 + 2 */
  cr_assert(size_equal(size_add_int(&arena, doubled(size_add_int(&arena, halved(h), -1)), 2), h));
  /* conv 3, stride 2, padding 1, twice: floor((n - 1) / 2) + 1 of the first */
  const Size *once = size_add_int(&arena, halved(size_add_int(&arena, t, -1)), 1);
  const Size *twice = size_add_int(&arena, halved(size_add_int(&arena, once, -1)), 1);
  cr_assert(size_equal(twice, size_ceil_div(&arena, t, 4)));
  cr_assert(!size_equal(doubled(halved(t)), t));
  cr_assert(!size_equal(size_mul_int(&arena, size_floor_div(&arena, h, 8), 8), h));
}

Test(size, the_larger_of_two) {
  const Size *a = dim(0), *b = dim(1), *area = size_mul(&arena, a, b);
  cr_assert_eq(size_max(&arena, area, a), area); /* B is 16 at least */
  const Size *larger = size_max(&arena, size_mul_int(&arena, a, 8), b);
  cr_assert(size_has_max(larger) && !size_has_max(area));
  for (int64_t x = 1; x <= 40; x += 3)
    for (int64_t y = 16; y <= 1024; y += 56) {
      SizeSample sample = {{&dims[0], &dims[1]}, {x, y}, 2};
      cr_assert_eq(size_at(larger, &sample), 8 * x > y ? 8 * x : y);
    }
  const Size *positive = size_max(&arena, size_sub(&arena, b, size_mul_int(&arena, a, 8)), number(0));
  cr_assert_str_eq(text_of(positive), "8*max(38, B//8 - A + 38) - 304"); /* no number below 0 is compared */
  cr_assert_eq(size_minimum(larger), 16);
  cr_assert_eq(size_maximum(larger), 1024);
}

/* What emitted code compares with SIZE_MAX is never below the size. */
/* Bounds that are not known stay unknown, and no part of the result. */
Test(size, the_larger_of_two_without_bounds) {
  const Size *d = dim(3), *h = size_floor_div(&arena, size_add_int(&arena, d, 1), 2), *squares = size_mul(&arena, h, h);
  const Size *inner = size_add_int(&arena, size_sub(&arena, size_mul_int(&arena, squares, 2), size_mul_int(&arena, h, 10)), 50);
  const Size *other = size_sub(&arena, size_floor_div(&arena, size_add_int(&arena, size_mul_int(&arena, squares, 5), 4), 8), h);
  const Size *a = size_sub(&arena, size_add(&arena, squares, size_max(&arena, inner, other)), size_mul_int(&arena, h, 3));
  const Size *b = size_sub(&arena, size_floor_div(&arena, size_mul_int(&arena, size_mul(&arena, d, d), 5), 8), size_mul_int(&arena, d, 2));
  const char *text = text_of(size_max(&arena, a, b));
  for (const char *p = text; *p; p++) cr_assert_lt(strspn(p, "0123456789"), 4, "%s", text);
}

Test(size, a_product_bounds_it) {
  state = 3;
  for (int n = 0; n < 2000; n++) {
    for (int i = 0; i < SAMPLES; i++) samples[i] = random_sample();
    Case c = expression(1 + n % 3);
    SizeProduct bound = size_bound(c.size);
    for (int i = 0; i < SAMPLES; i++) {
      double product = bound.factor;
      for (int k = 0; k < bound.count; k++)
        for (int power = 0; power < bound.powers[k]; power++) product *= (double)samples[i].values[bound.dims[k] - dims];
      cr_assert(product * (1 + 1e-12) >= (double)c.values[i], "%s: %g is below %lld", text_of(c.size), product, (long long)c.values[i]);
    }
    if (n % 200 == 199) arena_free(&arena);
  }
}

Test(size, bounds_of_products_see_the_corner) {
  const Size *a = size_add_int(&arena, dim(0), -1), *b = size_add_int(&arena, dim(1), -16); /* both 0 at least */
  const Size *product = size_mul(&arena, a, b);
  cr_assert_eq(size_minimum(product), 0);
  cr_assert_eq(size_maximum(product), 39 * 1008);
}

Test(size, unbounded_and_huge) {
  const Size *d = dim(3);
  cr_assert_eq(size_minimum(d), 3);
  cr_assert_geq(size_maximum(d), SIZE_LIMIT);
  const Size *huge = size_mul(&arena, number(INT64_C(1) << 40), number(INT64_C(1) << 40));
  cr_assert_eq(size_value(huge), SIZE_LIMIT);
  cr_assert_eq(size_value(size_sub(&arena, number(-SIZE_LIMIT), number(SIZE_LIMIT))), -SIZE_LIMIT);
  cr_assert(size_is(size_one(), 1));
  const Size *level = number(100000); /* equal for more values than are tried: not decided is not equal */
  cr_assert(!size_equal(size_max(&arena, d, level), level));
}

Test(size, texts) {
  cr_assert_str_eq(text_of(number(28)), "28");
  cr_assert_str_eq(text_of(number(-3)), "-3");
  cr_assert_str_eq(text_of(size_add_int(&arena, dim(0), 1)), "A + 1");
  cr_assert_str_eq(text_of(size_add_int(&arena, size_floor_div(&arena, dim(0), 2), -1)), "A//2 - 1");
  cr_assert_str_eq(text_of(size_mul_int(&arena, size_floor_div(&arena, dim(0), 4), 2)), "2*(A//4)");
  cr_assert_str_eq(text_of(size_floor_div(&arena, dim(1), 2)), "B//2");
  cr_assert_str_eq(text_of(size_mul_int(&arena, size_floor_div(&arena, dim(1), 4), 3)), "3*(B//4)");
  cr_assert_str_eq(text_of(dim(2)), "C");
  cr_assert_str_eq(text_of(size_mul_int(&arena, dim(2), 2)), "2*C");
  cr_assert_str_eq(text_of(size_ceil_div(&arena, dim(0), 2)), "(A + 1)//2");
  cr_assert_str_eq(text_of(size_mul(&arena, dim(0), dim(3))), "A*D");
  cr_assert_str_eq(text_of(size_mul_int(&arena, size_mul(&arena, dim(0), dim(1)), 4)), "4*A*B");
  cr_assert_str_eq(text_of(size_floor_div(&arena, dim(1), 16)), "B//16");
  cr_assert_str_eq(text_of(size_floor_div(&arena, size_floor_div(&arena, dim(2), 6), 4)), "((C - 5)//6)//4");
  cr_assert_str_eq(text_of(size_floor_div(&arena, dim(2), 2)), "(C - 5)//2 + 2");
  cr_assert_str_eq(text_of(size_sub(&arena, number(50), dim(0))), "50 - A");
  cr_assert_str_eq(text_of(size_sub(&arena, dim(3), dim(0))), "D - A");
  cr_assert_str_eq(text_of(size_max(&arena, size_mul_int(&arena, dim(0), 6), size_mul_int(&arena, dim(3), 4))), "2*max(3*A, 2*D)");
}
