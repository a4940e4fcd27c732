/* onnx_fixture.c - see onnx_fixture.h. */
#include "onnx_fixture.h"

#include <string.h>

enum { VARINT = 0, BYTES = 2, FIXED32 = 5 };

void put_varint(Text *out, uint64_t value) {
  for (; value > 127; value >>= 7) text_add_char(out, (char)(value | 128), 1);
  text_add_char(out, (char)value, 1);
}

static void put_key(Text *out, int field, int wire) { put_varint(out, (uint64_t)field << 3 | (uint64_t)wire); }

void put_number(Text *out, int field, int64_t value) {
  put_key(out, field, VARINT);
  put_varint(out, (uint64_t)value);
}

static void put_bytes(Text *out, int field, const char *bytes, size_t length) {
  put_key(out, field, BYTES);
  put_varint(out, length);
  text_add_bytes(out, bytes, length);
}

void put_string(Text *out, int field, const char *text) { put_bytes(out, field, text, strlen(text)); }
void put_message(Text *out, int field, const Text *message) { put_bytes(out, field, text_string(message), message->length); }

static void put_float_bits(Text *out, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  for (int i = 0; i < 4; i++) text_add_char(out, (char)(bits >> (8 * i) & 255), 1);
}

void put_float(Text *out, int field, float value) {
  put_key(out, field, FIXED32);
  put_float_bits(out, value);
}

void put_onnx_value(Text *graph, int field, const char *name, int dtype, const int64_t *sizes) {
  Text value = text_new(graph->arena), type = text_new(graph->arena), tensor = text_new(graph->arena), shape = text_new(graph->arena);
  for (; *sizes != -2; sizes++) {
    Text size = text_new(graph->arena);
    if (*sizes == -1) put_string(&size, 2, "n");
    else put_number(&size, 1, *sizes);
    put_message(&shape, 1, &size);
  }
  put_number(&tensor, 1, dtype);
  put_message(&tensor, 2, &shape);
  put_message(&type, 1, &tensor);
  put_string(&value, 1, name);
  put_message(&value, 2, &type);
  put_message(graph, field, &value);
}

void put_onnx_floats(Text *graph, const char *name, const int64_t *sizes, float first, float step) {
  Text tensor = text_new(graph->arena), raw = text_new(graph->arena);
  int64_t count = 1;
  for (; *sizes != -2; sizes++) {
    put_number(&tensor, 1, *sizes);
    count *= *sizes;
  }
  put_number(&tensor, 2, ONNX_FLOAT_TYPE);
  put_string(&tensor, 8, name);
  for (int64_t i = 0; i < count; i++) put_float_bits(&raw, first + step * (float)i);
  put_message(&tensor, 9, &raw);
  put_message(graph, GRAPH_INITIALIZER, &tensor);
}

void put_onnx_integers(Text *graph, const char *name, const int64_t *numbers, int count) {
  Text tensor = text_new(graph->arena), packed = text_new(graph->arena);
  put_number(&tensor, 1, count);
  put_number(&tensor, 2, ONNX_INT64_TYPE);
  for (int i = 0; i < count; i++) put_varint(&packed, (uint64_t)numbers[i]);
  put_message(&tensor, 7, &packed);
  put_string(&tensor, 8, name);
  put_message(graph, GRAPH_INITIALIZER, &tensor);
}

enum { ATTRIBUTE = 5, NAME = 1, TYPE = 20 };

void put_int_attribute(Text *node, const char *name, int64_t value) {
  Text attribute = text_new(node->arena);
  put_string(&attribute, NAME, name);
  put_number(&attribute, 3, value);
  put_number(&attribute, TYPE, 2);
  put_message(node, ATTRIBUTE, &attribute);
}

void put_ints_attribute(Text *node, const char *name, const int64_t *values, int count) {
  Text attribute = text_new(node->arena);
  put_string(&attribute, NAME, name);
  for (int i = 0; i < count; i++) put_number(&attribute, 8, values[i]);
  put_number(&attribute, TYPE, 7);
  put_message(node, ATTRIBUTE, &attribute);
}

void put_float_attribute(Text *node, const char *name, float value) {
  Text attribute = text_new(node->arena);
  put_string(&attribute, NAME, name);
  put_float(&attribute, 2, value);
  put_number(&attribute, TYPE, 1);
  put_message(node, ATTRIBUTE, &attribute);
}

void put_string_attribute(Text *node, const char *name, const char *value) {
  Text attribute = text_new(node->arena);
  put_string(&attribute, NAME, name);
  put_string(&attribute, 4, value);
  put_number(&attribute, TYPE, 3);
  put_message(node, ATTRIBUTE, &attribute);
}

static void put_words(Text *out, int field, const char *words) {
  for (size_t length; *words; words += length + (words[length] == ' ')) {
    length = strcspn(words, " ");
    put_bytes(out, field, words, length);
  }
}

Text new_node(Arena *arena, const char *op_type, const char *inputs, const char *outputs) {
  Text node = text_new(arena);
  put_words(&node, 1, inputs);
  put_words(&node, 2, outputs);
  put_string(&node, 4, op_type);
  return node;
}

void put_node(Text *graph, const Text *node) { put_message(graph, GRAPH_NODE, node); }

Text onnx_model(Arena *arena, const Text *graph, int64_t opset) {
  Text model = text_new(arena), opsets = text_new(arena);
  put_number(&model, 1, 8);
  put_string(&model, 2, "test");
  put_message(&model, 7, graph);
  put_string(&opsets, 1, "");
  put_number(&opsets, 2, opset);
  put_message(&model, 8, &opsets);
  return model;
}
