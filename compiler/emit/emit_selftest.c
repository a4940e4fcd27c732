/* emit_selftest.c - NET_selftest.c: the network, run on numbers that are made on the spot, with what its layers must come to. */
#include "emit/emit_selftest.h"

#include "emit/emit_sizes.h"
#include "emit/emit_watch.h"
#include "emit/templates.h"
#include "emit/writer.h"

enum { ALIGNMENT = 16 };

/* Inputs and outputs lie behind the workspace. */
typedef struct Memory {
  int64_t workspace, *inputs, *outputs, bytes;
} Memory;

static int64_t aligned(int64_t bytes) { return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

static int64_t take(Memory *memory, const Emitter *e, const Plan *plan, const TensorType *type) {
  int64_t place = memory->bytes, elements = size_at(type_elements(e->arena, type), &e->options->selftest->dims);
  memory->bytes += aligned(elements * plan->batch * dtype_bytes(type->dtype));
  return place;
}

static Memory lay_out(const Emitter *e, const Plan *plan) {
  const Graph *graph = plan->graph;
  Memory memory = {.workspace = size_at(plan->workspace_bytes, &e->options->selftest->dims)};
  memory.bytes = aligned(memory.workspace);
  memory.inputs = ARENA_ARRAY(e->arena, int64_t, (size_t)graph->input_count);
  memory.outputs = ARENA_ARRAY(e->arena, int64_t, (size_t)graph->output_count);
  for (int i = 0; i < graph->input_count; i++) memory.inputs[i] = take(&memory, e, plan, &graph->inputs[i].value->type);
  for (int i = 0; i < graph->output_count; i++) memory.outputs[i] = take(&memory, e, plan, &graph->outputs[i].value->type);
  return memory;
}

const char *selftest_declaration(const Emitter *e, const Plan *plan) {
  if (!e->options->selftest) return "";
  return arena_printf(e->arena,
                      "\n/* Runs the network on numbers of its own, in a workspace of these bytes. NULL: each layer computes what\n"
                      "   it should; else the name of the first that does not, or what a status means. Whoever wants it\n"
                      "   compiles %s_selftest.c, too. */\n#define %s_SELFTEST_BYTES %lld\nconst char *%s_selftest(const %s_env *env);\n",
                      e->options->base, e->upper, (long long)lay_out(e, plan).bytes, e->prefix, e->prefix);
}

static const char *number_of_dim(Arena *arena, const Dim *dim, const SizeSample *dims) {
  return arena_printf(arena, "%lld", (long long)size_at(size_of_dim(arena, dim), dims));
}

/* "20, 24" */
static const char *all_numbers(const Emitter *e) {
  Text out = text_new(e->arena);
  for (int i = 0; i < e->dim_count; i++)
    text_addf(&out, "%s%s", i ? ", " : "", number_of_dim(e->arena, e->dims[i], &e->options->selftest->dims));
  return text_string(&out);
}

/* run is compiled again, under another name, so that the program may have the first one as well. */
static const char *renamed(const Emitter *e) {
  const char *net = e->prefix;
  Text out = text_new(e->arena);
  text_addf(&out, "#define %s_run %s_selftest_run\n#define %s_status_text %s_selftest_status_text\n", net, net, net, net);
  text_addf(&out, "static %s_status %s_run(const %s_inputs *in, const %s_outputs *out, const %s_env *env);\n", net, net, net, net, net);
  text_addf(&out, "static const char *%s_status_text(%s_status status);\n", net, net);
  if (!e->dim_count) return text_string(&out);
  text_addf(&out, "#define %s_workspace_bytes %s_selftest_workspace_bytes\nstatic size_t %s_workspace_bytes(", net, net, net);
  for (int i = 0; i < e->dim_count; i++) text_addf(&out, "%ssize_t %s", i ? ", " : "", dim_variable(e->arena, e->dims[i]));
  text_add(&out, ");\n");
  return text_string(&out);
}

/* The value of the graph that an output is, in the caller's layout. */
static ResultPlace place_of_output(const Emitter *e, const Plan *plan, int index) {
  const GraphOutput *output = &plan->graph->outputs[index];
  const TensorType *type = &output->value->type;
  Buffer *buffer = ARENA_NEW(e->arena, Buffer);
  buffer->dtype = type->dtype;
  ResultPlace place = {.layer = output->name, .value = output->value, .buffer = buffer};
  const Size *sizes[] = {type_channels(type), type_height(type), type_width(type)};
  for (int d = 0; d < 3; d++) place.sizes[d] = size_at(sizes[d], &e->options->selftest->dims);
  const int64_t *n = place.sizes;
  const int64_t hwc[] = {1, n[0] * n[2], n[0]}, chw[] = {n[1] * n[2], n[2], 1};
  for (int d = 0; d < 3; d++) place.distances[d] = output->hwc && type->rank == 3 ? hwc[d] : chw[d];
  place.sample = plan->batch > 1 ? n[0] * n[1] * n[2] : 0;
  return place;
}

static bool is_known(const Emitter *e, const Value *value) {
  const SelfTest *test = e->options->selftest;
  return value->id < test->count && test->sums[value->id].known;
}

/* A table of the outputs that can be compared. */
static const char *outputs(const Emitter *e, const Plan *plan) {
  const SelfTest *test = e->options->selftest;
  Text out = text_new(e->arena);
  text_addf(&out, "  static const %s_selftest_tensor outputs[] = {\n", e->prefix);
  for (int i = 0; i < plan->graph->output_count; i++) {
    const GraphOutput *output = &plan->graph->outputs[i];
    ResultPlace place = place_of_output(e, plan, i);
    if (is_known(e, output->value))
      text_addf(&out, "    {%s},\n", watched_tensor(e, output->name, &place, &test->sums[output->value->id], test->sets));
  }
  text_add(&out, "  };\n");
  return text_string(&out);
}

static const char *pointer(const Emitter *e, const TensorType *type, int64_t place) {
  return arena_printf(e->arena, "(%s *)(void *)(memory + %lld)", c_type(e, type_of_dtype(type->dtype)), (long long)place);
}

/* One line for each set of numbers and input: sample n gets set n % sets. */
static void fill(const Emitter *e, Text *out, const Plan *plan, int i, int64_t sample) {
  const SelfTest *test = e->options->selftest;
  const GraphInput *input = &plan->graph->inputs[i];
  const char *const types[] = {[DTYPE_F32] = "F32", [DTYPE_U8] = "U8", [DTYPE_I8] = "I8", [DTYPE_I16] = "I16", [DTYPE_I32] = "I32"};
  int64_t elements = size_at(type_elements(e->arena, &input->value->type), &test->dims);
  const char *memory = arena_printf(e->arena, "memory + %lld", (long long)lay_out(e, plan).inputs[i]);
  const char *type = types[input->value->type.dtype];
  if (sample < 0) {
    write_line(out, 1, "for (size_t n = 0; n < %s_BATCH; n++) {", e->upper);
    write_line(out, 2, "%s_selftest_fill(%s, %s_SELFTEST_%s, n * %lld, (n + 1) * %lld, %u + (uint32_t)(n %% %d));", e->prefix, memory,
               e->upper, type, (long long)elements, (long long)elements, selftest_seed(i, 0), test->sets);
    write_line(out, 1, "}");
  } else {
    write_line(out, 1, "%s_selftest_fill(%s, %s_SELFTEST_%s, 0, %lld, %u);", e->prefix, memory, e->upper, type, (long long)elements,
               selftest_seed(i, 0));
  }
}

static const char *prepare(const Emitter *e, const Plan *plan) {
  const Graph *graph = plan->graph;
  Text out = text_new(e->arena);
  Memory memory = lay_out(e, plan);
  if (e->dim_count) write_line(&out, 1, "watch.env.workspace_bytes = %s_workspace_bytes(%s);", e->prefix, all_numbers(e));
  else write_line(&out, 1, "watch.env.workspace_bytes = %s_WORKSPACE_BYTES;", e->upper);
  for (int i = 0; i < e->dim_count; i++)
    write_line(&out, 1, "watch.env.%s = %s;", e->dims[i]->name, number_of_dim(e->arena, e->dims[i], &e->options->selftest->dims));
  for (int i = 0; i < graph->input_count; i++)
    write_line(&out, 1, "in.%s = %s;", flat_name(e->arena, graph->inputs[i].value->name),
               pointer(e, &graph->inputs[i].value->type, memory.inputs[i]));
  for (int i = 0; i < graph->output_count; i++)
    write_line(&out, 1, "out.%s = %s;", flat_name(e->arena, graph->outputs[i].name),
               pointer(e, &graph->outputs[i].value->type, memory.outputs[i]));
  for (int i = 0; i < graph->input_count; i++) fill(e, &out, plan, i, plan->batch > 1 ? -1 : 0);
  return text_string(&out);
}

static const char *compare(const Emitter *e, const Plan *plan) {
  Text out = text_new(e->arena);
  int known = 0;
  for (int i = 0; i < plan->graph->output_count; i++) {
    const GraphOutput *output = &plan->graph->outputs[i];
    const char *end = plan->batch > 1 ? arena_printf(e->arena, "%s_BATCH", e->upper) : "1";
    if (is_known(e, output->value))
      write_line(&out, 1, "%s_selftest_look(&watch.env, &outputs[%d], out.%s, 0, %s);", e->prefix, known++,
                 flat_name(e->arena, output->name), end);
  }
  return text_string(&out);
}

void emit_selftest(Text *out, const Plan *plan, const EmitOptions *options) {
  Emitter e = new_emitter(out, plan, options);
  Text layers = text_new(e.arena);
  emit_watched_layers(&layers, plan, options, &options->selftest->dims, options->selftest);
  const Hole holes[] = {{"base", options->base},
                        {"net", e.prefix},
                        {"NET", e.upper},
                        {"sets", arena_printf(e.arena, "%d", options->selftest->sets)},
                        {"signs", arena_printf(e.arena, "%d", SELFTEST_SIGNS)},
                        {"layers", text_string(&layers)},
                        {"renamed", renamed(&e)},
                        {"outputs", outputs(&e, plan)},
                        {"prepare", prepare(&e, plan)},
                        {"compare", compare(&e, plan)},
                        {NULL, NULL}};
  write_template(out, template_selftest_c, holes);
}
