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

void find_branches(Net *net) {
  for (int i = 0; i < net->layers_count; i++)
    if (!net->layers[i]->in_block) net->layers[i]->absorbed = net->layers[i]->nested = false;
  for (int i = 0; i < net->layers_count; i++) {
    Layer *layer = net->layers[i];
    if (layer->in_block || !is_join(layer)) continue;
    layer->branch = common_begin(layer);
    if (layer->branch) layer->branch->absorbed = layer->branch->kind == LAYER_OPERATION && layer->branch->uses == layer->inputs_count;
  }
  for (int i = 0; i < net->layers_count; i++) {
    Layer *join = net->layers[i];
    for (int k = 0; k < join->inputs_count && join->branch && !join->in_block; k++)
      for (Layer *at = join->inputs[k]; at != join->branch; at = stage_before(at)) at->nested = true; /* inner joins mark theirs */
  }
}

Layer *stage_before(const Layer *stage) { return stage->branch ? stage->branch : stage->inputs_count == 1 ? stage->inputs[0] : NULL; }

Way way_to(Arena *arena, Layer *end, const Layer *begin) {
  Way way = {0};
  for (Layer *at = end; at && at != begin && at->kind == LAYER_OPERATION; at = stage_before(at)) {
    if (!begin && at != end && at->uses > 1 && !at->absorbed) break;
    ARENA_PUSH(arena, way.stages, way.count, at);
  }
  for (int i = 0; i < way.count / 2; i++) {
    Layer *other = way.stages[i];
    way.stages[i] = way.stages[way.count - 1 - i];
    way.stages[way.count - 1 - i] = other;
  }
  return way;
}

Way *longest_ways(Net *net, int *count) {
  Way *ways = NULL;
  *count = 0;
  for (int i = 0; i < net->layers_count; i++) net->layers[i]->on_way = false;
  for (int i = net->layers_count; i-- > 0;) {
    Layer *end = net->layers[i];
    if (end->kind != LAYER_OPERATION || end->nested || end->in_block || end->on_way) continue;
    Way way = way_to(net->arena, end, NULL);
    for (int k = 0; k < way.count; k++) way.stages[k]->on_way = true;
    ARENA_PUSH(net->arena, ways, *count, way);
  }
  return ways;
}

static bool has_label(const Layer *stage) {
  if (stage->label || stage->shared) return true;
  for (int i = 0; i < stage->inputs_count && stage->branch; i++)
    for (const Layer *at = stage->inputs[i]; at != stage->branch; at = stage_before(at))
      if (has_label(at)) return true;
  return false;
}

/* Branch after branch would be one endless chain: there, each is a statement, with what needs no name behind it. */
void split_ways(Net *net) {
  int count;
  Way *ways = longest_ways(net, &count);
  for (int i = 0; i < count; i++) {
    Layer *end = NULL; /* of the branch at hand */
    bool passed = false;
    for (int k = 0; k < ways[i].count; k++) {
      Layer *stage = ways[i].stages[k];
      bool labelled = has_label(stage);
      if (stage->branch && labelled) {
        if (end) end->ends_statement = true;
        end = stage;
        passed = false;
      } else if (end && !passed) {
        passed = labelled;
        if (!passed) end = stage;
      }
    }
  }
}
