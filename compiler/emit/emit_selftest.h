/* emit_selftest.h - what the emitted code and the self-test share. */
#ifndef CNNC_EMIT_EMIT_SELFTEST_H
#define CNNC_EMIT_EMIT_SELFTEST_H
#include "emit/emit_loops.h"

/* For the header: the declaration of the self-test and the memory that it needs; "" if there is none. */
const char *selftest_declaration(const Emitter *e, const Plan *plan);
#endif
