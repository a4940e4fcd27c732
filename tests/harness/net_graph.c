/* net_graph.c - see net_graph.h. */
#include "net_graph.h"

#include "support/diagnostics_text.h"
#include "support/reader.h"

static const char *read_file(void *context, Arena *arena, const char *path, const char *relative_to, size_t *length, const char **resolved,
                             const char **error) {
  (void)context;
  *resolved = path_beside(arena, path, relative_to);
  return read_whole_file(arena, *resolved, READ_FILES_ONLY, length, error);
}

Graph *net_graph(Arena *arena, const Options *options, NetCompilation *of) {
  of->sources = (Sources){.arena = arena};
  of->diagnostics = (Diagnostics){.arena = arena, .sources = &of->sources};
  of->compilation = (Compilation){.arena = arena,
                                  .diagnostics = &of->diagnostics,
                                  .sources = &of->sources,
                                  .options = options,
                                  .read_file = read_file,
                                  .dump = text_new(arena),
                                  .timings = text_new(arena)};
  Graph *graph = compile_to_graph(&of->compilation);
  return of->diagnostics.errors ? NULL : graph;
}

const char *net_errors(Arena *arena, const NetCompilation *of) {
  Text text = text_new(arena);
  print_diagnostics(&text, &of->diagnostics, DIAGNOSTICS_SHORT, false);
  return text_string(&text);
}

int64_t logical_index(const TensorType *type, bool hwc, int64_t i) {
  if (!hwc || type->rank < 2) return i;
  int64_t channels = size_value(type_channels(type)), pixels = size_value(type_height(type)) * size_value(type_width(type));
  return i % channels * pixels + i / channels;
}
