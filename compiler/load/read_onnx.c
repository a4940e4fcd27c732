/* read_onnx.c - see read_onnx.h. scan_protobuf.h has refused what protobuf-c could stumble over; it unpacks into the arena. */
#include "load/read_onnx.h"

#include <string.h>
#include "load/onnx_tensor.h"
#include "load/scan_protobuf.h"

static void *allocate(void *arena, size_t size) { return arena_alloc(arena, size); }

static void release(void *arena, void *object) {
  (void)arena;
  (void)object;
}

static const char *text_or_empty(const char *text) { return text ? text : ""; }

/* A name: no control characters, which scan_protobuf lets pass for the sake of doc strings. */
static bool check_name(OnnxReader *r, const char *what, const char *name) {
  for (const char *at = text_or_empty(name); *at; at++)
    if ((unsigned char)*at < 0x20 || *at == 0x7f)
      return onnx_error(r, "the %s `%s` has control characters", what, shown_name(r->arena, name));
  return true;
}

static bool read_names(OnnxReader *r, const char *what, char **names, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!check_name(r, what, names[i])) return false;
  return true;
}

static Onnx__AttributeProto__AttributeType attribute_type(const Onnx__AttributeProto *from) {
  if (from->has_type) return from->type;
  if (from->has_f) return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
  if (from->has_i) return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
  if (from->has_s) return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
  if (from->t) return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR;
  if (from->n_floats) return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS;
  if (from->n_ints) return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
  return from->n_strings ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS : ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED;
}

/* NULL: it has a NUL in it. */
static const char *read_text(OnnxReader *r, ProtobufCBinaryData data) {
  return data.len && memchr(data.data, 0, data.len) ? NULL : arena_strndup(r->arena, data.len ? (const char *)data.data : "", data.len);
}

static bool read_strings(OnnxReader *r, const Onnx__AttributeProto *from, OnnxAttribute *to) {
  const char **strings = ARENA_ARRAY(r->arena, const char *, from->n_strings);
  for (size_t i = 0; i < from->n_strings; i++) {
    strings[i] = read_text(r, from->strings[i]);
    if (!strings[i]) to->kind = ONNX_OTHER;
  }
  to->strings = strings;
  to->count = (int)from->n_strings;
  return true;
}

static bool read_attribute(OnnxReader *r, const Onnx__AttributeProto *from, OnnxAttribute *to) {
  *to = (OnnxAttribute){.name = text_or_empty(from->name), .kind = ONNX_OTHER};
  if (!check_name(r, "attribute", to->name)) return false;
  if (from->ref_attr_name && *from->ref_attr_name) return true;
  switch (attribute_type(from)) {
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT:
    to->kind = ONNX_FLOAT;
    to->real = from->f;
    return true;
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT:
    to->kind = ONNX_INT;
    to->integer = from->i;
    return true;
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING:
    to->string = read_text(r, from->s);
    if (to->string) to->kind = ONNX_STRING;
    return true;
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR: {
    TensorDType dtype;
    if (!from->t || !onnx_dtype(from->t->data_type, &dtype)) return true;
    to->kind = ONNX_TENSOR;
    return read_onnx_tensor(r, from->t, &to->tensor);
  }
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS:
    to->kind = ONNX_FLOATS;
    to->reals = from->floats;
    to->count = (int)from->n_floats;
    return true;
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS:
    to->kind = ONNX_INTS;
    to->integers = from->ints;
    to->count = (int)from->n_ints;
    return true;
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS: to->kind = ONNX_STRINGS; return read_strings(r, from, to);
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED:
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH:
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR:
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTO:
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSORS:
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS:
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSORS:
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTOS:
  case _ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE_IS_INT_SIZE: break;
  }
  return true; /* of no kind that import knows; it says so if the operator matters */
}

static bool read_node(OnnxReader *r, const Onnx__NodeProto *from, OnnxNode *to) {
  *to = (OnnxNode){.name = text_or_empty(from->name),
                   .op_type = text_or_empty(from->op_type),
                   .domain = text_or_empty(from->domain),
                   .inputs = (const char **)from->input,
                   .inputs_count = (int)from->n_input,
                   .outputs = (const char **)from->output,
                   .outputs_count = (int)from->n_output,
                   .attributes_count = (int)from->n_attribute};
  if (!strcmp(to->domain, "ai.onnx")) to->domain = "";
  if (!check_name(r, "node", to->name) || !check_name(r, "operator", to->op_type) || !check_name(r, "domain", to->domain)) return false;
  if (!read_names(r, "input", from->input, from->n_input) || !read_names(r, "output", from->output, from->n_output)) return false;
  OnnxAttribute *attributes = ARENA_ARRAY(r->arena, OnnxAttribute, from->n_attribute);
  for (size_t i = 0; i < from->n_attribute; i++)
    if (!read_attribute(r, from->attribute[i], &attributes[i])) return false;
  to->attributes = attributes;
  return true;
}

static const char *type_name(const Onnx__TypeProto *type) {
  if (!type) return "no type";
  switch (type->value_case) {
  case ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE: return onnx_dtype_name(type->tensor_type->elem_type);
  case ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE: return "sequence";
  case ONNX__TYPE_PROTO__VALUE_MAP_TYPE: return "map";
  case ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE: return "optional";
  case ONNX__TYPE_PROTO__VALUE_SPARSE_TENSOR_TYPE: return "sparse tensor";
  case ONNX__TYPE_PROTO__VALUE__NOT_SET:
  case _ONNX__TYPE_PROTO__VALUE__CASE_IS_INT_SIZE: break;
  }
  return "no type";
}

static bool read_size(OnnxReader *r, const char *value, const Onnx__TensorShapeProto__Dimension *from, OnnxSize *to) {
  *to = (OnnxSize){.size = -1};
  if (from->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM) {
    if (from->dim_param && *from->dim_param) to->name = from->dim_param;
    return check_name(r, "size", to->name);
  }
  if (from->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE || from->dim_value == -1) return true;
  to->size = from->dim_value;
  if (to->size >= 0 && to->size <= INT32_MAX) return true;
  return onnx_error(r, "the value `%s` has a size of %lld", shown_name(r->arena, value), (long long)to->size);
}

static bool read_value(OnnxReader *r, const Onnx__ValueInfoProto *from, OnnxValue *to) {
  *to = (OnnxValue){.name = text_or_empty(from->name), .rank = -1};
  if (!check_name(r, "value", to->name)) return false;
  bool tensor = from->type && from->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE && from->type->tensor_type;
  if (!tensor || !onnx_dtype(from->type->tensor_type->elem_type, &to->dtype)) to->other_type = type_name(from->type);
  const Onnx__TensorShapeProto *shape = tensor ? from->type->tensor_type->shape : NULL;
  if (!shape) return true;
  if (shape->n_dim > MAX_TENSOR_RANK)
    return onnx_error(r, "the value `%s` has %zu sizes; cnnc reads %d at most", shown_name(r->arena, to->name), shape->n_dim,
                      MAX_TENSOR_RANK);
  to->rank = (int)shape->n_dim;
  for (size_t i = 0; i < shape->n_dim; i++)
    if (!read_size(r, to->name, shape->dim[i], &to->sizes[i])) return false;
  return true;
}

static bool read_values(OnnxReader *r, Onnx__ValueInfoProto **from, size_t count, const OnnxValue **to, int *to_count) {
  OnnxValue *values = ARENA_ARRAY(r->arena, OnnxValue, count);
  for (size_t i = 0; i < count; i++)
    if (!read_value(r, from[i], &values[i])) return false;
  *to = values;
  *to_count = (int)count;
  return true;
}

static bool read_initializers(OnnxReader *r, const Onnx__GraphProto *from, OnnxGraph *to) {
  WeightTensor *tensors = ARENA_ARRAY(r->arena, WeightTensor, from->n_initializer);
  if (from->n_sparse_initializer) return onnx_error(r, "the model has a sparse initializer, which cnnc does not read");
  for (size_t i = 0; i < from->n_initializer; i++) {
    const char *name = text_or_empty(from->initializer[i]->name);
    if (!check_name(r, "initializer", name)) return false;
    if (!read_onnx_tensor(r, from->initializer[i], &tensors[i])) return false;
  }
  to->initializers = tensors;
  to->initializers_count = (int)from->n_initializer;
  return true;
}

static bool read_graph(OnnxReader *r, const Onnx__GraphProto *from, OnnxGraph *to) {
  to->name = text_or_empty(from->name);
  to->doc = text_or_empty(from->doc_string);
  if (!check_name(r, "graph", to->name)) return false;
  if (from->n_node > MAX_ONNX_NODES) return onnx_error(r, "the model has %zu nodes; cnnc reads %d at most", from->n_node, MAX_ONNX_NODES);
  OnnxNode *nodes = ARENA_ARRAY(r->arena, OnnxNode, from->n_node);
  for (size_t i = 0; i < from->n_node; i++)
    if (!read_node(r, from->node[i], &nodes[i])) return false;
  to->nodes = nodes;
  to->nodes_count = (int)from->n_node;
  return read_values(r, from->input, from->n_input, &to->inputs, &to->inputs_count) &&
         read_values(r, from->output, from->n_output, &to->outputs, &to->outputs_count) &&
         read_values(r, from->value_info, from->n_value_info, &to->values, &to->values_count) && read_initializers(r, from, to);
}

bool read_onnx(Arena *arena, const char *bytes, size_t length, const OnnxFiles *files, OnnxModel *model, const char **error) {
  OnnxReader r = {.arena = arena, .files = files, .external = name_table(arena), .error = error};
  *model = (OnnxModel){0};
  if (!length) return onnx_error(&r, "the file is empty");
  if (!scan_protobuf(arena, &onnx__model_proto__descriptor, (const unsigned char *)bytes, length, error)) return false;
  ProtobufCAllocator allocator = {allocate, release, arena};
  const Onnx__ModelProto *from = onnx__model_proto__unpack(&allocator, length, (const uint8_t *)bytes);
  if (!from) return onnx_error(&r, "protobuf-c cannot unpack the file");
  if (!from->graph) return onnx_error(&r, "the file holds no graph, so it is no ONNX model");
  model->ir_version = from->ir_version;
  model->producer = text_or_empty(from->producer_name);
  if (!check_name(&r, "producer", model->producer)) return false;
  for (size_t i = 0; i < from->n_opset_import; i++) {
    const char *domain = text_or_empty(from->opset_import[i]->domain);
    if (!*domain || !strcmp(domain, "ai.onnx")) model->opset = from->opset_import[i]->version;
  }
  return read_graph(&r, from->graph, &model->graph);
}
