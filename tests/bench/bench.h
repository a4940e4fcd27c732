/* bench.h - timing of something short: the best and the median of many calls. */
#ifndef CNNC_TESTS_BENCH_H
#define CNNC_TESTS_BENCH_H
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

typedef struct Timing {
  double best, median; /* seconds a call */
} Timing;

/* Calls f(context) `runs` times, `calls` calls each. */
static Timing time_calls(void (*f)(void *), void *context, int runs, int calls) {
  double *times = malloc((size_t)runs * sizeof *times);
  for (int r = 0; r < runs; r++) {
    double start = seconds();
    for (int i = 0; i < calls; i++) f(context);
    times[r] = (seconds() - start) / calls;
  }
  qsort(times, (size_t)runs, sizeof *times, compare_doubles);
  Timing timing = {times[0], times[runs / 2]};
  free(times);
  return timing;
}
#endif
