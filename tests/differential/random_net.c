/* random_net.c - see random_net.h. */
#include "random_net.h"

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

static void draw_layers(Net *net, int most_channels) {
  int rank = chance(70) ? 3 : chance(70) || net->varies ? 2 : 1, layers = between(1, net->varies ? 5 : net->rounded ? 8 : 12);
  if (!net->varies && chance(5)) layers = between(13, 40);

  limit_channels(net->varies && most_channels > 9 ? 9 : most_channels); /* they are evaluated for large sizes, too */
  net->has_defaults = chance(20);
  if (net->has_defaults) fprintf(net->declarations, "default batch_norm(eps=%s)\n", net->rounded ? "1e-3" : "0");
  add_input(net, rank, NULL);
  if (chance(15)) add_input(net, rank, &net->tensors[0]);
  for (int tries = 0; tries < 200 && net->layers < layers && net->tensor_count < MAX_TENSORS - 24 && net->weight_count < MAX_WEIGHTS - 24;
       tries++)
    do_layer(net);
  add_outputs(net);
}

Net *random_net(const char *kind, int most_channels) {
  Net *net = calloc(1, sizeof *net);
  if (!net) exit(2);
  net->rounded = *kind == 'r';
  net->special = *kind == 's';
  net->varies = *kind == 'v';
  net->declarations = open_memstream(&net->declared, &net->declared_bytes);
  net->body = open_memstream(&net->written, &net->written_bytes);
  if (!net->declarations || !net->body) exit(2);
  if (*kind == 'a') write_adjoint(net);
  else draw_layers(net, most_channels);
  if (fclose(net->declarations) || fclose(net->body)) exit(2);
  return net;
}

void print_net(const Net *net, FILE *out, const char *name, const char *comment) {
  fprintf(out, "cnn 1\n# %s\n%snet %s {\n", comment, net->declared, name);
  if (net->weight_count) fprintf(out, "  weights \"%s.safetensors\"\n", name);
  fprintf(out, "%s}\n", net->written);
}

bool has_weights(const Net *net) { return net->weight_count > 0; }
void print_weights(const Net *net, FILE *out) { write_safetensors(net, out); }

void free_net(Net *net) {
  for (int i = 0; i < net->weight_count; i++) free(net->weights[i].data);
  free(net->declared);
  free(net->written);
  free(net);
}

Net *random_net_of(const uint8_t *bytes, size_t length, const char **kind) {
  static const char *const kinds[] = {"exact", "rounded", "exact", "varying", "exact", "rounded", "special", "adjoint"};
  *kind = kinds[length ? bytes[0] % 8 : 0];
  enum { FEW_CHANNELS = 24 };
  if (length <= NET_CHOICES) seed_random_with(bytes, 0);
  else seed_random_with(bytes + NET_CHOICES, length - NET_CHOICES);
  return random_net(*kind, FEW_CHANNELS);
}
