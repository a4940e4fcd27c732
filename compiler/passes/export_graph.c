/* export_graph.c - Graph to ONNX model: inputs and outputs with their types, layouts and batch; what lies between is
 * each operator's own business (ops/to_onnx.h). The graph is as written, so that names and batch norms are kept. */
#include "passes/export_graph.h"

#include <string.h>

#include "ops/ops.h"
#include "ops/to_onnx.h"

static OnnxType onnx_type(DType dtype) {
  switch (dtype) {
  case DTYPE_F32: return ONNX_FLOAT32;
  case DTYPE_U8: return ONNX_UINT8;
  case DTYPE_I8: return ONNX_INT8;
  case DTYPE_I16: return ONNX_INT16;
  case DTYPE_I32: return ONNX_INT32;
  }
  return ONNX_FLOAT32;
}

/* A size of a dim alone has its name; others are for the runtime to find out. */
static OnnxSize onnx_size(const OnnxWriter *w, const Size *size) {
  int64_t number;
  if (size_is_const(size, &number)) return (OnnxSize){number, NULL};
  for (int i = 0; i < w->graph->dim_count; i++)
    if (size_equal(size, size_of_dim(w->arena, w->graph->dims[i]))) return (OnnxSize){-1, w->graph->dims[i]->name};
  return (OnnxSize){-1, NULL};
}

/* Of which axis of ours an axis of the caller's buffer is; the batch not counted. */
static int source_axis(int rank, bool hwc, int axis) { return hwc ? (axis + 1) % rank : axis; }

static OnnxValue describe(const OnnxWriter *w, const char *name, DType dtype, const TensorType *type, bool hwc) {
  OnnxValue value = {.name = name, .dtype = tensor_dtype(dtype), .rank = type->rank + 1};
  value.sizes[0] = w->batch ? (OnnxSize){w->batch, NULL} : (OnnxSize){-1, w->batch_name};
  for (int i = 0; i < type->rank; i++) value.sizes[i + 1] = onnx_size(w, type->sizes[source_axis(type->rank, hwc, i)]);
  return value;
}

/* Between the order of the caller's buffer and channels first. */
static const char *turn(OnnxWriter *w, const char *x, int rank, bool to_hwc) {
  int64_t order[MAX_RANK + 1] = {0};
  for (int i = 0; i < rank; i++) order[i + 1] = 1 + (to_hwc ? (i + 1) % rank : (i + rank - 1) % rank);
  return onnx_transpose(w, x, rank + 1, order);
}

static void begin_inputs(OnnxWriter *w, OnnxGraph *out) {
  OnnxValue *inputs = NULL;
  for (int i = 0; i < w->graph->input_count; i++) {
    const GraphInput *input = &w->graph->inputs[i];
    const TensorType *type = &input->value->type;
    const char *x = w->base = input->value->name;
    ARENA_PUSH(w->arena, inputs, out->inputs_count, describe(w, x, type->dtype, type, input->hwc));
    if (type->dtype != DTYPE_F32) x = onnx_cast(w, x, ONNX_FLOAT32);
    if (input->hwc && type->rank > 1) x = turn(w, x, type->rank, false);
    w->values[input->value->id] = x;
  }
  out->inputs = inputs;
}

/* The newest node gets the names of the layer, if it was made for it and computes its result. */
static const char *name_result(OnnxWriter *w, int made, const char *result, const char *name, const char *node_name) {
  if (w->node_count == made || w->nodes[w->node_count - 1].outputs[0] != result) ONNX_NODE(w, "Identity", result);
  OnnxNode *newest = &w->nodes[w->node_count - 1];
  newest->outputs[0] = name;
  newest->name = node_name;
  return name;
}

static const char *write_node(OnnxWriter *w, const Node *node) {
  if (node->op->to_onnx) return node->op->to_onnx(w, node);
  const char **inputs = ARENA_ARRAY(w->arena, const char *, (size_t)node->input_count + 1);
  for (int i = 0; i < node->input_count; i++) inputs[i] = onnx_input(w, node, i);
  return add_onnx_node(w, node->op->onnx, inputs);
}

/* The name of an output that the value is as it stands. */
static const char *output_name(const Graph *graph, const Value *value) {
  for (int i = 0; i < graph->output_count; i++) {
    const GraphOutput *output = &graph->outputs[i];
    if (output->value == value && value->type.dtype == DTYPE_F32 && !(output->hwc && value->type.rank > 1)) return output->name;
  }
  return NULL;
}

static void write_nodes(OnnxWriter *w, OnnxGraph *out, const bool *wanted) {
  OnnxValue *values = NULL;
  for (int i = 0; i < w->graph->node_count; i++) {
    const Node *node = w->graph->nodes[i];
    const Value *value = node->output;
    if (!wanted[value->id]) continue;
    w->base = node->name;
    int made = w->node_count;
    const char *result = write_node(w, node), *name = output_name(w->graph, value);
    bool inner = !name;
    if (inner) name = unique_onnx_name(w, value->name);
    w->values[value->id] = name_result(w, made, result, name, node->name);
    if (!inner) continue;
    ARENA_PUSH(w->arena, values, out->values_count, describe(w, name, DTYPE_F32, &value->type, false));
  }
  out->values = values;
}

/* What is stored as int32 may be 2^31 as a float; one is taken off where integers are exact. */
static const char *to_integer(OnnxWriter *w, const char *x, DType dtype) {
  if (dtype != DTYPE_I32) return onnx_cast(w, x, onnx_type(dtype));
  const int64_t most = dtype_maximum(dtype);
  const char *wide = onnx_cast(w, x, ONNX_INT64), *limit = onnx_integers(w, "most", 1, &most);
  return onnx_cast(w, ONNX_NODE(w, "Min", wide, limit), ONNX_INT32);
}

static void end_outputs(OnnxWriter *w, OnnxGraph *out) {
  OnnxValue *outputs = NULL;
  for (int i = 0; i < w->graph->output_count; i++) {
    const GraphOutput *output = &w->graph->outputs[i];
    const TensorType *type = &output->value->type;
    const char *x = w->values[output->value->id];
    w->base = output->name;
    int made = w->node_count;
    if (output->hwc && type->rank > 1) x = turn(w, x, type->rank, true);
    if (type->dtype != DTYPE_F32) x = to_integer(w, x, type->dtype);
    if (w->node_count == made && x != output->name) x = ONNX_NODE(w, "Identity", x);
    if (w->node_count > made) w->nodes[w->node_count - 1].outputs[0] = output->name;
    ARENA_PUSH(w->arena, outputs, out->outputs_count, describe(w, output->name, type->dtype, type, output->hwc));
  }
  out->outputs = outputs;
}

/* By Value.id: whether an output needs it. */
static const bool *find_wanted(Arena *arena, const Graph *graph) {
  bool *wanted = ARENA_ARRAY(arena, bool, (size_t)graph->value_count + 1);
  for (int i = 0; i < graph->output_count; i++) wanted[graph->outputs[i].value->id] = true;
  for (int i = graph->node_count - 1; i >= 0; i--) {
    const Node *node = graph->nodes[i];
    for (int k = 0; wanted[node->output->id] && k < node->input_count; k++) wanted[node->inputs[k]->id] = true;
  }
  return wanted;
}

/* The names that others rely on come first: inputs, outputs, parameters. */
static void reserve_names(OnnxWriter *w) {
  const Graph *g = w->graph;
  for (int i = 0; i < g->input_count; i++) put_name(&w->names, g->inputs[i].value->name, w);
  for (int i = 0; i < g->output_count; i++) put_name(&w->names, g->outputs[i].name, w);
  for (int i = 0; i < g->node_count; i++) {
    const Node *node = g->nodes[i];
    for (int k = 0; k < node->parameter_count; k++)
      if (node->parameters[k]) put_name(&w->names, node->parameters[k]->path, w);
    for (int k = 0; k < node->input_count; k++)
      if (node->inputs[k]->constant) put_name(&w->names, node->inputs[k]->constant->path, w);
  }
  w->batch_name = "batch";
  for (int i = 0; i < g->dim_count; i++)
    if (!strcmp(g->dims[i]->name, "batch")) w->batch_name = "samples";
}

/* What ONNX has no place for: the ranges of the dims. */
static const char *graph_doc(Arena *arena, const Graph *graph) {
  Text text = text_new(arena);
  if (graph->doc) text_addf(&text, "%s\n", graph->doc);
  for (int i = 0; i < graph->dim_count; i++) text_addf(&text, "%s: %s\n", graph->dims[i]->name, dim_text(arena, graph->dims[i]));
  return text_string(&text);
}

static void add_properties(Arena *arena, const Graph *graph, OnnxModel *model) {
  OnnxProperty *properties = NULL;
  for (int i = 0; i < graph->meta_count; i++)
    ARENA_PUSH(arena, properties, model->properties_count, ((OnnxProperty){graph->metas[i].name, graph->metas[i].text}));
  model->properties = properties;
}

OnnxModel *export_graph(Compilation *c, const Graph *graph, int64_t batch) {
  OnnxWriter w = {.arena = c->arena,
                  .graph = graph,
                  .batch = batch,
                  .names = name_table(c->arena),
                  .parameters = name_table(c->arena),
                  .counters = name_table(c->arena)};
  OnnxModel *model = ARENA_NEW(c->arena, OnnxModel);
  *model = (OnnxModel){.ir_version = ONNX_IR_VERSION, .opset = ONNX_OPSET, .producer = "cnnc", .producer_version = CNNC_VERSION};
  const char *slash = strrchr(c->options->file, '/'); /* the same wherever the file lies */
  model->doc = arena_printf(c->arena, "%s: net %s, generated by cnnc", slash ? slash + 1 : c->options->file, graph->name);
  model->graph.name = graph->name;
  model->graph.doc = graph_doc(c->arena, graph);
  w.values = ARENA_ARRAY(c->arena, const char *, (size_t)graph->value_count + 1);
  reserve_names(&w);
  begin_inputs(&w, &model->graph);
  write_nodes(&w, &model->graph, find_wanted(c->arena, graph));
  end_outputs(&w, &model->graph);
  add_properties(c->arena, graph, model);
  model->graph.nodes = w.nodes;
  model->graph.nodes_count = w.node_count;
  model->graph.initializers = w.initializers;
  model->graph.initializers_count = w.initializer_count;
  return model;
}
