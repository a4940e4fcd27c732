/* generate.c - random small nets, of five kinds.
 *
 *   generate exact|rounded|varying|special|adjoint DIR FIRST COUNT SEED [sources]      writes DIR/exact0.cnn, DIR/exact0.safetensors, ..
 *
 * In exact nets floats make no errors, so that any difference at all is a bug; rounded nets have what no float computes
 * exactly. Varying ones are exact ones with sizes that vary, for whose least values everything fits: cnnc refuses some.
 * Special ones move values and choose among them, so that any value comes out as it went in: infinities, FLT_MAX, ..
 * Adjoint ones (adjoint.c) give 0.
 * With `sources`, no weights are written. What occurs how often: coverage.c. */
#include <stdlib.h>
#include <string.h>

#include "layers.h"

typedef struct Choice {
  Layer *layer;
  int exact, rounded, special; /* how often, in comparison */
} Choice;

static const Choice choices[] = {
    {do_conv, 25, 14, 0},  {do_shared_conv, 2, 1, 0}, {do_depthwise, 3, 2, 0},   {do_separable, 3, 2, 0},   {do_transposed, 5, 3, 0},
    {do_filter, 3, 2, 0},  {do_fc, 3, 3, 0},          {do_pool, 14, 12, 14},     {do_global_pool, 3, 4, 2}, {do_unary, 10, 8, 10},
    {do_steep, 0, 12, 0},  {do_affine, 6, 10, 0},     {do_preprocess, 4, 4, 0},  {do_softmax, 0, 2, 0},     {do_several, 9, 10, 9},
    {do_stretch, 5, 5, 5}, {do_concat, 8, 5, 8},      {do_center_crop, 3, 2, 3}, {do_split, 4, 3, 4},       {do_crop, 4, 3, 4},
    {do_pad, 4, 3, 6},     {do_flatten, 1, 1, 1},     {do_reshape, 3, 2, 3},     {do_upsample, 4, 4, 4},    {do_shuffle, 4, 3, 4},
    {do_cast, 4, 1, 2},    {do_argmax, 1, 0, 1},      {do_branch, 2, 2, 0},      {do_block, 2, 2, 0},       {do_repeat, 2, 2, 0},
    {do_if, 1, 1, 1},      {do_permute, 2, 2, 2},     {do_reduce, 4, 4, 2},      {do_correlate, 3, 3, 0},   {do_resize, 2, 4, 0},
};

static int weight_of(const Net *net, const Choice *c) { return net->special ? c->special : net->rounded ? c->rounded : c->exact; }

/* What a batch norm is folded into. */
static bool takes_batch_norm(Layer *layer) { return layer == do_conv || layer == do_depthwise || layer == do_transposed || layer == do_fc; }

static void do_layer(Net *net) {
  int total = 0;
  enum { COUNT = sizeof choices / sizeof *choices };
  for (int i = 0; i < COUNT; i++) total += weight_of(net, &choices[i]);
  int dice = between(1, total);
  for (int i = 0; i < COUNT; i++) {
    dice -= weight_of(net, &choices[i]);
    if (dice > 0) continue;
    bool written = choices[i].layer(net, pick(net));
    if (written && takes_batch_norm(choices[i].layer) && chance(20)) do_batch_norm(net, &net->tensors[net->tensor_count - 1]);
    return;
  }
}

static void print_type(const Net *net, FILE *out, const Tensor *t) {
  const char *h = net->varies ? "H" : NULL, *w = net->varies ? "W" : NULL;
  if (t->type != FLOAT32 || chance(50)) fputs(type_names[t->type], out);
  fprintf(out, "[%d", t->c);
  if (t->rank == 3 && h) fprintf(out, ", %s", h);
  if (t->rank == 3 && !h) fprintf(out, ", %d", t->h);
  if (t->rank > 1 && w) fprintf(out, ", %s", w);
  if (t->rank > 1 && !w) fprintf(out, ", %d", t->w);
  fputs("]", out);
}

/* What the harness puts in. */
static void set_input_range(const Net *net, Tensor *t) {
  static const double rounded[][2] = {{-1, 1}, {0, 255}, {-128, 127}, {-32768, 32767}, {-8000000, 8000000}};
  t->low = net->rounded ? rounded[t->type][0] : t->type == UINT8 ? 0 : -3;
  t->high = net->rounded ? rounded[t->type][1] : 3;
  t->unit = net->rounded ? 0 : 1;
  if (net->special) t->low = -LIMIT, t->high = LIMIT; /* integers; floats may be anything */
}

/* `dim` declarations whose least values are the sizes of t. */
static void declare_dims(Net *net, Tensor *t) {
  int sizes[2] = {some_size(), some_size()};
  for (int i = 0; i < 2; i++) {
    int step = ONE_OF(1, 1, 1, 2);
    sizes[i] = (sizes[i] + step - 1) / step * step;
    if (i == 0 && t->rank < 3) continue;
    fprintf(net->declarations, "dim %c in %d..%d", "HW"[i], sizes[i], 64 * step);
    if (step > 1) fprintf(net->declarations, " (multiple_of=%d)", step);
    fprintf(net->declarations, "\n");
  }
  t->h = t->rank == 3 ? sizes[0] : 1;
  t->w = sizes[1];
}

/* Of the sizes of another, if there is one and they vary. */
static void add_input(Net *net, int rank, const Tensor *other) {
  Tensor t = {.rank = rank, .c = some_channels(), .h = rank == 3 ? some_size() : 1, .w = rank > 1 ? some_size() : 1};
  if (chance(12)) *(chance(50) ? &t.h : &t.w) = 1;
  if (chance(4)) t.h = t.w = 1;
  if (net->varies && other) t.h = other->h, t.w = other->w;
  else if (net->varies) declare_dims(net, &t);
  if (chance(30)) t.type = (Type)between(UINT8, INT32);
  set_input_range(net, &t);
  net->open = NULL;
  Tensor *added = add_tensor(net, t);
  net->open = NULL;
  fprintf(net->body, "  input %s: ", added->name);
  print_type(net, net->body, added);
  fprintf(net->body, "%s\n", rank == 3 && chance(30) ? " (layout=hwc)" : "");
}

/* The last tensor, nearly everything that nothing uses, and now and then something that is used too. */
static void add_outputs(Net *net) {
  int outputs = 0;
  end_statement(net);
  for (int i = net->tensor_count; i-- > 0 && outputs < 6;) {
    Tensor *t = &net->tensors[i];
    if (t->hidden || (t->used ? !chance(8) : outputs > 0 && chance(10))) continue;
    for (int twice = chance(4) ? 2 : 1; twice-- > 0;) {
      bool more = t->type == FLOAT32 && chance(10);
      fprintf(net->body, "  output out%d", outputs++);
      if (!net->varies && chance(60)) {
        fputs(": ", net->body);
        print_type(net, net->body, t);
      }
      fprintf(net->body, "%s = %s%s\n", t->rank == 3 && chance(30) ? " (layout=hwc)" : "", t->name, more ? " -> relu" : "");
    }
  }
}

static void copy_text(FILE *from, FILE *to) {
  rewind(from);
  for (int c; (c = getc(from)) != EOF;) putc(c, to);
  fclose(from);
}

typedef struct Job {
  const char *kind, *directory;
  uint64_t seed;
  bool sources; /* without weights */
} Job;

static void write_net(Net *net, const Job *job, int number) {
  char path[1024], name[32];
  snprintf(name, sizeof name, "%s%d", job->kind, number);
  snprintf(path, sizeof path, "%s/%s.cnn", job->directory, name);
  FILE *out = fopen(path, "w");
  if (!out) exit(2);
  fprintf(out, "cnn 1\n# generate %s DIR %d 1 %llu\n", job->kind, number, (unsigned long long)job->seed);
  copy_text(net->declarations, out);
  fprintf(out, "net %s {\n", name);
  if (net->weight_count) fprintf(out, "  weights \"%s.safetensors\"\n", name);
  copy_text(net->body, out);
  fprintf(out, "}\n");
  if (fclose(out)) exit(2);
  snprintf(path, sizeof path, "%s/%s.safetensors", job->directory, name);
  if (net->weight_count && !job->sources) write_safetensors(net, path);
}

static void generate(const Job *job, int number) {
  static Net net;
  memset(&net, 0, sizeof net);
  net.rounded = *job->kind == 'r';
  net.special = *job->kind == 's';
  net.varies = *job->kind == 'v';
  net.declarations = tmpfile();
  net.body = tmpfile();
  if (!net.declarations || !net.body) exit(2);
  seed_random(job->seed * UINT64_C(0x2545f4914f6cdd1d) + (uint64_t)number + ((uint64_t)(unsigned char)*job->kind << 40));
  if (*job->kind == 'a') {
    write_adjoint(&net);
    write_net(&net, job, number);
    free_weights(&net);
    return;
  }
  int rank = chance(70) ? 3 : chance(70) || net.varies ? 2 : 1, layers = between(1, net.varies ? 5 : net.rounded ? 8 : 12);
  if (!net.varies && chance(5)) layers = between(13, 40);

  limit_channels(net.varies ? 9 : MOST_CHANNELS); /* they are evaluated for large sizes, too */
  net.has_defaults = chance(20);
  if (net.has_defaults) fprintf(net.declarations, "default batch_norm(eps=%s)\n", net.rounded ? "1e-3" : "0");
  add_input(&net, rank, NULL);
  if (chance(15)) add_input(&net, rank, &net.tensors[0]);
  for (int tries = 0; tries < 200 && net.layers < layers && net.tensor_count < MAX_TENSORS - 24 && net.weight_count < MAX_WEIGHTS - 24;
       tries++)
    do_layer(&net);
  add_outputs(&net);
  write_net(&net, job, number);
  free_weights(&net);
}

int main(int argc, char **argv) {
  bool known = argc > 1 && (!strcmp(argv[1], "exact") || !strcmp(argv[1], "rounded") || !strcmp(argv[1], "varying") ||
                            !strcmp(argv[1], "special") || !strcmp(argv[1], "adjoint"));
  if (argc < 6 || !known) {
    fprintf(stderr, "generate exact|rounded|varying|special|adjoint DIR FIRST COUNT SEED [sources]\n");
    return 2;
  }
  Job job = {argv[1], argv[2], strtoull(argv[5], NULL, 10), argc > 6};
  for (int first = atoi(argv[3]), i = 0; i < atoi(argv[4]); i++) generate(&job, first + i);
  return 0;
}
