/* host_compiler.c - see host_compiler.h. */
#include "tools/host_compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "support/cleanup.h"
#include "support/reader.h"

enum { SHOWN_OUTPUT = 4096 };

extern char **environ;

const char *make_private_directory(Arena *arena, const char **error) {
  const char *parent = getenv("TMPDIR");
  char *path = arena_printf(arena, "%s/cnnc-XXXXXX", parent && *parent ? parent : "/tmp");
  cleanup_hold_signals();
  bool made = mkdtemp(path) != NULL;
  int problem = errno;
  if (made && !cleanup_directory(path)) {
    (void)rmdir(path);
    made = false;
    problem = ENAMETOOLONG;
  }
  cleanup_release_signals();
  if (made) return path;
  *error = strerror(problem);
  return NULL;
}

const char *private_file(Arena *arena, const char *directory, const char *name) {
  const char *path = arena_printf(arena, "%s/%s", directory, name);
  (void)cleanup_file(path);
  return path;
}

static int wait_for(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return status;
}

/* Ours, but temporary files go where the log does, so that they are removed with it. */
static char **own_environment(Arena *arena, const char *log) {
  const char *slash = strrchr(log, '/');
  char **own = NULL, *temporary = arena_printf(arena, "TMPDIR=%.*s", slash ? (int)(slash - log) : 1, slash ? log : ".");
  int count = 0;
  ARENA_PUSH(arena, own, count, temporary);
  for (char **entry = environ; *entry; entry++)
    if (strncmp(*entry, "TMPDIR=", strlen("TMPDIR=")) != 0) ARENA_PUSH(arena, own, count, *entry);
  ARENA_PUSH(arena, own, count, NULL);
  return own;
}

HostProgram run_program(Arena *arena, const char *const *argv, const char *log) {
  HostProgram result = {.status = -1, .output = ""};
  char **environment = own_environment(arena, log);
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions)) arena_fail(arena);
  int problem = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (!problem) problem = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (!problem) problem = posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  cleanup_hold_signals();
  posix_spawnattr_t attributes; /* the child must not inherit the held signals */
  sigset_t none;
  sigemptyset(&none);
  if (!problem) problem = posix_spawnattr_init(&attributes);
  bool have_attributes = !problem;
  if (!problem) problem = posix_spawnattr_setsigmask(&attributes, &none);
  /* A group of its own, to end all of it: a compiler starts others, which go on without it. */
  if (!problem) problem = posix_spawnattr_setpgroup(&attributes, 0);
  if (!problem) problem = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  if (!problem) problem = posix_spawnp(&child, argv[0], &actions, &attributes, (char *const *)(uintptr_t)argv, environment);
  if (!problem) cleanup_child(child);
  cleanup_release_signals();
  if (have_attributes) posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (problem) {
    result.error = strerror(problem);
    return result;
  }
  int status = wait_for(child);
  cleanup_child(0);
  if (status >= 0 && WIFEXITED(status)) result.status = WEXITSTATUS(status);
  else if (status >= 0 && WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  size_t length;
  const char *error, *output = read_whole_file(arena, log, READ_FILES_ONLY, &length, &error);
  if (output) result.output = length > SHOWN_OUTPUT ? arena_strndup(arena, output, SHOWN_OUTPUT) : output;
  if (result.status == 127) { /* what some systems say when the program could not be started */
    result.error = strerror(ENOENT);
    result.status = -1;
  }
  return result;
}

const char **compiler_words(Arena *arena, const char *cc, int extra, int *count) {
  if (!cc) cc = getenv("CC");
  if (!cc || !cc[strspn(cc, " ")]) cc = "cc";
  const char **words = ARENA_ARRAY(arena, const char *, strlen(cc) / 2 + 2 + (size_t)extra);
  *count = 0;
  for (const char *at = cc + strspn(cc, " "); *at;) {
    size_t length = strcspn(at, " ");
    words[(*count)++] = arena_strndup(arena, at, length);
    at += length;
    at += strspn(at, " ");
  }
  return words;
}
