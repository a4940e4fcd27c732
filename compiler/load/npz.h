/* npz.h - NumPy's .npz: a ZIP archive of .npy files, stored or deflated.
 *
 * An entry is inflated only after the directory, the entry's own header and the size of the archive agree, into at most
 * the bytes that the directory promises, and its sum is checked. ZIP64, encryption and duplicates are refused. */
#ifndef CNNC_LOAD_NPZ_H
#define CNNC_LOAD_NPZ_H
#include <stddef.h>
#include "ir/weights.h"

enum { MAX_NPZ_ENTRIES = 65535 };

/* Names without ".npy". false: *error, in the arena, says what is wrong. */
bool load_npz(Arena *arena, const char *bytes, size_t length, WeightTable *table, const char **error);
#endif
