/* run_nets.h - a compiled net as run_nets.c sees it, without its types. */
#ifndef TESTS_RUN_NETS_H
#define TESTS_RUN_NETS_H
#include <stddef.h>

enum { MOST_REGIONS = 2 };

typedef struct NetEnv {
  void *workspace;
  size_t workspace_bytes;
  const void *weights;
  size_t weights_bytes;
  void *region[MOST_REGIONS];
  size_t region_bytes[MOST_REGIONS];
  const unsigned long *size; /* of nets whose sizes vary, */
  long change[8];            /* and what is added to each */
} NetEnv;

typedef struct NetSize { /* one size that is handed over at run time, and what it may be */
  unsigned long value, minimum;
  long maximum; /* -1: none */
  unsigned long multiple;
} NetSize;

typedef enum Follows { FOLLOWS_NONE, FOLLOWS_DATA, FOLLOWS_BITS } Follows; /* takes the data of the net before, gives its bits */

typedef struct Net {
  const char *name, *prefix;                             /* of the case, and of the C that it calls */
  int (*call)(void **in, void **out, const NetEnv *env); /* returns a status */
  const char *(*status_text)(int status);
  size_t (*workspace)(void);
  int inputs, outputs;
  size_t lower_bound, align, weights_bytes, batch;
  int follows;                  /* Follows */
  size_t regions[MOST_REGIONS]; /* bytes of each beside the workspace; 0: it has none */
  struct {
    int null, workspace, align, alias, range, multiple, weights;
  } error;
  NetSize sizes[8]; /* ended by a value of 0 */
} Net;
#endif
