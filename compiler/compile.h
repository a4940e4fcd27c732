/* compile.h - one compilation: options in, buffers out. The core knows no files and never exits. */
#ifndef CNNC_COMPILE_H
#define CNNC_COMPILE_H
#include "ir/graph.h"
#include "ir/plan.h"
#include "passes/compilation.h"

/* What a compilation makes: texts and, with --weights-as file, a blob. */
typedef struct Outputs {
  Text code, header, weights_code, selftest_code, main_code;
  const unsigned char *weights_blob;
  size_t weights_blob_bytes;
  bool without_weights; /* shapes_only: the net has some, but nobody knows their numbers */
  const Plan *plan;     /* NULL: compilation failed before */
} Outputs;

/* Source to graph: parse, expand, infer shapes, bind weights. NULL: errors were reported. */
Graph *compile_to_graph(Compilation *c);
/* The plan of a graph whose shapes are numbers; weights need not be bound. NULL: errors were reported. */
Plan *make_plan(Compilation *c, Graph *graph);
/* Everything; with shapes_only and without weights, none of those. false: errors were reported. base is the name of the header to include, "lenet5" for lenet5.h. */
bool compile(Compilation *c, const char *base, Outputs *out);
#endif
