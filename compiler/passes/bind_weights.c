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

int expected_sizes(const Parameter *parameter, bool keras, int64_t sizes[MAX_PARAMETER_RANK]) {
  int rank = parameter->rank;
  for (int i = 0; i < rank; i++) sizes[i] = parameter->sizes[i];
  if (!keras || rank < 2) return rank;
  for (int i = 2; i < rank; i++) sizes[i - 2] = parameter->sizes[i];
  sizes[rank - 2] = parameter->sizes[1];
  sizes[rank - 1] = parameter->sizes[0];
  return rank;
}

static int without_ones(const int64_t *sizes, int rank, int64_t *out) {
  int count = 0;
  for (int i = 0; i < rank; i++)
    if (sizes[i] != 1) out[count++] = sizes[i];
  return count;
}

bool sizes_fit(const Parameter *parameter, const WeightTensor *tensor, bool keras) {
  int64_t expected[MAX_PARAMETER_RANK], wanted[MAX_PARAMETER_RANK], given[MAX_TENSOR_RANK];
  int rank = expected_sizes(parameter, keras, expected);
  /* Keras's depthwise kernel [.., channels, multiplier] lies in memory as [.., 1, channels * multiplier] does. */
  if (keras && rank >= 3 && parameter->sizes[1] == 1 && tensor->rank == rank &&
      tensor->sizes[rank - 2] * tensor->sizes[rank - 1] == expected[rank - 1]) {
    expected[rank - 2] = tensor->sizes[rank - 2];
    expected[rank - 1] = tensor->sizes[rank - 1];
  }
  int wanted_rank = without_ones(expected, rank, wanted), given_rank = without_ones(tensor->sizes, tensor->rank, given);
  if (wanted_rank != given_rank) return false;
  for (int i = 0; i < wanted_rank; i++)
    if (wanted[i] != given[i]) return false;
  return true;
}

/* Converts to floats in the order of the parameter. Returns how many are infinite or NaN. */
static int64_t copy_numbers(Parameter *parameter, const WeightTensor *tensor, bool keras, Arena *arena) {
  int64_t count = parameter_elements(parameter), non_finite = 0;
  int64_t outer = parameter->rank >= 2 ? parameter->sizes[0] : 1, inner = parameter->rank >= 2 ? parameter->sizes[1] : 1;
  int64_t spatial = outer > 0 && inner > 0 ? count / (outer * inner) : 0;
  parameter->data = ARENA_ARRAY(arena, float, (size_t)count);
  for (int64_t i = 0; i < count; i++) {
    int64_t from = i;
    if (keras && parameter->rank >= 2) from = (i % spatial * inner + i / spatial % inner) * outer + i / spatial / inner;
    float value = (float)tensor_element(tensor, from);
    if (value - value != 0) non_finite++;
    parameter->data[i] = value;
  }
  return non_finite;
}

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), end_length = strlen(end);
  return length >= end_length && !strcmp(text + length - end_length, end);
}

/* What reads the file; its kind is told by its first bytes, and for better words by its name. */
static bool read_table(Binder *b, LoadedFile *file, const char *bytes, size_t length) {
  const char *path = file->source->path, *error = NULL;
  Diagnostics *diagnostics = b->c->diagnostics;
  bool zip = length >= 4 && !memcmp(bytes, "PK\3\4", 4), npy = length >= 6 && !memcmp(bytes, "\x93NUMPY", 6);
  if ((zip || ends_with(path, ".npz")) && !file->source->layout) {
    Diagnostic *d = report(diagnostics, CODE_E0505, file->source->span, "say which framework wrote `%s`", path);
    add_note(d, "it is never guessed: 3x3x3x3 fits both");
    add_help(d, "`(layout=pytorch)` or `(layout=keras)`");
    return false;
  }
  if (zip || npy || ends_with(path, ".npz") || ends_with(path, ".npy")) {
    const char *kind = zip && !ends_with(path, ".npz") ? "a ZIP archive, such as PyTorch's `.pt`" : "a NumPy file";
    Diagnostic *d = report(diagnostics, CODE_E0506, file->source->span, "`%s` is %s, which this version does not read as weights", path,
                           kind);
    add_help(d, "save the weights as `.safetensors`");
    return false;
  }
  if (b->c->read_weights(b->c->arena, bytes, length, &file->table, &error)) return true;
  Diagnostic *d = report(diagnostics, CODE_E0506, file->source->span, "`%s` is not a sound safetensors file", path);
  add_note(d, "%s", error);
  if (ends_with(path, ".pt") || ends_with(path, ".pth") || ends_with(path, ".h5") || ends_with(path, ".keras") || ends_with(path, ".bin"))
    add_help(d, "cnnc reads `.safetensors`; write the weights with the safetensors package");
  return false;
}

/* false with nothing reported: the file is absent and shapes_only accepts that. */
static bool load_file(Binder *b, LoadedFile *file) {
  Compilation *c = b->c;
  const WeightsFile *source = file->source;
  const char *relative_to = NULL, *resolved = NULL, *error = NULL;
  if (!b->overridden && c->options->file) {
    Location place = source_locate(c->sources, source->span.start);
    relative_to = place.source ? place.source->name : c->options->file;
  }
  size_t length = 0;
  const char *bytes = c->read_file(c->read_context, c->arena, source->path, relative_to, &length, &resolved, &error);
  if (!bytes && c->options->shapes_only && !b->overridden) {
    c->weights_note = arena_printf(c->arena, "the weights were not looked at: `%s`: %s", source->path, error);
    return false;
  }
  if (!bytes && b->overridden) {
    report(c->diagnostics, CODE_E0902, source->span, "the weights file `%s` cannot be read: %s", source->path, error);
    return false;
  }
  if (!bytes) {
    Diagnostic *d = report(c->diagnostics, CODE_E0507, source->span, "the weights file `%s` cannot be read: %s", source->path, error);
    add_help(d, "`-w FILE` names another file, `-w random:1` takes seeded random weights");
    return false;
  }
  ARENA_PUSH(c->arena, c->files_read, c->files_read_count, resolved ? resolved : source->path);
  file->keras = source->layout && !strcmp(source->layout, "keras");
  file->rule_uses = ARENA_ARRAY(c->arena, int, (size_t)source->rule_count);
  return read_table(b, file, bytes, length);
}

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
  return true;
}

static bool is_floating(TensorDType dtype) {
  return dtype == TENSOR_F32 || dtype == TENSOR_F16 || dtype == TENSOR_BF16 || dtype == TENSOR_F64;
}

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
    if (!is_floating(tensor->dtype)) {
      report(b->c->diagnostics, CODE_E0502, parameter->span, "`%s` holds numbers of type %s; weights are F32, F16, BF16 or F64",
             shown_name(b->c->arena, tensor->name), tensor_dtype_name(tensor->dtype));
      good = false;
    } else if (!sizes_fit(parameter, tensor, named->file->keras)) {
      good = false;
      if (parameter->rank >= 2 && sizes_fit(parameter, tensor, !named->file->keras)) {
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

/* What -w FILE reads: another file under the layout, prefix and rules that the source gives. */
static WeightsFile override_file(Binder *b, const char *path) {
  WeightsFile file = {0};
  for (int i = 0; i < b->graph->weights_count; i++) {
    const WeightsFile *written = &b->graph->weights[i];
    if (!file.layout) file.layout = written->layout;
    if (!file.strip_prefix) file.strip_prefix = written->strip_prefix;
    for (int k = 0; k < written->rule_count; k++) ARENA_PUSH(b->c->arena, file.rules, file.rule_count, written->rules[k]);
    if (!i) file.span = written->span;
  }
  file.path = path;
  return file;
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
  for (int i = 0; i < count; i++) keras = keras || (files[i].layout && strcmp(files[i].layout, "keras") == 0);
  for (int i = 0; keras && i < b->graph->node_count; i++) {
    const Node *flatten = b->graph->nodes[i]->op == &op_fc ? b->graph->nodes[i]->inputs[0]->producer : NULL;
    if (!flatten || flatten->op != &op_flatten || attribute_given(flatten, "order") || !has_pixels(&flatten->inputs[0]->type)) continue;
    Diagnostic *d = report(b->c->diagnostics, CODE_E0404, flatten->span, "`flatten` before `fc` needs `order` with Keras's weights");
    set_label(d, "%s", type_text(b->c->arena, &flatten->inputs[0]->type));
    add_note(d, "Keras flattens [height, width, channels], PyTorch [channels, height, width]");
    add_help(d, "`flatten(order=hwc)` if the weights were trained in Keras");
    clear = false;
  }
  return clear;
}

bool bind_weights(Compilation *c, Graph *graph) {
  Binder b = {.c = c, .graph = graph, .owners = ARENA_ARRAY(c->arena, const Node *, (size_t)graph->parameter_count)};
  for (int i = graph->node_count - 1; i >= 0; i--)
    for (int k = 0; k < graph->nodes[i]->parameter_count; k++)
      if (graph->nodes[i]->parameters[k]) b.owners[graph->nodes[i]->parameters[k]->id] = graph->nodes[i];
  const Parameter *first = NULL;
  for (int i = graph->parameter_count - 1; i >= 0; i--)
    if (needs_tensor(graph->parameters[i])) {
      first = graph->parameters[i];
      b.needed++;
    }
  const char *given = c->options->weights;
  if (given && !strncmp(given, "random:", 7)) return bind_random(&b, given + 7);
  if (given) {
    WeightsFile file = override_file(&b, given);
    b.overridden = true;
    return flattens_are_clear(&b, &file, 1) && bind_files(&b, &file, 1);
  }
  if (graph->weights_count)
    return flattens_are_clear(&b, graph->weights, graph->weights_count) && bind_files(&b, graph->weights, graph->weights_count);
  if (!first || c->options->shapes_only) return true;
  Diagnostic *d = report(c->diagnostics, CODE_E0507, first->span, "the network needs weights and no file is named");
  set_label(d, "needs `%s`", first->path);
  add_help(d,
           "write `weights \"%s.safetensors\"` in the net, or name a file with `-w`; `-w random:1` takes seeded random "
           "weights",
           graph->name);
  return false;
}
