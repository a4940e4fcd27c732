/* own_weights.h - whether a source names a file of weights that lies beside it. An example may name weights that are not
 * committed; tests then give it seeded ones. Looks at text only, since it must know before the source is read. */
#ifndef TESTS_OWN_WEIGHTS_H
#define TESTS_OWN_WEIGHTS_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static inline bool has_own_weights(const char *text, const char *path) {
  const char *line = strstr(text, "\n  weights \""), *slash = strrchr(path, '/');
  if (!line) return false;
  const char *name = line + strlen("\n  weights \"");
  char beside[4096];
  snprintf(beside, sizeof beside, "%.*s%.*s", slash ? (int)(slash + 1 - path) : 0, path, (int)strcspn(name, "\"\n"), name);
  return access(beside, R_OK) == 0;
}

#endif
