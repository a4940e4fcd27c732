/* run.h - what the files of `cnnc run` share. Numbers are doubles until they reach a file: every value of the types
 * that inputs and outputs may have is one. */
#ifndef CNNC_TOOLS_RUN_H
#define CNNC_TOOLS_RUN_H
#include "compile.h"
#include "ir/weights.h"
#include "tools/session.h"

typedef struct RunTensor { /* an input or output of the net: all samples, in the caller's layout */
  const char *name;
  DType dtype;
  int rank;
  int64_t sizes[MAX_RANK]; /* of one sample, in the caller's layout */
  bool hwc;
  const TensorType *type; /* as declared: its sizes may vary */
  int64_t elements;       /* of one sample; 0: its sizes are not known yet; at most SIZE_LIMIT */
  double *data;           /* samples * elements; NULL: not there yet */
  int64_t samples;        /* of data; 0: a single one, which may be repeated */
} RunTensor;

typedef struct RunLayer { /* what a layer of the compiled net computed, in logical order, for --compare-layers and --features */
  const char *name;       /* of the layer */
  const Value *value;     /* that it computes, with what is fused into it */
  int rank;
  int64_t sizes[MAX_RANK], elements; /* of one sample */
  double *data, *reference;          /* samples * elements; reference NULL: there is none */
} RunLayer;

typedef struct Run {
  Session *session;
  Graph *graph, *pinned; /* pinned: with the sizes of this run, for the evaluator */
  SizeSample dims;       /* what the inputs made of the sizes that vary */
  RunTensor *inputs, *outputs;
  int input_count, output_count;
  RunLayer *layers; /* of compiled code, in the order in which it computes them */
  int layer_count;
  int64_t samples;
  bool batched; /* the inputs had one more dimension */
} Run;

/* So many numbers for each sample. */
static inline double *new_samples(const Run *run, int64_t elements) {
  return arena_alloc_array(run->session->arena, (size_t)run->samples, (size_t)elements * sizeof(double));
}

/* Fills run->inputs from the command line. false: errors were reported. */
bool read_inputs(Run *run);
/* Fills the data of `outputs` (as many as the net has) by the reference evaluator, and the reference of the layers. */
bool evaluate_reference(Run *run, RunTensor *outputs);
/* Fills run->outputs by compiling and running. */
bool run_compiled(Run *run);
/* The outputs of --compare, by name. Reports the greatest differences; false: over the tolerance, or no reference. */
bool compare_outputs(Run *run);
/* What --compare-layers and --features watch in a plan, at the sizes of this run. */
void find_layers(Run *run, const Plan *plan);
/* Every layer of the graph, for the evaluator, and --features. */
void find_all_layers(Run *run);
/* --features: sheets of what the layers have computed. */
bool write_features(Run *run);
/* Prints a table of the layers and reports the first that differs: false. */
bool compare_layers(Run *run);
/* The short view of each output. */
void view_outputs(Run *run);
/* --output: .npy files. */
bool write_outputs(Run *run);

/* Sets the sizes of a tensor. false: they depend on a dim that is not known yet. */
bool settle_sizes(const Run *run, RunTensor *tensor);
/* Learns the dims from what an input is given: `sizes` in the caller's layout. false: some dim stays open, as no value
 * or several would fit; nothing was learned. */
bool learn_dims(Run *run, RunTensor *input, const int64_t *sizes);
/* Why the input cannot have these sizes, as notes. */
void explain_dims(const Run *run, Diagnostic *d, const RunTensor *input);
/* false: some input left a dim open. */
bool all_dims_known(Run *run);

typedef struct Difference { /* of two tensors */
  int64_t over, worst;      /* how many numbers are beyond the tolerance, and where it is worst */
  const char *by, *got, *wanted;
} Difference;
/* Numbers may differ by atol + rtol * |wanted|, where |wanted| counts as `least` at least. */
Difference find_difference(const Run *run, const double *got, const double *wanted, int64_t count, double least);
/* "[3, 5, 5]": the place of an element, with the sample in front of a batch's. */
const char *place_of(const Run *run, const int64_t *sizes, int rank, int64_t index);
/* Whether an array of a reference file has these sizes, apart from sizes of 1, for each sample. */
bool fits_array(const Run *run, const WeightTensor *array, const int64_t *sizes, int rank);
/* "[1, 28, 28]" of one sample, or "[1, H, W]" while that is all that is known. */
const char *run_shape(Arena *arena, const RunTensor *tensor);
/* An array of the file under one of two names; .npy has one array without a name. */
bool load_arrays(Run *run, const char *path, WeightTable *table);
/* 0.0312, or the shortest text of a number that has no such form. */
void add_number(Text *out, double value);
#endif
