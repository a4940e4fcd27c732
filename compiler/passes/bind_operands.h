/* bind_operands.h - from tensors to pointers: how a step's function addresses each of its operands. */
#ifndef CNNC_PASSES_BIND_OPERANDS_H
#define CNNC_PASSES_BIND_OPERANDS_H
#include "ir/plan.h"

/* One operand of a step as its function sees it. */
typedef struct BoundOperand {
  const char *name;           /* of the pointer: x, skip, weight, y */
  const char *kept_in;        /* what the layer calls it where that is not the name that kernels know; NULL: the same */
  const Value *value;         /* a tensor: */
  View view;                  /*   where it lies; */
  Expr *stride[MAX_RANK];     /* distance of channels, rows, columns */
  const Size *base[MAX_RANK]; /*   the element (relative to the view) to which the pointer points */
  Expr *sample;               /*   distance of samples, where the step computes all of them; else NULL */
  PackedTensor *packed;       /* or numbers, */
  int *packed_part;           /*   of which each nest of the step reads this part; -1: none */
} BoundOperand;

typedef struct StepBinding {
  Plan *plan;
  LoopProgram *program;
  const Step *step;
  const Nest *nest; /* of the step, which is being lowered; NULL for steps of another kind */
  int nest_number;
  bool one_sample;        /* of several: what is passed to the function is that of sample n */
  BoundOperand *operands; /* by operand number */
  BoundOperand output;
} StepBinding;

/* "layer1.0.conv1" -> "layer1_0_conv1" */
const char *c_name(Arena *arena, const char *path);
/* The named constant KIND_BUFFER ("ROW_CONV1"). Also what is 0 or 1 has a name: its text must not change with its value. */
Expr *buffer_constant(LoopProgram *program, Arena *arena, const char *kind, const char *name, const Size *value);

StepBinding bind_operands(Plan *plan, LoopProgram *program, const Step *step);
/* The order in which the nest that is being lowered reads an operand's numbers. */
const PackedPart *packed_part(const StepBinding *binding, const BoundOperand *operand);
/* Offset from the operand's pointer to the element that an access names. */
Expr *element_offset(const StepBinding *binding, const Expr *access);
/* Offset from the output's pointer to the element at this index. */
Expr *output_offset(const StepBinding *binding, Expr *const index[MAX_RANK]);
/* The first element inside the border, as the caller of a step sees it. */
Expr *buffer_start(const StepBinding *binding, const Buffer *buffer);
/* What is passed for an operand: where its pointer points, seen from the caller. */
Expr *operand_argument(const StepBinding *binding, const BoundOperand *operand);
/* The first element of the border around the output's slice. */
Expr *border_argument(const StepBinding *binding);
/* The first element of the output; where a copy makes the border too, of the border. */
Expr *output_argument(const StepBinding *binding);
Type element_type(const BoundOperand *operand);
/* A value as it is stored in the output. */
Expr *stored_value(const StepBinding *binding, Expr *value);
#endif
