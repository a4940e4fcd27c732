/* compile.c - the pipeline: source text to C, one line a pass, read from top to bottom. */
#include "compile.h"

#include <string.h>
#include <time.h>

#include "emit/emit.h"
#include "ir/ast.h"
#include "load/tensor_file.h"
#include "passes/check_places.h"
#include "passes/expect_results.h"
#include "passes/fit_flash.h"
#include "passes/passes.h"
#include "passes/place_regions.h"
#include "passes/targets.h"
#include "support/progress.h"
#include "support/similar_file.h"
#include "support/suggest.h"

/* What the result of a pass is; all printers and verifiers hang on this. */
typedef struct Level {
  const Ast *ast;
  const Graph *graph;
  const Plan *plan;
  const LoopProgram *loops;
} Level;

static const char *const pass_names[] = {
    "parse",       "build_graph",  "bind_weights",    "expect_results", "remove_dead",    "fold_batch_norm",
    "group_steps", "place_values", "choose_schedule", "batch_steps",    "choose_stripes", "choose_threads",
    "plan_memory", "lower",        "name_values",     "split_products", "pack_weights",   "emit",
    NULL};

static bool check_pass_name(Compilation *c) {
  const char *wanted = c->options->dump_after;
  Suggestion near = suggest_for(wanted ? wanted : "");
  for (int i = 0; wanted && pass_names[i]; i++) {
    if (strcmp(pass_names[i], wanted) == 0) wanted = NULL;
    else suggest_candidate(&near, pass_names[i]);
  }
  if (!wanted) return true;
  Diagnostic *d = report(c->diagnostics, CODE_E0901, (Span){0}, "there is no pass `%s`", wanted);
  if (suggested(&near)) add_help(d, "did you mean `%s`?", suggested(&near));
  Text all = text_new(c->arena);
  for (int i = 0; pass_names[i]; i++) text_addf(&all, "%s%s", i ? ", " : "", pass_names[i]);
  add_note(d, "the passes are %s", text_string(&all));
  return false;
}

static double now(void) {
  struct timespec t;
  return timespec_get(&t, TIME_UTC) ? (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6 : 0;
}

typedef struct Timer {
  double start;
} Timer;

static Timer begin(Compilation *c, const char *pass) {
  c->pass = pass;
  progress_begin(pass, 0);
  return (Timer){c->options->time_passes ? now() : 0};
}

static void print_level(Text *out, const Level *level) {
  if (level->loops) print_loops(out, level->loops);
  else if (level->plan) print_plan(out, level->plan);
  else if (level->graph) print_graph(out, level->graph);
  else if (level->ast) print_ast(out, level->ast, true);
}

static const char *verify_level(Arena *arena, const Level *level) {
  if (level->loops) return verify_loops(arena, level->loops);
  if (level->plan) return verify_plan(arena, level->plan);
  return level->graph ? verify_graph(arena, level->graph) : NULL;
}

/* After each pass: time it, print if asked. */
static void note(Compilation *c, Timer timer, Level level) {
  if (c->options->time_passes) text_addf(&c->timings, "%8lld us  %s\n", (long long)((now() - timer.start) * 1e3), c->pass);
  if (c->options->dump_after && strcmp(c->options->dump_after, c->pass) == 0) print_level(&c->dump, &level);
}

/* .. and verify. false: the pass left something malformed. */
static bool end(Compilation *c, Timer timer, Level level) {
  note(c, timer, level);
  const char *fault = c->options->verify || level.loops ? verify_level(c->arena, &level) : NULL;
  if (!fault) return true;
  report(c->diagnostics, CODE_E0999, (Span){0}, "internal error after pass %s: %s", c->pass, fault);
  return false;
}

static Ast *parse(Compilation *c) {
  size_t length;
  const char *resolved, *error;
  const char *text = c->read_file(c->read_context, c->arena, c->options->file, NULL, &length, &resolved, &error);
  if (!text) {
    Diagnostic *d = report(c->diagnostics, CODE_E0902, (Span){0}, "cannot read `%s`: %s", c->options->file, error);
    add_similar_file(c->arena, d, c->options->file, error);
    return NULL;
  }
  ARENA_PUSH(c->arena, c->files_read, c->files_read_count, resolved);
  const Source *source = sources_add(c->sources, c->options->file, text, length);
  if (!source) {
    report(c->diagnostics, CODE_E0105, (Span){0}, "`%s` is too large", c->options->file);
    return NULL;
  }
  return parse_source(c->arena, c->diagnostics, source);
}

static bool stop_at(Compilation *c, DumpLevel dump, Level level) {
  if (c->options->dump != dump) return false;
  print_level(&c->dump, &level);
  return true;
}

/* The graph as written; *dumped: the user wanted no more than a dump of it. */
static Graph *front(Compilation *c, bool *dumped) {
  if (!check_pass_name(c)) return NULL;
  Timer t = begin(c, "parse");
  Ast *ast = parse(c);
  if (!ast || !end(c, t, (Level){.ast = ast})) return NULL;
  if (!ast->broken && stop_at(c, DUMP_AST, (Level){.ast = ast})) {
    *dumped = true;
    return NULL;
  }
  t = begin(c, "build_graph");
  Graph *graph = build_graph(c, ast);
  if (!graph || !end(c, t, (Level){.graph = graph})) return NULL;
  if (stop_at(c, DUMP_GRAPH, (Level){.graph = graph})) {
    *dumped = true;
    return NULL;
  }
  t = begin(c, "bind_weights");
  c->read_weights = load_tensor_file;
  bool bound = bind_weights(c, graph);
  if (bound) mask_weights(c, graph);
  if (!bound || !end(c, t, (Level){.graph = graph})) return NULL;
  return graph;
}

Graph *compile_to_graph(Compilation *c) {
  bool dumped = false;
  return front(c, &dumped);
}

Plan *make_plan(Compilation *c, Graph *graph) {
  Timer t;
#define GRAPH_PASS(pass)                                                                                                                   \
  t = begin(c, #pass);                                                                                                                     \
  pass(c, graph);                                                                                                                          \
  if (!end(c, t, (Level){.graph = graph})) return NULL
#define PLAN_PASS(pass)                                                                                                                    \
  t = begin(c, #pass);                                                                                                                     \
  pass(c, plan);                                                                                                                           \
  note(c, t, (Level){.plan = plan}) /* a plan is well formed when it is complete */
  GRAPH_PASS(remove_dead);
  GRAPH_PASS(fold_batch_norm);
  t = begin(c, "group_steps");
  Plan *plan = group_steps(c, graph);
  note(c, t, (Level){.plan = plan});
  PLAN_PASS(place_values);
  PLAN_PASS(choose_schedule);
  PLAN_PASS(batch_steps);
  PLAN_PASS(choose_stripes);
  if (c->diagnostics->errors) return NULL;
  PLAN_PASS(choose_threads);
  t = begin(c, "plan_memory");
  plan_memory(c, plan);
  return end(c, t, (Level){.plan = plan}) && check_ram(c, plan) ? plan : NULL;
}

/* Whether the weights are known; on shapes alone they may not be. */
static bool has_numbers(const Plan *plan) {
  for (int i = 0; i < plan->packed_count; i++)
    if (!plan->packed[i]->parameter->data) return false;
  return true;
}

static void emit(Compilation *c, const Plan *plan, const LoopProgram *program, const SelfTest *selftest, const char *base, Outputs *out) {
  const Target *target = find_target(c->options->target);
  EmitOptions options = {.prefix = c->options->prefix ? c->options->prefix : plan->graph->name,
                         .base = base,
                         .standalone = c->options->standalone,
                         .weights_in_file = c->options->weights_as == WEIGHTS_AS_FILE,
                         .big_endian = target->big_endian,
                         .version = CNNC_VERSION,
                         .flags = target->flags,
                         .sources = c->options->line_directives ? c->sources : NULL,
                         .code_path = c->options->code_path ? c->options->code_path : arena_printf(c->arena, "%s.c", base),
                         .selftest = selftest};
  Text *texts[] = {&out->code, &out->header, &out->weights_code, &out->selftest_code, &out->main_code};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) *texts[i] = text_new(c->arena);
  emit_header(&out->header, plan, &options);
  emit_code(&out->code, plan, program, &options);
  if (c->options->emit_main) emit_main(&out->main_code, plan, &options);
  out->without_weights = !has_numbers(plan);
  if (out->without_weights) return;
  if (selftest) emit_selftest(&out->selftest_code, plan, &options);
  if (options.weights_in_file) {
    out->weights_blob = emit_weights_blob(plan, &options);
    out->weights_blob_bytes = (size_t)plan->weights_bytes;
  } else {
    emit_weights_code(&out->weights_code, plan, &options);
  }
}

enum { MANY_BYTES_IN_C = 4 << 20, MOST_BYTES_IN_C = 64 << 20 };

/* Compilers need minutes and gigabytes for large tables of numbers. */
static bool weights_fit_c(Compilation *c, const Plan *plan) {
  if (c->options->weights_as == WEIGHTS_AS_FILE || plan->weights_bytes <= MANY_BYTES_IN_C) return true;
  bool refused = plan->weights_bytes > MOST_BYTES_IN_C;
  Diagnostic *d = report(c->diagnostics, refused ? CODE_E0702 : CODE_W_large_weights_in_c, plan->graph->span,
                         "the weights are %lld MiB, %s as C", (long long)(plan->weights_bytes >> 20),
                         refused ? "too much" : "which compilers are slow to read");
  add_note(d, "up to %d MiB compile quickly, more than %d MiB are refused", MANY_BYTES_IN_C >> 20, MOST_BYTES_IN_C >> 20);
  add_help(d, "`--weights-as file` writes them to a file that the program maps or reads");
  if (has_form(plan, SCHEDULE_WINOGRAD)) add_help(d, "`--winograd none` keeps the kernels of convolutions as small as they are");
  return !refused;
}

/* A program that is the same for everybody has numbers for sizes, and one piece of memory. */
static bool main_fits(Compilation *c, const Plan *plan) {
  if (!c->options->emit_main) return true;
  const Graph *graph = plan->graph;
  if (graph->dim_count) {
    const char *name = graph->dims[0]->name;
    Diagnostic *d = report(c->diagnostics, CODE_E0901, graph->span, "`--emit-main` needs numbers for all sizes, and `%s` varies", name);
    add_help(d, "`--size %s=N` gives it one value", name);
  } else if (plan->ram_count) {
    Diagnostic *d = report(c->diagnostics, CODE_E0901, graph->span, "`--emit-main` writes a program with one workspace");
    add_help(d, "leave `--ram` out");
  } else {
    return true;
  }
  return false;
}

/* The evaluator wants numbers for sizes, and the graph before any pass. NULL: it was reported. */
static const Graph *pin_sizes(Compilation *c, const Graph *graph, const SizeSample *dims) {
  if (!dims->count) return graph;
  Options options = *c->options;
  Diagnostics again = {.arena = c->arena, .sources = c->sources}; /* what is to be said was said */
  Compilation pinned = *c;
  for (int i = 0; i < dims->count; i++) {
    Binding *size = ARENA_NEW(c->arena, Binding);
    *size = (Binding){dims->dims[i]->name, arena_printf(c->arena, "%lld", (long long)dims->values[i]), options.sizes};
    options.sizes = size;
  }
  pinned.options = &options;
  pinned.diagnostics = &again;
  const Graph *result = compile_to_graph(&pinned);
  bool same = result && !again.errors && result->value_count == graph->value_count;
  for (int i = 0; same && i < graph->value_count; i++) same = !strcmp(graph->values[i]->name, result->values[i]->name);
  if (same) return result;
  report(c->diagnostics, CODE_E0999, graph->span, "the network is another one at the sizes of its self-test");
  return NULL;
}

/* What NET_selftest.c must know. NULL: errors were reported. */
static const SelfTest *make_selftest(Compilation *c, const Graph *graph) {
  Timer t = begin(c, "expect_results");
  SizeSample dims = selftest_sizes(graph);
  const Graph *pinned = pin_sizes(c, graph, &dims);
  const SelfTest *test = pinned ? expect_results(c, pinned, dims) : NULL;
  note(c, t, (Level){.graph = graph});
  return test;
}

bool compile(Compilation *c, const char *base, Outputs *out) {
  bool dumped = false;
  Graph *graph = front(c, &dumped);
  if (!graph) return dumped;
  const SelfTest *selftest = NULL;
  if (c->options->selftest && !(selftest = make_selftest(c, graph))) return false;
  Plan *plan = make_plan(c, graph);
  if (!plan) return false;
  if (stop_at(c, DUMP_PLAN, (Level){.plan = plan})) return true;
  Timer t = begin(c, "lower");
  LoopProgram *program = lower(c, plan);
  if (!end(c, t, (Level){.loops = program}) || !fits_flash(c, plan)) return false;
  place_in_flash(c, plan);
  if (!check_flash(c, plan)) return false;
  t = begin(c, "name_values");
  name_values(c, program);
  if (!end(c, t, (Level){.loops = program})) return false;
  if (plan->portable) {
    t = begin(c, "split_products");
    split_products(c, program);
    if (!end(c, t, (Level){.loops = program})) return false;
  }
  if (stop_at(c, DUMP_LOOPS, (Level){.loops = program})) return true;
  t = begin(c, "pack_weights");
  pack_weights(c, plan);
  if (!end(c, t, (Level){.plan = plan})) return false;
  if (!weights_fit_c(c, plan) || !main_fits(c, plan)) return false;
  t = begin(c, "emit");
  emit(c, plan, program, selftest, base, out);
  out->plan = plan;
  return end(c, t, (Level){0});
}
