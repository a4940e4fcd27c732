/* import.c - see import.h: checks the model as a graph, then maps node after node. */
#include "import/import.h"

#include <string.h>
#include "import/importer.h"
#include "ir/network_size.h"

static void put_value(Importer *m, const char *name, Value *value) {
  value->name = name;
  put_name(&m->values, name, value);
}

static Value *tensor_constant(Importer *m, const WeightTensor *tensor) {
  const Size *sizes[MAX_TENSOR_RANK];
  for (int i = 0; i < tensor->rank; i++) sizes[i] = size_of(m->arena, tensor->sizes[i]);
  Value *value = empty_constant(m, tensor->dtype, tensor->rank, sizes);
  value->tensor = tensor;
  return value;
}

static bool add_constants(Importer *m) {
  const OnnxGraph *graph = &m->model->graph;
  bool good = true;
  for (int i = 0; i < graph->initializers_count; i++) {
    const WeightTensor *tensor = &graph->initializers[i];
    if (find_name(&m->values, tensor->name))
      good = graph_error(m, "the model has two initializers `%s`", shown_name(m->arena, tensor->name));
    put_value(m, tensor->name, tensor_constant(m, tensor));
  }
  for (int i = 0; i < m->options->bindings_count; i++) {
    const ImportBinding *binding = &m->options->bindings[i];
    bool known = false;
    for (int k = 0; k < graph->inputs_count; k++) known |= !strcmp(graph->inputs[k].name, binding->name);
    if (!known) good = graph_error(m, "the model has no input `%s` that `--bind` could give", shown_name(m->arena, binding->name));
    put_value(m, binding->name, tensor_constant(m, &binding->tensor));
  }
  return good;
}

static const Dim *dim_named(Importer *m, const char *name) {
  for (int i = 0; i < m->net.dims_count; i++)
    if (!strcmp(m->net.dims[i]->name, name)) return m->net.dims[i];
  Dim *dim = ARENA_NEW(m->arena, Dim);
  *dim = (Dim){.name = name, .minimum = m->options->least_size, .maximum = -1, .multiple = m->options->multiple};
  ARENA_PUSH(m->arena, m->net.dims, m->net.dims_count, dim);
  return dim;
}

/* A name of ONNX's as one of ours: letters, digits, `_`. */
static const char *clean_name(Arena *arena, const char *name, const char *otherwise) {
  Text text = text_new(arena);
  for (; *name && text.length < 24; name++) {
    bool letter = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') || *name == '_';
    bool digit = *name >= '0' && *name <= '9';
    if (letter || (digit && text.length)) text_add_char(&text, *name, 1);
    else if (text.length && text.data[text.length - 1] != '_') text_add(&text, "_");
  }
  while (text.length && text.data[text.length - 1] == '_') text.data[--text.length] = '\0';
  return text.length ? text_string(&text) : otherwise;
}

/* The number that --size gives the size of this name; 0: none. */
static int64_t given_size(Importer *m, const char *name) {
  for (int i = 0; i < m->options->sizes_count; i++)
    if (!strcmp(m->options->sizes[i].name, name)) {
      put_name(&m->given, name, m);
      return m->options->sizes[i].size;
    }
  return 0;
}

/* A size of an input: a number, or a `dim` named after it or its axis. */
static const Size *input_size(Importer *m, const OnnxSize *size, int axis, int rank) {
  static const char *const names[] = {"C", "H", "W"};
  if (size->size >= 0) return size_of(m->arena, size->size);
  const char *otherwise = rank == 2 ? "L" : axis < 3 ? names[axis] : "N";
  const char *name = size->name ? clean_name(m->arena, size->name, otherwise) : otherwise;
  int64_t given = size->name ? given_size(m, size->name) : 0;
  if (!given) given = given_size(m, name);
  if (given) return size_of(m->arena, given);
  return size_of_dim(m->arena, dim_named(m, name));
}

static bool is_constant_input(const Importer *m, const OnnxValue *input) { return find_name(&m->values, input->name) != NULL; }

/* Whether all that read a value transpose it from [N, H, W, C] to [N, C, H, W]. */
static bool is_channels_last(Importer *m, const char *name) {
  const OnnxGraph *graph = &m->model->graph;
  bool any = false;
  for (int i = 0; i < graph->nodes_count; i++)
    for (int k = 0; k < graph->nodes[i].inputs_count; k++) {
      const OnnxNode *node = &graph->nodes[i];
      if (strcmp(node->inputs[k], name)) continue;
      any = true;
      const OnnxAttribute *perm = node->attributes_count == 1 ? &node->attributes[0] : NULL;
      if (strcmp(node->op_type, "Transpose") || !perm || perm->kind != ONNX_INTS || perm->count != 4) return false;
      if (perm->integers[0] || perm->integers[1] != 3 || perm->integers[2] != 1 || perm->integers[3] != 2) return false;
    }
  return any;
}

static const char *input_dtype(const OnnxValue *input) {
  if (input->other_type) return NULL;
  switch (input->dtype) {
  case TENSOR_F32: return "float32";
  case TENSOR_U8: return "uint8";
  case TENSOR_I8: return "int8";
  case TENSOR_I16: return "int16";
  case TENSOR_I32: return "int32";
  case TENSOR_F64:
  case TENSOR_F16:
  case TENSOR_BF16:
  case TENSOR_I64:
  case TENSOR_BOOL:
  case TENSOR_U16:
  case TENSOR_U32:
  case TENSOR_U64: break;
  }
  return NULL;
}

static const char *dtype_word(const OnnxValue *value) { return value->other_type ? value->other_type : tensor_dtype_name(value->dtype); }

static bool add_network_input(Importer *m, const OnnxValue *input) {
  const char *shown = shown_name(m->arena, input->name), *dtype = input_dtype(input);
  if (!dtype)
    return graph_error(m, "the input `%s` is of type %s; networks of cnnc take float32, uint8, int8, int16 and int32", shown,
                       dtype_word(input));
  if (input->rank < 0) return graph_error(m, "the input `%s` has no shape", shown);
  int first = m->batched && input->rank > 1;
  int rank = input->rank - first;
  if (!rank || rank > MAX_CNN_RANK)
    return graph_error(m, "the input `%s` has %d sizes%s; cnnc's tensors have one to three", shown, rank, first ? " beside the batch" : "");
  const Size *sizes[MAX_TENSOR_RANK], *cnn_sizes[MAX_CNN_RANK];
  int axes[MAX_TENSOR_RANK];
  if (first) {
    axes[0] = input->sizes[0].size == 1 ? AXIS_NONE : AXIS_BATCH;
    sizes[0] = size_one();
    if (input->sizes[0].size > 1) m->batch_size = input->sizes[0].size;
  }
  bool hwc = rank == 3 && first && is_channels_last(m, input->name);
  for (int i = 0; i < rank; i++) {
    axes[first + i] = hwc ? (i + 1) % 3 : i;
    if (!input->sizes[first + i].size) return graph_error(m, "the input `%s` is empty: a size of it is 0", shown);
    sizes[first + i] = cnn_sizes[axes[first + i]] = input_size(m, &input->sizes[first + i], axes[first + i], rank);
  }
  Layer *layer = add_layer(&m->net, NULL, NULL, rank, cnn_sizes);
  layer->kind = LAYER_INPUT;
  layer->name = input->name;
  layer->hwc = hwc;
  layer->dtype = dtype;
  put_value(m, input->name, tensor_value(m, layer, input->rank, sizes, axes));
  return true;
}

static bool add_network_inputs(Importer *m) {
  const OnnxGraph *graph = &m->model->graph;
  bool good = true;
  for (int i = 0; i < graph->inputs_count; i++)
    if (!is_constant_input(m, &graph->inputs[i])) good &= add_network_input(m, &graph->inputs[i]);
  return good;
}

/* A --size that no input has is a slip; one sample is what the network is written for. */
static bool check_given_sizes(Importer *m) {
  const OnnxGraph *graph = &m->model->graph;
  bool good = true;
  for (int i = 0; i < m->options->sizes_count; i++) {
    const ImportSize *size = &m->options->sizes[i];
    bool known = find_name(&m->given, size->name) != NULL;
    for (int k = 0; k < graph->inputs_count && size->size == 1; k++) {
      const OnnxValue *input = &graph->inputs[k];
      known |= m->batched && input->rank && input->sizes[0].name && !strcmp(input->sizes[0].name, size->name);
    }
    if (!known) good = graph_error(m, "no input of the model has a size `%s` that `--size` could give", shown_name(m->arena, size->name));
  }
  return good;
}

static void check_attributes(Importer *m) {
  for (int i = 0; i < m->node->attributes_count; i++) {
    const char *name = m->node->attributes[i].name;
    if (i >= 64) refuse(m, "it has more than 64 attributes");
    else if (!(m->used_attributes >> i & 1)) refuse(m, "its attribute `%s` is not one that cnnc knows there", shown_name(m->arena, name));
  }
}

static bool check_counts(Importer *m, const OnnxOperator *known, int inputs) {
  if (inputs < known->min_inputs) return refuse(m, "it has %d inputs and needs %d", inputs, known->min_inputs);
  if (known->max_inputs >= 0 && inputs > known->max_inputs) return refuse(m, "it has %d inputs; %d are known", inputs, known->max_inputs);
  for (int i = 0; i < known->min_inputs; i++)
    if (!*m->node->inputs[i]) return refuse(m, "its input %d is left out", i + 1);
  for (int i = known->outputs; i < m->node->outputs_count; i++)
    if (*m->node->outputs[i] && find_name(&m->counts, m->node->outputs[i]))
      return refuse(m, "its output %d, `%s`, is none that cnnc computes", i + 1, shown_name(m->arena, m->node->outputs[i]));
  return true;
}

/* Inputs at the end that are left out are not there. */
static int count_inputs(const OnnxNode *node) {
  int count = node->inputs_count;
  while (count && !*node->inputs[count - 1]) count--;
  return count;
}

typedef struct Operands {
  const Value **values;
  int count;
  bool bad, constant;
} Operands;

static Operands gather_operands(Importer *m, int count) {
  Operands all = {ARENA_ARRAY(m->arena, const Value *, (size_t)count + 8), count, false, count > 0};
  for (int i = 0; i < count; i++) {
    const Value *value = *m->node->inputs[i] ? find_name(&m->values, m->node->inputs[i]) : NULL;
    all.values[i] = value;
    if (!value) continue;
    all.bad |= value->kind == VALUE_BAD;
    all.constant &= value->kind == VALUE_CONSTANT;
  }
  return all;
}

static bool takes_expanded(const char *op) { return !strcmp(op, "Add") || !strcmp(op, "Sub") || !strcmp(op, "Mul") || !strcmp(op, "Div"); }
static bool takes_spread(const char *op) { return !strcmp(op, "Reshape") || !strcmp(op, "Transpose") || !strcmp(op, "Shape"); }

/* All others work on their first input, and what they say of a constant there is not worth a case in each. */
static bool takes_constant_first(const char *op) {
  static const char *const ops[] = {"Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean", "MatMul", "Gemm", "Where", "Concat"};
  for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
    if (!strcmp(ops[i], op)) return true;
  return false;
}

static bool map_with(Importer *m, const OnnxOperator *known, const Operands *in, Value **out) {
  bool folds = known->fold && (in->constant || (!in->count && !known->map));
  for (int i = 0; i < in->count; i++) {
    const Value *value = in->values[i];
    if (!value || value->kind != VALUE_TENSOR) continue;
    if (value->spread && !takes_spread(known->name)) return refuse(m, "its input is reshaped to more sizes than cnnc's tensors have");
    if (value->expanded && (!takes_expanded(known->name) || in->count != 2 || in->values[i == 0]->kind != VALUE_TENSOR))
      return refuse(m, "its input is repeated along its channels by an Expand");
    if (value->dtype == TENSOR_I64 && strcmp(known->name, "Cast") && strcmp(known->name, "Min"))
      return refuse(m, "its input `%s` is of type int64, with which cnnc does not compute", shown_name(m->arena, value->name));
  }
  if (folds) return known->fold(m, in->values, in->count, out);
  if (!known->map) return refuse(m, "it is computed at run time; cnnc imports it only where its inputs are constants");
  if (in->constant && in->count) return refuse(m, "all its inputs are constants, and cnnc does not compute that while it imports");
  if (in->count && in->values[0] && is_constant(in->values[0]) && !takes_constant_first(known->name))
    return refuse(m, "its input `%s` is a constant, though another is not", shown_name(m->arena, in->values[0]->name));
  return known->map(m, in->values, in->count, out);
}

static void map_node(Importer *m, const OnnxNode *node) {
  m->node = node;
  m->used_attributes = 0;
  m->refused = false;
  Value **out = ARENA_ARRAY(m->arena, Value *, (size_t)node->outputs_count + 1);
  const OnnxOperator *known = *node->domain ? NULL : find_onnx_operator(node->op_type);
  Operands in = gather_operands(m, count_inputs(node));
  bool good = false;
  if (*node->domain) refuse(m, "its domain `%s` is not ONNX's own", shown_name(m->arena, node->domain));
  else if (!known) refuse(m, "cnnc has no counterpart of this operator");
  else if (in.count > MAX_TENSORS || node->outputs_count > MAX_TENSORS) refuse(m, "it has more than %d inputs or outputs", MAX_TENSORS);
  else if (check_counts(m, known, in.count) && !in.bad) good = map_with(m, known, &in, out);
  if (good) check_attributes(m);
  for (int i = 0; i < node->outputs_count; i++) {
    bool done = good && !m->refused && out[i];
    Value *value = done ? ARENA_NEW(m->arena, Value) : empty_constant(m, TENSOR_F32, 0, NULL);
    if (done) *value = *out[i];
    else value->kind = VALUE_BAD;
    if (*node->outputs[i]) put_value(m, node->outputs[i], value);
  }
}

/* An output as the caller gets it: the axes of ONNX, without the batch. */
static bool add_output(Importer *m, const OnnxValue *output) {
  const char *shown = shown_name(m->arena, output->name);
  const Value *value = find_name(&m->values, output->name);
  if (!value) return graph_error(m, "the output `%s` is computed by nothing", shown);
  if (value->kind == VALUE_BAD) return false;
  if (value->kind == VALUE_TENSOR && value->expanded)
    return graph_error(m, "the output `%s` is repeated along its channels by an Expand", shown);
  if (value->kind == VALUE_CONSTANT) return graph_error(m, "the output `%s` is a constant, which no network needs to compute", shown);
  int axes[MAX_TENSOR_RANK], count = 0, batch = batch_axis(value);
  if (batch > 0) return graph_error(m, "the output `%s` has the batch as axis %d, not as its first", shown, batch);
  bool drop = m->batched && value->rank > (batch != 0) && size_is(value->sizes[0], 1); /* [N] is one number for each sample */
  for (int i = drop; i < value->rank; i++) axes[count++] = i;
  for (int i = 0; i < count && count > MAX_CNN_RANK;) {
    if (!size_is(value->sizes[axes[i]], 1)) i++;
    else memmove(axes + i, axes + i + 1, (size_t)(--count - i) * sizeof *axes);
  }
  if (count > MAX_CNN_RANK) return graph_error(m, "the output `%s` has %d sizes; cnnc's tensors have one to three", shown, count);
  NetOutput *to = ARENA_NEW(m->arena, NetOutput);
  to->name = output->name;
  to->hwc = count == 3 && !value->spread && value->axes[axes[0]] == 1 && value->axes[axes[1]] == 2 && value->axes[axes[2]] == 0;
  OnnxNode *node = ARENA_NEW(m->arena, OnnxNode); /* layers that are added keep it */
  *node = (OnnxNode){.name = "", .op_type = "output", .outputs = &to->name, .outputs_count = 1, .domain = ""};
  m->node = node;
  m->refused = false;
  const Size *one = size_one();
  if (to->hwc) to->layer = value->layer;
  else to->layer = count ? arrange(m, value, axes, count) : reshape_layer(m, value->layer, &one, 1);
  if (!to->layer) return false;
  if (!output->other_type && output->dtype == TENSOR_F32 && strcmp(layer_dtype(to->layer), "float32")) {
    to->layer = same_layer(m, "cast", to->layer);
    add_attribute(&m->net, to->layer, NULL, "float32");
  }
  ARENA_PUSH(m->arena, m->net.outputs, m->net.outputs_count, *to);
  return true;
}

enum { MOST_MADE = 2 * MAX_LAYERS }; /* layers, of which patterns may leave fewer */

static bool import_with(Importer *m) {
  const OnnxGraph *graph = &m->model->graph;
  int64_t opset = m->model->opset;
  if (opset < ONNX_MIN_OPSET || opset > ONNX_MAX_OPSET)
    return graph_error(
        m, opset ? "the model is of opset %lld; cnnc imports %d to %d" : "the model names no opset of ONNX (%lld); cnnc imports %d to %d",
        (long long)opset, ONNX_MIN_OPSET, ONNX_MAX_OPSET);
  if (!graph->outputs_count) return graph_error(m, "the model has no output");
  if (!add_constants(m) || !add_network_inputs(m) || !check_given_sizes(m)) return false;
  if (!m->net.layers_count) return graph_error(m, "the model has no input: all it has are constants");
  const OnnxNode **order = find_order(m);
  if (!order) return false;
  bool *needed = find_needed(m, order);
  for (int i = 0; i < graph->nodes_count; i++)
    if (needed[i] && m->net.layers_count <= MOST_MADE) map_node(m, order[i]);
  if (m->net.layers_count > MOST_MADE) return graph_error(m, "the model has more than the %d layers that a network may have", MAX_LAYERS);
  if (m->diagnostics->errors) return false;
  bool good = true;
  for (int i = 0; i < graph->outputs_count; i++) good &= add_output(m, &graph->outputs[i]);
  return good && !m->diagnostics->errors;
}

/* Whether the first axis of the inputs counts samples, as far as their shapes say: *sure. */
static bool looks_batched(const Importer *m, bool *sure) {
  const OnnxGraph *graph = &m->model->graph;
  bool batched = false;
  NameTable constants = name_table(m->arena);
  for (int i = 0; i < graph->initializers_count; i++) put_name(&constants, graph->initializers[i].name, m->net.arena);
  for (int i = 0; i < m->options->bindings_count; i++) put_name(&constants, m->options->bindings[i].name, m->net.arena);
  *sure = true;
  for (int i = 0; i < graph->inputs_count; i++) {
    const OnnxValue *input = &graph->inputs[i];
    if (find_name(&constants, input->name) || input->rank < 2) continue;
    if (input->rank > MAX_CNN_RANK) return true;
    if (input->sizes[0].size > 1) *sure = false;
    batched |= input->sizes[0].size <= 1;
  }
  return batched && *sure;
}

bool has_varying_sizes(const OnnxModel *model) {
  for (int i = 0; i < model->graph.inputs_count; i++)
    for (int k = 1; k < model->graph.inputs[i].rank; k++)
      if (model->graph.inputs[i].sizes[k].size < 0) return true;
  return false;
}

static Importer new_importer(Arena *arena, Diagnostics *diagnostics, const OnnxModel *model, const ImportOptions *options, bool batched) {
  return (Importer){.arena = arena,
                    .diagnostics = diagnostics,
                    .model = model,
                    .options = options,
                    .net = {.arena = arena, .name = options->net, .short_labels = options->short_labels, .constants = text_new(arena)},
                    .values = name_table(arena),
                    .counts = name_table(arena),
                    .given = name_table(arena),
                    .batched = batched,
                    .batch_size = 1};
}

/* No part of a pattern may be left over. */
static bool check_layers(Importer *m) {
  static const char *const parts[][3] = {{"erf", "erf", "gelu"},
                                         {"round", "round", "a cast to integers"},
                                         {"isnan", "isnan", "a cast to integers"},
                                         {"infinite_pad", "padding with minus infinity", "max_pool"}};
  bool good = true;
  for (int i = 0; i < m->net.layers_count; i++)
    for (int k = 0; k < 4; k++) {
      const Layer *layer = m->net.layers[i];
      if (!layer->op || strcmp(layer->op, parts[k][0])) continue;
      m->node = layer->node;
      m->refused = false;
      good = refuse(m, "cnnc has %s only as a part of %s", parts[k][1], parts[k][2]);
    }
  return good;
}

bool import_onnx(Arena *arena, Diagnostics *diagnostics, const OnnxModel *model, const ImportOptions *options, Imported *out) {
  Importer m = new_importer(arena, diagnostics, model, options, false);
  bool sure;
  m.batched = looks_batched(&m, &sure);
  bool good = import_with(&m);
  if (!good && !sure) {
    Diagnostics silent = {.arena = arena, .sources = diagnostics->sources, .most_errors = diagnostics->most_errors};
    Importer other = new_importer(arena, &silent, model, options, !m.batched);
    if (import_with(&other)) {
      good = true;
      m = other;
      *diagnostics = (Diagnostics){.arena = arena, .sources = diagnostics->sources, .most_errors = diagnostics->most_errors};
    }
  }
  if (!good) return false;
  nest_concats(&m.net);
  count_layer_uses(&m.net);
  if (!check_layers(&m)) return false;
  find_branches(&m.net);
  find_shared(&m.net);
  name_layers(&m.net);
  *out = (Imported){.source = text_new(arena), .varies = m.net.dims_count > 0};
  write_net(&m.net, options->weights, &out->source);
  collect_tensors(&m.net, out);
  return true;
}
