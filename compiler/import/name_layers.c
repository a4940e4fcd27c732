/* name_layers.c - labels for layers with weights, from the names in the model; names for inputs and outputs.
 *
 * A label is what PyTorch called the module, if a tensor's or node's name says so: "layer1.0.conv1" of
 * "layer1.0.conv1.weight" or "/layer1/layer1.0/conv1/Conv". Names that only count nodes are replaced by conv1, conv2, .. All
 * names are legal, differ in C too, and are short enough. */
#include <string.h>
#include "import/net.h"
#include "ir/c_names.h"
#include "support/name_table.h"

enum { LONGEST = 40, SHORT = 24 }; /* SHORT and the longest names of net and operation fit into one name of C */

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_word(const char *name, const char *const *words) {
  for (; *words; words++)
    if (!strcmp(name, *words)) return true;
  return false;
}

/* The name as C has it, without capitals. */
static const char *c_name(Arena *arena, const char *name) {
  char *copy = arena_strdup(arena, name);
  for (char *at = copy; *at; at++) {
    if (*at == '.') *at = '_';
    if (*at >= 'A' && *at <= 'Z') *at = (char)(*at - 'A' + 'a');
  }
  return copy;
}

/* Words that stand for something else in a flow. */
static const char *const reserved[] = {"branch", "repeat", "shared", "return", "in",    "if",   "else",
                                       "and",    "or",     "not",    "true",   "false", "none", NULL};

/* A path as one word. */
static const char *c_case(Arena *arena, const char *path) {
  char *copy = arena_strdup(arena, path);
  for (char *at = copy; *at; at++)
    if (*at == '.') *at = '_';
  return copy;
}

bool is_reserved_name(const char *name) { return is_word(name, reserved) || is_interface_name(name) || is_c_word(name); }

bool is_free_name(Net *net, const char *name) { return !is_reserved_name(name) && !find_name(&net->names, c_name(net->arena, name)); }

const char *unique_name(Net *net, const char *name) {
  const char *candidate = is_reserved_name(name) ? arena_printf(net->arena, "%s_", name) : name;
  if (is_reserved_name(candidate)) candidate = name = arena_printf(net->arena, "layer_%s", name); /* the interface has its beginning */
  if (!is_free_name(net, candidate)) {
    int *next = find_name(&net->next_names, name);
    if (!next) {
      put_name(&net->next_names, name, next = ARENA_NEW(net->arena, int));
      *next = 2;
    }
    do candidate = arena_printf(net->arena, "%s_%d", name, (*next)++);
    while (!is_free_name(net, candidate));
  }
  put_name(&net->names, c_name(net->arena, candidate), net);
  return candidate;
}

/* Letters, digits and `_`; "" if nothing is left. */
static const char *plain_name(Arena *arena, const char *name) {
  Text text = text_new(arena);
  for (; *name && text.length < LONGEST; name++) {
    if (*name != '_' && (is_letter(*name) || (is_digit(*name) && text.length))) text_add_char(&text, *name, 1);
    else if (is_digit(*name)) text_addf(&text, "n%c", *name); /* C keeps names with `_` in front for itself */
    else if (text.length && text.data[text.length - 1] != '_') text_add(&text, "_");
  }
  while (text.length && text.data[text.length - 1] == '_') text.data[--text.length] = '\0';
  return text_string(&text);
}

/* "layer1.0.conv1" of "layer1.0/conv1"; "" where no name would begin it. */
static const char *path_of(Arena *arena, const char *name, size_t longest) {
  Text text = text_new(arena);
  while (*name) {
    size_t length = strcspn(name, "./:");
    const char *word = arena_strndup(arena, name, length);
    bool digits = length && strspn(word, "0123456789") == length;
    const char *plain = digits && text.length ? word : digits ? "" : plain_name(arena, word);
    name += length + (name[length] != '\0');
    /* A module without a name of its own, of those in a row: "part3" of "3.conv1", as no label begins with a digit. */
    if (digits && !text.length && (is_letter(*name) || *name == '_')) plain = arena_printf(arena, "part%s", word);
    if (*plain) text_addf(&text, "%s%s", text.length ? "." : "", plain);
  }
  const char *path = text_string(&text);
  /* The end of it says most. */
  while (strlen(path) > longest) {
    const char *next = strchr(path, '.');
    while (next && is_digit(next[1])) next = strchr(next + 1, '.');
    if (!next) return arena_strndup(arena, path, longest);
    path = next + 1;
  }
  return path;
}

/* What stands before the role in "conv1.weight", "conv1/kernel", "conv1_bias". NULL: there is no role. */
static const char *scope_of(Arena *arena, const char *name) {
  static const char *const roles[] = {"weight", "bias", "running_mean", "running_var",     "kernel",
                                      "gamma",  "beta", "moving_mean",  "moving_variance", "depthwise_kernel"};
  size_t length = strlen(name);
  if (length > 2 && !strcmp(name + length - 2, ":0")) length -= 2;
  for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
    size_t role = strlen(roles[i]);
    if (length < role + 2 || strncmp(name + length - role, roles[i], role)) continue;
    if (strchr("./_", name[length - role - 1])) return arena_strndup(arena, name, length - role - 1);
  }
  return NULL;
}

/* Whether a part of a node's name is only its operator, perhaps counted: "Conv", "Conv_12". */
static bool is_counted(const char *part, const char *op_type) {
  size_t length = strlen(op_type);
  if (strncmp(part, op_type, length)) return false;
  part += length;
  part += *part == '_';
  return strspn(part, "0123456789") == strlen(part);
}

/* "layer1.0.conv1" of the exporter's "/layer1/layer1.0/conv1/Conv". */
static const char *scope_of_node(Arena *arena, const OnnxNode *node) {
  Text text = text_new(arena);
  const char *previous = "";
  for (const char *at = node->name; *at;) {
    size_t length = strcspn(at, "/");
    const char *part = arena_strndup(arena, at, length);
    at += length + (at[length] != '\0');
    if (!*part || (!*at && is_counted(part, node->op_type))) continue;
    size_t shared = strlen(previous);
    if (shared && !strncmp(part, previous, shared) && part[shared] == '.') {
      text_addf(&text, "%s", part + shared);
    } else {
      text_addf(&text, "%s%s", text.length ? "." : "", part);
    }
    previous = part;
  }
  return text_string(&text);
}

const char *short_op(const char *op) {
  if (!strcmp(op, "batch_norm")) return "bn";
  if (!strcmp(op, "channel_affine")) return "affine";
  if (!strcmp(op, "depthwise_conv")) return "dw";
  return !strcmp(op, "conv_transpose") ? "deconv" : op;
}

static const char *counted_name(Net *net, const char *base) {
  int *count = find_name(&net->name_counts, base);
  if (!count) put_name(&net->name_counts, base, count = ARENA_NEW(net->arena, int));
  return arena_printf(net->arena, "%s%d", base, ++*count);
}

/* The same call and the same tensors of the model. */
static bool is_same_layer(const Layer *a, const Layer *b) {
  if (strcmp(a->op, b->op) || a->attributes_count != b->attributes_count || a->parameters_count != b->parameters_count) return false;
  for (int i = 0; i < a->attributes_count; i++) {
    const LayerAttribute *x = &a->attributes[i], *y = &b->attributes[i];
    if (!x->name != !y->name || (x->name && strcmp(x->name, y->name)) || strcmp(x->value, y->value)) return false;
  }
  for (int i = 0; i < a->parameters_count; i++) {
    const LayerParameter *x = &a->parameters[i], *y = &b->parameters[i];
    if (!x->original || !y->original || strcmp(x->original, y->original) || strcmp(x->role, y->role)) return false;
  }
  return size_equal(a->inputs[0]->sizes[0], b->inputs[0]->sizes[0]) && a->rank == b->rank;
}

void find_shared(Net *net) {
  NameTable firsts = name_table(net->arena); /* by their first tensor */
  for (int i = 0; i < net->layers_count; i++) {
    Layer *layer = net->layers[i];
    const char *original = layer->parameters_count ? layer->parameters[0].original : NULL;
    if (!original || !*original) continue;
    Layer *first = find_name(&firsts, original);
    if (!first) put_name(&firsts, original, layer);
    else if (is_same_layer(first, layer)) first->shared = layer->shared = first;
  }
}

static const char *label_of(Net *net, const Layer *layer) {
  size_t longest = net->short_labels ? SHORT : LONGEST;
  const char *path = "";
  for (int i = 0; i < layer->parameters_count && !*path; i++) {
    const char *original = layer->parameters[i].original;
    const char *scope = original && *original ? scope_of(net->arena, original) : NULL;
    if (scope) path = path_of(net->arena, scope, longest);
  }
  if (!*path && layer->node) path = path_of(net->arena, scope_of_node(net->arena, layer->node), longest);
  if (layer->shared) path = c_case(net->arena, path); /* a shared layer has one word for a name */
  return *path ? unique_name(net, path) : unique_name(net, counted_name(net, short_op(layer->op)));
}

/* Shortens the scope to what it has in common with the label's. */
static const char *shorten_scope(Arena *arena, const char *scope, const char *label) {
  const char *last = strrchr(label, '.');
  size_t same = 0, length = last ? (size_t)(last - label) : 0;
  if (!scope) return arena_strndup(arena, label, length);
  for (size_t i = 0; i <= strlen(scope) && i <= length; i++) {
    bool end_of_one = i == strlen(scope), end_of_other = i == length;
    if ((end_of_one || scope[i] == '.') && (end_of_other || label[i] == '.')) same = i;
    if (end_of_one || end_of_other || scope[i] != label[i]) break;
  }
  return arena_strndup(arena, scope, same);
}

static const char *common_scope(Arena *arena, const Layer *stage, const char *scope) {
  if (stage->label) scope = shorten_scope(arena, scope, stage->label);
  for (int i = 0; i < stage->inputs_count && stage->branch; i++)
    for (const Layer *at = stage->inputs[i]; at != stage->branch; at = stage_before(at)) scope = common_scope(arena, at, scope);
  return scope;
}

/* "layer1.0" of what follows a branch whose labels all begin so. NULL: there is none. */
static const char *scope_of_branch(Arena *arena, const Layer *layer) {
  while (layer->kind == LAYER_OPERATION && layer->inputs_count == 1 && !layer->label) layer = layer->inputs[0];
  const char *scope = layer->branch ? common_scope(arena, layer, NULL) : NULL;
  return scope && *scope ? scope : NULL;
}

/* "conv1_relu": after the nearest label before it, and what it does. */
static const char *statement_name(Net *net, const Layer *layer, const char *op) {
  const Layer *at = layer;
  const char *scope = layer->kind == LAYER_OPERATION ? scope_of_branch(net->arena, layer) : NULL;
  if (scope) return unique_name(net, c_case(net->arena, scope));
  while (at->kind != LAYER_INPUT && !at->label && at->inputs_count && at->inputs[0]->kind != LAYER_NUMBER) at = at->inputs[0];
  const char *base = at->label ? at->label : at->name ? at->name : "x";
  return unique_name(net,
                     path_of(net->arena, arena_printf(net->arena, "%s_%s", c_case(net->arena, base), at == layer ? "out" : op), LONGEST));
}

/* Whether the way to this layer, as far as nothing else reads it, has a layer with a label. */
static bool has_labelled_way(const Layer *layer) {
  for (; layer->kind == LAYER_OPERATION && layer->uses == 1 && !layer->name; layer = layer->inputs[0])
    if (layer->label || layer->shared) return true;
  return false;
}

/* Long ways that meet but do not begin together get a statement each. */
static void name_ways(Net *net, const Layer *join) {
  if (join->kind != LAYER_OPERATION || join->inputs_count < 2 || join->branch) return;
  for (int k = 0; k < join->inputs_count; k++) {
    Layer *way = join->inputs[k];
    if (has_labelled_way(way)) way->name = statement_name(net, way, way->op);
  }
}

/* Every layer that is read more than once, but not by one branch, the parts of splits, and ways into a join. */
static void name_statements(Net *net) {
  for (int i = 0; i < net->layers_count; i++) {
    Layer *layer = net->layers[i];
    if (layer->in_block) continue;
    name_ways(net, layer);
    if (layer->kind == LAYER_PART) layer->name = statement_name(net, layer, arena_printf(net->arena, "part%d", layer->part + 1));
    else if (layer->kind == LAYER_OPERATION && ((layer->uses > 1 && !layer->absorbed) || layer->ends_statement) &&
             strcmp(layer->op, "split"))
      layer->name = statement_name(net, layer, layer->op);
  }
}

void name_layers(Net *net) {
  net->names = name_table(net->arena);
  net->name_counts = net->next_names = name_table(net->arena);
  for (int i = 0; i < net->layers_count; i++) {
    Layer *layer = net->layers[i];
    if (layer->kind != LAYER_INPUT) continue;
    const char *name = plain_name(net->arena, layer->name);
    layer->name = unique_name(net, *name ? name : "x");
  }
  for (int i = 0; i < net->outputs_count; i++) {
    const char *name = plain_name(net->arena, net->outputs[i].name);
    net->outputs[i].name = unique_name(net, *name ? name : "y");
  }
  for (int i = 0; i < net->layers_count; i++) {
    Layer *layer = net->layers[i];
    if (layer->kind != LAYER_OPERATION || !layer->parameters_count || (layer->shared && layer->shared != layer)) continue;
    layer->label = label_of(net, layer);
  }
  find_blocks(net);
  split_ways(net);
  name_statements(net);
}
