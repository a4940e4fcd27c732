/* inputs.c - see inputs.h. */
#include "inputs.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/image.h"
#include "support/reader.h"

enum { NON_FINITE_SAMPLES = 4, IMPULSE_SAMPLES = 3 }; /* the last ones */

static uint64_t next_random(InputRandom *r) { /* splitmix64 */
  uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static int64_t between(InputRandom *r, int64_t low, int64_t high) { return low + (int64_t)(next_random(r) % (uint64_t)(high - low + 1)); }

static const struct {
  double low, high;
} ranges[] = {[DTYPE_U8] = {0, 255}, [DTYPE_I8] = {-128, 127}, [DTYPE_I16] = {-32768, 32767}, [DTYPE_I32] = {-8000000, 8000000}};

static double any_number(InputRandom *r, DType dtype) {
  if (dtype == DTYPE_F32) return (double)(float)((double)between(r, -1000000, 1000000) / 1000000);
  return (double)between(r, (int64_t)ranges[dtype].low, (int64_t)ranges[dtype].high);
}

static double exact_number(InputRandom *r, DType dtype) { return (double)between(r, dtype == DTYPE_U8 ? 0 : -3, 3); }

/* What calculations are not kept from going wrong with; they are not calculated with. */
static double special_number(InputRandom *r, DType dtype) {
  const double numbers[] = {(double)NAN,
                            (double)INFINITY,
                            -(double)INFINITY,
                            (double)FLT_MAX,
                            -(double)FLT_MAX,
                            (double)FLT_MIN,
                            (double)1e-40f,
                            -(double)1e-45f,
                            -0.0,
                            0,
                            1,
                            -2.5,
                            6,
                            255};
  if (dtype == DTYPE_F32) return numbers[between(r, 0, sizeof numbers / sizeof *numbers - 1)];
  return between(r, 0, 2) ? (double)between(r, -1, 1) * (dtype != DTYPE_U8) : between(r, 0, 1) ? ranges[dtype].low : ranges[dtype].high;
}

static double input_number(InputSource *source, DType dtype) {
  switch (source->values) {
  case VALUES_ANY: return any_number(&source->random, dtype);
  case VALUES_EXACT: return exact_number(&source->random, dtype);
  case VALUES_SPECIAL: return special_number(&source->random, dtype);
  }
  return 0;
}

/* Pixels from 0 to 1. false: the picture has another size than the input. */
static bool read_picture(Arena *arena, const char *path, const Value *value, double *numbers) {
  size_t length;
  Image image;
  const char *error, *bytes = read_whole_file(arena, path, READ_FILES_ONLY, &length, &error);
  if (!bytes || !load_image(arena, bytes, length, &image, &error)) {
    fprintf(stderr, "%s: %s\n", path, error);
    exit(2);
  }
  const TensorType *type = &value->type;
  bool fits = type->rank == 3 && image.channels == 1 && size_is(type->sizes[0], 1) && size_is(type->sizes[1], image.height) &&
              size_is(type->sizes[2], image.width);
  for (int64_t i = 0; fits && i < (int64_t)image.height * image.width; i++) numbers[i] = (double)((float)image.pixels[i] / 255.0f);
  return fits;
}

/* One element alone, so that a fault shows where it comes from. */
static void make_impulse(InputSource *source, double *numbers, int64_t count) {
  memset(numbers, 0, (size_t)count * sizeof *numbers);
  numbers[between(&source->random, 0, count - 1)] = (double)between(&source->random, 1, 3);
}

static void add_non_finite(InputSource *source, double *numbers, int64_t count, int which) {
  int64_t at = between(&source->random, 0, count - 1);
  switch (which) {
  case 0: numbers[at] = (double)NAN; break;
  case 1: numbers[at] = (double)INFINITY; break;
  case 2: numbers[at] = -(double)INFINITY; break;
  case 3:
    for (int64_t i = 0; i < count; i += 3) numbers[i] = i % 2 ? -0.0 : (double)1e-40f;
    break;
  default: break;
  }
}

double *input_numbers(Arena *arena, InputSource *source, const Value *value, int sample) {
  int64_t count = size_value(type_elements(arena, &value->type));
  double *numbers = ARENA_ARRAY(arena, double, (size_t)count);
  for (int64_t i = 0; i < count; i++) numbers[i] = input_number(source, value->type.dtype);
  if (source->values == VALUES_EXACT && sample >= SAMPLES - IMPULSE_SAMPLES) make_impulse(source, numbers, count);
  if (source->values != VALUES_ANY || value->type.dtype != DTYPE_F32) return numbers;
  if (sample == 0 && source->picture && read_picture(arena, source->picture, value, numbers)) return numbers;
  add_non_finite(source, numbers, count, sample - (SAMPLES - NON_FINITE_SAMPLES));
  return numbers;
}
