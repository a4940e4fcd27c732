/* row_reads.h - which rows of an operand a nest needs for one row of its result. */
#ifndef CNNC_IR_ROW_READS_H
#define CNNC_IR_ROW_READS_H
#include "ir/nest.h"

/* Row oy of the result needs rows oy * stride + low to oy * stride + high. */
typedef struct RowReads {
  bool known; /* false: they are not of this form */
  bool any;   /* false: the operand is not read */
  int64_t stride, low, high;
} RowReads;

/* The result axis that runs over the rows of the result, one index for each; NULL: there is none. */
const Axis *row_axis(const Nest *nest);
/* The rows of operand number `operand` that the nest reads; of an operand of parameters, only whether it depends on the row:
 * then it is not known. */
RowReads rows_read(Arena *arena, const Nest *nest, int operand, bool parameter);
#endif
