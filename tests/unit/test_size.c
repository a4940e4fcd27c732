/* test_size.c - sizes as expressions: arithmetic against numbers, normal forms, bounds, and the printed text. */
#include <criterion/criterion.h>
#include <stdint.h>

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

Test(size, unbounded_and_huge) {
  const Size *d = dim(3);
  cr_assert_eq(size_minimum(d), 3);
  cr_assert_geq(size_maximum(d), SIZE_LIMIT);
  const Size *huge = size_mul(&arena, number(INT64_C(1) << 40), number(INT64_C(1) << 40));
  cr_assert_eq(size_value(huge), SIZE_LIMIT);
  cr_assert_eq(size_value(size_sub(&arena, number(-SIZE_LIMIT), number(SIZE_LIMIT))), -SIZE_LIMIT);
  cr_assert(size_is(size_one(), 1));
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
}
