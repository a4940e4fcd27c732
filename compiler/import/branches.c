/* branches.c - where ways part and meet again: `x -> branch(.., ..) -> add`. */
#include "import/net.h"

static bool is_join(const Layer *layer) { return layer->kind == LAYER_OPERATION && layer->inputs_count > 1; }

/* Where the way to this layer begins: upwards along what one other layer reads, and past inner branches. */
static Layer *way_begin(Layer *layer) {
  for (bool inner = false; layer->kind == LAYER_OPERATION && (inner || layer->uses == 1);) {
    inner = false;
    if (!is_join(layer)) {
      layer = layer->inputs[0];
      continue;
    }
    if (!layer->branch) return layer;
    layer = layer->branch;
    inner = layer->absorbed;
    if (!inner) return layer;
  }
  return layer;
}

/* NULL: the ways do not begin at one layer. */
static Layer *common_begin(const Layer *join) {
  Layer *begin = NULL;
  int plain = 0;
  for (int i = 0; i < join->inputs_count; i++) {
    Layer *of_this = way_begin(join->inputs[i]);
    if (of_this->kind == LAYER_NUMBER || (begin && of_this != begin)) return NULL;
    begin = of_this;
    plain += join->inputs[i] == begin;
  }
  return plain < 2 && (begin->kind == LAYER_INPUT || begin->uses > 1) ? begin : NULL;
}

/* The layers of all ways into a branch, inner branches with theirs. */
static void mark_nested(Layer *layer, const Layer *begin) {
  if (layer == begin || layer->nested) return;
  layer->nested = true;
  for (int i = 0; i < layer->inputs_count; i++) mark_nested(layer->inputs[i], begin);
}

/* Whether only what needs no name stands between it and a branch above it. */
static bool follows_branch(const Layer *layer) {
  while (layer->kind == LAYER_OPERATION && layer->inputs_count == 1 && !layer->parameters_count) layer = layer->inputs[0];
  return layer->branch != NULL;
}

/* Branch after branch would be one endless chain: there, what follows each is a statement. */
static void split_chains(Net *net) {
  for (int i = 0; i < net->layers_count; i++) {
    Layer *join = net->layers[i];
    for (int k = 0; k < join->inputs_count && join->branch; k++) mark_nested(join->inputs[k], join->branch);
  }
  for (int i = 0; i < net->layers_count; i++)
    if (net->layers[i]->absorbed && !net->layers[i]->nested && follows_branch(net->layers[i])) net->layers[i]->absorbed = false;
}

void find_branches(Net *net) {
  for (int i = 0; i < net->layers_count; i++) {
    Layer *layer = net->layers[i];
    if (!is_join(layer)) continue;
    layer->branch = common_begin(layer);
    if (layer->branch) layer->branch->absorbed = layer->branch->kind == LAYER_OPERATION && layer->branch->uses == layer->inputs_count;
  }
  split_chains(net);
}
