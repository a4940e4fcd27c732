/* replay.c - runs fuzz targets over files, without libFuzzer: `replay [-n CHANGES] [-s SEED] [-k FILE] DIRECTORY..`, each named like
 * its target.
 *
 * Every file is read several times and must keep every promise; so must CHANGES inputs that the target's mutator and plain
 * changes of bytes make of each. A promise that is broken ends the program, with the input in FILE. The status is 3 if a target
 * was left out, which is that of nets where there is no libtcc. */
#define _DEFAULT_SOURCE /* scandir */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_BYTES = 1 << 16 };

static const FuzzTarget *const targets[] = {&compile_target,
                                            &format_target,
                                            &image_target,
                                            &import_target,
                                            &npy_target,
                                            &npz_target,
                                            &onnx_target,
                                            &syntax_target,
                                            &safetensors_target,
#ifdef HAVE_LIBTCC
                                            &nets_target,
#endif
                                            NULL};
static uint64_t change;    /* state of LLVMFuzzerMutate */
static const char *keep;   /* FILE */
static const uint8_t *now; /* the input that is being read */
static size_t now_length;
static bool left_out; /* a target was not built */

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t length, size_t most) {
  size_t at = length ? fuzz_below(&change, length) : 0, count = 1 + fuzz_below(&change, 8);
  if (count > length - at) count = length - at;
  switch (fuzz_below(&change, 5)) {
  case 0: /* one bit */
    if (length) bytes[at] ^= (uint8_t)(1u << fuzz_below(&change, 8));
    return length;
  case 1: /* any bytes */
    for (size_t i = 0; i < count; i++) bytes[at + i] = (uint8_t)fuzz_random(&change);
    return length;
  case 2: /* fewer */ memmove(bytes + at, bytes + at + count, length - at - count); return length - count;
  case 3: /* the same bytes elsewhere */
    if (length) memmove(bytes + fuzz_below(&change, length - count + 1), bytes + at, count);
    return length;
  default: /* some twice */
    if (count > most - length) return length;
    memmove(bytes + at + count, bytes + at, length - at);
    return length + count;
  }
}

/* Keeps the input; only what a handler may call. */
static void on_abort(int number) {
  int file = keep ? open(keep, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
  if (file >= 0 && write(file, now, now_length) == (ssize_t)now_length) (void)close(file);
  (void)signal(number, SIG_DFL);
  (void)raise(number);
}

static void read_input(const FuzzTarget *target, const uint8_t *bytes, size_t length, bool thorough) {
  uint8_t *exact = malloc(length ? length : 1); /* so that reading behind its end is seen */
  if (!exact) abort();
  memcpy(exact, bytes, length);
  now = exact;
  now_length = length;
  fuzz_input(target, exact, length, thorough);
  free(exact);
}

static void replay(const FuzzTarget *target, const char *path, long changes) {
  static uint8_t original[MOST_BYTES], changed[MOST_BYTES];
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    exit(2);
  }
  size_t length = fread(original, 1, sizeof original, file);
  fclose(file);
  read_input(target, original, length, true);
  size_t now_has = 0;
  for (long i = 0; i < changes; i++) {
    if (i % 4 == 0) { /* up to four changes on top of each other */
      memcpy(changed, original, length);
      now_has = length;
    }
    bool structured = target->mutate && fuzz_below(&change, 2);
    now_has = structured ? target->mutate(changed, now_has, sizeof changed, fuzz_random(&change))
                         : LLVMFuzzerMutate(changed, now_has, sizeof changed);
    read_input(target, changed, now_has, false);
  }
}

static int is_file(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static bool replay_directory(const char *directory, long changes) {
  const char *slash = strrchr(directory, '/'), *name = slash ? slash + 1 : directory;
  const FuzzTarget *target = NULL;
  for (int i = 0; targets[i]; i++)
    if (!strcmp(targets[i]->name, name)) target = targets[i];
  struct dirent **entries;
#ifndef HAVE_LIBTCC
  if (!strcmp(name, "nets")) {
    printf("nets: left out, since cnnc was built where libtcc was not\n");
    left_out = true;
    return true;
  }
#endif
  int count = target ? scandir(directory, &entries, is_file, alphasort) : -1;
  if (count <= 0) {
    fprintf(stderr, "%s: no target of this name, or no inputs\n", directory);
    return false;
  }
  for (int i = 0; i < count; i++) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
    replay(target, path, changes);
    free(entries[i]);
  }
  free(entries);
  printf("%s: %d inputs, %ld changes of each\n", target->name, count, changes);
  return true;
}

int main(int argc, char **argv) {
  long changes = 0;
  int option;
  while ((option = getopt(argc, argv, "n:s:k:")) != -1) {
    if (option == 'n') changes = strtol(optarg, NULL, 10);
    else if (option == 's') change = strtoull(optarg, NULL, 10);
    else if (option == 'k') keep = optarg;
    else return 2;
  }
  (void)signal(SIGABRT, on_abort);
  for (int i = optind; i < argc; i++)
    if (!replay_directory(argv[i], changes)) return 2;
  return optind == argc ? 2 : left_out ? 3 : 0;
}
