/* reader.c - see reader.h. */
#include "support/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/progress.h"
#include "support/text.h"

enum { MAX_PIPE_BYTES = 64 << 20, FIRST_CHUNK = 64 * 1024 };

static ssize_t read_some(int fd, char *to, size_t count) {
  ssize_t got;
  do got = read(fd, to, count);
  while (got < 0 && errno == EINTR);
  return got;
}

/* A file whose size is known; one that shrinks meanwhile is shorter, one that grows is cut. */
static const char *read_sized(Arena *arena, int fd, size_t size, size_t *length, const char **error) {
  char *bytes = arena_alloc(arena, size + 1);
  for (*length = 0; *length < size;) {
    ssize_t got = read_some(fd, bytes + *length, size - *length);
    if (got < 0) {
      *error = strerror(errno);
      return NULL;
    }
    if (!got) break;
    *length += (size_t)got;
  }
  bytes[*length] = '\0';
  return bytes;
}

static const char *read_stream(Arena *arena, int fd, size_t *length, const char **error) {
  size_t capacity = FIRST_CHUNK;
  progress_wait(); /* whoever writes or types it is what is waited for */
  char *bytes = arena_alloc(arena, capacity + 1);
  for (*length = 0;;) {
    if (*length == capacity) {
      if (capacity >= MAX_PIPE_BYTES) {
        ssize_t more = read_some(fd, bytes + capacity, 1); /* where the NUL will stand */
        if (!more) break;
        *error = more < 0 ? strerror(errno) : "more than 64 MiB from a pipe";
        return NULL;
      }
      bytes = arena_grow(arena, bytes, capacity, 2 * capacity + 1);
      capacity *= 2;
    }
    ssize_t got = read_some(fd, bytes + *length, capacity - *length);
    if (got < 0) {
      *error = strerror(errno);
      return NULL;
    }
    if (!got) break;
    *length += (size_t)got;
  }
  bytes[*length] = '\0';
  return bytes;
}

/* An open descriptor that must not be lost when the arena runs out of memory. */
static void close_descriptor(void *object) {
  int *fd = object;
  if (*fd > STDIN_FILENO) (void)close(*fd);
  *fd = -1;
}

static const char *read_descriptor(Arena *arena, int fd, ReadWhat what, size_t *length, const char **error) {
  struct stat info;
  if (fstat(fd, &info)) *error = strerror(errno);
  else if (S_ISDIR(info.st_mode)) *error = "it is a directory";
  else if (S_ISREG(info.st_mode) && (uint64_t)info.st_size > MAX_FILE_BYTES) *error = "it is larger than 4 GiB";
  /* A size of 0 may be a file of /proc: those are read to their end. */
  else if (S_ISREG(info.st_mode) && info.st_size > 0) return read_sized(arena, fd, (size_t)info.st_size, length, error);
  else if (S_ISREG(info.st_mode)) return read_stream(arena, fd, length, error);
  else if (what == READ_FILES_ONLY) *error = "it is not a regular file";
  else if (fd != STDIN_FILENO && !S_ISFIFO(info.st_mode) && !S_ISSOCK(info.st_mode)) *error = "it is a device";
  else return read_stream(arena, fd, length, error);
  return NULL;
}

static int open_file(int directory, const char *path, int flags) {
  int fd;
  do fd = openat(directory, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags);
  while (fd < 0 && errno == EINTR);
  return fd;
}

/* The least number that is free is given out, so all below it are taken. Reading what is open for writing only is an
 * error, and the other way round. */
void keep_standard_streams(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static int *new_descriptor(Arena *arena) {
  int *fd = ARENA_NEW(arena, int);
  *fd = -1;
  arena_defer(arena, close_descriptor, fd);
  return fd;
}

static const char *open_error(void) { return errno == ENOENT ? NO_SUCH_FILE : strerror(errno); }

const char *read_whole_file(Arena *arena, const char *path, ReadWhat what, size_t *length, const char **error) {
  if (what == READ_ANYTHING && !strcmp(path, "-")) return read_descriptor(arena, STDIN_FILENO, what, length, error);
  int *fd = new_descriptor(arena);
  struct stat info;
  /* Without a look first, opening a FIFO that nobody writes to would wait for ever. */
  bool pipe = what == READ_ANYTHING && !stat(path, &info) && S_ISFIFO(info.st_mode);
  *fd = open_file(AT_FDCWD, path, pipe ? 0 : O_NONBLOCK);
  if (*fd < 0) {
    *error = open_error();
    return NULL;
  }
  const char *bytes = read_descriptor(arena, *fd, what, length, error);
  close_descriptor(fd);
  return bytes;
}

/* Why a source may not name this path; NULL: it may. */
static const char *path_refusal(const char *path) {
  size_t length = strlen(path);
  if (!length) return "the path is empty";
  if (path[0] == '/' || path[0] == '~') return "a path in a source is relative to the source's directory";
  if (strchr(path, '\\')) return "a path in a source is written with `/`";
  if (path[length - 1] == '/') return "it is a directory";
  for (const char *part = path; part; part = strchr(part, '/')) {
    part += *part == '/';
    if (!strncmp(part, "..", 2) && (!part[2] || part[2] == '/')) return "a path in a source may not leave its directory by `..`";
  }
  return NULL;
}

/* One step down from *directory, whose place it takes. A link is not followed: it may lead anywhere. */
static bool step_into(int *directory, const char *part, bool last, const char **error) {
  struct stat info;
  int next = open_file(*directory, part, O_NOFOLLOW | O_NONBLOCK | (last ? 0 : O_DIRECTORY));
  if (next < 0) {
    *error = open_error();
    bool link = !fstatat(*directory, part, &info, AT_SYMLINK_NOFOLLOW) && S_ISLNK(info.st_mode);
    if (link) *error = "a symbolic link is not followed from a source";
  }
  close_descriptor(directory);
  *directory = next;
  return next >= 0;
}

const char *read_file_beside(Arena *arena, const char *path, const char *source, size_t *length, const char **error) {
  *error = path_refusal(path);
  if (*error) return NULL;
  int *fd = new_descriptor(arena);
  *fd = open_file(AT_FDCWD, path_beside(arena, ".", source), O_DIRECTORY);
  if (*fd < 0) {
    *error = open_error();
    return NULL;
  }
  for (const char *part = path; *part;) {
    size_t size = strcspn(part, "/");
    bool last = !part[size];
    if (size && !step_into(fd, arena_strndup(arena, part, size), last, error)) return NULL;
    part += size + !last;
  }
  const char *bytes = read_descriptor(arena, *fd, READ_FILES_ONLY, length, error);
  close_descriptor(fd);
  return bytes;
}

const char *normal_path(Arena *arena, const char *path) {
  Text text = text_new(arena);
  text_add(&text, path[0] == '/' ? "/" : "");
  size_t root = text.length;
  for (const char *part = path; *part; part += *part == '/') {
    size_t length = strcspn(part, "/");
    const char *here = text_string(&text);
    const char *slash = text.length > root ? strrchr(here + root, '/') : NULL, *last = slash ? slash + 1 : here + root;
    bool parent = length == 2 && strncmp(part, "..", 2) == 0, has_last = *last && strcmp(last, "..") != 0;
    if (parent && has_last) {
      text.length = (size_t)(last - here) > root ? (size_t)(last - here) - 1 : root;
      text.data[text.length] = '\0';
    } else if (length && !(length == 1 && *part == '.')) {
      if (text.length > root) text_add(&text, "/");
      text_add_bytes(&text, part, length);
    }
    part += length;
  }
  return text_string(&text);
}

const char *path_beside(Arena *arena, const char *path, const char *relative_to) {
  const char *slash = relative_to && strcmp(relative_to, "-") ? strrchr(relative_to, '/') : NULL;
  if (path[0] == '/' || !slash) return path;
  return arena_printf(arena, "%.*s%s", (int)(slash + 1 - relative_to), relative_to, path);
}
