/* identity.c - what a network does nothing with when it runs: identity, and dropout, which only training needs. */
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/dense.h"
#include "ops/infer.h"
#include "ops/ops.h"
#include "ops/to_onnx.h"

static const Attribute dropout_attributes[] = {
    {"p", ATTRIBUTE_REAL, offsetof(DropoutAttributes, p), NULL, false, NULL, 0},
    {0},
};

static const DropoutAttributes dropout_defaults = {.p = 0.5};

static bool infer(Inference *inference, Node *node) { return set_output_type(inference, node, node->inputs[0]->type); }

static bool infer_dropout(Inference *inference, Node *node) {
  const DropoutAttributes *a = node->attributes;
  if (!check_attributes(inference, node)) return false;
  if (a->p >= 0 && a->p <= 1) return infer(inference, node);
  Diagnostic *d = attribute_error(inference, node, CODE_E0402, "p", "`p` of `dropout` must be from 0 to 1");
  set_label(d, "a probability");
  return false;
}

static void evaluate(const Node *node, const double *const *inputs, double *output) {
  for (int64_t i = 0, n = dense_elements(dense_of(&node->output->type)); i < n; i++) output[i] = inputs[0][i];
}

const Operator op_identity = {
    .name = "identity",
    .kind = OPERATOR_VIEW,
    .min_inputs = 1,
    .max_inputs = 1,
    .summary = "its input; the arm of a branch that does nothing",
    .formula = "y = x",
    .onnx = "Identity",
    .infer = infer,
    .evaluate = evaluate,
};

static const char *dropout_to_onnx(OnnxWriter *w, const Node *node) {
  return ONNX_NODE(w, "Dropout", onnx_input(w, node, 0), onnx_number(w, ((const DropoutAttributes *)node->attributes)->p));
}

const Operator op_dropout = {
    .name = "dropout",
    .kind = OPERATOR_VIEW,
    .min_inputs = 1,
    .max_inputs = 1,
    .attributes_size = sizeof(DropoutAttributes),
    .attributes = dropout_attributes,
    .default_attributes = &dropout_defaults,
    .summary = "its input: dropout acts in training only",
    .formula = "y = x",
    .onnx = "Dropout",
    .infer = infer_dropout,
    .evaluate = evaluate,
    .to_onnx = dropout_to_onnx,
};
