/* run_results.c - what becomes of the outputs of `cnnc run`: a short view, .npy files and pictures, a comparison. */
#include <string.h>
#include "load/image.h"
#include "load/npy.h"
#include "support/decimal.h"
#include "support/suggest.h"
#include "support/writer.h"
#include "tools/run.h"

enum { TOP_CLASSES = 5, BAR = 24, FIRST_VALUES = 6 };

static bool is_finite(double x) { return x - x == 0; }
static double magnitude(double x) { return x < 0 ? -x : x; }

void add_number(Text *out, double value) {
  char buffer[DECIMAL_MAX];
  double size = magnitude(value);
  if (value != value) text_add(out, "NaN");
  else if (!is_finite(value)) text_add(out, value < 0 ? "-Inf" : "Inf");
  else if (size >= 1e6 || (size < 1e-3 && size > 0)) {
    (void)print_float(buffer, (float)value);
    text_add(out, buffer);
  } else {
    int64_t scaled = (int64_t)(size * 10000 + 0.5);
    text_addf(out, "%s%lld.%04lld", value < 0 ? "-" : "", (long long)(scaled / 10000), (long long)(scaled % 10000));
  }
}

static const char *number(Arena *arena, double value) {
  Text text = text_new(arena);
  add_number(&text, value);
  return text_string(&text);
}

static void view_classes(Run *run, const RunTensor *output, const double *values, const char *const *labels) {
  Text *out = &run->session->out;
  bool *shown = ARENA_ARRAY(run->session->arena, bool, (size_t)output->elements);
  bool shares = true; /* between 0 and 1: a bar says more than digits */
  for (int64_t i = 0; i < output->elements; i++) shares = shares && values[i] >= 0 && values[i] <= 1;
  for (int rank = 0; rank < TOP_CLASSES && rank < output->elements; rank++) {
    int64_t best = -1;
    for (int64_t i = 0; i < output->elements; i++)
      if (!shown[i] && (best < 0 || values[i] > values[best] || (values[best] != values[best] && values[i] == values[i]))) best = i;
    shown[best] = true;
    if (!shares) text_addf(out, "  %12s  ", number(run->session->arena, values[best]));
    else {
      int parts = (int)(values[best] * 10000 + 0.5);
      text_addf(out, "  %d.%04d  ", parts / 10000, parts % 10000);
      int length = (int)(values[best] * BAR + 0.5);
      text_add_char(out, '#', length);
      text_add_char(out, ' ', BAR - length + 2);
    }
    if (labels) text_addf(out, "%s\n", labels[best]);
    else text_addf(out, "%lld\n", (long long)best);
  }
}

static void view_values(Run *run, const RunTensor *output, const double *values) {
  Text *out = &run->session->out;
  if (output->dtype != DTYPE_F32 && output->elements == 1) {
    text_addf(out, "  %lld\n", (long long)values[0]);
    return;
  }
  double least = values[0], most = values[0], sum = 0;
  for (int64_t i = 0; i < output->elements; i++) {
    if (values[i] < least) least = values[i];
    if (values[i] > most) most = values[i];
    sum += values[i];
  }
  text_addf(out, "  minimum %s", number(run->session->arena, least));
  text_addf(out, ", maximum %s", number(run->session->arena, most));
  text_addf(out, ", mean %s\n  first:", number(run->session->arena, sum / (double)output->elements));
  for (int64_t i = 0; i < output->elements && i < FIRST_VALUES; i++) text_addf(out, " %s", number(run->session->arena, values[i]));
  text_add(out, output->elements > FIRST_VALUES ? " ..\n" : "\n");
}

void view_outputs(Run *run) {
  Text *out = &run->session->out;
  for (int64_t sample = 0; sample < run->samples; sample++)
    for (int i = 0; i < run->output_count; i++) {
      const RunTensor *output = &run->outputs[i];
      const double *values = output->data + sample * output->elements;
      if (run->batched) text_addf(out, "sample %lld, ", (long long)sample);
      text_addf(out, "%s %s\n", output->name, run_shape(run->session->arena, output));
      bool vector = output->elements > 1 &&
                    (output->rank == 1 || (output->rank == 3 && output->elements == output->sizes[output->hwc ? 2 : 0]));
      const GraphOutput *described = &run->graph->outputs[i];
      if (vector) view_classes(run, output, values, described->label_count == output->elements ? described->labels : NULL);
      else view_values(run, output, values);
    }
}

static RunTensor *find_output(Run *run, const NamedFile *file) {
  for (int i = 0; i < run->output_count; i++)
    if (file->name ? !strcmp(run->outputs[i].name, file->name) : run->output_count == 1) return &run->outputs[i];
  Diagnostics *diagnostics = &run->session->diagnostics;
  if (!file->name) {
    Diagnostic *d = report(diagnostics, CODE_E0901, (Span){0, 0}, "the net has %d outputs: say which one goes to `%s`", run->output_count,
                           file->path);
    add_help(d, "`--output %s=%s`", run->outputs[0].name, file->path);
    return NULL;
  }
  Diagnostic *d = report(diagnostics, CODE_E0901, (Span){0, 0}, "the net has no output `%s`", file->name);
  Suggestion suggestion = suggest_for(file->name);
  for (int i = 0; i < run->output_count; i++) suggest_candidate(&suggestion, run->outputs[i].name);
  if (suggested(&suggestion)) add_help(d, "did you mean `%s`?", suggested(&suggestion));
  return NULL;
}

static bool ends_with(const char *path, const char *ending) {
  size_t length = strlen(path), tail = strlen(ending);
  return length >= tail && !strcmp(path + length - tail, ending);
}

static bool is_picture(const char *path) { return ends_with(path, ".png") || ends_with(path, ".pgm") || ends_with(path, ".ppm"); }

/* A picture is one sample of uint8 with 1 or 3 channels: 1 for .pgm, 3 for .ppm. */
static bool fits_picture(const Run *run, const RunTensor *output, const char *path) {
  int64_t channels = output->rank == 3 ? output->sizes[output->hwc ? 2 : 0] : 0;
  bool fits = channels == 1 ? !ends_with(path, ".ppm") : channels == 3 && !ends_with(path, ".pgm");
  for (int i = 0; i < output->rank; i++) fits = fits && output->sizes[i] <= MAX_IMAGE_SIDE;
  return fits && output->dtype == DTYPE_U8 && !run->batched;
}

static bool add_picture(Run *run, const RunTensor *output, const char *path, Text *out) {
  if (!fits_picture(run, output, path)) {
    Diagnostic *d = report(&run->session->diagnostics, CODE_E0801, (Span){0, 0}, "output `%s` is %s of %s%s, which `%s` cannot show",
                           output->name, run_shape(run->session->arena, output), dtype_name(output->dtype),
                           run->batched ? " for each sample of a batch" : "", path);
    add_help(
        d,
        "a picture is uint8 with one channel (.png, .pgm) or three (.png, .ppm): `-> rescale(255) -> cast(uint8)`; `.npy` holds anything");
    return false;
  }
  bool hwc = output->hwc;
  Image image = {
      .height = (int)output->sizes[hwc ? 0 : 1], .width = (int)output->sizes[hwc ? 1 : 2], .channels = (int)output->sizes[hwc ? 2 : 0]};
  unsigned char *pixels = arena_alloc(run->session->arena, (size_t)output->elements);
  int64_t count = output->elements / image.channels;
  for (int64_t p = 0; p < count; p++)
    for (int64_t c = 0; c < image.channels; c++)
      pixels[p * image.channels + c] = (unsigned char)output->data[hwc ? p * image.channels + c : c * count + p];
  image.pixels = pixels;
  const char *error;
  if (!ends_with(path, ".png")) write_netpbm(out, &image);
  else if (!write_png(out, &image, &error)) {
    report(&run->session->diagnostics, CODE_E0903, (Span){0, 0}, "`%s`: %s", path, error);
    return false;
  }
  return true;
}

bool write_outputs(Run *run) {
  const CommandLine *line = &run->session->line;
  Arena *arena = run->session->arena;
  OutputFile *files = ARENA_ARRAY(arena, OutputFile, (size_t)line->output_count);
  const char *input_files[1] = {line->options.file};
  for (int i = 0; i < line->output_count; i++) {
    RunTensor *output = find_output(run, &line->outputs[i]);
    if (!output) return false;
    int64_t sizes[MAX_RANK + 1] = {run->samples};
    for (int k = 0; k < output->rank; k++) sizes[k + run->batched] = output->sizes[k];
    Text text = text_new(arena);
    if (!is_picture(line->outputs[i].path)) write_npy(&text, tensor_dtype(output->dtype), output->rank + run->batched, sizes, output->data);
    else if (!add_picture(run, output, line->outputs[i].path, &text)) return false;
    files[i] = (OutputFile){line->outputs[i].path, text_string(&text), text.length, NULL, 0};
  }
  const char *error;
  bool refused;
  if (write_files(arena, files, line->output_count, (WriteRules){.force = true, .inputs = input_files, .input_count = 1}, &error, &refused))
    return true;
  report(&run->session->diagnostics, CODE_E0903, (Span){0, 0}, "%s", error);
  return false;
}

const char *place_of(const Run *run, const int64_t *sizes, int rank, int64_t index) {
  int64_t place[MAX_RANK + 1];
  for (int i = rank - 1; i >= 0; i--) {
    place[i + run->batched] = index % sizes[i];
    index /= sizes[i];
  }
  if (run->batched) place[0] = index;
  return sizes_text(run->session->arena, place, rank + run->batched);
}

static const char *short_number(Arena *arena, double value, const char *otherwise) {
  char digits[DECIMAL_MAX];
  if (!is_finite(value)) return otherwise;
  (void)print_float(digits, (float)value);
  return arena_strdup(arena, digits);
}

Difference find_difference(const Run *run, const double *got, const double *wanted, int64_t count, double least) {
  const CommandLine *line = &run->session->line;
  Difference found = {0};
  double worst_excess = -1, worst_difference = 0;
  for (int64_t i = 0; i < count; i++) {
    double a = got[i], b = wanted[i], size = magnitude(b) < least ? least : magnitude(b);
    bool same = a == b || (a != a && b != b);
    double difference = same ? 0 : magnitude(a - b), allowed = line->atol + line->rtol * size;
    bool fits = same || (is_finite(a) && is_finite(b) && difference <= allowed);
    double excess = fits ? difference : is_finite(difference) ? difference + 1e30 : 1e300;
    found.over += !fits;
    if (excess <= worst_excess) continue;
    worst_excess = excess;
    found.worst = i;
    worst_difference = difference;
  }
  Arena *arena = run->session->arena;
  found.by = short_number(arena, worst_difference, "NaN");
  found.got = short_number(arena, got[found.worst], "NaN or Inf");
  found.wanted = short_number(arena, wanted[found.worst], "NaN or Inf");
  return found;
}

/* One line for each output; false: some element is over the tolerance. */
static bool compare_one(Run *run, const RunTensor *output, const double *reference) {
  int64_t count = run->samples * output->elements;
  Difference found = find_difference(run, output->data, reference, count, 0);
  const char *place = place_of(run, output->sizes, output->rank, found.worst);
  text_addf(&run->session->out, "%s: greatest difference %s at %s: %s, reference %s\n", output->name, found.by, place, found.got,
            found.wanted);
  if (!found.over) return true;
  report(&run->session->diagnostics, CODE_E0802, (Span){0, 0}, "`%s` differs from the reference in %lld of %lld numbers, at %s by %s",
         output->name, (long long)found.over, (long long)count, place, found.by);
  return false;
}

bool fits_array(const Run *run, const WeightTensor *array, const int64_t *sizes, int rank) {
  int64_t expected[MAX_RANK + 1], given[MAX_TENSOR_RANK];
  int expected_rank = 0, given_rank = 0;
  if (run->samples != 1) expected[expected_rank++] = run->samples;
  for (int i = 0; i < rank; i++)
    if (sizes[i] != 1) expected[expected_rank++] = sizes[i];
  for (int i = 0; i < array->rank; i++)
    if (array->sizes[i] != 1) given[given_rank++] = array->sizes[i];
  bool fits = expected_rank == given_rank;
  for (int i = 0; i < expected_rank && fits; i++) fits = expected[i] == given[i];
  return fits;
}

/* The array of a reference file that belongs to an output, as doubles; NULL: an error was reported. */
static const double *reference_for(Run *run, const WeightTable *table, const RunTensor *output) {
  Arena *arena = run->session->arena;
  const WeightTensor *array = table->count == 1 && run->output_count == 1 ? &table->tensors[0] : find_tensor(table, output->name);
  if (!array) array = find_tensor(table, arena_printf(arena, "out_%s", output->name));
  if (!array) {
    report(&run->session->diagnostics, CODE_E0801, (Span){0, 0}, "`%s` has no array `%s` or `out_%s`", run->session->line.compare,
           output->name, output->name);
    return NULL;
  }
  if (!fits_array(run, array, output->sizes, output->rank)) {
    report(&run->session->diagnostics, CODE_E0801, (Span){0, 0}, "the reference of `%s` is %s, the output is %s%s", output->name,
           sizes_text(arena, array->sizes, array->rank), run_shape(arena, output),
           run->samples == 1 ? "" : arena_printf(arena, " for each of %lld samples", (long long)run->samples));
    return NULL;
  }
  double *values = ARENA_ARRAY(arena, double, (size_t)array->elements);
  for (int64_t i = 0; i < array->elements; i++) values[i] = tensor_element(array, i);
  return values;
}

bool compare_outputs(Run *run) {
  const char *reference = run->session->line.compare;
  WeightTable table = {0};
  RunTensor *evaluated = ARENA_ARRAY(run->session->arena, RunTensor, (size_t)run->output_count);
  bool interpreted = !strcmp(reference, "interpret"), good = true;
  if (interpreted ? !evaluate_reference(run, evaluated) : !load_arrays(run, reference, &table)) return false;
  for (int i = 0; i < run->output_count; i++) {
    const double *values = interpreted ? evaluated[i].data : reference_for(run, &table, &run->outputs[i]);
    if (!values || !compare_one(run, &run->outputs[i], values)) good = false;
  }
  return good;
}
