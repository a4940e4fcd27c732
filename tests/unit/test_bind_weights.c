/* How tensors of a file become the parameters of a net: names, layouts, rules, strictness, seeded numbers. Sources and
 * files are buffers; the passes are those that the compiler runs. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "compile.h"
#include "load/npy.h"

static Arena arena;

typedef struct MemoryFile {
  const char *name;
  Text header, data;
  const char *bytes; /* when complete */
  size_t length;
} MemoryFile;

enum { MAX_FILES = 16 };
static MemoryFile files[MAX_FILES];
static int file_count;
static Diagnostics diagnostics;
static Sources sources;
static Options options;
static Compilation compilation;

static void start(void) {
  options = (Options){.file = "net.cnn", .batch = 1, .target = "generic", .verify = true};
  file_count = 0;
}

static void finish(void) { arena_free(&arena); }
TestSuite(bind, .init = start, .fini = finish);

static const char *read_memory(void *context, Arena *a, const char *path, const char *relative_to, size_t *length, const char **resolved,
                               const char **error) {
  (void)context, (void)a, (void)relative_to;
  *resolved = path;
  for (int i = file_count - 1; i >= 0; i--) /* the newest of a name */
    if (!strcmp(files[i].name, path)) {
      *length = files[i].length;
      return files[i].bytes;
    }
  *error = "No such file or directory";
  return NULL;
}

static void add_file(const char *name, const char *bytes, size_t length) {
  files[file_count++] = (MemoryFile){.name = name, .bytes = bytes, .length = length};
}

static MemoryFile new_file(const char *name) { return (MemoryFile){name, text_new(&arena), text_new(&arena), NULL, 0}; }

/* A tensor whose elements are first, first + 1, .. */
static void add_tensor_of(MemoryFile *file, const char *name, const char *dtype, const char *shape, int count, int size, const void *data) {
  text_addf(&file->header, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%zu,%zu]}", file->header.length ? "," : "{", name,
            dtype, shape, file->data.length, file->data.length + (size_t)(count * size));
  text_add_bytes(&file->data, data, (size_t)(count * size));
}

static void add_tensor(MemoryFile *file, const char *name, const char *shape, int count, float first) {
  float values[1024];
  for (int i = 0; i < count; i++) values[i] = first + (float)i;
  add_tensor_of(file, name, "F32", shape, count, 4, values); /* tests run on little-endian hosts */
}

static void finish_file(MemoryFile *file) {
  Text all = text_new(&arena);
  text_add(&file->header, file->header.length ? "}" : "{}");
  for (int i = 0; i < 8; i++) text_add_char(&all, (char)(file->header.length >> (8 * i) & 255), 1);
  text_add(&all, text_string(&file->header));
  text_add_bytes(&all, text_string(&file->data), file->data.length);
  add_file(file->name, all.data, all.length);
}

static Graph *bind(const char *source) {
  diagnostics = (Diagnostics){.arena = &arena, .sources = &sources};
  sources = (Sources){.arena = &arena};
  add_file("net.cnn", source, strlen(source));
  compilation = (Compilation){.arena = &arena,
                              .diagnostics = &diagnostics,
                              .sources = &sources,
                              .options = &options,
                              .read_file = read_memory,
                              .dump = text_new(&arena),
                              .timings = text_new(&arena)};
  return compile_to_graph(&compilation);
}

static const char *printed(void) {
  Text text = text_new(&arena);
  print_diagnostics(&text, &diagnostics, DIAGNOSTICS_TEXT, false);
  return text_string(&text);
}

static const float *data_of(const Graph *graph, const char *path) {
  cr_assert(graph, "%s", printed());
  for (int i = 0; i < graph->parameter_count; i++)
    if (!strcmp(graph->parameters[i]->path, path)) {
      cr_assert(graph->parameters[i]->data, "%s has no data", path);
      return graph->parameters[i]->data;
    }
  cr_assert_fail("no parameter %s", path);
  return NULL;
}

static void expect_error(const char *source, Code code, const char *part) {
  Graph *graph = bind(source);
  cr_assert_null(graph);
  const char *text = printed();
  cr_assert_geq(diagnostics.count, 1);
  cr_assert_eq(diagnostics.items[0]->code, code, "%s", text);
  cr_assert(strstr(text, part), "expected `%s` in\n%s", part, text);
}

#define NET(weights, layers) "cnn 1\nnet n {\n  weights " weights "\n  input x: float32[2, 4, 4]\n  output y = x -> " layers "\n}\n"
#define CONV NET("\"w.safetensors\"", "c: conv(3, 2)")

/* c.weight [3, 2, 2, 2] and c.bias [3] under the given names. */
static void conv_file(const char *weight, const char *bias) {
  MemoryFile file = new_file("w.safetensors");
  add_tensor(&file, weight, "[3,2,2,2]", 24, 0);
  if (bias) add_tensor(&file, bias, "[3]", 3, 100);
  finish_file(&file);
}

static void expect_conv(const char *source) {
  Graph *graph = bind(source);
  const float *weight = data_of(graph, "c.weight"), *bias = data_of(graph, "c.bias");
  cr_assert_eq(diagnostics.count, 0, "%s", printed());
  for (int i = 0; i < 24; i++) cr_assert_eq(weight[i], (float)i);
  for (int i = 0; i < 3; i++) cr_assert_eq(bias[i], (float)(100 + i));
}

Test(bind, pytorch_names) {
  conv_file("c.weight", "c.bias");
  expect_conv(CONV);
  cr_assert_str_eq(compilation.files_read[compilation.files_read_count - 1], "w.safetensors");
}

Test(bind, keras_names_in_any_layout) {
  conv_file("c/kernel:0", "c/bias:0");
  expect_conv(CONV);
  conv_file("c.kernel", "c/bias");
  expect_conv(CONV);
}

Test(bind, keras_layout) {
  MemoryFile file = new_file("w.safetensors");
  float kernel[24]; /* [2][2][in 2][out 3], so that element (o, i, y, x) is 8 o + 4 i + 2 y + x */
  for (int y = 0; y < 2; y++)
    for (int x = 0; x < 2; x++)
      for (int i = 0; i < 2; i++)
        for (int o = 0; o < 3; o++) kernel[((y * 2 + x) * 2 + i) * 3 + o] = (float)(8 * o + 4 * i + 2 * y + x);
  add_tensor_of(&file, "c/kernel", "F32", "[2,2,2,3]", 24, 4, kernel);
  add_tensor(&file, "c/bias", "[3]", 3, 100);
  finish_file(&file);
  expect_conv(NET("\"w.safetensors\" (layout=keras)", "c: conv(3, 2)"));
  expect_error(CONV, CODE_E0503, "height, width, in, out");
  cr_assert(strstr(printed(), "layout=keras"), "%s", printed());
  cr_assert_eq(diagnostics.items[0]->fix_count, 1);
}

Test(bind, keras_dense_and_batch_norm) {
  MemoryFile file = new_file("w.safetensors");
  float kernel[64];
  for (int i = 0; i < 32; i++)
    for (int o = 0; o < 2; o++) kernel[i * 2 + o] = (float)(32 * o + i);
  add_tensor_of(&file, "f/kernel", "F32", "[32,2]", 64, 4, kernel);
  add_tensor(&file, "f/bias", "[2]", 2, 7);
  add_tensor(&file, "b/gamma", "[2]", 2, 1);
  add_tensor(&file, "b/beta", "[2]", 2, 2);
  add_tensor(&file, "b/moving_mean", "[2]", 2, 3);
  add_tensor(&file, "b/moving_variance", "[2]", 2, 4);
  finish_file(&file);
  Graph *graph = bind(NET("\"w.safetensors\" (layout=keras)", "b: batch_norm(eps=1e-3) -> flatten(order=chw) -> f: fc(2)"));
  const float *weight = data_of(graph, "f.weight");
  for (int i = 0; i < 64; i++) cr_assert_eq(weight[i], (float)i);
  cr_assert_eq(data_of(graph, "b.weight")[0], 1);
  cr_assert_eq(data_of(graph, "b.bias")[0], 2);
  cr_assert_eq(data_of(graph, "b.running_mean")[0], 3);
  cr_assert_eq(data_of(graph, "b.running_var")[1], 5);
}

/* Keras's depthwise kernel is [h, w, channels, multiplier]; the result's channel is channel * multiplier + m. */
Test(bind, keras_depthwise) {
  MemoryFile file = new_file("w.safetensors");
  float kernel[16];
  for (int p = 0; p < 4; p++)
    for (int c = 0; c < 2; c++)
      for (int m = 0; m < 2; m++) kernel[(p * 2 + c) * 2 + m] = (float)(4 * (2 * c + m) + p);
  add_tensor_of(&file, "c/depthwise_kernel", "F32", "[2,2,2,2]", 16, 4, kernel);
  finish_file(&file);
  Graph *graph = bind(NET("\"w.safetensors\" (layout=keras)", "c: conv(4, 2, groups=2, bias=false)"));
  const float *weight = data_of(graph, "c.weight");
  for (int i = 0; i < 16; i++) cr_assert_eq(weight[i], (float)i);
}

/* A kernel of the same bytes as Conv2D(groups=channels) has it; and one of another number of channels. */
Test(bind, keras_depthwise_shapes) {
  const char *source = NET("\"w.safetensors\" (layout=keras)", "c: conv(4, 2, groups=2, bias=false)");
  static const struct {
    const char *shape;
    bool fits;
  } cases[] = {{"[2,2,2,2]", true}, {"[2,2,1,4]", true}, {"[2,2,4,1]", true}, {"[2,2,4]", true}, {"[4,4]", false}, {"[2,4,2]", false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    file_count = 0;
    MemoryFile file = new_file("w.safetensors");
    add_tensor(&file, "c/kernel", cases[i].shape, 16, 0);
    finish_file(&file);
    if (cases[i].fits) cr_assert(bind(source), "%s: %s", cases[i].shape, printed());
    else expect_error(source, CODE_E0502, "has shape");
  }
  /* one input channel is no depthwise convolution: [2, 2, 2, 2] would be a kernel of two channels */
  file_count = 0;
  MemoryFile file = new_file("w.safetensors");
  add_tensor(&file, "c/kernel", "[2,2,2,2]", 16, 0);
  finish_file(&file);
  expect_error("net n {\n weights \"w.safetensors\" (layout=keras)\n input x: [1, 4, 4]\n output y = x -> c: conv(4, 2, bias=false)\n}",
               CODE_E0502, "the network needs [2, 2, 1, 4]");
}

/* A .npy holds one tensor, named as the file; several weights lines make a network. */
Test(bind, arrays_of_one_tensor) {
  for (int i = 0; i < 2; i++) {
    double values[24];
    for (int k = 0; k < 24; k++) values[k] = i ? 100 + k : k;
    Text text = text_new(&arena);
    write_npy(&text, TENSOR_F32, i ? 1 : 4, (const int64_t[]){3, 2, 2, 2}, values);
    add_file(i ? "biases.npy" : "data/c.weight.npy", text.data, text.length);
  }
  expect_conv(
      "net n {\n weights \"data/c.weight.npy\" (layout=pytorch)\n weights \"biases.npy\" (layout=onnx) {\n rename \"biases\" = c.bias\n }\n"
      " input x: [2, 4, 4]\n output y = x -> c: conv(3, 2)\n}");
}

/* The parameters of a separable convolution, which is two layers under its label, under Keras's names. */
Test(bind, keras_separable) {
  MemoryFile file = new_file("w.safetensors");
  add_tensor(&file, "s/depthwise_kernel:0", "[2,2,2,1]", 8, 0);
  add_tensor(&file, "s/pointwise_kernel:0", "[1,1,2,3]", 6, 0);
  add_tensor(&file, "s/bias:0", "[3]", 3, 7);
  finish_file(&file);
  Graph *graph = bind("block x -> f(c) {\n return x -> depthwise: conv(2, 2, groups=2, bias=false) -> pointwise: conv(c, 1)\n}\n"
                      "net n {\n weights \"w.safetensors\" (layout=keras)\n input x: [2, 4, 4]\n output y = x -> s: f(3)\n}");
  static const float depthwise[] = {0, 2, 4, 6, 1, 3, 5, 7}, pointwise[] = {0, 3, 1, 4, 2, 5};
  for (int i = 0; i < 8; i++) cr_assert_eq(data_of(graph, "s.depthwise.weight")[i], depthwise[i]);
  for (int i = 0; i < 6; i++) cr_assert_eq(data_of(graph, "s.pointwise.weight")[i], pointwise[i]);
  cr_assert_eq(data_of(graph, "s.pointwise.bias")[0], 7);
}

Test(bind, both_names_for_one_parameter) {
  MemoryFile file = new_file("w.safetensors");
  add_tensor(&file, "c.weight", "[3,2,2,2]", 24, 0);
  add_tensor(&file, "c.kernel", "[3,2,2,2]", 24, 0);
  add_tensor(&file, "c.bias", "[3]", 3, 0);
  finish_file(&file);
  expect_error(CONV, CODE_E0508, "two names");
}

Test(bind, sizes_of_one_do_not_matter) {
  MemoryFile file = new_file("w.safetensors");
  add_tensor(&file, "c.weight", "[3,2,2,2]", 24, 0);
  add_tensor(&file, "c.bias", "[3,1,1]", 3, 100);
  finish_file(&file);
  expect_conv(CONV);
}

/* `_` for every `.`: MXNet and many converters join names so. */
Test(bind, names_joined_by_underscores) {
  conv_file("c_weight", "c_bias");
  expect_conv(CONV);
  conv_file("c_kernel", "c_bias");
  expect_conv(NET("\"w.safetensors\"", "c: conv(3, 2)"));
  MemoryFile file = new_file("w.safetensors");
  add_tensor(&file, "c.weight", "[3,2,2,2]", 24, 0);
  add_tensor(&file, "c_weight", "[3,2,2,2]", 24, 0);
  add_tensor(&file, "c.bias", "[3]", 3, 0);
  finish_file(&file);
  expect_error(CONV, CODE_E0508, "two names");
}

Test(bind, missing_with_a_common_prefix) {
  conv_file("module.c.weight", "module.c.bias");
  expect_error(CONV, CODE_E0501, "2 of 2 names are missing and all tensors start with `module.`");
  const Diagnostic *d = diagnostics.items[0];
  cr_assert_eq(diagnostics.count, 1, "%s", printed());
  cr_assert_eq(d->fix_count, 1);
  cr_assert_str_eq(d->fixes[0].replacement, " (strip_prefix=\"module.\")");
  const Source *source = sources.items[0];
  cr_assert_eq(source->text[d->fixes[0].span.start - source->base - 1], '"');
  expect_conv(NET("\"w.safetensors\" (strip_prefix=\"module.\")", "c: conv(3, 2)"));
}

Test(bind, missing_with_a_similar_name) {
  conv_file("c.weigth", "c.bias");
  expect_error(CONV, CODE_E0501, "has no tensor `c.weight`");
  cr_assert(strstr(printed(), "rename \"c.weigth\" = c.weight"), "%s", printed());
  cr_assert(strstr(printed(), "1 tensor that the network does not use"), "%s", printed());
}

Test(bind, renames) {
  conv_file("features.0.weight", "features.0.bias");
  expect_conv(NET("\"w.safetensors\" { rename \"features.0\" = c }", "c: conv(3, 2)"));
  conv_file("f.0_w", "f.0.bias");
  expect_conv(NET("\"w.safetensors\" {\n rename \"f.0\" = c\n rename \"f.0_w\" = c.weight\n }", "c: conv(3, 2)"));
}

Test(bind, a_rename_ends_with_a_word) {
  MemoryFile file = new_file("w.safetensors");
  add_tensor(&file, "g.weight", "[3,2,2,2]", 24, 0);
  add_tensor(&file, "g.bias", "[3]", 3, 100);
  add_tensor(&file, "g1.weight", "[2,3,2,2]", 24, 0);
  add_tensor(&file, "g1.bias", "[2]", 2, 0);
  finish_file(&file);
  expect_conv(NET("\"w.safetensors\" { rename \"g\" = c }", "c: conv(3, 2) -> g1: conv(2, 2)"));
}

Test(bind, the_longest_rename_wins) {
  MemoryFile file = new_file("w.safetensors");
  add_tensor(&file, "f.0.weight", "[3,2,2,2]", 24, 0);
  add_tensor(&file, "f.0.extra", "[3]", 3, 100);
  finish_file(&file);
  expect_conv(NET("\"w.safetensors\" {\n rename \"f.0\" = c\n rename \"f.0.extra\" = c.bias\n }", "c: conv(3, 2)"));
}

Test(bind, unused_tensors) {
  MemoryFile file = new_file("w.safetensors");
  add_tensor(&file, "c.weight", "[3,2,2,2]", 24, 0);
  add_tensor(&file, "c.bias", "[3]", 3, 100);
  for (int i = 0; i < 5; i++) add_tensor(&file, arena_printf(&arena, "aux1.l%d.weight", i), "[1]", 1, 0);
  add_tensor(&file, "bn.num_batches_tracked", "[1]", 1, 0);
  finish_file(&file);
  expect_error(CONV, CODE_E0504,
               "the file has 5 tensors that the network does not use: `aux1.l0.weight`, `aux1.l1.weight`, "
               "`aux1.l2.weight`, `aux1.l3.weight`, ..");
  cr_assert(strstr(printed(), "ignore \"aux1.*\""), "%s", printed());
  expect_conv(NET("\"w.safetensors\" { ignore \"aux1.*\" }", "c: conv(3, 2)"));
  expect_conv(NET("\"w.safetensors\" { ignore \"*.l*.weight\" }", "c: conv(3, 2)"));
}

Test(bind, dead_and_contradicting_rules) {
  conv_file("c.weight", "c.bias");
  expect_error(NET("\"w.safetensors\" { ignore \"aux*\" }", "c: conv(3, 2)"), CODE_E0508, "no tensor of `w.safetensors` is called `aux*`");
  expect_error(NET("\"w.safetensors\" { rename \"q\" = c }", "c: conv(3, 2)"), CODE_E0508, "is called `q`");
  expect_error(NET("\"w.safetensors\" (strip_prefix=\"m.\")", "c: conv(3, 2)"), CODE_E0508, "starts with `m.`");
  expect_error(NET("\"w.safetensors\" { rename \"c\" = c\n rename \"c\" = d }", "c: conv(3, 2)"), CODE_E0508, "two rules for `c`");
  expect_error(NET("\"w.safetensors\" { ignore \"c.bias\" }", "c: conv(3, 2)"), CODE_E0501, "this rule would ignore it");
}

Test(bind, wrong_shapes) {
  MemoryFile file = new_file("w.safetensors");
  add_tensor(&file, "f.weight", "[5,32]", 160, 0);
  add_tensor(&file, "f.bias", "[5]", 5, 0);
  finish_file(&file);
  expect_error("cnn 1\nnet n(classes=3) {\n  weights \"w.safetensors\"\n  input x: float32[2, 4, 4]\n  output y = x -> "
               "flatten -> f: fc(classes)\n}\n",
               CODE_E0502, "`f.weight` has shape [5, 32] in the file, the network needs [3, 32]");
  cr_assert_eq(diagnostics.count, 1, "%s", printed());
  cr_assert(strstr(printed(), "-D classes=5"), "%s", printed());
}

Test(bind, number_types) {
  MemoryFile file = new_file("w.safetensors");
  static const unsigned char halves[6] = {0, 0x3c, 0, 0x40, 0, 0x42}; /* 1, 2, 3 */
  add_tensor(&file, "c.weight", "[3,2,2,2]", 24, 0);
  add_tensor_of(&file, "c.bias", "F16", "[3]", 3, 2, halves);
  finish_file(&file);
  cr_assert_eq(data_of(bind(CONV), "c.bias")[2], 3);
  file_count = 0;
  file = new_file("w.safetensors");
  add_tensor(&file, "c.weight", "[3,2,2,2]", 24, 0);
  add_tensor_of(&file, "c.bias", "I32", "[3]", 3, 4, "\0\0\0\0\0\0\0\0\0\0\0");
  finish_file(&file);
  expect_error(CONV, CODE_E0502, "numbers of type I32");
}

Test(bind, non_finite_numbers) {
  MemoryFile file = new_file("w.safetensors");
  static const unsigned char bits[12] = {0, 0, 0x80, 0x7f, 0, 0, 0xc0, 0xff, 0, 0, 0, 0};
  add_tensor(&file, "c.weight", "[3,2,2,2]", 24, 0);
  add_tensor_of(&file, "c.bias", "F32", "[3]", 3, 4, bits);
  finish_file(&file);
  cr_assert(bind(CONV));
  cr_assert_eq(diagnostics.count, 1);
  cr_assert(strstr(printed(), "2 infinities or NaN, the first in `c.bias`"), "%s", printed());
}

Test(bind, two_files) {
  MemoryFile file = new_file("a.safetensors");
  add_tensor(&file, "c.weight", "[3,2,2,2]", 24, 0);
  finish_file(&file);
  file = new_file("b.safetensors");
  add_tensor(&file, "c.bias", "[3]", 3, 100);
  finish_file(&file);
  const char *source = NET("\"a.safetensors\"\n  weights \"b.safetensors\"", "c: conv(3, 2)");
  expect_conv(source);
  add_file("b.safetensors", files[0].bytes, files[0].length);
  expect_error(source, CODE_E0508, "two tensors have the name `c.weight`");
}

Test(bind, files_that_are_not_there_or_damaged) {
  expect_error(CONV, CODE_E0507, "No such file");
  options.shapes_only = true;
  Graph *graph = bind(CONV);
  cr_assert(graph, "%s", printed());
  cr_assert_eq(diagnostics.count, 0);
  cr_assert(strstr(compilation.weights_note, "w.safetensors"));
  options.shapes_only = false;
  options.weights = "other.safetensors";
  expect_error(CONV, CODE_E0902, "other.safetensors");
  options.weights = NULL;
  file_count = 0;
  add_file("w.safetensors", "\3\0\0\0\0\0\0\0{}", 10);
  expect_error(CONV, CODE_E0506, "cut off");
  file_count = 0;
  add_file("w.npz", "PK\3\4", 4);
  expect_error(NET("\"w.npz\" (layout=pytorch)", "c: conv(3, 2)"), CODE_E0506, "not a sound .npz file");
  add_file("empty.npz", "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
  expect_error(NET("\"empty.npz\"", "c: conv(3, 2)"), CODE_E0505, "say which framework wrote `empty.npz`");
  expect_error(NET("\"empty.npz\" (layout=keras)", "c: conv(3, 2)"), CODE_E0501, "has no tensor `c.weight`");
  options.weights = "empty.npz"; /* where the command line says it */
  expect_error(NET("\"gone.npz\"", "c: conv(3, 2)"), CODE_E0505, "--layout");
  options.layout = "onnx";
  expect_error(NET("\"gone.npz\"", "c: conv(3, 2)"), CODE_E0501, "has no tensor `c.weight`");
  options.weights = NULL;
  expect_error("cnn 1\nnet n {\n  input x: float32[2, 4, 4]\n  output y = x -> c: conv(3, 2)\n}\n", CODE_E0507, "random:1");
}

Test(bind, override_keeps_the_rules) {
  conv_file("m.f.weight", "m.f.bias");
  files[0].name = "new.safetensors";
  options.weights = "new.safetensors";
  expect_conv(NET("\"old.safetensors\" (strip_prefix=\"m.\") {\n rename \"f\" = c\n ignore \"gone*\" }", "c: conv(3, 2)"));
}

Test(bind, random_weights_depend_on_seed_and_path_only) {
  const char *with_more = NET("\"w.safetensors\"", "b: batch_norm(eps=1e-5) -> c: conv(3, 2)");
  options.weights = "random:1";
  const float *weight = data_of(bind(CONV), "c.weight");
  Graph *graph = bind(with_more);
  cr_assert_arr_eq(weight, data_of(graph, "c.weight"), 24 * sizeof *weight);
  cr_assert_neq(data_of(graph, "b.weight")[0], data_of(graph, "b.weight")[1]);
  for (int i = 0; i < 2; i++) {
    float variance = data_of(graph, "b.running_var")[i];
    cr_assert(variance >= 0.5f && variance <= 1.5f);
  }
  uint32_t first;
  memcpy(&first, weight, sizeof first);
  cr_assert_eq(first, 0xbc980000u, "the numbers of random:1 have changed: 0x%08x", first);
  options.weights = "random:2";
  cr_assert_neq(weight[0], data_of(bind(CONV), "c.weight")[0]);
  options.weights = "random:x";
  expect_error(CONV, CODE_E0901, "random:");
}

/* He: mean 0, variance 2 / fan_in. */
Test(bind, random_weights_have_the_right_spread) {
  options.weights = "random:5";
  const float *weight = data_of(bind("cnn 1\nnet n {\n  input x: float32[100]\n  output y = x -> f: fc(400)\n}\n"), "f.weight");
  double sum = 0, squares = 0;
  for (int i = 0; i < 40000; i++) {
    sum += (double)weight[i];
    squares += (double)weight[i] * (double)weight[i];
  }
  cr_assert_lt(sum / 40000, 0.005);
  cr_assert_gt(sum / 40000, -0.005);
  cr_assert_lt(squares / 40000, 0.0205);
  cr_assert_gt(squares / 40000, 0.0195);
}
