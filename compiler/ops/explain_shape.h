/* explain_shape.h - the two notes that every shape error carries: in which block instance it happened, and through
 * which layers the tensor got its shape. Knows operators only through their `describe`. */
#ifndef CNNC_OPS_EXPLAIN_SHAPE_H
#define CNNC_OPS_EXPLAIN_SHAPE_H
#include "ir/graph.h"
#include "support/diagnostics.h"

/* "in block instance `layer2.0`, with channels=128, stride=2" at its call, for each instance from the inner to the
 * outer one. NULL: adds nothing. */
void add_instance_notes(Diagnostic *d, const Instance *instance);
/* "`main` is [128, 28, 28] because" and the layers from the last named tensor or input of the net to the value. Adds
 * nothing for a value that no node computes. */
void add_shape_chain(Diagnostic *d, Arena *arena, const Value *value);
/* For two sizes that are not equal for all values of their dims: "for H = 66 they are 33 and 32", and as a help the
 * `multiple_of` that would make them equal, if there is one. */
void add_size_difference(Diagnostic *d, const Size *a, const Size *b);
#endif
