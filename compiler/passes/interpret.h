/* interpret.h - the reference: a graph computed node by node, by the definition of each operator, in double precision.
 *
 * Slow, simple and independent of every plan and lowering; what compiled code is compared with. */
#ifndef CNNC_PASSES_INTERPRET_H
#define CNNC_PASSES_INTERPRET_H
#include "ir/graph.h"

/* Dense arrays of one sample in logical order (channels first), inputs in source order. outputs[i] becomes an array in
 * the arena. All sizes must be numbers and all parameters bound. false: an operator cannot be evaluated. */
int64_t interpret_work(Arena *arena, const Graph *graph); /* about what it costs: what each evaluation adds to progress.h */
bool interpret(Arena *arena, const Graph *graph, const double *const *inputs, double **outputs);
/* The same, of all values, by Value.id; NULL where nothing computes one. `disturb`, unless it is NULL, may change each value
 * that a node has computed, and each input, before others read it. */
typedef void Disturb(void *context, const Value *value, double *numbers, int64_t count);
bool interpret_all(Arena *arena, const Graph *graph, const double *const *inputs, double **values, Disturb *disturb, void *context);
#endif
