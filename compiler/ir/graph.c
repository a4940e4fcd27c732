/* graph.c - types, constructors and the verifier of the graph; see graph.h. */
#include "ir/graph.h"

#include <string.h>

#include "ir/operator.h"
#include "support/checked.h"
#include "support/name_table.h"

static const char *const dtype_names[] = {"float32", "uint8", "int8", "int16", "int32"};

const char *dtype_name(DType dtype) { return dtype_names[dtype]; }

bool dtype_from_name(const char *name, DType *out) {
  for (int i = 0; i < (int)(sizeof dtype_names / sizeof *dtype_names); i++)
    if (strcmp(name, dtype_names[i]) == 0) {
      *out = (DType)i;
      return true;
    }
  return false;
}

int dtype_bytes(DType dtype) {
  switch (dtype) {
  case DTYPE_F32:
  case DTYPE_I32: return 4;
  case DTYPE_I16: return 2;
  case DTYPE_U8:
  case DTYPE_I8: return 1;
  }
  return 0;
}

int64_t dtype_minimum(DType dtype) { return dtype == DTYPE_U8 ? 0 : -(INT64_C(1) << (8 * dtype_bytes(dtype) - 1)); }

int64_t dtype_maximum(DType dtype) { return dtype == DTYPE_U8 ? 255 : (INT64_C(1) << (8 * dtype_bytes(dtype) - 1)) - 1; }

const Size *type_channels(const TensorType *type) { return type->rank > 0 ? type->sizes[0] : size_one(); }
const Size *type_height(const TensorType *type) { return type->rank == 3 ? type->sizes[1] : size_one(); }
const Size *type_width(const TensorType *type) { return type->rank > 1 ? type->sizes[type->rank - 1] : size_one(); }

const Size *type_elements(Arena *arena, const TensorType *type) {
  const Size *elements = size_one();
  for (int i = 0; i < type->rank; i++) elements = size_mul(arena, elements, type->sizes[i]);
  return elements;
}

const Size *type_bytes(Arena *arena, const TensorType *type) {
  return size_mul_int(arena, type_elements(arena, type), dtype_bytes(type->dtype));
}

bool type_equal_shape(const TensorType *a, const TensorType *b) {
  if (a->rank != b->rank) return false;
  for (int i = 0; i < a->rank; i++)
    if (!size_equal(a->sizes[i], b->sizes[i])) return false;
  return true;
}

bool type_is_const(const TensorType *type) {
  for (int i = 0; i < type->rank; i++)
    if (!size_is_const(type->sizes[i], NULL)) return false;
  return true;
}

void type_print(Text *out, const TensorType *type) {
  if (type->rank == 0) {
    text_add(out, "a number");
    return;
  }
  text_add(out, "[");
  for (int i = 0; i < type->rank; i++) {
    if (i) text_add(out, ", ");
    size_print(out, type->sizes[i]);
  }
  text_add(out, "]");
}

const char *type_text(Arena *arena, const TensorType *type) {
  Text text = text_new(arena);
  type_print(&text, type);
  return text_string(&text);
}

int64_t parameter_elements(const Parameter *parameter) {
  int64_t elements = 1;
  for (int i = 0; i < parameter->rank; i++)
    if (!checked_mul(elements, parameter->sizes[i], &elements)) return INT64_MAX;
  return elements;
}

int64_t parameter_connected(const Parameter *parameter) {
  int64_t elements = parameter_elements(parameter), connected = 0;
  if (!parameter->connected) return elements;
  int64_t pairs = parameter->sizes[0] * parameter->sizes[1];
  for (int64_t i = 0; i < pairs; i++) connected += parameter->connected[i];
  return elements / pairs * connected;
}

Value *graph_add_value(Graph *graph, const char *name, TensorType type, Span span) {
  Value *value = ARENA_NEW(graph->arena, Value);
  *value = (Value){.id = graph->value_count, .name = name, .type = type, .span = span};
  ARENA_PUSH(graph->arena, graph->values, graph->value_count, value);
  return value;
}

Node *graph_add_node(Graph *graph, const Operator *op, Span span) {
  Node *node = ARENA_NEW(graph->arena, Node);
  node->id = graph->node_count;
  node->op = op;
  node->span = span;
  ARENA_PUSH(graph->arena, graph->nodes, graph->node_count, node);
  return node;
}

Parameter *graph_add_parameter(Graph *graph, Parameter parameter) {
  Parameter *copy = ARENA_NEW(graph->arena, Parameter);
  *copy = parameter;
  copy->id = graph->parameter_count;
  ARENA_PUSH(graph->arena, graph->parameters, graph->parameter_count, copy);
  return copy;
}

const Value *first_tensor(const Node *node) {
  int i = 0;
  while (i + 1 < node->input_count && node->inputs[i]->constant) i++;
  return node->inputs[i];
}

void count_uses(Graph *graph) {
  for (int i = 0; i < graph->value_count; i++) graph->values[i]->uses = 0;
  for (int i = 0; i < graph->node_count; i++)
    for (int k = 0; k < graph->nodes[i]->input_count; k++) graph->nodes[i]->inputs[k]->uses++;
  for (int i = 0; i < graph->output_count; i++) graph->outputs[i].value->uses++;
}

static const char *verify_type(const TensorType *type) {
  if (type->rank < 1 || type->rank > MAX_RANK) return "a value has no rank from 1 to 3";
  for (int i = 0; i < type->rank; i++)
    if (!type->sizes[i] || size_minimum(type->sizes[i]) < 1) return "a value has a size that may be below 1";
  return NULL;
}

static const char *verify_node(const Graph *graph, const Node *node, const bool *made) {
  const Operator *op = node->op;
  if (!op) return "a node has no operator";
  if (!node->name || !node->name[0]) return "a node has no name";
  if (op->attributes_size && !node->attributes) return "a node lacks its attributes";
  if (node->input_count < op->min_inputs || (op->max_inputs >= 0 && node->input_count > op->max_inputs))
    return "a node has a wrong number of inputs";
  for (int i = 0; i < node->input_count; i++) {
    const Value *input = node->inputs[i];
    if (input->id < 0 || input->id >= graph->value_count || graph->values[input->id] != input)
      return "an input is not a value of the graph";
    if (!made[input->id]) return "a node stands before what it uses";
  }
  if (!node->output || node->output->producer != node) return "a node does not produce its output";
  for (int i = 0; i < node->parameter_count; i++) {
    const Parameter *p = node->parameters[i];
    if (!p) continue;
    if (p->id < 0 || p->id >= graph->parameter_count || graph->parameters[p->id] != p) return "a parameter is not of the graph";
    if (parameter_elements(p) < 1) return "a parameter is empty";
  }
  return NULL;
}

static const char *verify_names(Arena *arena, const Graph *graph) {
  NameTable nodes = name_table(arena), parameters = name_table(arena);
  for (int i = 0; i < graph->node_count; i++) {
    Node *node = graph->nodes[i];
    if (find_name(&nodes, node->name)) return "two nodes have one name";
    put_name(&nodes, node->name, node);
  }
  for (int i = 0; i < graph->parameter_count; i++) {
    Parameter *parameter = graph->parameters[i];
    if (find_name(&parameters, parameter->path)) return "two parameters have one path";
    put_name(&parameters, parameter->path, parameter);
  }
  return NULL;
}

const char *verify_graph(Arena *arena, const Graph *graph) {
  const char *fault = NULL;
  bool *made = ARENA_ARRAY(arena, bool, (size_t)graph->value_count);
  for (int i = 0; i < graph->value_count; i++) {
    const Value *value = graph->values[i];
    if (value->id != i) return "a value has a wrong id";
    if (value->poisoned) return "a value is poisoned";
    if (value->constant) {
      if (value->producer || !value->constant->data || value->constant->rank != value->type.rank) return "a constant is not one";
      made[i] = true;
      if (value->type.rank == 0) continue;
    }
    if ((fault = verify_type(&value->type))) return fault;
  }
  for (int i = 0; i < graph->input_count; i++) {
    if (graph->inputs[i].value->producer) return "an input of the net is computed";
    made[graph->inputs[i].value->id] = true;
  }
  for (int i = 0; i < graph->node_count; i++) {
    const Node *node = graph->nodes[i];
    if (node->id != i) return "a node has a wrong id";
    if ((fault = verify_node(graph, node, made))) return arena_printf(arena, "%s (`%s`)", fault, node->name ? node->name : "?");
    made[node->output->id] = true;
  }
  if (graph->output_count == 0) return "the graph has no output";
  for (int i = 0; i < graph->output_count; i++)
    if (!made[graph->outputs[i].value->id]) return "an output is not computed";
  return verify_names(arena, graph);
}

TensorDType tensor_dtype(DType dtype) {
  switch (dtype) {
  case DTYPE_F32: return TENSOR_F32;
  case DTYPE_U8: return TENSOR_U8;
  case DTYPE_I8: return TENSOR_I8;
  case DTYPE_I16: return TENSOR_I16;
  case DTYPE_I32: return TENSOR_I32;
  }
  return TENSOR_F32;
}
