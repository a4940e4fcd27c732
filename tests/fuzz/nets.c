/* nets.c - fuzz target: bytes are what the generator of random nets draws (tests/differential). The net becomes C, the C becomes
 * code (loaded.h), and what that computes must be what the evaluator does, bit by bit where floats make no errors, else
 * within the bound that is proved for each value (tests/harness).
 *
 * The first NET_CHOICES bytes say of which kind the net is, how it is compiled and what it is fed with. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../differential/random_net.h"
#include "../harness/bound.h"
#include "../harness/inputs.h"
#include "../harness/net_graph.h"
#include "compile.h"
#include "loaded.h"
#include "models.h"
#include "passes/interpret.h"

enum { KIND, TARGET, NUMERICS, FORM, CALLS, REGIONS, MACHINE, EXTRAS, SIZES, INPUTS, CHOICES };
_Static_assert((int)CHOICES == (int)NET_CHOICES, "bytes before those of the net");
enum { MOST_TENSORS = 10 }; /* inputs, or outputs */

typedef struct Case {
  FuzzRun *run;
  const char *kind;
  unsigned choice[CHOICES];
  Options options;
  FuzzFiles files;
  const Graph *graph; /* of known sizes */
  SizeSample sizes;   /* which the C is told when it runs */
  Outputs outputs;
  int (*call)(void **in, void **out, void **memory, const size_t *bytes, const size_t *sizes);
} Case;

static void broken(Case *c, const char *promise) { fuzz_expect(c->run, false, promise); }

/* ---- the net ---- */

static void release_net(void *net) { free_net(net); }

static void print_source(const Net *net, FILE *out) { print_net(net, out, "net", "for the fuzz target nets"); }

static FuzzFile new_file(Case *c, const Net *net, const char *name, void (*print)(const Net *net, FILE *out)) {
  FuzzFile file = {name, NULL, 0};
  char *text = NULL;
  FILE *out = open_memstream(&text, &file.length);
  if (!out) arena_fail(c->run->arena);
  print(net, out);
  bool good = fclose(out) == 0;
  arena_defer(c->run->arena, free, text);
  if (!good) arena_fail(c->run->arena);
  file.bytes = text;
  return file;
}

static void draw_net(Case *c, const char *bytes, size_t length) {
  Net *net = random_net_of((const uint8_t *)bytes, length, &c->kind);
  arena_defer(c->run->arena, release_net, net);
  ARENA_PUSH(c->run->arena, c->files.items, c->files.count, new_file(c, net, "net.cnn", print_source));
  ARENA_PUSH(c->run->arena, c->files.items, c->files.count, new_file(c, net, "net.safetensors", print_weights));
  text_add(&c->run->out, c->files.items[0].bytes);
}

/* ---- how it is compiled ---- */

static void choose_regions(Case *c, unsigned drawn) {
  RegionOption *a = ARENA_NEW(c->run->arena, RegionOption), *b = ARENA_NEW(c->run->arena, RegionOption);
  *a = (RegionOption){"a", INT64_C(32) << drawn % 9, b};
  *b = (RegionOption){"b", INT64_C(100) << drawn / 9 % 9, NULL};
  c->options.ram = a;
}

static void choose_winograd(Case *c) {
  bool rounded = *c->kind == 'r', fast = c->options.numerics == NUMERICS_FAST;
  unsigned form = c->choice[FORM] % 3;
  c->options.winograd = !fast || !form ? WINOGRAD_NONE : form == 1 || !rounded ? WINOGRAD_2 : WINOGRAD_4;
  c->options.force_winograd = c->options.winograd != WINOGRAD_NONE;
}

static void choose_options(Case *c) {
  static const char *const targets[] = {"generic", "x86-64-v3", "generic", "armv8-a", "generic", "x86-64-v4", "generic", "x86-64"};
  const unsigned *choice = c->choice;
  Options *o = &c->options;
  *o = (Options){.file = "net.cnn", .batch = 1, .verify = choice[EXTRAS] & 8, .standalone = true, .target = targets[choice[TARGET] % 8]};
  o->numerics = choice[NUMERICS] % 2 ? NUMERICS_FAST : NUMERICS_PORTABLE;
  choose_winograd(c);
  if (choice[CALLS] % 4 == 2) o->batch = 2 + choice[CALLS] / 4 % 2;
  if (choice[CALLS] % 4 == 3) o->stripes = 1 + choice[CALLS] / 4 % 3;
  if (choice[REGIONS] % 2) choose_regions(c, choice[REGIONS] / 2);
  if (choice[MACHINE] % 2) o->any_plan = choice[MACHINE];
  o->eager = choice[EXTRAS] & 1;
  o->threads = choice[EXTRAS] & 2 ? 4 : 0;
  o->weights_as = choice[EXTRAS] & 4 ? WEIGHTS_AS_C : WEIGHTS_AS_FILE;
  text_addf(&c->run->out, "# for %s, %s numerics, winograd %d, batch %d, stripes %d, regions %d, any plan %u, eager %d, threads %d\n",
            o->target, o->numerics == NUMERICS_FAST ? "fast" : "portable", (int)o->winograd, (int)o->batch, (int)o->stripes, o->ram != NULL,
            (unsigned)o->any_plan, o->eager, o->threads);
}

/* Its least sizes, and a few steps more. */
static void choose_sizes(Case *c, const Graph *graph) {
  Arena *arena = c->run->arena;
  for (int i = 0; i < graph->dim_count; i++) {
    const Dim *dim = graph->dims[i];
    int64_t steps = i ? c->choice[SIZES] >> 4 : c->choice[SIZES] & 15, value = dim_least(dim) + steps * dim->multiple;
    if (value > dim_greatest(dim)) value = dim_greatest(dim);
    Binding *binding = ARENA_NEW(arena, Binding);
    *binding = (Binding){dim->name, arena_printf(arena, "%lld", (long long)value), c->options.sizes};
    c->options.sizes = binding;
    c->sizes.dims[c->sizes.count] = dim;
    c->sizes.values[c->sizes.count++] = value;
    text_addf(&c->run->out, "# %s = %lld\n", dim->name, (long long)value);
  }
}

static Graph *graph_of(Case *c) {
  Compilation compilation = fuzz_begin(c->run, &c->options, &c->files);
  return compile_to_graph(&compilation);
}

/* false: there is none, which is a promise broken unless its sizes vary, and not all of them fit. */
static bool compile_net(Case *c) {
  Graph *graph = graph_of(c);
  Compilation compilation = fuzz_begin(c->run, &c->options, &c->files);
  bool good = graph && compile(&compilation, "net", &c->outputs) && !c->run->diagnostics.errors;
  if (!good && *c->kind != 'v') broken(c, "a net that must compile does not");
  if (!good) return false;
  c->graph = graph;
  if (!graph->dim_count) return true;
  choose_sizes(c, graph);
  c->graph = graph_of(c);
  c->options.sizes = NULL;
  fuzz_expect(c->run, c->graph != NULL, "what fits all sizes does not fit one of them");
  return c->graph != NULL;
}

/* ---- its code ---- */

enum { WORKSPACE, WEIGHTS, REGION_A, REGION_B, MEMORIES };

/* Functions that need no type of the net. */
static void add_glue(Text *code, const Case *c) {
  text_add(
      code,
      "int fuzz_call(void **in, void **out, void **memory, const size_t *bytes, const size_t *sizes) {\n"
      "  net_inputs i;\n  net_outputs o;\n  net_env env;\n  memset(&env, 0, sizeof env);\n"
      "  memcpy(&i, in, sizeof i);\n  memcpy(&o, out, sizeof o);\n  (void)sizes;\n"
      "  env.workspace = memory[0];\n  env.workspace_bytes = bytes[0];\n  env.weights = memory[1];\n  env.weights_bytes = bytes[1];\n");
  if (c->options.ram)
    text_add(code, "  env.workspace_a = memory[2];\n  env.workspace_a_bytes = bytes[2];\n"
                   "  env.workspace_b = memory[3];\n  env.workspace_b_bytes = bytes[3];\n");
  for (int i = 0; i < c->sizes.count; i++) text_addf(code, "  env.%s = sizes[%d];\n", c->sizes.dims[i]->name, i);
  text_add(code, "  return (int)net_run(&i, &o, &env);\n}\nvoid fuzz_needs(size_t *bytes, const size_t *sizes) {\n  (void)sizes;\n");
  if (!c->sizes.count) text_add(code, "  bytes[0] = NET_WORKSPACE_BYTES;\n");
  for (int i = 0; i < c->sizes.count; i++) text_addf(code, "%ssizes[%d]", i ? ", " : "  bytes[0] = net_workspace_bytes(", i);
  text_add(code, c->sizes.count ? ");\n" : "");
  text_add(code, c->options.ram ? "  bytes[2] = NET_WORKSPACE_A_BYTES;\n  bytes[3] = NET_WORKSPACE_B_BYTES;\n" : "");
  text_add(code, "  bytes[4] = NET_WORKSPACE_ALIGN;\n}\n");
}

static void add_without_include(Text *code, const Text *text) {
  static const char include[] = "#include \"net.h\"\n";
  const char *all = text_string(text), *at = strstr(all, include);
  if (at) text_add_bytes(code, all, (size_t)(at - all));
  text_add(code, at ? at + sizeof include - 1 : all);
}

static void load_net(Case *c, LoadedCode *loaded) {
  Text code = text_new(c->run->arena);
  text_add(&code, "#include <string.h>\n");
  text_add(&code, text_string(&c->outputs.header));
  add_without_include(&code, &c->outputs.code);
  if (c->outputs.weights_code.length) add_without_include(&code, &c->outputs.weights_code);
  add_glue(&code, c);
  text_addf(&c->run->out, "# %zu bytes of C\n", code.length);
  load_code(c->run->arena, loaded, text_string(&code));
  if (loaded->error) broken(c, arena_printf(c->run->arena, "the C does not compile: %s", loaded->error));
}

/* ---- numbers ---- */

static int64_t elements_of(const Case *c, const Value *value) { return size_value(type_elements(c->run->arena, &value->type)); }

static void put_element(unsigned char *at, DType dtype, double value) {
  float f32 = (float)value;
  int32_t i32 = dtype == DTYPE_F32 ? 0 : (int32_t)value;
  int16_t i16 = (int16_t)i32;
  switch (dtype) {
  case DTYPE_F32: memcpy(at, &f32, sizeof f32); break;
  case DTYPE_I32: memcpy(at, &i32, sizeof i32); break;
  case DTYPE_I16: memcpy(at, &i16, sizeof i16); break;
  case DTYPE_U8:
  case DTYPE_I8: *at = (unsigned char)i32; break;
  }
}

static double element(const unsigned char *at, DType dtype) {
  float f32;
  int32_t i32;
  int16_t i16;
  switch (dtype) {
  case DTYPE_F32: memcpy(&f32, at, sizeof f32); return (double)f32;
  case DTYPE_I32: memcpy(&i32, at, sizeof i32); return i32;
  case DTYPE_I16: memcpy(&i16, at, sizeof i16); return i16;
  case DTYPE_U8: return *at;
  case DTYPE_I8: return (signed char)*at;
  }
  return 0;
}

typedef struct Sample {
  const double *inputs[MOST_TENSORS];
  double *outputs[MOST_TENSORS];
  const Bound *bounds;
} Sample;

/* false: a promise is broken. */
static bool make_sample(Case *c, InputSource *source, int number, Sample *sample) {
  Arena *arena = c->run->arena;
  int winograd = c->options.winograd == WINOGRAD_4 ? 4 : c->options.winograd == WINOGRAD_2 && *c->kind == 'r' ? 2 : 0;
  const char *inexact;
  for (int i = 0; i < c->graph->input_count; i++)
    sample->inputs[i] = input_numbers(arena, source, c->graph->inputs[i].value, number % SAMPLES);
  if (!interpret(arena, c->graph, sample->inputs, sample->outputs)) broken(c, "the evaluator cannot run it");
  sample->bounds = bound_values(arena, c->graph, sample->inputs, winograd, &inexact);
  if (source->values == VALUES_EXACT && inexact) broken(c, arena_printf(arena, "`%s` is not exact", inexact));
  return !c->run->problem;
}

/* ---- runs ---- */

typedef struct Memory { /* of one run */
  Guarded *in[MOST_TENSORS], *out[MOST_TENSORS], *other[MEMORIES];
} Memory;

static Guarded *tensor_memory(const Case *c, const Value *value, bool at_end) {
  size_t one = (size_t)dtype_bytes(value->type.dtype);
  return guarded_new(c->run->arena, one * (size_t)elements_of(c, value) * (size_t)c->options.batch, one, at_end);
}

static void make_dirty(const Guarded *memory, bool with_nan) {
  const float nan_value = nanf("");
  memset(memory->data, 0xA5, memory->bytes);
  for (size_t i = 0; with_nan && i + sizeof nan_value <= memory->bytes; i += sizeof nan_value)
    memcpy(memory->data + i, &nan_value, sizeof nan_value);
}

static Guarded *input_memory(const Case *c, const Sample *samples, int number, bool at_end) {
  const GraphInput *input = &c->graph->inputs[number];
  const TensorType *type = &input->value->type;
  Guarded *memory = tensor_memory(c, input->value, at_end);
  int64_t count = elements_of(c, input->value);
  for (int64_t k = 0; k < count * c->options.batch; k++)
    put_element(memory->data + k * dtype_bytes(type->dtype), type->dtype,
                samples[k / count].inputs[number][logical_index(type, input->hwc, k % count)]);
  guarded_protect(memory);
  return memory;
}

static void new_memory(const Case *c, const Sample *samples, const size_t *bytes, bool at_end, Memory *memory) {
  for (int i = 0; i < c->graph->input_count; i++) memory->in[i] = input_memory(c, samples, i, at_end);
  for (int i = 0; i < c->graph->output_count; i++) {
    memory->out[i] = tensor_memory(c, c->graph->outputs[i].value, at_end);
    make_dirty(memory->out[i], !at_end);
  }
  for (int i = 0; i < MEMORIES; i++) {
    memory->other[i] = guarded_new(c->run->arena, bytes[i], i == WEIGHTS ? 4 : bytes[MEMORIES], at_end);
    if (i != WEIGHTS) make_dirty(memory->other[i], !at_end);
  }
  if (bytes[WEIGHTS]) memcpy(memory->other[WEIGHTS]->data, c->outputs.weights_blob, bytes[WEIGHTS]);
  guarded_protect(memory->other[WEIGHTS]);
}

static void call_net(Case *c, const Memory *memory, const size_t *bytes, const size_t *sizes) {
  void *in[MOST_TENSORS] = {0}, *out[MOST_TENSORS] = {0}, *other[MEMORIES] = {0};
  for (int i = 0; i < c->graph->input_count; i++) in[i] = memory->in[i]->data;
  for (int i = 0; i < c->graph->output_count; i++) out[i] = memory->out[i]->data;
  for (int i = 0; i < MEMORIES; i++) other[i] = bytes[i] ? memory->other[i]->data : NULL;
  int status = c->call(in, out, other, bytes, sizes);
  if (status) broken(c, arena_printf(c->run->arena, "the run ended with status %d", status));
  bool kept = true;
  for (int i = 0; i < c->graph->output_count; i++) kept = kept && guarded_kept(memory->out[i]);
  for (int i = 0; i < MEMORIES; i++) kept = kept && guarded_kept(memory->other[i]);
  fuzz_expect(c->run, kept, "something was written beside an output or the workspace");
}

/* Against the evaluator: NaN where it is NaN, the same infinity, or within the tolerance; anything if that is NaN. */
static bool agrees(double got, double wanted, double tolerance) {
  if (isnan(tolerance)) return true;
  return isnan(wanted) ? isnan(got) : isinf(wanted) ? got == wanted : fabs(got - wanted) <= tolerance;
}

static void compare(Case *c, const Sample *sample, int number, const unsigned char *data) {
  const GraphOutput *output = &c->graph->outputs[number];
  const TensorType *type = &output->value->type;
  const double *wanted = sample->outputs[number];
  int64_t count = elements_of(c, output->value);
  double largest = 0;
  for (int64_t k = 0; k < count; k++)
    if (isfinite(wanted[k])) largest = fmax(largest, fabs(wanted[k]));
  for (int64_t k = 0; k < count && !c->run->problem; k++) {
    int64_t at = logical_index(type, output->hwc, k);
    double tolerance = *c->kind == 'r' ? tolerance_at(&sample->bounds[output->value->id], at, largest, true) : 0;
    double got = element(data + k * dtype_bytes(type->dtype), type->dtype);
    if (agrees(got, wanted[at], tolerance)) continue;
    char text[200]; /* the arena's printf knows no floating point */
    snprintf(text, sizeof text, "%s[%lld] is %.9g instead of %.9g (+- %.2g)", output->name, (long long)k, got, wanted[at], tolerance);
    broken(c, arena_strdup(c->run->arena, text));
  }
}

static void check_outputs(Case *c, const Sample *samples, const Memory *first, const Memory *second) {
  for (int i = 0; i < c->graph->output_count; i++) {
    const Guarded *out = first->out[i];
    fuzz_expect(c->run, !memcmp(out->data, second->out[i]->data, out->bytes), "two runs over different dirt differ");
    size_t one = out->bytes / (size_t)c->options.batch;
    for (int64_t n = 0; n < c->options.batch; n++) compare(c, &samples[n], i, out->data + (size_t)n * one);
    text_add_bytes(&c->run->out, (const char *)out->data, c->run->problem ? 0 : out->bytes);
  }
}

static void run_net(Case *c, const LoadedCode *loaded) {
  Arena *arena = c->run->arena;
  Sample *samples = ARENA_ARRAY(arena, Sample, (size_t)c->options.batch);
  Values values = *c->kind == 'r' ? VALUES_ANY : *c->kind == 's' ? VALUES_SPECIAL : VALUES_EXACT;
  InputSource source = {.random = {c->choice[INPUTS]}, .values = values};
  for (int n = 0; n < c->options.batch; n++)
    if (!make_sample(c, &source, (int)c->choice[INPUTS] + n, &samples[n])) return;
  size_t bytes[MEMORIES + 1] = {0}, sizes[MAX_SAMPLE_DIMS] = {0};
  for (int i = 0; i < c->sizes.count; i++) sizes[i] = (size_t)c->sizes.values[i];
  void (*needs)(size_t *, const size_t *);
  *(void **)&needs = loaded_function(loaded, "fuzz_needs");
  *(void **)&c->call = loaded_function(loaded, "fuzz_call");
  needs(bytes, sizes);
  bytes[WEIGHTS] = c->outputs.weights_blob_bytes;
  Memory first, second;
  new_memory(c, samples, bytes, true, &first);
  new_memory(c, samples, bytes, false, &second);
  call_net(c, &first, bytes, sizes);
  if (!c->run->problem) call_net(c, &second, bytes, sizes);
  if (!c->run->problem) check_outputs(c, samples, &first, &second);
}

static void run_nets(FuzzRun *run, const char *bytes, size_t length) {
  Case *c = ARENA_NEW(run->arena, Case);
  LoadedCode loaded;
  c->run = run;
  for (size_t i = 0; i < CHOICES && i < length; i++) c->choice[i] = (unsigned char)bytes[i];
  draw_net(c, bytes, length);
  choose_options(c);
  if (!compile_net(c)) return;
  if (c->graph->input_count > MOST_TENSORS || c->graph->output_count > MOST_TENSORS) return;
  load_net(c, &loaded);
  if (!run->problem) run_net(c, &loaded);
}

/* Either another choice and the same net, or another net. Draws mean what they do by those before: bytes change in their places
 * more often than they move. */
static size_t mutate_nets(uint8_t *bytes, size_t length, size_t most, uint64_t seed) {
  uint64_t state = seed;
  if (length <= CHOICES) return LLVMFuzzerMutate(bytes, length, most);
  switch (fuzz_below(&state, 4)) {
  case 0: bytes[fuzz_below(&state, CHOICES)] = (uint8_t)fuzz_random(&state); return length;
  case 1: bytes[CHOICES + fuzz_below(&state, length - CHOICES)] = (uint8_t)fuzz_random(&state); return length;
  case 2: bytes[CHOICES + fuzz_below(&state, length - CHOICES)] ^= (uint8_t)(1u << fuzz_below(&state, 8)); return length;
  default: return CHOICES + LLVMFuzzerMutate(bytes + CHOICES, length - CHOICES, most - CHOICES);
  }
}

const FuzzTarget nets_target = {"nets", run_nets, mutate_nets};
