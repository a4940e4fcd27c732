/* report.h - `cnnc summary --html`: one page with everything there is to see of a net, that needs nothing from elsewhere. */
#ifndef CNNC_TOOLS_REPORT_H
#define CNNC_TOOLS_REPORT_H
#include "tools/picture.h"

typedef struct StepTime { /* of `cnnc bench --json` */
  const char *name, *op, *bound;
  double ms, percent_of_bound;
} StepTime;

typedef struct BenchTimes {
  const char *net, *target;
  StepTime *steps;
  int step_count;
  double ms; /* of the whole net */
} BenchTimes;

/* false: the file cannot be read or is something else, which was reported. */
bool read_bench_times(Session *session, const char *path, BenchTimes *times);
/* Where each tensor lies (up) while which steps run (to the right), as SVG: the workspace, then each region that the user named. */
void add_memory_charts(Text *out, const Plan *plan);
/* 1234567 as "1,234,567" */
const char *grouped_number(Arena *arena, int64_t value);
/* Writes the page of `facts`, which have a plan or not. Returns an exit status. */
int report_net(Session *session, const NetFacts *facts);
#endif
