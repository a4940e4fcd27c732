/* weights_report.h - every parameter of a net beside its tensor, for `cnnc weights`; filled by bind_weights. */
#ifndef CNNC_PASSES_WEIGHTS_REPORT_H
#define CNNC_PASSES_WEIGHTS_REPORT_H
#include "ir/graph.h"
#include "ir/weights.h"
#include "passes/compilation.h"

typedef enum WeightVerdict {
  WEIGHT_FITS,
  WEIGHT_MISSING,
  WEIGHT_OF_WRONG_SHAPE,
  WEIGHT_IN_WRONG_ORDER, /* of the other layout */
  WEIGHT_OF_WRONG_TYPE,
  WEIGHT_UNUSED
} WeightVerdict;

typedef struct WeightRow {
  WeightVerdict verdict;
  const Parameter *parameter;           /* NULL: unused */
  int rank;                             /* of the parameter, as a file of the layout has it */
  int64_t expected[MAX_PARAMETER_RANK]; /* sizes */
  const char *name;                     /* of the tensor, as in the file but without strip_prefix; NULL: missing */
  const WeightTensor *tensor;
} WeightRow;

typedef struct WeightsReport {
  const Graph *graph; /* NULL: the source has errors */
  WeightRow *rows;    /* parameters in the order of the net, then what is unused by name */
  int count, ignored;
  bool matched; /* files were read, and names are clear */
  bool keras;   /* order of the sizes */
} WeightsReport;

/* The name by which the rules of this source find the parameter: its path, renamed backwards and with the prefix. */
const char *name_in_file(Arena *arena, const WeightsFile *source, const char *path);
/* The role, as PyTorch calls it, at the end of a tensor's name: "weight" for "stem/conv1/kernel:0". *scope: how much of
 * the name stands before it and its separator, `.`, `/` or `_`. NULL: no role that is known. */
const char *role_in_name(const char *name, size_t *scope);
/* Where element i of a parameter stands in a tensor of that order. */
int64_t element_in_file(const Parameter *parameter, bool keras, int64_t i);
#endif
