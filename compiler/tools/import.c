/* import.c - `cnnc import`: an ONNX model becomes a network in our language and a file of its weights.
 *
 * What was made is compiled before it is written, so that nobody gets a source that does not fit its weights. */
#include <string.h>
#include "compile.h"
#include "import/import.h"
#include "ir/format.h"
#include "load/read_onnx.h"
#include "load/tensor_file.h"
#include "load/write_tensors.h"
#include "support/progress.h"
#include "support/file_kind.h"
#include "support/reader.h"
#include "support/writer.h"
#include "tools/session.h"

typedef struct Names {
  const char *model, *source, *weights; /* paths */
  const char *weights_name;             /* as the source says it */
  bool only_source;                     /* -o - */
} Names;

static bool name_files(Session *session, Names *names) {
  const CommandLine *line = &session->line;
  names->model = line->options.file;
  names->only_source = line->output && !strcmp(line->output, "-");
  if (!strcmp(names->model, "-") && !line->output) {
    add_help(fault(session, CODE_E0901, "what is read from standard input needs a place to go"), "`-o NAME.cnn`");
    return false;
  }
  const char *stem = without_ending(session->arena, strcmp(names->model, "-") ? names->model : "net", ".onnx");
  if (line->output && !names->only_source) {
    stem = without_ending(session->arena, line->output, ".cnn");
    if (strlen(stem) == strlen(line->output)) {
      Diagnostic *d = fault(session, CODE_E0901, "`-o %s` does not end in `.cnn`", line->output);
      const char *name = *last_part(stem) ? "" : "NAME";
      add_help(d, "`-o %s%s.cnn` writes the network, and its weights beside it", stem, name);
      return false;
    }
  }
  names->source = arena_printf(session->arena, "%s.cnn", stem);
  names->weights = arena_printf(session->arena, "%s.safetensors", stem);
  names->weights_name = last_part(names->weights);
  if (*last_part(stem) && !strpbrk(names->weights_name, "\"\\\n\r\t")) return true;
  fault(session, CODE_E0901, "the output has a name that a source cannot hold");
  return false;
}

/* A name for the net from that of its file. */
static const char *net_name(Arena *arena, const char *stem) {
  enum { LONGEST = 20 };
  Text text = text_new(arena);
  for (; *stem && text.length < LONGEST; stem++) {
    bool letter = (*stem >= 'a' && *stem <= 'z') || (*stem >= 'A' && *stem <= 'Z'), digit = *stem >= '0' && *stem <= '9';
    if (letter || (digit && text.length)) text_add_char(&text, *stem, 1);
    else if (text.length && text.data[text.length - 1] != '_') text_add(&text, "_");
  }
  while (text.length && text.data[text.length - 1] == '_') text.data[--text.length] = '\0';
  return text.length ? text_string(&text) : "net";
}

static const char *read_beside_model(void *context, Arena *arena, const char *path, size_t *length, const char **error) {
  const Names *names = context;
  return read_file_beside(arena, path, names->model, length, error);
}

static bool read_model(Session *session, Names *names, OnnxModel *model, size_t *length) {
  progress_begin("reading the model", 0);
  const char *error = NULL, *bytes = read_whole_file(session->arena, names->model, READ_ANYTHING, length, &error);
  if (!bytes) {
    fault(session, CODE_E0902, "`%s` cannot be read: %s", names->model, error);
    return false;
  }
  OnnxFiles files = {read_beside_model, names};
  if (read_onnx(session->arena, bytes, *length, &files, model, &error)) return true;
  FileKind kind = file_kind(bytes, *length);
  Diagnostic *d = fault(session, CODE_E1001, "`%s` is not an ONNX model that cnnc reads", names->model);
  if (kind.use == USE_UNKNOWN || kind.use == USE_ONNX) add_note(d, "%s", error);
  else add_note(d, "it is %s", kind.what);
  if (kind.use == USE_FRAMEWORK) add_help(d, "the framework exports the model: `torch.onnx.export`, `tf2onnx`");
  const char *ending = strrchr(names->model, '.');
  if (ending && !strcmp(ending, ".cnn")) add_help(d, "a network in text is compiled: `cnnc compile %s`", names->model);
  return false;
}

static bool read_binding(Session *session, const NamedFile *file, ImportBinding *binding) {
  WeightTable table = {0};
  size_t length = 0;
  const char *error = NULL, *bytes = file->name ? read_whole_file(session->arena, file->path, READ_ANYTHING, &length, &error) : NULL;
  if (!file->name) fault(session, CODE_E0901, "`--bind %s` should have the form NAME=FILE", file->whole);
  else if (!bytes) fault(session, CODE_E0902, "`%s` cannot be read: %s", file->path, error);
  else if (!load_tensor_file(session->arena, file->path, bytes, length, &table, &error))
    add_note(fault(session, CODE_E0506, "`%s` is not a sound %s file", file->path, weights_kind_name(table.kind)), "%s", error);
  else if (table.count != 1)
    fault(session, CODE_E0506, "`%s` holds %d tensors; `--bind` takes one, from a .npy file", file->path, table.count);
  else {
    *binding = (ImportBinding){file->name, table.tensors[0]};
    return true;
  }
  return false;
}

/* --bind and --size. false: errors were reported. */
static bool read_options(Session *session, ImportOptions *options) {
  const CommandLine *line = &session->line;
  ImportBinding *bindings = ARENA_ARRAY(session->arena, ImportBinding, (size_t)line->bind_count);
  ImportSize *sizes = NULL;
  for (int i = 0; i < line->bind_count; i++)
    if (!read_binding(session, &line->binds[i], &bindings[i])) return false;
  options->bindings = bindings;
  options->bindings_count = line->bind_count;
  for (const Binding *size = line->options.sizes; size; size = size->next) {
    int64_t number = 0;
    const char *at = size->value;
    for (; *at >= '0' && *at <= '9' && number < INT32_MAX; at++) number = 10 * number + (*at - '0');
    if (*at || number < 1 || number > INT32_MAX) {
      fault(session, CODE_E0901, "`--size %s=%s` needs a whole number from 1", size->name, size->value);
      return false;
    }
    ImportSize item = {size->name, number};
    ARENA_PUSH(session->arena, sizes, options->sizes_count, item);
  }
  options->sizes = sizes;
  return true;
}

typedef struct Made {
  const char *source;
  size_t source_length;
  Text weights;
  const Names *names;
} Made;

/* Gives the compiler the two files before they exist. */
static const char *read_made(void *context, Arena *arena, const char *path, const char *relative_to, size_t *length, const char **resolved,
                             const char **error) {
  const Made *made = context;
  bool source = !relative_to;
  (void)arena;
  if (resolved) *resolved = path;
  *error = NO_SUCH_FILE;
  if (!source && strcmp(path, made->names->weights_name)) return NULL;
  *length = source ? made->source_length : made->weights.length;
  return source ? made->source : text_string(&made->weights);
}

static bool format_made(Session *session, Diagnostics *diagnostics, const Imported *imported, const char *head, Made *made) {
  Text text = text_new(session->arena);
  text_add(&text, head);
  text_add_bytes(&text, imported->source.data, imported->source.length);
  const Source *source = sources_add(&session->sources, made->names->source, text_string(&text), text.length);
  if (!source) return false;
  made->source = format_source(session->arena, diagnostics, source, &made->source_length);
  return made->source != NULL;
}

static void write_weights(Session *session, const Imported *imported, Made *made) {
  NewTensor *tensors = ARENA_ARRAY(session->arena, NewTensor, (size_t)imported->tensors_count);
  for (int i = 0; i < imported->tensors_count; i++) {
    const ImportedTensor *tensor = &imported->tensors[i];
    tensors[i] = (NewTensor){.name = tensor->name, .rank = tensor->rank, .sizes = tensor->sizes, .floats = tensor->numbers};
  }
  made->weights = text_new(session->arena);
  (void)write_safetensors(&made->weights, tensors, imported->tensors_count, GENERATED_MARK);
}

/* Whether the compiler takes what was made. Its errors go to `diagnostics`. */
static bool compiles(Session *session, Diagnostics *diagnostics, Made *made) {
  Options options = session->line.options;
  options.file = made->names->source;
  options.sizes = NULL;
  Compilation c = new_compilation(session, &options, diagnostics);
  c.read_file = read_made;
  c.read_context = made;
  return compile_to_graph(&c) && !diagnostics->errors;
}

/* One attempt: model to texts. */
static bool make(Session *session, Diagnostics *diagnostics, const OnnxModel *model, const ImportOptions *options, const char *head,
                 Made *made) {
  Imported imported;
  if (!import_onnx(session->arena, diagnostics, model, options, &imported)) return false;
  write_weights(session, &imported, made);
  if (format_made(session, diagnostics, &imported, head, made) && compiles(session, diagnostics, made)) return true;
  if (!imported.varies || options->least_size >= 32)
    report(diagnostics, CODE_E1003, (Span){0, 0}, "the network made of the model has errors, which stand above or below");
  return false;
}

static bool has_error(const Diagnostics *diagnostics, Code code) {
  for (int i = 0; i < diagnostics->count; i++)
    if (diagnostics->items[i]->code == code) return true;
  return false;
}

/* With labels as long as one likes to read them, or else as long as C bears behind the net's name. */
static Diagnostics *make_with_labels(Session *session, const OnnxModel *model, ImportOptions *options, const char *head, Made *made) {
  enum { ALL_ERRORS = 10000 };
  for (options->short_labels = false;; options->short_labels = true) {
    Diagnostics *diagnostics = ARENA_NEW(session->arena, Diagnostics);
    *diagnostics = new_diagnostics(session);
    diagnostics->most_errors = ALL_ERRORS;
    bool good = make(session, diagnostics, model, options, head, made);
    if (good || options->short_labels || !has_error(diagnostics, CODE_E0701)) return diagnostics;
  }
}

/* Sizes that vary begin at some least one, of which they may be multiples: the first that all layers accept. */
static bool make_with_some_size(Session *session, const OnnxModel *model, ImportOptions *options, const char *head, Made *made) {
  static const struct {
    int64_t least, multiple;
  } tries[] = {{1, 1},  {2, 1}, {3, 1}, {4, 1}, {6, 1},   {8, 1},   {12, 1},  {16, 1},
               {32, 1}, {2, 2}, {4, 4}, {8, 8}, {16, 16}, {32, 32}, {64, 64}, {32, 1}};
  enum { TRIES = sizeof tries / sizeof *tries };
  for (int i = 0; i < TRIES; i++) {
    options->least_size = tries[i].least;
    options->multiple = tries[i].multiple;
    const Diagnostics *diagnostics = make_with_labels(session, model, options, head, made);
    bool good = !diagnostics->errors;
    if (!good && has_varying_sizes(model) && i + 1 < TRIES) continue;
    merge_diagnostics(&session->diagnostics, diagnostics);
    return good;
  }
  return false;
}

static void write_made(Session *session, const Names *names, const Made *made) {
  size_t mark = strlen(GENERATED_MARK);
  OutputFile files[] = {{names->weights, text_string(&made->weights), made->weights.length, GENERATED_MARK, mark},
                        {names->only_source ? "-" : names->source, made->source, made->source_length, GENERATED_MARK, mark}};
  int first = names->only_source;
  WriteRules rules = {.force = session->line.force, .inputs = &names->model, .input_count = 1};
  const char *error;
  bool refused;
  if (!write_files(session->arena, files + first, 2 - first, rules, &error, &refused)) fault(session, CODE_E0903, "%s", error);
  else if (!first) add_message(session, "cnnc: %s and %s, %zu bytes of weights", names->source, names->weights, made->weights.length);
}

int import_verb(Session *session) {
  Names names;
  OnnxModel model;
  size_t length = 0;
  if (!name_files(session, &names)) return 2;
  ImportOptions options = {.weights = names.weights_name};
  options.net = net_name(session->arena, last_part(without_ending(session->arena, names.source, ".cnn")));
  session->stdout_taken = names.only_source;
  if (!read_options(session, &options) || !read_model(session, &names, &model, &length)) return 0;
  options.file_bytes = (int64_t)length;
  const char *head = arena_printf(session->arena, "# %s - " GENERATED_MARK " import from %s\n", last_part(names.source),
                                  shown_name(session->arena, last_part(names.model)));
  Made made = {.names = &names};
  if (make_with_some_size(session, &model, &options, head, &made) && !session->diagnostics.errors) write_made(session, &names, &made);
  return 0;
}
