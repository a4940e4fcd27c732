/* test_read_onnx.c - ONNX files: what is read, and what a file that is damaged, hostile or merely odd is told. */
#include <criterion/criterion.h>
#include <string.h>
#include "load/read_onnx.h"
#include "onnx_fixture.h"

static Arena arena;
static void teardown(void) { arena_free(&arena); }
TestSuite(read_onnx, .fini = teardown);

static OnnxModel model;
static const char *error;

static bool read_text(const Text *text) {
  error = NULL;
  return read_onnx(&arena, text_string(text), text->length, NULL, &model, &error);
}

static void expect_error(const Text *text, const char *part) {
  cr_assert(!read_text(text), "expected an error with `%s`", part);
  cr_expect(strstr(error, part), "`%s` does not have `%s`", error, part);
}

/* x [n, 1, 4, 4] -> Conv with w [2, 1, 3, 3] -> y */
static Text small_graph(void) {
  Text graph = text_new(&arena), node = new_node(&arena, "Conv", "x w b", "y");
  put_string(&node, 3, "conv");
  put_ints_attribute(&node, "pads", (int64_t[]){1, 0, 1, 2}, 4);
  put_string_attribute(&node, "auto_pad", "NOTSET");
  put_float_attribute(&node, "odd", -0.5f);
  put_int_attribute(&node, "group", 1);
  put_node(&graph, &node);
  put_onnx_floats(&graph, "w", SIZES(2, 1, 3, 3), 1, 0.25f);
  put_onnx_floats(&graph, "b", SIZES(2), 0, 1);
  put_onnx_integers(&graph, "shape", (int64_t[]){1, -1, 5}, 3);
  put_onnx_value(&graph, GRAPH_INPUT, "x", ONNX_FLOAT_TYPE, SIZES(-1, 1, 4, 4));
  put_onnx_value(&graph, GRAPH_OUTPUT, "y", ONNX_FLOAT_TYPE, SIZES(-1, 2, 4, 4));
  put_string(&graph, 2, "main");
  put_string(&graph, 10, "a text\nof two lines");
  return graph;
}

static Text small_model(void) {
  Text graph = small_graph();
  return onnx_model(&arena, &graph, 13);
}

Test(read_onnx, reads_a_model) {
  Text text = small_model();
  cr_assert(read_text(&text), "%s", error);
  const OnnxGraph *graph = &model.graph;
  cr_expect(model.opset == 13 && model.ir_version == 8 && !strcmp(model.producer, "test") && !strcmp(graph->name, "main"));
  cr_assert(graph->nodes_count == 1 && graph->initializers_count == 3 && graph->inputs_count == 1 && graph->outputs_count == 1);
  const OnnxNode *node = &graph->nodes[0];
  cr_expect(!strcmp(node->op_type, "Conv") && !strcmp(node->name, "conv") && node->inputs_count == 3 && !strcmp(node->inputs[2], "b"));
  cr_assert(node->attributes_count == 4);
  cr_expect(node->attributes[0].kind == ONNX_INTS && node->attributes[0].count == 4 && node->attributes[0].integers[3] == 2);
  cr_expect(node->attributes[1].kind == ONNX_STRING && !strcmp(node->attributes[1].string, "NOTSET"));
  cr_expect(node->attributes[2].kind == ONNX_FLOAT && (double)node->attributes[2].real == -0.5);
  cr_expect(node->attributes[3].kind == ONNX_INT && node->attributes[3].integer == 1);
  cr_expect(graph->inputs[0].rank == 4 && graph->inputs[0].sizes[0].size == -1 && !strcmp(graph->inputs[0].sizes[0].name, "n"));
  cr_expect(graph->inputs[0].sizes[3].size == 4 && !graph->inputs[0].sizes[3].name && graph->inputs[0].dtype == TENSOR_F32);
  cr_expect(graph->initializers[0].elements == 18 && tensor_element(&graph->initializers[0], 17) == 5.25);
  cr_expect(graph->initializers[2].dtype == TENSOR_I64 && tensor_element(&graph->initializers[2], 1) == -1);
}

Test(read_onnx, a_file_cut_off_anywhere_is_an_error_or_a_smaller_model) {
  Text text = small_model();
  int errors = 0;
  for (size_t length = 0; length < text.length; length++) {
    Text part = text_new(&arena);
    text_add_bytes(&part, text.data, length);
    errors += !read_text(&part);
  }
  /* The graph is one field: until it is complete, nothing is. What follows are two more fields. */
  cr_expect(errors >= (int)text.length - 10, "%d of %zu", errors, text.length);
}

Test(read_onnx, no_flipped_bit_does_harm) {
  Text text = small_model();
  for (size_t i = 0; i < 8 * text.length; i++) {
    Text copy = text_new(&arena);
    text_add_bytes(&copy, text.data, text.length);
    copy.data[i / 8] = (char)(copy.data[i / 8] ^ 1 << i % 8);
    if (!read_text(&copy)) cr_assert(error && *error);
  }
}

static Text tensor_model(const Text *tensor) {
  Text graph = text_new(&arena);
  put_message(&graph, GRAPH_INITIALIZER, tensor);
  return onnx_model(&arena, &graph, 13);
}

static Text float_tensor(const int64_t *sizes, size_t raw_bytes) {
  Text tensor = text_new(&arena), raw = text_new(&arena);
  for (; *sizes != -2; sizes++) put_number(&tensor, 1, *sizes);
  put_number(&tensor, 2, ONNX_FLOAT_TYPE);
  put_string(&tensor, 8, "t");
  text_add_char(&raw, 1, (int)raw_bytes);
  put_message(&tensor, 9, &raw);
  return tensor;
}

static void expect_tensor_error(Text tensor, const char *part) {
  Text text = tensor_model(&tensor);
  expect_error(&text, part);
}

Test(read_onnx, shapes_and_data_agree) {
  expect_tensor_error(float_tensor(SIZES(2, 3), 20), "20 bytes of data where its shape [2, 3] of float needs 24");
  expect_tensor_error(float_tensor(SIZES(2, 3), 28), "28 bytes");
  expect_tensor_error(float_tensor(SIZES(-1), 4), "has a size of -1");
  expect_tensor_error(float_tensor(SIZES(INT64_C(1) << 32, INT64_C(1) << 32), 0), "overflows");
  expect_tensor_error(float_tensor(SIZES(4194305, 4194305, INT64_C(211106198978564)), 16), "overflows");
  expect_tensor_error(float_tensor(SIZES(INT64_C(1) << 62), 0), "overflows");
  expect_tensor_error(float_tensor(SIZES(1, 1, 1, 1, 1, 1, 1, 1, 1), 4), "9 sizes");
  Text empty = float_tensor(SIZES(0, INT64_MAX), 0), text = tensor_model(&empty);
  cr_assert(read_text(&text), "%s", error);
  cr_expect(model.graph.initializers[0].elements == 0);
}

Test(read_onnx, numbers_stand_in_the_field_of_their_type) {
  Text tensor = text_new(&arena);
  put_number(&tensor, 1, 2);
  put_number(&tensor, 2, ONNX_FLOAT_TYPE);
  put_float(&tensor, 4, 1.5f);
  expect_tensor_error(tensor, "1 numbers where its shape [2] needs 2");
  put_float(&tensor, 4, -2);
  Text text = tensor_model(&tensor);
  cr_assert(read_text(&text), "%s", error);
  cr_expect(tensor_element(&model.graph.initializers[0], 1) == -2);
  put_string(&tensor, 9, "12345678");
  expect_tensor_error(tensor, "2 numbers");
  Text many = text_new(&arena);
  put_number(&many, 1, 2);
  put_number(&many, 2, ONNX_FLOAT_TYPE);
  for (int i = 0; i < 3; i++) put_float(&many, 4, 1);
  expect_tensor_error(many, "3 numbers where its shape [2] needs 2");
  Text words = text_new(&arena);
  put_number(&words, 2, 8);
  expect_tensor_error(words, "type string, which cnnc does not read");
  Text unknown = text_new(&arena);
  put_number(&unknown, 2, 99);
  expect_tensor_error(unknown, "type unknown");
}

Test(read_onnx, fields_that_protobuf_cannot_mean) {
  Text twice = small_model(), graph = small_graph();
  put_message(&twice, 7, &graph);
  expect_error(&twice, "`graph` stands twice");
  Text group = text_new(&arena);
  put_varint(&group, 15 << 3 | 3);
  expect_error(&group, "is a group");
  Text wrong = text_new(&arena);
  put_number(&wrong, 7, 1);
  expect_error(&wrong, "in another type than its own");
  Text zero = text_new(&arena);
  put_number(&zero, 0, 1);
  expect_error(&zero, "not a field");
  Text none = text_new(&arena);
  put_number(&none, 1, 8);
  expect_error(&none, "no graph");
  Text length = text_new(&arena);
  put_varint(&length, 7 << 3 | 2);
  put_varint(&length, UINT64_MAX);
  expect_error(&length, "ends behind what holds it");
  Text empty = text_new(&arena);
  expect_error(&empty, "empty");
}

/* Attributes hold graphs, which hold nodes, which hold attributes: so many times, around a graph of one more message or none. */
static Text nested(int times, bool one_more) {
  Text graph = text_new(&arena), inner = new_node(&arena, "Relu", "x", "y");
  if (one_more) put_node(&graph, &inner);
  for (int i = 0; i < times; i++) {
    Text attribute = text_new(&arena), node = text_new(&arena), around = text_new(&arena);
    put_message(&attribute, 6, &graph);
    put_message(&node, 5, &attribute);
    put_message(&around, 1, &node);
    graph = around;
  }
  return onnx_model(&arena, &graph, 13);
}

Test(read_onnx, nesting_is_bounded) {
  Text deep = nested(30, false), one_too_deep = nested(21, true), deepest = nested(21, false);
  expect_error(&deep, "nested more than 64 deep");
  expect_error(&one_too_deep, "nested more than 64 deep");
  cr_expect(read_text(&deepest), "%s", error);
}

Test(read_onnx, names_are_text) {
  static const char *const bad[] = {"a\nb", "a\x7f", "\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xe2\x82"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    Text graph = text_new(&arena), node = new_node(&arena, "Relu", bad[i], "y");
    put_node(&graph, &node);
    Text text = onnx_model(&arena, &graph, 13);
    cr_expect(!read_text(&text), "%zu", i);
  }
  Text with_nul = text_new(&arena), relu = new_node(&arena, "Relu", "x", "y");
  put_varint(&relu, 1 << 3 | 2); /* one input more, of three bytes */
  put_varint(&relu, 3);
  text_add_bytes(&relu, "a\0b", 3);
  put_node(&with_nul, &relu);
  Text cut = onnx_model(&arena, &with_nul, 13);
  expect_error(&cut, "holds a NUL");
  Text with_overlong = text_new(&arena);
  put_string(&with_overlong, 10, "\xe0\x80\xaf"); /* a slash in three bytes, where names are not looked for */
  Text overlong = onnx_model(&arena, &with_overlong, 13);
  expect_error(&overlong, "not UTF-8");
  Text graph = text_new(&arena), node = new_node(&arena, "Relu", "größe/€", "y");
  put_node(&graph, &node);
  Text text = onnx_model(&arena, &graph, 13);
  cr_expect(read_text(&text), "%s", error);
}

static int reads;

static const char *read_beside(void *context, Arena *memory, const char *path, size_t *length, const char **why) {
  (void)context;
  reads++;
  *why = "a path in a source may not leave its directory by `..`";
  if (strcmp(path, "data.bin")) return NULL;
  *length = 12;
  char *bytes = arena_alloc(memory, 12);
  float values[] = {1, 2, 3};
  memcpy(bytes, values, sizeof values);
  return bytes;
}

static bool read_with_external(const char *location, const char *offset, const char *length) {
  static const char *const keys[] = {"location", "offset", "length"};
  const char *values[] = {location, offset, length};
  Text graph = text_new(&arena);
  for (int copy = 0; copy < 2; copy++) {
    Text tensor = text_new(&arena);
    put_number(&tensor, 1, 2);
    put_number(&tensor, 2, ONNX_FLOAT_TYPE);
    put_number(&tensor, 14, 1);
    for (int i = 0; i < 3; i++) {
      Text entry = text_new(&arena);
      if (!values[i]) continue;
      put_string(&entry, 1, keys[i]);
      put_string(&entry, 2, values[i]);
      put_message(&tensor, 13, &entry);
    }
    put_message(&graph, GRAPH_INITIALIZER, &tensor);
  }
  Text text = onnx_model(&arena, &graph, 13);
  OnnxFiles files = {read_beside, NULL};
  return read_onnx(&arena, text_string(&text), text.length, &files, &model, &error);
}

Test(read_onnx, external_data_lie_inside_their_file) {
  cr_assert(read_with_external("data.bin", "4", "8"), "%s", error);
  cr_expect(reads == 1, "a file is read once");
  cr_expect(tensor_element(&model.graph.initializers[0], 1) == 3);
  cr_assert(read_with_external("data.bin", NULL, NULL), "%s", error);
  cr_expect(!read_with_external("../data.bin", "0", "8") && strstr(error, "`..`"));
  cr_expect(!read_with_external(NULL, "0", "8") && strstr(error, "no location"));
  cr_expect(!read_with_external("data.bin", "5", "8") && strstr(error, "behind the end"));
  cr_expect(!read_with_external("data.bin", "18446744073709551615", "8") && strstr(error, "behind the end"));
  cr_expect(!read_with_external("data.bin", "18446744073709551616", "8") && strstr(error, "`offset="));
  cr_expect(!read_with_external("data.bin", "-4", "8") && strstr(error, "`offset=-4`"));
  cr_expect(!read_with_external("data.bin", "0", "9") && strstr(error, "9 bytes of external data where its shape needs 8"));
}
