/* net.c - see net.h. */
#include "import/net.h"

#include <math.h>
#include <string.h>
#include "support/decimal.h"

Layer *add_layer(Net *net, const char *op, const OnnxNode *node, int rank, const Size *const *sizes) {
  Layer *layer = ARENA_NEW(net->arena, Layer);
  layer->kind = LAYER_OPERATION;
  layer->op = op;
  layer->node = node;
  layer->rank = rank;
  for (int i = 0; i < rank; i++) layer->sizes[i] = sizes[i];
  ARENA_PUSH(net->arena, net->layers, net->layers_count, layer);
  return layer;
}

void add_input(Net *net, Layer *layer, Layer *input) { ARENA_PUSH(net->arena, layer->inputs, layer->inputs_count, input); }

Layer *number_layer(Net *net, const char *text) {
  Layer *layer = ARENA_NEW(net->arena, Layer);
  layer->kind = LAYER_NUMBER;
  layer->text = text;
  return layer;
}

void add_attribute(Net *net, Layer *layer, const char *name, const char *format, ...) {
  Text text = text_new(net->arena);
  va_list arguments;
  va_start(arguments, format);
  text_vaddf(&text, format, arguments);
  va_end(arguments);
  if (layer->attributes_count < MAX_LAYER_ATTRIBUTES)
    layer->attributes[layer->attributes_count++] = (LayerAttribute){name, text_string(&text)};
}

static int attribute_index(const Layer *layer, const char *name) {
  for (int i = 0; i < layer->attributes_count; i++)
    if (layer->attributes[i].name && !strcmp(layer->attributes[i].name, name)) return i;
  return -1;
}

const char *layer_attribute(const Layer *layer, const char *name) {
  int i = attribute_index(layer, name);
  return i < 0 ? NULL : layer->attributes[i].value;
}

static bool moves_numbers(const Layer *layer) {
  static const char *const moving[] = {"permute",       "reshape",         "flatten",         "crop", "pad",
                                       "pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "split"};
  const char *mode = layer_attribute(layer, "mode");
  if (!strcmp(layer->op, "upsample") || !strcmp(layer->op, "resize")) return !mode || !strcmp(mode, "nearest");
  for (size_t i = 0; i < sizeof moving / sizeof *moving; i++)
    if (!strcmp(layer->op, moving[i])) return true;
  return false;
}

const char *layer_dtype(const Layer *layer) {
  while (layer->kind == LAYER_PART || (layer->kind == LAYER_OPERATION && moves_numbers(layer))) layer = layer->inputs[0];
  if (layer->kind == LAYER_INPUT) return layer->dtype;
  if (layer->kind == LAYER_NUMBER) return "float32";
  if (!strcmp(layer->op, "cast")) return layer->attributes[0].value;
  return strcmp(layer->op, "argmax") ? "float32" : "int32";
}

void drop_attribute(Layer *layer, const char *name) {
  int i = attribute_index(layer, name);
  if (i < 0) return;
  for (layer->attributes_count--; i < layer->attributes_count; i++) layer->attributes[i] = layer->attributes[i + 1];
}

LayerParameter *add_parameter(Layer *layer, const char *role, const char *original, int rank, const int64_t *sizes, const float *numbers) {
  LayerParameter *parameter = &layer->parameters[layer->parameters_count++];
  *parameter = (LayerParameter){.role = role, .original = original, .rank = rank, .numbers = numbers};
  for (int i = 0; i < rank; i++) parameter->sizes[i] = sizes[i];
  return parameter;
}

const LayerParameter *find_parameter(const Layer *layer, const char *role) {
  for (int i = 0; i < layer->parameters_count; i++)
    if (!strcmp(layer->parameters[i].role, role)) return &layer->parameters[i];
  return NULL;
}

const char *plain_number(Arena *arena, double value) {
  char text[DECIMAL_MAX];
  size_t length = print_float(text, (float)value);
  if (length > 2 && !strcmp(text + length - 2, ".0")) length -= 2;
  return arena_strndup(arena, text, length);
}

const char *number_text(Arena *arena, double value) {
  float rounded = (float)value;
  double whole = round(1 / (double)rounded); /* in doubles: some machines compute with floats in more digits than they keep */
  bool reciprocal = rounded != 0 && whole > 2 && whole < 65537 && (float)(1 / whole) == rounded && whole != 4 && whole != 5 && whole != 8 &&
                    whole != 10 && whole != 16 && whole != 100 && whole != 1000 && whole != 10000;
  return reciprocal ? arena_printf(arena, "1 / %d", (int)whole) : plain_number(arena, rounded);
}

const char *pair_text(Arena *arena, const int64_t pair[2], int rank) {
  if (rank < 3 || pair[0] == pair[1]) return arena_printf(arena, "%lld", (long long)pair[1]);
  return arena_printf(arena, "(%lld, %lld)", (long long)pair[0], (long long)pair[1]);
}

static void mark(Layer *layer) {
  if (layer->uses++) return;
  for (int i = 0; i < layer->inputs_count; i++) mark(layer->inputs[i]);
}

void count_layer_uses(Net *net) {
  for (int i = 0; i < net->layers_count; i++) net->layers[i]->uses = 0;
  for (int i = 0; i < net->outputs_count; i++) mark(net->outputs[i].layer);
  int kept = 0;
  for (int i = 0; i < net->layers_count; i++)
    if (net->layers[i]->uses || net->layers[i]->kind == LAYER_INPUT) net->layers[kept++] = net->layers[i];
  net->layers_count = kept;
}
