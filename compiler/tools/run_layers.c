/* run_layers.c - `cnnc run --compare-layers`: what each layer of the compiled network computed, beside a reference. Layers that
 * are computed together with others have no result of their own; which these are is said. */
#include <math.h>
#include <string.h>
#include "ir/result_places.h"
#include "tools/run.h"

enum { NAMES_SHOWN = 8 };

void find_layers(Run *run, const Plan *plan) {
  Arena *arena = run->session->arena;
  for (int k = 0; k < plan->step_count; k++) {
    ResultPlace place;
    const char *why;
    if (!find_result_place(arena, plan, k, &run->dims, &place, &why)) continue;
    const TensorType *type = &place.value->type;
    RunLayer layer = {.name = place.layer, .value = place.value, .rank = type->rank};
    for (int i = 0; i < type->rank; i++) layer.sizes[i] = size_at(type->sizes[i], &run->dims);
    layer.elements = size_at(type_elements(arena, type), &run->dims);
    ARENA_PUSH(arena, run->layers, run->layer_count, layer);
  }
}

/* Arrays are called as the tensors of the net, of which a layer has one, behind what is fused into it. */
static bool read_references(Run *run, const char *path) {
  Arena *arena = run->session->arena;
  WeightTable table = {0};
  bool any = false;
  if (!load_arrays(run, path, &table)) return false;
  for (int i = 0; i < run->layer_count; i++) {
    RunLayer *layer = &run->layers[i];
    const WeightTensor *array = find_tensor(&table, layer->value->name);
    if (!array) continue;
    any = true;
    if (!fits_array(run, array, layer->sizes, layer->rank)) {
      report(&run->session->diagnostics, CODE_E0801, (Span){0, 0}, "the reference of `%s` is %s, the layer's result is %s",
             layer->value->name, sizes_text(arena, array->sizes, array->rank), sizes_text(arena, layer->sizes, layer->rank));
      return false;
    }
    layer->reference = ARENA_ARRAY(arena, double, (size_t)array->elements);
    for (int64_t k = 0; k < array->elements; k++) layer->reference[k] = tensor_element(array, k);
  }
  if (any || !run->layer_count) return true;
  Diagnostic *d = report(&run->session->diagnostics, CODE_E0801, (Span){0, 0}, "`%s` has no array that is called like a layer's result",
                         path);
  add_help(d, "the first would be `%s`", run->layers[0].value->name);
  return false;
}

/* Numbers near 0 have the errors of those that they were added up with: their size is that of the layer. */
static double usual_size(const double *numbers, int64_t count) {
  double squares = 0;
  for (int64_t i = 0; i < count; i++) squares += numbers[i] * numbers[i];
  double usual = sqrt(squares / (double)count);
  return usual < INFINITY ? usual : 0;
}

/* "conv1", or "conv1 .. conv1_relu" where other layers are a part of it. */
static const char *title(Arena *arena, const RunLayer *layer) {
  return strcmp(layer->name, layer->value->name) ? arena_printf(arena, "%s .. %s", layer->name, layer->value->name) : layer->name;
}

static void pad(Text *out, const char *text, size_t width) {
  text_add(out, text);
  if (strlen(text) < width) text_add_char(out, ' ', (int)(width - strlen(text)));
}

typedef struct Columns {
  size_t name, shape, by;
} Columns;

static void widen(size_t *width, const char *text) {
  if (strlen(text) > *width) *width = strlen(text);
}

static Columns measure(const Run *run, const Difference *differences) {
  Arena *arena = run->session->arena;
  Columns columns = {strlen("layer"), strlen("shape"), strlen("difference")};
  for (int i = 0; i < run->layer_count; i++) {
    if (!run->layers[i].reference) continue;
    widen(&columns.name, title(arena, &run->layers[i]));
    widen(&columns.shape, sizes_text(arena, run->layers[i].sizes, run->layers[i].rank));
    widen(&columns.by, differences[i].by);
  }
  return columns;
}

static void print_row(Text *out, Columns columns, const char *name, const char *shape, const char *by, const char *place) {
  pad(out, name, columns.name + 2);
  pad(out, shape, columns.shape + 2);
  pad(out, by, columns.by + 2);
  text_addf(out, "%s\n", place);
}

static void print_table(Run *run, const Difference *differences) {
  Text *out = &run->session->out;
  Arena *arena = run->session->arena;
  Columns columns = measure(run, differences);
  print_row(out, columns, "layer", "shape", "difference", "greatest at");
  for (int i = 0; i < run->layer_count; i++) {
    const RunLayer *layer = &run->layers[i];
    const Difference *d = &differences[i];
    if (!layer->reference) continue;
    const char *place = place_of(run, layer->sizes, layer->rank, d->worst);
    place = arena_printf(arena, "%s: %s, reference %s%s", place, d->got, d->wanted, d->over ? "  DIFFERS" : "");
    print_row(out, columns, title(arena, layer), sizes_text(arena, layer->sizes, layer->rank), d->by, place);
  }
}

static bool is_compared(const Run *run, const Node *node) {
  for (int i = 0; i < run->layer_count; i++)
    if (run->layers[i].reference && run->layers[i].value->id == node->output->id) return true;
  return false;
}

/* What the table has not. */
static void note_others(Run *run) {
  Text names = text_new(run->session->arena);
  int count = 0;
  for (int i = 0; i < run->graph->node_count; i++) {
    if (is_compared(run, run->graph->nodes[i])) continue;
    if (count < NAMES_SHOWN) text_addf(&names, "%s%s", count ? ", " : "", run->graph->nodes[i]->name);
    count++;
  }
  if (count > NAMES_SHOWN) text_addf(&names, " and %d more", count - NAMES_SHOWN);
  if (count)
    add_message(run->session, "note: not compared, as compiled code has no result for them alone or the reference lacks them: %s",
                text_string(&names));
}

static void report_first(Run *run, const RunLayer *layer, const Difference *d) {
  report(&run->session->diagnostics, CODE_E0802, (Span){0, 0},
         "layer `%s` is the first that differs from the reference: in %lld of %lld numbers, at %s by %s", title(run->session->arena, layer),
         (long long)d->over, (long long)(run->samples * layer->elements), place_of(run, layer->sizes, layer->rank, d->worst), d->by);
}

bool compare_layers(Run *run) {
  const char *reference = run->session->line.compare_layers;
  Arena *arena = run->session->arena;
  RunTensor *evaluated = ARENA_ARRAY(arena, RunTensor, (size_t)run->output_count);
  if (!strcmp(reference, "interpret") ? !evaluate_reference(run, evaluated) : !read_references(run, reference)) return false;
  Difference *differences = ARENA_ARRAY(arena, Difference, (size_t)run->layer_count + 1);
  int first = -1;
  for (int i = 0; i < run->layer_count; i++) {
    const RunLayer *layer = &run->layers[i];
    int64_t count = run->samples * layer->elements;
    if (!layer->reference) continue;
    differences[i] = find_difference(run, layer->data, layer->reference, count, usual_size(layer->reference, count));
    if (differences[i].over && first < 0) first = i;
  }
  print_table(run, differences);
  note_others(run);
  if (first >= 0) report_first(run, &run->layers[first], &differences[first]);
  return first < 0;
}
