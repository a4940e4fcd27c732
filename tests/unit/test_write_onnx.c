/* ONNX models as bytes: protobuf-c and our own reader find in them what was put in; every operator says what it becomes. */
#include <criterion/criterion.h>
#include <string.h>

#include "load/read_onnx.h"
#include "load/write_onnx.h"
#include "onnx/onnx.pb-c.h"
#include "ops/ops.h"

static Arena arena;

static void finish(void) { arena_free(&arena); }
TestSuite(write_onnx, .fini = finish);

static const unsigned char little[] = {0, 0, 0x80, 0x3f, 0, 0, 0, 0x40};                                     /* 1, 2 as floats */
static const unsigned char big[] = {0, 0, 0, 0, 0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}; /* 3, -1 as int64 */

/* y = Conv(x, w, "") with an attribute of every kind. */
static OnnxModel tiny_model(void) {
  static const char *inputs[] = {"x", "w", ""}, *outputs[] = {"y"};
  static const int64_t pads[] = {1, -1};
  static const float scales[] = {0.5f, 2};
  static const char *const words[] = {"a", "b"};
  static const OnnxAttribute attributes[] = {
      {.name = "group", .kind = ONNX_INT, .integer = -7},
      {.name = "alpha", .kind = ONNX_FLOAT, .real = 0.25f},
      {.name = "mode", .kind = ONNX_STRING, .string = "edge"},
      {.name = "value",
       .kind = ONNX_TENSOR,
       .tensor = {.name = "", .dtype = TENSOR_I64, .rank = 1, .sizes = {2}, .elements = 2, .data = big, .big_endian = true}},
      {.name = "pads", .kind = ONNX_INTS, .count = 2, .integers = pads},
      {.name = "scales", .kind = ONNX_FLOATS, .count = 2, .reals = scales},
      {.name = "words", .kind = ONNX_STRINGS, .count = 2, .strings = words},
  };
  static const OnnxNode nodes[] = {{"layer", "Conv", "", inputs, 3, outputs, 1, attributes, sizeof attributes / sizeof *attributes}};
  static const WeightTensor weights[] = {{.name = "w", .dtype = TENSOR_F32, .rank = 2, .sizes = {1, 2}, .elements = 2, .data = little},
                                         {.name = "none", .dtype = TENSOR_F32, .rank = 0, .elements = 1, .data = little}};
  static const OnnxValue in[] = {{.name = "x", .dtype = TENSOR_U8, .rank = 3, .sizes = {{-1, "batch"}, {2, NULL}, {-1, NULL}}}};
  static const OnnxValue out[] = {{.name = "y", .dtype = TENSOR_F32, .rank = 0}};
  static const OnnxProperty properties[] = {{"purpose", "a test"}};
  return (OnnxModel){.ir_version = 8,
                     .opset = 17,
                     .producer = "cnnc",
                     .producer_version = "1",
                     .doc = "made",
                     .properties = properties,
                     .properties_count = 1,
                     .graph = {.name = "net",
                               .doc = "",
                               .nodes = nodes,
                               .nodes_count = 1,
                               .inputs = in,
                               .inputs_count = 1,
                               .outputs = out,
                               .outputs_count = 1,
                               .initializers = weights,
                               .initializers_count = 2}};
}

static bool is_bytes(ProtobufCBinaryData data, const void *expected, size_t length) {
  return data.len == length && memcmp(data.data, expected, length) == 0;
}

Test(write_onnx, protobuf_reads_what_was_written) {
  OnnxModel model = tiny_model();
  size_t length, again;
  const unsigned char *bytes = write_onnx(&arena, &model, &length), *twice = write_onnx(&arena, &model, &again);
  cr_assert(length == again && memcmp(bytes, twice, length) == 0);
  Onnx__ModelProto *m = onnx__model_proto__unpack(NULL, length, bytes);
  cr_assert_not_null(m);
  cr_assert(m->ir_version == 8 && !strcmp(m->producer_name, "cnnc") && !strcmp(m->producer_version, "1") && !strcmp(m->doc_string, "made"));
  cr_assert(m->n_opset_import == 1 && m->opset_import[0]->version == 17 && !strcmp(m->opset_import[0]->domain, ""));
  cr_assert(m->n_metadata_props == 1 && !strcmp(m->metadata_props[0]->key, "purpose") && !strcmp(m->metadata_props[0]->value, "a test"));
  const Onnx__GraphProto *g = m->graph;
  cr_assert(!strcmp(g->name, "net") && !g->doc_string && g->n_node == 1 && g->n_initializer == 2 && g->n_value_info == 0);
  const Onnx__NodeProto *n = g->node[0];
  cr_assert(!strcmp(n->op_type, "Conv") && !strcmp(n->name, "layer") && !n->domain && n->n_input == 3 && !strcmp(n->input[2], ""));
  cr_assert(n->n_output == 1 && !strcmp(n->output[0], "y") && n->n_attribute == 7);
  Onnx__AttributeProto *const *a = n->attribute;
  for (int i = 0; i < 7; i++) cr_assert(a[i]->has_type);
  cr_assert(a[0]->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT && a[0]->i == -7);
  cr_assert(a[1]->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT && a[1]->f == 0.25f);
  cr_assert(a[2]->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING && is_bytes(a[2]->s, "edge", 4));
  cr_assert(a[3]->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR);
  cr_assert(is_bytes(a[3]->t->raw_data, "\3\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 16), "little-endian in the file");
  cr_assert(a[4]->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS && a[4]->n_ints == 2 && a[4]->ints[1] == -1);
  cr_assert(a[5]->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS && a[5]->n_floats == 2 && a[5]->floats[0] == 0.5f);
  cr_assert(a[6]->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS && is_bytes(a[6]->strings[1], "b", 1));
  const Onnx__TensorProto *t = g->initializer[0];
  cr_assert(!strcmp(t->name, "w") && t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT && t->n_dims == 2 && t->dims[1] == 2);
  cr_assert(is_bytes(t->raw_data, little, 8));
  cr_assert(g->initializer[1]->n_dims == 0 && g->initializer[1]->raw_data.len == 4);
  const Onnx__TypeProto__Tensor *type = g->input[0]->type->tensor_type;
  cr_assert(type->elem_type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT8 && type->shape->n_dim == 3);
  cr_assert(!strcmp(type->shape->dim[0]->dim_param, "batch") && type->shape->dim[1]->dim_value == 2);
  cr_assert(type->shape->dim[2]->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE__NOT_SET);
  cr_assert(g->output[0]->type->tensor_type->shape->n_dim == 0);
  onnx__model_proto__free_unpacked(m, NULL);
}

Test(write_onnx, our_reader_reads_what_was_written) {
  OnnxModel model = tiny_model(), found;
  size_t length;
  const char *error = "", *bytes = (const char *)write_onnx(&arena, &model, &length);
  cr_assert(read_onnx(&arena, bytes, length, NULL, &found, &error), "%s", error);
  cr_assert(found.opset == 17 && found.ir_version == 8 && found.graph.nodes_count == 1 && found.graph.initializers_count == 2);
  const OnnxNode *node = &found.graph.nodes[0];
  cr_assert(!strcmp(node->op_type, "Conv") && node->inputs_count == 3 && node->attributes_count == 7);
  cr_assert(tensor_element(&node->attributes[3].tensor, 0) == 3 && tensor_element(&node->attributes[3].tensor, 1) == -1);
  cr_assert(tensor_element(&found.graph.initializers[0], 1) == 2);
  cr_assert(!strcmp(found.graph.inputs[0].sizes[0].name, "batch") && found.graph.inputs[0].sizes[1].size == 2);
}

/* Weights that nobody looks at: their size alone decides. */
Test(write_onnx, refuses_what_a_file_cannot_hold) {
  OnnxModel model = tiny_model();
  const WeightTensor huge = {
      .name = "w", .dtype = TENSOR_F32, .rank = 1, .sizes = {INT64_C(1) << 29}, .elements = INT64_C(1) << 29, .data = little};
  size_t length;
  model.graph.initializers = &huge;
  model.graph.initializers_count = 1;
  cr_assert_null(write_onnx(&arena, &model, &length));
  cr_assert(length > (size_t)1 << 31);
}

Test(write_onnx, every_operator_says_what_it_becomes) {
  for (int i = 0; all_operators[i]; i++) {
    const Operator *op = all_operators[i];
    cr_assert((op->onnx != NULL) == (op->expand == NULL), "%s", op->name);
    cr_assert(op->onnx || !op->to_onnx, "%s", op->name);
  }
}
