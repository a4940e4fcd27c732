/* writer.c - see writer.h. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "support/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "support/cleanup.h"
#include "support/progress.h"

enum { MARK_WITHIN = 4096, LONGEST_NAME = 200 };

typedef enum StageKind { STAGE_STDOUT, STAGE_SPECIAL, STAGE_SAME, STAGE_FILE } StageKind;

typedef struct Stage { /* one output on its way */
  const OutputFile *file;
  StageKind kind;
  const char *path; /* with symbolic links resolved */
  bool replaces;    /* FILE: an old one, whose mode the new one gets */
  mode_t mode;
  const char *temporary; /* FILE: the complete new contents */
  const char *backup;    /* FILE: the old contents under another name; NULL: there were none */
  bool renamed;
} Stage;

typedef struct Writer {
  Arena *arena;
  Stage *stages;
  int count;
  WriteRules rules;
  const char **error;
  bool *refused;
} Writer;

static bool fail(Writer *w, const char *path, const char *why) {
  *w->error = arena_printf(w->arena, "`%s` cannot be written: %s", path, why);
  return false;
}

static bool refuse(Writer *w, const char *path, const char *why) {
  *w->refused = true;
  *w->error = arena_printf(w->arena, "`%s` %s", path, why);
  return false;
}

/* Everything, or an errno. */
static int write_all(int fd, const char *bytes, size_t length) {
  while (length) {
    ssize_t done = write(fd, bytes, length);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    bytes += done;
    length -= (size_t)done;
  }
  return 0;
}

static int open_again(const char *path, int flags, mode_t mode) {
  int fd;
  do fd = open(path, flags | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);
  return fd;
}

/* Flushes and closes. 0, or the errno of whatever went wrong first, now or before. */
static int finish_file(int fd, int problem) {
  while (!problem && fsync(fd))
    if (errno == EINVAL || errno == ENOTSUP) break; /* some file systems have no fsync */
    else if (errno != EINTR) problem = errno;
  if (close(fd) && !problem && errno != EINTR) problem = errno;
  return problem;
}

const char *write_stdout(const char *bytes, size_t length) {
  progress_end(); /* it may be the same terminal */
  if (fflush(stdout)) return strerror(errno);
  int problem = write_all(STDOUT_FILENO, bytes, length);
  return problem ? strerror(problem) : NULL;
}

/* The first bytes of the old file (whole: all of them) compared without trusting its size. */
static char *read_old(Writer *w, const char *path, size_t most, size_t *length) {
  *length = 0;
  char *bytes = arena_alloc(w->arena, most + 1);
  int fd = open_again(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  if (fd < 0) return NULL;
  while (*length < most) {
    ssize_t got = read(fd, bytes + *length, most - *length);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    *length += (size_t)got;
  }
  (void)close(fd);
  return bytes;
}

static bool contains(const char *bytes, size_t length, const char *mark, size_t mark_length) {
  for (size_t i = 0; i + mark_length <= length; i++)
    if (!memcmp(bytes + i, mark, mark_length)) return true;
  return false;
}

static bool is_input(const Writer *w, const struct stat *old) {
  for (int i = 0; i < w->rules.input_count; i++) {
    struct stat input;
    if (!stat(w->rules.inputs[i], &input) && input.st_dev == old->st_dev && input.st_ino == old->st_ino) return true;
  }
  return false;
}

/* Whether the directory is there in which the file will be. */
static bool has_directory(Writer *w, const char *path) {
  const char *slash = strrchr(path, '/');
  struct stat info;
  if (!slash || slash == path) return true;
  const char *directory = arena_strndup(w->arena, path, (size_t)(slash - path));
  if (!stat(directory, &info) || errno != ENOENT) return true;
  *w->error = arena_printf(w->arena, "there is no directory `%s`", directory);
  return false;
}

/* Whether two names say the same place: links were resolved, and of directories each has many names. */
static bool is_same_place(Writer *w, const char *a, const char *b) {
  const char *slashes[] = {strrchr(a, '/'), strrchr(b, '/')}, *paths[] = {a, b};
  struct stat places[2];
  if (strcmp(slashes[0] ? slashes[0] + 1 : a, slashes[1] ? slashes[1] + 1 : b)) return false;
  for (int i = 0; i < 2; i++) {
    const char *directory = slashes[i] ? arena_strndup(w->arena, paths[i], (size_t)(slashes[i] + 1 - paths[i])) : ".";
    if (stat(directory, &places[i])) return false;
  }
  return places[0].st_dev == places[1].st_dev && places[0].st_ino == places[1].st_ino;
}

/* Two outputs in one file would leave one of them. */
static bool is_alone(Writer *w, const Stage *stage) {
  for (const Stage *other = w->stages; other < stage; other++) {
    bool files = stage->kind != STAGE_STDOUT && stage->kind != STAGE_SPECIAL && other->kind != STAGE_STDOUT && other->kind != STAGE_SPECIAL;
    if (files && is_same_place(w, stage->path, other->path)) return refuse(w, stage->file->path, "is named for two outputs");
  }
  return true;
}

/* Decides how an output is written, and whether it may be. */
static bool plan_stage(Writer *w, Stage *stage) {
  const OutputFile *file = stage->file;
  struct stat old, link;
  stage->path = file->path;
  stage->kind = STAGE_FILE;
  if (!strcmp(file->path, "-")) {
    stage->kind = STAGE_STDOUT;
    return true;
  }
  bool exists = !stat(file->path, &old);
  if (!exists && errno != ENOENT) return fail(w, file->path, strerror(errno));
  if (!exists && !lstat(file->path, &link)) return fail(w, file->path, "it is a symbolic link to nothing");
  if (!exists) return has_directory(w, file->path);
  if (S_ISDIR(old.st_mode)) return fail(w, file->path, "it is a directory");
  if (!S_ISREG(old.st_mode)) {
    stage->kind = STAGE_SPECIAL;
    return true;
  }
  stage->replaces = true;
  stage->mode = old.st_mode & 07777;
  if (is_input(w, &old)) return refuse(w, file->path, "is an input; it is not overwritten");
  if (!lstat(file->path, &link) && S_ISLNK(link.st_mode)) {
    char *real = realpath(file->path, NULL);
    if (!real) return fail(w, file->path, strerror(errno));
    arena_defer(w->arena, free, real);
    stage->path = real;
  }
  if (w->rules.if_changed && (size_t)old.st_size == file->length) {
    size_t length;
    const char *bytes = read_old(w, stage->path, file->length, &length);
    if (bytes && length == file->length && !memcmp(bytes, file->bytes, length)) {
      stage->kind = STAGE_SAME;
      return true;
    }
  }
  if (file->mark && !w->rules.force && old.st_size > 0) {
    size_t length;
    const char *bytes = read_old(w, stage->path, MARK_WITHIN, &length);
    if (!bytes || !contains(bytes, length, file->mark, file->mark_length))
      return refuse(w, file->path, "was not written by cnnc; `--force` overwrites it");
  }
  return true;
}

/* ".x.c.1234.0.tmp" beside the file itself. */
static const char *name_beside(Writer *w, const Stage *stage, const char *ending) {
  const char *slash = strrchr(stage->path, '/'), *name = slash ? slash + 1 : stage->path;
  int directory = (int)(name - stage->path), length = (int)strlen(name);
  return arena_printf(w->arena, "%.*s.%.*s.%ld.%d.%s", directory, stage->path, length > LONGEST_NAME ? LONGEST_NAME : length, name,
                      (long)getpid(), (int)(stage - w->stages), ending);
}

/* Some file systems have no modes. */
static int set_mode(int fd, mode_t mode) {
  while (fchmod(fd, mode))
    if (errno != EINTR) return errno == EPERM || errno == ENOTSUP ? 0 : errno;
  return 0;
}

static bool write_temporary(Writer *w, Stage *stage) {
  const char *path = name_beside(w, stage, "tmp");
  (void)unlink(path); /* of a process that had our number and was killed */
  if (!cleanup_file(path)) return fail(w, stage->file->path, "its path is too long");
  int fd = open_again(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
  if (fd < 0) {
    int problem = errno;
    cleanup_forget(path);
    return fail(w, stage->file->path, strerror(problem));
  }
  stage->temporary = path;
  int problem = write_all(fd, stage->file->bytes, stage->file->length);
  if (!problem && stage->replaces) problem = set_mode(fd, stage->mode);
  problem = finish_file(fd, problem);
  return problem ? fail(w, stage->file->path, strerror(problem)) : true;
}

/* The bytes of a file into a new one. 0, or an errno. */
static int copy_file(const char *from, const char *to, mode_t mode) {
  char bytes[4096];
  int in = open_again(from, O_RDONLY | O_NOCTTY, 0);
  if (in < 0) return errno;
  int out = open_again(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600), problem = out < 0 ? errno : 0;
  for (ssize_t got = 1; !problem && got;) {
    got = read(in, bytes, sizeof bytes);
    if (got < 0 && errno != EINTR) problem = errno;
    else if (got > 0) problem = write_all(out, bytes, (size_t)got);
  }
  (void)close(in);
  if (out < 0) return problem;
  return finish_file(out, problem ? problem : set_mode(out, mode));
}

/* Before anything is replaced: a second name of the old file or, where the file system has no links, a copy. */
static bool keep_old(Writer *w, Stage *stage) {
  const char *path = name_beside(w, stage, "old");
  (void)unlink(path);
  if (!cleanup_file(path)) return fail(w, stage->file->path, "its path is too long");
  stage->backup = path;
  int problem = link(stage->path, path) ? copy_file(stage->path, path, stage->mode) : 0;
  return problem ? fail(w, stage->file->path, strerror(problem)) : true;
}

/* A device or a pipe: there is nothing to rename. */
static bool write_special(Writer *w, const Stage *stage) {
  progress_end();
  int fd = open_again(stage->path, O_WRONLY | O_NOCTTY | O_NONBLOCK, 0);
  if (fd < 0) return fail(w, stage->path, errno == ENXIO ? "nobody reads this pipe" : strerror(errno));
  (void)fcntl(fd, F_SETFL, 0);
  int problem = write_all(fd, stage->file->bytes, stage->file->length);
  if (close(fd) && !problem && errno != EINTR) problem = errno;
  return problem ? fail(w, stage->path, strerror(problem)) : true;
}

/* Puts the old files back. Allocates nothing, as renaming must not be left halfway. */
static void roll_back(Writer *w) {
  for (int i = w->count - 1; i >= 0; i--) {
    Stage *stage = &w->stages[i];
    if (stage->renamed && stage->backup) (void)rename(stage->backup, stage->path);
    else if (stage->renamed) (void)unlink(stage->path);
    else if (stage->backup) (void)unlink(stage->backup);
    if (!stage->renamed && stage->temporary) (void)unlink(stage->temporary);
    if (stage->backup) cleanup_forget(stage->backup);
    if (stage->temporary) cleanup_forget(stage->temporary);
  }
}

/* NULL, or the output that could not be put into its place, with errno. Allocates nothing. */
static const Stage *rename_all(Writer *w) {
  for (int i = 0; i < w->count; i++) {
    Stage *stage = &w->stages[i];
    if (stage->kind != STAGE_FILE) continue;
    if (rename(stage->temporary, stage->path)) return stage;
    stage->renamed = true;
    cleanup_forget(stage->temporary);
  }
  for (int i = 0; i < w->count; i++) {
    if (!w->stages[i].backup) continue;
    (void)unlink(w->stages[i].backup);
    cleanup_forget(w->stages[i].backup);
  }
  return NULL;
}

static bool write_stages(Writer *w) {
  for (int i = 0; i < w->count; i++)
    if (!plan_stage(w, &w->stages[i]) || !is_alone(w, &w->stages[i])) return false;
  for (int i = 0; i < w->count; i++)
    if (w->stages[i].kind == STAGE_FILE && !write_temporary(w, &w->stages[i])) return false;
  for (int i = 0; i < w->count; i++)
    if (w->stages[i].kind == STAGE_FILE && w->stages[i].replaces && !keep_old(w, &w->stages[i])) return false;
  /* What cannot be undone comes when all that is likely to fail has succeeded. */
  for (int i = 0; i < w->count; i++) {
    Stage *stage = &w->stages[i];
    if (stage->kind == STAGE_SPECIAL && !write_special(w, stage)) return false;
    const char *problem = stage->kind == STAGE_STDOUT ? write_stdout(stage->file->bytes, stage->file->length) : NULL;
    if (problem) return fail(w, "standard output", problem);
  }
  return true;
}

bool write_files(Arena *arena, const OutputFile *files, int count, WriteRules rules, const char **error, bool *refused) {
  Writer w = {arena, ARENA_ARRAY(arena, Stage, (size_t)count), count, rules, error, refused};
  for (int i = 0; i < count; i++) w.stages[i].file = &files[i];
  *refused = false;
  progress_begin("writing files", 0);
  bool good = write_stages(&w);
  cleanup_hold_signals();
  const Stage *failed = good ? rename_all(&w) : NULL;
  int problem = errno;
  if (!good || failed) roll_back(&w);
  cleanup_release_signals();
  return failed ? fail(&w, failed->file->path, strerror(problem)) : good;
}
