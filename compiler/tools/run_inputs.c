/* run_inputs.c - what `cnnc run` feeds to a net: arrays, pictures, seeded numbers. Nothing is resized or guessed: what
 * does not fit is an error with both shapes. */
#include <string.h>
#include "load/image.h"
#include "load/tensor_file.h"
#include "ops/infer.h"
#include "support/file_kind.h"
#include "support/reader.h"
#include "support/similar_file.h"
#include "support/suggest.h"
#include "tools/run.h"

static Diagnostic *input_error(Run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
static Diagnostic *input_error(Run *run, const char *format, ...) {
  Text text = text_new(run->session->arena);
  va_list arguments;
  va_start(arguments, format);
  text_vaddf(&text, format, arguments);
  va_end(arguments);
  return report(&run->session->diagnostics, CODE_E0801, (Span){0, 0}, "%s", text_string(&text));
}

static const char *shown_path(const char *path) { return strcmp(path, "-") ? path : "standard input"; }

static const char *read_bytes(Run *run, const char *path, size_t *length) {
  Arena *arena = run->session->arena;
  const char *error, *bytes = read_whole_file(arena, path, READ_ANYTHING, length, &error);
  if (bytes) return bytes;
  Diagnostic *d = report(&run->session->diagnostics, CODE_E0902, (Span){0, 0}, "`%s` cannot be read: %s", shown_path(path), error);
  add_similar_file(arena, d, path, error);
  return NULL;
}

/* NULL, or what was reported. */
static Diagnostic *load_array_bytes(Run *run, const char *path, const char *bytes, size_t length, WeightTable *table) {
  const char *error = NULL;
  bool good = load_tensor_file(run->session->arena, path, bytes, length, table, &error);
  if (good && table->kind == WEIGHTS_NPY) table->tensors->name = ""; /* fits any input */
  if (good) return NULL;
  FileKind other = file_kind(bytes, length);
  if (other.use != USE_UNKNOWN && other.use != USE_TENSORS && other.use != USE_ARCHIVE) {
    Diagnostic *d = input_error(run, "`%s` is no array: it is %s", shown_path(path), other.what);
    if (other.use == USE_CONVERT) add_help(d, "pictures are read as PNG, PGM or PPM; ImageMagick converts: `convert %s picture.png`", path);
    else if (other.use == USE_LFS) add_help(d, "`git lfs pull` fetches the file");
    else add_help(d, "arrays are read as .npy, .npz or .safetensors, pictures as PNG, PGM or PPM");
    return d;
  }
  const char *kind = table->kind == WEIGHTS_SAFETENSORS ? ".npy, .npz or .safetensors" : weights_kind_name(table->kind);
  Diagnostic *d = input_error(run, "`%s` is not a sound %s file", shown_path(path), kind);
  add_note(d, "%s", error);
  if (table->kind == WEIGHTS_SAFETENSORS) add_help(d, "pictures are read as PNG, PGM or PPM, which `%s` is not either", shown_path(path));
  return d;
}

bool load_arrays(Run *run, const char *path, WeightTable *table) {
  size_t length;
  const char *bytes = read_bytes(run, path, &length);
  return bytes && !load_array_bytes(run, path, bytes, length, table);
}

static bool holds(DType dtype, double value) {
  if (dtype == DTYPE_F32) return true;
  return value >= (double)dtype_minimum(dtype) && value <= (double)dtype_maximum(dtype) && value == (double)(int64_t)value;
}

/* The sizes of one sample; a single channel need not be written: a gray picture is [H, W]. NULL: another rank. */
static const int64_t *sample_sizes(Run *run, const RunTensor *input, const WeightTensor *array) {
  if (array->rank == input->rank) return array->sizes;
  if (array->rank == input->rank + 1) return array->sizes + 1;
  int channels = input->hwc ? input->rank - 1 : 0;
  if (array->rank != input->rank - 1 || input->sizes[channels] != 1) return NULL;
  int64_t *sizes = ARENA_ARRAY(run->session->arena, int64_t, (size_t)input->rank);
  for (int i = 0; i < input->rank; i++) sizes[i] = i == channels ? 1 : array->sizes[i - (i > channels)];
  return sizes;
}

/* Whether the array would fit an input with channels last. */
static bool is_hwc_of(const RunTensor *input, const WeightTensor *array) {
  if (input->hwc || input->rank != 3 || array->rank < 3 || array->rank > 4 || !input->elements) return false;
  const int64_t *sizes = array->sizes + array->rank - 3;
  return sizes[2] == input->sizes[0] && sizes[0] == input->sizes[1] && sizes[1] == input->sizes[2];
}

static bool take_array(Run *run, RunTensor *input, const WeightTensor *array, const char *path) {
  bool batch = array->rank == input->rank + 1;
  const int64_t *sizes = sample_sizes(run, input, array);
  bool fits = sizes && learn_dims(run, input, sizes);
  for (int i = 0; i < input->rank && fits; i++) fits = sizes[i] == input->sizes[i];
  if (!fits || !array->elements) {
    Diagnostic *d = input_error(run, "`%s` holds %s, input `%s` is %s", path, sizes_text(run->session->arena, array->sizes, array->rank),
                                input->name, run_shape(run->session->arena, input));
    if (is_hwc_of(input, array))
      add_help(d, "channels come first: `numpy.moveaxis(a, -1, %d)`, or `(layout=hwc)` behind the input's type", array->rank - 3);
    else
      add_help(d, "one sample, or a batch with one more dimension in front%s",
               input->hwc ? "; the input's layout is [height, width, channels]" : "");
    explain_dims(run, d, input);
    return false;
  }
  if (array->dtype == TENSOR_U8 && input->dtype == DTYPE_F32 && input->rank == 3 && !run->session->line.quiet)
    add_message(run->session, "note: the bytes of `%s` are taken as they are; those of pictures are divided by 255", shown_path(path));
  input->samples = batch ? array->sizes[0] : 0;
  input->data = ARENA_ARRAY(run->session->arena, double, (size_t)array->elements);
  for (int64_t i = 0; i < array->elements; i++) {
    input->data[i] = tensor_element(array, i);
    if (holds(input->dtype, input->data[i])) continue;
    input_error(run, "`%s` holds numbers that input `%s` of type %s cannot take", path, input->name, dtype_name(input->dtype));
    return false;
  }
  return true;
}

/* What makes the picture one of `sizes`: channels, height, width. NULL: no picture is one. */
static void help_convert(Run *run, Diagnostic *d, const Image *image, const char *path, const int64_t *sizes) {
  if (!sizes || (sizes[0] != 1 && sizes[0] != 3)) {
    add_help(d, "`.npy` arrays may hold anything");
    return;
  }
  const char *resize = "", *gray = sizes[0] == 1 && image->channels == 3 ? " -colorspace Gray" : "";
  if (image->height != sizes[1] || image->width != sizes[2])
    resize = arena_printf(run->session->arena, " -resize '%lldx%lld!'", (long long)sizes[2], (long long)sizes[1]);
  add_help(d, "pictures are taken as they are; ImageMagick converts: `convert %s%s%s picture.png`", path, gray, resize);
}

/* Pixels in the input's layout: bytes as they are for integer types, from 0 to 1 for floats. */
static bool take_image(Run *run, RunTensor *input, const Image *image, const char *path) {
  const int64_t chw[] = {image->channels, image->height, image->width}, hwc[] = {image->height, image->width, image->channels};
  bool known = input->rank == 3 && learn_dims(run, input, input->hwc ? hwc : chw);
  int64_t channels = known ? input->sizes[input->hwc ? 2 : 0] : 1;
  int64_t height = known ? input->sizes[input->hwc ? 0 : 1] : 0, width = known ? input->sizes[input->hwc ? 1 : 2] : 0;
  bool fits = known && image->height == height && image->width == width && (channels == image->channels || channels == 1 || channels == 3);
  int64_t pixels = (int64_t)image->height * image->width;
  if (fits && channels == 1 && image->channels == 3) /* a grey picture may be stored in colour */
    for (int64_t p = 0; p < pixels && fits; p++)
      fits = image->pixels[3 * p] == image->pixels[3 * p + 1] && image->pixels[3 * p] == image->pixels[3 * p + 2];
  if (!fits) {
    Diagnostic *d = input_error(run, "`%s` is a picture of %d rows and %d columns, %s; input `%s` is %s", path, image->height, image->width,
                                image->channels == 1 ? "grey" : "in colour", input->name, run_shape(run->session->arena, input));
    help_convert(run, d, image, path, known ? (const int64_t[]){channels, height, width} : NULL);
    explain_dims(run, d, input);
    return false;
  }
  input->data = ARENA_ARRAY(run->session->arena, double, (size_t)input->elements);
  for (int64_t p = 0; p < pixels; p++)
    for (int64_t c = 0; c < channels; c++) {
      double value = image->pixels[p * image->channels + (image->channels == 1 ? 0 : c)];
      if (!holds(input->dtype, value)) {
        input_error(run, "`%s` has pixels that input `%s` of type %s cannot take", path, input->name, dtype_name(input->dtype));
        return false;
      }
      if (input->dtype == DTYPE_F32) value = (double)(float)(value / 255); /* as floats are divided */
      input->data[input->hwc ? p * channels + c : c * pixels + p] = value;
    }
  return true;
}

/* Seeded: floats from -1 to 1 in steps of 2^-15, integers over their range (int32: that of int16). */
static bool take_random(Run *run, RunTensor *input, const char *seed_text) {
  uint64_t state = 0;
  if (!*seed_text || strspn(seed_text, "0123456789") != strlen(seed_text) || strlen(seed_text) > 19) {
    input_error(run, "`random:` needs a whole number, as in `--input random:1`");
    return false;
  }
  if (!settle_sizes(run, input)) return all_dims_known(run);
  if (input->elements > MAX_ELEMENTS) {
    Diagnostic *d = input_error(run, "input `%s` would be %s, larger than a tensor can be", input->name,
                                run_shape(run->session->arena, input));
    explain_dims(run, d, input);
    return false;
  }
  for (; *seed_text; seed_text++) state = 10 * state + (uint64_t)(*seed_text - '0');
  for (const char *at = input->name; *at; at++) state = (state ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
  input->data = ARENA_ARRAY(run->session->arena, double, (size_t)input->elements);
  for (int64_t i = 0; i < input->elements; i++) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    int64_t bits = (int64_t)(state >> 48) - 32768; /* 16 bits */
    bool byte = input->dtype == DTYPE_U8 || input->dtype == DTYPE_I8;
    double value = byte ? (double)(bits >> 8) : (double)bits;
    if (input->dtype == DTYPE_U8) value += 128;
    input->data[i] = input->dtype == DTYPE_F32 ? value / 32768 : value;
  }
  return true;
}

static const WeightTensor *array_for(const Run *run, const WeightTable *table, const RunTensor *input) {
  if (table->count == 1 && (!*table->tensors[0].name || run->input_count == 1)) return &table->tensors[0];
  const WeightTensor *found = find_tensor(table, input->name);
  return found ? found : find_tensor(table, arena_printf(run->session->arena, "in_%s", input->name));
}

/* "`a`, `b`, `c`, `d`, .." */
static const char *list_arrays(const Run *run, const WeightTable *table) {
  Text text = text_new(run->session->arena);
  for (int i = 0; i < table->count && i < 4; i++)
    text_addf(&text, "%s`%s`", i ? ", " : "", shown_name(run->session->arena, table->tensors[i].name));
  if (table->count > 4) text_add(&text, ", ..");
  return table->count ? text_string(&text) : "none";
}

static bool take_file(Run *run, RunTensor *input, const char *path) {
  if (!strncmp(path, "random:", 7)) return take_random(run, input, path + 7);
  size_t length;
  const char *bytes = read_bytes(run, path, &length), *error = NULL;
  if (!bytes) return false;
  if (is_image(bytes, length)) {
    Image image;
    if (load_image(run->session->arena, bytes, length, &image, &error)) return take_image(run, input, &image, path);
    input_error(run, "`%s`: %s", path, error);
    return false;
  }
  WeightTable table;
  if (load_array_bytes(run, path, bytes, length, &table)) return false;
  const WeightTensor *array = array_for(run, &table, input);
  if (array) return take_array(run, input, array, path);
  Diagnostic *d = input_error(run, "`%s` has no array `%s` or `in_%s`", path, input->name, input->name);
  add_help(d, "it has %s", list_arrays(run, &table));
  return false;
}

static RunTensor *find_input(Run *run, const char *name) {
  for (int i = 0; i < run->input_count; i++)
    if (!strcmp(run->inputs[i].name, name)) return &run->inputs[i];
  return NULL;
}

static bool ends_with_npz(const char *path) {
  size_t length = strlen(path);
  return length > 4 && !strcmp(path + length - 4, ".npz");
}

static bool usage(Run *run, const char *text, const char *help) {
  Diagnostic *d = report(&run->session->diagnostics, CODE_E0901, (Span){0, 0}, "%s", text);
  if (help) add_help(d, "%s", help);
  return false;
}

static bool is_random(const NamedFile *file) { return !strncmp(file->path, "random:", 7); }

static bool take_argument(Run *run, const NamedFile *file) {
  Arena *arena = run->session->arena;
  RunTensor *input = file->name ? find_input(run, file->name) : NULL;
  if (file->name && !input) {
    Suggestion suggestion = suggest_for(file->name);
    for (int i = 0; i < run->input_count; i++) suggest_candidate(&suggestion, run->inputs[i].name);
    const char *near = suggested(&suggestion);
    return usage(run, arena_printf(arena, "the net has no input `%s`", file->name),
                 arena_printf(arena, near ? "did you mean `%s`?" : "its first input is `%s`", near ? near : run->inputs[0].name));
  }
  if (input && input->data) return usage(run, arena_printf(arena, "input `%s` is given twice", input->name), NULL);
  if (input) return take_file(run, input, file->path);
  if (run->input_count > 1 && !is_random(file) && !ends_with_npz(file->path))
    return usage(run, arena_printf(arena, "the net has %d inputs: say which one `%s` is for", run->input_count, file->path),
                 arena_printf(arena, "`--input %s=%s`", run->inputs[0].name, file->path));
  for (int i = 0; i < run->input_count; i++)
    if (!run->inputs[i].data && !take_file(run, &run->inputs[i], file->path)) return false;
  return true;
}

/* One number of samples for all inputs; a single sample goes with each of a batch. */
static bool agree_on_samples(Run *run) {
  run->samples = 1;
  for (int i = 0; i < run->input_count; i++) {
    if (!run->inputs[i].samples) continue;
    if (run->batched && run->inputs[i].samples != run->samples) {
      input_error(run, "the inputs are batches of %lld and of %lld samples", (long long)run->samples, (long long)run->inputs[i].samples);
      return false;
    }
    run->batched = true;
    run->samples = run->inputs[i].samples;
  }
  for (int i = 0; i < run->input_count; i++) {
    RunTensor *input = &run->inputs[i];
    if (input->samples || !run->batched) continue;
    double *repeated = new_samples(run, input->elements);
    for (int64_t k = 0; k < run->samples; k++)
      memcpy(repeated + k * input->elements, input->data, (size_t)input->elements * sizeof *repeated);
    input->data = repeated;
  }
  return true;
}

/* Random numbers come last: their shape is what the files made of the sizes that vary. */
bool read_inputs(Run *run) {
  const CommandLine *line = &run->session->line;
  for (int random = 0; random < 2; random++)
    for (int i = 0; i < line->input_count; i++)
      if ((int)is_random(&line->inputs[i]) == random && !take_argument(run, &line->inputs[i])) return false;
  for (int i = 0; i < run->input_count; i++)
    if (!run->inputs[i].data)
      return usage(run,
                   arena_printf(run->session->arena, "input `%s`, %s of %s, is not given", run->inputs[i].name,
                                run_shape(run->session->arena, &run->inputs[i]), dtype_name(run->inputs[i].dtype)),
                   arena_printf(run->session->arena, "`--input %s=FILE`, or `--input random:1` for seeded numbers", run->inputs[i].name));
  return agree_on_samples(run);
}
