/* run_compiled.c - the net as a program of this machine: compiled into a private directory, run once
 * over all samples. */
#include <string.h>
#include "emit/emit.h"
#include "emit/templates.h"
#include "support/cleanup.h"
#include "support/progress.h"
#include "support/reader.h"
#include "tools/run.h"
#include "tools/workplace.h"

enum { SOURCE_WEIGHTS_LIMIT = 4 << 20 }; /* above it, compilers are slow: the program reads a file */

static const char *byte_list(Arena *arena, const RunTensor *tensors, int count) {
  Text text = text_new(arena);
  for (int i = 0; i < count; i++)
    text_addf(&text, "%s%lld", i ? ", " : "", (long long)(tensors[i].elements * dtype_bytes(tensors[i].dtype)));
  return text_string(&text);
}

/* "  env.H = 5;" */
static const char *set_dims(Run *run) {
  Text text = text_new(run->session->arena);
  for (int i = 0; i < run->dims.count; i++) text_addf(&text, "  env.%s = %lld;\n", run->dims.dims[i]->name, (long long)run->dims.values[i]);
  return text_string(&text);
}

static const char *workspace_bytes(Run *run, const char *prefix) {
  Arena *arena = run->session->arena;
  Text text = text_new(arena);
  if (run->graph->dim_count == 0) return arena_printf(arena, "%s_WORKSPACE_BYTES", upper_case(arena, prefix));
  for (int i = 0; i < run->graph->dim_count; i++) text_addf(&text, "%senv.%s", i ? ", " : "", run->graph->dims[i]->name);
  return arena_printf(arena, "%s_workspace_bytes(%s)", prefix, text_string(&text));
}

/* The program includes the network then, and watches it. */
static const char *watched_network(Run *run, const Plan *plan, const char *prefix) {
  if (!run->layer_count) return "";
  Text layers = text_new(run->session->arena);
  const EmitOptions options = {.prefix = prefix, .base = "net"};
  emit_watched_layers(&layers, plan, &options, &run->dims, NULL);
  const Hole holes[] = {{"net", prefix}, {"NET", upper_case(run->session->arena, prefix)}, {"layers", text_string(&layers)}, {NULL, NULL}};
  return fill_holes(run->session, template_run_layers_c, holes);
}

static const char *main_program(Run *run, const Plan *plan) {
  Arena *arena = run->session->arena;
  const char *prefix = run->session->line.options.prefix ? run->session->line.options.prefix : run->graph->name;
  const Hole holes[] = {
      {"net", prefix},
      {"NET", upper_case(arena, prefix)},
      {"input_count", arena_printf(arena, "%d", run->input_count)},
      {"output_count", arena_printf(arena, "%d", run->output_count)},
      {"input_bytes", byte_list(arena, run->inputs, run->input_count)},
      {"output_bytes", byte_list(arena, run->outputs, run->output_count)},
      {"dims", set_dims(run)},
      {"workspace_bytes", workspace_bytes(run, prefix)},
      {"regions", set_regions(run->session, prefix)},
      {"layers", watched_network(run, plan, prefix)},
      {NULL, NULL},
  };
  return fill_holes(run->session, template_run_main_c, holes);
}

/* The numbers of one sample of a tensor as the bytes of this machine, and back. */
static void encode(const RunTensor *tensor, const double *values, char *out) {
  for (int64_t i = 0; i < tensor->elements; i++) {
    float real = (float)values[i];
    uint8_t u8 = (uint8_t)(tensor->dtype == DTYPE_U8 ? values[i] : 0);
    int8_t i8 = (int8_t)(tensor->dtype == DTYPE_I8 ? values[i] : 0);
    int16_t i16 = (int16_t)(tensor->dtype == DTYPE_I16 ? values[i] : 0);
    int32_t i32 = (int32_t)(tensor->dtype == DTYPE_I32 ? values[i] : 0);
    const void *from = NULL;
    switch (tensor->dtype) {
    case DTYPE_F32: from = &real; break;
    case DTYPE_U8: from = &u8; break;
    case DTYPE_I8: from = &i8; break;
    case DTYPE_I16: from = &i16; break;
    case DTYPE_I32: from = &i32; break;
    }
    memcpy(out + i * dtype_bytes(tensor->dtype), from, (size_t)dtype_bytes(tensor->dtype));
  }
}

static double decode(DType dtype, const char *from) {
  float real;
  int16_t i16;
  int32_t i32;
  switch (dtype) {
  case DTYPE_F32: memcpy(&real, from, sizeof real); return (double)real;
  case DTYPE_U8: return (unsigned char)*from;
  case DTYPE_I8: return (signed char)*from;
  case DTYPE_I16: memcpy(&i16, from, sizeof i16); return i16;
  case DTYPE_I32: memcpy(&i32, from, sizeof i32); return i32;
  }
  return 0;
}

static Text encode_inputs(Run *run) {
  Arena *arena = run->session->arena;
  int64_t most = 0;
  for (int i = 0; i < run->input_count; i++) {
    int64_t bytes = run->inputs[i].elements * dtype_bytes(run->inputs[i].dtype);
    if (bytes > most) most = bytes;
  }
  char *buffer = arena_alloc(arena, (size_t)most);
  Text text = text_new(arena);
  for (int64_t sample = 0; sample < run->samples; sample++)
    for (int i = 0; i < run->input_count; i++) {
      const RunTensor *input = &run->inputs[i];
      encode(input, input->data + sample * input->elements, buffer);
      text_add_bytes(&text, buffer, (size_t)(input->elements * dtype_bytes(input->dtype)));
    }
  return text;
}

static size_t output_bytes(const Run *run) {
  size_t bytes = 0;
  for (int i = 0; i < run->layer_count; i++) bytes += (size_t)run->samples * (size_t)run->layers[i].elements * sizeof(double);
  for (int i = 0; i < run->output_count; i++)
    bytes += (size_t)run->samples * (size_t)run->outputs[i].elements * (size_t)dtype_bytes(run->outputs[i].dtype);
  return bytes;
}

static bool decode_outputs(Run *run, const Workplace *w) {
  size_t length, expected = output_bytes(run);
  const char *error, *bytes = read_whole_file(run->session->arena, w->output, READ_FILES_ONLY, &length, &error);
  if (!bytes || length != expected)
    return host_error(run->session, "the compiled network did not write its outputs", bytes ? NULL : error, NULL);
  for (int i = 0; i < run->output_count; i++) run->outputs[i].data = new_samples(run, run->outputs[i].elements);
  for (int i = 0; i < run->layer_count; i++) run->layers[i].data = new_samples(run, run->layers[i].elements);
  for (int64_t sample = 0; sample < run->samples; sample++) {
    for (int i = 0; i < run->layer_count; i++) {
      const RunLayer *layer = &run->layers[i];
      size_t size = (size_t)layer->elements * sizeof *layer->data;
      memcpy(layer->data + sample * layer->elements, bytes, size);
      bytes += size;
    }
    for (int i = 0; i < run->output_count; i++) {
      RunTensor *output = &run->outputs[i];
      for (int64_t k = 0; k < output->elements; k++, bytes += dtype_bytes(output->dtype))
        output->data[sample * output->elements + k] = decode(output->dtype, bytes);
    }
  }
  return true;
}

static bool execute(Run *run, const Workplace *w, bool weights_in_c) {
  const char *argv[] = {w->program, w->input, w->output, weights_in_c ? NULL : w->weights, NULL};
  progress_follow("running the network", w->output, (int64_t)output_bytes(run));
  return start_program(w, argv) && decode_outputs(run, w);
}

static int64_t weight_bytes(const Graph *graph) {
  int64_t bytes = 0;
  for (int i = 0; i < graph->parameter_count; i++) bytes += 4 * parameter_elements(graph->parameters[i]);
  return bytes;
}

static bool build_and_execute(Run *run, const Outputs *out, Workplace *w) {
  if (run->session->line.compare_layers || run->session->line.features) find_layers(run, out->plan);
  const char *program = main_program(run, out->plan);
  if (!program) return false;
  Text input = encode_inputs(run);
  bool weights_in_c = !out->weights_blob_bytes;
  const char *sources[4] = {w->main};
  int count = 1;
  if (!run->layer_count) sources[count++] = w->code;
  if (weights_in_c && out->weights_code.length) sources[count++] = w->weights_code;
  return fill_workplace(w, out, program, &input) && build_program(w, this_machine, sources) && execute(run, w, weights_in_c);
}

bool run_compiled(Run *run) {
  Outputs out = {0};
  WeightsAs weights_as = weight_bytes(run->graph) > SOURCE_WEIGHTS_LIMIT ? WEIGHTS_AS_FILE : WEIGHTS_AS_C;
  if (!compile_net(run->session, weights_as, &out)) return false;
  Workplace w;
  bool good = make_workplace(run->session, &w) && build_and_execute(run, &out, &w);
  cleanup_all();
  return good;
}
