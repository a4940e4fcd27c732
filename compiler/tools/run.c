/* run.c - `cnnc run`: inputs, one way of computing the outputs, and what becomes of them. */
#include "tools/run.h"

#include <string.h>
#include "passes/interpret.h"
#include "support/progress.h"

/* One input or output as the caller sees it. */
static void describe(Run *run, const char *name, const Value *value, bool hwc, RunTensor *tensor) {
  *tensor = (RunTensor){
      .name = name, .dtype = value->type.dtype, .rank = value->type.rank, .hwc = hwc && value->type.rank == 3, .type = &value->type};
  settle_sizes(run, tensor);
}

static void describe_all(Run *run) {
  const Graph *graph = run->graph;
  run->input_count = graph->input_count;
  run->output_count = graph->output_count;
  run->inputs = ARENA_ARRAY(run->session->arena, RunTensor, (size_t)graph->input_count);
  run->outputs = ARENA_ARRAY(run->session->arena, RunTensor, (size_t)graph->output_count);
  for (int i = 0; i < graph->input_count; i++)
    describe(run, graph->inputs[i].value->name, graph->inputs[i].value, graph->inputs[i].hwc, &run->inputs[i]);
  for (int i = 0; i < graph->output_count; i++)
    describe(run, graph->outputs[i].name, graph->outputs[i].value, graph->outputs[i].hwc, &run->outputs[i]);
}

/* [H, W, C] to [C, H, W] and back. */
static void reorder(const RunTensor *tensor, const double *from, double *to, bool to_logical) {
  if (!tensor->hwc) {
    memcpy(to, from, (size_t)tensor->elements * sizeof *to);
    return;
  }
  int64_t height = tensor->sizes[0], width = tensor->sizes[1], channels = tensor->sizes[2];
  for (int64_t p = 0; p < height * width; p++)
    for (int64_t c = 0; c < channels; c++) {
      if (to_logical) to[c * height * width + p] = from[p * channels + c];
      else to[p * channels + c] = from[c * height * width + p];
    }
}

/* What the layers should have computed: the values of the graph have the same numbers in each compilation. */
static void take_references(Run *run, double *const *values, int64_t sample) {
  for (int i = 0; i < run->layer_count; i++) {
    RunLayer *layer = &run->layers[i];
    int id = layer->value->id;
    bool known = id < run->pinned->value_count && values[id] && !strcmp(run->pinned->values[id]->name, layer->value->name);
    if (!known) continue;
    size_t count = (size_t)layer->elements;
    if (!layer->reference) layer->reference = new_samples(run, layer->elements);
    memcpy(layer->reference + (size_t)sample * count, values[id], count * sizeof *layer->reference);
  }
}

/* The evaluator's memory is of one sample only: an arena for each, freed before the next. */
static bool evaluate_sample(Run *run, Arena *arena, int64_t sample, RunTensor *outputs) {
  const double **inputs = ARENA_ARRAY(arena, const double *, (size_t)run->input_count);
  double **values = ARENA_ARRAY(arena, double *, (size_t)run->pinned->value_count);
  for (int i = 0; i < run->input_count; i++) {
    const RunTensor *input = &run->inputs[i];
    double *logical = ARENA_ARRAY(arena, double, (size_t)input->elements);
    reorder(input, input->data + sample * input->elements, logical, true);
    inputs[i] = logical;
  }
  if (!interpret_all(arena, run->pinned, inputs, values, NULL, NULL)) return false;
  for (int i = 0; i < run->output_count; i++) {
    const double *result = values[run->pinned->outputs[i].value->id];
    if (!result) return false;
    reorder(&outputs[i], result, outputs[i].data + sample * outputs[i].elements, false);
  }
  take_references(run, values, sample);
  return true;
}

static void free_arena(void *object) { arena_free(object); }

/* The evaluator wants numbers: the graph again, with the sizes of this run. */
static bool pin_graph(Run *run) {
  Session *session = run->session;
  Options options = session->line.options;
  run->pinned = run->graph;
  if (run->dims.count == 0) return true;
  for (int i = 0; i < run->dims.count; i++) {
    Binding *size = ARENA_NEW(session->arena, Binding);
    *size = (Binding){run->dims.dims[i]->name, arena_printf(session->arena, "%lld", (long long)run->dims.values[i]), options.sizes};
    options.sizes = size;
  }
  /* What is to be said about the input was said when the graph was made. */
  Diagnostics again = new_diagnostics(session);
  Compilation c = new_compilation(session, &options, &again);
  run->pinned = compile_to_graph(&c);
  if (run->pinned && !again.errors) return true;
  merge_diagnostics(&session->diagnostics, &again);
  return false;
}

bool evaluate_reference(Run *run, RunTensor *outputs) {
  if (!pin_graph(run)) return false;
  Arena *scratch = ARENA_NEW(run->session->arena, Arena);
  scratch->out_of_memory = run->session->arena->out_of_memory;
  arena_defer(run->session->arena, free_arena, scratch);
  for (int i = 0; i < run->output_count; i++) {
    outputs[i] = run->outputs[i];
    outputs[i].data = new_samples(run, outputs[i].elements);
  }
  progress_begin("reference evaluator", run->samples * interpret_work(scratch, run->pinned));
  for (int64_t sample = 0; sample < run->samples; sample++) {
    if (!evaluate_sample(run, scratch, sample, outputs)) {
      report(&run->session->diagnostics, CODE_E0999, (Span){0, 0}, "the reference evaluator lacks an operation of this net");
      return false;
    }
    arena_free(scratch);
  }
  return true;
}

/* An ending that promises what is not written; no ending is an array. */
static bool check_endings(Session *session) {
  static const char *const endings[] = {".npy", ".png", ".pgm", ".ppm"};
  for (int i = 0; i < session->line.output_count; i++) {
    const char *path = session->line.outputs[i].path, *slash = strrchr(path, '/'), *ending = strrchr(slash ? slash : path, '.');
    bool known = !ending;
    for (size_t k = 0; k < sizeof endings / sizeof *endings; k++) known = known || !strcmp(ending, endings[k]);
    if (known) continue;
    Diagnostic *d = report(&session->diagnostics, CODE_E0901, (Span){0, 0}, "outputs are not written as `%s`", ending);
    add_help(d, "one of .npy, and for pictures .png, .pgm, .ppm");
    return false;
  }
  return true;
}

int run_verb(Session *session) {
  CommandLine *line = &session->line;
  if (!check_endings(session)) return 2;
  Run run = {.session = session};
  Compilation c = new_compilation(session, &line->options, &session->diagnostics);
  run.graph = compile_to_graph(&c);
  take_texts(session, &c);
  apply_lint_settings(session, &session->diagnostics);
  if (!run.graph || session->diagnostics.errors) return 0;
  if (line->verbose)
    add_message(session, "cnnc: %s: target %s", line->options.file, line->interpret ? "none, reference evaluator" : line->options.target);
  if (line->compare_layers && line->interpret) {
    report(&session->diagnostics, CODE_E0901, (Span){0, 0}, "`--compare-layers` looks at compiled code, `--interpret` makes none");
    return 2;
  }
  if (line->options.stripes == STRIPES_CHOSEN && !line->options.max_ram && (line->compare_layers || line->features))
    line->options.stripes = STRIPES_NONE; /* so that more is seen */
  describe_all(&run);
  if (!read_inputs(&run) || !all_dims_known(&run)) return 0;
  for (int i = 0; i < run.output_count; i++) settle_sizes(&run, &run.outputs[i]);
  if (line->interpret && line->features) find_all_layers(&run);
  if (line->interpret ? !evaluate_reference(&run, run.outputs) : !run_compiled(&run)) return 0;
  if (line->output_count && !write_outputs(&run)) return 0;
  if (line->features && !write_features(&run)) return 0;
  bool same = !line->compare_layers || compare_layers(&run);
  if (line->compare && !compare_outputs(&run)) same = false;
  if (line->compare || line->compare_layers) return same ? 0 : 1;
  if (!line->output_count) view_outputs(&run);
  return 0;
}
