/* test_build_graph.c - trees to graphs: the programs of the language's specification, names, weight paths, options,
 * limits, and that the printed graph is read back as an equal one. Run from the top of the repository. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ir/operator.h"
#include "passes/passes.h"
#include "support/reader.h"

typedef struct Build {
  Arena arena;
  Sources sources;
  Diagnostics diagnostics;
  Options options;
  Compilation compilation;
  Graph *graph;
} Build;

/* Files that tests use, by name, instead of those on disk. */
static const char *const files[][2] = {
    {"widths.cnn", "const width = 8\ndim U in 1..9\n"},
    {"left.cnn", "use \"widths.cnn\"\nblock x -> left { return x -> a: conv(width, 1) }\n"},
    {"right.cnn", "use \"./sub/../widths.cnn\"\nblock x -> right { return x -> b: conv(width, 1) }\n"},
    {"self.cnn", "use \"self.cnn\"\n"},
    {"labels.txt", "cat\r\ndog\nowl\n\n"},
};

static const char *read_test_file(void *context, Arena *arena, const char *path, const char *relative_to, size_t *length,
                                  const char **resolved, const char **error) {
  (void)context;
  (void)relative_to;
  *resolved = path;
  const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    if (strcmp(files[i][0], name) == 0) {
      *length = strlen(files[i][1]);
      return arena_strdup(arena, files[i][1]);
    }
  *error = NO_SUCH_FILE;
  return NULL;
}

static void begin(Build *b) {
  *b = (Build){.options = {.batch = 1, .shapes_only = true}};
  b->sources.arena = b->diagnostics.arena = &b->arena;
  b->diagnostics.sources = &b->sources;
  b->compilation = (Compilation){
      .arena = &b->arena, .diagnostics = &b->diagnostics, .sources = &b->sources, .options = &b->options, .read_file = read_test_file};
}

static void run(Build *b, const char *text) {
  const Source *source = sources_add(&b->sources, "test.cnn", text, strlen(text));
  b->graph = build_graph(&b->compilation, parse_source(&b->arena, &b->diagnostics, source));
}

static const char *messages(Build *b) {
  Text text = text_new(&b->arena);
  print_diagnostics(&text, &b->diagnostics, DIAGNOSTICS_SHORT, false);
  return text_string(&text);
}

static void build(Build *b, const char *text) {
  begin(b);
  run(b, text);
  cr_assert(b->graph != NULL, "%s", messages(b));
  const char *fault = verify_graph(&b->arena, b->graph);
  cr_assert(fault == NULL, "%s", fault);
}

static void end(Build *b) { arena_free(&b->arena); }

static void refuses(const char *text, Code code, const char *part) {
  Build b;
  begin(&b);
  run(&b, text);
  cr_assert(b.graph == NULL && b.diagnostics.errors > 0, "%s", text);
  cr_assert_eq(b.diagnostics.items[0]->code, code, "%s", messages(&b));
  cr_assert(strstr(messages(&b), part) != NULL, "%s", messages(&b));
  end(&b);
}

static const Node *node_named(const Graph *g, const char *name) {
  for (int i = 0; i < g->node_count; i++)
    if (strcmp(g->nodes[i]->name, name) == 0) return g->nodes[i];
  return NULL;
}

static const Parameter *parameter_at(const Graph *g, const char *path) {
  for (int i = 0; i < g->parameter_count; i++)
    if (strcmp(g->parameters[i]->path, path) == 0) return g->parameters[i];
  return NULL;
}

static const char *read_program(Arena *arena, const char *path) {
  FILE *file = fopen(path, "rb");
  cr_assert(file != NULL, "%s: run the tests from the top of the repository", path);
  char *text = arena_alloc(arena, 1 << 16);
  size_t length = fread(text, 1, (1 << 16) - 1, file);
  text[length] = '\0';
  (void)fclose(file);
  return text;
}

/* Equality of what the text keeps: not spans, instances, and the names of tensors that statements gave. */
static void check_equal_nodes(const Node *a, const Node *b) {
  cr_assert_eq(a->op, b->op, "%s", a->name);
  cr_assert_str_eq(a->name, b->name);
  cr_assert_eq(a->input_count, b->input_count);
  for (int i = 0; i < a->input_count; i++) cr_assert_eq(a->inputs[i]->id, b->inputs[i]->id, "%s", a->name);
  cr_assert_eq(a->output->type.dtype, b->output->type.dtype);
  cr_assert(type_equal_shape(&a->output->type, &b->output->type), "%s", a->name);
  cr_assert_eq(a->parameter_count, b->parameter_count);
  for (int i = 0; i < a->parameter_count; i++) {
    const Parameter *p = a->parameters[i], *q = b->parameters[i];
    cr_assert_eq(p == NULL, q == NULL);
    if (!p) continue;
    cr_assert_eq(p->id, q->id);
    cr_assert_eq(p->rank, q->rank);
    cr_assert_eq(parameter_elements(p), parameter_elements(q));
    char flat[256];
    snprintf(flat, sizeof flat, "%s", p->path);
    if (strcmp(p->path, q->path) != 0) /* shared inside a block */
      for (char *c = flat; c < flat + strlen(flat) - strlen(p->role) - 1; c++) *c = *c == '.' ? '_' : *c;
    cr_assert_str_eq(flat, q->path);
  }
}

static void check_equal(const Graph *a, const Graph *b) {
  cr_assert_str_eq(a->name, b->name);
  cr_assert_eq(a->value_count, b->value_count);
  cr_assert_eq(a->node_count, b->node_count);
  cr_assert_eq(a->parameter_count, b->parameter_count);
  cr_assert_eq(a->input_count, b->input_count);
  cr_assert_eq(a->output_count, b->output_count);
  cr_assert_eq(a->weights_count, b->weights_count);
  cr_assert_eq(a->meta_count, b->meta_count);
  cr_assert_eq(a->dim_count, b->dim_count);
  for (int i = 0; i < a->node_count; i++) check_equal_nodes(a->nodes[i], b->nodes[i]);
  for (int i = 0; i < a->input_count; i++) {
    cr_assert_str_eq(a->inputs[i].value->name, b->inputs[i].value->name);
    cr_assert_eq(a->inputs[i].hwc, b->inputs[i].hwc);
  }
  for (int i = 0; i < a->output_count; i++) {
    cr_assert_str_eq(a->outputs[i].name, b->outputs[i].name);
    cr_assert_eq(a->outputs[i].value->id, b->outputs[i].value->id);
    cr_assert_eq(a->outputs[i].hwc, b->outputs[i].hwc);
    cr_assert_eq(a->outputs[i].label_count, b->outputs[i].label_count);
  }
}

static const char *printed(Arena *arena, const Graph *graph) {
  Text text = text_new(arena);
  print_graph(&text, graph);
  return text_string(&text);
}

static void check_round_trip(const Graph *graph, Arena *arena) {
  Build again;
  const char *text = printed(arena, graph);
  build(&again, text);
  check_equal(graph, again.graph);
  cr_assert_str_eq(printed(&again.arena, again.graph), text);
  end(&again);
}

/* Programs that show all of the language. */
Test(build_graph, programs_of_the_specification) {
  static const char *const names[] = {"lenet5", "resnet18", "inception", "xception_middle", "unet", "siamese", "edges", "ecg_tcn", "fcn8"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    Build b;
    char path[64];
    begin(&b);
    snprintf(path, sizeof path, "tests/golden/language/%s.cnn", names[i]);
    run(&b, read_program(&b.arena, path));
    cr_assert(b.graph != NULL, "%s: %s", names[i], messages(&b));
    const char *fault = verify_graph(&b.arena, b.graph);
    cr_assert(fault == NULL, "%s: %s", names[i], fault);
    check_round_trip(b.graph, &b.arena);
    end(&b);
  }
}

Test(build_graph, resnet18_weights_are_torchvisions) {
  Build b;
  begin(&b);
  run(&b, read_program(&b.arena, "tests/golden/language/resnet18.cnn"));
  cr_assert(b.graph != NULL, "%s", messages(&b));
  cr_assert_eq(b.graph->parameter_count, 102);
  int64_t learned = 0;
  for (int i = 0; i < b.graph->parameter_count; i++)
    if (b.graph->parameters[i]->kind == PARAMETER_LEARNED) learned += parameter_elements(b.graph->parameters[i]);
  cr_assert_eq(learned, 11689512);
  cr_assert(parameter_at(b.graph, "layer2.0.downsample.1.running_mean") != NULL);
  cr_assert(parameter_at(b.graph, "layer1.1.bn2.weight") != NULL);
  cr_assert(parameter_at(b.graph, "fc.bias") != NULL);
  cr_assert(b.graph->inputs[0].hwc && b.graph->inputs[0].value->type.dtype == DTYPE_U8);
  end(&b);
}

Test(build_graph, names_and_labels) {
  Build b;
  build(&b, "net n {\n  input x: [3, 8, 8]\n"
            "  stem = x -> conv1: conv(4, 3) -> relu\n"
            "  other = stem -> conv2: conv(4, 1)\n"
            "  output y = [stem, other] -> add -> relu -> relu\n}\n");
  const Node *relu = node_named(b.graph, "conv1_relu");
  cr_assert(relu != NULL && relu->label == NULL);
  cr_assert_str_eq(relu->output->name, "stem"); /* the statement names the tensor, the node keeps its derived name */
  const Node *conv2 = node_named(b.graph, "conv2");
  cr_assert_str_eq(conv2->label, "conv2");
  cr_assert_str_eq(conv2->output->name, "conv2"); /* a label is the tensor's name */
  cr_assert(node_named(b.graph, "y_add") && node_named(b.graph, "y_relu") && node_named(b.graph, "y_relu_2"));
  cr_assert_str_eq(b.graph->outputs[0].value->name, "y");
  end(&b);
}

/* An edit renames at most what follows it up to the next label. */
Test(build_graph, an_inserted_layer_renames_nothing_behind_the_next_label) {
  Build a, b;
  build(&a, "net n { input x: [3, 8, 8]\n output y = x -> conv1: conv(4, 3) -> relu -> conv2: conv(4, 3) -> relu -> tanh\n}");
  build(&b, "net n { input x: [3, 8, 8]\n"
            " output y = x -> conv1: conv(4, 3) -> tanh -> relu -> relu -> conv2: conv(4, 3) -> relu -> tanh\n}");
  for (int i = 2; i < a.graph->node_count; i++) cr_assert(node_named(b.graph, a.graph->nodes[i]->name) != NULL);
  cr_assert_str_eq(b.graph->nodes[b.graph->node_count - 1]->name, "conv2_tanh");
  end(&a);
  end(&b);
}

Test(build_graph, shared_layers_have_one_set_of_weights) {
  Build b;
  build(&b, "block x -> f(n) { return x -> conv1: conv(n, 3, padding=1) -> fcs.0: conv(3, 1) }\n"
            "net n {\n  input x, z: [3, 8, 8]\n  shared tower = f(5)\n  a = x -> tower\n  b = z -> tower -> tower\n"
            "  output y = [a, b] -> add\n}\n");
  cr_assert_eq(b.graph->parameter_count, 4);
  cr_assert(parameter_at(b.graph, "tower.fcs.0.weight") != NULL);
  const Node *first = node_named(b.graph, "a_tower.conv1"), *second = node_named(b.graph, "b_tower.conv1"),
             *third = node_named(b.graph, "b_tower_2.conv1");
  cr_assert(first && second && third);
  cr_assert_eq(first->parameters[0], second->parameters[0]);
  cr_assert_eq(first->parameters[0], third->parameters[0]);
  check_round_trip(b.graph, &b.arena);
  end(&b);
}

Test(build_graph, instances_tell_where_a_node_comes_from) {
  Build b;
  build(&b, "block x -> inner(k) { return x -> conv: conv(2, k) }\nblock x -> outer(k=1) { return x -> in: inner(k) }\n"
            "net n { input x: [3, 8, 8]\n output y = x -> l: repeat 2 { outer(3) }\n}");
  const Instance *instance = node_named(b.graph, "l.1.in.conv")->instance;
  cr_assert_str_eq(instance->block, "inner");
  cr_assert_str_eq(instance->path, "l.1.in");
  cr_assert_str_eq(instance->arguments, "k=3");
  cr_assert_str_eq(instance->parent->block, "outer");
  cr_assert_str_eq(instance->parent->path, "l.1");
  cr_assert(instance->parent->parent == NULL);
  end(&b);
}

static void define(Build *b, Binding **list, const char *name, const char *value) {
  Binding *binding = ARENA_NEW(&b->arena, Binding);
  *binding = (Binding){name, value, *list};
  *list = binding;
}

static const char parametrised[] = "dim H in 8..64 (multiple_of=4)\n"
                                   "net n(classes=10, act=relu, bias=true, scale=1.5) {\n  input x: [3, H, 8]\n"
                                   "  output y = x -> conv1: conv(classes, 1, bias=bias) -> act -> rescale(scale)\n}\n";

Test(build_graph, parameters_from_the_command_line) {
  Build b;
  begin(&b);
  define(&b, &b.options.defines, "classes", "5");
  define(&b, &b.options.defines, "act", "tanh");
  define(&b, &b.options.defines, "bias", "false");
  define(&b, &b.options.defines, "scale", "-0.5");
  define(&b, &b.options.sizes, "H", "12");
  run(&b, parametrised);
  cr_assert(b.graph != NULL, "%s", messages(&b));
  cr_assert_str_eq(type_text(&b.arena, &b.graph->outputs[0].value->type), "[5, 12, 8]");
  cr_assert(node_named(b.graph, "conv1_tanh") != NULL);
  cr_assert_eq(b.graph->parameter_count, 1);
  cr_assert_eq(b.graph->dim_count, 0);
  end(&b);
}

static void refuses_option(bool size, const char *name, const char *value, const char *part) {
  Build b;
  begin(&b);
  define(&b, size ? &b.options.sizes : &b.options.defines, name, value);
  run(&b, parametrised);
  cr_assert(b.graph == NULL, "%s=%s", name, value);
  cr_assert_eq(b.diagnostics.items[0]->code, CODE_E0901, "%s", messages(&b));
  cr_assert(strstr(messages(&b), part) != NULL, "%s", messages(&b));
  end(&b);
}

Test(build_graph, wrong_options) {
  refuses_option(false, "clases", "3", "no parameter `clases`");
  refuses_option(false, "classes", "3; x", "no value");
  refuses_option(false, "classes", "", "no value");
  refuses_option(false, "classes", "3\nconst y = 2", "no value");
  refuses_option(true, "W", "3", "no dim `W`");
  refuses_option(true, "H", "7", "outside the range");
  refuses_option(true, "H", "10", "multiple of 4");
  refuses_option(true, "H", "x", "not a whole number");
}

Test(build_graph, net_is_chosen) {
  static const char text[] = "net a { input x: [3]\n output y = x -> relu\n}\nnet b { input x: [4]\n output y = x -> relu\n}\n";
  Build b;
  begin(&b);
  b.options.net = "b";
  run(&b, text);
  cr_assert(b.graph != NULL);
  cr_assert_str_eq(b.graph->name, "b");
  end(&b);
  begin(&b);
  b.options.net = "c";
  run(&b, text);
  cr_assert(b.graph == NULL && b.diagnostics.items[0]->code == CODE_E0207);
  end(&b);
}

Test(build_graph, files) {
  Build b;
  build(&b, "use \"left.cnn\"\nuse \"right.cnn\"\nuse \"widths.cnn\"\nnet n { input x: [3, 8, 8]\n"
            " output y (labels=\"labels.txt\") = x -> left -> right -> last: conv(width - 5, 1) -"
            "> global_avg_pool -> flatten\n}\n");
  cr_assert_eq(b.compilation.files_read_count, 4); /* widths.cnn once, although its path is written in three ways */
  cr_assert_eq(b.graph->outputs[0].label_count, 3);
  cr_assert_str_eq(b.graph->outputs[0].labels[0], "cat");
  end(&b);
  refuses("use \"self.cnn\"\nnet n { input x: [3]\n output y = x -> relu\n}", CODE_E0208, "uses itself");
  refuses("use \"nothing.cnn\"\nnet n { input x: [3]\n output y = x -> relu\n}", CODE_E0208, "cannot be read");
}

/* Ten repeats of ten, and bombs without a single layer: refused within milliseconds. */
Test(build_graph, bombs) {
  Text text;
  Arena arena = {0};
  text = text_new(&arena);
  for (int i = 0; i < 60; i++) text_addf(&text, "block x -> f%d { return x -> f%d -> f%d }\n", i, i + 1, i + 1);
  text_add(&text, "block x -> f60 { return x }\nnet n { input x: [3]\n output y = x -> f0\n}\n");
  clock_t start = clock();
  refuses(text_string(&text), CODE_E0603, "too many steps");
  text = text_new(&arena);
  text_add(&text, "net n { input x: [3]\n output y = x -> ");
  for (int i = 0; i < 10; i++) text_add(&text, "repeat 10 { ");
  text_add(&text, "relu");
  for (int i = 0; i < 10; i++) text_add(&text, " }");
  text_add(&text, "\n}\n");
  refuses(text_string(&text), CODE_E0603, "more than 8192 layers");
  refuses("block x -> f { return x -> repeat 1000000000 { if 1 == 2 { relu } } }\nnet n { input x: [3]\n"
          " output y = x -> f\n}",
          CODE_E0603, "too many steps");
  refuses("block x -> f { return [x, x] }\nblock [a, b] -> g { return [a, b, a, b] }\nnet n { input x: [3]\n"
          " output y = x -> relu -> branch("
          "repeat 2 { branch(relu, relu) -> add }, repeat 9000 { relu }) -> add\n}",
          CODE_E0603, "more than 8192 layers");
  cr_assert((double)(clock() - start) / CLOCKS_PER_SEC < 2.0);
  arena_free(&arena);
}

Test(build_graph, depth_of_blocks) {
  Arena arena = {0};
  Text text = text_new(&arena);
  for (int i = 0; i < 70; i++) text_addf(&text, "block x -> f%d { return x -> f%d }\n", i, i + 1);
  text_add(&text, "block x -> f70 { return x -> relu }\n");
  refuses(arena_printf(&arena, "%snet n { input x: [3]\n output y = x -> f0\n}\n", text_string(&text)), CODE_E0603,
          "nested more than 64 deep");
  Build b;
  build(&b, arena_printf(&arena, "%snet n { input x: [3]\n output y = x -> f10\n}\n", text_string(&text)));
  end(&b);
  arena_free(&arena);
}

Test(build_graph, as_many_layers_as_allowed) {
  Build b;
  build(&b, "net n { input x: [3]\n output y = x -> repeat 8192 { relu }\n}\n");
  cr_assert_eq(b.graph->node_count, 8192);
  end(&b);
  refuses("net n { input x: [3]\n output y = x -> repeat 8193 { relu }\n}\n", CODE_E0603, "more than 8192 layers");
}

/* Twenty instances of a wrong block are one error, and what follows from it is silent. */
Test(build_graph, one_cause_is_one_error) {
  Build b;
  begin(&b);
  run(&b, "block x -> f(c) { return x -> a: conv(c, 3) -> b: conv(c / 2, 3) -> relu }\n"
          "net n { input x: [3, 64, 64]\n p = x -> repeat i in 1..20 { l{i}: f(5) } -> fc: fc(3)\n"
          " q = p -> flatten\n output y = [p, q] -> add\n}\n");
  cr_assert_eq(b.diagnostics.errors, 1, "%s", messages(&b));
  cr_assert_eq(b.diagnostics.items[0]->code, CODE_E0405);
  end(&b);
}

/* No memory at the n-th allocation leaves through the arena's jump, whatever was being done. */
static int failing_build(long fail_after) {
  static Build b;
  jmp_buf out;
  begin(&b);
  b.arena.fail_after = fail_after;
  if (setjmp(out)) {
    end(&b);
    return 1;
  }
  b.arena.out_of_memory = &out;
  run(&b, parametrised);
  end(&b);
  return 0;
}

Test(build_graph, out_of_memory_at_every_allocation) {
  long n = 1;
  while (failing_build(n) && n < 1000) n++;
  cr_assert(n > 1 && n < 1000);
}
