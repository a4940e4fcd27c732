/* result_places.c - see result_places.h. */
#include "ir/result_places.h"

/* The value of the graph that a step stores; NULL: what a stage computes, which the graph does not know. Copies are of it. */
static const Value *stored_value(const Plan *plan, const Step *step) {
  const Value *value = step->result;
  for (int k = plan->step_count; k-- > 0 && value->id >= plan->graph->value_count;)
    if (plan->steps[k]->kind == STEP_COPY && plan->steps[k]->result == value) value = plan->steps[k]->source;
  return step->stage || value->id >= plan->graph->value_count ? NULL : value;
}

static const char *flat(Arena *arena, const char *path) {
  char *name = arena_strdup(arena, path);
  for (char *p = name; *p; p++)
    if (*p == '.') *p = '_';
  return name;
}

bool find_result_place(Arena *arena, const Plan *plan, int k, const SizeSample *dims, ResultPlace *place, const char **why) {
  const Step *step = plan->steps[k];
  const Buffer *buffer = step->output.buffer;
  const TensorType *type = &step->result->type;
  *place = (ResultPlace){.layer = step->name, .value = stored_value(plan, step), .buffer = buffer, .all_samples = step->all_samples};
  *why = !place->value ? "no layer of the source has this value" : "it is computed in stripes, of which one exists at a time";
  if (!place->value || buffer->striped || (step->stripe && k < step->stripe->last)) return false;
  if (step->stripe) {
    place->rows_done = arena_printf(arena, "end_of_%s", flat(arena, step->name));
    place->rows = step->stripe->height;
  }
  const Size *sizes[] = {type_channels(type), type_height(type), type_width(type)};
  const Size *distances[] = {buffer->channel, buffer->row, buffer->column};
  const Size *begins[] = {step->output.channel, step->output.row, step->output.column};
  int64_t offset = buffer->kind == BUFFER_WORKSPACE ? size_at(buffer->offset, dims) / dtype_bytes(buffer->dtype) : 0;
  place->first = offset + size_at(buffer->origin, dims);
  for (int d = 0; d < 3; d++) {
    place->sizes[d] = size_at(sizes[d], dims);
    place->distances[d] = size_at(distances[d], dims);
    place->first += size_at(begins[d], dims) * place->distances[d];
  }
  bool several = buffer->kind != BUFFER_WORKSPACE || buffer->samples > 1;
  place->sample = plan->batch > 1 && several ? size_at(buffer->sample, dims) : 0;
  return true;
}
