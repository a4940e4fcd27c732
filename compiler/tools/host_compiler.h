/* host_compiler.h - starting the programs of this machine: the C compiler and what it made. Never through a shell. */
#ifndef CNNC_TOOLS_HOST_COMPILER_H
#define CNNC_TOOLS_HOST_COMPILER_H
#include <stdbool.h>
#include "support/arena.h"

typedef struct HostProgram {
  int status;         /* exit status; -1: it was not started, or a signal ended it */
  int signal;         /* that ended it */
  const char *error;  /* why it was not started; NULL: it was */
  const char *output; /* the first 4 KiB of what it printed */
} HostProgram;

/* A private directory, removed with its files by cleanup_all or cleanup_directory's owner. NULL: *error says why. */
const char *make_private_directory(Arena *arena, const char **error);
/* A path in it, removed with it. */
const char *private_file(Arena *arena, const char *directory, const char *name);
/* Runs argv[0], found along PATH, with what it prints going to the file `log`. */
HostProgram run_program(Arena *arena, const char *const *argv, const char *log);
/* cc, $CC where that is NULL, or "cc", split at spaces; NULL-terminated, with room for `extra` more. *count is set. */
const char **compiler_words(Arena *arena, const char *cc, int extra, int *count);
#endif
