/* tables.h - what the targets of weights files expect of a table of tensors. */
#ifndef CNNC_TESTS_FUZZ_TABLES_H
#define CNNC_TESTS_FUZZ_TABLES_H
#include "fuzz.h"
#include "ir/weights.h"

/* Reads every number; sizes agree with the count of elements. Goes to the output. */
void fuzz_tensor(FuzzRun *run, const WeightTensor *tensor);
/* All of them, sorted and found by their names. */
void fuzz_table(FuzzRun *run, const WeightTable *table);
#endif
