/* random.h - the one stream of random numbers of a generated net: a seed gives the same net on every machine. */
#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void seed_random(uint64_t seed);
/* Numbers come from these bytes, as few for each as its range needs, so that a change of one changes little else; from a
 * seed made of them all when they end. */
void seed_random_with(const uint8_t *bytes, size_t length);
/* true: what follows comes from the seed, and the bytes are left for later. Returns what held before. */
bool leave_given(bool leave);
/* Both ends included; low if there is nothing between. */
int between(int low, int high);
bool chance(int percent);
/* From -1 to 1, in thousandths. */
double fraction(void);
int one_of(const int *list, int count);
#define ONE_OF(...) one_of((const int[]){__VA_ARGS__}, (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)))
double one_number(const double *list, int count);
#define ONE_NUMBER(...) one_number((const double[]){__VA_ARGS__}, (int)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)))

/* Corners half of the time. */
int some_channels(void);
/* From here on channels are at most so many. */
void limit_channels(int most);
int some_size(void);
#endif
