/* ops.h - all operators. */
#ifndef CNNC_OPS_OPS_H
#define CNNC_OPS_OPS_H
#include "ir/operator.h"

#define OPERATOR(name) extern const Operator op_##name;
#include "ops/ops.def"

/* NULL: there is none of that name. */
const Operator *find_operator(const char *name);
/* All of them, in the order of ops.def; ends with NULL. */
extern const Operator *const all_operators[];
/* What cnnc calls an operation or attribute of PyTorch, Keras, Caffe or ONNX; NULL: not known. */
const char *foreign_operator(const char *name);
/* The i-th name that others use for the operator of that name; NULL: there are no more. */
const char *foreign_name_of(const char *ours, int i);
const char *foreign_attribute(const Operator *op, const char *name);
/* Why the language has nothing for an operation of theirs; NULL: not known. */
const char *why_refused(const char *name);
/* Whether what a foreign attribute is given may not mean the same to ours: `no_bias=true` is not `bias=true`. */
bool takes_other_values(const char *foreign_attribute);
#endif
