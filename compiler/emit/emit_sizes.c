/* emit_sizes.c - what emitted code does with sizes that it is told at run time: checks them, and says how much memory
 * they need. */
#include "emit/emit_sizes.h"

#include <math.h>

#include "emit/writer.h"

const char *all_dims(const Emitter *e, SpellDim *spell) {
  Text text = text_new(e->arena);
  for (int i = 0; i < e->dim_count; i++) text_addf(&text, "%s%s", i ? ", " : "", spell(e->arena, e->dims[i]));
  return text_string(&text);
}

static const char *spell_parameter(Arena *arena, const Dim *dim) { return arena_printf(arena, "size_t %s", dim_variable(arena, dim)); }

static void check_range(const Emitter *e, const Dim *dim) {
  const char *name = dim_variable(e->arena, dim);
  if (dim->maximum < 0) write_line(e->out, 1, "if (%s < %lld) return %s_ERR_RANGE;", name, (long long)dim->minimum, e->upper);
  else
    write_line(e->out, 1, "if (%s < %lld || %s > %lld) return %s_ERR_RANGE;", name, (long long)dim->minimum, name, (long long)dim->maximum,
               e->upper);
}

/* Everything that is addressed: the workspace and what the caller hands in. */
static const Size *bytes_of_all(const Emitter *e, const Plan *plan) {
  const Graph *graph = plan->graph;
  const Size *bytes = plan->workspace_bytes;
  for (int i = 0; i < graph->input_count; i++) {
    const TensorType *type = &graph->inputs[i].value->type;
    bytes = size_add(e->arena, bytes, size_mul_int(e->arena, type_elements(e->arena, type), plan->batch * dtype_bytes(type->dtype)));
  }
  for (int i = 0; i < graph->output_count; i++) {
    const TensorType *type = &graph->outputs[i].value->type;
    bytes = size_add(e->arena, bytes, size_mul_int(e->arena, type_elements(e->arena, type), plan->batch * dtype_bytes(type->dtype)));
  }
  return bytes;
}

enum { LEAST_SIZE_MAX = 65535 };

/* No product of sizes may exceed size_t. All bytes are fewer than factor * H * W, so that this is compared, by
 * division: H > SIZE_MAX / factor / W. */
static void check_overflow(const Emitter *e, const Plan *plan) {
  const Size *bytes = bytes_of_all(e, plan);
  SizeProduct bound = size_bound(bytes);
  if (size_maximum(bytes) <= LEAST_SIZE_MAX || bound.count == 0) return;
  Text divided = text_new(e->arena), product = text_new(e->arena);
  for (int i = 0; i < bound.count; i++)
    for (int k = i == 0; k < bound.powers[i]; k++) {
      text_addf(&divided, " / %s", dim_variable(e->arena, bound.dims[i]));
      text_addf(&product, " * %s", dim_variable(e->arena, bound.dims[i]));
    }
  write_line(e->out, 1, "/* All tensors have less than %.0f * %s%s bytes, which must not be too many to be counted. */",
             ceil(bound.factor) + 1, dim_variable(e->arena, bound.dims[0]), text_string(&product));
  write_line(e->out, 1, "if (%s > SIZE_MAX / %.0f%s) return %s_ERR_RANGE;", dim_variable(e->arena, bound.dims[0]), ceil(bound.factor) + 1,
             text_string(&divided), e->upper);
}

void emit_sizes(const Emitter *e, const Plan *plan) {
  text_addf(e->out, "\n/* Whether the network can run at these sizes. */\n");
  write_line(e->out, 0, "static %s_status %s_check_sizes(%s)", e->prefix, e->prefix, all_dims(e, spell_parameter));
  write_line(e->out, 0, "{");
  for (int i = 0; i < e->dim_count; i++) check_range(e, e->dims[i]);
  for (int i = 0; i < e->dim_count; i++)
    if (e->dims[i]->multiple > 1)
      write_line(e->out, 1, "if (%s %% %lld != %lld) return %s_ERR_MULTIPLE;", dim_variable(e->arena, e->dims[i]),
                 (long long)e->dims[i]->multiple, (long long)e->dims[i]->offset, e->upper);
  check_overflow(e, plan);
  write_line(e->out, 1, "return %s_OK;", e->upper);
  write_line(e->out, 0, "}\n");
  write_line(e->out, 0, "size_t %s_workspace_bytes(%s)", e->prefix, all_dims(e, spell_parameter));
  write_line(e->out, 0, "{");
  write_line(e->out, 1, "if (%s_check_sizes(%s) != %s_OK) return SIZE_MAX;", e->prefix, all_dims(e, dim_variable), e->upper);
  write_line(e->out, 1, "return %s;", c_size(e, plan->workspace_bytes, dim_variable));
  write_line(e->out, 0, "}");
}
