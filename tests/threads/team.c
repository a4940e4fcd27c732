/* team.c - a team of threads in place of gcc's library for OpenMP, so that ThreadSanitizer, which does not know the
 * locks of that library, sees everything that orders two threads: here, that a team begins, meets and ends.
 *
 * Only what gcc calls for the pragmas of emitted C: `parallel`, `for schedule(static) nowait`, `single nowait`, `barrier`. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 3 };

typedef struct Member {
  void (*work)(void *);
  void *data;
  int number, singles; /* how many `single` it has come to */
  int *begun;          /* how many of them a thread of the team has begun */
  pthread_barrier_t *meeting;
} Member;

static _Thread_local Member *self; /* NULL: outside of a team */
static long teams;

void GOMP_parallel(void (*work)(void *), void *data, unsigned threads, unsigned flags);
bool GOMP_single_start(void);
void GOMP_barrier(void);
int omp_get_num_threads(void);
int omp_get_thread_num(void);

static void *run_member(void *member) {
  self = member;
  self->work(self->data);
  self = NULL;
  return NULL;
}

void GOMP_parallel(void (*work)(void *), void *data, unsigned threads, unsigned flags) {
  Member members[THREADS];
  pthread_t others[THREADS];
  int begun = 0;
  pthread_barrier_t meeting;
  if (pthread_barrier_init(&meeting, NULL, THREADS)) abort();
  (void)threads, (void)flags;
  for (int i = 0; i < THREADS; i++) members[i] = (Member){work, data, i, 0, &begun, &meeting};
  for (int i = 1; i < THREADS; i++)
    if (pthread_create(&others[i], NULL, run_member, &members[i])) abort();
  run_member(&members[0]);
  for (int i = 1; i < THREADS; i++) pthread_join(others[i], NULL);
  pthread_barrier_destroy(&meeting);
  teams++;
}

/* The first that comes to it; as with OpenMP, nothing else is ordered by that. */
bool GOMP_single_start(void) {
  if (!self) return true;
  int mine = self->singles++;
  return __atomic_compare_exchange_n(self->begun, &mine, mine + 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

void GOMP_barrier(void) {
  if (self) pthread_barrier_wait(self->meeting);
}

int omp_get_num_threads(void) { return self ? THREADS : 1; }
int omp_get_thread_num(void) { return self ? self->number : 0; }

static __attribute__((destructor)) void report(void) { fprintf(stderr, "%ld teams of %d threads\n", teams, THREADS); }
