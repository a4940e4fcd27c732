/* run_compiled.c - the net as a program of this machine: compiled into a private directory, run once
 * over all samples. */
#include <stdio.h>
#include <string.h>
#include "emit/templates.h"
#include "support/cleanup.h"
#include "support/reader.h"
#include "support/writer.h"
#include "tools/host_compiler.h"
#include "tools/run.h"

enum { SOURCE_WEIGHTS_LIMIT = 4 << 20 }; /* above it, compilers are slow: the program reads a file */

typedef struct Workplace { /* the private directory and all its files */
  const char *directory, *code, *header, *weights_code, *weights, *main, *program, *input, *output, *log;
} Workplace;

static bool host_error(Run *run, const char *what, const char *detail, const char *help) {
  Diagnostic *d = report(&run->session->diagnostics, CODE_E0905, (Span){0, 0}, "%s", what);
  if (detail && *detail) add_note(d, "%s", detail);
  if (help) add_help(d, "%s", help);
  return false;
}

static bool make_workplace(Run *run, Workplace *w) {
  Arena *arena = run->session->arena;
  const char *error;
  w->directory = make_private_directory(arena, &error);
  if (!w->directory) {
    report(&run->session->diagnostics, CODE_E0903, (Span){0, 0}, "no temporary directory can be made: %s", error);
    return false;
  }
  w->code = private_file(arena, w->directory, "net.c");
  w->header = private_file(arena, w->directory, "net.h");
  w->weights_code = private_file(arena, w->directory, "net_weights.c");
  w->weights = private_file(arena, w->directory, "net.weights");
  w->main = private_file(arena, w->directory, "main.c");
  w->program = private_file(arena, w->directory, "program");
  w->input = private_file(arena, w->directory, "input");
  w->output = private_file(arena, w->directory, "output");
  w->log = private_file(arena, w->directory, "log");
  return true;
}

typedef struct Hole {
  const char *name, *text;
} Hole;

/* The template with its @holes@ filled; NULL: it has a hole that nobody fills. */
static const char *fill(Arena *arena, const char *template_text, const Hole *holes) {
  Text out = text_new(arena);
  for (const char *at = template_text; *at;) {
    size_t plain = strcspn(at, "@");
    text_add_bytes(&out, at, plain);
    at += plain;
    if (!*at) break;
    const char *end = strchr(++at, '@');
    if (!end) return NULL;
    const Hole *hole = holes;
    while (hole->name && (strlen(hole->name) != (size_t)(end - at) || strncmp(hole->name, at, (size_t)(end - at)))) hole++;
    if (!hole->name) return NULL;
    text_add(&out, hole->text);
    at = end + 1;
  }
  return text_string(&out);
}

static const char *byte_list(Arena *arena, const RunTensor *tensors, int count) {
  Text text = text_new(arena);
  for (int i = 0; i < count; i++)
    text_addf(&text, "%s%lld", i ? ", " : "", (long long)(tensors[i].elements * dtype_bytes(tensors[i].dtype)));
  return text_string(&text);
}

static const char *upper_case(Arena *arena, const char *name) {
  char *upper = arena_strdup(arena, name);
  for (char *p = upper; *p; p++)
    if (*p >= 'a' && *p <= 'z') *p = (char)(*p - 'a' + 'A');
  return upper;
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

static const char *main_program(Run *run) {
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
      {NULL, NULL},
  };
  const char *text = fill(arena, template_run_main_c, holes);
  if (!text) report(&run->session->diagnostics, CODE_E0999, (Span){0, 0}, "run_main.c.in has a hole that is not filled");
  return text;
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

static bool decode_outputs(Run *run, const Workplace *w) {
  size_t length, expected = 0;
  for (int i = 0; i < run->output_count; i++)
    expected += (size_t)(run->samples * run->outputs[i].elements * dtype_bytes(run->outputs[i].dtype));
  const char *error, *bytes = read_whole_file(run->session->arena, w->output, READ_FILES_ONLY, &length, &error);
  if (!bytes || length != expected) return host_error(run, "the compiled network did not write its outputs", bytes ? NULL : error, NULL);
  for (int i = 0; i < run->output_count; i++)
    run->outputs[i].data = ARENA_ARRAY(run->session->arena, double, (size_t)(run->samples * run->outputs[i].elements));
  for (int64_t sample = 0; sample < run->samples; sample++)
    for (int i = 0; i < run->output_count; i++) {
      RunTensor *output = &run->outputs[i];
      for (int64_t k = 0; k < output->elements; k++, bytes += dtype_bytes(output->dtype))
        output->data[sample * output->elements + k] = decode(output->dtype, bytes);
    }
  return true;
}

/* Everything that the C compiler and the program need. */
static bool write_workplace(Run *run, const Workplace *w, const Outputs *out) {
  const char *program = main_program(run);
  if (!program) return false;
  Text input = encode_inputs(run);
  OutputFile files[] = {
      {w->code, text_string(&out->code), out->code.length, NULL, 0},
      {w->header, text_string(&out->header), out->header.length, NULL, 0},
      {w->weights_code, text_string(&out->weights_code), out->weights_code.length, NULL, 0},
      {w->weights, (const char *)out->weights_blob, out->weights_blob_bytes, NULL, 0},
      {w->main, program, strlen(program), NULL, 0},
      {w->input, text_string(&input), input.length, NULL, 0},
  };
  const char *error;
  bool refused;
  if (write_files(run->session->arena, files, (int)(sizeof files / sizeof *files), (WriteRules){0}, &error, &refused)) return true;
  report(&run->session->diagnostics, CODE_E0903, (Span){0, 0}, "%s", error);
  return false;
}

static HostProgram compile_c(Run *run, const Workplace *w, bool weights_in_c, bool native) {
  int count;
  const char **words = compiler_words(run->session->arena, 10, &count);
  words[count++] = "-O2";
  if (native) words[count++] = "-march=native";
  words[count++] = "-o";
  words[count++] = w->program;
  words[count++] = w->main;
  words[count++] = w->code;
  if (weights_in_c) words[count++] = w->weights_code;
  words[count++] = "-lm";
  return run_program(run->session->arena, words, w->log);
}

static bool build(Run *run, const Workplace *w, bool weights_in_c) {
  Arena *arena = run->session->arena;
  HostProgram compiler = compile_c(run, w, weights_in_c, true);
  if (!compiler.error && compiler.status > 0) compiler = compile_c(run, w, weights_in_c, false);
  int count;
  const char *name = compiler_words(arena, 0, &count)[0];
  if (compiler.error)
    return host_error(run, arena_printf(arena, "the C compiler `%s` cannot be started: %s", name, compiler.error), NULL,
                      "set CC to a C compiler, or use `--interpret`");
  if (compiler.signal)
    return host_error(run, arena_printf(arena, "the C compiler `%s` was ended by signal %d", name, compiler.signal), NULL, NULL);
  if (compiler.status)
    return host_error(run, arena_printf(arena, "the C compiler `%s` failed with status %d", name, compiler.status), compiler.output, NULL);
  return true;
}

static bool execute(Run *run, const Workplace *w, bool weights_in_c) {
  const char *argv[] = {w->program, w->input, w->output, weights_in_c ? NULL : w->weights, NULL};
  HostProgram program = run_program(run->session->arena, argv, w->log);
  if (program.error)
    return host_error(run, "the compiled network cannot be started", program.error, "is the temporary directory (TMPDIR) mounted noexec?");
  if (program.signal)
    return host_error(run, arena_printf(run->session->arena, "the compiled network was ended by signal %d", program.signal), NULL, NULL);
  if (program.status) return host_error(run, "the compiled network reported an error", program.output, NULL);
  return decode_outputs(run, w);
}

static int64_t weight_bytes(const Graph *graph) {
  int64_t bytes = 0;
  for (int i = 0; i < graph->parameter_count; i++) bytes += 4 * parameter_elements(graph->parameters[i]);
  return bytes;
}

bool run_compiled(Run *run) {
  Session *session = run->session;
  Options options = session->line.options;
  options.standalone = true;
  options.dump = DUMP_NONE;
  if (weight_bytes(run->graph) > SOURCE_WEIGHTS_LIMIT) options.weights_as = WEIGHTS_AS_FILE;
  /* What is to be said about the input was said when the graph was made. */
  Diagnostics again = new_diagnostics(session);
  Compilation c = new_compilation(session, &options, &again);
  Outputs out = {0};
  if (!compile(&c, "net", &out) || again.errors) {
    merge_diagnostics(&session->diagnostics, &again);
    if (!again.errors) report(&session->diagnostics, CODE_E0999, (Span){0, 0}, "pass %s failed without a word", c.pass ? c.pass : "?");
    return false;
  }
  Workplace w;
  bool weights_in_c = !out.weights_blob_bytes;
  bool good = make_workplace(run, &w) && write_workplace(run, &w, &out) && build(run, &w, weights_in_c && out.weights_code.length) &&
              execute(run, &w, weights_in_c);
  cleanup_all();
  return good;
}
