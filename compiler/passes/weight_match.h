/* weight_match.h - what the files of bind_weights share: the tensors of all weights files under the names by which
 * the network calls them. Private to bind_weights.c, read_weights_files.c, random_weights.c, weight_*.c and weights_report.c. */
#ifndef CNNC_PASSES_WEIGHT_MATCH_H
#define CNNC_PASSES_WEIGHT_MATCH_H
#include "ir/graph.h"
#include "ir/weights.h"
#include "passes/weights_report.h"

typedef struct LoadedFile {
  const WeightsFile *source; /* path, layout, rules */
  WeightTable table;
  bool keras;     /* order of the sizes: HWIO, [in, out] */
  int *rule_uses; /* per rule: tensors that it applied to */
  int prefix_uses;
} LoadedFile;

/* A tensor under the name that the network would use: prefix stripped, renamed, `/` written as `.`. */
typedef struct NamedTensor {
  const char *name;
  const char *stripped; /* as in the file, without the prefix: what a rule of the source calls it */
  const WeightTensor *tensor;
  LoadedFile *file;
  const WeightsRule *ignored; /* NULL: not ignored */
  bool always_ignored;        /* num_batches_tracked */
  const Parameter *taken_by;
} NamedTensor;

typedef struct Binder {
  Compilation *c;
  Graph *graph;
  LoadedFile *files;
  int file_count;
  NamedTensor *tensors; /* sorted by name */
  int tensor_count;
  const Node **owners; /* by parameter id: the first node that has it; NULL: none */
  NamedTensor **found; /* by parameter id */
  int needed, missing, ignored;
  bool matched;    /* found and taken_by are complete */
  bool overridden; /* -w replaced the files of the source */
} Binder;

bool needs_tensor(const Parameter *parameter);
/* Reads the file of a source. false with nothing reported: it is absent and shapes_only accepts that. */
bool load_file(Binder *b, LoadedFile *file);
/* What -w FILE reads: another file under the layout, prefix and rules that the source gives. */
WeightsFile override_file(Binder *b, const char *path);
bool source_is_keras(const WeightsFile *source);
/* Whether weights may be stored in this type. */
bool holds_weights(TensorDType dtype);
void fill_weights_report(const Binder *b, WeightsReport *report);

/* Fills tensors from the tables: prefix, rules, order. false: errors were reported. */
bool name_tensors(Binder *b);
/* The tensor of a parameter under any of its names; *second: another name that the file has too. */
NamedTensor *find_for_parameter(const Binder *b, const Parameter *parameter, NamedTensor **second);
/* Whether the pattern, in which `*` stands for any characters, fits the whole text. */
bool glob_fits(const char *pattern, const char *text);

/* weight_layout.c: sizes as the file should have them, in the order of its layout. */
int expected_sizes(const Binder *b, const Parameter *parameter, bool keras, int64_t sizes[MAX_PARAMETER_RANK]);
/* Whether the sizes in the file are the expected ones, sizes of 1 apart. */
bool sizes_fit(const Binder *b, const Parameter *parameter, const WeightTensor *tensor, bool keras);

/* Each reports at most what one cause deserves. */
void report_missing(Binder *b);
void report_unused(Binder *b);
/* true: a rename was reported, which is why names are missing. */
bool report_dead_rules(Binder *b);
void report_wrong_sizes(Binder *b, const Parameter *parameter, const NamedTensor *named);
void report_wrong_order(Binder *b, const Parameter *parameter, const NamedTensor *named, int count);

/* Seeded numbers for every parameter that needs a tensor. They depend on seed and path only, on every host. */
void fill_random_weights(Graph *graph, const Node *const *owners, uint64_t seed);
#endif
