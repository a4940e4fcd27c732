/* npz.h - NumPy's .npz: a ZIP archive of .npy files, stored or deflated.
 *
 * Nothing is inflated before the directory, every entry's own header and the size of the archive agree. Then the start of
 * an array is, and the rest only if its shape needs the bytes that the directory promises; its sum is checked. ZIP64,
 * encryption and duplicates are refused. */
#ifndef CNNC_LOAD_NPZ_H
#define CNNC_LOAD_NPZ_H
#include <stddef.h>
#include "ir/weights.h"

enum { MAX_NPZ_ENTRIES = 65534 }; /* one more is the mark of ZIP64 */

/* Names without ".npy". false: *error, in the arena, says what is wrong. */
bool load_npz(Arena *arena, const char *bytes, size_t length, WeightTable *table, const char **error);
#endif
