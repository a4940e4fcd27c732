/* export.c - `cnnc export`: a net with its weights as an ONNX model. */
#include <string.h>
#include "compile.h"
#include "load/write_onnx.h"
#include "passes/export_graph.h"
#include "support/progress.h"
#include "support/writer.h"
#include "tools/session.h"

static void write_model(Session *session, const Compilation *c, const OnnxModel *model) {
  const char *path = session->line.output, *error;
  size_t length;
  progress_begin("making the model", 0);
  const unsigned char *bytes = write_onnx(session->arena, model, &length);
  if (!bytes) {
    Diagnostic *d = report(&session->diagnostics, CODE_E0704, (Span){0, 0}, "the model would have %zu MiB", length >> 20);
    add_note(d, "a file of this format holds at most 2048 MiB");
    return;
  }
  OutputFile file = {path, (const char *)bytes, length, GENERATED_MARK, strlen(GENERATED_MARK)};
  WriteRules rules = {.force = session->line.force, .inputs = c->files_read, .input_count = c->files_read_count};
  bool refused;
  if (!write_files(session->arena, &file, 1, rules, &error, &refused)) report(&session->diagnostics, CODE_E0903, (Span){0, 0}, "%s", error);
  else if (session->line.verbose)
    add_message(session, "cnnc: %s: %d nodes, %d tensors, %zu bytes", path, model->graph.nodes_count, model->graph.initializers_count,
                length);
}

int export_verb(Session *session) {
  CommandLine *line = &session->line;
  if (!line->output) {
    Diagnostic *d = report(&session->diagnostics, CODE_E0901, (Span){0, 0}, "where the model goes is missing");
    add_help(d, "`cnnc export %s -o MODEL.onnx`", line->options.file);
    return 2;
  }
  session->stdout_taken = !strcmp(line->output, "-");
  Compilation c = new_compilation(session, &line->options, &session->diagnostics);
  Graph *graph = compile_to_graph(&c);
  take_texts(session, &c);
  apply_lint_settings(session, &session->diagnostics);
  if (graph && !session->diagnostics.errors) write_model(session, &c, export_graph(&c, graph, line->batch));
  return 0;
}
