/* find_blocks.c - scopes of labels that repeat, "layer1.0", "layer1.1", become calls of one block.
 *
 * A scope can be called if its layers are one piece of a way: nothing else reads from its middle, and no other label lies
 * in it. Inner scopes first, so that blocks call blocks; after that, what was many layers is one. */
#include <string.h>
#include "import/blocks.h"

typedef struct Scope {
  const char *name;
  int height; /* of the labels in it: "a.b" is 1 high for a, "a.b.c" 2 */
} Scope;

typedef struct Finder {
  Net *net;
  Scope **scopes;
  int scopes_count;
  Region **regions; /* of one height */
  int regions_count;
  NameTable plain; /* scopes that are better read where they stand */
} Finder;

static void find_scopes(Finder *f) {
  NameTable known = name_table(f->net->arena);
  for (int i = 0; i < f->net->layers_count; i++) {
    const char *label = f->net->layers[i]->label;
    for (const char *dot = label ? strchr(label, '.') : NULL; dot; dot = strchr(dot + 1, '.')) {
      const char *name = arena_strndup(f->net->arena, label, (size_t)(dot - label));
      Scope *scope = find_name(&known, name);
      if (!scope) {
        scope = ARENA_NEW(f->net->arena, Scope);
        *scope = (Scope){name, 0};
        put_name(&known, name, scope);
        ARENA_PUSH(f->net->arena, f->scopes, f->scopes_count, scope);
      }
      int height = 1;
      for (const char *at = dot + 1; *at; at++) height += *at == '.';
      if (height > scope->height) scope->height = height;
    }
  }
}

static bool is_below(const char *label, const char *scope) {
  size_t length = strlen(scope);
  return !strncmp(label, scope, length) && label[length] == '.';
}

typedef struct Members {
  int inside, outside;
} Members;

/* Labels of a stage in a scope, and all that cannot be in one. */
static void count_members(const Layer *stage, const char *scope, Members *members) {
  if (stage->shared || !strcmp(stage->op, "split") || (stage->inputs_count > 1 && !stage->branch)) members->outside++;
  else if (stage->label && is_below(stage->label, scope)) members->inside++;
  else if (stage->label) members->outside++;
  for (int i = 0; i < stage->inputs_count && stage->branch; i++)
    for (const Layer *at = stage->inputs[i]; at != stage->branch; at = stage_before(at)) count_members(at, scope, members);
}

/* Labels that are no label in a block, whose input is called x. */
static bool is_legal_inside(const char *label) {
  if (*label >= '0' && *label <= '9') return !strchr(label, '.');
  size_t length = strcspn(label, ".");
  char word[64] = "";
  if (length < sizeof word) memcpy(word, label, length);
  return *word && strcmp(word, "x") && !is_reserved_name(word);
}

static void add_stage(Arena *arena, Region *region, Layer *stage) {
  for (int i = 0; i < stage->inputs_count && stage->branch; i++) {
    Way arm = way_to(arena, stage->inputs[i], stage->branch);
    for (int k = 0; k < arm.count; k++) add_stage(arena, region, arm.stages[k]);
  }
  ARENA_PUSH(arena, region->layers, region->count, stage);
}

/* What acts on each number, and is thought of as a part of what it follows. */
static bool is_activation(const Layer *layer) {
  static const char *const ops[] = {"relu",    "relu6", "leaky_relu",   "elu",        "silu",     "gelu", "mish",
                                    "sigmoid", "tanh",  "hard_sigmoid", "hard_swish", "softplus", "selu", "celu"};
  for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
    if (layer->inputs_count == 1 && !layer->label && !strcmp(layer->op, ops[i])) return true;
  return false;
}

/* Calls of blocks, one after another. */
static bool is_row_of_calls(const Region *region) {
  for (int i = 0; i < region->count; i++)
    if (!region->layers[i]->block) return false;
  return true;
}

/* NULL: it is no piece that may be called, or is better read as it is. */
static Region *region_of(Arena *arena, const Way *way, int first, int last, const char *scope) {
  while (last + 1 < way->count && is_activation(way->stages[last + 1])) last++;
  Region *region = ARENA_NEW(arena, Region);
  *region = (Region){.scope = scope, .entry = stage_before(way->stages[first])};
  if (!region->entry || region->entry->kind == LAYER_NUMBER) return NULL;
  for (int i = first; i <= last; i++) add_stage(arena, region, way->stages[i]);
  for (int i = 0; i < region->count; i++)
    if (region->layers[i]->label && !is_legal_inside(region->layers[i]->label + strlen(scope) + 1)) return NULL;
  return region->count > 1 && !is_row_of_calls(region) ? region : NULL;
}

/* The region of a scope with so many labels on this way or in its branches. NULL: it is not, or not in one piece. */
static Region *find_region(Arena *arena, const Way *way, const char *scope, int labels) {
  int first = -1, last = -1, inside = 0;
  bool mixed = false, foreign = false;
  for (int i = 0; i < way->count; i++) {
    Members members = {0, 0};
    count_members(way->stages[i], scope, &members);
    if (members.inside) {
      if (first < 0) first = i;
      last = i;
      mixed = mixed || foreign || members.outside;
      inside += members.inside;
    }
    foreign = first >= 0 && (foreign || members.outside);
  }
  if (inside < labels) return NULL;
  if (!mixed) return region_of(arena, way, first, last, scope);
  const Layer *stage = way->stages[first];
  for (int i = 0; first == last && i < stage->inputs_count && stage->branch; i++) {
    Way arm = way_to(arena, stage->inputs[i], stage->branch);
    Region *region = find_region(arena, &arm, scope, labels);
    if (region) return region;
  }
  return NULL;
}

static void find_regions(Finder *f, int height) {
  Net *net = f->net;
  int ways_count;
  Way *ways = longest_ways(net, &ways_count);
  f->regions = NULL;
  f->regions_count = 0;
  for (int i = 0; i < f->scopes_count; i++) {
    const char *scope = f->scopes[i]->name;
    if (f->scopes[i]->height != height || find_name(&f->plain, scope) || !is_free_name(net, scope)) continue;
    int labels = 0;
    for (int k = 0; k < net->layers_count; k++)
      labels += !net->layers[k]->in_block && net->layers[k]->label && is_below(net->layers[k]->label, scope);
    Region *region = NULL;
    for (int k = 0; k < ways_count && !region && labels; k++) region = find_region(net->arena, &ways[k], scope, labels);
    if (region) ARENA_PUSH(net->arena, f->regions, f->regions_count, region);
  }
}

/* The word that says most of "features.denseblock1.denselayer2": its last one. */
static const char *last_word(Arena *arena, const char *scope) {
  const char *word = scope, *end = scope + strlen(scope);
  for (const char *at = scope; *at; at++) {
    if (*at != '.') continue;
    size_t length = strcspn(at + 1, ".");
    if (strspn(at + 1, "0123456789") < length) word = at + 1;
  }
  size_t length = strcspn(word, ".");
  return arena_strndup(arena, word, length < (size_t)(end - word) ? length : (size_t)(end - word));
}

/* "conv_bn_relu" for a few layers in a row, "layer_block" for what is called layer1.0 and layer2.1. */
static const char *block_name(Net *net, Region *const *regions, int count) {
  const Region *first = regions[0];
  bool row = first->count <= 3;
  Text text = text_new(net->arena);
  for (int i = 0; i < first->count; i++) {
    row = row && first->layers[i]->inputs_count == 1 && !first->layers[i]->block;
    text_addf(&text, "%s%s", i ? "_" : "", short_op(first->layers[i]->op));
  }
  if (row) return unique_name(net, text_string(&text));
  const char *word = last_word(net->arena, first->scope);
  size_t length = strlen(word);
  for (int i = 1; i < count; i++) {
    const char *other = last_word(net->arena, regions[i]->scope);
    size_t same = 0;
    while (same < length && word[same] == other[same]) same++;
    length = same;
  }
  while (length && strchr("0123456789_", word[length - 1])) length--;
  char *name = arena_strndup(net->arena, word, length);
  for (char *at = name; *at; at++)
    if (*at >= 'A' && *at <= 'Z') *at = (char)(*at - 'A' + 'a');
  const char *op = short_op(first->layers[0]->op);
  for (int i = 0; i < first->count; i++)
    if (first->layers[i]->inputs_count > 1) op = first->layers[i]->op;
  return unique_name(net, arena_printf(net->arena, "%s_block", length && strcmp(name, "block") ? name : op));
}

static void redirect(Layer *layer, const Layer *from, Layer *to) {
  for (int i = 0; i < layer->inputs_count; i++)
    if (layer->inputs[i] == from) layer->inputs[i] = to;
  if (layer->branch == from) layer->branch = to;
}

static Layer *new_call(Net *net, const Region *region, int index, const Block *block) {
  const Layer *result = region->layers[region->count - 1];
  Layer *call = ARENA_NEW(net->arena, Layer);
  *call = (Layer){.kind = LAYER_OPERATION, .op = block->name, .block = block, .label = region->scope, .node = result->node};
  call->uses = result->uses;
  call->rank = result->rank;
  memcpy(call->sizes, result->sizes, sizeof call->sizes);
  for (int i = 0; i < block->parameters_count; i++) {
    const BlockParameter *parameter = &block->parameters[i];
    const char *value = parameter->values[index];
    if (!parameter->otherwise || strcmp(value, parameter->otherwise))
      add_attribute(net, call, parameter->named ? parameter->name : NULL, "%s", value);
  }
  add_input(net, call, region->entry);
  unique_name(net, region->scope);
  return call;
}

/* Puts a call in the place of the region, whose layers read a tensor x of their own from now on. */
static void replace_region(Finder *f, Region *region, Layer *call) {
  Net *net = f->net;
  Layer *result = region->layers[region->count - 1], *x = ARENA_NEW(net->arena, Layer);
  *x = (Layer){.kind = LAYER_INPUT, .name = "x"};
  int readers = 0;
  for (int i = 0; i < region->count; i++) {
    Layer *layer = region->layers[i];
    for (int k = 0; k < layer->inputs_count; k++) readers += layer->inputs[k] == region->entry;
    redirect(layer, region->entry, x);
    layer->in_block = true;
  }
  region->entry->uses += 1 - readers;
  for (int i = 0; i < f->regions_count; i++)
    if (f->regions[i]->entry == result) f->regions[i]->entry = call;
  for (int i = 0; i < net->outputs_count; i++)
    if (net->outputs[i].layer == result) net->outputs[i].layer = call;
  int at = 0;
  for (int i = 0; i < net->layers_count; i++) {
    if (net->layers[i] == result) at = i;
    if (!net->layers[i]->in_block) redirect(net->layers[i], result, call);
  }
  ARENA_PUSH(net->arena, net->layers, net->layers_count, call);
  memmove(net->layers + at + 1, net->layers + at, (size_t)(net->layers_count - at - 1) * sizeof *net->layers);
  net->layers[at] = call;
}

static void make_block(Finder *f, Region **regions, int count) {
  Net *net = f->net;
  Block *block = ARENA_NEW(net->arena, Block);
  *block = (Block){.scope = regions[0]->scope, .layers = regions[0]->layers, .layers_count = regions[0]->count};
  if (!make_parameters(net, regions, count, block)) return;
  block->name = block_name(net, regions, count);
  for (int i = 0; i < count; i++) replace_region(f, regions[i], new_call(net, regions[i], i, block));
  ARENA_PUSH(net->arena, net->blocks, net->blocks_count, block);
}

static void find_all(Finder *f) {
  Net *net = f->net;
  int highest = 0;
  for (int i = 0; i < f->scopes_count; i++)
    if (f->scopes[i]->height > highest) highest = f->scopes[i]->height;
  for (int height = 1; height <= highest; height++) {
    find_regions(f, height);
    for (int i = 0; i < f->regions_count; i++) {
      Region **like = NULL;
      int count = 0;
      for (int k = i; k < f->regions_count; k++) {
        if (f->regions[i]->taken || f->regions[k]->taken || !is_like_region(f->regions[i], f->regions[k])) continue;
        ARENA_PUSH(net->arena, like, count, f->regions[k]);
      }
      if (!count || (count - 1) * (like[0]->count - 1) < 2) continue; /* a definition would be longer than what it saves */
      for (int k = 0; k < count; k++) like[k]->taken = true;
      make_block(f, like, count);
    }
    find_branches(net);
  }
}

/* How often calls of the block are written. */
static int count_calls(const Net *net, const Block *block) {
  int count = 0;
  for (int i = 0; i < net->layers_count; i++) count += !net->layers[i]->in_block && net->layers[i]->block == block;
  for (int i = 0; i < net->blocks_count; i++)
    for (int k = 0; k < net->blocks[i]->layers_count; k++) count += net->blocks[i]->layers[k]->block == block;
  return count;
}

/* Whether there are blocks of which only one other block has a call: their scopes are plain from now on. Labels that are
 * numbers need their block, as 0.1 is no label. */
static bool find_plain(Finder *f) {
  const Net *net = f->net;
  bool any = false;
  for (int i = 0; i < net->blocks_count; i++) {
    if (count_calls(net, net->blocks[i]) != 1) continue;
    for (int k = 0; k < net->layers_count; k++) {
      const Layer *call = net->layers[k];
      const char *dot = call->block == net->blocks[i] ? strrchr(call->label, '.') : NULL;
      if (!dot || (dot[1] >= '0' && dot[1] <= '9')) continue;
      put_name(&f->plain, call->label, f);
      any = true;
    }
  }
  return any;
}

/* The network as it was before blocks were made. */
typedef struct Saved {
  Layer **layers; /* copies, with inputs of their own */
  Layer **places; /* of which they are */
  Layer **outputs;
  int layers_count, names_count;
} Saved;

static Saved save_net(const Net *net) {
  Saved saved = {.layers_count = net->layers_count, .names_count = net->names.count};
  saved.layers = ARENA_ARRAY(net->arena, Layer *, (size_t)net->layers_count);
  saved.places = ARENA_ARRAY(net->arena, Layer *, (size_t)net->layers_count);
  saved.outputs = ARENA_ARRAY(net->arena, Layer *, (size_t)net->outputs_count);
  for (int i = 0; i < net->layers_count; i++) {
    Layer *copy = ARENA_NEW(net->arena, Layer);
    *copy = *net->layers[i];
    copy->inputs = ARENA_ARRAY(net->arena, Layer *, (size_t)copy->inputs_count);
    for (int k = 0; k < copy->inputs_count; k++) copy->inputs[k] = net->layers[i]->inputs[k];
    saved.layers[i] = copy;
    saved.places[i] = net->layers[i];
  }
  for (int i = 0; i < net->outputs_count; i++) saved.outputs[i] = net->outputs[i].layer;
  return saved;
}

static void restore_net(Net *net, const Saved *saved) {
  NameTable names = name_table(net->arena);
  for (int i = 0; i < saved->names_count; i++) put_name(&names, net->names.items[i].name, net);
  net->names = names;
  net->next_names = name_table(net->arena);
  for (int i = 0; i < saved->layers_count; i++) {
    Layer *layer = net->layers[i] = saved->places[i], **inputs = layer->inputs;
    *layer = *saved->layers[i];
    layer->inputs = inputs;
    for (int k = 0; k < layer->inputs_count; k++) inputs[k] = saved->layers[i]->inputs[k];
  }
  net->layers_count = saved->layers_count;
  for (int i = 0; i < net->outputs_count; i++) net->outputs[i].layer = saved->outputs[i];
  net->blocks = NULL;
  net->blocks_count = 0;
}

void find_blocks(Net *net) {
  Finder f = {.net = net, .plain = name_table(net->arena)};
  find_scopes(&f);
  Saved saved = save_net(net);
  for (find_all(&f); find_plain(&f); find_all(&f)) restore_net(net, &saved);
}
