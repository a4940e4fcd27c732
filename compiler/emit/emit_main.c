/* emit_main.c - NET_main.c: the network as a filter, from standard input to standard output. Sizes are numbers, and
 * memory is static. */
#include "emit/emit_loops.h"
#include "emit/templates.h"
#include "emit/writer.h"

static const char *type_name(DType type) {
  static const char *const names[] = {[DTYPE_F32] = "F32", [DTYPE_U8] = "U8", [DTYPE_I8] = "I8", [DTYPE_I16] = "I16", [DTYPE_I32] = "I32"};
  return names[type];
}

/* The texts that say the same of all inputs, or of all outputs. */
typedef struct TensorTexts {
  const char *memory; /* "samples" */
  Text members, table, pointers;
} TensorTexts;

static TensorTexts no_tensors(Arena *arena, const char *memory) {
  return (TensorTexts){memory, text_new(arena), text_new(arena), text_new(arena)};
}

static void add_tensor(const Emitter *e, TensorTexts *texts, const char *path, DType dtype) {
  const char *name = flat_name(e->arena, path), *type = c_type(e, type_of_dtype(dtype));
  const char *size = arena_printf(e->arena, "%s_%s_SIZE", e->upper, upper_name(e->arena, name));
  const char *pointer = arena_printf(e->arena, "%s.%s", texts->memory, name);
  write_line(&texts->members, 1, "%s %s[BATCH * %s];", type, name, size);
  write_line(&texts->table, 1, "{TYPE_%s, %s, %s * sizeof(%s), %s},", type_name(dtype), size, size, type, pointer);
  text_addf(&texts->pointers, "%s%s", texts->pointers.length ? ", " : "", pointer);
}

/* Whether a picture with 8 bits a sample can be the input. */
static bool takes_pictures(const Graph *graph) {
  const GraphInput *input = &graph->inputs[0];
  const TensorType *type = &input->value->type;
  bool gray_or_coloured = type->rank == 3 && (size_is(type->sizes[0], 1) || size_is(type->sizes[0], 3));
  return graph->input_count == 1 && gray_or_coloured && (type->dtype == DTYPE_F32 || type->dtype == DTYPE_U8);
}

/* As `cnnc run` reads them: bytes for uint8, from 0 to 1 for float32. */
static const char *pictures(const Emitter *e, const GraphInput *input) {
  const TensorType *type = &input->value->type;
  bool gray = size_is(type->sizes[0], 1), real = type->dtype == DTYPE_F32;
  long long height = size_maximum(type->sizes[1]), width = size_maximum(type->sizes[2]);
  const Hole holes[] = {{"input", flat_name(e->arena, input->value->name)},
                        {"channels", gray ? "1" : "3"},
                        {"height", arena_printf(e->arena, "%lld", height)},
                        {"width", arena_printf(e->arena, "%lld", width)},
                        {"size", arena_printf(e->arena, "%lldx%lld pixels", width, height)},
                        {"kind", gray ? "'5'" : "'6'"},
                        {"what", gray ? "binary PGM" : "binary PPM"},
                        {"type", c_type(e, type_of_dtype(type->dtype))},
                        {"index", input->hwc ? "i * channels + k" : "k * height * width + i"},
                        {"value", real ? "(float)c / 255.0f" : "(uint8_t)c"},
                        {NULL, NULL}};
  Text out = text_new(e->arena);
  write_template(&out, template_main_pictures_c, holes);
  return text_string(&out);
}

static const char *weights(const Emitter *e) {
  Text out = text_new(e->arena);
  write_template(&out, template_main_weights_c, (Hole[]){{"net", e->prefix}, {"NET", e->upper}, {NULL, NULL}});
  return text_string(&out);
}

void emit_main(Text *out, const Plan *plan, const EmitOptions *options) {
  Emitter e = new_emitter(out, plan, options);
  const Graph *graph = plan->graph;
  bool from_pictures = takes_pictures(graph), from_file = options->weights_in_file;
  TensorTexts inputs = no_tensors(e.arena, "samples"), outputs = no_tensors(e.arena, "results");
  for (int i = 0; i < graph->input_count; i++) add_tensor(&e, &inputs, graph->inputs[i].value->name, graph->inputs[i].value->type.dtype);
  for (int i = 0; i < graph->output_count; i++) add_tensor(&e, &outputs, graph->outputs[i].name, graph->outputs[i].value->type.dtype);
  const char *read_file = "    else if (!strcmp(argv[i], \"--weights\") && i + 1 < argc) read_weights(argv[++i], &env);\n";
  const char *read_pictures = "    else if (!strcmp(argv[i], \"--pictures\")) next = read_picture;\n";
  const Hole holes[] = {{"base", options->base},
                        {"net", e.prefix},
                        {"NET", e.upper},
                        {"input_count", arena_printf(e.arena, "%d", graph->input_count)},
                        {"output_count", arena_printf(e.arena, "%d", graph->output_count)},
                        {"batch", arena_printf(e.arena, "%lld", (long long)plan->batch)},
                        {"samples", text_string(&inputs.members)},
                        {"results", text_string(&outputs.members)},
                        {"inputs", text_string(&inputs.table)},
                        {"outputs", text_string(&outputs.table)},
                        {"in", text_string(&inputs.pointers)},
                        {"out", text_string(&outputs.pointers)},
                        {"weights", from_file ? weights(&e) : ""},
                        {"pictures", from_pictures ? pictures(&e, &graph->inputs[0]) : ""},
                        {"options", arena_printf(e.arena, "%s%s", from_file ? read_file : "", from_pictures ? read_pictures : "")},
                        {"usage", arena_printf(e.arena, "%s%s", from_file ? " --weights FILE" : "", from_pictures ? " [--pictures]" : "")},
                        {"need_weights", from_file ? "  if (!env.weights) fail(2, \"`--weights FILE` is missing\");\n" : ""},
                        {NULL, NULL}};
  write_template(out, template_main_c, holes);
}
