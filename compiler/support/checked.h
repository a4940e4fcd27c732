/* checked.h - arithmetic on sizes that never wraps. Every size product goes through here. */
#ifndef CNNC_SUPPORT_CHECKED_H
#define CNNC_SUPPORT_CHECKED_H
#include <stdbool.h>
#include <stdint.h>

/* The result in *out; false (and *out undefined) when it does not fit. */
static inline bool checked_add(int64_t a, int64_t b, int64_t *out) { return !__builtin_add_overflow(a, b, out); }
static inline bool checked_sub(int64_t a, int64_t b, int64_t *out) { return !__builtin_sub_overflow(a, b, out); }
static inline bool checked_mul(int64_t a, int64_t b, int64_t *out) { return !__builtin_mul_overflow(a, b, out); }

/* Largest integer not above a / b; b > 0. */
static inline int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && a < 0); }
/* Smallest integer not below a / b; b > 0. */
static inline int64_t ceil_div(int64_t a, int64_t b) { return a / b + (a % b != 0 && a > 0); }
#endif
