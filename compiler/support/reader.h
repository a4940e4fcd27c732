/* reader.h - a whole file in memory. What cannot be a file of ours (a directory, a device, something endless) is
 * refused in words instead of hanging. Knows nothing of what is read. */
#ifndef CNNC_SUPPORT_READER_H
#define CNNC_SUPPORT_READER_H
#include <stddef.h>
#include <stdint.h>
#include "support/arena.h"

#define MAX_FILE_BYTES (UINT64_C(4) << 30)

typedef enum ReadWhat {
  READ_FILES_ONLY, /* named by a source: must be a regular file */
  READ_ANYTHING    /* named by the user: a pipe and "-", standard input, too */
} ReadWhat;

/* The bytes with a NUL after them; NULL: *error says why, as in "No such file or directory". */
const char *read_whole_file(Arena *arena, const char *path, ReadWhat what, size_t *length, const char **error);
/* path, relative to the directory in which the file `relative_to` lies unless that is NULL or "-". */
const char *path_beside(Arena *arena, const char *path, const char *relative_to);
#endif
