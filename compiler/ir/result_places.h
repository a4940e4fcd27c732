/* result_places.h - where the result of each layer lies at the moment when its function has returned, for programs that look
 * at it there: the self-test and `cnnc run --compare-layers`. Numbers, at given values of the dims; distances in elements. */
#ifndef CNNC_IR_RESULT_PLACES_H
#define CNNC_IR_RESULT_PLACES_H
#include "ir/plan.h"

typedef struct ResultPlace {
  const char *layer;  /* path of the step */
  const Value *value; /* of the graph, which the result is */
  const Buffer *buffer;
  int64_t first;                  /* element, from the start of the workspace or of the caller's array */
  int64_t sizes[3], distances[3]; /* channels, rows, columns */
  int64_t sample;                 /* distance of neighbouring samples; 0: there is one at a time */
  bool all_samples;               /* all are there when it returns; else that of the loop variable n */
  const char *rows_done;          /* computed in stripes: the variable of `run` that has counted to.. */
  int64_t rows;                   /* ..this when all rows are there; NULL: they always are */
} ResultPlace;

/* Of step k. false: nothing can be compared there, *why says for what reason. */
bool find_result_place(Arena *arena, const Plan *plan, int k, const SizeSample *dims, ResultPlace *place, const char **why);
#endif
