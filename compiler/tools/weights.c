/* weights.c - `cnnc weights`: what a net expects beside what its weights files hold, as a table, as JSON or as rename
 * rules; or a file of seeded weights of the right shapes. */
#include <string.h>
#include "compile.h"
#include "load/write_tensors.h"
#include "support/table.h"
#include "support/writer.h"
#include "tools/rename_stub.h"
#include "tools/session.h"

static const char *const verdict_words[] = {
    [WEIGHT_FITS] = "",
    [WEIGHT_MISSING] = "missing",
    [WEIGHT_OF_WRONG_SHAPE] = "wrong shape",
    [WEIGHT_IN_WRONG_ORDER] = "wrong order",
    [WEIGHT_OF_WRONG_TYPE] = "wrong type",
    [WEIGHT_UNUSED] = "unused",
};

enum { VERDICTS = sizeof verdict_words / sizeof *verdict_words };

static void count_verdicts(const WeightsReport *report, int counts[VERDICTS]) {
  memset(counts, 0, VERDICTS * sizeof *counts);
  for (int i = 0; i < report->count; i++) counts[report->rows[i].verdict]++;
}

static bool all_fit(const WeightsReport *report) {
  int counts[VERDICTS];
  count_verdicts(report, counts);
  return report->matched && counts[WEIGHT_FITS] == report->count;
}

static const char *files_text(Session *session, const Graph *graph) {
  if (session->line.options.weights) return arena_printf(session->arena, "`%s`", session->line.options.weights);
  Text text = text_new(session->arena);
  for (int i = 0; i < graph->weights_count; i++) text_addf(&text, "%s`%s`", i ? ", " : "", graph->weights[i].path);
  return graph->weights_count ? text_string(&text) : "no file";
}

static void print_text(Session *session, const Graph *graph, const WeightsReport *report) {
  enum { COLUMNS = 5 };
  Arena *arena = session->arena;
  const char *(*cells)[COLUMNS] = arena_alloc_array(arena, (size_t)report->count + 1, sizeof *cells);
  const char *titles[COLUMNS] = {"parameter", "expected", "tensor", "found", ""};
  memcpy(cells[0], titles, sizeof titles);
  int64_t numbers = 0;
  for (int i = 0; i < report->count; i++) {
    const WeightRow *row = &report->rows[i];
    const WeightTensor *tensor = row->tensor;
    if (row->parameter) numbers += parameter_elements(row->parameter);
    const char *cells_of_row[COLUMNS] = {
        row->parameter ? row->parameter->path : "-",
        row->parameter ? sizes_text(arena, row->expected, row->rank) : "-",
        tensor ? shown_name(arena, row->name) : "-",
        tensor ? arena_printf(arena, "%s %s", sizes_text(arena, tensor->sizes, tensor->rank), tensor_dtype_name(tensor->dtype)) : "-",
        report->matched ? verdict_words[row->verdict] : "",
    };
    memcpy(cells[i + 1], cells_of_row, sizeof cells_of_row);
  }
  Text *out = &session->out;
  text_addf(out, "net %s, weights from %s, in the order of %s\n\n", graph->name, files_text(session, graph),
            report->keras ? "Keras" : "PyTorch");
  print_table(out, cells[0], report->count + 1, COLUMNS, COLUMNS);
  int counts[VERDICTS];
  count_verdicts(report, counts);
  text_addf(out, "\n%d parameters of %lld numbers", report->count - counts[WEIGHT_UNUSED], (long long)numbers);
  if (!report->matched) {
    text_add(out, ", compared with nothing\n");
    return;
  }
  text_addf(out, ": %d fit", counts[WEIGHT_FITS]);
  for (int i = WEIGHT_MISSING; i < VERDICTS; i++)
    if (counts[i] && i != WEIGHT_UNUSED) text_addf(out, ", %d %s", counts[i], verdict_words[i]);
  text_addf(out, "; %d tensors unused, %d ignored\n", counts[WEIGHT_UNUSED], report->ignored);
}

static void json_text(Text *out, const char *key, const char *text) {
  text_addf(out, "\"%s\": ", key);
  if (!text) {
    text_add(out, "null");
    return;
  }
  text_add(out, "\"");
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') text_add(out, "\\");
    if ((unsigned char)*text < 0x20) text_addf(out, "\\u%04x", (unsigned)*text);
    else text_add_char(out, *text, 1);
  }
  text_add(out, "\"");
}

static void print_json(Session *session, const Graph *graph, const WeightsReport *report) {
  static const char *const statuses[] = {"fits", "missing", "wrong_shape", "wrong_order", "wrong_type", "unused"};
  Text *out = &session->out;
  text_addf(out, "{\"schema\": 1, \"net\": \"%s\", \"layout\": \"%s\", \"matches\": %s,\n \"tensors\": [", graph->name,
            report->keras ? "keras" : "pytorch", all_fit(report) ? "true" : "false");
  for (int i = 0; i < report->count; i++) {
    const WeightRow *row = &report->rows[i];
    const WeightTensor *tensor = row->tensor;
    text_addf(out, "%s\n  {", i ? "," : "");
    json_text(out, "parameter", row->parameter ? row->parameter->path : NULL);
    text_addf(out, ", \"expected\": %s, ", row->parameter ? sizes_text(session->arena, row->expected, row->rank) : "null");
    json_text(out, "tensor", tensor ? row->name : NULL);
    text_addf(out, ", \"found\": %s, ", tensor ? sizes_text(session->arena, tensor->sizes, tensor->rank) : "null");
    json_text(out, "dtype", tensor ? tensor_dtype_name(tensor->dtype) : NULL);
    text_addf(out, ", \"status\": \"%s\"}", report->matched ? statuses[row->verdict] : "not_compared");
  }
  int counts[VERDICTS];
  count_verdicts(report, counts);
  text_addf(out, "],\n \"totals\": {\"parameters\": %d, \"fit\": %d, \"missing\": %d, \"unused\": %d, \"ignored\": %d}}\n",
            report->count - counts[WEIGHT_UNUSED], counts[WEIGHT_FITS], counts[WEIGHT_MISSING], counts[WEIGHT_UNUSED], report->ignored);
}

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), end_length = strlen(end);
  return length >= end_length && !strcmp(text + length - end_length, end);
}

/* What --random writes: the tensors in the layout and under the names that the source asks of its file. */
static void write_random(Session *session, const Compilation *c, const Graph *graph, const WeightsReport *weights) {
  Arena *arena = session->arena;
  const char *path = session->line.output;
  const WeightsFile *source = graph->weights_count ? &graph->weights[0] : &(WeightsFile){0};
  NewTensor *tensors = ARENA_ARRAY(arena, NewTensor, (size_t)weights->count);
  for (int i = 0; i < weights->count; i++) {
    const WeightRow *row = &weights->rows[i];
    int64_t elements = parameter_elements(row->parameter);
    const float *data = row->parameter->data;
    float *turned = weights->keras ? ARENA_ARRAY(arena, float, (size_t)elements) : NULL;
    for (int64_t k = 0; turned && k < elements; k++) turned[element_in_file(row->parameter, true, k)] = data[k];
    tensors[i] = (NewTensor){name_in_file(arena, source, row->parameter->path), row->rank, row->expected, turned ? turned : data};
  }
  Text text = text_new(arena);
  bool fits = (ends_with(path, ".npz") ? write_npz : write_safetensors)(&text, tensors, weights->count, GENERATED_MARK);
  const char *error = arena_printf(arena, "`%s` cannot hold so much", path);
  OutputFile file = {path, text_string(&text), text.length, GENERATED_MARK, strlen(GENERATED_MARK)};
  WriteRules rules = {.force = session->line.force, .inputs = c->files_read, .input_count = c->files_read_count};
  bool refused;
  if (fits && write_files(arena, &file, 1, rules, &error, &refused)) {
    add_message(session, "cnnc: %s: %d tensors, %zu bytes", path, weights->count, text.length);
    return;
  }
  report(&session->diagnostics, CODE_E0903, (Span){0, 0}, "%s", error);
}

/* -o and --random belong together. */
static bool check_usage(Session *session) {
  const CommandLine *line = &session->line;
  const char *problem = NULL;
  if (!line->random_seed != !line->output) problem = "`--random SEED` and `-o FILE` belong together";
  else if (line->random_seed && (line->options.weights || line->json || line->rename_stub))
    problem = "`--random` writes a file and compares nothing: it goes without `-w`, `--json` and `--rename-stub`";
  else if (line->output && !ends_with(line->output, ".safetensors") && !ends_with(line->output, ".npz"))
    problem = "`--random` writes a `.safetensors` or an `.npz` file";
  else if (line->json && line->rename_stub) problem = "`--json` and `--rename-stub` exclude each other";
  if (problem) report(&session->diagnostics, CODE_E0901, (Span){0, 0}, "%s", problem);
  return !problem;
}

int weights_verb(Session *session) {
  CommandLine *line = &session->line;
  if (!check_usage(session)) return 2;
  if (line->random_seed) line->options.weights = arena_printf(session->arena, "random:%s", line->random_seed);
  WeightsReport report = {0};
  Diagnostics *diagnostics = ARENA_NEW(session->arena, Diagnostics);
  *diagnostics = new_diagnostics(session);
  Compilation c = new_compilation(session, &line->options, diagnostics);
  c.weights_report = &report;
  (void)compile_to_graph(&c);
  take_texts(session, &c);
  apply_lint_settings(session, diagnostics);
  int left = line->rename_stub && report.matched ? write_rename_stub(&session->out, &report) : 0;
  /* A stub answers what the errors would say of names. */
  if (!session->out.length) merge_diagnostics(&session->diagnostics, diagnostics);
  if (line->random_seed && report.graph && !diagnostics->errors) write_random(session, &c, report.graph, &report);
  if (line->random_seed || !report.graph) return 0;
  if (line->rename_stub) return left ? 1 : 0;
  if (line->json) print_json(session, report.graph, &report);
  else print_text(session, report.graph, &report);
  return all_fit(&report) ? 0 : 1;
}
