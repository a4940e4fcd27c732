/* team_reads.c - what one thread reads of memory in a second, and what a team of OpenMP does together: how much faster layers
 * can become whose weights come round once a run.
 *
 *   gcc -O3 -march=native -fopenmp tests/bench/team_reads.c -o team_reads && ./team_reads 2     GB/s of one, GB/s of two */
#define _GNU_SOURCE
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LINE = 16, SUMS = 4, ROUNDS = 15 };     /* floats of a cache line */
static const size_t BYTES = (size_t)256 << 20; /* beyond all caches */
typedef float vector __attribute__((vector_size(sizeof(float) * LINE)));

static volatile float sink;

static void read_part(const vector *part, size_t lines) {
  vector sums[SUMS] = {{0}};
  for (size_t i = 0; i < lines; i += SUMS)
    for (int s = 0; s < SUMS; s++) sums[s] += part[i + (size_t)s];
  sink = sums[0][0] + sums[1][0] + sums[2][0] + sums[3][0];
}

/* Bytes a second, of the best round. */
static double rate(const vector *block, int threads) {
  double least = 1e9;
  size_t lines = BYTES / sizeof(vector) / (size_t)threads / SUMS * SUMS;
  for (int round = 0; round < ROUNDS; round++) {
    double start = omp_get_wtime();
#pragma omp parallel num_threads(threads)
    read_part(block + lines * (size_t)omp_get_thread_num(), lines);
    double took = omp_get_wtime() - start;
    if (took < least) least = took;
  }
  return (double)(lines * (size_t)threads * sizeof(vector)) / least;
}

int main(int count, char **words) {
  int threads = count > 1 ? atoi(words[1]) : 2;
  vector *block = aligned_alloc((size_t)2 << 20, BYTES);
  if (!block || threads < 1) return 1;
  madvise(block, BYTES, MADV_HUGEPAGE);
  memset(block, 0, BYTES);
  printf("%.4g %.4g\n", rate(block, 1) * 1e-9, rate(block, threads) * 1e-9);
  return 0;
}
