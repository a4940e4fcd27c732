/* nest_concats.c - a concat that begins like an earlier one takes that one's result: what dense blocks are made of.
 *
 * [a, b] -> concat and [a, b, c] -> concat become [a, b] -> concat and [that, c] -> concat: the same numbers, in a text that
 * grows with the layers and not with their square. */
#include <string.h>
#include "import/net.h"

static bool is_concat(const Layer *layer) { return layer->kind == LAYER_OPERATION && layer->op && !strcmp(layer->op, "concat"); }

static bool same_axis(const Layer *a, const Layer *b) {
  const char *of_a = layer_attribute(a, "axis"), *of_b = layer_attribute(b, "axis");
  return a->rank == b->rank && !of_a == !of_b && (!of_a || !strcmp(of_a, of_b));
}

static bool begins_with(const Layer *layer, Layer *const *inputs, int count) {
  if (layer->inputs_count <= count) return false;
  for (int i = 0; i < count; i++)
    if (layer->inputs[i] != inputs[i]) return false;
  return true;
}

typedef struct Joined {
  Layer *layer;
  Layer **inputs; /* as the model has them */
  int count;
} Joined;

void nest_concats(Net *net) {
  enum { MOST = 2000 }; /* that are compared with each other */
  Joined *all = NULL;
  int count = 0;
  for (int i = 0; i < net->layers_count; i++) {
    Layer *layer = net->layers[i];
    if (!is_concat(layer) || layer->inputs_count < 2) continue; /* of one: nobody reads it */
    Joined joined = {layer, layer->inputs, layer->inputs_count};
    const Joined *longest = NULL;
    for (int k = 0; k < count && count <= MOST; k++)
      if (same_axis(all[k].layer, layer) && begins_with(layer, all[k].inputs, all[k].count) && (!longest || all[k].count > longest->count))
        longest = &all[k];
    if (longest) {
      Layer **rest = joined.inputs + longest->count;
      int rest_count = joined.count - longest->count;
      layer->inputs = NULL;
      layer->inputs_count = 0;
      add_input(net, layer, longest->layer);
      for (int k = 0; k < rest_count; k++) add_input(net, layer, rest[k]);
    }
    ARENA_PUSH(net->arena, all, count, joined);
  }
}
