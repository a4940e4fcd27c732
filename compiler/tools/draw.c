/* draw.c - pictures as the bytes of a file. Layout and drawing are those of Graphviz's program `dot`; see docs/decisions/0031-pictures.md. */
#include <string.h>
#include "load/image.h"
#include "support/progress.h"
#include "support/reader.h"
#include "support/writer.h"
#include "tools/host_compiler.h"
#include "tools/picture.h"
#include "tools/workplace.h"

/* The mark goes behind the line of XML's version. */
static const char *mark_svg(Arena *arena, const char *svg, size_t *length) {
  const char *begin = strstr(svg, "?>");
  begin = begin ? begin + 2 : svg;
  Text marked = text_new(arena);
  text_add_bytes(&marked, svg, (size_t)(begin - svg));
  text_add(&marked, "\n<!-- " GENERATED_MARK " -->");
  text_add(&marked, begin);
  *length = marked.length;
  return text_string(&marked);
}

static const char *run_dot(Session *session, const Text *dot, const char *format, size_t *length) {
  Arena *arena = session->arena;
  const char *error, *directory = make_private_directory(arena, &error);
  bool refused;
  if (!directory) {
    report(&session->diagnostics, CODE_E0903, (Span){0, 0}, "no temporary directory can be made: %s", error);
    return NULL;
  }
  const char *source = private_file(arena, directory, "net.dot"), *picture = private_file(arena, directory, "picture");
  const char *log = private_file(arena, directory, "log");
  OutputFile file = {source, text_string(dot), dot->length, NULL, 0};
  if (!write_files(arena, &file, 1, (WriteRules){0}, &error, &refused)) {
    report(&session->diagnostics, CODE_E0903, (Span){0, 0}, "%s", error);
    return NULL;
  }
  const char *words[] = {"dot", arena_printf(arena, "-T%s", format), "-o", picture, source, NULL};
  progress_begin("Graphviz", 0);
  HostProgram program = run_program(arena, words, log);
  if (program.error)
    (void)host_error(session, "Graphviz's program `dot`, which draws SVG and PNG, cannot be started", program.error,
                     "install Graphviz (Debian: `apt-get install graphviz`), or write .dot or .mmd, which need no other program");
  else if (program.status)
    (void)host_error(session, "Graphviz's program `dot` failed", program.output, "write .dot or .mmd, which need no other program");
  if (program.error || program.status) return NULL;
  const char *bytes = read_whole_file(arena, picture, READ_FILES_ONLY, length, &error);
  if (!bytes) (void)host_error(session, "Graphviz's program `dot` drew nothing", error, NULL);
  return bytes;
}

const char *draw_picture(Session *session, const Picture *picture, PictureFormat format, size_t *length) {
  Text text = text_new(session->arena), png = text_new(session->arena);
  if (format == PICTURE_MERMAID) print_mermaid(&text, picture);
  else print_dot(&text, picture);
  *length = text.length;
  if (format == PICTURE_DOT || format == PICTURE_MERMAID) return text_string(&text);
  const char *bytes = run_dot(session, &text, format == PICTURE_SVG ? "svg" : "png", length);
  if (!bytes) return NULL;
  if (format == PICTURE_SVG) return mark_svg(session->arena, bytes, length);
  mark_png(&png, bytes, *length, GENERATED_MARK);
  *length = png.length;
  return text_string(&png);
}
