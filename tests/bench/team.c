/* team.c - what it costs that threads of OpenMP begin and end together, and that they meet in between.
 *
 *   gcc -O2 -fopenmp tests/bench/team.c -o team && OMP_NUM_THREADS=2 ./team */
#include <stdio.h>
#include <time.h>

enum { LAYERS = 50, ROUNDS = 3000, LINE = 64 };

static volatile float places[64 * LINE];

static double microseconds(void) {
  struct timespec t;
  timespec_get(&t, TIME_UTC);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static __attribute__((noinline)) void work(int part) {
  for (int k = 0; k < 200; k++) places[part * LINE] += 1.0f;
}

static void teams(void) {
  for (int layer = 0; layer < LAYERS; layer++) {
#pragma omp parallel for schedule(static)
    for (int part = 0; part < 2; part++) work(part);
  }
}

static void meetings(void) {
#pragma omp parallel
  for (int layer = 0; layer < LAYERS; layer++) {
#pragma omp for schedule(static)
    for (int part = 0; part < 2; part++) work(part);
  }
}

static void alone(void) {
  for (int layer = 0; layer < LAYERS; layer++) work(0);
}

/* Least of all rounds, for one layer. */
static double least(void (*form)(void)) {
  double best = 1e9;
  for (int round = 0; round < ROUNDS; round++) {
    double start = microseconds();
    form();
    double took = microseconds() - start;
    if (took < best) best = took;
  }
  return best / LAYERS;
}

int main(void) {
  double work_alone = least(alone);
  printf("half of a layer alone %.2f us; with a team for each layer %.2f us more, with one team that meets %.2f us more\n", work_alone,
         least(teams) - work_alone, least(meetings) - work_alone);
  return 0;
}
