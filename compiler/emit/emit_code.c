/* emit_code.c - the .c file: offsets, kernels, layers, run. */
#include <string.h>

#include "emit/emit_loops.h"
#include "emit/emit_sizes.h"
#include "emit/fold_runtime.h"
#include "emit/templates.h"
#include "emit/writer.h"

static const int width_lanes[] = {4, 8, 16};

/* As gcc calls it on x86: __builtin_ia32_maxps256(a, b) */
static const char *extreme_by_name(const Emitter *e, const char *name, int lanes) {
  if (lanes == 16) return arena_printf(e->arena, "__builtin_ia32_%sps512_mask((a), (b), (a), -1, 4)", name);
  return arena_printf(e->arena, "__builtin_ia32_%sps%s((a), (b))", name, lanes == 8 ? "256" : "");
}

static void template_part(const Emitter *e, const char *text, int lanes) {
  const Hole holes[] = {{"net", e->prefix},
                        {"NET", e->upper},
                        {"lanes", arena_printf(e->arena, "%d", lanes)},
                        {"bytes", arena_printf(e->arena, "%d", 4 * lanes)},
                        {"max", extreme_by_name(e, "max", lanes)},
                        {"min", extreme_by_name(e, "min", lanes)},
                        {NULL, NULL}};
  write_template(e->out, text, holes);
}

/* Lanes of the widest vectors; 0: there are none. */
static int widest_width(const LoopUsage *usage) {
  int widest = 0;
  for (int w = 0; w < 3; w++)
    if (usage->width[w].used) widest = width_lanes[w];
  return widest;
}

static void emit_vector_types(const Emitter *e, const LoopUsage *usage) {
  bool parts = false;
  int widest = widest_width(usage);
  for (int w = 0; w < 3; w++) parts = parts || usage->width[w].part_load || usage->width[w].part_store;
  if (!widest) return;
  template_part(e, template_vector_lanes_c, 1);
  template_part(e, widest == 16 ? template_noinline_512_c : template_noinline_c, 1);
  for (int w = 0; w < 3; w++) {
    if (!usage->width[w].used) continue;
    text_addf(e->out, "\n#if %s_LANES >= %d\n", e->upper, width_lanes[w]);
    template_part(e, template_vector_width_c, width_lanes[w]);
    if (usage->width[w].select) template_part(e, template_vector_select_c, width_lanes[w]);
    if (usage->width[w].max) template_part(e, template_vector_max_c, width_lanes[w]);
    if (usage->width[w].min) template_part(e, template_vector_min_c, width_lanes[w]);
    if (usage->width[w].splat) template_part(e, template_vector_splat_c, width_lanes[w]);
    if (width_lanes[w] == 4 && (usage->transposes || usage->interleaves || usage->deinterleaves))
      template_part(e, template_vector_shuffle_c, 4);
    emit_vector_functions(e, &usage->width[w], width_lanes[w]);
    text_add(e->out, "#endif\n");
  }
  if (!parts && !usage->prefetch && !usage->prefetch_later) return;
  text_addf(e->out, "\n#if %s_LANES > 1\n", e->upper);
  if (parts) template_part(e, template_vector_parts_c, 1);
  if (usage->prefetch) template_part(e, template_prefetch_c, 1);
  if (usage->prefetch_later) template_part(e, template_prefetch_later_c, 1);
  text_add(e->out, "#endif\n");
}

static void declare_weights(const Emitter *e, const Plan *plan) {
  if (plan->packed_count == 0) return;
  if (e->options->weights_in_file) {
    text_add(e->out, "\n/* Where the numbers lie in the weights file, in floats. */\n");
    for (int i = 0; i < plan->packed_count; i++)
      text_addf(e->out, "#define %s_WEIGHTS_%s %lld\n", e->upper, upper_name(e->arena, plan->packed[i]->name),
                (long long)(plan->packed[i]->offset / 4));
    return;
  }
  text_addf(e->out, "\n/* Defined in %s_weights.c. */\n", e->options->base);
  for (int i = 0; i < plan->packed_count; i++) text_addf(e->out, "extern %s;\n", packed_array(e, plan->packed[i]));
}

static void emit_constants(const Emitter *e, const Plan *plan, const LoopProgram *program) {
  if (program->constants.count == 0) return;
  Text lines = text_new(e->arena);
  for (int i = 0; i < program->constants.count; i++) {
    const Size *value = program->constants.items[i].thing;
    const char *name = program->constants.items[i].name;
    text_addf(&lines, "#define %s_%s%s %s\n", e->upper, name, c_constant_dims(e, name, value), c_size_of_macro(e, value, dim_variable));
  }
  text_addf(e->out,
            "\n/* Where tensors lie in the workspace%s, in elements: offset of the first element inside the border,\n"
            "   distance of neighbouring rows, columns and channels, first channel of a slice. */\n",
            plan->ram_count ? " or a region" : "");
  write_lines(e->out, text_string(&lines));
}

static const char *spell_in_env(Arena *arena, const Dim *dim) { return arena_printf(arena, "env->%s", dim->name); }

typedef struct Argument { /* an input or output of run */
  const char *pointer, *bytes;
} Argument;

/* IMAGE_SIZE or, where it varies, IMAGE_SIZE(H, W) with the dims in other words. */
static const char *size_macro(const Emitter *e, const char *name, const TensorType *type, SpellDim *spell) {
  return arena_printf(e->arena, "%s_%s_SIZE%s", e->upper, upper_name(e->arena, name), c_dims(e, type_elements(e->arena, type), spell));
}

static Argument caller_argument(const Emitter *e, const char *structure, const char *name, const TensorType *type, int64_t batch) {
  const char *flat = flat_name(e->arena, name);
  const char *element = c_type(e, type_of_dtype(type->dtype)), *size = size_macro(e, flat, type, spell_in_env);
  const char *count = batch > 1 ? arena_printf(e->arena, "%s_BATCH * (size_t)%s", e->upper, size) : size;
  return (Argument){arena_printf(e->arena, "%s->%s", structure, flat), arena_printf(e->arena, "%s * sizeof(%s)", count, element)};
}

static void refuse_overlap(const Emitter *e, Text *text, const char *a, const char *a_bytes, const Argument *b) {
  write_line(text, 1, "if (%s_overlap(%s, %s, %s, %s)) {", e->prefix, a, a_bytes, b->pointer, b->bytes);
  write_line(text, 2, "return %s_ERR_ALIAS;", e->upper);
  write_line(text, 1, "}");
}

/* The sizes come first: what follows calculates with them. */
static void check_env(const Emitter *e, Text *text, const LoopUsage *usage) {
  if (!e->dim_count) return;
  const char *sizes = all_dims(e, spell_in_env);
  write_line(text, 1, "const %s_status sizes = %s_check_sizes(%s);", e->prefix, e->prefix, sizes);
  if (usage->workspace) write_line(text, 1, "const size_t workspace_bytes = %s_workspace_bytes(%s);", e->prefix, sizes);
  write_line(text, 1, "if (sizes != %s_OK) return sizes;", e->upper);
}

/* A block of the caller's that the network writes to: `member` of the env, and `member`_bytes. It may overlap with no argument. */
static void check_block(const Emitter *e, Text *text, const char *member, const char *bytes, const Argument *arguments, int count) {
  write_line(text, 1, "if (!env->%s) return %s_ERR_NULL;", member, e->upper);
  write_line(text, 1, "if (env->%s_bytes < %s) return %s_ERR_WORKSPACE;", member, bytes, e->upper);
  write_line(text, 1, "if ((uintptr_t)env->%s %% %s_WORKSPACE_ALIGN) return %s_ERR_ALIGN;", member, e->upper, e->upper);
  for (int i = 0; i < count; i++) refuse_overlap(e, text, arena_printf(e->arena, "env->%s", member), bytes, &arguments[i]);
}

/* The workspace and the regions beside it; none may overlap with another. */
static void check_blocks(const Emitter *e, Text *text, const Plan *plan, bool workspace, Argument *arguments, int count) {
  const char *bytes = e->dim_count ? "workspace_bytes" : arena_printf(e->arena, "%s_WORKSPACE_BYTES", e->upper);
  if (workspace) check_block(e, text, "workspace", bytes, arguments, count);
  if (workspace) arguments[count++] = (Argument){"env->workspace", bytes};
  for (int i = 0; i < plan->ram_count; i++) {
    const char *name = plan->ram[i]->name, *member = arena_printf(e->arena, "workspace_%s", name);
    if (!plan->ram[i]->bytes) continue;
    bytes = arena_printf(e->arena, "%s_WORKSPACE_%s_BYTES", e->upper, upper_name(e->arena, name));
    check_block(e, text, member, bytes, arguments, count);
    arguments[count++] = (Argument){arena_printf(e->arena, "env->%s", member), bytes};
  }
}

/* NULL pointers, the workspace, overlaps of what is written with anything else. */
static const char *checks(const Emitter *e, const Plan *plan, const LoopUsage *usage) {
  Text text = text_new(e->arena);
  const Graph *graph = plan->graph;
  int count = graph->input_count + graph->output_count;
  Argument *arguments = ARENA_ARRAY(e->arena, Argument, (size_t)(count + plan->ram_count) + 1);
  for (int i = 0; i < graph->input_count; i++)
    arguments[i] = caller_argument(e, "in", graph->inputs[i].value->name, &graph->inputs[i].value->type, plan->batch);
  for (int i = 0; i < graph->output_count; i++)
    arguments[graph->input_count + i] = caller_argument(e, "out", graph->outputs[i].name, &graph->outputs[i].value->type, plan->batch);
  check_env(e, &text, usage);
  for (int i = 0; i < count; i++) write_line(&text, 1, "if (!%s) return %s_ERR_NULL;", arguments[i].pointer, e->upper);
  check_blocks(e, &text, plan, usage->workspace, arguments, count);
  for (int i = graph->input_count; i < count; i++)
    for (int k = 0; k < i; k++) refuse_overlap(e, &text, arguments[i].pointer, arguments[i].bytes, &arguments[k]);
  if (e->options->weights_in_file && plan->packed_count) {
    write_line(&text, 1, "if (!env->weights) return %s_ERR_NULL;", e->upper);
    write_line(&text, 1, "if ((uintptr_t)env->weights %% sizeof(float)) return %s_ERR_ALIGN;", e->upper);
    write_line(&text, 1, "if (!%s_weights_match(env->weights, env->weights_bytes)) return %s_ERR_WEIGHTS;", e->prefix, e->upper);
  }
  return text_string(&text);
}

static void declare_argument(const Emitter *e, Text *text, const char *qualifier, const char *structure, const char *name,
                             const TensorType *type) {
  const char *flat = flat_name(e->arena, name);
  write_line(text, 1, "%s%s *%s_%s = %s->%s;", qualifier, c_type(e, type_of_dtype(type->dtype)), structure, flat, structure, flat);
}

/* Those that run itself needs. */
static void declare_dims(const Emitter *e, Text *text, const LoopProgram *program) {
  for (int i = 0; i < e->dim_count; i++)
    if (stmts_use_dim(program->run, e->dims[i]))
      write_line(text, 1, "const size_t %s = env->%s;", dim_variable(e->arena, e->dims[i]), e->dims[i]->name);
}

static const char *body(const Emitter *e, const Plan *plan, const LoopProgram *program, const LoopUsage *usage) {
  Text text = text_new(e->arena);
  const Graph *graph = plan->graph;
  declare_dims(e, &text, program);
  if (usage->workspace) write_line(&text, 1, "float *ws = (float *)env->workspace;");
  for (int i = 0; i < plan->ram_count; i++) {
    const char *variable = region_variable(e->arena, plan->ram[i]);
    if (stmts_use_var(program->run, variable))
      write_line(&text, 1, "float *%s = (float *)env->workspace_%s;", variable, plan->ram[i]->name);
  }
  if (e->options->weights_in_file && plan->packed_count) write_line(&text, 1, "const float *weights = (const float *)env->weights;");
  for (int i = 0; i < graph->input_count; i++) { /* nobody may read it */
    const char *name = graph->inputs[i].value->name;
    if (stmts_use_var(program->run, arena_printf(e->arena, "in_%s", flat_name(e->arena, name))))
      declare_argument(e, &text, "const ", "in", name, &graph->inputs[i].value->type);
  }
  for (int i = 0; i < graph->output_count; i++)
    declare_argument(e, &text, "", "out", graph->outputs[i].name, &graph->outputs[i].value->type);
  Emitter inner = *e;
  inner.out = &text;
  inner.hooked = program;
  emit_stmts(&inner, 1, program->run);
  return text_string(&text);
}

void emit_code(Text *out, const Plan *plan, const LoopProgram *program, const EmitOptions *options) {
  Emitter e = new_emitter(out, plan, options);
  LoopUsage usage = loop_usage(program);
  text_addf(out, "/* %s.c - generated by cnnc; do not edit. SPDX-License-Identifier: 0BSD */\n", options->base);
  template_part(&e, plan->portable ? template_numerics_portable_c : template_numerics_fast_c, 1);
  if (widest_width(&usage)) template_part(&e, template_numerics_neon_c, 1);
  text_addf(out, "#include \"%s.h\"\n", options->base);
  if (options->standalone) {
    emit_vector_types(&e, &usage);
    emit_scalar_functions(&e, &usage);
  } else {
    emit_scalar_functions(&e, &usage);
    emit_vector_types(&e, &usage);
  }
  if (usage.parallel) template_part(&e, template_parallel_c, 1);
  if (usage.meet) template_part(&e, template_meet_c, 1);
  declare_weights(&e, plan);
  emit_constant_tables(out, plan, options);
  if (usage.larger || size_has_max(plan->workspace_bytes)) template_part(&e, template_larger_c, 1);
  emit_constants(&e, plan, program);
  if (usage.moves) template_part(&e, template_move_c, 4);
  if (usage.interleaves) template_part(&e, template_interleave_c, 4);
  if (usage.deinterleaves) template_part(&e, template_deinterleave_c, 4);
  if (usage.transposes) template_part(&e, template_transpose_c, 4);
  for (int i = 0; i < program->kernel_count; i++) emit_function(&e, program->kernels[i]);
  for (int i = 0; i < program->layer_count; i++) emit_function(&e, program->layers[i]);
  if (options->weights_in_file && plan->packed_count) template_part(&e, template_weights_check_c, 1);
  if (e.dim_count) emit_sizes(&e, plan);
  const Hole holes[] = {
      {"net", e.prefix}, {"NET", e.upper}, {"checks", checks(&e, plan, &usage)}, {"body", body(&e, plan, program, &usage)}, {NULL, NULL}};
  write_template(out, template_run_c, holes);
}
