/* test_import.c - ONNX models made on the spot: the source that import writes of them, and what it says of those that
 * contradict themselves or have no counterpart. */
#include <math.h>
#include "import_fixture.h"

TestSuite(import, .init = setup, .fini = teardown);

Test(import, pads_and_biases_become_part_of_a_convolution) {
  input("x", SIZES(-1, 3, 8, 8));
  output("y");
  put_onnx_floats(&graph, "stem.conv.weight", SIZES(4, 3, 3, 3), 0, 1);
  put_onnx_floats(&graph, "stem.conv.bias", SIZES(4, 1, 1), 0, 1);
  put_onnx_integers(&graph, "pads", (int64_t[]){0, 0, 1, 0, 0, 0, 2, 1}, 8);
  node("Pad", "x pads", "p");
  node_with_ints("Conv", "p stem.conv.weight", "c", "strides", (int64_t[]){2, 2}, 2);
  node("Add", "c stem.conv.bias", "b");
  node("Sigmoid", "b", "s");
  node("Mul", "s b", "y");
  expect_source("output y: float32[4, 5, 4] = x -> stem.conv: conv(4, 3, stride=2, padding=(top=1, bottom=2, left=0, right=1)) -> silu\n");
  cr_assert(imported.tensors_count == 2);
  cr_expect(!strcmp(imported.tensors[1].name, "stem.conv.bias") && imported.tensors[1].rank == 1 && imported.tensors[1].sizes[0] == 4);
}

/* A graph of one window over x [3, height, 9], with pads, strides and auto_pad as given. */
static void window(const char *op_type, int64_t height, const int64_t *pads, int64_t stride, const char *auto_pad) {
  setup();
  input("x", SIZES(-1, 3, height, 9));
  output("y");
  put_onnx_floats(&graph, "w", SIZES(3, 4, 3, 3), 0, 1);
  put_onnx_floats(&graph, "v", SIZES(4, 3, 3, 3), 0, 1);
  Text text = new_node(&arena, op_type, strcmp(op_type, "Conv") ? "x w" : "x v", "y");
  if (pads) put_ints_attribute(&text, "pads", pads, 4);
  if (auto_pad) put_string_attribute(&text, "auto_pad", auto_pad);
  put_ints_attribute(&text, "strides", (int64_t[]){stride, stride}, 2);
  put_node(&graph, &text);
}

Test(import, pads_are_those_of_each_side) {
  window("Conv", 8, (int64_t[]){1, 0, 3, 2}, 1, NULL);
  expect_source("output y: float32[4, 10, 9] = x -> conv1: conv(4, 3, padding=(top=1, bottom=3, left=0, right=2), bias=false)\n");
  window("Conv", 8, (int64_t[]){1, 1, 1, 1}, 1, "VALID"); /* pads say nothing then */
  expect_source("output y: float32[4, 6, 7] = x -> conv1: conv(4, 3, bias=false)\n");
  window("Conv", 8, NULL, 2, "SAME_LOWER");
  expect_source("padding=same_lower");
  window("ConvTranspose", 8, NULL, 2, "SAME_UPPER"); /* the end loses more */
  expect_source("padding=(top=0, bottom=1, left=0, right=1)");
  window("ConvTranspose", 8, NULL, 2, "SAME_LOWER");
  expect_source("padding=(top=1, bottom=0, left=1, right=0)");
  window("Conv", 2, (int64_t[]){0, 1, 0, 1}, 1, NULL);
  expect_errors(13, 1, "its kernel spans 3 and its padded input has 2");
}

Test(import, groups_fit_the_channels) {
  input("x", SIZES(-1, 3, 5, 5));
  output("y");
  put_onnx_floats(&graph, "w", SIZES(4, 3, 3, 3), 0, 1);
  node_with_int("Conv", "x w", "y", "group", 2);
  expect_errors(13, 1, "in 2 groups does not fit the 3 channels of its input");
}

Test(import, channels_last_is_only_a_layout) {
  input("x", SIZES(1, 4, 5, 2));
  output("y");
  put_onnx_floats(&graph, "w", SIZES(3, 2, 1, 1), 0, 1);
  node_with_ints("Transpose", "x", "t", "perm", (int64_t[]){0, 3, 1, 2}, 4);
  node("Conv", "t w", "c");
  node_with_ints("Transpose", "c", "y", "perm", (int64_t[]){0, 2, 3, 1}, 4);
  expect_source("input x: float32[2, 4, 5] (layout=hwc)\n");
  expect_source("output y: float32[3, 4, 5] (layout=hwc) = x -> conv1: conv(3, 1, bias=false)\n");
}

Test(import, chains_that_compute_shapes_vanish) {
  input("x", SIZES(-1, 8, 4, 4));
  output("y");
  put_onnx_integers(&graph, "zero", (int64_t[]){0}, 1);
  put_onnx_integers(&graph, "rest", (int64_t[]){-1}, 1);
  node("Shape", "x", "shape");
  node("Gather", "shape zero", "n");
  Text concat = new_node(&arena, "Concat", "n rest", "target");
  put_int_attribute(&concat, "axis", 0);
  put_node(&graph, &concat);
  node("Reshape", "x target", "y");
  expect_source("output y: float32[128] = x -> flatten\n");
}

Test(import, reshape_transpose_reshape_is_a_shuffle) {
  input("x", SIZES(1, 6, 4, 4));
  output("y");
  put_onnx_integers(&graph, "apart", (int64_t[]){1, 2, 3, 4, 4}, 5);
  put_onnx_integers(&graph, "together", (int64_t[]){1, 6, 4, 4}, 4);
  node("Reshape", "x apart", "a");
  node_with_ints("Transpose", "a", "t", "perm", (int64_t[]){0, 2, 1, 3, 4}, 5);
  node("Reshape", "t together", "y");
  expect_source("x -> channel_shuffle(2)\n");
}

Test(import, ways_that_meet_again_are_a_branch) {
  input("x", SIZES(1, 4, 4, 4));
  output("y");
  node("Relu", "x", "r");
  node("Tanh", "r", "t");
  node("Add", "t r", "y");
  expect_source("= x -> relu -> branch(tanh, identity) -> add\n");
}

Test(import, nodes_that_say_one_thing_together) {
  input("x", SIZES(1, 4, 4, 4));
  output("y");
  put_onnx_floats(&graph, "root", SIZES(1), 1.41421354f, 0);
  put_onnx_floats(&graph, "one", SIZES(1), 1, 0);
  put_onnx_floats(&graph, "half", SIZES(1), 0.5f, 0);
  node("Div", "x root", "a");
  node("Erf", "a", "b");
  node("Add", "b one", "c");
  node("Mul", "x c", "d");
  node("Mul", "d half", "y");
  expect_source("= x -> gelu(approximate=none)\n");
  setup();
  input("x", SIZES(1, 4, 4, 4));
  output("y");
  node("Erf", "x", "y");
  expect_errors(13, 1, "cnnc has erf only as a part of gelu");
}

Test(import, layers_of_the_same_weights_are_shared) {
  input("a", SIZES(1, 1, 4, 4));
  input("b", SIZES(1, 1, 4, 4));
  output("y");
  put_onnx_floats(&graph, "tower.conv.weight", SIZES(2, 1, 3, 3), 0, 1);
  node("Conv", "a tower.conv.weight", "c");
  node("Conv", "b tower.conv.weight", "d");
  node("Sub", "c d", "y");
  expect_source("  shared tower_conv = conv(2, 3, bias=false)\n");
  expect_source("  b_conv = b -> tower_conv\n");
  cr_expect(imported.tensors_count == 1 && !strcmp(imported.tensors[0].name, "tower.conv.weight"));
}

Test(import, numbers_of_channels) {
  input("x", SIZES(1, 4, 4, 4));
  typed_output("y", ONNX_INT64_TYPE);
  node_with_int("ArgMax", "x", "a", "axis", 1);
  node_with_int("Cast", "a", "y", "to", 6);
  expect_source("output y: int32[1, 4, 4] = x -> argmax\n");
  setup();
  input("x", SIZES(1, 4, 4, 4));
  output("y");
  node_with_int("ArgMax", "x", "a", "axis", 1);
  node("Add", "a x", "y");
  expect_errors(13, 1, "is of type int64");
}

/* x -> Clip(Round) -> NaN to 0, as export writes a cast; then the type itself. */
static void rounded(double least, double most, int dtype) {
  setup();
  input("x", SIZES(1, 3, 4, 4));
  typed_output("y", dtype);
  put_onnx_floats(&graph, "least", SIZES(1), (float)least, 0);
  put_onnx_floats(&graph, "most", SIZES(1), (float)most, 0);
  put_onnx_floats(&graph, "zero", SIZES(1), 0, 0);
  node("Round", "x", "r");
  node("Clip", "r least most", "c");
  node("IsNaN", "x", "n");
}

Test(import, casts_to_integers) {
  rounded(-128, 127, 3);
  node("Where", "n zero c", "w");
  node_with_int("Cast", "w", "y", "to", 3);
  expect_source("output y: int8[3, 4, 4] = x -> cast(int8)\n");
  rounded(-128, 127, 5); /* limits of another type, without a care for NaN */
  node_with_int("Cast", "c", "y", "to", 5);
  expect_source("output y: int16[3, 4, 4] = x -> clip(min=-128, max=127) -> cast(int16)\n");
  rounded(-129, 127, 3);
  node_with_int("Cast", "c", "y", "to", 3);
  expect_errors(13, 1, "it casts to int8 what may not be whole or not fit");
  rounded(-129, 127, 3);
  node("Where", "n zero c", "y");
  expect_errors(13, 1, "it is computed at run time");
  rounded(0, 1, ONNX_FLOAT_TYPE);
  node("Relu", "r", "y");
  expect_errors(13, 1, "cnnc has round only as a part of a cast to integers");
  setup();
  put_onnx_value(&graph, GRAPH_INPUT, "x", ONNX_UINT8_TYPE, SIZES(1, 4, 2, 2));
  typed_output("y", ONNX_UINT8_TYPE);
  output("z");
  node("Identity", "d", "z");
  node_with_int("Cast", "x", "f", "to", 1);
  node_with_int("DepthToSpace", "f", "d", "blocksize", 2);
  node_with_int("Cast", "d", "y", "to", 2);
  expect_source("output y: uint8[1, 4, 4] = x_pixel_shuffle\n");
  expect_source("output z: float32[1, 4, 4] = x_pixel_shuffle -> cast(float32)\n");
}

static void infinitely_padded(const int64_t *sizes, const int64_t *pads, int count) {
  setup();
  input("x", sizes);
  output("y");
  put_onnx_integers(&graph, "pads", pads, count);
  put_onnx_floats(&graph, "least", SIZES(1), -INFINITY, 0);
  node("Pad", "x pads least", "p");
}

Test(import, padding_that_never_wins) {
  infinitely_padded(SIZES(1, 2, 9, 9), (int64_t[]){0, 0, 3, 1, 0, 0, 2, 0}, 8);
  node_with_ints("MaxPool", "p", "y", "kernel_shape", (int64_t[]){4, 2}, 2);
  expect_source("output y: float32[2, 11, 9] = x -> max_pool((4, 2), stride=1, padding=(top=3, bottom=2, left=1, right=0))\n");
  infinitely_padded(SIZES(1, 2, 9), (int64_t[]){0, 0, 1, 0, 0, 2}, 6);
  node_with_ints("MaxPool", "p", "y", "kernel_shape", (int64_t[]){4}, 1);
  expect_source("output y: float32[2, 9] = x -> max_pool(4, stride=1, padding=(left=1, right=2))\n");
  infinitely_padded(SIZES(1, 2, 9), (int64_t[]){0, 0, 1, 0, 0, 2}, 6);
  node("Relu", "p", "y");
  expect_errors(13, 1, "cnnc has padding with minus infinity only as a part of max_pool");
  infinitely_padded(SIZES(1, 2, 9), (int64_t[]){0, 1, 1, 0, 0, 2}, 6);
  node("Relu", "p", "y");
  expect_errors(13, 1, "other than a window of a MaxPool");
}

Test(import, nodes_in_any_order) {
  input("x", SIZES(1, 3, 4, 4));
  output("y");
  node("Relu", "b", "y");
  node("Tanh", "a", "b");
  node("Sigmoid", "x", "a");
  expect_source("output y: float32[3, 4, 4] = x -> sigmoid -> tanh -> relu\n");
}

Test(import, graphs_that_contradict_themselves) {
  input("x", SIZES(1, 3, 4, 4));
  output("y");
  node("Add", "x b", "a");
  node("Relu", "a", "b");
  node("Relu", "b", "y");
  expect_errors(13, 1, "node `b` (Relu) needs `a`, which depends on that node itself: a cycle");
  setup();
  input("x", SIZES(1, 3, 4, 4));
  output("y");
  node("Relu", "x", "y");
  node("Tanh", "x", "y");
  expect_errors(13, 1, "computes `y`, which the model has already");
  setup();
  input("x", SIZES(1, 3, 4, 4));
  output("y");
  node("Conv", "x w", "y");
  expect_errors(13, 1, "needs `w`, which nothing computes");
  setup();
  input("x", SIZES(1, 3, 4, 4));
  output("z");
  node("Relu", "x", "x");
  expect_errors(13, 1, "computes `x`, which the model has already");
  setup();
  input("x", SIZES(1, 3, 4, 4));
  output("z");
  node("Relu", "x", "y");
  expect_errors(13, 1, "the output `z` is computed by nothing");
}

Test(import, opsets_and_domains) {
  input("x", SIZES(1, 3, 4, 4));
  output("y");
  Text relu = new_node(&arena, "Relu", "x", "y");
  put_string(&relu, 7, "com.microsoft");
  put_node(&graph, &relu);
  expect_errors(6, 1, "opset 6; cnnc imports 7 to 25");
  expect_errors(26, 1, "opset 26");
  expect_errors(13, 1, "its domain `com.microsoft` is not ONNX's own");
}

Test(import, everything_that_is_refused_is_named_at_once) {
  input("x", SIZES(-1, 4, 4, 4));
  output("y");
  node("Einsum", "x", "e");
  node("Relu", "e", "r");
  node_with_int("Softmax", "r", "s", "axis", 9);
  node("NonZero", "s", "z");
  node_with_int("Relu", "x", "q", "sparse", 1);
  node_with_int("LpPool", "x", "l", "p", 2);
  node("Conv", "x", "c");
  node("Concat", "z q", "d");
  node("Sum", "d l c", "y");
  expect_errors(13, 5, "node `e` (Einsum): cnnc has no counterpart of this operator");
  cr_expect(strstr(messages(), "node `z` (NonZero)"));
  cr_expect(strstr(messages(), "node `q` (Relu): its attribute `sparse` is not one that cnnc knows there"));
  cr_expect(strstr(messages(), "node `l` (LpPool): it has no kernel"));
  cr_expect(strstr(messages(), "node `c` (Conv): it has 1 inputs and needs 2"));
}

Test(import, samples_are_not_mixed) {
  input("x", SIZES(-1, 4, 4, 4));
  output("y");
  node_with_ints("ReduceMean", "x", "y", "axes", (int64_t[]){0}, 1);
  expect_errors(13, 1, "it would mix the samples of the batch");
  setup();
  input("x", SIZES(1, 4, 4, 4)); /* one sample mixes with nothing */
  output("y");
  node_with_ints("ReduceMean", "x", "y", "axes", (int64_t[]){0}, 1);
  expect_source("= x\n");
}

Test(import, folding_is_bounded) {
  input("x", SIZES(1, 4));
  output("y");
  put_onnx_integers(&graph, "huge", (int64_t[]){1 << 20, 1 << 20}, 2);
  node("ConstantOfShape", "huge", "c");
  node("Add", "x c", "y");
  expect_errors(13, 1, "larger than sixteen times the file");
}

Test(import, types_and_ranks) {
  put_onnx_value(&graph, GRAPH_INPUT, "x", ONNX_INT64_TYPE, SIZES(1, 4));
  output("y");
  node("Relu", "x", "y");
  expect_errors(13, 1, "of type I64");
  setup();
  input("x", SIZES(1, 2, 3, 4, 5));
  output("y");
  node("Relu", "x", "y");
  expect_errors(13, 1, "4 sizes beside the batch");
  setup();
  input("x", SIZES(1, 0, 3, 4));
  output("y");
  node("Relu", "x", "y");
  expect_errors(13, 1, "is empty");
}

/* Whatever number stands in an attribute, there is a network or an error. */
Test(import, numbers_of_any_size) {
  static const int64_t numbers[] = {INT64_MIN, -(INT64_C(1) << 32), -1, 0, 1, 2, INT32_MAX, INT64_C(1) << 31, INT64_MAX};
  static const char *const lists[][2] = {
      {"MaxPool", "kernel_shape"}, {"MaxPool", "pads"},   {"MaxPool", "strides"}, {"MaxPool", "dilations"},
      {"Transpose", "perm"},       {"ReduceSum", "axes"}, {"Squeeze", "axes"},    {"Unsqueeze", "axes"},
      {"Reshape", "shape"},        {"Pad", "pads"},       {"Slice", "starts"},    {"Split", "split"}};
  static const char *const single[][2] = {{"Softmax", "axis"},
                                          {"Flatten", "axis"},
                                          {"DepthToSpace", "blocksize"},
                                          {"SpaceToDepth", "blocksize"},
                                          {"LRN", "size"},
                                          {"Concat", "axis"},
                                          {"LpNormalization", "axis"},
                                          {"LpNormalization", "p"},
                                          {"ArgMax", "axis"},
                                          {"LayerNormalization", "axis"},
                                          {"Split", "num_outputs"},
                                          {"Shape", "start"}};
  for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
      for (int count = 1; count <= 8; count *= 2) {
        int64_t values[8];
        for (int v = 0; v < 8; v++) values[v] = v % 2 ? 1 : numbers[k];
        setup();
        input("x", SIZES(1, 4, 4, 4));
        output("y");
        node_with_ints(lists[i][0], "x", "y", lists[i][1], values, count);
        if (!import_graph(9)) cr_assert(diagnostics.errors > 0);
      }
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) {
      setup();
      input("x", SIZES(1, 4, 4, 4));
      output("y");
      node_with_int(single[i][0], "x", "y", single[i][1], numbers[k]);
      if (!import_graph(18)) cr_assert(diagnostics.errors > 0);
    }
  }
}

/* x becomes y: a squeeze to `squeeze` channels, and two ways of `expand` from there, under the scope. */
static void fire(const char *scope, const char *x, const char *y, int64_t in, int64_t squeeze, int64_t expand) {
  const char *s = arena_printf(&arena, "%s.squeeze.weight", scope), *e1 = arena_printf(&arena, "%s.expand1x1.weight", scope),
             *e3 = arena_printf(&arena, "%s.expand3x3.weight", scope), *t = arena_printf(&arena, "%s_t", scope);
  put_onnx_floats(&graph, s, SIZES(squeeze, in, 1, 1), 0, 1);
  put_onnx_floats(&graph, e1, SIZES(expand, squeeze, 1, 1), 0, 1);
  put_onnx_floats(&graph, e3, SIZES(expand, squeeze, 3, 3), 0, 1);
  node("Conv", arena_printf(&arena, "%s %s", x, s), t);
  node("Relu", t, arena_printf(&arena, "%s_r", t));
  node("Conv", arena_printf(&arena, "%s_r %s", t, e1), arena_printf(&arena, "%s_1", t));
  node_with_ints("Conv", arena_printf(&arena, "%s_r %s", t, e3), arena_printf(&arena, "%s_3", t), "pads", (int64_t[]){1, 1, 1, 1}, 4);
  Text concat = new_node(&arena, "Concat", arena_printf(&arena, "%s_1 %s_3", t, t), y);
  put_int_attribute(&concat, "axis", 1);
  put_node(&graph, &concat);
}

Test(import, branch_after_branch_is_a_statement) {
  input("x", SIZES(1, 3, 8, 8));
  output("y");
  fire("f.3", "x", "a", 3, 2, 4);
  node_with_ints("MaxPool", "a", "p", "kernel_shape", (int64_t[]){2, 2}, 2);
  fire("f.4", "p", "b", 8, 2, 5);
  node("Tanh", "b", "y");
  expect_source("  f_3 = x -> f.3.squeeze: conv(2, 1, bias=false) -> relu -> branch(f.3.expand1x1: conv(4, 1, bias=false), "
                "f.3.expand3x3: conv(4, 3, padding=1, bias=false)) -> concat -> max_pool(2, stride=1)\n"
                "  output y: float32[10, 7, 7] = f_3 -> f.4.squeeze: conv(2, 1, bias=false) -> relu -> branch(");
}

Test(import, scopes_that_repeat_are_a_block) {
  input("x", SIZES(1, 3, 8, 8));
  output("y");
  fire("f.3", "x", "a", 3, 2, 4);
  node("Relu", "a", "r");
  fire("f.4", "r", "b", 8, 3, 5);
  node("Relu", "b", "s");
  node_with_ints("MaxPool", "s", "y", "kernel_shape", (int64_t[]){2, 2}, 2);
  expect_source("block x -> f_block(channels, channels_2) {\n"
                "  return x -> squeeze: conv(channels, 1, bias=false) -> relu -> branch(expand1x1: conv(channels_2, 1, bias=false), "
                "expand3x3: conv(channels_2, 3, padding=1, bias=false)) -> concat -> relu\n}\n");
  expect_source("= x -> f.3: f_block(2, 4) -> f.4: f_block(3, 5) -> max_pool(2, stride=1)\n");
}

/* What is read from its middle, stands in two pieces or has other attributes is no block. */
Test(import, modules_that_are_only_counted) {
  static const char *const names[] = {"0.weight", "1.conv.weight", "2.conv.weight", "3.0.weight"};
  input("x", SIZES(1, 2, 4, 4));
  output("y");
  for (int i = 0; i < 4; i++) {
    put_onnx_floats(&graph, names[i], SIZES(2, 2, 1, 1), 0, 1);
    node("Conv", arena_printf(&arena, "%s %s", i ? arena_printf(&arena, "t%d", i) : "x", names[i]),
         i == 3 ? "y" : arena_printf(&arena, "t%d", i + 1));
  }
  expect_source("-> conv1: conv(2, 1, bias=false) -> part1.conv: conv(2, 1, bias=false) -> part2.conv: conv(2, 1, bias=false) "
                "-> conv2: conv(2, 1, bias=false)\n");
}

Test(import, scopes_that_are_not_one_piece_stay) {
  input("x", SIZES(1, 3, 8, 8));
  output("y");
  output("t");
  fire("f.3", "x", "a", 3, 2, 4);
  fire("f.4", "a", "b", 8, 3, 5);
  node("Relu", "b", "y");
  node("Sigmoid", "f.3_t_r", "t");
  expect_source("f.4.squeeze: conv(3, 1, bias=false) -> relu");
  cr_expect(!strstr(text_string(&imported.source), "block"));
  setup();
  input("x", SIZES(1, 8, 8, 8));
  output("y");
  fire("f.3", "x", "a", 8, 2, 4);
  put_onnx_floats(&graph, "g.weight", SIZES(8, 8, 1, 1), 0, 1);
  put_onnx_floats(&graph, "f.3.last.weight", SIZES(8, 8, 1, 1), 0, 1);
  put_onnx_floats(&graph, "f.4.last.weight", SIZES(8, 8, 1, 1), 0, 1);
  node("Conv", "a g.weight", "c");
  node("Conv", "c f.3.last.weight", "d");
  fire("f.4", "d", "e", 8, 2, 4);
  node("Conv", "e f.4.last.weight", "y");
  expect_source("-> g: conv(8, 1, bias=false) -> f.3.last: conv(8, 1, bias=false)");
  cr_expect(!strstr(text_string(&imported.source), "block"));
  setup();
  input("x", SIZES(1, 3, 8, 8));
  output("y");
  fire("f.3", "x", "a", 3, 2, 4);
  put_onnx_floats(&graph, "f.4.squeeze.weight", SIZES(2, 8, 1, 1), 0, 1);
  put_onnx_floats(&graph, "f.4.expand1x1.weight", SIZES(4, 2, 1, 1), 0, 1);
  put_onnx_floats(&graph, "f.4.expand3x3.weight", SIZES(4, 2, 1, 1), 0, 1);
  node("Conv", "a f.4.squeeze.weight", "s");
  node("Tanh", "s", "u");
  node("Conv", "u f.4.expand1x1.weight", "v");
  node("Conv", "u f.4.expand3x3.weight", "w");
  node("Add", "v w", "y");
  expect_source("f.4.squeeze: conv(2, 1, bias=false) -> tanh -> branch(");
  cr_expect(!strstr(text_string(&imported.source), "block"));
}

/* Branch after branch within the way of a branch that begins where the first of them does. */
Test(import, inner_branches_are_written_once) {
  input("x", SIZES(1, 4, 8, 8));
  output("y");
  put_onnx_floats(&graph, "a.weight", SIZES(4, 4, 1, 1), 0, 1);
  put_onnx_floats(&graph, "b.weight", SIZES(4, 4, 1, 1), 0, 1);
  node("Relu", "x", "m");
  node("Conv", "m a.weight", "a");
  node("Sigmoid", "m", "s");
  node("Add", "a s", "first");
  node("Conv", "first b.weight", "b");
  node("Tanh", "first", "t");
  node("Add", "b t", "second");
  node("Abs", "m", "n");
  node("Add", "n second", "y");
  expect_source(
      "branch(abs, branch(a: conv(4, 1, bias=false), sigmoid) -> add -> branch(b: conv(4, 1, bias=false), tanh) -> add) -> add\n");
}

/* A fuzzer found these: what computes takes a constant as its first input in few operators only. */
Test(import, constants_in_place_of_tensors) {
  input("x", SIZES(4, 3, 3, 3));
  output("y");
  put_onnx_floats(&graph, "k", SIZES(1, 3, 8, 8), 0, 1);
  node("Conv", "k x", "y");
  expect_errors(13, 1, "its input `k` is a constant");
  setup();
  input("x", SIZES(-1, 4, 4, 4));
  output("y");
  put_onnx_floats(&graph, "a", SIZES(1, 4, 4, 4), 0, 1);
  put_onnx_floats(&graph, "b", SIZES(1, 4, 4, 4), 0, 1);
  node("Sum", "a b x", "y");
  expect_errors(13, 1, "two of its inputs are constants");
}

static void norm_with_eps(float eps) {
  setup();
  input("x", SIZES(-1, 2, 4, 4));
  output("y");
  put_onnx_floats(&graph, "c", SIZES(2), 1, 1);
  Text text = new_node(&arena, "BatchNormalization", "x c c c c", "y");
  put_float_attribute(&text, "epsilon", eps);
  put_node(&graph, &text);
}

/* So were these: two norms of which one had no eps in the source crashed, and one alone got the eps of the language. */
Test(import, a_negative_epsilon_is_refused) {
  norm_with_eps(-1);
  expect_errors(13, 1, "its epsilon is negative");
  norm_with_eps(NAN);
  expect_errors(13, 1, "`epsilon` is not finite");
  norm_with_eps(0.5f);
  expect_source("eps=0.5");
}
