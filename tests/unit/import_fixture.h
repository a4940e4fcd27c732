/* import_fixture.h - an ONNX model in the making, and what import says of it. Each test program includes it once. */
#ifndef IMPORT_FIXTURE_H
#define IMPORT_FIXTURE_H
#include <criterion/criterion.h>
#include <string.h>
#include "import/import.h"
#include "load/read_onnx.h"
#include "onnx_fixture.h"

static Arena arena;
static Diagnostics diagnostics;
static Imported imported;
static Text graph;

static inline void setup(void) { graph = text_new(&arena); }
static inline void teardown(void) { arena_free(&arena); }
static inline bool import_graph(int64_t opset) {
  OnnxModel model;
  const char *error = NULL;
  Text text = onnx_model(&arena, &graph, opset);
  cr_assert(read_onnx(&arena, text_string(&text), text.length, NULL, &model, &error), "%s", error);
  diagnostics = (Diagnostics){.arena = &arena, .most_errors = 1000};
  ImportOptions options = {.net = "n", .weights = "n.safetensors", .file_bytes = (int64_t)text.length, .least_size = 1, .multiple = 1};
  imported = (Imported){0};
  return import_onnx(&arena, &diagnostics, &model, &options, &imported);
}

static inline const char *messages(void) {
  Text text = text_new(&arena);
  for (int i = 0; i < diagnostics.count; i++) text_addf(&text, "%s\n", diagnostics.items[i]->message);
  return text_string(&text);
}

static inline void expect_errors(int64_t opset, int count, const char *part) {
  cr_assert(!import_graph(opset), "expected `%s`", part);
  cr_expect(diagnostics.errors == count, "%d errors:\n%s", diagnostics.errors, messages());
  cr_expect(strstr(messages(), part), "`%s` is not in\n%s", part, messages());
}

/* The source must hold this. */
static inline void expect_source(const char *part) {
  cr_assert(import_graph(13), "%s", messages());
  cr_expect(strstr(text_string(&imported.source), part), "`%s` is not in\n%s", part, text_string(&imported.source));
}

static inline void input(const char *name, const int64_t *sizes) { put_onnx_value(&graph, GRAPH_INPUT, name, ONNX_FLOAT_TYPE, sizes); }
static inline void typed_output(const char *name, int dtype) { put_onnx_value(&graph, GRAPH_OUTPUT, name, dtype, SIZES(1)); }
static inline void output(const char *name) { put_onnx_value(&graph, GRAPH_OUTPUT, name, ONNX_FLOAT_TYPE, SIZES(1)); }

static inline void node(const char *op_type, const char *inputs, const char *outputs) {
  Text text = new_node(&arena, op_type, inputs, outputs);
  put_node(&graph, &text);
}

static inline void node_with_ints(const char *op_type, const char *inputs, const char *outputs, const char *name, const int64_t *values,
                                  int count) {
  Text text = new_node(&arena, op_type, inputs, outputs);
  put_ints_attribute(&text, name, values, count);
  put_node(&graph, &text);
}

static inline void node_with_int(const char *op_type, const char *inputs, const char *outputs, const char *name, int64_t value) {
  Text text = new_node(&arena, op_type, inputs, outputs);
  put_int_attribute(&text, name, value);
  put_node(&graph, &text);
}
#endif
