/* net_graph.h - a file's net as a graph, and where its numbers stand in the caller's buffers; for tests that evaluate many
 * nets in one process. */
#ifndef TESTS_NET_GRAPH_H
#define TESTS_NET_GRAPH_H
#include "compile.h"

typedef struct NetCompilation {
  Sources sources;
  Diagnostics diagnostics;
  Compilation compilation;
} NetCompilation;

/* The net that the options name. NULL: it has errors, which net_errors tells. */
Graph *net_graph(Arena *arena, const Options *options, NetCompilation *of);
const char *net_errors(Arena *arena, const NetCompilation *of);
/* The element that stands at place i of the caller's buffer. */
int64_t logical_index(const TensorType *type, bool hwc, int64_t i);
#endif
