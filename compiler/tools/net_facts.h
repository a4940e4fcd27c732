/* net_facts.h - what there is to say of a net, layer by layer, and of its plan for a target: for `cnnc summary`, which prints it,
 * and `cnnc diff`, which compares it. Everything is copied out of the graph, which planning rewrites. */
#ifndef CNNC_TOOLS_NET_FACTS_H
#define CNNC_TOOLS_NET_FACTS_H
#include "compile.h"
#include "tools/session.h"

/* Where the result of a layer lies: words, the name of a tensor of the net (NULL: none is named), a place in it. */
typedef struct Place {
  const char *words, *tensor, *at;
} Place;

typedef struct LayerFacts {
  const char *name, *op, *call; /* "conv1", "conv", "conv(16, 3, padding=1)" */
  const char **reads;           /* names of layers and of inputs of the net */
  int read_count;
  const TensorType *type; /* of its output, */
  const char *tensor;     /* and its name */
  int64_t parameters;     /* learned ones; of a shared layer at its first use */
  const Size *macs;
  /* Of the plan: */
  const char *function; /* the layer whose function computes it; NULL: there is nothing to compute */
  const char *form;     /* "tiled"; "" where there is no choice */
  Place place;          /* words NULL: it never stands in memory */
  int64_t weight_bytes; /* packed numbers that it is the first to read */
} LayerFacts;

typedef struct NetFacts {
  const char *file;
  const Graph *graph; /* its inputs and outputs; the rest as the plan has left it */
  LayerFacts *layers;
  int layer_count;
  int64_t parameters;
  const Size *macs;
  const Plan *plan; /* NULL: there is none, and what is of the plan above is empty */
} NetFacts;

/* Of a graph that no plan has rewritten: what it says itself. */
NetFacts layer_facts(Arena *arena, const char *file, const Graph *graph);
/* The net of the options, on shapes alone where there are no weights. What is wrong goes to `diagnostics`, without what stands in
 * the way of a plan: false if there is no graph. */
bool collect_net_facts(Session *session, const Options *options, Diagnostics *diagnostics, NetFacts *facts);
#endif
