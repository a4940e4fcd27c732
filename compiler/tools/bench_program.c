/* bench_program.c - the network with a clock around it, as a program of this machine: made, run, and its answer read. */
#include <stdlib.h>
#include <string.h>
#include "emit/templates.h"
#include "passes/targets.h"
#include "support/cleanup.h"
#include "support/progress.h"
#include "support/reader.h"
#include "tools/bench.h"
#include "tools/workplace.h"

enum { LEAST_BLOCK = 1 << 20, LARGEST_BLOCK = 512 << 20 }; /* whose reading is timed */

/* Of each of some tensors: bytes, or elements if they are floats and else 0. */
static const char *number_list(Arena *arena, const Graph *graph, bool outputs, bool floats, int64_t batch) {
  Text text = text_new(arena);
  int count = outputs ? graph->output_count : graph->input_count;
  for (int i = 0; i < count; i++) {
    const TensorType *type = outputs ? &graph->outputs[i].value->type : &graph->inputs[i].value->type;
    int64_t elements = 0;
    (void)size_is_const(type_elements(arena, type), &elements);
    int64_t number = floats ? type->dtype == DTYPE_F32 ? elements : 0 : elements * dtype_bytes(type->dtype);
    text_addf(&text, "%s%lld", i ? ", " : "", (long long)(number * batch));
  }
  return text_string(&text);
}

/* A power of two that holds weights and tensors; more than caches hold where those are to be cold. */
static int64_t largest_block(const Bench *bench) {
  int64_t bytes = LEAST_BLOCK;
  while (bytes < LARGEST_BLOCK && (bench->session->line.cold || bytes < bench->weight_bytes + bench->workspace_bytes)) bytes *= 2;
  return bytes;
}

static const char *main_program(const Bench *bench) {
  Session *session = bench->session;
  Arena *arena = session->arena;
  const Graph *graph = bench->graph;
  const Options *options = &session->line.options;
  const char *prefix = options->prefix ? options->prefix : graph->name;
  const Hole holes[] = {
      {"net", prefix},
      {"NET", upper_case(arena, prefix)},
      {"input_count", arena_printf(arena, "%d", graph->input_count)},
      {"output_count", arena_printf(arena, "%d", graph->output_count)},
      {"input_floats", number_list(arena, graph, false, true, options->batch)},
      {"input_bytes", number_list(arena, graph, false, false, options->batch)},
      {"output_bytes", number_list(arena, graph, true, false, options->batch)},
      {"regions", set_regions(session, prefix)},
      {"runs", arena_printf(arena, "%lld", (long long)session->line.runs)},
      {"clock", session->line.cpu_time ? "CLOCK_PROCESS_CPUTIME_ID" : "CLOCK_MONOTONIC"},
      {"cold", session->line.cold ? "1" : "0"},
      {"largest_block", arena_printf(arena, "%lld", (long long)largest_block(bench))},
      {NULL, NULL},
  };
  return fill_holes(session, template_bench_main_c, holes);
}

static BenchLayer *find_layer(Bench *bench, const char *name) {
  for (int i = 0; i < bench->layer_count; i++)
    if (strcmp(bench->layers[i].name, name) == 0) return &bench->layers[i];
  BenchLayer unknown = {.name = name, .op = ""};
  ARENA_PUSH(bench->session->arena, bench->layers, bench->layer_count, unknown);
  return &bench->layers[bench->layer_count - 1];
}

/* A line of the program's answer: words between blanks. */
static void read_line(Bench *bench, const char *const *words, int count) {
  if (count < 3) return;
  double first = (double)strtoll(words[count - 2], NULL, 10), second = (double)strtoll(words[count - 1], NULL, 10);
  Times times = {first * 1e-12, second * 1e-12};
  if (!strcmp(words[0], "runs")) bench->runs = (int64_t)first;
  else if (!strcmp(words[0], "whole")) bench->whole = times;
  else if (!strcmp(words[0], "peak")) {
    bench->lanes = (int64_t)first;
    bench->peak = second * 1e3;
  } else if (!strcmp(words[0], "bandwidth")) {
    Bandwidth bandwidth = {(int64_t)first, second * 1e3};
    ARENA_PUSH(bench->session->arena, bench->bandwidths, bench->bandwidth_count, bandwidth);
  } else if (!strcmp(words[0], "layer")) {
    BenchLayer *layer = find_layer(bench, words[1]);
    layer->times = times;
    layer->measured = true;
  }
}

static bool read_answer(Bench *bench, const Workplace *w) {
  enum { MOST_WORDS = 4 };
  Arena *arena = bench->session->arena;
  size_t length;
  const char *error, *at = read_whole_file(arena, w->output, READ_FILES_ONLY, &length, &error);
  if (!at) return host_error(bench->session, "the compiled network did not write what it measured", error, NULL);
  while (*at) {
    const char *words[MOST_WORDS];
    int count = 0;
    size_t line = strcspn(at, "\n");
    for (const char *end = at + line; at < end;) {
      size_t word = strcspn(at, " \n");
      if (count < MOST_WORDS) words[count++] = arena_strndup(arena, at, word);
      at += word + (at + word < end);
    }
    read_line(bench, words, count);
    at += *at == '\n';
  }
  return true;
}

/* Of this machine where the target is that, so that the C compiler may know more than the target's name says. */
static const char *machine_flags(const char *target) {
  if (!strcmp(target, host_target())) return this_machine;
  const char *flags = find_target(target)->flags;
  return flags ? flags : "";
}

static bool build_and_run(Bench *bench, const Outputs *out, Workplace *w) {
  Text input = text_new(bench->session->arena);
  const char *program = main_program(bench), *sources[] = {w->main, NULL}; /* it includes net.c */
  const char *argv[] = {w->program, w->output, out->weights_blob_bytes ? w->weights : NULL, NULL};
  if (!program || !fill_workplace(w, out, program, &input) ||
      !build_program(w, machine_flags(bench->session->line.options.target), sources))
    return false;
  progress_begin("timing the network", 0);
  return start_program(w, argv) && read_answer(bench, w);
}

bool measure_net(Bench *bench) {
  Outputs out = {0};
  if (!compile_net(bench->session, WEIGHTS_AS_FILE, &out)) return false; /* as a file, so that they can be made cold */
  Workplace w;
  bool good = make_workplace(bench->session, &w) && build_and_run(bench, &out, &w);
  cleanup_all();
  return good;
}
