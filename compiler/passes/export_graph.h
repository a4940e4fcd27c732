/* export_graph.h - what a net is in ONNX's terms. */
#ifndef CNNC_PASSES_EXPORT_GRAPH_H
#define CNNC_PASSES_EXPORT_GRAPH_H
#include "ir/onnx.h"
#include "passes/passes.h"

/* Weights must be bound, and nothing folded. batch 0: any number of samples. */
OnnxModel *export_graph(Compilation *c, const Graph *graph, int64_t batch);
#endif
