/* weights_report.c - see weights_report.h. Reports no errors: bind_weights has. */
#include "passes/weights_report.h"

#include "passes/weight_match.h"

static WeightVerdict judge(const Binder *b, const Parameter *parameter, const NamedTensor *named) {
  bool keras = named->file->keras;
  if (!holds_weights(named->tensor->dtype)) return WEIGHT_OF_WRONG_TYPE;
  if (sizes_fit(b, parameter, named->tensor, keras)) return WEIGHT_FITS;
  return parameter->rank >= 2 && sizes_fit(b, parameter, named->tensor, !keras) ? WEIGHT_IN_WRONG_ORDER : WEIGHT_OF_WRONG_SHAPE;
}

/* The layout of the first file, or what would be that of a file that is not there. */
static bool first_is_keras(const Binder *b) {
  if (b->matched) return b->file_count && b->files[0].keras;
  WeightsFile file = {.layout = b->c->options->layout};
  if (!file.layout && b->graph->weights_count) file.layout = b->graph->weights[0].layout;
  return source_is_keras(&file);
}

void fill_weights_report(const Binder *b, WeightsReport *report) {
  int unused = b->matched ? b->tensor_count : 0;
  report->rows = ARENA_ARRAY(b->c->arena, WeightRow, (size_t)(b->needed + unused));
  report->matched = b->matched;
  report->graph = b->graph;
  report->ignored = b->ignored;
  report->keras = first_is_keras(b);
  for (int i = 0; i < b->graph->parameter_count; i++) {
    const Parameter *parameter = b->graph->parameters[i];
    if (!needs_tensor(parameter)) continue;
    WeightRow *row = &report->rows[report->count++];
    const NamedTensor *named = b->matched ? b->found[i] : NULL;
    *row = (WeightRow){.verdict = WEIGHT_MISSING, .parameter = parameter};
    row->rank = expected_sizes(b, parameter, named ? named->file->keras : report->keras, row->expected);
    if (!named) continue;
    row->verdict = judge(b, parameter, named);
    row->name = named->stripped;
    row->tensor = named->tensor;
  }
  for (int i = 0; i < unused; i++)
    if (!b->tensors[i].taken_by)
      report->rows[report->count++] = (WeightRow){.verdict = WEIGHT_UNUSED, .name = b->tensors[i].stripped, .tensor = b->tensors[i].tensor};
}
