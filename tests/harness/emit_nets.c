/* emit_nets.c - compiles many nets to C, in one process, and writes what they must compute beside them.
 *
 *   emit_nets [options] DIR FILE.cnn..
 *
 * Every net of every file is compiled with seeded weights (a file whose weights are beside it keeps them) and evaluated in
 * double precision. DIR gets the C of each net, partN.c (glue, several nets each), table.inc and data.bin for
 * run_nets.c, and `sources`, what is to be compiled. Options are cnnc's own where they have its names. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bound.h"
#include "compile.h"
#include "inputs.h"
#include "load/write_onnx.h"
#include "passes/export_graph.h"
#include "own_weights.h"
#include "passes/interpret.h"
#include "passes/targets.h"
#include "run_nets.h"
#include "support/diagnostics_text.h"
#include "support/reader.h"

typedef struct Job {
  Arena arena;
  Options options;
  const char *directory, *only;
  int every, seen; /* one net of so many; 0: all */
  Values values;   /* of inputs */
  bool proved;     /* a result may differ by as much as is proved, also where it is more than is usual */
  int winograd;    /* convolutions are in these of Winograd's forms wherever they can be; 0: nowhere unless options say it */
  bool separate;   /* each net in a file of its own */
  bool regions;    /* tensors lie in two regions beside the workspace, whose sizes the names of nets decide */
  int parts, count, failed;
  uint64_t any_plan;      /* a seed: nets are planned for machines that do not exist, each for others; 0: for the target */
  const char *known_data; /* what an earlier call with the same nets wrote as data.bin: they are not evaluated again */
  const char *picture;    /* what the first sample shows, where an input has its size */
  const char *graphs;     /* a directory for the graph of each net, and for it as an ONNX model; NULL: none is written */
  const char *twins;      /* a directory where NAME_twin.cnn may compute what the net NAME does; NULL: none */
  Text table, data, sources;
  Text *part;
} Job;

static void fail(const char *what, const char *detail) {
  fprintf(stderr, "emit_nets: %s: %s\n", what, detail);
  exit(2);
}

/* Empties the lines of all nets but one, which saves reading hundreds of them for each. */
static void leave_one_net(char *text, const char *net) {
  bool keep = true;
  for (char *line = text, *end; *line; line = end + 1) {
    end = line + strcspn(line, "\n");
    if (strncmp(line, "net ", 4) == 0) keep = strcspn(line + 4, " ({") == strlen(net) && strncmp(line + 4, net, strlen(net)) == 0;
    bool last = *line == '}';
    if (!keep) memset(line, ' ', (size_t)(end - line));
    if (last) keep = true;
    if (!*end) break;
  }
}

static const char *read_file(void *context, Arena *arena, const char *path, const char *relative_to, size_t *length, const char **resolved,
                             const char **error) {
  const Job *job = context;
  *resolved = path_beside(arena, path, relative_to);
  const char *text = read_whole_file(arena, *resolved, READ_FILES_ONLY, length, error);
  if (!text || relative_to) return text;
  char *copy = arena_strndup(arena, text, *length);
  leave_one_net(copy, job->options.net);
  return copy;
}

static void write_file(Job *job, const char *name, const void *data, size_t length) {
  const char *path = arena_printf(&job->arena, "%s/%s", job->directory, name);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(data, 1, length, file) != length || fclose(file)) fail(path, strerror(errno));
}

static void write_text(Job *job, const char *name, const Text *text) { write_file(job, name, text_string(text), text->length); }

/* ---- numbers ---- */

static void put_word(Text *data, uint32_t word) {
  char bytes[4];
  for (int i = 0; i < 4; i++) bytes[i] = (char)(word >> (8 * i) & 255);
  text_add_bytes(data, bytes, 4);
}

static void change_word(Text *data, size_t at, uint32_t word) {
  for (int i = 0; i < 4; i++) data->data[at + (size_t)i] = (char)(word >> (8 * i) & 255);
}

static void put_float(Text *data, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  put_word(data, bits);
}

static void put_double(Text *data, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  put_word(data, (uint32_t)(bits >> 32));
  put_word(data, (uint32_t)bits);
}

/* The element that stands at place i of the caller's buffer. */
static int64_t logical(const TensorType *type, bool hwc, int64_t i) {
  if (!hwc || type->rank != 3) return i;
  int64_t channels = size_value(type->sizes[0]), pixels = size_value(type->sizes[1]) * size_value(type->sizes[2]);
  return i % channels * pixels + i / channels;
}

static void put_input(Job *job, const GraphInput *input, const double *numbers) {
  int64_t count = size_value(type_elements(&job->arena, &input->value->type));
  for (int64_t i = 0; i < count; i++) {
    double value = numbers[logical(&input->value->type, input->hwc, i)];
    if (input->value->type.dtype == DTYPE_F32) put_float(&job->data, (float)value);
    else put_word(&job->data, (uint32_t)(int32_t)value);
  }
}

static void put_output(Job *job, const GraphOutput *output, const double *numbers, const Bound *bound) {
  int64_t count = size_value(type_elements(&job->arena, &output->value->type));
  double largest = 0;
  for (int64_t i = 0; i < count; i++)
    if (isfinite(numbers[i])) largest = fmax(largest, fabs(numbers[i]));
  for (int64_t i = 0; i < count; i++) {
    int64_t at = logical(&output->value->type, output->hwc, i);
    put_double(&job->data, numbers[at]);
    put_float(&job->data, job->values == VALUES_ANY ? (float)tolerance_at(bound, at, largest, job->proved) : 0);
  }
}

static void put_shape(Job *job, const TensorType *type) {
  put_word(&job->data, (uint32_t)dtype_bytes(type->dtype));
  put_word(&job->data, type->dtype == DTYPE_F32);
  put_word(&job->data, type->dtype != DTYPE_U8);
  put_word(&job->data, (uint32_t)size_value(type_elements(&job->arena, type)));
}

static uint64_t hash(const char *text) {
  uint64_t h = UINT64_C(0xcbf29ce484222325);
  for (; *text; text++) h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
  return h;
}

/* Inputs, and what must come out, of all samples. false: the evaluator cannot, or the net is not exact. */
static bool put_samples(Job *job, const Graph *graph) {
  InputSource source = {{hash(graph->name)}, job->values, job->picture};
  put_word(&job->data, SAMPLES);
  for (int i = 0; i < graph->input_count; i++) put_shape(job, &graph->inputs[i].value->type);
  for (int i = 0; i < graph->output_count; i++) put_shape(job, &graph->outputs[i].value->type);
  for (int sample = 0; sample < SAMPLES; sample++) {
    const double **inputs = ARENA_ARRAY(&job->arena, const double *, (size_t)graph->input_count);
    double **outputs = ARENA_ARRAY(&job->arena, double *, (size_t)graph->output_count);
    for (int i = 0; i < graph->input_count; i++)
      put_input(job, &graph->inputs[i], inputs[i] = input_numbers(&job->arena, &source, graph->inputs[i].value, sample));
    if (!interpret(&job->arena, graph, inputs, outputs)) return false;
    const char *inexact;
    Bound *bounds = bound_values(&job->arena, graph, inputs, job->winograd, &inexact);
    if (job->values == VALUES_EXACT && inexact) {
      fprintf(stderr, "emit_nets: %s: `%s` is not exact\n", graph->name, inexact);
      return false;
    }
    for (int i = 0; i < graph->output_count; i++) put_output(job, &graph->outputs[i], outputs[i], &bounds[graph->outputs[i].value->id]);
  }
  return true;
}

/* ---- nets ---- */

static Compilation begin(Job *job, Diagnostics *diagnostics, Sources *sources) {
  *sources = (Sources){.arena = &job->arena};
  *diagnostics = (Diagnostics){.arena = &job->arena, .sources = sources};
  return (Compilation){.arena = &job->arena,
                       .diagnostics = diagnostics,
                       .sources = sources,
                       .options = &job->options,
                       .read_file = read_file,
                       .read_context = job,
                       .dump = text_new(&job->arena),
                       .timings = text_new(&job->arena)};
}

static void complain(Job *job, const char *net, const Diagnostics *diagnostics) {
  Text text = text_new(&job->arena);
  print_diagnostics(&text, diagnostics, DIAGNOSTICS_SHORT, false);
  printf("FAIL %s: does not compile: %s", net, diagnostics->errors ? text_string(&text) : "without a word\n");
  job->failed++;
}

static const char *upper(Arena *arena, const char *name) {
  char *copy = arena_strdup(arena, name);
  for (char *p = copy; *p; p++)
    if (*p >= 'a' && *p <= 'z') *p = (char)(*p - 'a' + 'A');
  return copy;
}

/* One net as run_nets.c will call it. */
typedef struct Case {
  const char *name, *prefix; /* of the case, and of the C that it calls */
  const SizeSample *sizes;   /* what it hands to C that takes sizes at run time; NULL: that takes none */
  int follows;               /* see run_nets.h */
} Case;

/* "  env.H = 5;" and "(5, 7)" */
static const char *size_members(Job *job, const SizeSample *sizes) {
  Text text = text_new(&job->arena);
  for (int i = 0; sizes && i < sizes->count; i++)
    text_addf(&text, "  env.%s = e ? (size_t)((long)e->size[%d] + e->change[%d]) : 0;\n", sizes->dims[i]->name, i, i);
  return text_string(&text);
}

static const char *size_list(Job *job, const SizeSample *sizes) {
  Text text = text_new(&job->arena);
  for (int i = 0; i < sizes->count; i++) text_addf(&text, "%s%lld", i ? ", " : "", (long long)sizes->values[i]);
  return text_string(&text);
}

/* "  env.workspace_a = e ? e->region[0] : 0;", and the bytes */
static const char *region_members(Job *job) {
  Text text = text_new(&job->arena);
  int number = 0;
  for (const RegionOption *r = job->options.ram; r; r = r->next, number++)
    text_addf(&text, "  env.workspace_%s = e ? e->region[%d] : 0;\n  env.workspace_%s_bytes = e ? e->region_bytes[%d] : 0;\n", r->name,
              number, r->name, number);
  return text_string(&text);
}

static const char *region_sizes(Job *job, const char *big) {
  Text text = text_new(&job->arena);
  for (const RegionOption *r = job->options.ram; r; r = r->next)
    text_addf(&text, "%s_WORKSPACE_%s_BYTES, ", big, upper(&job->arena, r->name));
  text_add(&text, job->options.ram ? "" : "0, 0");
  return text_string(&text);
}

/* One function that run_nets.c can call without knowing the net's types. */
static void add_glue(Job *job, Text *part, const Case *c) {
  const char *name = c->name, *net = c->prefix, *big = upper(&job->arena, net);
  text_addf(part,
            "static int call_%s(void **in, void **out, const NetEnv *e) {\n  %s_inputs i;\n  %s_outputs o;\n  %s_env env;\n"
            "  memset(&env, 0, sizeof env);\n  if (e) {\n    env.workspace = e->workspace;\n    env.workspace_bytes = e->workspace_bytes;\n"
            "    env.weights = e->weights;\n    env.weights_bytes = e->weights_bytes;\n  }\n%s%s  if (in) memcpy(&i, in, sizeof i);\n"
            "  if (out) memcpy(&o, out, sizeof o);\n  return (int)%s_run(in ? &i : 0, out ? &o : 0, e ? &env : 0);\n}\n",
            name, net, net, net, size_members(job, c->sizes), region_members(job), net);
  text_addf(part, "static const char *text_%s(int status) { return %s_status_text((%s_status)status); }\n", name, net, net);
  const char *bytes = c->sizes ? arena_printf(&job->arena, "%s_workspace_bytes(%s)", net, size_list(job, c->sizes))
                               : arena_printf(&job->arena, "%s_WORKSPACE_BYTES", big);
  const char *lower = c->sizes ? "0" : arena_printf(&job->arena, "%s_WORKSPACE_LOWER_BOUND", big);
  text_addf(part, "static size_t workspace_%s(void) { return %s; }\n", name, bytes);
  text_addf(part,
            "const Net net_%s = {\"%s\", \"%s\", call_%s, text_%s, workspace_%s, (int)(sizeof(%s_inputs) / sizeof(void *)), "
            "(int)(sizeof(%s_outputs) / sizeof(void *)), %s, %s_WORKSPACE_ALIGN, %s_WEIGHTS_BYTES, %lld, %d, {%s},\n  {%s_ERR_NULL, "
            "%s_ERR_WORKSPACE, %s_ERR_ALIGN, %s_ERR_ALIAS, %s_ERR_RANGE, %s_ERR_MULTIPLE, %s_ERR_WEIGHTS}, {",
            name, name, net, name, name, name, net, net, lower, big, big, (long long)job->options.batch, c->follows, region_sizes(job, big),
            big, big, big, big, big, big, big);
  for (int i = 0; c->sizes && i < c->sizes->count; i++) {
    const Dim *dim = c->sizes->dims[i];
    text_addf(part, "{%lld, %lld, %lld, %lld}, ", (long long)c->sizes->values[i], (long long)dim->minimum, (long long)dim->maximum,
              (long long)dim->multiple);
  }
  text_add(part, "{0, 0, 0, 0}}};\n\n");
  text_addf(&job->table, "NET(%s)\n", name);
}

static Text *part_of(Job *job) { return &job->part[job->count % job->parts]; }

static void write_net(Job *job, const char *net, const Outputs *out) {
  write_text(job, arena_printf(&job->arena, "%s.c", net), &out->code);
  write_text(job, arena_printf(&job->arena, "%s.h", net), &out->header);
  if (out->weights_blob_bytes) write_file(job, arena_printf(&job->arena, "%s.weights", net), out->weights_blob, out->weights_blob_bytes);
  if (out->weights_code.length) write_text(job, arena_printf(&job->arena, "%s_weights.c", net), &out->weights_code);
  text_addf(part_of(job), "#include \"%s.%s\"\n", net, job->separate ? "h" : "c");
  if (!job->separate && job->options.weights_as == WEIGHTS_AS_C) text_addf(part_of(job), "#include \"%s_weights.c\"\n", net);
  if (job->separate)
    text_addf(&job->sources, "%s.c\n%s", net, out->weights_code.length ? arena_printf(&job->arena, "%s_weights.c\n", net) : "");
}

/* The graph with the sizes that the options give; NULL: errors were reported. */
static Graph *graph_of(Job *job, const char *name) {
  Diagnostics diagnostics;
  Sources sources;
  Compilation c = begin(job, &diagnostics, &sources);
  Graph *graph = compile_to_graph(&c);
  if (graph && !diagnostics.errors) return graph;
  complain(job, name, &diagnostics);
  return NULL;
}

/* Writes the net under the name that its C has. false: errors were reported. */
static bool compile_net(Job *job, const char *name) {
  Diagnostics diagnostics;
  Sources sources;
  Outputs out = {0};
  Compilation c = begin(job, &diagnostics, &sources);
  bool good = compile(&c, name, &out) && !diagnostics.errors;
  if (good) write_net(job, name, &out);
  else complain(job, name, &diagnostics);
  return good;
}

static void write_other(const char *path, const void *data, size_t length) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(data, 1, length, file) != length || fclose(file)) fail(path, strerror(errno));
}

/* The graph as other forms that must compute the same: a source, and an ONNX model unless it cannot be one, which the log says. */
static void write_graph(Job *job, const char *name, const Graph *graph) {
  Text text = text_new(&job->arena);
  Diagnostics diagnostics;
  Sources sources;
  size_t length;
  if (!job->graphs) return;
  print_graph(&text, graph);
  write_other(arena_printf(&job->arena, "%s/%s.cnn", job->graphs, name), text_string(&text), text.length);
  Compilation c = begin(job, &diagnostics, &sources);
  const OnnxModel *model = export_graph(&c, graph, 0);
  const void *bytes = model && !diagnostics.errors ? write_onnx(&job->arena, model, &length) : NULL;
  if (bytes) {
    write_other(arena_printf(&job->arena, "%s/%s.onnx", job->graphs, name), bytes, length);
    return;
  }
  text = text_new(&job->arena);
  print_diagnostics(&text, &diagnostics, DIAGNOSTICS_SHORT, false);
  printf("%s: no ONNX model: %s", name, text_string(&text));
}

/* The case, and the samples that it is for, which are the same for all nets of that name and sizes. */
static void add_case(Job *job, const Graph *graph, Case c) {
  size_t before = job->data.length;
  put_word(&job->data, (uint32_t)hash(c.name));
  put_word(&job->data, 0);
  if (job->known_data || put_samples(job, graph)) {
    change_word(&job->data, before + 4, (uint32_t)(job->data.length - before - 8)); /* by which those go on who leave it out */
    add_glue(job, part_of(job), &c);
    return;
  }
  job->data.length = before;
  printf("FAIL %s: the evaluator cannot run it\n", c.name);
  job->failed++;
}

enum { PLACES = 4 };

/* The least values of the dims, greater ones that are not too great, and mixtures. */
static int64_t size_at_place(const Dim *dim, int number, int place) {
  static const int steps[PLACES][2] = {{0, 0}, {1, 4}, {6, 1}, {17, 22}};
  int64_t step = steps[place][number % 2];
  while (step * dim->multiple > 48) step /= 2;
  int64_t value = dim_least(dim) + step * dim->multiple;
  return value > dim_greatest(dim) ? dim_greatest(dim) : value;
}

/* One C file for all sizes. Where numerics are portable, beside it one for every second size, which must give the
 * same bits. */
static void do_varying_net(Job *job, const char *net, const Graph *graph) {
  if (!compile_net(job, net)) return;
  write_graph(job, net, graph);
  for (int place = 0; place < PLACES; place++) {
    SizeSample *sizes = ARENA_NEW(&job->arena, SizeSample);
    Binding bindings[MAX_SAMPLE_DIMS];
    for (int i = 0; i < graph->dim_count; i++) {
      sizes->dims[i] = graph->dims[i];
      sizes->values[i] = size_at_place(graph->dims[i], i, place);
      bindings[i] = (Binding){graph->dims[i]->name, arena_printf(&job->arena, "%lld", (long long)sizes->values[i]),
                              i ? &bindings[i - 1] : NULL};
    }
    sizes->count = graph->dim_count;
    const char *name = arena_printf(&job->arena, "%s_at%d", net, place), *pinned = arena_printf(&job->arena, "%s_%d", net, place);
    job->options.sizes = &bindings[sizes->count - 1];
    job->options.prefix = pinned;
    const Graph *one = job->known_data ? graph : graph_of(job, name);
    if (one) add_case(job, one, (Case){name, net, sizes, FOLLOWS_NONE});
    if (one && job->options.numerics == NUMERICS_PORTABLE && place % 2 && compile_net(job, pinned))
      add_glue(job, part_of(job), &(Case){pinned, pinned, NULL, FOLLOWS_BITS});
    job->options.sizes = NULL;
    job->options.prefix = NULL;
  }
}

/* Another source whose C must give what the case before does: the same bits if it says the same, the same values if they
 * are exact. */
static void add_twin(Job *job, const char *net) {
  const char *path = arena_printf(&job->arena, "%s/%s_twin.cnn", job->twins, net), *twin = arena_printf(&job->arena, "%s_twin", net);
  if (access(path, R_OK)) return;
  job->options.file = path;
  job->options.prefix = twin;
  if (compile_net(job, twin))
    add_glue(job, part_of(job), &(Case){twin, twin, NULL, job->values == VALUES_ANY ? FOLLOWS_BITS : FOLLOWS_DATA});
  job->options.prefix = NULL;
}

static uint64_t plan_of(const Job *job, const char *net) { return job->any_plan ? hash(net) + job->any_plan : 0; }

/* The same net, planned for machines that do not exist: portable C of it must give the bits that the case before gives. */
static void add_imagined(Job *job, const char *net) {
  const char *imagined = arena_printf(&job->arena, "%s_imagined", net);
  job->options.prefix = imagined;
  job->options.any_plan = plan_of(job, net);
  if (compile_net(job, imagined)) add_glue(job, part_of(job), &(Case){imagined, imagined, NULL, FOLLOWS_BITS});
  job->options.prefix = NULL;
}

/* Some hold all tensors, some few, some none. */
static void name_regions(Job *job, const char *net) {
  RegionOption *a = ARENA_NEW(&job->arena, RegionOption), *b = ARENA_NEW(&job->arena, RegionOption);
  uint64_t drawn = hash(net);
  *a = (RegionOption){"a", INT64_C(32) << drawn % 9, b};
  *b = (RegionOption){"b", INT64_C(100) << drawn / 9 % 9, NULL};
  job->options.ram = a;
}

static void do_net(Job *job, const char *file, const char *net, bool varies) {
  bool both = job->any_plan && job->options.numerics == NUMERICS_PORTABLE && !varies;
  job->options.file = file;
  job->options.net = net;
  if (job->regions) name_regions(job, net);
  job->options.any_plan = both ? 0 : plan_of(job, net);
  Graph *graph = job->known_data && !varies ? NULL : graph_of(job, net);
  if (!graph && (varies || !job->known_data)) return;
  if (graph && graph->dim_count) do_varying_net(job, net, graph);
  else if (compile_net(job, net)) {
    if (graph) write_graph(job, net, graph);
    add_case(job, graph, (Case){net, net, NULL, FOLLOWS_NONE});
    if (job->twins) add_twin(job, net);
    if (both) add_imagined(job, net);
  }
  job->count++;
}

/* Whether the net stands in a list with commas. */
static bool wanted(const char *list, const char *net) {
  size_t length = strlen(net);
  for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
    if (strcspn(at, ",") == length && strncmp(at, net, length) == 0) return true;
  return !list;
}

/* Calls do_net for every `net NAME` that begins a line. */
static void do_file(Job *job, const char *file) {
  size_t length;
  const char *error, *text = read_whole_file(&job->arena, file, READ_FILES_ONLY, &length, &error);
  if (!text) fail(file, error);
  const char *given = job->options.weights;
  bool varies = strstr(text, "\ndim ") != NULL;
  if (has_own_weights(text, file)) job->options.weights = NULL;
  for (const char *line = text; line; line = strchr(line, '\n')) {
    line += *line == '\n';
    if (strncmp(line, "net ", 4) != 0) continue;
    const char *net = arena_strndup(&job->arena, line + 4, strcspn(line + 4, " ({"));
    if (wanted(job->only, net) && (job->every < 2 || job->seen++ % job->every == 0)) do_net(job, file, net, varies);
  }
  job->options.weights = given;
}

static void link_data(const Job *job) {
  char path[1024];
  snprintf(path, sizeof path, "%s/data.bin", job->directory);
  if (symlink(job->known_data, path)) fail(path, strerror(errno));
}

/* "4" and "2": wherever it can be; "none" */
static void set_winograd(Job *job, const char *form) {
  job->winograd = atoi(form);
  job->options.winograd = job->winograd == 4 ? WINOGRAD_4 : job->winograd == 2 ? WINOGRAD_2 : WINOGRAD_NONE;
  job->options.force_winograd = job->winograd > 0;
}

static int read_options(Job *job, int argc, char **argv) {
  int i = 1;
  for (; i < argc && argv[i][0] == '-'; i++) {
    const char *option = argv[i];
    if (!strcmp(option, "--portable")) job->options.numerics = NUMERICS_PORTABLE;
    else if (!strcmp(option, "--standalone")) job->options.standalone = true;
    else if (!strcmp(option, "--weights-as-file")) job->options.weights_as = WEIGHTS_AS_FILE;
    else if (!strcmp(option, "--proved")) job->proved = true;
    else if (!strcmp(option, "--exact")) job->values = VALUES_EXACT;
    else if (!strcmp(option, "--special")) job->values = VALUES_SPECIAL;
    else if (!strcmp(option, "--separate")) job->separate = true;
    else if (!strcmp(option, "--threads")) job->options.threads = 4;
    else if (!strcmp(option, "--regions")) job->regions = true;
    else if (!strcmp(option, "--eager")) job->options.eager = true;
    else if (i + 1 == argc) fail("option", option);
    else if (!strcmp(option, "--target")) job->options.target = !strcmp(argv[++i], "native") ? host_target() : argv[i];
    else if (!strcmp(option, "--winograd")) set_winograd(job, argv[++i]);
    else if (!strcmp(option, "--batch")) job->options.batch = atoi(argv[++i]);
    else if (!strcmp(option, "--stripes")) job->options.stripes = atoi(argv[++i]);
    else if (!strcmp(option, "--any-plan")) job->any_plan = strtoull(argv[++i], NULL, 10);
    else if (!strcmp(option, "--parts")) job->parts = atoi(argv[++i]);
    else if (!strcmp(option, "--every")) job->every = atoi(argv[++i]);
    else if (!strcmp(option, "--only")) job->only = argv[++i];
    else if (!strcmp(option, "--picture")) job->picture = argv[++i];
    else if (!strcmp(option, "--graphs")) job->graphs = argv[++i];
    else if (!strcmp(option, "--twins")) job->twins = argv[++i];
    else if (!strcmp(option, "--data")) job->known_data = argv[++i];
    else if (!strcmp(option, "-w")) job->options.weights = argv[++i];
    else fail("unknown option", option);
  }
  return i;
}

int main(int argc, char **argv) {
  Job job = {.options = {.weights = "random:1", .batch = 1, .target = "generic", .verify = true}, .parts = 1};
  int i = read_options(&job, argc, argv);
  if (i + 1 >= argc) fail("usage", "emit_nets [options] DIR FILE.cnn..");
  if (!find_target(job.options.target)) fail("no such target", job.options.target);
  job.directory = argv[i++];
  job.table = text_new(&job.arena);
  job.data = text_new(&job.arena);
  job.sources = text_new(&job.arena);
  job.part = ARENA_ARRAY(&job.arena, Text, (size_t)job.parts);
  for (int p = 0; p < job.parts; p++) {
    job.part[p] = text_new(&job.arena);
    text_add(&job.part[p], "#include <string.h>\n#include \"run_nets.h\"\n");
  }
  for (; i < argc; i++) do_file(&job, argv[i]);
  for (int p = 0; p < job.parts; p++) {
    const char *name = arena_printf(&job.arena, "part%d.c", p);
    write_text(&job, name, &job.part[p]);
    text_addf(&job.sources, "%s\n", name);
  }
  write_text(&job, "table.inc", &job.table);
  if (job.known_data) link_data(&job);
  else write_text(&job, "data.bin", &job.data);
  write_text(&job, "sources", &job.sources);
  arena_free(&job.arena);
  return job.failed > 0;
}
