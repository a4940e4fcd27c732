/* nest_interpreter.h - runs what an operator's lowering says, on plain arrays, so that it can be compared with the
 * operator's evaluation before there is any C. Aborts the test on an index out of range, or where an index expression
 * that C compares or divides is negative (indices are unsigned there). */
#ifndef CNNC_TESTS_NEST_INTERPRETER_H
#define CNNC_TESTS_NEST_INTERPRETER_H
#include "ops/lowering.h"

/* Tensors that a node's lowering may read besides its inputs (the image behind a flatten). */
typedef struct TensorData {
  const Value *value;
  const double *data;
} TensorData;

bool has_lowering(const Node *node);
void interpret_node(Arena *arena, const Node *node, const double *const *inputs, TensorData extra, double *output);
#endif
