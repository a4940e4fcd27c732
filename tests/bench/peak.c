/* peak.c - the most multiply-adds that one core does: independent chains in all vector registers. */
#include "bench.h"

#if defined(__AVX512F__)
enum { LANES = 16, CHAINS = 24 };
#elif defined(__AVX__)
enum { LANES = 8, CHAINS = 12 };
#else
enum { LANES = 4, CHAINS = 12 };
#endif
typedef float vector __attribute__((vector_size(4 * LANES)));

enum { ROUNDS = 20000 };
static volatile float sink;

#define EACH(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11)
#define MORE(M) M(12) M(13) M(14) M(15) M(16) M(17) M(18) M(19) M(20) M(21) M(22) M(23)

#if defined(__clang__) && defined(__AVX512F__)
__attribute__((min_vector_width(512))) /* clang would cut the vectors in two */
#endif
static void
chains(void *context) {
  vector a = {0}, b = {0};
  a += 1.000001f;
  b += 1e-9f;
  (void)context;
#define DECLARE(i) vector c##i = a * (float)(i + 1);
#define STEP(i) c##i = c##i * a + b;
#define SUM(i) a += c##i;
  EACH(DECLARE)
#if defined(__AVX512F__)
  MORE(DECLARE)
#endif
  for (int r = 0; r < ROUNDS; r++) {
    EACH(STEP)
#if defined(__AVX512F__)
    MORE(STEP)
#endif
    __asm__ volatile("" : "+m"(sink));
  }
  EACH(SUM)
#if defined(__AVX512F__)
  MORE(SUM)
#endif
  sink = a[0];
}

/* Floating-point operations a second. */
double measured_peak(void);
double measured_peak(void) {
  Timing t = time_calls(chains, NULL, 60, 3);
  return 2.0 * LANES * CHAINS * ROUNDS / t.best;
}
