/* to_onnx.c - nodes, attributes and tensors of numbers of an ONNX model; see to_onnx.h. Knows no operator. */
#include "ops/to_onnx.h"

#include <string.h>

const char *unique_onnx_name(OnnxWriter *w, const char *name) {
  const char *unique = name;
  for (int i = 2; find_name(&w->names, unique); i++) unique = arena_printf(w->arena, "%s_%d", name, i);
  put_name(&w->names, unique, w);
  return unique;
}

const char *add_onnx_node(OnnxWriter *w, const char *type, const char *const *inputs) {
  OnnxNode node = {.op_type = type, .domain = ""};
  for (; *inputs; inputs++) ARENA_PUSH(w->arena, node.inputs, node.inputs_count, *inputs);
  node.name = unique_onnx_name(w, arena_printf(w->arena, "%s/%s", w->base, type));
  ARENA_PUSH(w->arena, node.outputs, node.outputs_count, node.name);
  ARENA_PUSH(w->arena, w->nodes, w->node_count, node);
  w->attributes = NULL;
  w->attribute_count = 0;
  return node.name;
}

static void add_attribute(OnnxWriter *w, OnnxAttribute attribute) {
  OnnxNode *node = &w->nodes[w->node_count - 1];
  ARENA_PUSH(w->arena, w->attributes, w->attribute_count, attribute);
  node->attributes = w->attributes;
  node->attributes_count = w->attribute_count;
}

void onnx_int(OnnxWriter *w, const char *name, int64_t value) {
  add_attribute(w, (OnnxAttribute){.name = name, .kind = ONNX_INT, .integer = value});
}

void onnx_real(OnnxWriter *w, const char *name, double value) {
  add_attribute(w, (OnnxAttribute){.name = name, .kind = ONNX_FLOAT, .real = (float)value});
}

void onnx_string(OnnxWriter *w, const char *name, const char *value) {
  add_attribute(w, (OnnxAttribute){.name = name, .kind = ONNX_STRING, .string = value});
}

void onnx_ints(OnnxWriter *w, const char *name, int count, const int64_t *values) {
  int64_t *copy = ARENA_ARRAY(w->arena, int64_t, (size_t)count + 1);
  memcpy(copy, values, (size_t)count * sizeof *copy);
  add_attribute(w, (OnnxAttribute){.name = name, .kind = ONNX_INTS, .count = count, .integers = copy});
}

/* ---- tensors of numbers ---- */

static bool host_is_big_endian(void) {
  const uint16_t one = 1;
  return *(const unsigned char *)&one == 0;
}

static const char *add_initializer(OnnxWriter *w, const char *name, TensorDType dtype, int rank, const int64_t *sizes, const void *data) {
  WeightTensor tensor = {.name = name, .dtype = dtype, .rank = rank, .elements = 1, .data = data, .big_endian = host_is_big_endian()};
  for (int i = 0; i < rank; i++) {
    tensor.sizes[i] = sizes[i];
    tensor.elements *= sizes[i];
  }
  ARENA_PUSH(w->arena, w->initializers, w->initializer_count, tensor);
  return name;
}

void onnx_scalar(OnnxWriter *w, const char *name, double value) {
  float *number = ARENA_NEW(w->arena, float);
  *number = (float)value;
  OnnxAttribute attribute = {.name = name, .kind = ONNX_TENSOR};
  attribute.tensor = (WeightTensor){
      .name = "", .dtype = TENSOR_F32, .rank = 1, .sizes = {1}, .elements = 1, .big_endian = host_is_big_endian()};
  attribute.tensor.data = (const unsigned char *)number;
  add_attribute(w, attribute);
}

/* Layers that share a parameter share the tensor. Another shape of it is another tensor. */
static const char *add_parameter(OnnxWriter *w, const Parameter *parameter, int rank, const int64_t *sizes) {
  const char *key = arena_printf(w->arena, "%s %s", parameter->path, sizes_text(w->arena, sizes, rank));
  const char *known = find_name(&w->parameters, key);
  if (known) return known;
  bool first = !find_name(&w->parameters, parameter->path);
  char *name = arena_strdup(w->arena, first ? parameter->path : unique_onnx_name(w, parameter->path));
  put_name(&w->parameters, parameter->path, name);
  put_name(&w->parameters, key, name);
  return add_initializer(w, name, TENSOR_F32, rank, sizes, parameter->data);
}

const char *onnx_parameter(OnnxWriter *w, const Node *node, int slot) {
  const Parameter *parameter = node->parameters[slot];
  return parameter ? add_parameter(w, parameter, parameter->rank, parameter->sizes) : NULL;
}

const char *onnx_parameter_as(OnnxWriter *w, const Node *node, int slot, int rank, const int64_t *sizes) {
  const Parameter *parameter = node->parameters[slot];
  return parameter ? add_parameter(w, parameter, rank, sizes) : NULL;
}

const char *onnx_channel_parameter(OnnxWriter *w, const Node *node, int slot) {
  if (!node->parameters[slot]) return NULL;
  const int64_t sizes[MAX_RANK] = {node->parameters[slot]->sizes[0], 1, 1};
  return onnx_parameter_as(w, node, slot, node->inputs[0]->type.rank, sizes);
}

/* Numbers that stand among the tensors of the source. */
static const char *onnx_constant(OnnxWriter *w, const Parameter *constant) {
  return add_parameter(w, constant, constant->rank, constant->sizes);
}

const char *onnx_input(OnnxWriter *w, const Node *node, int index) {
  const Value *value = node->inputs[index];
  return value->constant ? onnx_constant(w, value->constant) : w->values[value->id];
}

static const char *name_beside(OnnxWriter *w, const char *what) {
  return unique_onnx_name(w, arena_printf(w->arena, "%s/%s", w->base, what));
}

const char *onnx_floats(OnnxWriter *w, const char *what, int rank, const int64_t *sizes, const float *numbers) {
  return add_initializer(w, name_beside(w, what), TENSOR_F32, rank, sizes, numbers);
}

const char *onnx_filled(OnnxWriter *w, const char *what, int rank, const int64_t *sizes, double number) {
  int64_t count = 1;
  for (int i = 0; i < rank; i++) count *= sizes[i];
  float *numbers = ARENA_ARRAY(w->arena, float, (size_t)count);
  for (int64_t i = 0; i < count; i++) numbers[i] = (float)number;
  return onnx_floats(w, what, rank, sizes, numbers);
}

const char *onnx_number(OnnxWriter *w, double number) { return onnx_filled(w, "number", 0, NULL, number); }

const char *onnx_integers(OnnxWriter *w, const char *what, int count, const int64_t *numbers) {
  const int64_t size = count;
  int64_t *copy = ARENA_ARRAY(w->arena, int64_t, (size_t)count + 1);
  memcpy(copy, numbers, (size_t)count * sizeof *copy);
  return add_initializer(w, name_beside(w, what), TENSOR_I64, 1, &size, copy);
}
