/* emit_watch.h - for programs that look at the result of each layer. They have a type NET_selftest_tensor, constants
 * NET_SELFTEST_F32, .. and a function NET_selftest_look(env, tensor, memory, n, end), which looks at samples n to end - 1. */
#ifndef CNNC_EMIT_EMIT_WATCH_H
#define CNNC_EMIT_EMIT_WATCH_H
#include "emit/emit_loops.h"
#include "ir/result_places.h"

/* The members of such a tensor, without what is expected where sum is NULL. */
const char *watched_tensor(const Emitter *e, const char *name, const ResultPlace *place, const ExpectedSum *sum, int sets);
#endif
