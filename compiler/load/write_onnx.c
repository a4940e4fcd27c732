/* write_onnx.c - see write_onnx.h. Builds the messages of onnx.proto, which protobuf-c packs in the order of their field
 * numbers. */
#include "load/write_onnx.h"

#include <string.h>
#include "onnx/onnx.pb-c.h"

/* protobuf-c has no const: what it packs it only reads. */
static char *text_of(const char *text) { return (char *)(uintptr_t)text; }

/* NULL, which leaves the field out, for "". */
static char *text_or_none(const char *text) { return text && *text ? text_of(text) : NULL; }

static int onnx_type(TensorDType dtype) {
  switch (dtype) {
  case TENSOR_F64: return ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE;
  case TENSOR_F32: return ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
  case TENSOR_F16: return ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16;
  case TENSOR_BF16: return ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16;
  case TENSOR_I64: return ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
  case TENSOR_I32: return ONNX__TENSOR_PROTO__DATA_TYPE__INT32;
  case TENSOR_I16: return ONNX__TENSOR_PROTO__DATA_TYPE__INT16;
  case TENSOR_I8: return ONNX__TENSOR_PROTO__DATA_TYPE__INT8;
  case TENSOR_U8: return ONNX__TENSOR_PROTO__DATA_TYPE__UINT8;
  case TENSOR_BOOL: return ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
  case TENSOR_U16: return ONNX__TENSOR_PROTO__DATA_TYPE__UINT16;
  case TENSOR_U32: return ONNX__TENSOR_PROTO__DATA_TYPE__UINT32;
  case TENSOR_U64: return ONNX__TENSOR_PROTO__DATA_TYPE__UINT64;
  }
  return ONNX__TENSOR_PROTO__DATA_TYPE__UNDEFINED;
}

static int64_t *integers_of(Arena *arena, const int64_t *numbers, int count) {
  int64_t *copy = ARENA_ARRAY(arena, int64_t, (size_t)count + 1);
  if (count) memcpy(copy, numbers, (size_t)count * sizeof *copy);
  return copy;
}

/* raw_data is little-endian. */
static ProtobufCBinaryData raw_data(Arena *arena, const WeightTensor *tensor) {
  size_t width = (size_t)tensor_dtype_bytes(tensor->dtype), length = width * (size_t)tensor->elements;
  ProtobufCBinaryData raw = {length, (uint8_t *)(uintptr_t)tensor->data};
  if (!tensor->big_endian || width == 1) return raw;
  raw.data = ARENA_ARRAY(arena, uint8_t, length + 1);
  for (size_t i = 0; i < length; i++) raw.data[i] = tensor->data[i - i % width + width - 1 - i % width];
  return raw;
}

static Onnx__TensorProto *tensor_message(Arena *arena, const WeightTensor *tensor) {
  Onnx__TensorProto *m = ARENA_NEW(arena, Onnx__TensorProto);
  onnx__tensor_proto__init(m);
  m->name = text_or_none(tensor->name);
  m->n_dims = (size_t)tensor->rank;
  m->dims = integers_of(arena, tensor->sizes, tensor->rank);
  m->has_data_type = true;
  m->data_type = onnx_type(tensor->dtype);
  m->has_raw_data = true;
  m->raw_data = raw_data(arena, tensor);
  return m;
}

static ProtobufCBinaryData string_data(const char *text) { return (ProtobufCBinaryData){strlen(text), (uint8_t *)text_of(text)}; }

static Onnx__AttributeProto *attribute_message(Arena *arena, const OnnxAttribute *a) {
  Onnx__AttributeProto *m = ARENA_NEW(arena, Onnx__AttributeProto);
  onnx__attribute_proto__init(m);
  m->name = text_of(a->name);
  m->has_type = true;
  switch (a->kind) {
  case ONNX_INT: m->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT, m->has_i = true, m->i = a->integer; break;
  case ONNX_FLOAT: m->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT, m->has_f = true, m->f = a->real; break;
  case ONNX_STRING: m->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING, m->has_s = true, m->s = string_data(a->string); break;
  case ONNX_TENSOR: m->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR, m->t = tensor_message(arena, &a->tensor); break;
  case ONNX_INTS:
    m->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
    m->n_ints = (size_t)a->count;
    m->ints = integers_of(arena, a->integers, a->count);
    break;
  case ONNX_FLOATS:
    m->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS;
    m->n_floats = (size_t)a->count;
    m->floats = ARENA_ARRAY(arena, float, (size_t)a->count + 1);
    for (int i = 0; i < a->count; i++) m->floats[i] = a->reals[i];
    break;
  case ONNX_STRINGS:
    m->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS;
    m->n_strings = (size_t)a->count;
    m->strings = ARENA_ARRAY(arena, ProtobufCBinaryData, (size_t)a->count + 1);
    for (int i = 0; i < a->count; i++) m->strings[i] = string_data(a->strings[i]);
    break;
  case ONNX_OTHER: break; /* nobody makes one to be written */
  }
  return m;
}

static char **names_of(Arena *arena, const char *const *names, int count) {
  char **copy = ARENA_ARRAY(arena, char *, (size_t)count + 1);
  for (int i = 0; i < count; i++) copy[i] = text_of(names[i]);
  return copy;
}

static Onnx__NodeProto *node_message(Arena *arena, const OnnxNode *node) {
  Onnx__NodeProto *m = ARENA_NEW(arena, Onnx__NodeProto);
  onnx__node_proto__init(m);
  m->name = text_or_none(node->name);
  m->op_type = text_of(node->op_type);
  m->domain = text_or_none(node->domain);
  m->n_input = (size_t)node->inputs_count;
  m->input = names_of(arena, node->inputs, node->inputs_count);
  m->n_output = (size_t)node->outputs_count;
  m->output = names_of(arena, node->outputs, node->outputs_count);
  m->n_attribute = (size_t)node->attributes_count;
  m->attribute = ARENA_ARRAY(arena, Onnx__AttributeProto *, m->n_attribute + 1);
  for (int i = 0; i < node->attributes_count; i++) m->attribute[i] = attribute_message(arena, &node->attributes[i]);
  return m;
}

static Onnx__TensorShapeProto__Dimension *dimension_message(Arena *arena, const OnnxSize *size) {
  Onnx__TensorShapeProto__Dimension *m = ARENA_NEW(arena, Onnx__TensorShapeProto__Dimension);
  onnx__tensor_shape_proto__dimension__init(m);
  if (size->size >= 0) {
    m->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    m->dim_value = size->size;
  } else if (size->name) {
    m->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
    m->dim_param = text_of(size->name);
  }
  return m;
}

static Onnx__ValueInfoProto *value_message(Arena *arena, const OnnxValue *value) {
  Onnx__ValueInfoProto *m = ARENA_NEW(arena, Onnx__ValueInfoProto);
  Onnx__TypeProto *type = ARENA_NEW(arena, Onnx__TypeProto);
  Onnx__TypeProto__Tensor *tensor = ARENA_NEW(arena, Onnx__TypeProto__Tensor);
  onnx__value_info_proto__init(m);
  onnx__type_proto__init(type);
  onnx__type_proto__tensor__init(tensor);
  m->name = text_of(value->name);
  m->type = type;
  type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
  type->tensor_type = tensor;
  tensor->has_elem_type = true;
  tensor->elem_type = onnx_type(value->dtype);
  if (value->rank < 0) return m;
  Onnx__TensorShapeProto *shape = tensor->shape = ARENA_NEW(arena, Onnx__TensorShapeProto);
  onnx__tensor_shape_proto__init(shape);
  shape->n_dim = (size_t)value->rank;
  shape->dim = ARENA_ARRAY(arena, Onnx__TensorShapeProto__Dimension *, shape->n_dim + 1);
  for (int i = 0; i < value->rank; i++) shape->dim[i] = dimension_message(arena, &value->sizes[i]);
  return m;
}

static Onnx__ValueInfoProto **value_messages(Arena *arena, const OnnxValue *values, int count) {
  Onnx__ValueInfoProto **all = ARENA_ARRAY(arena, Onnx__ValueInfoProto *, (size_t)count + 1);
  for (int i = 0; i < count; i++) all[i] = value_message(arena, &values[i]);
  return all;
}

static Onnx__GraphProto *graph_message(Arena *arena, const OnnxGraph *graph) {
  Onnx__GraphProto *m = ARENA_NEW(arena, Onnx__GraphProto);
  onnx__graph_proto__init(m);
  m->name = text_or_none(graph->name);
  m->doc_string = text_or_none(graph->doc);
  m->n_node = (size_t)graph->nodes_count;
  m->node = ARENA_ARRAY(arena, Onnx__NodeProto *, m->n_node + 1);
  for (int i = 0; i < graph->nodes_count; i++) m->node[i] = node_message(arena, &graph->nodes[i]);
  m->n_initializer = (size_t)graph->initializers_count;
  m->initializer = ARENA_ARRAY(arena, Onnx__TensorProto *, m->n_initializer + 1);
  for (int i = 0; i < graph->initializers_count; i++) m->initializer[i] = tensor_message(arena, &graph->initializers[i]);
  m->n_input = (size_t)graph->inputs_count;
  m->input = value_messages(arena, graph->inputs, graph->inputs_count);
  m->n_output = (size_t)graph->outputs_count;
  m->output = value_messages(arena, graph->outputs, graph->outputs_count);
  m->n_value_info = (size_t)graph->values_count;
  m->value_info = value_messages(arena, graph->values, graph->values_count);
  return m;
}

static void set_opset(Arena *arena, Onnx__ModelProto *m, int64_t version) {
  Onnx__OperatorSetIdProto *opset = ARENA_NEW(arena, Onnx__OperatorSetIdProto);
  onnx__operator_set_id_proto__init(opset);
  opset->domain = text_of(""); /* the checker asks for the field */
  opset->has_version = true;
  opset->version = version;
  m->n_opset_import = 1;
  m->opset_import = ARENA_ARRAY(arena, Onnx__OperatorSetIdProto *, 1);
  m->opset_import[0] = opset;
}

static void set_properties(Arena *arena, Onnx__ModelProto *m, const OnnxModel *model) {
  m->n_metadata_props = (size_t)model->properties_count;
  m->metadata_props = ARENA_ARRAY(arena, Onnx__StringStringEntryProto *, m->n_metadata_props + 1);
  for (int i = 0; i < model->properties_count; i++) {
    Onnx__StringStringEntryProto *entry = m->metadata_props[i] = ARENA_NEW(arena, Onnx__StringStringEntryProto);
    onnx__string_string_entry_proto__init(entry);
    entry->key = text_of(model->properties[i].name);
    entry->value = text_of(model->properties[i].text);
  }
}

const unsigned char *write_onnx(Arena *arena, const OnnxModel *model, size_t *length) {
  Onnx__ModelProto m;
  onnx__model_proto__init(&m);
  m.has_ir_version = true;
  m.ir_version = model->ir_version;
  m.producer_name = text_or_none(model->producer);
  m.producer_version = text_or_none(model->producer_version);
  m.doc_string = text_or_none(model->doc);
  m.graph = graph_message(arena, &model->graph);
  set_opset(arena, &m, model->opset);
  set_properties(arena, &m, model);
  *length = onnx__model_proto__get_packed_size(&m);
  if (*length > (size_t)MAX_ONNX_BYTES) return NULL;
  unsigned char *bytes = ARENA_ARRAY(arena, unsigned char, *length + 1);
  onnx__model_proto__pack(&m, bytes);
  return bytes;
}
