/* graph_fixture.h - graphs of a few nodes for tests, built by hand: attributes are given as text.
 *
 *     Fixture f;
 *     fixture_begin(&f);
 *     Value *x = fixture_input(&f, "3,8,8");
 *     Node *conv = fixture_node(&f, "conv", "out_channels=4 kernel_size=3x3", &x, 1);
 *
 * Attribute values: 3, 3x5 (pairs), same (paddings and choices), 1 or 1x2 or 0,1,2,3 (padding: one number, per axis, or
 * top, bottom, left, right), 0.5,0.25 (arrays), 1,2;3,4 (of rows), true. */
#ifndef CNNC_TESTS_GRAPH_FIXTURE_H
#define CNNC_TESTS_GRAPH_FIXTURE_H
#include "ops/infer.h"
#include "ops/ops.h"

typedef struct Fixture {
  Arena arena;
  Sources sources;
  Diagnostics diagnostics;
  Graph *graph;
  Inference inference;
} Fixture;

void fixture_begin(Fixture *f);
void fixture_end(Fixture *f);
/* An input of the net of float32[shape]; shape is "3,8,8". */
Value *fixture_input(Fixture *f, const char *shape);
Value *fixture_input_of(Fixture *f, TensorType type);
/* A node that was inferred; of a call that expands into several, the one that makes its first output. Its output is poisoned
 * if an error was reported. The operator and attributes must exist. */
Node *fixture_node(Fixture *f, const char *op, const char *attributes, Value *const *inputs, int input_count);
/* The same with one input. */
Node *fixture_layer(Fixture *f, const char *op, const char *attributes, Value *input);
/* "[64, 56, 56]", or the message of the first error. */
const char *fixture_result(Fixture *f, const Node *node);
/* All diagnostics as text without colour. */
const char *fixture_diagnostics(Fixture *f);
#endif
