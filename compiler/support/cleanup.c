/* cleanup.c - see cleanup.h. The handler calls async-signal-safe functions only. */
#include "support/cleanup.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_ENTRIES = 32, MAX_PATH = 4096 };

static struct {
  volatile sig_atomic_t used; /* set last */
  bool directory;
  char path[MAX_PATH];
} entries[MAX_ENTRIES];
static volatile sig_atomic_t child_process; /* pid_t is an int here */
static void (*first_act)(void);
static bool handlers_installed;
static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

/* What a compiler that was ended left in it goes, too; only `rm` does that within a signal handler. */
static void remove_directory(const char *path) {
  if (!rmdir(path) || (errno != ENOTEMPTY && errno != EEXIST)) return;
  pid_t child = fork();
  if (child == 0) {
    (void)execl("/bin/rm", "rm", "-rf", "--", path, (char *)NULL);
    _exit(127);
  }
  while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
}

void cleanup_all(void) {
  for (int i = MAX_ENTRIES - 1; i >= 0; i--) {
    if (!entries[i].used) continue;
    if (entries[i].directory) remove_directory(entries[i].path);
    else (void)unlink(entries[i].path);
    entries[i].used = 0;
  }
}

/* The child and what it started; files that they have open would outlive cnnc's. One that will not hear is killed. */
static void end_child(void) {
  enum { TRIES = 200, MILLISECONDS = 10 };
  pid_t child = (pid_t)child_process;
  if (child <= 0) return;
  (void)kill(-child, SIGTERM);
  for (int i = 0; i < TRIES; i++) {
    if (waitpid(child, NULL, WNOHANG)) return;
    (void)poll(NULL, 0, MILLISECONDS);
  }
  (void)kill(-child, SIGKILL);
  (void)waitpid(child, NULL, 0);
}

static void on_signal(int number) {
  if (first_act) first_act();
  end_child();
  cleanup_all();
  (void)signal(number, SIG_DFL);
  (void)raise(number);
}

static void install_handlers(void) {
  if (handlers_installed) return;
  handlers_installed = true;
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    struct sigaction action, old;
    if (sigaction(signals[i], NULL, &old) || old.sa_handler == SIG_IGN) continue; /* nohup stays nohup */
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    for (size_t k = 0; k < sizeof signals / sizeof *signals; k++) sigaddset(&action.sa_mask, signals[k]);
    (void)sigaction(signals[i], &action, NULL);
  }
}

static bool add(const char *path, bool directory) {
  size_t length = strlen(path);
  if (length >= MAX_PATH) return false;
  install_handlers();
  int last = -1; /* after all that are used, so that a directory goes after its files */
  for (int i = 0; i < MAX_ENTRIES; i++)
    if (entries[i].used) last = i;
  if (last + 1 == MAX_ENTRIES) return false;
  memcpy(entries[last + 1].path, path, length + 1);
  entries[last + 1].directory = directory;
  entries[last + 1].used = 1;
  return true;
}

bool cleanup_file(const char *path) { return add(path, false); }
bool cleanup_directory(const char *path) { return add(path, true); }

void cleanup_forget(const char *path) {
  for (int i = 0; i < MAX_ENTRIES; i++)
    if (entries[i].used && !strcmp(entries[i].path, path)) entries[i].used = 0;
}

void cleanup_first(void (*act)(void)) {
  first_act = act;
  install_handlers();
}

void cleanup_child(pid_t child) { child_process = (sig_atomic_t)child; }

static void change_mask(int how) {
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaddset(&set, signals[i]);
  (void)sigprocmask(how, &set, NULL);
}

void cleanup_hold_signals(void) { change_mask(SIG_BLOCK); }
void cleanup_release_signals(void) { change_mask(SIG_UNBLOCK); }
