/* program_generator.h - random programs that the grammar accepts; what they mean does not matter.
 *
 * A program is a function of its seed alone, its layout of another: two texts of one seed and different layouts are the
 * same program. */
#ifndef CNNC_TESTS_PROGRAM_GENERATOR_H
#define CNNC_TESTS_PROGRAM_GENERATOR_H
#include <stdint.h>

#include "support/text.h"

enum { GENERATOR_SITES = 40, GENERATOR_CHOICES = 24 };

typedef struct Coverage { /* how often each alternative of each decision was taken; choices[site]: how many there are */
  int choices[GENERATOR_SITES];
  long taken[GENERATOR_SITES][GENERATOR_CHOICES];
} Coverage;

/* layout 0: single blanks, a statement a line, no comments. Else random blanks, line breaks, blank lines and numbered
 * comments wherever the language allows them; their number goes to *comments. */
void generate_program(Text *out, uint64_t seed, uint64_t layout, Coverage *coverage, int *comments);
uint64_t next_random(uint64_t *state);
#endif
