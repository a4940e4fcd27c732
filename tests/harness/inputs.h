/* inputs.h - what nets are fed with: random numbers of three kinds. The same seed gives the same on every machine. */
#ifndef TESTS_INPUTS_H
#define TESTS_INPUTS_H
#include <stdint.h>

#include "ir/graph.h"

enum { SAMPLES = 6 };

typedef enum Values {
  VALUES_ANY,    /* from -1 to 1; the last four samples hold a NaN, an infinity, .. */
  VALUES_EXACT,  /* small integers; the last three samples are one element each */
  VALUES_SPECIAL /* whatever a float may be */
} Values;

typedef struct InputRandom {
  uint64_t state;
} InputRandom;

typedef struct InputSource {
  InputRandom random;
  Values values;
  const char *picture; /* what the first sample shows, where an input has its size; NULL: nothing */
} InputSource;

/* The elements of one sample of an input. */
double *input_numbers(Arena *arena, InputSource *source, const Value *value, int sample);
#endif
