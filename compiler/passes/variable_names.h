/* variable_names.h - names for new variables in a function of the loop level, which nothing in it has yet. */
#ifndef CNNC_PASSES_VARIABLE_NAMES_H
#define CNNC_PASSES_VARIABLE_NAMES_H
#include "ir/loop.h"
#include "support/name_table.h"

typedef struct VariableNames {
  NameTable last; /* name -> int *: the number of the last variable of that name */
} VariableNames;

/* What the parameters and one body of the function are called. */
VariableNames names_in_function(Arena *arena, const Function *function, const Stmt *body);
/* "product", then "product2", "product3", .. */
const char *new_variable(VariableNames *names, const char *name);
/* The same names, to go on from in one of two ways that never meet. */
VariableNames copy_names(Arena *arena, const VariableNames *names);
#endif
