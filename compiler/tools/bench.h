/* bench.h - what the files of `cnnc bench` share: what each layer has to do, how long it took, what this core could do. */
#ifndef CNNC_TOOLS_BENCH_H
#define CNNC_TOOLS_BENCH_H
#include "ir/plan.h"
#include "tools/session.h"

typedef struct Times { /* seconds */
  double best, median;
} Times;

typedef struct BenchLayer { /* a function that the emitted `run` calls */
  const char *name;         /* of the function, without the net's prefix */
  const char *op;           /* "": nobody knows */
  const TensorType *type;   /* of its result; NULL: likewise */
  int64_t macs;
  int64_t weight_bytes, tensor_bytes; /* that it reads, and those that it reads and writes */
  Times times;
  bool measured;
} BenchLayer;

typedef struct Bandwidth { /* of reading a block of this size again and again */
  int64_t bytes;
  double rate; /* bytes a second */
} Bandwidth;

typedef struct Bench {
  Session *session;
  const Graph *graph;
  const char *compiler;
  BenchLayer *layers;
  int layer_count;
  int64_t parameters, macs, weight_bytes, workspace_bytes; /* of the whole net */
  Times whole;
  int64_t runs;
  double peak; /* floating-point operations a second, in vectors of */
  int64_t lanes;
  Bandwidth *bandwidths; /* blocks of growing size */
  int bandwidth_count;
} Bench;

/* Compiles the net with a clock around it, runs that, and reads what it measured. false: errors were reported. */
bool measure_net(Bench *bench);
/* The table, or with --json a document. */
void report_bench(const Bench *bench);
#endif
