/* name_kernel.c - what a kernel is called: by what it is, never by the layer that calls it, unless numbers of the layer stand in it. */
#include <string.h>

#include "ir/operator.h"
#include "passes/tiling.h"

/* What the reduction reads: packed numbers from front to back, and tensors along the lanes. */
static void look_at_update(const Tiling *t, bool *streams, bool *along) {
  *streams = *along = false;
  for (int i = 0; i < t->b->step->operand_count; i++) {
    const KernelOperand *k = &t->operands[i];
    if (!k->bound) continue;
    *streams = *streams || k->streamed;
    *along = *along || (k->bound->value && k->along_lanes && t->nest->update && reads_operand(t, t->nest->update, i));
  }
}

/* Whether each channel has weights of its own, and reads one channel of the input, or all of them. */
static bool is_depthwise(const Tiling *t) {
  bool streams, along;
  look_at_update(t, &streams, &along);
  return streams && along;
}

bool is_dense(const Tiling *t) {
  bool streams, along;
  look_at_update(t, &streams, &along);
  return streams && !along;
}

static bool owns_weights(const Step *step) {
  return step->root->parameter_count && step->root->parameters[0] && step->root->parameters[0]->kind != PARAMETER_CONSTANT && !step->stages;
}

/* kernel_conv_6x64_ky_ic_relu: operator, points by channels, loops, what is fused; along which axis points lie unless that is
 * the usual one. Operators with numbers of their own make it the layer's kernel. */
const char *kernel_name(const Tiling *t, bool of_layer) {
  const Step *step = t->b->step;
  Text name = text_new(t->arena);
  text_addf(&name, "kernel_%s%s_%dx%lld", is_depthwise(t) ? "depthwise_" : "",
            of_layer ? c_name(t->arena, step->name) : step->root->op->name, t->points, (long long)t->channels);
  for (int r = 0; r < t->reduction_count; r++)
    if (!size_is(t->reductions[r].extent, 1)) text_addf(&name, "_%s", t->reductions[r].var);
  if (t->points > 1 && !step->stage && strcmp(t->tile->var, t->nest->tile_axis) != 0) text_addf(&name, "_along_%s", t->tile->var);
  if (sums_in_parts(t)) text_add(&name, "_parts");
  if (t->outside) text_addf(&name, "_each_%s", t->outside->var);
  if (t->slide.taps) text_addf(&name, "%d", t->slide.taps);
  if (t->slide.taps && t->slide.stride > 1) text_addf(&name, "_stride%d", t->slide.stride);
  if (t->slide.taps && t->slide.dilation > 1) text_addf(&name, "_dilation%d", t->slide.dilation);
  if (!t->nest->update && owns_weights(step)) text_add(&name, "_no_taps");
  if (!t->nest->update && t->nest->result->kind == EXPR_FLOAT) text_add(&name, "_constant");
  if (t->nest->initial && t->nest->initial->kind == EXPR_FLOAT && owns_weights(step)) text_add(&name, "_no_bias");
  if (t->tile && asks_weights(t)) text_add(&name, "_streamed"); /* without a tile axis all are */
  if (asked_ahead(t)) text_add(&name, "_ahead");
  if (asked_input(t)) text_add(&name, "_input_ahead");
  if (asks_results(t)) text_add(&name, "_results_ahead");
  for (int i = 0; !of_layer && i < step->fused_count; i++) text_addf(&name, "_%s", step->fused[i]->op->name);
  return text_string(&name);
}

static bool writes_numbers(const Node *node) {
  bool found = node->op->attributes_size > 0;
  for (int i = 0; i < node->input_count; i++) found = found || (node->inputs[i]->constant && node->inputs[i]->type.rank == 0);
  return found;
}

bool has_numbers(const Step *step) {
  bool found = step->stages || (step->root->op->kind == OPERATOR_ELEMENTWISE && writes_numbers(step->root));
  for (int i = 0; i < step->fused_count; i++) found = found || writes_numbers(step->fused[i]);
  return found;
}

const char **kernel_comment(const Tiling *t, int *count) {
  const char **lines = ARENA_ARRAY(t->arena, const char *, 2);
  const Step *step = t->b->step;
  const char *stage = step->stage ? arena_printf(t->arena, "%s of ", step->stage->name) : "";
  const char *where = step->schedule.plain ? "" : " in registers";
  lines[0] = arena_printf(t->arena, "%s%s: %d point%s by %lld channel%s%s", stage, step->root->op->name, t->points,
                          t->points == 1 ? "" : "s", (long long)t->channels, t->channels == 1 ? "" : "s", where);
  *count = 1;
  if (t->outside)
    lines[(*count)++] = arena_printf(t->arena, "One %s of all: sums wait in y from one call to the next, the last one finishes them.",
                                     t->outside->var);
  return lines;
}
