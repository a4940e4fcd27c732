/* random.c - see random.h. */
#include "random.h"

static uint64_t state;
static const uint8_t *given; /* bytes that come first */
static size_t given_left;
static bool leaves_given;
static int most_channels;

void seed_random(uint64_t seed) {
  state = seed;
  given_left = 0;
}

void seed_random_with(const uint8_t *bytes, size_t length) {
  state = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
  for (size_t i = 0; i < length; i++) state = (state ^ bytes[i]) * UINT64_C(0x100000001b3);
  given = bytes;
  given_left = length;
}

bool leave_given(bool leave) {
  bool before = leaves_given;
  leaves_given = leave;
  return before;
}

void limit_channels(int most) { most_channels = most; }

static uint64_t next_random(void) { /* splitmix64 */
  uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

/* 0 .. count-1 */
static uint64_t draw(uint64_t count) {
  uint64_t value = 0;
  if (!given_left || leaves_given) return next_random() % count;
  for (uint64_t most = count - 1; most && given_left; most >>= 8, given_left--) value = value << 8 | *given++;
  return value % count;
}

int between(int low, int high) { return high <= low ? low : low + (int)draw((uint64_t)(high - low + 1)); }
bool chance(int percent) { return between(1, 100) <= percent; }
double fraction(void) { return between(-1000, 1000) / 1000.0; }
int one_of(const int *list, int count) { return list[between(0, count - 1)]; }
double one_number(const double *list, int count) { return list[between(0, count - 1)]; }

int some_channels(void) {
  int channels = chance(60)   ? ONE_OF(1, 2, 3, 4, 7, 8, 9, 15, 16, 17)
                 : chance(60) ? ONE_OF(31, 32, 33, 63, 64, 65)
                 : chance(85) ? between(1, 40)
                              : ONE_OF(127, 128, 129, 127, 128, 129, 1025);
  return channels <= most_channels ? channels : between(1, most_channels);
}

int some_size(void) { return chance(70) ? ONE_OF(1, 2, 3, 5, 7, 8, 11, 13) : between(1, 20); }
