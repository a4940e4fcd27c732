/* export_nets.c - writes the ONNX models of many nets, in one process, and what they must compute beside them.
 *
 *   export_nets [--every N] DIR FILE.cnn..
 *
 * Every net of every file, or one of N, gets seeded weights (a file whose weights lie beside it keeps them) and becomes DIR/FILE.NET.onnx,
 * with all sizes open that are open in the source. DIR/FILE.NET.K.data holds, for the K-th choice of these, two samples of
 * each input and what the evaluator makes of them in double precision: see put_tensor. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/operator.h"
#include "load/write_onnx.h"
#include "net_graph.h"
#include "own_weights.h"
#include "passes/export_graph.h"
#include "passes/interpret.h"
#include "support/reader.h"

enum { SAMPLES = 2, CHOICES = 2 };

typedef struct Job {
  Arena *arena; /* of one net */
  Options options;
  const char *directory, *stem; /* of the file */
  Binding bindings[MAX_SAMPLE_DIMS];
  int every, seen; /* one net of so many */
  int written, failed;
} Job;

static void fail(Job *job, const char *what, const char *why) {
  printf("FAILED: %s.%s: %s %s\n", job->stem, job->options.net, what, why);
  job->failed++;
}

static void write_bytes(Job *job, const char *ending, const void *bytes, size_t length) {
  const char *path = arena_printf(job->arena, "%s/%s.%s.%s", job->directory, job->stem, job->options.net, ending);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(bytes, 1, length, file) != length || fclose(file)) {
    perror(path);
    exit(2);
  }
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static double random_number(uint64_t *state, DType dtype) {
  int64_t unit = (int64_t)(next_random(state) % 2000001) - 1000000;
  if (dtype == DTYPE_F32) return (double)((float)unit / 1e6f);
  if (dtype == DTYPE_I32) return (double)(8 * unit);
  return (double)(dtype_minimum(dtype) + (int64_t)(next_random(state) % (uint64_t)(dtype_maximum(dtype) - dtype_minimum(dtype) + 1)));
}

/* Words of 8 bytes: the rank, the sizes of the caller's buffer with the samples first, then its numbers as doubles. */
static void put_tensor(Text *data, const TensorType *type, bool hwc, double *const *samples) {
  int64_t words[MAX_RANK + 2] = {type->rank + 1, SAMPLES}, count = 1;
  for (int i = 0; i < type->rank; i++) {
    words[2 + i] = size_value(type->sizes[hwc ? (i + 1) % type->rank : i]);
    count *= words[2 + i];
  }
  text_add_bytes(data, (const char *)words, (size_t)(type->rank + 2) * sizeof *words);
  for (int s = 0; s < SAMPLES; s++)
    for (int64_t i = 0; i < count; i++) text_add_bytes(data, (const char *)&samples[s][logical_index(type, hwc, i)], sizeof(double));
}

static void evaluate(Job *job, const Graph *graph, int choice) {
  Text data = text_new(job->arena);
  uint64_t random = (uint64_t)choice;
  double *inputs[SAMPLES][64], *outputs[SAMPLES][64], *samples[SAMPLES];
  for (int s = 0; s < SAMPLES; s++) {
    for (int i = 0; i < graph->input_count; i++) {
      int64_t count = size_value(type_elements(job->arena, &graph->inputs[i].value->type));
      inputs[s][i] = ARENA_ARRAY(job->arena, double, (size_t)count);
      for (int64_t k = 0; k < count; k++) inputs[s][i][k] = random_number(&random, graph->inputs[i].value->type.dtype);
    }
    if (!interpret(job->arena, graph, (const double *const *)inputs[s], outputs[s])) exit(2);
  }
  for (int i = 0; i < graph->input_count; i++) {
    for (int s = 0; s < SAMPLES; s++) samples[s] = inputs[s][i];
    put_tensor(&data, &graph->inputs[i].value->type, graph->inputs[i].hwc, samples);
  }
  for (int i = 0; i < graph->output_count; i++) {
    for (int s = 0; s < SAMPLES; s++) samples[s] = outputs[s][i];
    put_tensor(&data, &graph->outputs[i].value->type, graph->outputs[i].hwc, samples);
  }
  write_bytes(job, arena_printf(job->arena, "%d.data", choice), text_string(&data), data.length);
}

static Graph *graph_of(Job *job, NetCompilation *net) {
  Graph *graph = net_graph(job->arena, &job->options, net);
  if (!graph) fail(job, "does not compile:", net_errors(job->arena, net));
  return graph;
}

/* The least sizes, then greater ones that differ. */
static void choose_sizes(Job *job, const Graph *graph, int choice) {
  for (int i = 0; i < graph->dim_count; i++) {
    const Dim *dim = graph->dims[i];
    int64_t value = dim_least(dim) + choice * (3 + 2 * (i % 2)) * dim->multiple;
    if (value > dim_greatest(dim)) value = dim_greatest(dim);
    job->bindings[i] = (Binding){dim->name, arena_printf(job->arena, "%lld", (long long)value), i ? &job->bindings[i - 1] : NULL};
  }
  job->options.sizes = graph->dim_count ? &job->bindings[graph->dim_count - 1] : NULL;
}

/* Whether the list of an operation's types has the word. */
static bool names_type(const char *list, const char *type) {
  size_t length = strlen(type);
  for (const char *at = strstr(list, type); at; at = strstr(at + 1, type))
    if ((at == list || strchr(" (", at[-1])) && (!at[length] || strchr(" ,;:)s", at[length]))) return true;
  return false;
}

/* `cnnc explain` names all that an operation becomes. What is made for sizes is called LAYER/size/.. and left out. */
static void check_types(Job *job, const Graph *graph, const OnnxModel *model) {
  const Node *of = NULL;
  for (int i = model->graph.nodes_count; i-- > 0;) {
    const OnnxNode *made = &model->graph.nodes[i];
    for (int k = 0; k < graph->node_count; k++)
      if (!strcmp(graph->nodes[k]->name, made->name)) of = graph->nodes[k];
    size_t length = of ? strlen(of->name) : 0;
    if (!of || strncmp(made->name, of->name, length) || (made->name[length] && made->name[length] != '/')) continue;
    bool known = !strncmp(made->name + length, "/size/", 6) || names_type(of->op->onnx, made->op_type);
    known = known || !strcmp(made->op_type, "Identity"); /* nothing was left to do */
    if (known) continue;
    printf("FAILED: %s.%s: `%s` becomes %s, and explain does not say so\n", job->stem, job->options.net, of->op->name, made->op_type);
    job->failed++;
  }
}

static void do_net(Job *job) {
  NetCompilation net;
  size_t length;
  job->options.sizes = NULL;
  const Graph *graph = graph_of(job, &net);
  if (!graph) return;
  const OnnxModel *model = export_graph(&net.compilation, graph, 0);
  check_types(job, graph, model);
  const unsigned char *bytes = write_onnx(job->arena, model, &length);
  if (!bytes) {
    fail(job, "is too large", "");
    return;
  }
  write_bytes(job, "onnx", bytes, length);
  for (int choice = 0; choice < (graph->dim_count ? CHOICES : 1); choice++) {
    choose_sizes(job, graph, choice);
    const Graph *fixed = graph->dim_count ? graph_of(job, &net) : graph;
    if (fixed) evaluate(job, fixed, choice);
  }
  job->written++;
}

/* Calls do_net for every `net NAME` that begins a line. */
static void do_file(Job *job, const char *file) {
  Arena text_arena = {0}, arena;
  size_t length;
  const char *error, *text = read_whole_file(&text_arena, file, READ_FILES_ONLY, &length, &error), *slash = strrchr(file, '/');
  if (!text) {
    fprintf(stderr, "export_nets: %s: %s\n", file, error);
    exit(2);
  }
  job->stem = slash ? slash + 1 : file;
  job->stem = arena_strndup(&text_arena, job->stem, strcspn(job->stem, "."));
  job->options.file = file;
  job->options.weights = has_own_weights(text, file) ? NULL : "random:1";
  for (const char *line = text; line; line = strchr(line, '\n')) {
    line += *line == '\n';
    if (strncmp(line, "net ", 4) != 0 || job->seen++ % job->every) continue;
    arena = (Arena){0};
    job->arena = &arena;
    job->options.net = arena_strndup(&text_arena, line + 4, strcspn(line + 4, " ({"));
    do_net(job);
    arena_free(&arena);
  }
  arena_free(&text_arena);
}

int main(int argc, char **argv) {
  Job job = {.options = {.weights = "random:1", .batch = 1, .target = "generic", .verify = true}, .every = 1};
  int next = 1;
  if (argc > 3 && !strcmp(argv[1], "--every")) job.every = atoi(argv[2]), next = 3;
  if (argc < next + 2 || job.every < 1) return 2;
  job.directory = argv[next++];
  for (; next < argc; next++) do_file(&job, argv[next]);
  printf("%d written, %d failed\n", job.written, job.failed);
  return job.failed > 0;
}
