/* graph.c - `cnnc graph`: a picture of a net, on shapes alone where there are no weights. */
#include <string.h>
#include "support/writer.h"
#include "tools/picture.h"

static const char *const endings[] = {[PICTURE_SVG] = ".svg", [PICTURE_PNG] = ".png", [PICTURE_DOT] = ".dot", [PICTURE_MERMAID] = ".mmd"};

static bool ends_with(const char *path, const char *ending) {
  size_t length = strlen(path), tail = strlen(ending);
  return length > tail && !strcmp(path + length - tail, ending);
}

/* --format, or what the name ends with, or SVG. false: a usage error was reported. */
static bool choose_format(Session *session, PictureFormat *format) {
  const CommandLine *line = &session->line;
  *format = PICTURE_SVG;
  if (line->picture_format >= 0) {
    *format = (PictureFormat)line->picture_format;
    return true;
  }
  if (!line->output || !strcmp(line->output, "-")) return true;
  for (int i = 0; i < (int)(sizeof endings / sizeof *endings); i++)
    if (ends_with(line->output, endings[i])) {
      *format = (PictureFormat)i;
      return true;
    }
  Diagnostic *d = report(&session->diagnostics, CODE_E0901, (Span){0, 0}, "`%s` does not say what kind of picture it is", line->output);
  add_help(d, "names end in .svg, .png, .dot or .mmd; or give `--format`");
  return false;
}

static const char *choose_path(Session *session, PictureFormat format) {
  const CommandLine *line = &session->line;
  if (line->output) return line->output;
  if (strcmp(line->options.file, "-") != 0)
    return arena_printf(session->arena, "%s%s", without_ending(session->arena, line->options.file, ".cnn"), endings[format]);
  Diagnostic *d = report(&session->diagnostics, CODE_E0901, (Span){0, 0},
                         "the picture of what is read from standard input needs a place to go");
  add_help(d, "`-o NAME.svg`, or `-o -` for standard output");
  return NULL;
}

int graph_verb(Session *session) {
  CommandLine *line = &session->line;
  PictureFormat format;
  if (!choose_format(session, &format)) return 2;
  const char *path = choose_path(session, format), *error;
  if (!path) return 2;
  session->stdout_taken = !strcmp(path, "-");
  line->options.shapes_only = true;
  Compilation c = new_compilation(session, &line->options, &session->diagnostics);
  Graph *graph = compile_to_graph(&c);
  c.weights_note = NULL; /* a picture is the same without weights */
  take_texts(session, &c);
  apply_lint_settings(session, &session->diagnostics);
  if (!graph || session->diagnostics.errors) return 0;
  NetFacts facts = layer_facts(session->arena, line->options.file, graph);
  Picture picture = make_picture(session->arena, graph, &facts, line->depth);
  size_t length;
  const char *bytes = draw_picture(session, &picture, format, &length);
  if (!bytes) return 0;
  OutputFile file = {path, bytes, length, GENERATED_MARK, strlen(GENERATED_MARK)};
  WriteRules rules = {.force = line->force, .inputs = c.files_read, .input_count = c.files_read_count};
  bool refused;
  if (!write_files(session->arena, &file, 1, rules, &error, &refused)) report(&session->diagnostics, CODE_E0903, (Span){0, 0}, "%s", error);
  else if (line->verbose) add_message(session, "cnnc: %s: %d boxes, %d arrows", path, picture.box_count, picture.edge_count);
  else if (!line->output) add_message(session, "%s is written", path);
  return 0;
}
