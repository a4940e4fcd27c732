/* test_import_operators.c - operators of ONNX that become several layers, or one only where they say little: groups, kernels
 * that are computed, numbers without axes, sizes that cancel out. tests/import/operators.py computes such models. */
#include "import_fixture.h"

TestSuite(import_operators, .init = setup, .fini = teardown);

static void group_norm(int64_t channels, int64_t groups, int64_t factors) {
  setup();
  input("x", SIZES(-1, channels, 2, 3));
  output("y");
  put_onnx_floats(&graph, "w", SIZES(factors), 1, 1);
  put_onnx_floats(&graph, "b", SIZES(factors), 0, 1);
  node_with_int("GroupNormalization", "x w b", "y", "num_groups", groups);
}

Test(import_operators, groups_are_channels_of_an_instance_norm) {
  static const float each[] = {1, 1, 1, 2, 2, 2};
  group_norm(6, 2, 2);
  cr_assert(import_graph(18), "%s", messages());
  cr_expect(strstr(text_string(&imported.source), "= x -> reshape([2, 18]) -> instance_norm(eps=1e-5, scale=false, bias=false) "
                                                  "-> reshape([6, 2, 3]) -> affine1: channel_affine\n"),
            "%s", text_string(&imported.source));
  cr_assert(imported.tensors_count == 2 && imported.tensors[0].sizes[0] == 6);
  for (int i = 0; i < 6; i++) cr_expect(imported.tensors[0].numbers[i] == each[i]);
  group_norm(6, 2, 6);
  cr_assert(import_graph(21), "%s", messages());
  cr_expect(imported.tensors[0].numbers[5] == 6);
  group_norm(6, 6, 6);
  expect_source("= x -> instance_norm1: instance_norm(eps=1e-5)\n");
  group_norm(6, 4, 4);
  expect_errors(18, 1, "its 6 channels are not 4 equal groups");
  group_norm(6, 2, 6);
  expect_errors(18, 1, "its weight has 6 numbers for 2 groups");
  group_norm(6, 2, 2);
  expect_errors(21, 1, "has 2 numbers for 6 channels");
}

static void layer_norm(const int64_t *sizes, int64_t axis) {
  setup();
  input("x", SIZES(1, 2, 3, 4));
  output("y");
  put_onnx_floats(&graph, "w", sizes, 1, 1);
  node_with_int("LayerNormalization", "x w", "y", "axis", axis);
}

Test(import_operators, a_norm_of_all_has_a_factor_for_each_place) {
  layer_norm(SIZES(2, 3, 4), 1);
  expect_source("layer_norm1: layer_norm(eps=1e-5, axis=all, bias=false)\n");
  layer_norm(SIZES(4), 1);
  expect_errors(17, 1, "its weight [4] is not of the sizes that it normalizes over");
  layer_norm(SIZES(3, 4), 2);
  expect_errors(17, 1, "it normalizes over several axes, but not over the whole sample");
}

/* What exporters before opset 17 make of a LayerNorm over channels, or another one; then times w, plus b. */
static void deviations(int64_t channels, const int64_t *axes, int count, float eps) {
  setup();
  input("x", SIZES(1, channels, 3, 4));
  output("y");
  put_onnx_floats(&graph, "two", SIZES(1), 2, 0);
  put_onnx_floats(&graph, "eps", SIZES(1), eps, 0);
  put_onnx_floats(&graph, "norm.weight", SIZES(channels, 1, 1), 1, 1);
  put_onnx_floats(&graph, "norm.bias", SIZES(channels, 1, 1), 0, 1);
  node_with_ints("ReduceMean", "x", "m", "axes", axes, count);
  node("Sub", "x m", "d");
  node("Pow", "d two", "s");
  node_with_ints("ReduceMean", "s", "v", "axes", axes, count);
  node("Add", "v eps", "e");
  node("Sqrt", "e", "r");
  node("Div", "d r", "n");
  node("Mul", "n norm.weight", "f");
  node("Add", "f norm.bias", "y");
}

Test(import_operators, means_and_deviations_are_a_norm) {
  deviations(2, (int64_t[]){1}, 1, 0.5f);
  expect_source("= x -> norm: layer_norm(eps=0.5)\n");
  cr_expect(imported.tensors_count == 2);
  deviations(2, (int64_t[]){2, 3}, 2, 0.5f);
  expect_source("= x -> norm: instance_norm(eps=0.5)\n");
  deviations(2, (int64_t[]){1, 2, 3}, 3, 0.5f);
  expect_source("= x -> layer_norm(eps=0.5, axis=all, scale=false, bias=false) -> norm: channel_affine\n");
  deviations(2, (int64_t[]){2}, 1, 0.5f);
  expect_source("-> div -> norm: channel_affine\n");
  deviations(1, (int64_t[]){1}, 1, 0.5f); /* of one number there is no deviation */
  expect_source("= x -> branch(identity, reduce_mean(channels)) -> sub");
  deviations(2, (int64_t[]){1}, 1, -0.5f);
  expect_source("-> div -> norm: channel_affine\n");
}

Test(import_operators, a_norm_takes_the_mean_of_what_it_normalizes) {
  input("x", SIZES(1, 2, 3, 4));
  input("z", SIZES(1, 2, 3, 4));
  output("y");
  put_onnx_floats(&graph, "eps", SIZES(1), 0.5f, 0);
  node_with_ints("ReduceMean", "z", "m", "axes", (int64_t[]){1}, 1);
  node("Sub", "x m", "d");
  node("Mul", "d d", "s");
  node_with_ints("ReduceMean", "s", "v", "axes", (int64_t[]){1}, 1);
  node("Add", "v eps", "e");
  node("Sqrt", "e", "r");
  node("Div", "d r", "y");
  cr_assert(import_graph(13), "%s", messages());
  cr_expect(!strstr(text_string(&imported.source), "layer_norm"), "%s", text_string(&imported.source));
}

/* x [1, 2, 9, 9] searched for k. */
static void searched(const int64_t *kernel, int64_t group, int64_t stride) {
  setup();
  input("x", SIZES(1, 2, 9, 9));
  input("k", kernel);
  output("y");
  node("Relu", "k", "r");
  Text conv = new_node(&arena, "Conv", "x r", "y");
  put_int_attribute(&conv, "group", group);
  put_ints_attribute(&conv, "strides", (int64_t[]){stride, stride}, 2);
  put_node(&graph, &conv);
}

Test(import_operators, a_kernel_that_is_computed_is_correlated) {
  searched(SIZES(1, 2, 3, 4), 1, 1);
  expect_source("output y: float32[1, 7, 6] = [x, k -> relu] -> correlate\n");
  searched(SIZES(1, 2, 3, 4), 1, 2);
  expect_errors(13, 1, "no padding, no stride and no dilation");
  searched(SIZES(1, 4, 3, 3), 1, 1);
  expect_errors(13, 1, "its weight does not fit the 2 channels of its input");
  searched(SIZES(-1, 2, 3, 3), 1, 1); /* each sample would search all others */
  expect_errors(13, 1, "one for all channels or one for each");
  searched(SIZES(1, 2, 10, 3), 1, 1);
  expect_errors(13, 1, "its kernel spans 10");
}

Test(import_operators, a_kernel_for_each_channel) {
  input("x", SIZES(1, 2, 9, 9));
  input("k", SIZES(1, 2, 3, 3));
  output("y");
  put_onnx_integers(&graph, "shape", (int64_t[]){2, 1, 3, 3}, 4);
  node("Reshape", "k shape", "r");
  node_with_int("Conv", "x r", "y", "group", 2);
  expect_source("output y: float32[2, 7, 7] = [x, k] -> depthwise_correlate\n");
}

Test(import_operators, one_number_for_each_sample) {
  input("x", SIZES(-1, 4));
  input("z", SIZES(-1, 4));
  output("y");
  Text a = new_node(&arena, "ReduceMean", "x", "a"), b = new_node(&arena, "ReduceMean", "z", "b");
  for (int i = 0; i < 2; i++) {
    put_ints_attribute(i ? &b : &a, "axes", (int64_t[]){1}, 1);
    put_int_attribute(i ? &b : &a, "keepdims", 0);
    put_node(&graph, i ? &b : &a);
  }
  node("Div", "a b", "y");
  expect_source("output y: float32[1] = ");
}

/* x [N, 8, H, W] reshaped to [1, -1, H, W], or to [1, -1, H W]. */
static void left_over(bool product) {
  setup();
  input("x", SIZES(-1, 8, -1, -1));
  output("y");
  put_onnx_integers(&graph, "at", (int64_t[]){2, 3}, 2);
  put_onnx_integers(&graph, "head", (int64_t[]){1, -1}, 2);
  node("Shape", "x", "shape");
  node("Gather", "shape at", "pixels");
  node_with_int("ReduceProd", "pixels", "all", "keepdims", 1);
  Text concat = new_node(&arena, "Concat", product ? "head all" : "head pixels", "target");
  put_int_attribute(&concat, "axis", 0);
  put_node(&graph, &concat);
  node("Reshape", "x target", "y");
}

Test(import_operators, sizes_that_vary_cancel_out) {
  left_over(false);
  expect_source("= x\n");
  left_over(true);
  expect_source("= x -> reshape([8, -1])\n");
}

Test(import_operators, weights_computed_of_weights) {
  input("x", SIZES(1, 2, 4, 4));
  output("y");
  put_onnx_floats(&graph, "w", SIZES(2, 2, 1, 1), 1, 1);
  node_with_ints("ReduceMean", "w", "mean", "axes", (int64_t[]){1, 2, 3}, 3);
  node("Sub", "w mean", "centred");
  node("Conv", "x centred", "y");
  expect_source("= x -> conv1: conv(2, 1, bias=false)\n");
  for (int i = 0; i < 4; i++) cr_expect(imported.tensors[0].numbers[i] == (i % 2 ? 0.5f : -0.5f));
}

Test(import_operators, a_size_that_varies_can_be_given) {
  input("x", SIZES(1, 2, -1, 4));
  output("y");
  put_onnx_integers(&graph, "last", (int64_t[]){-1}, 1);
  node_with_int("Gather", "x last", "y", "axis", 2);
  expect_errors(13, 1, "it takes from a size that varies");
  cr_assert(diagnostics.items[0]->help_count == 1);
  cr_expect(strstr(diagnostics.items[0]->helps[0], "--size n=N"), "%s", diagnostics.items[0]->helps[0]);
}
