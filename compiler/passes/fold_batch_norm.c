/* fold_batch_norm.c - turns normalisation with fixed numbers into weights.
 *
 * A batch_norm after a conv or fc that nothing else reads becomes part of its weights; any other batch_norm, and
 * `normalize`, becomes a channel_affine: y = x * weight[c] + bias[c]. Exact in real arithmetic; the new numbers are
 * computed in double and rounded once. The decision never looks at values, so that retraining changes no code. */
#include <math.h>
#include <string.h>

#include "ops/attributes.h"
#include "ops/ops.h"
#include "passes/passes.h"

typedef struct Affine { /* of each channel */
  int64_t channels;
  double *scale, *shift; /* NULL while weights are not bound */
} Affine;

static Affine new_affine(Graph *graph, int64_t channels, bool bound) {
  Affine affine = {.channels = channels};
  if (bound) {
    affine.scale = ARENA_ARRAY(graph->arena, double, (size_t)channels);
    affine.shift = ARENA_ARRAY(graph->arena, double, (size_t)channels);
  }
  return affine;
}

/* scale = gamma / sqrt(var + eps), shift = beta - mean * scale */
static Affine affine_of_batch_norm(Graph *graph, const Node *node) {
  const Parameter *gamma = node->parameters[BATCH_NORM_WEIGHT], *beta = node->parameters[BATCH_NORM_BIAS];
  const Parameter *mean = node->parameters[BATCH_NORM_MEAN], *variance = node->parameters[BATCH_NORM_VARIANCE];
  double eps = ((const BatchNormAttributes *)node->attributes)->eps;
  Affine affine = new_affine(graph, mean->sizes[0], mean->data != NULL);
  for (int64_t c = 0; affine.scale && c < affine.channels; c++) {
    affine.scale[c] = (gamma ? (double)gamma->data[c] : 1.0) / sqrt((double)variance->data[c] + eps);
    affine.shift[c] = (beta ? (double)beta->data[c] : 0.0) - (double)mean->data[c] * affine.scale[c];
  }
  return affine;
}

static Affine affine_of_normalize(Graph *graph, const Node *node) {
  const NormalizeAttributes *attributes = node->attributes;
  Affine affine = new_affine(graph, size_value(type_channels(&node->output->type)), true);
  for (int64_t c = 0; c < affine.channels; c++) {
    double mean = attributes->mean->data[attributes->mean->rank ? c : 0];
    double deviation = attributes->std->data[attributes->std->rank ? c : 0];
    affine.scale[c] = 1.0 / deviation;
    affine.shift[c] = -mean / deviation;
  }
  return affine;
}

static Parameter *derive(Graph *graph, const Node *owner, const char *role, int rank, const int64_t *sizes) {
  Parameter parameter = {.path = arena_printf(graph->arena, "%s.%s", owner->name, role),
                         .role = role,
                         .kind = PARAMETER_DERIVED,
                         .rank = rank,
                         .span = owner->span};
  memcpy(parameter.sizes, sizes, (size_t)rank * sizeof *sizes);
  return graph_add_parameter(graph, parameter);
}

static void allocate(Graph *graph, Parameter *parameter) {
  parameter->data = ARENA_ARRAY(graph->arena, float, (size_t)parameter_elements(parameter));
}

static bool is_foldable(const Node *producer) {
  bool has_weights = producer && (producer->op == &op_conv || producer->op == &op_fc || producer->op == &op_conv_transpose);
  return has_weights && producer->output->uses == 1;
}

/* The output channel of each run of numbers of the weights, which are [out, ..], of a transposed convolution
 * [in, out/groups, ..]. */
static int64_t channel_of_run(const Node *node, const Parameter *weight, int64_t channels, int64_t run) {
  if (node->op != &op_conv_transpose) return run;
  int64_t in_channels = weight->sizes[0], out_group = weight->sizes[1];
  int64_t groups = channels / out_group, group = run / out_group / (in_channels / groups);
  return group * out_group + run % out_group;
}

/* scaled = weight * scale[channel]; runs of numbers belong to one channel. */
static void scale_weights(const Node *node, const Parameter *weight, const Affine *affine, float *scaled) {
  int64_t runs = node->op == &op_conv_transpose ? weight->sizes[0] * weight->sizes[1] : affine->channels;
  int64_t length = parameter_elements(weight) / runs;
  for (int64_t run = 0; run < runs; run++) {
    double scale = affine->scale[channel_of_run(node, weight, affine->channels, run)];
    for (int64_t i = run * length; i < (run + 1) * length; i++) scaled[i] = (float)((double)weight->data[i] * scale);
  }
}

/* What was folded last into a weight: branches that share both layers share the numbers that come of it. */
typedef struct Fold {
  const Node *batch_norm;
  const Parameter *bias;
  Parameter *scaled, *shifted;
} Fold;

static bool is_same_fold(const Fold *fold, const Node *node, const Node *batch_norm) {
  const Node *other = fold->batch_norm;
  if (!other || fold->bias != node->parameters[1]) return false;
  for (int i = 0; i <= BATCH_NORM_VARIANCE; i++)
    if (other->parameters[i] != batch_norm->parameters[i]) return false;
  return ((const BatchNormAttributes *)other->attributes)->eps == ((const BatchNormAttributes *)batch_norm->attributes)->eps;
}

/* They are called as the numbers are that they stand for, not by one of the layers. */
static void share_fold(Graph *graph, Fold *fold, Node *node) {
  const char *path = node->parameters[0]->path, *end = strrchr(path, '.');
  if (end) {
    fold->scaled->path = path;
    fold->shifted->path = arena_printf(graph->arena, "%.*s.bias", (int)(end - path), path);
  }
  node->parameters[0] = fold->scaled;
  node->parameters[1] = fold->shifted;
  node->parameter_count = 2;
}

/* Scales the weights of output channel c by scale[c]; bias = bias * scale + shift. Slots 0 and 1 are weight, bias. */
static void fold_into_weights(Graph *graph, Node *node, const Affine *affine) {
  const Parameter *weight = node->parameters[0], *bias = node->parameters[1];
  Parameter *scaled = derive(graph, node, "weight", weight->rank, weight->sizes);
  scaled->connected = weight->connected;
  Parameter *shifted = derive(graph, node, "bias", 1, &affine->channels);
  if (affine->scale && weight->data) {
    allocate(graph, scaled);
    allocate(graph, shifted);
    scale_weights(node, weight, affine, scaled->data);
    for (int64_t c = 0; c < affine->channels; c++)
      shifted->data[c] = (float)((bias ? (double)bias->data[c] : 0.0) * affine->scale[c] + affine->shift[c]);
  }
  node->parameters[0] = scaled;
  node->parameters[1] = shifted;
  node->parameter_count = 2;
}

static void become_channel_affine(Graph *graph, Node *node, const Affine *affine) {
  Parameter *weight = derive(graph, node, "weight", 1, &affine->channels);
  Parameter *bias = derive(graph, node, "bias", 1, &affine->channels);
  if (affine->scale) {
    allocate(graph, weight);
    allocate(graph, bias);
    for (int64_t c = 0; c < affine->channels; c++) {
      weight->data[c] = (float)affine->scale[c];
      bias->data[c] = (float)affine->shift[c];
    }
  }
  node->op = &op_channel_affine;
  node->attributes = arena_alloc(graph->arena, op_channel_affine.attributes_size);
  memcpy(node->attributes, op_channel_affine.default_attributes, op_channel_affine.attributes_size);
  memset(node->parameters, 0, sizeof node->parameters);
  node->parameters[0] = weight;
  node->parameters[1] = bias;
  node->parameter_count = 2;
}

/* Folded numbers take the path of those that they stand for, which are gone unless another node shares them. */
static void drop_unused_parameters(Graph *graph) {
  bool *used = ARENA_ARRAY(graph->arena, bool, (size_t)graph->parameter_count);
  for (int i = 0; i < graph->node_count; i++)
    for (int k = 0; k < graph->nodes[i]->parameter_count; k++)
      if (graph->nodes[i]->parameters[k]) used[graph->nodes[i]->parameters[k]->id] = true;
  int kept = 0;
  for (int i = 0; i < graph->parameter_count; i++) {
    if (!used[i]) continue;
    graph->parameters[i]->id = kept;
    graph->parameters[kept++] = graph->parameters[i];
  }
  graph->parameter_count = kept;
}

/* The batch_norm becomes a part of the convolution or fc before it. */
static void fold_into(Graph *graph, Node *producer, const Node *batch_norm, Fold *folds) {
  Fold *fold = &folds[producer->parameters[0]->id];
  if (is_same_fold(fold, producer, batch_norm)) {
    share_fold(graph, fold, producer);
    return;
  }
  const Parameter *bias = producer->parameters[1];
  Affine affine = affine_of_batch_norm(graph, batch_norm);
  fold_into_weights(graph, producer, &affine);
  *fold = (Fold){batch_norm, bias, producer->parameters[0], producer->parameters[1]};
}

void fold_batch_norm(Compilation *c, Graph *graph) {
  (void)c;
  Fold *folds = ARENA_ARRAY(graph->arena, Fold, (size_t)graph->parameter_count + 2 * (size_t)graph->node_count + 1); /* by Parameter.id */
  for (int i = 0; i < graph->node_count; i++) {
    Node *node = graph->nodes[i];
    if (node->op == &op_normalize) {
      Affine affine = affine_of_normalize(graph, node);
      become_channel_affine(graph, node, &affine);
    } else if (node->op == &op_batch_norm) {
      Node *producer = node->inputs[0]->producer;
      if (!is_foldable(producer)) {
        Affine affine = affine_of_batch_norm(graph, node);
        become_channel_affine(graph, node, &affine);
        continue;
      }
      fold_into(graph, producer, node, folds);
      producer->output = node->output; /* the batch_norm is gone: what read it reads the convolution */
      node->output->producer = producer;
      node->output = node->inputs[0];
      node->output->producer = NULL;
    }
  }
  int kept = 0;
  for (int i = 0; i < graph->node_count; i++) {
    Node *node = graph->nodes[i];
    if (node->op == &op_batch_norm) continue;
    node->id = kept;
    graph->nodes[kept++] = node;
  }
  graph->node_count = kept;
  drop_unused_parameters(graph);
  count_uses(graph);
}
