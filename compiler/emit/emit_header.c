/* emit_header.c - the interface: sizes, structures, what the network needs. */
#include <string.h>

#include "emit/emit_loops.h"
#include "emit/emit_selftest.h"
#include "emit/emit_sizes.h"
#include "emit/templates.h"
#include "emit/writer.h"
#include "ir/operator.h"

static const char *spell_plainly(Arena *arena, const Dim *dim) {
  (void)arena;
  return dim->name;
}

static const char *spell_parameter(Arena *arena, const Dim *dim) { return arena_printf(arena, "size_t %s", dim->name); }

/* A caller may write any expression. */
static const char *spell_in_macro(Arena *arena, const Dim *dim) { return arena_printf(arena, "(size_t)(%s)", dim->name); }

static void define(Text *out, const Emitter *e, const char *name, const char *what, const Size *value) {
  text_addf(out, "#define %s_%s_%s%s %s\n", e->upper, upper_name(e->arena, flat_name(e->arena, name)), what,
            c_dims(e, value, spell_plainly), c_size_of_macro(e, value, spell_in_macro));
}

static void define_tensor(Text *out, const Emitter *e, const char *name, const TensorType *type) {
  define(out, e, name, "CHANNELS", type->sizes[0]);
  if (type->rank == 2) define(out, e, name, "LENGTH", type->sizes[1]);
  if (type->rank == 3) {
    define(out, e, name, "HEIGHT", type->sizes[1]);
    define(out, e, name, "WIDTH", type->sizes[2]);
  }
  define(out, e, name, "SIZE", type_elements(e->arena, type));
}

enum { LONGEST_LITERAL = 60 };

/* "cat" as a C string in a macro: anything unusual as an octal escape. A long one comes in several, which C joins. */
static const char *string_literal(Arena *arena, const char *text) {
  Text out = text_new(arena);
  size_t begin = 0;
  text_add(&out, "\"");
  for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
    if (out.length - begin > LONGEST_LITERAL) {
      text_add(&out, "\" \\\n    \"");
      begin = out.length;
    }
    if (*p < 0x20 || *p > 0x7e || *p == '"' || *p == '\\' || *p == '?') text_addf(&out, "\\%03o", *p);
    else text_add_bytes(&out, (const char *)p, 1);
  }
  text_add(&out, "\"");
  return text_string(&out);
}

static void define_labels(Text *out, const Emitter *e, const GraphOutput *output) {
  if (!output->label_count) return;
  text_addf(out, "/* static const char *const names[] = %s_%s_LABELS; */\n", e->upper,
            upper_name(e->arena, flat_name(e->arena, output->name)));
  text_addf(out, "#define %s_%s_LABELS {", e->upper, upper_name(e->arena, flat_name(e->arena, output->name)));
  for (int i = 0; i < output->label_count; i++) text_addf(out, "%s \\\n  %s", i ? "," : "", string_literal(e->arena, output->labels[i]));
  text_add(out, "}\n");
}

static void define_workspace(Text *out, const Emitter *e, const Plan *plan) {
  const char *of_greatest = e->dim_count ? "_MAX" : "";
  if (plan->lower_bound_bytes < 0) return; /* nothing bounds the sizes */
  text_addf(out, "/* Achieved, and the most that is live at any one time%s. */\n", e->dim_count ? ", for the greatest sizes" : "");
  text_addf(out, "#define %s_WORKSPACE_BYTES%s %lld\n", e->upper, of_greatest, (long long)size_maximum(plan->workspace_bytes));
  text_addf(out, "#define %s_WORKSPACE_LOWER_BOUND%s %lld /* %lld without borders */\n", e->upper, of_greatest,
            (long long)plan->lower_bound_bytes, (long long)plan->bare_bound_bytes);
}

/* "NET_WORKSPACE_DTCM_BYTES" and "NET_WEIGHTS_ITCM_BYTES": what lies in each region. */
static void define_regions(Text *out, const Emitter *e, const char *what, MemoryRegion *const *regions, int count) {
  for (int i = 0; i < count; i++)
    text_addf(out, "#define %s_%s_%s_BYTES %lld\n", e->upper, what, upper_name(e->arena, regions[i]->name), (long long)regions[i]->bytes);
}

static const char *macros(const Emitter *e, const Plan *plan) {
  Text out = text_new(e->arena);
  const Graph *graph = plan->graph;
  for (int i = 0; i < graph->input_count; i++) define_tensor(&out, e, graph->inputs[i].value->name, &graph->inputs[i].value->type);
  for (int i = 0; i < graph->output_count; i++) {
    define_tensor(&out, e, graph->outputs[i].name, &graph->outputs[i].value->type);
    define_labels(&out, e, &graph->outputs[i]);
  }
  if (plan->batch > 1) text_addf(&out, "#define %s_BATCH %lld\n", e->upper, (long long)plan->batch);
  define_workspace(&out, e, plan);
  define_regions(&out, e, "WORKSPACE", plan->ram, plan->ram_count);
  text_addf(&out, "#define %s_WORKSPACE_ALIGN %lld\n", e->upper, (long long)plan->workspace_align);
  text_addf(&out, "#define %s_WEIGHTS_BYTES %lld\n", e->upper, (long long)plan->weights_bytes);
  define_regions(&out, e, "WEIGHTS", plan->flash, plan->flash_count);
  if (e->options->weights_in_file) {
    uint64_t fingerprint = weights_fingerprint(plan);
    text_addf(&out, "/* Of the names and shapes of the weights: what a weights file must match. */\n");
    text_addf(&out, "#define %s_WEIGHTS_FINGERPRINT_LOW 0x%08lxu\n", e->upper, (unsigned long)(fingerprint & 0xffffffffu));
    text_addf(&out, "#define %s_WEIGHTS_FINGERPRINT_HIGH 0x%08lxu\n", e->upper, (unsigned long)(fingerprint >> 32));
  }
  return text_string(&out);
}

static const char *member_comment(const Emitter *e, const TensorType *type, bool hwc) {
  Text out = text_new(e->arena);
  text_add(&out, "/* ");
  for (int i = 0; i < type->rank; i++) text_addf(&out, "%s%s", i ? ", " : "[", c_size(e, type->sizes[i], spell_plainly));
  text_add(&out, "]");
  if (hwc) text_add(&out, " stored as [height, width, channels]");
  text_add(&out, " */");
  return text_string(&out);
}

static const char *inputs(const Emitter *e, const Graph *graph) {
  Text out = text_new(e->arena);
  for (int i = 0; i < graph->input_count; i++) {
    const GraphInput *input = &graph->inputs[i];
    text_addf(&out, "  const %s *%s; %s\n", c_type(e, type_of_dtype(input->value->type.dtype)), flat_name(e->arena, input->value->name),
              member_comment(e, &input->value->type, input->hwc));
  }
  return text_string(&out);
}

static const char *outputs(const Emitter *e, const Graph *graph) {
  Text out = text_new(e->arena);
  for (int i = 0; i < graph->output_count; i++) {
    const GraphOutput *output = &graph->outputs[i];
    text_addf(&out, "  %s *%s; %s\n", c_type(e, type_of_dtype(output->value->type.dtype)), flat_name(e->arena, output->name),
              member_comment(e, &output->value->type, output->hwc));
  }
  return text_string(&out);
}

/* What the net is, in the author's words, and its figures. */
static const char *description(const Emitter *e, const Plan *plan) {
  const Graph *graph = plan->graph;
  const char **lines = NULL;
  int count = 0;
  ARENA_PUSH(e->arena, lines, count,
             arena_printf(e->arena, "Network %s, for %s, %s numerics.", graph->name, plan->target, plan->portable ? "portable" : "fast"));
  if (e->options->flags) ARENA_PUSH(e->arena, lines, count, arena_printf(e->arena, "Compile with %s.", e->options->flags));
  for (const char *doc = graph->doc; doc && *doc; doc += strspn(doc, "\n")) {
    size_t length = strcspn(doc, "\n");
    ARENA_PUSH(e->arena, lines, count, arena_printf(e->arena, "%.*s", (int)length, doc));
    doc += length;
  }
  for (int i = 0; i < graph->meta_count; i++)
    ARENA_PUSH(e->arena, lines, count, arena_printf(e->arena, "%s: %s", graph->metas[i].name, graph->metas[i].text));
  const Size *macs = size_of(e->arena, 0);
  for (int i = 0; i < graph->node_count; i++)
    if (graph->nodes[i]->op->macs) macs = size_add(e->arena, macs, graph->nodes[i]->op->macs(e->arena, graph->nodes[i]));
  Text figures = text_new(e->arena);
  text_add(&figures, c_size(e, macs, spell_plainly));
  text_add(&figures, " multiply-adds for one sample.");
  ARENA_PUSH(e->arena, lines, count, text_string(&figures));
  Text out = text_new(e->arena);
  write_comment(&out, 0, lines, count);
  return text_string(&out);
}

/* "  size_t H; (64 to 1024, a multiple of 4)"; then a pointer and its bytes for each region. */
static const char *members(const Emitter *e, const Plan *plan) {
  Text out = text_new(e->arena);
  for (int i = 0; i < e->dim_count; i++) { text_addf(&out, "  size_t %s; /* %s */\n", e->dims[i]->name, dim_text(e->arena, e->dims[i])); }
  for (int i = 0; i < plan->ram_count; i++) {
    const char *name = plan->ram[i]->name;
    text_addf(&out, "  void *workspace_%s; /* the region %s: aligned, and free, like the workspace */\n  size_t workspace_%s_bytes;\n",
              name, name, name);
  }
  return text_string(&out);
}

static const char *size_functions(const Emitter *e) {
  if (!e->dim_count) return "";
  return arena_printf(e->arena,
                      "/* The workspace that a run at these sizes needs; SIZE_MAX if the network cannot run at them. */\n"
                      "size_t %s_workspace_bytes(%s);\n",
                      e->prefix, all_dims(e, spell_parameter));
}

void emit_header(Text *out, const Plan *plan, const EmitOptions *options) {
  Emitter e = new_emitter(out, plan, options);
  const Hole holes[] = {{"base", options->base},
                        {"version", options->version},
                        {"net", e.prefix},
                        {"NET", e.upper},
                        {"description", description(&e, plan)},
                        {"macros", macros(&e, plan)},
                        {"inputs", inputs(&e, plan->graph)},
                        {"outputs", outputs(&e, plan->graph)},
                        {"members", members(&e, plan)},
                        {"size_functions", size_functions(&e)},
                        {"selftest", selftest_declaration(&e, plan)},
                        {NULL, NULL}};
  write_template(out, template_header_h, holes);
}
