/* fold.h - constants that are made while importing; for fold.c and fold_parts.c. */
#ifndef CNNC_IMPORT_FOLD_H
#define CNNC_IMPORT_FOLD_H
#include "import/importer.h"

/* Room for all its elements, as sizes or as numbers. NULL: refused. */
Value *new_constant(Importer *m, TensorDType dtype, int rank, const Size *const *sizes);
/* Their elements: integer of one kept as sizes, number of either kind. */
void set_integer(Value *to, int64_t at, const Size *integer);
void set_number(Importer *m, Value *to, int64_t at, double number);
void copy_element(Importer *m, Value *to, int64_t at, const Value *from, int64_t from_at);
#endif
