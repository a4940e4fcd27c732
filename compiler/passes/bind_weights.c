/* bind_weights.c - gives every learned parameter its numbers, from the weights files, from -w or from a seed.
 *
 * Strict both ways: a parameter without a tensor and a tensor without a parameter are errors. Sizes are compared in
 * the order that the file's layout says and never guessed. Afterwards no parameter that the net needs lacks data. */
#include <string.h>
#include "ir/operator.h"
#include "ops/infer.h"
#include "ops/ops.h"
#include "passes/passes.h"
#include "passes/weight_match.h"

bool needs_tensor(const Parameter *parameter) { return parameter->kind == PARAMETER_LEARNED || parameter->kind == PARAMETER_STATISTIC; }

/* Finds a tensor for each parameter; what is missing is counted. */
static bool match(Binder *b) {
  for (int i = 0; i < b->graph->parameter_count; i++) {
    Parameter *parameter = b->graph->parameters[i];
    if (!needs_tensor(parameter)) continue;
    NamedTensor *second = NULL, *named = find_for_parameter(b, parameter, &second);
    if (second) {
      Diagnostic *d = report(b->c->diagnostics, CODE_E0508, named->file->source->span, "`%s` has two names in the weights: `%s` and `%s`",
                             parameter->path, shown_name(b->c->arena, named->tensor->name), shown_name(b->c->arena, second->tensor->name));
      add_help(d, "name the one that is not wanted in an `ignore` rule");
      return false;
    }
    if (!named) b->missing++;
    else named->taken_by = parameter;
    b->found[i] = named;
  }
  b->matched = true;
  return true;
}

bool holds_weights(TensorDType dtype) { return dtype == TENSOR_F32 || dtype == TENSOR_F16 || dtype == TENSOR_BF16 || dtype == TENSOR_F64; }

/* Sizes and number types. One error per layer, and one for all that stand in another framework's order. */
static bool check_tensors(Binder *b) {
  bool good = true;
  int turned = 0, first_turned = -1;
  const Node *last_owner = NULL;
  for (int i = 0; i < b->graph->parameter_count; i++) {
    const Parameter *parameter = b->graph->parameters[i];
    const NamedTensor *named = b->found[i];
    if (!named) continue;
    const WeightTensor *tensor = named->tensor;
    if (!holds_weights(tensor->dtype)) {
      report(b->c->diagnostics, CODE_E0502, parameter->span, "`%s` holds numbers of type %s; weights are F32, F16, BF16 or F64",
             shown_name(b->c->arena, tensor->name), tensor_dtype_name(tensor->dtype));
      good = false;
    } else if (!sizes_fit(b, parameter, tensor, named->file->keras)) {
      good = false;
      if (parameter->rank >= 2 && sizes_fit(b, parameter, tensor, !named->file->keras)) {
        if (!turned++) first_turned = i;
      } else if (!last_owner || last_owner != b->owners[i]) {
        report_wrong_sizes(b, parameter, named);
        last_owner = b->owners[i];
      }
    }
  }
  if (turned) report_wrong_order(b, b->graph->parameters[first_turned], b->found[first_turned], turned);
  return good;
}

/* Converts to floats in the order of the parameter. Returns how many are infinite or NaN. */
static int64_t copy_numbers(Parameter *parameter, const WeightTensor *tensor, bool keras, Arena *arena) {
  int64_t count = parameter_elements(parameter), non_finite = 0;
  parameter->data = ARENA_ARRAY(arena, float, (size_t)count);
  if (!keras) tensor_floats(tensor, parameter->data);
  for (int64_t i = 0; keras && i < count; i++) parameter->data[i] = (float)tensor_element(tensor, element_in_file(parameter, keras, i));
  for (int64_t i = 0; i < count; i++) non_finite += parameter->data[i] - parameter->data[i] != 0;
  return non_finite;
}

static void convert(Binder *b) {
  for (int f = 0; f < b->file_count; f++) {
    int64_t non_finite = 0;
    const char *first = NULL;
    for (int i = 0; i < b->graph->parameter_count; i++) {
      const NamedTensor *named = b->found[i];
      if (!named || named->file != &b->files[f]) continue;
      int64_t found = copy_numbers(b->graph->parameters[i], named->tensor, named->file->keras, b->graph->arena);
      if (found && !first) first = named->tensor->name;
      non_finite += found;
    }
    if (!non_finite) continue;
    const WeightsFile *source = b->files[f].source;
    report(b->c->diagnostics, CODE_W_non_finite_weights, source->span, "`%s` contains %lld infinities or NaN, the first in `%s`",
           source->path, (long long)non_finite, shown_name(b->c->arena, first));
  }
}

static bool bind_files(Binder *b, const WeightsFile *files, int count) {
  b->files = ARENA_ARRAY(b->c->arena, LoadedFile, (size_t)count);
  b->found = ARENA_ARRAY(b->c->arena, NamedTensor *, (size_t)b->graph->parameter_count);
  int errors = b->c->diagnostics->errors;
  for (int i = 0; i < count; i++) {
    b->files[i].source = &files[i];
    b->file_count++;
    if (!load_file(b, &b->files[i])) return b->c->diagnostics->errors == errors;
  }
  if (!name_tensors(b) || !match(b)) return false;
  bool explained = !b->overridden && report_dead_rules(b);
  if (b->missing && !explained) report_missing(b);
  else if (!b->missing) report_unused(b);
  if (!check_tensors(b) || b->c->diagnostics->errors != errors) return false;
  convert(b);
  return true;
}

static bool bind_random(Binder *b, const char *seed_text) {
  uint64_t seed = 0;
  size_t digits = strspn(seed_text, "0123456789");
  if (!digits || digits > 19 || seed_text[digits]) {
    report(b->c->diagnostics, CODE_E0901, (Span){0, 0}, "`random:` needs a whole number of at most 19 digits, as in `-w random:1`");
    return false;
  }
  for (size_t i = 0; i < digits; i++) seed = 10 * seed + (uint64_t)(seed_text[i] - '0');
  fill_random_weights(b->graph, b->owners, seed);
  return true;
}

static bool has_pixels(const TensorType *type) {
  return !size_is(type_channels(type), 1) && !(size_is(type_height(type), 1) && size_is(type_width(type), 1));
}

/* Keras flattens [H, W, C] and PyTorch [C, H, W]: with Keras's weights after it, a flatten says which it means. */
static bool flattens_are_clear(Binder *b, const WeightsFile *files, int count) {
  bool keras = false, clear = true;
  for (int i = 0; i < count; i++) keras = keras || source_is_keras(&files[i]);
  if (!keras) return true;
  /* By value: the flatten that left the order of its elements open. */
  const Node **open = ARENA_ARRAY(b->c->arena, const Node *, (size_t)b->graph->value_count);
  for (int i = 0; i < b->graph->node_count; i++) {
    const Node *node = b->graph->nodes[i], *flatten = NULL;
    for (int k = 0; k < node->input_count && !flatten; k++) flatten = open[node->inputs[k]->id];
    bool starts = node->op == &op_flatten && !attribute_given(node, "order") && has_pixels(&node->inputs[0]->type);
    if (node->op != &op_fc) open[node->output->id] = starts ? node : flatten;
    if (node->op != &op_fc || !flatten) continue;
    for (int v = 0; v < b->graph->value_count; v++) /* reported once */
      if (open[v] == flatten) open[v] = NULL;
    Diagnostic *d = report(b->c->diagnostics, CODE_E0404, flatten->span, "`flatten` before `fc` needs `order` with Keras's weights");
    set_label(d, "%s", type_text(b->c->arena, &flatten->inputs[0]->type));
    add_note(d, "Keras flattens [height, width, channels], PyTorch [channels, height, width]");
    add_help(d, "`flatten(order=hwc)` if the weights were trained in Keras");
    clear = false;
  }
  return clear;
}

static bool report_no_file(Binder *b) {
  const Parameter *first = NULL;
  for (int i = b->graph->parameter_count - 1; i >= 0; i--)
    if (needs_tensor(b->graph->parameters[i])) first = b->graph->parameters[i];
  if (!first || b->c->options->shapes_only) return true;
  Diagnostic *d = report(b->c->diagnostics, CODE_E0507, first->span, "the network needs weights and no file is named");
  set_label(d, "needs `%s`", first->path);
  add_help(d,
           "write `weights \"%s.safetensors\"` in the net, or name a file with `-w`; `-w random:1` takes seeded random "
           "weights",
           b->graph->name);
  return false;
}

static bool bind(Binder *b) {
  const Graph *graph = b->graph;
  const char *given = b->c->options->weights;
  if (given && !strncmp(given, "random:", 7)) return bind_random(b, given + 7);
  if (given) {
    WeightsFile *file = ARENA_NEW(b->c->arena, WeightsFile);
    *file = override_file(b, given);
    b->overridden = true;
    return flattens_are_clear(b, file, 1) && bind_files(b, file, 1);
  }
  if (!graph->weights_count) return report_no_file(b);
  if (!flattens_are_clear(b, graph->weights, graph->weights_count)) return false;
  return b->c->options->no_weights || bind_files(b, graph->weights, graph->weights_count);
}

bool bind_weights(Compilation *c, Graph *graph) {
  Binder b = {.c = c, .graph = graph, .owners = ARENA_ARRAY(c->arena, const Node *, (size_t)graph->parameter_count)};
  for (int i = graph->node_count - 1; i >= 0; i--)
    for (int k = 0; k < graph->nodes[i]->parameter_count; k++)
      if (graph->nodes[i]->parameters[k]) b.owners[graph->nodes[i]->parameters[k]->id] = graph->nodes[i];
  for (int i = 0; i < graph->parameter_count; i++) b.needed += needs_tensor(graph->parameters[i]);
  bool good = bind(&b);
  if (c->weights_report) fill_weights_report(&b, c->weights_report);
  return good;
}
