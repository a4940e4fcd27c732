/* system_calls.c - what the linker puts in the place of calls of the system that cnnc makes (-Wl,--wrap=NAME). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "faults.h"

const char *const call_names[CALLS] = {"open", "read", "write", "fsync", "close", "link", "rename", "unlink", "fchmod", "fstat"};
static Fault now;
static long own_counts[CALLS];
long *call_counts = own_counts;

void set_fault(const Fault *fault) { now = *fault; }

/* Counts the call. true: it shall fail, with errno set. */
static bool strikes(Call call) {
  long nth = ++call_counts[call];
  if (now.no_links && call == CALL_LINK) return errno = EPERM, true;
  if (call != now.call || now.kind == FAULT_NONE || nth < now.nth || (nth > now.nth && !now.for_ever)) return false;
  if (now.kind == FAULT_SIGNAL) (void)raise(now.number);
  if (now.kind == FAULT_ERROR) errno = now.number;
  return now.kind == FAULT_ERROR;
}

static bool is_short(Call call) { return now.kind == FAULT_SHORT && now.call == call && call_counts[call] >= now.nth; }

/* What the linker makes of names; the real ones are those of the C library. */
int __real_open(const char *path, int flags, ...);
int __real_openat(int directory, const char *path, int flags, ...);
ssize_t __real_read(int fd, void *to, size_t count);
ssize_t __real_write(int fd, const void *from, size_t count);
int __real_fsync(int fd);
int __real_close(int fd);
int __real_link(const char *from, const char *to);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_fchmod(int fd, mode_t mode);
int __real_fstat(int fd, struct stat *info);
int __wrap_open(const char *path, int flags, ...);
int __wrap_openat(int directory, const char *path, int flags, ...);
ssize_t __wrap_read(int fd, void *to, size_t count);
ssize_t __wrap_write(int fd, const void *from, size_t count);
int __wrap_fsync(int fd);
int __wrap_close(int fd);
int __wrap_link(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_fstat(int fd, struct stat *info);

static mode_t mode_of(int flags, va_list arguments) { return flags & O_CREAT ? (mode_t)va_arg(arguments, unsigned) : 0; }

int __wrap_open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return strikes(CALL_OPEN) ? -1 : __real_open(path, flags, mode);
}

int __wrap_openat(int directory, const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return strikes(CALL_OPEN) ? -1 : __real_openat(directory, path, flags, mode);
}

ssize_t __wrap_read(int fd, void *to, size_t count) {
  if (strikes(CALL_READ)) return -1;
  return __real_read(fd, to, is_short(CALL_READ) && count > 1 ? count / 2 : count);
}

ssize_t __wrap_write(int fd, const void *from, size_t count) {
  if (strikes(CALL_WRITE)) return -1;
  return __real_write(fd, from, is_short(CALL_WRITE) && count > 1 ? count / 2 : count);
}

/* A descriptor is gone even when close reports an error. */
int __wrap_close(int fd) {
  if (!strikes(CALL_CLOSE)) return __real_close(fd);
  int error = errno;
  (void)__real_close(fd);
  errno = error;
  return -1;
}

int __wrap_fsync(int fd) { return strikes(CALL_FSYNC) ? -1 : __real_fsync(fd); }
int __wrap_link(const char *from, const char *to) { return strikes(CALL_LINK) ? -1 : __real_link(from, to); }
int __wrap_rename(const char *from, const char *to) { return strikes(CALL_RENAME) ? -1 : __real_rename(from, to); }
int __wrap_unlink(const char *path) { return strikes(CALL_UNLINK) ? -1 : __real_unlink(path); }
int __wrap_fchmod(int fd, mode_t mode) { return strikes(CALL_FCHMOD) ? -1 : __real_fchmod(fd, mode); }
int __wrap_fstat(int fd, struct stat *info) { return strikes(CALL_FSTAT) ? -1 : __real_fstat(fd, info); }
