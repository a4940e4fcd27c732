/* read_weights_files.c - from the paths of weights statements, or of -w, to tables of tensors. Decides nothing about
 * which tensor is whose. */
#include <string.h>
#include "passes/weight_match.h"
#include "support/file_kind.h"
#include "support/reader.h"
#include "support/similar_file.h"

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), end_length = strlen(end);
  return length >= end_length && !strcmp(text + length - end_length, end);
}

/* A file of another kind, which somebody took for weights; false: it is damaged. */
static bool report_other_file(Binder *b, const LoadedFile *file, const char *bytes, size_t length) {
  const char *path = file->source->path;
  FileKind kind = file_kind(bytes, length);
  if (kind.use == USE_UNKNOWN || kind.use == USE_TENSORS || kind.use == USE_ARCHIVE) return false;
  Diagnostic *d = report(b->c->diagnostics, CODE_E0506, file->source->span, "`%s` is not a weights file: it is %s", path, kind.what);
  if (kind.use == USE_FRAMEWORK) add_help(d, "write the weights with the safetensors package, or with `numpy.savez`");
  else if (kind.use == USE_ONNX) add_help(d, "`cnnc import %s` makes a network and weights of it", path);
  else if (kind.use == USE_LFS) add_help(d, "`git lfs pull` fetches the file");
  else add_help(d, "weights are .safetensors, .npz or .npy");
  return true;
}

static void report_damaged(Binder *b, const LoadedFile *file, const char *error) {
  Diagnostic *d = report(b->c->diagnostics, CODE_E0506, file->source->span, "`%s` is not a sound %s file", file->source->path,
                         weights_kind_name(file->table.kind));
  add_note(d, "%s", error);
  if (file->table.kind != WEIGHTS_NPZ || ends_with(file->source->path, ".npz")) return;
  add_note(d, "a ZIP archive of another name may be what PyTorch's `torch.save` wrote");
  add_help(d, "write the weights with the safetensors package, or with `numpy.savez`");
}

/* Which framework's order: written, or PyTorch's where the format is used by PyTorch. */
static bool know_layout(Binder *b, LoadedFile *file) {
  if (!file->source->layout && file->table.kind != WEIGHTS_SAFETENSORS) {
    Diagnostic *d = report(b->c->diagnostics, CODE_E0505, file->source->span, "say which framework wrote `%s`", file->source->path);
    add_note(d, "it is never guessed: 3x3x3x3 fits both");
    if (b->overridden) add_help(d, "`--layout pytorch` or `--layout keras`");
    else add_help(d, "`(layout=pytorch)` or `(layout=keras)`");
    return false;
  }
  file->keras = source_is_keras(file->source);
  return true;
}

bool source_is_keras(const WeightsFile *source) { return source->layout && !strcmp(source->layout, "keras"); }

bool load_file(Binder *b, LoadedFile *file) {
  Compilation *c = b->c;
  const WeightsFile *source = file->source;
  const char *relative_to = NULL, *resolved = NULL, *error = NULL;
  if (!b->overridden && c->options->file) {
    Location place = source_locate(c->sources, source->span.start);
    relative_to = place.source ? place.source->name : c->options->file;
  }
  size_t length = 0;
  const char *bytes = c->read_file(c->read_context, c->arena, source->path, relative_to, &length, &resolved, &error);
  if (!bytes && c->options->shapes_only && !b->overridden && !strcmp(error, NO_SUCH_FILE)) {
    c->weights_note = arena_printf(c->arena, "the weights were not looked at: `%s`: %s", source->path, error);
    return false;
  }
  if (!bytes && b->overridden) {
    Diagnostic *d = report(c->diagnostics, CODE_E0902, source->span, "the weights file `%s` cannot be read: %s", source->path, error);
    add_similar_file(c->arena, d, source->path, error);
    return false;
  }
  if (!bytes) {
    Diagnostic *d = report(c->diagnostics, CODE_E0507, source->span, "the weights file `%s` cannot be read: %s", source->path, error);
    const char *beside = path_beside(c->arena, source->path, relative_to);
    if (!strcmp(beside, source->path)) add_similar_file(c->arena, d, beside, error);
    add_help(d, "`-w FILE` names another file, `-w random:1` takes seeded random weights");
    return false;
  }
  ARENA_PUSH(c->arena, c->files_read, c->files_read_count, resolved ? resolved : source->path);
  file->rule_uses = ARENA_ARRAY(c->arena, int, (size_t)source->rule_count);
  if (c->read_weights(c->arena, source->path, bytes, length, &file->table, &error)) return know_layout(b, file);
  if (!report_other_file(b, file, bytes, length)) report_damaged(b, file, error);
  return false;
}

WeightsFile override_file(Binder *b, const char *path) {
  WeightsFile file = {.path = path, .layout = b->c->options->layout};
  for (int i = 0; i < b->graph->weights_count; i++) {
    const WeightsFile *written = &b->graph->weights[i];
    if (!file.layout) file.layout = written->layout;
    if (!file.strip_prefix) file.strip_prefix = written->strip_prefix;
    for (int k = 0; k < written->rule_count; k++) ARENA_PUSH(b->c->arena, file.rules, file.rule_count, written->rules[k]);
    if (!i) file.span = written->span;
  }
  return file;
}
