/* run_nets.h - a compiled net as run_nets.c sees it, without its types. */
#ifndef TESTS_RUN_NETS_H
#define TESTS_RUN_NETS_H
#include <stddef.h>

typedef struct NetEnv {
  void *workspace;
  size_t workspace_bytes;
  const void *weights;
  size_t weights_bytes;
} NetEnv;

typedef struct Net {
  const char *name;
  int (*call)(void **in, void **out, const NetEnv *env); /* returns a status */
  const char *(*status_text)(int status);
  int inputs, outputs;
  size_t workspace_bytes, lower_bound, align, weights_bytes, batch;
  struct {
    int null, workspace, align, alias, weights;
  } error;
} Net;
#endif
