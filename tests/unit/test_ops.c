/* test_ops.c - shape rules of the operators, counted out by brute force, and what their errors say. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "graph_fixture.h"
#include "ops/attributes.h"
#include "ops/dense.h"
#include "support/checked.h"

static int64_t output_size(const Node *node) { return node->output->poisoned ? -1 : size_value(type_width(&node->output->type)); }

/* Windows that fit, one by one. */
static int64_t count_windows(int64_t padded, int64_t span, int64_t stride) {
  int64_t count = 0;
  while (count * stride + span <= padded) count++;
  return count;
}

/* The smallest total for which there are as many windows as the input has strides. */
static int64_t least_total(int64_t n, int64_t span, int64_t stride) {
  int64_t starts = 0, total = 0;
  while (starts * stride < n) starts++;
  while (count_windows(n + total, span, stride) < starts) total++;
  return total;
}

typedef struct Expected {
  int64_t before, after;
} Expected;

static Expected expected_padding(const char *padding, int64_t n, int64_t span, int64_t stride) {
  int64_t total = least_total(n, span, stride);
  if (strcmp(padding, "full") == 0) return (Expected){span - 1, span - 1};
  if (strcmp(padding, "causal") == 0) return (Expected){span - 1, 0};
  if (strcmp(padding, "same_lower") == 0) return (Expected){total - total / 2, total / 2};
  if (strncmp(padding, "same", 4) == 0) return (Expected){total / 2, total - total / 2};
  if (strcmp(padding, "0,0,2,1") == 0) return (Expected){2, 1};
  return (Expected){0, 0};
}

static void check_window(const char *padding, int n, int k, int s, int d) {
  Fixture f;
  fixture_begin(&f);
  char shape[16], attributes[120];
  snprintf(shape, sizeof shape, "1,%d", n);
  snprintf(attributes, sizeof attributes, "out_channels=1 kernel_size=%d stride=%d dilation=%d padding=%s", k, s, d, padding);
  Node *node = fixture_layer(&f, "conv", attributes, fixture_input(&f, shape));
  int64_t span = (int64_t)d * (k - 1) + 1;
  Expected e = expected_padding(padding, n, span, s);
  int64_t windows = count_windows(n + e.before + e.after, span, s);
  cr_assert_eq(output_size(node), windows ? windows : -1, "n %d, %s", n, attributes);
  if (!windows) cr_assert_eq(f.diagnostics.items[0]->code, CODE_E0302);
  else {
    const ConvAttributes *a = node->attributes;
    Window w = window_of(&f.arena, &node->inputs[0]->type, a->kernel_size, a->stride, a->dilation, a->padding, false);
    DenseWindow dense = dense_window(node, 1, a->kernel_size, a->stride, a->dilation, a->padding);
    cr_assert(size_is(w.before[1], e.before) && size_is(w.after[1], e.after), "n %d, %s", n, attributes);
    cr_assert(dense.before == e.before && dense.after == e.after, "n %d, %s", n, attributes);
  }
  if (windows && strncmp(padding, "same", 4) == 0) cr_assert_eq(windows, (n + s - 1) / s);
  if (strcmp(padding, "full") == 0) cr_assert_eq(windows, (n + span - 2) / s + 1);
  fixture_end(&f);
}

Test(ops, windows_are_those_that_can_be_counted) {
  static const char *const paddings[] = {"valid", "same", "same_upper", "same_lower", "full", "causal", "0,0,2,1"};
  for (size_t p = 0; p < sizeof paddings / sizeof *paddings; p++)
    for (int n = 1; n < 40; n++)
      for (int k = 1; k < 8; k++)
        for (int s = 1; s < 5; s++)
          for (int d = 1; d < 4; d++) check_window(paddings[p], n, k, s, d);
}

/* With ceil_mode a window is added while the last one does not reach the padded end, unless it starts beyond n + p0. */
static int64_t count_ceil_windows(int64_t n, int64_t before, int64_t after, int64_t span, int64_t stride) {
  int64_t count = 1;
  while ((count - 1) * stride + span < n + before + after && count * stride < n + before) count++;
  return count;
}

static void check_ceil(int n, int k, int s, int before, int after) {
  Fixture f;
  fixture_begin(&f);
  char shape[16], attributes[120];
  snprintf(shape, sizeof shape, "1,%d", n);
  snprintf(attributes, sizeof attributes, "kernel_size=%d stride=%d padding=0,0,%d,%d ceil_mode=true", k, s, before, after);
  Node *node = fixture_layer(&f, "max_pool", attributes, fixture_input(&f, shape));
  if (node->output->poisoned) cr_assert_lt(n + before + after + s - 1, k, "n %d, %s", n, attributes);
  else cr_assert_eq(output_size(node), count_ceil_windows(n, before, after, k, s), "n %d, %s", n, attributes);
  fixture_end(&f);
}

Test(ops, ceil_mode_counts_windows_as_pytorch_does) {
  for (int n = 1; n < 20; n++)
    for (int k = 1; k < 6; k++)
      for (int s = 1; s < 7; s++)
        for (int before = 0; before < k; before++)
          for (int after = 0; after < k; after++) check_ceil(n, k, s, before, after);
}

static int64_t value_of_dim(void *context, const Dim *dim) {
  (void)dim;
  return *(const int64_t *)context;
}

/* A size that varies gives the same windows as every number that it can be. */
static void check_varying(const Dim *dim, const char *op, const char *attributes) {
  Fixture f;
  fixture_begin(&f);
  const Size *size = size_of_dim(&f.arena, dim);
  Node *varying = fixture_layer(&f, op, attributes, fixture_input_of(&f, (TensorType){.rank = 2, .sizes = {size_of(&f.arena, 2), size}}));
  cr_assert(!varying->output->poisoned, "%s %s: %s", op, attributes, fixture_result(&f, varying));
  for (int64_t n = dim->minimum; n <= dim->maximum; n++) {
    if (n % dim->multiple != dim->offset) continue;
    char shape[24];
    snprintf(shape, sizeof shape, "2,%lld", (long long)n);
    Node *fixed = fixture_layer(&f, op, attributes, fixture_input(&f, shape));
    int64_t got = size_evaluate(varying->output->type.sizes[1], value_of_dim, &n);
    cr_assert_eq(got, output_size(fixed), "%s %s, n %lld: %lld", op, attributes, (long long)n, (long long)got);
  }
  fixture_end(&f);
}

Test(ops, sizes_that_vary_follow_the_same_rules) {
  static const char *const paddings[] = {"valid", "same", "same_lower", "0,0,1,2"};
  const Dim dims[] = {{"H", 13, 60, 1, 0, {0, 0}, NULL}, {"W", 16, 64, 4, 0, {0, 0}, NULL}, {"T", 13, 61, 3, 1, {0, 0}, NULL}};
  for (size_t i = 0; i < sizeof dims / sizeof *dims; i++)
    for (size_t p = 0; p < sizeof paddings / sizeof *paddings; p++)
      for (int k = 3; k < 6; k++)
        for (int s = 1; s <= k; s++) {
          char attributes[120];
          snprintf(attributes, sizeof attributes, "kernel_size=%d stride=%d padding=%s dilation=%d", k, s, paddings[p], 1 + s % 2);
          check_varying(&dims[i], "max_pool", attributes);
          strcat(attributes, " ceil_mode=true");
          check_varying(&dims[i], "max_pool", attributes);
        }
}

typedef struct ErrorCase {
  const char *op, *attributes, *shapes; /* shapes: one an input, blanks between */
  Code code;
  const char *says[5]; /* pieces of the whole diagnostic */
} ErrorCase;

static void check_error(const ErrorCase *c) {
  Fixture f;
  fixture_begin(&f);
  Value *inputs[4];
  int count = 0;
  char *copy = arena_strdup(&f.arena, c->shapes), *save = NULL;
  for (char *shape = strtok_r(copy, " ", &save); shape; shape = strtok_r(NULL, " ", &save)) inputs[count++] = fixture_input(&f, shape);
  Node *node = fixture_node(&f, c->op, c->attributes, inputs, count);
  cr_assert(node->output->poisoned, "%s(%s) of %s was accepted", c->op, c->attributes, c->shapes);
  cr_assert_eq(f.diagnostics.errors, 1, "%s(%s): %d errors", c->op, c->attributes, f.diagnostics.errors);
  const char *text = fixture_diagnostics(&f);
  cr_assert_eq(f.diagnostics.items[0]->code, c->code, "%s(%s):\n%s", c->op, c->attributes, text);
  Text all = text_new(&f.arena); /* labels stand beside a place, which these nodes do not have */
  text_addf(&all, "%s\n%s", text, f.diagnostics.items[0]->primary.text ? f.diagnostics.items[0]->primary.text : "");
  for (int i = 0; i < 5 && c->says[i]; i++)
    cr_assert_not_null(strstr(text_string(&all), c->says[i]), "%s(%s) does not say `%s`:\n%s", c->op, c->attributes, c->says[i],
                       text_string(&all));
  fixture_end(&f);
}

static const ErrorCase error_cases[] = {
    {"conv",
     "out_channels=8 kernel_size=7x7",
     "256,6,6",
     CODE_E0302,
     {"the kernel is larger than its padded input", "7x7 kernel, input is [256, 6, 6], padding 0", "height 6, less than the kernel's 7",
      "use a kernel of 6 or less, or `padding=same`"}},
    {"conv",
     "out_channels=8 kernel_size=3x3 dilation=4x4 padding=1",
     "3,9,5",
     CODE_E0302,
     {"3x3 kernel, input is [3, 9, 5], padding 1",
      "width 5 + padding 1 + 1 = 7, less than the 9 that a kernel of 3 with dilation 4 spans: 4 * (3 - 1) + 1"}},
    {"conv", "out_channels=8 kernel_size=9", "4,6", CODE_E0302, {"9 kernel, input is [4, 6]", "length 6, less than"}},
    {"conv",
     "out_channels=8 kernel_size=3x3",
     "400",
     CODE_E0305,
     {"`conv` needs an image or a sequence, this is a vector", "input is [400]"}},
    {"conv", "out_channels=8 kernel_size=3x3 padding=causal", "3,8,8", CODE_E0402, {"`padding` cannot be `causal`", "[3, 8, 8]"}},
    {"conv",
     "out_channels=6 kernel_size=3x3 groups=3",
     "64,8,8",
     CODE_E0311,
     {"`groups=3` does not divide 64 input channels", "64 has the divisors 1, 2, 4, 8, 16, 32, 64"}},
    {"conv",
     "out_channels=7 kernel_size=3x3 groups=4",
     "64,8,8",
     CODE_E0311,
     {"`groups=4` does not divide 7 output channels", "7 has the divisors 1, 7"}},
    {"conv",
     "out_channels=7 kernel_size=3x3 padding=4 padding_mode=reflect",
     "2,4,8",
     CODE_E0402,
     {"`reflect` needs a padding smaller than the input", "padding 4, input height 4", "a padding of 3 or less"}},
    {"conv",
     "out_channels=7 kernel_size=3 padding=5 padding_mode=circular",
     "2,4",
     CODE_E0402,
     {"`circular` needs a padding no larger", "length 4"}},
    {"conv", "out_channels=7 kernel_size=3x5", "2,9", CODE_E0402, {"`kernel_size` has two numbers", "3x5, input is [2, 9]"}},
    {"conv", "out_channels=7 kernel_size=3 padding=1,1,2,2", "2,9", CODE_E0402, {"`padding` pads two dimensions", "(left=2, right=2)"}},
    {"conv",
     "out_channels=2000000 kernel_size=1000x1000 padding=same",
     "3,8,8",
     CODE_E0307,
     {"weights of this `conv` are too many", "2^40"}},
    {"conv", "out_channels=1 kernel_size=1 padding=2147483647", "1,8", CODE_E0307, {"gives [1, 4294967302]"}},
    {"conv",
     "out_channels=1 kernel_size=1000000 dilation=1000000 padding=full",
     "1,8",
     CODE_E0307,
     {"padding of this `conv` is too large"}},
    {"max_pool", "kernel_size=2x2", "512,1,7", CODE_E0303, {"this pooling leaves no pixels", "[512, 1, 7] with 2x2 gives height 0"}},
    {"avg_pool", "kernel_size=3", "512,2", CODE_E0303, {"[512, 2] with 3 gives length 0"}},
    {"max_pool",
     "kernel_size=2x2 padding=2",
     "3,8,8",
     CODE_E0402,
     {"padding of a pooling must be smaller than its kernel", "padding 2 and 2, kernel 2"}},
    {"max_pool", "kernel_size=2 padding=1 dilation=3", "3,2", CODE_E0402, {"wholly in the padding"}},
    {"avg_pool",
     "kernel_size=3x3 padding=1",
     "3,8,8",
     CODE_E0404,
     {"`avg_pool` with padding needs `count_include_pad`", "PyTorch counts the padding (true), Keras and TensorFlow do not (false)"}},
    {"avg_pool", "kernel_size=3x3 stride=1 padding=same", "3,8,8", CODE_E0404, {"needs `count_include_pad`"}},
    {"max_pool", "kernel_size=2x2", "8", CODE_E0305, {"`max_pool` needs an image or a sequence"}},
    {"global_avg_pool", "", "8", CODE_E0305, {"`global_avg_pool` needs"}},
    {"fc",
     "out_features=10",
     "16,5,5",
     CODE_E0305,
     {"`fc` needs a vector, this is [16, 5, 5]", "insert `-> flatten` (400 values) or `-> global_avg_pool -> flatten` (16 values)"}},
    {"fc", "out_features=2000000000", "1000", CODE_E0307, {"[2000000000, 1000]"}},
    {"add",
     "",
     "128,28,28 64,56,56",
     CODE_E0301,
     {"the inputs of `add` have different shapes", "channels 128 and 64, height 28 and 56, width 28 and 56",
      "give the shortcut a projection: `x -> proj: conv(channels, 1, stride=stride)`"}},
    {"add", "", "128,28,28 64,28,28", CODE_E0301, {"channels 128 and 64", "conv(channels, 1)`"}},
    {"add", "", "8,28,28 8,27,28", CODE_E0301, {"height 28 and 27", "padding=same"}},
    {"add", "", "8 8,1,1", CODE_E0301, {"[8] and [8, 1, 1]", "flatten"}},
    {"add", "", "8,1,1 8,4,4 8,5,4", CODE_E0301, {"height 4 and 5"}},
    {"concat", "", "8,4,4 8,1,4", CODE_E0301, {"the inputs of `concat` have different shapes", "height 4 and 1"}},
    {"concat", "axis=height", "8,4,4 7,4,4", CODE_E0301, {"channels 8 and 7"}},
    {"concat", "axis=height", "8,4 8,4", CODE_E0305, {"`concat` along the height", "[8, 4]"}},
    {"concat", "", "2147483647,1 1,1", CODE_E0307, {"result of this `concat` is too large", "[2147483648, 1]"}},
    {"flatten", "", "65536,65536,1", CODE_E0307, {"[4294967296]"}},
    {"batch_norm", "eps=-1", "8", CODE_E0402, {"`eps` cannot be negative"}},
    {"batch_norm", "eps=1e39", "8", CODE_E0402, {"`eps` is too large"}},
    {"normalize",
     "mean=0.5,0.5,0.5 std=1",
     "1,8,8",
     CODE_E0313,
     {"`mean` of `normalize` needs one number, or one for each channel", "3 values for 1 channel"}},
    {"normalize", "mean=0.5 std=1,2", "3,8,8", CODE_E0313, {"2 values for 3 channels"}},
    {"normalize", "mean=0.5 std=1,0,1", "3,8,8", CODE_E0402, {"`std` of `normalize` cannot be 0"}},
    {"rescale", "scale=1e300", "3,8,8", CODE_E0402, {"`scale` is too large"}},
    {"dropout", "p=1.5", "3,8,8", CODE_E0402, {"must be from 0 to 1"}},
};

Test(ops, errors_say_what_is_wrong) {
  for (size_t i = 0; i < sizeof error_cases / sizeof *error_cases; i++) check_error(&error_cases[i]);
}

/* A dim's size: [channels, size]. */
static Value *varying_input(Fixture *f, const Size *size) {
  return fixture_input_of(f, (TensorType){.rank = 2, .sizes = {size_of(&f->arena, 4), size}});
}

Test(ops, sizes_that_may_differ_are_refused_with_an_example) {
  Fixture f;
  fixture_begin(&f);
  const Dim height = {"H", 66, 1024, 2, 0, {0, 0}, NULL};
  const Dim *dims[] = {&height};
  f.graph->dims = dims;
  f.graph->dim_count = 1;
  Value *x = varying_input(&f, size_of_dim(&f.arena, &height));
  Value *half = fixture_layer(&f, "max_pool", "kernel_size=2", x)->output;
  const Size *quarter = type_width(&fixture_layer(&f, "max_pool", "kernel_size=2", half)->output->type);
  Value *inputs[] = {half, varying_input(&f, size_mul_int(&f.arena, quarter, 2))};
  Node *node = fixture_node(&f, "concat", "", inputs, 2);
  cr_assert(node->output->poisoned);
  const char *text = fixture_diagnostics(&f);
  cr_assert_eq(f.diagnostics.items[0]->code, CODE_E0304, "%s", text);
  cr_assert_not_null(strstr(text, "for H = 66 they are 33 and 32"), "%s", text);
  cr_assert_not_null(strstr(text, "dim H in 66..1024 (multiple_of=4)"), "%s", text);
  fixture_end(&f);
}

Test(ops, a_kernel_that_some_size_cannot_hold_is_refused) {
  Fixture f;
  fixture_begin(&f);
  const Dim length = {"T", 5, -1, 1, 0, {0, 0}, NULL}, *dims[] = {&length};
  f.graph->dims = dims;
  f.graph->dim_count = 1;
  Value *x = varying_input(&f, size_of_dim(&f.arena, &length));
  cr_assert_str_eq(fixture_result(&f, fixture_layer(&f, "conv", "out_channels=2 kernel_size=5", x)), "[2, T - 4]");
  cr_assert(fixture_layer(&f, "conv", "out_channels=2 kernel_size=6", x)->output->poisoned);
  cr_assert_eq(f.diagnostics.items[0]->code, CODE_E0302);
  cr_assert_not_null(strstr(fixture_diagnostics(&f), "length T (which can be 5), less than the kernel's 6"), "%s", fixture_diagnostics(&f));
  fixture_end(&f);
}

Test(ops, same_that_pads_one_side_more_is_a_lint_unless_written_out) {
  Fixture f;
  fixture_begin(&f);
  Value *x = fixture_input(&f, "3,224,224");
  fixture_layer(&f, "conv", "out_channels=8 kernel_size=7x7 stride=2x2 padding=same", x);
  cr_assert_eq(f.diagnostics.warnings, 1);
  cr_assert_str_eq(f.diagnostics.items[0]->message, "`same` with stride 2 pads 2 before and 3 after");
  const char *text = fixture_diagnostics(&f);
  cr_assert_not_null(strstr(text, "PyTorch's `padding=3` gives the same shape and different values"), "%s", text);
  cr_assert_not_null(strstr(text, "write `padding=3` or `same_upper`"), "%s", text);
  fixture_layer(&f, "conv", "out_channels=8 kernel_size=7x7 stride=2x2 padding=same_upper", x);
  fixture_layer(&f, "conv", "out_channels=8 kernel_size=2x2 padding=same", x);
  cr_assert_eq(f.diagnostics.count, 1);
  fixture_end(&f);
}

static void set_everywhere(const Attribute *attribute, void *field, int64_t value) {
  if (attribute->kind == ATTRIBUTE_INT) *(int64_t *)field = value;
  if (attribute->kind == ATTRIBUTE_PAIR) *(Pair *)field = (Pair){value, value};
  if (attribute->kind == ATTRIBUTE_PADDING) *(Padding *)field = (Padding){PADDING_EXPLICIT, true, value, value, value, value};
}

/* A legal starting point for each operator with integers among its attributes. */
static void check_extreme(const char *op, const char *attributes, const char *shape, const char *other_padding) {
  static const int64_t extremes[] = {-1, 0, 1, INT32_MAX, (int64_t)INT32_MAX + 1, INT64_MAX};
  enum { COUNT = sizeof extremes / sizeof *extremes };
  const Operator *descriptor = find_operator(op);
  for (const Attribute *first = descriptor->attributes; first->name; first++)
    for (const Attribute *second = first; second->name; second++)
      for (int i = 0; i < COUNT * COUNT; i++) {
        Fixture f;
        fixture_begin(&f);
        char text[200];
        snprintf(text, sizeof text, "%s %s", attributes, other_padding);
        Node *node = fixture_layer(&f, op, text, fixture_input(&f, shape));
        f.diagnostics.count = f.diagnostics.errors = 0;
        set_everywhere(first, (char *)node->attributes + first->offset, extremes[i % COUNT]);
        set_everywhere(second, (char *)node->attributes + second->offset, extremes[i / COUNT]);
        node->given = UINT64_MAX;
        bool accepted = descriptor->infer(&f.inference, node);
        cr_assert_eq(accepted, f.diagnostics.errors == 0, "%s: %s %lld %s %lld", op, first->name, (long long)extremes[i % COUNT],
                     second->name, (long long)extremes[i / COUNT]);
        if (accepted)
          for (int k = 0; k < node->output->type.rank; k++) {
            int64_t size = size_value(node->output->type.sizes[k]);
            cr_assert(size >= 1 && size <= INT32_MAX);
          }
        fixture_end(&f);
      }
}

Test(ops, extreme_numbers_are_refused_or_work) {
  static const char *const shapes[] = {"4,9,9", "4,9"};
  for (int i = 0; i < 2; i++) {
    static const char *const paddings[] = {"padding=valid", "padding=same", "padding=full", "padding=1"};
    for (int p = 0; p < 4; p++) {
      check_extreme("conv", "out_channels=4 kernel_size=3", shapes[i], paddings[p]);
      check_extreme("max_pool", "kernel_size=3", shapes[i], paddings[p]);
      check_extreme("avg_pool", "kernel_size=3 ceil_mode=true", shapes[i], paddings[p]);
    }
  }
  check_extreme("fc", "out_features=3", "7", "");
}

static const char *described(Fixture *f, const char *op, const char *attributes, const char *shape) {
  Node *node = fixture_layer(f, op, attributes, fixture_input(f, shape));
  cr_assert(!node->output->poisoned, "%s", fixture_result(f, node));
  Text text = text_new(&f->arena);
  if (node->op->describe) node->op->describe(&text, node);
  return text_string(&text);
}

Test(ops, descriptions) {
  Fixture f;
  fixture_begin(&f);
  cr_assert_str_eq(described(&f, "conv", "out_channels=8 kernel_size=5 stride=2 padding=1 groups=4", "4,9,9"),
                   "conv 5x5, stride 2, padding 1, groups 4");
  cr_assert_str_eq(described(&f, "conv", "out_channels=8 kernel_size=1x7 stride=1x2 padding=0,0,3,2", "4,9,9"),
                   "conv 1x7, stride 1x2, padding top 0 bottom 0 left 3 right 2");
  cr_assert_str_eq(described(&f, "conv", "out_channels=8 kernel_size=3 dilation=2 padding=causal", "4,9"),
                   "conv 3, padding causal, dilation 2");
  cr_assert_str_eq(described(&f, "max_pool", "kernel_size=2", "4,9,9"), "max_pool 2x2, stride 2");
  cr_assert_str_eq(described(&f, "avg_pool", "kernel_size=3 stride=2 ceil_mode=true padding=1 count_include_pad=false", "4,9,9"),
                   "avg_pool 3x3, stride 2, padding 1, ceil_mode, not counting padding");
  fixture_end(&f);
}

Test(ops, multiply_accumulates) {
  Fixture f;
  fixture_begin(&f);
  Node *conv = fixture_layer(&f, "conv", "out_channels=6 kernel_size=5x3 groups=2", fixture_input(&f, "4,12,10"));
  cr_assert_eq(size_value(conv->op->macs(&f.arena, conv)), 6 * 8 * 8 * 2 * 5 * 3);
  Node *fc = fixture_layer(&f, "fc", "out_features=6", fixture_input(&f, "40"));
  cr_assert_eq(size_value(fc->op->macs(&f.arena, fc)), 240);
  fixture_end(&f);
}

Test(ops, every_operator_is_complete) {
  for (int i = 0; all_operators[i]; i++) {
    const Operator *op = all_operators[i];
    cr_assert_eq(find_operator(op->name), op);
    cr_assert(op->summary && op->formula && op->min_inputs > 0, "%s", op->name);
    cr_assert(!op->attributes_size == !op->attributes && !op->attributes_size == !op->default_attributes, "%s", op->name);
    bool expands = op->kind == OPERATOR_EXPANDING;
    cr_assert(expands ? op->expand && !op->infer && !op->evaluate : op->infer && op->evaluate && !op->expand, "%s", op->name);
    bool lowers = op->nest || op->apply || op->loops || op->slice || op->kind == OPERATOR_VIEW || op->kind == OPERATOR_JOIN || expands;
    cr_assert(lowers || op == &op_batch_norm || op == &op_normalize, "%s", op->name); /* which become channel_affine */
    for (const Attribute *a = op->attributes; a && a->name; a++) cr_assert_lt(a->offset, op->attributes_size);
  }
}

Test(ops, names_of_other_frameworks) {
  cr_assert_str_eq(foreign_operator("Conv2d"), "conv");
  cr_assert_str_eq(foreign_operator("Dense"), "fc");
  cr_assert_str_eq(foreign_operator("MaxPooling2D"), "max_pool");
  cr_assert_str_eq(foreign_operator("BatchNormalization"), "batch_norm");
  cr_assert_str_eq(foreign_operator("GlobalAveragePool"), "global_avg_pool");
  cr_assert_str_eq(foreign_operator("convolutional"), "conv");
  cr_assert_null(foreign_operator("nothing"));
  cr_assert_str_eq(foreign_attribute(&op_conv, "filters"), "out_channels");
  cr_assert_str_eq(foreign_attribute(&op_conv, "strides"), "stride");
  cr_assert_null(foreign_attribute(&op_conv, "stride"));
  cr_assert_str_eq(foreign_attribute(&op_max_pool, "size"), "kernel_size");
  cr_assert_str_eq(foreign_attribute(&op_upsample, "size"), "scale");
  cr_assert_null(foreign_attribute(&op_relu, "size"));
}
