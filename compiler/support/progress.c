/* progress.c - see progress.h. The handler calls functions that are async-signal-safe, and ioctl, which is a mere system call. */
#include "support/progress.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "support/cleanup.h"

enum { FIRST_TICK = 500, TICKS = 100, BAR = 20, MOST_COLUMNS = 79, LEAST_COLUMNS = 20 }; /* milliseconds; characters */

static bool allowed, ticking;
/* Written while SIGALRM is blocked. */
static const char *stage, *file; /* NULL: none */
static int64_t total, done;
static volatile sig_atomic_t thousandths; /* of the stage; -1: nobody knows */
static time_t started;
static char shown[MOST_COLUMNS + 1]; /* stands on the terminal */

static void hold_ticks(bool hold) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  (void)sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static size_t add(char *line, size_t length, const char *text) {
  for (; *text && length < MOST_COLUMNS; text++) line[length++] = *text == '_' ? ' ' : *text;
  return length;
}

static size_t add_number(char *line, size_t length, long number) {
  char digits[24];
  size_t at = sizeof digits;
  digits[--at] = '\0';
  do digits[--at] = (char)('0' + number % 10);
  while (number /= 10);
  return add(line, length, digits + at);
}

static time_t seconds(void) {
  struct timespec now;
  return clock_gettime(CLOCK_MONOTONIC, &now) ? 0 : now.tv_sec;
}

static int share_done(void) {
  struct stat info;
  if (!file) return thousandths;
  int64_t written = stat(file, &info) ? 0 : (int64_t)info.st_size;
  return written < total ? (int)(written * 1000 / total) : 1000;
}

/* "cnnc: running the network [#####...............]  27 %  3 s", cut to what the terminal holds. */
static void compose(char *line, size_t columns) {
  int share = share_done();
  size_t length = add(line, add(line, 0, "cnnc: "), stage);
  if (share >= 0) {
    length = add(line, length, " [");
    for (int i = 0; i < BAR; i++) length = add(line, length, i < share * BAR / 1000 ? "#" : ".");
    length = add_number(line, add(line, length, share < 100 ? "]   " : share < 1000 ? "]  " : "] "), share / 10);
    length = add(line, length, " %");
  }
  length = add_number(line, add(line, length, "  "), (long)(seconds() - started));
  length = add(line, length, " s");
  line[length < columns ? length : columns] = '\0';
}

static void put(const char *bytes, size_t length) {
  while (length) {
    ssize_t written = write(STDERR_FILENO, bytes, length);
    if (written < 0 && errno != EINTR) return;
    if (written > 0) bytes += written, length -= (size_t)written;
  }
}

/* The line in place of the one that stands there. Without escape sequences: what is longer is covered with blanks. */
static void replace(const char *line) {
  char text[2 * MOST_COLUMNS + 3] = "\r";
  size_t length = strlen(line), old = strlen(shown), at = 1;
  memcpy(text + at, line, length);
  at += length;
  for (; length < old; length++) text[at++] = ' ';
  if (!*line) text[at++] = '\r';
  put(text, at);
  strcpy(shown, line);
}

/* A program in the background leaves the terminal to others. */
static bool has_terminal(void) {
  pid_t group = tcgetpgrp(STDERR_FILENO);
  return group < 0 || group == getpgrp();
}

static size_t columns_of_terminal(void) {
  struct winsize size;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col) return MOST_COLUMNS;
  return size.ws_col > MOST_COLUMNS ? MOST_COLUMNS : (size_t)size.ws_col - 1;
}

static void on_tick(int number) {
  int kept = errno;
  size_t columns = columns_of_terminal();
  char line[MOST_COLUMNS + 1] = "";
  (void)number;
  if (stage && columns >= LEAST_COLUMNS && has_terminal()) {
    compose(line, columns);
    if (strcmp(line, shown) != 0) replace(line);
  }
  errno = kept;
}

void progress_allow(void) {
  const char *term = getenv("TERM");
  allowed = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

static void start_ticks(void) {
  struct sigaction action;
  const struct itimerval every = {{0, TICKS * 1000}, {0, FIRST_TICK * 1000}};
  memset(&action, 0, sizeof action);
  action.sa_handler = on_tick;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  cleanup_first(progress_end);
  ticking = !sigaction(SIGALRM, &action, NULL) && !setitimer(ITIMER_REAL, &every, NULL);
  started = seconds();
}

static void begin(const char *new_stage, const char *new_file, int64_t new_total) {
  if (!allowed) return;
  hold_ticks(true);
  stage = new_stage;
  file = new_total ? new_file : NULL;
  total = new_total;
  done = 0;
  thousandths = total ? 0 : -1;
  if (!ticking) start_ticks();
  hold_ticks(false);
}

void progress_begin(const char *new_stage, int64_t new_total) { begin(new_stage, NULL, new_total); }
void progress_follow(const char *new_stage, const char *path, int64_t bytes) { begin(new_stage, path, bytes); }

void progress_advance(int64_t units) {
  if (!allowed || !total) return;
  done += units < total - done ? units : total - done;
  thousandths = (int)((double)done / (double)total * 1000);
}

void progress_end(void) {
  if (!ticking) return;
  hold_ticks(true);
  stage = NULL;
  if (*shown) replace("");
  hold_ticks(false);
}

void progress_wait(void) {
  const struct itimerval never = {{0, 0}, {0, 0}};
  progress_end();
  if (ticking) ticking = setitimer(ITIMER_REAL, &never, NULL) != 0;
}
