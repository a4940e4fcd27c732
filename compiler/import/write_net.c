/* write_net.c - the layers as text: chains with arrows, a branch where ways part and meet again, a statement for every other
 * layer that is read more than once. */
#include <string.h>
#include "import/importer.h"

enum { LIST_WIDTH = 40 };

typedef struct NetWriter {
  const Net *net;
  Text *out;
  const char *eps;  /* of all batch norms, as a default; NULL: they differ */
  size_t scope_end; /* what labels in a block leave out */
} NetWriter;

static void write_call(NetWriter *w, const Layer *layer) {
  text_add(w->out, layer->op);
  bool any = false;
  for (int i = 0; i < layer->attributes_count; i++) {
    const LayerAttribute *attribute = &layer->attributes[i];
    if (w->eps && !strcmp(layer->op, "batch_norm") && attribute->name && !strcmp(attribute->name, "eps")) continue;
    text_add(w->out, any ? ", " : "(");
    if (attribute->name) text_addf(w->out, "%s=", attribute->name);
    text_add(w->out, attribute->value);
    any = true;
  }
  if (any) text_add(w->out, ")");
}

static void write_stage(NetWriter *w, const Layer *layer) {
  if (layer->shared) {
    text_add(w->out, layer->shared->label);
    return;
  }
  if (layer->label) text_addf(w->out, "%s: ", layer->label + w->scope_end);
  write_call(w, layer);
}

static bool write_way(NetWriter *w, const Layer *layer, const Layer *begin);

static void write_branch(NetWriter *w, const Layer *join) {
  text_add(w->out, "branch(");
  for (int i = 0; i < join->inputs_count; i++) {
    if (i) text_add(w->out, ", ");
    if (!write_way(w, join->inputs[i], join->branch)) text_add(w->out, "identity");
  }
  text_add(w->out, ") -> ");
}

/* The stages from one layer, which is not among them, to another. false: there are none. */
static bool write_way(NetWriter *w, const Layer *layer, const Layer *begin) {
  if (layer == begin) return false;
  if (write_way(w, layer->branch ? layer->branch : layer->inputs[0], begin)) text_add(w->out, " -> ");
  if (layer->branch) write_branch(w, layer);
  write_stage(w, layer);
  return true;
}

static void write_flow(NetWriter *w, const Layer *layer);

/* What computes it, whatever its own name. */
static void write_computation(NetWriter *w, const Layer *layer) {
  if (layer->branch || layer->inputs_count == 1) {
    write_flow(w, layer->branch ? layer->branch : layer->inputs[0]);
    text_add(w->out, " -> ");
    if (layer->branch) write_branch(w, layer);
  } else {
    size_t start = w->out->length;
    for (int i = 0; i < layer->inputs_count; i++) {
      bool full = w->out->length - start > LIST_WIDTH; /* the formatter keeps such a line's end */
      if (full) start = w->out->length;
      text_add(w->out, !i ? "[" : full ? ",\n" : ", ");
      write_flow(w, layer->inputs[i]);
    }
    text_add(w->out, "] -> ");
  }
  write_stage(w, layer);
}

static void write_flow(NetWriter *w, const Layer *layer) {
  if (layer->name || layer->kind != LAYER_OPERATION) text_add(w->out, layer->name ? layer->name : layer->text);
  else write_computation(w, layer);
}

static void write_sizes(Text *out, const Layer *layer, bool hwc) {
  for (int i = 0; i < layer->rank; i++) text_addf(out, "%s%s", i ? ", " : "[", size_text(out->arena, layer->sizes[i]));
  text_add(out, hwc ? "] (layout=hwc)" : "]");
}

static void write_split(NetWriter *w, int at) {
  const Layer *split = w->net->layers[at];
  for (int part = 0; part < split->part; part++) {
    const char *name = NULL;
    for (int i = at + 1; i < w->net->layers_count && !name; i++) {
      const Layer *layer = w->net->layers[i];
      if (layer->kind == LAYER_PART && layer->inputs[0] == split && layer->part == part) name = layer->name;
    }
    text_add(w->out, part ? ", " : "  [");
    if (name) text_add(w->out, name);
    else text_addf(w->out, "unused%d_%d", at, part + 1);
  }
  text_add(w->out, "] = ");
  write_computation(w, split);
  text_add(w->out, "\n");
}

static void write_statements(NetWriter *w) {
  const Net *net = w->net;
  bool any = false;
  for (int i = 0; i < net->layers_count; i++) {
    if (net->layers[i]->shared != net->layers[i]) continue;
    text_addf(w->out, "  shared %s = ", net->layers[i]->label);
    write_call(w, net->layers[i]);
    text_add(w->out, "\n");
    any = true;
  }
  if (any) text_add(w->out, "\n");
  for (int i = 0; i < net->layers_count; i++) {
    const Layer *layer = net->layers[i];
    if (layer->kind != LAYER_OPERATION || layer->in_block) continue;
    if (!strcmp(layer->op, "split")) {
      write_split(w, i);
    } else if (layer->name) {
      text_addf(w->out, "  %s = ", layer->name);
      write_computation(w, layer);
      text_add(w->out, "\n");
    }
  }
  for (int i = 0; i < net->outputs_count; i++) {
    const NetOutput *output = &net->outputs[i];
    text_addf(w->out, "  output %s: %s", output->name, layer_dtype(output->layer));
    write_sizes(w->out, output->layer, output->hwc);
    text_add(w->out, " = ");
    write_flow(w, output->layer);
    text_add(w->out, "\n");
  }
}

/* Whether its parameters stand in the file under its own label. */
static bool is_owner(const Layer *layer) { return !layer->shared || layer->shared == layer; }

/* Names that exporters count up instead of giving one: "onnx::Conv_12", "/Constant_3_output_0", "487". */
static bool is_made_up(const char *name) {
  return !strncmp(name, "onnx::", 6) || name[0] == '/' || strspn(name, "0123456789") == strlen(name);
}

/* Whether the model's name of a tensor is one for the weights file. */
static bool is_good_name(const char *name) {
  if (!name || !*name || strlen(name) > 200 || is_made_up(name)) return false;
  for (; *name; name++)
    if (*name < ' ' || *name > '~' || *name == '"' || *name == '\\' || *name == '*') return false;
  return true;
}

/* Names of parameters in the weights file: those of the model, unless they say nothing or several parameters share them. */
static void name_tensors(Net *net) {
  NameTable users = name_table(net->arena); /* int, by the model's names */
  for (int pass = 0; pass < 2; pass++)
    for (int i = 0; i < net->layers_count; i++) {
      Layer *layer = net->layers[i];
      for (int k = 0; is_owner(layer) && k < layer->parameters_count; k++) {
        LayerParameter *parameter = &layer->parameters[k];
        bool good = is_good_name(parameter->original);
        int *count = good ? find_name(&users, parameter->original) : NULL;
        if (good && !count) put_name(&users, parameter->original, count = ARENA_NEW(net->arena, int));
        if (pass)
          parameter->name = good && *count == 1 ? parameter->original : arena_printf(net->arena, "%s.%s", layer->label, parameter->role);
        else if (good) ++*count;
      }
    }
}

/* What stands before ".weight" and the like in the names of all parameters of a layer; NULL: not in all of them. */
static const char *common_scope(const Net *net, const Layer *layer) {
  const char *scope = NULL;
  for (int k = 0; k < layer->parameters_count; k++) {
    const char *name = layer->parameters[k].name, *role = layer->parameters[k].role;
    size_t length = strlen(name), end = strlen(role) + 1;
    if (length <= end || name[length - end] != '.' || strcmp(name + length - end + 1, role)) return NULL;
    const char *own = arena_strndup(net->arena, name, length - end);
    if (scope && strcmp(scope, own)) return NULL;
    scope = own;
  }
  return scope;
}

/* Whether a rule for all below this name would meet tensors of other layers too. */
static bool is_shared_scope(const Net *net, const Layer *layer, const char *scope) {
  size_t length = strlen(scope);
  for (int i = 0; i < net->layers_count; i++)
    for (int k = 0; is_owner(net->layers[i]) && k < net->layers[i]->parameters_count; k++) {
      const char *name = net->layers[i]->parameters[k].name;
      if (net->layers[i] != layer && !strncmp(name, scope, length) && (name[length] == '.' || !name[length])) return true;
    }
  return false;
}

static void write_renames(const Net *net, const Layer *layer, Text *rules) {
  const char *scope = layer->parameters_count ? common_scope(net, layer) : NULL;
  if (scope && !strcmp(scope, layer->label)) return;
  if (scope && !is_shared_scope(net, layer, scope)) {
    text_addf(rules, "    rename \"%s\" = %s\n", scope, layer->label);
    return;
  }
  for (int k = 0; k < layer->parameters_count; k++) {
    const LayerParameter *parameter = &layer->parameters[k];
    const char *name = parameter->name, *path = arena_printf(net->arena, "%s.%s", layer->label, parameter->role);
    if (strcmp(name, path)) text_addf(rules, "    rename \"%s\" = %s\n", name, path);
  }
}

static void write_weights(NetWriter *w, const char *weights) {
  const Net *net = w->net;
  bool any = false;
  Text rules = text_new(net->arena);
  for (int i = 0; i < net->layers_count; i++) {
    any |= net->layers[i]->parameters_count > 0;
    if (is_owner(net->layers[i])) write_renames(net, net->layers[i], &rules);
  }
  if (!any) return;
  text_addf(w->out, "  weights \"%s\"", weights);
  if (rules.length) text_addf(w->out, " {\n%s  }", text_string(&rules));
  text_add(w->out, "\n\n");
}

/* The eps that all batch norms share, if there are several. */
static const char *common_eps(const Net *net) {
  const char *eps = NULL;
  int count = 0;
  for (int i = 0; i < net->layers_count; i++) {
    const Layer *layer = net->layers[i];
    if (layer->kind != LAYER_OPERATION || strcmp(layer->op, "batch_norm")) continue;
    const char *own = layer_attribute(layer, "eps");
    if (eps && strcmp(eps, own)) return NULL;
    eps = own;
    count++;
  }
  return count > 1 ? eps : NULL;
}

static void write_dims(NetWriter *w) {
  for (int i = 0; i < w->net->dims_count; i++) {
    const Dim *dim = w->net->dims[i];
    text_addf(w->out, "dim %s in %lld..", dim->name, (long long)dim->minimum);
    if (dim->multiple > 1) text_addf(w->out, " (multiple_of=%lld)", (long long)dim->multiple);
    text_add(w->out, "\n");
  }
  if (w->net->dims_count) text_add(w->out, "\n");
}

static void write_block(NetWriter *w, const Block *block) {
  text_addf(w->out, "block x -> %s", block->name);
  for (int i = 0; i < block->parameters_count; i++) {
    const BlockParameter *parameter = &block->parameters[i];
    text_addf(w->out, "%s%s", i ? ", " : "(", parameter->name);
    if (parameter->otherwise) text_addf(w->out, "=%s", parameter->otherwise);
  }
  text_addf(w->out, "%s {\n  return ", block->parameters_count ? ")" : "");
  w->scope_end = strlen(block->scope) + 1;
  write_flow(w, block->layers[block->layers_count - 1]);
  w->scope_end = 0;
  text_add(w->out, "\n}\n\n");
}

void write_net(Net *net, const char *weights, Text *out) {
  NetWriter w = {net, out, common_eps(net), 0};
  name_tensors(net);
  text_add(out, "cnn 1\n\n");
  write_dims(&w);
  if (w.eps) text_addf(out, "default batch_norm(eps=%s)\n\n", w.eps);
  if (net->constants.length) text_addf(out, "%s\n", text_string(&net->constants));
  for (int i = 0; i < net->blocks_count; i++) write_block(&w, net->blocks[i]);
  text_addf(out, "net %s {\n", net->name);
  write_weights(&w, weights);
  for (int i = 0; i < net->layers_count; i++) {
    const Layer *layer = net->layers[i];
    if (layer->kind != LAYER_INPUT) continue;
    text_addf(out, "  input %s: %s", layer->name, layer->dtype);
    write_sizes(out, layer, layer->hwc);
    text_add(out, "\n");
  }
  text_add(out, "\n");
  write_statements(&w);
  text_add(out, "}\n");
}

void collect_tensors(const Net *net, Imported *out) {
  for (int i = 0; i < net->layers_count; i++)
    for (int k = 0; is_owner(net->layers[i]) && k < net->layers[i]->parameters_count; k++) {
      const LayerParameter *parameter = &net->layers[i]->parameters[k];
      ImportedTensor tensor = {parameter->name, parameter->rank, {0}, parameter->numbers};
      memcpy(tensor.sizes, parameter->sizes, sizeof tensor.sizes);
      ARENA_PUSH(net->arena, out->tensors, out->tensors_count, tensor);
    }
}
