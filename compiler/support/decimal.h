/* decimal.h - numbers and their decimal text, exact and independent of the locale. */
#ifndef CNNC_SUPPORT_DECIMAL_H
#define CNNC_SUPPORT_DECIMAL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DECIMAL_MAX = 40 }; /* characters that a printed number needs, with the NUL */

/* The shortest decimal that reads back as exactly this finite float, as a C literal without suffix: "0.1", "-0.0",
 * "1e-45", "3.4028235e+38", "16777216.0". Returns its length. */
size_t print_float(char out[DECIMAL_MAX], float value);
/* The same for a finite double. */
size_t print_double(char out[DECIMAL_MAX], double value);
/* Reads [0-9]+ [. [0-9]+] [e [+-] [0-9]+], correctly rounded. false: not of that form. An overflow gives infinity. */
bool read_double(const char *text, size_t length, double *out);
#endif
