/* block_parameters.c - what regions of a network have in common, and the numbers in which they differ.
 *
 * Numbers that are the same in all regions stand in the block. The others are parameters: one for all that have the same
 * name and the same values, and none for what is a multiple of an earlier one. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "import/blocks.h"

/* Which attribute of a layer: the position counts where it has no name. */
typedef struct Key {
  const char *name;
  int position;
} Key;

static Key key_of(const Layer *layer, int i) { return (Key){layer->attributes[i].name, i}; }

/* What an attribute is where it is not written, and which of those it is in the usual order. NULL: it must be written. */
static const char *find_default(const Layer *layer, Key key, int *place) {
  static const char *const of_conv[][2] = {{"stride", "1"}, {"padding", "0"}, {"dilation", "1"}, {"groups", "1"}};
  if (!key.name) return NULL;
  for (*place = 0; layer->block && *place < layer->block->parameters_count; ++*place)
    if (!strcmp(layer->block->parameters[*place].name, key.name)) return layer->block->parameters[*place].otherwise;
  if (strcmp(layer->op, "conv") && strcmp(layer->op, "depthwise_conv")) return NULL;
  for (*place = 0; *place < (int)(sizeof of_conv / sizeof *of_conv); ++*place)
    if (!strcmp(of_conv[*place][0], key.name)) return of_conv[*place][1];
  return NULL;
}

static const char *default_of(const Layer *layer, Key key) {
  int place;
  return find_default(layer, key, &place);
}

/* Attributes are written by position, then those with a default, then the others. */
static int place_of(const Layer *layer, Key key) {
  int place;
  return !key.name ? -1 : find_default(layer, key, &place) ? place : INT_MAX;
}

/* NULL: it is not written. */
static const char *written_value(const Layer *layer, Key key) {
  if (key.name) return layer_attribute(layer, key.name);
  bool there = key.position < layer->attributes_count && !layer->attributes[key.position].name;
  return there ? layer->attributes[key.position].value : NULL;
}

static const char *value_of(const Layer *layer, Key key) {
  const char *value = written_value(layer, key);
  return value ? value : default_of(layer, key);
}

/* "3", "(1, 7)", "(top=0, bottom=1)", "1e-5", "1 / 3" */
static bool is_numeric(const char *value) {
  if (*value == '(') return true;
  return value[0] >= '0' && value[0] <= '9' && value[strspn(value, "0123456789.e-/ ")] == '\0';
}

static bool are_like_attributes(const Layer *a, const Layer *b) {
  for (int i = 0; i < a->attributes_count; i++) {
    const char *own = a->attributes[i].value, *other = value_of(b, key_of(a, i));
    if (!other || (strcmp(own, other) && !(is_numeric(own) && is_numeric(other)))) return false;
  }
  return true;
}

static int index_in(const Region *region, const Layer *layer) {
  for (int i = region->count; i-- > 0;)
    if (region->layers[i] == layer) return i;
  return -1;
}

static bool are_like_layers(const Region *in_a, const Layer *a, const Region *in_b, const Layer *b) {
  if (strcmp(a->op, b->op) || !a->label != !b->label || a->inputs_count != b->inputs_count) return false;
  if (a->label && strcmp(a->label + strlen(in_a->scope), b->label + strlen(in_b->scope))) return false;
  if (a->parameters_count != b->parameters_count || !a->branch != !b->branch) return false;
  for (int i = 0; i < a->parameters_count; i++)
    if (strcmp(a->parameters[i].role, b->parameters[i].role)) return false;
  for (int i = 0; i < a->inputs_count; i++)
    if (index_in(in_a, a->inputs[i]) != index_in(in_b, b->inputs[i])) return false;
  if (a->branch && index_in(in_a, a->branch) != index_in(in_b, b->branch)) return false;
  return are_like_attributes(a, b) && are_like_attributes(b, a);
}

bool is_like_region(const Region *a, const Region *b) {
  if (a->count != b->count) return false;
  for (int i = 0; i < a->count; i++)
    if (!are_like_layers(a, a->layers[i], b, b->layers[i])) return false;
  return true;
}

typedef struct Parameters {
  Net *net;
  Region *const *regions;
  int count;
  Block *block;
} Parameters;

/* What a person would call this attribute. */
static const char *word_of(const Layer *layer, Key key) {
  for (int i = 0; layer->block && i < layer->block->parameters_count; i++) {
    const BlockParameter *parameter = &layer->block->parameters[i];
    if (key.name ? !strcmp(parameter->name, key.name) : i == key.position) return parameter->word;
  }
  if (key.name) return key.name;
  bool is_conv = !strcmp(layer->op, "conv") || !strcmp(layer->op, "conv_transpose");
  if (is_conv && !key.position) return "channels";
  if (!strcmp(layer->op, "fc")) return "features";
  return is_conv || !strcmp(layer->op, "depthwise_conv") || strstr(layer->op, "_pool") ? "kernel_size" : "value";
}

/* Whether a layer says the name as a word that it would then no longer be: reduce_mean(channels). */
static bool is_said(const Layer *layer, const char *name) {
  for (int i = 0; i < layer->attributes_count; i++)
    if (!strcmp(layer->attributes[i].value, name)) return true;
  return false;
}

/* Whether a parameter, a label or a word in the block, or a size that varies, is called so. */
static bool is_used_name(const Parameters *p, const char *name) {
  for (int i = 0; i < p->block->parameters_count; i++)
    if (!strcmp(p->block->parameters[i].name, name)) return true;
  for (int i = 0; i < p->net->dims_count; i++)
    if (!strcmp(p->net->dims[i]->name, name)) return true;
  const Region *region = p->regions[0];
  for (int i = 0; i < region->count; i++) {
    if (region->layers[i]->label && !strcmp(region->layers[i]->label + strlen(region->scope) + 1, name)) return true;
    if (is_said(region->layers[i], name)) return true;
  }
  return false;
}

/* How often one whole number is in the other, in all calls; 0: it is not. */
static int64_t common_factor(const char *const *values, const char *const *multiples, int count) {
  int64_t factor = 0;
  for (int i = 0; i < count; i++) {
    if (strspn(values[i], "0123456789") != strlen(values[i]) || strspn(multiples[i], "0123456789") != strlen(multiples[i])) return 0;
    int64_t value = strtoll(values[i], NULL, 10), multiple = strtoll(multiples[i], NULL, 10);
    if (!value || multiple % value || (i && multiple / value != factor)) return 0;
    factor = multiple / value;
  }
  return factor;
}

/* The text that stands for these values. NULL: there are too many parameters. */
static const char *parameter_for(Parameters *p, BlockParameter made, const char *const *values) {
  Block *block = p->block;
  const char *word = made.word;
  for (int i = 0; i < block->parameters_count; i++) {
    const BlockParameter *known = &block->parameters[i];
    if (strcmp(known->word, word)) continue;
    bool same = true;
    for (int k = 0; k < p->count; k++) same = same && !strcmp(known->values[k], values[k]);
    if (same) return known->name;
    int64_t factor = common_factor(known->values, values, p->count);
    if (factor) return arena_printf(p->net->arena, "%lld * %s", (long long)factor, known->name);
  }
  if (block->parameters_count == MAX_BLOCK_PARAMETERS) return NULL;
  const char *name = word;
  for (int i = 2; is_used_name(p, name); i++) name = arena_printf(p->net->arena, "%s_%d", word, i);
  BlockParameter *parameter = &block->parameters[block->parameters_count++];
  *parameter = made;
  parameter->name = name;
  parameter->values = ARENA_ARRAY(p->net->arena, const char *, (size_t)p->count);
  for (int k = 0; k < p->count; k++) parameter->values[k] = values[k];
  return name;
}

static bool is_same_key(Key a, Key b) {
  return a.name && b.name ? !strcmp(a.name, b.name) : !a.name && !b.name && a.position == b.position;
}

/* The attributes that the layer has in any of the regions, in their usual order. -1: they are too many. */
static int all_keys(const Parameters *p, int at, Key *keys) {
  int count = 0;
  for (int r = 0; r < p->count; r++) {
    const Layer *layer = p->regions[r]->layers[at];
    for (int i = 0; i < layer->attributes_count; i++) {
      Key key = key_of(layer, i);
      int at_key = 0;
      while (at_key < count && !is_same_key(keys[at_key], key)) at_key++;
      if (at_key < count) continue;
      if (count == MAX_LAYER_ATTRIBUTES) return -1;
      for (at_key = count++; at_key > 0 && place_of(layer, keys[at_key - 1]) > place_of(layer, key); at_key--)
        keys[at_key] = keys[at_key - 1];
      keys[at_key] = key;
    }
  }
  return count;
}

/* The attributes of a layer of the block, or only those without a name. false: too many parameters. */
static bool make_attributes(Parameters *p, int at, bool all_of_them, LayerAttribute *out, int *out_count) {
  Key keys[MAX_LAYER_ATTRIBUTES];
  const char **values = ARENA_ARRAY(p->net->arena, const char *, (size_t)p->count);
  *out_count = all_keys(p, at, keys);
  for (int i = 0; i < *out_count && (all_of_them || !keys[i].name); i++) {
    const Layer *first = p->regions[0]->layers[at];
    bool same = true, all = true;
    for (int r = 0; r < p->count; r++) {
      const Layer *layer = p->regions[r]->layers[at];
      values[r] = value_of(layer, keys[i]);
      same = same && !strcmp(values[r], values[0]);
      all = all && written_value(layer, keys[i]);
    }
    BlockParameter made = {
        .word = word_of(first, keys[i]), .otherwise = all ? NULL : default_of(first, keys[i]), .named = keys[i].name != NULL};
    const char *text = same ? values[0] : parameter_for(p, made, values);
    if (!text) return false;
    out[i] = (LayerAttribute){keys[i].name, text};
  }
  return *out_count >= 0;
}

/* Those without a name in calls come first, those with a default last. */
static void order_parameters(Block *block) {
  BlockParameter ordered[MAX_BLOCK_PARAMETERS];
  int count = 0;
  for (int rank = 0; rank < 3; rank++)
    for (int i = 0; i < block->parameters_count; i++)
      if (rank == (block->parameters[i].otherwise ? 2 : block->parameters[i].named)) ordered[count++] = block->parameters[i];
  memcpy(block->parameters, ordered, (size_t)count * sizeof *ordered);
}

bool make_parameters(Net *net, Region *const *regions, int count, Block *block) {
  Parameters p = {net, regions, count, block};
  const Region *first = regions[0];
  LayerAttribute(*attributes)[MAX_LAYER_ATTRIBUTES] = arena_alloc_array(net->arena, (size_t)first->count, sizeof *attributes);
  int *counts = ARENA_ARRAY(net->arena, int, (size_t)first->count);
  for (int all = 0; all <= 1; all++) /* names are counted in the order of the parameters */
    for (int i = 0; i < first->count; i++)
      if (!make_attributes(&p, i, all, attributes[i], &counts[i])) return false;
  for (int i = 0; i < first->count; i++) {
    memcpy(first->layers[i]->attributes, attributes[i], sizeof attributes[i]);
    first->layers[i]->attributes_count = counts[i];
  }
  order_parameters(block);
  return true;
}
