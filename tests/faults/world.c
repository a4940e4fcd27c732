/* world.c - see faults.h: the directory that cnnc works in, and what it says. Uses stdio, which no fault reaches. */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "faults.h"

static int messages_file = -1, report = -1;
static int failures;

void fail_test(const char *format, ...) {
  enum { MOST = 20 };
  va_list arguments;
  va_start(arguments, format);
  if (failures++ < MOST) {
    dprintf(report < 0 ? STDERR_FILENO : report, "FAILED: ");
    vdprintf(report < 0 ? STDERR_FILENO : report, format, arguments);
    dprintf(report < 0 ? STDERR_FILENO : report, "\n");
  }
  va_end(arguments);
}

void write_file(const char *path, const char *bytes, size_t length) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(bytes, 1, length, file) != length || fclose(file)) {
    perror(path);
    exit(2);
  }
}

char *read_file(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  struct stat info;
  if (!file || fstat(fileno(file), &info)) {
    perror(path);
    exit(2);
  }
  char *bytes = calloc(1, (size_t)info.st_size + 1);
  *length = fread(bytes, 1, (size_t)info.st_size, file);
  fclose(file);
  return bytes;
}

static int is_file(const struct dirent *entry) { return strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."); }

static bool is_directory(const char *path) {
  struct stat info;
  return !stat(path, &info) && S_ISDIR(info.st_mode);
}

/* A directory counts as an empty file. */
Snapshot take_snapshot(const char *directory) {
  Snapshot snapshot = {.count = 0};
  struct dirent **entries;
  int count = scandir(directory, &entries, is_file, alphasort);
  for (int i = 0; i < count; i++) {
    char path[2 * PATH_SIZE];
    if (snapshot.count < MOST_FILES) {
      int at = snapshot.count++;
      snprintf(snapshot.names[at], PATH_SIZE, "%s", entries[i]->d_name);
      snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
      snapshot.bytes[at] = is_directory(path) ? calloc(1, 1) : read_file(path, &snapshot.lengths[at]);
    }
    free(entries[i]);
  }
  if (count >= 0) free(entries);
  return snapshot;
}

void free_snapshot(Snapshot *snapshot) {
  for (int i = 0; i < snapshot->count; i++) free(snapshot->bytes[i]);
  snapshot->count = 0;
}

int find_file(const Snapshot *snapshot, const char *name) {
  for (int i = 0; i < snapshot->count; i++)
    if (!strcmp(snapshot->names[i], name)) return i;
  return -1;
}

static bool same_file(const Snapshot *a, int i, const Snapshot *b, int k) {
  return a->lengths[i] == b->lengths[k] && !memcmp(a->bytes[i], b->bytes[k], a->lengths[i]);
}

static bool has_same(const Snapshot *all, const Snapshot *a, int i) {
  int k = find_file(all, a->names[i]);
  return k >= 0 && same_file(a, i, all, k);
}

bool same_snapshot(const Snapshot *a, const Snapshot *b) {
  bool same = a->count == b->count;
  for (int i = 0; i < a->count && same; i++) same = has_same(b, a, i);
  return same;
}

/* What cnnc makes for a time: ".NAME.PID.N.tmp", ".old", and the directory "cnnc-XXXXXX". */
static bool is_temporary(const char *name) { return name[0] == '.' || !strncmp(name, "cnnc-", 5); }

bool is_mixture(const Snapshot *now, const Snapshot *a, const Snapshot *b) {
  for (int i = 0; i < now->count; i++)
    if (!is_temporary(now->names[i]) && !has_same(a, now, i) && !has_same(b, now, i)) return false;
  for (int i = 0; i < a->count; i++)
    if (find_file(now, a->names[i]) < 0) return false;
  return true;
}

void forget_files(Snapshot *snapshot, const char *beginning) {
  int kept = 0;
  for (int i = 0; i < snapshot->count; i++) {
    if (!strncmp(snapshot->names[i], beginning, strlen(beginning))) {
      free(snapshot->bytes[i]);
      continue;
    }
    memmove(snapshot->names[kept], snapshot->names[i], PATH_SIZE);
    snapshot->bytes[kept] = snapshot->bytes[i];
    snapshot->lengths[kept++] = snapshot->lengths[i];
  }
  snapshot->count = kept;
}

const char *stray_file(const Snapshot *now, const Snapshot *a, const Snapshot *b) {
  for (int i = 0; i < now->count; i++)
    if (find_file(a, now->names[i]) < 0 && find_file(b, now->names[i]) < 0) return now->names[i];
  return "no stray file";
}

void restore_snapshot(const char *directory, const Snapshot *snapshot) {
  Snapshot now = take_snapshot(directory);
  char path[2 * PATH_SIZE];
  for (int i = 0; i < now.count; i++) {
    if (has_same(snapshot, &now, i)) continue;
    snprintf(path, sizeof path, "%s/%s", directory, now.names[i]);
    if (is_directory(path)) {
      static const Snapshot empty;
      restore_snapshot(path, &empty);
    }
    (void)remove(path);
  }
  for (int i = 0; i < snapshot->count; i++) {
    if (has_same(&now, snapshot, i)) continue;
    snprintf(path, sizeof path, "%s/%s", directory, snapshot->names[i]);
    write_file(path, snapshot->bytes[i], snapshot->lengths[i]);
  }
  free_snapshot(&now);
}

void redirect_output(const char *directory) {
  char path[2 * PATH_SIZE];
  report = dup(STDOUT_FILENO);
  snprintf(path, sizeof path, "%s/stdout", directory);
  int out = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  snprintf(path, sizeof path, "%s/stderr", directory);
  messages_file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
  if (report < 0 || out < 0 || messages_file < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(messages_file, STDERR_FILENO) < 0) exit(2);
}

const char *messages(void) {
  static char text[1 << 14];
  ssize_t length = pread(messages_file, text, sizeof text - 1, 0);
  text[length > 0 ? length : 0] = '\0';
  if (ftruncate(messages_file, 0)) exit(2);
  return text;
}

/* The first argument: DIRECTORY, which is emptied; then what to try. */
int main(int argc, char **argv) {
  if (argc < 4) {
    fputs("usage: faults DIRECTORY allocations MOST INPUT..\n       faults DIRECTORY calls STEP MODEL\n", stderr);
    return 2;
  }
  redirect_output(argv[1]);
  bool allocations = !strcmp(argv[2], "allocations");
  long amount = strtol(argv[3], NULL, 10);
  char directory[PATH_SIZE];
  snprintf(directory, sizeof directory, "%s/work", argv[1]);
  if (mkdir(directory, 0755)) return 2;
  long tried = allocations ? fail_allocations(directory, argv + 4, argc - 4, amount) : fail_calls(directory, argv[4], amount);
  dprintf(report, "%s: %ld faults in %d %s, %d wrong\n", argv[2], tried, argc - 4, allocations ? "inputs" : "model, all verbs that write",
          failures);
  return failures > 0;
}
