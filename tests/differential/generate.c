/* generate.c - random small nets, of five kinds.
 *
 *   generate exact|rounded|varying|special|adjoint DIR FIRST COUNT SEED [sources]      writes DIR/exact0.cnn, DIR/exact0.safetensors, ..
 *   generate bytes DIR FILE      the net that this input of the fuzz target `nets` stands for, as DIR/exact.cnn, ..
 *
 * In exact nets floats make no errors, so that any difference at all is a bug; rounded nets have what no float computes
 * exactly. Varying ones are exact ones with sizes that vary, for whose least values everything fits: cnnc refuses some.
 * Special ones move values and choose among them, so that any value comes out as it went in: infinities, FLT_MAX, ..
 * Adjoint ones (adjoint.c) give 0.
 * With `sources`, no weights are written. What occurs how often: coverage.c. */
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "random_net.h"

typedef struct Job {
  const char *kind, *directory;
  uint64_t seed;
  bool sources; /* without weights */
} Job;

static FILE *open_new(const Job *job, const char *name, const char *ending) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s.%s", job->directory, name, ending);
  FILE *file = fopen(path, "wb");
  if (!file) exit(2);
  return file;
}

static void write_net(const Net *net, const Job *job, const char *name, const char *comment) {
  FILE *out = open_new(job, name, "cnn");
  print_net(net, out, name, comment);
  if (fclose(out)) exit(2);
  if (!has_weights(net) || job->sources) return;
  out = open_new(job, name, "safetensors");
  print_weights(net, out);
  if (fclose(out)) exit(2);
}

static void generate(const Job *job, int number) {
  char name[32], comment[100];
  snprintf(name, sizeof name, "%s%d", job->kind, number);
  snprintf(comment, sizeof comment, "generate %s DIR %d 1 %llu", job->kind, number, (unsigned long long)job->seed);
  seed_random(job->seed * UINT64_C(0x2545f4914f6cdd1d) + (uint64_t)number + ((uint64_t)(unsigned char)*job->kind << 40));
  Net *net = random_net(job->kind, MOST_CHANNELS);
  write_net(net, job, name, comment);
  free_net(net);
}

static void generate_from(const char *directory, const char *path) {
  static uint8_t bytes[1 << 16];
  FILE *file = fopen(path, "rb");
  if (!file) exit(2);
  size_t length = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  Job job = {.directory = directory};
  const char *kind;
  Net *net = random_net_of(bytes, length, &kind);
  write_net(net, &job, kind, "generate bytes");
  free_net(net);
}

int main(int argc, char **argv) {
  bool known = argc > 1 && (!strcmp(argv[1], "exact") || !strcmp(argv[1], "rounded") || !strcmp(argv[1], "varying") ||
                            !strcmp(argv[1], "special") || !strcmp(argv[1], "adjoint"));
  if (argc == 4 && !strcmp(argv[1], "bytes")) {
    generate_from(argv[2], argv[3]);
    return 0;
  }
  if (argc < 6 || !known) {
    fprintf(stderr, "generate exact|rounded|varying|special|adjoint DIR FIRST COUNT SEED [sources]\n"
                    "generate bytes DIR FILE\n");
    return 2;
  }
  Job job = {argv[1], argv[2], strtoull(argv[5], NULL, 10), argc > 6};
  for (int first = atoi(argv[3]), i = 0; i < atoi(argv[4]); i++) generate(&job, first + i);
  return 0;
}
