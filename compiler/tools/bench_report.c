/* bench_report.c - what `cnnc bench` measured, beside what this core could do, as a table or as JSON.
 *
 * A layer cannot take less than its multiply-adds at the core's peak, nor than reading its weights and tensors at the
 * bandwidth of a block of memory like theirs: as large as the net for the weights, which come round once a run, as large
 * as themselves for tensors, which were just written. The larger of the two is its bound. Winograd's form does with fewer
 * multiply-adds than the direct one, which are counted, so it may be above its bound. */
#include <string.h>
#include "support/json.h"
#include "support/table.h"
#include "tools/bench.h"

typedef struct Bound {
  double seconds;
  bool memory; /* rather than computing */
} Bound;

static double bandwidth_of(const Bench *bench, int64_t bytes) {
  for (int i = 0; i < bench->bandwidth_count; i++)
    if (bench->bandwidths[i].bytes >= bytes) return bench->bandwidths[i].rate;
  return bench->bandwidth_count ? bench->bandwidths[bench->bandwidth_count - 1].rate : 0;
}

static double weights_bandwidth(const Bench *bench) {
  return bandwidth_of(bench, bench->session->line.cold ? INT64_MAX : bench->weight_bytes + bench->workspace_bytes);
}

static Bound bound_of(const Bench *bench, const BenchLayer *layer) {
  double computing = 2.0 * (double)layer->macs / bench->peak;
  double memory = (double)layer->weight_bytes / weights_bandwidth(bench) +
                  (double)layer->tensor_bytes / bandwidth_of(bench, layer->tensor_bytes);
  return memory > computing ? (Bound){memory, true} : (Bound){computing, false};
}

static Bound whole_bound(const Bench *bench) {
  Bound whole = {0, true};
  double computing = 0;
  for (int i = 0; i < bench->layer_count; i++) {
    Bound bound = bound_of(bench, &bench->layers[i]);
    whole.seconds += bound.seconds;
    if (!bound.memory) computing += bound.seconds;
  }
  whole.memory = computing < whole.seconds / 2;
  return whole;
}

static double share(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }
static double rate(double amount, double seconds) { return seconds > 0 ? amount / seconds * 1e-9 : 0; }
static double bytes_of(const BenchLayer *layer) { return (double)(layer->weight_bytes + layer->tensor_bytes); }

/* About four digits that count, of a number that is not negative. */
static const char *figure(Arena *arena, double x) {
  int decimals = 0;
  for (double limit = 999.95; x > 0 && x < limit && decimals < 6; limit /= 10) decimals++;
  return arena_printf(arena, "%.*f", decimals, x);
}

static const char *percent(Arena *arena, double x) { return arena_printf(arena, "%.1f", x); }

enum { COLUMNS = 8, FIRST_NUMBER = 3 };

static void layer_row(const Bench *bench, const BenchLayer *layer, const char **row) {
  Arena *arena = bench->session->arena;
  Bound bound = bound_of(bench, layer);
  double best = layer->times.best;
  const char *cells[COLUMNS] = {
      layer->name,
      layer->op,
      layer->type ? type_text(arena, layer->type) : "",
      figure(arena, best * 1e3),
      percent(arena, share(best, bench->whole.best)),
      layer->macs ? figure(arena, rate(2.0 * (double)layer->macs, best)) : "",
      figure(arena, rate(bytes_of(layer), best)),
      arena_printf(arena, "%s %5s", bound.memory ? "memory" : "compute", percent(arena, share(bound.seconds, best)))};
  memcpy(row, cells, sizeof cells);
}

static void print_layers(const Bench *bench) {
  Arena *arena = bench->session->arena;
  const char *(*cells)[COLUMNS] = arena_alloc_array(arena, (size_t)bench->layer_count + 2, sizeof *cells);
  const char *titles[COLUMNS] = {"layer", "operation", "output", "ms", "% of net", "GFLOP/s", "GB/s", "% of bound"};
  int rows = 0;
  BenchLayer sum = {.name = "all layers", .op = ""};
  memcpy(cells[rows++], titles, sizeof titles);
  for (int i = 0; i < bench->layer_count; i++) {
    const BenchLayer *layer = &bench->layers[i];
    if (!layer->measured) continue;
    layer_row(bench, layer, cells[rows++]);
    sum.times.best += layer->times.best;
    sum.macs += layer->macs;
    sum.weight_bytes += layer->weight_bytes;
    sum.tensor_bytes += layer->tensor_bytes;
  }
  layer_row(bench, &sum, cells[rows]);
  Bound whole = whole_bound(bench);
  cells[rows++][COLUMNS - 1] = arena_printf(arena, "%s %5s", whole.memory ? "memory" : "compute",
                                            percent(arena, share(whole.seconds, sum.times.best)));
  print_table(&bench->session->out, cells[0], rows, COLUMNS, FIRST_NUMBER);
}

static void print_text(const Bench *bench) {
  Text *out = &bench->session->out;
  Arena *arena = bench->session->arena;
  const CommandLine *line = &bench->session->line;
  double macs = (double)bench->macs;
  text_addf(out, "net %s, target %s, %s%s%s, best of %lld runs\n", bench->graph->name, line->options.target, bench->compiler,
            line->cold ? ", cold weights" : "", line->cpu_time ? ", processor time" : "", (long long)bench->runs);
  text_addf(out, "one core: peak %s GFLOP/s in vectors of %lld, reads", figure(arena, bench->peak * 1e-9), (long long)bench->lanes);
  for (int i = 0; i < bench->bandwidth_count; i += 3)
    text_addf(out, "%s %s GB/s of %lld KiB", i ? "," : "", figure(arena, bench->bandwidths[i].rate * 1e-9),
              (long long)(bench->bandwidths[i].bytes >> 10));
  text_add(out, "\n\n");
  print_layers(bench);
  text_addf(out, "\nwhole net: best %s ms, median %s ms, %s GFLOP/s, %s %% of peak\n", figure(arena, bench->whole.best * 1e3),
            figure(arena, bench->whole.median * 1e3), figure(arena, rate(2 * macs, bench->whole.best)),
            percent(arena, share(2 * macs / bench->peak, bench->whole.best)));
}

/* All sizes are numbers here. */
static void json_shape(Json *json, cJSON *to, const char *name, const TensorType *type) {
  cJSON *shape = json_array(json, to, name);
  for (int i = 0; i < type->rank; i++) {
    int64_t size = 0;
    (void)size_is_const(type->sizes[i], &size);
    json_real(json, shape, NULL, (double)size);
  }
}

static void json_tensor(Json *json, cJSON *list, const char *name, const TensorType *type) {
  cJSON *to = json_object(json, list, NULL);
  json_text(json, to, "name", name);
  json_shape(json, to, "shape", type);
  json_text(json, to, "dtype", dtype_name(type->dtype));
}

static void json_interface(Json *json, const Graph *graph) {
  cJSON *inputs = json_array(json, json->root, "inputs"), *outputs = json_array(json, json->root, "outputs");
  for (int i = 0; i < graph->input_count; i++) json_tensor(json, inputs, graph->inputs[i].value->name, &graph->inputs[i].value->type);
  for (int i = 0; i < graph->output_count; i++) json_tensor(json, outputs, graph->outputs[i].name, &graph->outputs[i].value->type);
}

static void json_times(Json *json, cJSON *to, const Times *times, double macs) {
  json_real(json, to, "ms", times->median * 1e3);
  json_real(json, to, "best_ms", times->best * 1e3);
  json_real(json, to, "gflops", rate(2 * macs, times->best));
}

static void json_layer(Json *json, cJSON *layers, const Bench *bench, const BenchLayer *layer) {
  cJSON *to = json_object(json, layers, NULL);
  Bound bound = bound_of(bench, layer);
  json_text(json, to, "name", layer->name);
  json_text(json, to, "op", layer->op);
  if (layer->type) json_shape(json, to, "output_shape", layer->type);
  json_real(json, to, "macs", (double)layer->macs);
  json_real(json, to, "weights_bytes", (double)layer->weight_bytes);
  json_real(json, to, "tensor_bytes", (double)layer->tensor_bytes);
  json_times(json, to, &layer->times, (double)layer->macs);
  json_real(json, to, "gb_per_second", rate(bytes_of(layer), layer->times.best));
  json_text(json, to, "bound", bound.memory ? "memory" : "compute");
  json_real(json, to, "percent_of_bound", share(bound.seconds, layer->times.best));
}

static void print_json(const Bench *bench) {
  Json json = json_document(bench->session->arena);
  const CommandLine *line = &bench->session->line;
  json_number(&json, json.root, "schema", 1);
  json_text(&json, json.root, "net", bench->graph->name);
  json_text(&json, json.root, "target", line->options.target);
  json_text(&json, json.root, "compiler", bench->compiler);
  json_bool(&json, json.root, "cold", line->cold);
  json_text(&json, json.root, "clock", line->cpu_time ? "cpu" : "wall");
  json_real(&json, json.root, "runs", (double)bench->runs);
  json_real(&json, json.root, "peak_gflops", bench->peak * 1e-9);
  json_real(&json, json.root, "peak_lanes", (double)bench->lanes);
  cJSON *bandwidths = json_array(&json, json.root, "bandwidths");
  for (int i = 0; i < bench->bandwidth_count; i++) {
    cJSON *to = json_object(&json, bandwidths, NULL);
    json_real(&json, to, "bytes", (double)bench->bandwidths[i].bytes);
    json_real(&json, to, "gb_per_second", bench->bandwidths[i].rate * 1e-9);
  }
  json_interface(&json, bench->graph);
  cJSON *layers = json_array(&json, json.root, "layers");
  for (int i = 0; i < bench->layer_count; i++)
    if (bench->layers[i].measured) json_layer(&json, layers, bench, &bench->layers[i]);
  cJSON *totals = json_object(&json, json.root, "totals");
  json_real(&json, totals, "parameters", (double)bench->parameters);
  json_real(&json, totals, "macs", (double)bench->macs);
  json_real(&json, totals, "weights_bytes", (double)bench->weight_bytes);
  json_real(&json, totals, "workspace_bytes", (double)bench->workspace_bytes);
  json_times(&json, totals, &bench->whole, (double)bench->macs);
  json_real(&json, totals, "percent_of_bound", share(whole_bound(bench).seconds, bench->whole.best));
  json_print(&json, &bench->session->out);
}

void report_bench(const Bench *bench) {
  if (bench->session->line.json) print_json(bench);
  else print_text(bench);
}
